"""A report as blocks: headings, sentences, lists and tables, before it is Markdown, HTML or lines on a terminal.

What is said is put together once; a format only draws it. Text comes in as it stands in files and replies, so that each
format escapes it in its own way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulation.report.markdown import escape
from simulation.statement import NAMES
from simulation.wording import signed

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def flat(text: str) -> str:
    """Text on one line, without the marks that steer a terminal, turn the direction of writing or break a page."""
    return " ".join(_CONTROL.sub(" ", text).split())


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    stance: int | None = None
    """The stance it tells of, -2 to 2: a format that has colours shades it."""
    marked: bool = False
    """Whether it is a change: shown in bold, and never by colour alone."""


@dataclass(frozen=True)
class Heading:
    """A heading within the page."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table; the first cell of each row names it."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


Block = Heading | Paragraph | Items | Grid


@dataclass(frozen=True)
class Page:
    """A report."""

    title: str
    blocks: tuple[Block, ...] = field(default=())


def stance_cell(stance: int, score: float | None = None, changed: bool = False, before: int | None = None) -> Cell:
    """A stance in words with its score; a change carries an arrow up or down."""
    text = NAMES[stance].replace("_", " ") + (f" {signed(score)}" if score is not None else "")
    if changed and before is not None:
        text = f"{'▲' if stance > before else '▼'} {text}"
    return Cell(text, stance, changed)


def section(title: str, *blocks: Block | None) -> tuple[Block, ...]:
    """A heading with what follows it; nothing where nothing follows."""
    kept = tuple(b for b in blocks if b is not None and not _empty(b))
    return (Heading(title), *kept) if kept else ()


def _empty(block: Block) -> bool:
    return (isinstance(block, Grid) and not block.rows) or (isinstance(block, Items) and not block.lines)


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
