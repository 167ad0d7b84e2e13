"""communique open: the report of a run in the browser."""

from pathlib import Path

import click

from simulation.options import under_option

BEGINNING = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
"""
"""What every report begins with: after this, nothing in the page can run or fetch anything."""


@click.command("open")
@click.argument("run")
@under_option
@click.option("--print", "only_print", is_flag=True, help="Print the path and open nothing.")
def command(run: str, under: Path, only_print: bool) -> None:
    """Open the report of RUN (an id, a unique prefix, a path or `latest`) in the browser, and print its path.

    A page that does not begin with the policy that keeps scripts from running is not opened.
    """
    import webbrowser

    from simulation.errors import InputError
    from simulation.places import remote
    from simulation.received import content
    from simulation.records import locate

    path = locate(run, under) / "assessment.html"
    if not path.exists():
        raise InputError(f"{path} is not there", "run the scenario again; reports are written beside run.json", "E150")
    if not content(path).startswith(BEGINNING):
        cure = "run the scenario again, or export the run anew from its record: communique export --format html"
        raise InputError(f"{path} does not begin like a report, and may run scripts", cure, "E202")
    if remote(path) and not only_print:
        cure = f"communique export {run} --format html --out page.html, and open that; --print prints the address"
        raise InputError(f"a browser does not reach {path}", cure, "E192")
    click.echo(path)
    if not only_print and not webbrowser.open(path.resolve().as_uri()):
        click.echo("no browser could be started; open the file yourself", err=True)
