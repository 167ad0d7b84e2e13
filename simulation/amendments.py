"""What a change of wording would do to each country: an option in place of a provision, or the provision dropped.

All changes are scored at once: a change touches one provision, so the sums over the others are taken from the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.dossier import Dossier
from simulation.scenario import Option, Provision, Scenario
from simulation.stance import (
    Inputs,
    agreement,
    breaches,
    cap,
    importance,
    inputs,
    latent,
    meets,
    rules,
    to_stance,
    touched,
)


@dataclass(frozen=True)
class Change:
    """One change to one provision and what it does to one country's score and stance."""

    provision: Provision
    option: Option | None
    """None where the provision is dropped."""
    before: float
    after: float
    stance: int
    """The stance after the change."""
    agreement: float
    """Agreement with the new wording, -1 to 1; 0 where the provision is dropped."""

    @property
    def gain(self) -> float:
        """How much the latent score rises."""
        return self.after - self.before


def every_change(scenario: Scenario) -> list[tuple[int, Option | None]]:
    """Each single change the scenario allows: the provision's index, and the option or None for dropping it."""
    drop: tuple[None, ...] = (None,) if len(scenario.provisions) > 1 else ()
    return [(k, option) for k, p in enumerate(scenario.provisions) for option in (*p.options, *drop)]


def _caps_after(scenario: Scenario, dossier: Dossier, listed: Sequence[tuple[int, Option | None]]) -> list[int]:
    """The highest stance the rules leave after each change."""
    met, in_force, found = breaches(dossier, scenario), rules(dossier, scenario.day), []
    for at, option in listed:
        changed = scenario.provisions[at]
        kept = [(p, r) for p, r in met if p.id != changed.id]
        new = [(changed, r) for r in in_force if option is not None and meets(option.themes, r)]
        found.append(cap([*kept, *new]))
    return found


def changes(scenario: Scenario, desks: Sequence[Dossier], data: Inputs | None = None) -> list[tuple[Change, ...]]:
    """For each country, every single change, best for it first: the highest stance, then the largest gain.

    `data` are the numbers of the debate, where they have been collected already.
    """
    data, listed = data or inputs(scenario, desks), every_change(scenario)
    at = np.array([k for k, _ in listed], dtype=int)
    if not listed:
        return [() for _ in desks]
    pushes = np.array([[o.themes.get(t, 0.0) if o else 0.0 for t in touched(scenario)] for _, o in listed])
    reworded = Inputs(pushes, data.weights[at], data.positions[:, at, :], data.saliences, data.relations)
    agree, matter = agreement(data), importance(data)
    new_agree, new_matter = agreement(reworded), importance(reworded)
    pull = (agree * matter).sum(-1)[:, None] - (agree * matter)[:, at] + new_agree * new_matter
    total = matter.sum(-1)[:, None] - matter[:, at] + new_matter
    whole = np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)
    before = latent((agree * matter).sum(-1) / np.maximum(matter.sum(-1), 1e-12), data.relations)
    after = latent(whole, data.relations[:, None, :])
    found = []
    for i, dossier in enumerate(desks):
        stances = to_stance(after[i], np.array(_caps_after(scenario, dossier, listed)))
        row = [
            Change(
                scenario.provisions[k], o, float(before[i]), float(after[i, n]), int(stances[n]), float(new_agree[i, n])
            )
            for n, (k, o) in enumerate(listed)
        ]
        found.append(tuple(sorted(row, key=lambda c: (-c.stance, -c.gain))))
    return found


def easiest(row: Sequence[Change]) -> Change | None:
    """The change that lifts this country most, a rewording before a deletion; None where none helps."""
    helpful = [c for c in row if c.gain > 0.02]
    return next(iter([c for c in helpful if c.option is not None] or helpful), None)
