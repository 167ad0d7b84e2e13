"""communique check: every mistake in dossier and scenario files, with its place and cure."""

import click


@click.command()
@click.argument("paths", nargs=-1, type=click.Path())
def command(paths: tuple[str, ...]) -> int:
    """Check dossier and scenario files, or whole folders; without PATHS, agents/ and scenarios/.

    Exit status 2 where there is a mistake.
    """
    from pathlib import Path

    from simulation import catalog

    given = paths or tuple(p for p in ("agents", "scenarios") if Path(p).is_dir())
    given = given or tuple(str(catalog.built_in(k)) for k in ("agents", "scenarios"))
    count, mistakes = catalog.check(given)
    if mistakes:
        from simulation.errors import FileErrors
        from simulation.notices import render_error

        click.echo(render_error(FileErrors(mistakes)), err=True)
        wrong = len({m.file for m in mistakes})
        click.echo(f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''} in {wrong} of {count} files", err=True)
        return 2
    click.echo(f"{count} file{'' if count == 1 else 's'} checked, no mistakes")
    return 0
