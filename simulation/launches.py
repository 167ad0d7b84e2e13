"""A run that asks a model or a person: begun, gone on with, held again from its recording, or forked.

Every reply and every statement is on the disk before anything is built on it, so that neither a kill nor a lost
connection loses a finished call, pays for one twice or asks a person again.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from simulation import records
from simulation.addresses import Database, Shelf
from simulation.calls import Caller, Reply, Settings
from simulation.cassettes import Cassette, Strict
from simulation.checkpoints import vacate
from simulation.debate import Ask, put
from simulation.engines import seat
from simulation.errors import InputError
from simulation.folders import LAUNCH, RECORD, REPLIES, Workplace, as_text
from simulation.parcels import bind, brought, deliver, destination, staged
from simulation.plans import Plan, again, made_now
from simulation.runs import Ears, Run, hold, written
from simulation.seals import HASHES
from simulation.sittings import Company, Reports, Told, at_work, counted, finish, nothing, opened, recorder
from simulation.transcript import Gap
from simulation.turn import Kit
from simulation.waiting import wait

Connect = Callable[[Settings, Sequence[Reply]], Caller]
"""Makes what answers calls, for the settings of a run and what was asked before: a budget is that of the whole run."""
RESUME = "communique resume"


@dataclass(frozen=True)
class Held:
    """A finished run and where it lies."""

    run: Run
    folder: Path


def _connected(asked: Plan, connect: Connect | None, before: Sequence[Reply] = ()) -> Caller | None:
    return connect(asked.settings, before) if connect is not None and asked.settings is not None else None


def _begun(asked: Plan, folder: Path, company: Company, database: Database | None = None) -> Workplace:
    """Where a new run is held: its folder, in the outbox if it is bound for a storage, and with a database a shelf."""
    workplace = Workplace(staged(folder), Shelf(database, asked.id) if database else None)
    opened(asked, workplace, company)
    bind(folder)
    return workplace


def launch(
    asked: Plan,
    connect: Connect | None,
    under: Path,
    reports: Reports,
    ears: Ears | None = None,
    told: Told = nothing,
    ask: Ask | None = None,
    database: Database | None = None,
) -> Held:
    """Begin a run that asks a model, through `connect`, or people, through `ask`; checkpoints lie in the `database`."""
    company = Company(ears or Ears(), told, ask)
    inner = _connected(asked, connect)
    seat(asked.engines, Kit(inner, asked.settings, put=put if ask else None))
    workplace = _begun(asked, under / asked.id, company, database)
    with at_work(workplace, told) as cassette:
        found = finish(asked, recorder(inner, cassette), company, workplace, cassette, reports)
    return Held(found, deliver(workplace.folder, RESUME))


def resume(
    folder: Path,
    connect: Connect | None,
    reports: Reports,
    ears: Ears | None = None,
    told: Told = nothing,
    ask: Ask | None = None,
    database: Database | None = None,
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
    workplace = Workplace(folder, Shelf(database, asked.id) if database else None)
    found = _complete(asked, workplace, told)
    if found is None:
        with at_work(workplace, told) as cassette:
            found = _complete(asked, workplace, told)  # by the process that was at work until now
            if found is None:
                found = _gone_on(asked, workplace, cassette, connect, reports, Company(ears or Ears(), told, ask))
    return Held(found, deliver(folder, RESUME))


def _gone_on(asked: Plan, workplace: Workplace, cassette: Cassette, connect: Connect | None, reports: Reports,
             company: Company) -> Run:  # fmt: skip
    """The rest of a run that broke off, or the turns that failed in one that finished without them."""
    inner = _connected(asked, connect, cassette.replies)
    if not (workplace.folder / RECORD).is_file():
        return finish(asked, recorder(inner, cassette), company, workplace, cassette, reports)
    before = records.load(workplace.folder)
    forget = {(gap.code, gap.round) for gap in _failed(before)}
    since = workplace.again(forget, cassette.size)
    if workplace.shelf and since == cassette.size:  # nothing was asked since: the graph begins anew
        wait(vacate(workplace.shelf))
    return finish(
        asked, recorder(inner, cassette, forget, since), company, workplace, cassette, reports, before.by_people
    )


def _failed(found: Run) -> list[Gap]:
    """The turns of a run that may be asked for once more."""
    return [gap for gap in found.transcript.gaps if gap.country not in found.plan.people]


def _complete(asked: Plan, workplace: Workplace, told: Told) -> Run | None:
    """A run in which nothing is left to do, without what a kill at its very end may have left behind."""
    if not (workplace.folder / RECORD).is_file() or _failed(found := records.load(workplace.folder)):
        return None
    with suppress(OSError):
        workplace.clear()
    told(f"{asked.id} is complete: nothing to resume")
    return found


def replay(folder: Path, reports: Reports) -> tuple[Run, dict[str, str]]:
    """A finished run held again from its recorded replies and what people said, with nobody asked; its files by name.

    Raises `InputError` where the folder holds no run, or a reply that is needed was not recorded.
    """
    done, replies = records.load(folder), tuple[Reply, ...]()
    if done.plan.repeatable:
        found = wait(hold(done.plan))
    else:
        with Cassette(folder / REPLIES, read_only=True) as cassette:
            replies = cassette.replies
            found = counted(wait(hold(done.plan, Strict(cassette), spoken=done.by_people)), replies)
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
    told: Told = nothing,
) -> Held:
    """A changed run beside an old one: replies to questions that are still the same are taken over, the rest asked.

    What people said is taken over too, with its figures computed anew. Without `connect` a question that was not
    recorded fails its seat.
    """
    inner, company = _connected(asked, connect), Company(ears or Ears(), told, None)
    spoken = records.load(folder).by_people
    with Cassette(folder / REPLIES, read_only=True) as before:
        workplace = _begun(asked, under / asked.id, company)
        with at_work(workplace, told) as cassette:
            caller = recorder(Strict(before, inner), cassette)
            found = finish(asked, caller, company, workplace, cassette, reports, spoken)
    return Held(found, deliver(workplace.folder, RESUME))


def changed(folder: Path, changes: tuple[str, ...]) -> Plan:
    """The plan of a run with changes made to it, as a new run."""
    from simulation.plans import plan

    done = records.load(folder).plan
    scenario = done.scenario.model_copy(update={"engines": dict(done.engines)})
    found = plan(scenario, settings=done.settings, narrate=done.narrate, changes=[*done.edits, *changes])
    return replace(found, made=made_now())
