"""communique resume: go on with a run that broke off."""

from pathlib import Path
from typing import Any

import click

from simulation.options import clock_options, database_option, reach_options, under_option


@click.command()
@click.argument("run")
@under_option
@click.option("--base-url", help="Another address for the run's model, where its server has moved.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout: launch, turn, done.")
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the assessment and nothing else.")
@database_option("The database of a run that was begun with one: postgresql://USER@HOST/NAME")
@clock_options
@reach_options
def command(run: str, under: Path, base_url: str | None, as_json: bool, quiet: bool, **given: Any) -> int:
    """Go on with RUN (an id, a unique prefix, a path or `latest`): no finished call is made again.

    No person is asked twice either. A run that finished with failed seats, or at its budget, asks those seats again.
    """
    from simulation import attendance, console, launches, seats
    from simulation.options import reconnect_with
    from simulation.records import locate, seating
    from simulation.report import files
    from simulation.statement import HUMAN

    folder = locate(run, under)
    engines = seating(folder)
    people = tuple(country for country, engine in engines.items() if engine == HUMAN)
    clock = seats.clock(given["clock"], given["on_timeout"], people)
    connect = reconnect_with(given, base_url)
    with attendance.attended(people, len(engines), clock, as_json, quiet) as there:
        company = (there.ears, there.listener.told, there.ask)
        held = launches.resume(folder, connect, files.reports, *company, given["database"])
    return console.finished(held.run, held.folder, there.listener, as_json, quiet)
