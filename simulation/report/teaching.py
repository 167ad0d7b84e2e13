"""The teacher's sheet: what the desks say of a proposal, where they disagree, and three questions to end a lesson with.

The questions are read off the run, so that a changed scenario changes them. No secret brief stands here: the sheet may
lie open on a desk.
"""

from dataclasses import dataclass

from simulation.findings import Finding
from simulation.moderation import Landing
from simulation.report.account import BADGE, SCALE, Account
from simulation.report.html import environment
from simulation.runs import Run
from simulation.scenario import STANCES
from simulation.statement import Argument, Statement


@dataclass(frozen=True)
class Row:
    """One desk in the key."""

    name: str
    page: str
    """The file of its brief."""
    secret: bool
    """Whether it has a secret brief."""
    opening: int
    final: int
    rules: tuple[str, ...]
    """Provisions on which it meets a rule of its own, in prose."""
    happened: str
    """What it really did, where the scenario has that."""


def brief_file(country: str) -> str:
    """The name of the file of a country's brief."""
    return f"brief-{country}.html"


def _row(account: Account, last: Statement) -> Row:
    scenario = account.scenario
    real = scenario.history.get(last.country)
    met = tuple(dict.fromkeys(account.labels[b.provision] for b in account.rules_of(last.id)))
    return Row(
        name=account.name(last.code),
        page=brief_file(last.country),
        secret=last.country in scenario.briefs,
        opening=account.said[last.code][0].stance,
        final=last.stance,
        rules=met,
        happened=f"{real.stance.replace('_', ' ')}. {real.what}" if real else "",
    )


def _best(account: Account, landing: Landing, side: str) -> Argument | None:
    """The weightiest argument on one side of a provision."""
    ranked = [account.arguments[name] for name, _ in account.effects.get(landing.provision, [])]
    return next((a for a in ranked if a.side == side), None)


def _speaker(account: Account, argument: Argument) -> str:
    return account.name(argument.id.split("-")[0])


def _widest(account: Account) -> str:
    """The provision the table is most divided on, with the best argument of each side."""
    landing = max(account.run.merge.landings, key=lambda x: x.spread)
    both = [a for side in ("for", "against") if (a := _best(account, landing, side))]
    said = " ".join(f"{_speaker(account, a)} ({a.id}): “{a.claim}”" for a in both)
    label = account.labels[landing.provision]
    return f"The table is most divided on {label}. {said} Which claim would you check first, and where?"


def _rule(account: Account) -> str:
    """A rule that bars somebody, or else the least certain place."""
    for last in account.final:
        for breach in account.rules_of(last.id):
            label, name = account.labels[breach.provision], account.name(last.code)
            text = " ".join(breach.text.split())
            return f"{name} meets a {breach.kind} on {label}: {text} Is that law, habit or choice? Who could change it?"
    least = min(account.run.negotiation.stability.countries, key=lambda c: (c.same, c.code))
    return f"The least certain place is that of {account.name(least.code)}. What would you need to know to be surer?"


def _miss(account: Account) -> str:
    """The desk that was furthest from what its country really did; nothing where none was off or nothing is known."""
    real = {name: STANCES[r.stance] for name, r in account.scenario.history.items() if not r.sponsor}
    off = [s for s in account.final if s.country in real and s.stance != real[s.country]]
    worst = max(off, key=lambda s: abs(s.stance - real[s.country]), default=None)
    if worst is None:
        return ""
    name, did = account.names[worst.code], SCALE[real[worst.country]]
    return f"The desk of {name} would {SCALE[worst.stance]}; its government chose to {did}. What did the desk not know?"


def _bargain(account: Account) -> str:
    """What wins the most seats or brings one in, or that nobody found it."""
    told, prices = account.run.assessment.package, account.run.negotiation.prices
    broad = told[: len(told) - len(prices)]
    bought = [f for f, p in zip(told[len(broad) :], prices, strict=True) if p.package is not None]
    for finding in (*broad, *bought):
        return f"{finding.text} Who gives up what in that bargain, and would you sign it in your seat?"
    return "No other version of the text wins anybody. Which provision would you rewrite, and whom should it win?"


def _term(account: Account, found: Finding) -> str:
    """What a desk asks for, with its name in front."""
    name = account.name(found.evidence[0].split("-")[0])
    return found.text if found.text.startswith(name) else f"{name}: {found.text}"


def questions(account: Account) -> tuple[str, ...]:
    """Three questions for the end of a lesson."""
    return (_widest(account), _miss(account) or _rule(account), _bargain(account))


def sheet(run: Run) -> str:
    """The teacher's sheet of a run as one HTML page."""
    account = Account(run)
    page = environment().get_template("teacher.html.j2")
    return page.render(
        account=account,
        scenario=run.scenario,
        rows=[_row(account, s) for s in account.final],
        bottom=[f.text for f in run.assessment.bottom_line],
        terms=[_term(account, f) for f in run.assessment.terms],
        questions=questions(account),
        badge=BADGE,
        scale=SCALE,
    )
