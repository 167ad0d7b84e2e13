"""The fit: the few global coefficients and cut points, estimated on past proposals by ordered logistic regression.

McCullagh (1980): P(stance <= k) = 1 / (1 + exp(-(cut_k - score))), score linear in the terms. Cross-validation leaves
out whole cases, never single reactions, since countries react to one another. A light ridge keeps the coefficients
finite; the cut points are free. No coefficient belongs to a country.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from simulation.backtests import score
from simulation.catalog import files, load_dossier
from simulation.moderation import rng_for
from simulation.scenario import STANCES, Scenario
from simulation.stance import (
    RELATIONS,
    Coefficients,
    agreement,
    breaches,
    cap,
    coefficients,
    importance,
    inputs,
    probabilities,
    substance,
    to_stance,
)

Floats = NDArray[np.float64]
TERMS = ("substance", *RELATIONS)
RIDGE = 0.5
FOLDS, REPEATS = 5, 20
RESAMPLES = 100


class Sample:
    """The reactions of some cases as arrays: terms (N, 4), stances (N,), caps (N,), and the case of each."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        rows: list[list[float]] = []
        actual, caps, of = [], [], []
        known = files("agents")
        for scenario in scenarios:
            seats = [(n, load_dossier(n)) for n in scenario.history if n in known]
            data = inputs(scenario, [d for _, d in seats])
            whole = substance(agreement(data), importance(data))
            for i, (name, dossier) in enumerate(seats):
                if not scenario.history[name].sponsor:
                    rows.append([float(whole[i]), *map(float, data.relations[i])])
                    actual.append(STANCES[scenario.history[name].stance])
                    caps.append(cap(breaches(dossier, scenario)))
                    of.append(scenario.id)
        self.terms, self.actual, self.caps = np.array(rows), np.array(actual), np.array(caps)
        self.case = np.array(of)


def estimate(terms: Floats, actual: NDArray[np.int64]) -> Coefficients:
    """Maximum penalised likelihood of the ordered logit."""
    from scipy.optimize import minimize

    width = terms.shape[1]

    def unpack(theta: Floats) -> tuple[Floats, Floats]:
        return theta[:width], np.cumsum(np.r_[theta[width], np.exp(theta[width + 1 :])])

    def loss(theta: Floats) -> float:
        weights, cuts = unpack(theta)
        below = 1 / (1 + np.exp(-np.clip(np.r_[-40.0, cuts, 40.0][None, :] - (terms @ weights)[:, None], -40, 40)))
        chosen = np.diff(below, axis=1)[np.arange(len(actual)), actual + 2]
        return float(-np.log(np.clip(chosen, 1e-12, 1)).sum() + 0.5 * RIDGE * weights @ weights)

    found = minimize(loss, np.r_[np.zeros(width), -2.0, 0.0, 0.0, 0.0], method="BFGS").x
    weights, cuts = unpack(found)
    named = {name: round(float(w), 4) for name, w in zip(TERMS, weights, strict=True)}
    first, second, third, fourth = (round(float(c), 4) for c in cuts)
    return Coefficients(named, (first, second, third, fourth), coefficients().unofficial)


def _latent(model: Coefficients, terms: Floats) -> Floats:
    return np.asarray(terms @ np.array([model.weights[name] for name in TERMS]))


def cross_validate(sample: Sample, folds: int = FOLDS, repeats: int = REPEATS) -> dict[str, float]:
    """Figures on cases the model did not see, averaged over repeated partitions of the cases."""
    names = np.unique(sample.case)
    figures: list[dict[str, float]] = []
    for repeat in range(repeats):
        order = rng_for(0, repeat).permutation(names)
        predicted = np.zeros(len(sample.actual), dtype=np.int64)
        centred, logs = np.zeros(len(predicted)), np.zeros(len(predicted))
        for fold in range(folds):
            out = np.isin(sample.case, order[fold::folds])
            model = estimate(sample.terms[~out], sample.actual[~out])
            latent = _latent(model, sample.terms[out])
            predicted[out] = to_stance(latent, sample.caps[out], model)
            centred[out] = latent - float(np.mean(model.cuts))
            chosen = probabilities(latent, model)[np.arange(out.sum()), sample.actual[out] + 2]
            logs[out] = np.log(np.clip(chosen, 1e-6, 1))
        correlation = float(np.corrcoef(centred, sample.actual)[0, 1])
        figures.append({**score(predicted, sample.actual), "correlation": correlation, "log_score": float(logs.mean())})
    return {key: round(float(np.mean([f[key] for f in figures])), 4) for key in figures[0]}


def bootstrap(sample: Sample, resamples: int = RESAMPLES) -> list[list[float]]:
    """(B, 8) coefficients on resampled cases: the weights in the order of `TERMS`, then the cut points.

    Whole cases are drawn, since the reactions to one case are not independent (Efron and Tibshirani 1993, ch. 8).
    """
    names = np.unique(sample.case)
    at = {name: np.flatnonzero(sample.case == name) for name in names}
    rng = rng_for(1)
    rows = []
    for _ in range(resamples):
        index = np.concatenate([at[name] for name in rng.choice(names, len(names))])
        model = estimate(sample.terms[index], sample.actual[index])
        rows.append([*(model.weights[name] for name in TERMS), *model.cuts])
    return rows


def fit(scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """The data file: coefficients, cut points, and how they were found."""
    sample = Sample(scenarios)
    model = estimate(sample.terms, sample.actual)
    text = "".join(s.model_dump_json() for s in sorted(scenarios, key=lambda s: s.id or ""))
    inside = score(to_stance(_latent(model, sample.terms), sample.caps, model), sample.actual)
    return {
        "weights": model.weights,
        "cuts": list(model.cuts),
        "unofficial": model.unofficial,
        "fitted": {
            "date": datetime.now(UTC).date().isoformat(),
            "cases": len(scenarios),
            "reactions": len(sample.actual),
            "cases_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "cross_validated": cross_validate(sample),
            "in_sample": {k: round(v, 4) for k, v in inside.items()},
            "bootstrap": bootstrap(sample),
            "method": f"ordered logit, ridge {RIDGE}, {FOLDS} folds over cases, {REPEATS} repeats",
        },
    }


def as_yaml(found: dict[str, Any]) -> str:
    """The data file as text."""
    head = "# Written by `communique fit --write`. `unofficial` is authored, the rest estimated.\n"
    return head + str(yaml.safe_dump(found, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110))
