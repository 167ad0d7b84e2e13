from pathlib import Path

import numpy as np
import pytest
import yaml

from simulation import backtests
from simulation.fits import TERMS, Sample, cross_validate, estimate
from simulation.stance import coefficients, coefficients_bytes, probabilities

HISTORY = Path(__file__).parent.parent / "scenarios" / "history"


@pytest.fixture(scope="module")
def sample():
    return Sample(backtests.cases([HISTORY])[0])


def test_known_coefficients_are_recovered_from_made_up_reactions():
    rng = np.random.default_rng(3)
    terms = rng.uniform(-1, 1, (6000, 4))
    truth = coefficients()
    score = terms @ np.array([truth.weights[t] for t in TERMS])
    shares = np.cumsum(probabilities(score, truth), axis=1)
    actual = (rng.random((6000, 1)) > shares).sum(axis=1) - 2
    found = estimate(terms, actual)
    for name in TERMS:
        assert found.weights[name] == pytest.approx(truth.weights[name], abs=0.25)
    assert found.cuts == pytest.approx(truth.cuts, abs=0.3)


def test_the_published_coefficients_are_what_the_fit_finds(sample):
    found = estimate(sample.terms, sample.actual)
    assert found.weights == pytest.approx(coefficients().weights, abs=1e-3)
    assert found.cuts == pytest.approx(coefficients().cuts, abs=1e-3)


def test_the_published_figures_are_what_cross_validation_finds(sample):
    written = yaml.safe_load(coefficients_bytes())["fitted"]
    assert written["reactions"] == len(sample.actual)
    assert cross_validate(sample) == pytest.approx(written["cross_validated"], abs=2e-3)


def test_shuffled_reactions_cannot_be_forecast(sample):
    """If cross-validation leaked, even reactions dealt out at random would look forecastable."""
    honest = cross_validate(sample, repeats=2)
    rng = np.random.default_rng(0)
    sample_actual = sample.actual.copy()
    sample.actual = rng.permutation(sample.actual)
    dealt = cross_validate(sample, repeats=2)
    sample.actual = sample_actual
    assert abs(dealt["correlation"]) < 0.25 < honest["correlation"]


def test_the_command_prints_the_data_file(communique):
    said = communique("fit")
    assert said.status == 0
    assert set(yaml.safe_load(said.out)) == {"weights", "cuts", "unofficial", "fitted"}


def test_the_bootstrap_lies_around_the_published_coefficients():
    data = yaml.safe_load(coefficients_bytes())
    rows = np.array(data["fitted"]["bootstrap"])
    published = np.array([*(data["weights"][t] for t in TERMS), *data["cuts"]])
    low, high = np.quantile(rows, [0.01, 0.99], axis=0)
    assert rows.shape == (100, 8)
    assert ((low < published) & (published < high)).all()
    assert (rows.std(axis=0) > 0.05).all()
    assert (np.diff(rows[:, 4:], axis=1) > 0).all()
