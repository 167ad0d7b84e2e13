"""What a room keeps: its state, its students, their papers and what went into the debate.

Every change is one transaction, flushed to the disk before the page answers, so that a crash loses no submitted text
and no draft that was saved. Where it lies is the driver's: see `drivers`.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from simulation.classroom.drivers import Driver, Writing


@dataclass(frozen=True)
class Student:
    """Somebody in the room."""

    id: int
    handle: str
    country: str
    secret: str
    """Digest of the cookie's secret."""
    rejoin: str
    """Digest of the code that brings the student back."""
    joined: float
    seen: float
    """When the student's browser was last heard, in seconds since 1970."""


@dataclass(frozen=True)
class Paper:
    """What one student wrote in one step of the lesson."""

    student: int
    kind: str
    """predict, write:1, mark, vote."""
    draft: Mapping[str, str]
    """The fields as they were last saved."""
    sent: Mapping[str, str] | None
    """The fields as they were submitted; None before that."""
    answer: Mapping[str, Any] | None
    """What the submitted fields mean."""
    words: int
    touched: float
    sent_at: float | None


class Store:
    """The store of one room; used by one thread at a time. Raises `Unkept` where it cannot be read or written."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._students: list[Student] | None = None
        """Everybody, until somebody comes, goes or is heard: every page asks."""

    def close(self) -> None:
        """Close it."""
        self._driver.close()

    def erase(self) -> None:
        """Close it, and take everything out that does not lie in the room's folder."""
        self._driver.erase()

    def change(self) -> AbstractContextManager[Writing]:
        """One transaction: all of it or nothing, on the disk when it ends."""
        found: AbstractContextManager[Writing] = self._driver.change()
        return found

    def found(self) -> tuple[str, str] | None:
        """What the room is and where it stands, each as JSON; None where nothing was kept."""
        return next(((body, state) for body, state in self._driver.rows("select body, state from room")), None)

    def open(self, body: str, state: str, note: str, at: float) -> None:
        """Keep a new room."""
        with self.change() as db:
            db.execute("insert into room values (1, ?, ?)", (body, state))
            db.execute("insert into log (at, what) values (?, ?)", (at, note))

    def save(self, state: str, note: str = "", at: float = 0.0) -> None:
        """Keep where the room stands, with a line for the log where there is something to note."""
        with self.change() as db:
            db.execute("update room set state = ?", (state,))
            if note:
                db.execute("insert into log (at, what) values (?, ?)", (at, note))

    def log(self) -> list[tuple[float, str]]:
        """What the teacher did, and when."""
        return [(at, what) for at, what in self._driver.rows("select at, what from log order by id")]

    def students(self) -> list[Student]:
        """Everybody in the room, in the order they came."""
        if self._students is None:
            self._students = [Student(*row) for row in self._driver.rows("select * from student order by id")]
        return list(self._students)

    @contextmanager
    def _admission(self) -> Iterator[Writing]:
        """A change of who is in the room."""
        try:
            with self.change() as db:
                yield db
        finally:
            self._students = None

    def admit(self, handle: str, country: str, secret: str, rejoin: str, at: float) -> int:
        """Take a student in; raises `Taken` where the handle is."""
        with self._admission() as db:
            row = (handle, country, secret, rejoin, at, at)
            db.execute(
                "insert into student (handle, country, secret, rejoin, joined, seen) values (?, ?, ?, ?, ?, ?)", row
            )
            return int(db.execute("select id from student where handle = ?", (handle,)).fetchone()[0])

    def rekey(self, student: int, secret: str, rejoin: str) -> None:
        """Move a student to another device: the old cookie opens nothing from now on."""
        with self._admission() as db:
            db.execute("update student set secret = ?, rejoin = ? where id = ?", (secret, rejoin, student))

    def seen(self, student: int, at: float) -> None:
        """Note that a student's browser was heard."""
        with self._admission() as db:
            db.execute("update student set seen = ? where id = ?", (at, student))

    def remove(self, student: int) -> None:
        """Take everything about a student out of the store and its files."""
        with self._admission() as db:
            db.execute("delete from student where id = ?", (student,))
        self._driver.scrub()

    def draft(self, student: int, kind: str, fields: Mapping[str, str], words: int, at: float) -> None:
        """Keep what a student has written so far."""
        with self.change() as db:
            db.execute(
                "insert into paper (student, kind, draft, words, touched) values (?, ?, ?, ?, ?) on conflict "
                "(student, kind) do update set draft = excluded.draft, words = excluded.words, "
                "touched = excluded.touched",
                (student, kind, json.dumps(dict(fields)), words, at),
            )

    def send(self, student: int, kind: str, fields: Mapping[str, str], answer: Any, words: int, at: float) -> None:
        """Keep what a student submits."""
        text = json.dumps(dict(fields))
        with self.change() as db:
            row = (student, kind, text, text, json.dumps(answer), words, at, at)
            db.execute(
                "insert into paper values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (student, kind) do update set "
                "draft = excluded.draft, sent = excluded.sent, answer = excluded.answer, words = excluded.words, "
                "touched = excluded.touched, sent_at = excluded.sent_at",
                row,
            )

    def take_back(self, student: int, kind: str) -> None:
        """Make a submitted paper a draft again."""
        with self.change() as db:
            db.execute(
                "update paper set sent = null, answer = null, sent_at = null where student = ? and kind = ?",
                (student, kind),
            )

    def paper(self, student: int, kind: str) -> Paper | None:
        """One paper of one student."""
        rows = self._driver.rows("select * from paper where student = ? and kind = ?", (student, kind))
        return next(map(_paper, rows), None)

    def papers(self, kind: str = "") -> list[Paper]:
        """Every paper, or every one of a kind."""
        where, given = (" where kind = ?", (kind,)) if kind else ("", ())
        rows = self._driver.rows(f"select * from paper{where} order by student, kind", given)  # noqa: S608  # two texts of our own
        return [_paper(row) for row in rows]

    def counts(self, kind: str) -> dict[int, tuple[int, bool, float]]:
        """Words, whether submitted and when last touched, by student, without reading the papers themselves."""
        rows = self._driver.rows(
            "select student, words, sent_at is not null, touched from paper where kind = ?", (kind,)
        )
        return {student: (words, bool(sent), touched) for student, words, sent, touched in rows}

    def reply(self, number: int, country: str, body: Any) -> None:
        """Keep what goes into the debate for a seat."""
        with self.change() as db:
            db.execute(
                "insert into reply values (?, ?, ?) on conflict (round, country) do update set body = excluded.body",
                (number, country, json.dumps(body)),
            )

    def replies(self, number: int) -> dict[str, Any]:
        """What went into the debate in a round, by country."""
        rows = self._driver.rows("select country, body from reply where round = ?", (number,))
        return {country: json.loads(body) for country, body in rows}

    def forget_replies(self, countries: list[str]) -> None:
        """Take what went into the debate for some seats out of the store."""
        with self.change() as db:
            for country in countries:
                db.execute("delete from reply where country = ?", (country,))
        self._driver.scrub()


def _paper(row: tuple[Any, ...]) -> Paper:
    student, kind, draft, sent, answer, words, touched, sent_at = row
    load = json.loads
    return Paper(
        student,
        kind,
        load(draft),
        load(sent) if sent else None,
        load(answer) if answer else None,
        words,
        touched,
        sent_at,
    )
