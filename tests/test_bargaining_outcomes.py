import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.bargaining.outcomes import (
    Election,
    _wins,
    compromise,
    probabilistic_condorcet,
    spread,
    two_poles,
    weighted_median,
)
from simulation.errors import InputError

REFERENCE = Path(__file__).parent.parent.parent / "shared" / "reference"

# Bueno de Mesquita 1994, car emission standards, as printed in Scholz, Calbert and Smith 2011, Table 1. The weighted
# mean and median of the openings are those of jmckib's implementation before its first round.
CAPABILITY = np.array([0.08, 0.08, 0.03, 0.16, 0.16, 0.16, 0.16, 0.05, 0.05, 0.08])
YEARS = np.array([4.0, 7, 4, 4, 10, 10, 10, 7, 4, 7])
SALIENCE = np.array([0.8, 0.4, 0.2, 0.8, 0.6, 0.6, 0.9, 0.1, 1.0, 0.7])


def test_the_emission_standards_open_at_their_published_mean_and_median():
    assert compromise(YEARS, CAPABILITY * SALIENCE) == pytest.approx(7.389956, abs=1e-6)
    assert weighted_median(YEARS, CAPABILITY * SALIENCE) == 7.0


def test_a_median_between_two_halves_is_their_midpoint_and_a_tenth_is_a_tenth():
    assert weighted_median(np.array([10.0, 0.0, 4.0, 6.0]), np.ones(4)) == 5.0
    assert weighted_median(np.array([0.0, 1.0, 2.0]), np.array([0.1, 0.2, 0.3])) == 1.5
    assert weighted_median(np.array([0.0, 1.0, 2.0]), np.array([0.1, 0.2, 0.31])) == 2.0


def test_a_country_without_weight_does_not_stand_in_the_median():
    assert weighted_median(np.array([0.0, 5.0, 8.0]), np.array([1.0, 0.0, 1.0])) == 4.0
    assert weighted_median(np.array([0.0, 5.0]), np.array([0.0, 1.0])) == 5.0


def test_three_equal_voters_elect_the_middle_half_the_time():
    # By hand: the middle beats either end 2:1, the ends tie; balance of the flows gives 1/4, 1/2, 1/4.
    found = probabilistic_condorcet(np.array([100.0, 0.0, 50.0]), np.ones(3), np.ones(3))
    assert found.options == (0.0, 50.0, 100.0)
    assert found.probabilities == pytest.approx((0.25, 0.5, 0.25))
    assert found.expected == pytest.approx(50)


def test_a_vote_weighs_how_much_each_side_would_lose():
    # By hand: 0 against 1: the one at 0 puts in 2 x 1, those at 1 and 10 together 1 x 1 + 1 x 1. So they tie. 0 against
    # 10: 2 x 10 and 1 x 8 against 1 x 10; 1 against 10: 2 x 9 and 1 x 9 against 1 x 9. The chain balances where
    # p0 (1/2 + 10/38) = p1/2 + p10 28/38, p10 (28/38 + 3/4) = p0 10/38 + p1/4.
    found = probabilistic_condorcet(np.array([0.0, 1.0, 10.0]), np.array([2.0, 1.0, 1.0]), np.ones(3))
    p0, p1, p10 = found.probabilities
    assert p0 * (1 / 2 + 10 / 38) == pytest.approx(p1 / 2 + p10 * 28 / 38)
    assert p10 * (28 / 38 + 3 / 4) == pytest.approx(p0 * 10 / 38 + p1 / 4)
    assert found.expected == pytest.approx(p1 + 10 * p10)


@st.composite
def issues(draw, least=1):
    count = draw(st.integers(least, 12))
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    return np.round(rng.uniform(-1, 1, count), 1), rng.uniform(0.01, 3, count), rng.uniform(0.01, 1, count)


@given(issues(), st.floats(0.1, 50), st.floats(-20, 20))
def test_every_outcome_lies_among_the_positions_and_follows_the_scale(issue, stretch, shift):
    x, capability, salience = issue
    for outcome in (
        lambda at: compromise(at, capability * salience),
        lambda at: weighted_median(at, capability * salience),
        lambda at: probabilistic_condorcet(at, capability, salience).expected,
    ):
        assert x.min() - 1e-9 <= outcome(x) <= x.max() + 1e-9
        assert outcome(stretch * x + shift) == pytest.approx(stretch * outcome(x) + shift, abs=1e-6)
        assert outcome(-x) == pytest.approx(-outcome(x), abs=1e-9)


@given(issues())
def test_two_countries_at_one_position_are_one_with_the_sum_of_their_weights(issue):
    x, capability, salience = issue
    same, merged = np.append(x, x[0]), capability * salience
    twins = np.append(merged, 0.7)
    merged = merged.copy()
    merged[0] += 0.7
    whole = np.ones_like(merged)
    apart = probabilistic_condorcet(same, twins, np.ones_like(twins))
    assert apart.probabilities == pytest.approx(probabilistic_condorcet(x, merged, whole).probabilities, abs=1e-9)
    assert compromise(same, twins) == pytest.approx(compromise(x, merged))
    assert weighted_median(same, twins) == pytest.approx(weighted_median(x, merged))
    assert spread(same, twins) == pytest.approx(spread(x, merged), abs=1e-9)


@given(issues())
def test_the_chances_are_the_long_run_of_the_election_however_it_starts(issue):
    x, capability, salience = issue
    found = probabilistic_condorcet(x, capability, salience)
    options, weight = np.array(found.options), capability * salience
    assert sum(found.probabilities) == pytest.approx(1)
    chain = np.zeros((len(options), len(options)))
    for j, reigning in enumerate(options):
        for i, rival in enumerate(options):
            gain = np.abs(x - reigning) - np.abs(x - rival)
            pro, con = weight @ np.maximum(gain, 0), weight @ np.maximum(-gain, 0)
            chain[i, j] += (pro / (pro + con) if pro + con else 0.5) / len(options)
            chain[j, j] += (con / (pro + con) if pro + con else 0.5) / len(options)
    start = np.eye(len(options))[0]
    assert np.linalg.matrix_power(chain, 2**14) @ start == pytest.approx(found.probabilities, abs=1e-8)


@given(st.integers(0, 10_000), st.integers(2, 120))
def test_running_sums_give_the_votes_that_counting_country_by_country_gives(seed, count):
    rng = np.random.default_rng(seed)
    x, weight = np.round(rng.uniform(-1, 1, count), 2), rng.uniform(0, 3, count) * (rng.random(count) > 0.2)
    options = np.unique(x)
    nearness = -np.abs(x[:, None] - options)
    votes = np.tensordot(weight, np.clip(nearness[:, :, None] - nearness[:, None, :], 0, None), axes=1)
    cast = votes + votes.T
    counted = np.divide(votes, cast, out=np.full_like(votes, 0.5), where=cast > 0)
    assert _wins(x, options, weight) == pytest.approx(counted, abs=1e-9)


@given(st.floats(-1, 0), st.floats(0.01, 1), st.floats(0.01, 5), st.floats(0.01, 5))
def test_between_two_positions_the_election_is_the_compromise(low, high, one, other):
    x, weight = np.array([low, high]), np.array([one, other])
    assert probabilistic_condorcet(x, weight, np.ones(2)).expected == pytest.approx(compromise(x, weight))


@given(issues(), st.integers(0, 11))
def test_more_weight_behind_a_position_never_moves_the_outcome_away_from_it(issue, who):
    x, capability, salience = issue
    who %= len(x)
    louder = capability.copy()
    louder[who] *= 3
    assert abs(compromise(x, louder * salience) - x[who]) <= abs(compromise(x, capability * salience) - x[who]) + 1e-9
    before, after = probabilistic_condorcet(x, capability, salience), probabilistic_condorcet(x, louder, salience)
    at = before.options.index(x[who])
    assert after.probabilities[at] >= before.probabilities[at] - 1e-9


def test_where_nobody_cares_every_country_counts_the_same():
    x, nothing = np.array([0.0, 0.0, 3.0]), np.zeros(3)
    assert compromise(x, nothing) == pytest.approx(1)
    assert weighted_median(x, nothing) == 0
    assert spread(x, nothing) == pytest.approx(np.sqrt(2))
    coin = probabilistic_condorcet(x, np.ones(3), nothing)
    assert coin.probabilities == pytest.approx((0.5, 0.5))


def test_a_table_at_one_position_lands_there():
    x, weight = np.full(3, 0.3), np.array([1.0, 2.0, 4.0])
    assert compromise(x, weight) == pytest.approx(0.3)
    assert weighted_median(x, weight) == 0.3
    assert spread(x, weight) == pytest.approx(0, abs=1e-12)
    assert not two_poles(x, weight)
    assert probabilistic_condorcet(x, weight, weight) == Election(options=(0.3,), probabilities=(1.0,), expected=0.3)
    assert weighted_median(x[:1], weight[:1]) == 0.3


def test_an_issue_nobody_has_a_position_on_is_an_error():
    nobody = np.array([])
    for outcome in (compromise, weighted_median, spread, two_poles):
        with pytest.raises(InputError, match="nobody"):
            outcome(nobody, nobody)
    with pytest.raises(InputError, match="nobody"):
        probabilistic_condorcet(nobody, nobody, nobody)


def test_the_spread_is_the_weighted_standard_deviation():
    assert spread(np.array([0.0, 1.0]), np.array([3.0, 1.0])) == pytest.approx(np.sqrt(3) / 4)
    assert spread(np.array([2.0, 4, 4, 4, 5, 5, 7, 9]), np.ones(8)) == pytest.approx(2)  # the usual textbook example


def test_two_poles_need_a_quarter_of_the_weight_clearly_on_each_side():
    x = np.array([0.8, 0.0, -0.8])
    assert two_poles(x, np.array([1.0, 2.0, 1.0]))
    assert not two_poles(x, np.array([1.0, 2.1, 1.0]))
    assert not two_poles(np.array([0.8, 0.0, -0.25]), np.array([1.0, 2.0, 1.0]))
    assert not two_poles(np.array([0.25, 0.0, -0.8]), np.array([1.0, 2.0, 1.0]))
    assert not two_poles(-x[:2], np.ones(2))
    assert two_poles(50 + 50 * x, np.ones(3), middle=50, distance=12.5)
    assert not two_poles(50 + 50 * x, np.ones(3))


def test_an_election_survives_json():
    found = probabilistic_condorcet(YEARS, CAPABILITY, SALIENCE)
    assert Election.model_validate_json(found.model_dump_json()) == found


COLUMN = {"I": "wave_I_prenice_votes", "II": "wave_II_nice_votes", "III": "wave_III_population_m"}
MODELS = {
    "mean": lambda x, c, s: compromise(x, np.ones_like(x)),
    "mean_sal": lambda x, c, s: compromise(x, s),
    "mean_cap": lambda x, c, s: compromise(x, c),
    "mean_capsal": lambda x, c, s: compromise(x, c * s),
    "median": lambda x, c, s: weighted_median(x, np.ones_like(x)),
    "median_sal": lambda x, c, s: weighted_median(x, s),
    "median_capsal": lambda x, c, s: weighted_median(x, c * s),
    "pce_sal": lambda x, c, s: probabilistic_condorcet(x, np.ones_like(x), s).expected,
    "pce_capsal": lambda x, c, s: probabilistic_condorcet(x, c, s).expected,
}


def rows(name):
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def deu_issues():
    """Row number, positions, capabilities, saliences and outcome of every issue with an outcome and three voices."""
    votes, found = {r["actor"]: r for r in rows("deu_capabilities.csv")}, []
    for number, row in enumerate(rows("deu3_issues.csv")):
        heard = [a for a in votes if row[f"pos_{a}"] and row[f"sal_{a}"]]
        if row["outcome"] and len(heard) >= 3:
            table = [
                [float(row[f"pos_{a}"]), float(votes[a][COLUMN[row["wave_inferred"]]]), float(row[f"sal_{a}"])]
                for a in heard
            ]
            found.append((number, *np.array(table).T, float(row["outcome"])))
    return found


@pytest.fixture(scope="module")
def deu():
    if not REFERENCE.exists():
        pytest.skip("the reference data stand beside the project, not in it")
    return deu_issues()


@pytest.mark.parametrize("name", MODELS)
def test_351_eu_decisions_are_missed_by_as_much_as_published(deu, name):
    errors = [abs(MODELS[name](x, c, s) - outcome) for _, x, c, s, outcome in deu]
    expected = next(r for r in rows("deu3_model_mae.csv") if r["model"] == name)
    assert len(errors) == int(expected["n"]) == 351
    assert np.mean(errors) == pytest.approx(float(expected["MAE"]), abs=0.001)


@pytest.mark.parametrize("name", [m for m in MODELS if m not in ("median_sal", "pce_sal")])
def test_each_eu_decision_is_predicted_as_recorded(deu, name):
    expected = {int(r["i"]): float(r[name]) for r in rows("deu3_predictions.csv")}
    found = {number: MODELS[name](x, c, s) for number, x, c, s, _ in deu}
    assert found == pytest.approx(expected, abs=0.001)
