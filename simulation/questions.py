"""Questions to a delegate, made from what pulls the country two ways.

Each names something that stands on the hand-out or in the proposal, so that nobody can answer it without having read.
"""

from collections.abc import Iterator

from simulation.cards import cards
from simulation.scenario import Provision
from simulation.stance import breaches
from simulation.turn import Turn

LONGEST = 130
"""Characters of a wording that is quoted whole."""


def _quoted(text: str) -> str:
    return f"“{' '.join(text.split()).rstrip('.')}”"


def _conflict(turn: Turn, by_stake: list[Provision], most: int) -> Iterator[str]:
    """Two cards that pull apart on one provision."""
    drawn = cards(turn, most)
    for provision in by_stake:
        sides = {sign: [c.number for c in drawn if (provision.id, sign) in c.speaks] for sign in (1, -1)}
        if sides[1] and sides[-1]:
            low, high = sorted((sides[1][0], sides[-1][0]))
            yield (
                f"Cards {low} and {high} pull different ways on {provision.short}. Which weighs more for your "
                "government, and who at home would say the opposite?"
            )
            return


def _rule(turn: Turn) -> Iterator[str]:
    """A rule that the wording meets."""
    for provision, rule in breaches(turn.dossier, turn.scenario):
        kind = "red line" if rule in turn.dossier.red_lines else "legal limit"
        yield f"As worded, {provision.short} meets a {kind} of yours. Which wording would stay just inside it?"
        return


def _others(turn: Turn) -> Iterator[str]:
    """The farthest and the nearest seat."""
    day, own = turn.scenario.day, turn.dossier
    rest = sorted((d for d in turn.table if d.code != own.code), key=lambda d: (own.affinity(d.code, day), d.code))
    far, near = rest[0], rest[-1]
    if own.affinity(far.code, day) < -0.15:
        yield f"What do you expect {far.short} to say first, and what will you answer?"
    if own.affinity(near.code, day) > 0.15:
        yield f"You are close to {near.short}. Where would you part with it, and how would you say so?"


def _wording(by_stake: list[Provision]) -> Iterator[str]:
    """A softer wording on offer."""
    for provision in by_stake:
        for option in provision.options:
            if len(option.text) <= LONGEST:
                yield f"Would you rather sign {_quoted(option.text)} than {provision.short} as worded? At what price?"
                return


def questions(turn: Turn, most: int) -> Iterator[str]:
    """Up to six questions, the hardest first; they name no card beyond the `most` weightiest."""
    stakes = dict(zip([p.id for p in turn.scenario.provisions], turn.stakes, strict=True))
    by_stake = sorted(turn.scenario.provisions, key=lambda p: -stakes[p.id])
    yield from _conflict(turn, by_stake, most)
    yield from _rule(turn)
    yield from _wording(by_stake)
    yield from _others(turn)
    if len(by_stake) > 1:
        first, second = by_stake[:2]
        yield f"If you could keep only one of {first.short} and {second.short}, which, and what would you ask for it?"
