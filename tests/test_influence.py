import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.influence import closed_form, heard, openness, path, step, weights

# Friedkin and Johnsen's four-person group, as printed: W, susceptibility 1 - w_ii, opening 25, 25, 75, 85.
W = np.array([[0.22, 0.12, 0.36, 0.30], [0.147, 0.215, 0.344, 0.294], [0, 0, 1, 0], [0.09, 0.178, 0.446, 0.286]])
OPENING = np.array([25.0, 25.0, 75.0, 85.0])


def test_the_published_four_person_group_ends_where_it_did():
    total = closed_form(W, 1 - np.diag(W))
    assert total @ OPENING == pytest.approx([60, 60, 75, 75], abs=0.05)
    assert total[0] == pytest.approx([0.2794, 0.045, 0.5514, 0.1242], abs=1e-4)


@st.composite
def groups(draw):
    count = draw(st.integers(2, 8))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    near = rng.uniform(-1, 1, (count, count))
    np.fill_diagonal(near, 1)
    return weights(rng.uniform(0.001, 1, count), near), rng.uniform(0, 0.95, count), rng.uniform(-1, 1, count)


@given(groups())
def test_the_closed_form_equals_long_iteration(group):
    mixing, open_to, opening = group
    now = opening[:, None]
    for _ in range(2000):
        now = step(now, opening[:, None], mixing, open_to[:, None])
    assert np.allclose(closed_form(mixing, open_to) @ opening, now[:, 0], atol=1e-10)


@given(groups())
def test_rows_are_shares_and_nobody_leaves_the_range_of_the_openings(group):
    mixing, open_to, opening = group
    assert np.allclose(mixing.sum(axis=1), 1)
    assert np.allclose(closed_form(mixing, open_to).sum(axis=1), 1)
    walked = path(opening[:, None], mixing, open_to[:, None], 6)
    assert walked.min() >= opening.min() - 1e-12
    assert walked.max() <= opening.max() + 1e-12


@given(groups())
def test_a_frozen_position_does_not_move_and_a_rival_is_not_listened_to(group):
    mixing, open_to, opening = group
    still = open_to.copy()
    still[0] = 0
    walked = path(opening[:, None], mixing, still[:, None], 4)
    assert np.allclose(walked[:, 0], opening[0])
    near = np.array([[1.0, -0.5], [0.3, 1.0]])
    assert weights(np.array([0.5, 0.5]), near)[0, 1] == 0


@given(groups())
def test_nobody_listens_to_a_seat_that_said_nothing(group):
    mixing, _, _ = group
    spoke = np.ones(len(mixing), dtype=bool)
    assert np.allclose(heard(mixing, spoke), mixing)
    spoke[0] = False
    now = heard(mixing, spoke)
    assert np.allclose(now[1:, 0], 0)
    assert np.allclose(now.sum(axis=1), 1)


def test_a_country_is_least_open_where_it_cares_most_and_closed_on_a_red_line():
    found = openness(np.array([[0.2, 1.0, 0.5]]), np.array([[False, False, True]]))
    assert found[0, 0] > found[0, 1] > found[0, 2] == 0
