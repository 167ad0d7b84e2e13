"""communique benchmark-models: several models in the same seats, by the same yardsticks."""

from pathlib import Path
from typing import Any

import click

from simulation.options import reach_options, setting_options


@click.command()
@click.argument("models", nargs=-1, required=True)
@click.option("--cases", type=click.Path(path_type=Path), help="Past proposals (default: scenarios/history).")
@click.option("--most", type=click.IntRange(1), help="Score on this many of them only, the first by name.")
@click.option("--scenario", help="The debate that is watched (default: the first scenario listed).")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
@setting_options
@reach_options
def command(
    models: tuple[str, ...], cases: Path | None, most: int | None, scenario: str | None, as_json: bool, **given: Any
) -> int:
    """Put each of MODELS (provider:name, or `dossier` for the desks themselves) into every seat, and compare.

    Fidelity on past proposals, cost, seats that failed, how much of the disagreement is gone after the debate, and how
    often a rule that bars support was kept. A model that cannot be asked is left out, and the exit status is 3.
    """
    import json

    from simulation import backtests, catalog, contests
    from simulation.calls import CallFailed
    from simulation.console import stderr
    from simulation.errors import CommuniqueError, ProviderError
    from simulation.options import connect_with
    from simulation.report.plain import render_contest

    found, _ = backtests.cases([cases or catalog.built_in("scenarios") / "history"])
    live = [name for name, path in catalog.files("scenarios").items() if path.parent.name != "history"]
    debate = catalog.load_scenario(scenario or live[0])
    rows: list[contests.Entry] = []
    missing: CommuniqueError | None = None
    for name in models:
        stderr().print(f"{name}: {len(found[:most])} cases and one debate", markup=False)
        try:
            rows.append(contests.entry(name, found[:most], debate, given, connect_with(given)))
        except (ProviderError, CallFailed) as error:
            missing = error
            stderr().print(f"{name} is left out: {error}", markup=False)
    if missing is not None and not rows:
        raise missing
    shown = [r.model_dump(mode="json") for r in rows]
    click.echo(json.dumps(shown, ensure_ascii=False, indent=1) if as_json else render_contest(rows))
    return 3 if missing is not None else 4 if any(r.failed for r in rows) else 0
