"""A report as blocks: headings, sentences, lists and tables, before it is Markdown, HTML or lines on a terminal.

What is said is put together once; a format only draws it. Text comes in as it stands in files and replies, so that each
format escapes it in its own way.
"""

from dataclasses import dataclass, field

from simulation.statement import NAMES
from simulation.wording import signed


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


def section(title: str, *blocks: Block) -> tuple[Block, ...]:
    """A heading with what follows it; nothing where nothing follows."""
    kept = tuple(b for b in blocks if not _empty(b))
    return (Heading(title), *kept) if kept else ()


def _empty(block: Block) -> bool:
    return (isinstance(block, Grid) and not block.rows) or (isinstance(block, Items) and not block.lines)
