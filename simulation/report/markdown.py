"""A run as Markdown: assessment.md and transcript.md.

Templates hold the shape and `account` what is said; this module holds what Markdown needs: escaping, marks for sources
and cells with their signs.
"""

import re
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from simulation.bargaining.power import COUNTED
from simulation.report import crowd
from simulation.report.account import BADGE, SCALE, Account
from simulation.report.citations import Sources
from simulation.runs import Run
from simulation.statement import LABELS
from simulation.turn import phases
from simulation.wording import few, signed, upper


def escape(text: str) -> str:
    """Text from files and models as plain Markdown text on one line: nothing in it is markup."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_<>\[\]|~])", r"\\\1", flat)


def _marks(sources: Sources, code: str, ids: tuple[str, ...]) -> str:
    """The marks for some sources of a desk: [3][4] after a space, or nothing."""
    return "".join([" ", *(f"[{n}]" for n in sources.numbers(code, ids))]) if ids else ""


def _listed(sources: Sources) -> list[str]:
    """One line a source, as the report prints it; complete once everything is cited."""
    lines = []
    for number, source in enumerate(sources.entries, 1):
        title = f"*{escape(source.title)}*" if source.title_exact else f"{escape(source.title)} (title not confirmed)"
        state = "verified" if source.verified else "unverified"
        place = f" <{source.url or source.seen_at}>" if source.url or source.seen_at else ""
        lines.append(f"[{number}] {title}. {escape(source.publisher)}, {source.date} ({source.kind}; {state}).{place}")
    return lines


def _options(account: Account) -> list[dict[str, Any]]:
    """Agreement of each country with each other wording on offer, columns in the order of the stance table."""
    return [{"label": w.label, "text": w.text, "cells": [signed(x) for x in w.agreement]} for w in account.wordings]


def _carrying(account: Account) -> list[dict[str, Any]]:
    """The two arguments with most effect on each provision."""
    rows = [(account.labels[p], [account.arguments[a] for a, _ in top[:2]]) for p, top in account.effects.items()]
    return [{"label": label, "arguments": said} for label, said in rows if said]


def _table(account: Account) -> dict[str, Any]:
    """The stance table: a row a seat, a column a provision, rows by score."""
    rows = []
    for said in account.final:
        cells = [signed(v.position) + (" R" if v.frozen else "") for v in said.views]
        share = said.probabilities
        mark = [f"{round(100 * x)}" for x in (share[3] + share[4], share[2], share[0] + share[1])]
        rows.append(
            {
                "name": account.name(said.code),
                "stance": SCALE[said.stance],
                "shares": " / ".join(mark),
                "cells": cells,
                "id": said.id,
            }
        )
    foot = [
        (f.name, [signed(x) + (" ‖" if poles else "") for x, poles in zip(f.values, f.two_poles, strict=True)])
        for f in account.foot
    ]
    return {"head": list(account.labels.values()), "rows": rows, "foot": foot}


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
    made.filters |= {"few": few, "md": escape, "upper_first": upper, "signed": signed, "items_of": dict}
    made.filters["name_of"] = lambda code, names: upper(names[code])
    return made


def _render(template: str, account: Account, **more: Any) -> str:
    run = account.run
    sources = Sources(run.seats)
    text = (
        _environment()
        .get_template(template)
        .render(
            run=run,
            account=account,
            crowd=crowd,
            counted=COUNTED,
            scenario=run.scenario,
            finding=run.assessment,
            merge=run.merge,
            record=run.transcript,
            desks=account.desks,
            labels=account.labels,
            names=account.names,
            verbs=LABELS,
            phases=partial(phases, rounds=run.transcript.rounds),
            scale=SCALE,
            cite=partial(_marks, sources),
            listed=partial(_listed, sources),
            sources=sources,
            table=_table(account),
            badge=BADGE,
            **more,
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def assessment(run: Run, account: Account | None = None) -> str:
    """assessment.md; `account` is the run's, where it is already there."""
    told = account or Account(run)
    return _render("assessment.md.j2", told, options=_options(told), carrying=_carrying(told))


def transcript(run: Run, account: Account | None = None) -> str:
    """transcript.md: everything said, in the order it was said."""
    return _render("transcript.md.j2", account or Account(run))
