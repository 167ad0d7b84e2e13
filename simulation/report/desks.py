"""What the report's page on one country holds: interests, rules, movement, answers, and where it leaves the merge."""

from dataclasses import dataclass

from simulation.conduct import Dissent, Next
from simulation.dossier import Dossier
from simulation.findings import Finding
from simulation.report.account import Account
from simulation.report.bars import waterfall
from simulation.report.charts import Chart
from simulation.stability import Firmness
from simulation.statement import Argument, Breach, Statement, View


@dataclass(frozen=True)
class Interest:
    """One provision as it matters to one country."""

    label: str
    view: View
    zone: float
    """Where the table lands."""


@dataclass(frozen=True)
class Page:
    """One country."""

    dossier: Dossier
    said: tuple[Statement, ...]
    interests: tuple[Interest, ...]
    """What matters most first."""
    rules: tuple[Breach, ...]
    firmness: Firmness | None
    next: Next | None
    terms: tuple[Finding, ...]
    chart: Chart
    farthest: Interest
    """The provision on which it stands farthest from the landing zone, weighed by what it matters to the country."""
    dissent: Dissent | None
    words: Argument | None
    """Where it does not dissent from the whole: its own argument on the provision where it stands farthest."""

    @property
    def moved(self) -> bool:
        """Whether any of its statements tells of a move."""
        return any(s.shifts or s.turning for s in self.said)

    @property
    def answered(self) -> bool:
        """Whether it answered anybody."""
        return any(s.answers for s in self.said)

    @property
    def last(self) -> Statement:
        """Its last statement."""
        return self.said[-1]


def _words(account: Account, said: tuple[Statement, ...], far: Interest) -> Argument | None:
    """The country's weightiest argument on a provision, on the side on which it stands of the table."""
    side = "for" if far.view.position > far.zone else "against"
    mine = {a.id: a for s in said for a in s.arguments if a.provision == far.view.provision and a.side == side}
    ranked = [mine[name] for name, _ in account.effects.get(far.view.provision, []) if name in mine]
    return next(iter([*ranked, *mine.values()]), None)


def _page(account: Account, last: Statement) -> Page:
    code, found = last.code, account.run.negotiation
    said = account.said.get(code, ())
    zones = {x.provision: x.zone for x in account.run.merge.landings}
    interests = [Interest(account.labels[v.provision], v, zones[v.provision]) for v in last.views]
    far = max(interests, key=lambda i: abs(i.view.position - i.zone) * i.view.importance)
    return Page(
        dossier=account.desks[code],
        said=said,
        interests=tuple(sorted(interests, key=lambda i: -i.view.importance)),
        rules=tuple(account.rules_of(last.id)),
        firmness=next((c for c in found.stability.countries if c.code == code), None),
        next=next((n for n in found.next if n.code == code), None),
        terms=tuple(f for f in account.run.assessment.terms if last.id in f.evidence),
        chart=waterfall(account, last),
        farthest=far,
        dissent=next((d for d in found.dissents if d.code == code), None),
        words=_words(account, said, far),
    )


def pages(account: Account) -> list[Page]:
    """A page for each country that spoke, warmest first."""
    return [_page(account, said) for said in account.final]
