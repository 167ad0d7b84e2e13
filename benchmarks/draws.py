"""Draws per second: the vectorised debates of `simulation.uncertainty` beside a plain-Python loop of the same formulas.

Both are given the same random numbers and must come to the same stances. They take turns, and seconds are those of the
processor, so that other work on the machine changes little. The limit is the machine's memory: a draw cannot be faster
than a copy of the numbers it is made from and of what becomes of them, nor, held as arrays, than a copy of the arrays
it goes through. The copy is timed in the same run, on arrays too large for the caches. Run: python benchmarks/draws.py
"""

import time
import tracemalloc
from math import sqrt
from statistics import median
from types import SimpleNamespace

import numpy as np
from table import machine, show, timed

from simulation.catalog import load_scenario, load_table
from simulation.doubts import STREAM, coefficient_rows, doubts
from simulation.influence import MOST_OPEN
from simulation.moderation import rng_for
from simulation.uncertainty import draw

SCENARIO, COUNTRIES, PROVISIONS, ROUNDS = "takaichi_coalition_wide", 12, 12, 5
DRAWS, MANY, FEW, REPEATS, SEED = 10_000, 100_000, 300, 5, 7
COPIED, ASKED, CPU = 2**24, 50, time.process_time


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


def bytes_of(known):
    """Bytes a draw reads and leaves, and those of every array it goes through, at 8 a number.

    Through: the numbers drawn, their offsets, positions, pulls and their sizes, and eight arrays of a number a country
    and provision: pull, stake, agreement, importance, openness and positions in three steps; each is written once.
    """
    count, provisions, themes = known.data.positions.shape
    numbers = len(known.groups)
    least = 8 * (numbers + count + 4) + count
    return least, least + 8 * (numbers + 3 * count * provisions * themes + 8 * count * provisions)


def copied():
    """Bytes a second that a copy moves from one large array to another."""
    source = np.ones(COPIED)
    into = np.empty_like(source)
    np.copyto(into, source)
    return source.nbytes / min(timed(lambda: np.copyto(into, source), CPU)[0] for _ in range(REPEATS))


def in_turns(scenario, desks, known):
    """Seconds of both ways and of a copied byte, each time one after the other, and whether the stances agree."""
    units, lists = rng_for(SEED, STREAM).random((FEW, len(known.groups))).tolist(), as_lists(known)
    plain, drawn, copies = [], [], []
    for _ in range(REPEATS):
        drawn.append(timed(lambda: draw(scenario, desks, DRAWS, SEED, ROUNDS), CPU))
        plain.append(timed(lambda: [one_debate(lists, unit) for unit in units], CPU))
        copies.append(copied())
    assert np.array_equal(np.array(plain[0][1]), drawn[0][1].stances[:FEW]), "the two ways disagree"
    return [s for s, _ in plain], [s for s, _ in drawn], copies


def main():
    scenario, desks = table()
    coefficient_rows()  # read once; not part of a draw
    known = doubts(scenario, desks, ROUNDS)
    plain, drawn, copies = in_turns(scenario, desks, known)
    large, _ = timed(lambda: draw(scenario, desks, MANY, SEED, ROUNDS), CPU)
    tracemalloc.start()
    draw(scenario, desks, MANY, SEED, ROUNDS)
    peak = tracemalloc.get_traced_memory()[1] / 2**20

    themes, speed = known.data.positions.shape[-1], median(copies)
    print(f"{COUNTRIES} countries, {PROVISIONS} provisions, {themes} themes, {ROUNDS} rounds; median of {REPEATS}")
    print(machine("numpy") + "\n")
    base = FEW / median(plain)
    rows = [
        ("plain Python", FEW, base),
        ("vectorised", DRAWS, DRAWS / median(drawn)),
        ("once more", MANY, MANY / large),
    ]
    least, through = bytes_of(known)
    rows += [("limit: a copy of numbers and results", "", speed / least)]
    rows += [("limit: a copy of every array", "", speed / through)]
    show(
        ("draws", "draws/s", "ratio"),
        [(name, f"{n:,}" if n else "", f"{rate:,.0f}", f"{rate / base:.0f}") for name, n, rate in rows],
    )
    ratio = median((DRAWS / fast) / (FEW / slow) for slow, fast in zip(plain, drawn, strict=True))
    print(f"\nAt least {ASKED} times plain Python: {'yes' if ratio >= ASKED else 'no'}, {ratio:.0f} times, in turns.")
    share = rows[1][2] / rows[4][2]
    print(f"A copy moves {speed / 1e9:.1f} GB/s; a draw reads and leaves {least / 1e3:.1f} kB and goes through "
          f"{through / 1e3:.0f} kB: {share:.0%} of what memory allows.")  # fmt: skip
    print(f"Same stances in the {FEW} draws both held. Memory at its highest, {MANY:,} draws: {peak:.0f} MB.")


if __name__ == "__main__":
    main()
