"""What students expected of each country, scored against what it did.

The score is Brier's (1950) over the five stances: the sum of the squared differences between the probabilities given
and what came, 0 for certainty that was right, 2 for certainty that was wrong. Whoever gives each stance a fifth has
0.8. Countries that put the proposal forward are scored like the others, since students were asked about them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulation.scenario import STANCES
from simulation.statement import NAMES

EVEN = 0.8
"""The score of somebody who knows nothing and says so."""


@dataclass(frozen=True)
class Truth:
    """What one country is scored against."""

    country: str
    stance: int
    documented: bool
    """Whether it is what the country did, or where its dossier ends in this debate."""
    what: str = ""
    source: str = ""


@dataclass(frozen=True)
class Score:
    """One student's predictions."""

    student: int
    handle: str
    brier: float
    """Mean over the countries, 0 to 2."""
    right: int
    """Stances named exactly."""
    countries: int
    rank: int
    """1 is the best; equals share a rank."""


def shares(stance: str, sure: int) -> dict[str, float]:
    """The probabilities that a choice and its certainty stand for: the rest is shared out in equal parts."""
    rest = (1 - sure / 100) / (len(STANCES) - 1)
    return {name: sure / 100 if name == stance else rest for name in STANCES}


def brier(given: Mapping[str, float], stance: int) -> float:
    """The score of probabilities over the five stances."""
    return sum((given[name] - (name == NAMES[stance])) ** 2 for name in STANCES)


def _rows(predicted: Mapping[str, Any], truths: Sequence[Truth]) -> list[tuple[float, bool]]:
    rows = []
    for truth in truths:
        if given := predicted.get(truth.country):
            rows.append(
                (brier(shares(given["stance"], given["sure"]), truth.stance), STANCES[given["stance"]] == truth.stance)
            )
    return rows


def scored(papers: Mapping[int, tuple[str, Mapping[str, Any]]], truths: Sequence[Truth]) -> list[Score]:
    """Every student's score, best first; `papers` are handle and prediction by student."""
    found = []
    for student, (handle, predicted) in papers.items():
        if rows := _rows(predicted, truths):
            mean = round(sum(score for score, _ in rows) / len(rows), 3)
            found.append((mean, student, handle, sum(right for _, right in rows), len(rows)))
    found.sort(key=lambda row: (row[0], row[1]))
    means = [row[0] for row in found]
    return [Score(s, handle, mean, right, n, 1 + means.index(mean)) for mean, s, handle, right, n in found]
