"""What would change the answer: which numbers in doubt move a country's score, or the count of supporters, how far.

A first pass moves groups of numbers by turns (a country's positions, its saliences, its relations; the coefficients)
and drops the groups that hardly move the answer: Morris's elementary effects. A second pass shares the variance out
among the rest: Sobol's indices, over the same triangles that `doubts` gives. Groups rather than single
numbers, since a reader can look into a country's positions, not into six hundred numbers one by one.

Array shapes: N samples, F numbers in doubt, all on the scale from 0 to 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.dossier import Dossier
from simulation.doubts import Doubts, Kind, doubts
from simulation.errors import InputError, unknown
from simulation.moderation import rng_for
from simulation.scenario import Scenario
from simulation.statement import Recorded
from simulation.uncertainty import hold

Floats = NDArray[np.float64]
Model = Callable[[Floats], Floats]
"""(N, F) numbers from 0 to 1 to (N,) answers."""
SUPPORTERS = "supporters"
LEVELS = 8
"""Steps of the grid of the first pass, from the low to the high end of each triangle."""
LEAST = 0.05
"""Groups whose effect is below this share of the largest stay as written in the second pass."""
NOTHING = 1e-9
"""Differences below this are rounding."""
STREAM = 2001
BLOCK = 256


@dataclass(frozen=True)
class Index:
    """A group's part in the variance of an answer."""

    first: float
    """What would be gone if the group alone were known."""
    total: float
    """What would be left if everything else were known."""
    interval: float
    """Half the width of the 95 % interval of the total, by resampling."""


class Driver(Recorded):
    """One group of numbers and what it does to the answer."""

    country: str | None
    """The code of the country it belongs to; None for the coefficients, which all share."""
    kind: Kind
    effect: float
    """Mean absolute elementary effect: how far the answer moves over the width of the group's triangles."""
    total: float | None = None
    """Total-order index; None where the first pass left the group out."""
    interval: float | None = None
    """Half the width of the total's 95 % interval."""
    first: float | None = None
    """First-order index; sampling error can take it a little below 0."""


class Screening(Recorded):
    """What would change an answer."""

    of: str
    """A country's code, or `supporters`."""
    drivers: tuple[Driver, ...]
    """Those with the largest total first, then those left out, by effect; without any total if nothing moves."""
    seed: int
    trajectories: int
    samples: int


def _salib(name: str) -> Any:
    """A module of SALib, which only the extra installs."""
    try:
        return import_module(f"SALib.{name}")
    except ModuleNotFoundError as error:
        raise InputError("the sensitivity screen needs SALib", 'pip install "communique[sensitivity]"') from error


def _problem(groups: Sequence[str]) -> dict[str, Any]:
    """SALib's description of a model over the unit cube."""
    names = [f"x{k}" for k in range(len(groups))]
    return {"num_vars": len(names), "names": names, "groups": list(groups), "bounds": [[0.0, 1.0]] * len(names)}


def effects(model: Model, groups: Sequence[str], trajectories: int, seed: int) -> dict[str, float]:
    """The mean absolute elementary effect of each group, in the order of first mention.

    `groups` (F,) names the group of each number. Morris 1991, eq. 1; for groups Campolongo, Cariboni and Saltelli 2007,
    section 3: all numbers of a group move at once, each its own way. A model that never moves has effects of 0.
    """
    problem, rng = _problem(groups), rng_for(seed, STREAM)
    sample = _salib("sample.morris").sample(problem, trajectories, num_levels=LEVELS, seed=rng)
    analyse = _salib("analyze.morris").analyze
    found = analyse(problem, sample, model(sample), num_levels=LEVELS, num_resamples=2, seed=rng)
    return {str(name): float(value) for name, value in zip(found["names"], found["mu_star"], strict=True)}


def indices(model: Model, groups: Sequence[str], samples: int, seed: int) -> dict[str, Index]:
    """Sobol's indices of each group, in the order of first mention.

    `groups` (F,) names the group of each number; `samples` is a power of two and costs that times the number of groups
    and two. Saltelli et al. 2010, table 2, (b) and (f). A model that never moves has indices of 0; a single group
    explains all there is. Raises `InputError` where `samples` is no power of two.
    """
    if samples < 2 or samples & (samples - 1):
        raise InputError(f"{samples} samples do not fill the sequence evenly", "use a power of two, such as 512")
    names, rng = list(dict.fromkeys(groups)), rng_for(seed, STREAM + 1)
    # SALib takes a lone group for no groups at all, so a group that does nothing keeps it company
    problem = _problem([*groups, ""] if len(names) == 1 else groups)
    sample = _salib("sample.sobol").sample(problem, samples, calc_second_order=False, seed=rng)
    answers = model(sample[:, : len(groups)])
    if np.ptp(answers) <= NOTHING:
        return dict.fromkeys(names, Index(0.0, 0.0, 0.0))
    found = _salib("analyze.sobol").analyze(problem, answers, calc_second_order=False, seed=rng)
    parts = zip(names, found["S1"], found["ST"], found["ST_conf"], strict=False)
    return {name: Index(float(first), float(total), float(interval)) for name, first, total, interval in parts}


def _moving(known: Doubts) -> NDArray[np.int64]:
    """Which of the F numbers are in doubt at all."""
    wide = known.high > known.low
    return np.flatnonzero(np.append(wide, np.ptp(known.rows, axis=0).max() > NOTHING))


def _model(known: Doubts, of: str, at: NDArray[np.int64]) -> Model:
    """The answer as a function of the numbers `at`, all others as written."""
    base = known.high - known.low
    written = np.append(np.divide(-known.low, base, out=np.zeros_like(base), where=base > 0), 0.0)

    def answer(sample: Floats) -> Floats:
        unit = np.tile(written, (len(sample), 1))
        unit[:, at] = sample
        draws = hold(known, (unit[k : k + BLOCK] for k in range(0, len(unit), BLOCK)))
        if of == SUPPORTERS:
            return np.asarray((draws.stances > 0).sum(axis=1), dtype=np.float64)
        return np.asarray(draws.scores[:, known.codes.index(of)] - draws.cuts[:, 2])

    return answer


def _kept(moved: dict[str, float], always: str, most: int) -> list[str]:
    """The groups of the second pass: the `most` that move the answer furthest, and the coefficients."""
    top = max(moved.values(), default=0.0)
    ranked = sorted((n for n in moved if moved[n] > max(NOTHING, LEAST * top)), key=lambda n: (-moved[n], n))
    return [n for n in moved if n in ranked[:most] or n == always] if ranked else []


def _driver(group: tuple[str | None, Kind], effect: float, index: Index | None) -> Driver:
    """A group with what the two passes found, to six digits."""
    country, kind = group
    if index is None:
        return Driver(country=country, kind=kind, effect=round(effect, 6))
    total, interval, first = (round(x, 6) for x in (index.total, index.interval, index.first))
    return Driver(country=country, kind=kind, effect=round(effect, 6), total=total, interval=interval, first=first)


def screen(
    scenario: Scenario,
    desks: Sequence[Dossier],
    of: str = SUPPORTERS,
    seed: int | None = None,
    rounds: int | None = None,
    trajectories: int = 20,
    samples: int = 512,
    most: int = 12,
    scale: float = 1.0,
    rows: Floats | None = None,
) -> Screening:
    """Rank the groups of numbers by how much of the doubt in an answer is theirs.

    The answer is the number of supporters, or a country's score above the cut from neutral to support, which no rule
    caps. Seed and rounds, if left out, are the scenario's; `scale` and `rows` are those of `doubts`. The
    first pass takes `trajectories` (two or more) times the number of groups and one; groups it leaves out stay as
    written in the second, but the coefficients, which are rows of a table, always go on. Numbers that are not in doubt
    belong to no group. Raises `InputError` without SALib, and where `of` has no seat.
    """
    known, start = doubts(scenario, desks, rounds, scale, rows), scenario.debate.seed if seed is None else seed
    if of not in (SUPPORTERS, *known.codes):
        raise unknown("seat", of, (SUPPORTERS, *known.codes))
    if trajectories < 2:
        raise InputError("one trajectory tells nothing of the others", "ask for two or more")
    at = _moving(known)
    names = [f"{kind} {code or 'of all'}" for code, kind in known.groups]
    label = dict(zip(names, known.groups, strict=True))
    groups = [names[k] for k in at]
    moved = effects(_model(known, of, at), groups, trajectories, start) if groups else {}
    kept = _kept(moved, names[-1], most)
    chosen = [k for k, name in enumerate(groups) if name in kept]
    shared = indices(_model(known, of, at[chosen]), [groups[k] for k in chosen], samples, start) if kept else {}
    drivers = [_driver(label[name], effect, shared.get(name)) for name, effect in moved.items()]
    ranked = sorted(drivers, key=lambda d: (d.total is None, -(d.total or 0.0), -d.effect, d.country or "", d.kind))
    return Screening(of=of, drivers=tuple(ranked), seed=start, trajectories=trajectories, samples=samples)
