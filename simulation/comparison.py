"""Runs side by side: who stands where in each, what changed against the first, why, and how far apart they all are.

Everything is read off the records. Runs of different scenarios share no provisions, so that only stances, their
summands, the spread and the engines are set beside each other there, and the result says so.
"""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any, ClassVar

import numpy as np

from simulation.bargaining.coalitions import agreement_matrix
from simulation.causes import Cause, cause
from simulation.columns import Column, column, final
from simulation.contrasts import brief, contrasts, one_scenario
from simulation.errors import InputError
from simulation.frames import as_html, to_frame
from simulation.runs import Run
from simulation.scenario import STANCES
from simulation.statement import Recorded, Statement
from simulation.wording import upper

POSITION = ("position", "importance")
"""What a distance is made from."""
HEAD = (
    *("run", "label", "id", "scenario", "date", "seed", "country", "code", "engine"),
    *("stance", "stance_name", "score", "changed", "turned_by", "term", "term_before", "term_after"),
    *("did", "statement"),
)
MOST = len(ascii_uppercase)
"""The most runs that stand side by side; a letter each."""


class Cell(Recorded):
    """One country in one run."""

    stance: int
    stance_name: str
    score: float
    statement: str
    """The final statement's id."""
    positions: dict[str, float]
    """Agreement with each provision that all runs share, -1 to 1."""
    did: int | None = None
    """What the country did, where the scenario says so."""
    changed: bool = False
    """Whether the stance is another than in the first run."""


class Row(Recorded):
    """One country across the runs."""

    country: str
    code: str
    name: str
    cells: tuple[Cell | None, ...]
    """None where it has no seat, or never spoke."""


class Distance(Recorded):
    """How far two countries are apart in each run."""

    pair: tuple[str, str]
    """Codes."""
    apart: tuple[float | None, ...]
    """Mean absolute difference of their positions on the shared provisions, 0 to 2, weighted by what matters to both;
    None where one of them did not speak."""


class Comparison(Recorded):
    """Several runs side by side; every change is measured against the first."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    causes: tuple[Cause, ...]
    distances: tuple[Distance, ...]
    """Of every two countries; none where the runs are of different scenarios."""
    provisions: dict[str, str]
    """Id and name of each provision that all runs share; none where the runs are of different scenarios."""
    notes: tuple[str, ...]
    """What cannot be compared, and how to read what can."""

    head: ClassVar[tuple[str, ...]] = HEAD
    """The columns of its rows."""

    def flat(self) -> list[dict[str, Any]]:
        """One row a run and country, with the bar that moved most against the first run."""
        why = {(c.run, c.code): c for c in self.causes}
        rows = [
            _flat(column, row, cell, why.get((column.letter, row.code)))
            for k, column in enumerate(self.columns)
            for row in self.rows
            if (cell := row.cells[k]) is not None
        ]
        return [dict(zip(self.head, row, strict=True)) for row in rows]

    def to_frame(self) -> Any:
        """A pandas frame: one row a run and country."""
        return to_frame(self.flat())

    def _repr_html_(self) -> str:
        """Who stands where in each run, for a notebook."""
        heads = [f"{c.letter}: {c.label}" for c in self.columns]
        rows = [
            {"country": row.name, **{h: c.stance_name if c else "" for h, c in zip(heads, row.cells, strict=True)}}
            for row in self.rows
        ]
        return as_html("Stances side by side", rows, self.notes)


def _flat(column: Column, row: Row, cell: Cell, why: Cause | None) -> tuple[Any, ...]:
    bar = why.bars[0] if why and why.bars else None
    run = (column.letter, column.label, column.run, column.scenario, column.date, column.seed)
    seat = (row.country, row.code, column.engines[row.country])
    stance = (cell.stance, cell.stance_name, cell.score, int(cell.changed), why.by if why else "none")
    moved = (bar.term, bar.before, bar.after) if bar else (None, None, None)
    return (*run, *seat, *stance, *moved, cell.did, cell.statement)


def _cell(run: Run, country: str, first: Statement | None, shared: Sequence[str]) -> Cell | None:
    said = final(run).get(country)
    if said is None:
        return None
    did = run.scenario.history.get(country)
    return Cell(
        stance=said.stance,
        stance_name=said.stance_name,
        score=said.score,
        statement=said.id,
        positions={p: said.view(p).position for p in shared},
        did=STANCES[did.stance] if did else None,
        changed=first is not None and said.stance != first.stance,
    )


def _rows(runs: Sequence[Run], shared: Sequence[str]) -> tuple[Row, ...]:
    """Every country with a seat in any run, in the order of the seats."""
    names = {country: dossier for run in reversed(runs) for country, dossier in run.seats.items()}
    first = final(runs[0])
    return tuple(
        Row(
            country=country,
            code=names[country].code,
            name=upper(names[country].short),
            cells=tuple(_cell(run, country, first.get(country), shared) for run in runs),
        )
        for country in dict.fromkeys(c for run in runs for c in run.seats)
    )


def _apart(run: Run, shared: Sequence[str]) -> dict[tuple[str, str], float]:
    """The distance of every two countries of one run, 0 to 2, by codes in alphabetical order."""
    said = sorted(final(run).values(), key=lambda s: s.code)
    at, matter = (np.array([[getattr(s.view(p), field) for p in shared] for s in said]) for field in POSITION)
    apart = 2 * (1 - agreement_matrix(at, matter))
    return {
        (said[i].code, said[j].code): round(float(apart[i, j]), 6)
        for i in range(len(said))
        for j in range(i + 1, len(said))
    }


def _distances(runs: Sequence[Run], shared: Sequence[str]) -> tuple[Distance, ...]:
    if not shared:
        return ()
    each = [_apart(run, shared) for run in runs]
    pairs = dict.fromkeys(pair for found in each for pair in found)
    return tuple(Distance(pair=p, apart=tuple(found.get(p) for found in each)) for p in sorted(pairs))


def _causes(runs: Sequence[Run], columns: Sequence[Column]) -> tuple[Cause, ...]:
    first, found = final(runs[0]), []
    for run, told in zip(runs[1:], columns[1:], strict=True):
        said = final(run)
        for country in first:
            if country in said:
                found.append(cause(told.letter, runs[0], first[country], run, said[country], told.contrasts))
    return tuple(c for c in found if c is not None)


def _notes(columns: Sequence[Column], one: bool) -> tuple[str, ...]:
    found = ["Every change is measured against run A."]
    if not one:
        found.append(
            "The runs are of different scenarios, so their provisions cannot be set side by side: what is compared is "
            "each country's stance, the summands of its score with all provisions as one, the spread and the engines."
        )
    if any(len(c.contrasts) > 1 for c in columns):
        found.append("Where several inputs differ, the record does not say which of them moved a bar.")
    if any(contrast.path.startswith("provisions.") for c in columns for contrast in c.contrasts):
        found.append(
            "A provision's bar is its share of all that matters to the country, so that a change of one provision "
            "moves the bars of the others too."
        )
    if any(c.silent for c in columns):
        found.append("A seat that never spoke has no stance and counts nowhere.")
    if any(c.agreement for c in columns):
        found.append(
            "Agreement with what happened is that of the final stances of these runs; `communique backtest` scores "
            "opening stances, with the documents that are the decision itself hidden."
        )
    return tuple(found)


def compare(*runs: Run, labels: Sequence[str] = ()) -> Comparison:
    """Two or more runs side by side, each change measured against the first.

    `labels` say what sets each apart; where one is empty, it is the scenario's name, or what the run was given
    differently. Raises `InputError` for fewer than two runs or more than there are letters.
    """
    if not 2 <= len(runs) <= MOST:
        few = "name another run or scenario, or vary one away from what it is"
        how = few if len(runs) < 2 else f"compare at most {MOST} at once"
        raise InputError(f"{len(runs)} run{'' if len(runs) == 1 else 's'} to compare", how, "E164")
    one = all(one_scenario(runs[0].scenario, run.scenario) for run in runs[1:])
    ids = [{p.id for p in run.scenario.provisions} for run in runs]
    shared = {p.id: p.short for p in runs[0].scenario.provisions if one and all(p.id in found for found in ids)}
    differs = [contrasts(runs[0], run) for run in runs]
    names = [run.scenario.id or "" for run in runs]
    told = [names[0], *(brief(d) if one else name for d, name in zip(differs[1:], names[1:], strict=True))]
    told = [label or name for label, name in zip(labels or told, told, strict=True)]
    given = zip(ascii_uppercase, told, runs, differs, strict=False)
    columns = tuple(column(*each) for each in given)
    return Comparison(
        columns=columns,
        rows=_rows(runs, list(shared)),
        causes=_causes(runs, columns),
        distances=_distances(runs, list(shared)),
        provisions=shared,
        notes=_notes(columns, one),
    )
