"""communique run: hold a debate and write its folder."""

import sys
from pathlib import Path
from typing import Any

import click

from simulation.options import clock_options, database_option, reach_options, set_option, setting_options
from simulation.places import at


@click.command()
@click.argument("scenario")
@click.option("--rounds", type=click.IntRange(1, 20), help="How many rounds, in place of the scenario's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Draws the order of speaking and nothing else.")
@click.option("--out", type=at, metavar="DIR", default="runs", show_default=True, help="Where runs go.")
@click.option("--countries", default="", help="Who sits at the table, with commas, in place of the scenario's list.")
@set_option()
@click.option("--engine", help="Who takes the seats the scenario leaves open: dossier, or chat_model with --model.")
@click.option("--human", "people", multiple=True, metavar="COUNTRY", help="A seat you take; may be given again.")
@clock_options
@click.option(
    "--moderator",
    type=click.Choice(["computed", "chat_model"]),
    default="computed",
    show_default=True,
    help="Who narrates the merge; it is computed either way.",
)
@click.option("--dry-run", is_flag=True, help="Say what the calls would cost, and make none.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout: launch, turn, done.")
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the assessment and nothing else.")
@database_option("Where a run that asks a model or a person keeps its checkpoints: postgresql://USER@HOST/NAME")
@setting_options
@reach_options
def command(scenario: str, out: Path, as_json: bool, quiet: bool, dry_run: bool, **given: Any) -> int:
    """Run SCENARIO (a name, a file, or - for standard input) and write its assessment.

    \b
    communique run takaichi_coalition
    communique run my_proposal.yaml --rounds 2 --countries japan,india,eu
    communique run takaichi_coalition --engine chat_model --model openai:gpt-4o-mini --budget 0.50
    communique run takaichi_coalition --human india --clock 600 --on-timeout stand-in
    """  # noqa: D301  # \b is the character by which click keeps lines apart
    from simulation import catalog
    from simulation.errors import InputError

    loaded, _ = catalog.read_scenario(scenario, sys.stdin.buffer.read(2_000_000) if scenario == "-" else None)
    if out.exists() and not out.is_dir():
        raise InputError(f'"{out}" is not a folder', "give --out a folder", "E101")

    from simulation import attendance, console, plans, seats
    from simulation.options import settings_of

    asked = plans.plan(
        loaded,
        countries=[c.strip() for c in given["countries"].split(",") if c.strip()],
        rounds=given["rounds"],
        seed=given["seed"],
        engine=given["engine"],
        settings=settings_of(given),
        narrate=given["moderator"] == "chat_model",
        changes=given["changes"],
        people=given["people"],
    )
    if dry_run:
        return _estimate(asked, given, as_json)
    clock = seats.clock(given["clock"], given["on_timeout"], asked.people)
    if scenario == "-" and asked.people:
        cure = "save the scenario as a file, and name that"
        raise InputError("standard input holds the scenario, so nobody can type there", cure, "E174")
    with attendance.attended(asked.people, len(asked.seats), clock, as_json, quiet) as there:
        held = _hold(asked, given, out, there)
    return console.finished(held.run, held.folder, there.listener, as_json, quiet)


def _hold(asked: Any, given: dict[str, Any], out: Path, there: Any) -> Any:
    """The debate held and written: at once where it asks nobody, else in a folder that outlives a crash."""
    from simulation import launches, runs
    from simulation.options import connect_with
    from simulation.report import files
    from simulation.waiting import wait

    if asked.repeatable:
        found = wait(runs.hold(asked, ears=there.ears))
        return launches.Held(found, runs.write(found, files.reports(found), out))
    told, database = there.listener.told, given["database"]
    return launches.launch(asked, connect_with(given), out, files.reports, there.ears, told, there.ask, database)


def _estimate(asked: Any, given: dict[str, Any], as_json: bool) -> int:
    """What the calls of a run would cost."""
    import json

    from simulation import costs

    found = costs.estimate(asked)
    click.echo(json.dumps(found.as_json(), indent=1) if as_json else found.as_text())
    return 0
