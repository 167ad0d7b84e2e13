"""The same debate many times: over speaking orders, draws and absences.

No order of speaking may change a stance; running many is the proof, and the share printed says so rather than assumes.
"""

from collections.abc import Callable

from simulation import sensitivity
from simulation.debate import debate
from simulation.engines import seat
from simulation.floor import Floor
from simulation.plans import plan, table_of
from simulation.scenario import Rounds, Scenario
from simulation.stability import Stability, stability
from simulation.statement import Recorded
from simulation.waiting import wait


class Flip(Recorded):
    """How often one country's side differs from the first order's."""

    code: str
    rate: float
    """Share of orders, 0 to 1."""


class Repeats(Recorded):
    """What many orders, draws and absences make of one scenario."""

    scenario: str
    orders: int
    same: float
    """Share of orders with every final stance and every merged figure the same as in the first."""
    flips: tuple[Flip, ...]
    stability: Stability


def repeat(scenario: Scenario, orders: int, draws: int, told: Callable[[int], None] = lambda done: None) -> Repeats:
    """Hold the debate with `orders` seeds, from the scenario's own on, and draw around it; `told` hears of each."""
    asked, first = plan(scenario), scenario.debate.seed
    answers, sides = [], []
    for number in range(orders):
        order = Rounds(rounds=scenario.debate.rounds, seed=(first + number) % (2**31 - 1))
        held = asked.scenario.model_copy(update={"debate": order})
        record, merged = wait(debate(Floor(held, asked.seats, seat(asked.engines), asked.engines)))
        stances = {s.code: s.stance for s in record.final}
        answers.append((sorted(stances.items()), merged))
        sides.append({code: (stance > 0) - (stance < 0) for code, stance in stances.items()})
        told(number + 1)
    flips = [
        Flip(code=code, rate=round(sum(s.get(code) != side for s in sides) / orders, 4))
        for code, side in sides[0].items()
    ]
    return Repeats(
        scenario=scenario.id or scenario.title,
        orders=orders,
        same=round(sum(a == answers[0] for a in answers) / orders, 4),
        flips=tuple(sorted(flips, key=lambda f: f.code)),
        stability=stability(scenario, tuple(asked.seats.values()), draws),
    )


def drivers(scenario: Scenario, found: Repeats) -> sensitivity.Screening:
    """What would move the score of the country whose place is least certain, ranked."""
    least = min(found.stability.countries, key=lambda c: (c.same, c.code))
    return sensitivity.screen(scenario, tuple(table_of(scenario).values()), least.code)
