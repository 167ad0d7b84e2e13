"""What every test starts from: no network but loopback, a clean environment, and the command line in-process."""

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from hostile import hostile  # noqa: F401  # a fixture
from hypothesis import HealthCheck, settings

from simulation import cli
from simulation.catalog import load_scenario
from simulation.engines import seat
from simulation.floor import Floor
from simulation.plans import table_of
from simulation.runs import Run, run

os.environ["LANGSMITH_TRACING"] = "false"
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any speed")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
ROOT = Path(__file__).parent.parent
FIVE = ("japan", "china", "india", "eu", "australia")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """The suite cannot reach the network or spend money."""
    real = socket.socket.connect

    def connect(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    for name in [k for k in os.environ if k.startswith("COMMUNIQUE_")]:
        monkeypatch.delenv(name)


@dataclass
class Result:
    status: int
    out: str
    err: str


@pytest.fixture
def communique(capsys, monkeypatch, tmp_path):
    """Type a command in an empty folder; returns its exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def typed(*args: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            cli.main(list(args))
        said = capsys.readouterr()
        return Result(int(stop.value.code or 0), said.out, said.err)

    return typed


@pytest.fixture(scope="module")
def browser():
    """Chromium for the tests that are marked `browser`."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert program, "no Chromium: install it, or name it in CHROMIUM"
    with sync_playwright() as player:
        found = player.chromium.launch(executable_path=program, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server for the tests that are marked `database`."""
    from postgres import Server

    with Server() as found:
        yield found


@pytest.fixture(
    scope="module", params=[None, pytest.param("postgres", marks=pytest.mark.database)], ids=["file", "postgres"]
)
def database(request):
    """Where a classroom keeps its rooms: their folders, or a database on a real server."""
    if request.param is None:
        return None
    from simulation.addresses import named

    server = request.getfixturevalue("postgres")
    return named(server.url(server.made()))


@pytest.fixture(scope="session")
def takaichi() -> Run:
    """The first scenario, held once for the whole session."""
    return run("takaichi_coalition")


@pytest.fixture
def floor() -> Floor:
    """The room of the first scenario in round 1, before anybody has spoken."""
    text = load_scenario("takaichi_coalition")
    seats = table_of(text)
    engines = dict.fromkeys(seats, "dossier")
    found = Floor(text, seats, seat(engines), engines)
    found.begin()
    return found


@pytest.fixture
def turn(floor):
    """Japan's first turn in it."""
    return floor.turn("japan", 1)


@pytest.fixture
def scenario_file(tmp_path):
    """Write a scenario that differs from the Takaichi one by some replacements; returns its path."""
    text = (ROOT / "scenarios" / "takaichi_coalition.yaml").read_text(encoding="utf-8")

    def write(*swaps: tuple[str, str], name: str = "mine.yaml") -> Path:
        changed = text
        for old, new in swaps:
            assert old in changed
            changed = changed.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(changed, encoding="utf-8")
        return path

    return write


@pytest.fixture
def own_agents(tmp_path, monkeypatch):
    """A working folder with copies of the built-in dossiers that a test may change."""
    shutil.copytree(ROOT / "agents", tmp_path / "agents")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "agents"


@pytest.fixture(scope="session")
def scenario():
    return load_scenario("takaichi_coalition")
