"""People in seats, answered from Python: what becomes of drafts, stand-ins and absences in the record."""

import asyncio
import json
from itertools import product

import pytest
from doubles import SETTINGS, AgreeableCaller, person

from simulation.analysts.dossier import DossierAnalyst
from simulation.analysts.human import HumanAnalyst, answer_of, mistakes, statement
from simulation.debate import debate, put
from simulation.errors import InputError, Interrupted
from simulation.floor import Floor
from simulation.judgement import judge
from simulation.launches import launch, replay, resume
from simulation.plans import plan, table_of
from simulation.records import load
from simulation.report import files
from simulation.runs import hold, run
from simulation.statement import STAND_IN
from simulation.verification import verify
from simulation.waiting import wait

STAND_IN_ANSWER = {"stand_in": True}
AWAY = {"absent": "left the room"}


class Room:
    """Answers questions from a table of (country, round) to an answer, or to a list of them, one a question."""

    def __init__(self, answers=None):
        self.answers = answers or {}
        self.asked = []

    async def __call__(self, questions):
        self.asked.append([(q.country, q.round, q.errors) for q in questions])
        question = questions[0]
        found = self.answers.get((question.country, question.round))
        if isinstance(found, list):
            found = found.pop(0)
        return {question.id: agreeing(question.turn) if found is None else found}


def agreeing(turn, **more):
    """A draft that says what the dossier's numbers say, with nothing left open."""
    return person(judge(turn), **more)


def held(room, people=("india",), **more):
    return run("takaichi_coalition", people=people, ask=room, **more)


def of(found, code, number):
    return next(s for s in found.transcript.statements if (s.code, s.round) == (code, number))


@pytest.fixture
def turn(floor):
    return floor.turn("india", 1)


def later(floor, number=2):
    """India's turn after rounds in which every desk spoke from its dossier."""
    for _ in range(number - 1):
        floor.begin()
        said = [wait(DossierAnalyst().speak(floor.turn(c, len(floor.order)))) for c in floor.seats]
        floor.restore(said)
    floor.begin()
    return floor.turn("india", number)


def test_a_person_commits_to_positions_a_stance_and_reasons_and_the_rest_of_the_table_answers(turn):
    answer = {
        "positions": {
            "mutual_protection": {"position_pct": -70, "reason": "We join no alliance.", "sources": []},
            "taiwan_inclusion": {"position_pct": 0},
            "deterrence": {
                "position_pct": 40,
                "reason": "Exercises help.",
                "sources": [next(iter(turn.dossier.sources))],
            },
            **{name: {"position_pct": 10, "reason": ""} for name in ("supply_chains", "technology")},
            **{name: {"position_pct": -10} for name in ("democratic_frame", "beyond_washington")},
        },
        "stance": "neutral",
        "headline": "India keeps its own counsel.",
    }
    found = held(Room({("india", 1): answer}))
    said = of(found, "IND", 1)
    assert (said.engine, said.stance, said.headline) == ("human", 0, "India keeps its own counsel.")
    assert said.view("mutual_protection").position == -0.7
    assert [(a.provision, a.side, a.claim) for a in said.arguments] == [
        ("mutual_protection", "against", "We join no alliance."),
        ("deterrence", "for", "Exercises help."),
    ]
    marks = [d.text for d in said.departures if d.kind == "source"]
    assert "argues without a document: We join no alliance." in marks
    assert any("no document for its position on" in m and "deterrence" not in m for m in marks)
    assert any(a.country == "IND" for s in found.transcript.statements if s.code != "IND" for a in s.answers)
    text = files.reports(found)["assessment.md"]
    assert "We join no alliance." in text
    assert "Spoke freely, so that the positions are their own: India." in text


def test_the_same_draft_gives_the_same_statement_and_a_statement_gives_back_its_draft(turn):
    draft = agreeing(turn, arguments=[], outlook=[{"text": "We shall see.", "sources": []}])
    said = wait(statement(turn, draft))
    assert wait(statement(turn, json.loads(json.dumps(draft)))) == said
    assert wait(statement(turn, answer_of(turn, said))) == said


def test_a_later_statement_gives_back_its_draft_too(scenario):
    at = later(Floor(scenario, table_of(scenario), {}, {}))
    heard = next(s for s in at.last_round if s.arguments)
    draft = agreeing(
        at,
        answers=[{"argument": heard.arguments[0].id, "tone": "concedes", "text": "That is so.", "sources": []}],
    )
    first = at.scenario.provisions[0].id
    draft["positions"][first] |= {"position_pct": draft["positions"][first]["position_pct"] + 20, "because": heard.id}
    said = wait(statement(at, draft))
    assert said.answers[0].statement == heard.id
    assert said.shifts[0].because == heard.id
    assert wait(statement(at, answer_of(at, said))) == said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stance": "strongly_oppose"}, "change the stance or the positions"),
        ({"stance": "maybe"}, "stance"),
        ({"stance": None}, "stance"),
        ({"positions": {}}, "is missing"),
        ({"positions": "none"}, "write an object"),
        ({"headline": "x" * 500}, "has 500 characters"),
        ({"headline": "India supports the call."}, "is another stance than neutral"),
        ({"headline": "\ud800"}, "headline"),
        ({"answers": [{"argument": "JPN-9.9", "tone": "rebuts", "text": "No.", "sources": []}]}, "not asked for"),
        ({"arguments": [{"provision": "technology"}]}, "is missing"),
        ({"secret": "x"}, "no such field"),
    ],
)
def test_a_draft_with_something_wrong_is_asked_for_again_with_what_it_is(turn, change, words):
    draft = {**agreeing(turn), "stance": "neutral", **change}
    assert any(words in line for line in mistakes(turn, draft))
    room = Room({("india", 1): [draft, None, None]})
    found = held(room, rounds=1)
    assert len(room.asked) == 2
    assert any(words in line for line in room.asked[1][0][2])
    assert of(found, "IND", 1).views == wait(statement(turn, agreeing(turn))).views


def test_a_source_that_does_not_exist_or_is_dated_later_is_refused(turn):
    draft = agreeing(turn)
    late = next(n for n, s in turn.dossier.sources.items() if s.date > turn.scenario.date)
    for name, words in (("no_such_paper", "no source no_such_paper"), (late, "dated after the proposal")):
        draft["positions"]["technology"]["sources"] = [name]
        assert any(words in line for line in mistakes(turn, draft))


@pytest.mark.parametrize("answer", [False, [], "support", 7, {}, {"stand_in": False}, {"absent": 3}, {"stand_in": 2}])
def test_what_is_no_answer_is_asked_for_again(answer):
    room = Room({("india", 1): [answer, STAND_IN_ANSWER]})
    found = held(room, rounds=1)
    assert room.asked[1][0][2]
    assert of(found, "IND", 1).engine == STAND_IN


def test_only_the_seat_that_answered_wrongly_is_asked_again_and_nobody_else_speaks_twice(scenario):
    spoken = []

    class Counting(DossierAnalyst):
        async def speak(self, turn):
            spoken.append((turn.country, turn.round))
            return await super().speak(turn)

    seats = table_of(scenario)
    people = {"india": HumanAnalyst(put), "japan": HumanAnalyst(put)}
    floor = Floor(scenario, seats, {n: people.get(n, Counting()) for n in seats}, dict.fromkeys(seats, "dossier"))
    room = Room({("japan", 2): [{"stance": "support"}, {}, None]})
    record, _ = wait(debate(floor, ask=room))
    assert len(record.statements) == 15
    assert sorted(spoken) == sorted((c, n) for c in seats for n in (1, 2, 3) if c not in people)
    errors = [(country, number) for batch in room.asked for country, number, wrong in batch if wrong]
    assert errors
    assert set(errors) == {("japan", 2)}
    rounds = [[(c, n) for c, n, _ in batch] for batch in room.asked]
    assert rounds[0] == [("japan", 1), ("india", 1)]
    assert rounds[1] == [("india", 1)]


def test_people_are_asked_in_the_order_of_the_seats_and_may_answer_one_by_one_or_together():
    async def together(questions):
        together.sizes.append(len(questions))
        return {q.id: agreeing(q.turn) for q in questions}

    together.sizes = []
    one, many = held(Room(), ("india", "china", "eu")), held(together, ("eu", "china", "india"))
    assert together.sizes == [3, 3, 3]
    assert one.transcript == many.transcript


def test_a_model_is_not_asked_again_while_people_think():
    caller = AgreeableCaller.of()
    room = Room({("india", 2): [{}, {}, None]})
    found = held(room, engine="chat_model", settings=SETTINGS, caller=caller)
    assert len(found.transcript.statements) == 15
    assert sorted((r.seat, r.round) for r in caller.requests) == sorted(
        (c, n) for c in ("JPN", "CHN", "EU", "AUS") for n in (1, 2, 3)
    )


def test_a_stand_in_from_the_beginning_says_what_the_dossier_says_and_is_marked():
    plain = run("takaichi_coalition")
    found = held(Room({("india", n): STAND_IN_ANSWER for n in (1, 2, 3)}))
    for number in (1, 2, 3):
        said, dossier = of(found, "IND", number), of(plain, "IND", number)
        assert said.engine == STAND_IN
        assert said.headline == f"Stand-in: {dossier.headline}"
        assert said.model_copy(update={"engine": "dossier", "headline": dossier.headline}) == dossier
    assert found.merge == plain.merge


def test_a_stand_in_for_somebody_who_has_spoken_keeps_the_stance_and_the_positions(turn):
    own = agreeing(turn, stance="support", headline="We are in.")
    for held_ in own["positions"].values():
        held_["position_pct"] = 45
    found = held(Room({("india", 1): own, ("india", 2): STAND_IN_ANSWER, ("india", 3): STAND_IN_ANSWER}))
    first, second, third = (of(found, "IND", n) for n in (1, 2, 3))
    assert first.stance == second.stance == third.stance == 1
    assert [v.position for v in first.views] == [v.position for v in second.views] == [v.position for v in third.views]
    assert second.answers
    assert not second.shifts
    text = files.reports(found)
    for name in ("assessment.md", "assessment.html"):
        assert "A stand-in spoke." in text[name]
        assert "Stand-in: India holds its position" in text[name]
        assert "India in rounds 2 and 3" in text[name]
    assert "stand-in" in text["stances.csv"]


def test_somebody_who_is_absent_is_a_gap_with_the_reason_and_never_a_stance():
    found = held(Room({("india", n): AWAY for n in (1, 2, 3)}))
    assert [(g.code, g.round, g.reason) for g in found.transcript.gaps] == [
        ("IND", n, "left the room") for n in (1, 2, 3)
    ]
    assert "IND" not in {*found.merge.support, *found.merge.aside, *found.merge.oppose}
    text = files.reports(found)["assessment.md"]
    assert "Not everybody spoke" in text
    assert "IND in round 1: left the room." in text


@pytest.mark.parametrize("rounds", [3, 5])
def test_a_seat_may_be_taken_stood_in_for_and_silent_in_any_order(scenario, rounds):
    """Every sequence of what a person can do in three rounds holds, and the table around it speaks in every round."""
    kinds = {"human": None, STAND_IN: STAND_IN_ANSWER, "": AWAY}
    text = scenario.model_copy(update={"debate": scenario.debate.model_copy(update={"rounds": rounds})})
    seats = table_of(text)
    for row in product(kinds, repeat=3):
        row = (*row, *row)[:rounds]
        analysts = {n: HumanAnalyst(put) if n == "india" else DossierAnalyst() for n in seats}
        floor = Floor(text, seats, analysts, dict.fromkeys(seats, "dossier"))
        room = Room({("india", number): kinds[name] for number, name in enumerate(row, 1)})
        record, _ = wait(debate(floor, ask=room))
        engines = {s.round: s.engine for s in record.of("IND")}
        assert tuple(engines.get(number, "") for number in range(1, rounds + 1)) == row
        assert len(record.statements) == 5 * rounds - row.count("")


def test_when_nobody_answers_the_debate_stops_and_can_go_on(tmp_path):
    async def nobody(questions):
        return {}

    asked = plan("takaichi_coalition", people=("india",))
    with pytest.raises(Interrupted, match="communique resume"):
        launch(asked, None, tmp_path, files.reports, ask=nobody)
    (folder,) = tmp_path.iterdir()
    kept = (folder / "statements.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(kept) == 4
    room = Room()
    done = resume(folder, None, files.reports, ask=room).run
    assert [(c, n) for (c, n, _), *_ in room.asked] == [("india", 1), ("india", 2), ("india", 3)]
    assert done.transcript == held(Room()).transcript
    assert not {p.name for p in folder.iterdir()} & {"statements.jsonl", "debate.sqlite", "replies.jsonl"}


def test_a_complete_run_in_which_somebody_was_absent_has_nothing_to_resume(tmp_path):
    asked = plan("takaichi_coalition", people=("india",), rounds=1)
    folder = launch(asked, None, tmp_path, files.reports, ask=Room({("india", 1): AWAY})).folder
    told, room = [], Room()
    resume(folder, None, files.reports, told=told.append, ask=room)
    assert "nothing to resume" in told[0]
    assert not room.asked


def test_a_failed_model_is_asked_again_on_resume_and_the_person_beside_it_is_not(tmp_path):
    good, failing = AgreeableCaller.of(), AgreeableCaller.of()

    async def fails(request, hearing=None):
        found = await good.ask(request)
        return found.model_copy(update={"text": "no idea"}) if request.seat == "EU" else found

    failing.ask = fails
    asked = plan("takaichi_coalition", people=("india",), engine="chat_model", settings=SETTINGS)
    room = Room({("india", 1): agreeing(judged(asked), headline="As we said before.")})
    first = launch(asked, lambda settings, before: failing, tmp_path, files.reports, ask=room)
    assert {g.code for g in first.run.transcript.gaps} == {"EU"}
    again = Room()
    done = resume(first.folder, lambda settings, before: good, files.reports, ask=again).run
    assert not done.transcript.gaps
    assert not again.asked
    assert of(done, "IND", 1) == of(first.run, "IND", 1)
    assert verify(first.folder) == []


def judged(asked):
    floor = Floor(asked.scenario, asked.seats, {}, {})
    floor.begin()
    return floor.turn("india", 1)


@pytest.fixture
def mixed(tmp_path):
    """The folder of a run in which a person speaks, is stood in for, and is absent."""
    asked = plan("takaichi_coalition", people=("india", "japan"))
    room = Room({("india", 2): STAND_IN_ANSWER, ("japan", 2): AWAY, ("japan", 3): STAND_IN_ANSWER})
    return launch(asked, None, tmp_path, files.reports, ask=room).folder


def test_verify_and_replay_hold_a_debate_with_people_again_and_ask_nobody(mixed):
    assert verify(mixed) == []
    _, made = replay(mixed, files.reports)
    for name, text in made.items():
        assert (mixed / name).read_text(encoding="utf-8") == text, name


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"score": ', '"score": 1'),
        ("gives no document for its position on", "gives every document for its position on"),
        ("left the room", "was in the room"),
    ],
)
def test_verify_finds_what_was_changed_in_a_persons_statement(mixed, old, new):
    path = mixed / "run.json"
    text = path.read_text(encoding="utf-8")
    at = text.index('"engine": "human"', text.index('"transcript"'))
    place = text.index(old, at)
    path.write_text(text[:place] + new + text[place + len(old) :], encoding="utf-8")
    assert verify(mixed)


def test_a_changed_proposal_keeps_what_people_said_and_computes_the_rest_anew(communique, mixed):
    said = communique("fork", str(mixed), "--set", "provisions.mutual_protection.weight=0.3")
    assert said.status == 4
    folder = mixed.parent / said.out.strip().splitlines()[-1].split("/")[-2]
    before, after = load(mixed), load(folder)
    one, two = of(before, "IND", 1), of(after, "IND", 1)
    assert one.headline == two.headline
    assert one.score != two.score
    assert verify(folder) == []
    gone = communique("fork", str(mixed), "--set", "provisions.technology=drop")
    left = load(mixed.parent / gone.out.strip().splitlines()[-1].split("/")[-2])
    assert {g.reason for g in left.transcript.gaps if g.code == "IND"} == {
        "what was said is on another text: technology"
    }


def test_a_seat_for_a_person_needs_somebody_to_ask(scenario):
    with pytest.raises(InputError, match="needs somebody to answer"):
        run("takaichi_coalition", people=("india",))
    seats = table_of(scenario)
    analysts = {n: HumanAnalyst(put) if n == "india" else DossierAnalyst() for n in seats}
    with pytest.raises(InputError, match="nobody is there to answer for india"):
        wait(debate(Floor(scenario, seats, analysts, dict.fromkeys(seats, "dossier"))))
    with pytest.raises(InputError, match='no seat "indai"'):
        plan("takaichi_coalition", people=("indai",))


def test_an_answer_to_something_that_was_not_asked_is_an_error_of_ours():
    async def wrong(questions):
        return {"0" * 32: STAND_IN_ANSWER}

    with pytest.raises(ValueError, match="not asked"):
        held(wrong)


def test_a_loop_that_holds_a_debate_is_free_while_people_think():
    ticks = []

    async def slow(questions):
        begun = len(ticks)
        await asyncio.sleep(0.1)
        slow.ticks = len(ticks) - begun
        return {q.id: STAND_IN_ANSWER for q in questions}

    async def tick():
        while True:
            await asyncio.sleep(0.005)
            ticks.append("tick")

    async def both():
        ticking = asyncio.create_task(tick())
        found = await hold(plan("takaichi_coalition", people=("india",), rounds=1), ask=slow)
        ticking.cancel()
        return found

    assert of(asyncio.run(both()), "IND", 1).engine == STAND_IN
    assert slow.ticks > 2
