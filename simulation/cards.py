"""A desk's passages as numbered cards, from which a person picks reasons.

The weightiest is card 1, whatever else is shown: a card has the same number on paper, on a terminal and in a browser,
and in every round.
"""

from dataclasses import dataclass

from simulation.briefs import ranked
from simulation.turn import Turn


@dataclass(frozen=True)
class Card:
    """One reason with its documents."""

    number: int
    passage: str
    """The passage of the dossier it is."""
    claim: str
    text: str
    speaks: tuple[tuple[str, int], ...]
    """Each provision it bears on, with 1 where it speaks for it and -1 against."""
    sources: tuple[str, ...]
    """Ids in the country's dossier."""


def cards(turn: Turn, most: int) -> tuple[Card, ...]:
    """The `most` weightiest cards of a seat, by number; all of their documents were out on the scenario's date."""
    found = []
    for number, row in enumerate(ranked(turn)[:most], 1):
        first = row[0]
        speaks = tuple((point.provision, point.direction) for point in row)
        found.append(Card(number, str(first.passage), first.claim, first.text, speaks, first.sources))
    return tuple(found)
