"""What a desk knows of its country: positions, relations, red lines, arguments, each with dated sources.

A dossier is authored from documents and never fitted: the few global coefficients are estimated elsewhere, so that a
country is right for reasons a reader can look up.
"""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Literal

from pydantic import Field

from simulation.sources import Source, citable
from simulation.themes import ThemeId
from simulation.written import Code, Name, PartialDate, Score, Share, Text, Written, earliest_day

Pole = Literal["plus", "minus"]
Argument = Literal["argument", "condition", "limit", "precedent"]
SIGN: dict[str, int] = {"plus": 1, "minus": -1}


class Shift(Written):
    """An earlier position and the time until which it held."""

    before: Score
    """The position held in earlier years."""
    until: PartialDate
    """When the position moved: scenarios dated before it meet `before`."""


class When(Written):
    """How a position turns with the parties, on themes the codebook marks `actor_relative`."""

    rival_acts: Score | None = None
    """The position when the acting party is a rival."""
    partner_targeted: Score | None = None
    """The position when the measure is aimed at a partner, or at the country itself."""


class Position(Written):
    """Where the country stands on one theme."""

    position: Score
    """How far it wants the world moved toward the theme's plus pole, when it or a partner acts."""
    salience: Share
    """How much it would spend on it."""
    confidence: Share
    """How well documented the position is."""
    rationale: Text
    """The policy, in two or three sentences."""
    sources: tuple[Name, ...] = Field(min_length=1)
    """The documents it rests on."""
    changed: tuple[Shift, ...] = ()
    """Earlier positions, oldest first."""
    range: tuple[Score, Score] | None = None
    """The lowest and highest member, for a union of states."""
    when: When = When()
    """How it turns with who acts and against whom."""
    note: Text | None = None
    """What a reader should know of the figure."""

    def on(self, day: date) -> float:
        """The position held on `day`, -1 to 1."""
        return next((s.before for s in self.changed if day < earliest_day(s.until)), self.position)


class Relation(Written):
    """How the country stands to another."""

    affinity: Score
    """-1 rival, 0 indifferent, 1 closest partner."""
    exposure: Share
    """How much it would lose if the relation broke."""
    basis: Text
    """What the figure rests on."""
    changed: tuple[Shift, ...] = ()
    """Earlier affinities, oldest first."""

    def on(self, day: date) -> float:
        """The affinity on `day`, -1 to 1."""
        return next((s.before for s in self.changed if day < earliest_day(s.until)), self.affinity)


class RedLine(Written):
    """A rule: a provision that pushes `theme` toward `direction` by `min_push` or more meets it."""

    id: Name
    theme: ThemeId
    direction: Pole
    min_push: float = Field(gt=0, le=1)
    """The smallest push that triggers the rule."""
    effect: Literal["oppose", "strongly_oppose", "cannot_join"]
    """What is left once triggered: both oppositions bar any stance above oppose, `cannot_join` any above neutral."""
    text: Text
    """The rule in words."""
    sources: tuple[Name, ...] = Field(min_length=1)
    since: PartialDate | None = None
    """When the rule began, if it was not always so."""


class Condition(Written):
    """An amendment the country habitually asks for."""

    id: Name
    theme: ThemeId
    direction: Pole
    """The way the amendment moves the text on the theme."""
    text: Text
    """The amendment, as an instruction to the drafters."""
    sources: tuple[Name, ...] = Field(min_length=1)


class Passage(Written):
    """A piece of analysis in the country's own terms, with its documents."""

    id: Name
    themes: tuple[ThemeId, ...] = Field(min_length=1)
    """The axes it speaks to, the main one first."""
    side: Pole
    """The pole of the theme it argues toward: `plus` speaks for a plus push and against a minus push."""
    kind: Argument
    """What it does: gives the reason, names the condition, the limit, or the precedent."""
    claim: str = Field(min_length=20, max_length=220)
    """The argument in one sentence."""
    text: str = Field(min_length=120, max_length=900)
    """The argument in two to four sentences."""
    sources: tuple[Name, ...] = Field(min_length=1)
    """The documents it rests on; the newest dates the passage."""
    whose: Literal["partner", "rival"] | None = None
    """Use it only where the acting party is a partner (or the country itself), or only where it is a rival."""
    about: tuple[Code, ...] = ()
    """Use it only where one of these has a part in the proposal."""
    until: PartialDate | None = None
    """When policy moved on and the passage stopped being true."""


class Dossier(Written):
    """One country."""

    version: Literal[1]
    code: Code
    """JPN, CHN, EU: the code scenarios use."""
    callsign: str = Field(pattern=r"^[A-Z]{2}-\d{2}$")
    """How the desk signs: JP-01."""
    name: Text
    """The formal name."""
    short: Text
    """The name in running prose: Japan, the EU."""
    adjective: Text
    """Japanese, European."""
    capital: Text
    """The capital that stands for the government: Tokyo, Brussels."""
    note: Text | None = None
    """What a reader should know of the dossier as a whole."""
    standing: float = Field(gt=0, le=1)
    """Share of world material capability: whose weight counts in the merge and in influence."""
    voice: Text
    """How its diplomats speak."""
    positions: dict[ThemeId, Position] = Field(min_length=1)
    relations: dict[Code, Relation] = Field(default_factory=dict)
    red_lines: tuple[RedLine, ...] = ()
    legal_limits: tuple[RedLine, ...] = ()
    conditions: tuple[Condition, ...] = ()
    passages: tuple[Passage, ...] = ()
    sources: dict[Name, Source] = Field(min_length=1)

    def citations(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every place that cites a source: (where in the file, source id)."""
        for theme, position in self.positions.items():
            yield from ((("positions", theme, "sources", i), s) for i, s in enumerate(position.sources))
        for part in ("red_lines", "legal_limits", "conditions", "passages"):
            for n, entry in enumerate(getattr(self, part)):
                yield from (((part, n, "sources", i), s) for i, s in enumerate(entry.sources))

    def current(self, passage: Passage, day: date) -> bool:
        """Whether every document behind the passage was out on `day` and the passage still held."""
        if passage.until and day >= earliest_day(passage.until):
            return False
        return all(citable(self.sources[s], day) for s in passage.sources)

    def hiding(self, ids: Collection[str]) -> "Dossier":
        """The dossier without some documents and without the passages that rest on them."""
        kept = {name: source for name, source in self.sources.items() if name not in ids}
        passages = tuple(p for p in self.passages if not {*p.sources} & {*ids})
        return self.model_copy(update={"sources": kept, "passages": passages})

    def affinity(self, code: str, day: date) -> float:
        """Affinity to `code` on `day`: 1 to itself, 0 where the dossier names no relation."""
        if code == self.code:
            return 1.0
        return self.relations[code].on(day) if code in self.relations else 0.0
