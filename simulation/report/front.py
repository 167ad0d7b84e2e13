"""What page one says beside the bottom line: where each provision stands, what moves it, what would change the answer.

Every line is worded from the record's numbers; a line about a country names the statements it rests on.
"""

from simulation import prospects
from simulation.bargaining.packages import Cheapest
from simulation.findings import Finding
from simulation.moderation import Landing
from simulation.report.account import SCALE, Account, Amendment
from simulation.stance import accuracy
from simulation.wording import MOST, listed, signed, upper

SIDE = {"support": "support", "aside": "standing aside", "oppose": "opposition"}


def _mover(account: Account, provision: str) -> tuple[str, tuple[str, ...]]:
    """Which other wording of a provision moves most seats up, and whom, if any; the codes moved."""
    best = next((e for e in account.every_effect if e.provision == provision), None)
    up = tuple(c for c, before, after in best.moved if after > before) if best else ()
    if best is None or not up:
        return "", ()
    how = "Leaving it out" if best.option == "drop" else f"“{best.text.rstrip('.')}”"
    return f"{how} moves {account.desk.who(up)}.", up


FEW = 3
"""Camps up to this size are named one by one."""


def _line(account: Account, landing: Landing) -> Finding:
    """One provision: where it lands, who is for and against, by number where they are many, and what moves whom."""
    camps: list[str] = []
    codes: list[str] = []
    for side, word in ((landing.favour, "for"), (landing.against, "against"), (landing.undecided, "undecided")):
        if side:
            camps.append(f"{account.desk.who(side) if len(side) <= FEW else f'{len(side)} seats'} {word}")
            codes += side if len(side) <= FEW else ()
    text, moved = _mover(account, landing.provision)
    zone = f"{signed(landing.zone)}{' ‖' if landing.two_poles else ''}"
    text = f"{upper(account.labels[landing.provision])} ({zone}): {'; '.join(camps)}. {text}".rstrip()
    return Finding(text=text, evidence=account.desk.ids(list(dict.fromkeys([*codes, *moved]))))


def _price(account: Account, cheapest: Cheapest) -> Finding:
    """What brings a country in: the wording where that is short, else how much of the text it takes."""
    found = prospects.price(account.desk, cheapest)
    if cheapest.package is None or len(changed := prospects.wording(account.desk, cheapest.package)) <= 2:
        return found
    kept = round(100 * cheapest.package.ambition)
    text = f"It comes in where {len(changed)} of {len(account.labels)} provisions change; {kept} % of the push stays."
    return found.model_copy(update={"text": text})


def _blocked(account: Account) -> list[Finding]:
    """Who meets a rule on what, and what brings it in all the same."""
    prices = {p.asked: p for p in account.run.negotiation.prices}
    found, meeting = [], [s for s in account.final if s.breaches]
    if len(meeting) > MOST:
        text = f"{len(meeting)} seats meet a rule of their own: {account.desk.who([s.code for s in meeting])}."
        return [Finding(text=text, evidence=tuple(s.id for s in meeting))]
    for said in meeting:
        places = dict.fromkeys(account.labels[b.provision] for b in said.breaches)
        kinds = dict.fromkeys(b.kind for b in said.breaches)
        text = f"{account.name(said.code)}, by {listed(list(kinds))}: {listed(list(places))}."
        evidence: tuple[str, ...] = (said.id,)
        if said.code in prices:
            price = _price(account, prices[said.code])
            text, evidence = f"{text} {price.text}", price.evidence
        found.append(Finding(text=text, evidence=evidence))
    return found


def state(account: Account) -> list[tuple[str, list[Finding]]]:
    """Agreed, contested, open and blocked, one line each."""
    merge = account.run.merge
    by = {x.provision: x for x in merge.landings}
    rest = [p for p in by if p not in merge.converging and p not in merge.contested]
    rows = [("Agreed", merge.converging), ("Contested", merge.contested), ("Open or rejected", rest)]
    found = [(title, [_line(account, by[p]) for p in places]) for title, places in rows]
    return [(title, lines) for title, lines in [*found, ("Blocked", _blocked(account))] if lines]


def _moves(account: Account, change: Amendment) -> str:
    """How many seats a change of wording moves up and down, and the first of them."""
    up, down = ([c for c, a, b in change.effect.moved if (b > a) == rises] for rises in (True, False))
    parts = [f"{len(c)} {verb} ({account.desk.who(c)})" for c, verb in ((up, "rise"), (down, "fall")) if c]
    return "; ".join(parts)


def amendment(account: Account, change: Amendment) -> Finding:
    """What one change of wording would do, in a sentence."""
    moved = [_moves(account, change)] if len(change.effect.moved) > MOST else []
    moved = moved or [f"{account.names[c]} from {SCALE[a]} to {SCALE[b]}" for c, a, b in change.effect.moved]
    place = "" if change.effect.option == "drop" else f"In the place of {account.labels[change.effect.provision]}: "
    text = upper(f"{place}{listed(moved) or 'nobody moves a step'}")
    if change.cleared:
        text += f"; meets no rule of {account.desk.who(change.cleared)} there any more"
    if change.met:
        text += f"; newly meets a rule of {account.desk.who(change.met)}"
    text += f"; against even so: {account.desk.who(change.against)}." if change.against else "; nobody is against."
    codes = [*(c for c, _, _ in change.effect.moved), *change.cleared, *change.met, *change.against]
    return Finding(text=text, evidence=account.desk.ids(list(dict.fromkeys(codes))))


def turning(account: Account) -> list[Finding]:
    """What would change the answer: the least certain seats, absences, and signs to watch."""
    firm = account.run.negotiation.stability
    ranked = sorted(firm.countries, key=lambda c: (c.same, c.code))
    found = []
    for c in ranked[:2]:
        text = f"{account.name(c.code)} in doubt: {SIDE[c.side]} in {round(100 * c.same)} % of draws"
        moves = next((n for n in account.run.negotiation.next if n.code == c.code), None)
        text += f"; watch {moves.watch[0]}." if moves and moves.watch else "."
        found.append(Finding(text=text, evidence=account.desk.ids([c.code])))
    if firm.turns_without:
        text = f"The verdict would turn without {account.desk.who(firm.turns_without)}."
        found.append(Finding(text=text, evidence=account.desk.ids(firm.turns_without)))
    else:
        found.append(Finding(text="No single absence would turn the verdict."))
    swayed = [c for c in firm.countries if c.flips_without]
    for c in swayed[:2]:
        text = f"{account.name(c.code)} would change sides without {account.desk.who(c.flips_without)}."
        found.append(Finding(text=text, evidence=account.desk.ids([c.code, *c.flips_without])))
    return found


def blind(account: Account) -> list[str]:
    """What the simulation cannot see."""
    absent = [account.names.get(a.code, a.code) for a in account.run.merge.absent]
    found = [f"Nobody argued the interests of {listed(absent)}."] if absent else []
    found.append(
        f"Nothing dated after {account.scenario.date} is known. Personalities, home politics and events are left out; "
        "one position stands for a whole government."
    )
    found.append(
        f"The model told {round(100 * accuracy())} % of past reactions rightly on cases left out of the fit; its "
        "percentages are that record, not the odds of events."
    )
    if account.record.gaps:
        found.append(f"{len(account.record.gaps)} of {account.turns} turns failed and count for nothing.")
    if account.departing:
        found.append(f"{len(account.departing)} departures from the dossiers stand in the transcript.")
    if account.uncited:
        found.append(f"{account.uncited} arguments name no document.")
    return found
