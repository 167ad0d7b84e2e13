import re

import pytest

from simulation import catalog
from simulation.conduct import confidence
from simulation.report import markdown
from simulation.runs import run

LIVE = [n for n, p in catalog.files("scenarios").items() if p.parent.name != "history"]


@pytest.fixture(scope="module", params=LIVE)
def found(request):
    return run(request.param)


def test_prices_and_packages_are_what_the_packages_say(found):
    final = {s.code: s.stance for s in found.transcript.final}
    assert {p.asked for p in found.negotiation.prices} == {c for c, s in final.items() if s <= 0}
    for price in found.negotiation.prices:
        if price.package is not None:
            assert price.package.stances[price.asked] >= 1
            assert not set(price.lost) & set(price.package.supporters)


def test_every_finding_of_the_negotiation_names_what_it_rests_on(found):
    ids = {s.id for s in found.transcript.statements}
    parts = found.assessment
    for finding in (*parts.groups, *parts.decisions, *parts.package, *parts.reservations, *parts.common):
        assert finding.evidence
        assert set(finding.evidence) <= ids
        assert not re.search(r"  |None|\{| ,|\.\.", finding.text), finding.text


def test_what_a_rule_makes_of_it_says_whether_one_absence_is_enough(found):
    said = {1: "; without ", 2: "; with either of "}
    for made, told in zip(found.negotiation.decisions, found.assessment.decisions, strict=True):
        wanted = said.get(len(made.pivots), "; with any one of ") if made.pivots else None
        assert [x for x in (*said.values(), "; with any one of ") if x in told.text] == ([wanted] if wanted else [])


def test_where_two_would_each_turn_a_rule_it_does_not_sound_as_if_both_had_to(takaichi):
    told = [d.text for d in takaichi.assessment.decisions]
    assert any(text.endswith("; with either of India and China away it would pass.") for text in told)


def test_each_country_has_one_next_move_that_fits_its_stance(found):
    stance = {s.code: s.stance for s in found.transcript.final}
    moves = {n.code: n.move for n in found.negotiation.next}
    assert set(moves) == set(stance)
    allowed = {
        1: {"join", "join on condition", "back from outside"},
        0: {"hedge", "observe"},
        -1: {"oppose", "counter-mobilise"},
    }
    for code, move in moves.items():
        assert move in allowed[(stance[code] > 0) - (stance[code] < 0)]


def test_what_is_said_of_a_next_move_is_true_of_the_statement(found):
    said = {s.code: s for s in found.transcript.final}
    for move in found.negotiation.next:
        at = [v.position for v in said[move.code].views if v.importance > 0]
        told = re.search(r"nearest to neutral \((.\d\.\d\d)\)", " ".join(move.watch))
        if told:
            assert abs(float(told[1].replace("−", "-"))) == pytest.approx(min(map(abs, at)), abs=0.0051)
        if "every part of the text stands at +0.20 or above" in move.why:
            assert min(at) >= 0.2


def test_every_heading_of_a_report_stands_apart(found):
    lines = markdown.assessment(found).split("\n")
    headings = [k for k, line in enumerate(lines) if k and line.startswith("#")]
    assert headings
    assert all(not lines[k - 1] and not lines[k + 1] for k in headings)


def test_shares_of_opening_positions_sum_to_one(found):
    for mover in found.negotiation.movers:
        assert mover.own + sum(x for _, x in mover.others) == pytest.approx(1, abs=2e-3)


def test_dissent_is_in_the_dissenters_own_words(found):
    arguments = {a.id: a for s in found.transcript.statements for a in s.arguments}
    for dissent in found.negotiation.dissents:
        argument = arguments[dissent.argument]
        assert (dissent.claim, dissent.text, dissent.sources) == (argument.claim, argument.text, argument.sources)
        assert argument.id.startswith(dissent.code)


def test_the_takaichi_assessment_names_what_an_analyst_would_ask_for(takaichi):
    text = markdown.assessment(takaichi).split("## Annex: the proposal")[0]
    assert "brings India in" in text.split("## Who stands where")[0]
    room = text.split("### Not in the room")[1].split("###")[0]
    assert "Taiwan" in room
    held = text.split("### What holds the supporters back")[1].split("###")[0]
    assert "Article 9" in held
    assert "Article 42" in held
    assert "| The EU (EU-3) | join on condition | mutual protection" in text
    assert "| Australia (AUS-3) | join on condition | the text goes to 0.65 where its own rule begins at 0.70" in text
    assert "Confidence: moderate" in text
    assert "counter-mobilise" in text
    assert "A version that all but China could sign" in text
    assert len(text.split()) < 2000
    assert re.search(r"(likely|even chance) \(\d+ to \d+ %\)", text.split("## Who stands where")[0])


def test_nothing_is_sure_while_the_model_misses_one_past_reaction_in_four(takaichi, monkeypatch):
    table, record = tuple(takaichi.seats.values()), takaichi.transcript.statements
    monkeypatch.setattr("simulation.conduct.accuracy", lambda: 0.74)
    assert confidence(takaichi.scenario, table, record, 1.0).level == "moderate"
    monkeypatch.setattr("simulation.conduct.accuracy", lambda: 0.76)
    assert confidence(takaichi.scenario, table, record, 1.0).level == "high"
    assert confidence(takaichi.scenario, table, record, 0.3).level == "low"
