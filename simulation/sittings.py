"""One sitting of a run that asks a model or a person: at work in its folder, alone, until it is over or breaks off.

A run may take several: where one breaks off everything stays, and the error says which command begins the next.
"""

import asyncio
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from simulation.calls import Caller, Reply
from simulation.cassettes import Cassette, Recorder, Strict
from simulation.checkpoints import vacant, vacate
from simulation.debate import Ask, Control, Question
from simulation.errors import InputError, Interrupted, ProviderError, Unreachable, Unwritable
from simulation.floor import Said
from simulation.folders import Workplace, place
from simulation.plans import Plan
from simulation.runs import Ears, Run, hold, written
from simulation.tally import tally
from simulation.waiting import wait

Reports = Callable[[Run], dict[str, str]]
"""The files of a run beside run.json, by name."""
Told = Callable[[str], None]
"""Hears what a person should know: the folder as soon as it is there, and what becomes of a Ctrl-C."""


def nothing(line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Company:
    """Who is there while a run is held."""

    ears: Ears
    told: Told
    ask: Ask | None
    """Gets answers for people's seats."""


class _Stop:
    """The first Ctrl-C finishes what is in flight, the second stops at once; while people think, nothing is."""

    def __init__(self, company: Company) -> None:
        self.control, self._company, self._waiting = Control(), company, False
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()

    def __call__(self) -> None:
        if self._task is not None and (self._waiting or self.control.drain_requested):
            self._task.cancel()
        else:
            self.control.request_drain("interrupted")
            self._company.told("finishing the calls in flight; press Ctrl-C again to stop now")

    async def ask(self, questions: tuple[Question, ...]) -> Mapping[str, Any]:
        """Wait for people, ready to stop at once."""
        assert self._company.ask is not None
        self._waiting = True
        try:
            return await self._company.ask(questions)
        finally:
            self._waiting = False

    def __enter__(self) -> "_Stop":
        with suppress(NotImplementedError, RuntimeError, ValueError):  # another system, or no main thread
            self._loop.add_signal_handler(signal.SIGINT, self)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            self._loop.remove_signal_handler(signal.SIGINT)


def resume_command(workplace: Workplace) -> str:
    """The command that goes on with a run."""
    return f"communique resume {workplace.folder}{workplace.shelf.database.again if workplace.shelf else ''}"


def opened(asked: Plan, workplace: Workplace, company: Company) -> None:
    """Write down the plan; raises `InputError` where another run has the folder, which it would take for its own."""
    if workplace.shelf and not wait(vacant(workplace.shelf)):
        raise workplace.taken(asked)
    workplace.open(asked)
    company.told(f"run {asked.id}; if it breaks off: {resume_command(workplace)}")


def clear(workplace: Workplace, told: Told, finished: bool = True) -> None:
    """Take away what only an unfinished run needs; a database that is lost by then spoils nothing."""
    try:
        if workplace.shelf:
            wait(vacate(workplace.shelf))
    except InputError as error:
        told(f"its checkpoints stay in the database: {error.message}")
    workplace.clear(finished)


@contextmanager
def at_work(workplace: Workplace, told: Told) -> Iterator[Cassette]:
    """The recording of a run, with every other process kept out; what only an unfinished run needs goes in the end."""
    command = resume_command(workplace)
    try:
        with Cassette(workplace.replies) as cassette:
            yield cassette
    except (Interrupted, asyncio.CancelledError):
        raise Interrupted(f"interrupted; go on with: {command}") from None
    except Unwritable as error:
        raise error.kept(command) from None
    except Unreachable as error:
        raise Unreachable(error.message, f"{error.cure}; then go on with: {command}", error.code) from None
    except ProviderError:
        clear(workplace, told, finished=False)
        raise
    clear(workplace, told)


def recorder(
    inner: Caller | None, cassette: Cassette, forget: Collection[tuple[str, int]] = (), before: int = 0
) -> Caller:
    """Answers what is recorded, and has the rest asked, where there is somebody to ask."""
    if inner is None:
        return Strict(cassette)
    return Recorder(inner, cassette, retry_failures=True, forget=forget, before=before)


async def _held(
    asked: Plan, caller: Caller, company: Company, workplace: Workplace, spoken: Sequence[Said] | None
) -> Run:
    with _Stop(company) as stop:
        ask = stop.ask if company.ask else None
        return await hold(asked, caller, company.ears, workplace, stop.control, ask, spoken)


def counted(found: Run, replies: Sequence[Reply]) -> Run:
    """A run with what its calls came to."""
    return replace(found, tally=tally(replies))


def finish(asked: Plan, caller: Caller, company: Company, workplace: Workplace, cassette: Cassette, reports: Reports,
           spoken: Sequence[Said] | None = None) -> Run:  # fmt: skip
    """Hold the debate in its folder and write its record; `spoken` is what people said, who are not asked again."""
    found = counted(wait(_held(asked, caller, company, workplace, spoken)), cassette.replies)
    place(written(found, reports(found), cassette.replies), workplace.folder)
    return found
