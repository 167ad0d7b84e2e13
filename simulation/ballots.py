"""A desk that gives its figures and says nothing, for the many debates of which only the figures are read.

What a desk says never changes where the others stand, since positions move by positions: a table of ballots ends where
a table of dossiers ends, in a third of the time. It may sit among its like only; a model would read what was not said.
"""

from simulation.judgement import judge
from simulation.statement import NAMES, Statement
from simulation.turn import Turn


class Ballot:
    """Speaks for a country in figures, from its dossier."""

    async def speak(self, turn: Turn) -> Statement:
        """The stance of the round with everything it adds up from."""
        found, dossier = judge(turn), turn.dossier
        return Statement(
            id=f"{dossier.code}-{turn.round}",
            country=turn.country,
            code=dossier.code,
            callsign=dossier.callsign,
            round=turn.round,
            engine="dossier",
            phases=turn.phases,
            headline=NAMES[found.stance],
            **vars(found),
        )
