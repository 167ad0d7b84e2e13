import copy
import json
import shutil

import pytest

from simulation import catalog
from simulation.report import files
from simulation.runs import run, write
from simulation.verification import verify

LIVE = [n for n, p in catalog.files("scenarios").items() if p.parent.name != "history"]


@pytest.fixture(scope="module")
def true_folder(tmp_path_factory):
    found = run("takaichi_coalition")
    return write(found, files.reports(found), tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize("name", LIVE)
def test_every_shipped_scenarios_run_verifies(name, tmp_path):
    found = run(name)
    assert verify(write(found, files.reports(found), tmp_path)) == []


def test_the_command_says_so_and_exits_2_on_a_falsehood(communique, tmp_path):
    communique("run", "takaichi_coalition", "-q")
    said = communique("verify", "latest")
    assert said.status == 0
    assert "every number, id, date and line holds" in said.out
    path = next((tmp_path / "runs").glob("*/assessment.md"))
    path.write_text(
        path.read_text(encoding="utf-8").replace("India stands aside", "India supports it", 1), encoding="utf-8"
    )
    wrong = communique("verify", "latest")
    assert wrong.status == 2
    assert "assessment.md" in wrong.err
    assert json.loads(communique("verify", "latest", "--json").out)[0]["kind"] == "report"
    assert communique("verify", "nothing").status == 2


def first(data, code="IND", number=1):
    return next(s for s in data["transcript"]["statements"] if s["id"] == f"{code}-{number}")


def answering(data):
    return next(s for s in data["transcript"]["statements"] if s["answers"] and s["answers"][0]["own"])


def moving(data):
    return next(s for s in data["transcript"]["statements"] if s["shifts"])


def held(data):
    return next(v for v in first(data, "CHN", 3)["views"] if v["frozen"])


def later_source(data, code="IND"):
    """A source of the desk that came out after the scenario."""
    desk = catalog.load_dossier(first(data, code)["country"])
    return next(name for name, s in desk.sources.items() if s.date > "2025-04-28")


PLANTED = {
    "a stance turned around": ("stance", lambda d: first(d).update(stance=1)),
    "a strong stance weakened": ("stance", lambda d: first(d, "CHN").update(stance=-1)),
    "a score raised": ("score", lambda d: first(d).update(score=9.0)),
    "a bar removed": ("score", lambda d: first(d, "JPN")["terms"].pop(0)),
    "a bar enlarged": ("score", lambda d: first(d, "EU")["terms"][0].update(value=2.0)),
    "a probability changed": ("probability", lambda d: first(d).update(probabilities=[0, 0, 0, 0, 1.0])),
    "a red line forgotten": ("rule", lambda d: first(d).update(breaches=[])),
    "a red line invented": ("rule", lambda d: first(d, "AUS").update(breaches=first(d)["breaches"])),
    "a headline against the stance": ("wording", lambda d: first(d).update(headline="India supports the call.")),
    "a headline of support by an opponent": (
        "wording",
        lambda d: first(d, "CHN").update(headline="China backs the call in full."),
    ),
    "an unknown source": ("source", lambda d: first(d)["arguments"][0].update(sources=["made_up_2024"])),
    "a source from the future": (
        "date",
        lambda d: first(d)["asks"].append({"text": "x", "sources": [later_source(d)]}),
    ),
    "a passage reworded": (
        "passage",
        lambda d: first(d)["arguments"][0].update(text="India has always wanted this alliance."),
    ),
    "a claim reworded": (
        "passage",
        lambda d: first(d)["arguments"][0].update(claim="India promises to fight for Taiwan."),
    ),
    "a passage that does not exist": ("passage", lambda d: first(d)["arguments"][0].update(passage="ind_p999")),
    "an answer to nothing": ("answer", lambda d: answering(d)["answers"][0].update(argument="CHN-1.99")),
    "an answer with a borrowed argument": ("answer", lambda d: answering(d)["answers"][0].update(own="XXX-1.1")),
    "a cause that was never said": ("cause", lambda d: moving(d)["shifts"][0].update(because="USA-1")),
    "a move from elsewhere": ("shift", lambda d: moving(d)["shifts"][0].update(before=-0.99)),
    "a held position moved": ("held", lambda d: held(d).update(position=0.5)),
    "an order of speaking made up": ("order", lambda d: d["transcript"]["order"][0].sort()),
    "a seat in the order twice": ("order", lambda d: d["transcript"]["order"].__setitem__(1, ["JPN"] * 5)),
    "a statement removed": ("turn", lambda d: d["transcript"]["statements"].pop()),
    "a statement under another id": ("turn", lambda d: first(d, "EU", 3).update(id="EU-9")),
    "a landing zone moved": ("merge", lambda d: d["merge"]["landings"][0].update(zone=0.9)),
    "an opponent counted as support": ("merge", lambda d: d["merge"]["support"].append("CHN")),
    "an absent party hidden": ("merge", lambda d: d["merge"].update(absent=[])),
    "evidence that does not exist": (
        "evidence",
        lambda d: d["assessment"]["bottom_line"][0].update(evidence=["FRA-1"]),
    ),
    "a finding reworded": ("record", lambda d: d["assessment"]["bottom_line"][0].update(text="All support it.")),
    "an amendment's effect changed": ("record", lambda d: d["assessment"]["amendments"][0].update(lift=5.0)),
    "the seed changed": ("order", lambda d: d["transcript"].update(seed=99)),
    "a provision of the scenario changed": ("input", lambda d: d["scenario"]["provisions"][0].update(weight=0.2)),
    "an input hash changed": ("input", lambda d: d["inputs"].update({"agents/japan.yaml": "0" * 64})),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_falsehood_is_caught_and_named(what, true_folder, tmp_path):
    kind, plant = PLANTED[what]
    folder = tmp_path / "run"
    shutil.copytree(true_folder, folder)
    data = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    before = copy.deepcopy(data)
    plant(data)
    assert data != before
    (folder / "run.json").write_text(json.dumps(data), encoding="utf-8")
    assert kind in {f.kind for f in verify(folder)}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("assessment.md", "India stands aside", "India supports it"),
        ("assessment.md", "strongly oppose (CHN-3)", "support (CHN-3)"),
        ("assessment.md", "verified)", "seen by all)"),
        ("assessment.md", "not a forecast", "a forecast"),
        ("assessment.html", "stand aside", "support"),
        ("assessment.html", "<title>", "<title>No "),
        ("assessment.html", "not a forecast", "a forecast"),
        ("assessment.html", 'id="CHN-1"', 'id="CHN-9"'),
        ("assessment.html", "default-src 'none'", "default-src *"),
        ("transcript.md", "Order of speaking", "Order of walking"),
        ("stances.csv", "japan,JPN,1,dossier,1", "japan,JPN,1,dossier,2"),
    ],
)
def test_an_edited_report_is_caught_at_its_line(name, old, new, true_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(true_folder, folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = verify(folder)
    assert [f.kind for f in found] == ["report"]
    number = int(found[0].place.split(":")[1])
    assert old in text.splitlines()[number - 1]


def test_a_missing_report_is_caught(true_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(true_folder, folder)
    (folder / "stances.csv").unlink()
    assert [(f.kind, f.message) for f in verify(folder)] == [("report", "is missing")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1}', "\x00"])
def test_a_run_json_that_is_none_is_an_error_and_not_a_crash(communique, tmp_path, text):
    folder = tmp_path / "runs" / "broken"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(text)
    said = communique("verify", str(folder))
    assert said.status == 2
    assert "E127" in said.err
