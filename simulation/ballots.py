"""Desks that give their figures and say nothing, for the many debates of which only the figures are read.

What a desk says never changes where the others stand, since positions move by positions: a table of ballots ends where
a debate of the same dossiers ends, in a tenth of the time. They need no graph either: nobody fails, asks or waits.
"""

from simulation.floor import Floor
from simulation.judgement import judge
from simulation.moderation import Merge, merge
from simulation.statement import NAMES, Statement
from simulation.transcript import Transcript
from simulation.turn import Turn


def ballot(turn: Turn) -> Statement:
    """The stance of a desk in a round with everything it adds up from."""
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


def count(floor: Floor) -> tuple[Transcript, Merge]:
    """Every round of ballots, and the merge of the final positions."""
    for number in range(1, floor.scenario.debate.rounds + 1):
        floor.begin()
        for country in floor.seats:
            floor.said(ballot(floor.turn(country, number)))
    record = floor.transcript()
    return record, merge(floor.scenario, floor.table, record.final)
