"""A whole lesson with 40 students on loopback: pages, submissions, events and memory of the server.

The students are those of `communique classroom bots`: they read the pages, fill in the forms and hear the streams. The
figures hold what one class does at a time: papers come in over three seconds, pages are fetched within 0.6 s of an
event. The lesson is held with rooms kept in files, and again in a PostgreSQL server started for it, where there is one.
Run: python benchmarks/classroom.py [--json FILE]
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from table import HERE

from simulation.classroom.bots import rehearse
from simulation.classroom.browsers import Figures

sys.path.insert(0, str(HERE.parent / "tests"))

STUDENTS, ROUNDS, PACE, SCENARIO, LIMIT = 40, 2, 3.0, "takaichi_coalition", 300
TEST = "tests/test_classroom.py::test_bots_rehearse_a_whole_lesson_by_the_command"
SERVER = "from simulation.cli import main; main()"


@dataclass(frozen=True)
class Lesson:
    """A lesson that was held."""

    found: Figures
    seconds: float
    memory: tuple[float, float, float]
    """Of the server, in MB: at the start, at the end, at most."""

    @property
    def slowest(self) -> tuple[float, float]:
        """95th percentiles of pages and of submissions, in ms."""
        return self.found.p95(self.found.pages), self.found.p95(self.found.submits)

    def lines(self) -> list[str]:
        """What is told of it."""
        before, after, highest = self.memory
        return [
            *self.found.lines(),
            f"lesson: {self.seconds:.0f} s; memory of the server: {before:.0f} MB at the start, {after:.0f} MB at the "
            f"end, {highest:.0f} MB at most",
            f"95th percentiles under {LIMIT} ms: {'yes' if max(self.slowest) < LIMIT else 'no'}",
        ]


@contextmanager
def started(database: str | None) -> Iterator[tuple[subprocess.Popen, str]]:
    """A server in a process of its own, and the teacher's link."""
    environment = {**os.environ, **({"COMMUNIQUE_DATABASE": database} if database else {})}
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", SERVER, "classroom", "--port", "0", "--folder", folder]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
        link = re.search(r"http\S+/teach/\S+", process.stdout.readline())[0]
        time.sleep(1.0)
        yield process, link
        process.terminate()
        process.wait(20)


def memory(process: subprocess.Popen) -> tuple[float, float]:
    """Resident memory of the server now and at its highest, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM"))


def held(database: str | None = None) -> Lesson:
    """A lesson from the lobby to the debrief."""
    with started(database) as (process, link):
        before, began = memory(process)[0], time.perf_counter()
        found = asyncio.run(rehearse(link, STUDENTS, SCENARIO, ROUNDS, PACE, lambda line: None))
        return Lesson(found, time.perf_counter() - began, (before, *memory(process)))


def in_postgres() -> Lesson | str:
    """The same with a PostgreSQL server of its own, or why there is none."""
    try:
        from postgres import Server

        with Server() as server:
            return held(server.url(server.made()))
    except (ImportError, AssertionError) as error:
        return str(error)


def main() -> int:
    lessons = {"rooms in files (SQLite)": held(), "rooms in PostgreSQL": in_postgres()}
    for name, lesson in lessons.items():
        print("\n".join([f"{name}:", *([lesson] if isinstance(lesson, str) else lesson.lines()), ""]))
    files = lessons["rooms in files (SQLite)"]
    if sys.argv[1:2] == ["--json"]:
        pages, submits = files.slowest
        load = f"{STUDENTS} students, {ROUNDS} rounds; pages {pages:.0f} ms, papers {submits:.0f} ms (p95)"
        row = {"load": load, "count": len(files.found.pages) + len(files.found.submits), "before": files.memory[0]}
        row |= {"after": files.memory[1], "leaked": 0 if files.found.whole else 1, "test": TEST}
        Path(sys.argv[2]).write_text(json.dumps([row]))
    measured = [lesson for lesson in lessons.values() if isinstance(lesson, Lesson)]
    return 0 if all(lesson.found.whole and max(lesson.slowest) < LIMIT for lesson in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
