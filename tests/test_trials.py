"""Backtests and contests of a model, through the commands a user types and a real server on loopback."""

import json
import re
import shutil

import pytest
from conftest import ROOT
from hostile import says, status

from simulation.menus import NONE
from simulation.statement import LABELS, NAMES

CASES = ("aukus-2021", "ctbt-1996")


def humble(seen):
    """A draft that holds no position and stays out, unless it is told that this contradicts its country's ties."""
    schema = seen.body["response_format"]["json_schema"]["schema"]
    told = re.findall(r"add up to one that ([a-z ]+) \(", seen.prompt)
    stance = next((NAMES[k] for k, label in LABELS.items() if told and label == told[-1]), "neutral")
    held = {"position_pct": 0, "reason": "It holds none.", "sources": [], "because": NONE}
    provisions = schema["properties"]["positions"]["properties"]
    lists = {name: [] for name, part in schema["properties"].items() if part.get("type") == "array"}
    paragraph = {"text": "There is little to say of it.", "sources": []}
    argument = {
        "provision": next(iter(provisions)),
        "side": "for",
        "claim": "It is so.",
        "text": "It is so.",
        "sources": [],
    }
    opening = re.findall(r"^Round (\d+) of", seen.prompt, re.MULTILINE)[-1] == "1"
    asked = re.findall(r"fill ([a-z, ]+), and leave", seen.prompt)[-1]
    lists |= {"context": [paragraph], "arguments": [argument]} if opening else {}
    lists |= {"outlook": [paragraph]} if "outlook" in asked else {}
    return json.dumps(
        {"positions": dict.fromkeys(provisions, held), "stance": stance, "headline": "So be it.", **lists}
    )


@pytest.fixture
def asked(hostile, monkeypatch, tmp_path):
    """The options that name the server, with two past cases in a folder."""
    hostile.reply = humble
    monkeypatch.setenv("COMMUNIQUE_API_KEY", "sk-very-secret")
    (tmp_path / "cases").mkdir()
    for name in CASES:
        shutil.copy(ROOT / "scenarios" / "history" / f"{name}.yaml", tmp_path / "cases")
    return ("--model", "openai:local", "--base-url", hostile.url)


def test_a_model_is_scored_by_the_same_figures_and_asked_once(communique, hostile, asked):
    own = json.loads(communique("backtest", "cases", "--json").out)
    said = communique("backtest", "cases", *asked, "--json")
    assert said.status == 0
    found = json.loads(said.out)
    assert set(own) <= set(found)
    assert found["n"] == own["n"] == sum(t["calls"] - t["repairs"] for t in found["tally"])
    assert found["failures"] == []
    calls = len(hostile.seen)
    again = communique("backtest", "cases", *asked, "--json")
    assert len(hostile.seen) == calls
    assert json.loads(again.out) == found


def test_a_masked_reading_stands_beside_the_plain_one_and_names_nobody(communique, hostile, asked):
    said = communique("backtest", "cases", *asked, "--mask", "--json")
    found = json.loads(said.out)
    assert found["masked"]["n"] == found["n"]
    half = len(hostile.seen) // 2
    plain, masked = hostile.seen[:half], hostile.seen[half:]
    assert any("Australia" in seen.prompt for seen in plain)
    for word in ("Australia", "Japan", "China", "India", "AUKUS", "2021", "1996"):
        assert not any(word in seen.prompt for seen in masked), word
    assert "hidden" in communique("backtest", "cases", *asked, "--mask").out


def test_twins_tell_how_far_each_country_differs(communique, hostile, asked):
    def swayed(seen):
        text = humble(seen)
        return text.replace('"neutral"', '"support"') if "Japanese" in seen.prompt else text

    hostile.reply = swayed
    said = communique("backtest", "cases", *asked, "--twin", "language=Japanese", "--json")
    twin = json.loads(said.out)["twin"]
    assert twin["of"] == "language=Japanese"
    assert any(c["lean"] > 0 for c in twin["countries"])
    assert communique("backtest", "cases", *asked, "--twin", "colour=red").status == 2
    assert communique("backtest", "cases", "--mask").status == 2


def test_a_seat_that_fails_is_left_out_of_every_figure_and_named(communique, hostile, asked):
    hostile.choose = lambda seen: says("no idea") if "(IND), capital" in seen.prompt else None
    said = communique("backtest", "cases", *asked, "--json")
    assert said.status == 4
    found = json.loads(said.out)
    assert "india" not in found["by_country"]
    assert {f["country"] for f in found["failures"]} == {"india"}
    assert "india on ctbt-1996 gave no stance" in said.err


def test_models_stand_in_one_table_beside_the_desks(communique, hostile, asked):
    said = communique("benchmark-models", "dossier", "openai:local", *asked[2:], "--cases", "cases", "--json")
    assert said.status == 0
    own, model = json.loads(said.out)
    assert (own["model"], model["model"]) == ("dossier", "openai:local")
    assert own["n"] == model["n"]
    assert own["calls"] == own["dollars"] == 0
    assert model["calls"] > model["n"]
    assert model["dollars"] is None
    assert 0 <= model["kept"] <= model["bound"] == own["bound"]
    assert own["collapse"] > 0
    assert model["collapse"] is None
    table = communique("benchmark-models", "dossier", "--cases", "cases").out.splitlines()
    assert table[0].split()[:3] == ["model", "n", "accuracy"]
    assert table[1].startswith("dossier")


def test_a_model_that_cannot_be_asked_costs_the_others_nothing(communique, hostile, asked):
    """The table has the others, and a line says which is missing."""
    hostile.choose = lambda seen: status(404, "no such model") if seen.body["model"] == "gone" else None
    words = ("--cases", "cases", "--base-url", hostile.url, "--retries", "0")
    said = communique("benchmark-models", "openai:gone", "dossier", *words)
    assert said.status == 3
    assert said.out.splitlines()[1].startswith("dossier")
    assert "openai:gone is left out: " in said.err
    assert communique("benchmark-models", "openai:gone", *words).status == 3
