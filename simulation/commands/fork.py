"""communique fork: a run again with a change, asking only what depends on it."""

from pathlib import Path
from typing import Any

import click

from simulation.options import reach_options, set_option, under_option
from simulation.places import at


@click.command()
@click.argument("run")
@set_option(required=True)
@under_option
@click.option("--out", type=at, metavar="DIR", help="Where the new run goes; beside the old one, if left out.")
@click.option("--offline", is_flag=True, help="Ask no model: a question that was not recorded fails its seat.")
@click.option("--base-url", help="Another address for the run's model, where its server has moved.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout: launch, turn, done.")
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the assessment and nothing else.")
@reach_options
def command(
    run: str,
    changes: tuple[str, ...],
    under: Path,
    out: Path | None,
    offline: bool,
    base_url: str | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Hold RUN again with a change: a reply to a question that stays the same is taken over and not asked again."""
    from simulation import console, launches, runs
    from simulation.options import reconnect_with
    from simulation.records import locate
    from simulation.report import files
    from simulation.waiting import wait

    folder = locate(run, under)
    asked = launches.changed(folder, changes)
    place = out or folder.parent
    with console.listener(as_json, quiet) as listener:
        ears = runs.Ears(listener.heard, listener.hears, listener.started)
        if asked.repeatable:
            found = wait(runs.hold(asked, ears=ears))
            held = launches.Held(found, runs.write(found, files.reports(found), place))
        else:
            connect = None if offline else reconnect_with(given, base_url)
            held = launches.fork(folder, asked, connect, place, files.reports, ears, listener.told)
    return console.finished(held.run, held.folder, listener, as_json, quiet)
