"""The lesson plans: every command in them is typed, every quoted line is looked for, every file they give is used."""

import itertools
import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulation import cli
from simulation.catalog import load_scenario

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("lesson_*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
SERVED = ("communique", "classroom")


def blocks(text):
    return [(m[1], m[2]) for m in BLOCK.finditer(text)]


def typed(block):
    """Each command of a console block with the lines that are quoted below it."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((shlex.split(line[2:]), []))
        else:
            found[-1][1].append(line)
    return found


ROOMS = [
    (path.stem, args)
    for path in LESSONS
    for kind, block in blocks(path.read_text(encoding="utf-8"))
    if kind == "console"
    for args, _ in typed(block)
    if tuple(args[:2]) == SERVED
]
HERE = {**os.environ, "PYTHONPATH": str(ROOT)}
PROGRAM = [sys.executable, "-c", "from simulation.cli import main; main()"]


def missing(quoted, said):
    """The first quoted line that does not follow the one before; `…` stands for any lines, in a line for any text."""
    at, loose = 0, False
    for line in quoted:
        if line == "…":
            loose = True
            continue
        wanted = re.compile(r".*".join(map(re.escape, line.rstrip().split("…"))) + r"\s*")
        place = next((k for k in range(at, len(said)) if wanted.fullmatch(said[k])), None)
        if place is None or not (loose or place == at):
            return line
        at, loose = place + 1, False
    return None


def follow(path, folder, say):
    """Do what a lesson says in an empty folder; a yaml block goes into the file that the text above it names last."""
    text = path.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        kind, block = match[1], match[2]
        if kind == "yaml":
            target = folder / re.findall(r"`([\w/]+\.yaml)`", text[: match.start()])[-1]
            target.parent.mkdir(exist_ok=True)
            target.write_text(block, encoding="utf-8")
        elif kind == "python":
            exec(compile(block, path.stem, "exec"), {})
        else:
            assert kind == "console"
            for args, quoted in typed(block):
                say(args, quoted)


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_can_be_followed_from_top_to_bottom(path, communique, tmp_path):
    def say(args, quoted):
        if tuple(args[:2]) == SERVED:  # a room stays open: see below
            return
        said = communique(*args[1:])
        assert said.status == 0, said.err
        told, result = said.err.splitlines(), said.out.splitlines()
        gaps = [missing(quoted, lines) for lines in (told + result, result + told)]
        assert None in gaps, "\n".join([f"not said: {gaps[0]}", *told, *result])

    follow(path, tmp_path, say)


def test_a_lesson_that_quotes_a_line_nobody_says_is_found_out():
    assert missing(["…", "b", "c"], ["a", "b", "c"]) is None
    assert missing(["b"], ["a", "b"]) == "b"
    assert missing(["a", "c"], ["a", "b", "c"]) == "c"
    assert missing(["…", "b … d"], ["a", "b c d"]) is None
    assert missing(["…", "b", "…", "a"], ["a", "b"]) == "a"


@contextmanager
def opened(args):
    """A classroom as a lesson opens it, on a free port and with nothing to undo; gives its link, stops in the end."""
    command = [*PROGRAM, *args[1:], "--port", "0", "--undo", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=HERE) as server:
        try:
            told = ""
            while not re.search(r"http://\S+\n", told):
                line = server.stdout.readline()
                assert line, told
                told += line
            yield re.search(r"http://\S+", told)[0]
        finally:
            server.terminate()
            server.communicate(timeout=20)


@pytest.mark.parametrize(("lesson", "args"), [r for r in ROOMS if "bots" not in r[1]])
def test_a_room_opens_as_a_lesson_says(lesson, args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    follow(NOTEBOOKS / f"{lesson}.md", tmp_path, lambda args, quoted: None)
    with opened(args) as link:
        assert "://" in link


@pytest.mark.parametrize(("lesson", "args"), [r for r in ROOMS if "bots" in r[1]])
def test_made_up_students_play_the_lesson_in_an_open_room(lesson, args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with opened(["communique", "classroom"]) as link:
        played = ["--students", "5", "--rounds", "1", "--teacher", link]
        given = [*PROGRAM, *args[1:3], *played]
        assert {a for a in args if a.startswith("--")} <= set(given)
        done = subprocess.run(given, capture_output=True, text=True, timeout=120, env=HERE)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_says_what_is_learnt_when_the_key_and_what_to_do_when_something_breaks(path):
    titles = re.findall(r"^## (.*)$", path.read_text(encoding="utf-8"), re.M)
    for wanted in ("What students can do afterwards", "Timing", "Answer key", "When something breaks"):
        assert wanted in titles


@pytest.mark.parametrize(("path", "minutes"), [(LESSONS[0], 50), (LESSONS[1], 90)], ids=["50", "90"])
def test_the_minutes_of_a_lesson_add_up(path, minutes):
    text = path.read_text(encoding="utf-8")
    steps = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+) to (\d+) \|", text, re.M)]
    assert (steps[0][0], steps[-1][1]) == (0, minutes)
    assert all(end == begin for (_, end), (begin, _) in itertools.pairwise(steps))


def test_every_file_and_code_a_lesson_names_is_there():
    for path in LESSONS:
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+\.ipynb)`", text):
            assert (NOTEBOOKS / name).is_file()
        for code in re.findall(r"\bE1\d\d\b", text):
            assert cli.communique.main(["explain", code], standalone_mode=False) is None


def test_what_the_keys_say_of_the_desks_is_so(takaichi):
    from simulation.handouts import handout

    text = (NOTEBOOKS / "lesson_50_minutes.md").read_text(encoding="utf-8")
    assert "The participants of the treaty of 1971 with Moscow promised the same: card 1 of India's brief." in text
    first = handout(takaichi.scenario, takaichi.seats, "india").cards[0]
    assert "1971" in first.claim
    assert "consult" in first.claim
    breaches = {s.country: {b.provision for b in s.breaches} for s in takaichi.transcript.final if s.breaches}
    assert breaches == {"india": {"mutual_protection"}, "china": {"taiwan_inclusion", "democratic_frame"}}
    assert not takaichi.scenario.proposal.speaker.official


def test_the_key_of_the_package_counts_as_the_lesson_says():
    from simulation.runs import run

    changed = run("critical_minerals_club", changes=["provisions.export_restrictions=consult_and_share"])
    passes = {d.verdict.rule: d.verdict.passes for d in changed.negotiation.decisions}
    assert (passes["consensus"], passes["unanimity_of_invited"], passes["majority"]) == (False, True, True)
    floor = next(x for x in run("critical_minerals_club").merge.landings if x.provision == "price_floor")
    assert (len(floor.undecided), sorted(floor.against)) == (3, ["AUS", "CHN"])
    assert load_scenario("critical_minerals_club").provisions[0].id == "price_floor"
