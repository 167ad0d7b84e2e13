"""The classroom as an ASGI application: routes, streams, the clock, and the guard around all of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from simulation.addresses import Database
from simulation.classroom import steps, student_pages, teacher_pages
from simulation.classroom.bell import EVERYBODY, TEACHER, Ear
from simulation.classroom.clocks import Steady
from simulation.classroom.doors import House, Refused
from simulation.classroom.drivers import Unkept
from simulation.classroom.guards import Guard, TooLarge
from simulation.classroom.lesson import resumed
from simulation.classroom.pages import HERE, page
from simulation.classroom.room import Room
from simulation.classroom.student_pages import house

TICK = 0.25
STATIC = {"classroom.js": "text/javascript", "classroom.css": "text/css"}
STREAM = {"cache-control": "no-store", "x-accel-buffering": "no"}


async def events(request: Request) -> Response:
    """A student's stream: that something changed for everybody, or for the seat."""
    holder = house(request).student(request)
    ear = Ear(frozenset({EVERYBODY}), holder.student.id)
    holder.room.store.seen(holder.student.id, holder.room.now())
    return StreamingResponse(holder.room.bell.listen(ear), media_type="text/event-stream", headers=STREAM)


async def desk_events(request: Request) -> Response:
    """The teacher's stream, and the projector's."""
    house(request).teacher(request)
    room = house(request).room(request.path_params["room"])
    ear = Ear(frozenset({EVERYBODY, TEACHER}))
    return StreamingResponse(room.bell.listen(ear), media_type="text/event-stream", headers=STREAM)


async def static(request: Request) -> Response:
    """The script and the style, nothing else."""
    name = request.path_params["name"]
    if name not in STATIC:
        raise Refused(404, "There is no such file.")
    return FileResponse(HERE / "static" / name, media_type=STATIC[name])


async def missing(request: Request, error: Exception) -> Response:
    """A page that is not there, or not asked for in that way."""
    assert isinstance(error, HTTPException)
    return page("refused", error.status_code, message="There is no such page.")


async def too_large(request: Request, error: Exception) -> Response:
    """A body that goes beyond its bound."""
    return page("refused", 413, message="That is more than this page takes.")


async def unkept(request: Request, error: Exception) -> Response:
    """Something could not be read or written: the page that sent it keeps it."""
    assert isinstance(error, Unkept)
    message = f"This could not be kept: {error}. What you wrote stays in your browser."
    return page("refused_part" if request.headers.get("x-part") else "refused", 507, message=message)


def _reports(loop: asyncio.AbstractEventLoop) -> Callable[[Room], Callable[[], None]]:
    """What a room's debate calls from its own thread to be heard in the server's."""

    def reports(room: Room) -> Callable[[], None]:
        def told() -> None:
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(_heard, room)

        return told

    return reports


def _heard(room: Room) -> None:
    with contextlib.suppress(Unkept):  # the clock takes it up once it can be kept
        steps.told(room)


async def _clock(app: Starlette) -> None:
    """Let time pass in every room."""
    at: House = app.state.house
    while True:
        for room in list(at.rooms.values()):
            with contextlib.suppress(Unkept, OSError):  # what fell due waits until it can be kept
                steps.tick(room, app.state.reports(room), app.state.grace)
        await asyncio.sleep(TICK)


@contextlib.asynccontextmanager
async def _life(app: Starlette) -> AsyncIterator[None]:
    """Take up the rooms that were left, and close them again."""
    at: House = app.state.house
    app.state.reports = _reports(asyncio.get_running_loop())
    at.load()
    at.wake = lambda room: steps.take_up(room, app.state.reports(room))
    for room in at.rooms.values():
        if room.state.stage != "closed":
            room.state = resumed(room.state, room.now(), app.state.grace)
            at.wake(room)
    clock = asyncio.create_task(_clock(app))
    try:
        yield
    finally:
        clock.cancel()
        for room in at.rooms.values():
            await asyncio.to_thread(room.close)


class Classroom(Guard):
    """The application behind its guard."""

    def __init__(self, app: Starlette, hosts: Collection[str]) -> None:
        super().__init__(app, hosts)
        self.house: House = app.state.house
        """The rooms it serves."""


def application(
    folder: Path,
    link: str,
    hosts: Collection[str],
    *,
    address: str = "",
    scenario: str = "",
    grace: float = steps.GRACE,
    clock: Callable[[], float] | None = None,
    database: Database | None = None,
) -> Classroom:
    """The application: rooms under `folder`, a teacher's `link` secret, and the `hosts` it answers to.

    What rooms keep lies in the `database`, where one is given, and else in their folders. `address` is what students
    type; `scenario` stands first on the teacher's list; a step can be undone for `grace` seconds; `clock` gives seconds
    since 1970, steadily unless told otherwise.
    """
    routes = [
        *student_pages.ROUTES,
        *teacher_pages.ROUTES,
        Route("/events", events),
        Route("/teacher/{room}/events", desk_events),
        Route("/static/{name}", static),
    ]
    handlers = {
        Refused: student_pages.refused,
        HTTPException: missing,
        TooLarge: too_large,
        Unkept: unkept,
        OSError: unkept,
        Exception: teacher_pages.plain,
    }
    app = Starlette(routes=routes, lifespan=_life, exception_handlers=handlers)
    app.state.house = House(folder, link, clock or Steady(), database)
    app.state.address, app.state.scenario, app.state.grace = address, scenario, grace
    return Classroom(app, hosts)
