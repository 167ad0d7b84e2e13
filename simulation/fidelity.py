"""How far a model can be trusted in a seat: twins, disagreement kept, rules kept.

A model that knows the case from its training, answers otherwise in another language, or lets every debate end in
agreement would score well for the wrong reason; these figures stand beside the accuracy for that.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.backtests import Reaction
from simulation.dossier import Dossier
from simulation.errors import InputError
from simulation.scenario import Scenario
from simulation.stance import breaches, cap
from simulation.statement import Recorded, Statement
from simulation.transcript import Transcript


class Twin(Recorded):
    """One country's stances in two versions of the same questions."""

    country: str
    n: int
    """Cases answered in both."""
    difference: float
    """Mean absolute difference of the stances, in steps of the five-point scale."""
    lean: float
    """Mean signed difference, the second version less the first."""
    changed: float
    """Share of cases with another stance, 0 to 1."""


def twins(first: Sequence[Reaction], second: Sequence[Reaction]) -> tuple[Twin, ...]:
    """Per country, how far its stances differ between two versions; cases that failed in either are left out."""
    other = {(r.case, r.country): r.predicted for r in second}
    pairs: dict[str, list[int]] = {}
    for row in first:
        if (key := (row.case, row.country)) in other:
            pairs.setdefault(row.country, []).append(other[key] - row.predicted)
    found = []
    for country, gaps in sorted(pairs.items()):
        steps = np.array(gaps)
        figures = (np.abs(steps).mean(), steps.mean(), (steps != 0).mean())
        difference, lean, changed = (round(float(x), 4) for x in figures)
        found.append(Twin(country=country, n=len(gaps), difference=difference, lean=lean, changed=changed))
    return tuple(found)


def spread(said: Sequence[Statement]) -> float:
    """How far the table disagrees: the standard deviation of positions, averaged over provisions; 0 for one seat."""
    return float(np.std([[v.position for v in s.views] for s in said], axis=0).mean()) if said else 0.0


def collapse(record: Transcript) -> float | None:
    """How much of the opening disagreement is gone at the end: 0 none, 1 all, below 0 where it grew.

    Only seats that spoke first and last count; None where they did not disagree to begin with.
    """
    first = {s.code: s for s in record.statements if s.round == 1}
    last = {s.code: s for s in record.statements if s.round == record.rounds}
    both = sorted(first.keys() & last.keys())
    before = spread([first[c] for c in both])
    return round(1 - spread([last[c] for c in both]) / before, 4) if before > 0 else None


def kept_rules(said: Sequence[Statement], scenario: Scenario, seats: Mapping[str, Dossier]) -> tuple[int, int]:
    """How many statements met a rule that bars support, and how many of those kept it."""
    caps = {name: cap(breaches(dossier, scenario)) for name, dossier in seats.items()}
    bound = [s for s in said if caps[s.country] < 2]
    return len(bound), sum(s.stance <= caps[s.country] for s in bound)


def versions(text: str) -> dict[str, str | bool]:
    """What a twin changes in the settings: `anonymous`, or `language=ja`."""
    name, _, value = text.partition("=")
    if name == "anonymous" and not value:
        return {"masked": True}
    if name == "language" and value.strip():
        return {"language": value.strip()}
    raise InputError(f'no twin "{text}"', "write anonymous, or language=ja", "E162")
