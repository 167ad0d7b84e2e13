"""A run as Markdown: assessment.md and transcript.md.

Templates hold the shape; this module holds what they need: escaping, one numbering of sources for the whole report, and
the figures of the honesty footer.
"""

import re
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from simulation.amendments import changes
from simulation.arguments import NotSettled, Semantics, carrying, graph_of, unanswered
from simulation.runs import Run
from simulation.sources import Source
from simulation.statement import LABELS, Breach, Statement
from simulation.tally import total
from simulation.turn import phases
from simulation.wording import listed, signed, upper
from simulation.written import party_names

SEMANTICS: Semantics = "quadratic_energy"
"""DF-QuAD saturates where a dozen arguments bear on one provision; this keeps them apart."""
BADGE = "Simulated positions: not a forecast, nor any government's view."
SCALE = {-2: "strongly oppose", -1: "oppose", 0: "stand aside", 1: "support", 2: "strongly support"}


def escape(text: str) -> str:
    """Text from files and models as plain Markdown text on one line: nothing in it is markup."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_<>\[\]|~])", r"\\\1", flat)


class Sources:
    """Numbers for sources, in the order they are first cited."""

    def __init__(self, run: Run) -> None:
        self._seats = {d.code: d for d in run.seats.values()}
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._entries: list[tuple[str, Source]] = []

    def cite(self, code: str, ids: tuple[str, ...]) -> str:
        """The marks for some sources of a desk: [3] [4], or nothing."""
        marks = []
        for name in ids:
            source = self._seats[code].sources[name]
            key = (source.title, source.publisher, source.date)
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers) + 1
                self._entries.append((code, source))
            marks.append(f"[{self._numbers[key]}]")
        return f" {''.join(marks)}" if marks else ""

    @property
    def listed(self) -> list[str]:
        """One line a source, as the report prints it; complete once everything is cited."""
        lines = []
        for number, (_, source) in enumerate(self._entries, 1):
            title = (
                f"*{escape(source.title)}*" if source.title_exact else f"{escape(source.title)} (title not confirmed)"
            )
            state = "verified" if source.verified else "unverified"
            place = f" <{source.url or source.seen_at}>" if source.url or source.seen_at else ""
            lines.append(
                f"[{number}] {title}. {escape(source.publisher)}, {source.date} ({source.kind}; {state}).{place}"
            )
        return lines

    @property
    def unverified(self) -> int:
        """How many of the cited sources nobody has confirmed."""
        return sum(not source.verified for _, source in self._entries)


def _options(run: Run) -> list[dict[str, Any]]:
    """Agreement of each country with each other wording on offer, columns in the order of the stance table."""
    ordered = sorted(run.transcript.final, key=lambda s: (-s.score, s.code))
    desks = [run.seats[s.country] for s in ordered]
    rows = {d.code: row for d, row in zip(desks, changes(run.scenario, desks), strict=True)}
    found = []
    for provision in run.scenario.provisions:
        for option in provision.options:
            cells = [
                signed(next(c.agreement for c in rows[d.code] if c.provision.id == provision.id and c.option == option))
                for d in desks
            ]
            found.append({"label": provision.short, "text": option.text, "cells": cells})
    return found


def _explained(run: Run) -> dict[str, Any]:
    """The two arguments with most effect on each provision, and those against that nobody answered."""
    try:
        return _weighed(run)
    except NotSettled:
        return {"carrying": [], "unanswered": []}


def _weighed(run: Run) -> dict[str, Any]:
    graph = graph_of(run.transcript, run.scenario)
    said = {a.id: a for s in run.transcript.statements for a in s.arguments}
    rows = [
        {"label": p.short, "arguments": [said[name] for name, _ in carrying(graph, p.id, 2, SEMANTICS)]}
        for p in run.scenario.provisions
    ]
    return {"carrying": [r for r in rows if r["arguments"]], "unanswered": unanswered(graph, "against")[:8]}


def _rules_of(run: Run, statement: str) -> list[Breach]:
    """Each rule a statement reports, once, with its sources."""
    said = next(s for s in run.transcript.statements if s.id == statement)
    return list({b.rule: b for b in said.breaches}.values())


def _uncited(statements: tuple[Statement, ...]) -> int:
    return sum(not a.sources for s in statements for a in s.arguments)


def _silent(run: Run) -> list[tuple[str, str]]:
    """Who failed to speak, and in which rounds."""
    by_seat: dict[str, list[int]] = {}
    for gap in run.transcript.gaps:
        by_seat.setdefault(gap.country, []).append(gap.round)
    every = run.transcript.rounds
    return [
        (
            run.seats[c].short,
            "every round" if len(r) == every else f"round{'' if len(r) == 1 else 's'} {listed(list(map(str, r)))}",
        )
        for c, r in by_seat.items()
    ]


def _table(run: Run) -> dict[str, Any]:
    """The stance table: a row a seat, a column a provision, rows by score."""
    rows = []
    for said in sorted(run.transcript.final, key=lambda s: (-s.score, s.code)):
        cells = [signed(v.position) + (" R" if v.frozen else "") for v in said.views]
        share = said.probabilities
        name = upper(run.seats[said.country].short)
        mark = [f"{round(100 * x)}" for x in (share[3] + share[4], share[2], share[0] + share[1])]
        rows.append(
            {"name": name, "stance": SCALE[said.stance], "shares": " / ".join(mark), "cells": cells, "id": said.id}
        )
    zone = [signed(x.zone) + (" ‖" if x.two_poles else "") for x in run.merge.landings]
    median = [signed(x.median) for x in run.merge.landings]
    lottery = [signed(x.expected) for x in run.negotiation.lotteries]
    foot = [("Landing zone", zone), ("Median", median), ("Condorcet", lottery)]
    return {"head": [p.short for p in run.scenario.provisions], "rows": rows, "foot": foot}


@cache
def _environment() -> jinja2.Environment:
    folder = Path(__file__).parent / "templates"
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=False,  # noqa: S701  # Markdown, not HTML: every value goes through `md`
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    made.filters |= {"md": escape, "upper_first": upper, "signed": signed, "items_of": dict}
    made.filters["name_of"] = lambda code, names: upper(names[code])
    return made


def _render(template: str, run: Run, **more: Any) -> str:
    sources = Sources(run)
    names = {**party_names(), **{d.code: d.short for d in run.seats.values()}}
    text = (
        _environment()
        .get_template(template)
        .render(
            run=run,
            scenario=run.scenario,
            finding=run.assessment,
            merge=run.merge,
            record=run.transcript,
            desks={d.code: d for d in run.seats.values()},
            labels={p.id: p.short for p in run.scenario.provisions},
            names=names,
            verbs=LABELS,
            phases=partial(phases, rounds=run.transcript.rounds),
            scale=SCALE,
            cite=sources.cite,
            rules_of=partial(_rules_of, run),
            sources=sources,
            table=_table(run),
            badge=BADGE,
            turns=len(run.seats) * run.transcript.rounds,
            uncited=_uncited(run.transcript.statements),
            silent=_silent(run),
            departing=[d for s in run.transcript.statements for d in s.departures],
            spent=partial(total, run.tally),
            **more,
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def assessment(run: Run) -> str:
    """assessment.md."""
    return _render("assessment.md.j2", run, options=_options(run), **_explained(run))


def transcript(run: Run) -> str:
    """transcript.md: everything said, in the order it was said."""
    return _render("transcript.md.j2", run)
