"""communique schema: the JSON Schema of what people write."""

import click


@click.command()
@click.argument("what", type=click.Choice(["dossier", "scenario", "sweep"]))
def command(what: str) -> None:
    """Print the JSON Schema of a dossier, a scenario or a sweep, for editors."""
    import json

    from simulation import schemas

    click.echo(json.dumps(schemas.schema(what), indent=1, ensure_ascii=False))
