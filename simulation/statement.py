"""What one analyst says in one round: a typed stance, positions, arguments and answers, and the prose around them.

The numbers are the record; the prose narrates them. Every argument names its sources, every answer the statement it
answers, every shift the statement that caused it.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LABELS = {-2: "strongly opposes", -1: "opposes", 0: "stays out", 1: "supports", 2: "strongly supports"}
NAMES = {-2: "strongly_oppose", -1: "oppose", 0: "neutral", 1: "support", 2: "strongly_support"}


HUMAN = "human"
"""The engine of a seat that a person takes."""
COMPUTED = frozenset({"dossier", "scripted"})
"""Engines whose words follow from the inputs alone; the others speak freely."""
STAND_IN = "stand-in"
"""The engine of a statement that the dossier's analyst made in the place of a person who did not answer."""
Phase = Literal["opening", "challenges", "answers", "amendments", "closing"]


class Recorded(BaseModel):
    """A piece of the record: strict and frozen, so that JSON in and out is the same thing."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Term(Recorded):
    """One bar of the waterfall from zero to the latent score."""

    name: str
    """provision, sponsor, self_target, target_affinity; judgement, where the speaker committed to another stance than
    its positions add up to."""
    provision: str | None = None
    """Which provision, for a provision's bar."""
    value: float
    """What it adds to the latent score."""


class Breach(Recorded):
    """A red line or legal limit that a provision meets."""

    provision: str
    rule: str
    kind: Literal["red line", "legal limit"]
    effect: str
    text: str
    sources: tuple[str, ...]


class View(Recorded):
    """Where the country stands on one provision in this round."""

    provision: str
    opening: float = Field(ge=-1, le=1)
    """Agreement in the opening round."""
    position: float = Field(ge=-1, le=1)
    """Agreement now."""
    importance: float = Field(ge=0)
    """How much the provision matters to the country."""
    frozen: bool = False
    """True where a red line holds the position."""


class Paragraph(Recorded):
    """A piece of prose with what it rests on."""

    text: str
    sources: tuple[str, ...] = ()
    """Ids in the country's dossier."""
    passage: str | None = None
    """The dossier passage it is drawn from."""
    provision: str | None = None
    """The provision it speaks to."""


class Argument(Recorded):
    """A claim others can answer."""

    id: str
    """JPN-1.2: the second argument of Japan's first statement."""
    provision: str
    theme: str | None = None
    """The policy theme it argues from, where it has one."""
    side: Literal["for", "against"]
    """Whether it speaks for or against the provision."""
    kind: str
    claim: str
    text: str
    sources: tuple[str, ...]
    passage: str | None = None


class Answer(Recorded):
    """What the analyst says to another's argument."""

    country: str
    """The code of the country answered."""
    statement: str
    argument: str
    """The id of the argument answered."""
    tone: Literal["rebuts", "concedes", "adds"]
    own: str | None = None
    """The id of the speaker's own argument that the answer uses; None where it concedes or only restates a position."""
    text: str
    sources: tuple[str, ...] = ()


class Shift(Recorded):
    """A move on one provision since the last round, with the statement that caused it."""

    provision: str
    before: float
    after: float
    because: str
    """The id of the statement that pulled hardest in the direction of the move; empty where a speaker who is free to
    move named none."""


class Turning(Recorded):
    """A change of stance since the last round, with the statement that caused it."""

    before: int
    after: int
    provision: str
    """The provision whose move did most to carry the score over the cut point."""
    because: str
    """The statement behind that move; empty where a speaker who is free to move named none."""


class Ask(Recorded):
    """An amendment the country asks for."""

    text: str
    sources: tuple[str, ...] = ()
    provision: str | None = None
    option: str | None = None
    """An option of the scenario it would take instead."""


class Departure(Recorded):
    """Where a speaker left its dossier: shown as it is, neither hidden nor corrected."""

    kind: Literal["stance", "position", "rule", "source", "cause"]
    """Another side than the dossier's, another sign on a provision, support despite a rule met, a claim without a
    document, a move nobody caused."""
    text: str
    """The departure in words, for a report."""
    provision: str | None = None


class Statement(Recorded):
    """One analyst, one round."""

    id: str
    """JPN-1: Japan, round 1."""
    country: str
    """The dossier's name."""
    code: str
    callsign: str
    round: int = Field(ge=1)
    engine: str
    phases: tuple[Phase, ...] = ()
    """What this round of the protocol is for."""
    stance: int = Field(ge=-2, le=2)
    score: float
    """The latent score behind the stance."""
    probabilities: tuple[float, float, float, float, float]
    """Of each stance from strongly oppose to strongly support, before any red line."""
    terms: tuple[Term, ...]
    views: tuple[View, ...]
    breaches: tuple[Breach, ...] = ()
    headline: str
    telling: Paragraph | None = None
    """The one sentence to remember."""
    context: tuple[Paragraph, ...] = ()
    implications: tuple[Paragraph, ...] = ()
    challenges: tuple[Paragraph, ...] = ()
    outlook: tuple[Paragraph, ...] = ()
    arguments: tuple[Argument, ...] = ()
    answers: tuple[Answer, ...] = ()
    shifts: tuple[Shift, ...] = ()
    turning: Turning | None = None
    """Where the stance itself changed."""
    asks: tuple[Ask, ...] = ()
    departures: tuple[Departure, ...] = ()
    """Where a chat model or a person left the dossier."""

    @property
    def free(self) -> bool:
        """Whether the speaker was free to leave its dossier."""
        return self.engine not in COMPUTED

    @property
    def stance_name(self) -> str:
        """The stance in the words of the scale."""
        return NAMES[self.stance]

    def view(self, provision: str) -> View:
        """Where the country stands on a provision."""
        return next(v for v in self.views if v.provision == provision)
