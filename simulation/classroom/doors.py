"""Who is asking: a student by the cookie of a seat, the teacher by that of the link, or somebody at the door.

The two have separate cookies and separate rights; a student's opens one seat of one room and nothing else.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from simulation.addresses import Database
from simulation.cassettes import claim
from simulation.classroom import drivers, keys
from simulation.classroom.guards import Limit
from simulation.classroom.room import Room
from simulation.classroom.store import Student
from simulation.errors import InputError
from simulation.folders import write_whole

SEAT, TEACHER, DOOR = "seat", "teacher", "door"
SESSIONS, LOCK = "teachers.json", "server.lock"
MOST_SESSIONS = 20


class Refused(Exception):
    """Somebody asks for what is not theirs; the page says so with this status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Holder:
    """A student at a seat."""

    room: Room
    student: Student
    secret: str

    @property
    def token(self) -> str:
        """The token of the forms this student is shown."""
        return keys.form_token(self.secret)


class House:
    """Every room of this server, and who may enter."""

    def __init__(self, folder: Path, link: str, clock: Callable[[], float], database: Database | None = None) -> None:
        self.folder, self.clock, self.database = folder, clock, database
        self.rooms: dict[str, Room] = {}
        self.wake: Callable[[Room], None] = lambda room: None
        """Takes up the debate of a closed room when somebody asks for it."""
        self.unreadable: list[str] = []
        """Folders whose room cannot be read, or is another server's."""
        self._link = keys.digest(link)
        folder.mkdir(parents=True, exist_ok=True)
        self._sessions: list[str] = self._kept()
        self.tries, self.joins = Limit(10), Limit(120)
        """Wrong codes a minute from one address, and joins a minute from one address."""
        self.wrong = Limit(100)
        """Wrong codes a minute from everywhere."""

    def _kept(self) -> list[str]:
        try:
            found = json.loads((self.folder / SESSIONS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [s for s in found if isinstance(s, str)][-MOST_SESSIONS:] if isinstance(found, list) else []

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other server away from the folder; raises `InputError` where one is at work."""
        with (self.folder / LOCK).open("ab") as file:
            claim(file, self.folder)
            yield

    def load(self) -> None:
        """Take up the rooms left in the folder; one that cannot be read is named and left alone."""
        for folder in drivers.rooms(self.folder, self.database):
            try:
                room = Room.found(folder, self.clock, self.database)
            except (drivers.Unkept, InputError, ValueError, KeyError):  # pydantic's errors are ValueErrors
                self.unreadable.append(folder.name)
                continue
            if room is not None:
                self.rooms[room.id] = room

    def new_code(self) -> str:
        """A code that no room has."""
        taken = {r.code for r in self.rooms.values()}
        return next(c for c in iter(keys.code, "") if c not in taken)

    def by_code(self, code: str) -> Room | None:
        """The open room with a code."""
        asked = keys.typed(code)
        return next((r for r in self.rooms.values() if r.code == asked and r.state.stage != "closed"), None)

    def student(self, request: Request) -> Holder:
        """The student who asks; raises `Refused` where nobody of a room does."""
        room, _, rest = request.cookies.get(SEAT, "").partition(".")
        number, _, secret = rest.partition(".")
        if room in self.rooms and number.isdecimal() and len(number) < 10 and secret:
            found = self.rooms[room].holder(int(number), secret)
            if found is not None:
                return Holder(self.room(room), found, secret)
        raise Refused(403, "You have no seat here. Join with the code of the room.")

    def teacher(self, request: Request) -> str:
        """The secret of the teacher who asks; raises `Refused` for anybody else."""
        secret = request.cookies.get(TEACHER, "")
        if secret and keys.digest(secret) in self._sessions:
            return secret
        raise Refused(403, "This page is the teacher's. Open the link that the terminal shows.")

    def knows(self, link: str) -> bool:
        """Whether this is the teacher's link."""
        return keys.same(link, self._link)

    def let_in(self, response: Response) -> None:
        """Give somebody who has the link the teacher's cookie."""
        secret = keys.token()
        self._sessions = [*self._sessions, keys.digest(secret)][-MOST_SESSIONS:]
        write_whole(self.folder / SESSIONS, json.dumps(self._sessions))
        give(response, TEACHER, secret)

    def room(self, name: str) -> Room:
        """A room by its id; raises `Refused` where there is none."""
        if name not in self.rooms:
            raise Refused(404, "There is no such room.")
        if (found := self.rooms[name]).table is None:
            self.wake(found)
        return found


def give(response: Response, name: str, value: str) -> None:
    """Set a cookie that no script reads and no other site sends."""
    response.set_cookie(name, value, httponly=True, samesite="strict", path="/", max_age=14 * 86_400)


def checked(secret: str, given: dict[str, str]) -> None:
    """Raise `Refused` where a form does not carry the token of its reader."""
    if not keys.matches(secret, given.get("token", "")):
        raise Refused(403, "This form is out of date. Load the page again.")


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""
