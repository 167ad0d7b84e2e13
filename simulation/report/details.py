"""Two runs of one scenario as a page: what they were given, and every statement that differs."""

from simulation.differences import Differences, Pair
from simulation.report.comparisons import value
from simulation.report.pages import Block, Cell, Grid, Items, Page, Paragraph, section
from simulation.wording import signed, upper

WORDS = {"rule": "meets the rule", "argument": "argues", "answer": "answers", "ask": "asks"}
"""What a statement does with what has no figure."""


def _shown(given: float | str | None) -> str:
    return "–" if given is None else signed(given) if isinstance(given, float) else given.replace("_", " ")


def _figures(found: Differences, pair: Pair) -> Grid:
    """What has a value in both runs."""
    rows = []
    for d in (d for d in pair.differing if d.kind not in WORDS):
        name = found.provisions[d.provision] if d.provision else d.kind
        rows.append((Cell(name), *(Cell(_shown(x), marked=d.kind == "stance") for x in (d.before, d.after))))
    return Grid(("What", "First", "Second"), tuple(rows))


def _lines(found: Differences, pair: Pair) -> Items:
    """What only one of the runs has."""
    lines = []
    for d in (d for d in pair.differing if d.kind in WORDS):
        about = f" on {found.provisions[d.provision]}" if d.provision else ""
        which, mark = "second" if d.before is None else "first", "," if d.kind == "argument" else ":"
        lines.append(f"Only in the {which}: {WORDS[d.kind]}{about}{mark} {d.what}")
    return Items(tuple(lines))


def _statement(found: Differences, pair: Pair) -> tuple[Block, ...]:
    if pair.silent != "no":
        return section(pair.id, Paragraph(f"Spoken in the {'second' if pair.silent == 'first' else 'first'} run only."))
    return section(pair.id, _figures(found, pair), _lines(found, pair))


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
