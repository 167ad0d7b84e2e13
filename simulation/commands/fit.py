"""communique fit: estimate the global coefficients on past proposals."""

from pathlib import Path

import click


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Write simulation/coefficients.yaml of this checkout.")
def command(paths: tuple[Path, ...], write: bool) -> None:
    """Estimate the coefficients and cut points on every scenario with `history` under PATHS.

    Needs the extra: pip install "communique[fit]". Prints the data file; cross-validation leaves out whole cases.
    """
    from importlib.util import find_spec

    from simulation import backtests, catalog
    from simulation.errors import InputError
    from simulation.outputs import store

    if find_spec("scipy") is None:
        raise InputError("the fit needs scipy", 'pip install "communique[fit]"')
    from simulation import fits

    given = list(paths) or [catalog.built_in("scenarios") / "history"]
    text = fits.as_yaml(fits.fit(backtests.cases(given)[0]))
    if write:
        place = Path(fits.__file__).parent / "coefficients.yaml"
        store(text, place, "make room, and see that you may write there")
        click.echo(f"written: {place}", err=True)
    click.echo(text, nl=False)
