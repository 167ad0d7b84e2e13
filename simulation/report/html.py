"""A run as one HTML page that asks for nothing else: assessment.html.

Templates hold the shape and `account` what is said; this module holds what HTML needs: anchors, shades, links that can
only lead to the web. Everything is escaped; only drawings of our own come in as markup.
"""

import re
from functools import cache, partial
from typing import Any

import jinja2

from simulation.bargaining.power import COUNTED
from simulation.report import bars, charts, crowd, front
from simulation.report.account import BADGE, SCALE, Account
from simulation.report.citations import Sources
from simulation.report.desks import pages
from simulation.report.escaping import templates
from simulation.report.sheet import clean
from simulation.report.tree import trees
from simulation.runs import Run
from simulation.stance import OPEN
from simulation.statement import LABELS, Statement
from simulation.turn import phases
from simulation.wording import few, signed, upper

STRONG = 0.55
"""Agreement from which a cell takes the strongest shade, as from which prose says welcome or rejected."""


def anchor(name: str) -> str:
    """An id that an address can hold: letters, digits, dot, dash, underscore."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def shade(position: float) -> int:
    """The step of the palette, -2 to 2, for an agreement from -1 to 1."""
    return 0 if abs(position) <= OPEN else (2 if abs(position) >= STRONG else 1) * (1 if position > 0 else -1)


def step(stance: int) -> str:
    """A stance with its sign: +1, 0, −2."""
    return f"{stance:+d}".replace("-", "\N{MINUS SIGN}") if stance else "0"


def web(address: str | None) -> str:
    """An address as it may stand in a link: http and https only, else nothing."""
    return address if address and re.match(r"https?://[^\s]+$", address) else ""


def behind(said: Statement) -> tuple[str, ...]:
    """The ids of every document a statement rests on, each once, in the order it is used."""
    prose = [*filter(None, [said.telling]), *said.context, *said.implications, *said.challenges, *said.outlook]
    found = [p.sources for p in prose] + [a.sources for a in said.arguments] + [a.sources for a in said.answers]
    found += [a.sources for a in said.asks] + [b.sources for b in said.breaches]
    return tuple(dict.fromkeys(s for sources in found for s in sources))


def _plain(value: Any) -> Any:
    """Text without marks that no page may hold; markup of our own as it is."""
    return clean(value) if type(value) is str else value


@cache
def environment() -> jinja2.Environment:
    """Where every page's template is found and escaped, with the filters that HTML needs."""
    made = templates(finalize=_plain)
    made.filters |= {"signed": signed, "upper_first": upper, "anchor": anchor, "shade": shade, "step": step}
    made.globals |= {"dict": dict}
    made.filters |= {"few": few, "web": web, "percent": charts.share, "behind": behind}
    return made


def _columns(account: Account) -> list[int]:
    """The places of the provisions, the warmest landing zone first."""
    zones = [x.zone for x in account.run.merge.landings]
    return sorted(range(len(zones)), key=lambda k: (-zones[k], k))


def _charts(account: Account) -> dict[str, Any]:
    return {
        "trajectories": charts.trajectories(account),
        "network": charts.network(account),
        "front": charts.front(account),
        "probabilities": bars.probabilities(account),
        "arguments": bars.arguments(account),
    }


def assessment(run: Run, account: Account | None = None) -> str:
    """assessment.html; `account` is the run's, where it is already there."""
    told = account or Account(run)
    codes, near = charts.agreement(told)
    seats: dict[str, int] = {}
    for engine in run.engines.values():
        seats[engine] = seats.get(engine, 0) + 1
    text = (
        environment()
        .get_template("report.html.j2")
        .render(
            run=run,
            account=told,
            scenario=run.scenario,
            finding=run.assessment,
            merge=run.merge,
            record=run.transcript,
            stability=run.negotiation.stability,
            labels=told.labels,
            said=told.statements,
            engines=seats,
            columns=_columns(told),
            front=front,
            crowd=crowd,
            counted=COUNTED,
            chart=_charts(told),
            near=dict(zip(codes, near, strict=True)),
            pages=pages(told),
            trees=trees(told),
            sources=Sources(run.seats),
            verbs=LABELS,
            scale=SCALE,
            badge=BADGE,
            phases=partial(phases, rounds=run.transcript.rounds),
        )
    )
    return re.sub(r"\n\s*\n+", "\n", text)
