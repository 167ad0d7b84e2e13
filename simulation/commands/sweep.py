"""communique sweep: many debates into one table."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from simulation.options import reach_options
from simulation.places import at


@click.command()
@click.argument("spec", required=False)
@click.option("--resume", type=at, metavar="DIR", help="Go on with the sweep in this folder.")
@click.option("--workers", type=click.IntRange(1, 512), help="How many processes (default: every core).")
@click.option(
    "--executor",
    type=click.Choice(["local", "dask"]),
    help="Who holds the cells: a pool of this machine (the default), or a Dask cluster of --workers processes.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Join the Dask cluster there, as in tcp://127.0.0.1:8786.")
@click.option("--out", type=at, metavar="DIR", default="sweeps", show_default=True, help="Where sweeps go.")
@click.option("--dry-run", is_flag=True, help="Say how many cells there are and what they would take; hold none.")
@click.option("--yes", is_flag=True, help="Hold more than 100,000 cells.")
@click.option("--json", "as_json", is_flag=True, help="What was done as JSON on stdout.")
@reach_options
def command(spec: str | None, resume: Path | None, out: Path, as_json: bool, **given: Any) -> int:
    """Hold every debate of SPEC (a file, or - for standard input), and write them as tables.

    \b
    scenarios: [takaichi_coalition]
    seeds: {first: 0, count: 20}
    grid:
      provisions.taiwan_inclusion: [keep, drop]
      agents.india.positions.mutual_defence.salience: {low: 0.2, high: 1.0, steps: 5}

    `communique schema sweep` names every field. The folder holds stances.csv (a row a debate and country),
    positions.csv (a row a debate, country and provision), both as Parquet too where pyarrow is installed, and
    columns.md. The same sweep typed again goes on where it was.

    A Dask scheduler runs the code that anyone who reaches it sends: join only one that you trust, on a network where
    only those you trust reach it. Start its workers with `dask worker ADDRESS --nthreads 1`, one a core.
    """  # noqa: D301  # \b is the character by which click keeps lines apart
    from simulation import gates, parcels, sweeps, workers

    if (spec is None) == (resume is None):
        raise click.UsageError("give a SPEC, or --resume and a folder")
    given["workers"], given["crew"] = given["workers"] or workers.cores(), _crew(given["executor"], given["scheduler"])
    if resume is not None:
        folder = parcels.brought(resume, sweeps.MADE)
        grid = sweeps.resumed(folder)
    else:
        document = _document(str(spec))
        grid = gates.admitted(document)
    if given["dry_run"]:
        return _forecast(grid, given["workers"], as_json)
    _ask(grid, given["yes"])
    if resume is None:
        folder = sweeps.opened(grid, document, out)
    return _hold(grid, folder, given, as_json)


def _crew(name: str | None, address: str | None) -> Any:
    """What makes the executor; raises `InputError` where Dask is asked for and not installed."""
    from simulation import workers

    if name == "local" and address:
        raise click.UsageError("--scheduler is for --executor dask")
    if name != "dask" and not address:
        return workers.executor

    from simulation import clusters

    return clusters.crew(address)


def _document(spec: str) -> Any:
    from simulation.documents import parse
    from simulation.sweeps import document_of

    return parse(sys.stdin.buffer.read(2_000_000), "<stdin>") if spec == "-" else document_of(spec)


def _ask(grid: Any, yes: bool) -> None:
    """Refuse a sweep that nobody can have meant, unless they say so."""
    from simulation.errors import InputError
    from simulation.sweeps import MOST_CELLS

    if grid.spec.size > MOST_CELLS and not yes:
        cure = "leave something out, see --dry-run for what it would take, or add --yes"
        raise InputError(f"the sweep has {grid.spec.size:,} cells", cure, "E169")


def _forecast(grid: Any, workers: int, as_json: bool) -> int:
    import json

    from simulation.forecasts import forecast

    found = forecast(grid, workers)
    click.echo(json.dumps(found.as_json(), indent=1) if as_json else found.as_text())
    return 0


@contextmanager
def _progress(todo: int) -> Iterator[Callable[[int], None]]:
    """A bar with the time that is left; on a pipe a line now and then."""
    import time

    from simulation.console import counting, stderr
    from simulation.forecasts import duration

    begun = said = time.monotonic()
    done, err = 0, stderr()
    with counting("cells", todo) as advance:

        def told(count: int) -> None:
            nonlocal done, said
            done += count
            for _ in range(count):
                advance()
            now = time.monotonic()
            if not err.is_terminal and now - said >= 5:
                said, left = now, (now - begun) / done * (todo - done)
                err.print(f"{done:,} of {todo:,} cells, about {duration(left)} left", markup=False)

        yield told


def _hold(grid: Any, folder: Path, given: dict[str, Any], as_json: bool) -> int:
    from simulation import sweeps
    from simulation.options import connect_with

    size, todo = grid.spec.size, sweeps.left(folder, grid)
    before = f", {size - todo:,} of them done before" if todo < size else ""
    click.echo(f"{size:,} cells{before}; if it breaks off: communique sweep --resume {folder}", err=True)
    with _progress(todo) as told:
        connect = connect_with(given)
        found = sweeps.hold(grid, folder, workers=given["workers"], crew=given["crew"], connect=connect, told=told)
    return _finish(found, folder, as_json)


def _finish(found: Any, folder: Path, as_json: bool) -> int:
    """The tables written, their path or what was done on stdout; 4 where something is missing."""
    import json

    from simulation import parcels
    from simulation.report import grids

    paths = grids.write(found, folder)
    if not grids.parquet_is_there():
        click.echo("no Parquet: pyarrow is not installed; pip install 'communique[parquet]'", err=True)
    if found.failed:
        click.echo(f"{found.failed:,} cells lack something: see the column failed", err=True)
    if found.limit:
        click.echo(f"{found.done:,} of {found.grid.spec.size:,} cells: {found.limit}", err=True)
    folder = parcels.deliver(folder, "communique sweep --resume")
    told = {"folder": str(folder), "cells": found.grid.spec.size, "done": found.done, "failed": found.failed}
    files = [path.name for path in paths]
    click.echo(json.dumps({**told, "files": files}) if as_json else str(folder / files[0]))
    return 0 if found.complete and not found.failed else 4
