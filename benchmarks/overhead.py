"""What the graph of a debate costs where nobody has to think: beside a bare loop, LangGraph itself and two packages.

First table, five seats and three rounds, each row in a process of its own. Ready statements: analysts that hand over
statements made before. *This program* is `debate.hold` over a real floor: the graph built and compiled, a turn put
together for every seat, what is said taken into the record, positions moved, the final ones merged. *Bare loop* is the
same floor and analysts without a graph. *Plain LangGraph* is a graph of the same shape whose nodes return a ready
state: no floor, no turns, no record. Stub model: chat-model seats asking a model that answers at once, with prompts
written and replies read and checked, up to the merge; a whole run adds what could be agreed, how firm that is, and the
assessment, which no peer has. The peers ask the same kind of stub, set up as peers.py says. With an answer that costs
nothing a package that prompts in two lines wins; the line under the table says from which delay on the calls one after
another decide (calls.py measures at 0.5 s).

Second table: the cost of a seat's turn in this program over that in LangGraph's own floor: the same nodes, edges,
checkpointer, setting for durability and number of steps, in turns within one process. Both sides build, compile and
open the checkpoint file; the floor itself is set up before the clock starts, since it is the model and no graph. The
clock counts time of the processor, all threads together; the wall adds the same waits for the disk to both sides, and
its ratio stands beside. Circular garbage is searched for as seldom as in the command, and before each measurement.

Usage: overhead.py [PYTHON-OF-THE-PEERS]
"""

import asyncio
import gc
import json
import operator
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Annotated, TypedDict

from table import HERE, fresh, machine, peak, show, timed

sys.path.insert(0, str(HERE.parent / "tests"))

SCENARIO, ROUNDS, REPEATS, ASKED = "takaichi_coalition", 3, 15, 1.5
SIZES = {5: 25, 200: 5}
"""How often each size is measured."""


class State(TypedDict):
    """What the plain graph carries: the same as ours."""

    round: int
    spoken: Annotated[list[str], operator.add]


def ready(name):
    """A way to make rooms in which every analyst hands over the statement it made before."""
    from simulation.analysts.scripted import ScriptedAnalyst
    from simulation.debate import debate
    from simulation.engines import seat
    from simulation.floor import Floor
    from simulation.plans import plan

    planned = plan(name, rounds=ROUNDS)
    first = Floor(planned.scenario, planned.seats, seat(planned.engines), planned.engines)
    said, _ = asyncio.run(debate(first))
    assert len(said.statements) == ROUNDS * len(planned.seats)
    analyst = ScriptedAnalyst(said.statements)
    seats = dict.fromkeys(planned.seats, analyst)
    return lambda: Floor(planned.scenario, planned.seats, seats, planned.engines)


def graph(floor, checkpoints):
    """Our graph, from the building to the merge."""
    from simulation.debate import hold

    asyncio.run(hold(floor, checkpoints))
    assert floor.merged
    assert len(floor.statements) == ROUNDS * len(floor.seats)


def loop(floor, checkpoints):
    """The same analysts in the same room, one after another, without a graph."""
    from simulation.moderation import merge

    async def hold():
        for number in range(1, ROUNDS + 1):
            floor.begin()
            for country in floor.seats:
                floor.said(await floor.analysts[country].speak(floor.turn(country, number)))
        return merge(floor.scenario, floor.table, floor.transcript().final)

    asyncio.run(hold())


def bare(seats, saver):
    """A graph of the shape of ours whose nodes do nothing."""
    from langgraph.graph import END, START, StateGraph

    async def begin(state):
        return {"round": 1}

    async def speak(state):
        return {"spoken": [f"AAA-{state['round']}"]}

    async def moderate(state):
        return {"round": state["round"] + 1}

    async def nothing(state):
        return {}

    async def again(state):
        return seats if state["round"] <= ROUNDS else ["assess"]

    made = StateGraph(State)
    made.add_node("open", begin)
    made.add_node("moderate", moderate)
    made.add_node("assess", nothing)
    made.add_edge(START, "open")
    for name in seats:
        made.add_node(name, speak)
        made.add_edge("open", name)
    made.add_edge(seats, "moderate")
    made.add_conditional_edges("moderate", again, [*seats, "assess"])
    made.add_edge("assess", END)
    return made.compile(checkpointer=saver)


def plain(floor, checkpoints):
    """LangGraph alone, with the checkpointer of ours where a file is given."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async def hold():
        seats = list(floor.seats)
        async with AsyncSqliteSaver.from_conn_string(str(checkpoints)) if checkpoints else nullcontext() as saver:
            if saver:
                await saver.setup()
                await saver.conn.execute("PRAGMA synchronous=NORMAL")
            config = {"configurable": {"thread_id": "debate"}, "max_concurrency": len(seats)}
            durability = "sync" if saver else None
            return await bare(seats, saver).ainvoke({"round": 0, "spoken": []}, config, durability=durability)

    assert len(asyncio.run(hold())["spoken"]) == ROUNDS * len(floor.seats)


def once(work, room, kept):
    """Seconds of one debate on the wall and of the processor, in a new room, with a new checkpoint file or none."""
    from simulation.cli import RARELY

    gc.set_threshold(RARELY)
    floor = room()
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoints.sqlite" if kept else None
        begun = time.process_time()
        seconds, _ = timed(lambda: work(floor, file))
        return seconds, time.process_time() - begun


def asked(whole):
    """Calls and seconds of our chat-model seats with a model that answers at once."""
    from doubles import SETTINGS, AgreeableCaller

    from simulation.debate import debate
    from simulation.engines import seat
    from simulation.floor import Floor
    from simulation.plans import plan
    from simulation.runs import hold
    from simulation.turn import Kit
    from simulation.waiting import wait

    planned = plan(SCENARIO, rounds=ROUNDS, engine="chat_model", settings=SETTINGS)
    caller = AgreeableCaller(Floor(planned.scenario, planned.seats, {}, planned.engines))
    analysts = seat(planned.engines, Kit(caller, planned.settings))
    floor = Floor(planned.scenario, planned.seats, analysts, planned.engines)
    seconds, _ = timed(lambda: wait(hold(planned, caller) if whole else debate(floor)))
    return len(caller.requests), seconds


def one(way):
    """A row of the first table as JSON: for a process of its own."""
    if way in ("asked", "whole"):
        found = [asked(way == "whole") for _ in range(1 + REPEATS)][1:]  # once unmeasured: imports and caches
        calls, seconds = found[0][0], [s for _, s in found]
    else:
        name, _, kept = way.partition("+")
        work, room, calls = {"graph": graph, "loop": loop, "plain": plain}[name], ready(SCENARIO), 5 * ROUNDS
        once(work, room, kept)
        seconds = [once(work, room, kept)[0] for _ in range(REPEATS)]
    print(json.dumps({"calls": calls, "seconds": median(seconds), "peak": peak()}))


def first(python):
    """The table of five seats."""
    rows = []
    own = {
        "graph": "ready statements: this program",
        "graph+kept": "  with a checkpoint file",
        "loop": "  bare loop, same analysts",
        "plain": "  plain LangGraph",
        "plain+kept": "  plain LangGraph, same checkpointer",
        "asked": "stub model: this program",
        "whole": "  a whole run of it",
    }
    found = {name: fresh("overhead.py", "--one", way) for way, name in own.items()}
    for name in ("caucus", "concordia"):
        try:
            row = fresh("peers.py", "0", name, python=python)[0]
            found[f"  {row['name']}"] = row if "error" not in row else {"error": row["error"]}
        except (OSError, RuntimeError) as error:
            found[f"  {name}"] = {"error": f"not measured: {error}"}
    ours = 0.0
    for name, row in found.items():
        if "error" in row:
            rows.append((name, row["error"]))
            continue
        ours = ours if name.startswith(" ") else row["seconds"]
        figures = (str(row["calls"]), f"{1000 * row['seconds']:.1f}", f"{row['peak']:.0f}")
        rows.append((name, *figures, f"{row['seconds'] / ours:.2f}"))
    show(("calls", "ms", "peak MiB", "x ours"), rows)
    break_even(found)


def break_even(found):
    """From which delay of the model on this program is done first: one step a round, and the peers what they take."""
    ours = found["stub model: this program"]["seconds"]
    for name, row in found.items():
        steps = {"caucus": ROUNDS + 1}.get(name.split()[0], row.get("calls"))  # a round at a time, then the verdict
        if name.startswith(("  caucus", "  concordia")) and "error" not in row:
            delay = max(0.0, (ours - row["seconds"]) / (steps - ROUNDS))
            print(f"Done before{name[1:]} with a model that takes more than {1000 * delay:.0f} ms: "
                  f"{ROUNDS} calls one after another against {steps}.")  # fmt: skip


def scenario(seats, folder):
    """The scenario of a size: the shipped one of five, or one of generated members, in whose folder we then are."""
    if seats == 5:
        return SCENARIO
    command = [sys.executable, str(HERE / "members.py"), folder, "--seats", str(seats), "--rounds", str(ROUNDS)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    os.chdir(folder)
    return str(Path(folder) / "scenario.yaml")


def against_the_floor(seats):
    """Rows of a size: the cost of a seat's turn on both sides, without and with a checkpoint file."""
    rows, before = [], Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        room = ready(scenario(seats, folder))
        for kept in (False, True):
            pairs = [[once(work, room, kept) for work in (graph, plain)] for _ in range(1 + SIZES[seats])][1:]
            ours, theirs = (
                1e6 * median(cpu for _, cpu in side) / (seats * ROUNDS) for side in zip(*pairs, strict=True)
            )
            wall, ratio = (median(a[k] / b[k] for a, b in pairs) for k in (0, 1))
            name = f"{seats} seats, {'checkpoint file' if kept else 'no checkpointer'}"
            figures = (f"{ours:.0f}", f"{theirs:.0f}", f"{ratio:.2f}", f"{wall:.2f}")
            rows.append((name, *figures, "yes" if ratio <= ASKED else "no"))
        os.chdir(before)
    return rows


def main():
    if "--one" in sys.argv:
        return one(sys.argv[-1])
    python = sys.argv[1] if len(sys.argv) > 1 else ".venv-peers/bin/python"
    print(f"5 seats, {ROUNDS} rounds; median of {REPEATS}; peak memory is that of the process, imports included")
    print(machine("langgraph", "langgraph-checkpoint-sqlite") + "\n")
    first(python)
    print("\nMicroseconds of the processor a seat's turn, median of pairs held one after the other\n")
    rows = [row for seats in SIZES for row in against_the_floor(seats)]
    show(("ours", "LangGraph", "ratio", "on the wall", f"<= {ASKED}"), rows, each=12)
    return None


if __name__ == "__main__":
    main()
