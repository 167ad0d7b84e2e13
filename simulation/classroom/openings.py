"""A room opened from a form: which scenario, which seats are for students, how long each step takes.

An upload is read from the form's text in memory, checked like any file, and kept in the room's own record; no name
that a browser sends ever becomes a path.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from simulation import catalog
from simulation.classroom.lesson import LATE, TITLES, Setup, Stage
from simulation.documents import parse
from simulation.errors import FileErrors, InputError
from simulation.plans import table_of
from simulation.scenario import Scenario

MOST_TEXT = 1_000_000
MOST_SHARE = 8
MINUTES: dict[Stage, int] = {"brief": 5, "predict": 4, "write": 8, "hear": 4, "mark": 4, "vote": 2}
"""The clocks that a new room is offered: a lesson of about 50 minutes in two rounds, with the debrief."""


def uploaded(text: str) -> Scenario:
    """A scenario that somebody pasted or uploaded; raises `FileErrors` with every mistake in it."""
    raw = text.encode()
    if len(raw) > MOST_TEXT:
        raise InputError("the scenario is larger than 1 MB", "shorten it", "E182")
    found = catalog.validate(parse(raw, "upload"), Scenario)
    return found.model_copy(update={"id": found.id or "upload"})


@lru_cache(maxsize=1024)
def _listed(name: str, path: Path, stamp: int) -> tuple[str, bool] | None:
    """A scenario's title, and whether it has a history; None for one with mistakes in it."""
    del path, stamp  # part of the key only: an edited file is read again
    try:
        found = catalog.load_scenario(name)
    except InputError:
        return None
    return found.title, bool(found.history)


def titles(first: str = "") -> dict[str, dict[str, str]]:
    """The scenarios to choose from, by heading: the `first`, then the others, then past proposals."""
    found: dict[str, dict[str, str]] = {"to debate": {}, "past proposals, with what each country did": {}}
    open_ones, past = found.values()
    files = catalog.files("scenarios")
    for name in sorted(files, key=lambda n: (n != first, n)):
        listed = _listed(name, files[name], files[name].stat().st_mtime_ns)
        if listed is not None:
            (past if listed[1] and name != first else open_ones)[name] = listed[0]
    return {heading: names for heading, names in found.items() if names}


def scenario_of(given: Mapping[str, str]) -> Scenario:
    """The scenario a form names or carries."""
    if given.get("text", "").strip():
        return uploaded(given["text"])
    name = given.get("scenario", "")
    if name not in catalog.files("scenarios"):
        raise InputError("no scenario is chosen", "choose one from the list, or paste one", "E182")
    return catalog.load_scenario(name)


def explained(error: InputError) -> str:
    """What is wrong with a form, in a few lines."""
    if isinstance(error, FileErrors):
        lines = [f"{m.place}: {m.message}{f' ({m.cure})' if m.cure else ''}" for m in error.mistakes[:8]]
        return "\n".join(lines)
    return f"{error.message}; {error.cure}" if error.cure else error.message


def _number(given: Mapping[str, str], name: str, low: int, high: int, what: str) -> int:
    text = given.get(name, "").strip()
    if not text.isdecimal() or len(text) > 6 or not low <= int(text) <= high:
        raise InputError(f"{what} is a whole number from {low} to {high}", "mend it", "E182")
    return int(text)


def _seats(given: Mapping[str, str], countries: Sequence[str]) -> dict[str, int]:
    found = {c: _number(given, f"places.{c}", 0, MOST_SHARE, "how many share a seat") for c in countries}
    chosen = {c: n for c, n in found.items() if n}
    if not chosen:
        raise InputError("no seat is for students", "give at least one seat a place", "E182")
    return chosen


def setup_of(given: Mapping[str, str], scenario: Scenario) -> Setup:
    """The setup in a form; raises `InputError` for the first thing that is wrong with it."""
    minutes = {
        stage: _number(given, f"minutes.{stage}", 0, 24 * 60, f"the clock of “{TITLES[stage]}”") for stage in MINUTES
    }
    if given.get("late") not in LATE:
        raise InputError("what happens when the clock ends is not chosen", "choose it", "E182")
    table_of(scenario)
    try:
        return Setup(
            title=scenario.title,
            rounds=_number(given, "rounds", 1, 6, "the number of rounds"),
            seats=_seats(given, scenario.seats),
            handles=given.get("handles"),
            choose=given.get("choose"),
            late=given["late"],
            minutes={stage: n for stage, n in minutes.items() if n},
        )
    except ValidationError:
        raise InputError("the setup is not complete", "fill in the form again", "E182") from None


def offered(scenario: Scenario) -> dict[str, str]:
    """What the form of a new room is filled with."""
    fields = {f"places.{c}": "2" for c in scenario.seats}
    fields |= {f"minutes.{stage}": str(n) for stage, n in MINUTES.items()}
    return {**fields, "rounds": "2", "handles": "neutral", "choose": "pick", "late": "wait"}
