"""A room's debate, held in a thread of its own while people think.

The debate asks; the room answers when the teacher reveals a round. Everything said is on the disk before the debate
goes on, so that a server that was killed takes up the round it was in.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from simulation import launches, records
from simulation.debate import Question
from simulation.errors import CommuniqueError, Interrupted
from simulation.floor import Said
from simulation.folders import LAUNCH, Workplace
from simulation.moderation import speaking_order
from simulation.plans import Plan, again
from simulation.report import files
from simulation.runs import Ears, Run, run
from simulation.statement import Statement
from simulation.turn import Turn

Answers = Mapping[str, Any]


def _give(future: asyncio.Future[Answers], answers: Answers) -> None:
    if not future.done():
        future.set_result(answers)


class Table:
    """The debate of one room. Its own thread writes here; the server's thread reads whole values only."""

    def __init__(self, plan: Plan, under: Path, told: Callable[[], None]) -> None:
        self.plan, self.folder = plan, under / plan.id
        self.spoken: dict[str, Said] = {}
        """Statements, and gaps where a seat stayed silent, by id."""
        self.questions: tuple[Question, ...] = ()
        """What the debate waits for."""
        self.run: Run | None = None
        self.dossiers: Run | None = None
        """The same debate with a dossier analyst in every seat, for the debrief."""
        self.trouble = ""
        self._told = told
        self._answers: asyncio.Future[Answers] | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._hold, name=f"table {plan.id}", daemon=True)

    @classmethod
    def at(cls, folder: Path, told: Callable[[], None]) -> "Table":
        """The table of a debate that was begun, finished or not."""
        return cls(again(records.launched(folder), str(folder / LAUNCH)), folder.parent, told)

    def begin(self) -> None:
        """Hold the debate, from where it stands."""
        self._thread.start()

    def close(self) -> None:
        """Stop the debate where it waits; it can go on later."""
        self._closed = True
        self._settle({})
        if self._thread.is_alive():
            self._thread.join(10)

    def answer(self, answers: Answers) -> None:
        """Give what some seats say, by country."""
        asked = {q.country: q.id for q in self.questions}
        self._settle({asked[country]: body for country, body in answers.items() if country in asked})

    def _settle(self, answers: Answers) -> None:
        """Wake the debate; no answer at all stops it."""
        future = self._answers
        if future is not None and not future.done():
            self.questions = ()
            future.get_loop().call_soon_threadsafe(_give, future, answers)

    def turn(self, country: str, number: int) -> Turn | None:
        """What a seat is given, where the debate waits for it in a round."""
        return next((q.turn for q in self.questions if q.country == country and q.round == number), None)

    def said(self, number: int) -> list[Said]:
        """What was said in a round and who stayed silent, in the order of speaking."""
        codes = [d.code for d in self.plan.seats.values()]
        order = speaking_order(codes, self.plan.scenario.debate.seed, number)
        return [self.spoken[f"{code}-{number}"] for code in order if f"{code}-{number}" in self.spoken]

    def statement(self, name: str) -> Statement | None:
        """A statement by its id."""
        found = self.spoken.get(name)
        return found if isinstance(found, Statement) else None

    def complete(self, number: int) -> bool:
        """Whether every seat has had its turn in a round."""
        return len(self.said(number)) == len(self.plan.seats)

    def show(self, found: Run, dossiers: Run | None) -> None:
        """Take up a finished debate and the one of dossiers beside it."""
        self._keep([*found.transcript.statements, *found.transcript.gaps])
        self.dossiers, self.run = dossiers, found

    def _keep(self, said: Iterable[Said]) -> None:
        self.spoken = {**self.spoken, **{f"{s.code}-{s.round}": s for s in said}}

    def _hold(self) -> None:
        try:
            found = self._held()
            self.show(found, run(self.plan.scenario.model_copy(update={"engines": {}})))
        except Interrupted:
            return
        except CommuniqueError as error:
            self.trouble = str(error)
        except Exception as error:  # a bug of ours must reach the teacher, not vanish in a thread
            self.trouble = f"a bug of ours: {type(error).__name__}: {error}"
        self._told()

    def _held(self) -> Run:
        """The debate, held to its end from wherever it stands."""
        ears, under = Ears(listener=self._heard), self.folder.parent
        if (self.folder / "run.json").is_file():
            Workplace(self.folder).clear()  # a kill at the very end leaves what students said beside the record
            return records.load(self.folder)
        if (self.folder / LAUNCH).is_file():
            self._keep(Workplace(self.folder).kept())
            return launches.resume(self.folder, None, files.reports, ears, ask=self._ask).run
        return launches.launch(self.plan, None, under, files.reports, ears, ask=self._ask).run

    def _heard(self, kind: str, what: Said | int) -> None:
        """Follow what is said."""
        if not isinstance(what, int):
            self._keep([what])
            if self.complete(what.round):
                self._told()

    async def _ask(self, questions: tuple[Question, ...]) -> Answers:
        """Wait until the room answers."""
        if self._closed:
            return {}
        self._answers = asyncio.get_running_loop().create_future()
        self.questions = questions
        self._told()
        return await self._answers
