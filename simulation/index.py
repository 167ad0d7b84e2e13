"""The runs of a folder as a list: when, what, who spoke, what came of it, and whether the folder is whole.

It reads the record as data and no further, so that it stays quick over many runs; whether a run tells the truth is for
`verification` to say.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from simulation.errors import InputError
from simulation.records import folders, raw

State = Literal["complete", "partial", "unfinished", "damaged"]
WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")
LABELS = ("robust", "conditional", "fragile")


@dataclass(frozen=True)
class Entry:
    """One run folder."""

    id: str
    date: str
    """When it was made: an ISO time, or the day in its name where the record does not say."""
    scenario: str
    state: State
    """Partial where turns failed; unfinished where there is no record yet; damaged where it cannot be read."""
    engines: tuple[str, ...] = ()
    verdict: str = ""
    """How many support, stand aside and oppose, and whether a majority is in favour."""
    stability: str = ""


def _verdict(data: dict[str, Any]) -> str:
    merged, said = data["merge"], data["transcript"]["statements"]
    if sum(len(merged[side]) for side in ("support", "aside", "oppose")) != len({s["code"] for s in said}):
        raise KeyError("statements")
    sides = [
        f"{len(merged[side])} {word}" for side, word in (("support", "for"), ("aside", "aside"), ("oppose", "against"))
    ]
    return f"{', '.join(sides)}: {'passes' if data['negotiation']['stability']['verdict'] else 'fails'} by majority"


def _entry(folder: Path) -> Entry:
    """What a folder holds; never an error."""
    known = Entry(id=folder.name, date=folder.name[:10], scenario=folder.name[11:-9], state="damaged")
    if not (folder / "run.json").exists():
        return replace(known, state="unfinished")
    try:
        data = raw(folder)
        engines = tuple(sorted(set(data["engines"].values())))
        label, gaps, at = data["negotiation"]["stability"]["label"], data["transcript"]["gaps"], data["made"]["at"]
        whole = all(WORD.fullmatch(e) for e in engines) and label in LABELS and re.fullmatch(r"[0-9T:+-]{10,32}", at)
        if not whole:
            return known
        state: State = "partial" if gaps else "complete"
        return replace(known, date=at, state=state, engines=engines, verdict=_verdict(data), stability=label)
    except (InputError, KeyError, TypeError, AttributeError):
        return known


def entries(under: Path) -> list[Entry]:
    """Every run folder, newest first."""
    return sorted((_entry(folder) for folder in folders(under)), key=lambda e: (e.date, e.id), reverse=True)
