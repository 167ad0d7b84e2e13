"""A classroom for tests: a server on loopback, a teacher and students who fill in its forms over HTTP."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import uvicorn

from simulation.classroom import keys
from simulation.classroom.app import application
from simulation.classroom.browsers import Form, Forms, form
from simulation.classroom.server import hosts

PLACES = {"places.japan": "1", "places.china": "0", "places.india": "2", "places.eu": "0", "places.australia": "0"}
REASON = "Our interests and our law point this way."
ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def until(what, patience=120.0):
    """What a call returns once it is something."""
    stop = time.monotonic() + patience
    while time.monotonic() < stop:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing came of {what}")


class Person:
    """Somebody with a browser."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = httpx.Client(base_url=base, headers={"origin": base}, follow_redirects=True, timeout=30)

    def get(self, path: str, **more) -> httpx.Response:
        return self.http.get(path, **more)

    def post(self, found: Form, **values) -> httpx.Response:
        return self.http.post(found.action, data={**found.values, **{k: v for k, v in values.items() if v is not None}})


class Pupil(Person):
    def join(self, code: str, country: str | None = None, handle: str | None = None) -> httpx.Response:
        found = form(self.get(f"/j/{code}").text, f"/j/{code}")
        assert found is not None
        return self.post(found, country=country, handle=handle)

    @property
    def page(self) -> str:
        return self.get("/seat").text

    @property
    def paper(self) -> Form:
        return until(lambda: form(self.page, "/seat/send"))

    def send(self, **fields) -> httpx.Response:
        return self.post(self.paper, **fields)

    def save(self, **fields) -> httpx.Response:
        paper = self.paper
        return self.http.post("/seat/save", data={**paper.values, **fields})

    def written(self, stance="support", pct=45, **more) -> dict[str, str]:
        """A writing form filled in."""
        found = {k: str(pct) for k in self.paper.choices if k.startswith("position.")}
        found |= {k: REASON for k in self.paper.texts if k.startswith("reason.")}
        return {**found, "stance": stance, "headline": "We have read it and this is our answer.", **more}

    def write(self, **more) -> httpx.Response:
        return self.send(**self.written(**more))

    def predict(self, stance="support", sure="60") -> httpx.Response:
        choices = self.paper.choices
        fields = {k: stance for k in choices if k.startswith("stance.")}
        return self.send(**fields, **{k: sure for k in choices if k.startswith("sure.")})


class Teacher(Person):
    room = ""

    def enter(self, link: str) -> "Teacher":
        assert self.get(link).status_code == 200
        return self

    def open(self, scenario: str = "takaichi_coalition", text: str = "", **fields) -> str:
        home = form(self.get("/teacher").text, "/teacher/prepare")
        setup = form(self.post(home, scenario=scenario, text=text).text, "/teacher/open")
        assert setup is not None
        clocks = {k: "0" for k in setup.values if k.startswith("minutes.")}
        places = PLACES if scenario == "takaichi_coalition" and not text else {}
        given = {"rounds": "2", "handles": "neutral", "choose": "pick", "late": "wait"}
        reply = self.post(setup, **{**clocks, **places, **given, **fields})
        assert reply.status_code == 200, reply.text
        self.room = reply.url.path.rpartition("/")[2]
        return re.search(r"room ([A-Z0-9]{6})", reply.text)[1]

    @property
    def page(self) -> str:
        return self.get(f"/teacher/{self.room}").text

    def do(self, what: str, **fields) -> httpx.Response:
        token = Forms(self.page).found[0].values["token"]
        return self.http.post(f"/teacher/{self.room}/do", data={"token": token, "do": what, **fields})

    def next(self, **fields) -> None:
        """The next step, at once, and waited for."""
        before = re.search(r'data-key="([^"]*)"', self.page)[1]
        reply = self.do("next", **fields)
        assert reply.status_code == 200, reply.text
        self.do("now")
        until(lambda: re.search(r'data-key="([^"]*)"', self.page)[1] != before)

    def export(self, name: str) -> httpx.Response:
        return self.get(f"/teacher/{self.room}/export/{name}")


class Served:
    """A classroom served by a thread of the test."""

    def __init__(self, folder: Path, grace: float = 10.0, clock=time.time, database=None) -> None:
        self.folder, self.secret, self.port = folder, keys.token(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        more = {"address": self.base, "grace": grace, "clock": clock, "database": database}
        self.app = application(folder, self.secret, hosts("127.0.0.1"), **more)
        self.house = self.app.house
        config = uvicorn.Config(self.app, port=self.port, log_level="error", timeout_graceful_shutdown=1, ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._people: list[Person] = []

    def __enter__(self) -> "Served":
        self._thread.start()
        until(lambda: self._server.started or not self._thread.is_alive())
        return self

    def __exit__(self, *_: object) -> None:
        for person in self._people:
            person.http.close()
        self._server.should_exit = True
        self._thread.join(20)

    def _with(self, person: Person) -> Person:
        self._people.append(person)
        return person

    def teacher(self) -> Teacher:
        return self._with(Teacher(self.base)).enter(f"/teach/{self.secret}")

    def pupil(self) -> Pupil:
        return self._with(Pupil(self.base))

    def stranger(self) -> Person:
        return self._with(Person(self.base))


class Process:
    """A classroom served by the command, in a process that can be killed."""

    def __init__(self, folder: Path, *options: str, database=None) -> None:
        self.folder, self.port = folder, free_port()
        self.more = {"COMMUNIQUE_DATABASE": database.url} if database else {}
        self.base, self.options = f"http://127.0.0.1:{self.port}", options
        self.link = ""

    def start(self) -> "Process":
        words = ["classroom", "--port", str(self.port), "--folder", str(self.folder), *self.options]
        program = f"from simulation.cli import main; main({words!r})"
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self.more}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
        )
        said = []
        while "Ctrl-C" not in (said[-1] if said else ""):
            said.append(self.process.stdout.readline())
            assert said[-1], "".join(said)
        self.link = re.search(r"/teach/\S+", "".join(said))[0]
        until(self.answers)
        return self

    def answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(self.base, timeout=5).status_code == 200
        return False

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(20)
        self.process.stdout.close()
        return status
