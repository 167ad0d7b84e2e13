"""communique diff: two runs of one scenario, statement by statement."""

from pathlib import Path

import click

from simulation.options import show_options, under_option


@click.command()
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@under_option
@show_options
def command(first: str, second: str, under: Path, form: str, out: Path | None) -> None:
    """Every statement that differs between two RUNs (an id, a unique prefix, a path or `latest`) of one scenario.

    Stances, scores, positions, rules met, arguments used, answers, asks and headlines; nothing where all is the same.
    """
    from simulation.differences import differences
    from simulation.outputs import deliver
    from simulation.records import locate
    from simulation.report import details
    from simulation.variants import stored
    from simulation.verification import trusting

    folders = [locate(name, under) for name in (first, second)]
    with trusting(*folders):
        found = differences(*map(stored, folders))
        deliver(found, details.page(found), form, out)
