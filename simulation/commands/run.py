"""communique run: hold a debate and write its folder."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("scenario")
@click.option("--rounds", type=click.IntRange(1, 20), help="How many rounds, in place of the scenario's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Draws the order of speaking and nothing else.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("runs"), show_default=True,
              help="Where run folders go.")  # fmt: skip
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
    from simulation import catalog, console
    from simulation.errors import InputError

    given = sys.stdin.buffer.read(2_000_000) if scenario == "-" else None
    loaded, _ = catalog.read_scenario(scenario, given)
    if out.exists() and not out.is_dir():
        raise InputError(f'"{out}" is not a folder', "give --out a folder", "E101")

    from simulation import runs
    from simulation.report import files

    err = console.stderr()
    listener: console.Quiet = console.Quiet()
    if as_json:
        listener = console.JsonLines()
    elif not quiet:
        listener = console.Panel(err) if err.is_terminal and not err.is_dumb_terminal else console.Lines()
    seats = [c.strip() for c in countries.split(",") if c.strip()]
    with listener:
        found = runs.run(
            loaded, countries=seats, rounds=rounds, seed=seed, listener=listener.heard, started=listener.started
        )
    folder = runs.write(found, files.reports(found), out)
    if isinstance(listener, console.JsonLines):
        stances = {s.country: s.stance_name for s in found.transcript.final}
        listener.done(run=found.id, folder=str(folder), assessment=str(folder / "assessment.md"), stances=stances)
    else:
        if not quiet:
            for finding in found.assessment.bottom_line:
                click.echo(finding.text, err=True)
        click.echo(folder / "assessment.md")
    return 4 if found.transcript.gaps else 0
