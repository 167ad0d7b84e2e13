import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import catalog, repeats
from simulation.analysts.dossier import DossierAnalyst
from simulation.floor import Floor
from simulation.moderation import merge
from simulation.plans import table_of
from simulation.stability import label, stability, with_error
from simulation.uncertainty import draw, ranged
from simulation.waiting import wait

SHIPPED = list(catalog.files("scenarios"))


def held(scenario, seats, orders):
    """The debate in given orders, without the graph."""
    analysts = {n: DossierAnalyst() for n in seats}
    floor = Floor(scenario, seats, analysts, dict.fromkeys(seats, "dossier"))
    names = {d.code: n for n, d in seats.items()}
    for number, order in enumerate(orders, 1):
        floor.begin(order)
        said = [wait(analysts[names[c]].speak(floor.turn(names[c], number))) for c in order]
        floor.statements |= {s.id: s for s in said}
    return floor.transcript()


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_no_order_of_speaking_changes_a_stance_a_cell_or_the_verdict(name, data):
    scenario = catalog.load_scenario(name)
    seats = table_of(scenario)
    codes = [d.code for d in seats.values()]
    rounds = range(scenario.debate.rounds)
    first = held(scenario, seats, [tuple(sorted(codes)) for _ in rounds])
    other = held(scenario, seats, [tuple(data.draw(st.permutations(codes))) for _ in rounds])

    def facts(record):
        return {s.id: (s.stance, s.score, s.views, s.breaches) for s in record.statements}

    table = tuple(seats.values())
    assert facts(first) == facts(other)
    ordered = [sorted(r.final, key=lambda s: s.code) for r in (first, other)]
    assert merge(scenario, table, ordered[0]) == merge(scenario, table, ordered[1])
    assert merge(scenario, table, first.final).support == merge(scenario, table, other.final).support


@pytest.mark.parametrize("name", ["takaichi_coalition", "security_council_enlargement", "ukraine_settlement"])
def test_the_word_of_a_country_is_that_of_its_own_side(name):
    scenario = catalog.load_scenario(name)
    for found in stability(scenario, tuple(table_of(scenario).values())).countries:
        assert found.same == pytest.approx(getattr(found.shares, found.side), abs=1e-3)
        assert found.words == ranged(found.same)


def test_labels_follow_their_rule():
    assert label(0.95, 0) == "robust"
    assert label(0.95, 1) == "conditional"
    assert label(0.8, 0) == "conditional"
    assert label(0.6, 0) == "fragile"


def test_the_models_error_widens_the_shares_and_never_passes_a_rule(scenario):
    desks = tuple(table_of(scenario).values())
    drawn = draw(scenario, desks, n=2000)
    noisy = with_error(drawn, scenario, desks)
    at = [d.code for d in desks].index("JPN")
    assert np.mean(drawn.stances[:, at] > 0) > np.mean(noisy.stances[:, at] > 0) > 0.5
    india = [d.code for d in desks].index("IND")
    assert noisy.stances[:, india].max() <= 0
    again = with_error(drawn, scenario, desks)
    assert (again.stances == noisy.stances).all()


def test_shares_with_error_are_near_the_probabilities_of_the_ordered_logit(scenario, takaichi):
    desks = tuple(table_of(scenario).values())
    found = {c.code: c for c in stability(scenario, desks, 4000).countries}
    for said in takaichi.transcript.final:
        if not said.breaches:
            support = said.probabilities[3] + said.probabilities[4]
            assert found[said.code].shares.support == pytest.approx(support, abs=0.08)


def test_two_countries_have_nobody_to_leave_out(scenario):
    desks = tuple(table_of(scenario, ("japan", "china")).values())
    assert all(c.flips_without == () for c in stability(scenario, desks, 100).countries)


def test_the_command_prints_shares_flips_and_labels(communique):
    said = communique("stability", "takaichi_coalition", "--runs", "3", "--draws", "200")
    assert said.status == 0
    assert "3 speaking orders: 100 % give the same stances" in said.out
    assert all(code in said.out for code in ("JPN", "CHN", "IND", "EU", "AUS"))
    found = json.loads(communique("stability", "takaichi_coalition", "--runs", "2", "--draws", "200", "--json").out)
    assert {f["rate"] for f in found["flips"]} == {0.0}
    assert communique("stability", "nothing").status == 2


def test_every_repeat_is_another_order_of_speaking(communique, monkeypatch):
    orders, held = [], repeats.debate

    async def noted(floor):
        found = await held(floor)
        orders.append(found[0].order)
        return found

    monkeypatch.setattr(repeats, "debate", noted)
    assert communique("stability", "takaichi_coalition", "--runs", "6").status == 0
    assert len(orders) == len(set(orders)) == 6


def test_sensitivity_ranks_what_moves_the_least_certain_country(communique):
    args = ("stability", "takaichi_coalition", "--runs", "1", "--draws", "200", "--sensitivity")
    said = communique(*args).out
    assert "what moves the score of" in said
    found = json.loads(communique(*args, "--json").out)["sensitivity"]
    totals = [d["total"] for d in found if d["total"] is not None]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > 0.1


def test_the_labels_stand_beside_the_findings(takaichi):
    order = ("robust", "conditional", "fragile")
    by = {c.code: c.label for c in takaichi.negotiation.stability.countries}
    findings = itertools.chain(takaichi.assessment.contested, takaichi.assessment.agreed, takaichi.assessment.package)
    for finding in findings:
        assert finding.label == max((by[e.split("-")[0]] for e in finding.evidence), key=order.index)
