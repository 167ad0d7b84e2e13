"""Who does the work of a sweep: this process, or a pool of others that are replaced when they die.

Work is a function of the numbers of some cells and comes back as lines, so that whoever does it, and in what order, the
lines are the same; another kind of executor needs the three methods below and nothing else.
"""

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Protocol

from simulation.errors import InputError

Chunk = Sequence[int]
Work = Callable[[Chunk], list[str]]
MOST_DEATHS = 3
"""Pools in a row that may break without finishing anything."""
LONG_ENOUGH = 0.25
"""Seconds a chunk should take, so that handing it over costs nothing beside it."""
PINNED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""One thread each: the workers are the parallelism, and matrices of a table are small."""


@dataclass(frozen=True)
class Done:
    """A finished chunk."""

    lines: list[str]
    seconds: float


class Executor(Protocol):
    """Anything that does chunks of work."""

    def __enter__(self) -> "Executor":
        """Get ready."""
        ...

    def __exit__(self, *_: object) -> None:
        """Let go of everything, what is not finished included."""
        ...

    def results(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        """Every chunk done, in the order they are finished; the next is taken when there is room for it."""
        ...


Crew = Callable[[Work, int], Executor]
"""Makes an executor for some work and so many workers."""


def timed(work: Work, chunk: Chunk) -> Done:
    """A chunk done here."""
    begun = time.perf_counter()
    return Done(work(chunk), time.perf_counter() - begun)


class Here:
    """Does the work in this process."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __enter__(self) -> "Here":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to let go of."""

    def results(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        """Every chunk, in the order given."""
        return (timed(self._work, chunk) for chunk in chunks)


_given: list[Work] = []
"""What a worker was told to do."""


def _begin(work: Work) -> None:
    """Called in a worker: keep the work, leave Ctrl-C to the parent, and end when the parent ends, however it ends."""
    _given[:] = [work]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent.sentinel,), daemon=True).start()


def _outlive(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _do(chunk: Chunk) -> Done:
    return timed(_given[0], chunk)


class Pool:
    """Does the work in other processes; one that dies is replaced, and what it had in hand is done again."""

    def __init__(self, work: Work, workers: int) -> None:
        self._work, self._workers = work, workers
        self._pool: ProcessPoolExecutor | None = None
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> "Pool":
        self._before = {name: os.environ.get(name) for name in PINNED}
        os.environ.update(dict.fromkeys(PINNED, "1"))
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _submit(self, chunk: Chunk) -> "Future[Done]":
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, context, initializer=_begin, initargs=(self._work,))
        return self._pool.submit(_do, chunk)

    def results(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        """Every chunk, as it is finished; raises `InputError` where workers die again and again."""
        waiting: list[Chunk] = []
        out: dict[Future[Done], Chunk] = {}
        deaths = 0
        while True:
            deaths += self._fill(out, waiting, chunks)
            if not out and not waiting:
                return
            broken = False
            for future in wait(out, return_when=FIRST_COMPLETED).done:
                chunk = out.pop(future)
                try:
                    found = future.result()
                except BrokenProcessPool:
                    waiting.append(chunk)
                    broken = True
                else:
                    deaths = 0
                    yield found
            if broken:
                deaths += 1
                waiting += out.values()
                out.clear()
                self._close()
            if deaths >= MOST_DEATHS:
                cure = "go on with --workers 1, which shows what is wrong"
                raise InputError(dying(MOST_DEATHS, waiting), cure, "E172")

    def _fill(self, out: dict["Future[Done]", Chunk], waiting: list[Chunk], chunks: Iterator[Chunk]) -> int:
        """Hand out two chunks a worker, those to be done again first; 1 where the pool broke meanwhile."""
        while len(out) < 2 * self._workers:
            chunk = waiting.pop() if waiting else next(chunks, None)
            if chunk is None:
                return 0
            try:
                out[self._submit(chunk)] = chunk
            except BrokenProcessPool:
                waiting.append(chunk)
                if not out:
                    self._close()
                return int(not out)
        return 0


def dying(times: int, waiting: Sequence[Chunk]) -> str:
    """What is said of workers that die over some chunks."""
    cells = sorted(cell for chunk in waiting for cell in chunk)
    shown = ", ".join(map(str, cells[:5]))
    return f"the worker processes died {times} times over, at work on cells {shown}{', …' * (len(cells) > 5)}"


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def executor(work: Work, workers: int) -> Executor:
    """One worker is this process; more are a pool."""
    return Here(work) if workers == 1 else Pool(work, workers)
