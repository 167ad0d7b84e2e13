"""What a draft may refer to in one turn, and how long it may be: the choices a speaker is given.

Ids are shown as the speaker was shown them, so that a masked prompt, its schema and its reading agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simulation.briefs import SHOWN, citable
from simulation.calls import Settings
from simulation.masks import Lens
from simulation.statement import Argument, Phase, Statement
from simulation.turn import Turn

NONE = "(none)"
"""What a model writes where it names nothing; no id can read so."""
LENGTHS = {
    "headline": 200,
    "reason": 320,
    "paragraph": 600,
    "claim": 160,
    "argument": 600,
    "answer": 500,
    "ask": 240,
}
"""Characters each text may take at detail 1."""
MOST_SOURCES = 4
LONGEST_ID = 40
"""Characters of an id that a draft refers to by its name."""


def longest(kind: str, settings: Settings) -> int:
    """Characters a kind of text should not exceed; twice that is refused."""
    return max(40, round(LENGTHS[kind] * settings.detail))


def most(entries: int, settings: Settings) -> int:
    """Entries a list may hold: fewer for a model that should write less."""
    return max(1, round(entries * min(1.0, settings.detail)))


@dataclass(frozen=True)
class Menu:
    """What a draft of one turn may refer to, as the speaker was shown it, and the lengths it should keep."""

    turn: Turn
    settings: Settings
    lens: Lens
    sources: Mapping[str, str]
    """Labels of the documents in the dossier, out in time or not, and their ids."""
    shown: Sequence[str]
    """Labels of those the speaker was shown."""
    provisions: Mapping[str, str]
    changes: Mapping[str, str]
    """Labels of provisions and of their options, and `provision` or `provision/option`."""
    statements: Mapping[str, Statement] = field(default_factory=dict)
    """What others said since the speaker spoke last."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    """What of it can be answered."""


def menu(turn: Turn, settings: Settings) -> Menu:
    """What may be referred to in a turn."""
    lens = Lens.of(turn, settings.masked)
    changes = {lens.provisions[p.id]: p.id for p in turn.scenario.provisions}
    for p in turn.scenario.provisions:
        changes |= {lens.option(p.id, o.id): f"{p.id}/{o.id}" for o in p.options}
    since = turn.own[-1].round if turn.own else 0
    heard = [s for s in turn.heard if s.round >= since and s.code != turn.dossier.code]
    heard.sort(key=lambda s: (s.round, [d.code for d in turn.table].index(s.code)))
    return Menu(
        turn=turn,
        settings=settings,
        lens=lens,
        sources={label: name for name, label in lens.sources.items()},
        shown=[lens.sources[name] for name in citable(turn, settings.passages)],
        provisions={label: name for name, label in lens.provisions.items()},
        changes=changes,
        statements={lens.speech(s.id): s for s in heard},
        arguments={lens.speech(a.id): a for s in heard for a in s.arguments[:SHOWN]},
    )


LISTS = {"context": 3, "challenges": 3, "answers": 4, "arguments": 4, "outlook": 2, "asks": 3}
"""The lists of a draft and the most entries of each at detail 1."""


def asked(phases: Sequence[Phase]) -> dict[str, int]:
    """The lists that a round fills, in the order of `LISTS`, with the fewest entries of each; the others stay empty."""
    opening = "opening" in phases
    fewest = {"context": 1, "challenges": 0} if opening else {"answers": 0}
    fewest["arguments"] = 1 if opening else 0
    if opening or "closing" in phases:
        fewest["outlook"] = 1
    if opening or "amendments" in phases:
        fewest["asks"] = 0
    return {name: fewest[name] for name in LISTS if name in fewest}
