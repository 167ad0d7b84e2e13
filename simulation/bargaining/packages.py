"""Every package of {keep, each option, drop} over the provisions, scored at once for every country.

Substance is a ratio of two sums over the provisions, so both sums of all packages are outer sums of short columns, one
a provision, and nothing is computed twice; a red line is an outer minimum of caps. Shapes: C countries, P provisions,
N wordings of all provisions together, M packages. A package that drops every provision is no proposal and is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from math import prod

import numpy as np
from numpy.typing import NDArray

from simulation.dossier import Dossier
from simulation.scenario import Provision, Scenario
from simulation.stance import (
    Floats,
    Inputs,
    agreement,
    cap,
    coefficients,
    importance,
    inputs,
    latent,
    meets,
    rules,
    to_stance,
    touched,
)
from simulation.statement import Recorded

Bools = NDArray[np.bool_]
Digits = NDArray[np.int16]
KEEP, DROP = "keep", "drop"
LIMIT = 4_000_000
"""The most packages that are all scored; memory is about 5 C + 40 bytes a package."""


class Package(Recorded):
    """One package and where it leaves the table."""

    choices: dict[str, str]
    """Per provision: keep, the id of an option, or drop."""
    ambition: float
    """Share of the original text's weighted push that is kept, 0 to 1."""
    breadth: int
    """How many countries support it."""
    standing: float
    """The supporters' share of the table's standing, each by its square root as in the merge, 0 to 1."""
    stances: dict[str, int]
    """By the code of the country."""

    @property
    def supporters(self) -> tuple[str, ...]:
        """Codes of those who support it, in the order of the seats."""
        return tuple(code for code, stance in self.stances.items() if stance >= 1)


class Found(Recorded):
    """The answer to one question about the packages."""

    exact: bool
    """True where no package at all would answer better."""
    note: str
    """What was examined."""


class Front(Found):
    """What no other package beats on both ambition and breadth."""

    points: tuple[Package, ...]
    """The most ambitious first, the broadest last."""


class Winner(Found):
    """The least change that passes a decision rule."""

    rule: str
    package: Package | None
    """None where no package examined passes."""


class Price(Found):
    """The cheapest change that brings a country in, and whom it costs."""

    country: str
    package: Package | None
    """None where no package examined brings it in; the original text where it supports that."""
    lost: tuple[str, ...] = ()
    """Codes of supporters of the original who do not support the package."""
    gained: tuple[str, ...] = ()
    """Codes of the others who support the package and not the original."""


@dataclass(frozen=True)
class Rule:
    """A decision rule: from (C, M), who of the table counts for a package, to (M,), which packages pass."""

    name: str
    passes: Callable[[Bools], Bools]
    floor: int = 1
    """The lowest stance that counts: 1 where support is asked for, 0 where not opposing is enough."""

    def __call__(self, standing: Bools) -> Bools:
        """(M,) which packages pass."""
        return self.passes(standing)


CONSENSUS = Rule("consensus", lambda counted: counted.all(axis=0), floor=0)
"""Nobody at the table opposes: what the United Nations call consensus, adoption without an objection."""
MAJORITY = Rule("majority", lambda counted: 2 * counted.sum(axis=0) > len(counted))
"""More than half of the table supports it; who stays out counts against it."""
TWO_THIRDS = Rule("two thirds", lambda counted: 3 * counted.sum(axis=0) >= 2 * len(counted))
"""At least two thirds of the table support it; who stays out counts against it."""


@dataclass(frozen=True)
class Packages:
    """Many packages of one scenario; the first is the original text.

    All are there in mixed-radix order (the last provision turns fastest), or, above the limit, a neighbourhood.
    """

    provisions: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    """What may be chosen, per provision."""
    codes: tuple[str, ...]
    """The countries."""
    invited: Bools
    """(C,) who is asked to join by name; everybody where nobody at the table is."""
    score: NDArray[np.float32]
    """(C, M) latent scores."""
    stances: NDArray[np.int8]
    """(C, M) -2 to 2, decided on the unrounded scores, red lines and legal limits included."""
    ambition: Floats
    """(M,) share of the original text's push kept, 0 to 1: for each theme a provision pushes on, the part of that push
    the chosen wording still makes the same way, never more than all of it; summed with the weights of the provisions.
    Dropping keeps nothing, new themes add nothing; a text that pushes nothing keeps all of it whatever is chosen."""
    breadth: NDArray[np.int16]
    """(M,) countries at support or above."""
    standing: Floats
    """(M,) their share of the table's standing, each by its square root as in the merge, 0 to 1."""
    edits: NDArray[np.int16]
    """(M,) provisions reworded, plus twice those dropped: settles ties, so that a rewording goes before a deletion."""
    rows: Digits | None = None
    """(P, M) the choices, where not every package is there."""
    radius: int = 0
    """Then: every package with at most this many provisions changed is there, and each country's cheapest."""

    def choice(self, index: int) -> tuple[int, ...]:
        """The position chosen among `names`, per provision."""
        if self.rows is not None:
            return tuple(int(d) for d in self.rows[:, index])
        return tuple(int(d) for d in np.unravel_index(index, [len(n) for n in self.names]))

    def describe(self, index: int) -> Package:
        """A package in words."""
        chosen = zip(self.provisions, self.names, self.choice(index), strict=True)
        return Package(
            choices={p: names[d] for p, names, d in chosen},
            ambition=float(self.ambition[index]),
            breadth=int(self.breadth[index]),
            standing=float(self.standing[index]),
            stances=dict(zip(self.codes, self.stances[:, index].tolist(), strict=True)),
        )

    @property
    def note(self) -> str:
        """What was examined."""
        total = prod(len(n) for n in self.names) - 1
        if self.rows is None:
            return f"Packages examined: all {total:,}."
        return (
            f"Packages examined: {self.rows.shape[1]:,} of {total:,}, every one with at most {self.radius} "
            "provisions changed and each country's cheapest."
        )


@dataclass(frozen=True)
class _Columns:
    """What every wording of every provision adds to the sums, side by side: (N,) or (C, N)."""

    counts: tuple[int, ...]
    pull: Floats
    total: Floats
    caps: NDArray[np.int8]
    share: Floats
    edits: NDArray[np.int16]
    relations: Floats

    def split(self, column: np.ndarray) -> list[np.ndarray]:
        """A column in pieces, one a provision."""
        return np.split(column, np.cumsum(self.counts)[:-1])

    def spread(self, ufunc: np.ufunc, column: np.ndarray, rows: Digits | None) -> np.ndarray:
        """(M,) the wordings of each package put together: all packages but the empty one, or those in rows."""
        pieces = self.split(column)
        if rows is not None:
            return reduce(ufunc, (piece[digits] for piece, digits in zip(pieces, rows, strict=True)))
        found: np.ndarray = reduce(lambda left, right: ufunc.outer(left, right).ravel(), pieces)[:-1]
        return found


def unanimity(packages: Packages) -> Rule:
    """All who are invited support it; all of the table where nobody at it is invited by name."""
    return Rule("unanimity of the invited", lambda counted: counted[packages.invited].all(axis=0))


def choices(scenario: Scenario) -> tuple[tuple[str, ...], ...]:
    """What may be chosen for each provision: keep, the id of each option, drop."""
    return tuple((KEEP, *(o.id for o in p.options), DROP) for p in scenario.provisions)


def _kept(provision: Provision, themes: Mapping[str, float]) -> float:
    """The part of a provision's weighted push that a wording still makes; see `Packages.ambition`."""
    same = (min(max(themes.get(t, 0.0) * np.sign(push), 0.0), abs(push)) for t, push in provision.themes.items())
    return float(provision.weight * sum(same))


def _columns(scenario: Scenario, desks: Sequence[Dossier]) -> _Columns:
    """Score every wording on its own, dropping included, as if each were a provision."""
    data, day = inputs(scenario, desks), scenario.day
    texts = [(p, t) for p in scenario.provisions for t in (p.themes, *(o.themes for o in p.options), {})]
    counts = tuple(len(p.options) + 2 for p in scenario.provisions)
    at = np.repeat(np.arange(len(counts)), counts)
    pushes = np.array([[themes.get(t, 0.0) for t in touched(scenario)] for _, themes in texts])
    worded = Inputs(pushes, data.weights[at], data.positions[:, at, :], data.saliences, data.relations)
    matter = importance(worded)
    in_force = [rules(d, day) for d in desks]
    share = np.array([_kept(p, themes) for p, themes in texts])
    whole = sum(_kept(p, p.themes) for p in scenario.provisions)
    return _Columns(
        counts=counts,
        pull=agreement(worded) * matter,
        total=matter,
        caps=np.array([[cap([(p, r) for r in bars if meets(t, r)]) for p, t in texts] for bars in in_force], np.int8),
        share=share / whole if whole else np.full(len(texts), 1 / len(counts)),
        edits=np.array([e for n in counts for e in (0, *[1] * (n - 2), 2)], np.int16),
        relations=data.relations,
    )


def _near(counts: Sequence[int], most: int) -> tuple[int, Digits]:
    """The largest number of changes within which there are at most `most` packages, and those packages (P, M)."""
    ways = [1]
    for n in counts:
        ways = [same + (n - 1) * changed for same, changed in zip([*ways, 0], [0, *ways], strict=True)]
    radius = sum(packages <= most for packages in accumulate(ways)) - 1
    rows, changed = np.zeros((0, 1), np.int16), np.zeros(1, np.int16)
    for n in counts:
        digit = np.repeat(np.arange(n, dtype=np.int16), changed.size)
        after = np.tile(changed, n) + (digit > 0)
        near = np.flatnonzero(after <= radius)
        rows, changed = np.vstack([rows[:, near % changed.size], digit[near]]), after[near]
    return radius, rows


def _cheapest(columns: _Columns, country: int) -> Digits:
    """(P, 1) the most ambitious of all packages that the country supports, or (P, 0).

    Support is linear in the choices once the ratio is multiplied out, so this is a knapsack: provision by provision,
    only the partial packages that no other beats on both ambition and gain are carried on (Nemhauser and Ullmann 1969,
    Management Science 15(9), 494-505). Ambition counts in millionths, which bounds how many there can be.
    """
    model, relations = coefficients(), columns.relations[country]
    spare = float(latent(np.zeros(()), relations)) - model.cuts[2]
    gain = model.weights["substance"] * columns.pull[country] + spare * columns.total[country]
    gain[columns.caps[country] < 1] = -np.inf
    ambition, worth, rows = np.zeros(1), np.zeros(1), np.zeros((0, 1), np.int16)
    for share, gains in zip(columns.split(columns.share), columns.split(gain), strict=True):
        more = np.add.outer(np.round(share, 6), ambition).ravel().round(6)
        sums = np.add.outer(gains, worth).ravel()
        order = np.lexsort((-sums, -more))
        best = np.maximum.accumulate(sums[order])
        kept = order[best > np.concatenate([[-np.inf], best[:-1]])]
        digit, parent = np.divmod(kept, ambition.size)
        rows = np.vstack([rows[:, parent], digit.astype(np.int16)])
        ambition, worth = more[kept], sums[kept]
    some = (rows < np.array(columns.counts)[:, None] - 1).any(axis=0)
    return rows[:, np.flatnonzero(some & (worth >= (0.0 if spare >= 0 else 1e-9)))[:1]]


def score_packages(scenario: Scenario, desks: Sequence[Dossier], limit: int = LIMIT) -> Packages:
    """Score every package for every country (at least one), or above `limit` packages a neighbourhood of the original.

    The neighbourhood is every package within the most changes whose packages fit a quarter of the limit, and for each
    country the most ambitious package of all that it supports.
    """
    columns, radius, rows = _columns(scenario, desks), 0, None
    if prod(columns.counts) - 1 > limit:
        radius, rows = _near(columns.counts, limit // 4)
        rows = np.hstack([rows, *(_cheapest(columns, i) for i in range(len(desks)))])
    ambition = np.round(columns.spread(np.add, columns.share, rows), 9)
    score = np.empty((len(desks), ambition.size), np.float32)
    stances, standing = np.empty(score.shape, np.int8), np.zeros(ambition.size)
    weight = np.sqrt([d.standing for d in desks])
    for i, relations in enumerate(columns.relations):
        pull, total = (columns.spread(np.add, column[i], rows) for column in (columns.pull, columns.total))
        substances = np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)
        exact = latent(substances, relations)
        score[i], stances[i] = exact, to_stance(exact, columns.spread(np.minimum, columns.caps[i], rows))
        standing += weight[i] / weight.sum() * (stances[i] >= 1)
    asked = np.array([d.code in scenario.proposal.invited for d in desks])
    return Packages(
        provisions=tuple(p.id for p in scenario.provisions),
        names=choices(scenario),
        codes=tuple(d.code for d in desks),
        invited=asked if asked.any() else ~asked,
        score=score,
        stances=stances,
        ambition=ambition,
        breadth=(stances >= 1).sum(axis=0, dtype=np.int16),
        standing=np.round(standing, 9),
        edits=columns.spread(np.add, columns.edits, rows),
        rows=rows,
        radius=radius,
    )


def _least_changed(packages: Packages, among: Bools, breadth: np.ndarray) -> int | None:
    """The most ambitious of some packages; of several the broadest, then the one with the fewest edits, the first."""
    found = np.flatnonzero(among)
    for key in (packages.ambition, breadth, -packages.edits):
        found = found[key[found] == key[found].max(initial=-np.inf)]
    return int(found[0]) if found.size else None


def pareto(packages: Packages, by_standing: bool = False) -> Front:
    """The front of ambition against breadth, one package a point; breadth in countries, or in standing."""
    breadth = packages.standing if by_standing else packages.breadth
    points, best = [], _least_changed(packages, np.ones(breadth.size, dtype=bool), breadth)
    while best is not None:
        points.append(packages.describe(best))
        best = _least_changed(packages, breadth > breadth[best], breadth)
    return Front(points=tuple(points), exact=packages.rows is None, note=packages.note)


def smallest_winning(packages: Packages, rule: Callable[[Bools], Bools]) -> Winner:
    """The most ambitious package that passes a rule: a `Rule`, or any function of the support (C, M) to (M,)."""
    best = _least_changed(packages, rule(packages.stances >= getattr(rule, "floor", 1)), packages.breadth)
    return Winner(
        rule=getattr(rule, "name", "a rule of one's own"),
        package=None if best is None else packages.describe(best),
        exact=packages.rows is None,
        note=packages.note,
    )


def bring_in(packages: Packages, country: str) -> Price:
    """The most ambitious package that a country (by code) supports, and whom it costs or wins against the original.

    Exact even above the limit, to a millionth of ambition a provision.
    """
    best = _least_changed(packages, packages.stances[packages.codes.index(country)] >= 1, packages.breadth)
    if best is None:
        return Price(country=country, package=None, exact=True, note=packages.note)
    before, after = (packages.describe(index).supporters for index in (0, best))
    return Price(
        country=country,
        package=packages.describe(best),
        lost=tuple(code for code in before if code not in after),
        gained=tuple(code for code in after if code not in before and code != country),
        exact=True,
        note=packages.note,
    )
