import json
import shutil

import pytest


@pytest.fixture
def kept(communique, tmp_path):
    """A folder with one whole run; returns the folder of that run."""
    assert communique("run", "takaichi_coalition", "-q", "--rounds", "1").status == 0
    return next((tmp_path / "runs").iterdir())


def test_runs_lists_what_a_run_came_to(communique, kept):
    said = communique("runs")
    assert said.status == 0
    (line,) = said.out.splitlines()
    for part in (
        "takaichi_coalition",
        "dossier",
        "3 for, 1 aside, 1 against: passes by majority",
        "complete",
        kept.name,
    ):
        assert part in line
    found = json.loads(communique("runs", "--json").out)
    assert found[0]["id"] == kept.name
    assert found[0]["stability"] in ("robust", "conditional", "fragile")
    assert found[0]["engines"] == ["dossier"]


def test_the_newest_run_comes_first(communique, kept):
    older = kept.with_name("2020-01-01-takaichi_coalition-00000000")
    shutil.copytree(kept, older)
    data = json.loads((older / "run.json").read_text(encoding="utf-8"))
    data["made"]["at"] = "2020-01-01T00:00:00+00:00"
    (older / "run.json").write_text(json.dumps(data), encoding="utf-8")
    listed = [entry["id"] for entry in json.loads(communique("runs", "--json").out)]
    assert listed == [kept.name, older.name]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 99}',
        '{"format": 1}',
        "\x00",
        '{"format": 1, "engines": {"a": "\\u001b[31m"}}',
    ],
)
def test_a_damaged_folder_is_listed_as_damaged_and_never_a_crash(communique, kept, text):
    broken = kept.with_name("2026-01-01-broken-00000000")
    broken.mkdir()
    (broken / "run.json").write_text(text, encoding="utf-8")
    said = communique("runs", "--json")
    assert said.status == 0
    assert {e["id"]: e["state"] for e in json.loads(said.out)} == {kept.name: "complete", broken.name: "damaged"}
    assert "\x1b" not in communique("runs").out


@pytest.mark.parametrize("part", ["engines", "transcript", "merge", "negotiation", "made"])
def test_a_record_with_a_part_bent_is_damaged(communique, kept, part):
    path = kept / "run.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data[part] = {"stability": 3, "at": 7, "gaps": None} if part != "engines" else {"japan": "\x1b[31m"}
    path.write_text(json.dumps(data), encoding="utf-8")
    assert [e["state"] for e in json.loads(communique("runs", "--json").out)] == ["damaged"]


def test_a_run_folder_without_a_record_is_unfinished_and_other_folders_are_none(communique, kept):
    kept.with_name("2026-01-02-going-11111111").mkdir()
    kept.with_name("notes").mkdir()
    kept.with_name(".writing-abc").mkdir()
    found = json.loads(communique("runs", "--json").out)
    assert {e["id"]: e["state"] for e in found} == {kept.name: "complete", "2026-01-02-going-11111111": "unfinished"}


def test_no_runs_at_all_is_said_on_stderr(communique):
    said = communique("runs", "--under", "nowhere")
    assert (said.status, said.out) == (0, "")
    assert "no run under" in said.err
    assert json.loads(communique("runs", "--under", "nowhere", "--json").out) == []


def test_open_shows_the_report_and_prints_its_path(communique, kept, monkeypatch):
    shown = []
    monkeypatch.setattr("webbrowser.open", lambda address: shown.append(address) or True)
    said = communique("open", "latest")
    assert said.status == 0
    assert said.out.strip().endswith("assessment.html")
    assert shown == [(kept / "assessment.html").as_uri()]
    assert said.err == ""


def test_open_print_only_prints(communique, kept, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda address: pytest.fail("opened"))
    said = communique("open", kept.name[:12], "--print")
    assert said.out.strip() == f"runs/{kept.name}/assessment.html"


def test_open_without_a_browser_still_prints_the_path(communique, kept, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    said = communique("open", "latest")
    assert said.status == 0
    assert "assessment.html" in said.out
    assert "open the file yourself" in said.err


def test_open_of_a_run_without_a_report_says_what_to_do(communique, kept):
    (kept / "assessment.html").unlink()
    said = communique("open", "latest")
    assert said.status == 2
    assert "E150" in said.err
    assert communique("open", "nothing").status == 2
