"""communique stability: whether the answer would stand."""

import click


@click.command()
@click.argument("scenario")
@click.option("--runs", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many speaking orders.")
@click.option("--draws", type=click.IntRange(100, 100_000), default=1000, show_default=True, help="How many draws.")
@click.option("--sensitivity", is_flag=True, help="Also rank what would change the answer (Morris, then Sobol).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(scenario: str, runs: int, draws: int, sensitivity: bool, as_json: bool) -> None:
    """Repeat SCENARIO over speaking orders, draw every number within its doubt, and leave each country out in turn.

    Prints how often the verdict and each country's side stay the same, and who turns without whom.
    """
    import json
    import sys

    from simulation import catalog, repeats
    from simulation.report.plain import render_stability

    given = sys.stdin.buffer.read(2_000_000) if scenario == "-" else None
    loaded, _ = catalog.read_scenario(scenario, given)
    found = repeats.repeat(loaded, runs, draws, told=lambda done: click.echo(f"order {done} of {runs}", err=True))
    if sensitivity:
        click.echo("ranking what would change the answer", err=True)
    ranked = repeats.drivers(loaded, found) if sensitivity else None
    if as_json:
        out = {
            **found.model_dump(mode="json"),
            "sensitivity": [d.model_dump(mode="json") for d in (ranked.drivers if ranked else ())],
        }
        click.echo(json.dumps(out, ensure_ascii=False, indent=1))
        return
    click.echo(render_stability(found, ranked))
