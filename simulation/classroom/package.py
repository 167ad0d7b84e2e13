"""The package of a room: what the delegations' marks come to, and how its vote ends.

Each seat has one mark a provision and one vote, however many share it. A seat of students has what most of its members
chose; one that nobody sits in, or whose members did not mark, has what its dossier would take: the text where it
agrees, else the wording it agrees with most, else none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulation import stance
from simulation.amendments import changes
from simulation.dossier import Dossier
from simulation.scenario import Provision, Scenario
from simulation.stance import OPEN

KEEP, DROP = "keep", "drop"


@dataclass(frozen=True)
class Ballot:
    """One seat's vote on the package."""

    country: str
    vote: str
    """yes, no or abstain."""
    by: str
    """students, or dossier."""


@dataclass(frozen=True)
class Tally:
    """How the seats marked one provision."""

    provision: Provision
    chosen: str
    counts: Mapping[str, int]
    by: Mapping[str, str]
    """Each seat's mark, by country."""

    def wording(self, choice: str) -> str:
        """A choice in words."""
        texts = {o.id: o.text for o in self.provision.options}
        return {KEEP: self.provision.text, DROP: "left out"}.get(choice) or texts[choice]


def most_chosen(marks: Sequence[str]) -> str:
    """What was chosen most often; of equals the one nearest to the text as it stands: keep, a wording, drop."""
    found = Counter(marks)
    return min(found, key=lambda m: (-found[m], m == DROP, m != KEEP, m))


def by_dossier(scenario: Scenario, table: Mapping[str, Dossier]) -> dict[str, dict[str, str]]:
    """What each country's dossier would have of each provision: by country, then provision."""
    desks = list(table.values())
    held, rows = stance.agreement(stance.inputs(scenario, desks)), changes(scenario, desks)
    found: dict[str, dict[str, str]] = {}
    for i, country in enumerate(table):
        mine = {}
        for k, p in enumerate(scenario.provisions):
            options = [c for c in rows[i] if c.provision.id == p.id and c.option and c.agreement > OPEN]
            best = max(options, key=lambda c: c.agreement, default=None)
            kept = held[i, k] > OPEN
            mine[p.id] = KEEP if kept else best.option.id if best is not None and best.option else DROP
        found[country] = mine
    return found


def tallies(
    scenario: Scenario, table: Mapping[str, Dossier], marked: Mapping[str, Sequence[Mapping[str, str]]]
) -> list[Tally]:
    """How the table marked each provision; `marked` are the students' papers by country."""
    dossiers, found = by_dossier(scenario, table), []
    for p in scenario.provisions:
        by = {c: most_chosen([m[p.id] for m in marked[c]]) if marked.get(c) else dossiers[c][p.id] for c in table}
        found.append(Tally(p, most_chosen(list(by.values())), Counter(by.values()), by))
    return found


def reworded(scenario: Scenario, choices: Mapping[str, str]) -> Scenario | None:
    """The scenario as a package has it; None where nothing of it is left."""
    kept = []
    for p in scenario.provisions:
        choice = choices.get(p.id, KEEP)
        option = next((o for o in p.options if o.id == choice), None)
        if option is not None:
            kept.append(p.model_copy(update={"text": option.text, "themes": option.themes, "options": ()}))
        elif choice == KEEP:
            kept.append(p)
    return scenario.model_copy(update={"provisions": tuple(kept)}) if kept else None


def stances(scenario: Scenario, table: Mapping[str, Dossier], choices: Mapping[str, str]) -> dict[str, int]:
    """The stance of each country's dossier on a package, by country; 0 for all where nothing is left."""
    text = reworded(scenario, choices)
    if text is None:
        return dict.fromkeys(table, 0)
    data = stance.inputs(text, list(table.values()))
    score = stance.latent(stance.substance(stance.agreement(data), stance.importance(data)), data.relations)
    caps = np.array([stance.cap(stance.breaches(d, text)) for d in table.values()])
    return dict(zip(table, stance.to_stance(score, caps).tolist(), strict=True))


def ballots(
    scenario: Scenario,
    table: Mapping[str, Dossier],
    choices: Mapping[str, str],
    voted: Mapping[str, Sequence[str]],
) -> list[Ballot]:
    """Each seat's vote: that of most of its students, a tie being an abstention, else that of its dossier."""
    dossiers, found = stances(scenario, table, choices), []
    for country in table:
        own = Counter(voted.get(country, ())).most_common()
        if own:
            tied = len(own) > 1 and own[0][1] == own[1][1]
            found.append(Ballot(country, "abstain" if tied else own[0][0], "students"))
        else:
            at = dossiers[country]
            found.append(Ballot(country, "yes" if at > 0 else "no" if at < 0 else "abstain", "dossier"))
    return found
