"""A result where somebody asked for it: a table on the terminal, another format on stdout, or a file.

stdout carries the result, or the path of the file that does, and nothing else.
"""

import io
from pathlib import Path

import click

from simulation.console import show
from simulation.folders import unwritable, write_whole
from simulation.report.pages import Page
from simulation.report.renderings import Result, rendered


def store(text: str | bytes, path: Path, cure: str) -> None:
    """Write a file whole; raises `Unwritable` with a cure where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise unwritable(path, error, cure) from None


def save(text: str | bytes, path: Path) -> None:
    """Write a file whole and print its path; raises `Unwritable` where it cannot be written."""
    store(text, path, "give --out another file, or make room")
    click.echo(path)


def deliver(found: Result, page: Page, form: str, out: Path | None) -> None:
    """Print a result in a format, `table` or one of `renderings.FORMATS`, or write it to a file."""
    if out is None and form == "table":
        show(page)
        return
    if form == "table":
        drawn = io.StringIO()
        show(page, drawn)
        text = drawn.getvalue()
    else:
        text = rendered(found, page, form)
    if out is None:
        click.echo(text, nl=False)
    else:
        save(text, out)
