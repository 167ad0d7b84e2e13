"""Whether the answer would stand: under other numbers within their doubt, and with each country in turn away.

Speaking order is not among the doubts: a test shows that no order changes a stance. What a label says is stated once,
here, and used wherever a finding is shown.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulation import influence, stance
from simulation.dossier import Dossier
from simulation.doubts import Doubts, doubts
from simulation.moderation import rng_for
from simulation.scenario import Scenario
from simulation.stance import breaches, cap
from simulation.statement import Recorded
from simulation.uncertainty import Draws, VerdictShares, draw_within, last_round, ranged, verdict_shares

Floats = NDArray[np.float64]
Label = Literal["robust", "conditional", "fragile"]
DRAWS = 1000
STREAM = 1002
"""Where the random numbers of the model's error begin."""
SIDES = {-1: "oppose", 0: "aside", 1: "support"}


class Firmness(Recorded):
    """How firmly one country stands on its side."""

    code: str
    side: Literal["oppose", "aside", "support"]
    """The side the debate leaves it on."""
    same: float
    """Share of draws that leave it on the same side, 0 to 1."""
    words: str
    """That share in the words of ICD 203, with the range the word stands for."""
    shares: VerdictShares
    flips_without: tuple[str, ...]
    """Codes of countries without which it would stand on another side."""
    label: Label


class Stability(Recorded):
    """How firmly the whole answer stands."""

    countries: tuple[Firmness, ...]
    verdict: bool
    """Whether a majority of those taking sides is in favour."""
    same: float
    """Share of draws with the same verdict, 0 to 1."""
    turns_without: tuple[str, ...]
    """Codes of countries whose absence would turn the verdict."""
    label: Label
    draws: int


def label(same: float, flips: int) -> Label:
    """Robust: nine draws in ten and no absence turns it. Fragile: fewer than two draws in three. Else conditional."""
    if same >= 0.9 and not flips:
        return "robust"
    return "fragile" if same < 2 / 3 else "conditional"


def _passes(sides: np.ndarray) -> np.ndarray:
    """(D,) whether more support than oppose, per draw of sides (D, C)."""
    return np.asarray((sides > 0).sum(axis=-1) > (sides < 0).sum(axis=-1))


def _sides(known: Doubts, now: Floats, matter: Floats) -> NDArray[np.int8]:
    """(..., C) -1, 0 or 1 at positions (..., C, P) and importances (C, P)."""
    score = stance.latent(stance.substance(now, np.broadcast_to(matter, now.shape)), known.data.relations)
    return np.sign(stance.to_stance(score, known.caps.astype(np.float64)))


def _without_each(known: Doubts, opening: Floats, matter: Floats) -> Floats:
    """(A, C, P) positions after the last round where each country in turn is away; its own mean nothing then.

    All absences are held at once: who is away stands at nothing and its weight is taken off everybody's sum.
    """
    raw = influence.raw_weights(known.standing, known.affinity[:, : len(known.codes)])
    left = raw.sum(axis=1) - raw.T
    mixing = np.divide(1, left, out=np.zeros_like(left), where=left > 0)[..., None]
    open_to, here = influence.openness(matter, known.frozen), 1 - np.eye(len(known.codes))[..., None]
    now = np.broadcast_to(opening, (len(known.codes), *opening.shape))
    for _ in range(known.rounds - 1):
        now = open_to * mixing * (raw @ (now * here)) + (1 - open_to) * opening
    return now


def _settled(known: Doubts) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """(C,) the sides without any doubt, and (C, C) those where each country in turn, a row each, is away (itself 0)."""
    opening, matter = stance.opinions(known.data)
    near = known.affinity[:, : len(known.codes)]
    at_table = last_round(known, opening[None], matter[None], near[None])[0]
    away = _sides(known, _without_each(known, opening, matter), matter)
    np.fill_diagonal(away, 0)
    return _sides(known, at_table, matter), away


def with_error(drawn: Draws, scenario: Scenario, desks: Sequence[Dossier]) -> Draws:
    """The draws with the model's own error added to each score: the logistic term of the ordered logit.

    Without it a draw would say only how much the inputs may be off, and not that the model misses.
    """
    noise = rng_for(scenario.debate.seed, STREAM).logistic(size=drawn.scores.shape)
    passed = (drawn.cuts[:, None, :] <= (drawn.scores + noise)[..., None]).sum(-1) - 2
    caps = np.array([cap(breaches(d, scenario)) for d in desks])
    return replace(drawn, stances=np.minimum(passed, caps).astype(np.int8))


def stability(scenario: Scenario, desks: Sequence[Dossier], draws: int = DRAWS) -> Stability:
    """Draw every number within its doubt, and leave each country out in turn where at least two remain."""
    known = doubts(scenario, desks)
    base, away = _settled(known)
    if len(desks) < 3:
        away = np.zeros((0, len(desks)), dtype=np.int8)
    drawn = with_error(draw_within(known, draws, scenario.debate.seed), scenario, desks)
    sides = np.sign(drawn.stances)
    others = np.arange(len(away))[:, None] != np.arange(len(desks))
    flips, codes = (away != base) & others, drawn.codes
    countries = []
    for i, shares in enumerate(verdict_shares(drawn)):
        same = float(np.mean(sides[:, i] == base[i]))
        gone = tuple(codes[a] for a in np.flatnonzero(flips[:, i]))
        found = {
            "code": codes[i],
            "side": SIDES[int(base[i])],
            "same": round(same, 4),
            "words": ranged(same),
            "shares": shares,
            "flips_without": gone,
        }
        countries.append(Firmness.model_validate({**found, "label": label(same, len(gone))}))
    verdict = bool(_passes(base))
    same = float(np.mean(_passes(sides) == verdict))
    turns = tuple(codes[a] for a in np.flatnonzero(_passes(away) != verdict))
    return Stability(
        countries=tuple(countries),
        verdict=verdict,
        same=round(same, 4),
        turns_without=turns,
        label=label(same, len(turns)),
        draws=draws,
    )
