"""communique classroom: a lesson in the browser, and a rehearsal of it."""

from pathlib import Path
from typing import Any

import click

from simulation.options import database_option


def _needs(error: ModuleNotFoundError) -> Exception:
    from simulation.errors import InputError

    message = f"the classroom needs the package {error.name}"
    return InputError(message, 'run: pip install "communique[classroom]"', "E178")


@click.group("classroom", invoke_without_command=True)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 opens it to the network."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="0 takes any free port.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("rooms"), show_default=True, help="Where rooms lie."
)
@click.option("--scenario", default="", help="The scenario that stands first on the teacher's list.")
@click.option("--allow-host", "allowed", multiple=True, help="Another name under which students reach this machine.")
@click.option(
    "--undo",
    "grace",
    type=click.FloatRange(0, 60),
    default=10.0,
    show_default=True,
    help="Seconds in which a step can be undone.",
)
@database_option("Where rooms keep states and papers, in place of a file in each folder: postgresql://USER@HOST/NAME")
@click.pass_context
def command(ctx: click.Context, /, host: str, port: int, folder: Path, scenario: str, **given: Any) -> None:
    r"""Open a classroom: students take seats in the browser, the teacher leads.

    \b
    communique classroom                      on this machine only
    communique classroom --host 0.0.0.0       for a class on the same network
    communique classroom bots --students 30 --teacher LINK
    """
    if ctx.invoked_subcommand is not None:
        return
    from simulation import catalog
    from simulation.errors import unknown

    if scenario and scenario not in (known := catalog.files("scenarios")):
        raise unknown("scenario", scenario, known, "E109")
    try:
        from simulation.classroom.server import serve
    except ModuleNotFoundError as error:
        raise _needs(error) from None
    serve(host, port, folder, click.echo, scenario=scenario, **given)


@command.command("bots")
@click.option("--teacher", "link", required=True, help="The teacher's link, as the terminal shows it.")
@click.option("--students", type=click.IntRange(1, 200), default=30, show_default=True, help="How many play.")
@click.option("--scenario", default="", help="What they debate; the first on the teacher's list, if left out.")
@click.option("--rounds", type=click.IntRange(1, 6), default=2, show_default=True, help="How many rounds.")
@click.option(
    "--pace", type=click.FloatRange(0, 600), default=3.0, show_default=True, help="Seconds a class takes to submit."
)
def bots(**given: Any) -> int:
    """Rehearse a whole lesson against a running classroom, in a room of its own."""
    try:
        from simulation.classroom.bots import rehearse
    except ModuleNotFoundError as error:
        raise _needs(error) from None
    from simulation.waiting import wait

    asked = (given["link"], given["students"], given["scenario"], given["rounds"], given["pace"])
    found = wait(rehearse(*asked, lambda line: click.echo(line, err=True)))
    for line in found.lines():
        click.echo(line)
    return 0 if found.whole else 4
