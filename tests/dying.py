"""Work that ends the process that does it, in a module that costs a worker nothing to import.

A disk that fails at its n-th step: every file opened for writing, every write, flush and rename of the program is one,
and so is every statement to SQLite. At that step the process is killed, before it or with half of it done, or is told
that no space is left, from then on. Every n can be visited, which no clock can promise.
"""

import builtins
import contextlib
import errno
import io
import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

CALLS = ("fsync", "replace", "rename", "mkdir", "unlink", "ftruncate", "truncate")
MOMENT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def die(cells):
    os._exit(1)


class Disk:
    """Counts the steps that touch the disk; at the step `at` it fails. 0 only counts."""

    def __init__(self, at=0, full=False):
        self.at, self.full, self.steps = at, full, []

    def step(self, name, half=lambda: None, grows=True):
        """One step; `half` does half of it. A full disk still takes files away and moves them."""
        self.steps.append(name)
        if not self.at or len(self.steps) < self.at:
            return
        if not self.full:
            half()
            os.kill(os.getpid(), signal.SIGKILL)
        if grows:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def install(self):
        """Take the place of the disk for this process."""
        for name in CALLS:
            setattr(os, name, self._counted(name, getattr(os, name)))
        real, connect, disk = io.open, sqlite3.connect, self

        def opened(file, mode="r", *args, **more):
            if not set(mode) & set("wax+"):
                return real(file, mode, *args, **more)
            self.step("open")
            return Written(real(file, mode, *args, **more), self)

        class Base(sqlite3.Connection):
            def execute(self, *args):
                disk.sql()
                return super().execute(*args)

            def commit(self):
                disk.sql()
                return super().commit()

        io.open = builtins.open = opened
        sqlite3.connect = lambda *args, **more: connect(*args, **{"factory": Base, **more})

    def sql(self):
        """One statement to SQLite."""
        try:
            self.step("sql")
        except OSError:
            raise sqlite3.OperationalError("database or disk is full") from None

    def _counted(self, name, real):
        def call(*args, **more):
            self.step(name, grows=name in ("fsync", "mkdir"))
            return real(*args, **more)

        return call


class Written:
    """A file whose writes are steps."""

    def __init__(self, file, disk):
        self._file, self._disk = file, disk

    def write(self, data):
        def half():
            self._file.write(data[: len(data) // 2])
            self._file.flush()

        self._disk.step("write", half)
        return self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def __iter__(self):
        return iter(self._file)


class Stopped(datetime):
    """A clock that stands still, so that what is made now and again has the same bytes."""

    moment = MOMENT

    @classmethod
    def now(cls, tz=None):
        return cls.moment.astimezone(tz) if tz else cls.moment


def command(args, folder, said, env=None, at=0, full=False, moment=MOMENT, setup=None):
    """Type a command in a folder, on a disk that fails at a step; what it says and the steps it took go to files.

    To be called in a process of its own: the exit status is that of the command.
    """
    from simulation import cli, fits, plans

    os.chdir(folder)
    os.environ.update(env or {})
    Stopped.moment = moment
    plans.datetime = fits.datetime = Stopped
    out, err = (os.open(f"{said}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666) for name in ("out", "err"))
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(1, "w")),
        io.TextIOWrapper(io.FileIO(2, "w"), write_through=True),
    )
    if setup is not None:
        setup()
    disk = Disk(at, full)
    disk.install()
    try:
        cli.main(list(args))
    finally:
        disk.at = 0
        with contextlib.suppress(ValueError):
            sys.stdout.flush()
        Path(f"{said}.steps").write_text("\n".join(disk.steps))
