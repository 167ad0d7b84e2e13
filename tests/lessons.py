"""A round of a classroom played against a server in a process of its own, which may be killed at any of its steps.

Everybody does what a browser would: what was not answered is done again once the server is back.
"""

import contextlib
import re
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import httpx
from classes import Pupil, Teacher, free_port, until

from simulation.classroom.drivers import FILE
from simulation.classroom.room import RUNS
from simulation.folders import SCAFFOLD

WRITTEN = "select student, kind, draft, sent from paper order by student, kind"


class Lesson:
    """A room that waits in its only round for two students to write."""

    def __init__(self, under: Path, begun) -> None:
        self.under, self.port, self._begun = under, free_port(), begun
        self.base = f"http://127.0.0.1:{self.port}"
        self.teacher, self.pupils = Teacher(self.base), (Pupil(self.base), Pupil(self.base))
        self.folder, self.process, self.lost = under / "room", None, 0
        under.mkdir(parents=True, exist_ok=True)
        self._begin()

    def _begin(self) -> None:
        """The lesson up to its round, kept aside as every point begins from it."""
        self.start(self.folder)
        link = until(lambda: [line for line in self._said() if "/teach/" in line])[0].split()[-1]
        self.teacher.enter(link)
        code = self.teacher.open(rounds="1")
        for pupil, country in zip(self.pupils, ("india", "japan"), strict=True):
            pupil.join(code, country)
        for _ in range(3):
            self.teacher.next()
        self.fields = [pupil.written(headline=f"Delegate {k} has this to say.") for k, pupil in enumerate(self.pupils)]
        self.end()

    def _said(self) -> list[str]:
        path = self.under / "said.out"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def start(self, folder: Path, **fault) -> None:
        """Start the server on a folder, on a disk that may fail."""
        words = ("classroom", "--port", str(self.port), "--folder", str(folder), "--undo", "0")
        self.folder, self.process = folder, self._begun(words, self.under, self.under / "said", **fault)
        until(lambda: self.answers() or not self.process.is_alive())

    def answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self.teacher.http.get("/", timeout=5).status_code == 200
        return False

    def end(self, how: int = signal.SIGKILL) -> None:
        """Kill the server, or have it stop."""
        if self.process.is_alive():
            self.process._popen._send_signal(how)
        self.process.join(30)

    def whole(self) -> tuple[int, dict[str, object]]:
        """The round left alone: the steps it takes, and what is left of it."""
        self._copied("whole")
        self.play()
        self.end(signal.SIGINT)
        return len((self.under / "said.steps").read_text().split()), self.left()

    def broken(self, step: int) -> tuple[int, int, dict[str, object]]:
        """The round with the server killed at a step: papers lost, rounds heard twice, and what is left of it."""
        self.lost = 0
        self._copied(f"step{step}", at=step)
        self.play()
        self.end()
        left, heard = self.left(), self.told("select count(*) from log where what = 'round 1 is heard'")[0][0]
        shutil.rmtree(self.folder)
        return self.lost, heard - 1, left

    def _copied(self, name: str, **fault) -> None:
        begun = self.under / "room"
        shutil.copytree(begun, self.under / name)
        self.start(self.under / name, **fault)

    def play(self) -> None:
        """Both students save and submit, the teacher reveals the round, and it is heard."""
        for pupil, fields in zip(self.pupils, self.fields, strict=True):
            self.surely(lambda pupil=pupil, fields=fields: self._write(pupil, fields))
        self.surely(self._reveal)

    def surely(self, act) -> None:
        """Do something until it is done, starting the server again where it died meanwhile."""
        for _ in range(4):
            try:
                act()
                return
            except (httpx.TransportError, AssertionError, TypeError):
                self.process.join(30)
                assert not self.process.is_alive()
            before = self.papers()
            self.start(self.folder)
            self.lost += len(set(before) - set(self.papers()))
        raise AssertionError("the round cannot be ended")

    def _write(self, pupil: Pupil, fields: dict[str, str]) -> None:
        if "Submitted." in pupil.page:
            return
        assert pupil.save(**fields).status_code == 204
        acknowledged = len(self.papers())
        assert pupil.send(**fields).status_code == 200
        self.lost += acknowledged != len(self.papers())

    def _reveal(self) -> None:
        if shown := re.search(r'data-key="(write:1[^"]*)"', self.teacher.page):
            self.teacher.do("next", at=shown[1])  # refused where a step that was kept pending fell due meanwhile
            self.teacher.do("now")
        stop = time.monotonic() + 60
        while 'data-key="hear:1"' not in self.teacher.page or not self._heard():
            assert time.monotonic() < stop
            time.sleep(0.05)

    def _heard(self) -> bool:
        """Whether the debate has its record and nothing else."""
        folder = next(p for p in self.folder.glob(f"*/{RUNS}/*") if not p.name.startswith("."))
        return (folder / "run.json").exists() and not any((folder / name).exists() for name in SCAFFOLD)

    def told(self, question: str) -> list[tuple]:
        """What the room's file says."""
        (path,) = self.folder.glob(f"*/{FILE}")
        with contextlib.closing(sqlite3.connect(path)) as db:
            return list(db.execute(question))

    def papers(self) -> list[tuple]:
        """Every paper on the disk."""
        return self.told(WRITTEN)

    def left(self) -> dict[str, object]:
        """What has to be the same however the round went: the papers, and every file of the debate."""
        found = {p.name: p.read_bytes() for p in self.folder.glob(f"*/{RUNS}/*/*") if not p.name.startswith(".")}
        return {"papers": self.papers(), **found}

    def close(self) -> None:
        """Let everybody go."""
        self.end()
        for person in (self.teacher, *self.pupils):
            person.http.close()
