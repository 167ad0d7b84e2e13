"""What a room keeps on the disk: one SQLite file in the room's own folder.

Every change is one transaction, flushed to the disk before the page answers, so that a crash loses no submitted text
and no draft that was saved.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists room (only integer primary key check (only = 1), body text not null,
    state text not null);
create table if not exists student (id integer primary key, handle text not null unique collate nocase,
    country text not null, secret text not null, rejoin text not null, joined real not null, seen real not null);
create table if not exists paper (student integer not null references student(id) on delete cascade,
    kind text not null, draft text not null, sent text, answer text, words integer not null default 0,
    touched real not null, sent_at real, primary key (student, kind));
create table if not exists reply (round integer not null, country text not null, body text not null,
    primary key (round, country));
create table if not exists log (id integer primary key, at real not null, what text not null);
"""


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
    """The file of one room; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.execute("pragma foreign_keys=on")
        self._db.execute("pragma secure_delete=on")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing, on the disk when it ends."""
        self._db.execute("begin immediate")
        try:
            yield self._db
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def found(self) -> tuple[str, str] | None:
        """What the room is and where it stands, each as JSON; None where nothing was kept."""
        row = self._db.execute("select body, state from room").fetchone()
        return (row[0], row[1]) if row else None

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
        return list(self._db.execute("select at, what from log order by id"))

    def students(self) -> list[Student]:
        """Everybody in the room, in the order they came."""
        return [Student(*row) for row in self._db.execute("select * from student order by id")]

    def admit(self, handle: str, country: str, secret: str, rejoin: str, at: float) -> int:
        """Take a student in; raises `sqlite3.IntegrityError` where the handle is taken."""
        with self.change() as db:
            row = (handle, country, secret, rejoin, at, at)
            found = db.execute(
                "insert into student (handle, country, secret, rejoin, joined, seen) values (?, ?, ?, ?, ?, ?)", row
            )
            return int(found.lastrowid or 0)

    def rekey(self, student: int, secret: str, rejoin: str) -> None:
        """Move a student to another device: the old cookie opens nothing from now on."""
        with self.change() as db:
            db.execute("update student set secret = ?, rejoin = ? where id = ?", (secret, rejoin, student))

    def seen(self, student: int, at: float) -> None:
        """Note that a student's browser was heard."""
        with self.change() as db:
            db.execute("update student set seen = ? where id = ?", (at, student))

    def remove(self, student: int) -> None:
        """Take everything about a student out of the file, and out of the journal beside it."""
        with self.change() as db:
            db.execute("delete from student where id = ?", (student,))
        self._db.execute("pragma wal_checkpoint(truncate)")

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
            db.execute("insert or replace into paper values (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def take_back(self, student: int, kind: str) -> None:
        """Make a submitted paper a draft again."""
        with self.change() as db:
            db.execute(
                "update paper set sent = null, answer = null, sent_at = null where student = ? and kind = ?",
                (student, kind),
            )

    def paper(self, student: int, kind: str) -> Paper | None:
        """One paper of one student."""
        row = self._db.execute("select * from paper where student = ? and kind = ?", (student, kind)).fetchone()
        return _paper(row) if row else None

    def papers(self, kind: str = "") -> list[Paper]:
        """Every paper, or every one of a kind."""
        where, given = (" where kind = ?", (kind,)) if kind else ("", ())
        rows = self._db.execute(f"select * from paper{where} order by student, kind", given)  # noqa: S608  # two texts of our own
        return [_paper(row) for row in rows]

    def counts(self, kind: str) -> dict[int, tuple[int, bool, float]]:
        """Words, whether submitted and when last touched, by student, without reading the papers themselves."""
        rows = self._db.execute(
            "select student, words, sent_at is not null, touched from paper where kind = ?", (kind,)
        )
        return {student: (words, bool(sent), touched) for student, words, sent, touched in rows}

    def reply(self, number: int, country: str, body: Any) -> None:
        """Keep what goes into the debate for a seat."""
        with self.change() as db:
            db.execute("insert or replace into reply values (?, ?, ?)", (number, country, json.dumps(body)))

    def replies(self, number: int) -> dict[str, Any]:
        """What went into the debate in a round, by country."""
        rows = self._db.execute("select country, body from reply where round = ?", (number,))
        return {country: json.loads(body) for country, body in rows}

    def forget_replies(self, countries: list[str]) -> None:
        """Take what went into the debate for some seats out of the file."""
        with self.change() as db:
            db.executemany("delete from reply where country = ?", [(c,) for c in countries])
        self._db.execute("pragma wal_checkpoint(truncate)")


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
