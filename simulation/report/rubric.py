"""A sheet for grading with names hidden: a page a paper, what it says, and criteria to tick.

A person grades. Nothing is counted, ranked or suggested here, since a computed grade would be taken for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simulation.report.html import environment
from simulation.written import load_own


@dataclass(frozen=True)
class Criterion:
    """One thing to look at."""

    name: str
    steps: tuple[str, ...]
    """From the weakest to the strongest."""


@dataclass(frozen=True)
class Paper:
    """Something a student handed in."""

    heading: str
    """As in "Round 1: supports"."""
    lines: tuple[str, ...]
    """Its sentences, a paragraph each."""


@dataclass(frozen=True)
class Entry:
    """One student, under a label that tells nobody who it is."""

    label: str
    """As in "Paper 1"."""
    seat: str
    """The country spoken for, in prose."""
    papers: tuple[Paper, ...] = ()
    """In the order handed in; with none, the sheet has lines to write on."""


@cache
def criteria() -> tuple[Criterion, ...]:
    """What is looked at, from `rubric.yaml`."""
    with (Path(__file__).parent / "rubric.yaml").open(encoding="utf-8") as file:
        return tuple(Criterion(row["name"], tuple(row["steps"])) for row in load_own(file.read()))


def page(title: str, date: str, entries: Sequence[Entry]) -> str:
    """The sheets of some students as one HTML page, in the order given."""
    found = environment().get_template("rubric.html.j2")
    return found.render(title=title, date=date, entries=entries, criteria=criteria())
