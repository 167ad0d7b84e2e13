"""How time, memory and the record grow with seats and rounds, from 5 to 200 countries and 3 to 10 rounds.

The countries are the thin dossiers of members.py; every size is held in a process of its own, so that its peak memory
is its own. Seconds are those of the processor, but for *wall*. *debate* is the graph with its desks, up to the merge;
*influence* the part of it in which positions pull at each other, one dense step a round of seats x seats x provisions,
which has to grow faster than seats; *run* adds what could be agreed, how firm that is and the assessment;
*reports* writes run.json and every report. The exponent of a column is the slope of its logarithm over that of seats x
rounds, by least squares.

Usage: growth.py [--seats 5,20,50,100,200] [--rounds 3,10] [--limit SECONDS-A-SIZE]
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

MEASURED, CPU = ("debate", "influence", "run", "reports", "wall", "peak", "record"), time.process_time
HEADINGS = ("seats", "rounds", "turns", "debate", "influence", "run", "reports", "wall", "peak MiB", "run.json MB")


def one(seats, rounds, limit):
    """A size as JSON, in this process; SIGALRM ends it where it takes longer than it may."""
    signal.alarm(limit)
    spent = {"all": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "members.py"), folder, "--seats", str(seats), "--rounds", str(rounds)]
        subprocess.run(command, check=True, capture_output=True, text=True)
        os.chdir(folder)
        wall, found = timed(lambda: held(rounds, spent))
        os.chdir("/")
    print(json.dumps({"seats": seats, "rounds": rounds, **found, "wall": wall, "peak": peak()}))


def held(rounds, spent):
    """Seconds of a run and of its reports, and the size of its record; `spent` adds up the steps of influence."""
    from simulation import influence, plans, runs
    from simulation.cli import RARELY
    from simulation.report import files
    from simulation.waiting import wait

    gc.set_threshold(RARELY)  # as the command does
    for name in ("weights", "heard", "step"):
        setattr(influence, name, watched(getattr(influence, name), spent))
    debate = runs.debate

    async def clocked(*given):
        begun, before = CPU(), spent["all"]
        found = await debate(*given)
        spent.update(debate=CPU() - begun, influence=spent["all"] - before)
        return found

    runs.debate = clocked
    run = []
    seconds, _ = timed(lambda: run.append(wait(runs.hold(plans.plan("scenario.yaml", rounds=rounds)))), CPU)
    assert len(run[0].transcript.statements) == rounds * len(run[0].seats)
    written, folder = timed(lambda: runs.write(run[0], files.reports(run[0]), Path("runs")), CPU)
    record = (folder / "run.json").stat().st_size / 1e6
    parts = {name: spent[name] for name in ("debate", "influence")}
    return {**parts, "run": seconds, "reports": written, "record": record}


def watched(work, spent):
    """A function that adds its own time to `spent`."""

    def clocked(*given):
        seconds, found = timed(lambda: work(*given), CPU)
        spent["all"] += seconds
        return found

    return clocked


def exponent(found, name):
    """The slope of log y over log (seats x rounds), and how far the points lie from the line at most, as a factor."""
    x = np.log([row["seats"] * row["rounds"] for row in found])
    y = np.log([max(row[name], 1e-9) for row in found])
    slope, start = np.polyfit(x, y, 1)
    return slope, float(np.exp(np.abs(y - slope * x - start).max()))


def fits(found):
    """The exponents: over all sizes, and over seats alone at the fewest rounds."""
    if len({row["seats"] * row["rounds"] for row in found}) < 2:
        return
    fewest = min(row["rounds"] for row in found)
    alone = [row for row in found if row["rounds"] == fewest]
    print("\nExponent over seats x rounds; the factor by which a size lies off the line at most; exponent over seats\n")
    rows = []
    for name in MEASURED:
        slope, off = exponent(found, name)
        over = f"{exponent(alone, name)[0]:.2f}" if len(alone) > 1 else "-"
        rows.append((name, f"{slope:.2f}", f"{off:.1f}", over))
    show(("exponent", "off by", f"{fewest} rounds"), rows, wide=14)
    rest = exponent([{**row, "rest": row["debate"] - row["influence"]} for row in found], "rest")[0]
    largest = max(found, key=lambda row: (row["seats"], row["rounds"]))
    share = largest["influence"] / largest["debate"]
    print(f"The debate without the dense step of influence: {rest:.2f}; at {largest['seats']} seats that step is "
          f"{share:.1%} of it.")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seats", default="5,20,50,100,200")
    parser.add_argument("--rounds", default="3,10")
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--one", action="store_true", help="one size, in this process, as JSON")
    given = parser.parse_args()
    sizes = [(int(n), int(r)) for r in given.rounds.split(",") for n in given.seats.split(",")]
    if given.one:
        one(*sizes[0], given.limit)
        return
    print(f"Thin dossiers, 8 provisions; a process a size, one BLAS thread\n{machine('numpy', 'langgraph')}\n")
    print("".join(f"{name:>12}" for name in HEADINGS))
    found = []
    for seats, rounds in sizes:
        size = f"{seats:>12}{rounds:>12}{seats * rounds:>12}"
        words = ("--one", "--seats", str(seats), "--rounds", str(rounds), "--limit", str(given.limit))
        try:
            row = fresh("growth.py", *words)
        except RuntimeError as error:
            print(f"{size}   not within {given.limit} s, or failed: {error}")
            continue
        found.append(row)
        seconds = "".join(f"{row[name]:>12.4f}" for name in MEASURED[:5])
        print(f"{size}{seconds}{row['peak']:>12.0f}{row['record']:>12.2f}", flush=True)
    fits(found)


if __name__ == "__main__":
    main()
