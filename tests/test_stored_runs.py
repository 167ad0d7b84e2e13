"""Runs of format version 1, kept as they were written in November 2026: every later program reads them.

`tests/runs` holds them packed, with the dossiers they were made from. They are never made again: where one of these
tests fails, the program is wrong, not the run. A later program may word a report differently; what a run says of its
seats, their stances, scores and reasons stays.
"""

import json
import re
import tarfile
from pathlib import Path

import pytest
from test_human import Room

from simulation.errors import MEANINGS
from simulation.launches import resume
from simulation.plans import stale
from simulation.records import load
from simulation.report import files
from simulation.verification import verify

STORED = Path(__file__).parent / "runs"
FINISHED = ("desks", "model", "person", "gaps")
WORDING = {"report", "record"}
"""What a falsehood is about where a program only says the same differently."""


@pytest.fixture
def unpacked(tmp_path):
    """Lay out stored runs with their dossiers in the working folder; returns the folder of each."""

    def lay_out(*names):
        with tarfile.open(STORED / "agents.tar.xz") as archive:
            archive.extractall(tmp_path, filter="data")
        found = []
        for name in names:
            with tarfile.open(STORED / f"{name}.tar.xz") as archive:
                found.append(tmp_path / Path(archive.getnames()[0]).parent)
                archive.extractall(tmp_path, filter="data")
        return found

    return lay_out


def written(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FINISHED)
def test_a_stored_run_says_what_it_said(unpacked, communique, name):
    (folder,) = unpacked(name)
    found, raw = load(folder), written(folder)
    assert found.id == folder.name
    assert dict(found.engines) == raw["engines"]
    for said, kept in zip(found.transcript.statements, raw["transcript"]["statements"], strict=True):
        fresh = said.model_dump(mode="json")
        assert {part: fresh[part] for part in kept} == kept
    assert [(g.code, g.round) for g in found.transcript.gaps] == [
        (g["code"], g["round"]) for g in raw["transcript"]["gaps"]
    ]
    listed = json.loads(communique("runs", "--json").out)
    assert [row["id"] for row in listed] == [folder.name]


def test_what_is_stored_covers_a_model_a_person_failures_and_an_absence():
    kinds = {}
    for name in FINISHED:
        with tarfile.open(STORED / f"{name}.tar.xz") as archive:
            member = next(n for n in archive.getnames() if n.endswith("run.json"))
            kinds[name] = json.load(archive.extractfile(member))
            assert kinds[name]["format"] == 1
            assert any(n.endswith("replies.jsonl") for n in archive.getnames()) == (name in {"model", "gaps"})
    assert {e for raw in kinds.values() for e in raw["engines"].values()} == {"dossier", "chat_model", "human"}
    assert {g["engine"] for g in kinds["gaps"]["transcript"]["gaps"]} == {"chat_model", "human"}
    assert kinds["model"]["narration"]
    assert "hashes" not in kinds["desks"]


@pytest.mark.parametrize("name", FINISHED)
@pytest.mark.parametrize("form", ["md", "html", "json", "csv", "docx", "graphml"])
def test_a_stored_run_is_exported(unpacked, communique, tmp_path, name, form):
    (folder,) = unpacked(name)
    said = communique("export", "latest", "--format", form, "--out", "made")
    assert said.status == 0, said.err
    made = (tmp_path / "made").read_bytes()
    assert len(made) > 1000
    if form == "csv":
        assert made == (folder / "stances.csv").read_bytes()
    elif form == "json":
        statements = json.loads(made)["transcript"]["statements"]
        assert statements == written(folder)["transcript"]["statements"]


@pytest.mark.parametrize("name", FINISHED)
def test_a_stored_runs_numbers_ids_and_dates_hold(unpacked, name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (folder,) = unpacked(name)
    found = verify(folder)
    changed = stale(load(folder).plan)
    assert {f.place for f in found if f.kind == "input"} == set(changed)
    assert set(changed) <= {"coefficients.yaml"}
    if not changed:
        assert {f.kind for f in found} <= WORDING


@pytest.mark.parametrize("name", FINISHED)
def test_a_stored_run_held_again_takes_the_same_stances(unpacked, communique, tmp_path, name):
    (folder,) = unpacked(name)
    said = communique("replay", "latest", "--out", "again")
    assert said.status in (0, 2), said.err
    if not stale(load(folder).plan):
        again, kept = (written(f)["transcript"] for f in (tmp_path / "again", folder))
        stances = [[(s["id"], s["engine"], s["stance"]) for s in t["statements"]] for t in (again, kept)]
        assert stances[0] == stances[1]
        assert len(again["gaps"]) == len(kept["gaps"])


def test_stored_runs_are_compared_with_each_other_and_with_a_run_of_today(unpacked, communique):
    folders = unpacked(*FINISHED)
    said = communique("compare", *(f.name for f in folders), "takaichi_coalition", "--format", "json")
    assert said.status == 0, said.err
    assert all(f.name in said.out for f in folders)
    said = communique("diff", folders[0].name, folders[2].name)
    assert said.status == 0, said.err
    assert "IND" in said.out


def test_a_stored_run_that_broke_off_goes_on_and_asks_nobody_twice(unpacked, communique):
    (folder,) = unpacked("unfinished")
    kept = [json.loads(line) for line in (folder / "statements.jsonl").read_text(encoding="utf-8").splitlines()]
    room = Room()
    done = resume(folder, None, files.reports, ask=room).run
    assert [(c, n) for (c, n, _), *_ in room.asked] == [("india", 2)]
    first = {s.id: s.model_dump(mode="json") for s in done.transcript.statements}
    for entry in kept:
        said = entry["statement"]
        assert {part: first[said["id"]][part] for part in said} == said
    assert not {f.kind for f in verify(folder)} - WORDING


def test_verify_and_replay_name_the_dossier_that_changed_since(unpacked, communique, tmp_path):
    (folder,) = unpacked("desks")
    path = tmp_path / "agents" / "india.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "# read again\n", encoding="utf-8")
    said = communique("verify", "latest")
    assert said.status == 2
    assert [line for line in said.err.splitlines() if line.startswith("input")] == [
        "input: agents/india.yaml: is not the file the run was made from; the run cannot be held again here"
    ]
    path.write_text(re.sub(r"position: [-\d.]+", "position: 0.0", text), encoding="utf-8")
    said = communique("replay", "latest")
    assert said.status == 2
    assert "agents/india.yaml is not the file the run was made from" in said.err
    assert load(folder).transcript.statements


@pytest.mark.parametrize("form", [0, 2, 99, "1", None])
@pytest.mark.parametrize("command", ["verify", "replay", "export", "fork"])
def test_a_format_that_this_program_does_not_read_is_named(unpacked, communique, form, command):
    (folder,) = unpacked("desks")
    (folder / "run.json").write_text(json.dumps({**written(folder), "format": form}), encoding="utf-8")
    said = communique(command, "latest", *(("--set", "debate.seed=1") if command == "fork" else ()))
    assert said.status == 2
    assert f"has format {form!r}; this program reads 1" in said.err
    assert "E127" in said.err
    assert "E127" in MEANINGS


@pytest.mark.parametrize("form", [0, 2, "1", None])
def test_a_launch_of_another_format_is_not_resumed(unpacked, communique, form):
    (folder,) = unpacked("unfinished")
    launch = json.loads((folder / "launch.json").read_text(encoding="utf-8"))
    (folder / "launch.json").write_text(json.dumps({**launch, "format": form}), encoding="utf-8")
    said = communique("resume", "latest")
    assert said.status == 2
    assert "is not of format 1" in said.err
