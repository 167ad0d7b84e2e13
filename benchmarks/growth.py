"""How time, memory and the record grow with seats and rounds, from 5 to 200 countries and 3 to 10 rounds.

The countries are the thin dossiers of members.py; every size is held in processes of its own, so that its peak memory
is its own. All sizes are held in turn, pass after pass, and the least of each figure is shown, since others on the
machine can only add to it. Seconds are those of the processor, but for *wall*. *debate* is the graph with its desks, up
to the merge; *run* adds reading the dossiers, what could be agreed, how firm that is and the assessment; *reports*
writes run.json and every report; *whole* is both.

*influence* is what has to grow faster than seats, the dense step in which positions pull at each other: seats x seats x
provisions a round, held once in the debate, a thousand times with other ties to tell how firm the answer is, once for
each seat that could be away, and solved in closed form to tell who moves whom. *rest* is the whole without it.

The exponent of a column is the slope of its logarithm over that of seats x rounds, by least squares. As fixed costs
flatten it, the same is given for the last step alone, from the second largest number of seats to the largest.

Usage: growth.py [--seats 5,20,50,100,200] [--rounds 3,10] [--repeat 5] [--limit SECONDS-A-SIZE]
"""

import argparse
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from table import HERE, fresh, machine, peak, show, timed

MEASURED = ("debate", "run", "reports", "whole", "influence", "rest", "wall", "peak", "record")
HEADINGS = ("seats", "rounds", "turns", *MEASURED[:7], "peak MiB", "run.json MB")
CPU = time.process_time


def one(seats, rounds, limit):
    """A size as JSON, in this process; SIGALRM ends it where it takes longer than it may."""
    signal.alarm(limit)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "members.py"), folder, "--seats", str(seats), "--rounds", str(rounds)]
        subprocess.run(command, check=True, capture_output=True, text=True)
        os.chdir(folder)
        wall, found = timed(lambda: held(rounds))
        os.chdir("/")
    print(json.dumps({"seats": seats, "rounds": rounds, **found, "wall": wall, "peak": peak()}))


def held(rounds):
    """Seconds of a run, of its parts and of its reports, and the size of its record."""
    from simulation import doubts, influence, plans, runs, stability
    from simulation.cli import RARELY
    from simulation.report import files
    from simulation.waiting import wait

    gc.set_threshold(RARELY)  # as the command does
    spent = {"influence": 0.0, "inside": False}
    dense = {influence: ("weights", "heard", "step", "closed_form"), doubts: ("affinities",), stability: ("_settled",)}
    for module, names in dense.items():
        for name in names:
            setattr(module, name, watched(getattr(module, name), spent))
    debate = runs.debate

    async def clocked(*given):
        begun, before = CPU(), spent["influence"]
        found = await debate(*given)
        spent.update(debate=CPU() - begun, within=spent["influence"] - before)
        return found

    runs.debate = clocked
    run = []
    seconds, _ = timed(lambda: run.append(wait(runs.hold(plans.plan("scenario.yaml", rounds=rounds)))), CPU)
    assert len(run[0].transcript.statements) == rounds * len(run[0].seats)
    written, folder = timed(lambda: runs.write(run[0], files.reports(run[0]), Path("runs")), CPU)
    record = (folder / "run.json").stat().st_size / 1e6
    parts = {name: spent[name] for name in ("debate", "influence", "within")}
    sums = {"whole": seconds + written, "rest": seconds + written - spent["influence"]}
    return {**parts, **sums, "run": seconds, "reports": written, "record": record}


def watched(work, spent):
    """A function that adds its own time to `spent`, unless it is called within another of them."""

    def clocked(*given):
        if spent["inside"]:
            return work(*given)
        spent["inside"] = True
        seconds, found = timed(lambda: work(*given), CPU)
        spent["inside"] = False
        spent["influence"] += seconds
        return found

    return clocked


def exponent(found, name):
    """The slope of log y over log (seats x rounds), and how far the points lie from the line at most, as a factor."""
    x = np.log([row["seats"] * row["rounds"] for row in found])
    y = np.log([max(row[name], 1e-9) for row in found])
    slope, start = np.polyfit(x, y, 1)
    return slope, float(np.exp(np.abs(y - slope * x - start).max()))


def last_step(alone, name):
    """The exponent from the second largest number of seats to the largest."""
    (fewer, before), (more, after) = sorted((row["seats"], row[name]) for row in alone)[-2:]
    return np.log(after / before) / np.log(more / fewer)


def fits(found):
    """The exponents: over all sizes, over seats alone at the fewest rounds, and over the last step of those."""
    if len({row["seats"] for row in found}) < 2:
        return
    fewest = min(row["rounds"] for row in found)
    alone = [row for row in found if row["rounds"] == fewest]
    print("\nExponent over seats x rounds; the factor by which a size lies off the line at most; exponent over")
    print(f"seats at {fewest} rounds; the same over the last step alone\n")
    rows = []
    for name in MEASURED:
        slope, off = exponent(found, name)
        over, last = exponent(alone, name)[0], last_step(alone, name)
        rows.append((name, f"{slope:.2f}", f"{off:.1f}", f"{over:.2f}", f"{last:.2f}"))
    show(("exponent", "off by", "seats", "last step"), rows, wide=14)
    largest = max(found, key=lambda row: (row["seats"], row["rounds"]))
    debate, whole = largest["within"] / largest["debate"], largest["influence"] / largest["whole"]
    print(f"At {largest['seats']} seats x {largest['rounds']} rounds the dense step is {debate:.1%} of the debate and "
          f"{whole:.1%} of the whole.")  # fmt: skip


def measured(sizes, limit):
    """A row a size, each held once; a size that takes too long is named and left out."""
    found = []
    for seats, rounds in sizes:
        try:
            words = ("--one", "--seats", str(seats), "--rounds", str(rounds), "--limit", str(limit))
            found.append(fresh("growth.py", *words))
        except RuntimeError as error:
            print(f"{seats} seats x {rounds} rounds: not within {limit} s, or failed: {error}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seats", default="5,20,50,100,200")
    parser.add_argument("--rounds", default="3,10")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--one", action="store_true", help="one size, in this process, as JSON")
    given = parser.parse_args()
    sizes = [(int(n), int(r)) for r in given.rounds.split(",") for n in given.seats.split(",")]
    if given.one:
        one(*sizes[0], given.limit)
        return
    print(f"Thin dossiers, 8 provisions; least of {given.repeat} passes, a process a size, one BLAS thread")
    print(f"{machine('numpy', 'langgraph')}\n")
    passes = []
    for number in range(given.repeat):
        passes.append(measured(sizes, given.limit))
        sizes = [(row["seats"], row["rounds"]) for row in passes[-1]]
        print(f"pass {number + 1} of {given.repeat}", file=sys.stderr)
    passes = [[row for row in rows if (row["seats"], row["rounds"]) in sizes] for rows in passes]
    print("".join(f"{name:>12}" for name in HEADINGS))
    found = []
    for rows in zip(*passes, strict=True):
        row = {name: min(each[name] for each in rows) for name in rows[0]}
        found.append(row)
        size = f"{row['seats']:>12}{row['rounds']:>12}{row['seats'] * row['rounds']:>12}"
        seconds = "".join(f"{row[name]:>12.4f}" for name in MEASURED[:7])
        print(f"{size}{seconds}{row['peak']:>12.0f}{row['record']:>12.2f}")
    fits(found)


if __name__ == "__main__":
    main()
