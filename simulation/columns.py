"""One run as a column of a comparison: what it was, what it amounts to, and how it fares beside what happened.

Figures are those of the record; only the agreement with documented reactions is worked out here, by the yardstick of
the backtests.
"""

import numpy as np

from simulation.backtests import score
from simulation.bargaining.packages import Cheapest
from simulation.contrasts import Contrast
from simulation.fidelity import spread
from simulation.runs import Run
from simulation.scenario import STANCES
from simulation.statement import Recorded, Statement


class Agreement(Recorded):
    """Final stances beside what the countries did; those that put the proposal forward are left out."""

    n: int
    accuracy3: float
    """Share on the right side, 0 to 1."""
    mae5: float
    """Mean absolute error in steps of the five-point scale."""
    sign_flips: float
    """Share that took the opposite side."""


class Outcome(Recorded):
    """What a run amounts to."""

    support: tuple[str, ...]
    """Codes; as the next two."""
    aside: tuple[str, ...]
    oppose: tuple[str, ...]
    landings: dict[str, float]
    """Landing zone by provision, -1 to 1."""
    passes: dict[str, bool]
    """Whether it passes, by rule of decision."""
    winning: tuple[Cheapest, ...]
    """The smallest change that passes each rule."""
    prices: tuple[Cheapest, ...]
    """The cheapest change that brings in each country outside."""
    bottom_line: tuple[str, ...]
    package: tuple[str, ...]
    """What could be agreed, in sentences."""


class Column(Recorded):
    """One of the runs."""

    letter: str
    label: str
    """What sets it apart, in a few words."""
    run: str
    scenario: str
    title: str
    date: str
    rounds: int
    seed: int
    provisions: dict[str, str]
    """The name of each, by id."""
    engines: dict[str, str]
    """By country."""
    model: str | None
    edits: tuple[str, ...]
    """Changes to dossiers."""
    silent: tuple[str, ...]
    """Countries with a seat that never spoke."""
    spread: float
    """How far the table disagrees at the end: standard deviation of positions, averaged over provisions."""
    outcome: Outcome
    agreement: Agreement | None
    """None where the scenario does not say what happened."""
    contrasts: tuple[Contrast, ...]
    """What it was given differently from the first run."""


def final(run: Run) -> dict[str, Statement]:
    """The last statement of each country that spoke."""
    return {s.country: s for s in run.transcript.final}


def _agreement(run: Run) -> Agreement | None:
    """The run beside what happened, scored as `backtest` scores."""
    said, history = final(run), run.scenario.history
    scored = [(said[c].stance, STANCES[r.stance]) for c, r in history.items() if c in said and not r.sponsor]
    if not scored:
        return None
    figures = score(*(np.array(side) for side in zip(*scored, strict=True)))
    kept = {name: round(figures[name], 4) for name in ("accuracy3", "mae5", "sign_flips")}
    return Agreement(n=len(scored), **kept)


def _outcome(run: Run) -> Outcome:
    return Outcome(
        support=run.merge.support,
        aside=run.merge.aside,
        oppose=run.merge.oppose,
        landings={x.provision: x.zone for x in run.merge.landings},
        passes={d.verdict.rule: d.verdict.passes for d in run.negotiation.decisions},
        winning=run.negotiation.winning,
        prices=run.negotiation.prices,
        bottom_line=tuple(f.text for f in run.assessment.bottom_line),
        package=tuple(f.text for f in run.assessment.package),
    )


def column(letter: str, label: str, run: Run, differs: tuple[Contrast, ...]) -> Column:
    """The column of a run that differs from the first by some inputs."""
    said = final(run)
    return Column(
        letter=letter,
        label=label,
        run=run.id,
        scenario=run.scenario.id or "",
        title=run.scenario.title,
        date=run.scenario.date,
        rounds=run.transcript.rounds,
        seed=run.transcript.seed,
        provisions={p.id: p.short for p in run.scenario.provisions},
        engines=dict(run.engines),
        model=run.plan.settings.model if run.plan.settings else None,
        edits=run.plan.edits,
        silent=tuple(c for c in run.seats if c not in said),
        spread=round(spread(list(said.values())), 6),
        outcome=_outcome(run),
        agreement=_agreement(run),
        contrasts=differs,
    )
