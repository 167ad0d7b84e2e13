"""Who sides with whom, and whether that is enough under a rule of decision.

A rule says whose stances count, by how much and what share of that is needed, so that another rule is another line.
Groups come from the positions, not from the stances: two countries may oppose a proposal for opposite reasons. Nothing
here depends on the order of seats. Shapes: C countries, P provisions; positions are -1 to 1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.statement import Recorded

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
TOGETHER = 0.1
"""Groups no farther apart than this on average are one: a tenth of the widest disagreement there can be."""
APART = 0.4
"""Groups farther than this on average are never one."""
STRUCTURE = 0.25
"""The mean silhouette up to which a division counts as none (Kaufman and Rousseeuw 1990, ch. 2)."""


class Verdict(Recorded):
    """What a rule makes of the stances."""

    rule: str
    passes: bool
    favour: tuple[str, ...]
    """Codes in favour, alphabetically; as the next two."""
    aside: tuple[str, ...]
    against: tuple[str, ...]
    share: float
    """The share in favour of those the rule counts, 0 to 1; under consensus, of those who do not object."""
    needed: float
    """The share the rule asks for."""
    blockers: tuple[str, ...]
    """Codes of those who keep it from passing; none where it passes."""


@dataclass(frozen=True)
class Rule:
    """A rule of decision: it is put to stances, -2 to 2 by code, and says whether those suffice.

    Under every rule a proposal that nobody supports does not pass.
    """

    name: str
    counted: Callable[[Mapping[str, int]], Mapping[str, float]]
    """Whose stances it counts, and with what weight, 0 and up."""
    needed: float
    """The share of that weight it asks for."""
    least: int = 1
    """The lowest stance that counts toward the share."""
    strictly: bool = False
    """Whether the share has to be exceeded."""

    def _enough(self, favour: int, share: float) -> bool:
        """Whether a share suffices, with so many in favour."""
        return favour > 0 and (share > self.needed if self.strictly else share >= self.needed - 1e-12)

    def __call__(self, stances: Mapping[str, int]) -> Verdict:
        """Its verdict on some stances."""
        counted, favour = self.counted(stances), tuple(sorted(c for c, s in stances.items() if s > 0))
        total = sum(counted.values())
        share = sum(w for c, w in counted.items() if stances[c] >= self.least) / total if total > 0 else 0.0
        passes = self._enough(len(favour), share)
        return Verdict(
            rule=self.name,
            passes=passes,
            favour=favour,
            aside=tuple(sorted(c for c, s in stances.items() if s == 0)),
            against=tuple(sorted(c for c, s in stances.items() if s < 0)),
            share=round(share, 6),
            needed=round(self.needed, 6),
            blockers=() if passes else tuple(sorted(c for c in counted if stances[c] < self.least)),
        )

    def without(self, stances: Mapping[str, int]) -> dict[str, bool]:
        """Whether it passes when one country has left the table, by the code of that country.

        Its weight is taken off the sums; only where it alone is counted is the rule put to the others.
        """
        counted, favour = self.counted(stances), sum(s > 0 for s in stances.values())
        total, reached = sum(counted.values()), sum(w for c, w in counted.items() if stances[c] >= self.least)
        found = {}
        for code, stance in stances.items():
            weight = counted.get(code, 0.0)
            rest, yes = total - weight, reached - weight * (stance >= self.least)
            if len(counted) > 1 or not weight:
                found[code] = self._enough(favour - (stance > 0), yes / rest if rest > 0 else 0.0)
            else:
                found[code] = self({c: s for c, s in stances.items() if c != code}).passes
        return found


class Coalition(Recorded):
    """Countries that stand together."""

    members: tuple[str, ...]
    """Alphabetically."""
    cohesion: float
    """Mean agreement between its members, 0 to 1; 1 for a country alone."""
    position: tuple[float, ...]
    """Mean position on each provision."""


class Coalitions(Recorded):
    """How the table divides."""

    groups: tuple[Coalition, ...]
    """Largest first, then by the first member's name."""
    silhouette: float
    """How clear the division is, -1 to 1: 0.5 and more is clear, 0 where there is one group or everyone is alone."""


def _everyone(stances: Mapping[str, int]) -> Mapping[str, float]:
    return dict.fromkeys(stances, 1.0)


def _voting(stances: Mapping[str, int]) -> Mapping[str, float]:
    return {c: 1.0 for c, s in stances.items() if s != 0}


consensus = Rule("consensus", _everyone, 1.0, least=0)
"""Nobody objects: staying out does not block, any opposition does."""
majority = Rule("majority", _voting, 0.5, strictly=True)
"""More in favour than against; those who stay out are not voting (UN General Assembly, rules 85 and 86)."""
two_thirds = Rule("two_thirds", _voting, 2 / 3)
"""At least twice as many in favour as against; those who stay out are not voting (UN Charter, Article 18(2))."""


def unanimity_of_invited(invited: Sequence[str]) -> Rule:
    """The rule that each country invited says yes: there staying out blocks too, and nobody else is asked.

    Those invited who are not among the stances are left out of account. Where none of those seated is invited by name,
    or ALL are, everyone is.
    """
    asked = frozenset(invited)

    def counted(stances: Mapping[str, int]) -> Mapping[str, float]:
        named = [c for c in stances if c in asked] if "ALL" not in asked else []
        return dict.fromkeys(named or stances, 1.0)

    return Rule("unanimity_of_invited", counted, 1.0)


def weighted(standing: Mapping[str, float], quota: float) -> Rule:
    """The rule that those in favour hold a share `quota` (0 to 1) of the standing of the table.

    Staying out counts like a no, as in the Council of the EU (TEU, Article 16(4)). Where nobody seated has any
    standing, nothing passes. Each code among the stances must have a standing, 0 and up.
    """
    return Rule("weighted", lambda stances: {c: standing[c] for c in stances}, quota)


def agreement_matrix(positions: Floats, weights: Floats) -> Floats:
    """(C, C) how far each two countries agree: 1 minus half the weighted mean difference of their positions (C, P).

    `weights` are 0 and up: (P,), the same for all, or (C, P), each country's own, taken as shares of what it cares for
    and averaged over the two. 1 is the same position on everything that matters, 0 opposite ends. A country that cares
    for nothing cares for everything alike; where there is no provision, everyone agrees.
    """
    matter = np.broadcast_to(np.asarray(weights, dtype=np.float64), positions.shape)
    total = matter.sum(axis=1, keepdims=True)
    alike = np.full(positions.shape, 1 / max(positions.shape[1], 1))
    shares = np.divide(matter, total, out=alike, where=total > 0)
    pair = (shares[:, None, :] + shares[None, :, :]) / 2
    found: Floats = 1 - (pair * np.abs(positions[:, None, :] - positions[None, :, :])).sum(axis=2) / 2
    return found


def dendrogram(distance: Floats) -> list[tuple[float, Labels]]:
    """Average linkage (Sokal and Michener 1958) of a distance matrix (C, C), from everyone alone to one group.

    C levels: the mean distance at which the last two groups were joined (0 for the first level), and a label (C,) for
    each. Of groups equally near, those that come first are joined, so the result turns on the order only in ties.
    """
    near, sizes = np.round(np.asarray(distance, dtype=np.float64), 12), np.ones(len(distance))
    np.fill_diagonal(near, np.inf)
    labels = np.arange(len(distance))
    levels = [(0.0, labels.copy())]
    while len(near) > 1:
        a, b = divmod(int(np.argmin(near)), len(near))
        height = float(near[a, b])
        joined = np.round((sizes[a] * near[a] + sizes[b] * near[b]) / (sizes[a] + sizes[b]), 12)
        near[a], near[:, a] = joined, joined
        near[a, a] = np.inf
        near = np.delete(np.delete(near, b, axis=0), b, axis=1)
        sizes[a] += sizes[b]
        sizes = np.delete(sizes, b)
        labels = np.where(labels == b, a, labels)
        labels = np.where(labels > b, labels - 1, labels)
        levels.append((height, labels.copy()))
    return levels


def silhouette(distance: Floats, labels: Labels) -> float:
    """The mean silhouette of a division (C,) over a distance matrix (C, C), -1 to 1 (Rousseeuw 1987).

    (b - a) / max(a, b), a the mean distance to one's own group and b to the nearest other; 0 for a country alone, and
    for all where there is one group.
    """
    if not len(labels) or labels.max() == 0:
        return 0.0
    member = labels[:, None] == np.arange(labels.max() + 1)[None, :]
    sizes, total, own = member.sum(axis=0), distance @ member, np.arange(len(labels))
    inside = total[own, labels] / np.maximum(sizes[labels] - 1, 1)
    outside = np.where(member, np.inf, total / sizes).min(axis=1)
    widest = np.maximum(inside, outside)
    value = np.divide(outside - inside, widest, out=np.zeros_like(widest), where=widest > 0)
    return float(np.where(sizes[labels] > 1, value, 0.0).mean())


def _divide(distance: Floats) -> Labels:
    """(C,) the level of the dendrogram that `coalitions` takes."""
    levels = dendrogram(distance)
    ends = [height for height, _ in levels[1:]] + [np.inf]
    open_to = [labels for (height, labels), end in zip(levels, ends, strict=True) if end > TOGETHER and height <= APART]
    scores = [silhouette(distance, labels) if labels.max() else STRUCTURE for labels in open_to]
    best = max(range(len(open_to)), key=lambda k: (round(scores[k], 9), k))
    return open_to[best]


def coalitions(positions: Floats, importance: Floats, names: Sequence[str]) -> Coalitions:
    """Group the countries by their positions (C, P) and what matters to them (C, P), both in the order of `names`.

    Distance is 1 minus `agreement_matrix`. Of the divisions of the average-linkage dendrogram that keep together what
    is nearer than 0.1 and apart what is farther than 0.4, the one with the highest mean silhouette is taken, the
    coarser of two equal ones. The whole table is one group where it is no farther apart than that and no division
    reaches more than 0.25. So two countries, for which the silhouette says nothing, are one group up to 0.4. The order
    of the seats makes no difference; names are all different. One country is one group; where nobody sits, there is
    none, and where there is no provision everybody stands together.
    """
    if not names:
        return Coalitions(groups=(), silhouette=0.0)
    order = sorted(range(len(names)), key=lambda i: names[i])
    at, matter, codes = positions[order], importance[order], [names[i] for i in order]
    agree = agreement_matrix(at, matter)
    labels = _divide(1 - agree)
    groups = []
    for label in range(int(labels.max()) + 1):
        inside = np.flatnonzero(labels == label)
        pairs = agree[np.ix_(inside, inside)][np.triu_indices(len(inside), 1)]
        groups.append(
            Coalition(
                members=tuple(codes[i] for i in inside),
                cohesion=round(float(pairs.mean()), 6) if len(pairs) else 1.0,
                position=tuple(round(float(x), 6) for x in at[inside].mean(axis=0)),
            )
        )
    ranked = sorted(groups, key=lambda g: (-len(g.members), g.members))
    return Coalitions(groups=tuple(ranked), silhouette=round(silhouette(1 - agree, labels), 6))
