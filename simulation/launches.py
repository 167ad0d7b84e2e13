"""A run that asks a model or a person: opened in its folder, held there, finished, or left so that it can go on.

Every reply and every statement is on the disk before anything is built on it, so that neither a kill nor a lost
connection loses a finished call, pays for one twice or asks a person again.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulation import records
from simulation.calls import Caller, Reply, Settings
from simulation.cassettes import Cassette, Recorder, Strict
from simulation.debate import Ask, Control, Question, put
from simulation.engines import seat
from simulation.errors import InputError, Interrupted, ProviderError
from simulation.floor import Said
from simulation.folders import LAUNCH, REPLIES, Workplace, as_text, place
from simulation.parcels import bind, brought, deliver, destination, staged
from simulation.plans import Plan, again, made_now
from simulation.runs import Ears, Run, hold
from simulation.tally import tally
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


def _finish(asked: Plan, inner: Caller | None, company: _Company, workplace: Workplace, reports: Reports,
            forget: Collection[tuple[str, int]] = (), spoken: Sequence[Said] | None = None) -> Held:  # fmt: skip
    """Hold the debate in its folder and write its record; a recorded reply is not asked for again.

    `forget` names seat and round of turns whose replies came to nothing and are asked once more; `spoken` is what
    people said before, where they are not asked again.
    """
    try:
        with Cassette(workplace.replies) as cassette:
            caller = Recorder(inner, cassette, retry_failures=True, forget=forget) if inner else Strict(cassette)
            found = wait(_held(asked, caller, company, workplace, spoken))
            found = replace(found, tally=tally(cassette.replies))
            place({"run.json": as_text(found.record()), **reports(found)}, workplace.folder)
    except (Interrupted, asyncio.CancelledError):
        raise Interrupted(f"interrupted; go on with: communique resume {workplace.folder}") from None
    except ProviderError:
        workplace.clear()
        raise
    workplace.clear()
    return Held(found, deliver(workplace.folder, "communique resume"))


def _connected(asked: Plan, connect: Connect | None, before: Sequence[Reply] = ()) -> Caller | None:
    return connect(asked.settings, before) if connect is not None and asked.settings is not None else None


def _open(asked: Plan, folder: Path, company: _Company) -> Workplace:
    """Write down the plan where the run is held.

    Raises `InputError` where another run has the folder, which it would take for its own.
    """
    workplace = Workplace(staged(folder))
    if (workplace.folder / LAUNCH).exists():
        cure = f"go on with that one: communique resume {workplace.folder}; or begin another in a second"
        raise InputError(f"{asked.id} began within this second", cure, "E177")
    workplace.open(asked)
    bind(folder)
    company.told(f"run {asked.id}; if it breaks off: communique resume {workplace.folder}")
    return workplace


def launch(
    asked: Plan,
    connect: Connect | None,
    under: Path,
    reports: Reports,
    ears: Ears | None = None,
    told: Told = _nothing,
    ask: Ask | None = None,
) -> Held:
    """Begin a run that asks a model, through `connect`, or people, through `ask`."""
    company = _Company(ears or Ears(), told, ask)
    inner = _connected(asked, connect)
    seat(asked.engines, Kit(inner, asked.settings, put=put if ask else None))
    workplace = _open(asked, under / asked.id, company)
    return _finish(asked, inner, company, workplace, reports)


def resume(
    folder: Path,
    connect: Connect | None,
    reports: Reports,
    ears: Ears | None = None,
    told: Told = _nothing,
    ask: Ask | None = None,
) -> Held:
    """Go on with a run that broke off, or ask again the seats that failed in one that finished without them.

    Who was absent is not asked again: that was somebody's word.
    """
    folder = brought(folder, LAUNCH)
    if (to := destination(folder)) is not None:
        told(f"{folder} is bound for {to}, and is placed there when it is complete")
    if not (folder / LAUNCH).is_file():
        raise InputError(
            f"{folder} has no {LAUNCH}: it asked no model and no person",
            "hold it again with communique run; it takes a second",
            "E160",
        )
    asked = again(records.launched(folder), str(folder / LAUNCH))
    workplace, forget, spoken = Workplace(folder), set[tuple[str, int]](), None
    if (folder / "run.json").is_file():
        done = records.load(folder)
        failed = [gap for gap in done.transcript.gaps if gap.country not in asked.people]
        if not failed:
            told(f"{asked.id} is complete: nothing to resume")
            return Held(done, deliver(folder, "communique resume"))
        forget, spoken = {(gap.code, gap.round) for gap in failed}, done.by_people
        workplace.clear()
    inner = _connected(asked, connect, Cassette(workplace.replies, read_only=True).replies)
    return _finish(asked, inner, _Company(ears or Ears(), told, ask), workplace, reports, forget, spoken)


def replay(folder: Path, reports: Reports) -> tuple[Run, dict[str, str]]:
    """A finished run held again from its recorded replies and what people said, with nobody asked; its files by name.

    Raises `InputError` where the folder holds no run, or a reply that is needed was not recorded.
    """
    done = records.load(folder)
    if done.plan.repeatable:
        found = wait(hold(done.plan))
    else:
        with Cassette(folder / REPLIES, read_only=True) as cassette:
            held = wait(hold(done.plan, Strict(cassette), spoken=done.by_people))
            found = replace(held, tally=tally(cassette.replies))
    return found, {"run.json": as_text(found.record()), **reports(found)}


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
    inner, company = _connected(asked, connect), _Company(ears or Ears(), told, None)
    spoken = records.load(folder).by_people
    with Cassette(folder / REPLIES, read_only=True) as before:
        workplace = _open(asked, under / asked.id, company)
        return _finish(asked, Strict(before, inner), company, workplace, reports, spoken=spoken)


def changed(folder: Path, changes: tuple[str, ...]) -> Plan:
    """The plan of a run with changes made to it, as a new run."""
    from simulation.plans import plan

    done = records.load(folder).plan
    scenario = done.scenario.model_copy(update={"engines": dict(done.engines)})
    found = plan(scenario, settings=done.settings, narrate=done.narrate, changes=[*done.edits, *changes])
    return replace(found, made=made_now())
