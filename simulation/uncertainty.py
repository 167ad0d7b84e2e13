"""How far the doubt in the numbers reaches: thousands of debates, each with every number drawn anew, all at once.

A dossier says how sure it is of each figure, so a verdict that turns with a small change of a doubtful one should say
so. Every number in doubt is drawn from a triangle around what is written and goes through the functions of `stance` and
`influence` that hold a single debate. A share of draws tells how often a verdict survives that doubt; it is no
calibrated probability: what the ordered logit leaves unexplained is not drawn, nor are the rules, and where a position
slides with who acts, the slide stays as the written affinities have it.

Array shapes: D draws, C countries at the table, P provisions, K themes, J parties (the table's own codes first, then
sponsors and targets without a seat), F = 2 C K + C J + 1 numbers in doubt, B rows of coefficients.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulation import influence, stance
from simulation.dossier import Dossier
from simulation.errors import InputError
from simulation.moderation import rng_for
from simulation.scenario import Scenario
from simulation.statement import Recorded
from simulation.wording import LADDER, likelihood
from simulation.written import load_own

Floats = NDArray[np.float64]
Kind = Literal["positions", "saliences", "relations", "coefficients"]
Verdict = Literal["oppose", "aside", "support"]
POSITION, SALIENCE, RELATION = 0.5, 0.2, 0.15
"""Half the triangle's base: of a position and of a salience at confidence 0, and of every affinity."""
TERMS = ("substance", *stance.RELATIONS)
SPREAD = np.array([0.44, 0.40, 0.50, 0.39, 0.35, 0.26, 0.21, 0.44])
"""Standard errors of the four weights and four cut points: 200 resamples of the 57 cases, November 2026."""
ROWS, NUMBERS = 1000, 2**17
"""Rows drawn where the data file holds none; how many numbers a chunk holds in its largest array, 1 MB."""
STREAM = 1001
"""Where the random numbers of this module begin, beyond those of any round."""


@dataclass(frozen=True)
class Doubts:
    """A debate's numbers, with how far each may lie from what is written."""

    codes: tuple[str, ...]
    data: stance.Inputs
    """As written, without draws."""
    standing: Floats
    affinity: Floats
    """(C, J) as written; `standing` is (C,)."""
    shares: Floats
    """(C, J, 2) what each affinity adds to the terms for the sponsors and for the targets."""
    frozen: NDArray[np.bool_]
    """(C, P) provisions that meet a rule."""
    caps: NDArray[np.int64]
    """(C,) the highest stance the rules leave."""
    low: Floats
    """(F - 1,) the lowest offset of each number from what is written, 0 or less; the last of the F picks a row."""
    high: Floats
    """(F - 1,) the highest, 0 or more."""
    rows: Floats
    """(B, 8) sets of coefficients: the weights in the order of `TERMS`, then the cut points."""
    groups: tuple[tuple[str | None, Kind], ...]
    """(F,) whose number each is, and of which kind; the coefficients are nobody's."""
    rounds: int


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


def published() -> Floats:
    """(8,) the coefficients a debate is judged by, in the order of `Doubts.rows`."""
    model = stance.coefficients()
    return np.array([*(model.weights[name] for name in TERMS), *model.cuts])


@cache
def coefficient_rows() -> Floats:
    """(B, 8) the data file's `fitted.bootstrap`: a row a resample of the cases, four weights as in `TERMS`, four cuts.

    Where it holds none, `ROWS` rows of independent normals around the published numbers, with deviations `SPREAD`.
    """
    written = load_own(stance.coefficients_bytes().decode())["fitted"].get("bootstrap")
    if written is not None:
        return np.array(written, dtype=np.float64)
    return published() + SPREAD * rng_for(0, STREAM).standard_normal((ROWS, SPREAD.size))


def _triangles(desks: Sequence[Dossier], scenario: Scenario, parties: Sequence[str], scale: float) -> Floats:
    """(2, F - 1) lower and upper offsets of positions, saliences and affinities; 0 where the dossier is silent."""
    themes, day = stance.touched(scenario), scenario.day
    found: list[tuple[float, float, float, float]] = []  # the value, how far below, how far above, its least
    held = [d.positions.get(t) for d in desks for t in themes]
    for p in held:
        half = POSITION * (1 - p.confidence) if p else 0.0
        below, above = (p.position - p.range[0], p.range[1] - p.position) if p and p.range else (half, half)
        found.append((p.on(day) if p else 0.0, below, above, -1.0))
    halves = [SALIENCE * (1 - p.confidence) if p else 0.0 for p in held]
    found += [(p.salience if p else 0.0, half, half, 0.0) for p, half in zip(held, halves, strict=True)]
    tied = stance.affinities(desks, parties, day).ravel()
    wide: Floats = np.array([RELATION if c in d.relations and c != d.code else 0.0 for d in desks for c in parties])
    near = np.stack([tied, wide, wide, np.full(wide.shape, -1.0)])
    value, down, up, least = np.hstack([np.array(found).T, near])
    return np.stack([-np.clip(scale * down, 0, value - least), np.clip(scale * up, 0, 1 - value)])


def _shares(desks: Sequence[Dossier], scenario: Scenario, parties: Sequence[str]) -> Floats:
    """(C, J, 2) what each affinity adds to the two terms that `stance.inputs` averages affinities into."""
    proposal = scenario.proposal
    discount = stance.coefficients().unofficial if proposal.speaker and not proposal.speaker.official else 1.0
    found = np.zeros((len(desks), len(parties), 2))
    for row, dossier in zip(found, desks, strict=True):
        for term, codes in enumerate((proposal.sponsors, [c for c in proposal.targets if c != dossier.code])):
            named = [parties.index(c) for c in codes if c != "ALL"]
            for j in named:
                row[j, term] += (discount if term == 0 else 1.0) / len(named)
    return found


def doubts(
    scenario: Scenario,
    desks: Sequence[Dossier],
    rounds: int | None = None,
    scale: float = 1.0,
    rows: Floats | None = None,
) -> Doubts:
    """Collect a debate's numbers and how far each may lie from what is written.

    A position lies within 0.5 x (1 - confidence) of what is written, or as far off as its `range`; a salience within
    0.2 x (1 - confidence); an affinity within 0.15; all inside their scales. `scale` (0 and up) widens all; at 0 only
    the debate as written is left. `rows` (B, 8) replace `coefficient_rows`, and are put in the order of their first
    numbers, which gives a row's place a meaning. Raises `InputError` without a country or a round.
    """
    length = scenario.debate.rounds if rounds is None else rounds
    if not desks or length < 1:
        raise InputError("there is no debate to draw", "name at least one country and one round")
    codes, themes = [d.code for d in desks], stance.touched(scenario)
    named = dict.fromkeys((*scenario.proposal.sponsors, *scenario.proposal.targets))
    parties = codes + [c for c in named if c not in (*codes, "ALL")]
    met = [stance.breaches(d, scenario) for d in desks]
    low, high = _triangles(desks, scenario, parties, scale)
    picked = coefficient_rows() if rows is None else rows
    moved = scale * picked[np.argsort(picked[:, 0], kind="stable")] + (1 - scale) * published()
    kinds: dict[Kind, int] = {"positions": len(themes), "saliences": len(themes), "relations": len(parties)}
    owned = ((c, kind) for kind, size in kinds.items() for c in codes for _ in range(size))
    return Doubts(
        codes=tuple(codes),
        data=stance.inputs(scenario, desks),
        standing=np.array([d.standing for d in desks]),
        affinity=stance.affinities(desks, parties, scenario.day),
        shares=_shares(desks, scenario, parties),
        frozen=np.array([[any(p.id == q.id for q, _ in m) for p in scenario.provisions] for m in met]),
        caps=np.array([stance.cap(m) for m in met], dtype=np.int64),
        low=low,
        high=high,
        rows=np.concatenate([moved[:, :4], np.sort(moved[:, 4:], axis=1)], axis=1),
        groups=(*owned, (None, "coefficients")),
        rounds=length,
    )


def triangular(unit: Floats, low: Floats, high: Floats) -> Floats:
    """(..., F) offsets at the shares `unit` of triangles with their peak at 0: the quantile function.

    `low` (F,) is 0 or less and `high` (F,) 0 or more; where both are 0, so is the offset. Kotz and van Dorp 2004,
    Beyond Beta, ch. 1.
    """
    base = np.where(high - low > 1e-100, high - low, 0.0)  # of a smaller one the root would be inexact
    left = unit < np.divide(-low, base, out=np.zeros_like(base), where=base > 0)
    reach = np.sqrt(np.where(left, unit, 1 - unit) * np.where(left, -low * base, high * base))
    found: Floats = np.where(left, low + reach, high - reach)
    return found


def drawn(known: Doubts, unit: Floats) -> tuple[stance.Inputs, Floats, Floats]:
    """The numbers at `unit` (D, F) from 0 to 1: inputs, affinities (D, C, C) at the table, coefficients (D, 8)."""
    data, (count, size) = known.data, known.affinity.shape
    offsets, live = np.zeros((len(unit), known.low.size)), known.low < known.high
    offsets[:, live] = triangular(unit[:, :-1][:, live], known.low[live], known.high[live])
    own = offsets[:, : -count * size].reshape(len(unit), 2, count, -1)
    near = offsets[:, -count * size :].reshape(len(unit), count, size)
    relations = np.tile(data.relations, (len(unit), 1, 1))
    named = known.shares.any((0, 2))  # few parties sponsor, and few are aimed at
    relations[..., [0, 2]] += (near[..., named, None] * known.shares[:, named]).sum(-2)
    picked = np.minimum(unit[:, -1] * len(known.rows), len(known.rows) - 1).astype(np.int64)
    at = data.positions + own[:, 0, :, None, :]
    positions, saliences = np.clip(at, -1, 1, out=at), data.saliences + own[:, 1]
    moved = stance.Inputs(data.pushes, data.weights, positions, saliences, relations)
    return moved, (known.affinity + near)[..., :count], known.rows[picked]


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
    known = doubts(scenario, desks, rounds, scale, rows)
    source = scenario.debate.seed if seed is None else seed
    rng = source if isinstance(source, np.random.Generator) else rng_for(source, STREAM)
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
