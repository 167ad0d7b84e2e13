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

from simulation import stance
from simulation.dossier import Dossier
from simulation.scenario import Provision, Scenario
from simulation.stance import Floats
from simulation.statement import Recorded

Bools = NDArray[np.bool_]
Small = NDArray[np.int16]
Rule = Callable[[Bools, Bools], Bools]
"""From who supports (C, M) and who opposes (C, M) each package to which packages pass (M,)."""
KEEP, DROP = "keep", "drop"
LIMIT = 4_000_000
"""The most packages that are all scored; the result takes 5 C + 20 bytes a package, the work some 60 more."""


class Package(Recorded):
    """One package and where it leaves the table."""

    choices: dict[str, str]
    """Per provision: keep, the id of an option, or drop."""
    ambition: float
    """Share of the original text's weighted push that is kept, 0 to 1; see `Packages`."""
    breadth: int
    """How many countries support it."""
    standing: float
    """The supporters' share of the table's standing, 0 to 1; see `Packages`."""
    stances: dict[str, int]
    """By the code of the country."""

    @property
    def supporters(self) -> tuple[str, ...]:
        """Codes of those who support it, in the order of the seats."""
        return tuple(code for code, found in self.stances.items() if found >= 1)


class Front(Recorded):
    """What no other package examined beats on ambition and breadth."""

    points: tuple[Package, ...]
    """The most ambitious first, the broadest last."""
    exact: bool
    """True where no package at all, examined or not, would answer better; so too below."""
    note: str
    """What was examined."""


class Cheapest(Recorded):
    """The least change that passes a rule, or that brings a country in, and whom it costs."""

    asked: str
    """The name of the rule, or the code of the country."""
    package: Package | None
    """None where no package examined will do; the original text where that does."""
    lost: tuple[str, ...]
    """Codes of supporters of the original who do not support the package."""
    gained: tuple[str, ...]
    """Codes of the others who support the package and not the original."""
    exact: bool
    note: str


@dataclass(frozen=True)
class Packages:
    """Many packages of one scenario; the first is the original text.

    All are there in mixed-radix order, the last provision turning fastest; or, above the limit, those in `rows`.
    """

    scenario: Scenario
    codes: tuple[str, ...]
    score: NDArray[np.float32]
    """(C, M) latent scores."""
    stances: NDArray[np.int8]
    """(C, M) -2 to 2, decided on the unrounded scores, red lines and legal limits included."""
    ambition: Floats
    """(M,) share of the original text's push kept, 0 to 1: for each theme a provision pushes on, the part of that push
    the chosen wording still makes the same way, never more than all of it; summed with the weights of the provisions.
    Dropping keeps nothing, new themes add nothing; a text that pushes nothing keeps all of it whatever is chosen."""
    breadth: Small
    """(M,) countries at support or above."""
    standing: Floats
    """(M,) their share of the table's standing, each by its square root as in the merge, 0 to 1."""
    edits: Small
    """(M,) provisions reworded, plus twice those dropped: settles ties, so that a rewording goes before a deletion."""
    rows: Small | None
    """(P, M) the choices, where not every package is there."""
    note: str
    """What was examined."""

    def describe(self, index: int) -> Package:
        """A package in words."""
        names = choices(self.scenario)
        digits = np.unravel_index(index, [len(n) for n in names]) if self.rows is None else self.rows[:, index]
        chosen = zip(self.scenario.provisions, names, digits, strict=True)
        return Package(
            choices={provision.id: own[int(digit)] for provision, own, digit in chosen},
            ambition=float(self.ambition[index]),
            breadth=int(self.breadth[index]),
            standing=float(self.standing[index]),
            stances=dict(zip(self.codes, self.stances[:, index].tolist(), strict=True)),
        )


@dataclass(frozen=True)
class _Columns:
    """What every wording of every provision adds to the sums, side by side: (N,) or (C, N)."""

    counts: tuple[int, ...]
    pull: Floats
    total: Floats
    caps: NDArray[np.int8]
    share: Floats

    def split(self, column: np.ndarray) -> list[np.ndarray]:
        """A column in pieces, one a provision."""
        return np.split(column, np.cumsum(self.counts)[:-1])

    def spread(self, ufunc: np.ufunc, column: np.ndarray, rows: Small | None) -> np.ndarray:
        """(M,) the wordings of each package put together: all packages but the empty one, or those in rows."""
        pieces = self.split(column)
        if rows is not None:
            return reduce(ufunc, (piece[digits] for piece, digits in zip(pieces, rows, strict=True)))
        return np.asarray(reduce(lambda left, right: ufunc.outer(left, right).ravel(), pieces)[:-1])


def consensus(support: Bools, oppose: Bools) -> Bools:
    """Nobody opposes and somebody supports; as each rule here, what the rule of that name in `coalitions` says."""
    return np.asarray(support.any(axis=0) & ~oppose.any(axis=0))


def majority(support: Bools, oppose: Bools) -> Bools:
    """More support than oppose; who stays out does not vote."""
    return np.asarray(support.sum(axis=0) > oppose.sum(axis=0))


def two_thirds(support: Bools, oppose: Bools) -> Bools:
    """Somebody supports, and at least twice as many as oppose; who stays out does not vote."""
    return np.asarray(support.any(axis=0) & (support.sum(axis=0) >= 2 * oppose.sum(axis=0)))


def unanimity_of_invited(packages: Packages) -> Rule:
    """The rule that all who are invited support; the whole table, where nobody at it is invited by name or ALL are."""
    invited = packages.scenario.proposal.invited
    named = [i for i, code in enumerate(packages.codes) if code in invited and "ALL" not in invited]

    def unanimity_of_invited(support: Bools, oppose: Bools) -> Bools:
        return np.asarray(support[named or slice(None)].all(axis=0))

    return unanimity_of_invited


def choices(scenario: Scenario) -> tuple[tuple[str, ...], ...]:
    """What may be chosen for each provision: keep, the id of each option, drop."""
    return tuple((KEEP, *(o.id for o in p.options), DROP) for p in scenario.provisions)


def _kept(provision: Provision, themes: Mapping[str, float]) -> float:
    """The part of a provision's weighted push that a wording still makes; see `Packages.ambition`."""
    same = (min(max(themes.get(t, 0.0) * np.sign(push), 0.0), abs(push)) for t, push in provision.themes.items())
    return float(provision.weight * sum(same))


def _columns(scenario: Scenario, data: stance.Inputs, desks: Sequence[Dossier]) -> _Columns:
    """Score every wording on its own, dropping included, as if each were a provision."""
    texts = [(p, t) for p in scenario.provisions for t in (p.themes, *(o.themes for o in p.options), {})]
    counts = tuple(len(p.options) + 2 for p in scenario.provisions)
    at = np.repeat(np.arange(len(counts)), counts)
    pushes = np.array([[themes.get(t, 0.0) for t in stance.touched(scenario)] for _, themes in texts])
    worded = stance.Inputs(pushes, data.weights[at], data.positions[:, at, :], data.saliences, data.relations)
    matter, bars = stance.importance(worded), [stance.rules(d, scenario.day) for d in desks]
    caps = [[stance.cap([(p, rule) for rule in own if stance.meets(t, rule)]) for p, t in texts] for own in bars]
    share, whole = np.array([_kept(*text) for text in texts]), sum(_kept(p, p.themes) for p in scenario.provisions)
    share = share / whole if whole else np.full(len(texts), 1 / len(counts))
    return _Columns(counts, stance.agreement(worded) * matter, matter, np.array(caps, np.int8), share)


def _near(counts: Sequence[int], most: int) -> tuple[int, Small]:
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


def _cheapest(columns: _Columns, country: int, relations: Floats) -> Small:
    """(P, 1) the most ambitious of all packages that the country supports, or (P, 0).

    Support is linear in the choices once the ratio is multiplied out, so this is a knapsack: provision by provision,
    only the partial packages that no other beats on both ambition and gain are carried on (Nemhauser and Ullmann 1969,
    Management Science 15(9), 494-505). Ambition counts in millionths, which bounds how many there can be.
    """
    model = stance.coefficients()
    spare = float(stance.latent(np.zeros(()), relations)) - model.cuts[2]
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
        rows, ambition, worth = np.vstack([rows[:, parent], digit.astype(np.int16)]), more[kept], sums[kept]
    some = (rows < np.array(columns.counts)[:, None] - 1).any(axis=0)
    return rows[:, np.flatnonzero(some & (worth >= (0.0 if spare >= 0 else 1e-9)))[:1]]


def score_packages(scenario: Scenario, desks: Sequence[Dossier], limit: int = LIMIT) -> Packages:
    """Score every package for every country (at least one), or above `limit` packages a neighbourhood of the original.

    The neighbourhood is every package within the most changes whose packages fit a quarter of the limit, and for each
    country the most ambitious package of all that it supports.
    """
    data = stance.inputs(scenario, desks)
    columns, rows = _columns(scenario, data, desks), None
    note = f"Packages examined: all {prod(columns.counts) - 1:,}."
    if prod(columns.counts) - 1 > limit:
        radius, near = _near(columns.counts, max(limit // 4, 1))
        rows = np.hstack([near, *(_cheapest(columns, i, own) for i, own in enumerate(data.relations))])
        note = f"Packages examined: {rows.shape[1]:,} of {prod(columns.counts) - 1:,}, every one with at most "
        note += f"{radius} provisions changed and the least change that brings in each country."
    ambition = np.round(columns.spread(np.add, columns.share, rows), 9)
    edit = np.array([e for n in columns.counts for e in (0, *[1] * (n - 2), 2)], np.int16)
    score, stances = np.empty((len(desks), ambition.size), np.float32), np.empty((len(desks), ambition.size), np.int8)
    standing, weight = np.zeros(ambition.size), np.sqrt([d.standing for d in desks])
    for i, relations in enumerate(data.relations):
        pull, total = (columns.spread(np.add, column[i], rows) for column in (columns.pull, columns.total))
        substances = np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)
        exact = stance.latent(substances, relations)
        score[i], stances[i] = exact, stance.to_stance(exact, columns.spread(np.minimum, columns.caps[i], rows))
        standing += weight[i] / weight.sum() * (stances[i] >= 1)
    codes, edits = tuple(d.code for d in desks), columns.spread(np.add, edit, rows)
    breadth = (stances >= 1).sum(axis=0, dtype=np.int16)
    return Packages(scenario, codes, score, stances, ambition, breadth, np.round(standing, 9), edits, rows, note)


def _least_changed(packages: Packages, among: Bools, breadth: np.ndarray) -> int | None:
    """The most ambitious of some packages; of several the broadest, then the one with the fewest edits, the first."""
    found = np.flatnonzero(among)
    for key in (packages.ambition, breadth, -packages.edits):
        found = found[key[found] == key[found].max()] if found.size else found
    return int(found[0]) if found.size else None


def pareto(packages: Packages, by_standing: bool = False) -> Front:
    """The front of ambition against breadth, one package a point; breadth in countries, or in standing."""
    breadth = packages.standing if by_standing else packages.breadth
    points, best = [], _least_changed(packages, np.ones(breadth.size, dtype=bool), breadth)
    while best is not None:
        points.append(packages.describe(best))
        best = _least_changed(packages, breadth > breadth[best], breadth)
    return Front(points=tuple(points), exact=packages.rows is None, note=packages.note)


def _cheapest_of(packages: Packages, asked: str, among: Bools, exact: bool) -> Cheapest:
    best = _least_changed(packages, among, packages.breadth)
    before, package = packages.describe(0).supporters, None if best is None else packages.describe(best)
    after = before if package is None else package.supporters
    lost, gained = (tuple(c for c in a if c not in b and c != asked) for a, b in ((before, after), (after, before)))
    return Cheapest(asked=asked, package=package, lost=lost, gained=gained, exact=exact, note=packages.note)


def smallest_winning(packages: Packages, rule: Rule) -> Cheapest:
    """The most ambitious package that passes a rule, named after its function, against the original text."""
    passing = rule(packages.stances >= 1, packages.stances <= -1)
    return _cheapest_of(packages, getattr(rule, "__name__", "own rule"), passing, packages.rows is None)


def bring_in(packages: Packages, country: str) -> Cheapest:
    """The most ambitious package that a country (by code) supports, and whom it costs or wins against the original.

    Exact even above the limit, to a millionth of ambition a provision.
    """
    return _cheapest_of(packages, country, packages.stances[packages.codes.index(country)] >= 1, True)
