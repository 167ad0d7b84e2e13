"""A comparison as a page: runs side by side, or the before and after of a what-if.

Every sentence on a cause says what the record shows and no more: which bars moved, which rules are met, and what was
given differently.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from simulation.causes import Bar, Cause
from simulation.columns import Column
from simulation.comparison import Comparison, Distance, Row
from simulation.prospects import RULES
from simulation.report.pages import Block, Cell, Grid, Items, Page, Paragraph, section, stance_cell
from simulation.statement import NAMES, Breach
from simulation.wording import listed, signed, upper

TERMS = {
    "substance": "all provisions together",
    "sponsor": "affinity to the sponsors",
    "self_target": "being aimed at",
    "target_affinity": "affinity to those aimed at",
    "judgement": "the speaker's own judgement",
}
TURNED = {
    "score": "Its score does it.",
    "rules": "Its rules do it.",
    "either": "Its score and its rules would each do it alone.",
    "both": "Only its score and its rules together do it.",
    "commitment": "The speaker committed to it, beyond what its positions add up to.",
}
MOST, BARS, LONGEST, NAMED = 10, 3, 48, 4
"""Pairs of countries shown, bars told of a country, characters of a value, runs named in the title."""


def value(given: Any) -> str:
    """An input as a table shows it."""
    if given is None:
        return "–"
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _engines(column: Column) -> str:
    counts: dict[str, int] = {}
    for engine in column.engines.values():
        counts[engine] = counts.get(engine, 0) + 1
    told = [name if len(counts) == 1 else f"{name} {n}" for name, n in counts.items()]
    return ", ".join(told) + (f" ({column.model})" if column.model else "")


def _camps(column: Column) -> str:
    sides = (column.outcome.support, column.outcome.aside, column.outcome.oppose)
    return " / ".join(str(len(side)) for side in sides)


def _beside(column: Column) -> str:
    """How a run fares beside what happened."""
    if (a := column.agreement) is None:
        return "–"
    return f"{100 * a.accuracy3:.0f} % of {a.n} on the right side, off by {a.mae5:.2f} steps"


def runs(found: Comparison) -> Grid:
    """What each run is."""
    head = ["Run", "What", "Record", "Date", "Engine", "Rounds", "Seed", "For / aside / against", "Spread"]
    scored = any(c.agreement for c in found.columns)
    rows = []
    for c in found.columns:
        cells = [
            c.letter,
            c.label,
            c.run,
            c.date,
            _engines(c),
            str(c.rounds),
            str(c.seed),
            _camps(c),
            f"{c.spread:.2f}",
        ]
        rows.append(tuple(map(Cell, [*cells, _beside(c)] if scored else cells)))
    return Grid((*head, "Beside what happened") if scored else tuple(head), tuple(rows), "The runs")


def stances(found: Comparison) -> Grid:
    """Who stands where in each run, with changes against the first marked."""
    did = [{c.did for c in row.cells if c is not None} for row in found.rows]
    shown = any(d - {None} for d in did)
    rows = []
    for row, done in zip(found.rows, did, strict=True):
        cells = [Cell(row.name), *(_stance(found, row, k) for k in range(len(found.columns)))]
        if shown:
            told = [f"{c.letter}: {NAMES[cell.did]}" for c, cell in _cells(found, row) if cell.did is not None]
            one = next(iter(done)) if len(done) == 1 else None
            cells.append(stance_cell(one) if one is not None else Cell(", ".join(told).replace("_", " ") or "–"))
        rows.append(tuple(cells))
    head = ("Country", *(f"{c.letter}: {c.label}" for c in found.columns), *(("What it did",) if shown else ()))
    return Grid(head, tuple(rows), "Final stance and score; ▲ and ▼ mark a stance other than in A")


def _cells(found: Comparison, row: Row) -> list[tuple[Column, Any]]:
    return [(c, cell) for c, cell in zip(found.columns, row.cells, strict=True) if cell is not None]


def _stance(found: Comparison, row: Row, at: int) -> Cell:
    cell, first = row.cells[at], row.cells[0]
    if cell is None:
        return Cell("failed to speak" if row.country in found.columns[at].silent else "no seat")
    return stance_cell(cell.stance, cell.score, cell.changed, first.stance if first else None)


def given(found: Comparison) -> Grid:
    """What was given differently: a row an input."""
    paths = dict.fromkeys(c.path for column in found.columns for c in column.contrasts)
    rows = []
    for path in paths:
        each = [next((c for c in column.contrasts if c.path == path), None) for column in found.columns]
        before = next(c.before for c in each if c is not None)
        cells = [Cell(value(c.after if c else before), marked=c is not None) for c in each]
        rows.append((Cell(path), *cells))
    return Grid(("Input", *(c.letter for c in found.columns)), tuple(rows))


def term(found: Comparison, name: str) -> str:
    """A bar's name in words."""
    names = {p: short for column in reversed(found.columns) for p, short in column.provisions.items()}
    return names.get(name) or TERMS.get(name, name)


def _bars(found: Comparison, bars: Sequence[Bar]) -> str:
    told = [f"{term(found, b.term)} {signed(b.before)} to {signed(b.after)} ({signed(b.move)})" for b in bars[:BARS]]
    return listed(told)


def rules(breaches: Sequence[Breach]) -> str:
    """Some rules met, in their own words."""
    return "; ".join(f"{b.kind} “{b.text.rstrip('.')}”" for b in breaches)


def places(paths: Sequence[str]) -> str:
    """Inputs in words: the fields of one entry together."""
    return listed(list(dict.fromkeys(".".join(p.split(".")[:2]) if p.startswith("provisions.") else p for p in paths)))


def _why(found: Comparison, why: Cause) -> str:
    """One country's change of stance and what it comes from."""
    name = next(r.name for r in found.rows if r.code == why.code)
    ends = ((why.before, why.score_before), (why.after, why.score_after))
    before, after = (f"{NAMES[stance].replace('_', ' ')} ({signed(score)})" for stance, score in ends)
    letter = f" in {why.run}" if len(found.columns) > 2 else ""
    parts = [
        f"{name} goes from {before} to {after}{letter}.",
        TURNED[why.by],
    ]
    parts += [f"It no longer meets: {rules(why.gone)}."] if why.gone else []
    parts += [f"It now meets: {rules(why.met)}."] if why.met else []
    parts += [f"The bars that moved most: {_bars(found, why.bars)}."] if why.bars else []
    return " ".join([*parts, *_behind(why)])


def _behind(why: Cause) -> list[str]:
    if why.through:
        return [f"Nothing of its own differs; the debate carried it over from {places(why.through)}."]
    return [f"Given differently: {places(why.inputs)}."] if why.inputs else []


def turned(found: Comparison) -> Items:
    """Who takes another stance, and why."""
    return Items(tuple(_why(found, c) for c in found.causes if c.by != "none"))


def kept(found: Comparison) -> Grid:
    """Who keeps its stance while its score moves."""
    rows = []
    for c in (c for c in found.causes if c.by == "none" and c.bars):
        name = next(r.name for r in found.rows if r.code == c.code)
        scores = f"{signed(c.score_before)} to {signed(c.score_after)}"
        rows.append((Cell(name), Cell(c.run), Cell(scores), Cell(_bars(found, c.bars))))
    return Grid(("Country", "Run", "Score", "The bars that moved most"), tuple(rows), "The same stance, another score")


def landings(found: Comparison) -> Grid:
    """Where each provision lands; a dropped one lands nowhere."""
    every = dict.fromkeys(p for c in found.columns for p in c.outcome.landings) if found.provisions else {}
    rows = []
    for name in every:
        at = [c.outcome.landings.get(name) for c in found.columns]
        moved = [x is None or at[0] is None or abs(x - at[0]) >= 0.005 for x in at]
        cells = [Cell("–" if x is None else signed(x), marked=m) for x, m in zip(at, moved, strict=True)]
        rows.append((Cell(term(found, name)), *cells))
    return Grid(("Provision", *(c.letter for c in found.columns)), tuple(rows), "Landing zones, −1 to +1")


def decisions(found: Comparison) -> Grid:
    """What each decision rule makes of it."""
    rows = []
    for rule in dict.fromkeys(r for c in found.columns for r in c.outcome.passes):
        each = [c.outcome.passes.get(rule) for c in found.columns]
        cells = [Cell("–" if x is None else "passes" if x else "fails", marked=x != each[0]) for x in each]
        rows.append((Cell(RULES.get(rule, rule)), *cells))
    return Grid(("Rule", *(c.letter for c in found.columns)), tuple(rows), "What each rule of decision makes of it")


def _change(distance: Distance) -> float:
    known = [x for x in distance.apart if x is not None]
    return max((abs(x - known[0]) for x in known), default=0.0)


def distances(found: Comparison) -> Grid:
    """How far countries are apart: the mean of all pairs, then those that change most."""
    ranked = sorted(found.distances, key=lambda d: (-_change(d), d.pair))
    rows = [(Cell(f"{d.pair[0]} and {d.pair[1]}"), *map(Cell, _apart(d.apart))) for d in ranked[:MOST]]
    if ranked:
        whole = [d.apart for d in ranked if None not in d.apart]
        mean = np.mean(np.array(whole, dtype=float), axis=0).tolist() if whole else [None] * len(found.columns)
        rows.insert(0, (Cell(f"mean of {len(whole)} pairs"), *map(Cell, _apart(mean))))
    caption = "Mean difference of positions on the provisions all runs share, 0 to 2, by what matters to both"
    return Grid(("Pair", *(c.letter for c in found.columns)), tuple(rows), caption)


def _apart(apart: Sequence[float | None]) -> list[str]:
    first = apart[0]
    told = ["–" if x is None else f"{x:.2f}" for x in apart]
    moves = [f" ({signed(x - first)})" if x and first and abs(x - first) >= 0.005 else "" for x in apart]
    return [told[0], *(t + m for t, m in zip(told[1:], moves[1:], strict=True))]


def side_by_side(found: Comparison) -> Page:
    """The page of a comparison."""
    nothing = Paragraph("No input differs." if found.provisions else "Nothing that can be told differs.")
    blocks: tuple[Block, ...] = (
        *section("What is compared", runs(found)),
        *section("Who stands where", stances(found)),
        *section("What was given differently", given(found) if given(found).rows else nothing),
        *section("Who takes another stance, and why", turned(found)),
        *section("Who keeps its stance", kept(found)),
        *section("Where the provisions land", landings(found)),
        *section("How far apart", distances(found)),
        *section("How to read this", Items(found.notes)),
    )
    names = [c.label for c in found.columns]
    told = listed(names) if len(names) <= NAMED else f"{names[0]} and {len(names) - 1} others"
    return Page(f"Side by side: {told}", blocks)


def _packages(column: Column) -> Items:
    return Items(tuple(upper(text) for text in column.outcome.package))


def what_if(found: Comparison, changes: Sequence[str]) -> Page:
    """The page of a what-if: the first run is the text as it stands, the second the changed one."""
    before, after = found.columns
    flips = [c for c in found.causes if c.by != "none"]
    count = f"{len(flips)} of {len(found.rows)} seats take{'s' if len(flips) == 1 else ''} another stance."
    blocks: tuple[Block, ...] = (
        Paragraph(f"{after.title}, {after.date}. {count if flips else 'Nobody takes another stance.'}"),
        *section("What is changed", Items(tuple(changes)), given(found)),
        *section("Who stands where", stances(found)),
        *section("Who flips, and why", turned(found)),
        *section("Who keeps its stance", kept(found)),
        *section("What the merge becomes", landings(found), decisions(found)),
        *section("Before", Items(before.outcome.bottom_line), _packages(before)),
        *section("After", Items(after.outcome.bottom_line), _packages(after)),
        *section("How far apart", distances(found)),
        *section("How to read this", Items(found.notes)),
    )
    return Page(f"What if: {', '.join(changes)}", blocks)
