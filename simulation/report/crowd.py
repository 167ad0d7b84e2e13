"""What a report says of a table too large to show seat by seat: camps, extremes, top movers, an index.

A reader of two hundred rows reads none. Above `LARGE` seats each table and chart shows groups and the seats that stand
out, and the whole list stands behind a fold or in an annex; nothing is left out of the record.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from simulation.assessment import Effect
from simulation.report.account import SCALE, Account
from simulation.statement import Statement
from simulation.wording import signed, upper

LARGE = 24
"""Tables up to this size are shown seat by seat."""
TOP = 10
"""How many seats a short list holds."""


def large(account: Account) -> bool:
    """Whether the table is too large to be shown seat by seat."""
    return len(account.desks) > LARGE


def most(account: Account) -> int:
    """How many lines of a list stand before the fold."""
    return TOP if large(account) else len(account.record.statements) + len(account.desks) ** 2


@dataclass(frozen=True)
class Camp:
    """The seats of one stance."""

    stance: int
    name: str
    """The stance in words."""
    said: tuple[Statement, ...]
    """Their last statements, warmest first."""
    standing: float
    """Their share of the standing of all who spoke, 0 to 1."""
    means: tuple[float, ...]
    """Mean agreement with each provision, in the scenario's order."""
    labels: tuple[tuple[str, int], ...]
    """How many of them stand how firmly."""


def camps(account: Account) -> list[Camp]:
    """The seats by stance, warmest first; a stance nobody takes is left out."""
    firm = {c.code: c.label for c in account.run.negotiation.stability.countries}
    whole = sum(account.desks[s.code].standing for s in account.final) or 1.0
    found = []
    for stance in sorted(SCALE, reverse=True):
        said = tuple(s for s in account.final if s.stance == stance)
        if not said:
            continue
        positions = np.array([[v.position for v in s.views] for s in said])
        counted = Counter(firm[s.code] for s in said if s.code in firm)
        found.append(
            Camp(
                stance,
                SCALE[stance],
                said,
                sum(account.desks[s.code].standing for s in said) / whole,
                tuple(positions.mean(axis=0).tolist()),
                tuple((label, counted[label]) for label in ("robust", "conditional", "fragile") if counted[label]),
            )
        )
    return found


@dataclass(frozen=True)
class Extreme:
    """Seats that stand out, and why."""

    title: str
    said: tuple[Statement, ...]


def extremes(account: Account) -> list[Extreme]:
    """The warmest seats, those of most standing, the least certain and the coldest; a seat stands once."""
    firm = {c.code: c.same for c in account.run.negotiation.stability.countries}
    by_doubt = sorted(account.final, key=lambda s: (firm.get(s.code, 1.0), s.code))
    by_standing = sorted(account.final, key=lambda s: (-account.desks[s.code].standing, s.code))
    ranked = (
        ("Warmest", account.final, 3),
        ("Weightiest", by_standing, 3),
        ("In doubt", by_doubt, 3),
        ("Coldest", account.final[::-1], 3),
    )
    found, taken = [], set[str]()
    for title, said, most in ranked:
        chosen = tuple([s for s in said if s.code not in taken][:most])
        taken |= {s.code for s in chosen}
        found.append(Extreme(title, chosen))
    return found


@dataclass(frozen=True)
class Move:
    """The longest way a seat went."""

    first: Statement
    last: Statement
    label: str
    """The provision in a few words."""
    before: float
    after: float

    @property
    def text(self) -> str:
        """From where to where, and across which stances."""
        turned = f"; from {SCALE[self.first.stance]} to {SCALE[self.last.stance]}"
        return f"{self.label}, {signed(self.before)} to {signed(self.after)}" + (
            turned if self.first.stance != self.last.stance else ""
        )


def top_movers(account: Account, most: int = TOP) -> list[Move]:
    """The seats that changed their stance, then those that went farthest on any provision; farthest first in each."""
    found = []
    for last in account.final:
        first = account.said[last.code][0]
        view = max(last.views, key=lambda v: abs(v.position - v.opening))
        found.append(Move(first, last, account.labels[view.provision], view.opening, view.position))

    def rank(move: Move) -> tuple[bool, float, str]:
        return move.first.stance == move.last.stance, -abs(move.after - move.before), move.last.code

    return sorted((m for m in found if abs(m.after - m.before) >= 0.005), key=rank)[:most]


def shown(account: Account) -> tuple[Statement, ...]:
    """The seats that a drawing with a line a seat shows: all, or at a large table the top movers, warmest first."""
    if not large(account):
        return account.final
    moved = {m.last.code for m in top_movers(account)}
    return tuple(s for s in account.final if s.code in moved) or account.final[:TOP]


def least_sure(account: Account) -> tuple[Statement, ...]:
    """The seats whose stance the model is least sure of, warmest first: all, or at a large table some."""
    if not large(account):
        return account.final
    doubtful = {s.code for s in sorted(account.final, key=lambda s: (max(s.probabilities), s.code))[: 2 * TOP]}
    return tuple(s for s in account.final if s.code in doubtful)


def listened_to(account: Account) -> list[tuple[str, float]]:
    """The codes whose opening positions weigh most in the others' final ones, with their mean share."""
    total: dict[str, float] = {}
    movers = account.run.negotiation.movers
    for mover in movers:
        for code, share in mover.others:
            total[code] = total.get(code, 0.0) + share
    ranked = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(code, share / max(len(movers) - 1, 1)) for code, share in ranked[:TOP]]


def next_moves(account: Account) -> list[tuple[str, list[str]]]:
    """Each next move with the codes that would make it, the most frequent first."""
    found: dict[str, list[str]] = {}
    for row in account.run.negotiation.next:
        found.setdefault(row.move, []).append(row.code)
    return sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def powerful(account: Account) -> list[str]:
    """The codes with most voting power by standing, most first."""
    ranked = sorted(account.run.negotiation.power, key=lambda p: (-p.shapley_shubik, p.code))
    return [p.code for p in ranked[:TOP]]


def alphabet(account: Account) -> list[tuple[str, list[Statement]]]:
    """The seats that spoke by the first letter of their names, articles apart."""
    found: dict[str, list[tuple[str, Statement]]] = {}
    for said in account.final:
        name = account.names[said.code].removeprefix("the ")
        found.setdefault(upper(name)[:1], []).append((name, said))
    rows = ((letter, sorted(found[letter], key=lambda pair: (pair[0], pair[1].code))) for letter in sorted(found))
    return [(letter, [said for _, said in pairs]) for letter, pairs in rows]


def rising(effect: Effect) -> int:
    """How many seats a change of wording moves up."""
    return sum(after > before for _, before, after in effect.moved)


def between(account: Account, codes: list[str], near: list[list[float]]) -> list[list[float]]:
    """(G, G) mean agreement of the seats of each two groups; within a group, of its pairs.

    `codes` are in the order of the groups and `near` (C, C) is how far each two agree.
    """
    sizes = [len(g.members) for g in account.run.negotiation.coalitions.groups]
    edges, table = np.cumsum([0, *sizes]), np.array(near)
    found = []
    for i, size in enumerate(sizes):
        row = []
        for j in range(len(sizes)):
            block = table[edges[i] : edges[i + 1], edges[j] : edges[j + 1]]
            pairs = size * (size - 1)
            inside = (block.sum() - np.trace(block)) / pairs if pairs else 1.0
            row.append(float(inside if i == j else block.mean()))
        found.append(row)
    assert edges[-1] == len(codes)
    return found
