"""Calls and wall time of five seats, three rounds and a narration, with a fake model that answers in half a second.

Beside it, with the same delay: one call after another, a plain LangGraph fan-out, and two published packages, which
peers.py drives in an environment of their own. Usage: calls.py [PYTHON-OF-THE-PEERS]
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TypedDict

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from doubles import SETTINGS, AgreeableCaller
from langgraph.graph import END, START, StateGraph
from table import machine, show

from simulation.floor import Floor
from simulation.launches import launch
from simulation.plans import plan
from simulation.report import files
from simulation.runs import hold
from simulation.waiting import wait

WITHOUT = "this program, in memory, no narration"
DELAY, SCENARIO, ROUNDS, REPEATS = 0.5, "takaichi_coalition", 3, 3


class State(TypedDict):
    """What the plain graph carries."""

    round: int


class Slow(AgreeableCaller):
    """Answers as a model would, after its time."""

    async def ask(self, request, hearing=lambda seat, tokens: None):
        await asyncio.sleep(DELAY)
        return await super().ask(request, hearing)


class Single(Slow):
    """The same, one call after another."""

    def __init__(self, floor):
        super().__init__(floor)
        self._one = asyncio.Lock()

    async def ask(self, request, hearing=lambda seat, tokens: None):
        async with self._one:
            return await super().ask(request, hearing)


def asked(narrate=True):
    return plan(SCENARIO, rounds=ROUNDS, engine="chat_model", settings=SETTINGS, narrate=narrate)


def ours(kind, narrate=True):
    """The debate in memory, with the narration that a model writes of it or without."""
    planned = asked(narrate)
    caller = kind(Floor(planned.scenario, planned.seats, {}, planned.engines))
    start = time.perf_counter()
    found = wait(hold(planned, caller))
    seconds = time.perf_counter() - start
    assert len(found.transcript.statements) == 15
    assert not narrate or found.narration.paragraphs
    return len(caller.requests), seconds


def on_disk(reports):
    """The same in a run folder: every reply recorded, every step checkpointed, the record and the reports written."""
    planned = asked()
    caller = Slow(Floor(planned.scenario, planned.seats, {}, planned.engines))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        launch(planned, lambda settings, before: caller, Path(folder), reports)
        return len(caller.requests), time.perf_counter() - start


def plain_graph():
    """A LangGraph of nodes that only ask: a node a seat, a node that joins them, a node that narrates."""
    calls, names = [], [f"seat{k}" for k in range(5)]

    async def ask(state):
        calls.append(1)
        await asyncio.sleep(DELAY)

    async def join(state):
        return {"round": state["round"] + 1}

    graph = StateGraph(State)
    graph.add_node("join", join)
    graph.add_node("narrate", ask)
    for name in names:
        graph.add_node(name, ask)
        graph.add_edge(START, name)
    graph.add_edge(names, "join")
    graph.add_conditional_edges("join", lambda s: names if s["round"] < ROUNDS else "narrate", [*names, "narrate"])
    graph.add_edge("narrate", END)
    compiled = graph.compile()
    start = time.perf_counter()
    asyncio.run(compiled.ainvoke({"round": 0}))
    return len(calls), time.perf_counter() - start


def peers(python):
    """Rows of the peers, or why there are none."""
    if not Path(python).exists():
        return [{"name": "peers", "error": f"{python} is not there: make bench-calls installs them"}]
    script = Path(__file__).with_name("peers.py")
    done = subprocess.run([python, str(script), str(DELAY)], capture_output=True, text=True)
    if done.returncode:
        return [{"name": "peers", "error": done.stderr.strip().splitlines()[-1]}]
    return json.loads(done.stdout.splitlines()[-1])


def main():
    critical = (ROUNDS + 1) * DELAY
    on_disk(files.reports)  # once unmeasured: imports and caches
    print(f"5 seats, {ROUNDS} rounds, a narration; a fake model that takes {DELAY} s; median of {REPEATS}")
    print(f"{machine('langgraph')}; critical path {critical:.1f} s\n")
    rows = []
    for name, measure in (
        (WITHOUT, lambda: ours(Slow, narrate=False)),
        ("this program, in memory", lambda: ours(Slow)),
        ("this program, recorded and checkpointed", lambda: on_disk(lambda run: {})),
        ("this program, with every report written", lambda: on_disk(files.reports)),
        ("the same calls one after another", lambda: ours(Single)),
        ("a plain LangGraph fan-out", plain_graph),
    ):
        found = [measure() for _ in range(REPEATS)]
        rows.append((name, found[0][0], median(s for _, s in found)))
    peer = peers(sys.argv[1] if len(sys.argv) > 1 else ".venv-peers/bin/python")
    rows += [(row["name"], row["calls"], row["seconds"]) for row in peer if "error" not in row]
    show(("calls", "seconds", "x critical"), [(n, c, f"{s:.3f}", f"{s / critical:.2f}") for n, c, s in rows])
    for row in peer:
        if "error" in row:
            print(f"{row['name']:44} {row['error']}")
    _, calls, seconds = next(row for row in rows if row[0] == WITHOUT)
    print("\nThe merge is computed, so that no call is needed for it; beside a peer's calls and seconds ours are")
    for row in peer:
        if "error" not in row:
            print(f"{row['name']:44} {calls / row['calls']:.2f} and {seconds / row['seconds']:.2f} times as many")


if __name__ == "__main__":
    main()
