"""The arguments of a debate as trees: under each provision what was said on it, under each argument what answered it.

An argument stands once, under the earliest argument it answers, so that circles of answers become plain trees.
"""

from dataclasses import dataclass, field

from simulation.report.account import Account
from simulation.statement import Argument


@dataclass
class Branch:
    """One argument and the later ones that answer it."""

    argument: Argument
    speaker: str
    """The code of the country."""
    how: str
    """for or against its provision; rebuts or supports, under another argument."""
    effect: float | None
    """On its provision; None where the strengths do not settle."""
    answered: bool
    below: list["Branch"] = field(default_factory=list)


def trees(account: Account) -> dict[str, list[Branch]]:
    """By provision, its arguments with those that answer them, the largest effect first."""
    graph, order = account.graph, list(account.arguments)
    place = {name: k for k, name in enumerate(order)}
    own = {p: dict(top) for p, top in account.effects.items()}
    found: dict[str, list[Branch]] = {p: [] for p in account.labels}
    made: dict[str, Branch] = {}
    for name in order:
        said = account.arguments[name]
        data = graph.nodes[name]
        over = [t for t in graph.successors(name) if t in place and place[t] < place[name]]
        above = min(over, key=place.__getitem__) if over else None
        how = said.side if above is None else "supports" if graph.edges[name, above]["sign"] > 0 else "rebuts"
        effect = own.get(said.provision, {}).get(name)
        made[name] = Branch(said, data["country"], how, effect, data["answers"] > 0)
        if above is not None:
            made[above].below.append(made[name])
        elif said.provision in found:
            found[said.provision].append(made[name])
    for branches in found.values():
        branches.sort(key=lambda b: -abs(b.effect or 0.0))
    return found
