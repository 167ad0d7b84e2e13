"""A PostgreSQL server for tests: one of their own in a folder of their own, on loopback, stopped in the end.

The server refuses to run as root, so root hands it to the user that Debian's package brings. Should a test run be
killed, the server ends by itself after `LONGEST` seconds.
"""

import contextlib
import itertools
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from classes import free_port

LONGEST = 1200
USER = "communique"


def binary(name: str) -> str:
    """Where a program of the server lies: on the PATH, or where Debian keeps it."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[4]))
    found = shutil.which(name) or (str(debian[-1]) if debian else None)
    assert found, f"no {name}: make test-database installs it (apt-get install postgresql)"
    return found


class Server:
    """The server; its administrator is `USER`, with a password drawn afresh."""

    def __init__(self) -> None:
        self.password, self.port = secrets.token_hex(12), free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="communique-postgres-"))
        self.data, self._numbers = self.folder / "data", itertools.count()
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")

    def __enter__(self) -> "Server":
        secret = self.folder / "password"
        secret.write_text(self.password, encoding="ascii")
        secret.chmod(0o644)
        more = ("--encoding", "UTF8", "--locale", "C.UTF-8", "--auth", "scram-sha-256", "--pwfile", str(secret))
        self._run(binary("initdb"), "-D", str(self.data), "-U", USER, "--no-sync", *more)
        secret.unlink()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _run(self, *words: str) -> None:
        subprocess.run(words, check=True, cwd=self.folder, capture_output=True, **self._as)

    def start(self) -> None:
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                    "shared_buffers": "16MB", "max_connections": 40}  # fmt: skip
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        timed = ("timeout", "--signal=INT", str(LONGEST), binary("postgres"), "-D", str(self.data), *words)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(timed, cwd=self.folder, stdout=log, stderr=log, **self._as)
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            assert time.monotonic() < until, (self.folder / "log").read_text("utf-8")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop at once, as a power cut would: connections break, transactions in flight are lost."""
        if self._process.poll() is None:
            self._run(binary("pg_ctl"), "stop", "-D", str(self.data), "-m", "immediate")
            self._process.wait(60)

    def url(self, name: str, user: str = USER, password: str | None = None) -> str:
        return f"postgresql://{user}:{self.password if password is None else password}@127.0.0.1:{self.port}/{name}"

    def ask(self, text: str, name: str = "postgres") -> list[tuple]:
        """What the administrator is told."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            found = connection.execute(text)
            return found.fetchall() if found.description else []

    def made(self, more: str = "") -> str:
        """The name of a new and empty database."""
        name = f"t{next(self._numbers)}"
        self.ask(f"create database {name} {more}")
        return name
