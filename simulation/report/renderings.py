"""A result in the text format somebody asked for: Markdown, HTML, JSON or CSV.

A result brings its page for readers and its rows for machines; both are made from the same record.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from simulation.report.markdown import escape
from simulation.report.pages import Block, Heading, Items, Page, Paragraph
from simulation.report.sheet import flat
from simulation.report.tables import as_csv
from simulation.report.web import as_html


class Result(Protocol):
    """What can be rendered beside its page."""

    head: ClassVar[tuple[str, ...]]

    def flat(self) -> list[dict[str, Any]]:
        """Its rows."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """All of it as JSON data."""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"## {escape(flat(block.text))}"
    if isinstance(block, Paragraph):
        return escape(flat(block.text))
    if isinstance(block, Items):
        return "\n".join(f"- {escape(flat(line))}" for line in block.lines)
    rows = [[f"**{t}**" if c.marked and t else t for c in row for t in [escape(flat(c.text))]] for row in block.rows]
    lines = [_row([escape(flat(h)) for h in block.head]), _row(["---"] * len(block.head)), *map(_row, rows)]
    return "\n".join([*([f"{escape(flat(block.caption))}\n"] if block.caption else []), *lines])


def as_markdown(page: Page) -> str:
    """The page as Markdown."""
    return "\n\n".join([f"# {escape(flat(page.title))}", *map(_markdown, page.blocks)]) + "\n"


def _json(found: Result, page: Page) -> str:
    return json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def _csv(found: Result, page: Page) -> str:
    return as_csv(found.head, found.flat())


FORMATS: Mapping[str, Callable[[Result, Page], str]] = {
    "md": lambda found, page: as_markdown(page),
    "html": lambda found, page: as_html(page),
    "json": _json,
    "csv": _csv,
}


def rendered(found: Result, page: Page, form: str) -> str:
    """The result in a format of `FORMATS`."""
    return FORMATS[form](found, page)
