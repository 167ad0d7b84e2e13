"""The calibration page of a backtest: confusion matrix, reliability curve, countries, and every miss, in one file."""

import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from simulation.backtests import Reaction
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


def _curve(points: Sequence[tuple[float, float, int]]) -> str:
    """The reliability curve as SVG, the same bytes for the same points."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    with mpl.rc_context({"svg.hashsalt": "communique", "svg.fonttype": "none", "font.size": 10}):
        figure, axes = pyplot.subplots(figsize=(4.6, 4.2))
        axes.plot([0, 1], [0, 1], color="#777777", linestyle="--", linewidth=1)
        axes.plot([p for p, _, _ in points], [c for _, c, _ in points], color="#0072B2", marker="o")
        for probability, came, count in points:
            axes.annotate(str(count), (probability, came), textcoords="offset points", xytext=(6, -10), fontsize=8)
        axes.set(xlabel="probability given", ylabel="share that came true", xlim=(0, 1), ylim=(0, 1))
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None}, bbox_inches="tight")
        pyplot.close(figure)
    return out.getvalue().split("?>", 1)[1].split(">", 1)[1]


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
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
