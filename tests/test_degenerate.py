"""Tables and texts at the edge: every one of them is debated, merged and told without a crash or a made-up stance."""

import pytest

from simulation import catalog
from simulation.report import files
from simulation.runs import run, write
from simulation.scenario import Proposal, Provision, Scenario
from simulation.verification import verify


def text(**changes):
    given = {
        "id": "edge",
        "title": "An edge case",
        "date": "2025-04-28",
        "proposal": Proposal(text="Something is proposed."),
        "provisions": (Provision(id="one", text="A step.", themes={"sanctions": 0.4}),),
        "countries": ("japan", "china", "india"),
    }
    return Scenario(**{**given, **changes})


def provision(name, weight=1.0, **themes):
    return Provision(id=name, text=f"Provision {name}.", themes=themes, weight=weight)


EDGES = {
    "one provision without options": text(),
    "nobody cares: a push of zero": text(
        provisions=(provision("idle", mutual_defence=0.0), provision("b", sanctions=0.3))
    ),
    "nothing pushes at all": text(provisions=(provision("idle", mutual_defence=0.0),)),
    "two countries": text(countries=("japan", "china")),
    "one round": text(debate={"rounds": 1}),
    "twenty rounds": text(debate={"rounds": 20}),
    "everybody is target, sponsor and invited": text(
        proposal=Proposal(
            text="x", sponsors=("JPN", "CHN", "IND"), targets=("JPN", "CHN", "IND"), invited=("JPN", "CHN", "IND")
        )
    ),
    "provisions that contradict each other": text(
        provisions=(provision("up", taiwan_participation=1.0), provision("down", taiwan_participation=-1.0))
    ),
    "a red line on every provision": text(
        provisions=(
            provision("a", taiwan_participation=0.9),
            provision("b", mutual_defence=0.9),
            provision("c", us_role_in_asia=-0.9),
        ),
        countries=("japan", "china", "india"),
    ),
}


@pytest.mark.parametrize("what", EDGES)
def test_an_edge_case_is_debated_told_and_verified(what, tmp_path):
    scenario = Scenario.model_validate(EDGES[what].model_dump())
    found = run(scenario)
    assert len(found.transcript.statements) == len(scenario.countries) * scenario.debate.rounds
    path = tmp_path / "edge.yaml"
    path.write_text("title: x\n", encoding="utf-8")
    assert [f for f in verify(write(found, files.reports(found), tmp_path / "runs")) if f.kind != "input"] == []


def test_where_nothing_pushes_nobody_is_for_or_against_it():
    found = run(EDGES["nothing pushes at all"])
    assert all(v.position == 0 for s in found.transcript.statements for v in s.views)
    assert found.merge.landings[0].zone == 0


def test_countries_that_are_alike_end_alike_and_stand_together(tmp_path, monkeypatch):
    """Two copies of one dossier under other names: same stance, one coalition, no movement between them."""
    folder = tmp_path / "agents"
    folder.mkdir()
    source = catalog.files("agents")["japan"].read_text(encoding="utf-8")
    for name, code in (("first", "AAA"), ("second", "BBB"), ("third", "CCC")):
        (folder / f"{name}.yaml").write_text(source.replace("code: JPN", f"code: {code}", 1), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = run("takaichi_coalition", countries=["first", "second", "third"])
    assert len({(s.stance, s.score) for s in found.transcript.final}) == 1
    assert len(found.negotiation.coalitions.groups) == 1
    assert not any(s.shifts for s in found.transcript.statements)
