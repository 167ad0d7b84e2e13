"""A run as a table: stances.csv, one row a country, round and provision."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulation.runs import Run

HEAD = [
    "country",
    "code",
    "round",
    "engine",
    "stance",
    "stance_name",
    "score",
    "p_strongly_oppose",
    "p_oppose",
    "p_neutral",
    "p_support",
    "p_strongly_support",
    "provision",
    "position",
    "opening",
    "importance",
    "held",
    "statement",
]


def guard(cell: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def as_csv(head: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV under a head of column names; nothing is left empty but what is not known."""
    out = io.StringIO()
    writer = csv.DictWriter(out, head, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: guard(cell) if isinstance(cell, str) else cell for name, cell in row.items()})
    return out.getvalue()


def stances(run: Run) -> str:
    """stances.csv, in the order things were said."""
    return as_csv(HEAD, run.transcript.rows())
