"""The findings on who stands where, section by section, each with the statements it rests on.

Prose narrates the numbers; it never adds to them. A sentence about a country names the statement that bears it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.amendments import Change, easiest
from simulation.moderation import Landing, Merge
from simulation.scenario import Scenario
from simulation.stability import Label
from simulation.stance import CAP, CENTRAL, to_stance
from simulation.statement import LABELS, Recorded, Statement
from simulation.transcript import Transcript
from simulation.wording import MOST, chance, listed, several, signed, upper

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Finding(Recorded):
    """A sentence or two, and the ids of the statements it rests on."""

    text: str
    evidence: tuple[str, ...] = ()
    label: Label | None = None
    """How firmly it stands, where that is known."""


class Desk:
    """The names a finding needs: who is who, and what the provisions are called."""

    def __init__(self, scenario: Scenario, names: Mapping[str, str], final: Sequence[Statement]) -> None:
        self.scenario, self.names, self.final = scenario, names, final
        self.said = {s.code: s for s in final}

    def who(self, codes: Sequence[str]) -> str:
        """Names in prose; of many the first few, and how many more."""
        return several([self.names[c] for c in codes])

    def ids(self, codes: Sequence[str]) -> tuple[str, ...]:
        """The final statements of some countries."""
        return tuple(self.said[c].id for c in codes)

    def label(self, provision: str) -> str:
        """A provision in two or three words."""
        return self.scenario.provision(provision).short

    def count(self, number: int, noun: str) -> str:
        """Three seats; one seat."""
        word = NUMBERS[number] if number < len(NUMBERS) else str(number)
        return f"{word} {noun}{'' if number == 1 else 's'}"

    def at(self, codes: Sequence[str], provision: str) -> str:
        """Japan (+0.57) and the EU (+0.41)."""
        return several([f"{self.names[c]} ({signed(self.said[c].view(provision).position)})" for c in codes])


def camps(desk: Desk, merged: Merge) -> Finding:
    """Who is where, in one sentence."""
    verbs = (("supports it", "support it"), ("stands aside", "stand aside"), ("opposes it", "oppose it"))
    parts = []
    for codes, (one, many) in zip((merged.support, merged.aside, merged.oppose), verbs, strict=True):
        if codes:
            firm = [c for c in codes if abs(desk.said[c].stance) == 2]
            tail = f" ({desk.who(firm)} firmly)" if firm and len(codes) > 1 else " firmly" if firm else ""
            parts.append(f"{desk.who(codes)} {one if len(codes) == 1 else many}{tail}")
    everybody = [*merged.support, *merged.aside, *merged.oppose]
    noun = desk.scenario.proposal.noun
    return Finding(text=f"On the {noun} as worded, {'; '.join(parts)}.", evidence=desk.ids(everybody))


def verdict(desk: Desk, merged: Merge) -> Finding:
    """Whether those invited would join, and what they could join instead."""
    invited = [s.code for s in desk.final if s.code in desk.scenario.proposal.invited]
    noun = desk.scenario.proposal.noun
    if not invited:
        seats = f"{upper(desk.count(len(merged.support), 'seat'))} of {len(desk.final)}"
        text = f"{seats} would carry the {noun}; no seat is invited by name."
        return Finding(text=text, evidence=desk.ids(merged.support))
    joins = [c for c in merged.support if c in invited]
    stays = [c for c in invited if c not in joins]
    if not stays:
        text = f"Every invited seat at the table would take part: {desk.who(joins)}."
    elif not joins:
        text = f"None of the invited seats at the table would take part as worded: {desk.who(stays)}."
    else:
        text = f"Of the invited seats at the table {desk.who(joins)} would take part and {desk.who(stays)} would not."
    return Finding(text=text, evidence=desk.ids([*joins, *stays]))


def common(desk: Desk, merged: Merge) -> Finding:
    """The provision with most ground under it and the one with least."""
    best = max(merged.landings, key=lambda x: (len(x.favour) - len(x.against), x.zone))
    worst = min(merged.landings, key=lambda x: (x.zone, -x.spread))
    seats = f"{len(best.favour)} of {len(desk.final)} seats for it"
    text = f"The firmest common ground is {desk.label(best.provision)} ({seats})"
    if worst.provision != best.provision and worst.against:
        text += (
            f"; the hardest point is {desk.label(worst.provision)}, which {desk.at(worst.against, worst.provision)} "
        )
        text += "rejects" if len(worst.against) == 1 else "reject"
    return Finding(text=f"{text}.", evidence=desk.ids([*best.favour, *worst.against]))


def agreed(desk: Desk, landing: Landing) -> Finding:
    """A provision nobody is against."""
    low, high = (landing.favour + landing.undecided)[-1], landing.favour[0]
    text = (
        f"{upper(desk.label(landing.provision))}: nobody is against it and {len(landing.favour)} of {len(desk.final)} "
        f"seats are for it; it lands at {signed(landing.zone)}, between {desk.at([low], landing.provision)} "
        f"and {desk.at([high], landing.provision)}."
    )
    return Finding(text=text, evidence=desk.ids([*landing.favour, *landing.undecided]))


def contested(desk: Desk, landing: Landing) -> Finding:
    """A provision with countries on both sides."""
    text = (
        f"{upper(desk.label(landing.provision))}: {desk.at(landing.favour, landing.provision)} against "
        f"{desk.at(landing.against, landing.provision)}."
    )
    if landing.undecided:
        text += f" {upper(desk.who(landing.undecided))} {'is' if len(landing.undecided) == 1 else 'are'} undecided."
    if landing.two_poles:
        text += f" The table has two poles here: its mean of {signed(landing.zone)} describes nobody."
    if landing.invited is not None:
        text += f" Among those invited it lands at {signed(landing.invited)}."
    return Finding(text=text, evidence=desk.ids([*landing.favour, *landing.undecided, *landing.against]))


def blocked(desk: Desk, said: Statement) -> Finding:
    """The rules one country meets, grouped by provision."""
    by: dict[str, list[str]] = {}
    for breach in said.breaches:
        by.setdefault(breach.provision, []).append(breach.kind)
    parts = [
        f"{desk.label(p)} ({listed([desk.count(kinds.count(k), k) for k in dict.fromkeys(kinds)])})"
        for p, kinds in by.items()
    ]
    text = f"{upper(desk.names[said.code])} meets its own rules on {listed(parts)}."
    central = [b for b in said.breaches if desk.scenario.provision(b.provision).weight >= CENTRAL]
    if central:
        best = min(CAP[b.effect] for b in central)
        text += f" Whatever the rest says, it can at best {'stand aside' if best == 0 else 'oppose'}."
    return Finding(text=text, evidence=(said.id,))


def terms(desk: Desk, said: Statement, row: Sequence[Change]) -> Finding:
    """What a country asks for, and the single change that would ease it most."""
    asked = [a.text.rstrip(".") for a in said.asks if a.option is None]
    text = f"{upper(desk.names[said.code])} asks: {'; '.join(asked)}." if asked else ""
    if (change := easiest(row)) and (said.stance <= 0 or change.stance > said.stance):
        place = f"in the place of {change.provision.short}"
        how = f"“{change.option.text.rstrip('.')}” {place}" if change.option else f"Dropping {change.provision.short}"
        moves = "would move it up a step" if change.stance > said.stance else "would ease it most, but moves no step"
        text += f" {how} {moves}."
    return Finding(text=text.strip(), evidence=(said.id,))


def movement(desk: Desk, record: Transcript) -> tuple[Finding, ...]:
    """Who moved from the first round to the last, and after whom."""
    found, by_seat = [], record.by_seat()
    for said in record.final:
        mine = by_seat[said.code]
        moves = [(abs(v.position - v.opening), v) for v in said.views]
        size, view = max(moves, key=lambda m: m[0])
        causes = [s.because for m in mine for s in m.shifts if s.provision == view.provision and s.because]
        name = upper(desk.names[said.code])
        if mine[0].stance != said.stance:
            text = f"{name} began where it {LABELS[mine[0].stance]} and ends where it {LABELS[said.stance]}."
        elif size < 0.02:
            continue
        else:
            text = (
                f"{name} moved most on {desk.label(view.provision)}, from {signed(view.opening)} to "
                f"{signed(view.position)}, without changing its stance."
            )
        found.append(Finding(text=text, evidence=tuple(dict.fromkeys([mine[0].id, *causes, said.id]))))
    return tuple(found) or (
        Finding(text="No seat moved by more than 0.02 on any provision.", evidence=desk.ids(list(desk.said))),
    )


def side(stance: int) -> str:
    """The side a stance is on, as a noun."""
    return "support" if stance > 0 else "opposition" if stance < 0 else "standing aside"


def ruled(said: Statement) -> bool:
    """Whether a rule, not the score, put the stance where it is."""
    return bool(said.breaches) and said.stance < int(to_stance(np.array(said.score)))


def side_share(said: Statement) -> float:
    """The probability of the side the stance is on: support, standing aside or opposition."""
    p = said.probabilities
    return p[3] + p[4] if said.stance > 0 else p[0] + p[1] if said.stance < 0 else p[2]


def certainty(desk: Desk, record: Transcript) -> tuple[Finding, ...]:
    """How likely each final stance is, on the record of past proposals, weakest first."""
    rows = sorted(record.final, key=side_share)
    free = [s for s in rows if not ruled(s)]
    parts = [f"{side(s.stance)} from {desk.names[s.code]}, {chance(side_share(s))}" for s in free]
    more = f"; {len(parts) - MOST} others are surer" if len(parts) > MOST else ""
    text = f"Weakest first: {'; '.join(parts[:MOST])}{more}."
    found = [Finding(text=text, evidence=tuple(s.id for s in free))] if free else []
    for said in rows:
        if ruled(said):
            share = said.probabilities[3] + said.probabilities[4]
            who = f"{upper(side(said.stance))} from {desk.names[said.code]}"
            text = f"{who} follows from its rules; without them: support, {chance(share)}."
            found.append(Finding(text=text, evidence=(said.id,)))
    if record.gaps:
        silent = listed([f"{g.code} in round {g.round}" for g in record.gaps])
        found.append(Finding(text=f"Turns that failed and count for nothing: {silent}."))
    return tuple(found)
