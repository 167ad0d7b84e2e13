"""communique export: a run in another format."""

from pathlib import Path

import click

from simulation.options import under_option


@click.command()
@click.argument("run")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html", "json", "csv", "docx", "graphml"]),
    default="md",
    show_default=True,
    help="What it is written as.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file, and print its path."
)
@under_option
def command(run: str, form: str, out: Path | None, under: Path) -> None:
    """Write RUN (an id, a unique prefix, a path or `latest`) as Markdown, HTML, JSON, CSV, Word or GraphML.

    Without --out, text goes to stdout, and a Word document to a file named after the run.
    """
    from simulation.outputs import save
    from simulation.records import locate
    from simulation.report.exports import export
    from simulation.variants import stored
    from simulation.verification import trusting

    folder = locate(run, under)
    found = stored(folder)
    with trusting(folder):
        made = export(found, folder, form)
    if out is None and isinstance(made, str):
        click.echo(made, nl=False)
    else:
        save(made, out or Path(f"{found.id}.{form}"))
