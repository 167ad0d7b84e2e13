"""A result in the text format somebody asked for: Markdown, HTML, JSON or CSV.

A result brings its page for readers and its rows for machines; both are made from the same record.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from simulation.report.pages import Page, as_markdown
from simulation.report.tables import as_csv
from simulation.report.web import as_html


class Result(Protocol):
    """What can be rendered beside its page."""

    def flat(self) -> list[dict[str, Any]]:
        """Its rows."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """All of it as JSON data."""


def _json(found: Result, page: Page) -> str:
    return json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def _csv(found: Result, page: Page) -> str:
    rows = found.flat()
    return as_csv(list(rows[0]) if rows else [], rows)


FORMATS: Mapping[str, Callable[[Result, Page], str]] = {
    "md": lambda found, page: as_markdown(page),
    "html": lambda found, page: as_html(page),
    "json": _json,
    "csv": _csv,
}


def rendered(found: Result, page: Page, form: str) -> str:
    """The result in a format of `FORMATS`."""
    return FORMATS[form](found, page)
