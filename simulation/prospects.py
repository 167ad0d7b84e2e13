"""The findings on what could come of it: groups, rules, packages, prices, next moves.

Read off the negotiation; each sentence about a country names the statement it rests on.
"""

from collections.abc import Sequence

from simulation.bargaining.packages import Cheapest, Package
from simulation.dossier import Dossier
from simulation.findings import Desk, Finding
from simulation.negotiation import Decision, Negotiation
from simulation.stance import in_reach
from simulation.statement import Statement
from simulation.wording import listed, upper

RULES = {
    "consensus": "By consensus",
    "unanimity_of_invited": "By agreement of all invited",
    "majority": "By majority",
    "two_thirds": "By two thirds",
    "weighted": "By half of the standing at the table",
}


def wording(desk: Desk, package: Package) -> list[str]:
    """What a package says where it differs from the text, provision by provision."""
    parts = []
    for provision in desk.scenario.provisions:
        chosen = package.choices[provision.id]
        if chosen == "drop":
            parts.append(f"{provision.short} is left out")
        elif chosen != "keep":
            option = next(o for o in provision.options if o.id == chosen)
            parts.append(f"{provision.short} reads “{option.text.rstrip('.')}”")
    return parts


def groups(desk: Desk, found: Negotiation) -> Finding:
    """Who stands with whom."""
    together = [g.members for g in found.coalitions.groups if len(g.members) > 1]
    alone = [g.members[0] for g in found.coalitions.groups if len(g.members) == 1]
    parts = [f"{desk.who(members)} stand together" for members in together]
    if alone:
        parts.append(f"{desk.who(alone)} {'stands' if len(alone) == 1 else 'stand'} alone")
    everybody = [c for members in together for c in members] + alone
    return Finding(text=f"{upper('; '.join(parts))}.", evidence=desk.ids(everybody))


def decision(desk: Desk, made: Decision) -> Finding:
    """What one rule makes of it, who blocks, and whose leaving would turn it."""
    verdict = made.verdict
    text = f"{RULES[verdict.rule]} the {desk.scenario.proposal.noun} {'passes' if verdict.passes else 'fails'}"
    if verdict.blockers:
        text += f": {desk.who(verdict.blockers)} {'blocks' if len(verdict.blockers) == 1 else 'block'} it"
    if made.pivots:
        each = {1: "without {}", 2: "with either of {} away"}.get(len(made.pivots), "with any one of {} away")
        text += f"; {each.format(desk.who(made.pivots))} it would {'fail' if verdict.passes else 'pass'}"
    ids = dict.fromkeys([*verdict.favour, *verdict.blockers, *made.pivots])
    return Finding(text=f"{text}.", evidence=desk.ids(list(ids)) or desk.ids(list(desk.said)))


def price(desk: Desk, cheapest: Cheapest) -> Finding:
    """What brings one country in, and whom it costs."""
    name = desk.names[cheapest.asked]
    if cheapest.package is None:
        return Finding(text=f"No version of the text brings {name} in.", evidence=desk.ids([cheapest.asked]))
    changed = wording(desk, cheapest.package)
    kept = round(100 * cheapest.package.ambition)
    text = f"{upper(name)} comes in where {listed(changed)}; that keeps {kept} % of the text's push"
    if cheapest.lost:
        text += f" and costs {desk.who(cheapest.lost)}"
    if cheapest.gained:
        text += f"{'; it also gains' if cheapest.lost else ' and also gains'} {desk.who(cheapest.gained)}"
    if not cheapest.lost and not cheapest.gained:
        text += " and costs nobody"
    return Finding(text=f"{text}.", evidence=desk.ids([cheapest.asked, *cheapest.lost, *cheapest.gained]))


def broadest(desk: Desk, found: Negotiation) -> Finding | None:
    """The version most of the table could sign, where it is broader than the text as it stands."""
    first, last = found.front.points[0], found.front.points[-1]
    if last.breadth <= first.breadth and last.choices == first.choices:
        return None
    outside = [c for c in last.stances if c not in last.supporters]
    who = f"all but {desk.who(outside)}" if outside else "every seat"
    text = (
        f"A version that {who} could sign keeps {round(100 * last.ambition)} % of the push: "
        f"{listed(wording(desk, last))}; the rest stays as it is."
    )
    return Finding(text=text, evidence=desk.ids(list(last.stances)))


def firmness(desk: Desk, found: Negotiation) -> Finding:
    """The least certain place at the table, in words of likelihood, and whether the whole would stand."""
    least = min(found.stability.countries, key=lambda c: (c.same, c.code))
    noun = {"support": "support", "aside": "standing aside", "oppose": "opposition"}[least.side]
    text = f"The least certain place is that of {desk.names[least.code]}: {noun}, {least.words}"
    text += f"; the answer as a whole is {found.stability.label}"
    if found.stability.turns_without:
        text += f", since it would turn without {desk.who(found.stability.turns_without)}"
    return Finding(
        text=f"{text}.", evidence=desk.ids([least.code, *found.stability.turns_without]), label=found.stability.label
    )


def lead(desk: Desk, found: Negotiation, joining: Finding) -> Finding:
    """Who of those invited would join, and the price of the first who would not."""
    bought = [p for p in found.prices if p.package is not None and p.asked in desk.scenario.proposal.invited]
    if not bought:
        return joining
    cheapest = min(bought, key=lambda p: (-p.package.ambition if p.package else 0.0, p.asked))
    assert cheapest.package is not None
    cost = f"costs {desk.who(cheapest.lost)}" if cheapest.lost else "costs nobody"
    kept = round(100 * cheapest.package.ambition)
    text = (
        f"{joining.text.rstrip('.')}, until {listed(wording(desk, cheapest.package))}: that brings "
        f"{desk.names[cheapest.asked]} in, keeps {kept} % of the push and {cost}."
    )
    ids = desk.ids([cheapest.asked, *cheapest.lost])
    return Finding(text=text, evidence=tuple(dict.fromkeys([*joining.evidence, *ids])))


def reservations(desk: Desk, table: Sequence[Dossier], statements: Sequence[Statement]) -> tuple[Finding, ...]:
    """What holds each supporter back: the rule it comes nearest to, else the limit its desk names first."""
    found = []
    by_code = {d.code: d for d in table}
    for said in desk.final:
        if said.stance <= 0:
            continue
        near = in_reach(by_code[said.code], desk.scenario)
        limits = [
            a
            for s in statements
            if s.code == said.code
            for a in s.arguments
            if a.kind == "limit" and a.side == "against"
        ]
        name = upper(desk.names[said.code])
        if near is not None:
            rule, push = near
            reach = f"The text goes to {push:.2f} of the {rule.min_push:.2f} that would meet it."
            text = f"{name}: {' '.join(rule.text.split())} {reach}"
            found.append(Finding(text=text, evidence=(said.id,)))
        elif limits:
            text = f"{name}, on {desk.label(limits[0].provision)}: {limits[0].text}"
            found.append(Finding(text=text, evidence=(limits[0].id.rsplit(".", 1)[0],)))
    return tuple(found)


def labelled(findings: Sequence[Finding], found: Negotiation) -> tuple[Finding, ...]:
    """Each finding as firm as the least firm country it rests on."""
    order = ("robust", "conditional", "fragile")
    by = {c.code: c.label for c in found.stability.countries}
    done = []
    for finding in findings:
        labels = [by[e.split("-")[0]] for e in finding.evidence if e.split("-")[0] in by]
        worst = max(labels, key=order.index) if labels else None
        done.append(finding if finding.label or worst is None else finding.model_copy(update={"label": worst}))
    return tuple(done)
