"""The calibration page of a backtest: confusion matrix, reliability curve, countries, and every miss, in one file."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from simulation.backtests import Reaction
from simulation.report.escaping import templates
from simulation.report.sheet import FAINT, QUIET, Sheet
from simulation.statement import NAMES
from simulation.wording import signed

LEVELS = (-2, -1, 0, 1, 2)
BINS = np.linspace(0, 1, 11)


def confusion(rows: Sequence[Reaction]) -> list[list[int]]:
    """How often each stance was said (columns) for each that was taken (rows), from -2 to 2."""
    return [[sum(r.actual == a and r.predicted == p for r in rows) for p in LEVELS] for a in LEVELS]


def reliability(rows: Sequence[Reaction]) -> list[tuple[float, float, int]]:
    """For each tenth of probability: its mean, how often it came true, and how many forecasts fell in it."""
    chance = np.array([r.said.probabilities for r in rows]).ravel()
    came = np.array([[r.actual == level for level in LEVELS] for r in rows]).ravel()
    place = np.clip(np.digitize(chance, BINS) - 1, 0, 9)
    return [
        (float(chance[place == k].mean()), float(came[place == k].mean()), int((place == k).sum()))
        for k in range(10)
        if (place == k).any()
    ]


def _curve(points: Sequence[tuple[float, float, int]]) -> Markup:
    """The reliability curve, the same bytes for the same points."""
    sheet, left, top, side = Sheet(400, 380), 56.0, 14.0, 310.0

    def at(given: float, came: float) -> tuple[float, float]:
        return left + side * given, top + side * (1 - came)

    sheet.line([at(0, 0), at(1, 0), at(1, 1), at(0, 1), at(0, 0)], FAINT)
    sheet.line([at(0, 0), at(1, 1)], QUIET, 1, "dashed")
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        sheet.text(at(tick, 0)[0], top + side + 18, f"{tick:.2f}", anchor="middle")
        sheet.text(left - 8, at(0, tick)[1] + 4, f"{tick:.2f}", anchor="end")
    sheet.line([at(p, c) for p, c, _ in points], "#0072B2", 1.6)
    for probability, came, count in points:
        x, y = at(probability, came)
        sheet.mark(x, y, "circle", "#0072B2", "#ffffff", 4)
        sheet.text(x + 7, y + 12, str(count), size=10)
    sheet.text(left + side / 2, top + side + 38, "probability given", anchor="middle")
    sheet.text(left, 10, "share that came true", size=10, color=QUIET)
    described = "The share of forecasts that came true against the probability given; the table below has the figures."
    return sheet.svg("Reliability curve", described)


@cache
def _environment() -> jinja2.Environment:
    made = templates()
    made.filters |= {"signed": signed}
    return made


def page(rows: Sequence[Reaction], scored: Mapping[str, Any]) -> str:
    """The page as one HTML file that asks for nothing else."""
    points = reliability(rows)
    return (
        _environment()
        .get_template("calibration.html.j2")
        .render(
            scored=scored,
            levels=[NAMES[k].replace("_", " ") for k in LEVELS],
            table=confusion(rows),
            points=points,
            curve=_curve(points),
        )
    )
