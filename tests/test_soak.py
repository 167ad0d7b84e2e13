"""A short soak: what a process holds on to does not grow with the debates and lessons it holds."""

import gc
import importlib.util
from collections import Counter
from pathlib import Path

import evidence
import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "soak.py"


@pytest.fixture(scope="module")
def soak():
    spec = importlib.util.spec_from_file_location("soak", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def ours() -> Counter:
    """How many objects there are of each class of ours."""
    gc.collect()
    return Counter(type(o).__qualname__ for o in gc.get_objects() if str(type(o).__module__).startswith("simulation"))


def kept(soak, work, warm, count):
    """What is there more of after some more work: threads, files, sockets, tasks, and objects of ours."""
    for _ in range(warm):
        work()
    before, known = soak.held(), ours()
    for _ in range(count):
        work()
    after = soak.held()
    names = ("threads", "files", "sockets", "tasks")
    return {
        **{name: getattr(after, name) for name in names if getattr(after, name) > getattr(before, name)},
        **{name: number - known[name] for name, number in ours().items() if number > known[name]},
    }


def test_thirty_debates_leave_nothing_behind_in_the_process(soak, tmp_path):
    assert kept(soak, lambda: soak.debate(tmp_path), 4, 26) == {}


def test_rounds_in_classrooms_leave_nothing_behind_in_the_process(soak, tmp_path):
    assert kept(soak, lambda: soak.lesson(tmp_path, students=2, rounds=2), 1, 2) == {}


def test_what_is_left_behind_is_noticed(soak):
    held = [soak.Held(100.0, 1, 5, 0, 0, 0), soak.Held(106.0, 2, 5, 3, 0, 0)]
    assert soak.grown(held) == ["memory 1.060", "threads 1 to 2", "sockets 0 to 3"]
    assert soak.grown([held[0], soak.Held(104.0, 1, 5, 0, 0, 0)]) == []


def test_the_table_of_what_was_held_takes_what_the_soak_measured(soak):
    held = [soak.Held(100.0, 1, 5, 0, 0, 0), soak.Held(106.0, 2, 5, 0, 0, 0)]
    load, much, came, _ = evidence.row("soak", soak.row("debates", 1000, held))
    assert (load, much) == ("debates", "1,000")
    assert came == "**2** lost or leaked; 100.0 MB at the start, 106.0 MB at the end"
