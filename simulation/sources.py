"""A citable document with a date, and what may be cited on a given day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from simulation.written import PartialDate, Text, Written, latest_day

SourceKind = Literal[
    "agreement", "dataset", "law", "press", "report", "speech", "statement", "strategy", "treaty", "vote"
]


class Source(Written):
    """A document that exists: who published it, when, and how we know."""

    title: Text
    """The document's title; in its own words unless `title_exact` is false."""
    publisher: Text
    """Who issued it."""
    date: PartialDate
    """The day, month or year of issue."""
    kind: SourceKind
    """What sort of document it is."""
    url: Text | None = None
    """The document's own address, where it has one."""
    verified: bool = False
    """Whether a page was found that confirms the document exists, with issuer and date."""
    seen_at: Text | None = None
    """The page that confirmed it."""
    title_exact: bool = True
    """False where the wording of the title was not confirmed."""
    outcome: bool = False
    """True where the document is itself a decision on a proposal, which a backtest of that proposal must not read."""
    note: Text | None = None
    """Anything a reader of the list should know."""


def citable(source: Source, day: date) -> bool:
    """Whether the document was out on `day`; a partial date counts from its last day."""
    return latest_day(source.date) <= day


def out_by(ids: Iterable[str], sources: Mapping[str, Source], day: date) -> tuple[str, ...]:
    """The ids among `ids` whose documents are known and were out on `day`, in the order given."""
    return tuple(name for name in ids if name in sources and citable(sources[name], day))
