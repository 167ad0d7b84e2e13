"""A run that asks a model: opened in its folder, held there, finished, or left so that it can go on.

Every reply is on the disk before anything is built on it, so that neither a kill nor a lost connection loses a finished
call or pays for one twice.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simulation import records
from simulation.calls import Caller, Reply, Settings
from simulation.cassettes import Cassette, Recorder, Strict
from simulation.debate import Control
from simulation.engines import seat
from simulation.errors import InputError, Interrupted, ProviderError
from simulation.folders import LAUNCH, REPLIES, Workplace, as_text, place
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


@contextlib.contextmanager
def _stoppable(control: Control, told: Callable[[str], None]) -> Iterator[None]:
    """The first Ctrl-C finishes what is in flight, the second stops at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if control.drain_requested and task is not None:
            task.cancel()
        else:
            control.request_drain("interrupted")
            told("finishing the calls in flight; press Ctrl-C again to stop now")

    try:
        loop.add_signal_handler(signal.SIGINT, stop)
    except (NotImplementedError, RuntimeError, ValueError):  # not on this system, or not in the main thread
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def _held(asked: Plan, caller: Caller, ears: Ears, workplace: Workplace, told: Callable[[str], None]) -> Run:
    control = Control()
    with _stoppable(control, told):
        return await hold(asked, caller, ears, workplace, control)


def _finish(asked: Plan, inner: Caller | None, ears: Ears, workplace: Workplace, reports: Reports,
            told: Callable[[str], None], forget: Collection[tuple[str, int]] = ()) -> Held:  # fmt: skip
    """Hold the debate in its folder and write its record; a recorded reply is not asked for again.

    `forget` names seat and round of turns whose replies came to nothing and are asked once more.
    """
    with Cassette(workplace.replies) as cassette:
        caller = Recorder(inner, cassette, retry_failures=True, forget=forget) if inner else Strict(cassette)
        try:
            found = wait(_held(asked, caller, ears, workplace, told))
        except ProviderError:
            workplace.clear()
            raise
        except (Interrupted, asyncio.CancelledError):
            raise Interrupted(f"interrupted; go on with: communique resume {workplace.folder}") from None
        found = replace(found, tally=tally(cassette.replies))
        place({"run.json": as_text(found.record()), **reports(found)}, workplace.folder)
    workplace.clear()
    return Held(found, workplace.folder)


def _connected(asked: Plan, connect: Connect, before: Sequence[Reply] = ()) -> Caller | None:
    return connect(asked.settings, before) if asked.settings is not None else None


def launch(
    asked: Plan,
    connect: Connect,
    under: Path,
    reports: Reports,
    ears: Ears | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> Held:
    """Begin a run that asks a model; `told` hears what a person should know, and the folder as soon as it is there."""
    workplace = Workplace(under / asked.id)
    inner = _connected(asked, connect)
    seat(asked.engines, Kit(inner, asked.settings))
    workplace.open(asked)
    told(f"run {asked.id}; if it breaks off: communique resume {workplace.folder}")
    return _finish(asked, inner, ears or Ears(), workplace, reports, told)


def resume(
    folder: Path,
    connect: Connect,
    reports: Reports,
    ears: Ears | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> Held:
    """Go on with a run that broke off, or ask again the seats that failed in one that finished without them."""
    if not (folder / LAUNCH).is_file():
        raise InputError(
            f"{folder} has no {LAUNCH}: it asked no model",
            "hold it again with communique run; it takes a second",
            "E160",
        )
    asked = again(records.launched(folder), str(folder / LAUNCH))
    workplace, forget = Workplace(folder), set[tuple[str, int]]()
    if (folder / "run.json").is_file():
        done = records.load(folder)
        if not done.transcript.gaps:
            told(f"{asked.id} is complete: nothing to resume")
            return Held(done, folder)
        forget = {(gap.code, gap.round) for gap in done.transcript.gaps}
        workplace.clear()
    inner = _connected(asked, connect, Cassette(workplace.replies, read_only=True).replies)
    return _finish(asked, inner, ears or Ears(), workplace, reports, told, forget)


def replay(folder: Path, reports: Reports) -> tuple[Run, dict[str, str]]:
    """A finished run held again from its recorded replies with no model, and its files by name.

    Raises `InputError` where the folder holds no run, or a reply that is needed was not recorded.
    """
    done = records.load(folder)
    if done.plan.repeatable:
        found = wait(hold(done.plan))
    else:
        with Cassette(folder / REPLIES, read_only=True) as cassette:
            found = replace(wait(hold(done.plan, Strict(cassette))), tally=tally(cassette.replies))
    return found, {"run.json": as_text(found.record()), **reports(found)}


def fork(
    folder: Path,
    asked: Plan,
    connect: Connect | None,
    under: Path,
    reports: Reports,
    ears: Ears | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> Held:
    """A changed run beside an old one: replies to questions that are still the same are taken over, the rest asked.

    Without `connect` a question that was not recorded fails its seat.
    """
    workplace = Workplace(under / asked.id)
    inner = _connected(asked, connect) if connect is not None else None
    with Cassette(folder / REPLIES, read_only=True) as before:
        workplace.open(asked)
        told(f"run {asked.id}; if it breaks off: communique resume {workplace.folder}")
        return _finish(asked, Strict(before, inner), ears or Ears(), workplace, reports, told)


def changed(folder: Path, changes: tuple[str, ...]) -> Plan:
    """The plan of a run with changes made to it, as a new run."""
    from simulation.plans import plan

    done = records.load(folder).plan
    scenario = done.scenario.model_copy(update={"engines": dict(done.engines)})
    found = plan(scenario, settings=done.settings, narrate=done.narrate, changes=[*done.edits, *changes])
    return replace(found, made=made_now())
