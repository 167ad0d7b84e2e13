"""communique explain: what an error code means."""

import click


@click.command()
@click.argument("code")
def command(code: str) -> None:
    """Say what an error CODE means and how to mend it."""
    from simulation.errors import MEANINGS, unknown

    if code.upper() not in MEANINGS:
        raise unknown("error code", code, MEANINGS, "E100")
    click.echo(f"{code.upper()}: {MEANINGS[code.upper()]}")
