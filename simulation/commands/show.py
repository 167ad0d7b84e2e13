"""communique show: a country's dossier or a scenario, in brief."""

import click


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Show the country or the scenario NAME in brief."""
    from simulation import catalog, outlines
    from simulation.errors import unknown

    countries, scenarios = catalog.files("agents"), catalog.files("scenarios")
    if name in countries:
        click.echo(outlines.country(catalog.load_dossier(name)))
    elif name in scenarios or "/" in name or name.endswith(".yaml"):
        click.echo(outlines.scenario(catalog.load_scenario(name)))
    else:
        raise unknown("country or scenario", name, [*countries, *scenarios], "E109")
