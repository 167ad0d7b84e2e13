"""One cell of a sweep: its plan, its debate, and the line that is left of it.

A cell depends on the grid and on its number alone, so that it can be held in any process, at any time, twice if need
be. One that a change makes impossible says so in its row; no stance is put in its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulation import rows
from simulation.ballots import Ballot
from simulation.calls import Caller, Settings
from simulation.catalog import informed
from simulation.debate import debate
from simulation.dossier import Dossier
from simulation.edits import read, scenario_with
from simulation.engines import seat, seating
from simulation.errors import InputError, ProviderError
from simulation.floor import Floor
from simulation.grids import Point, Sweep
from simulation.journals import line
from simulation.negotiation import negotiate
from simulation.plans import Plan, edited, settled
from simulation.scenario import Scenario
from simulation.statement import COMPUTED
from simulation.turn import Analyst, Kit
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


def _analysts(plan: Plan, caller: Caller | None) -> dict[str, Analyst]:
    """Those who sit there; ballots where every desk speaks from its dossier, since only figures are kept."""
    if set(plan.engines.values()) == {"dossier"}:
        return {country: Ballot() for country in plan.seats}
    return seat(plan.engines, Kit(caller, plan.settings))


async def held(grid: Grid, cell: int, caller: Caller | None = None) -> str:
    """The line of a cell, for the journal; raises `ProviderError` where every other cell would fail the same way."""
    try:
        plan = grid.plan(grid.point(cell))
    except InputError as error:
        return line(cell, False, **rows.unheld(error.message, grid.spec.full))
    floor = Floor(plan.scenario, plan.seats, _analysts(plan, caller), plan.engines)
    try:
        record, merged = await debate(floor)
    except ProviderError as error:
        if any(gap.setup for gap in floor.gaps.values()):
            raise
        return line(cell, True, **rows.unheld(str(error), grid.spec.full))
    found = negotiate(floor, record) if grid.spec.full else None
    return line(cell, bool(record.gaps), **rows.of(plan, record, merged, found))


async def _each(grid: Grid, cells: Chunk) -> list[str]:
    return [await held(grid, cell) for cell in cells]


def _chunk(grid: Grid, cells: Chunk) -> list[str]:
    return wait(_each(grid, cells))


def work(grid: Grid) -> Work:
    """What a worker does with the numbers of some cells that ask no model."""
    return partial(_chunk, grid)


def whole(grid: Grid, entry: Mapping[str, Any], table: str) -> Iterator[dict[str, Any]]:
    """The rows of a cell in one of the tables: its place on each axis, then what came out."""
    point = grid.point(entry["cell"])
    place = {"cell": point.cell, "scenario": grid.scenarios[point.scenario].id, "table": " ".join(point.table)}
    place |= dict(zip(point.paths, point.values, strict=True))
    names = [column.name for column in rows.columns(grid.spec.full)[table]]
    for row in entry[table]:
        yield {**place, **dict(zip(names, row, strict=True))}
