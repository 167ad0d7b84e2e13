"""The LangGraph graph: open, a node a country in parallel, moderate, again or assess.

The graph's state holds ids only; what was said lies on the `Floor`, so that no step copies the transcript. Fan-out
merges by node name, so the order of speaking is the moderator's own, drawn from the seed and recorded. Nodes are
asynchronous, so that fifty seats can wait for their models at one time. With a checkpoint file every finished node is
written durably, and a debate that was killed goes on where it was.
"""

import operator
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import RunControl

from simulation.calls import CallFailed
from simulation.errors import CommuniqueError, Interrupted, ProviderError
from simulation.floor import Floor
from simulation.moderation import Merge, merge
from simulation.transcript import Gap, Transcript

OPEN, MODERATE, ASSESS = "open", "moderate", "assess"
Control = RunControl
"""Asks a debate to stop once what is in flight is done."""
Graph = CompiledStateGraph["State", None, "State", "State"]


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
    """One seat speaks; a seat that fails leaves a gap. What was written down before a crash is not said again."""
    code, number = floor.seats[country].code, state["round"]
    name = f"{code}-{number}"
    if name in floor.statements:
        return {"spoken": [name]}
    if name in floor.gaps:
        return {"spoken": []}
    try:
        said = await floor.analysts[country].speak(floor.turn(country, number))
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


def _config(floor: Floor) -> RunnableConfig:
    return {"configurable": {"thread_id": "debate"}, "max_concurrency": len(floor.seats)}


async def _resume(graph: Graph, floor: Floor, control: Control | None) -> None:
    """Go on from the last checkpoint, or begin; the room is put back to the round the checkpoint is in."""
    config = _config(floor)
    kept = await graph.aget_state(config)
    for _ in range(min(kept.values.get("round", 0), floor.scenario.debate.rounds)):
        floor.begin()
    begun: State | None = {"round": 0, "spoken": []} if not kept.values else None
    if begun is not None or kept.next:
        await graph.ainvoke(begun, config, durability="sync", control=control)


async def hold(floor: Floor, checkpoints: Path | None = None, control: Control | None = None) -> None:
    """Hold the debate; with a checkpoint file, from where that one stands.

    Raises `Interrupted` where `control` was asked to stop: what is in flight is finished and written down first.
    """
    try:
        if checkpoints is None:
            await build(floor).ainvoke({"round": 0, "spoken": []}, _config(floor), control=control)
            return
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        async with AsyncSqliteSaver.from_conn_string(str(checkpoints)) as saver:
            await saver.setup()
            await saver.conn.execute("PRAGMA synchronous=NORMAL")  # replies are flushed one by one
            await _resume(build(floor, saver), floor, control)
    except GraphDrained as error:
        raise Interrupted("interrupted after the calls in flight") from error


async def debate(
    floor: Floor, checkpoints: Path | None = None, control: Control | None = None
) -> tuple[Transcript, Merge]:
    """Hold the debate and merge the final positions; raises `ProviderError` where nobody spoke at all."""
    await hold(floor, checkpoints, control)
    record = floor.transcript()
    if not record.statements:
        raise ProviderError(f"no seat gave a statement; the first failed so: {record.gaps[0].reason}")
    return record, floor.merged or merge(floor.scenario, floor.table, record.final)
