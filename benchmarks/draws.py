"""Draws per second: the vectorised debates of `simulation.uncertainty` beside a plain-Python loop of the same formulas.

Both are given the same random numbers and must come to the same stances. Run: python benchmarks/draws.py
"""

import os
import platform
import time
import tracemalloc
from math import sqrt
from statistics import median
from types import SimpleNamespace

import numpy as np

from simulation.catalog import load_scenario, load_table
from simulation.influence import MOST_OPEN
from simulation.moderation import rng_for
from simulation.uncertainty import STREAM, coefficient_rows, doubts, draw

SCENARIO, COUNTRIES, PROVISIONS, ROUNDS = "takaichi_coalition_wide", 12, 12, 5
DRAWS, MANY, FEW, REPEATS, SEED = 10_000, 100_000, 300, 5, 7


def table():
    """The widest scenario, with its options as provisions of their own until there are twelve."""
    scenario = load_scenario(SCENARIO)
    first = scenario.provisions[0]
    more = [first.model_copy(update={"id": o.id, "themes": o.themes}) for p in scenario.provisions for o in p.options]
    provisions = (*scenario.provisions, *more)[:PROVISIONS]
    desks = load_table(scenario)[:COUNTRIES]
    assert (len(desks), len(provisions)) == (COUNTRIES, PROVISIONS)
    return scenario.model_copy(update={"provisions": provisions}), desks


def as_lists(known):
    """The arrays of a debate as lists, which a plain loop reads fastest."""
    arrays = {
        "pushes": known.data.pushes,
        "central": known.data.weights,
        "positions": known.data.positions,
        "saliences": known.data.saliences,
        "relations": known.data.relations,
    }
    arrays |= {
        n: getattr(known, n) for n in ("standing", "affinity", "shares", "frozen", "caps", "low", "high", "rows")
    }
    return SimpleNamespace(**{name: array.tolist() for name, array in arrays.items()}, rounds=known.rounds)


def offset(share, low, high):
    """The quantile function of a triangle with its peak at 0."""
    if high == low:
        return 0.0
    if share < -low / (high - low):
        return low + sqrt(share * -low * (high - low))
    return high - sqrt((1 - share) * high * (high - low))


def opinion(x, c, positions, saliences):
    """Agreement with each provision and its importance, for one country."""
    agrees, matters = [], []
    for p, pushes in enumerate(x.pushes):
        pull = stake = 0.0
        for k, push in enumerate(pushes):
            salience = x.saliences[c][k] + saliences[k]
            pull += salience * push * min(1.0, max(-1.0, x.positions[c][p][k] + positions[k]))
            stake += salience * abs(push)
        agrees.append(pull / stake if stake > 0 else 0.0)
        matters.append(x.central[p] * stake)
    return agrees, matters


def talk(x, opening, matter, near):
    """Positions after the last round."""
    everyone, now = range(len(opening)), opening
    mixing = []
    for c in everyone:
        raw = [sqrt(x.standing[j]) * max(near[c][j], 0.0) for j in everyone]
        mixing.append([r / sum(raw) for r in raw])
    for _ in range(x.rounds - 1):
        after = []
        for c in everyone:
            top, line = max(matter[c]), []
            for p, begun in enumerate(opening[c]):
                least = MOST_OPEN * (1 - 0.8 * (matter[c][p] / top if top > 0 else 0.0))
                open_to = 0.0 if x.frozen[c][p] else least
                line.append(open_to * sum(mixing[c][j] * now[j][p] for j in everyone) + (1 - open_to) * begun)
            after.append(line)
        now = after
    return now


def one_debate(x, unit):
    """The stances of one draw."""
    count, themes, parties = len(x.saliences), len(x.saliences[0]), len(x.affinity[0])
    moved = [offset(*each) for each in zip(unit[:-1], x.low, x.high, strict=True)]
    row = x.rows[min(int(unit[-1] * len(x.rows)), len(x.rows) - 1)]
    opening, matter, near, terms = [], [], [], []
    for c in range(count):
        at, felt, tied = c * themes, (count + c) * themes, 2 * count * themes + c * parties
        agrees, matters = opinion(x, c, moved[at : at + themes], moved[felt : felt + themes])
        opening.append(agrees)
        matter.append(matters)
        slid = moved[tied : tied + parties]
        near.append([x.affinity[c][j] + slid[j] for j in range(count)])
        sponsors, target, targets = x.relations[c]
        sponsors += sum(slid[j] * x.shares[c][j][0] for j in range(parties))
        targets += sum(slid[j] * x.shares[c][j][1] for j in range(parties))
        terms.append((sponsors, target, targets))
    now, found = talk(x, opening, matter, near), []
    for c in range(count):
        total = sum(matter[c])
        whole = sum(a * m for a, m in zip(now[c], matter[c], strict=True)) / total if total > 0 else 0.0
        score = sum(w * term for w, term in zip(row[:4], (whole, *terms[c]), strict=True))
        found.append(min(sum(cut <= score for cut in row[4:]) - 2, x.caps[c]))
    return found


def timed(work):
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def main():
    scenario, desks = table()
    coefficient_rows()  # read once; not part of a draw
    drawn = [timed(lambda: draw(scenario, desks, DRAWS, SEED, ROUNDS)) for _ in range(REPEATS)]
    known = doubts(scenario, desks, ROUNDS)
    units = rng_for(SEED, STREAM).random((FEW, len(known.groups))).tolist()
    lists = as_lists(known)
    plain = [timed(lambda: [one_debate(lists, unit) for unit in units]) for _ in range(REPEATS)]
    assert np.array_equal(np.array(plain[0][1]), drawn[0][1].stances[:FEW]), "the two ways disagree"
    ours, theirs = median(t for t, _ in drawn), median(t for t, _ in plain)
    large, _ = timed(lambda: draw(scenario, desks, MANY, SEED, ROUNDS))
    tracemalloc.start()
    draw(scenario, desks, MANY, SEED, ROUNDS)
    peak = tracemalloc.get_traced_memory()[1] / 2**20

    themes = known.data.positions.shape[-1]
    print(f"{COUNTRIES} countries, {PROVISIONS} provisions, {themes} themes, {ROUNDS} rounds; median of {REPEATS}")
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores\n")
    print(f"{'':24}{'draws':>9}{'seconds':>10}{'draws/s':>10}{'ratio':>8}")
    rows = (("plain Python", FEW, theirs), ("vectorised", DRAWS, ours), ("vectorised, once", MANY, large))
    for name, count, seconds in rows:
        rate, ratio = count / seconds, (count / seconds) / (FEW / theirs)
        print(f"{name:24}{count:>9,}{seconds:>10.3f}{rate:>10,.0f}{ratio:>8.0f}")
    print(f"\nSame stances in the {FEW} draws both held. Memory at its highest, {MANY:,} draws: {peak:.0f} MB.")


if __name__ == "__main__":
    main()
