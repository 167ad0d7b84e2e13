"""communique replay: a run again from its recorded replies, with no model."""

from pathlib import Path

import click

from simulation.options import under_option


@click.command()
@click.argument("run")
@under_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write what comes out into this folder.")
def command(run: str, under: Path, out: Path | None) -> int:
    """Re-create every output of RUN from its recorded replies and compare it byte for byte.

    Exit status 2 where a file differs.
    """
    from simulation import launches
    from simulation.folders import place
    from simulation.plans import stale
    from simulation.records import locate
    from simulation.report import files
    from simulation.verification import trusting

    folder = locate(run, under)
    with trusting(folder):
        found, made = launches.replay(folder, files.reports)
    if out is not None:
        click.echo(f"written: {place(made, out)}", err=True)
    different = [
        name
        for name, text in made.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != text.encode()
    ]
    for name in different:
        click.echo(f"{folder / name} is not what the replies give", err=True)
    for name in stale(found.plan) if different else ():
        click.echo(f"{name} is not the file the run was made from", err=True)
    if not different:
        click.echo(f"{folder}: {len(made)} files re-created, byte for byte the same")
    return 2 if different else 0
