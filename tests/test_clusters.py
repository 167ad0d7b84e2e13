"""Sweeps on Dask, on real clusters of loopback: the same table, whatever becomes of the workers."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from dying import die
from test_sweep import COMMAND, MANY, PAGE, page, tables  # noqa: F401  # a fixture

from simulation import clusters
from simulation.errors import InputError

ROOT = Path(__file__).parent.parent
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10s"}
LOOPBACK = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
BARE = "import sys; sys.modules['simulation'] = None"
OTHER = (
    "from simulation import clusters as c; mine = c.identity(); c.identity = lambda: ('communique 0.0.9', *mine[1:])"
)


@contextmanager
def running(kind, *args, before=""):
    program = f"{before}\nfrom distributed.cli.dask_{kind} import main\nmain()"
    command = [sys.executable, "-c", program, *LOOPBACK, *args]
    process = subprocess.Popen(command, env=ENV, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler, which no worker has joined."""
    path = tmp_path_factory.mktemp("dask") / "scheduler.json"
    with running("scheduler", "--port", "0", "--scheduler-file", str(path)) as process:
        deadline = time.monotonic() + 60
        while not path.exists() or not path.read_text():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield json.loads(path.read_text())["address"]


@contextmanager
def worker(address, before=""):
    with running("worker", address, "--no-nanny", "--nthreads", "1", before=before) as process:
        yield process


@pytest.mark.distributed
def test_a_worker_that_is_killed_on_a_cluster_costs_no_cell_and_doubles_none(communique, page, tmp_path, scheduler):  # noqa: F811
    name = page(MANY)
    whole = communique("sweep", name, "--workers", "1", "--out", "whole")
    with worker(scheduler), worker(scheduler) as doomed:
        command = [*COMMAND, name, "--scheduler", scheduler]
        process = subprocess.Popen(command, cwd=tmp_path, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not (found := [p for p in tmp_path.glob("sweeps/*/cells.jsonl") if p.stat().st_size]):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        doomed.send_signal(signal.SIGKILL)
        held = found[0].read_bytes().count(b"\n")
        assert process.poll() is None
        said = process.communicate(timeout=120)[1].decode()
    assert held < 180
    assert process.returncode == 0, said
    cells = [json.loads(line)["cell"] for line in found[0].read_text(encoding="utf-8").splitlines()]
    assert sorted(cells) == list(range(180))
    assert tables(found[0].parent) == tables(Path(whole.out.strip()).parent)


def test_dask_without_a_scheduler_starts_workers_and_leaves_the_same_bytes(communique, page, tmp_path):  # noqa: F811
    name = page(PAGE)
    one = communique("sweep", name, "--workers", "1", "--out", "one")
    two = communique("sweep", name, "--executor", "dask", "--workers", "2", "--out", "two")
    assert two.status == 0, two.err
    assert tables(Path(one.out.strip()).parent) == tables(Path(two.out.strip()).parent)
    again = communique("sweep", "--resume", str(Path(two.out.strip()).parent), "--executor", "dask")
    assert "24 of them done before" in again.err


def test_a_scheduler_that_is_not_there_is_named_with_the_line_that_starts_one(communique, page, monkeypatch):  # noqa: F811
    monkeypatch.setattr(clusters, "ANSWER", 0.5)
    for address in ("tcp://127.0.0.1:9", "foo://somewhere"):
        said = communique("sweep", page(PAGE), "--scheduler", address)
        assert said.status == 2
        assert f"error[E190]: no scheduler answers at {address}" in said.err
        assert "dask scheduler" in said.err


@pytest.mark.distributed
def test_a_scheduler_without_workers_is_not_waited_for_for_ever(communique, page, scheduler, monkeypatch):  # noqa: F811
    monkeypatch.setattr(clusters, "PATIENCE", 0.5)
    said = communique("sweep", page(PAGE), "--scheduler", scheduler)
    assert said.status == 2
    assert f"error[E190]: the scheduler {scheduler} has no worker" in said.err
    assert f"dask worker {scheduler}" in said.err


@pytest.mark.distributed
@pytest.mark.parametrize(("before", "told"), [(BARE, "cannot load communique"), (OTHER, "runs communique 0.0.9; here")])
def test_a_worker_without_this_code_holds_no_cell(communique, page, tmp_path, scheduler, before, told):  # noqa: F811
    with worker(scheduler, before=before):
        said = communique("sweep", page(PAGE), "--scheduler", scheduler)
    assert said.status == 2
    assert "error[E191]" in said.err
    assert told in " ".join(said.err.split())
    (journal,) = tmp_path.glob("sweeps/*/cells.jsonl")
    assert journal.read_bytes() == b""


def test_a_worker_of_other_code_that_joins_later_is_found_out_by_its_first_chunk():
    sent = ("communique 0.0.9", *clusters.identity()[1:])
    with pytest.raises(InputError, match=r"runs communique .*; here it is communique 0\.0\.9") as caught:
        clusters.do(b"", [0], sent)
    assert caught.value.code == "E191"


@pytest.mark.distributed
def test_cells_that_kill_every_worker_of_a_cluster_are_named():
    import dask

    once = dask.config.set({"distributed.scheduler.allowed-failures": 0})
    told = "died 1 times over, at work on cells 7"
    with once, clusters.Cluster(die, 1) as cluster, pytest.raises(InputError, match=told) as caught:
        list(cluster.results(iter([[7]])))
    assert caught.value.code == "E172"


def test_a_missing_dask_is_told_with_the_line_that_installs_it(communique, page, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = communique("sweep", page(PAGE), "--executor", "dask")
    assert said.status == 2
    assert "error[E189]" in said.err
    assert "pip install 'communique[distributed]'" in said.err
    assert not (tmp_path / "sweeps").exists()


def test_a_scheduler_is_for_dask_only(communique, page):  # noqa: F811
    assert communique("sweep", page(PAGE), "--executor", "local", "--scheduler", "tcp://127.0.0.1:9").status == 2
