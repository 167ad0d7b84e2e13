"""The contract that every analyst engine inherits, and what the default engine promises beyond it."""

import copy
import re

import pytest
from doubles import SETTINGS, AgreeableCaller, AgreeablePerson

from simulation import replies
from simulation.analysts.chat_model import ChatModelAnalyst
from simulation.analysts.dossier import DossierAnalyst
from simulation.analysts.human import HumanAnalyst
from simulation.analysts.scripted import ScriptedAnalyst
from simulation.catalog import load_scenario
from simulation.debate import debate
from simulation.desk_note import HOLDS
from simulation.dossier import Dossier, Position
from simulation.engines import names, seat, seating
from simulation.errors import InputError
from simulation.floor import Floor
from simulation.plans import table_of
from simulation.runs import run
from simulation.sources import Source
from simulation.statement import Statement
from simulation.waiting import wait


def floor_of(name="takaichi_coalition", countries=()):
    scenario = load_scenario(name)
    seats = table_of(scenario, countries)
    scenario = scenario.model_copy(update={"countries": tuple(seats)})
    return Floor(scenario, seats, {n: DossierAnalyst() for n in seats}, dict.fromkeys(seats, "dossier"))


def bare(like: Dossier) -> Dossier:
    """The barest dossier there can be: one position, one source."""
    source = Source(title="A law", publisher="A state", date="1990", kind="law", verified=True)
    held = Position(position=0.2, salience=0.5, confidence=0.5, rationale="It holds so.", sources=("law",))
    empty = dict.fromkeys(("red_lines", "legal_limits", "conditions", "passages"), ())
    return like.model_copy(
        update={**empty, "positions": {"sanctions": held}, "relations": {}, "sources": {"law": source}}
    )


class Contract:
    """What any engine keeps. `analyst(floor)` makes one for a floor."""

    offline = True

    def analyst(self, floor):
        raise NotImplementedError

    @pytest.fixture
    def floor(self):
        return floor_of()

    def turns(self, floor, rounds=2):
        """Every turn of the first rounds, with what was said before."""
        analyst = self.analyst(floor)
        for number in range(1, rounds + 1):
            floor.begin()
            said = [(turn := floor.turn(c, number), wait(analyst.speak(turn))) for c in floor.seats]
            yield from said
            floor.statements |= {s.id: s for _, s in said}

    def test_it_speaks_for_its_own_country_and_round(self, floor):
        for turn, said in self.turns(floor):
            assert (said.country, said.code, said.round) == (turn.country, turn.dossier.code, turn.round)
            assert said.id == f"{said.code}-{said.round}"

    def test_it_leaves_its_turn_untouched(self, floor):
        analyst = self.analyst(floor)
        floor.begin()
        turn = floor.turn("japan", 1)
        before = (copy.deepcopy(turn.positions), turn.dossier.model_dump(), turn.scenario.model_dump(), turn.heard)
        wait(analyst.speak(turn))
        assert (before[0] == turn.positions).all()
        assert before[1:] == (turn.dossier.model_dump(), turn.scenario.model_dump(), turn.heard)

    def test_its_statement_survives_json(self, floor):
        for _, said in self.turns(floor):
            assert Statement.model_validate_json(said.model_dump_json()) == said

    def test_it_takes_a_view_on_every_provision(self, floor):
        for turn, said in self.turns(floor):
            assert [v.provision for v in said.views] == [p.id for p in turn.scenario.provisions]

    def test_it_cites_only_what_its_dossier_holds(self, floor):
        for turn, said in self.turns(floor):
            for part in (*said.arguments, *said.answers, *said.asks):
                assert set(part.sources) <= set(turn.dossier.sources)

    def test_the_same_turn_gives_the_same_words(self, floor):
        if self.offline:
            again = self.analyst(floor)
            for turn, said in self.turns(floor):
                assert wait(again.speak(turn)) == said


class TestDossierAnalyst(Contract):
    def analyst(self, floor):
        return DossierAnalyst()

    def test_it_survives_the_barest_dossier(self):
        floor = floor_of()
        seats = {n: bare(d) for n, d in floor.seats.items()}
        record, merged = wait(debate(Floor(floor.scenario, seats, floor.analysts, floor.engines)))
        assert len(record.statements) == 15
        assert merged.aside

    def test_an_opening_note_has_every_section_and_a_telling_sentence(self, takaichi):
        for said in takaichi.transcript.opening:
            assert said.telling
            assert len(said.context) == 3
            assert len(said.implications) == len(takaichi.scenario.provisions)
            assert said.challenges
            assert said.outlook

    def test_no_passage_is_used_twice_by_one_desk_in_a_debate(self, takaichi):
        for country in takaichi.seats.values():
            used = [a.passage for s in takaichi.transcript.of(country.code) for a in s.arguments if a.passage]
            assert len(used) == len(set(used))

    def test_a_passage_argues_in_the_direction_it_is_used_for(self, takaichi):
        by_id = {p.id: (p, d) for d in takaichi.seats.values() for p in d.passages}
        for said in takaichi.transcript.statements:
            for argument in said.arguments:
                if argument.passage:
                    passage, _ = by_id[argument.passage]
                    push = takaichi.scenario.provision(argument.provision).themes[argument.theme]
                    toward = 1 if passage.side == "plus" else -1
                    assert (argument.side == "for") == (push * toward > 0)

    def test_rebuttals_speak_against_what_they_rebut(self, takaichi):
        arguments = {a.id: a for s in takaichi.transcript.statements for a in s.arguments}
        for said in takaichi.transcript.statements:
            fresh = {a.text: a for a in said.arguments}
            for answer in said.answers:
                own = next((a for text, a in fresh.items() if text in answer.text), None)
                if own and answer.tone == "rebuts":
                    assert own.side != arguments[answer.argument].side

    @pytest.mark.parametrize("name", ["takaichi_coalition", "critical_minerals_club", "autonomous_weapons_treaty"])
    def test_its_prose_is_well_formed(self, name):
        record, _ = wait(debate(floor_of(name)))
        for said in record.statements:
            parts = [said.headline, *(p.text for p in (*said.context, *said.implications, *said.outlook))]
            for text in [*parts, *(a.text for a in said.answers)]:
                assert re.search(r"[.!?”)]$", text), text
                assert "  " not in text
                assert not re.search(r"\{|\}|None|\.\.(?!\.)| ,| \.", text), text


class TestScriptedAnalyst(Contract):
    def analyst(self, floor):
        lines = wait(debate(floor_of()))[0].statements
        return ScriptedAnalyst(lines)


class TestChatModelAnalyst(Contract):
    def analyst(self, floor):
        return ChatModelAnalyst(AgreeableCaller(floor), SETTINGS)


class TestHumanAnalyst(Contract):
    def analyst(self, floor):
        return HumanAnalyst(AgreeablePerson(floor))


def test_every_engine_has_a_contract_test_here():
    covered = {cls.__name__.removeprefix("Test").removesuffix("Analyst").lower() for cls in Contract.__subclasses__()}
    assert covered == {n.replace("_", "") for n in names()}


def test_an_unknown_engine_and_an_engine_without_a_seat_are_refused(scenario):
    with pytest.raises(InputError, match="no engine"):
        seating(scenario.model_copy(update={"engines": {"default": "oracle"}}))
    with pytest.raises(InputError, match="has no seat"):
        seating(scenario.model_copy(update={"engines": {"brazil": "dossier"}}))
    with pytest.raises(InputError, match="needs its lines"):
        seat(seating(scenario.model_copy(update={"engines": {"japan": "scripted"}})))


def most_threatening(note):
    """What `replies.targets` finds, argument by argument: influence times disagreement times stake."""
    turn, found = note.turn, {}
    answered = {a.argument for s in turn.own for a in s.answers}
    mine = {a.id for s in turn.own for a in s.arguments}
    put = {a.own for s in turn.last_round for a in s.answers if a.argument in mine and a.tone == "rebuts"}
    stakes = dict(zip([p.id for p in turn.scenario.provisions], turn.stakes, strict=True))
    listened = dict(zip([d.code for d in turn.table], turn.mixing, strict=True))
    for said in turn.last_round:
        for a in said.arguments:
            own, theirs = note.judgement.agrees(a.provision), said.view(a.provision).position
            near = 1.0 if (1 if a.side == "for" else -1) * own < 0 else 0.3
            threat = (0.1 + listened[said.code]) * (abs(theirs - own) / 2 * near) * stakes[a.provision]
            threat *= (0.3 if a.kind in HOLDS else 1.0) * (replies.CHALLENGED if a.id in put else 1.0)
            if a.id not in answered and threat > found.get(said.code, (0.0,))[0]:
                found[said.code] = (threat, said.id, a.id)
    ordered = sorted(found.values(), key=lambda row: (-row[0], row[1]))
    return [row[1:] for row in ordered[: replies.MOST_ANSWERS]]


@pytest.mark.parametrize("name", ["takaichi_coalition", "takaichi_coalition_wide"])
def test_a_desk_answers_the_arguments_that_threaten_it_most(name, monkeypatch):
    chosen, real = [], replies.targets

    def targets(note):
        found = real(note)
        chosen.append(([(said.id, argument.id) for said, argument in found], most_threatening(note)))
        return found

    monkeypatch.setattr(replies, "targets", targets)
    run(name, rounds=5)
    assert len(chosen) >= 4 * 5
    assert all(found == expected for found, expected in chosen)
    assert any(found for found, _ in chosen)
