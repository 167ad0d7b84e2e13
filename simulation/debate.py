"""The LangGraph graph: open, a node a country in parallel, moderate, again or assess.

The graph's state holds ids only; what was said lies on the `Floor`, so that no step copies the transcript. Fan-out
merges by node name, so the order of speaking is the moderator's own, drawn from the seed and recorded. Nodes are
asynchronous, so that fifty seats can wait for their models at one time. With a checkpoint file, or a shelf in a
database, every finished node is written durably, and a debate that was killed goes on where it was. A person's seat
interrupts the graph: the others of the round finish, and it goes on when there is an answer.
"""

import json
import operator
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import RunControl
from langgraph.types import Command, Interrupt, interrupt

from simulation.addresses import Shelf
from simulation.calls import CallFailed
from simulation.checkpoints import kept_of, saver_at, thread, unusable
from simulation.errors import CommuniqueError, InputError, Interrupted, ProviderError, Unwritable
from simulation.floor import Floor
from simulation.moderation import Merge, merge
from simulation.transcript import Gap, Transcript
from simulation.turn import Turn

OPEN, MODERATE, ASSESS = "open", "moderate", "assess"
Control = RunControl
"""Asks a debate to stop once what is in flight is done."""
Graph = CompiledStateGraph["State", None, "State", "State"]


@dataclass(frozen=True)
class Question:
    """What a person is asked: to speak for a country in a round."""

    id: str
    """The key of its answer; a new one each time it is asked."""
    country: str
    """The dossier's name."""
    code: str
    round: int
    errors: tuple[str, ...]
    """What was wrong with the answer before, line by line; empty where it is asked for the first time."""
    turn: Turn
    """Everything the seat may draw on."""


Ask = Callable[[tuple[Question, ...]], Awaitable[Mapping[str, Any]]]
"""Gets answers from people, by the ids of their questions.

It is given every question that is open, in the order of the seats, and gives back one answer or more as soon as it has
them; what is left comes again with the next call, perhaps under a new id. An answer is JSON: see `analysts.human`.
Giving back none means that nobody will answer now: the debate stops, and can go on.
"""


class State(TypedDict):
    """What the graph carries: the round and the ids of what has been said."""

    round: int
    spoken: Annotated[list[str], operator.add]


async def open_debate(state: State, floor: Floor) -> dict[str, Any]:
    """Begin round 1."""
    return _begin(floor, 1)


def _begin(floor: Floor, number: int) -> dict[str, Any]:
    floor.begin()
    floor.listener("round", number)
    return {"round": number}


async def speak(state: State, floor: Floor, country: str) -> dict[str, Any]:
    """One seat speaks; a seat that fails leaves a gap. What was written down before a crash is not said again.

    A disk that takes no more is no failure of a seat: it stops the debate.
    """
    code, number = floor.seats[country].code, state["round"]
    name = f"{code}-{number}"
    if name in floor.statements:
        return {"spoken": [name]}
    if name in floor.gaps:
        return {"spoken": []}
    try:
        said = await floor.analysts[country].speak(floor.turn(country, number))
    except Unwritable:
        raise
    except CommuniqueError as error:
        setup = isinstance(error, CallFailed) and error.setup
        gap = Gap(
            country=country, code=code, round=number, engine=floor.engines[country], reason=str(error), setup=setup
        )
        floor.said(gap)
        return {"spoken": []}
    floor.said(said)
    return {"spoken": [said.id]}


async def moderate(state: State, floor: Floor) -> dict[str, Any]:
    """Close the round, and open the next one if there is one."""
    if state["round"] == 1:
        _anybody(floor)
    after = state["round"] + 1
    return _begin(floor, after) if after <= floor.scenario.debate.rounds else {"round": after}


def _anybody(floor: Floor) -> None:
    """Stop where every seat that asks a provider failed in a way the next call would fail too: nothing is lost."""
    asked = {g.engine for g in floor.gaps.values() if g.setup}
    failed = [g for g in floor.gaps.values() if g.setup]
    if failed and len(failed) == sum(engine in asked for engine in floor.engines.values()):
        raise ProviderError(failed[0].reason)


async def assess(state: State, floor: Floor) -> dict[str, Any]:
    """Merge the final positions."""
    floor.merged = merge(floor.scenario, floor.table, floor.transcript().final)
    return {}


async def again(state: State, floor: Floor) -> Sequence[str]:
    """Every seat once more, or the assessment after the last round."""
    return list(floor.seats) if state["round"] <= floor.scenario.debate.rounds else [ASSESS]


def build(floor: Floor, saver: BaseCheckpointSaver[Any] | None = None) -> Graph:
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
    return graph.compile(checkpointer=saver)


def put(question: Mapping[str, Any]) -> Any:
    """Stop the graph until a person has answered; for an analyst to call in its turn, again where it has to."""
    return json.loads(interrupt(dict(question)))


async def _answers(floor: Floor, pending: Sequence[Interrupt[Any]], ask: Ask | None) -> dict[str, str]:
    """What people answer, as JSON text: a checkpoint takes any text, and not all of JSON."""
    asked = {i.value["country"]: i for i in pending}
    if ask is None:
        raise InputError(f"nobody is there to answer for {', '.join(asked)}", "give `ask`", "E175")
    questions = [
        Question(**{**asked[c].value, "id": asked[c].id, "errors": tuple(asked[c].value["errors"])}, turn=turn)
        for c in floor.seats
        if c in asked
        for turn in [floor.turn(c, asked[c].value["round"])]
    ]
    given = await ask(tuple(questions))
    if not given:
        raise Interrupted("nobody answered")
    if strange := {*given} - {q.id for q in questions}:
        raise ValueError(f"answers to what was not asked: {', '.join(sorted(strange))}")
    return {name: json.dumps(answer) for name, answer in given.items()}


async def _through(graph: Graph, floor: Floor, place: RunnableConfig, control: Control | None, ask: Ask | None) -> None:
    """Take the graph to its end, stopping for people as often as it has to.

    It goes on from the last checkpoint where there is one, with the room put back to the round that one is in.
    """
    config: RunnableConfig = {**place, "max_concurrency": len(floor.seats)}
    given: State | Command[Any] | None = {"round": 0, "spoken": []}
    if graph.checkpointer and (kept := await kept_of(graph, config)).values:
        begun, rounds = kept.values.get("round", 0), floor.scenario.debate.rounds
        finished = not kept.next and begun > rounds
        if kept.next or finished:  # else a kill before the first step left a debate that is still to begin
            for _ in range(min(begun, rounds)):
                floor.begin()
            given = None
        if finished:
            return
    durability: Any = "sync" if graph.checkpointer else None
    while True:
        found = await graph.ainvoke(given, config, durability=durability, control=control)
        if not (pending := found.get("__interrupt__")):
            return
        given = Command(resume=await _answers(floor, pending, ask))


async def hold(
    floor: Floor, checkpoints: Path | Shelf | None = None, control: Control | None = None, ask: Ask | None = None
) -> None:
    """Hold the debate; with a checkpoint file or a shelf, from where it stands; `ask` gets answers for people's seats.

    Raises `Interrupted` where `control` was asked to stop: what is in flight is finished and written down first; and
    where people are asked and nobody answers. Raises `Unwritable` where the checkpoints cannot be kept.
    """
    try:
        async with saver_at(checkpoints, ask is not None) as saver:
            await _through(build(floor, saver), floor, thread(checkpoints), control, ask)
    except GraphDrained as error:
        raise Interrupted("interrupted after the calls in flight") from error
    except sqlite3.Error as error:
        raise unusable(checkpoints, error) from error


async def debate(
    floor: Floor, checkpoints: Path | Shelf | None = None, control: Control | None = None, ask: Ask | None = None
) -> tuple[Transcript, Merge]:
    """Hold the debate and merge the final positions; raises `ProviderError` where nobody spoke at all."""
    await hold(floor, checkpoints, control, ask)
    record = floor.transcript()
    if not record.statements:
        raise ProviderError(f"no seat gave a statement; the first failed so: {record.gaps[0].reason}")
    return record, floor.merged or merge(floor.scenario, floor.table, record.final)
