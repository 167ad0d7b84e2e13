"""communique open: the report of a run in the browser."""

from pathlib import Path

import click


@click.command("open")
@click.argument("run")
@click.option(
    "--under", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where runs lie."
)
@click.option("--print", "only_print", is_flag=True, help="Print the path and open nothing.")
def command(run: str, under: Path, only_print: bool) -> None:
    """Open the report of RUN (an id, a unique prefix, a path or `latest`) in the browser, and print its path."""
    import webbrowser

    from simulation.errors import InputError
    from simulation.records import locate

    path = locate(run, under) / "assessment.html"
    if not path.is_file():
        raise InputError(f"{path} is not there", "run the scenario again; reports are written beside run.json", "E150")
    click.echo(path)
    if not only_print and not webbrowser.open(path.resolve().as_uri()):
        click.echo("no browser could be started; open the file yourself", err=True)
