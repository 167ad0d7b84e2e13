"""What the benchmarks have in common: the line about the machine, clocks, memory, fresh processes and tables."""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def machine(*packages: str) -> str:
    """Interpreter, packages, cores and load: what a figure depends on beside the code."""
    named = [f"{name} {version(name)}" for name in packages]
    return ", ".join([f"Python {platform.python_version()}", *named, f"{os.cpu_count()} cores", f"load {load():.1f}"])


def load() -> float:
    """How many processes wanted a core in the last minute."""
    return os.getloadavg()[0]


def timed(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    """Seconds of some work, and its result.

    The clock is on the wall; `time.process_time` counts what the processor does for us, whoever else it works for.
    """
    start = clock()
    found = work()
    return clock() - start, found


def peak() -> float:
    """The most memory this process has held, interpreter included, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def fresh(*words: str, python: str = sys.executable) -> Any:
    """What a script of this folder prints as JSON on its last line, in a process of its own with one BLAS thread.

    Its memory is then its own. Raises `RuntimeError` with the last line of its complaint where it fails.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [python, str(HERE / words[0]), *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **threads})
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1])
    return json.loads(done.stdout.splitlines()[-1])


def show(columns: Sequence[str], rows: Sequence[Sequence[Any]], wide: int = 44, each: int = 11) -> None:
    """Print a table: a name of up to `wide` letters, then figures of any format already given as text."""
    for row in [("", *columns), *rows]:
        print(f"{row[0]:<{wide}}" + "".join(f"{value:>{each}}" for value in row[1:]))
