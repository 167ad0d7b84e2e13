"""A run as a table: stances.csv, one row a country, round and provision."""

import csv
import io

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


def stances(run: Run) -> str:
    """stances.csv, in the order things were said."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for said in run.transcript.statements:
        for view in said.views:
            row = [said.country, said.code, said.round, said.engine, said.stance, said.stance_name, said.score]
            row += [*said.probabilities, view.provision, view.position, view.opening, view.importance]
            writer.writerow([guard(c) if isinstance(c, str) else c for c in [*row, int(view.frozen), said.id]])
    return out.getvalue()
