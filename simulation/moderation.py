"""Who speaks when, and the merge: computed from the typed stances, never from prose.

The landing zone of a provision is the compromise model's prediction, the mean of the positions weighted by standing
and stake (Achen 2006, ch. 4 in Thomson et al., The European Union Decides), the best of the simple models on EU
decisions. Standing enters by its square root, as in `influence`, so that one giant is not the only voice. The median
and the spread stand beside the mean, with a warning where two poles make any mean misleading.
"""

from collections.abc import Sequence

import numpy as np

from simulation.bargaining import outcomes
from simulation.dossier import Dossier
from simulation.scenario import Scenario
from simulation.stance import OPEN
from simulation.statement import Recorded, Statement
from simulation.themes import codebook

POLE = 0.25
"""Two poles: this share of the weight beyond this distance from zero on either side."""
DEPENDENCE = 0.7
"""Exposure from which a country counts as depending on another."""


class Landing(Recorded):
    """Where one provision lands."""

    provision: str
    zone: float
    """Weighted mean of the final positions of the whole table, -1 to 1."""
    invited: float | None
    """The same over those invited to join; None where nobody in particular is."""
    median: float
    """Weighted median."""
    spread: float
    """Weighted standard deviation."""
    two_poles: bool
    """True where a quarter of the weight stands clearly on each side, so that the mean describes nobody."""
    favour: tuple[str, ...]
    """Codes of those for it, keenest first."""
    undecided: tuple[str, ...]
    against: tuple[str, ...]
    """Codes of those against it, firmest first."""
    held: tuple[str, ...]
    """Codes of those whose position a red line or legal limit holds."""


class Absent(Recorded):
    """A party with interests at stake and no seat."""

    code: str
    why: str


class Merge(Recorded):
    """The positions of the table, put together."""

    landings: tuple[Landing, ...]
    support: tuple[str, ...]
    aside: tuple[str, ...]
    oppose: tuple[str, ...]
    converging: tuple[str, ...]
    """Provisions nobody is against and most are for."""
    contested: tuple[str, ...]
    """Provisions with countries clearly on both sides."""
    absent: tuple[Absent, ...]


def rng_for(seed: int, *key: int) -> np.random.Generator:
    """The random numbers of one purpose: the same seed and key give the same draws."""
    return np.random.default_rng([seed, *key])


def speaking_order(codes: Sequence[str], seed: int, round_number: int) -> tuple[str, ...]:
    """Who speaks when in a round: drawn by the seed, the same on every machine."""
    return tuple(str(c) for c in rng_for(seed, round_number).permutation(np.array(sorted(codes), dtype=object)))


def _landing(provision: str, said: Sequence[Statement], standing: np.ndarray, asked: np.ndarray) -> Landing:
    views = [s.view(provision) for s in said]
    at = np.array([v.position for v in views])
    weight = standing * np.array([v.importance for v in views])
    by_code = sorted(zip([s.code for s in said], at, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return Landing(
        provision=provision,
        zone=round(outcomes.compromise(at, weight), 6),
        invited=round(outcomes.compromise(at[asked], weight[asked]), 6) if asked.any() else None,
        median=round(outcomes.weighted_median(at, weight), 6),
        spread=round(outcomes.spread(at, weight), 6),
        two_poles=outcomes.two_poles(at, weight, distance=POLE, share=POLE),
        favour=tuple(c for c, x in by_code if x > OPEN),
        undecided=tuple(c for c, x in by_code if abs(x) <= OPEN),
        against=tuple(c for c, x in reversed(by_code) if x < -OPEN),
        held=tuple(s.code for s, v in zip(said, views, strict=True) if v.frozen),
    )


def absent(scenario: Scenario, table: Sequence[Dossier]) -> tuple[Absent, ...]:
    """Parties with interests at stake and no seat: invited, targeted, named by a theme, or depended on by most."""
    seated, proposal = {d.code for d in table}, scenario.proposal
    why: dict[str, list[str]] = {}
    for code in proposal.invited:
        why.setdefault(code, []).append("invited")
    for code in proposal.targets:
        why.setdefault(code, []).append("aimed at")
    for theme in {t: None for p in scenario.provisions for t in p.themes}:
        for code in codebook()[theme].concerns:
            why.setdefault(code, []).append(f"the subject of “{codebook()[theme].label}”")
    for code in sorted({c for d in table for c in d.relations}):
        leaning = [d for d in table if code in d.relations and d.relations[code].exposure >= DEPENDENCE]
        if len(leaning) * 2 > len(table):
            why.setdefault(code, []).append(f"{len(leaning)} of {len(table)} seats depend on it heavily")
    outside = [c for c in why if c not in seated and c != "ALL"]
    return tuple(Absent(code=c, why="; ".join(dict.fromkeys(why[c]))) for c in outside)


def merge(scenario: Scenario, table: Sequence[Dossier], said: Sequence[Statement]) -> Merge:
    """Put the final statements together; seats that failed to speak are simply not in `said`."""
    standing = {d.code: d.standing for d in table}
    weight = np.sqrt([standing[s.code] for s in said])
    asked = np.array([s.code in scenario.proposal.invited for s in said])
    landings = tuple(_landing(p.id, said, weight, asked) for p in scenario.provisions) if said else ()
    ranked = sorted(said, key=lambda s: (-s.score, s.code))
    return Merge(
        landings=landings,
        support=tuple(s.code for s in ranked if s.stance > 0),
        aside=tuple(s.code for s in ranked if s.stance == 0),
        oppose=tuple(s.code for s in ranked if s.stance < 0),
        converging=tuple(x.provision for x in landings if not x.against and len(x.favour) * 2 > len(said)),
        contested=tuple(x.provision for x in landings if x.favour and x.against),
        absent=absent(scenario, table),
    )
