"""communique verify: whether a run folder tells the truth."""

from pathlib import Path

import click

from simulation.options import under_option


@click.command()
@click.argument("run")
@under_option
@click.option("--against", metavar="SHA256", help="The run's digest, from somewhere that its sender cannot edit.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(run: str, under: Path, against: str | None, as_json: bool) -> int:
    """Re-derive every number of RUN (an id, a unique prefix, a path or `latest`) and check every id, date and hash.

    Prints the SHA-256 of run.json, which stands for the whole run. Exit status 2 where something is not so.
    """
    import json
    from dataclasses import asdict

    from simulation import integrity
    from simulation.records import locate, raw
    from simulation.verification import verify

    folder = locate(run, under)
    found = integrity.against(folder, against) if against else []
    found += verify(folder)
    if as_json:
        click.echo(json.dumps([asdict(f) for f in found], ensure_ascii=False, indent=1))
    elif not found:
        click.echo(f"{folder}: every number, id, date and line holds")
        click.echo(f"sha256 {integrity.digest_of(folder)}")
    for remark in integrity.remarks(folder, raw(folder)):
        click.echo(f"note: {remark}", err=True)
    for falsehood in found if not as_json else []:
        click.echo(f"{falsehood.kind}: {falsehood.place}: {falsehood.message}", err=True)
    return 2 if found else 0
