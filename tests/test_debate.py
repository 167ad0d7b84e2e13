from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.analysts.dossier import DossierAnalyst
from simulation.analysts.scripted import ScriptedAnalyst
from simulation.catalog import files, load_dossier, load_scenario
from simulation.debate import build, debate
from simulation.errors import CommuniqueError
from simulation.floor import Floor
from simulation.judgement import UncausedShift
from simulation.plans import table_of
from simulation.waiting import wait

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def seats(scenario):
    return table_of(scenario)


LIVE = [n for n, p in files("scenarios").items() if p.parent.name != "history"]


def everybody(name):
    """Every desk there is at the table of a live scenario."""
    scenario = load_scenario(name).model_copy(update={"countries": tuple(files("agents"))})
    return floor_with(scenario, {n: load_dossier(n) for n in scenario.countries})


def floor_with(scenario, seats, **analysts):
    everybody = {name: analysts.get(name, DossierAnalyst()) for name in seats}
    return Floor(scenario, seats, everybody, dict.fromkeys(seats, "dossier"))


def test_the_graph_draws_the_table_as_it_sits(scenario, seats):
    drawn = build(floor_with(scenario, seats)).get_graph().draw_mermaid()
    assert drawn == (GOLDEN / "takaichi_coalition.mmd").read_text(encoding="utf-8")


def test_a_seat_that_fails_is_a_gap_and_never_a_stance(scenario, seats):
    class Failing:
        async def speak(self, turn):
            raise CommuniqueError("no answer")

    record, merged = wait(debate(floor_with(scenario, seats, india=Failing())))
    assert [(g.code, g.round, g.reason) for g in record.gaps] == [("IND", r, "no answer") for r in (1, 2, 3)]
    assert not record.of("IND")
    everywhere = {*merged.support, *merged.aside, *merged.oppose}
    assert "IND" not in everywhere
    assert all("IND" not in (*x.favour, *x.undecided, *x.against) for x in merged.landings)
    assert len(record.statements) == 12


def test_a_recorded_debate_can_be_played_again(scenario, seats, takaichi):
    script = ScriptedAnalyst(takaichi.transcript.statements)
    record, merged = wait(debate(floor_with(scenario, seats, **dict.fromkeys(seats, script))))
    assert record == takaichi.transcript
    assert merged == takaichi.merge


def test_a_bug_in_an_analyst_is_not_swallowed(scenario, seats):
    class Broken:
        async def speak(self, turn):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wait(debate(floor_with(scenario, seats, india=Broken())))


def test_every_answer_names_something_that_was_said_in_the_round_before(takaichi):
    said = {s.id: s for s in takaichi.transcript.statements}
    answers = [(s, a) for s in said.values() for a in s.answers]
    assert {s.round for s, _ in answers} == {2, 3}
    assert {s.code for s, _ in answers} == {d.code for d in takaichi.seats.values()}
    for speaker, answer in answers:
        heard = said[answer.statement]
        assert heard.round == speaker.round - 1
        assert heard.code == answer.country != speaker.code
        assert answer.argument in {a.id for a in heard.arguments}
        assert answer.argument in answer.text


def test_every_shift_has_a_cause_that_pulled_the_same_way(takaichi):
    said = {s.id: s for s in takaichi.transcript.statements}
    shifts = [(s, x) for s in said.values() for x in s.shifts]
    assert shifts
    for speaker, shift in shifts:
        cause = said[shift.because]
        assert cause.round < speaker.round
        assert cause.code != speaker.code
        if speaker.round == 2:
            pulled = cause.view(shift.provision).position - shift.before
            assert pulled * (shift.after - shift.before) > 0


def test_a_move_that_nobody_caused_is_an_error(scenario, seats):
    floor = floor_with(scenario, seats)
    order = tuple(d.code for d in floor.table)
    floor.begin(order)
    floor.statements |= {s.id: s for c in seats for s in [wait(DossierAnalyst().speak(floor.turn(c, 1)))]}
    floor.begin(order)
    turn = floor.turn("japan", 2)
    drifted = turn.positions.copy()
    drifted[-1] = 1.0
    with pytest.raises(UncausedShift):
        wait(DossierAnalyst().speak(replace(turn, positions=drifted)))


class Silent(DossierAnalyst):
    """Speaks in the first round only."""

    async def speak(self, turn):
        if turn.round > 1:
            raise CommuniqueError("no answer")
        return await super().speak(turn)


def test_a_move_after_a_seat_fell_silent_names_its_last_statement():
    """Whoever has fallen silent pulls no more, so that those it held come loose."""
    floor = everybody("food_and_farm_pact")
    record, _ = wait(debate(replace(floor, analysts={**floor.analysts, "china": Silent()})))
    loose = [(s.id, x) for s in record.statements if s.round == 3 for x in s.shifts if x.because == "CHN-1"]
    assert loose
    for said, shift in loose:
        before = next(s for s in record.statements if s.id == f"{said[:-1]}2").view(shift.provision).position
        pulled = next(s for s in record.statements if s.id == "CHN-1").view(shift.provision).position - before
        assert pulled * (shift.after - shift.before) < 0


def hardest(turn, shift):
    """The statement that pulls hardest the way of a shift, seat by seat; None where nobody's does."""
    before = turn.positions[-2][[p.id for p in turn.scenario.provisions].index(shift.provision)]
    way = np.sign(shift.after - shift.before)
    last, earlier = turn.others(turn.round - 1), turn.others(turn.round - 2)
    pulls = {}
    for i, code in enumerate(d.code for d in turn.table):
        if said := last.get(code) or earlier.get(code):
            there = last[code].view(shift.provision).position if code in last else before
            since = earlier[code].view(shift.provision).position if code in earlier else before
            pulls[said.id] = way * (turn.mixing[i] * (there - before) - turn.mixed[i] * (since - before))
    cause = max(sorted(pulls), key=pulls.get)
    return cause if pulls[cause] > 0 else None


def test_the_cause_of_a_move_is_the_hardest_pull_counted_seat_by_seat(monkeypatch):
    turns, speak = {}, DossierAnalyst.speak

    async def noted(self, turn):
        said = await speak(self, turn)
        turns[said.id] = turn
        return said

    monkeypatch.setattr(DossierAnalyst, "speak", noted)
    floor = everybody("food_and_farm_pact")
    record, _ = wait(debate(replace(floor, analysts={**floor.analysts, "china": Silent()})))
    causes = [(x.because, hardest(turns[s.id], x)) for s in record.statements for x in s.shifts]
    assert [because for because, counted in causes if counted] == [counted for _, counted in causes if counted]
    assert len({because for because, counted in causes if counted}) > 5
    assert "CHN-1" in {because for because, _ in causes}


def test_a_change_of_stance_names_its_cause():
    found = [s for name in LIVE for s in wait(debate(everybody(name)))[0].statements if s.round > 1 and s.turning]
    assert found
    for said in found:
        assert said.turning.after == said.stance != said.turning.before
        assert said.turning.because in {s.because for s in said.shifts if s.provision == said.turning.provision}


def test_a_held_position_never_moves(takaichi):
    for said in takaichi.transcript.statements:
        for view in said.views:
            if view.frozen:
                assert view.position == view.opening


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_any_number_of_rounds_is_spoken_in_full(scenario, seats, rounds):
    text = scenario.model_copy(update={"debate": scenario.debate.model_copy(update={"rounds": rounds})})
    record, _ = wait(debate(floor_with(text, seats)))
    assert len(record.order) == rounds
    assert len(record.statements) == rounds * len(seats)
    for row in record.order:
        assert sorted(row) == sorted(d.code for d in seats.values())
