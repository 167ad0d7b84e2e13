"""How far each number of a debate may lie from what is written, and the numbers at some point within those bounds.

A dossier says how sure it is of each figure. Every number in doubt has a triangle around what is written; a point is a
share from 0 to 1 for each of them. The rules are not in doubt, and where a position slides with who acts, the slide
stays as the written affinities have it.

Array shapes: D draws, C countries at the table, P provisions, K themes, J parties (the table's own codes first, then
sponsors and targets without a seat), F = 2 C K + C J + 1 numbers in doubt, B rows of coefficients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulation import stance
from simulation.dossier import Dossier
from simulation.errors import InputError
from simulation.moderation import rng_for
from simulation.scenario import Scenario
from simulation.written import load_own

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Kind = Literal["positions", "saliences", "relations", "coefficients"]
POSITION, SALIENCE, RELATION = 0.5, 0.2, 0.15
"""Half the triangle's base: of a position and of a salience at confidence 0, and of every affinity."""
TERMS = ("substance", *stance.RELATIONS)
SPREAD = np.array([0.44, 0.40, 0.50, 0.39, 0.35, 0.26, 0.21, 0.44])
"""Standard errors of the four weights and four cut points: 200 resamples of the 57 cases, November 2026."""
ROWS = 1000
"""Rows drawn where the data file holds none."""
STREAM = 1001
"""Where the random numbers of draws begin, beyond those of any round."""


@dataclass(frozen=True)
class Triangles:
    """Triangles with their peak at 0, whose ends `low` (F,), 0 or less, and `high` (F,), 0 or more, are offsets."""

    low: Floats
    high: Floats

    @cached_property
    def _sides(self) -> tuple[Floats, Floats, Floats]:
        """(F,) the share below the peak, and base times length of the left side and of the right one."""
        base = np.where(self.high - self.low > 1e-100, self.high - self.low, 0.0)  # of less the root would be inexact
        peak = np.divide(-self.low, base, out=np.zeros_like(base), where=base > 0)
        return peak, -self.low * base, self.high * base

    def offsets(self, unit: Floats) -> Floats:
        """(..., F) offsets at the shares `unit` from 0 to 1: the quantile function. Where both ends are 0, so is it.

        Kotz and van Dorp 2004, Beyond Beta, ch. 1.
        """
        peak, left_side, right_side = self._sides
        left = unit < peak
        reach = np.where(left, unit, 1 - unit)
        reach *= np.where(left, left_side, right_side)
        np.sqrt(reach, out=reach)
        found: Floats = np.where(left, self.low + reach, self.high - reach)
        return found


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

    @property
    def first(self) -> int:
        """Where the affinities begin among the F numbers."""
        return int(self.low.size - self.affinity.size)

    @cached_property
    def own(self) -> Places:
        """(L,) which of the numbers are positions and saliences in doubt."""
        return np.flatnonzero((self.low < self.high)[: self.first])

    @cached_property
    def ties(self) -> Places:
        """(T,) which are affinities in doubt."""
        return self.first + np.flatnonzero((self.low < self.high)[self.first :])

    @cached_property
    def of_own(self) -> Triangles:
        """The triangles of those positions and saliences."""
        return Triangles(self.low[self.own], self.high[self.own])

    @cached_property
    def of_ties(self) -> Triangles:
        """The triangles of those affinities."""
        return Triangles(self.low[self.ties], self.high[self.ties])

    @cached_property
    def named(self) -> tuple[Places, Places, Places]:
        """(N,) parties that sponsor or are aimed at; (S,) which of the T are ties to them; (S,) places in (C, N)."""
        parties = np.flatnonzero(self.shares.any((0, 2)))
        country, party = np.divmod(self.ties - self.first, self.affinity.shape[1])
        some = np.flatnonzero(np.isin(party, parties))
        return parties, some, country[some] * parties.size + np.searchsorted(parties, party[some])


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


def _relations(known: Doubts, moved: Floats) -> Floats:
    """(D, C, 3) the relations of `stance.Inputs`, each tie in doubt moved (D, T)."""
    parties, some, at = known.named
    shape = (len(moved), len(known.codes), parties.size)
    flat = np.zeros((len(moved), shape[1] * shape[2]))
    flat[:, at] = moved[:, some]
    found = np.tile(known.data.relations, (len(moved), 1, 1))
    found[..., [0, 2]] += (flat.reshape(shape)[..., None] * known.shares[:, parties]).sum(-2)
    return found


def affinities(known: Doubts, unit: Floats) -> tuple[Floats, Floats]:
    """(D, C, 3) relations and (D, C, C) affinities at the table at `unit` (D, F): what grows with pairs of seats."""
    moved = known.of_ties.offsets(unit[:, known.ties])
    near = np.empty((len(unit), known.affinity.size))
    near[:] = known.affinity.ravel()
    near[:, known.ties - known.first] += moved
    return _relations(known, moved), near.reshape(-1, *known.affinity.shape)[..., : len(known.codes)]


def drawn(known: Doubts, unit: Floats) -> tuple[stance.Inputs, Floats, Floats]:
    """The numbers at `unit` (D, F) from 0 to 1: inputs, affinities (D, C, C) at the table, coefficients (D, 8)."""
    data = known.data
    flat = np.zeros((len(unit), known.first))
    flat[:, known.own] = known.of_own.offsets(unit[:, known.own])
    moved = flat.reshape(len(unit), 2, len(known.codes), -1)
    at = data.positions + moved[:, 0, :, None, :]
    positions, saliences = np.clip(at, -1, 1, out=at), data.saliences + moved[:, 1]
    relations, near = affinities(known, unit)
    picked = np.minimum(unit[:, -1] * len(known.rows), len(known.rows) - 1).astype(np.int64)
    return stance.Inputs(data.pushes, data.weights, positions, saliences, relations), near, known.rows[picked]
