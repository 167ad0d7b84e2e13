"""The pages of the teacher: the link, the rooms, one room, the projector, the exports.

Each but the link asks for the teacher's cookie.
"""

import asyncio
import io
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import wraps

import segno
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from simulation import catalog
from simulation.classroom import exports, keys, steps
from simulation.classroom.desk_views import desk, screen, summary
from simulation.classroom.doors import Refused, address, checked
from simulation.classroom.forgetting import forget, purge
from simulation.classroom.guards import fields as form_fields
from simulation.classroom.openings import explained, offered, scenario_of, setup_of, titles
from simulation.classroom.pages import page
from simulation.classroom.room import Room
from simulation.classroom.student_pages import house
from simulation.errors import InputError

MOST_FORM = 1_090_000
Page = Callable[[Request], Awaitable[Response]]
Inside = Callable[[Request, str], Awaitable[Response]]


def teachers(inner: Inside) -> Page:
    """A page for the teacher only; it is given the secret of the cookie."""

    @wraps(inner)
    async def shown(request: Request) -> Response:
        return await inner(request, house(request).teacher(request))

    return shown


async def link(request: Request) -> Response:
    """The link from the terminal: whoever has it is the teacher."""
    at = house(request)
    if at.tries.reached(address(request)):
        raise Refused(429, "Too many wrong links. Wait a minute, and try again.")
    if not at.knows(request.path_params["token"]):
        at.tries.count(address(request))
        raise Refused(404, "This is not the teacher's link of this server. The terminal shows it.")
    reply = RedirectResponse("/teacher", 303)
    at.let_in(reply)
    return reply


def _home(request: Request, secret: str, notice: str = "", text: str = "") -> Response:
    at = house(request)
    rooms = sorted(at.rooms.values(), key=lambda r: r.id, reverse=True)
    shown = {
        "rooms": rooms,
        "lines": {r.id: summary(r.setup) for r in rooms},
        "scenarios": titles(request.app.state.scenario),
    }
    code = 422 if notice else 200
    return page(
        "home", code, token=keys.form_token(secret), **shown, unreadable=at.unreadable, notice=notice, text=text
    )


@teachers
async def home(request: Request, secret: str) -> Response:
    """The rooms of this server, and the way to a new one."""
    return _home(request, secret)


async def _filled(request: Request, secret: str) -> dict[str, str]:
    given = await form_fields(request, MOST_FORM)
    checked(secret, given)
    return given


@teachers
async def prepare(request: Request, secret: str) -> Response:
    """The form of a new room, for the scenario chosen or pasted."""
    given = await _filled(request, secret)
    try:
        chosen = scenario_of(given)
        names = _names(chosen.seats)
    except InputError as error:
        return _home(request, secret, explained(error), given.get("text", ""))
    fields = {**offered(chosen), "scenario": given.get("scenario", ""), "text": given.get("text", "")}
    return page("open", token=keys.form_token(secret), scenario=chosen, names=names, fields=fields, notice="")


def _names(countries: tuple[str, ...]) -> dict[str, str]:
    return {c: catalog.load_dossier(c).short for c in countries}


@teachers
async def open_room(request: Request, secret: str) -> Response:
    """A new room."""
    given = await _filled(request, secret)
    at = house(request)
    try:
        chosen = scenario_of(given)
        names = _names(chosen.seats)
    except InputError as error:
        return _home(request, secret, explained(error), given.get("text", ""))
    try:
        found = Room.opened(at.folder, at.new_code(), setup_of(given, chosen), chosen, at.clock, at.database)
    except InputError as error:
        if not given.get("rounds"):
            raise Refused(422, explained(error)) from None
        shown = {
            "scenario": chosen,
            "names": names,
            "fields": defaultdict(str, given),
            "notice": explained(error),
        }
        return page("open", 422, token=keys.form_token(secret), **shown)
    at.rooms[found.id] = found
    return RedirectResponse(f"/teacher/{found.id}", 303)


def _room(request: Request) -> Room:
    return house(request).room(request.path_params["room"])


@teachers
async def room(request: Request, secret: str) -> Response:
    """One room, live."""
    return page("room", **desk(_room(request), keys.form_token(secret)))


@teachers
async def part(request: Request, secret: str) -> Response:
    """The part of it that changes."""
    return page("room_part", **desk(_room(request), keys.form_token(secret)))


@teachers
async def do(request: Request, secret: str) -> Response:
    """One thing the teacher does to a room."""
    given = await _filled(request, secret)
    found = _room(request)
    quick = bool(request.headers.get("x-part"))
    try:
        steps.do(found, given, request.app.state.reports(found), request.app.state.grace)
    except InputError as error:
        shown = desk(found, keys.form_token(secret), explained(error))
        return page("room_part" if quick else "room", 422, **shown)
    return RedirectResponse(f"/teacher/{found.id}/part" if quick else f"/teacher/{found.id}", 303)


@teachers
async def projector(request: Request, secret: str) -> Response:
    """What the class may see on the wall."""
    found = _room(request)
    return page(
        "screen_part" if request.path_params["what"] == "part" else "screen", **screen(found, _address(request))
    )


def _address(request: Request) -> str:
    """The address students type: the one given to others, else the one the teacher uses."""
    shown: str = request.app.state.address
    return shown or f"{request.url.scheme}://{request.headers['host']}"


@teachers
async def qr(request: Request, secret: str) -> Response:
    """The way to the room's door as a picture."""
    out = io.BytesIO()
    segno.make(f"{_address(request)}/j/{_room(request).code}", error="m").save(out, kind="svg", scale=8, border=2)
    return Response(out.getvalue(), media_type="image/svg+xml")


@teachers
async def export(request: Request, secret: str) -> Response:
    """One of the room's files, made for this request."""
    found, name = _room(request), request.path_params["name"]
    if name not in exports.FILES:
        raise Refused(404, "There is no such export.")
    text = exports.FILES[name](found)
    if text is None:
        raise Refused(409, "The debate is not over yet: this file is made from its result.")
    kind = "text/html" if name.endswith(".html") else "text/csv"
    headers = {} if name.endswith(".html") else {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)


@teachers
async def students(request: Request, secret: str) -> Response:
    """Everybody's papers as submitted, and the way to delete one student."""
    found = _room(request)
    rows = [
        (s, [p for p in found.store.papers() if p.student == s.id and p.sent is not None]) for s in found.students()
    ]
    return page("students", token=keys.form_token(secret), room=found, rows=rows, names=found.names, notice="")


@teachers
async def remove(request: Request, secret: str) -> Response:
    """Delete everything about one student, or the whole room."""
    given = await _filled(request, secret)
    at, found = house(request), _room(request)
    if given.get("do") == "purge":
        if keys.typed(given.get("code", "")) != found.code:
            raise Refused(422, "Type the room's code to delete the room.")
        del at.rooms[found.id]
        await asyncio.to_thread(purge, found)
        return RedirectResponse("/teacher", 303)
    try:
        forget(found, given.get("student", ""))
    except InputError as error:
        raise Refused(409, explained(error)) from None
    return RedirectResponse(f"/teacher/{found.id}/students", 303)


async def plain(request: Request, error: Exception) -> Response:
    """A mistake of ours: no page shows its inside."""
    return PlainTextResponse("Something went wrong here; the terminal says what. Load the page again.", 500)


ROUTES = [
    Route("/teach/{token}", link),
    Route("/teacher", home),
    Route("/teacher/prepare", prepare, methods=["POST"]),
    Route("/teacher/open", open_room, methods=["POST"]),
    Route("/teacher/{room}", room),
    Route("/teacher/{room}/part", part),
    Route("/teacher/{room}/do", do, methods=["POST"]),
    Route("/teacher/{room}/screen/{what}", projector),
    Route("/teacher/{room}/qr.svg", qr),
    Route("/teacher/{room}/students", students),
    Route("/teacher/{room}/students", remove, methods=["POST"]),
    Route("/teacher/{room}/export/{name}", export),
]
