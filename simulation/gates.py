"""What has to be right before a sweep begins: every name, every path in every scenario, and somebody for every seat.

A sweep runs for minutes or hours and should not stop over a word; so every mistake that can be seen beforehand is told
at once, with its place in the file. What only shows in a combination of changes is left to the cell.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from simulation import catalog
from simulation.cells import Grid, asks
from simulation.documents import Document
from simulation.dossier import Dossier
from simulation.engines import seat
from simulation.errors import FileErrors, InputError, Mistake
from simulation.grids import ASKED, FIXED, KEEP, Point, Sweep
from simulation.scenario import Scenario

CLOSED = {
    "countries": "list tables under `countries` of the sweep",
    "engines": "list them under `engines` of the sweep",
    "debate.seed": "list them under `seeds` of the sweep",
}
"""Paths that have an axis of their own."""
MOST_TRIED = 100
"""Values of one path that are tried out beforehand."""
Place = tuple[Any, ...]


def admitted(document: Document) -> Grid:
    """The grid of a sweep; raises `FileErrors` with every mistake in it."""
    spec = catalog.validate(document, Sweep)
    _refuse([*_twice(document, spec), *_closed(document, spec)])
    scenarios, wrong = _scenarios(document, spec)
    desks, missing = _desks(document, spec, scenarios)
    _refuse([*wrong, *missing])
    grid = Grid(spec, tuple(scenarios), desks)
    _refuse(_seats(document, grid))
    _refuse(_changes(document, grid))
    return grid


def _refuse(mistakes: Iterable[Mistake]) -> None:
    found = sorted(dict.fromkeys(mistakes), key=lambda m: (m.line, m.column))
    if found:
        raise FileErrors(found)


def _mistake(document: Document, place: Place, error: InputError) -> Mistake:
    """What is wrong, at its place in the sweep."""
    return document.mistake(error.code, place, error.message, error.cure, key=len(place) == 2 and place[0] == "grid")


def _twice(document: Document, spec: Sweep) -> Iterator[Mistake]:
    """Values that stand twice on one axis, which would hold every debate of theirs twice."""
    data = document.data
    lists: dict[Place, Any] = {(k,): data.get(k) for k in ("scenarios", "countries", "engines", "models", "seeds")}
    lists |= {("grid", path): values for path, values in (data.get("grid") or {}).items()}
    for place, values in lists.items():
        seen: set[Hashable] = set()
        for n, value in enumerate(values if isinstance(values, list) else []):
            if repr(value) in seen:
                yield document.mistake("E117", (*place, n), f"{value} stands here twice", "name it once")
            seen.add(repr(value))


def _closed(document: Document, spec: Sweep) -> Iterator[Mistake]:
    for path in spec.grid:
        for closed, cure in CLOSED.items():
            if path == closed or path.startswith(f"{closed}."):
                yield document.mistake("E168", ("grid", path), f"{closed} has an axis of its own", cure, key=True)


def _scenarios(document: Document, spec: Sweep) -> tuple[list[Scenario], list[Mistake]]:
    found: list[Scenario] = []
    mistakes = []
    for n, name in enumerate(spec.scenarios):
        try:
            scenario = catalog.load_scenario(name)
        except FileErrors:
            raise
        except InputError as error:
            mistakes.append(_mistake(document, ("scenarios", n), error))
            continue
        if scenario.id in [s.id for s in found]:
            text, cure = f'two scenarios have the id "{scenario.id}"', "give one of them another `id`"
            mistakes.append(document.mistake("E117", ("scenarios", n), text, cure))
        found.append(scenario)
    return found, mistakes


def _desks(document: Document, spec: Sweep, scenarios: Iterable[Scenario]) -> tuple[dict[str, Dossier], list[Mistake]]:
    wanted: dict[str, Place] = {}
    for n, table in enumerate(spec.countries or ()):
        wanted |= {name: ("countries", n, k) for k, name in enumerate(table) if name not in wanted}
    if spec.countries is None:
        wanted = {name: ("scenarios",) for scenario in scenarios for name in scenario.seats}
    found, mistakes = {}, []
    for name, place in sorted(wanted.items()):
        try:
            found[name] = catalog.load_dossier(name)
        except FileErrors:
            raise
        except InputError as error:
            mistakes.append(_mistake(document, place, error))
    return found, mistakes


def _owner(document: Document, point: Point, code: str) -> Place:
    """Where in the sweep a table that cannot sit was asked for."""
    if code in ("E124", "E175") and point.engine in (document.data.get("engines") or ()):
        return ("engines", document.data["engines"].index(point.engine))
    if point.table:
        return ("countries", [tuple(t) for t in document.data["countries"]].index(point.table))
    return ("scenarios", point.scenario)


def _seats(document: Document, grid: Grid) -> Iterator[Mistake]:
    """Tables that cannot sit as they are, and models and seats that do not fit each other."""
    unmodelled, idle = False, True
    for point in grid.bare():
        try:
            plan = grid.plan(point)
            seat({c: e for c, e in plan.engines.items() if e != ASKED})
        except InputError as error:
            yield _mistake(document, _owner(document, point, error.code), error)
            continue
        unmodelled |= asks(plan) and plan.settings is None
        idle &= not asks(plan)
    if unmodelled:
        cure = "add `models: [provider:name]`, and chat_model to `engines` where they are listed"
        yield document.mistake("E171", ("engines",), "a seat asks a model, and none is listed", cure)
    elif idle and grid.spec.models:
        yield document.mistake("E171", ("models",), "no seat asks a model", "add chat_model to `engines`")


def _changes(document: Document, grid: Grid) -> Iterator[Mistake]:
    """Paths and values that do not fit a scenario or a dossier, each tried by itself."""
    for path, values in zip(grid.spec.grid, grid.spec.axes[FIXED:], strict=True):
        listed = isinstance(document.data["grid"][path], list)
        seen: set[tuple[Place, str]] = set()
        for n, value in enumerate(values[:MOST_TRIED]):
            for bare in grid.bare() if value != KEEP else ():
                try:
                    grid.plan(replace(bare, paths=(path,), values=(value,)))
                except InputError as error:
                    what = error.message.partition(": ")[2] or error.message
                    place = ("grid", path, n) if listed and not _off_the_map(error, what) else ("grid", path)
                    if (place, what) not in seen:
                        yield _mistake(document, place, error)
                    seen.add((place, what))


def _off_the_map(error: InputError, what: str) -> bool:
    """Whether the path leads nowhere, whatever the value."""
    return error.code != "E129" or what.startswith("there is no ")
