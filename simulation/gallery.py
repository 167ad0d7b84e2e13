"""The live view of a table too large for the terminal: counts, camps, who speaks now and the last words.

Its height is fixed and every line is cut at the edge, so that two hundred seats or a long name never scroll it away.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.text import Text

from simulation.dossier import Dossier
from simulation.statement import LABELS, Statement
from simulation.wording import several, signed

WORDS = 6
"""How many of the last words are shown."""


@dataclass(frozen=True)
class Progress:
    """How far a debate has come."""

    title: str
    seats: Sequence[Dossier]
    round: int
    rounds: int
    said: Sequence[Statement]
    """Everything said so far, in the order it was said."""
    failed: Collection[str]
    """Ids of the turns that failed."""
    tokens: Mapping[str, int]
    """By code, how much of a reply has come."""


def _line(*parts: Text | str) -> Text:
    line = Text.assemble(*parts, no_wrap=True, overflow="ellipsis")
    line.plain = line.plain.replace("\n", " ")
    return line


def _speaking(now: Progress) -> str:
    """Whose turn it is: by name where replies are coming in, else by number."""
    spoken = {s.code for s in now.said if s.round == now.round}
    waiting = [d for d in now.seats if d.code not in spoken and f"{d.code}-{now.round}" not in now.failed]
    heard = sorted((d for d in waiting if now.tokens.get(d.code)), key=lambda d: -now.tokens[d.code])
    if heard:
        return f"speaking: {several([f'{d.short} ({now.tokens[d.code]} tokens)' for d in heard])}"
    if not waiting:
        return "all have spoken; now what follows from it" if now.round == now.rounds else "all have spoken"
    return f"to speak: {several([d.short for d in waiting])}"


def view(now: Progress, styles: Mapping[int, str]) -> Group:
    """A title, how many spoke, where they stand, who speaks and the last words, a line each."""
    last = {s.code: s for s in now.said}
    counted = Counter(s.stance for s in last.values())
    done = sum(s.round == now.round for s in now.said)
    failed = sum(name.endswith(f"-{now.round}") for name in now.failed)
    camps: list[Text | str] = []
    for stance in sorted(styles, reverse=True):
        if counted[stance]:
            camps += [Text(f" {LABELS[stance]} {counted[stance]} ", style=styles[stance]), " "]
    words = [
        _line(Text(f" {s.stance:+d} {signed(s.score)} ", style=styles[s.stance]), f" {s.id} {s.headline}")
        for s in now.said[-WORDS:]
    ]
    return Group(
        _line(Text(now.title, style="italic")),
        _line(
            f"round {now.round} of {now.rounds}: {done} of {len(now.seats)} have spoken",
            f", {failed} failed" if failed else "",
        ),
        _line(*camps) if camps else _line("nobody has taken a stance yet"),
        _line(_speaking(now)),
        *words,
        *[Text("")] * (WORDS - len(words)),
    )
