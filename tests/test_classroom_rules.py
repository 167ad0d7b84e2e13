"""The rules of a lesson that need no server: delegations, predictions, packages, steps, and what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.amendments import changes
from simulation.classroom import caucus, forms, lesson, openings, package, predictions
from simulation.classroom.drivers import Taken, driver
from simulation.classroom.forgetting import NOTE, redacted
from simulation.classroom.forms import FormErrors
from simulation.classroom.guards import bare
from simulation.classroom.lesson import Clock, Setup, State
from simulation.classroom.store import Paper, Store
from simulation.errors import FileErrors, InputError
from simulation.menus import LISTS
from simulation.plans import table_of
from simulation.scenario import STANCES

STANCE = st.sampled_from(sorted(STANCES))


def paper(stance="support", a=40, b=-20, **lists):
    """A draft on two provisions."""
    held = {"a": a, "b": b}
    positions = {p: {"position_pct": x, "reason": f"{p} {x}", "sources": [], "because": ""} for p, x in held.items()}
    return {"positions": positions, "stance": stance, "headline": f"{stance} {a}", **{n: [] for n in LISTS}, **lists}


def pct(draft):
    return {p: held["position_pct"] for p, held in draft["positions"].items()}


def test_a_delegation_takes_the_median_of_each_position_and_the_stance_most_chose():
    found = caucus.agreed([paper(a=0), paper(a=80), paper("oppose", a=20, b=-80)], lambda draft: True)
    assert pct(found) == {"a": 20, "b": -20}
    assert found["stance"] == "support"
    assert found["positions"]["a"]["reason"] == "a 20"


def test_one_member_is_the_delegation_word_for_word():
    only = paper("neutral", a=3)
    assert caucus.agreed([only], lambda draft: True) == only


def test_of_stances_chosen_equally_often_the_one_nearest_the_middle_and_then_the_more_cautious_goes_first():
    drafts = [paper("strongly_oppose"), paper("support"), paper("neutral")]
    assert caucus.stances(drafts)[0] == "neutral"
    assert caucus.stances([paper("support"), paper("oppose")])[0] == "oppose"
    assert caucus.stances([paper("support"), paper("strongly_support")])[0] == "support"


def test_a_stance_that_does_not_fit_the_medians_gives_way_and_nothing_is_made_up_where_none_fits():
    drafts = [paper("support"), paper("support"), paper("oppose")]
    found = caucus.agreed(drafts, lambda draft: draft["stance"] == "oppose")
    assert found["stance"] == "oppose"
    assert caucus.agreed(drafts, lambda draft: False) is None


def test_lists_hold_everybodys_entries_in_turn_none_twice_and_no_more_than_a_draft_may():
    def claims(*texts):
        return [{"provision": "a", "side": "for", "claim": t, "text": t, "sources": []} for t in texts]

    drafts = [paper(arguments=claims("1", "2", "3")), paper(arguments=claims("4", "1")), paper(arguments=claims("5"))]
    found = caucus.agreed(drafts, lambda draft: True)
    assert [a["claim"] for a in found["arguments"]] == ["1", "4", "5", "2"]


@given(st.lists(st.tuples(STANCE, st.integers(-100, 100), st.integers(-100, 100)), min_size=1, max_size=8))
def test_no_position_of_a_delegation_lies_outside_those_of_its_members(rows):
    drafts = [paper(*row) for row in rows]
    found = caucus.agreed(drafts, lambda draft: True)
    for k, name in enumerate(("a", "b"), 1):
        held = [row[k] for row in rows]
        assert min(held) <= pct(found)[name] <= max(held)
    assert found["stance"] in {row[0] for row in rows}


def test_brier_scores_are_those_of_the_formula():
    assert predictions.brier(predictions.shares("support", 95), 1) == pytest.approx(0.05**2 + 4 * 0.0125**2)
    assert predictions.brier(predictions.shares("support", 95), -2) == pytest.approx(
        0.95**2 + 0.9875**2 + 3 * 0.0125**2
    )
    assert predictions.brier(dict.fromkeys(STANCES, 0.2), 0) == pytest.approx(predictions.EVEN)


@given(STANCE, st.sampled_from([40, 60, 80, 95]), st.integers(-2, 2))
def test_shares_are_probabilities_and_scores_lie_between_0_and_2(stance, sure, came):
    found = predictions.shares(stance, sure)
    assert sum(found.values()) == pytest.approx(1)
    assert 0 <= predictions.brier(found, came) <= 2


def test_equal_scores_share_a_rank_and_a_country_left_out_is_not_scored():
    known = [predictions.Truth("india", 0, True), predictions.Truth("japan", 1, False)]
    good, bad = {"stance": "neutral", "sure": 95}, {"stance": "support", "sure": 95}
    papers = {1: ("A", {"india": bad}), 2: ("B", {"india": good}), 3: ("C", {"india": good}), 4: ("D", {})}
    found = predictions.scored(papers, known)
    assert [(s.handle, s.rank, s.right, s.countries) for s in found] == [("B", 1, 1, 1), ("C", 1, 1, 1), ("A", 3, 0, 1)]


def test_what_is_marked_most_goes_into_the_package_and_a_tie_goes_to_the_text_as_it_stands():
    assert package.most_chosen(["drop", "keep", "drop"]) == "drop"
    assert package.most_chosen(["drop", "keep"]) == "keep"
    assert package.most_chosen(["drop", "consult"]) == "consult"


def test_seats_of_dossiers_mark_what_their_dossiers_would_take(scenario):
    table = table_of(scenario)
    found = package.by_dossier(scenario, table)
    assert found["china"]["mutual_protection"] == "drop"
    row = changes(scenario, list(table.values()))[list(table).index("india")]
    options = [c for c in row if c.provision.id == "mutual_protection" and c.option]
    assert found["india"]["mutual_protection"] == max(options, key=lambda c: c.agreement).option.id
    assert found["japan"]["mutual_protection"] == "keep"
    marks = {p.id: "keep" for p in scenario.provisions}
    counted = package.tallies(scenario, table, {"india": [{**marks, "mutual_protection": "drop"}, marks, marks]})
    assert counted[0].by["india"] == "keep"
    assert sum(counted[0].counts.values()) == len(table)


def test_a_package_of_the_text_as_it_stands_gives_the_stances_of_the_debate_and_an_empty_one_none(scenario, takaichi):
    table = table_of(scenario)
    as_it_stands = package.stances(scenario, table, {p.id: "keep" for p in scenario.provisions})
    assert as_it_stands == {s.country: s.stance for s in takaichi.transcript.opening}
    assert set(package.stances(scenario, table, {p.id: "drop" for p in scenario.provisions}).values()) == {0}


def test_each_seat_votes_once_by_its_students_or_by_its_dossier(scenario):
    table = table_of(scenario)
    keep = {p.id: "keep" for p in scenario.provisions}
    found = {b.country: b for b in package.ballots(scenario, table, keep, {"india": ["yes", "yes", "no"]})}
    assert (found["india"].vote, found["india"].by) == ("yes", "students")
    assert (found["china"].vote, found["china"].by) == ("no", "dossier")
    tied = package.ballots(scenario, table, keep, {"india": ["yes", "no"]})
    assert next(b for b in tied if b.country == "india").vote == "abstain"


SETUP = Setup(title="x", rounds=2, seats={"india": 1}, minutes={"write": 5})


def test_the_steps_of_a_lesson_are_these():
    state, seen = State(), []
    while state.stage != "closed":
        stage, number = lesson.after(state, SETUP)
        state = lesson.entered(state, SETUP, stage, number, 0.0)
        seen.append(state.key)
    assert seen == [
        "brief:0",
        "predict:0",
        "write:1",
        "hear:1",
        "write:2",
        "hear:2",
        "mark:2",
        "vote:2",
        "debrief:2",
        "closed:2",
    ]


@given(st.lists(st.sampled_from(["pause", "more", "less", "wait"]), max_size=12))
def test_a_clock_never_shows_less_than_nothing_and_stands_still_while_paused(actions):
    state, now = State(clock=Clock(left=300, ends=300)), 0.0
    for action in actions:
        before = lesson.left(state, now)
        if action == "pause":
            state = lesson.paused(state, now)
            assert lesson.left(state, now) == pytest.approx(before)
        elif action == "wait":
            now += 45
            running = state.clock.ends is not None
            assert lesson.left(state, now) == pytest.approx(max(0, before - 45) if running else before)
        else:
            state = lesson.extended(state, 60 if action == "more" else -60, now)
            assert lesson.left(state, now) == pytest.approx(max(0, before + (60 if action == "more" else -60)))


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=30), max_size=12))
def test_any_form_is_read_or_refused_in_words(fields):
    for read in (lambda f: forms.prediction(f, {"india": "India"}), forms.vote):
        with pytest.raises(FormErrors) as refused:
            read(fields)
        assert all(refused.value.errors)
    assert set(forms.kept(fields)) <= set(fields)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=30), max_size=12))
def test_any_setup_is_taken_or_refused_in_words(scenario_fields):
    with pytest.raises(InputError):
        openings.setup_of(scenario_fields, openings.scenario_of({"scenario": "aukus-2021"}))


@given(st.text(max_size=200))
def test_any_upload_is_a_scenario_or_a_list_of_mistakes(text):
    with pytest.raises(FileErrors) as refused:
        openings.uploaded(text)
    assert openings.explained(refused.value)


def test_words_count_what_students_write_and_not_what_they_pick():
    fields = {"reason.a": "two words", "headline": "one", "stance": "support", "argument.1.claim": "and three more"}
    assert forms.words(fields) == 6


def test_texts_are_taken_out_wherever_they_stand_and_figures_stay():
    record = {"a": ["I said so, and more", 0.5], "b": {"I said so": "kept key"}, "c": None}
    assert redacted(record, ["I said so, and more", "I said so"]) == {
        "a": [NOTE, 0.5],
        "b": {"I said so": "kept key"},
        "c": None,
    }


def test_a_change_is_all_or_nothing_and_a_student_goes_with_every_paper(tmp_path, database):
    store = Store(driver(tmp_path, database))
    student = store.admit("A", "india", "s", "r", 0.0)
    store.send(student, "vote", {"vote": "yes"}, {"vote": "yes"}, 0, 1.0)

    def failing():
        with store.change() as db:
            db.execute("delete from paper")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    assert store.paper(student, "vote").answer == {"vote": "yes"}
    store.remove(student)
    assert store.papers() == []
    store.erase()


def test_a_store_gives_back_what_it_was_given_and_a_handle_is_taken_once(tmp_path, database):
    store, moment = Store(driver(tmp_path, database)), 1_795_000_000.123456
    assert store.found() is None
    store.open("{}", "first", "opened with 50 % of Москва's \u3042?", moment)
    store.save("second")
    student = store.admit("Ann", "india", "s", "r", moment)
    with pytest.raises(Taken):
        store.admit("ANN", "india", "s", "r", moment)
    store.draft(student, "write:1", {"a": "?%s\0"}, 1, moment)
    store.draft(student, "write:1", {"a": "two"}, 2, moment)
    assert store.paper(student, "write:1") == Paper(student, "write:1", {"a": "two"}, None, None, 2, moment, None)
    store.send(student, "write:1", {"a": "three"}, [0.1, "ü"], 3, moment)
    store.send(student, "vote", {}, None, 0, moment)
    store.take_back(student, "vote")
    assert store.counts("write:1") == {student: (3, True, moment)}
    store.reply(1, "india", {"b": 1})
    store.reply(1, "india", {"b": 2})
    assert store.replies(1) == {"india": {"b": 2}}
    store.close()
    store = Store(driver(tmp_path, database))
    assert store.found() == ("{}", "second")
    assert store.log() == [(moment, "opened with 50 % of Москва's \u3042?")]
    assert [(s.id, s.handle, s.seen) for s in store.students()] == [(student, "Ann", moment)]
    assert [(p.kind, p.answer) for p in store.papers()] == [("vote", None), ("write:1", [0.1, "ü"])]
    store.forget_replies(["india"])
    assert store.replies(1) == {}
    store.close()


@pytest.mark.parametrize(
    ("given_", "host"),
    [("localhost:80", "localhost"), ("[::1]:8470", "::1"), ("EVIL.example", "evil.example"), ("", ""), ("[", "")],
)
def test_a_host_is_read_without_its_port(given_, host):
    assert bare(given_) == host
