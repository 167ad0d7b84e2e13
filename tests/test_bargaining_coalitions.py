from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from simulation.bargaining.coalitions import (
    Coalitions,
    Verdict,
    agreement_matrix,
    coalitions,
    consensus,
    dendrogram,
    majority,
    silhouette,
    two_thirds,
    unanimity_of_invited,
    weighted,
)

STANCES = {"JPN": 2, "AUS": 1, "IND": 0, "EU": 1, "CHN": -2}
ALIKE = weighted(dict.fromkeys("ABCDEFG", 1.0), 0.5)


def test_one_objection_blocks_consensus_and_staying_out_does_not():
    verdict = consensus(STANCES)
    assert not verdict.passes
    assert verdict.blockers == verdict.against == ("CHN",)
    assert (verdict.favour, verdict.aside) == (("AUS", "EU", "JPN"), ("IND",))
    assert verdict.share == pytest.approx(4 / 5)
    assert consensus({**STANCES, "CHN": 0}).passes


def test_only_the_invited_are_asked_for_unanimity_and_there_staying_out_blocks():
    verdict = unanimity_of_invited(["JPN", "AUS", "IND", "TWN"])(STANCES)
    assert not verdict.passes
    assert verdict.blockers == ("IND",)
    assert verdict.share == pytest.approx(2 / 3, abs=1e-6)
    assert unanimity_of_invited(["JPN", "AUS", "TWN"])(STANCES).passes
    for everyone in ([], ["TWN"], ["ALL"], ["JPN", "ALL"]):
        assert unanimity_of_invited(everyone)(STANCES).blockers == ("CHN", "IND")


def test_those_who_stay_out_do_not_vote():
    assert majority({"A": 1, "B": 0, "C": 0}).passes
    assert majority(STANCES).share == pytest.approx(3 / 4)
    tied = majority({"A": 1, "B": -1, "C": 0})
    assert not tied.passes
    assert tied.blockers == ("B",)


def test_two_thirds_are_enough_to_the_vote():
    assert two_thirds({**dict.fromkeys("ABCD", 1), **dict.fromkeys("EF", -1)}).passes
    assert two_thirds({"A": 1, "B": 0, "C": 0}).passes
    short = two_thirds({**dict.fromkeys("ABCDE", 1), **dict.fromkeys("FGH", -1)})
    assert not short.passes
    assert short.blockers == ("F", "G", "H")
    assert majority({**dict.fromkeys("ABCDE", 1), **dict.fromkeys("FGH", -1)}).passes


def test_standing_decides_under_a_weighted_rule_and_staying_out_counts_against():
    standing = {"A": 62.0, "B": 20.0, "C": 5.0}
    rule = weighted(standing, 62 / 87)
    assert rule({"A": 1, "B": -1, "C": 0}).passes
    fails = rule({"A": 0, "B": 1, "C": 1})
    assert (fails.passes, fails.blockers) == (False, ("A",))
    assert fails.share == pytest.approx(25 / 87, abs=1e-6)
    assert weighted(standing, 25 / 87)({"A": 0, "B": 1, "C": 1}).passes
    assert not weighted(standing, 0.3)({"A": 0, "B": 1, "C": 1}).passes
    assert weighted({"A": 0.7, "B": 0.1, "C": 0.2}, 0.8)({"A": 1, "B": 1, "C": -1}).passes
    assert not weighted({"A": 0.0, "B": 0.0}, 0.5)({"A": 1, "B": 1}).passes


RULES = [consensus, majority, two_thirds, unanimity_of_invited(["A", "C"]), ALIKE]
tables = st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(-2, 2))


@pytest.mark.parametrize("rule", RULES)
@given(tables)
def test_a_proposal_nobody_supports_passes_under_no_rule_and_one_nobody_declines_under_all(rule, stances):
    verdict = rule(stances)
    if not any(s > 0 for s in stances.values()):
        assert not verdict.passes
    if stances and all(s > 0 for s in stances.values()):
        assert verdict.passes
        assert verdict.share == 1
    assert verdict.passes <= (not verdict.blockers)
    assert sorted((*verdict.favour, *verdict.aside, *verdict.against)) == sorted(stances)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


@pytest.mark.parametrize("rule", RULES)
@given(tables)
def test_where_something_fails_the_blockers_consent_would_carry_it(rule, stances):
    verdict = rule(stances)
    if not verdict.passes and verdict.blockers:
        assert rule({**stances, **dict.fromkeys(verdict.blockers, 1)}).passes
    for code in stances:
        warmer = {**stances, code: max(stances[code], 1)}
        assert rule(warmer).passes >= verdict.passes


def test_agreement_is_how_near_positions_are_on_what_matters():
    at = np.array([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.5]])
    same = agreement_matrix(at, np.array([1.0, 1.0]))
    assert same == pytest.approx(np.array([[1, 0.5, 0.875], [0.5, 1, 0.375], [0.875, 0.375, 1]]))
    # The first cares for the first provision only, the third for the second only: half and half between them.
    own = agreement_matrix(at, np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 7.0]]))
    assert own[0, 1] == pytest.approx(1 - 0.75 * 2 / 2)
    assert own[0, 2] == pytest.approx(1 - 0.5 * 0.5 / 2)


@st.composite
def positions(draw, most=12):
    count, provisions = draw(st.integers(1, most)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    return np.round(rng.uniform(-1, 1, (count, provisions)), 1), rng.uniform(0, 1, (count, provisions))


@given(positions())
def test_agreement_is_symmetric_between_0_and_1_and_whole_with_oneself(table):
    found = agreement_matrix(*table)
    assert np.array_equal(found, found.T)
    assert np.allclose(np.diag(found), 1)
    assert found.min() >= -1e-12
    assert np.allclose(found, agreement_matrix(table[0], table[1] * 5))


def test_a_country_that_cares_for_nothing_cares_for_everything_alike():
    at = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert agreement_matrix(at, np.zeros((2, 2)))[0, 1] == pytest.approx(0.75)
    assert np.array_equal(agreement_matrix(np.zeros((2, 0)), np.zeros((2, 0))), np.ones((2, 2)))


@given(positions(most=15))
def test_the_dendrogram_is_that_of_scipy(table):
    at, matter = table
    at = at + np.random.default_rng(0).uniform(0, 0.001, at.shape)  # no ties
    distance = 1 - agreement_matrix(at, matter)
    np.fill_diagonal(distance, 0)
    levels = dendrogram(distance)
    assert len(levels) == len(at)
    assert [h for h, _ in levels] == sorted(h for h, _ in levels)
    if len(at) == 1:
        return
    tree = linkage(squareform(distance, checks=False), "average")
    assert [h for h, _ in levels[1:]] == pytest.approx(tree[:, 2].tolist(), abs=1e-9)
    for k, (_, labels) in enumerate(levels):
        theirs = fcluster(tree, len(at) - k, "maxclust")
        assert np.array_equal(labels[:, None] == labels, theirs[:, None] == theirs)


def test_each_level_joins_two_groups_of_the_one_before():
    levels = dendrogram(np.zeros((4, 4)))
    assert [len(set(labels.tolist())) for _, labels in levels] == [4, 3, 2, 1]
    for (_, before), (_, after) in pairwise(levels):
        assert all(len(set(after[before == k].tolist())) == 1 for k in set(before.tolist()))


def test_the_silhouette_is_that_of_the_definition():
    # By hand, points 0, 1, 5, 7 on a line in pairs: a = 1, 1, 2, 2; b = 6, 5, 4.5, 6.5.
    x = np.array([0.0, 1.0, 5.0, 7.0])
    distance = np.abs(x[:, None] - x)
    assert silhouette(distance, np.array([0, 0, 1, 1])) == pytest.approx((5 / 6 + 4 / 5 + 2.5 / 4.5 + 4.5 / 6.5) / 4)
    assert silhouette(distance, np.array([0, 0, 0, 1])) == pytest.approx(
        ((7 - 3) / 7 + (6 - 2.5) / 6 + (2 - 4.5) / 4.5) / 4
    )
    assert silhouette(distance, np.arange(4)) == 0
    assert silhouette(distance, np.zeros(4, dtype=np.int64)) == 0
    assert silhouette(np.zeros((4, 4)), np.array([0, 0, 1, 1])) == 0


def grouped(at, names, matter=None):
    at = np.array(at, dtype=float)
    return coalitions(at, np.ones_like(at) if matter is None else np.array(matter), names)


def test_three_camps_are_found_largest_first_and_then_by_name():
    at = [[0.9, 0.8], [-0.9, -0.7], [0.8, 0.9], [-0.8, -0.8], [0.85, 0.8], [0.0, -1.0], [0.1, -0.9]]
    found = grouped(at, ["E", "B", "G", "F", "C", "D", "A"])
    assert [g.members for g in found.groups] == [("C", "E", "G"), ("A", "D"), ("B", "F")]
    assert found.groups[1].position == pytest.approx((0.05, -0.95))
    assert found.groups[1].cohesion == pytest.approx(0.95)
    assert found.silhouette > 0.5


@given(positions(), st.randoms(use_true_random=False))
def test_the_order_of_the_seats_makes_no_difference(table, shuffled):
    at, matter = table
    names = [f"C{k:02d}" for k in range(len(at))]
    order = list(range(len(at)))
    shuffled.shuffle(order)
    found = coalitions(at, matter, names)
    assert coalitions(at[order], matter[order], [names[k] for k in order]) == found
    assert sorted(c for g in found.groups for c in g.members) == names
    assert Coalitions.model_validate_json(found.model_dump_json()) == found


@given(positions())
def test_who_is_near_stays_together_and_who_is_far_stays_apart(table):
    at, matter = table
    names = [f"C{k:02d}" for k in range(len(at))]
    distance, groups = 1 - agreement_matrix(at, matter), coalitions(at, matter, names).groups
    places = [[names.index(c) for c in g.members] for g in groups]
    for k, one in enumerate(places):
        for other in places[k + 1 :]:
            assert distance[np.ix_(one, other)].mean() > 0.1
        assert len(one) == 1 or 1 - groups[k].cohesion <= 0.4 + 1e-6


def test_opposites_are_apart_even_where_there_are_only_two():
    assert [g.members for g in grouped([[1.0], [-1.0]], ["A", "B"]).groups] == [("A",), ("B",)]
    assert [g.members for g in grouped([[0.2], [-0.2]], ["A", "B"]).groups] == [("A", "B")]


def test_small_differences_make_no_camps_however_clear_they_are():
    found = grouped([[0.50], [0.51], [0.60], [0.61]], list("ABCD"))
    assert [g.members for g in found.groups] == [("A", "B", "C", "D")]
    assert found.silhouette == 0
    wider = grouped([[0.50], [0.51], [0.80], [0.81]], list("ABCD"))
    assert [g.members for g in wider.groups] == [("A", "B"), ("C", "D")]


def test_three_equally_far_from_one_another_are_one_group_or_each_alone():
    one_each = 2 * np.eye(3) - 1
    assert len(grouped(0.45 * one_each, list("ABC")).groups) == 1  # 0.3 apart: no division is clearer than another
    assert len(grouped(0.75 * one_each, list("ABC")).groups) == 3  # 0.5 apart


def test_of_two_divisions_equally_clear_the_coarser_is_taken():
    # A pair between two alone, or three and one: 1/4 either way, no more than for no division.
    assert len(grouped([[-1.0], [-0.6], [-0.4], [0.0]], list("ABCD")).groups) == 1
    found = grouped([[-1.0], [-0.6], [-0.4], [0.0], [0.0]], list("ABCDE"))
    # A, BC, DE or ABC, DE: 0.6 either way.
    assert [g.members for g in found.groups] == [("A", "B", "C"), ("D", "E")]
    assert found.silhouette == pytest.approx(0.6)


def test_only_what_matters_divides():
    at = [[0.9, 0.9], [0.9, -0.9], [-0.9, 0.9], [-0.9, -0.9]]
    by_first = grouped(at, list("ABCD"), [[1.0, 0.0]] * 4)
    by_second = grouped(at, list("ABCD"), [[0.0, 1.0]] * 4)
    assert [g.members for g in by_first.groups] == [("A", "B"), ("C", "D")]
    assert [g.members for g in by_second.groups] == [("A", "C"), ("B", "D")]


def test_degenerate_tables_have_their_groups():
    assert grouped(np.zeros((0, 2)), []) == Coalitions(groups=(), silhouette=0.0)
    alone = grouped([[0.3, -0.2]], ["A"]).groups
    assert [(g.members, g.cohesion, g.position) for g in alone] == [(("A",), 1.0, (0.3, -0.2))]
    assert [g.members for g in grouped(np.zeros((3, 0)), list("CAB")).groups] == [("A", "B", "C")]
    assert [g.members for g in grouped(np.full((3, 2), 0.4), list("CAB")).groups] == [("A", "B", "C")]
    assert [g.cohesion for g in grouped(np.full((3, 2), 0.4), list("CAB"), np.zeros((3, 2))).groups] == [1.0]


def test_two_hundred_countries_are_grouped_into_the_camps_they_were_drawn_from():
    rng = np.random.default_rng(1)
    camp = rng.integers(0, 3, 200)
    at = np.clip(np.array([[0.8, 0.8], [-0.8, 0.2], [0.5, -0.8]])[camp] + rng.normal(0, 0.1, (200, 2)), -1, 1)
    found = grouped(at, [f"{k:03d}" for k in range(200)])
    assert {g.members for g in found.groups} == {tuple(f"{k:03d}" for k in np.flatnonzero(camp == c)) for c in range(3)}
