"""Templates of the classroom: everything that goes into a page is escaped, whoever wrote it."""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse

from simulation.classroom import lesson
from simulation.classroom.forms import STEPS, SURE, VOTES
from simulation.drafts import clean
from simulation.report.account import BADGE, SCALE
from simulation.scenario import STANCES
from simulation.statement import LABELS
from simulation.wording import listed, signed, strength, upper

HERE = Path(__file__).parent


def clock(seconds: float | None) -> str:
    """Seconds as minutes and seconds."""
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _shade(position: float) -> int:
    """The step of the palette for an agreement from -1 to 1."""
    word = strength(position)
    return {"welcome": 2, "acceptable": 1, "tolerable": 1, "open": 0, "rejected": -2}.get(word, -1)


@cache
def environment() -> jinja2.Environment:
    """The templates, with what all of them may use."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([HERE / "templates", HERE / "static"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {"signed": signed, "upper_first": upper, "listed": listed, "clock": clock, "shade": _shade}
    made.filters |= {"line": clean}
    made.globals |= {
        "stages": lesson.TITLES,
        "late": lesson.LATE,
        "steps": STEPS,
        "sure": SURE,
        "votes": VOTES,
        "verbs": LABELS,
        "scale": SCALE,
        "stances": {name: SCALE[value] for name, value in STANCES.items()},
        "numbers": STANCES,
        "badge": BADGE,
    }
    return made


def text(name: str, /, **given: Any) -> str:
    """A page as text."""
    return environment().get_template(f"{name}.html.j2").render(**given)


def part(name: str, /, **given: Any) -> Markup:
    """A piece of a page that many readers share; it was escaped when it was made."""
    return Markup(text(name, **given))  # noqa: S704  # a template's own output


def page(name: str, code: int = 200, /, **given: Any) -> HTMLResponse:
    """A page as a reply."""
    return HTMLResponse(text(name, **given), code)
