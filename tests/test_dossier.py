from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation import catalog
from simulation.dossier import Position, RedLine
from simulation.material import points
from simulation.sources import Source, citable, out_by
from simulation.stance import rules
from simulation.written import earliest_day, latest_day


@pytest.fixture(scope="module")
def japan():
    return catalog.load_dossier("japan")


def test_a_passage_is_read_from_the_day_its_last_document_came_out(japan):
    for passage in japan.passages:
        days = sorted(latest_day(japan.sources[s].date) for s in passage.sources)
        ends = earliest_day(passage.until) if passage.until else date.max
        if days[-1] < ends:
            assert japan.current(passage, days[-1])
        assert not japan.current(passage, days[-1] - timedelta(days=1))
    assert any(len({japan.sources[s].date for s in p.sources}) > 1 for p in japan.passages)


def test_a_passage_is_not_read_once_policy_moved_on():
    desks = [catalog.load_dossier(n) for n in catalog.files("agents")]
    dropped = [(d, p) for d in desks for p in d.passages if p.until]
    assert dropped
    for desk, passage in dropped:
        assert not desk.current(passage, earliest_day(passage.until))


def test_no_desk_argues_from_the_future_on_any_scenario():
    for name in catalog.files("scenarios"):
        scenario = catalog.load_scenario(name)
        for country in scenario.seats:
            desk = catalog.load_dossier(country)
            for point in points(desk, scenario):
                assert all(citable(desk.sources[s], scenario.day) for s in point.sources), (name, point.passage)


def test_a_rule_counts_from_its_date_and_its_first_document(japan):
    rule = RedLine(
        id="r",
        theme="sanctions",
        direction="plus",
        min_push=0.5,
        effect="oppose",
        text="x",
        sources=("a", "b"),
        since="2010",
    )
    sources = {
        name: Source(title=name, publisher="x", date=day, kind="law") for name, day in (("a", "2005-06"), ("b", "2020"))
    }
    desk = japan.model_copy(update={"red_lines": (rule,), "legal_limits": (), "sources": sources})
    assert rules(desk, date(2009, 12, 31)) == []
    assert rules(desk, date(2010, 1, 1)) == [rule]
    early = desk.model_copy(update={"red_lines": (rule.model_copy(update={"since": None}),)})
    assert rules(early, date(2005, 6, 29)) == []
    assert len(rules(early, date(2005, 6, 30))) == 1


@given(st.integers(1900, 2099), st.integers(1, 12))
def test_a_partial_date_is_read_with_care_at_both_ends(year, month):
    assert earliest_day(f"{year}") == date(year, 1, 1)
    assert latest_day(f"{year}") == date(year, 12, 31)
    assert earliest_day(f"{year}-{month:02}").day == 1
    assert (latest_day(f"{year}-{month:02}") + timedelta(days=1)).day == 1


def test_what_is_hidden_is_neither_cited_nor_argued_from(japan):
    name = japan.passages[0].sources[0]
    hidden = japan.hiding([name])
    assert name not in hidden.sources
    assert all(name not in p.sources for p in hidden.passages)
    assert out_by([name], hidden.sources, date(2090, 1, 1)) == ()


def test_several_earlier_positions_are_read_in_their_turn():
    held = Position(
        position=0.9,
        salience=0.5,
        confidence=0.5,
        rationale="x",
        sources=("a",),
        changed=({"before": -0.2, "until": 2000}, {"before": 0.4, "until": "2010-07"}),
    )
    assert [held.on(date(y, 6, 1)) for y in (1999, 2000, 2010, 2011)] == [-0.2, 0.4, 0.4, 0.9]
