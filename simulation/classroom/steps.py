"""What a teacher can do to a room, and what the clock does.

What cannot be taken back, the next step and the close, is held for some seconds in which the teacher can undo it;
everything else has an opposite.
"""

from collections.abc import Callable, Mapping

from simulation.classroom.bell import TEACHER
from simulation.classroom.lesson import LATE, Event, Late, Pending, after, entered, extended, left, paused, toggled
from simulation.classroom.package import tallies
from simulation.classroom.reveal import hand_in_again, missing, reveal
from simulation.classroom.room import RUNS, Room
from simulation.classroom.table import Table
from simulation.drafts import clean
from simulation.errors import CommuniqueError, InputError
from simulation.plans import plan
from simulation.wording import listed

GRACE = 10.0
"""Seconds in which a step can be undone."""


def begin_debate(room: Room, told: Callable[[], None]) -> None:
    """Seat those who came and hold the debate; dossiers play the seats nobody took. Raises `InputError` with no one."""
    seated = tuple(c for c in room.setup.seats if room.members(c))
    if not seated:
        raise InputError("no student has taken a seat", "let them join first", "E183")
    engines = {"default": "dossier", **dict.fromkeys(seated, "human")}
    asked = plan(room.scenario.model_copy(update={"engines": engines}), rounds=room.setup.rounds)
    room.table = Table(asked, room.folder / RUNS, told)
    played = [room.names[c] for c in room.setup.seats if c not in seated]
    note = f"the debate begins; seats nobody took are played by their dossiers: {listed(played)}" if played else ""
    room.update(note or "the debate begins", run=asked.id, seated=seated)
    room.table.begin()


def take_up(room: Room, told: Callable[[], None]) -> None:
    """Take up the debate of a room that was left in the middle."""
    if room.state.run is not None:
        try:
            room.table = Table.at(room.folder / RUNS / room.state.run, told)
        except CommuniqueError as error:
            room.update(trouble=str(error))
            return
        room.table.begin()


def told(room: Room) -> None:
    """What a room does when its debate reports."""
    table, state = room.table, room.state
    if table is None:
        return
    if table.trouble and table.trouble != state.trouble:
        room.update(f"the debate stopped: {table.trouble}", trouble=table.trouble)
    elif state.stage == "write" and state.revealing:
        if table.complete(state.round):
            stage, number = after(state, room.setup)
            room.change(entered(state, room.setup, stage, number, room.now()), f"round {number} is heard")
        else:
            hand_in_again(room)
    room.forget()


def _advance(room: Room, late: Late, reports: Callable[[], None]) -> None:
    state = room.state
    if state.stage == "write":
        reveal(room, late)
        return
    stage, number = after(state, room.setup)
    if stage == "write" and number == 1 and room.table is None:
        begin_debate(room, reports)
    parts = {}
    if state.stage == "mark":
        parts["package"] = {t.provision.id: t.chosen for t in marked(room)}
    found = entered(room.state.model_copy(update=parts), room.setup, stage, number, room.now())
    room.change(found, f"next: {stage}" + (f" {number}" if stage in ("write", "hear") else ""))


def marked(room: Room) -> list:  # type: ignore[type-arg]
    """How the table marks the text, as far as papers are in."""
    by_country: dict[str, list[Mapping[str, str]]] = {}
    papers = room.papers("mark")
    for student in room.students():
        paper = papers.get(student.id)
        if paper is not None and paper.answer is not None:
            by_country.setdefault(student.country, []).append(paper.answer)
    return tallies(room.scenario, room.seats, by_country)


def perform(room: Room, reports: Callable[[], None]) -> None:
    """Do what is pending. Where it cannot be done, nothing changes and the teacher reads why.

    It is pending until the step itself is kept, so that a crash in between loses no step.
    """
    pending = room.state.pending
    if pending is None:
        return
    try:
        if pending.action == "close":
            room.change(entered(room.state, room.setup, "closed", room.state.round, room.now()), "closed")
        else:
            _advance(room, pending.late, reports)
    except InputError as error:
        room.update(f"not done: {error.message}", pending=None, trouble=f"{error.message}; {error.cure}")


def _heard_now(room: Room) -> bool:
    """Whether a pending step can be taken: a reveal waits for a debate that is still being taken up."""
    table, writing = room.table, room.state.stage == "write"
    revealing = writing and room.state.pending is not None and room.state.pending.action == "next"
    return not revealing or table is None or bool(table.questions) or bool(room.state.trouble)


def tick(room: Room, reports: Callable[[], None], grace: float = GRACE) -> None:
    """What time does: a pending step falls due; a writing step whose clock has ended goes on as the teacher chose.

    A round that was heard while it could not be kept is taken up too.
    """
    state, now = room.state, room.now()
    if state.revealing and state.stage == "write" and room.table is not None and room.table.complete(state.round):
        told(room)
    elif state.pending is not None:
        if now >= state.pending.due and _heard_now(room):
            perform(room, reports)
    elif state.clock is not None and state.clock.ends is not None and left(state, now) == 0:
        stopped = paused(state, now)
        go_on = state.stage == "write" and room.setup.late != "wait" and not state.revealing
        pending = Pending(action="next", due=now + grace, late=room.setup.late) if go_on else None
        room.change(stopped.model_copy(update={"pending": pending}), "the clock ended")


def _step(room: Room, given: Mapping[str, str], grace: float) -> None:
    late = given.get("late", "wait")
    if late not in LATE:
        raise InputError("no such choice", "choose one of those offered", "E183")
    action = "close" if given["do"] == "close" else "next"
    if room.state.stage == "closed":
        raise InputError("the room is closed", "open a new one", "E183")
    if given.get("at", room.state.key) != room.state.key:
        raise InputError("the room has gone on since that page was shown", "look at it again, then choose", "E183")
    writing = action == "next" and room.state.stage == "write"
    if writing and room.state.revealing:
        raise InputError("the round is being heard already", "wait a moment", "E183")
    if writing and late == "wait" and (gone := missing(room)):
        names = listed([room.names[c] for c in gone])
        raise InputError(f"nothing was submitted by {names}", "say what becomes of their seats, or wait", "E183")
    due = room.now() + grace
    room.update(pending=Pending.model_validate({"action": action, "due": due, "late": late}), trouble="")


def _event(room: Room, given: Mapping[str, str]) -> None:
    text, number = clean(given.get("text", ""))[:400], given.get("round", "")
    if not text or number not in map(str, range(1, room.setup.rounds + 1)):
        raise InputError("an event needs a text and a round of the lesson", "write both", "E183")
    events = (*room.state.events, Event(round=int(number), text=text))
    room.update(f"event in round {number}: {text}", events=events[-20:])


def _extend(room: Room, given: Mapping[str, str]) -> None:
    seconds = {"60": 60, "300": 300, "-60": -60}.get(given.get("seconds", ""))
    if seconds is None:
        raise InputError("the clock moves by one minute or five", "use the buttons", "E183")
    room.change(extended(room.state, seconds, room.now()), f"clock {seconds:+d} s")


def _drop_event(room: Room, given: Mapping[str, str]) -> None:
    at = given.get("which", "")
    events = tuple(e for k, e in enumerate(room.state.events) if str(k) != at)
    room.update(f"event {at} taken back", events=events)


def _mark_seat(room: Room, given: Mapping[str, str]) -> None:
    """Nudge a seat, or have the dossier analyst stand in for it, or no longer."""
    country, stand_in = given.get("country", ""), given["do"] == "stand_in"
    if country not in room.setup.seats:
        raise InputError("no such seat", "use the buttons", "E183")
    field = "stand_ins" if stand_in else "nudged"
    now = toggled(getattr(room.state, field), country)
    words = ("stand-in" if stand_in else "nudge") + (" for " if country in now else " no longer for ")
    room.update(words + room.names[country], **{field: now})


def _hide(room: Room, given: Mapping[str, str]) -> None:
    name = given.get("statement", "")
    if room.table is None or room.table.statement(name) is None:
        raise InputError("no such statement", "use the buttons", "E183")
    hidden = toggled(room.state.hidden, name)
    room.update(f"{'hidden' if name in hidden else 'shown again'}: {name}", hidden=hidden)


def do(room: Room, given: Mapping[str, str], reports: Callable[[], None], grace: float = GRACE) -> None:
    """One thing the teacher asks for, by the field `do`; raises `InputError` where it cannot be."""
    simple: dict[str, Callable[[], None]] = {
        "next": lambda: _step(room, given, grace),
        "close": lambda: _step(room, given, grace),
        "undo": lambda: room.update("undone", pending=None),
        "now": lambda: perform(room, reports),
        "pause": lambda: room.change(paused(room.state, room.now()), "clock stopped or started"),
        "extend": lambda: _extend(room, given),
        "event": lambda: _event(room, given),
        "drop_event": lambda: _drop_event(room, given),
        "stand_in": lambda: _mark_seat(room, given),
        "nudge": lambda: _mark_seat(room, given),
        "hide": lambda: _hide(room, given),
    }
    if given.get("do") not in simple:
        raise InputError("no such action", "use the buttons of the page", "E183")
    simple[given["do"]]()
    room.bell.ring(TEACHER)
