"""A sweep's work done by Dask: on a cluster that runs already, or on one of this machine that ends with the sweep.

Dask does again what a dead worker had in hand. Whoever does a chunk must run this very code, so that the lines are the
same: all workers are asked before the first chunk, and whoever joins later with each chunk. The scheduler passes on
bytes and needs no package of ours; a cluster runs whatever code it is sent, so it has to be one's own.
"""

import asyncio
import hashlib
import logging
import pickle
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simulation.errors import InputError
from simulation.places import path_of
from simulation.workers import Chunk, Done, Work, dying, timed

ANSWER = 10.0
"""Seconds in which a scheduler has to answer."""
PATIENCE = 20.0
"""Seconds in which a first worker has to join, and for which all may be away."""
GLANCE = 2.0
"""Seconds after which it is asked anew how many workers there are."""
AGAIN = "everything finished is kept: go on with --resume once the cluster is back"
Identity = tuple[str, ...]
"""What has to be the same wherever cells are held."""


@cache
def identity() -> Identity:
    """The code that would hold cells here: its version and digest, Python's version and numpy's."""
    here, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(here.glob("**/*.py")) + sorted(here.glob("*.yaml")):
        digest.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes())
    code = f"communique {version('communique')} (code {digest.hexdigest()[:8]})"
    return code, f"Python {'.'.join(platform.python_version_tuple()[:2])}", f"numpy {version('numpy')}"


def _stranger(who: str, found: Identity, expected: Identity) -> InputError:
    theirs = ", ".join(each for each in found if each not in expected)
    ours = ", ".join(each for each in expected if each not in found)
    cure = "install the same versions on every machine, start the workers anew, and go on with --resume"
    return InputError(f"{who} runs {theirs}; here it is {ours}", cure, "E191")


def _without(who: str, reason: object) -> InputError:
    cure = "install the communique of this machine there, start the workers anew, and go on with --resume"
    return InputError(f"{who} cannot load communique: {reason}", cure, "E191")


@lru_cache(2)
def _unpacked(packed: bytes) -> Work:
    work: Work = pickle.loads(packed)  # noqa: S301  # from our own client: a cluster runs what it is sent anyway
    return work


def do(packed: bytes, chunk: Chunk, expected: Identity) -> Done:
    """Called in a worker: a chunk done; raises `InputError` where this is not the code that sent it."""
    if (found := identity()) != expected:
        raise _stranger(f"a worker on {platform.node()}", found, expected)
    return timed(_unpacked(packed), chunk)


def _by_value(name: str) -> Callable[..., Any]:
    """A function of this module that can be sent to a machine without it, where calling it is an ordinary error."""

    def carried(*given: Any) -> Any:
        from importlib import import_module

        return getattr(import_module("simulation.clusters"), name)(*given)

    return carried


def _distributed() -> Any:
    """Dask's package; raises `InputError` with the line that installs it where it is missing."""
    try:
        import distributed
    except ImportError as error:
        text, cure = f"Dask is not installed ({error})", "pip install 'communique[distributed]'"
        raise InputError(text, cure, "E189") from None
    return distributed


def _nobody(address: str, error: Exception) -> InputError:
    cure = "start one with `dask scheduler` and give the address it prints, as in tcp://127.0.0.1:8786"
    return InputError(f"no scheduler answers at {address} ({type(error).__name__})", cure, "E190")


class Cluster:
    """Does the work on the cluster at an address or, without one, in processes of this machine that Dask looks after.

    The cluster is joined, or started, when there is a first chunk to do. Raises `InputError` where it cannot be
    reached, nobody works there, or somebody there runs other code.
    """

    def __init__(self, work: Work, workers: int, address: str | None = None) -> None:
        self._packed, self._workers, self._address = pickle.dumps(work), workers, address
        self._open = ExitStack()
        self._client: Any = None
        self._threads, self._seen = 1, 0.0
        self._asked = float("-inf")

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def results(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        """Every chunk, as it is finished; two a thread of the cluster are out at one time."""
        chunk = next(chunks, None)
        if chunk is None:
            return
        dask, out = _distributed(), dict[Any, Chunk]()
        try:
            held = self._join(dask)
            while chunk is not None or out:
                while chunk is not None and len(out) < 2 * self._crew():
                    out[self._client.submit(_by_value("do"), held, chunk, identity(), pure=False)] = chunk
                    chunk = next(chunks, None)
                for future in self._finished(dask, out):
                    yield self._taken(dask, future, out.pop(future))
        except (OSError, asyncio.CancelledError, dask.CancelledError) as error:  # it has gone away
            raise self._lost(f"does not answer any more ({type(error).__name__})") from None

    def _join(self, dask: Any) -> Any:
        """Join or start the cluster, send the work there, and see that everybody runs this code."""
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is told here, once
        where = self._address or self._open.enter_context(self._started(dask))
        try:
            self._client = self._open.enter_context(dask.Client(where, timeout=ANSWER, set_as_default=False))
        except OSError as error:
            raise _nobody(str(self._address), error) from None
        held = self._client.submit(bytes, self._packed, pure=False)
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise self._lost("has no worker") from None
        for who, found in self._client.run(_by_value("identity"), on_error="return").items():
            if isinstance(found, BaseException):
                raise _without(f"the worker {who}", found)
            if found != identity():
                raise _stranger(f"the worker {who}", found, identity())
        return held

    def _started(self, dask: Any) -> Any:
        """A cluster of this machine, which nobody reaches from outside it."""
        return dask.LocalCluster(
            n_workers=self._workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            memory_limit=None,
            silence_logs=logging.CRITICAL,
        )

    def _lost(self, what: str) -> InputError:
        where = f"the scheduler {self._address}" if self._address else "the cluster of this machine"
        cure = f"start workers with `dask worker {self._address}`; {AGAIN}" if self._address else AGAIN
        return InputError(f"{where} {what}", cure, "E190")

    def _crew(self) -> int:
        """How many threads the cluster has, asked now and then; raises `InputError` where it has none for long."""
        now = time.monotonic()
        if now - self._asked >= GLANCE:
            self._asked, self._threads = now, sum(self._client.nthreads().values())
            if self._threads:
                self._seen = now
            elif now - self._seen > PATIENCE:
                raise self._lost("has no worker any more")
        return max(1, self._threads)

    def _finished(self, dask: Any, out: dict[Any, Chunk]) -> list[Any]:
        """Which chunks are finished; none where none was in a while, so that a cluster without workers is noticed."""
        try:
            with self._client.as_current():
                return list(dask.wait(list(out), timeout=GLANCE, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            self._crew()
            return []

    def _taken(self, dask: Any, future: Any, chunk: Chunk) -> Done:
        """What a chunk gave; raises `InputError` where it kills whoever does it, or a worker lacks our code."""
        try:
            found: Done = future.result()
        except dask.scheduler.KilledWorker as error:
            cure = "go on with --executor local --workers 1, which shows what is wrong"
            raise InputError(dying(int(error.allowed_failures) + 1, [chunk]), cure, "E172") from None
        except (ImportError, AttributeError) as error:
            raise _without("a worker", error) from None
        return found


def crew(address: str | None = None) -> Callable[[Work, int], Cluster]:
    """What makes the executor of a sweep: `sweeps.hold(..., crew=crew("tcp://..."))`.

    Raises `InputError` without Dask, or for what is no address.
    """
    dask = _distributed()
    if address is not None:
        try:
            dask.comm.resolve_address(address)
        except (OSError, ValueError) as error:
            raise _nobody(path_of(address), error) from None
    return lambda work, workers: Cluster(work, workers, address)
