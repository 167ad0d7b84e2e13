"""communique resume: go on with a run that broke off."""

from pathlib import Path
from typing import Any

import click

from simulation.options import reach_options, under_option


@click.command()
@click.argument("run")
@under_option
@click.option("--base-url", help="Another address for the run's model, where its server has moved.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout: launch, turn, done.")
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the assessment and nothing else.")
@reach_options
def command(run: str, under: Path, base_url: str | None, as_json: bool, quiet: bool, **given: Any) -> int:
    """Go on with RUN (an id, a unique prefix, a path or `latest`): no finished call is made again.

    A run that finished with failed seats, or at its budget, asks those seats again.
    """
    from simulation import console, launches, runs
    from simulation.options import connect_with
    from simulation.records import locate
    from simulation.report import files

    folder = locate(run, under)
    connect = connect_with(given)

    def connect_there(settings: Any, before: Any) -> Any:
        return connect(settings.model_copy(update={"base_url": base_url}) if base_url else settings, before)

    with console.listener(as_json, quiet) as listener:
        ears = runs.Ears(listener.heard, listener.hears, listener.started)
        held = launches.resume(folder, connect_there, files.reports, ears, listener.told)
    return console.finished(held.run, held.folder, listener, as_json, quiet)
