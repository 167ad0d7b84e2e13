"""What each country would do next, what to watch, and what the answer rests on.

Read off the typed record by stated rules: the same stance, invitation and rules met always give the same move.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from simulation.amendments import Change, easiest
from simulation.dossier import Dossier
from simulation.scenario import Scenario
from simulation.sources import citable
from simulation.stance import accuracy, in_reach
from simulation.statement import Argument, Recorded, Statement
from simulation.wording import listed, signed

Move = Literal["join", "join on condition", "back from outside", "hedge", "observe", "oppose", "counter-mobilise"]


NEAR = 0.8
"""A text that goes this far toward a rule comes near it."""
TRUSTED = 0.75
"""The accuracy on past proposals below which no assessment is called sure."""


class Next(Recorded):
    """One country's next move."""

    code: str
    move: Move
    why: str
    watch: tuple[str, ...]
    """Signs that the move is about to change."""
    evidence: tuple[str, ...]


class Dissent(Recorded):
    """A country that does not share the table's majority, in its own best words."""

    code: str
    claim: str
    text: str
    argument: str
    """The id of the argument."""
    sources: tuple[str, ...]


class Confidence(Recorded):
    """How far the assessment can be relied on."""

    level: Literal["high", "moderate", "low"]
    why: str
    documented: float
    """Mean confidence of the positions used, weighted by stake, 0 to 1."""
    verified: float
    """Share of the cited documents that somebody has confirmed, 0 to 1."""


def move(said: Statement, scenario: Scenario, row: Sequence[Change], dossier: Dossier) -> tuple[Move, str]:
    """The next move and its reason.

    Support of an invited country is joining, on condition where a part stands below +0.2 or the text comes near a rule;
    of another, backing from outside. Standing aside is hedging where one change of wording would bring it in, else
    observing. Outright opposition is counter-mobilising for a country the proposal is aimed at or whose red line it
    meets, else opposition.
    """
    invited = said.code in scenario.proposal.invited or "ALL" in scenario.proposal.invited
    worst = min(said.views, key=lambda v: v.position if v.importance > 0 else 1.0)
    label = scenario.provision(worst.provision).short
    if said.stance > 0 and not invited and said.code not in scenario.proposal.sponsors:
        return "back from outside", "it supports the text and is not asked to join"
    if said.stance > 0:
        if worst.position < 0.2:
            return "join on condition", f"{label} stands at {signed(worst.position)}"
        near = in_reach(dossier, scenario)
        if near is not None and near[1] >= NEAR * near[0].min_push:
            return (
                "join on condition",
                f"the text goes to {near[1]:.2f} where its own rule begins at {near[0].min_push:.2f}",
            )
        return "join", "every part of the text stands at +0.20 or above, and none comes near a rule of its own"
    change = easiest(row)
    if said.stance == 0 and change is not None and change.stance > 0:
        return "hedge", f"another wording of {change.provision.short} would bring it in"
    if said.stance == 0:
        return "observe", "no single change of wording brings it in"
    aimed = said.code in scenario.proposal.targets or any(b.kind == "red line" for b in said.breaches)
    if said.stance == -2 and aimed:
        return "counter-mobilise", f"{label} stands at {signed(worst.position)} and touches what it calls its core"
    return "oppose", f"{label} stands at {signed(worst.position)}"


def _watch(said: Statement, scenario: Scenario, row: Sequence[Change]) -> tuple[str, ...]:
    """A rewording that would change its mind, a rule that would have to give, and the provision nearest to turning."""
    found = []
    change = easiest(row)
    if change is not None and change.option is not None and said.stance <= 0:
        found.append(f"a draft that reads “{change.option.text.rstrip('.')}”")
    if said.breaches:
        rule = said.breaches[0]
        found.append(f"any relaxing of its {rule.kind} on {scenario.provision(rule.provision).short}")
    matter = [v for v in said.views if v.importance > 0] or list(said.views)
    near = min(matter, key=lambda v: abs(v.position))
    label = scenario.provision(near.provision).short
    found.append(f"its tone on {label}, where it is nearest to neutral ({signed(near.position)})")
    return tuple(found[:2])


def next_moves(
    final: Sequence[Statement],
    scenario: Scenario,
    rows: Mapping[str, Sequence[Change]],
    table: Sequence[Dossier],
) -> tuple[Next, ...]:
    """The next move of each country, in the order of `final`."""
    found = []
    by_code = {d.code: d for d in table}
    for said in final:
        kind, why = move(said, scenario, rows[said.code], by_code[said.code])
        watch = _watch(said, scenario, rows[said.code])
        found.append(Next(code=said.code, move=kind, why=why, watch=watch, evidence=(said.id,)))
    return tuple(found)


def _best(said: Sequence[Statement], side: str) -> Argument | None:
    """The first argument of the opening note on a side: notes lead with the weightiest."""
    kinds = ("argument", "policy", "limit")
    return next((a for s in said for a in s.arguments if a.side == side and a.kind in kinds), None)


def dissents(statements: Sequence[Statement], final: Sequence[Statement]) -> tuple[Dissent, ...]:
    """Those on another side than most, each with the argument it leads with."""
    sides = [np.sign(s.stance) for s in final]
    most = max((1, 0, -1), key=lambda k: sides.count(k))
    found = []
    for said in final:
        if np.sign(said.stance) == most:
            continue
        argument = _best([s for s in statements if s.code == said.code], "for" if said.stance > 0 else "against")
        if argument is not None:
            found.append(
                Dissent(
                    code=said.code,
                    claim=argument.claim,
                    text=argument.text,
                    argument=argument.id,
                    sources=argument.sources,
                )
            )
    return tuple(found)


def assumptions(scenario: Scenario, table: Sequence[Dossier], final: Sequence[Statement]) -> tuple[str, ...]:
    """What the answer takes for granted, and what would follow if it were wrong."""
    newest = max(s.date for d in table for s in d.sources.values() if citable(s, scenario.day))
    found = [f"Policy is what documents out by {scenario.date} say; the newest read is of {newest}."]
    speaker = scenario.proposal.speaker
    if speaker is not None and not speaker.official:
        found.append(f"{speaker.name} does not bind the government; ties with the sponsor count half for that reason.")
    ruled = [s.code for s in final if s.breaches]
    if ruled:
        found.append(f"Red lines and legal limits hold as written; they bind {len(ruled)} of {len(final)} seats here.")
    free = [d.short for d in table if any(s.free and s.code == d.code for s in final)]
    if free:
        found.append(
            f"What {listed(free)} would make of another wording was not asked: packages, prices and draws take the "
            f"dossier's word for it, the table and the merge what was said."
        )
    form = scenario.form
    if form is not None and form.binding < 0.5:
        found.append("The text is taken as voluntary; a treaty would meet the limits of law sooner.")
    found.append("The provisions mean what their codes on the themes say; another coder may differ by a step.")
    return tuple(found)


def confidence(
    scenario: Scenario, table: Sequence[Dossier], statements: Sequence[Statement], firm: float, spoken: float = 1.0
) -> Confidence:
    """High, moderate or low: the product of how documented the positions are and how firm the stances.

    `firm` is the mean probability of each country's own side, 0 to 1, and `spoken` the share of turns that were
    given. Above 0.6 is high, above 0.4 moderate; nothing is
    high while the model tells fewer than three in four past reactions rightly.
    """
    weights, values = [], []
    for dossier in table:
        for provision in scenario.provisions:
            for theme, push in provision.themes.items():
                if theme in dossier.positions:
                    held = dossier.positions[theme]
                    weights.append(provision.weight * abs(push) * held.salience)
                    values.append(held.confidence)
    documented = float(np.average(values, weights=weights)) if sum(weights) > 0 else 0.0
    by_code = {d.code: d for d in table}
    cited = {(s.code, name) for s in statements for a in s.arguments for name in a.sources}
    known = [by_code[code].sources[name].verified for code, name in cited]
    verified = sum(known) / len(known) if known else 0.0
    both = documented * firm * spoken
    told = accuracy()
    sure = both > 0.6 and told >= TRUSTED
    level: Literal["high", "moderate", "low"] = "high" if sure else "moderate" if both > 0.4 else "low"
    why = (
        f"the positions used are documented to {documented:.2f} of 1, {round(100 * verified)} % of the documents cited "
        f"are confirmed to exist, a stance falls on the side given in {round(100 * firm)} % of draws on average, and "
        f"on past proposals left out of the fit the model told {round(100 * told)} % of reactions rightly"
    )
    if spoken < 1:
        why += f"; {round(100 * (1 - spoken))} % of the turns were not spoken, which lowers it further"
    return Confidence(level=level, why=why, documented=round(documented, 4), verified=round(verified, 4))
