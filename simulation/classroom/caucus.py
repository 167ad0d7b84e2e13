"""A delegation of several students speaks with one voice: the median of their positions, the stance most of them chose.

The prose is that of the member who stands nearest to the whole, filled up with the others' arguments, answers and
requests, so that nobody's sentence is rewritten. Each member's own paper is kept for the debrief. Of stances chosen
equally often, the one nearest to the median of all goes first, and the more cautious of two.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from simulation.menus import LISTS
from simulation.scenario import STANCES

Draft = Mapping[str, Any]
Fits = Callable[[Draft], bool]
"""Whether the debate would take a draft."""


def _distance(draft: Draft, held: Mapping[str, int], stance: str) -> tuple[int, float]:
    apart = sum(abs(draft["positions"][p]["position_pct"] - at) for p, at in held.items())
    return int(draft["stance"] != stance), apart


def stances(drafts: Sequence[Draft]) -> list[str]:
    """The stances a delegation could take, the one most of its members chose first, then all others by nearness."""
    chosen = Counter(d["stance"] for d in drafts)
    middle = median(STANCES[d["stance"]] for d in drafts)
    return sorted(STANCES, key=lambda s: (-chosen[s], abs(STANCES[s] - middle), abs(STANCES[s])))


def _first(drafts: Sequence[Draft], key: str, same: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
    """Entries of a list, one of each draft in turn, none twice, as many as a draft may hold."""
    found: dict[Any, Any] = {}
    longest = max((len(d.get(key, ())) for d in drafts), default=0)
    for k in range(longest):
        for draft in drafts:
            if k < len(entries := draft.get(key, ())):
                found.setdefault(same(entries[k]), entries[k])
    return list(found.values())[: LISTS[key]]


def _merged(drafts: Sequence[Draft], stance: str) -> Draft:
    provisions = list(drafts[0]["positions"])
    held = {p: round(median(d["positions"][p]["position_pct"] for d in drafts)) for p in provisions}
    ranked = sorted(drafts, key=lambda d: _distance(d, held, stance))
    positions = {}
    for p in provisions:
        nearest = min(ranked, key=lambda d: abs(d["positions"][p]["position_pct"] - held[p]))
        positions[p] = {**nearest["positions"][p], "position_pct": held[p]}
    lead = ranked[0]
    same: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "arguments": lambda a: (a["provision"], a["claim"]),
        "answers": lambda a: a["argument"],
        "asks": lambda a: (a.get("change", ""), a["text"]),
    }
    lists = {name: found for name, key in same.items() if (found := _first(ranked, name, key))}
    return {**lead, "positions": positions, "stance": stance, **lists}


def agreed(drafts: Sequence[Draft], fits: Fits) -> Draft | None:
    """One draft for the drafts of a delegation, in the order its members came; None where none would be taken.

    A stance that contradicts the median positions gives way to the next: no member's draft is bent to fit.
    """
    if len(drafts) == 1 and fits(drafts[0]):
        return drafts[0]
    for stance in stances(drafts):
        if fits(found := _merged(drafts, stance)):
            return found
    return None
