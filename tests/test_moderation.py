import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.moderation import merge, rng_for, speaking_order
from simulation.plans import table_of
from simulation.statement import Statement, View


def said(code, positions, stance=0, importance=1.0, frozen=False):
    views = tuple(
        View(provision=p, opening=x, position=x, importance=importance, frozen=frozen) for p, x in positions.items()
    )
    return Statement(
        id=f"{code}-1", country=code.lower(), code=code, callsign="XX-01", round=1, engine="scripted", stance=stance,
        score=float(stance), probabilities=(0.2, 0.2, 0.2, 0.2, 0.2), terms=(), views=views, headline="x",
    )  # fmt: skip


@pytest.fixture
def small(scenario):
    seats = table_of(scenario, ("japan", "china", "india"))
    text = scenario.model_copy(update={"provisions": scenario.provisions[:1], "countries": tuple(seats)})
    equal = [d.model_copy(update={"standing": 0.1}) for d in seats.values()]
    return text, equal


def test_the_landing_zone_is_the_weighted_mean_with_its_spread(small):
    scenario, table = small
    p = scenario.provisions[0].id
    given_ = [said("JPN", {p: 0.6}, 1, 2.0), said("CHN", {p: -0.9}, -2), said("IND", {p: 0.0}, 0)]
    landing = merge(scenario, table, given_).landings[0]
    assert landing.zone == pytest.approx((2 * 0.6 - 0.9) / 4)
    assert landing.invited == pytest.approx((2 * 0.6 + 0.0) / 3)
    assert landing.spread == pytest.approx(
        np.sqrt((2 * (0.6 - 0.075) ** 2 + (0.9 + 0.075) ** 2 + 0.075**2) / 4), abs=1e-6
    )
    assert (landing.favour, landing.undecided, landing.against) == (("JPN",), ("IND",), ("CHN",))
    assert landing.two_poles


def test_standing_counts_by_its_square_root(small):
    scenario, table = small
    p = scenario.provisions[0].id
    giant = [d.model_copy(update={"standing": 0.16 if d.code == "CHN" else 0.01}) for d in table]
    landing = merge(scenario, giant, [said("JPN", {p: 1.0}), said("CHN", {p: -1.0})]).landings[0]
    assert landing.zone == pytest.approx((0.1 - 0.4) / 0.5)


def test_one_camp_gives_no_warning_of_two_poles(small):
    scenario, table = small
    p = scenario.provisions[0].id
    landing = merge(scenario, table, [said("JPN", {p: 0.6}), said("CHN", {p: 0.4}), said("IND", {p: -0.1})]).landings[0]
    assert not landing.two_poles


def test_camps_come_from_the_stances(small):
    scenario, table = small
    p = scenario.provisions[0].id
    merged = merge(scenario, table, [said("JPN", {p: 0.6}, 1), said("CHN", {p: -0.9}, -2), said("IND", {p: 0.0}, 0)])
    assert (merged.support, merged.aside, merged.oppose) == (("JPN",), ("IND",), ("CHN",))


def test_a_provision_nobody_opposes_converges_and_a_split_one_is_contested(small):
    scenario, table = small
    p = scenario.provisions[0].id
    agreed = merge(scenario, table, [said("JPN", {p: 0.6}), said("CHN", {p: 0.2}), said("IND", {p: 0.0})])
    assert (agreed.converging, agreed.contested) == ((p,), ())
    split = merge(scenario, table, [said("JPN", {p: 0.6}), said("CHN", {p: -0.2}), said("IND", {p: 0.0})])
    assert (split.converging, split.contested) == ((), (p,))


def test_the_absent_are_those_invited_targeted_or_spoken_of(small):
    scenario, table = small
    merged = merge(scenario.model_copy(update={"provisions": scenario.provisions}), table, [])
    why = {a.code: a.why for a in merge(scenario, table, [said("JPN", {scenario.provisions[0].id: 0.1})]).absent}
    assert {"TWN", "EU", "AUS"} <= set(why)
    assert "CHN" not in why
    assert merged.landings == ()


@given(st.integers(0, 10**6), st.integers(1, 9))
def test_the_order_of_speaking_depends_on_the_seed_and_the_round_alone(seed, number):
    codes = ["JPN", "CHN", "IND", "EU", "AUS"]
    order = speaking_order(codes, seed, number)
    assert sorted(order) == sorted(codes)
    assert order == speaking_order(codes[::-1], seed, number)


def test_different_purposes_draw_different_numbers():
    assert rng_for(1, 1).random() != rng_for(1, 2).random()
    assert rng_for(1, 1).random() == rng_for(1, 1).random()
