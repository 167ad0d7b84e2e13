"""One room: its setup, its state, its students, its debate, and the store that keeps them.

A change is on the disk before anybody is told of it.
"""

import json
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from simulation.addresses import Database
from simulation.classroom import keys
from simulation.classroom.bell import EVERYBODY, Bell
from simulation.classroom.drivers import driver
from simulation.classroom.lesson import Setup, State
from simulation.classroom.store import Paper, Store, Student
from simulation.classroom.table import Table
from simulation.dossier import Dossier
from simulation.plans import table_of
from simulation.scenario import Scenario
from simulation.turn import Turn
from simulation.wording import upper

T = TypeVar("T")
BRIEF = "brief"
RUNS = "runs"
AWAY = 20.0
"""Seconds after which somebody without an open page counts as away."""


def _body(code: str, setup: Setup, scenario: Scenario) -> str:
    """What a room is, as JSON; a scenario's secret briefs stand beside it, since no dump of it holds them."""
    dumped = {"setup": setup.model_dump(mode="json"), "scenario": scenario.model_dump(mode="json")}
    return json.dumps({"code": code, "briefs": dict(scenario.briefs), **dumped})


class Room:
    """A lesson in progress; used by the server's thread only."""

    def __init__(self, folder: Path, store: Store, body: str, state: str, clock: Callable[[], float]) -> None:
        kept = json.loads(body)
        self.folder, self.store, self.now = folder, store, clock
        self.code: str = kept["code"]
        self.setup = Setup.model_validate(kept["setup"])
        self.scenario = Scenario.model_validate({**kept["scenario"], "briefs": kept["briefs"]})
        self.state = State.model_validate_json(state)
        self.bell = Bell()
        self.table: Table | None = None
        self._once: dict[tuple[str, ...], Any] = {}

    @classmethod
    def opened(
        cls,
        under: Path,
        code: str,
        setup: Setup,
        scenario: Scenario,
        clock: Callable[[], float] = time.time,
        database: Database | None = None,
    ) -> "Room":
        """A new room in a folder of its own."""
        folder = under / f"{time.strftime('%Y-%m-%d', time.gmtime(clock()))}-{keys.code(8).lower()}"
        folder.mkdir(parents=True, mode=0o700)
        store, body, state = Store(driver(folder, database)), _body(code, setup, scenario), State().model_dump_json()
        store.open(body, state, f"opened with {scenario.title}", clock())
        return cls(folder, store, body, state, clock)

    @classmethod
    def found(
        cls, folder: Path, clock: Callable[[], float] = time.time, database: Database | None = None
    ) -> "Room | None":
        """The room of a folder as it was left; None where nothing is kept of it."""
        store = Store(driver(folder, database))
        kept = store.found()
        if kept is None:
            store.close()
            return None
        return cls(folder, store, *kept, clock)

    @property
    def id(self) -> str:
        """The room's name, which is that of its folder."""
        return self.folder.name

    @cached_property
    def seats(self) -> dict[str, Dossier]:
        """Every dossier at the table, by country."""
        return table_of(self.scenario)

    @cached_property
    def names(self) -> dict[str, str]:
        """What a heading calls each country."""
        return {country: upper(d.short.removeprefix("the ")) for country, d in self.seats.items()}

    def change(self, state: State, note: str = "", topic: str = EVERYBODY) -> None:
        """Keep a new state, with a line for the log, and tell those whom it concerns."""
        self.store.save(state.model_dump_json(), note, self.now())
        self.state = state
        self._once = {key: value for key, value in self._once.items() if key[0] == BRIEF}
        self.bell.ring(topic)

    def update(self, note: str = "", **parts: Any) -> None:
        """Keep a state that differs in some parts."""
        self.change(self.state.model_copy(update=parts), note)

    def once(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """Something that is the same for many readers, made once until the room changes; a brief, once for ever."""
        if key not in self._once:
            self._once[key] = make()
        found: T = self._once[key]
        return found

    def forget(self) -> None:
        """Make anew what many readers share."""
        self._once = {}
        self.bell.ring(EVERYBODY)

    def students(self) -> list[Student]:
        """Everybody in the room, in the order they came."""
        return self.store.students()

    def members(self, country: str) -> list[Student]:
        """The students of one seat."""
        return [s for s in self.students() if s.country == country]

    def free(self) -> dict[str, int]:
        """Places left in each seat that students may still take; once the debate runs, in the seats that sit in it."""
        taken = [s.country for s in self.students()]
        open_seats = self.state.seated or tuple(self.setup.seats)
        return {c: most - taken.count(c) for c, most in self.setup.seats.items() if c in open_seats}

    def holder(self, student: int, secret: str) -> Student | None:
        """The student whose cookie this is."""
        return next((s for s in self.students() if s.id == student and keys.same(secret, s.secret)), None)

    def present(self, student: Student) -> bool:
        """Whether a student's page is open, or was a moment ago."""
        return student.id in self.bell.present() or self.now() - student.seen < AWAY

    def turn(self, country: str) -> Turn | None:
        """What a seat is given, while the debate waits for it in the round that is being written."""
        writing = self.state.stage == "write" and not self.state.revealing
        return self.table.turn(country, self.state.round) if self.table and writing else None

    def papers(self, kind: str) -> dict[int, Paper]:
        """The papers of a kind, by student."""
        return {p.student: p for p in self.store.papers(kind)}

    def shown(self) -> int:
        """The last round whose statements everybody may read."""
        return self.state.round - 1 if self.state.stage == "write" else self.state.round

    def close(self) -> None:
        """Stop the debate where it waits and close the store."""
        self._stop()
        self.store.close()

    def erase(self) -> None:
        """Stop the debate and take the room out of the store; its folder is left."""
        self._stop()
        self.store.erase()

    def _stop(self) -> None:
        if self.table is not None:
            self.table.close()
