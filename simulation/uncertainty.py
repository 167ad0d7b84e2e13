"""How far the doubt in the numbers reaches: thousands of debates, each with every number drawn anew, all at once.

A dossier says how sure it is of each figure, so a verdict that turns with a small change of a doubtful one should say
so. Every number in doubt is drawn within its `doubts` and goes through the functions of `stance` and `influence` that
hold a single debate. A share of draws tells how often a verdict survives that doubt; it is no calibrated probability:
what the ordered logit leaves unexplained is not drawn. Array shapes are those of `doubts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulation import influence, stance
from simulation.dossier import Dossier
from simulation.doubts import STREAM, TERMS, Doubts, Floats, doubts, drawn
from simulation.errors import InputError
from simulation.moderation import rng_for
from simulation.scenario import Scenario
from simulation.statement import Recorded
from simulation.wording import LADDER, likelihood

Verdict = Literal["oppose", "aside", "support"]
NUMBERS = 2**17
"""How many numbers a chunk holds in its largest array of a provision's, 1 MB."""


@dataclass(frozen=True)
class Draws:
    """What became of each draw."""

    codes: tuple[str, ...]
    scores: Floats
    """(D, C) latent scores after the last round."""
    cuts: Floats
    """(D, 4) the cut points each draw was judged by."""
    stances: NDArray[np.int8]
    """(D, C) from -2 to 2, no higher than the rules leave."""


class StanceShares(Recorded):
    """How often a country ends at each stance."""

    code: str
    shares: tuple[float, float, float, float, float]
    """From strongly oppose to strongly support; they sum to 1."""


class VerdictShares(Recorded):
    """How often a country opposes, stays aside or supports."""

    code: str
    oppose: float
    aside: float
    support: float
    verdict: Verdict
    """The most frequent of the three; between equals, the lower."""
    words: str
    """How likely that verdict is on the ladder of ICD 203: likely (55 to 80 %)."""


def last_round(known: Doubts, opening: Floats, matter: Floats, near: Floats) -> Floats:
    """(D, C, P) positions after the last round; where `influence` takes countries, it is given those of every draw."""
    now, flat, frozen = opening, (-1, opening.shape[-1]), np.broadcast_to(known.frozen, opening.shape)
    open_to = influence.openness(matter.reshape(flat), frozen.reshape(flat)).reshape(opening.shape)
    mixing = influence.weights(known.standing, near.reshape(-1, near.shape[-1])).reshape(near.shape)
    for _ in range(known.rounds - 1):
        now = influence.step(now, opening, mixing, open_to)
    return now


def hold(known: Doubts, units: Iterable[Floats]) -> Draws:
    """Hold the debate at every row of some chunks (D, F) of numbers from 0 to 1; each chunk goes through at once."""
    found = []
    for unit in units:
        data, near, rows = drawn(known, unit)
        opening, matter = stance.opinions(data)
        whole = stance.substance(last_round(known, opening, matter, near), matter)
        model: dict[str, Any] = {name: rows[:, k, None] for k, name in enumerate(TERMS)}
        score = stance.latent(whole, data.relations, stance.Coefficients(model, (0, 0, 0, 0), 1))
        passed = sum((rows[:, 4 + k, None] <= score).astype(np.int8) for k in range(4)) - 2
        found.append((score, rows[:, 4:], np.minimum(passed, known.caps).astype(np.int8)))
    return Draws(known.codes, *(np.concatenate(part) for part in zip(*found, strict=True)))


def draw(
    scenario: Scenario,
    desks: Sequence[Dossier],
    n: int = 10_000,
    seed: int | np.random.Generator | None = None,
    rounds: int | None = None,
    scale: float = 1.0,
    rows: Floats | None = None,
    chunk: int | None = None,
) -> Draws:
    """Hold the debate `n` times with every number in doubt drawn anew.

    Seed and rounds, if left out, are the scenario's; `scale` and `rows` are those of `doubts`. A seed gives the same
    draws whatever the `chunk`, and the first of many draws are the few. Raises `InputError` for less than one draw.
    """
    if n < 1:
        raise InputError("there is nothing to draw", "ask for at least one draw")
    source = scenario.debate.seed if seed is None else seed
    return draw_within(doubts(scenario, desks, rounds, scale, rows), n, source, chunk)


def draw_within(known: Doubts, n: int, seed: int | np.random.Generator, chunk: int | None = None) -> Draws:
    """What `draw` says, of numbers whose doubts are known."""
    rng = seed if isinstance(seed, np.random.Generator) else rng_for(seed, STREAM)
    size = chunk or max(1, NUMBERS // known.data.positions.size)
    return hold(known, (rng.random((min(size, n - done), len(known.groups))) for done in range(0, n, size)))


def shares(draws: Draws) -> tuple[StanceShares, ...]:
    """How often each country ends at each stance, in seat order."""
    counted = np.mean(draws.stances[..., None] == np.arange(-2, 3), axis=0)
    return tuple(StanceShares(code=c, shares=tuple(row)) for c, row in zip(draws.codes, counted.tolist(), strict=True))


def verdict_shares(draws: Draws) -> tuple[VerdictShares, ...]:
    """How often each country opposes, stays aside or supports, and its likeliest verdict in words, in seat order."""
    names: tuple[Verdict, ...] = ("oppose", "aside", "support")
    counted = np.mean(np.sign(draws.stances)[..., None] == np.arange(-1, 2), axis=0).tolist()
    found = []
    for code, (a, b, c) in zip(draws.codes, counted, strict=True):
        name, most = names[int(np.argmax((a, b, c)))], ranged(max(a, b, c))
        found.append(VerdictShares(code=code, oppose=a, aside=b, support=c, verdict=name, words=most))
    return tuple(found)


def ranged(probability: float) -> str:
    """A probability as a word of ICD 203 and the range the word stands for: likely (55 to 80 %).

    The ends of the directive's ladder are 1 and 99 %, since no estimate is certain; 0 and 1 take the outermost words.
    """
    word = likelihood(probability)
    at = [name for _, name in LADDER].index(word)
    least, most = LADDER[at - 1][0] if at else 0.0, LADDER[at][0]
    return f"{word} ({max(1, round(100 * least))} to {min(99, round(100 * most))} %)"
