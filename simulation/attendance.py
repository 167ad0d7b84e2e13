"""A run held from the command line: who hears of it, and who answers for people's seats.

Where people sit at the terminal its lines are for them to read and type in: no live table is drawn, and what the others
say in a round is told once everybody has spoken.
"""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from simulation import console
from simulation.debate import Ask
from simulation.keyboard import Keyboard
from simulation.runs import Ears
from simulation.seats import Clock, Curtain, Terminal


@dataclass(frozen=True)
class Attendance:
    """Who is there."""

    listener: console.Quiet
    ears: Ears
    ask: Ask | None
    """Gets answers at the terminal; None where no person has a seat."""


@contextmanager
def attended(people: Collection[str], seats: int, clock: Clock, as_json: bool, quiet: bool) -> Iterator[Attendance]:
    """Listen to a run of so many seats, with people at the terminal for some of its countries."""
    with console.listener(as_json, quiet, plain=bool(people)) as listener:
        if not people:
            yield Attendance(listener, Ears(listener.heard, listener.hears, listener.started), None)
            return
        curtain = Curtain(listener.heard, seats)
        terminal = Terminal(console.tell, console.prompt, console.blank, Keyboard(sys.stdin), clock)
        yield Attendance(listener, Ears(curtain.heard, listener.hears, listener.started), terminal.answer)
        curtain.open()
