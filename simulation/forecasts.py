"""What a sweep would take before it is begun: how many cells, about how long, and about what it would cost.

A few cells are held to see how long one takes, and the prompts of a few cells that ask a model are counted; the rest is
multiplication, so that a billion cells are forecast as fast as ten.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from simulation import cells
from simulation.cells import Grid, asks
from simulation.costs import estimate
from simulation.errors import InputError
from simulation.plans import Plan
from simulation.workers import timed

TRIED = 4
"""Cells that are held to see how long one takes."""
LOOKED_AT = 200
"""Cells among which those that are tried or counted are picked."""
COUNTED = 12
"""Debates whose prompts are counted."""


@dataclass(frozen=True)
class Forecast:
    """What a sweep would take."""

    cells: int
    asking: int
    """Cells in which a seat asks a model."""
    seconds: float
    """Of the cells that ask none, with this many workers; what a model takes is not known beforehand."""
    workers: int
    calls: int
    usd_likely: float | None
    """In US dollars; None where the price of a model is not known."""
    usd_most: float | None

    def as_json(self) -> dict[str, Any]:
        """Every figure, by name."""
        return asdict(self)

    def as_text(self) -> str:
        """Every figure in lines for a person."""
        computed = self.cells - self.asking
        rows = [f"{self.cells:,} cells"]
        if computed:
            workers = f"{self.workers} worker{'' if self.workers == 1 else 's'}"
            rows.append(f"{computed:,} by the desks: about {duration(self.seconds)} with {workers}")
        if self.asking:
            rows.append(
                f"{self.asking:,} that ask a model: about {self.calls:,} calls, fewer where questions are the same"
            )
            known = self.usd_likely is not None and self.usd_most is not None
            price = f"about {self.usd_likely:.2f} US dollars, {self.usd_most:.2f} at the most" if known else "not known"
            rows.append(f"price: {price}")
        return "\n".join(rows)


def duration(seconds: float) -> str:
    """Seconds in words a person reads at a glance."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{max(seconds, 1):.0f} seconds"


def _spread(count: int, most: int) -> list[int]:
    """Some numbers below `count`, at equal distances."""
    shown = min(count, most)
    return [k * count // shown for k in range(shown)]


def _plans(grid: Grid, asking: bool) -> Iterator[tuple[int, Plan]]:
    """Some cells that ask a model, or none, with their plans; those that cannot be held are passed over."""
    for cell in _spread(grid.spec.size, LOOKED_AT):
        try:
            plan = grid.plan(grid.point(cell))
        except InputError:
            continue
        if asks(plan) == asking:
            yield cell, plan


def _priced(grid: Grid, asking: int) -> tuple[int, float | None, float | None]:
    """Calls and price of so many cells that ask, reckoned from a few of them."""
    plans = [plan for _, plan in _plans(grid, asking=True)]
    counted = [estimate(plans[k]) for k in _spread(len(plans), COUNTED)]
    times = asking / max(len(counted), 1)

    def total(field: str) -> float | None:
        found = [getattr(e, field) for e in counted]
        return None if any(x is None for x in found) else times * sum(found)

    return round(times * sum(e.calls for e in counted)), total("usd_likely"), total("usd_most")


def _seconds(grid: Grid) -> float:
    """How long a cell takes that asks no model, once its dossiers are read."""
    tried = [cell for cell, _ in islice(_plans(grid, asking=False), TRIED)]
    if not tried:
        return 0.0
    work = cells.work(grid)
    work(tried[:1])
    return timed(work, tried).seconds / len(tried)


def forecast(grid: Grid, workers: int) -> Forecast:
    """What the whole sweep would take; nothing is asked and nothing is written."""
    size, bare = grid.spec.size, [asks(grid.plan(point)) for point in grid.bare()]
    asking = size * sum(bare) // len(bare)
    seconds = _seconds(grid) * (size - asking) / workers if asking < size else 0.0
    return Forecast(size, asking, round(seconds, 3), workers, *_priced(grid, asking))
