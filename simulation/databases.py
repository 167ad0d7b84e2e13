"""A PostgreSQL database at work: a connection opened, a name claimed, tables made, and errors in plain words.

A session asks the server to flush what is kept before it answers, and to let go of a machine that died. psycopg is
imported where a database is asked for and not before.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from simulation.addresses import SECRETS, Database, Shelf
from simulation.errors import InputError, Unreachable
from simulation.faults import clean

if TYPE_CHECKING:
    import psycopg

    Link = psycopg.Connection[tuple[Any, ...]]

REACH = {
    "application_name": "communique",
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""How a server is reached unless the address says otherwise: seconds, and for the last one milliseconds."""
TUNED = """
select set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
    set_config('tcp_keepalives_count', '3', false), set_config('synchronous_commit', case
    current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, false)
"""
"""What a session asks of the server: to flush what is kept before it answers, and to let go of a machine that died."""
CLAIM = "select 1 where pg_try_advisory_lock(%s)"
LONGEST_SETUP = 60.0
"""Seconds in which another process may make tables."""
PATIENCE = 5.0
"""Seconds to wait for a name whose holder may just have died."""
REFUSALS = (
    (
        r'password authentication failed|no password supplied|role ".*" does not exist|no pg_hba\.conf entry|'
        r"not permitted to log in|authentication failed",
        "{where} refuses the login",
        "check the user, and the password in COMMUNIQUE_DATABASE, PGPASSWORD or ~/.pgpass",
    ),
    (
        r"starting up|shutting down|recovery mode|administrator command",
        "{where} is starting or stopping",
        "try again in a moment",
    ),
    (
        r"too many (clients|connections)|connection slots",
        "{where} takes no more connections",
        "close some, or raise its max_connections",
    ),
)
"""What a server says when it lets nobody in, first match first; what it means, and the cure."""


class Doubled(InputError):
    """Something is in the database already that may be there once."""


def fault(error: "psycopg.Error", database: Database) -> Exception:
    """What an exception of psycopg means: an `InputError`, or the exception itself where it is a bug of ours."""
    import psycopg

    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    said = clean(first, tuple(str(v) for k, v in database.parts.items() if k in SECRETS and v))
    state, where = error.sqlstate or "", database.shown
    if state == "23505":
        return Doubled(said)
    if re.search(r'database ".*" does not exist', said) or state == "3D000":
        cure = "make it, as its server's administrator: createdb NAME; or name another"
        return InputError(f"the server of {where} has no such database", cure, "E195")
    if state in ("42501", "25006"):
        cure = f"let its owner run: grant create on database {database.name} to the user, and on schema public"
        return InputError(f"{where} takes no tables from this user: {said}", cure, "E196")
    if state.startswith("42"):
        cure = "use the version of communique that made them, or another database"
        return InputError(f"the tables of {where} are not of this version: {said}", cure, "E196")
    for pattern, text, cure in REFUSALS:
        if re.search(pattern, said):
            return Unreachable(text.format(where=where), cure, "E195")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        cure = "check the address, and that the server runs"
        return Unreachable(f"{where} cannot be reached: {said}", cure, "E195")
    return error


@contextmanager
def reported(database: Database) -> Iterator[None]:
    """Tell of errors of the database in plain words."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise fault(error, database) from None


def _fit(database: Database, info: "psycopg.ConnectionInfo") -> None:
    if (encoding := info.parameter_status("server_encoding")) != "UTF8":
        cure = "make another: createdb --encoding UTF8 --template template0 NAME"
        raise InputError(f"{database.shown} holds text as {encoding}, which is not all of it", cure, "E196")


def connect(database: Database) -> "Link":
    """A connection that commits each statement, to close again; raises `InputError` where there is none."""
    import psycopg

    with reported(database):
        found = psycopg.connect(autocommit=True, **{**REACH, **database.parts})
        try:
            found.execute(TUNED)
            _fit(database, found.info)
        except BaseException:
            found.close()
            raise
    return found


async def opened(database: Database) -> "psycopg.AsyncConnection[dict[str, Any]]":
    """The same to be awaited, with rows as mappings."""
    import psycopg
    from psycopg.rows import dict_row

    more: dict[str, Any] = {**REACH, **database.parts, "prepare_threshold": 0}
    with reported(database):
        found = await psycopg.AsyncConnection.connect(autocommit=True, row_factory=dict_row, **more)
        try:
            await found.execute(TUNED)
            _fit(database, found.info)
        except BaseException:
            await found.close()
            raise
    return found


def _key(name: str) -> int:
    """The number by which PostgreSQL knows a name that is claimed."""
    return int.from_bytes(hashlib.sha256(f"communique {name}".encode()).digest()[:8], "big", signed=True)


def claim(connection: "Link", name: str, patience: float = PATIENCE) -> bool:
    """Keep a name from every other connection until this one ends, however it ends; whether it was to be had."""
    stop = time.monotonic() + patience
    while connection.execute(CLAIM, (_key(name),)).fetchone() is None:
        if time.monotonic() > stop:
            return False
        time.sleep(0.1)
    return True


async def claim_soon(connection: "psycopg.AsyncConnection[Any]", name: str, patience: float = PATIENCE) -> bool:
    """The same to be awaited.

    The server is asked again and again, since a query that waits there would hold up whoever builds an index.
    """
    stop = time.monotonic() + patience
    while await (await connection.execute(CLAIM, (_key(name),))).fetchone() is None:
        if time.monotonic() > stop:
            return False
        await asyncio.sleep(0.1)
    return True


@asynccontextmanager
async def claimed(shelf: Shelf) -> AsyncIterator["psycopg.AsyncConnection[dict[str, Any]]"]:
    """A connection that keeps every other process from a run; errors within come in plain words."""
    connection = await opened(shelf.database)
    try:
        with reported(shelf.database):
            if not await claim_soon(connection, f"run {shelf.name}"):
                cure = "wait for it to end, or stop it"
                raise InputError(f"another process is at work on {shelf.name}", cure, "E141")
            yield connection
    finally:
        await connection.close()


async def furnish(
    database: Database,
    connection: "psycopg.AsyncConnection[dict[str, Any]]",
    newest: int,
    setup: "Callable[[psycopg.AsyncConnection[dict[str, Any]]], Awaitable[None]]",
) -> None:
    """Bring the tables of checkpoints to the version `newest` by `setup`, one process at a time.

    Raises `InputError` for tables of a later version.
    """
    if await _edition(connection) < newest:
        maker = await opened(database)
        try:
            if not await claim_soon(maker, "tables", LONGEST_SETUP):
                raise Unreachable(f"another process makes the tables of {database.shown}", "try later", "E195")
            await setup(maker)
        finally:
            await maker.close()
    if (found := await _edition(connection)) > newest:
        cure = f"update langgraph-checkpoint-postgres (they are {found}, it knows {newest}), or name another database"
        raise InputError(f"the tables of {database.shown} are of a later version", cure, "E196")


async def _edition(connection: "psycopg.AsyncConnection[dict[str, Any]]") -> int:
    """The version of the tables of checkpoints; -1 where there are none."""
    if await _one(connection, "select to_regclass('checkpoint_migrations') is not null"):
        return int(await _one(connection, "select coalesce(max(v), -1) from checkpoint_migrations"))
    return -1


async def _one(connection: "psycopg.AsyncConnection[dict[str, Any]]", text: LiteralString) -> Any:
    row = await (await connection.execute(text)).fetchone()
    return next(iter(row.values())) if row else None


def check(database: Database) -> None:
    """Raise `InputError` where the database cannot be used, or takes no schema from this user."""
    with reported(database):
        connection = connect(database)
        try:
            row = connection.execute("select has_database_privilege(current_database(), 'create')").fetchone()
        finally:
            connection.close()
    if not row or not row[0]:
        cure = f"let its owner run: grant create on database {database.name} to the user"
        raise InputError(f"{database.shown} takes no tables from this user", cure, "E196")
