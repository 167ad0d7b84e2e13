"""Runs a second of a sweep, with one worker and with two, beside a plain loop over whole debates in the same run.

Where Dask is installed, a cluster of this machine with one worker and with two as well; its start is counted too. What
two processes can give at most on this machine is measured with a loop of plain Python that shares nothing.

All ways give the same stances, and the sweeps the same bytes. Run it as `python benchmarks/sweep.py`. A process that
works imports this file first, so that what only the first one needs is imported where it is used.
"""

import importlib.util
import multiprocessing
import os
import platform
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from simulation.workers import cores, executor

CELLS, PLAIN, PAIRS, SCENARIO, PATH = 3_000, 30, 5, "takaichi_coalition", "provisions.taiwan_inclusion.weight"
PAGE = {
    "scenarios": [SCENARIO],
    "seeds": {"first": 0, "count": CELLS // 5},
    "grid": {PATH: {"low": 0.2, "high": 1.0, "steps": 5}},
}
FEW = {**PAGE, "seeds": {"first": 0, "count": 20}, "full": True}


def swept(page, folder, workers, crew=executor):
    """Seconds of a sweep with its tables written, its rows by cell and country, and the bytes of its first table."""
    from simulation.report import grids
    from simulation.sweeps import sweep

    begun = time.perf_counter()
    found = sweep(page, under=folder, workers=workers, crew=crew)
    written = grids.write(found, found.folder)
    seconds = time.perf_counter() - begun
    rows = {(r["seed"], r[PATH], r["country"]): (r["stance"], r["score"]) for r in found.rows()}
    return found.done, seconds, rows, written[0].read_bytes()


def plain():
    """The first debates of the sweep held as `communique run` holds them, one after the other."""
    from simulation import run

    weights = [0.2, 0.4, 0.6, 0.8, 1.0]
    run(SCENARIO)  # reads the dossiers; not part of a debate
    begun, rows = time.perf_counter(), {}
    for k in range(PLAIN):
        seed, weight = k // len(weights), weights[k % len(weights)]
        for said in run(SCENARIO, seed=seed, changes=[f"{PATH}={weight}"]).transcript.final:
            rows[seed, weight, said.country] = (said.stance, said.score)
    return PLAIN, time.perf_counter() - begun, rows


def dasked(folder):
    """The sweep on a cluster of this machine with one worker and with two; nothing where Dask is not installed."""
    if importlib.util.find_spec("distributed") is None:
        return {}
    from simulation.clusters import crew

    return {count: swept(PAGE, folder / f"dask-{count}", count, crew()) for count in (1, 2)}


def spin(count):
    """Plain Python that shares nothing with anybody."""
    total = 0
    for number in range(count):
        total += number * number % 7
    return total


def limit(count=20_000_000):
    """How many times as much two processes of plain Python get done as one, on this machine now."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(spin, [1, 1])
        seconds = []
        for parts in ([count], [count // 2, count // 2]):
            begun = time.perf_counter()
            pool.map(spin, parts, 1)
            seconds.append(time.perf_counter() - begun)
    return seconds[0] / seconds[1]


def main():
    with TemporaryDirectory() as folder:
        count, seconds, whole = plain()
        pairs = [[swept(PAGE, Path(folder) / f"{n}-{k}", n) for n in (1, 2)] for k in range(PAIRS)]
        one, two = (sorted(each, key=lambda s: s[1])[PAIRS // 2] for each in zip(*pairs, strict=True))
        full = swept(FEW, Path(folder) / "full", 2)
        dask = dasked(Path(folder))
    assert all(each[3] == one[3] for each in (two, *dask.values())), "the workers disagree"
    assert all(one[2][key] == value for key, value in whole.items()), "a sweep and a debate disagree"
    assert all(whole[key] == value for key, value in full[2].items() if key in whole)
    busy = os.getloadavg()[0]
    print(f"{SCENARIO}, 5 countries, 3 rounds; start of the processes and writing of the tables included")
    print(f"Python {platform.python_version()}, {cores()} cores, load {busy:.1f}\n")
    print(f"{'':34}{'runs':>7}{'seconds':>10}{'runs/s':>9}{'ratio':>8}")
    rows = [
        ("plain loop of whole debates", count, seconds),
        ("sweep, 1 worker", *one[:2]),
        ("sweep, 2 workers", *two[:2]),
        ("sweep with `full`, 2 workers", *full[:2]),
        *((f"sweep on Dask, {count} worker{'s' * (count > 1)}", *each[:2]) for count, each in dask.items()),
    ]
    for name, runs, took in rows:
        print(f"{name:34}{runs:>7,}{took:>10.2f}{runs / took:>9.1f}{(runs / took) / (count / seconds):>8.1f}")
    ratios = sorted(each[1] / other[1] for each, other in pairs)
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"\nTwo workers: {ratios[PAIRS // 2]:.2f} times one, the median of {PAIRS} pairs held in turns ({spread}).")
    print(f"Two processes of plain Python now: {limit():.2f} times one.")


if __name__ == "__main__":
    main()
