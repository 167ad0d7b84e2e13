"""People at the terminal, through the command they type: a script on standard input, a real terminal, a kill."""

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT

from simulation.errors import InputError, Interrupted
from simulation.launches import launch
from simulation.plans import plan
from simulation.records import load
from simulation.report import files
from simulation.seats import Curtain
from simulation.verification import verify

COMMAND = (sys.executable, "-c", "from simulation.cli import main; main()")
FIRST = (
    *("-40", "6"),
    *("60", "5"),
    *("20", "we like to train together"),
    *("0", ""),
    *("30", "4"),
    *("-80", "7"),
    *("10", ""),
)
"""A position and a reason for each of the seven provisions."""
OPENING = (*FIRST, "0", "India joins no alliance.", "")
"""The stance, the sentence, and handing in."""
SECOND = ("CHN-1.1", "r", "We take no sides, and defend our border.", "", "3", "35", "8", "JPN-1", "", "", "")
THIRD = ("", "", "1", "our own words", "", "", "", "")
WHOLE = (*OPENING, *SECOND, *THIRD)


@pytest.fixture
def typing(communique, monkeypatch):
    """Type a command, and then lines at its prompts."""

    def typed(lines, *args):
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return communique("run", "takaichi_coalition", *args)

    return typed


def folder_of(said, tmp_path):
    return (tmp_path / said.out.strip().splitlines()[-1]).parent


def plain(text):
    return " ".join(text.split())


def test_a_person_types_a_whole_debate_and_the_record_holds(typing, tmp_path):
    said = typing(WHOLE, "--human", "india")
    assert said.status == 0
    assert said.out.startswith("runs/")
    folder = folder_of(said, tmp_path)
    found = load(folder)
    one, two, three = found.transcript.of("IND")
    assert {s.engine for s in (one, two, three)} == {"human"}
    assert [round(100 * v.position) for v in one.views] == [-40, 60, 20, 0, 30, -80, 10]
    assert one.headline == "India joins no alliance."
    cited = {p.provision: p.sources for p in one.implications}
    assert cited["mutual_protection"]
    assert not cited["deterrence"]
    assert any(d.kind == "source" and "position on" in d.text and "deterrence" in d.text for d in one.departures)
    assert [(a.argument, a.tone, a.text) for a in two.answers] == [
        ("CHN-1.1", "rebuts", "We take no sides, and defend our border.")
    ]
    assert [(s.provision, s.before, s.after, s.because) for s in two.shifts] == [("deterrence", 0.2, 0.35, "JPN-1")]
    assert [(a.text, bool(a.option)) for a in three.asks][1] == ("our own words", False)
    assert three.asks[0].option
    assert verify(folder) == []


def test_what_the_others_say_is_told_after_the_person_has_handed_in(typing):
    said = typing(WHOLE, "--human", "india")
    lines = said.err.splitlines()
    handed = [k for k, line in enumerate(lines) if "Handed in." in line]
    for number, at in enumerate(handed, 1):
        told = [
            k for k, line in enumerate(lines) if re.match(rf"[A-Z]+-{number} (supports|stays|opposes|strongly)", line)
        ]
        assert len(told) == 5
        assert min(told) > at


def test_a_person_is_shown_the_proposal_the_rules_and_numbered_reasons(typing):
    said = plain(typing(("?", *WHOLE), "--human", "india").err)
    assert "You speak for Republic of India." in said
    assert re.search(r"\b1\. \((for|against) [a-z]", said)
    assert "SOURCES YOU MAY CITE" in said
    assert "JPN-1.1 for deterrence" in said
    assert "6. democratic membership: -80" in said


def test_a_slip_costs_one_prompt(typing, tmp_path):
    wrong = ("-400", "much", "-40", "6", *FIRST[2:], "maybe", "-2", "", "", "s", "0", "")
    said = typing(
        (*wrong, *SECOND[:1], "x", *SECOND[1:3], "JPN-9", *SECOND[3:4], "9,3", *SECOND[4:], *THIRD), "--human", "india"
    )
    assert said.status == 0
    text = plain(said.err)
    assert text.count("a whole number from -100 to 100") == 2
    assert "change the stance or the positions" in text
    assert "this cannot be handed in yet" in text
    assert "r, c or a" in text
    assert "no JPN-9; did you mean" in text
    assert "numbers from 1 to 7" in text
    one = load(folder_of(said, tmp_path)).transcript.of("IND")[0]
    assert one.stance == 0
    assert one.headline == "India neither joins the call nor works against it."


def test_two_people_take_turns_at_one_keyboard(typing, tmp_path):
    lines = [*FIRST, "", "0", "", ""]
    said = typing((*lines, "", *lines), "--human", "india", "--human", "australia", "--rounds", "1")
    assert said.status == 0
    before, _, after = plain(said.err).partition("Australia is next: sit down and press Enter.")
    assert "You speak for Republic of India." in before
    assert "You speak for Commonwealth of Australia." in after
    found = load(folder_of(said, tmp_path))
    assert {s.code for s in found.transcript.statements if s.engine == "human"} == {"IND", "AUS"}
    assert len(found.transcript.statements) == 5


def test_two_runs_that_begin_in_one_second_do_not_share_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("simulation.plans.made_now", lambda: {"at": "2026-11-26T12:00:00+00:00"})

    async def nobody(questions):
        return {}

    asked = plan("takaichi_coalition", people=("india",))
    with pytest.raises(Interrupted):
        launch(asked, None, tmp_path, files.reports, ask=nobody)
    with pytest.raises(InputError, match="began within this second"):
        launch(plan("takaichi_coalition", people=("india",)), None, tmp_path, files.reports, ask=nobody)


def test_leaving_keeps_what_is_done_and_resume_asks_for_the_rest_only(typing, communique, monkeypatch, tmp_path):
    said = typing((*OPENING, *SECOND[:3]), "--human", "india")
    assert said.status == 130
    (folder,) = (tmp_path / "runs").iterdir()
    assert f"communique resume {folder.relative_to(tmp_path)}" in said.err
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in (*SECOND, *THIRD))))
    again = communique("resume", "latest")
    assert again.status == 0
    assert "round 1 of 3" not in again.err
    assert "JPN-3 supports" in again.err
    whole = typing(WHOLE, "--human", "india", "--out", "whole")
    assert load(folder).transcript == load(folder_of(whole, tmp_path)).transcript


@pytest.fixture
def silence(monkeypatch):
    """A standard input on which nobody types."""
    there, here = os.pipe()
    with os.fdopen(there) as source, os.fdopen(here, "w"):
        monkeypatch.setattr(sys, "stdin", source)
        yield


@pytest.mark.usefixtures("silence")
def test_when_time_is_up_the_dossiers_analyst_stands_in_if_that_was_said(communique, tmp_path):
    said = communique("run", "takaichi_coalition", "--human", "india", "--clock", "1", "--on-timeout", "stand-in")
    assert said.status == 0
    assert said.err.count("Time is up for India.") == 3
    assert "[0:01]" in said.err
    folder = folder_of(said, tmp_path)
    assert {s.engine for s in load(folder).transcript.of("IND")} == {"stand-in"}
    assert "The dossier's analyst spoke for India in every round" in (folder / "assessment.md").read_text("utf-8")
    assert verify(folder) == []


@pytest.mark.usefixtures("silence")
def test_when_time_is_up_the_turn_is_a_gap_if_that_was_said(communique, tmp_path):
    args = ("--human", "india", "--clock", "1", "--on-timeout", "absent", "--rounds", "1")
    said = communique("run", "takaichi_coalition", *args)
    assert said.status == 4
    assert "IND did not speak in round 1: did not answer within 1 seconds" in said.err
    assert not load(folder_of(said, tmp_path)).transcript.of("IND")


def test_without_a_word_on_it_a_clock_that_runs_out_only_says_so(tmp_path):
    with begun(tmp_path, "--human", "india", "--clock", "1", "--rounds", "1") as process:
        until(process, "position")
        time.sleep(1.2)
        write(process, "-40", "6")
        assert "over]" in until(process, "over]")


def test_a_scenario_may_seat_people_itself(typing, communique, scenario_file, monkeypatch, tmp_path):
    path = scenario_file(("debate:", "engines: {india: human}\ndebate:"))
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in WHOLE)))
    said = communique("run", str(path))
    assert said.status == 0
    assert {s.engine for s in load(folder_of(said, tmp_path)).transcript.of("IND")} == {"human"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("takaichi_coalition", "--human", "indai"), 'did you mean "india"?'),
        (("takaichi_coalition", "--clock", "30"), "no person has a seat"),
        (("takaichi_coalition", "--human", "india", "--on-timeout", "absent"), "add --clock"),
        (("takaichi_coalition", "--human", "india", "--clock", "0"), "--clock"),
        (("takaichi_coalition", "--human", "india", "--model", "openai:x"), "no seat asks openai:x"),
        (("-", "--human", "india"), "nobody can type there"),
    ],
)
def test_what_cannot_be_is_said_in_one_line_and_leaves_no_folder(communique, monkeypatch, tmp_path, args, words):
    class Stdin(io.StringIO):
        buffer = io.BytesIO((ROOT / "scenarios" / "takaichi_coalition.yaml").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin())
    said = communique("run", *args)
    assert said.status == 2
    assert not (tmp_path / "runs").exists()
    assert words in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "args", [("backtest", "--engine", "human"), ("what-if", "mine.yaml", "--set", "provisions.technology=drop")]
)
def test_ways_of_holding_a_debate_that_ask_nobody_refuse_people(communique, scenario_file, args):
    scenario_file(("debate:", "engines: {india: human}\ndebate:"))
    said = communique(*args)
    assert said.status == 2
    assert "E175" in said.err


def test_a_sweep_refuses_people_at_the_place_that_seats_them(communique, tmp_path):
    (tmp_path / "sweep.yaml").write_text("version: 1\nscenarios: [takaichi_coalition]\nengines: [dossier, human]\n")
    said = communique("sweep", "sweep.yaml")
    assert said.status == 2
    assert "sweep.yaml:3:20" in said.err


def test_a_curtain_opens_when_every_seat_has_had_its_turn_and_before_the_next_round(takaichi):
    told = []
    curtain = Curtain(lambda kind, what: told.append(what), seats=5)
    first = takaichi.transcript.opening
    curtain.heard("round", 1)
    for said in first[:4]:
        curtain.heard("turn", said)
    assert told == [1]
    curtain.heard("turn", first[4])
    assert told == [1, *first]
    curtain.heard("turn", takaichi.transcript.statements[5])
    curtain.heard("round", 2)
    assert told[-1] == 2
    assert told[-2] == takaichi.transcript.statements[5]


class Process:
    """The program in a process of its own, with a real terminal or a pipe to type on."""

    def __init__(self, folder, args, terminal=False):
        env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
        if terminal:
            self.end, theirs = pty.openpty()
            streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
            streams["preexec_fn"] = lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0)
            self.process = subprocess.Popen([*COMMAND, *args], cwd=folder, env=env, **streams)
            os.close(theirs)
            self.keys = self.end
        else:
            self.process = subprocess.Popen(
                [*COMMAND, *args], cwd=folder, env=env, stdin=subprocess.PIPE, stdout=-3, stderr=subprocess.PIPE
            )
            self.end, self.keys = self.process.stderr.fileno(), self.process.stdin.fileno()
        self.seen, self.read = "", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
            self.process.stderr.close()
        else:
            os.close(self.end)


def begun(folder, *args, terminal=False):
    return Process(folder, ("run", "takaichi_coalition", *args), terminal)


def until(process, words, seconds=120):
    """Read what the program shows until some words stand there; what it showed since the words of the last call."""
    start, ends = process.read, time.monotonic() + seconds
    while words not in process.seen[start:]:
        assert time.monotonic() < ends, process.seen[-2000:]
        if select.select([process.end], [], [], 0.2)[0]:
            try:
                chunk = os.read(process.end, 65536)
            except OSError:
                chunk = b""
            assert chunk or words in process.seen[start:], process.seen[-2000:]
            process.seen += chunk.decode("utf-8", "replace")
    process.read = process.seen.index(words, start) + len(words)
    return process.seen[start:]


def write(process, *lines):
    os.write(process.keys, "".join(f"{line}\n" for line in lines).encode())


def test_a_kill_while_a_person_thinks_loses_nothing_and_repeats_nothing(typing, communique, monkeypatch, tmp_path):
    whole = load(folder_of(typing(WHOLE, "--human", "india", "--out", "whole"), tmp_path))
    with begun(tmp_path, "--human", "india") as process:
        until(process, "position")
        process.process.send_signal(signal.SIGKILL)
        process.process.wait()
    (folder,) = (tmp_path / "runs").iterdir()
    assert len(kept(folder)) == 4
    for lines, spoken in ((OPENING, 9), (SECOND, 14)):
        with Process(tmp_path, ("resume", str(folder))) as process:
            until(process, "? shows the whole brief")
            write(process, *lines)
            until(process, "? shows the whole brief")
            process.process.send_signal(signal.SIGKILL)
            process.process.wait()
        assert len(kept(folder)) == spoken
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in THIRD)))
    assert communique("resume", str(folder)).status == 0
    assert load(folder).transcript == whole.transcript
    assert verify(folder) == []


def kept(folder):
    """The ids of what was written down, each once."""
    rows = [json.loads(line) for line in (folder / "statements.jsonl").read_text(encoding="utf-8").splitlines()]
    ids = [row["statement"]["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    return ids


def test_on_a_real_terminal_a_person_types_leaves_with_ctrl_d_and_comes_back(tmp_path):
    with begun(tmp_path, "--human", "india", terminal=True) as process:
        until(process, "position")
        write(process, *OPENING)
        until(process, "round 2 of 3: challenges")
        until(process, "answer which argument")
        os.write(process.keys, b"\x04")
        until(process, "go on with: communique resume")
        assert process.process.wait(20) == 130
    (folder,) = (tmp_path / "runs").iterdir()
    with Process(tmp_path, ("resume", str(folder)), terminal=True) as process:
        until(process, "answer which argument")
        os.write(process.keys, b"CHN-1.2\x7f1\n")
        write(process, *SECOND[1:], *THIRD)
        until(process, "assessment.md", 60)
        assert process.process.wait(20) == 0
    assert load(folder).transcript.of("IND")[1].answers[0].argument == "CHN-1.1"


def test_ctrl_c_leaves_at_once_while_a_person_thinks(tmp_path):
    with begun(tmp_path, "--human", "india", terminal=True) as process:
        until(process, "position")
        os.write(process.keys, b"-40\n\x03")
        until(process, "go on with: communique resume")
        assert process.process.wait(20) == 130
