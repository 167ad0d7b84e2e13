"""The LangGraph graph: open, a node a country in parallel, moderate, again or assess.

The graph's state holds ids only; what was said lies on the `Floor`, so that no step copies the transcript. Fan-out
merges by node name, so the order of speaking is the moderator's own, drawn from the seed and recorded.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Annotated, Any, TypedDict

import numpy as np
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from simulation import influence, stance
from simulation.amendments import Change, changes
from simulation.dossier import Dossier
from simulation.errors import CommuniqueError
from simulation.moderation import Merge, merge, speaking_order
from simulation.scenario import Scenario
from simulation.statement import Statement
from simulation.transcript import Gap, Transcript
from simulation.turn import Analyst, Turn

OPEN, MODERATE, ASSESS = "open", "moderate", "assess"
Listener = Callable[[str, Statement | Gap | int], None]
"""Told `round` with its number, `turn` with a statement, `gap` with a seat that failed."""


class State(TypedDict):
    """What the graph carries: the round and the ids of what has been said."""

    round: int
    spoken: Annotated[list[str], operator.add]


@dataclass
class Floor:
    """The room: who sits in it, the numbers they bring, and what has been said."""

    scenario: Scenario
    seats: Mapping[str, Dossier]
    """Dossiers by the name of their country, in the scenario's order."""
    analysts: Mapping[str, Analyst]
    engines: Mapping[str, str]
    listener: Listener = lambda kind, what: None
    statements: dict[str, Statement] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    order: list[tuple[str, ...]] = field(default_factory=list)
    merged: Merge | None = None
    _one_at_a_time: Lock = field(default_factory=Lock)

    def tell(self, kind: str, what: Statement | Gap | int) -> None:
        """Tell the listener, one event at a time although seats speak in parallel."""
        with self._one_at_a_time:
            self.listener(kind, what)

    def __post_init__(self) -> None:
        table = self.table
        data = stance.inputs(self.scenario, table)
        self.stakes, self.relations = stance.importance(data), data.relations
        opening = stance.agreement(data)
        day = self.scenario.day
        near = np.array([[d.affinity(other.code, day) for other in table] for d in table])
        self.mixing = influence.weights(np.array([d.standing for d in table]), near)
        frozen = np.zeros(opening.shape, dtype=bool)
        ids = [p.id for p in self.scenario.provisions]
        for i, dossier in enumerate(table):
            for provision, _ in stance.breaches(dossier, self.scenario):
                frozen[i, ids.index(provision.id)] = True
        self.open_to = influence.openness(self.stakes, frozen)
        self.path = [opening]
        self.mixing_by_round = [self.mixing]
        self.changes: list[tuple[Change, ...]] = changes(self.scenario, table)

    @property
    def table(self) -> tuple[Dossier, ...]:
        """The dossiers in seat order."""
        return tuple(self.seats.values())

    def turn(self, country: str, number: int) -> Turn:
        """What the analyst of a country is given in a round."""
        i = list(self.seats).index(country)
        earlier = [self.statements[f"{c}-{r}"] for r, row in enumerate(self.order[: number - 1], 1) for c in row
                   if f"{c}-{r}" in self.statements]  # fmt: skip
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
            changes=self.changes[i],
            heard=tuple(earlier),
        )

    def begin(self, order: tuple[str, ...]) -> None:
        """Begin the next round; after the first, positions move by what was said: a seat that failed pulls nobody."""
        last = len(self.order)
        self.order.append(order)
        if not last:
            return
        said = [self.statements.get(f"{d.code}-{last}") for d in self.table]
        stated = [
            [v.position for v in s.views] if s else list(held) for s, held in zip(said, self.path[-1], strict=True)
        ]
        mixing = influence.heard(self.mixing, np.array([s is not None for s in said]))
        self.mixing_by_round.append(mixing)
        self.path.append(influence.step(np.array(stated), self.path[0], mixing, self.open_to))

    def transcript(self) -> Transcript:
        """What the debate leaves behind, in the order it was spoken."""
        said = [self.statements.get(f"{c}-{r}") for r, row in enumerate(self.order, 1) for c in row]
        return Transcript(
            rounds=self.scenario.debate.rounds,
            seed=self.scenario.debate.seed,
            order=tuple(self.order),
            statements=tuple(s for s in said if s is not None),
            gaps=tuple(sorted(self.gaps, key=lambda g: (g.round, g.code))),
        )


def open_debate(state: State, floor: Floor) -> dict[str, Any]:
    """Begin round 1."""
    return _begin(floor, 1)


def _begin(floor: Floor, number: int) -> dict[str, Any]:
    floor.begin(speaking_order([d.code for d in floor.table], floor.scenario.debate.seed, number))
    floor.tell("round", number)
    return {"round": number}


def speak(state: State, floor: Floor, country: str) -> dict[str, Any]:
    """One seat speaks; a seat that fails leaves a gap."""
    turn = floor.turn(country, state["round"])
    try:
        said = floor.analysts[country].speak(turn)
    except CommuniqueError as error:
        gap = Gap(
            country=country, code=turn.dossier.code, round=turn.round, engine=floor.engines[country], reason=str(error)
        )
        floor.gaps.append(gap)
        floor.tell("gap", gap)
        return {"spoken": []}
    floor.statements[said.id] = said
    floor.tell("turn", said)
    return {"spoken": [said.id]}


def moderate(state: State, floor: Floor) -> dict[str, Any]:
    """Close the round, and open the next one if there is one."""
    after = state["round"] + 1
    return _begin(floor, after) if after <= floor.scenario.debate.rounds else {"round": after}


def assess(state: State, floor: Floor) -> dict[str, Any]:
    """Merge the final positions."""
    floor.merged = merge(floor.scenario, floor.table, floor.transcript().final)
    return {}


def again(state: State, floor: Floor) -> Sequence[str]:
    """Every seat once more, or the assessment after the last round."""
    return list(floor.seats) if state["round"] <= floor.scenario.debate.rounds else [ASSESS]


def build(floor: Floor) -> CompiledStateGraph[State, None, State, State]:
    """The graph of a debate, every edge of it here."""
    seats, graph = list(floor.seats), StateGraph(State)
    graph.add_node(OPEN, partial(open_debate, floor=floor))
    graph.add_node(MODERATE, partial(moderate, floor=floor))
    graph.add_node(ASSESS, partial(assess, floor=floor))
    graph.add_edge(START, OPEN)
    for country in seats:
        graph.add_node(country, partial(speak, floor=floor, country=country))
        graph.add_edge(OPEN, country)
    graph.add_edge(seats, MODERATE)
    graph.add_conditional_edges(MODERATE, partial(again, floor=floor), [*seats, ASSESS])
    graph.add_edge(ASSESS, END)
    return graph.compile()


def debate(floor: Floor) -> tuple[Transcript, Merge]:
    """Hold the debate."""
    build(floor).invoke({"round": 0, "spoken": []}, {"max_concurrency": len(floor.seats)})
    assert floor.merged is not None
    return floor.transcript(), floor.merged
