"""Many debates: a page of axes is read, its cells are held by whoever works, and what they left is read as tables.

A sweep lies in a folder named after everything it is made from, so that the same sweep begun again goes on where it
was; a kill costs the cells in hand and nothing else.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from simulation import cells, received
from simulation.catalog import shown
from simulation.cells import Grid, asks
from simulation.documents import Document, parse, read
from simulation.errors import InputError, Interrupted, Unwritable
from simulation.folders import as_text, place
from simulation.frames import to_frame
from simulation.gates import admitted
from simulation.grids import Sweep
from simulation.journals import Journal
from simulation.launches import Connect
from simulation.parcels import Parts, bind, brought, staged
from simulation.places import at
from simulation.plans import digests, made_now
from simulation.polls import poll
from simulation.workers import LONG_ENOUGH, Chunk, Crew, executor

FORMAT = 1
CELLS, MADE, SPEC = "cells.jsonl", "sweep.json", "spec.yaml"
MOST_CELLS = 100_000
"""More than this are asked about first."""
WORTH_A_WORKER = 20
"""Cells for which it is worth starting another process."""
Told = Callable[[int], None]
"""Told how many cells were just finished."""


@dataclass(frozen=True)
class Swept:
    """What a sweep has left so far."""

    grid: Grid
    folder: Path | None
    done: int
    """How many cells were held."""
    failed: int
    """In how many of them somebody did not speak, or nobody could."""
    limit: str = ""
    """The limit at which it stopped, where it did."""
    kept: tuple[Mapping[str, Any], ...] = ()
    """The cells, where there is no folder."""

    @property
    def complete(self) -> bool:
        """Whether every cell was held."""
        return self.done == self.grid.spec.size

    def rows(self, table: str = "stances") -> Iterator[dict[str, Any]]:
        """The rows of `stances` or `positions`, in the order of the cells."""
        return cells.whole(self.grid, self._entries(), table)

    def _entries(self) -> Iterator[Mapping[str, Any]]:
        if self.folder is None:
            yield from self.kept
            return
        with Journal(self.folder / CELLS, read_only=True) as journal:
            yield from journal.entries()

    def to_frame(self, table: str = "stances") -> Any:
        """A table as a pandas frame; raises `InputError` with the line that installs pandas where it is missing."""
        return to_frame(self.rows(table))


def inputs(grid: Grid) -> dict[str, str]:
    """SHA-256 of everything the cells are made from, by name."""
    found: dict[str, str] = {}
    for scenario in grid.scenarios:
        each = digests(scenario, grid.desks)
        found |= {f"scenarios/{scenario.id}": each.pop("scenario"), **each}
    return dict(sorted(found.items()))


def name_of(grid: Grid, stem: str) -> str:
    """<file's name>-<digest of the page and of everything the cells are made from>."""
    page = grid.spec.model_dump(mode="json", exclude={"title"})
    text = json.dumps([FORMAT, page, inputs(grid)], sort_keys=True, ensure_ascii=False)
    return f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def opened(grid: Grid, document: Document, under: Path) -> Path:
    """The folder of a sweep: as it was left, or new with the page and what it is made from.

    One that will lie in a storage is held in the outbox, and begins with what is there already.
    """
    folder = under / name_of(grid, Path(document.file).stem.strip("<>") or "sweep")
    home = staged(brought(folder, MADE))
    if not (home / MADE).is_file():
        files = {SPEC: document.text, MADE: as_text({"format": FORMAT, "made": made_now(), "inputs": inputs(grid)})}
        place(files, folder)
        if home != folder:
            place(files, home)
    return bind(folder)


def resumed(folder: Path) -> Grid:
    """The grid of a sweep that lies in a folder.

    Raises `InputError` where it holds none, or where something it is made from has changed since.
    """
    try:
        made = received.data(received.content(folder / MADE))
        known = dict(made["inputs"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        text = f"{folder} holds no sweep: {MADE} cannot be read ({type(error).__name__})"
        raise InputError(text, "give the folder that `communique sweep` printed", "E170") from None
    if made.get("format") != FORMAT:
        raise InputError(f"{folder / MADE} is not of format {FORMAT}", "use the version that wrote it", "E170")
    grid = admitted(read(folder / SPEC, shown(folder / SPEC)))
    fresh = inputs(grid)
    if changed := [name for name in sorted({*fresh, *known}) if fresh.get(name) != known.get(name)]:
        cure = "put the files back, or begin the sweep again"
        raise InputError(f"{', '.join(changed)} changed since the sweep began", cure, "E170")
    return grid


def _asking(grid: Grid) -> dict[tuple[int, tuple[str, ...], str | None, str | None], bool]:
    """For every scenario, table and speaker, whether a seat asks a model."""
    return {(p.scenario, p.table, p.engine, p.model): asks(grid.plan(p)) for p in grid.bare()}


def _cells(grid: Grid, journal: Journal, model: str | None) -> Iterator[int]:
    """The cells still to be held that ask a model, or none."""
    asking = _asking(grid)
    if not any(m == model for _, _, _, m in asking) and model is not None:
        return
    for cell in range(grid.spec.size):
        if cell not in journal.done or cell in journal.unfinished:
            p = grid.point(cell)
            asked = p.model if asking[p.scenario, p.table, p.engine, p.model] else None
            if asked == model:
                yield cell


class _Pace:
    """Cuts cells into chunks that take about as long as they should."""

    def __init__(self) -> None:
        self._size = 4

    def cut(self, numbers: Iterator[int]) -> Iterator[Chunk]:
        chunk: list[int] = []
        for cell in numbers:
            chunk.append(cell)
            if len(chunk) >= self._size:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def learn(self, count: int, seconds: float) -> None:
        self._size = max(1, min(256, round(LONG_ENOUGH * count / max(seconds, 1e-6))))


def hold(
    grid: Grid,
    folder: Path,
    *,
    workers: int = 1,
    crew: Crew = executor,
    connect: Connect | None = None,
    told: Told = lambda count: None,
) -> Swept:
    """Hold the cells that are not done yet.

    `crew` makes the executor of the cells that ask no model, as `workers.executor` and `clusters.crew()` do. Raises
    `Interrupted` at Ctrl-C, and `Unwritable` on a full disk, with everything finished kept.
    """
    pace, limit, parts = _Pace(), "", Parts(folder)
    try:
        with closing(parts), Journal(folder / CELLS, also=parts.add) as journal:
            crewed = min(workers, max(1, (grid.spec.size - len(journal.done)) // WORTH_A_WORKER))
            with crew(cells.work(grid), crewed) as hands:
                for done in hands.results(pace.cut(_cells(grid, journal, None))):
                    journal.keep(done.lines)
                    pace.learn(len(done.lines), done.seconds)
                    told(len(done.lines))
            for model in grid.spec.models or ():
                todo = _cells(grid, journal, model)
                limit = limit or poll(grid, model, todo, connect, journal, folder, told)
            return Swept(grid, folder, len(journal.done), len(journal.failed), limit)
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; go on with: communique sweep --resume {folder}") from None
    except Unwritable as error:
        raise error.kept(f"communique sweep --resume {folder}") from None


def left(folder: Path, grid: Grid) -> int:
    """How many cells are still to be held."""
    if not (folder / CELLS).is_file():
        return grid.spec.size
    with Journal(folder / CELLS) as journal:
        return grid.spec.size - len(journal.done) + len(journal.unfinished)


def document_of(page: Sweep | Mapping[str, Any] | str | Path) -> Document:
    """A sweep given as a file, as data or as a model, as a document whose mistakes have places."""
    if isinstance(page, str | Path):
        return read(Path(page), shown(Path(page)))
    data = page.model_dump(mode="json", exclude_unset=True) if isinstance(page, Sweep) else dict(page)
    return parse(yaml.safe_dump(data, sort_keys=False, allow_unicode=True).encode(), "<sweep>")


def sweep(
    page: Sweep | Mapping[str, Any] | str | Path,
    *,
    under: Path | str | None = None,
    workers: int = 1,
    crew: Crew = executor,
    connect: Connect | None = None,
    told: Told = lambda count: None,
) -> Swept:
    """Hold every cell of a sweep, given as a file, as data or as a model.

    With `under` it lies in a folder there and goes on where it was; else nothing is left but what is returned. More
    than one of `workers` starts processes, which in a script want `if __name__ == "__main__"` around them; `crew` is
    who holds the cells, as in `hold`. `connect` makes what answers for the seats of models, as
    `simulation.models.connect` does.
    """
    document = document_of(page)
    grid = admitted(document)
    if under is not None:
        return hold(
            grid, opened(grid, document, at(str(under))), workers=workers, crew=crew, connect=connect, told=told
        )
    with TemporaryDirectory(prefix="communique-") as folder:
        found = hold(grid, Path(folder), workers=workers, crew=crew, connect=connect, told=told)
        kept = tuple(found._entries())
    return Swept(grid, None, found.done, found.failed, found.limit, kept)
