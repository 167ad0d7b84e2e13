"""Two runs of one scenario as a page: what they were given, and every statement that differs."""

from simulation.differences import Differences, Pair
from simulation.report.comparisons import value
from simulation.report.pages import Block, Cell, Grid, Items, Page, Paragraph, section
from simulation.wording import upper

WORDS = {
    "rule": "meets the rule",
    "argument": "argues",
    "answer": "answers",
    "ask": "asks",
}
FIGURES = ("engine", "stance", "score", "position", "headline")


def _figures(found: Differences, pair: Pair) -> Grid:
    """What has a value in both runs."""
    rows = [
        (
            Cell(found.provisions.get(d.what, d.what) or d.kind),
            Cell(d.before.replace("_", " ") or "–"),
            Cell(d.after.replace("_", " ") or "–", marked=d.kind == "stance"),
        )
        for d in pair.differing
        if d.kind in FIGURES
    ]
    return Grid(("What", "First", "Second"), tuple(rows))


def _lines(pair: Pair, only: str) -> Items:
    """What only one of the runs has."""
    told = [d for d in pair.differing if d.kind not in FIGURES and bool(d.before) == (only == "first")]
    return Items(tuple(f"Only in the {only}: {WORDS[d.kind]} {d.what}" for d in told))


def _statement(found: Differences, pair: Pair) -> tuple[Block, ...]:
    if pair.silent != "no":
        return section(pair.id, Paragraph(f"Spoken in the {'second' if pair.silent == 'first' else 'first'} run only."))
    return section(pair.id, _figures(found, pair), _lines(pair, "first"), _lines(pair, "second"))


def page(found: Differences) -> Page:
    """The page of a diff."""
    total = len(found.pairs) + found.same
    rows = tuple((Cell(c.path), Cell(value(c.before)), Cell(value(c.after))) for c in found.contrasts)
    counted = (
        f"{len(found.pairs)} of {total} statements differ." if found.pairs else f"All {total} statements are the same."
    )
    blocks: tuple[Block, ...] = (
        Paragraph(f"First: {found.first}. Second: {found.second}. {counted}"),
        *section("What was given differently", Grid(("Input", "First", "Second"), rows)),
        *(block for pair in found.pairs for block in _statement(found, pair)),
    )
    return Page(f"What differs: {upper(found.title)}", blocks)
