"""communique runs: an index of the runs of a folder."""

from pathlib import Path

import click

from simulation.options import under_option


@click.command()
@under_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(under: Path, as_json: bool) -> None:
    """List the runs, newest first: date, scenario, engines, verdict, stability, id.

    A damaged folder is listed as damaged, one without a record as unfinished.
    """
    import json
    from dataclasses import asdict

    from simulation.index import entries

    found = entries(under)
    if as_json:
        click.echo(json.dumps([asdict(e) for e in found], ensure_ascii=False, indent=1))
        return
    if not found:
        click.echo(f'no run under "{under}"; start with: communique run takaichi_coalition', err=True)
    rows = [
        (e.date[:16].replace("T", " "), e.scenario, ", ".join(e.engines), e.verdict, e.stability, e.state, e.id)
        for e in found
    ]
    widths = [max(len(row[k]) for row in rows) for k in range(7)] if rows else []
    for row in rows:
        click.echo("  ".join(f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip())
