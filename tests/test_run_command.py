import csv
import io
import json
import sys
from datetime import date

import pytest

from simulation.written import latest_day


def record(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def the_folder(tmp_path):
    folders = [p for p in (tmp_path / "runs").iterdir() if p.is_dir()]
    assert len(folders) == 1
    return folders[0]


def test_a_run_writes_its_folder_and_prints_the_path_only(communique, tmp_path):
    said = communique("run", "takaichi_coalition")
    assert said.status == 0
    folder = the_folder(tmp_path)
    assert said.out == f"{folder.relative_to(tmp_path) / 'assessment.md'}\n"
    assert {p.name for p in folder.iterdir()} == {
        "run.json",
        "assessment.html",
        "assessment.md",
        "transcript.md",
        "stances.csv",
        "arguments.graphml",
    }
    assert "round 3 of 3" in said.err


def test_quiet_prints_nothing_but_the_path(communique):
    said = communique("run", "takaichi_coalition", "-q")
    assert said.err == ""
    assert len(said.out.splitlines()) == 1


def test_json_prints_launch_turns_and_done_and_nothing_else(communique):
    lines = [json.loads(line) for line in communique("run", "takaichi_coalition", "--json").out.splitlines()]
    assert [line["event"] for line in lines] == ["launch", *["turn"] * 15, "done"]
    assert lines[-1]["stances"]["china"] == "strongly_oppose"


def test_two_runs_differ_in_the_made_block_only(communique, tmp_path):
    communique("run", "takaichi_coalition", "--out", "a", "-q")
    communique("run", "takaichi_coalition", "--out", "b", "-q")
    (one,), (two,) = (tmp_path / "a").iterdir(), (tmp_path / "b").iterdir()
    for name in ("assessment.html", "assessment.md", "transcript.md", "stances.csv"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    first, second = record(one), record(two)
    first.pop("made")
    second.pop("made")
    assert json.dumps(first) == json.dumps(second)


def test_another_seed_changes_the_order_of_speaking_and_no_stance(communique, tmp_path):
    communique("run", "takaichi_coalition", "--out", "a", "-q")
    communique("run", "takaichi_coalition", "--out", "b", "-q", "--seed", "8")
    (one,), (two,) = (tmp_path / "a").iterdir(), (tmp_path / "b").iterdir()
    first, second = record(one)["transcript"], record(two)["transcript"]
    assert first["order"] != second["order"]

    def said(transcript):
        return {s["id"]: s for s in transcript["statements"]}

    assert said(first) == said(second)


def test_the_order_of_speaking_is_not_alphabetical(takaichi):
    assert any(list(row) != sorted(row) for row in takaichi.transcript.order)


def test_japan_supports_china_strongly_opposes_and_india_joins_no_alliance_each_with_a_source(takaichi):
    final = {s.country: s for s in takaichi.transcript.final}
    assert final["japan"].stance > 0
    assert final["china"].stance == -2
    assert final["india"].stance <= 0
    for country in ("japan", "china", "india"):
        opening = next(s for s in takaichi.transcript.opening if s.country == country)
        assert opening.telling.sources
        assert all(a.sources for a in opening.arguments)


def test_nothing_dated_after_the_scenario_is_cited(takaichi):
    day = date(2025, 4, 28)
    for said in takaichi.transcript.statements:
        known = takaichi.seats[said.country].sources
        cited = {s for part in (*said.arguments, *said.answers, *said.asks, *said.breaches) for s in part.sources}
        cited |= {s for p in (*said.context, *said.implications, *said.challenges, *said.outlook) for s in p.sources}
        assert all(latest_day(known[s].date) <= day for s in cited)


def test_the_speaker_did_not_speak_for_the_government_and_the_absent_are_named(communique, tmp_path):
    communique("run", "takaichi_coalition", "-q")
    text = (the_folder(tmp_path) / "assessment.md").read_text(encoding="utf-8")
    assert "did not speak for the government" in text
    room = text.split("### Not in the room")[1].split("###")[0]
    assert "Taiwan" in room
    assert "United States" in room


def test_the_assessment_has_its_parts_in_their_order(communique, tmp_path):
    communique("run", "takaichi_coalition", "-q")
    text = (the_folder(tmp_path) / "assessment.md").read_text(encoding="utf-8")
    parts = ["Bottom line", "Who stands where", "Findings", "Annex: the proposal", "Annex: the negotiation in figures"]
    parts = [f"## {part}" for part in (*parts, "Annex: the desks", "Sources", "How this was made")]
    places = [text.index(f"\n{part}\n") for part in parts]
    assert places == sorted(places)
    for section in ("Strategic context", "Implications", "Challenges ahead", "Strategic outlook"):
        assert text.count(f"**{section}**") == 5


def test_stances_csv_has_a_row_a_seat_round_and_provision(communique, tmp_path):
    communique("run", "takaichi_coalition", "-q")
    rows = list(csv.DictReader(io.StringIO((the_folder(tmp_path) / "stances.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 5 * 3 * 7
    assert all(-1 <= float(r["position"]) <= 1 for r in rows)


def test_a_scenario_can_come_from_standard_input_and_from_a_path(communique, scenario_file, monkeypatch):
    path = scenario_file()
    assert communique("run", str(path), "-q").status == 0

    class Stdin:
        buffer = io.BytesIO(path.read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    said = communique("run", "-", "-q")
    assert said.status == 0
    assert "-stdin-" in said.out


def test_countries_take_the_place_of_the_scenarios_list(communique, tmp_path):
    communique("run", "takaichi_coalition", "-q", "--countries", "india,japan", "--rounds", "1")
    assert [s["country"] for s in record(the_folder(tmp_path))["transcript"]["statements"]].sort() is None
    assert set(record(the_folder(tmp_path))["engines"]) == {"india", "japan"}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["no_such_thing"], 'no scenario "no_such_thing"'),
        (["takaichi_coalitoin"], 'did you mean "takaichi_coalition"'),
        (["missing/file.yaml"], "cannot be read"),
        (["takaichi_coalition", "--countries", "japan,chnia"], 'did you mean "china"'),
        (["takaichi_coalition", "--countries", "japan,japan"], "at least two different countries"),
        (["takaichi_coalition", "--rounds", "0"], "range"),
        (["takaichi_coalition", "--seed", "-1"], "range"),
    ],
)
def test_a_wrong_command_exits_2_and_leaves_no_folder(communique, tmp_path, args, says):
    said = communique("run", *args)
    assert said.status == 2
    assert says in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "runs").exists()


def test_a_desk_whose_sources_are_all_later_is_refused(communique, scenario_file, tmp_path):
    path = scenario_file(("date: 2025-04-28", "date: 1900-01-01"))
    said = communique("run", str(path))
    assert said.status == 2
    assert "dated after the scenario (1900-01-01)" in said.err
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing(communique, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    for place in ("file", "file/inside", "/proc/nowhere"):
        said = communique("run", "takaichi_coalition", "-q", "--out", place)
        assert said.status == 2
        assert "E101" in said.err

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    said = communique("run", "takaichi_coalition", "-q")
    assert said.status == 2
    assert "no space left" in said.err
    assert list((tmp_path / "runs").iterdir()) == []


def test_running_the_same_again_replaces_the_same_folder(communique, tmp_path):
    communique("run", "takaichi_coalition", "-q")
    communique("run", "takaichi_coalition", "-q")
    the_folder(tmp_path)
    assert not [p for p in (tmp_path / "runs").iterdir() if p.name.startswith(".")]
