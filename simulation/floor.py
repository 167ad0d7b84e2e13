"""The room a debate is held in: who sits there, the numbers they bring, and what has been said.

The graph's state carries ids only and points here, so that no step copies the transcript. What was said can be kept as
it is said, and a room restored from what was kept.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from simulation import influence, stance
from simulation.amendments import Change, changes
from simulation.dossier import Dossier
from simulation.moderation import Merge, speaking_order
from simulation.scenario import Scenario
from simulation.statement import Statement
from simulation.transcript import Gap, Transcript
from simulation.turn import Analyst, Heard, Turn

Listener = Callable[[str, Statement | Gap | int], None]
"""Told `round` with its number, `turn` with a statement, `gap` with a seat that failed."""
Said = Statement | Gap
FREE = 5e-6
"""Positions stated further than this from the computed ones are a free speaker's own."""


@dataclass
class Floor:
    """The room."""

    scenario: Scenario
    seats: Mapping[str, Dossier]
    """Dossiers by the name of their country, in the scenario's order."""
    analysts: Mapping[str, Analyst]
    engines: Mapping[str, str]
    listener: Listener = lambda kind, what: None
    keep: Callable[[Said], None] = lambda said: None
    """Writes down what is said, before anything is built on it."""
    statements: dict[str, Statement] = field(default_factory=dict)
    gaps: dict[str, Gap] = field(default_factory=dict)
    order: list[tuple[str, ...]] = field(default_factory=list)
    merged: Merge | None = None

    def __post_init__(self) -> None:
        table = self.table
        self._earlier: dict[int, Heard] = {}
        self._kept: dict[str, dict[Hashable, Any]] = {name: {} for name in self.seats}
        self._places = {name: i for i, name in enumerate(self.seats)}
        data = stance.inputs(self.scenario, table)
        self.stakes, self.relations = stance.importance(data), data.relations
        opening = stance.agreement(data)
        near = stance.affinities(table, [d.code for d in table], self.scenario.day)
        self.mixing = influence.weights(np.array([d.standing for d in table]), near)
        frozen = np.zeros(opening.shape, dtype=bool)
        ids = [p.id for p in self.scenario.provisions]
        for i, dossier in enumerate(table):
            for provision, _ in stance.breaches(dossier, self.scenario):
                frozen[i, ids.index(provision.id)] = True
        self.open_to = influence.openness(self.stakes, frozen)
        self.path = [opening]
        self.mixing_by_round = [self.mixing]
        self.changes: list[tuple[Change, ...]] = changes(self.scenario, table, data)

    @cached_property
    def table(self) -> tuple[Dossier, ...]:
        """The dossiers in seat order."""
        return tuple(self.seats.values())

    def _heard(self, before: int) -> Heard:
        """Everything said before a round, the same tuple for every seat of that round."""
        if before not in self._earlier:
            rows = enumerate(self.order[: before - 1], 1)
            ids = [f"{code}-{number}" for number, row in rows for code in row]
            self._earlier[before] = Heard(self.statements[name] for name in ids if name in self.statements)
        return self._earlier[before]

    def turn(self, country: str, number: int) -> Turn:
        """What the analyst of a country is given in a round."""
        i = self._places[country]
        return Turn(
            scenario=self.scenario,
            country=country,
            dossier=self.seats[country],
            table=self.table,
            round=number,
            rounds=self.scenario.debate.rounds,
            positions=np.stack([positions[i] for positions in self.path[:number]]),
            stakes=self.stakes[i],
            relations=self.relations[i],
            mixing=self.mixing_by_round[number - 1][i],
            mixed=self.mixing_by_round[max(number - 2, 0)][i],
            changes=self.changes[i],
            heard=self._heard(number),
            kept=self._kept[country],
        )

    def begin(self, order: tuple[str, ...] = ()) -> None:
        """Begin the next round, in an order of speaking or the one the seed draws; positions move by what was said."""
        if self.order:
            self._move(len(self.order))
        drawn = speaking_order([d.code for d in self.table], self.scenario.debate.seed, len(self.order) + 1)
        self.order.append(order or drawn)

    def _move(self, last: int) -> None:
        """One step of influence from what was said in round `last`: a seat that failed pulls nobody.

        A speaker who is free to leave its dossier is taken at its word: its stated positions are where it stands, and
        those of its first statement are what it holds on to.
        """
        said = [self.statements.get(f"{d.code}-{last}") for d in self.table]
        held = self.path[-1]
        stated = np.array([[v.position for v in s.views] if s else row for s, row in zip(said, held, strict=True)])
        free = np.abs(stated - held).max(axis=1) > FREE
        held[free] = stated[free]
        mixing = influence.heard(self.mixing, np.array([s is not None for s in said]))
        self.mixing_by_round.append(mixing)
        self.path.append(influence.step(stated, self.path[0], mixing, self.open_to))

    def said(self, what: Said) -> None:
        """Take a statement or a gap into the record."""
        self.keep(what)
        self.restore([what])
        self.listener("turn" if isinstance(what, Statement) else "gap", what)

    def restore(self, kept: Sequence[Said]) -> None:
        """Put back what was written down before."""
        for what in kept:
            for later in [number for number in self._earlier if number > what.round]:
                del self._earlier[later]
            if isinstance(what, Statement):
                self.statements[what.id] = what
                self.gaps.pop(what.id, None)
            else:
                self.gaps[f"{what.code}-{what.round}"] = what

    def transcript(self) -> Transcript:
        """What the debate leaves behind, in the order it was spoken."""
        said = [self.statements.get(f"{c}-{r}") for r, row in enumerate(self.order, 1) for c in row]
        return Transcript(
            rounds=self.scenario.debate.rounds,
            seed=self.scenario.debate.seed,
            order=tuple(self.order),
            statements=tuple(s for s in said if s is not None),
            gaps=tuple(sorted(self.gaps.values(), key=lambda g: (g.round, g.code))),
        )
