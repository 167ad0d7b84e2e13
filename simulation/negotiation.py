"""What could be agreed: rules, coalitions, packages and prices, read off the final positions.

The merge says where the table stands; this says what a negotiator could do with it. Everything is computed from the
typed record; the report only narrates it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from simulation import influence
from simulation.bargaining import coalitions as groups
from simulation.bargaining import packages as bundles
from simulation.bargaining.outcomes import probabilistic_condorcet
from simulation.bargaining.power import banzhaf, pivots, shapley_shubik
from simulation.conduct import Confidence, Dissent, Next, assumptions, confidence, dissents, next_moves
from simulation.floor import Floor
from simulation.stability import Stability, stability
from simulation.statement import Recorded, Statement
from simulation.transcript import Transcript


class Mover(Recorded):
    """Whose opening positions a country's final ones are made of, were the debate to run on."""

    code: str
    own: float
    """The share it keeps of its own, 0 to 1."""
    others: tuple[tuple[str, float], ...]
    """Code and share of each other, largest first; with `own` they sum to 1."""


class Decision(Recorded):
    """What one decision rule makes of the final stances."""

    verdict: groups.Verdict
    pivots: tuple[str, ...]
    """Codes of those whose leaving would turn it."""


class Power(Recorded):
    """A country's voting power where standing is the weight and half of it the quota."""

    code: str
    weight: float
    shapley_shubik: float
    banzhaf: float


class Lottery(Recorded):
    """The probabilistic Condorcet winner of one provision, beside the mean and the median of the merge."""

    provision: str
    expected: float


class Negotiation(Recorded):
    """What could be agreed, by whom, and at what price."""

    decisions: tuple[Decision, ...]
    power: tuple[Power, ...]
    lotteries: tuple[Lottery, ...]
    coalitions: groups.Coalitions
    front: bundles.Front
    winning: tuple[bundles.Cheapest, ...]
    """The smallest change that passes each rule."""
    prices: tuple[bundles.Cheapest, ...]
    """For each country that does not support the text, the cheapest change that brings it in."""
    movers: tuple[Mover, ...]
    stability: Stability
    next: tuple[Next, ...]
    assumptions: tuple[str, ...]
    dissents: tuple[Dissent, ...]
    confidence: Confidence


def movers(floor: Floor) -> tuple[Mover, ...]:
    """The closed form of Friedkin and Johnsen, averaged over the provisions by what each matters to the country."""
    codes = [d.code for d in floor.table]
    total = np.zeros((len(codes), len(codes)))
    weights = floor.stakes / np.maximum(floor.stakes.sum(axis=1, keepdims=True), 1e-12)
    for k in range(floor.stakes.shape[1]):
        total += weights[:, [k]] * influence.closed_form(floor.mixing, floor.open_to[:, k])
    found = []
    for i, code in enumerate(codes):
        others = sorted(
            ((c, round(float(total[i, j]), 4)) for j, c in enumerate(codes) if j != i), key=lambda x: (-x[1], x[0])
        )
        found.append(Mover(code=code, own=round(float(total[i, i]), 4), others=tuple(others)))
    return tuple(found)


def _decisions(floor: Floor, stances: Mapping[str, int]) -> tuple[Decision, ...]:
    proposal = floor.scenario.proposal
    standing = {d.code: float(np.sqrt(d.standing)) for d in floor.table if d.code in stances}
    rules: list[groups.Rule] = [groups.consensus, groups.majority, groups.two_thirds, groups.weighted(standing, 0.5)]
    if invited := [c for c in stances if c in proposal.invited]:
        rules.insert(1, groups.unanimity_of_invited(invited))
    return tuple(Decision(verdict=rule(stances), pivots=pivots(stances, rule)) for rule in rules)


def _power(floor: Floor) -> tuple[Power, ...]:
    weights = [round(100 * float(np.sqrt(d.standing)), 1) for d in floor.table]
    quota = sum(weights) / 2 + 0.05
    rows = zip(floor.table, weights, shapley_shubik(weights, quota), banzhaf(weights, quota), strict=True)
    return tuple(Power(code=d.code, weight=w, shapley_shubik=round(s, 4), banzhaf=round(b, 4)) for d, w, s, b in rows)


def _lotteries(floor: Floor, final: Sequence[Statement]) -> tuple[Lottery, ...]:
    standing = {d.code: float(np.sqrt(d.standing)) for d in floor.table}
    capability = np.array([standing[s.code] for s in final])
    found = []
    for provision in floor.scenario.provisions:
        views = [s.view(provision.id) for s in final]
        at, matter = np.array([v.position for v in views]), np.array([v.importance for v in views])
        found.append(
            Lottery(provision=provision.id, expected=round(probabilistic_condorcet(at, capability, matter).expected, 6))
        )
    return tuple(found)


def _outside(scored: bundles.Packages, final: Sequence[Statement]) -> list[str]:
    """Codes of those that do not support the text; not of a free speaker whose dossier does, which has no price."""
    by_dossier = dict(zip(scored.codes, scored.stances[:, 0].tolist(), strict=True))
    return [s.code for s in final if s.stance <= 0 and not (s.free and by_dossier[s.code] > 0)]


def negotiate(floor: Floor, record: Transcript) -> Negotiation:
    """Everything that follows from the final statements; seats that failed to speak have no part in it."""
    scenario, final = floor.scenario, record.final
    table = [d for d in floor.table if any(s.code == d.code for s in final)]
    stances = {s.code: s.stance for s in final}
    at = np.array([[v.position for v in s.views] for s in final])
    matter = np.array([[v.importance for v in s.views] for s in final])
    scored = bundles.score_packages(scenario, table)
    rules: list[bundles.Rule] = [bundles.consensus, bundles.majority, bundles.two_thirds]
    if any(c in scenario.proposal.invited for c in stances):
        rules.append(bundles.unanimity_of_invited(scored))
    rows = {d.code: floor.changes[i] for i, d in enumerate(floor.table)}
    firm = stability(scenario, table)
    return Negotiation(
        decisions=_decisions(floor, stances),
        power=_power(floor),
        lotteries=_lotteries(floor, final),
        coalitions=groups.coalitions(at, matter, [s.code for s in final]),
        front=bundles.pareto(scored),
        winning=tuple(bundles.smallest_winning(scored, rule) for rule in rules),
        prices=tuple(bundles.bring_in(scored, c) for c in _outside(scored, final)),
        movers=movers(floor),
        stability=firm,
        next=next_moves(final, scenario, rows, table),
        assumptions=assumptions(scenario, table, final),
        dissents=dissents(record.statements, final),
        confidence=confidence(
            scenario, table, record.statements, float(np.mean([c.same for c in firm.countries])), record.spoken
        ),
    )
