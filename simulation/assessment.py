"""The combined assessment as data: the findings put together, with how firmly each stands.

The numbers come from the merge and the negotiation, the sentences from `findings` and `prospects`; nothing is decided
here but the order.
"""

from collections.abc import Mapping, Sequence

from simulation import findings, prospects
from simulation.amendments import Change
from simulation.dossier import Dossier
from simulation.findings import Desk, Finding
from simulation.moderation import Merge
from simulation.negotiation import Negotiation
from simulation.scenario import Scenario
from simulation.statement import Recorded
from simulation.transcript import Transcript


class Effect(Recorded):
    """One change of wording and who would stand where after it."""

    provision: str
    option: str
    text: str
    moved: tuple[tuple[str, int, int], ...]
    """Code, stance before, stance after, for every country the change moves."""
    lift: float
    """Mean rise of the latent score over the table."""


class Assessment(Recorded):
    """What the debate amounts to."""

    bottom_line: tuple[Finding, ...]
    """Three sentences."""
    common: tuple[Finding, ...]
    """The firmest common ground and the hardest point."""
    agreed: tuple[Finding, ...]
    contested: tuple[Finding, ...]
    blocked: tuple[Finding, ...]
    reservations: tuple[Finding, ...]
    """What holds each supporter back."""
    groups: tuple[Finding, ...]
    """Who stands with whom."""
    decisions: tuple[Finding, ...]
    """What each decision rule makes of it."""
    package: tuple[Finding, ...]
    """The version most could sign, and what brings in each country outside."""
    terms: tuple[Finding, ...]
    """What each country asks for, and what would move it."""
    movement: tuple[Finding, ...]
    absent: tuple[Finding, ...]
    certainty: tuple[Finding, ...]
    amendments: tuple[Effect, ...]
    """The changes of wording that would move most, best first."""


def effects(desk: Desk, rows: Mapping[str, Sequence[Change]]) -> tuple[Effect, ...]:
    """Every change over the whole table, best first: who moves, and how much the table warms on average."""
    by: dict[tuple[str, str], list[tuple[str, Change]]] = {}
    for code, row in rows.items():
        for change in row:
            by.setdefault((change.provision.id, change.option.id if change.option else "drop"), []).append(
                (code, change)
            )
    found = []
    for (provision, option), entries in by.items():
        before = {c: desk.said[c].stance for c, _ in entries if c in desk.said}
        moved = tuple((c, before[c], x.stance) for c, x in entries if c in before and x.stance != before[c])
        change = entries[0][1]
        text = change.option.text if change.option else f"Leave {change.provision.short} out."
        lift = round(sum(x.gain for _, x in entries) / len(entries), 6)
        found.append(Effect(provision=provision, option=option, text=text, moved=moved, lift=lift))
    return tuple(sorted(found, key=lambda e: (-sum(b - a for _, a, b in e.moved), -e.lift, e.provision, e.option)))


def assess(
    scenario: Scenario,
    names: Mapping[str, str],
    record: Transcript,
    merged: Merge,
    found: Negotiation,
    rows: Mapping[str, Sequence[Change]],
    table: Sequence[Dossier],
) -> Assessment:
    """Put the findings together.

    `names` are the countries' names in prose by code; `rows` what each change of wording would do to
    each; `table` the dossiers.
    """
    desk = Desk(scenario, names, record.final)
    by = {x.provision: x for x in merged.landings}
    joining = prospects.lead(desk, found, findings.verdict(desk, merged))
    broad = prospects.broadest(desk, found)
    prices = [prospects.price(desk, p) for p in found.prices]
    return Assessment(
        bottom_line=(findings.camps(desk, merged), joining, prospects.firmness(desk, found)),
        common=(findings.common(desk, merged),),
        agreed=prospects.labelled([findings.agreed(desk, by[p]) for p in merged.converging], found),
        contested=prospects.labelled([findings.contested(desk, by[p]) for p in merged.contested], found),
        reservations=prospects.reservations(desk, table, record.statements),
        blocked=tuple(findings.blocked(desk, s) for s in record.final if s.breaches),
        groups=prospects.labelled([prospects.groups(desk, found)], found),
        decisions=tuple(prospects.decision(desk, d) for d in found.decisions),
        package=prospects.labelled([*([broad] if broad else []), *prices], found),
        terms=tuple(f for s in record.final if (f := findings.terms(desk, s, rows[s.code])).text),
        movement=findings.movement(desk, record),
        absent=tuple(Finding(text=f"{names.get(a.code, a.code)}: {a.why}.") for a in merged.absent),
        certainty=findings.certainty(desk, record),
        amendments=effects(desk, rows)[:5],
    )
