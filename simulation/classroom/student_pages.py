"""The pages of students: the door, the seat, the papers."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulation.analysts.human import mistakes
from simulation.classroom import forms, keys
from simulation.classroom.doors import DOOR, SEAT, Holder, House, Refused, address, checked, give
from simulation.classroom.drivers import Taken
from simulation.classroom.forms import Fields, FormErrors
from simulation.classroom.guards import fields as form_fields
from simulation.classroom.pages import page
from simulation.classroom.room import Room
from simulation.classroom.seat_views import view
from simulation.drafts import clean

MOST_FORM = 120_000
"""Bytes of a student's form."""


def house(request: Request) -> House:
    """The rooms of this server."""
    found: House = request.app.state.house
    return found


def _door(request: Request) -> str:
    return request.cookies.get(DOOR) or keys.token()


def _at_door(request: Request, name: str, status: int = 200, **given: object) -> Response:
    """A page for somebody without a seat, with the token of its form."""
    secret = _door(request)
    reply = page(name, status, token=keys.form_token(secret), **given)
    give(reply, DOOR, secret)
    return reply


async def front(request: Request) -> Response:
    """The code of the room is asked for."""
    try:
        mine: Holder | None = house(request).student(request)
    except Refused:
        mine = None
    return _at_door(request, "front", notice="", mine=mine)


async def enter(request: Request) -> Response:
    """From a code to the room's door."""
    given = await form_fields(request, 4000)
    checked(_door(request), given)
    room = _room(request, given.get("code", ""))
    return RedirectResponse(f"/j/{room.code}", 303)


def _room(request: Request, code: str) -> Room:
    """The room with a code; wrong codes are counted, and too many have to wait."""
    at = house(request)
    if at.tries.reached(address(request)) or at.wrong.reached("all"):
        raise Refused(429, "Too many wrong codes. Wait a minute, and try again.")
    found = at.by_code(code)
    if found is None:
        at.tries.count(address(request))
        at.wrong.count("all")
        raise Refused(404, "No open room has this code. Look at the board again.")
    return found


async def door(request: Request) -> Response:
    """The room's door: a name, a seat, and what is stored."""
    room = _room(request, request.path_params["code"])
    return _at_door(request, "door", room=room, names=room.names, free=room.free(), notice="")


def _handle(room: Room, given: dict[str, str]) -> str:
    if room.setup.handles == "neutral":
        taken = {s.handle for s in room.students()}
        return next(h for h in (f"Delegate {k}" for k in range(1, 10_000)) if h not in taken)
    handle = clean(given.get("handle", ""))
    if not 2 <= len(handle) <= 24 or not any(c.isalnum() for c in handle):
        raise Refused(422, "Choose a name of 2 to 24 letters, not your own.")
    return handle


def _seat(room: Room, given: dict[str, str]) -> str:
    free = {c: n for c, n in room.free().items() if n > 0}
    if not free:
        raise Refused(409, "Every place is taken. Ask the teacher for one more.")
    if room.setup.choose == "given":
        return max(free, key=lambda c: (free[c] / room.setup.seats[c], free[c]))
    if given.get("country") not in free:
        raise Refused(422, "Choose a seat that has a place left.")
    return given["country"]


async def join(request: Request) -> Response:
    """A student takes a seat."""
    given = await form_fields(request, 4000)
    checked(_door(request), given)
    at, room = house(request), _room(request, request.path_params["code"])
    if at.joins.reached(address(request)):
        raise Refused(429, "Many are joining at once. Wait a moment, and try again.")
    secret = keys.token()
    try:
        handle, country = _handle(room, given), _seat(room, given)
        kept = (keys.digest(secret), keys.digest(keys.typed(keys.rejoin_code(secret))))
        student = room.store.admit(handle, country, *kept, room.now())
    except Taken:
        error: Refused | None = Refused(409, "Somebody in the room has that name already.")
    except Refused as refused:
        error = refused
    else:
        error = None
    if error is not None:
        shown = {"room": room, "names": room.names, "free": room.free(), "notice": error.message}
        return _at_door(request, "door", error.status, **shown)
    at.joins.count(address(request))
    reply = RedirectResponse("/seat", 303)
    give(reply, SEAT, f"{room.id}.{student}.{secret}")
    room.bell.ring("desk")
    return reply


async def rejoin(request: Request) -> Response:
    """A student comes back on another device."""
    if request.method == "GET":
        return _at_door(request, "rejoin", notice="")
    given = await form_fields(request, 4000)
    checked(_door(request), given)
    room = _room(request, given.get("code", ""))
    typed = keys.typed(given.get("rejoin", ""))
    student = next((s for s in room.students() if keys.same(typed, s.rejoin)), None)
    if student is None:
        house(request).tries.count(address(request))
        return _at_door(request, "rejoin", 404, notice="No seat of this room has this code.")
    secret = keys.token()
    room.store.rekey(student.id, keys.digest(secret), keys.digest(keys.typed(keys.rejoin_code(secret))))
    reply = RedirectResponse("/seat", 303)
    give(reply, SEAT, f"{room.id}.{student.id}.{secret}")
    return reply


async def seat(request: Request) -> Response:
    """A student's page."""
    holder = house(request).student(request)
    return page("seat", **view(holder))


async def part(request: Request) -> Response:
    """The part of it that changes; asked for whenever the bell rings."""
    holder = house(request).student(request)
    return page("seat_part", **view(holder))


async def _given(request: Request) -> tuple[Holder, Fields]:
    holder = house(request).student(request)
    given = await form_fields(request, MOST_FORM)
    checked(holder.secret, given)
    state = holder.room.state
    if not state.kind or state.revealing or given.pop("kind", "") != state.kind:
        raise Refused(409, "This step is over. Load the page again; what was saved is kept.")
    try:
        return holder, forms.kept(given)
    except FormErrors as error:
        raise Refused(413, error.errors[0]) from None


async def save(request: Request) -> Response:
    """Keep a draft, every few seconds while somebody writes."""
    holder, fields = await _given(request)
    room, student = holder.room, holder.student
    paper = room.store.paper(student.id, room.state.kind)
    if paper is not None and paper.sent is not None:
        raise Refused(409, "This paper is submitted. Take it back to change it.")
    room.store.draft(student.id, room.state.kind, fields, forms.words(fields), room.now())
    room.bell.ring("desk")
    return Response(status_code=204)


def _answer(holder: Holder, fields: Fields) -> dict[str, object]:
    """What a paper means; raises `FormErrors` where it cannot be taken."""
    room, stage = holder.room, holder.room.state.stage
    if stage == "predict":
        return forms.prediction(fields, room.names)
    if stage == "mark":
        return forms.marks(fields, room.scenario)
    if stage == "vote":
        return forms.vote(fields)
    turn = room.turn(holder.student.country)
    if turn is None:
        raise FormErrors(["The table is not ready yet: wait a moment, and submit again."])
    answer = forms.draft(fields, turn)
    if wrong := mistakes(turn, answer):
        raise FormErrors(wrong)
    return answer


async def send(request: Request) -> Response:
    """Take a paper; one with mistakes is kept as a draft and shown again with all of them."""
    holder, fields = await _given(request)
    room, student, kind = holder.room, holder.student, holder.room.state.kind
    try:
        answer = _answer(holder, fields)
    except FormErrors as error:
        room.store.draft(student.id, kind, fields, forms.words(fields), room.now())
        whole = "seat_part" if request.headers.get("x-part") else "seat"
        return page(whole, 422, **view(holder, dict(fields), error.errors))
    room.store.send(student.id, kind, fields, answer, forms.words(fields), room.now())
    room.bell.ring("desk")
    return RedirectResponse("/seat/part" if request.headers.get("x-part") else "/seat", 303)


async def take_back(request: Request) -> Response:
    """Make a submitted paper a draft again, as long as the step lasts."""
    holder, _ = await _given(request)
    holder.room.store.take_back(holder.student.id, holder.room.state.kind)
    holder.room.bell.ring("desk")
    return RedirectResponse("/seat", 303)


async def refused(request: Request, error: Exception) -> Response:
    """Why something is not for this reader."""
    assert isinstance(error, Refused)
    if request.headers.get("x-part"):
        return HTMLResponse(page("refused_part", message=error.message).body, error.status)
    return page("refused", error.status, message=error.message)


ROUTES = [
    Route("/", front),
    Route("/", enter, methods=["POST"]),
    Route("/j/{code}", door),
    Route("/j/{code}", join, methods=["POST"]),
    Route("/rejoin", rejoin, methods=["GET", "POST"]),
    Route("/seat", seat),
    Route("/seat/part", part),
    Route("/seat/save", save, methods=["POST"]),
    Route("/seat/send", send, methods=["POST"]),
    Route("/seat/back", take_back, methods=["POST"]),
]
