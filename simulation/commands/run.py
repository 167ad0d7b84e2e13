"""communique run: hold a debate and write its folder."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulation.console import Quiet


def _listener(as_json: bool, quiet: bool) -> "Quiet":
    """Who shows the debate: JSON lines, nothing, a live panel on a terminal, plain lines on a pipe."""
    from simulation import console

    if as_json:
        return console.JsonLines()
    if quiet:
        return console.Quiet()
    err = console.stderr()
    return console.Panel(err) if err.is_terminal and not err.is_dumb_terminal else console.Lines()


@click.command()
@click.argument("scenario")
@click.option("--rounds", type=click.IntRange(1, 20), help="How many rounds, in place of the scenario's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Draws the order of speaking and nothing else.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where runs go.")
@click.option("--countries", default="", help="Who sits at the table, with commas, in place of the scenario's list.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout: launch, turn, done.")
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the assessment and nothing else.")
def command(
    scenario: str, rounds: int | None, seed: int | None, out: Path, countries: str, as_json: bool, quiet: bool
) -> int:
    r"""Run SCENARIO (a name, a file, or - for standard input) and write its assessment.

    \b
    communique run takaichi_coalition
    communique run my_proposal.yaml --rounds 2 --countries japan,india,eu
    """
    from simulation import catalog
    from simulation.errors import InputError

    loaded, _ = catalog.read_scenario(scenario, sys.stdin.buffer.read(2_000_000) if scenario == "-" else None)
    if out.exists() and not out.is_dir():
        raise InputError(f'"{out}" is not a folder', "give --out a folder", "E101")

    from simulation import runs
    from simulation.report import files

    seats = [c.strip() for c in countries.split(",") if c.strip()]
    with _listener(as_json, quiet) as listener:
        found = runs.run(
            loaded, countries=seats, rounds=rounds, seed=seed, listener=listener.heard, started=listener.started
        )
    folder = runs.write(found, files.reports(found), out)
    stances = {s.country: s.stance_name for s in found.transcript.final}
    listener.done(run=found.id, folder=str(folder), assessment=str(folder / "assessment.md"), stances=stances)
    if not as_json:
        if not quiet:
            click.echo("\n".join(f.text for f in found.assessment.bottom_line), err=True)
        click.echo(folder / "assessment.md")
    return 4 if found.transcript.gaps else 0
