import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.catalog import load_dossier
from simulation.doubts import doubts, published
from simulation.errors import InputError
from simulation.sensitivity import LEAST, LEVELS, SUPPORTERS, Screening, effects, indices, screen
from simulation.uncertainty import draw

FIXED = published()[None]

# Ishigami and Homma 1990 with a = 7, b = 0.1: first and total order by the closed form (Sobol and Levitan 1999).
FIRST, TOTAL = (0.314, 0.442, 0.0), (0.558, 0.442, 0.244)


def ishigami(unit):
    x = np.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def morris(unit):
    """Morris 1991, section 4: twenty inputs, of which the first ten matter."""
    random = np.random.default_rng(1991)
    w = 2 * (unit - 0.5)
    for k in (2, 4, 6):
        w[:, k] = 2 * (1.1 * unit[:, k] / (unit[:, k] + 0.1) - 0.5)
    one = np.concatenate([np.full(10, 20.0), random.standard_normal(10)])
    two = np.triu(random.standard_normal((20, 20)), 1)
    two[:6, :6] = np.triu(np.full((6, 6), -15.0), 1)
    found = w @ one + np.einsum("ni,ij,nj->n", w, two, w)
    for i in range(5):
        for j in range(i + 1, 5):
            for k in range(j + 1, 5):
                found += -10 * w[:, i] * w[:, j] * w[:, k]
    return found + 5 * w[:, 0] * w[:, 1] * w[:, 2] * w[:, 3]


@pytest.fixture(scope="module")
def table():
    return tuple(load_dossier(name) for name in ("japan", "china", "india"))


@pytest.fixture(scope="module")
def supporters(scenario, table):
    return screen(scenario, table, trajectories=8, samples=64)


def sure(dossier, but=()):
    """The dossier with no doubt in any position or relation, `but` for some themes, which are wholly in doubt."""
    positions = {
        t: p.model_copy(update={"confidence": 0.0 if t in but else 1.0, "range": None})
        for t, p in dossier.positions.items()
    }
    return dossier.model_copy(update={"positions": positions, "relations": {}})


# The two passes on functions whose answers are published


def test_sobols_indices_of_the_ishigami_function_are_the_published_ones():
    found = indices(ishigami, ("x1", "x2", "x3"), 4096, seed=0)
    assert [i.first for i in found.values()] == pytest.approx(FIRST, abs=0.006)
    assert [i.total for i in found.values()] == pytest.approx(TOTAL, abs=0.006)


def test_a_group_of_the_ishigami_function_has_the_indices_of_its_variance():
    # x1 and x3 act together and apart from x2, so their part is what x2 leaves.
    found = indices(ishigami, ("pair", "alone", "pair"), 2048, seed=5)
    assert list(found) == ["pair", "alone"]
    assert found["pair"].total == pytest.approx(1 - TOTAL[1], abs=0.01)
    assert found["pair"].first == pytest.approx(1 - FIRST[1], abs=0.02)
    assert found["alone"].total == pytest.approx(TOTAL[1], abs=0.01)


def test_morriss_own_example_is_screened_as_he_screened_it():
    found = effects(morris, [str(k) for k in range(1, 21)], 60, seed=4)
    ranked = sorted(found, key=lambda name: -found[name])
    assert set(ranked[:10]) == {str(k) for k in range(1, 11)}
    # 8, 9 and 10 act by their own coefficient alone, 20 over a range of 2, but for small products with other inputs
    assert [found[k] for k in ("8", "9", "10")] == pytest.approx([40] * 3, rel=0.15)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.floats(-5, 5).map(lambda x: round(x, 3)), min_size=2, max_size=5), st.integers(0, 99))
def test_a_sum_has_its_coefficients_as_effects_and_their_squares_as_indices(slopes, seed):
    names, model = [f"g{k}" for k in range(len(slopes))], lambda unit: unit @ np.array(slopes)
    assert list(effects(model, names, 4, seed).values()) == pytest.approx(np.abs(slopes).tolist(), abs=1e-9)
    squares = np.array(slopes) ** 2
    if squares.max() > 1e-3:
        found = indices(model, names, 1024, seed).values()
        wanted = (squares / squares.sum()).tolist()
        assert [i.total for i in found] == pytest.approx(wanted, abs=0.03)
        assert [i.first for i in found] == pytest.approx(wanted, abs=0.06)


def test_numbers_of_one_group_move_at_once():
    model = lambda unit: unit[:, 0] * unit[:, 1]  # noqa: E731
    steps = effects(model, ("g", "g"), 50, 1)
    alone = effects(model, ("a", "b"), 50, 1)
    assert list(steps) == ["g"]
    assert steps["g"] != pytest.approx(alone["a"], rel=0.01)


def test_a_group_that_does_nothing_has_nothing():
    model = lambda unit: unit[:, 0]  # noqa: E731
    assert effects(model, ("a", "b"), 4, 1)["b"] == 0
    assert indices(model, ("a", "b"), 64, 1)["b"].total == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("groups", [("g",), ("g", "g", "g")])
def test_a_single_group_explains_all_there_is(groups):
    found = indices(lambda unit: unit.sum(axis=1), groups, 512, seed=2)
    assert list(found) == ["g"]
    assert found["g"].total == pytest.approx(1, abs=0.05)
    assert found["g"].first == pytest.approx(1, abs=0.1)
    assert effects(lambda unit: unit.sum(axis=1), groups, 4, 2)["g"] > 0


def test_an_answer_that_never_changes_is_nobodys_doing():
    flat = lambda unit: np.full(len(unit), 3.0)  # noqa: E731
    assert set(effects(flat, ("a", "b"), 4, 1).values()) == {0.0}
    assert all((i.first, i.total, i.interval) == (0, 0, 0) for i in indices(flat, ("a", "b"), 64, 1).values())


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_finds_the_same_indices_whatever_was_drawn_before(seed):
    once = indices(ishigami, ("a", "b", "c"), 128, seed), effects(ishigami, ("a", "b", "c"), 6, seed)
    np.random.default_rng().random()
    assert (indices(ishigami, ("a", "b", "c"), 128, seed), effects(ishigami, ("a", "b", "c"), 6, seed)) == once
    assert indices(ishigami, ("a", "b", "c"), 128, seed + 1) != once[0]


# The screen of a debate


def test_a_screen_is_repeated_by_its_seed_and_survives_json(scenario, table, supporters):
    assert screen(scenario, table, trajectories=8, samples=64) == supporters
    assert screen(scenario, table, trajectories=8, samples=64, seed=scenario.debate.seed) == supporters
    assert Screening.model_validate_json(supporters.model_dump_json()) == supporters
    assert supporters.of == SUPPORTERS


def test_every_group_in_doubt_is_ranked_once_and_those_left_out_come_last(scenario, table):
    found = screen(scenario, table, "IND", trajectories=8, samples=64, most=2)
    groups = {group for group, low, high in in_doubt(scenario, table) if high > low}
    assert {(d.country, d.kind) for d in found.drivers} == groups | {(None, "coefficients")}
    assert len(found.drivers) == len(groups) + 1
    shared = [d for d in found.drivers if d.total is not None]
    assert found.drivers[: len(shared)] == tuple(shared)
    assert [d.total for d in shared] == sorted((d.total for d in shared), reverse=True)
    left = [d.effect for d in found.drivers[len(shared) :]]
    assert left == sorted(left, reverse=True)
    assert left
    assert 1 <= len(shared) <= 3
    assert any(d.kind == "coefficients" for d in shared)
    assert min(d.effect for d in shared if d.country) >= left[0]


def in_doubt(scenario, desks):
    known = doubts(scenario, desks)
    return zip(known.groups[:-1], known.low, known.high, strict=True)


def test_the_only_number_in_doubt_is_what_would_change_the_answer(scenario, table):
    japan, china, india = table
    desks = (sure(japan, but=("mutual_defence",)), sure(china), sure(india))
    found = screen(scenario, desks, "JPN", rows=FIXED, trajectories=6, samples=64)
    assert [(d.country, d.kind) for d in found.drivers if d.total] == [("JPN", "positions"), ("JPN", "saliences")]
    assert found.drivers[0].total > 0.5


def test_a_countrys_opening_score_is_its_own_doing_and_a_later_one_also_that_of_others(scenario, table):
    opening = screen(scenario, table, "IND", rounds=1, trajectories=8, samples=64)
    assert {d.country for d in opening.drivers if d.effect > 0} == {"IND", None}
    later = screen(scenario, table, "IND", rounds=4, trajectories=8, samples=64)
    assert {d.country for d in later.drivers if d.effect > 0} > {"IND", None}


def test_indices_are_the_shares_of_variance_that_draws_show(scenario, table):
    # In the opening round a score is the sum of a part from positions and a part from relations, which no draw joins.
    japan, china, india = table
    certain = {t: p.model_copy(update={"salience": 1.0}) for t, p in india.positions.items()}
    both = india.model_copy(update={"positions": certain})
    only_positions = both.model_copy(update={"relations": {}})
    sure_of = {t: p.model_copy(update={"confidence": 1.0, "range": None}) for t, p in certain.items()}
    only_relations = india.model_copy(update={"positions": sure_of})
    parts = [
        draw(scenario, (japan, china, d), 20_000, 1, rounds=1, rows=FIXED).scores[:, 2].var()
        for d in (only_positions, only_relations)
    ]
    found = screen(scenario, (japan, china, both), "IND", rounds=1, rows=FIXED, samples=2048)
    total = {d.kind: d.total for d in found.drivers if d.country == "IND" and d.total}
    salience = total.pop("saliences", 0.0)
    assert total["relations"] == pytest.approx(parts[1] / sum(parts), abs=0.03)
    assert total["positions"] + salience == pytest.approx(parts[0] / sum(parts), abs=0.03)


def test_the_answer_of_a_country_is_its_score_above_the_cut_to_support(scenario, table):
    # One row of coefficients against two that differ in that cut alone, a unit apart: the coefficients' effect is the
    # unit over the step of the grid.
    rows = np.repeat(FIXED, 2, axis=0)
    rows[:, 6] += (0.0, 1.0)
    desks = [sure(d) for d in table]
    found = screen(scenario, desks, "JPN", rows=rows, trajectories=400, samples=16)
    assert [(d.country, d.kind) for d in found.drivers] == [(None, "coefficients")]
    assert found.drivers[0].total == pytest.approx(1, abs=0.3)
    # every step of LEVELS / 2 levels crosses the middle of the two rows
    assert found.drivers[0].effect == pytest.approx(2 * (LEVELS - 1) / LEVELS, abs=1e-6)


@pytest.mark.parametrize(("cut", "moved"), [(0, False), (1, False), (2, True), (3, False)])
def test_supporters_are_those_above_the_third_cut(scenario, table, cut, moved):
    japan = sure(table[0])
    score = draw(scenario, [japan], 1, scale=0).scores[0, 0]
    rows = np.repeat(FIXED, 2, axis=0)
    rows[:, 4:] = score + np.array([-3, -2, -1, 3]) if cut == 3 else score + np.array([-3, -2, 2, 3])
    rows[:, 4 + cut] = score - 0.1, score + 0.1
    found = screen(scenario, [japan], rows=rows, trajectories=20, samples=16)
    assert len(np.unique(draw(scenario, [japan], 20, rows=rows).stances)) == 2
    assert [(d.country, d.kind, d.effect > 0) for d in found.drivers] == [(None, "coefficients", moved)]


def test_the_second_pass_takes_the_groups_that_move_the_answer_furthest_and_the_coefficients(scenario, table):
    close = published() + np.array([[0.0], [1e-4]])
    asked = {"of": "IND", "rows": close, "rounds": 4, "trajectories": 8, "samples": 16}
    found = screen(scenario, table, **asked, most=1)
    furthest = max(found.drivers, key=lambda d: d.effect)
    assert {(d.country, d.kind) for d in found.drivers if d.total is not None} == {
        (furthest.country, furthest.kind),
        (None, "coefficients"),
    }
    assert furthest.country == "IND"
    free = screen(scenario, table, **asked, most=99).drivers
    shared = {d for d in free if d.total is not None and d.country}
    assert 1 < len(shared) < len(free) - 1
    assert shared == {d for d in free if d.country and d.effect > LEAST * furthest.effect}


def test_where_nothing_is_in_doubt_nothing_would_change_the_answer(scenario, table):
    assert screen(scenario, table, scale=0.0).drivers == ()


def test_where_nothing_moves_the_count_no_group_is_given_a_share(scenario, table):
    found = screen(scenario, table, scale=0.01, trajectories=4, samples=16)
    assert found.drivers
    assert all((d.effect, d.total) == (0, None) for d in found.drivers)


def test_one_country_alone_is_screened_like_any_other(scenario, table):
    found = screen(scenario, table[2:], "IND", trajectories=4, samples=32)
    assert {d.country for d in found.drivers} == {"IND", None}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"of": "MARS"}, "MARS"),
        ({"samples": 100}, "100 samples"),
        ({"samples": 1}, "1 samples"),
        ({"trajectories": 1}, "trajectory"),
    ],
)
def test_what_cannot_be_screened_is_refused_with_its_cure(scenario, table, asked, message):
    with pytest.raises(InputError, match=message) as caught:
        screen(scenario, table, **{"of": "IND", **asked})
    assert caught.value.cure


@pytest.mark.parametrize("module", ["SALib.sample.morris", "SALib.analyze.sobol"])
def test_without_salib_the_line_that_installs_it_is_given(monkeypatch, scenario, table, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match="needs SALib") as caught:
        screen(scenario, table, "IND", trajectories=4, samples=16)
    assert caught.value.cure == 'pip install "communique[sensitivity]"'


def test_salib_is_asked_for_by_the_screen_alone():
    code = "import simulation.sensitivity, sys; sys.exit('SALib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
