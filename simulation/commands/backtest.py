"""communique backtest: opening stances beside what countries really did."""

from pathlib import Path

import click


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--engine", default="dossier", show_default=True, help="Which engine speaks for every seat.")
@click.option("--country", default="", help="Score this country only.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
@click.option("--misses", is_flag=True, help="Print every miss with its waterfall.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a calibration page to this file.")
@click.option("--keep-going", is_flag=True, help="Leave broken files out and say so.")
def command(
    paths: tuple[Path, ...], engine: str, country: str, as_json: bool, misses: bool, html: Path | None, keep_going: bool
) -> int:
    """Score the desks on past proposals: every scenario with `history` under PATHS (default: scenarios/history)."""
    import json

    from simulation import backtests, catalog
    from simulation.console import render_error
    from simulation.errors import FileErrors, unknown
    from simulation.report.plain import render_scores

    given = list(paths) or [catalog.built_in("scenarios") / "history"]
    found, broken = backtests.cases(given, keep_going)
    rows = backtests.backtest(found, engine)
    if country:
        known = sorted({r.country for r in rows})
        if country not in known:
            raise unknown("scored country", country, known)
        rows = [r for r in rows if r.country == country]
    scored = backtests.report(rows)
    if html:
        from simulation.report import calibration

        html.write_text(calibration.page(rows, scored), encoding="utf-8")
        click.echo(f"calibration page: {html}", err=True)
    click.echo(json.dumps(scored, ensure_ascii=False, indent=1) if as_json else render_scores(scored, misses))
    if broken:
        click.echo(render_error(FileErrors(broken)), err=True)
        left = sorted({m.file for m in broken})
        click.echo(f"left out {len(left)} broken file{'' if len(left) == 1 else 's'}: {', '.join(left)}", err=True)
        return 4
    return 0
