"""A thousand debates and two hundred classroom rounds in one process: what stays behind of memory, threads and files.

Memory is that of the process after a collection, once the first fifty are over; what is open is counted at the same
moments. Run: python benchmarks/soak.py [--debates N] [--rounds N] [--json FILE]; it ends with 1 where something grows.
"""

import argparse
import asyncio
import ctypes
import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn

from simulation import launches, runs
from simulation.classroom import keys
from simulation.classroom.app import application
from simulation.classroom.bots import rehearse
from simulation.classroom.server import bound, hosts
from simulation.plans import plan
from simulation.report import files

SCENARIO, STUDENTS, ROUNDS, MOST = "takaichi_coalition", 5, 2, 1.05
Tried = Callable[[Path], None]


@dataclass(frozen=True)
class Held:
    """What the process holds on to."""

    megabytes: float
    threads: int
    files: int
    sockets: int
    temporary: int
    """Files and folders in the folder for temporary ones."""
    tasks: int


def _released() -> None:
    """Collect what is garbage, and have the allocator give back what is free, where it can."""
    for _ in range(3):
        gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


def held() -> Held:
    """What the process holds on to now; Linux tells it under /proc."""
    _released()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    open_files = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            open_files.append(str(entry.readlink()))
        except OSError:
            continue  # the one that lists the folder
    sockets = sum(name.startswith("socket:") for name in open_files)
    mine = sum(1 for _ in Path(tempfile.gettempdir()).iterdir())
    tasks = sum(isinstance(o, asyncio.Task) and not o.done() for o in gc.get_objects())
    size = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Held(size, threading.active_count(), len(open_files) - sockets, sockets, mine, tasks)


def debate(under: Path) -> None:
    """A debate with all its files; every fourth has a person's seat, with checkpoints and a recording."""
    if len(list(under.iterdir())) % 4:
        found = runs.run(SCENARIO, rounds=3)
        runs.write(found, files.reports(found), under / f"{time.monotonic_ns()}")
        return

    async def answers(questions):
        return {q.id: {"stand_in": True} for q in questions}

    asked = plan(SCENARIO, people=("india",))
    launches.launch(asked, None, under / f"{time.monotonic_ns()}", files.reports, ask=answers)


class School:
    """A classroom in a thread of this process."""

    def __init__(self, under: Path) -> None:
        self.socket, link = bound("127.0.0.1", 0), keys.token()
        base = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.link = f"{base}/teach/{link}"
        app = application(under, link, hosts("127.0.0.1"), address=base, grace=0)
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2, ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self.socket]})

    def __enter__(self) -> "School":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(30)
        self.socket.close()


def lesson(under: Path, students: int = STUDENTS, rounds: int = ROUNDS) -> None:
    """A lesson, in a school that opens for it and closes again."""
    with School(under / f"{time.monotonic_ns()}") as school:
        found = asyncio.run(rehearse(school.link, students, SCENARIO, rounds, 0.0, lambda line: None))
    assert found.whole, found.refused


def soaked(what: Tried, count: int, warm: int, say: Callable[[str], None], name: str) -> list[Held]:
    """Do something many times; what is held after the warm-up, in the middle and at the end."""
    found = []
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        for number in range(1, count + 1):
            what(Path(folder))
            if number in {warm, (warm + count) // 2, count}:
                found.append(held())
                say(f"{name:<18}{number:>7}" + "".join(f"{v:>10.0f}" for v in asdict(found[-1]).values()))
    return found


def grown(found: list[Held]) -> list[str]:
    """What is more at the end than after the warm-up."""
    first, last = found[0], found[-1]
    wrong = [f"memory {last.megabytes / first.megabytes:.3f}"] if last.megabytes > MOST * first.megabytes else []
    for name in ("threads", "files", "sockets", "temporary", "tasks"):
        if getattr(last, name) > getattr(first, name):
            wrong.append(f"{name} {getattr(first, name)} to {getattr(last, name)}")
    return wrong


def row(load: str, count: int, found: list[Held]) -> dict[str, object]:
    """What the table in SECURITY.md says of a load."""
    before, after = found[0].megabytes, found[-1].megabytes
    return {"load": load, "count": count, "before": before, "after": after, "leaked": len(grown(found))}


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--debates", type=int, default=1000)
    words.add_argument("--rounds", type=int, default=200)
    words.add_argument("--json", type=Path)
    given = words.parse_args()
    own = tempfile.TemporaryDirectory(prefix="soak-")
    tempfile.tempdir = own.name  # other programs put files of theirs into the machine's
    print(f"{'':<18}{'done':>7}" + "".join(f"{n:>10}" for n in Held.__annotations__))
    rows = []
    for name, what, count, warm in (
        ("debates", debate, given.debates, min(50, given.debates // 3)),
        ("lessons, 2 rounds", lesson, given.rounds // ROUNDS, min(25, given.rounds // ROUNDS // 3)),
    ):
        found = soaked(what, count, max(1, warm), lambda text: print(text, flush=True), name)
        wrong = grown(found)
        rows.append(row(name, count, found))
        ratio = found[-1].megabytes / found[0].megabytes
        print(f"{name}: memory at the end {ratio:.3f} times that after the warm-up; "
              f"{', '.join(wrong) or 'nothing leaks'}")  # fmt: skip
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    own.cleanup()
    return int(any(row["leaked"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
