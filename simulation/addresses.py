"""The address of a PostgreSQL database: read once, and shown without its password.

The password stands in no error, record or log. An address on the command line may hold none, since everybody on the
machine can read that line; and one that cannot be read is not repeated, since any part of it may be the password.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from simulation.errors import InputError

SCHEMES = ("postgresql://", "postgres://")
SECRETS = ("password", "sslpassword")


@dataclass(frozen=True)
class Database:
    """A database by its address, which is as good as read: see `named`."""

    url: str = field(repr=False)
    parts: Mapping[str, Any] = field(repr=False, compare=False)
    """The address taken apart, as psycopg takes it."""
    typed: bool = False
    """Whether the address stood on the command line, which is where it has to be typed again."""

    @property
    def shown(self) -> str:
        """The address without its password and options."""
        get = self.parts.get
        user, host, port = (str(get(name) or "") for name in ("user", "host", "port"))
        host = f"[{host}]" if ":" in host else quote(host, safe="[],:")
        return f"postgresql://{quote(user)}{'@' * bool(user)}{host}{':' * bool(port)}{port}/{quote(self.name)}"

    @property
    def name(self) -> str:
        """What the database is called, where the address says so."""
        return str(self.parts.get("dbname") or "")

    @property
    def again(self) -> str:
        """What has to be added to a command that goes on with this one's work."""
        return f" --database {shlex.quote(self.url)}" if self.typed else ""


@dataclass(frozen=True)
class Shelf:
    """Where one run keeps its checkpoints in a database."""

    database: Database
    name: str
    """The run's id."""


def missing(error: ImportError) -> InputError:
    """The error for a package of the extra that is not there."""
    name = error.name or "psycopg[binary]"
    return InputError(f"a database needs the package {name}", 'run: pip install "communique[postgres]"', "E194")


def named(url: str, typed: bool = False) -> Database:
    """The database at an address; nobody is asked. Raises `InputError`, which repeats nothing of an unread address."""
    try:
        from psycopg import Error
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise missing(error) from None
    url = url.strip()
    before, at, after = url.partition("://")[2].partition("@")
    try:
        parts = conninfo_to_dict(url) if url.startswith(SCHEMES) else None
    except Error:
        parts = None
    port = str((parts or {}).get("port", ""))
    if parts is None or "@" in after or (at and "/" in before) or not re.fullmatch(r"[\d,]*", port):
        cure = "write postgresql://USER@HOST:PORT/NAME; in a user or password / is %2F, : is %3A, @ is %40 and % is %25"
        raise InputError("the address of the database cannot be read", cure, "E193")
    if typed and any(parts.get(name) for name in SECRETS):
        cure = "put the address in COMMUNIQUE_DATABASE, or its password in PGPASSWORD or ~/.pgpass"
        raise InputError("everybody on this machine can read a password on the command line", cure, "E193")
    return Database(url, parts, typed)
