import re

import pytest
from members import write_table

FIVE_MISTAKES = """\
version: 1
title: Five mistakes
date: 2025-02-30
proposal:
  text: A text
  sponsers: [JPN]
provisions:
  - id: a
    text: One thing
    weight: 1.7
    themes: {mutual_defense: 0.5}
  - id: a
    text: Another
    themes: {sanctions: 0.4}
countries: [japan, norway]
"""


def test_five_different_mistakes_are_all_reported_with_place_and_cure(communique, tmp_path):
    (tmp_path / "five.yaml").write_text(FIVE_MISTAKES)
    said = communique("check", "five.yaml")
    assert said.status == 2
    places = dict(re.findall(r"error\[(E\d+)\].*\n --> five\.yaml:(\d+:\d+)", said.err))
    assert places == {"E114": "3:7", "E111": "6:3", "E113": "10:13", "E115": "11:14", "E117": "12:9", "E104": "15:20"}
    assert said.err.count("= help: ") == len(places)
    assert 'did you mean "sponsors"?' in said.err
    assert 'did you mean "mutual_defence"?' in said.err
    assert "give a number from 0.2 to 1" in said.err


def test_the_caret_stands_under_the_wrong_value_even_in_wide_characters(communique, tmp_path):
    (tmp_path / "wide.yaml").write_text('{"title": "日本語", "date": "2025-13-01"}\n', encoding="utf-8")
    block = communique("check", "wide.yaml").err.split("error[E114]")[1].splitlines()
    caret = next(line for line in block if "^" in line)
    assert caret.index("^") == len('1 | {"title": "日本語", "date": ') + 3


BAD = {
    "empty": ("", "E108", "empty"),
    "only a comment": ("# nothing\n", "E108", "empty"),
    "a list": ("- a\n- b\n", "E112", "a list of fields"),
    "broken yaml": ("title: [1, 2\ndate: x\n", "E105", "not valid YAML"),
    "a duplicate key": ("title: a\ntitle: b\n", "E107", "stands here twice"),
    "an alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "E106", "anchors and aliases"),
    "a tag": ("title: !!python/object/apply:os.system ['true']\n", "E106", "tag"),
    "too deep": ("a: " + "[" * 200 + "]" * 200 + "\n", "E106", "nested deeper"),
    "too many values": ("a: [" + "1," * 60_000 + "1]\n", "E106", "more than 50000"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_hopeless_file_gets_one_clear_message(communique, tmp_path, kind):
    text, code, says = BAD[kind]
    (tmp_path / "bad.yaml").write_text(text)
    for said in (communique("check", "bad.yaml"), communique("run", "./bad.yaml")):
        assert said.status == 2
        assert code in said.err
        assert says in said.err
        assert "Traceback" not in said.err
    assert not (tmp_path / "runs").exists()


def test_a_binary_file_and_a_huge_file_are_refused_before_parsing(communique, tmp_path):
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)) * 10)
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(100_000_000)
    said = communique("check", "binary.yaml", "huge.yaml", "missing.yaml")
    assert said.status == 2
    for says in ("E102", "not a text file", "E103", "larger than 1 MB", "E101", "cannot be read"):
        assert says in said.err
    assert communique("run", "./huge.yaml").status == 2
    assert communique("run", "./binary.yaml").status == 2


@pytest.mark.parametrize(
    ("swap", "code", "says"),
    [
        (("countries: [japan, china, india, eu, australia]", "countries: [japan]"), "E119", "at least two"),
        (("countries: [japan, china, india, eu, australia]", "countries: []"), "E119", "at least two"),
        (("countries: [japan, china, india, eu, australia]", "countries: [japan, japan, eu]"), "E117", "twice"),
        (("form: {binding: 0.3, exclusive: 0.6}", "form: {binding: 3, exclusive: 0.6}"), "E113", "3 is above 1"),
        (("debate: {rounds: 3, seed: 7}", "debate: {rounds: three, seed: 7}"), "E112", "rounds"),
        (("- id: resilience", "- id: consult"), "E117", '"consult" is used twice'),
        (("  sponsors: [JPN]", "  sponsors: [japan]"), "E112", "sponsors"),
        (("date: 2025-04-28\nquestion", "date: 2025-04\nquestion"), "E114", "full date"),
    ],
)
def test_a_wrong_scenario_names_the_place_and_the_cure(communique, scenario_file, swap, code, says):
    said = communique("check", str(scenario_file(swap)))
    assert said.status == 2
    assert f"error[{code}]" in said.err
    assert says in said.err
    assert "= help: " in said.err


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("sources: [ust_1960", "sources: [ust_1961", "E116", "unknown source"),
        ("theme: maritime_law\n", "theme: maritime_lore\n", "E115", 'did you mean "maritime_law"'),
        ("salience: 0.8", "salience: 1.8", "E113", "1.8 is above 1"),
        ("callsign: JP-01", "callsign: Tokyo", "E112", "callsign"),
        ("rationale:", "rationle:", "E111", 'did you mean "rationale"'),
    ],
)
def test_a_wrong_dossier_names_the_place_and_the_cure(communique, own_agents, old, new, code, says):
    path = own_agents / "japan.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    said = communique("check", "agents/japan.yaml")
    assert said.status == 2
    assert f"error[{code}]" in said.err
    assert says in said.err
    assert communique("run", "takaichi_coalition").status == 2


def test_a_rule_without_a_position_and_a_passage_without_a_verified_source_are_refused(communique, own_agents):
    path = own_agents / "japan.yaml"
    text = path.read_text(encoding="utf-8").replace("verified: true", "verified: false")
    start = text.index("  us_role_in_asia:\n")
    end = text.index("\n  nato_in_asia:\n")
    path.write_text(text[:start] + text[end + 1 :], encoding="utf-8")
    said = communique("check", "agents/japan.yaml")
    assert 'a rule on "us_role_in_asia", on which the dossier holds no position' in said.err
    assert "E121" in said.err


def test_more_than_twenty_mistakes_are_counted(communique, tmp_path):
    rows = "".join(f"  - {{id: p{n}, text: x, themes: {{nope{n}: 0.5}}}}\n" for n in range(30))
    (tmp_path / "many.yaml").write_text(f"title: x\ndate: 2025-01-01\nproposal: {{text: x}}\nprovisions:\n{rows}")
    said = communique("check", "many.yaml").err
    assert said.count("error[") == 20
    assert "... and 11 more" in said


def test_everything_built_in_is_clean(communique):
    said = communique("check")
    assert said.status == 0
    assert "no mistakes" in said.out


def test_words_that_old_yaml_takes_for_booleans_and_times_stay_words():
    from simulation.documents import parse

    data = parse(b"a: no\nb: 22:22\nc: 2025-04-28\nd: 0777\ne: on\nf: true\ng: 1.5\nh: ~\n", "x").data
    assert data == {"a": "no", "b": "22:22", "c": "2025-04-28", "d": 777, "e": "on", "f": True, "g": 1.5, "h": None}


def test_dossiers_elsewhere_are_used_where_the_variable_names_them(communique, tmp_path, monkeypatch):
    folder = tmp_path / "elsewhere"
    scenario = write_table(folder, 6, rounds=1)
    lost = communique("run", str(scenario))
    assert (lost.status, "COMMUNIQUE_AGENTS=" in lost.err) == (2, True)
    monkeypatch.setenv("COMMUNIQUE_AGENTS", str(folder / "agents"))
    assert communique("run", str(scenario), "-q").status == 0
    assert communique("verify", "latest").status == 0
    monkeypatch.setenv("COMMUNIQUE_AGENTS", str(tmp_path / "nowhere"))
    none = communique("run", str(scenario))
    assert (none.status, "E204" in none.err, "nowhere" in none.err) == (2, True, True)
