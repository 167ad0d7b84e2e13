"""communique what-if: a scenario before and after a change."""

import sys
from pathlib import Path
from typing import Any

import click

from simulation.options import reach_options, set_option, setting_options, show_options, under_option


@click.command()
@click.argument("scenario")
@set_option(required=True)
@click.option("--rounds", type=click.IntRange(1, 20), help="How many rounds, in place of the scenario's.")
@click.option("--countries", default="", help="Who sits at the table, with commas, in place of the scenario's list.")
@click.option("--engine", help="Who takes the seats the scenario leaves open.")
@under_option
@show_options
@setting_options
@reach_options
def command(scenario: str, changes: tuple[str, ...], under: Path, form: str, out: Path | None, **given: Any) -> None:
    """SCENARIO before and after a change: who takes another stance and why, and what could then be agreed.

    A path follows the fields of the file; an entry of a list is named by its id, `=drop` takes it out, and a provision
    may be set to one of its options.

    \b
    communique what-if takaichi_coalition --set provisions.mutual_protection=consult
    communique what-if takaichi_coalition --set provisions.taiwan_inclusion=drop --set proposal.sponsors=[IND]
    communique what-if takaichi_coalition --set agents.india.positions.mutual_defence.salience=0.2
    """  # noqa: D301  # \b is the character by which click keeps lines apart
    from simulation import catalog, variants
    from simulation.comparison import compare
    from simulation.console import stderr
    from simulation.options import connect_with, settings_of
    from simulation.outputs import deliver
    from simulation.report import comparisons, files

    loaded, _ = catalog.read_scenario(scenario, sys.stdin.buffer.read(2_000_000) if scenario == "-" else None)
    same: dict[str, Any] = {
        "countries": [c.strip() for c in given["countries"].split(",") if c.strip()],
        "rounds": given["rounds"],
        "engine": given["engine"],
    }
    settings = settings_of(given)
    both = [variants.planned(loaded, settings, changes=made, **same) for made in ((), changes)]
    variants.asked(settings, both)
    before, after = (
        variants.held(
            variants.Entrant("", plan=each),
            connect_with(given),
            under,
            files.reports,
            lambda line: stderr().print(line, markup=False),
        )
        for each in both
    )
    found = compare(before, after, labels=("as it stands", ", ".join(changes)))
    deliver(found, comparisons.what_if(found, changes), form, out)
