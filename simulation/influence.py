"""Who moves whom over the rounds: Friedkin and Johnsen (1990), one system per provision.

y(t+1) = L W y(t) + (I - L) y(0), with W row-stochastic (C, C) and L diagonal (C,) the openness of each country: 0 holds
its opening position for ever, 1 keeps none of it. The closed form V = (I - L W)^-1 (I - L) gives each country's final
position as a mixture of everybody's opening positions, and so tells exactly who moved whom.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_OPEN = 0.5


def raw_weights(standing: Floats, affinity: Floats) -> Floats:
    """(C, C) how much country i listens to j before the shares are made: what `weights` says, without its division."""
    raw: Floats = np.maximum(affinity, 0.0)
    raw *= np.sqrt(standing)
    return raw


def weights(standing: Floats, affinity: Floats) -> Floats:
    """(C, C) row-stochastic W: country i listens to j by j's standing times i's affinity to j, where that is positive.

    `standing` (C,) are shares of capability; `affinity` (C, C) is -1 to 1 with 1 on the diagonal. The square root of
    standing keeps one giant from being the only voice.
    """
    raw = raw_weights(standing, affinity)
    raw /= raw.sum(axis=1, keepdims=True)
    return raw


def openness(matter: Floats, frozen: NDArray[np.bool_]) -> Floats:
    """(C, P) how far a country may be moved on a provision: less the more it matters to it, not at all on a red line.

    `matter` (C, P) is importance per provision, 0 and up; `frozen` (C, P) marks provisions that meet a red line.
    """
    top = matter.max(axis=1, keepdims=True)
    share = np.divide(matter, top, out=np.zeros_like(matter), where=top > 0)
    found: Floats = np.where(frozen, 0.0, MOST_OPEN * (1 - 0.8 * share))
    return found


def heard(mixing: Floats, spoke: NDArray[np.bool_]) -> Floats:
    """(C, C) W over those who spoke: nobody listens to a seat that said nothing, which itself listens to the rest.

    Each row keeps its own country and is made to sum to 1 again.
    """
    kept = mixing * (spoke[None, :] | np.eye(len(spoke), dtype=bool))
    shares: Floats = kept / kept.sum(axis=1, keepdims=True)
    return shares


def step(now: Floats, opening: Floats, mixing: Floats, open_to: Floats) -> Floats:
    """(C, P) positions after one more round, from those `now` and at the `opening`."""
    after: Floats = open_to * (mixing @ now) + (1 - open_to) * opening
    return after


def path(opening: Floats, mixing: Floats, open_to: Floats, rounds: int) -> Floats:
    """(R, C, P) positions in each round; the first is the opening."""
    steps = [opening]
    for _ in range(rounds - 1):
        steps.append(step(steps[-1], opening, mixing, open_to))
    return np.stack(steps)


def closed_form(mixing: Floats, open_to: Floats) -> Floats:
    """(C, C) V for one provision: row i says how much of each opening position ends up in country i's final one.

    `open_to` (C,) is one column of `openness`, each below 1, so that I - L W is never singular: its diagonal dominates
    its rows. Countries that are all alike, or to which nothing matters, keep mixtures of equal positions. Rows sum to
    1. Friedkin and Johnsen 1990, eq. 5, in the notation above.
    """
    kept = np.diag(open_to)
    same = np.eye(len(open_to))
    return np.asarray(np.linalg.solve(same - kept @ mixing, same - kept), dtype=np.float64)
