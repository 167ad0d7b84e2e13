"""communique backtest: opening stances beside what countries really did."""

from pathlib import Path
from typing import Any

import click

from simulation.options import reach_options, setting_options


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--engine", help="Who speaks for every seat: dossier, or chat_model where --model is given.")
@click.option("--country", default="", help="Score this country only.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
@click.option("--misses", is_flag=True, help="Print every miss with its waterfall.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a calibration page to this file.")
@click.option("--keep-going", is_flag=True, help="Leave broken files out and say so.")
@click.option("--mask", is_flag=True, help="Once more with names, dates and titles hidden from the model.")
@click.option(
    "--twin", metavar="WHAT", help="Once more as `anonymous` or `language=ja`: how far each country's stances differ."
)
@click.option(
    "--replies",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the model's replies are kept and found again.",
)
@setting_options
@reach_options
def command(paths: tuple[Path, ...], engine: str | None, keep_going: bool, **given: Any) -> int:
    """Score the desks on past proposals: every scenario with `history` under PATHS (default: scenarios/history).

    A model's replies are kept as they come, so that a second call asks only what is new.
    """
    from simulation import backtests, catalog, trials
    from simulation.console import counting
    from simulation.errors import FileErrors
    from simulation.notices import render_error
    from simulation.options import connect_with, settings_of

    found, broken = backtests.cases(list(paths) or [catalog.built_in("scenarios") / "history"], keep_going)
    settings = settings_of(given)
    chosen = engine or ("chat_model" if settings else "dossier")
    trial = trials.Trial(found, chosen, settings, connect_with(given), given["replies"], given["country"])
    versions = 1 + given["mask"] + bool(given["twin"])
    with counting("cases", len(found) * versions) as told:
        scored = trials.report(trial, mask=given["mask"], twin=given["twin"], told=told)
    _show(scored, given)
    if broken:
        click.echo(render_error(FileErrors(broken)), err=True)
        left = sorted({m.file for m in broken})
        click.echo(f"left out {len(left)} broken file{'' if len(left) == 1 else 's'}: {', '.join(left)}", err=True)
    for failure in scored.failures:
        click.echo(f"{failure.country} on {failure.case} gave no stance: {failure.reason}", err=True)
    return 4 if broken or scored.failures else 0


def _show(scored: Any, given: dict[str, Any]) -> None:
    """The figures on stdout, the calibration page in its file."""
    import json

    from simulation.report.plain import render_scores, render_trial

    if given["html"]:
        from simulation.outputs import store
        from simulation.report import calibration

        page = calibration.page(scored.rows, scored.figures)
        store(page, given["html"], "give --html another file, or make room")
        click.echo(f"calibration page: {given['html']}", err=True)
    if given["as_json"]:
        click.echo(json.dumps(scored.as_json(), ensure_ascii=False, indent=1))
    else:
        click.echo("\n\n".join([render_scores(scored.figures, given["misses"]), *render_trial(scored)]))
