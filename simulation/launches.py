"""A run that asks a model or a person: opened in its folder, held there, finished, or left so that it can go on.

Every reply and every statement is on the disk before anything is built on it, so that neither a kill nor a lost
connection loses a finished call, pays for one twice or asks a person again.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulation import records
from simulation.addresses import Database, Shelf
from simulation.calls import Caller, Reply, Settings
from simulation.cassettes import Cassette, Recorder, Strict
from simulation.debate import Ask, Control, Question, put, vacant, vacate
from simulation.engines import seat
from simulation.errors import InputError, Interrupted, ProviderError, Unwritable
from simulation.floor import Said
from simulation.folders import LAUNCH, RECORD, REPLIES, Workplace, as_text, place
from simulation.plans import Plan, again, made_now
from simulation.runs import Ears, Run, hold, written
from simulation.seals import HASHES
from simulation.tally import tally
from simulation.transcript import Gap
from simulation.turn import Kit
from simulation.waiting import wait

Connect = Callable[[Settings, Sequence[Reply]], Caller]
"""Makes what answers calls, for the settings of a run and what was asked before: a budget is that of the whole run."""
Reports = Callable[[Run], dict[str, str]]
"""The files of a run beside run.json, by name."""


@dataclass(frozen=True)
class Held:
    """A finished run and where it lies."""

    run: Run
    folder: Path


Told = Callable[[str], None]
"""Hears what a person should know: the folder as soon as it is there, and what becomes of a Ctrl-C."""


@dataclass(frozen=True)
class _Company:
    """Who is there while a run is held."""

    ears: Ears
    told: Told
    ask: Ask | None
    """Gets answers for people's seats."""


def _nothing(line: str) -> None:
    """Tell nobody."""


class _Stop:
    """The first Ctrl-C finishes what is in flight, the second stops at once; while people think, nothing is."""

    def __init__(self, company: _Company) -> None:
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
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # another system, or no main thread
            self._loop.add_signal_handler(signal.SIGINT, self)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            self._loop.remove_signal_handler(signal.SIGINT)


async def _held(
    asked: Plan, caller: Caller, company: _Company, workplace: Workplace, spoken: Sequence[Said] | None
) -> Run:
    with _Stop(company) as stop:
        ask = stop.ask if company.ask else None
        return await hold(asked, caller, company.ears, workplace, stop.control, ask, spoken)


@contextlib.contextmanager
def _at_work(workplace: Workplace) -> Iterator[Cassette]:
    """The recording of a run, with every other process kept out; what only an unfinished run needs goes in the end.

    Where the run breaks off everything stays, and the error says how to go on.
    """
    command = f"communique resume {workplace.folder}"
    try:
        with Cassette(workplace.replies) as cassette:
            yield cassette
    except (Interrupted, asyncio.CancelledError):
        raise Interrupted(f"interrupted; go on with: {command}") from None
    except Unwritable as error:
        raise error.kept(command) from None
    except ProviderError:
        workplace.clear(finished=False)
        raise
    workplace.clear()


def _finish(asked: Plan, caller: Caller, company: _Company, workplace: Workplace, cassette: Cassette, reports: Reports,
            spoken: Sequence[Said] | None = None) -> Held:  # fmt: skip
    """Hold the debate in its folder and write its record; `spoken` is what people said, who are not asked again."""
    found = wait(_held(asked, caller, company, workplace, spoken))
    found = replace(found, tally=tally(cassette.replies))
    place(written(found, reports(found), cassette.replies), workplace.folder)
    return Held(found, workplace.folder)


def _recorder(
    inner: Caller | None, cassette: Cassette, forget: Collection[tuple[str, int]] = (), before: int = 0
) -> Caller:
    """Answers what is recorded, and has the rest asked, where there is somebody to ask."""
    if inner is None:
        return Strict(cassette)
    return Recorder(inner, cassette, retry_failures=True, forget=forget, before=before)


def _connected(asked: Plan, connect: Connect | None, before: Sequence[Reply] = ()) -> Caller | None:
    return connect(asked.settings, before) if connect is not None and asked.settings is not None else None


def _open(asked: Plan, workplace: Workplace, company: _Company) -> None:
    """Write down the plan; raises `InputError` where another run has the folder, which it would take for its own."""
    workplace.open(asked)
    company.told(f"run {asked.id}; if it breaks off: {_resume(workplace)}")


def launch(
    asked: Plan,
    connect: Connect | None,
    under: Path,
    reports: Reports,
    ears: Ears | None = None,
    told: Told = _nothing,
    ask: Ask | None = None,
    database: Database | None = None,
) -> Held:
    """Begin a run that asks a model, through `connect`, or people, through `ask`; checkpoints lie in the `database`."""
    workplace, company = _place(asked, under / asked.id, database), _Company(ears or Ears(), told, ask)
    inner = _connected(asked, connect)
    seat(asked.engines, Kit(inner, asked.settings, put=put if ask else None))
    _open(asked, workplace, company)
    with _at_work(workplace) as cassette:
        return _finish(asked, _recorder(inner, cassette), company, workplace, cassette, reports)


def resume(
    folder: Path,
    connect: Connect | None,
    reports: Reports,
    ears: Ears | None = None,
    told: Told = _nothing,
    ask: Ask | None = None,
    database: Database | None = None,
) -> Held:
    """Go on with a run that broke off, or ask again the seats that failed in one that finished without them.

    Who was absent is not asked again: that was somebody's word.
    """
    if not (folder / LAUNCH).is_file():
        raise InputError(
            f"{folder} has no {LAUNCH}: it asked no model and no person",
            "hold it again with communique run; it takes a second",
            "E160",
        )
    asked = again(records.launched(folder), str(folder / LAUNCH))
    workplace, company = Workplace(folder), _Company(ears or Ears(), told, ask)
    if (done := _complete(asked, workplace, told)) is not None:
        return done
    with _at_work(workplace) as cassette:
        if (done := _complete(asked, workplace, told)) is not None:  # by the process that was at work until now
            return done
        inner = _connected(asked, connect, cassette.replies)
        if not (folder / RECORD).is_file():
            return _finish(asked, _recorder(inner, cassette), company, workplace, cassette, reports)
        before = records.load(folder)
        forget = {(gap.code, gap.round) for gap in _failed(before)}
        caller = _recorder(inner, cassette, forget, workplace.again(forget, cassette.size))
        return _finish(asked, caller, company, workplace, cassette, reports, before.by_people)


def _failed(found: Run) -> list[Gap]:
    """The turns of a run that may be asked for once more."""
    return [gap for gap in found.transcript.gaps if gap.country not in found.plan.people]


def _complete(asked: Plan, workplace: Workplace, told: Told) -> Held | None:
    """A run in which nothing is left to do, without what a kill at its very end may have left behind."""
    if not (workplace.folder / RECORD).is_file() or _failed(found := records.load(workplace.folder)):
        return None
    with contextlib.suppress(OSError):
        workplace.clear()
    told(f"{asked.id} is complete: nothing to resume")
    return Held(found, workplace.folder)


def replay(folder: Path, reports: Reports) -> tuple[Run, dict[str, str]]:
    """A finished run held again from its recorded replies and what people said, with nobody asked; its files by name.

    Raises `InputError` where the folder holds no run, or a reply that is needed was not recorded.
    """
    done, replies = records.load(folder), tuple[Reply, ...]()
    if done.plan.repeatable:
        found = wait(hold(done.plan))
    else:
        with Cassette(folder / REPLIES, read_only=True) as cassette:
            held = wait(hold(done.plan, Strict(cassette), spoken=done.by_people))
            replies = cassette.replies
            found = replace(held, tally=tally(replies))
    made = written(found, reports(found), replies)
    if HASHES not in records.raw(folder):  # written before there were any
        made[RECORD] = as_text(found.record())
    return found, made


def fork(
    folder: Path,
    asked: Plan,
    connect: Connect | None,
    under: Path,
    reports: Reports,
    ears: Ears | None = None,
    told: Told = _nothing,
) -> Held:
    """A changed run beside an old one: replies to questions that are still the same are taken over, the rest asked.

    What people said is taken over too, with its figures computed anew. Without `connect` a question that was not
    recorded fails its seat.
    """
    workplace = Workplace(under / asked.id)
    inner, company = _connected(asked, connect), _Company(ears or Ears(), told, None)
    spoken = records.load(folder).by_people
    with Cassette(folder / REPLIES, read_only=True) as before:
        _open(asked, workplace, company)
        with _at_work(workplace) as cassette:
            caller = _recorder(Strict(before, inner), cassette)
            return _finish(asked, caller, company, workplace, cassette, reports, spoken)


def changed(folder: Path, changes: tuple[str, ...]) -> Plan:
    """The plan of a run with changes made to it, as a new run."""
    from simulation.plans import plan

    done = records.load(folder).plan
    scenario = done.scenario.model_copy(update={"engines": dict(done.engines)})
    found = plan(scenario, settings=done.settings, narrate=done.narrate, changes=[*done.edits, *changes])
    return replace(found, made=made_now())
