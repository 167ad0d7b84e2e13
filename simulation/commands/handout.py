"""communique handout: printable briefs for a class, and the teacher's sheets."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("scenario")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="The folder to write into; handouts/<scenario>."
)
@click.option("--countries", default="", help="Who sits at the table, with commas, in place of the scenario's list.")
@click.option("--format", "form", type=click.Choice(["html"]), default="html", show_default=True, help="Of the pages.")
def command(scenario: str, out: Path | None, countries: str, form: str) -> None:
    """Write a two-page brief for each seat of SCENARIO, a teacher's sheet and a rubric; print their paths.

    Each page is one file for the browser's print dialogue (A4). A seat's secret brief stands on its own page only.
    """
    from simulation import catalog
    from simulation.handouts import handout
    from simulation.outputs import save
    from simulation.plans import plan
    from simulation.report import papers, rubric, teaching
    from simulation.runs import hold
    from simulation.waiting import wait

    loaded, _ = catalog.read_scenario(scenario, sys.stdin.buffer.read(2_000_000) if scenario == "-" else None)
    desks_only = loaded.model_copy(update={"engines": {}})
    asked = plan(desks_only, countries=[c.strip() for c in countries.split(",") if c.strip()])
    folder, table = out or Path("handouts") / str(asked.scenario.id), asked.seats
    blank = [rubric.Entry(f"Paper {n}", desk.short) for n, desk in enumerate(table.values(), 1)]
    save(teaching.sheet(wait(hold(asked))), folder / f"teacher.{form}")
    save(rubric.page(asked.scenario.title, asked.scenario.date, blank), folder / f"rubric.{form}")
    for country in table:
        save(papers.brief(handout(asked.scenario, table, country)), folder / teaching.brief_file(country))
