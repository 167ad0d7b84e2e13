"""What a recording keeps, what it survives, and that nothing is asked twice."""

import asyncio
import json
import os
import subprocess
import sys

import pytest
from doubles import SETTINGS, ScriptedCaller

from simulation.calls import CallFailed, LimitReached, Reach, Reply, Request, Settings, Usage
from simulation.cassettes import Cassette, NotRecorded, Recorder, Strict
from simulation.errors import InputError, Unwritable
from simulation.models import connect

KEY = "sk-of-nobody-0123456789"


def request(text="q", **more):
    at = {"seat": "JPN", "round": 1, "attempt": 1, "settings": SETTINGS, "schema": {"type": "object"}}
    return Request(**{**at, **more}, messages=(("user", text),))


def reply(asked, **more):
    return Reply(key=asked.key, seat=asked.seat, round=asked.round, attempt=asked.attempt, **more)


def ask(caller, *requests):
    async def all_of_them():
        return await asyncio.gather(*(caller.ask(r) for r in requests), return_exceptions=True)

    return asyncio.run(all_of_them())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "replies.jsonl"


def recorded(path, *texts):
    with Cassette(path) as cassette:
        ask(Recorder(ScriptedCaller(["yes"]), cassette), *[request(t) for t in texts])
    return path


def test_a_recorded_question_is_not_asked_again(path):
    recorded(path, "a", "b")
    inner = ScriptedCaller(["no"])
    with Cassette(path) as cassette:
        recorder = Recorder(inner, cassette)
        found = ask(recorder, request("a"), request("b"), request("c"))
    assert [r.text for r in found] == ["yes", "yes", "no"]
    assert len(inner.requests) == 1
    assert [r.text for r in recorder.used] == ["yes", "yes", "no"]
    assert [r.text for r in Cassette(path).replies] == ["yes", "yes", "no"]


def test_everything_that_decides_a_reply_is_part_of_the_question_and_the_address_is_not(path):
    recorded(path, "a")
    cassette = Cassette(path)
    near = Settings(**{**SETTINGS.model_dump(), "base_url": "http://127.0.0.1:1/v1", "context": 9000})
    assert cassette.find(request("a", settings=near))
    for other in ({"temperature": 0.5}, {"model": "test:other"}, {"structured": "none"}, {"reply_tokens": 99}):
        assert cassette.find(request("a", settings=Settings(**{**SETTINGS.model_dump(), **other}))) is None
    assert cassette.find(request("a", schema={"type": "array"})) is None


def test_a_reply_is_on_the_disk_before_it_is_returned(path):
    seen = []

    class Nosy(ScriptedCaller):
        async def ask(self, asked, hearing=lambda seat, tokens: None):
            seen.append(path.read_text(encoding="utf-8"))
            return await super().ask(asked)

    async def one_after_another(recorder):
        for text in "ab":
            await recorder.ask(request(text))
            seen.append(path.read_text(encoding="utf-8"))

    with Cassette(path) as cassette:
        asyncio.run(one_after_another(Recorder(Nosy(["yes"]), cassette)))
    assert [text.count("\n") for text in seen] == [0, 1, 1, 2]


def test_a_failure_is_recorded_fails_again_in_the_same_words_and_is_asked_again_only_where_told(path):
    def breaks(asked):
        raise CallFailed("it broke off", "try later", retries=3)

    with Cassette(path) as cassette:
        first = ask(Recorder(ScriptedCaller([breaks]), cassette), request())[0]
    again = ask(Strict(Cassette(path)), request())[0]
    assert str(again) == str(first) == "it broke off; try later"
    assert (again.retries, again.setup, type(again)) == (3, False, CallFailed)
    with Cassette(path) as cassette:
        assert str(ask(Recorder(ScriptedCaller(["yes"]), cassette), request())[0]) == str(first)
        assert ask(Recorder(ScriptedCaller(["yes"]), cassette, retry_failures=True), request())[0].text == "yes"
    assert ask(Strict(Cassette(path)), request())[0].text == "yes"
    assert len(Cassette(path).replies) == 1


@pytest.mark.parametrize("error", [LimitReached("no money left"), CallFailed("no such model", setup=True)])
def test_a_call_that_was_not_made_or_cannot_work_replays_as_what_it_was(path, error):
    def breaks(asked):
        raise error

    with Cassette(path) as cassette:
        ask(Recorder(ScriptedCaller([breaks]), cassette), request())
    again = ask(Strict(Cassette(path)), request())[0]
    assert (type(again), str(again), again.setup) == (type(error), str(error), error.setup)


def test_a_question_that_was_not_recorded_names_its_seat_and_round(path):
    found = ask(Strict(Cassette(path)), request(seat="IND", round=2))[0]
    assert isinstance(found, NotRecorded)
    assert str(found) == "what IND asks in round 2 was not recorded"
    assert found.setup


def test_a_fork_takes_over_what_is_still_the_same_and_asks_the_rest(path, tmp_path):
    recorded(path, "same")
    inner = ScriptedCaller(["new"])
    with Cassette(path, read_only=True) as before, Cassette(tmp_path / "fork.jsonl") as cassette:
        found = ask(Recorder(Strict(before, inner), cassette), request("same"), request("changed"))
    assert [r.text for r in found] == ["yes", "new"]
    assert [r.messages[0][1] for r in inner.requests] == ["changed"]
    assert [r.text for r in Cassette(tmp_path / "fork.jsonl").replies] == ["yes", "new"]


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_line_that_a_crash_cut_off_is_dropped_and_written_anew(path, cut):
    whole = recorded(path, "a", "b").read_bytes()
    path.write_bytes(whole[:-cut])
    assert len(Cassette(path).replies) == 1
    inner = ScriptedCaller(["yes"])
    with Cassette(path) as cassette:
        ask(Recorder(inner, cassette), request("a"), request("b"))
    assert [r.messages[0][1] for r in inner.requests] == ["b"]
    assert path.read_bytes() == whole


def test_a_file_of_zeros_after_a_power_cut_loses_only_its_end(path):
    whole = recorded(path, "a").read_bytes()
    path.write_bytes(whole + b"\0" * 500)
    assert len(recorded(path, "a", "b").read_bytes().splitlines()) == 2


@pytest.mark.parametrize("bad", [b"{}", b"no json", b'{"key": 1}', b"\xff\xfe"])
def test_a_damaged_line_in_the_middle_is_refused_with_its_number(path, bad):
    lines = recorded(path, "a", "b", "c").read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + bad + b"\n" + lines[2])
    with pytest.raises(InputError, match="line 2 is no reply") as refused:
        Cassette(path)
    assert refused.value.code == "E140"


def test_a_link_is_not_written_through(path, tmp_path):
    other = tmp_path / "precious"
    other.write_text("")
    path.symlink_to(other)
    with pytest.raises(InputError, match="it is a link"):
        Cassette(path)


def test_a_second_process_is_refused_and_a_dead_one_does_not_block(path):
    program = (
        "import sys, pathlib; from simulation.cassettes import Cassette\n"
        "with Cassette(pathlib.Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout.readline() == "in\n"
        with pytest.raises(InputError, match="another process is at work") as refused, Cassette(path):
            pass
        assert refused.value.code == "E141"
        assert Cassette(path).replies == ()
        other.kill()
    with Cassette(path):
        pass


def test_two_recordings_of_one_file_in_one_process_are_refused_too(path):
    with Cassette(path), pytest.raises(InputError, match="another process"), Cassette(path):
        pass


def test_a_disk_that_is_full_stops_the_run_and_leaves_no_half_line(path, monkeypatch):
    with Cassette(path) as cassette:
        recorder = Recorder(ScriptedCaller(["yes"]), cassette)
        ask(recorder, request("a"))

        def full(handle):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(Unwritable, match="no space left"):
            raise ask(recorder, request("b"))[0]
        monkeypatch.undo()
        ask(recorder, request("c"))
    assert [r.key for r in Cassette(path).replies] == [request("a").key, request("c").key]


def test_an_unusable_place_is_an_error_of_the_user(tmp_path):
    with pytest.raises(InputError, match="cannot be used"), Cassette(tmp_path / "no" / "replies.jsonl"):
        pass


def test_a_recording_holds_no_key_no_header_and_no_address(path, hostile):
    settings = Settings(model="local", base_url=hostile.url)
    hostile.reply = lambda seen: f"You sent {seen.headers['authorization']} to {seen.headers['host']}"
    with Cassette(path) as cassette:
        caller = Recorder(connect(settings, Reach(retries=0), {"COMMUNIQUE_API_KEY": KEY}), cassette)
        found = ask(caller, request(settings=settings))[0]
    kept = path.read_text(encoding="utf-8")
    assert KEY in hostile.seen[0].headers["authorization"]
    assert KEY not in kept
    assert "base_url" not in kept
    assert found == Cassette(path).replies[0]
    assert set(json.loads(kept)) == {"key", "seat", "round", "attempt", "text", "usage"}


def test_a_reply_in_any_script_comes_back_as_it_was(path):
    text = 'Zeile\u2028 "eins"\n第二行\t\x00 ende\r'
    asked = request()
    with Cassette(path) as cassette:
        asyncio.run(cassette.keep(reply(asked, text=text, usage=Usage(prompt=1))))
    assert Cassette(path).find(asked).text == text


def _together(cassette, count):
    """Keep replies that arrive at one moment; what each wait came to."""
    requests = [request(f"question {n}") for n in range(count)]

    async def all_of_them():
        return await asyncio.gather(*(cassette.keep(reply(r)) for r in requests), return_exceptions=True)

    return requests, asyncio.run(all_of_them())


def test_replies_that_arrive_together_share_a_flush_and_are_all_kept(path, monkeypatch):
    flushed, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (flushed.append(handle), fsync(handle)))
    with Cassette(path) as cassette:
        requests, outcomes = _together(cassette, 20)
    assert outcomes == [None] * 20
    assert len(flushed) <= 2
    assert all(Cassette(path).find(r) for r in requests)


def test_replies_that_share_a_flush_share_its_failure(path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with Cassette(path) as cassette:
        _, outcomes = _together(cassette, 5)
    assert [type(o) for o in outcomes] == [Unwritable] * 5
    assert path.read_bytes() == b""
