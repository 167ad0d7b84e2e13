"""What an analyst is given and must return.

An analyst never sees the graph: it gets a frozen `Turn` and returns one `Statement`, so a dossier, a chat model and a
person can sit in the same seat.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulation.amendments import Change
from simulation.calls import Caller, Hearing, Settings
from simulation.dossier import Dossier
from simulation.scenario import Scenario
from simulation.statement import Phase, Statement
from simulation.transcript import Gap

T = TypeVar("T")


def phases(number: int, rounds: int) -> tuple[Phase, ...]:
    """What a round is for: opening, challenges, answers, amendments, closing, as far as the rounds allow.

    A debate of five rounds gives each its own; a shorter one puts the last ones together, a longer one answers on.
    """
    if number == 1:
        return ("opening",) if rounds > 1 else ("opening", "amendments", "closing")
    now: list[Phase] = ["challenges" if number == 2 else "answers"]
    if number == rounds - 1 and rounds >= 5:
        now = ["amendments"] if rounds == 5 else ["answers", "amendments"]
    if number == rounds:
        now += ["closing"] if rounds >= 5 else ["amendments", "closing"]
    return tuple(p for p in now if not (rounds == 5 and number == 5 and p == "answers"))


class Once:
    """Something that things follow from: each is worked out once and kept."""

    kept: dict[Hashable, Any]

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What goes by a name."""
        if name not in self.kept:
            self.kept[name] = make()
        found: T = self.kept[name]
        return found


class Heard(tuple[Statement, ...], Once):
    """Everything said before a round, in the order it was said, found by who spoke and by when.

    All seats of a round share one, so that none of them looks through what everybody said.
    """

    def __init__(self, said: Iterable[Statement] = ()) -> None:
        self.kept = {}

    @cached_property
    def by_code(self) -> Mapping[str, tuple[Statement, ...]]:
        """What each country said."""
        found: dict[str, list[Statement]] = {}
        for said in self:
            found.setdefault(said.code, []).append(said)
        return {code: tuple(row) for code, row in found.items()}

    @cached_property
    def by_round(self) -> Mapping[int, Mapping[str, Statement]]:
        """What was said in each round, by code."""
        found: dict[int, dict[str, Statement]] = {}
        for said in self:
            found.setdefault(said.round, {})[said.code] = said
        return found

    @cached_property
    def by_id(self) -> Mapping[str, Statement]:
        """Each statement by its id."""
        return {said.id: said for said in self}


@dataclass(frozen=True)
class Turn(Once):
    """One seat's moment to speak."""

    scenario: Scenario
    country: str
    """The dossier's name."""
    dossier: Dossier
    table: tuple[Dossier, ...]
    """Every dossier at the table, in the scenario's order, one's own included."""
    round: int
    rounds: int
    positions: NDArray[np.float64]
    """(R, P) the country's position on each provision in each round so far, the current one last."""
    stakes: NDArray[np.float64]
    """(P,) how much each provision matters to the country, as `stance.importance` has it."""
    relations: NDArray[np.float64]
    """(3,) affinity to the sponsors, being a target, affinity to the targets."""
    mixing: NDArray[np.float64]
    """(C,) how much the country listens to each seat; nothing to one that said nothing in the round before."""
    mixed: NDArray[np.float64]
    """(C,) the same in the round before."""
    changes: tuple[Change, ...]
    """What each change of wording would do to the country, best first."""
    heard: Heard
    """Everything said in earlier rounds, in the order it was said."""
    kept: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)
    """What `once` worked out of scenario, table and dossier alone; it is the same in every round of the seat."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What this round is for."""
        return phases(self.round, self.rounds)

    @cached_property
    def own(self) -> tuple[Statement, ...]:
        """What this seat has said so far."""
        return self.heard.by_code.get(self.dossier.code, ())

    def others(self, number: int) -> Mapping[str, Statement]:
        """What the others said in a round, by code, in the order it was said."""
        return {code: s for code, s in self.heard.by_round.get(number, {}).items() if code != self.dossier.code}

    @cached_property
    def last_round(self) -> tuple[Statement, ...]:
        """What the others said in the round before."""
        return tuple(self.others(self.round - 1).values())


Put = Callable[[Mapping[str, Any]], Any]
"""Puts a question, as JSON has it, to whoever sits in a seat, and gives back the answer."""


class Analyst(Protocol):
    """Anything that can take a seat."""

    async def speak(self, turn: Turn) -> Statement:
        """Say one thing, for the turn's own country and round."""
        ...


@dataclass(frozen=True)
class Kit:
    """What an engine may need to take seats."""

    caller: Caller | None = None
    """Who answers the questions of a chat-model seat."""
    settings: Settings | None = None
    hearing: Hearing = lambda seat, tokens: None
    """Told how much of a reply has come."""
    put: Put | None = None
    """Puts questions to people; None where nobody can be asked."""
    spoken: tuple[Statement | Gap, ...] | None = None
    """What people said, where a recorded debate is held again: nobody is asked then."""
