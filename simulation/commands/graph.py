"""communique graph: the table as it sits, as Mermaid and as a picture."""

import sys

import click


@click.command()
@click.argument("scenario")
@click.option("--mermaid", is_flag=True, help="Print the Mermaid text only.")
@click.option("--countries", default="", help="Who sits at the table, with commas.")
def command(scenario: str, mermaid: bool, countries: str) -> None:
    """Draw the debate's graph for SCENARIO."""
    from simulation import catalog
    from simulation.debate import build
    from simulation.floor import Floor
    from simulation.plans import table_of

    loaded, _ = catalog.read_scenario(scenario, sys.stdin.buffer.read() if scenario == "-" else None)
    seats = table_of(loaded, [c.strip() for c in countries.split(",") if c.strip()])
    loaded = loaded.model_copy(update={"countries": tuple(seats)})
    drawn = build(Floor(loaded, seats, {}, {})).get_graph()
    if not mermaid:
        from simulation.drawing import picture

        click.echo(picture(list(seats), loaded.debate.rounds))
        click.echo()
    click.echo(drawn.draw_mermaid())
