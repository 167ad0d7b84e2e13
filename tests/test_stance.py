import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulation.catalog import load_dossier, load_scenario
from simulation.dossier import RedLine
from simulation.stance import (
    Coefficients,
    Inputs,
    agreement,
    breaches,
    cap,
    coefficients,
    importance,
    inputs,
    latent,
    near,
    probabilities,
    standpoint,
    substance,
    to_stance,
)

MODEL = Coefficients(
    {"substance": 2.0, "sponsor": 1.0, "self_target": -1.5, "target_affinity": -0.5}, (-2.0, -1.0, 1.0, 3.0), 0.5
)
unit = st.floats(-1, 1).map(lambda x: round(x, 4))
share = st.floats(0.05, 1).map(lambda x: round(x, 4))


def numbers(pushes, positions, saliences, weights=None):
    pushes = np.array(pushes, dtype=float)
    count = len(pushes)
    return Inputs(
        pushes,
        np.ones(count) if weights is None else np.array(weights),
        np.broadcast_to(np.array(positions, dtype=float)[:, None, :], (len(positions), count, pushes.shape[1])),
        np.array(saliences, dtype=float),
        np.zeros((len(positions), 3)),
    )


def test_agreement_is_the_salience_weighted_product_of_push_and_position():
    # Rabinowitz and Macdonald's scalar product by hand: (0.5*0.8*1 + 1*-0.4*0.5) / (0.5*0.8 + 1*0.4) = 0.2 / 0.8
    data = numbers([[0.8, -0.4]], [[1.0, 0.5]], [[0.5, 1.0]])
    assert agreement(data)[0, 0] == pytest.approx(0.25)
    assert importance(data)[0, 0] == pytest.approx(0.8)


@given(
    arrays(float, (3, 4), elements=unit), arrays(float, (2, 4), elements=unit), arrays(float, (2, 4), elements=share)
)
def test_agreement_stays_in_range_turns_with_the_text_and_ignores_themes_without_a_push(pushes, positions, saliences):
    data = numbers(pushes, positions, saliences)
    found = agreement(data)
    assert np.all(np.abs(found) <= 1 + 1e-12)
    assert np.allclose(agreement(numbers(-pushes, positions, saliences)), -found)
    wider = numbers(np.c_[pushes, np.zeros(3)], np.c_[positions, np.ones(2)], np.c_[saliences, np.ones(2)])
    assert np.allclose(agreement(wider), found)


@given(
    arrays(float, (3, 2), elements=unit), arrays(float, (2, 2), elements=unit), arrays(float, (2, 2), elements=share)
)
def test_a_country_that_wants_more_of_a_pushed_theme_agrees_more(pushes, positions, saliences):
    keener = np.clip(positions + 0.3 * np.sign(pushes[0]), -1, 1)
    first = numbers(pushes[:1], positions, saliences)
    assert np.all(agreement(numbers(pushes[:1], keener, saliences)) >= agreement(first) - 1e-12)


@given(st.integers(1, 5), st.integers(0, 1000))
def test_draws_are_scored_like_single_debates(count, seed):
    rng = np.random.default_rng(seed)
    pushes, weights = rng.uniform(-1, 1, (3, 4)), rng.uniform(0.2, 1, 3)
    positions, saliences = rng.uniform(-1, 1, (count, 2, 3, 4)), rng.uniform(0, 1, (count, 2, 4))
    together = Inputs(pushes, weights, positions, saliences, np.zeros((count, 2, 3)))
    whole = substance(agreement(together), importance(together))
    for n in range(count):
        alone = Inputs(pushes, weights, positions[n], saliences[n], np.zeros((2, 3)))
        assert np.allclose(whole[n], substance(agreement(alone), importance(alone)))


def test_the_bars_of_the_waterfall_add_up_to_the_score(takaichi):
    for said in takaichi.transcript.statements:
        assert sum(t.value for t in said.terms) == pytest.approx(said.score, abs=2e-5)


def test_relations_move_the_score_by_their_coefficients():
    assert latent(np.array(0.5), np.array([0.4, 1.0, -0.6]), MODEL) == pytest.approx(1.0 + 0.4 - 1.5 + 0.3)


def test_cut_points_divide_the_score_into_five_stances():
    scores = np.array([-2.5, -1.5, 0.0, 2.0, 3.5])
    assert to_stance(scores, None, MODEL).tolist() == [-2, -1, 0, 1, 2]


@given(st.floats(-8, 8), st.floats(0.01, 3))
def test_probabilities_sum_to_one_and_shift_up_with_the_score(score, more):
    low, high = probabilities(np.array(score), MODEL), probabilities(np.array(score + more), MODEL)
    assert low.sum() == pytest.approx(1)
    assert np.all(np.cumsum(high) <= np.cumsum(low) + 1e-12)


def test_an_ordered_logit_worked_by_hand():
    # cut 1.0, score 0.5: P(above) = 1 - 1/(1 + e^-0.5) = 0.37754
    assert probabilities(np.array(0.5), MODEL)[3:].sum() == pytest.approx(0.37754, abs=1e-5)


def test_a_red_line_outweighs_every_interest():
    scenario, india = load_scenario("takaichi_coalition"), load_dossier("india")
    data = inputs(scenario, [india])
    met = breaches(india, scenario)
    assert "mutual_protection" in {p.id for p, _ in met}
    certain = to_stance(np.array([100.0]), np.array([cap(met)]))
    assert certain[0] <= 0
    assert data.positions.shape == (1, 7, len(data.saliences[0]))


def test_a_rule_on_a_side_issue_is_reported_and_bars_nothing(scenario):
    rule = RedLine(
        id="r", theme="sanctions", direction="plus", min_push=0.3, effect="strongly_oppose", text="x", sources=("s",)
    )
    provision = scenario.provisions[0]
    central, minor = provision.model_copy(update={"weight": 0.6}), provision.model_copy(update={"weight": 0.59})
    assert cap([(central, rule)]) == -1
    assert cap([(minor, rule)]) == 2
    assert cap([]) == 2


def test_a_rule_counts_from_its_first_document_on(scenario):
    india = load_dossier("india")
    early = scenario.model_copy(update={"date": "1950-01-01"})
    assert breaches(india, early) == []
    assert breaches(india, scenario) != []


def test_a_position_that_moved_is_judged_by_the_policy_of_its_day():
    australia = load_dossier("australia")
    moved = next((t, p) for t, p in australia.positions.items() if p.changed)
    theme, position = moved
    first = position.changed[0]
    from datetime import date

    assert position.on(date(1945, 1, 1)) == first.before
    assert position.on(date(2090, 1, 1)) == position.position
    assert theme in australia.positions


def test_a_rivals_build_up_is_not_a_partners(scenario):
    japan = load_dossier("japan")
    provision = scenario.provision("deterrence")
    aus, prk = (near(japan, provision.model_copy(update={"actor": (code,)}), scenario) for code in ("AUS", "PRK"))
    ours = standpoint(japan, "defence_buildup", scenario.day, aus)
    theirs = standpoint(japan, "defence_buildup", scenario.day, prk)
    assert ours > 0 > theirs
    assert theirs == pytest.approx(japan.positions["defence_buildup"].when.rival_acts)


def test_the_coefficients_are_few_and_none_belongs_to_a_country():
    assert set(coefficients().weights) == {"substance", "sponsor", "self_target", "target_affinity"}
    assert list(coefficients().cuts) == sorted(coefficients().cuts)
