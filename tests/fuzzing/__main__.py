"""make fuzz: every target with many inputs, in worker processes; a table, and a file for each input that failed.

python -m fuzzing --inputs 100000 --seed 1 --json fuzz.json
"""

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from fuzzing.search import Found, piece
from fuzzing.targets import TARGETS

PIECE = 1000
"""Inputs a worker tries in one go."""


def _pieces(inputs: int, only: str) -> list[tuple[str, int]]:
    """Every target's share of the inputs, in pieces, the targets in turn."""
    chosen = [t for t in TARGETS if only in t.name]
    whole = sum(t.share for t in chosen)
    found = []
    for target in chosen:
        rest = -(-inputs * target.share // whole)
        while rest > 0:
            found.append((target.name, min(PIECE, rest)))
            rest -= PIECE
    return sorted(found, key=lambda piece: -piece[1])


def _run(inputs: int, seed: int, workers: int, only: str) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = defaultdict(list)
    pieces = _pieces(inputs, only)
    spawn = multiprocessing.get_context("spawn")
    with TemporaryDirectory(prefix="communique-fuzz-") as place, ProcessPoolExecutor(workers, spawn) as pool:
        jobs = {pool.submit(piece, name, most, seed * 10_007 + k, place): name for k, (name, most) in enumerate(pieces)}
        try:
            for k, job in enumerate(as_completed(jobs), 1):
                found[jobs[job]].append(_result(job, jobs[job]))
                done = sum(f.inputs for many in found.values() for f in many)
                click.echo(f"{k} of {len(jobs)} pieces, {done:,} inputs", err=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            click.echo("interrupted: the table has the pieces that were finished", err=True)
    return found


def _result(job: "Future[Found]", name: str) -> Found:
    """What a piece found; a worker that died, or a target that could not begin, is a failure too."""
    try:
        return job.result()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"[:500]
        return Found(name, 0, Counter(forbidden=1), 1, {"the worker ended": (said.encode(), said)})


def _kept(found: dict[str, list[Found]], folder: Path) -> list[str]:
    """The smallest failing input of each bug as a file; returns a line for each."""
    smallest: dict[tuple[str, str], tuple[bytes, str]] = {}
    for name, many in found.items():
        for one in many:
            for bug, (raw, said) in one.failures.items():
                known = smallest.get((name, bug))
                if known is None or len(raw) < len(known[0]):
                    smallest[name, bug] = raw, said
    lines = []
    for k, ((name, bug), (raw, said)) in enumerate(sorted(smallest.items()), 1):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{k:02d}-{name.replace(' ', '-')}.txt"
        path.write_bytes(raw)
        lines.append(f"{name}: {bug}\n  {said}\n  {path}")
    return lines


def _table(found: dict[str, list[Found]], seed: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for target in TARGETS:
        many = found.get(target.name, [])
        outcomes: Counter[str] = sum((f.outcomes for f in many), Counter())
        told = ", ".join(f"{word} {count:,}" for word, count in outcomes.most_common(9))
        row = {
            "target": target.name,
            "inputs": sum(f.inputs for f in many),
            "forbidden": sum(f.forbidden for f in many),
        }
        seconds = round(sum(f.seconds for f in many), 1)
        if many:
            rows.append({**row, "seconds": seconds, "seed": seed, "outcomes": dict(outcomes)})
            counts = f"{row['inputs']:>7,} inputs  {row['forbidden']:>4} forbidden  {seconds:>7.1f} s"
            click.echo(f"{target.name:<20} {counts}   {told}")
    return rows


def main() -> int:
    """Fuzz, print the table, keep what failed; 1 where anything did."""
    words = argparse.ArgumentParser(prog="python -m fuzzing", description=__doc__)
    words.add_argument("--inputs", type=int, default=100_000, help="how many in all")
    words.add_argument(
        "--seed", type=int, default=int(time.strftime("%Y%m%d")), help="where to begin; today, if left out"
    )
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--only", default="", help="targets with these letters in their names")
    words.add_argument("--json", type=Path, help="the table as JSON, for other commands")
    words.add_argument("--failures", type=Path, default=Path("fuzz-failures"), help="where failing inputs are kept")
    given = words.parse_args()
    begun = time.monotonic()
    found = _run(given.inputs, given.seed, given.workers, given.only)
    rows = _table(found, given.seed)
    click.echo(
        f"{sum(int(str(r['inputs'])) for r in rows):,} inputs in {time.monotonic() - begun:,.0f} s, seed {given.seed}"
    )
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    lines = _kept(found, given.failures)
    click.echo("\n".join(lines) or "no forbidden outcome")
    return 1 if any(r["forbidden"] for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
