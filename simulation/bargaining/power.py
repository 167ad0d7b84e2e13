"""Who can turn a decision: the classical power indices of weighted voting, and the pivots of one actual decision.

The indices ask over all imaginable line-ups how often a player turns a losing coalition into a winning one; the pivots
ask about the line-up at hand. Numbers are read as the decimals they print as (0.1 is one tenth, not the nearest double)
and put over their common denominator, so that a tie with the quota is a tie: the rest is integers. Up to 62 players
the indices are exact counts; a larger table would need counts of any length, so there the same sums are taken as
chances (Owen 1972), exact but for rounding: ten digits and more.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from simulation.bargaining.coalitions import Rule
from simulation.errors import InputError

Floats = NDArray[np.float64]
FEW = 20
"""Up to as many players every coalition is looked at, where the weights are too fine for the table."""
COUNTED = 62
"""Up to as many players the number of coalitions fits 64 bits."""
WORK = 300_000_000
"""The most table cells to go through before refusing: some seconds."""


def _exact(number: float) -> Fraction:
    """A number as the decimal that it prints as."""
    if isinstance(number, Integral):
        return Fraction(int(number))
    if not math.isfinite(number):
        raise InputError(f"{number} is no weight or quota", "use a finite number")
    return Fraction(repr(float(number)))


def _whole(weights: Sequence[float], quota: float) -> tuple[list[int], int]:
    """The same game in the smallest integers: weights (N,) and the least total that wins."""
    exact, needed = [_exact(w) for w in weights], _exact(quota)
    if any(w < 0 for w in exact):
        raise InputError("a weight is negative", "use weights of 0 and up")
    scale = math.lcm(*(w.denominator for w in exact))
    raised = [int(w * scale) for w in exact]
    unit = math.gcd(*raised) or 1
    return [w // unit for w in raised], math.ceil(needed * scale / unit)


def _by_table(weights: Sequence[int], quota: int) -> list[list[int]]:
    """(N, N) swings by dynamic programming: coalitions counted by size and by total below the quota.

    These are the coefficients of Cantor's generating function (Mann and Shapley 1962). The table is built once for all
    players; each is taken out of it again by the same recursion run backwards.
    """
    n = len(weights)
    table = np.zeros((n + 1, quota), dtype=np.int64 if n < 63 else object)
    table[0, 0] = 1
    for w in weights:
        table[1:, w:] += table[:-1, : max(quota - w, 0)].copy()
    found: dict[int, list[int]] = {}
    for w in set(weights):
        others = table[:n].copy()
        for size in range(1, n):
            others[size, w:] -= others[size - 1, : max(quota - w, 0)].copy()
        found[w] = [int(row.sum()) for row in others[:, max(quota - w, 0) :]]
    return [found[w] for w in weights]


def _by_coalition(weights: Sequence[int], quota: int) -> list[list[int]]:
    """(N, N) swings by looking at each of the 2^N coalitions."""
    n = len(weights)
    totals: NDArray[np.int64] | NDArray[np.object_]
    totals = np.zeros(1, dtype=np.int64 if sum(weights) + quota < 2**62 else object)
    sizes = np.zeros(1, dtype=np.int64)
    for w in weights:
        totals, sizes = np.concatenate([totals, totals + w]), np.concatenate([sizes, sizes + 1])
    found = []
    for i, w in enumerate(weights):
        without, size = totals.reshape(-1, 2, 2**i)[:, 0], sizes.reshape(-1, 2, 2**i)[:, 0]
        turned = size[(without < quota) & (without + w >= quota)]
        found.append([int(c) for c in np.bincount(turned, minlength=n)])
    return found


def swings(weights: Sequence[float], quota: float) -> list[list[int]]:
    """(N, N) how many coalitions of s others player i turns from losing to winning, row i, column s.

    A coalition wins when its weights reach the quota. All rows are 0 where the quota is 0 or less (nobody is needed) or
    above the total (nobody is enough). Done by dynamic programming while N, the quota and the weights over their common
    denominator keep the table small, and coalition by coalition up to 20 players; beyond both raises `InputError`, as
    do negative weights.
    """
    whole, needed = _whole(weights, quota)
    n = len(whole)
    if needed <= 0 or needed > sum(whole):
        return [[0] * n for _ in whole]
    cells = (n + 1) * needed * (n + len(set(whole)))
    if n <= FEW and 2**n * n < cells:
        return _by_coalition(whole, needed)
    if cells > WORK:
        cure = f"round the weights to fewer digits, or keep to {FEW} players"
        raise InputError(f"{n} players with weights this fine are too many to count exactly", cure)
    return _by_table(whole, needed)


def _decisive(weights: Sequence[int], quota: int, chance: Floats) -> Floats:
    """(K, N) how likely each player is decisive where each other one joins with a chance (K,), 1/2 or less.

    The totals below the quota are distributed by adding player after player; each is taken out again by the same
    recursion run backwards, which no error grows in as long as to join is no likelier than to stay away.
    """
    joins, stays = chance[:, None], 1 - chance[:, None]
    table = np.zeros((len(chance), quota))
    table[:, 0] = 1
    for w in weights:
        joined = joins * table[:, : max(quota - w, 0)]
        table *= stays
        table[:, w:] += joined
    found = {0: np.zeros(len(chance))}
    for w in set(weights) - {0}:
        others = table / stays
        for at in range(w, quota, w):
            width = min(w, quota - at)
            others[:, at : at + width] -= joins / stays * others[:, at - w : at - w + width]
        found[w] = others[:, max(quota - w, 0) :].sum(axis=1)
    return np.stack([found[w] for w in weights], axis=1)


@lru_cache(maxsize=4)
def _by_chance(weights: tuple[int, ...], quota: int) -> tuple[Floats, Floats]:
    """(N,) the Shapley-Shubik indices and (N,) the chances of being decisive where everybody tosses a coin.

    Owen 1972: an index is the integral, over the chance x at which each of the others joins, of being decisive. That is
    a polynomial of degree N - 1, so Gauss-Legendre quadrature on N / 2 points gives it exactly; above x = 1/2 the
    players who stay away take the place of those who join.
    """
    points, shares = np.polynomial.legendre.leggauss(2 * math.ceil(len(weights) / 4))
    low = points < 0
    mirrored = sum(weights) - quota + 1
    at = (1 + points[low]) / 2
    chances = _decisive(weights, quota, at) + _decisive(weights, mirrored, at)
    return shares[low] @ chances / 2, _decisive(weights, quota, np.array([0.5]))[0]


def _chanced(weights: Sequence[float], quota: float) -> tuple[Floats, Floats] | None:
    """The indices of a table too large to count, or None where it is counted."""
    if len(weights) <= COUNTED:
        return None
    whole, needed = _whole(weights, quota)
    if needed <= 0 or needed > sum(whole):
        return None
    if len(whole) ** 2 * sum(whole) > 10 * WORK:
        raise InputError(f"{len(whole)} players with weights this fine are too many", "round the weights")
    return _by_chance(tuple(whole), needed)


def shapley_shubik(weights: Sequence[float], quota: float) -> tuple[float, ...]:
    """(N,) the share of all orders of arrival in which each player completes a winning coalition; they sum to 1.

    Shapley and Shubik 1954: phi_i = sum_s s! (N - 1 - s)! / N! times the swings of i among s others. All 0 where
    nobody can turn anything, see `swings`.
    """
    if (chanced := _chanced(weights, quota)) is not None:
        return tuple(chanced[0].tolist())
    n = len(weights)
    orders = [math.factorial(s) * math.factorial(n - 1 - s) for s in range(n)]
    whole = math.factorial(n)
    return tuple(sum(o * c for o, c in zip(orders, row, strict=True)) / whole for row in swings(weights, quota))


def banzhaf(weights: Sequence[float], quota: float, absolute: bool = False) -> tuple[float, ...]:
    """(N,) each player's share of all swings, which sum to 1, or if `absolute` its chance of being decisive.

    Banzhaf 1965, with Penrose 1946 for the absolute measure: the share of the 2^(N-1) coalitions of others that player
    i turns. All 0 where nobody can turn anything, see `swings`.
    """
    if (chanced := _chanced(weights, quota)) is not None:
        return tuple((chanced[1] / (1.0 if absolute else chanced[1].sum())).tolist())
    own = [sum(row) for row in swings(weights, quota)]
    whole = 2 ** (len(own) - 1) if absolute else sum(own)
    return tuple(count / whole if count else 0.0 for count in own)


def pivots(stances: Mapping[str, int], rule: Rule) -> tuple[str, ...]:
    """The codes whose leaving the table would turn the rule's verdict, in the order of the stances.

    Leaving is not changing sides: the rule is put to the others alone. The one country that supports a proposal is
    always a pivot, and nobody is where two countries block it each on its own.
    """
    verdict = rule(stances).passes
    return tuple(code for code, passes in rule.without(stances).items() if passes != verdict)
