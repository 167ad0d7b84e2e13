"""The dossiers and scenarios that are shipped: what every one of them keeps."""

import json
from collections import Counter
from pathlib import Path

import pytest

from simulation import catalog
from simulation.schemas import schema
from simulation.themes import codebook

ROOT = Path(__file__).parent.parent
COUNTRIES = sorted(p.stem for p in (ROOT / "agents").glob("*.yaml"))
SCENARIOS = sorted(p.stem for p in (ROOT / "scenarios").rglob("*.yaml"))
MAIN = {"japan", "china", "india", "eu", "australia"}


@pytest.fixture(scope="module")
def desks():
    return {n: catalog.load_dossier(n) for n in COUNTRIES}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "agents").glob("*.yaml")) + sorted((ROOT / "scenarios").rglob("*.yaml"))
)
def test_a_file_starts_with_its_schema_for_editors(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.split("=", 1)[1]).exists()


@pytest.mark.parametrize("what", ["dossier", "scenario"])
def test_the_schema_beside_the_files_is_the_one_the_command_prints(what):
    folder = "agents" if what == "dossier" else "scenarios"
    assert json.loads((ROOT / folder / f"{what}.schema.json").read_text(encoding="utf-8")) == schema(what)


@pytest.mark.parametrize("name", COUNTRIES)
def test_a_dossier_takes_a_position_on_every_theme(desks, name):
    assert set(desks[name].positions) == set(codebook())


@pytest.mark.parametrize("name", COUNTRIES)
def test_a_dossier_has_enough_passages_of_every_kind_and_for_both_sides(desks, name):
    passages = desks[name].passages
    assert len(passages) >= (60 if name in MAIN else 30)
    kinds = Counter(p.kind for p in passages)
    assert all(kinds[k] >= 4 for k in ("argument", "condition", "limit", "precedent"))
    assert min(Counter(p.side for p in passages).values()) >= 10


@pytest.mark.parametrize("name", COUNTRIES)
def test_seven_sources_in_ten_are_verified_and_say_where(desks, name):
    sources = desks[name].sources.values()
    assert sum(s.verified for s in sources) >= 0.7 * len(sources)
    assert all(s.seen_at for s in sources if s.verified)


def test_no_two_countries_share_a_passage_or_a_claim(desks):
    for part in ("text", "claim"):
        seen = Counter(" ".join(getattr(p, part).lower().split()) for d in desks.values() for p in d.passages)
        assert [t for t, n in seen.items() if n > 1] == []


def test_ids_of_passages_and_rules_are_the_countrys_own(desks):
    every = Counter(e.id for d in desks.values() for e in (*d.passages, *d.red_lines, *d.legal_limits, *d.conditions))
    assert [i for i, n in every.items() if n > 1] == []
    codes = Counter(d.code for d in desks.values())
    assert max(codes.values()) == 1
    assert max(Counter(d.callsign for d in desks.values()).values()) == 1


@pytest.mark.parametrize("name", COUNTRIES)
def test_histories_of_positions_run_forward(desks, name):
    held = [*desks[name].positions.values(), *desks[name].relations.values()]
    for entry in held:
        times = [s.until for s in entry.changed]
        assert times == sorted(times)


@pytest.mark.parametrize("name", COUNTRIES)
def test_standing_is_set_and_adds_up_to_less_than_the_world(desks, name):
    assert desks[name].standing > 0
    assert sum(d.standing for d in desks.values()) < 1


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_has_provisions_that_push_on_something(name):
    scenario = catalog.load_scenario(name)
    for provision in scenario.provisions:
        for part in (provision, *provision.options):
            assert any(part.themes.values())


def test_the_live_scenarios_offer_a_weaker_wording_for_most_provisions():
    for name in ("takaichi_coalition", "critical_minerals_club", "autonomous_weapons_treaty"):
        provisions = catalog.load_scenario(name).provisions
        assert sum(bool(p.options) for p in provisions) >= len(provisions) - 1
