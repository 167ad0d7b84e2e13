"""One cell of a sweep: its plan, its debate, and the line that is left of it.

A cell depends on the grid and on its number alone, so that it can be held in any process, at any time, twice if need
be. One that a change makes impossible says so in its row; no stance is put in its place.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulation import rows
from simulation.ballots import count
from simulation.calls import Caller, Settings
from simulation.catalog import informed
from simulation.dossier import Dossier
from simulation.edits import read, scenario_with
from simulation.engines import seat, seating
from simulation.errors import InputError, ProviderError
from simulation.floor import Floor
from simulation.grids import FIXED, KEEP, Point, Sweep
from simulation.journals import line
from simulation.moderation import Merge
from simulation.negotiation import negotiate
from simulation.plans import Plan, edited, settled
from simulation.rows import Column
from simulation.scenario import Scenario
from simulation.statement import COMPUTED
from simulation.transcript import Transcript
from simulation.turn import Kit
from simulation.waiting import wait
from simulation.workers import Chunk, Work


@dataclass(frozen=True)
class Grid:
    """A sweep with everything its cells are made from."""

    spec: Sweep
    scenarios: tuple[Scenario, ...]
    desks: Mapping[str, Dossier]

    def settings(self, model: str | None) -> Settings | None:
        """How a model is asked."""
        return Settings(**{**self.spec.settings.model_dump(), "model": model}) if model else None

    def plan(self, point: Point) -> Plan:
        """The plan of a cell; raises `InputError` where its changes do not fit."""
        edits = [read(text) for text in point.changes]
        scenario = scenario_with(self.scenarios[point.scenario], edits)
        names = point.table or scenario.seats
        texts = tuple(e.text for e in edits if e.country is not None)
        seats = edited({name: self.desks[name] for name in names}, texts)
        informed(scenario, seats)
        scenario = settled(scenario, seats, seed=point.seed, engine=point.engine)
        return Plan(scenario, seats, seating(scenario), {}, {}, self.settings(point.model), edits=texts)

    def bare(self) -> Iterator[Point]:
        """Every scenario at every table by every speaker, with nothing changed."""
        _, tables, speakers, *_ = self.spec.axes
        for n in range(len(self.scenarios)):
            for table in tables:
                for engine, model in speakers:
                    yield Point(0, n, table, engine, model, None, (), ())

    def point(self, cell: int) -> Point:
        """The place of a cell."""
        return self.spec.point(cell)


def asks(plan: Plan) -> bool:
    """Whether a seat asks a model."""
    return not set(plan.engines.values()) <= COMPUTED


def counted(plan: Plan) -> bool:
    """Whether every desk speaks from its dossier, so that ballots tell all that is kept."""
    return set(plan.engines.values()) == {"dossier"}


async def _debated(floor: Floor) -> tuple[Transcript, Merge]:
    """A debate of seats that ask; its graph is imported here, so that workers that only count begin at once."""
    from simulation.debate import debate

    return await debate(floor)


async def held(grid: Grid, cell: int, caller: Caller | None = None) -> str:
    """The line of a cell, for the journal; raises `ProviderError` where every other cell would fail the same way."""
    try:
        plan = grid.plan(grid.point(cell))
    except InputError as error:
        return line(cell, True, False, **rows.unheld(error.message, grid.spec.full))
    analysts = {} if counted(plan) else seat(plan.engines, Kit(caller, plan.settings))
    floor = Floor(plan.scenario, plan.seats, analysts, plan.engines)
    try:
        record, merged = count(floor) if counted(plan) else await _debated(floor)
    except ProviderError as error:
        if any(gap.setup for gap in floor.gaps.values()):
            raise
        return line(cell, True, True, **rows.unheld(str(error), grid.spec.full))
    found = negotiate(floor, record) if grid.spec.full else None
    return line(cell, bool(record.gaps), bool(record.gaps), **rows.of(plan, record, merged, found))


async def _each(grid: Grid, cells: Chunk) -> list[str]:
    return [await held(grid, cell) for cell in cells]


def _chunk(grid: Grid, cells: Chunk) -> list[str]:
    return wait(_each(grid, cells))


def work(grid: Grid) -> Work:
    """What a worker does with the numbers of some cells that ask no model."""
    return partial(_chunk, grid)


def _kind(values: Sequence[Any]) -> type:
    """What the values of a path are: numbers where all that change something are, else text."""
    kinds = {type(value) for value in values if value != KEEP}
    if kinds <= {int, float}:
        return float if float in kinds else int
    return str


def columns(grid: Grid, table: str) -> list[Column]:
    """The columns of a table: the place on each axis, then what came out."""
    place = [
        Column("cell", int, "the number of the debate, from 0"),
        Column("scenario", str, "the scenario's id"),
        Column("table", str, "who sat there, where the sweep says so"),
    ]
    for path, values in zip(grid.spec.grid, grid.spec.axes[FIXED:], strict=True):
        meaning = f"the value of {path}; {KEEP}, or empty among numbers, where it is left as it is"
        place.append(Column(path, _kind(values), meaning))
    return [*place, *rows.columns(grid.spec.full)[table]]


def _told(value: Any, kind: type) -> Any:
    """A value of a path as a column of its kind holds it."""
    if kind is not str:
        return None if value == KEEP else kind(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def whole(grid: Grid, entries: Iterable[Mapping[str, Any]], table: str) -> Iterator[dict[str, Any]]:
    """The rows of some cells in one of the tables, by column."""
    listed = columns(grid, table)
    names, kinds = [c.name for c in listed], {c.name: c.kind for c in listed}
    for entry in entries:
        at = grid.point(entry["cell"])
        values = [_told(v, kinds[path]) for path, v in zip(at.paths, at.values, strict=True)]
        place = [at.cell, grid.scenarios[at.scenario].id, " ".join(at.table), *values]
        for row in entry[table]:
            yield dict(zip(names, [*place, *row], strict=True))
