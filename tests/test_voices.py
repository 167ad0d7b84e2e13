"""Whose note is it: no two desks sound alike, and no passage is written in vain."""

import itertools
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from simulation import catalog
from simulation.analysts.dossier import DossierAnalyst
from simulation.floor import Floor
from simulation.material import points
from simulation.scenario import Proposal, Provision, Scenario
from simulation.waiting import wait
from simulation.written import latest_day

LIVE = [n for n, p in catalog.files("scenarios").items() if p.parent.name != "history"]
COUNTRIES = tuple(catalog.files("agents"))
STOP = frozenset((Path(__file__).parent / "stopwords.txt").read_text(encoding="utf-8").split())


def content_words(text, names):
    """The words that carry meaning, without names, adjectives and capitals of any country."""
    words = set(re.findall(r"[a-z]{3,}", text.lower()))
    return words - STOP - names


def full_table(name, rounds=1):
    """Every desk there is at one table."""
    desks = {c: catalog.load_dossier(c) for c in COUNTRIES}
    scenario = catalog.load_scenario(name)
    debate = scenario.debate.model_copy(update={"rounds": rounds})
    scenario = scenario.model_copy(update={"countries": COUNTRIES, "engines": {}, "debate": debate})
    return Floor(scenario, desks, {c: DossierAnalyst() for c in COUNTRIES}, dict.fromkeys(COUNTRIES, "dossier"))


def spoken(floor):
    """Everything said, round by round, without the graph."""
    analyst = DossierAnalyst()
    for number in range(1, floor.scenario.debate.rounds + 1):
        floor.begin(tuple(d.code for d in floor.table))
        said = [wait(analyst.speak(floor.turn(c, number))) for c in COUNTRIES]
        floor.statements |= {s.id: s for s in said}
        yield from said


@pytest.mark.parametrize("name", LIVE)
def test_the_vocabulary_of_any_two_notes_overlaps_by_no_more_than_half(name):
    floor = full_table(name)
    names = {
        w
        for d in floor.table
        for part in (d.name, d.short, d.adjective, d.capital)
        for w in re.findall(r"[a-z]+", part.lower())
    }
    notes = {}
    for said in spoken(floor):
        parts = [*said.context, *said.implications, *said.challenges, *said.outlook]
        notes[said.country] = content_words(" ".join([said.headline, *(p.text for p in parts)]), names)
    for one, two in itertools.combinations(notes, 2):
        overlap = len(notes[one] & notes[two]) / len(notes[one] | notes[two])
        assert overlap <= 0.5, f"{one} and {two} on {name}: {overlap:.2f}"


def made_for(passage, desk):
    """A proposal of the passage's own day that pushes its theme and has the parties it asks for."""
    day = max(latest_day(desk.sources[s].date) for s in passage.sources).isoformat()
    near = sorted(desk.relations, key=lambda code: desk.affinity(code, date.fromisoformat(day)))
    actor = {"partner": (near[-1],), "rival": (near[0],), None: ()}[passage.whose]
    provision = Provision(id="p", text="x", themes={passage.themes[0]: 0.6}, actor=actor)
    return Scenario(
        title=passage.id,
        date=day,
        proposal=Proposal(text="x", invited=passage.about),
        provisions=(provision,),
        countries=("one", "two"),
    )


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_passage_can_be_reached_by_a_proposal_of_its_own_day(country):
    desk = catalog.load_dossier(country)
    missed = [p.id for p in desk.passages if p.id not in {q.passage for q in points(desk, made_for(p, desk))}]
    assert missed == []


def test_the_notes_on_all_scenarios_use_most_passages():
    """Composed at one table of all desks; prints what is never used, for whoever writes the next scenario."""
    used = Counter()
    for name in catalog.files("scenarios"):
        used.update(a.passage for said in spoken(full_table(name, rounds=3)) for a in said.arguments if a.passage)
    for country in COUNTRIES:
        passages = catalog.load_dossier(country).passages
        never = [p.id for p in passages if p.id not in used]
        print(f"{country}: {len(never)} of {len(passages)} passages never used: {' '.join(never)}")  # noqa: T201
        assert len(never) <= 0.15 * len(passages), country
