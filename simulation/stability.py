"""Whether the answer would stand: under other numbers within their doubt, and with each country in turn away.

Speaking order is not among the doubts: a test shows that no order changes a stance. What a label says is stated once,
here, and used wherever a finding is shown.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulation import stance
from simulation.bargaining.coalitions import majority
from simulation.dossier import Dossier
from simulation.moderation import rng_for
from simulation.scenario import Scenario
from simulation.stance import breaches, cap
from simulation.statement import Recorded
from simulation.uncertainty import Doubts, Draws, VerdictShares, doubts, draw, last_round, ranged, verdict_shares

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


def _settled(known: Doubts, seats: NDArray[np.intp]) -> dict[str, int]:
    """Sides of some seats among themselves, without any doubt: -1, 0 or 1 by code."""
    count = len(known.codes)
    opening, matter = stance.agreement(known.data)[seats], stance.importance(known.data)[seats]
    part = replace(known, standing=known.standing[seats], frozen=known.frozen[seats])
    near = known.affinity[:, :count][np.ix_(seats, seats)]
    now = last_round(part, opening[None], matter[None], near[None])[0]
    score = stance.latent(stance.substance(now, matter), known.data.relations[seats])
    found = np.sign(stance.to_stance(score, known.caps[seats].astype(np.float64)))
    return {known.codes[i]: int(side) for i, side in zip(seats, found, strict=True)}


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
    known, everyone = doubts(scenario, desks), np.arange(len(desks))
    base = _settled(known, everyone)
    drawn = with_error(draw(scenario, desks, n=draws), scenario, desks)
    sides = np.sign(drawn.stances)
    away: dict[str, dict[str, int]] = {}
    if len(desks) > 2:
        away = {d.code: _settled(known, np.delete(everyone, i)) for i, d in enumerate(desks)}
    countries = []
    for i, shares in enumerate(verdict_shares(drawn)):
        code = desks[i].code
        same = float(np.mean(sides[:, i] == base[code]))
        flips = tuple(gone for gone, left in away.items() if gone != code and left[code] != base[code])
        side = ("aside", "support", "oppose")[base[code]]
        found = {
            "code": code,
            "side": side,
            "same": round(same, 4),
            "words": ranged(same),
            "shares": shares,
            "flips_without": flips,
        }
        countries.append(Firmness.model_validate({**found, "label": label(same, len(flips))}))
    verdict = majority(base).passes
    same = float(np.mean(_passes(sides) == verdict))
    turns = tuple(gone for gone, left in away.items() if majority(left).passes != verdict)
    return Stability(
        countries=tuple(countries),
        verdict=verdict,
        same=round(same, 4),
        turns_without=turns,
        label=label(same, len(turns)),
        draws=draws,
    )
