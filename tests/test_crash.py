"""Work that breaks off: killed at its n-th step, on a full disk, in a closed folder, in two processes at once."""

import ctypes
import json
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import crashes
import dying
import pytest
from crashes import begun, files, typed
from doubles import AgreeableCaller, over_the_wire
from hostile import Hostile, says

from simulation.cassettes import Cassette, claim
from simulation.classroom.clocks import Steady
from simulation.classroom.lesson import Clock, Pending, State, left, resumed
from simulation.errors import InputError
from simulation.faults import Address, fault
from simulation.folders import AGAIN, RECORD, Workplace, place
from simulation.plans import plan

SEED = 20261126


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    with crashes.kinds(tmp_path_factory.mktemp("crash") / "kinds") as found:
        yield {kind.name: kind for parts in found.values() for kind in parts}


@pytest.mark.parametrize("name", ["debate", "sweep that asks", "fit", "export docx"])
def test_work_killed_at_any_step_goes_on_to_the_same_bytes(kinds, tmp_path, name):
    found = crashes.visited(kinds[name], tmp_path / "work", 1, SEED)
    assert found.points == 1
    assert found.whole, found.wrong


def test_a_disk_that_is_full_while_the_first_checkpoint_is_written_costs_nothing(kinds, tmp_path):
    found = crashes.Outcome()
    known = crashes.undisturbed(kinds["debate"], tmp_path / "whole")[1]
    for step in (14, 15):
        crashes._broken(kinds["debate"], tmp_path / f"step{step}", known, found, at=step, full=True)
    assert found.whole, found.wrong


@pytest.mark.parametrize("name", ["debate", "sweep"])
def test_a_full_disk_is_told_in_one_error_and_costs_nothing_that_was_finished(kinds, tmp_path, name):
    found = crashes.visited(kinds[name], tmp_path / "work", 1, SEED, full=True)
    assert found.points == 1
    assert found.whole, found.wrong


@pytest.mark.parametrize("name", ["debate", "sweep"])
def test_a_real_disk_that_fills_up_costs_nothing_that_was_finished(kinds, tmp_path, name):
    if not crashes.may_mount(tmp_path):
        pytest.skip("only root can mount a small disk, and not everywhere")
    found = crashes.filled(kinds[name], tmp_path / "work", 2, SEED)
    assert found.points == 2
    assert found.whole, found.wrong


def test_a_round_whose_server_is_killed_at_any_step_ends_as_if_it_had_not_been(tmp_path):
    found = crashes.lesson(tmp_path / "lesson", 1, SEED)
    assert found.points == 1
    assert found.steps > 100
    assert found.whole, found.wrong


def test_a_step_that_loses_something_is_noticed(kinds, tmp_path):
    """The check itself: work whose second command is another one does not end in the same bytes."""

    class Careless(type(kinds["export md"])):
        def again(self, folder):
            return ("explain", "E199")

    careless = Careless("md", kinds["export md"].run)
    found = crashes.visited(careless, tmp_path / "work", 1, SEED)
    assert found.different == 1
    assert not found.whole


def test_a_kill_while_failed_seats_are_asked_again_asks_nobody_twice(communique, hostile, monkeypatch, tmp_path):
    """One seat fails, is asked again and answers; the process is killed before the record is written."""
    monkeypatch.setenv("COMMUNIQUE_API_KEY", "sk-of-a-test")
    hostile.reply = over_the_wire(AgreeableCaller.of())
    hostile.choose = lambda seen: says("{}") if "(IND), capital" in seen.prompt else None
    words = (
        "run",
        "takaichi_coalition",
        "--engine",
        "chat_model",
        "--model",
        "openai:local",
        "--base-url",
        hostile.url,
    )
    said = communique(*words, "--countries", "japan,india", "--rounds", "1")
    assert said.status == 4
    folder = (tmp_path / said.out.strip()).parent
    hostile.choose = lambda seen: None
    asked = len(hostile.seen)
    killed = typed(("resume", str(folder)), tmp_path, at=_last_step(folder, tmp_path))
    assert killed.status < 0
    assert (folder / AGAIN).exists()
    assert len(hostile.seen) == asked + 1
    assert communique("resume", str(folder)).status == 0
    assert len(hostile.seen) == asked + 1
    assert not (folder / AGAIN).exists()
    assert json.loads((folder / RECORD).read_text(encoding="utf-8"))["transcript"]["gaps"] == []


def _last_step(folder, tmp_path):
    """The step at which a resumed run moves its record into place: the last such step of a trial in a copy."""
    copy = tmp_path / "trial" / folder.name
    shutil.copytree(folder, copy)
    with Hostile(reply=over_the_wire(AgreeableCaller.of())) as other:
        ended = typed(("resume", str(copy), "--base-url", other.url), tmp_path)
    assert ended.status == 0, ended.err
    return len(ended.steps) - ended.steps[::-1].index("replace")


@pytest.mark.parametrize("name", ["debate of desks", "sweep"])
def test_a_folder_that_cannot_be_written_is_named_with_a_cure(kinds, tmp_path, name):
    kind, folder = kinds[name], tmp_path / "closed"
    folder.mkdir()
    kind.prepare(folder)
    folder.chmod(0o555)
    ended = typed(kind.first(folder), folder, setup=_without_rights)
    assert ended.status == 2, ended.err
    assert ended.err.count("error[E101]") == 1
    assert "cannot be written: permission denied" in ended.err
    assert "= help: give --out another folder, or make room" in ended.err


def test_a_run_that_cannot_be_written_any_more_is_read_and_its_resume_refused(kinds, tmp_path):
    debate, folder = kinds["debate"], tmp_path / "closed"
    folder.mkdir()
    ended, _ = crashes.undisturbed(debate, tmp_path / "whole")
    typed(debate.first(folder), folder, at=len(ended.steps) // 2)
    (run,) = (p for p in (folder / "runs").iterdir() if not p.name.startswith("."))
    before = files(folder)
    for path in (*run.iterdir(), run):
        path.chmod(0o555)
    ended = typed(debate.again(folder), folder, setup=_without_rights)
    assert ended.status == 2, ended.err
    assert ended.err.count("error[E140]") == 1
    assert "permission denied" in ended.err
    assert files(folder) == before
    run.chmod(0o755)


def _without_rights():
    """Give up what opens every folder to the system's own user."""
    if sys.platform == "linux" and os.getuid() == 0:
        header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None).capset(header, none) == 0


def test_two_processes_at_one_run_get_one_error_and_the_first_is_not_harmed(communique, tmp_path):
    asked = plan("takaichi_coalition", people=("india",))
    workplace = Workplace(tmp_path / "runs" / asked.id)
    workplace.open(asked)
    with Cassette(workplace.replies):
        before = files(tmp_path)
        said = communique("resume", str(workplace.folder))
        assert said.status == 2
        assert said.err.count("error[E") == 1
        assert "E141" in said.err
        assert "another process is at work" in said.err
        assert files(tmp_path) == before


def test_the_same_debate_written_by_two_at_once_is_there_once_and_whole(tmp_path, monkeypatch):
    """The second finds the folder only when it wants to give its own that name."""
    exists, there = Path.exists, iter([False])
    monkeypatch.setattr(Path, "exists", lambda self: next(there, True) and exists(self))
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / RECORD).write_text("{}", encoding="utf-8")
    place({RECORD: "{}\n", "assessment.md": "so it ended\n"}, folder)
    monkeypatch.undo()
    assert files(tmp_path) == {"run/assessment.md": b"so it ended\n", "run/run.json": b"{}\n"}
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_two_fits_and_two_sweeps_at_once_leave_the_files_of_one(kinds, tmp_path):
    for name in ("fit", "sweep"):
        kind, folder = kinds[name], tmp_path / name
        folder.mkdir()
        kind.prepare(folder)
        both = [begun(kind.first(folder), folder, tmp_path / f"{name}{k}", setup=kind.setup()) for k in (1, 2)]
        for process in both:
            process.join(120)
        assert 0 in [p.exitcode for p in both]
        for k, process in enumerate(both, 1):
            told = (tmp_path / f"{name}{k}.err").read_text(encoding="utf-8")
            assert process.exitcode == 0 or (process.exitcode == 2 and told.count("error[E141]") == 1), told
        _, known = crashes.undisturbed(kind, tmp_path / f"{name}-alone")
        assert kind.left(folder) == known


def test_the_record_is_moved_into_place_last(tmp_path, monkeypatch):
    moved, replace = [], Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: moved.append(to.name) or replace(self, to))
    folder = tmp_path / "run"
    folder.mkdir()
    place({RECORD: "{}", "assessment.md": "a", "transcript.md": "b"}, folder)
    assert moved[-1] == RECORD
    assert len(moved) == 3


def test_a_statement_after_a_line_that_was_cut_off_is_kept(takaichi, tmp_path):
    workplace = Workplace(tmp_path)
    said = takaichi.transcript.statements[:2]
    workplace.keep(said[0])
    path = tmp_path / "statements.jsonl"
    path.write_bytes(path.read_bytes() + '{"statement": "caf\u00e9'.encode()[:-1])
    workplace.keep(said[1])
    assert workplace.kept() == list(said)


def test_a_clock_that_jumps_between_start_and_resume_changes_no_byte(kinds, tmp_path):
    debate = kinds["debate"]
    ended, known = crashes.undisturbed(debate, tmp_path / "whole")
    for jump in (-timedelta(days=9000), timedelta(days=9000)):
        folder = tmp_path / f"jump{jump.days}"
        folder.mkdir()
        typed(debate.first(folder), folder, at=len(ended.steps) // 2)
        assert typed(debate.again(folder), folder, moment=dying.MOMENT + jump).status == 0
        assert debate.left(folder) == known


def test_a_clock_set_back_onto_an_earlier_run_overwrites_nothing(tmp_path):
    asked = plan("takaichi_coalition", people=("india",))
    Workplace(tmp_path / asked.id).open(asked)
    before = files(tmp_path)
    with pytest.raises(InputError, match="as the clock has it"):
        Workplace(tmp_path / asked.id).open(asked)
    assert files(tmp_path) == before


def test_the_classrooms_clock_runs_on_when_the_machines_is_set():
    day, passed = [1_000_000.0], [50.0]
    clock = Steady(lambda: day[0], lambda: passed[0])
    day[0], passed[0] = 9_000_000.0, 53.0
    assert clock() == 1_000_003.0
    day[0], passed[0] = 0.0, 60.0
    assert clock() == 1_000_010.0


@pytest.mark.parametrize("now", [0.0, 900.0, 1_000.0, 1_100.0, 9_000.0])
def test_a_room_taken_up_by_a_clock_set_back_or_forth_gives_no_step_more_time_than_it_had(now):
    state = State(clock=Clock(left=120.0, ends=1_120.0), pending=Pending(action="next", due=1_010.0))
    found = resumed(state, now, 10.0)
    assert left(found, now) == max(0.0, min(120.0, 1_120.0 - now))
    assert found.pending.due - now <= 10.0
    assert resumed(found, now, 10.0) == found


def test_a_server_that_names_a_time_is_waited_for_by_its_own_clock(hostile):
    now = datetime(2001, 1, 1, tzinfo=UTC)
    form = "%a, %d %b %Y %H:%M:%S GMT"
    headers = {"retry-after": (now + timedelta(seconds=7)).strftime(form), "date": now.strftime(form)}

    class Refused(Exception):
        status_code = 429
        response = type("Response", (), {"headers": headers})

    assert fault(Refused("slow down"), Address("m", "s")).wait == 7.0


def test_a_lock_is_let_go_by_whoever_dies_with_it(tmp_path):
    with (tmp_path / "lock").open("ab") as first:
        claim(first, tmp_path)
        with pytest.raises(InputError, match="another process"), (tmp_path / "lock").open("ab") as second:
            claim(second, tmp_path)
    with (tmp_path / "lock").open("ab") as third:
        claim(third, tmp_path)
