import json
from itertools import combinations, pairwise
from math import factorial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.bargaining.coalitions import consensus, majority, two_thirds, unanimity_of_invited, weighted
from simulation.bargaining.power import (
    _by_chance,
    _by_coalition,
    _by_table,
    banzhaf,
    pivots,
    shapley_shubik,
    swings,
)
from simulation.errors import InputError

REFERENCE = Path(__file__).parent.parent.parent / "shared" / "reference"
EEC = (4, 4, 4, 2, 2, 1)  # the six of 1958: Germany, France, Italy, Belgium, Netherlands, Luxembourg; quota 12
FIFTEEN = (10,) * 4 + (8,) + (5,) * 4 + (4,) * 2 + (3,) * 3 + (2,)  # the Council of 1995, quota 62 of 87


def test_the_anchors_of_the_shapley_shubik_index_are_met():
    if not REFERENCE.exists():
        pytest.skip("the reference data stand beside the project, not in it")
    anchors = json.loads((REFERENCE / "unit_test_anchors.json").read_text())["shapley_shubik"]
    quota, *weights = anchors["game"]
    assert shapley_shubik(weights, quota) == pytest.approx(anchors["value"])
    six = anchors["eec1958"]
    assert shapley_shubik(six["weights"], six["quota"]) == pytest.approx(six["value"], abs=5e-5)


def test_three_parties_with_fifty_forty_nine_and_one_vote():
    assert shapley_shubik((50, 49, 1), 51) == pytest.approx((2 / 3, 1 / 6, 1 / 6))
    assert banzhaf((50, 49, 1), 51) == pytest.approx((3 / 5, 1 / 5, 1 / 5))
    assert banzhaf((50, 49, 1), 51, absolute=True) == pytest.approx((3 / 4, 1 / 4, 1 / 4))


def test_luxembourg_had_no_power_among_the_six():
    assert shapley_shubik(EEC, 12) == pytest.approx((14 / 60,) * 3 + (9 / 60,) * 2 + (0,))
    assert banzhaf(EEC, 12) == pytest.approx((5 / 21,) * 3 + (3 / 21,) * 2 + (0,))


def test_three_towns_of_nassau_county_had_no_power():
    # Banzhaf 1965: the Board of Supervisors of 1964.
    assert banzhaf((31, 31, 28, 21, 2, 2), 58) == pytest.approx((1 / 3, 1 / 3, 1 / 3, 0, 0, 0))


def test_the_permanent_members_of_the_security_council_hold_98_per_cent():
    # The vetoes and nine of fifteen, as weights of 7 and 1 with quota 39: 421/2145 and 4/2145; 848 and 84 swings.
    council = (7,) * 5 + (1,) * 10
    assert shapley_shubik(council, 39) == pytest.approx((421 / 2145,) * 5 + (4 / 2145,) * 10)
    assert [sum(row) for row in swings(council, 39)] == [848] * 5 + [84] * 10


def test_the_council_of_fifteen_has_its_textbook_power():
    # Felsenthal and Machover 1998, The Measurement of Voting Power: percentages of the Council of 1995.
    found = dict(zip(FIFTEEN, shapley_shubik(FIFTEEN, 62), strict=True))
    assert found == pytest.approx({10: 0.1167, 8: 0.0955, 5: 0.0552, 4: 0.0454, 3: 0.0353, 2: 0.0207}, abs=5e-5)
    found = dict(zip(FIFTEEN, banzhaf(FIFTEEN, 62), strict=True))
    assert found == pytest.approx({10: 0.1116, 8: 0.0924, 5: 0.0587, 4: 0.0479, 3: 0.0359, 2: 0.0226}, abs=5e-5)


def counted(weights, quota):
    """Swings by the definition."""
    n = len(weights)
    found = [[0] * n for _ in weights]
    for i, w in enumerate(weights):
        others = [weights[j] for j in range(n) if j != i]
        for size in range(n):
            found[i][size] = sum(quota - w <= sum(c) < quota for c in combinations(others, size))
    return found


games = st.lists(st.integers(0, 9), min_size=1, max_size=7).flatmap(
    lambda w: st.tuples(st.just(w), st.integers(-1, sum(w) + 1))
)


@given(games)
def test_swings_are_those_of_the_definition_by_either_way(game):
    weights, quota = game
    if 0 < quota <= sum(weights):
        assert swings(weights, quota) == counted(weights, quota)
        assert _by_table(weights, quota) == _by_coalition(weights, quota) == counted(weights, quota)
    else:
        assert sum(map(sum, swings(weights, quota))) == 0


@given(games)
def test_power_is_shared_out_and_grows_with_the_weight(game):
    weights, quota = game
    for found in (shapley_shubik(weights, quota), banzhaf(weights, quota)):
        assert sum(found) == pytest.approx(1 if 0 < quota <= sum(weights) else 0)
        by_weight = [p for _, p in sorted(zip(weights, found, strict=True))]
        assert by_weight == sorted(by_weight)
        assert all(p == 0 for w, p in zip(weights, found, strict=True) if w == 0)


@given(games, st.sampled_from([0.1, 0.25, 3, 0.007]))
def test_the_unit_of_the_weights_makes_no_difference(game, unit):
    weights, quota = game
    scaled = [round(w * unit, 6) for w in weights]
    assert swings(scaled, round(quota * unit, 6)) == swings(weights, quota)


def test_a_tenth_is_a_tenth():
    assert 0.1 + 0.1 + 0.1 > 0.3
    assert shapley_shubik((0.1, 0.1, 0.1), 0.3) == pytest.approx((1 / 3,) * 3)
    assert banzhaf((0.1, 0.1, 0.1), 0.3, absolute=True) == pytest.approx((0.25,) * 3)
    assert banzhaf((0.1, 0.1, 0.1), 0.30000001) == (0, 0, 0)
    assert 0.6 + 0.3 < 0.9
    assert banzhaf((0.6, 0.3), 0.9) == (0.5, 0.5)


def test_very_large_weights_do_not_overflow():
    assert banzhaf([2**61 + k for k in range(6)], 7 * 2**60) == pytest.approx((1 / 6,) * 6)


def test_twenty_players_with_any_weights_are_counted_exactly():
    weights = np.random.default_rng(3).uniform(0, 1e-6, 20).tolist()
    found = shapley_shubik(weights, sum(weights) / 2)
    assert sum(found) == pytest.approx(1, abs=1e-12)
    assert np.argsort(found, kind="stable")[-1] == np.argmax(weights)
    with pytest.raises(InputError, match="21 players") as refusal:
        shapley_shubik([*weights, 0.123456789], 1e-6)
    assert "fewer digits" in refusal.value.cure


def test_a_chamber_of_193_equals_shares_power_equally():
    assert shapley_shubik((1,) * 193, 97) == pytest.approx((1 / 193,) * 193)
    # One of 193 is decisive where the other 192 split evenly.
    assert banzhaf((1,) * 193, 97, absolute=True)[0] == pytest.approx(
        factorial(192) / factorial(96) ** 2 / 2**192, rel=1e-12
    )


def test_nobody_has_power_where_nobody_is_needed_or_nobody_is_enough():
    for quota in (0, -1, 4):
        assert shapley_shubik((1, 2), quota) == banzhaf((1, 2), quota) == (0, 0)
        assert banzhaf((1, 2), quota, absolute=True) == (0, 0)
    assert banzhaf((1,) * 30, 10**12) == (0,) * 30
    assert shapley_shubik((0, 0), 1) == (0, 0)
    assert shapley_shubik((), 1) == banzhaf((), 1) == ()
    assert shapley_shubik((3,), 2) == banzhaf((3,), 2) == banzhaf((3,), 2, absolute=True) == (1,)


@pytest.mark.parametrize(("weights", "quota"), [((1, -1), 1), ((1, float("nan")), 1), ((1, 1), float("inf"))])
def test_weights_that_are_none_are_refused(weights, quota):
    with pytest.raises(InputError):
        banzhaf(weights, quota)


def test_the_one_who_blocks_consensus_is_its_pivot_and_two_are_none():
    assert pivots({"A": 2, "B": 1, "C": -1, "D": 0}, consensus) == ("C",)
    assert pivots({"A": 2, "B": -2, "C": -1}, consensus) == ()


def test_the_only_supporter_is_a_pivot():
    assert pivots({"A": 0, "B": 2}, consensus) == ("B",)
    assert pivots({"B": 2}, majority) == ("B",)
    assert pivots({}, majority) == ()


def test_in_a_close_vote_each_of_the_winners_is_a_pivot_in_the_order_of_the_table():
    assert pivots({"C": 1, "A": 2, "B": -1, "D": 0}, majority) == ("C", "A")
    assert pivots({"C": 1, "A": 2, "B": -1, "D": 1}, majority) == ()
    assert pivots({"C": 1, "A": 1, "B": -1, "D": 0}, two_thirds) == ("C", "A")
    tied = {"A": 1, "B": -1, "C": 0}
    assert pivots(tied, majority) == ("B",)


def test_a_heavy_supporter_is_a_pivot_where_a_light_one_is_not():
    rule = weighted({"A": 0.6, "B": 0.05, "C": 0.35}, 0.6)
    assert pivots({"A": 1, "B": 1, "C": -1}, rule) == ("A",)
    # When the heavy opponent leaves, those in favour hold the rest.
    assert pivots({"A": -1, "B": 1, "C": 1}, rule) == ("A",)


STANDING = {"A": 0.0, "B": 0.1, "C": 0.2, "D": 0.3, "E": 0.0, "F": 0.7, "G": 0.1}
RULES = (
    consensus,
    majority,
    two_thirds,
    *(unanimity_of_invited(codes) for codes in (["A"], ["A", "B", "G"], ["ALL"], ["X"])),
    *(weighted(STANDING, quota) for quota in (0.3, 0.5, 1.0)),
)


@given(st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(-2, 2)))
def test_a_pivot_is_who_turns_the_verdict_by_leaving(stances):
    for rule in RULES:
        found = pivots(stances, rule)
        for code in stances:
            others = {c: s for c, s in stances.items() if c != code}
            assert (rule(others).passes != rule(stances).passes) == (code in found)


@pytest.mark.parametrize("quota", [3, 500, 900])
def test_a_table_too_large_to_count_has_the_indices_that_counting_gives(quota):
    weights = tuple(int(w) for w in np.random.default_rng(3).integers(0, 60, 40))
    by_chance = _by_chance(weights, quota)
    assert shapley_shubik(weights, quota) == pytest.approx(tuple(by_chance[0]), abs=1e-12)
    assert banzhaf(weights, quota, absolute=True) == pytest.approx(tuple(by_chance[1]), abs=1e-12)


def test_two_hundred_players_share_all_power_and_the_heavier_holds_more():
    weights = [round(0.1 * k, 1) for k in range(1, 201)]
    for index in (shapley_shubik, banzhaf):
        shares = index(weights, sum(weights) / 2 + 0.05)
        assert sum(shares) == pytest.approx(1)
        assert all(a <= b + 1e-15 for a, b in pairwise(shares))
