"""A country on two printed pages, for the person who takes its seat: policy, interests, red lines, cards, questions.

A hand-out gives what a desk knows and never its answer, so that whoever reads it has to find one. What does not fit on
two pages is left out from the end of each list and said to be; nothing that stands there is cut without a mark.
"""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulation.briefs import near_rules, positions, rationale, ties
from simulation.cards import Card, cards
from simulation.dossier import Dossier, RedLine
from simulation.floor import Floor
from simulation.questions import questions
from simulation.scenario import Scenario
from simulation.sources import Source, out_by
from simulation.stance import CENTRAL, breaches
from simulation.themes import codebook
from simulation.turn import Turn
from simulation.wording import strength
from simulation.written import party_names

COLUMN, SMALL = 59, 72
"""Characters of a line in one of the two columns, in body type and in the small type of sources and chips."""
PAGES = (112, 110)
"""Lines of body type that the columns of each page hold, both together."""
MOST = {"provisions": 10, "rules": 5, "ties": 6, "policies": 10, "cards": 12}
NAMED = 2
"""Documents named with a policy or a rule, the dossier's first ones; a card names all of its own."""
LONGEST = {"title": 110, "proposal": 700, "question": 200, "provision": 130, "voice": 240, "text": 330, "source": 110}
EFFECTS = {
    "cannot_join": "bars joining: you stay out at best",
    "oppose": "bars support: you oppose",
    "strongly_oppose": "bars support: you oppose, firmly if need be",
}


@dataclass(frozen=True)
class Policy:
    """What the government holds on one theme that the proposal touches."""

    label: str
    lean: str
    """How it takes a push toward the theme: welcome, doubtful, rejected."""
    weight: str
    """What it would spend on it, in a word."""
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """A red line or legal limit near the proposal."""

    kind: str
    effect: str
    text: str
    met: tuple[str, ...]
    """Short names of the provisions that meet it as worded."""
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Tie:
    """Somebody to watch."""

    name: str
    seated: bool
    """Whether it sits at the table."""
    words: str
    basis: str


@dataclass(frozen=True)
class Handout:
    """A country's two pages."""

    scenario: Scenario
    country: str
    dossier: Dossier
    title: str
    proposal: str
    question: str
    provisions: tuple[tuple[str, str], ...]
    """Short name and text, the weightiest where not all fit."""
    voice: str
    secret: str
    policies: tuple[Policy, ...]
    """What matters most first."""
    rules: tuple[Rule, ...]
    ties: tuple[Tie, ...]
    cards: tuple[Card, ...]
    questions: tuple[str, ...]
    documents: tuple[tuple[str, Source], ...]
    """Every document cited on the two pages, by id, in the order it is first cited."""
    left: tuple[str, ...]
    """What did not fit, as in "2 of 8 policies"."""

    def numbers(self, ids: Sequence[str]) -> list[int]:
        """The places of some documents in the list, from 1."""
        place = {name: k for k, (name, _) in enumerate(self.documents, 1)}
        return [place[name] for name in ids]


def clipped(text: str, most: int) -> str:
    """A text on one line; one longer than `most` ends with its last whole sentence or word that fits, and a mark."""
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    whole, word = (flat.rfind(mark, most // 2, most - 1) for mark in (". ", " "))
    return f"{flat[: whole + 1 if whole > 0 else word if word > 0 else most - 2]} …"


def lines(text: str, width: int = COLUMN) -> float:
    """How many lines of a column a text takes; a Chinese, Japanese or Korean sign is two characters wide."""
    cells = sum(2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text)
    return float(max(1, math.ceil(cells / width)))


def _lean(value: float) -> str:
    return {"open": "no settled view"}.get(word := strength(value), word)


def _weight(salience: float) -> str:
    return next(word for least, word in ((0.65, "vital"), (0.4, "important"), (0.0, "minor")) if salience >= least)


def _policies(turn: Turn) -> list[Policy]:
    """Every policy the proposal touches, by what it would spend on it and how hard the text pushes there."""
    day, found = turn.scenario.day, []
    for theme, held in positions(turn):
        push = max(abs(p.themes.get(theme, 0.0)) * p.weight for p in turn.scenario.provisions)
        text = clipped(rationale(turn, held), LONGEST["text"])
        known = out_by(held.sources, turn.dossier.sources, day)
        policy = Policy(codebook()[theme].label, _lean(held.on(day)), _weight(held.salience), text, known[:NAMED])
        found.append((-held.salience * push, theme, policy))
    return [policy for _, _, policy in sorted(found, key=lambda row: row[:2])]


def _rules(turn: Turn) -> list[Rule]:
    """Rules near the proposal, those that its wording meets first."""
    met: dict[str, list[str]] = {}
    for provision, rule in breaches(turn.dossier, turn.scenario):
        short = provision.short if provision.weight >= CENTRAL else f"{provision.short} (minor: you can reserve)"
        met.setdefault(rule.id, []).append(short)

    def told(rule: RedLine) -> Rule:
        kind = "Red line" if rule in turn.dossier.red_lines else "Legal limit"
        known = out_by(rule.sources, turn.dossier.sources, turn.scenario.day)
        text = clipped(rule.text, LONGEST["text"])
        return Rule(kind, EFFECTS[rule.effect], text, tuple(met.get(rule.id, ())), known[:NAMED])

    return sorted(map(told, near_rules(turn)), key=lambda rule: not rule.met)


def _ties(turn: Turn) -> list[Tie]:
    """Those at the table and those the proposal is about, the strongest feelings first."""
    table = {d.code: d.short for d in turn.table}
    names, found = {**party_names(), **table}, []
    for code, relation, basis in ties(turn):
        near = relation.on(turn.scenario.day)
        steps = ((0.5, "close partner"), (0.15, "partner"), (-0.15, "neither near nor far"), (-0.5, "strained"))
        words = next((word for least, word in steps if near >= least), "rival")
        stake = (
            "; much to lose" if relation.exposure >= 0.6 else "; something to lose" if relation.exposure >= 0.3 else ""
        )
        tie = Tie(names.get(code, code), code in table, words + stake, clipped(basis, LONGEST["provision"]))
        found.append((code not in table, -abs(near), code, tie))
    return [tie for *_, tie in sorted(found, key=lambda row: row[:3])]


def _cost(item: Policy | Rule | Tie | Card) -> float:
    """Lines that an entry takes, the space above it included."""
    if isinstance(item, Policy):
        return lines(f"{item.label}: {item.lean} ({item.weight})") + (lines(item.text) if item.text else 0) + 0.6
    if isinstance(item, Rule):
        chips = lines(f"Met by {', '.join(item.met)}", SMALL) if item.met else 0
        return lines(f"{item.kind}, {item.effect}. {item.text}") + chips + 0.6
    if isinstance(item, Tie):
        return lines(f"{item.name} (not at the table): {item.words}. {item.basis}") + 0.3
    return lines(f"{item.number} {item.claim}") + lines(item.text) + 2.0


def _fitting(items: Sequence[Policy] | Sequence[Card], room: float) -> int:
    """How many entries from the first on fit into the room."""
    count = 0
    for item in items:
        room -= _cost(item)
        if room < 0:
            break
        count += 1
    return count


def _listed(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    kept = sorted(scenario.provisions, key=lambda p: -p.weight)[: MOST["provisions"]]
    return tuple(
        (clipped(p.short, 60), clipped(p.text, LONGEST["provision"])) for p in scenario.provisions if p in kept
    )


def _documents(dossier: Dossier, cited: Sequence[Policy | Rule | Card]) -> tuple[tuple[str, Source], ...]:
    return tuple((name, dossier.sources[name]) for name in dict.fromkeys(s for item in cited for s in item.sources))


def reference(source: Source) -> str:
    """A document as a hand-out lists it."""
    title = clipped(source.title, LONGEST["source"])
    return f"{title}{'' if title.endswith('…') else '.'} {clipped(source.publisher, 50)}, {source.date}"


def _left(**counts: tuple[int, int]) -> tuple[str, ...]:
    return tuple(f"{total - kept} of {total} {name}" for name, (kept, total) in counts.items() if kept < total)


def _front(turn: Turn) -> dict[str, Any]:
    """What stands on the first page, by field; policies fill what room the rest leaves."""
    asked, secret = turn.scenario, " ".join(turn.scenario.briefs.get(turn.country, "").split())
    proposal = clipped(asked.proposal.text, LONGEST["proposal"])
    question = clipped(asked.question, LONGEST["question"])
    voice, provisions = clipped(turn.dossier.voice, LONGEST["voice"]), _listed(asked)
    policies, rules, known = _policies(turn), _rules(turn), _ties(turn)
    kept, near = rules[: MOST["rules"]], known[: MOST["ties"]]
    used = sum(map(lines, (proposal, question, voice))) + sum(lines(f"{s}: {t}") + 0.2 for s, t in provisions)
    used += sum(map(_cost, kept)) + sum(map(_cost, near)) + (lines(secret) + 4 if secret else 0)
    held = policies[: min(MOST["policies"], _fitting(policies, PAGES[0] - used))]
    left = _left(
        provisions=(len(provisions), len(asked.provisions)),
        policies=(len(held), len(policies)),
        rules=(len(kept), len(rules)),
        relations=(len(near), len(known)),
    )
    texts = {"proposal": proposal, "question": question, "voice": voice, "secret": secret, "provisions": provisions}
    return {**texts, "policies": tuple(held), "rules": tuple(kept), "ties": tuple(near), "left": left}


def _back(turn: Turn, cited: Sequence[Policy | Rule]) -> dict[str, Any]:
    """What stands on the second page, by field: as many cards as leave room for the questions and all documents."""
    drawn = cards(turn, MOST["cards"])
    while True:
        asked = tuple(questions(turn, len(drawn)))
        documents = _documents(turn.dossier, [*cited, *drawn])
        small = sum(lines(reference(s), SMALL) for _, s in documents) * 0.8
        room = PAGES[1] - small - sum(lines(q) + 0.3 for q in asked)
        if _fitting(drawn, room) == len(drawn):
            return {"cards": drawn, "questions": asked, "documents": documents}
        drawn = drawn[:-1]


def handout(scenario: Scenario, seats: Mapping[str, Dossier], country: str) -> Handout:
    """The two pages of a country at a table of `seats`; its own secret brief stands on them and nobody else's."""
    turn = Floor(scenario, seats, {}, {}).turn(country, 1)
    front = _front(turn)
    back = _back(turn, [*front["policies"], *front["rules"]])
    title = clipped(scenario.title, LONGEST["title"])
    return Handout(scenario=scenario, country=country, dossier=turn.dossier, title=title, **front, **back)
