"""What a person at the terminal is shown before it speaks: the proposal, its country in short, and what it has heard.

Lines of plain text, each without control characters: scenarios, dossiers and other people's words are untrusted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulation import briefs
from simulation.analysts.human import PERSON, answer_of, choices, shortened
from simulation.cards import Card
from simulation.drafts import clean
from simulation.masks import Lens
from simulation.scenario import STANCES, Provision
from simulation.statement import HUMAN, LABELS
from simulation.turn import Turn
from simulation.wording import listed, upper

SCALE = ", ".join(f"{n:+d} {label}" if n else f"0 {label}" for n, label in LABELS.items())
"""The five stances with their numbers."""
LONGEST = 80
"""Characters of a document's title beside a card."""


def provision(number: int, of: Sequence[Provision]) -> str:
    """One provision, numbered from 1."""
    one = of[number - 1]
    return clean(f"{number}/{len(of)} {one.short}: {one.text}")


def card(turn: Turn, one: Card) -> str:
    """A card with the provisions it bears on most, and its first document."""
    speaks = [f"{'for' if way > 0 else 'against'} {turn.scenario.provision(p).short}" for p, way in one.speaks[:2]]
    source = turn.dossier.sources[one.sources[0]]
    title = source.title if len(source.title) <= LONGEST else f"{source.title[:LONGEST].rsplit(' ', 1)[0]}…"
    return clean(f"{one.number}. ({', '.join(speaks)}) {one.claim} [{title}, {source.date[:4]}]")


def _heading(turn: Turn) -> str:
    return clean(
        f"{upper(turn.dossier.short)}, round {turn.round} of {turn.rounds}: {listed(list(turn.phases))}. "
        "? shows the whole brief; Ctrl-D leaves, and the run can go on later."
    )


def opening(turn: Turn, offered: Sequence[Card]) -> Iterator[str]:
    """What a seat that has not spoken is shown, with the reasons that are offered."""
    scenario, dossier = turn.scenario, turn.dossier
    yield _heading(turn)
    yield ""
    yield clean(f"The {scenario.proposal.noun}: {scenario.proposal.text}")
    yield clean(scenario.question)
    yield ""
    yield clean(f"You speak for {dossier.name}. {dossier.voice}")
    for rule in briefs.near_rules(turn):
        kind = "Red line" if rule in dossier.red_lines else "Legal limit"
        yield clean(f"{kind}: {rule.text}")
    if secret := scenario.briefs.get(turn.country):
        yield clean(f"For your eyes only: {secret}")
    yield ""
    yield "Reasons the dossier offers, by number:"
    yield from (f"  {card(turn, one)}" for one in offered)


def heard(turn: Turn) -> Iterator[str]:
    """What a seat that has spoken is shown: what the others said since, with the ids of their arguments."""
    yield _heading(turn)
    yield ""
    since = [s for s in turn.heard if s.round >= turn.own[-1].round and s.code != turn.dossier.code]
    for said in since:
        first, *rest = briefs.said(said, Lens.of(turn)).split("\n")
        yield from (clean(first), *(f"  {clean(line)}" for line in rest))
    if not since:
        yield "Nobody else has spoken."
    yield ""
    yield "Where you stand:"
    for number, view in enumerate(turn.own[-1].views, 1):
        label = turn.scenario.provision(view.provision).short
        yield f"  {clean(f'{number}. {label}: {briefs.percent(view.position)}')}"


def whole(turn: Turn) -> Iterator[str]:
    """The proposal with every wording on offer, and the whole of the dossier that bears on it."""
    lens = Lens.of(turn)
    text = f"{briefs.proposal(turn, lens)}\n\n{briefs.country(turn, lens, PERSON.passages)}"
    yield from (clean(line) for line in text.split("\n"))


def carried(turn: Turn) -> dict[str, dict[str, Any]]:
    """The positions of the seat's last statement, as those of the next draft: the same reasons, and nobody's cause."""
    last = turn.own[-1]
    found: dict[str, dict[str, Any]] = answer_of(turn, last)["positions"]
    for held in found.values():
        held |= {"because": "", "reason": held["reason"] if last.engine == HUMAN else shortened(held["reason"])}
    return found


def stance(typed: str) -> str:
    """The stance that somebody means by a number from -2 to 2 or by a name; empty where it is neither."""
    name = typed.lower().replace(" ", "_")
    numbers = {f"{n:+d}": known for known, n in STANCES.items()} | {str(n): known for known, n in STANCES.items()}
    return name if name in STANCES else numbers.get(typed.replace("−", "-"), "")


def percentage(typed: str) -> int | None:
    """A whole number from -100 to 100."""
    plain = typed.replace("−", "-").removesuffix("%").strip()
    digits = plain.removeprefix("-").removeprefix("+")
    found = int(plain) if digits.isascii() and digits.isdigit() and len(plain) <= 4 else None
    return found if found is not None and -100 <= found <= 100 else None


def chosen(typed: str, known: Sequence[Any] | Mapping[str, Any]) -> int | None:
    """The number of one of some things, counted from 0, that somebody means by a number counted from 1."""
    found = int(typed) - 1 if typed.isascii() and typed.isdigit() and len(typed) < 6 else -1
    return found if 0 <= found < len(known) else None


def references(turn: Turn) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The arguments that can be answered and the statements that can move the seat, by their ids."""
    at = choices(turn)
    return at.arguments, at.statements
