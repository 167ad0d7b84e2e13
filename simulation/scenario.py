"""What people write to start a debate: a proposal in provisions, coded on the themes, and who sits at the table."""

import datetime
import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from simulation.themes import ThemeId
from simulation.written import PLAIN, Code, FullDate, Name, PartialDate, Score, Share, Slug, Text, Written, earliest_day

StanceName = Literal["strongly_oppose", "oppose", "neutral", "support", "strongly_support"]
STANCES: dict[str, int] = {"strongly_oppose": -2, "oppose": -1, "neutral": 0, "support": 1, "strongly_support": 2}
Codes = Annotated[tuple[Code, ...], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)]
"""One code or a list of them."""
Secret = Annotated[str, Field(min_length=1, max_length=1200), PLAIN]
"""Instructions for one seat only, short enough for its printed brief."""


class Speaker(Written):
    """Who said it."""

    name: Text
    role: Text
    official: bool = True
    """False where the speaker does not bind the government."""


class Reference(Written):
    """A document the proposal rests on."""

    title: Text
    publisher: Text
    date: PartialDate
    url: Text | None = None
    verified: bool = False
    """Whether a page was found that confirms the document exists."""
    seen_at: Text | None = None
    """The page that confirmed it."""
    note: Text | None = None


class Proposal(Written):
    """What is put on the table."""

    text: Text
    """The proposal in neutral words."""
    noun: Text = "proposal"
    """What prose calls it: call, treaty, resolution."""
    speaker: Speaker | None = None
    sponsors: tuple[Code, ...] = ()
    """Who puts it forward."""
    targets: tuple[Code, ...] = ()
    """Whom it is aimed at, stated or plainly implied."""
    invited: tuple[Code, ...] = ()
    """Who is asked to join; ALL where everybody is."""
    sources: tuple[Reference, ...] = ()


class Option(Written):
    """A weaker or different wording that a negotiation may fall back on."""

    id: Name
    text: Text
    themes: dict[ThemeId, Score] = Field(min_length=1)


class Provision(Written):
    """One thing the proposal would do."""

    id: Name
    text: Text
    label: Text | None = None
    """Two or three words that stand for it in a table; if left out, the id with spaces, or for ids such as p1 the
    beginning of the text."""
    weight: float = Field(default=1.0, ge=0.2, le=1)
    """How central it is."""
    themes: dict[ThemeId, Score] = Field(min_length=1)
    """Pushes on the codebook's axes."""
    actor: Codes = ()
    """Who acts; the sponsors, if left out. Counts on actor-relative themes only."""
    against: Codes = ()
    """Against whom; the targets, if left out. Counts on actor-relative themes only."""
    options: tuple[Option, ...] = ()

    @property
    def short(self) -> str:
        """The provision in a few words."""
        if self.label:
            return self.label
        if not re.fullmatch(r"p\d+", self.id):
            return self.id.replace("_", " ")
        words = self.text.split()
        return f"“{' '.join(words[:6]).rstrip('.,;:')}{'…' if len(words) > 6 else ''}”"


class Form(Written):
    """The form the arrangement takes."""

    binding: Share = 0.3
    """0 voluntary, 1 a treaty with enforcement."""
    exclusive: Score = 0.0
    """-1 open to all, rivals included; 1 drawn to leave a rival out."""


class Rounds(Written):
    """How long the debate runs."""

    rounds: int = Field(default=3, ge=1, le=20)
    seed: int = Field(default=7, ge=0, le=2**31 - 1)


class Reaction(Written):
    """What a country really did."""

    stance: StanceName
    what: Text
    """The act: a vote, a signature, a statement."""
    source: Text
    """Where that is recorded."""
    sponsor: bool = False
    """True where the country put the proposal forward; left out when scoring."""
    score: int | None = Field(default=None, ge=-2, le=2)
    """The stance as a number, where a file carries both."""
    confidence: Literal["low", "medium", "high"] | None = None


class Scenario(Written):
    """A proposal and the table at which it is debated."""

    version: Literal[1] = 1
    id: Slug | None = None
    """The file's name, if left out."""
    title: Text
    date: FullDate
    """Nothing dated later may be cited."""
    question: Text = "How does your government answer this proposal, and why?"
    proposal: Proposal
    provisions: tuple[Provision, ...] = Field(min_length=1, max_length=40)
    form: Form | None = None
    countries: tuple[Name, ...] = ()
    """Who sits at the table, by dossier name; those of `history`, if left out."""
    engines: dict[Name, Name] = Field(default_factory=dict)
    """Which engine speaks for whom; `default` for all others."""
    debate: Rounds = Rounds()
    history: dict[Name, Reaction] = Field(default_factory=dict)
    """What each country did, where it really happened."""
    briefs: dict[Name, Secret] = Field(default_factory=dict, exclude=True, repr=False)
    """Secret instructions for a seat, by country, for the person who takes it: no desk and no model reads them, and
    they are in no record of a run."""

    @property
    def day(self) -> datetime.date:
        """The date of the proposal."""
        return earliest_day(self.date)

    @property
    def seats(self) -> tuple[str, ...]:
        """Dossier names of those at the table."""
        return self.countries or tuple(self.history)

    def provision(self, name: str) -> Provision:
        """The provision with this id."""
        return next(p for p in self.provisions if p.id == name)
