"""communique open: the report of a run in the browser."""

from pathlib import Path

import click

from simulation.options import under_option


@click.command("open")
@click.argument("run")
@under_option
@click.option("--print", "only_print", is_flag=True, help="Print the path and open nothing.")
def command(run: str, under: Path, only_print: bool) -> None:
    """Open the report of RUN (an id, a unique prefix, a path or `latest`) in the browser, and print its path."""
    import webbrowser

    from simulation.errors import InputError
    from simulation.places import remote
    from simulation.records import locate

    path = locate(run, under) / "assessment.html"
    if not path.is_file():
        raise InputError(f"{path} is not there", "run the scenario again; reports are written beside run.json", "E150")
    if remote(path) and not only_print:
        cure = f"communique export {run} --format html --out page.html, and open that; --print prints the address"
        raise InputError(f"a browser does not reach {path}", cure, "E192")
    click.echo(path)
    if not only_print and not webbrowser.open(path.resolve().as_uri()):
        click.echo("no browser could be started; open the file yourself", err=True)
