"""An engine that plays given lines: for tests, demonstrations and replays of a recorded debate.

A turn with no line fails, and is recorded as failed: nothing is made up for it.
"""

from collections.abc import Iterable

from simulation.errors import CommuniqueError, InputError
from simulation.statement import Statement
from simulation.turn import Kit, Turn


class ScriptedAnalyst:
    """Says what was written for the seat and the round."""

    def __init__(self, lines: Iterable[Statement]) -> None:
        self._lines = {line.id: line for line in lines}

    async def speak(self, turn: Turn) -> Statement:
        """The line of this seat and round."""
        key = f"{turn.dossier.code}-{turn.round}"
        if key not in self._lines:
            raise CommuniqueError(f"the script holds no line {key}")
        return self._lines[key]


def engine(kit: Kit) -> ScriptedAnalyst:
    """Refuses: a script has to be given from Python."""
    raise InputError("the scripted engine needs its lines", "build ScriptedAnalyst(lines) in Python", "E124")
