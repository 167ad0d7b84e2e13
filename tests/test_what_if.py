"""A scenario before and after a change, through the command."""

import json

import pytest

from simulation.prospects import RULES
from simulation.runs import run

NAME = "takaichi_coalition"
CONSULT = "provisions.mutual_protection=consult"


def after(communique, *args) -> dict:
    said = communique("what-if", *args, "--json")
    assert said.status == 0, said.err
    return json.loads(said.out)


def test_it_sets_the_scenario_beside_the_changed_one(communique, takaichi):
    found = after(communique, NAME, "--set", CONSULT)
    changed = run(NAME, changes=[CONSULT])
    before, now = found["columns"]
    assert (before["label"], now["label"]) == ("as it stands", CONSULT)
    for held, column, at in ((takaichi, before, 0), (changed, now, 1)):
        said = {s.country: s for s in held.transcript.final}
        assert {r["country"]: r["cells"][at]["score"] for r in found["rows"]} == {c: s.score for c, s in said.items()}
        assert column["outcome"]["landings"] == {x.provision: x.zone for x in held.merge.landings}
        assert column["outcome"]["package"] == [f.text for f in held.assessment.package]
        assert [p["asked"] for p in column["outcome"]["prices"]] == [p.asked for p in held.negotiation.prices]


def test_it_says_who_flips_and_which_rule_let_it(communique):
    said = communique("what-if", NAME, "--set", CONSULT)
    assert said.status == 0
    assert "1 of 5 seats takes another stance." in said.out
    line = next(x for x in said.out.splitlines() if x.startswith("- India goes"))
    assert "from neutral (+1.25) to support (+1.80)" in line
    assert "Its rules do it." in line
    assert "no longer meets: red line" in line
    assert "mutual protection −0.27 to +0.20 (+0.47)" in line
    assert "Given differently: provisions.mutual_protection." in line


def test_it_says_what_the_merge_and_the_packages_become(communique):
    text = communique("what-if", NAME, "--set", CONSULT, "--format", "md").out
    changed = run(NAME, changes=[CONSULT])
    section = text.split("## What the merge becomes")[1].split("## Before")[0]
    for decision in changed.negotiation.decisions:
        row = next(x for x in section.splitlines() if x.startswith(f"| {RULES[decision.verdict.rule]} |"))
        assert row.replace("*", "").endswith(f"| {'passes' if decision.verdict.passes else 'fails'} |")
    assert "| By agreement of all invited | fails | **passes** |" in section
    assert "India comes in where" in text.split("## Before")[1].split("## After")[0]
    assert "India comes in where" not in text.split("## After")[1]


@pytest.mark.parametrize(
    "change",
    [
        "provisions.taiwan_inclusion=drop",
        "proposal.sponsors=[IND]",
        "proposal.invited=[JPN, CHN]",
        "agents.india.positions.mutual_defence.salience=0.2",
        "provisions.technology.weight=0.2",
    ],
)
def test_a_change_of_any_sort_can_be_tried(communique, change):
    found = after(communique, NAME, "--set", change)
    assert found["columns"][1]["contrasts"]
    assert {c["path"] for c in found["columns"][1]["contrasts"]} == {change.split("=")[0]}


def test_a_provision_that_is_dropped_lands_nowhere_and_its_bar_goes(communique):
    change = "provisions.taiwan_inclusion=drop"
    found = after(communique, NAME, "--set", change)
    assert "taiwan_inclusion" not in found["columns"][1]["outcome"]["landings"]
    china = next(c for c in found["causes"] if c["code"] == "CHN")
    bar = next(b for b in china["bars"] if b["term"] == "taiwan_inclusion")
    assert bar["after"] == 0
    assert bar["before"] < -0.5
    assert (
        "| Taiwan's participation | −0.41 | **–** |"
        in communique("what-if", NAME, "--set", change, "--format", "md").out
    )


def test_a_change_that_changes_nothing_is_no_error(communique):
    found = after(communique, NAME, "--set", "provisions.mutual_protection.weight=1.0")
    assert found["causes"] == []
    assert found["columns"][1]["contrasts"] == []
    said = communique("what-if", NAME, "--set", "provisions.mutual_protection.weight=1.0")
    assert "Nobody takes another stance." in said.out


def test_several_changes_go_together_and_the_table_may_be_another(communique):
    found = after(communique, NAME, "--set", CONSULT, "--set", "debate.rounds=1", "--countries", "india,japan")
    assert [r["country"] for r in found["rows"]] == ["india", "japan"]
    assert (found["columns"][0]["rounds"], found["columns"][1]["rounds"]) == (3, 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("provisions.mutual_protecton.weight=1", 'did you mean "mutual_protection"'),
        ("provisions.mutual_protection.weigt=1", 'did you mean "weight"'),
        ("provisions.mutual_protection=consul", 'did you mean "consult"'),
        ("agents.india.positions.mutual_defense.salience=1", 'did you mean "mutual_defence"'),
        ("agents.indja.positions.mutual_defence.salience=1", 'did you mean "india"'),
        ("weight", "is not a change"),
        ("provisions.technology.weight=9", "give another value"),
        ("provisions=[]", "give another value"),
    ],
)
def test_a_path_that_is_not_there_names_the_nearest(communique, change, says):
    said = communique("what-if", NAME, "--set", change)
    assert said.status == 2
    assert says in said.err
    assert said.out == ""


def test_a_change_is_needed(communique):
    assert communique("what-if", NAME).status == 2
    assert communique("what-if", "no_such_thing", "--set", CONSULT).status == 2
