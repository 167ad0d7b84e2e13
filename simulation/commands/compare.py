"""communique compare: runs, scenarios and variants side by side."""

import sys
from pathlib import Path
from typing import Any

import click

from simulation.options import reach_options, setting_options, show_options, under_option


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="A B ...")
@click.option(
    "--vary",
    "varying",
    multiple=True,
    metavar="KEY=V1,V2",
    help="Hold each scenario again with these values: seed, rounds, date, engine, model, or a path as --set takes it.",
)
@click.option("--engine", help="Who takes the seats a scenario leaves open.")
@under_option
@show_options
@setting_options
@reach_options
def command(
    names: tuple[str, ...], varying: tuple[str, ...], under: Path, form: str, out: Path | None, **given: Any
) -> None:
    """Set A, B and more side by side: each a run (id, prefix, path, `latest`) or a scenario, held on the spot.

    Every change is measured against the first, and its cause is told: which input differs, which bar of the score
    moved, which rule is met. With --vary the scenario as it stands comes first, then every combination of the values.

    \b
    communique compare latest takaichi_coalition
    communique compare takaichi_coalition --vary date=2010-01-01,2018-01-01
    communique compare takaichi_coalition --vary provisions.taiwan_inclusion.weight=0.2,1 --format html --out page.html
    """  # noqa: D301  # \b is the character by which click keeps lines apart
    from simulation import variants
    from simulation.comparison import compare
    from simulation.console import counting, stderr
    from simulation.options import connect_with, settings_of
    from simulation.outputs import deliver
    from simulation.report import comparisons, files
    from simulation.verification import trusting

    how = variants.Setting(given["engine"], settings_of(given), lambda: sys.stdin.buffer.read(2_000_000))
    entrants = variants.entrants(names, varying, under, how)
    connect, held = connect_with(given), []
    with counting("runs", len(entrants)) as told:
        for entrant in entrants:
            held.append(
                variants.held(entrant, connect, under, files.reports, lambda line: stderr().print(line, markup=False))
            )
            told()
    with trusting(*(e.folder for e in entrants if e.folder is not None)):
        found = compare(*held, labels=[e.label for e in entrants])
        deliver(found, comparisons.side_by_side(found), form, out)
