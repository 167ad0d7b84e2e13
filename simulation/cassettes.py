"""The recording of a run: every reply of a model on a line of its own, on the disk before anything is built on it.

A run is held again from it with no model, and goes on after a kill without asking twice. A line that a crash cut off is
dropped; of two lines for one question the later counts, since only a failure is ever asked again. Nothing but replies
stands in it: no key, no header, no address.
"""

import io
import json
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from simulation.calls import Caller, CallFailed, Hearing, LimitReached, Reply, Request
from simulation.errors import InputError
from simulation.places import remote

LONGEST_LINE = 8_000_000
"""Bytes; a reply of the greatest length is shorter however it is escaped."""


class NotRecorded(CallFailed):
    """The recording has no reply to a question."""

    def __init__(self, request: Request) -> None:
        super().__init__(f"what {request.seat} asks in round {request.round} was not recorded", setup=True)


class Cassette:
    """The replies in a file. In a `with` block it grows, and no other process can open it so; else it is only read."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self._path, self._read_only = path, read_only
        self._file: BinaryIO | None = None
        self._replies, self._whole = _read(path)

    def __enter__(self) -> "Cassette":
        if self._read_only:
            return self
        try:
            self._file = self._path.open("ab")
        except OSError as error:
            raise _unusable(self._path, error.strerror) from None
        claim(self._file, self._path.parent)
        self._replies, self._whole = _read(self._path)
        self._file.truncate(self._whole)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def replies(self) -> tuple[Reply, ...]:
        """Every reply that counts, in the order the questions were first answered."""
        return tuple(self._replies.values())

    def find(self, request: Request) -> Reply | None:
        """The recorded reply to a request."""
        return self._replies.get(request.key)

    def keep(self, reply: Reply) -> None:
        """Write a reply down; it is on the disk when this returns. Raises `CallFailed` where the disk takes no more."""
        assert self._file is not None
        line = json.dumps(reply.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False).encode() + b"\n"
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(self._whole)
            reason = (error.strerror or "the disk takes no more").lower()
            raise CallFailed(f"{self._path.name} cannot be written: {reason}", "make room", setup=True) from None
        self._whole += len(line)
        self._replies[reply.key] = reply


def _unusable(path: Path, reason: str | None) -> InputError:
    text = f"{path} cannot be used as a recording: {(reason or 'it cannot be opened').lower()}"
    return InputError(text, "check the run folder, or hold the run again", "E140")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.readline(LONGEST_LINE + 1), b"")


def _read(path: Path) -> tuple[dict[str, Reply], int]:
    """The replies of a file by their keys, and how many of its bytes are whole lines."""
    found: dict[str, Reply] = {}
    whole = torn = 0
    if path.is_symlink():
        raise _unusable(path, "it is a link")
    if not path.exists():
        return found, whole
    try:
        with io.BytesIO(path.read_bytes()) if remote(path) else path.open("rb") as file:
            for number, line in enumerate(_lines(file), 1):
                if torn:
                    raise _unusable(path, f"line {torn} is no reply")
                try:
                    reply = Reply.model_validate_json(line)
                    whole += len(line) if line.endswith(b"\n") else 0
                    torn = 0 if line.endswith(b"\n") else number
                except ValidationError:
                    torn = number
                if not torn:
                    found[reply.key] = reply
    except OSError as error:
        raise _unusable(path, error.strerror) from None
    return found, whole


def claim(file: BinaryIO, folder: Path) -> None:
    """Keep other processes from writing; the system lets go when this one ends, however it ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(2**30)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        cure = "wait for it to end, or stop it"
        raise InputError(f"another process is at work on {folder}", cure, "E141") from None


def _recorded(reply: Reply) -> Reply:
    """A recorded reply; a recorded failure fails again in the same words."""
    if reply.failure is None:
        return reply
    if not reply.asked:
        raise LimitReached(reply.failure)
    raise CallFailed(reply.failure, setup=reply.setup, retries=reply.retries)


class Recorder:
    """Answers from a recording what stands there, and asks and records the rest."""

    def __init__(
        self,
        inner: Caller,
        cassette: Cassette,
        retry_failures: bool = False,
        forget: Collection[tuple[str, int]] = (),
    ) -> None:
        self._inner, self._cassette, self._retry = inner, cassette, retry_failures
        self._forget = forget
        """Seat and round of turns whose replies came to nothing; they are asked once more."""
        self._asked: set[str] = set()
        self.used: list[Reply] = []
        """Every reply this answered with, recorded before or not, failures too."""

    async def ask(self, request: Request, hearing: Hearing = lambda seat, tokens: None) -> Reply:
        """The reply to a request; raises `CallFailed`, of now or recorded, where there is none."""
        known = self._cassette.find(request)
        if known is not None and not self._anew(known):
            self.used.append(known)
            return _recorded(known)
        try:
            reply = await self._inner.ask(request, hearing)
        except CallFailed as failed:
            self._keep(_failure(request, failed))
            raise
        self._keep(reply)
        return reply

    def _anew(self, known: Reply) -> bool:
        """Whether a question is asked once more though a reply to it is recorded."""
        if known.key in self._asked:
            return False
        return (known.failure is not None and self._retry) or (known.seat, known.round) in self._forget

    def _keep(self, reply: Reply) -> None:
        self._asked.add(reply.key)
        self._cassette.keep(reply)
        self.used.append(reply)


def _failure(request: Request, failed: CallFailed) -> Reply:
    return Reply(
        key=request.key,
        seat=request.seat,
        round=request.round,
        attempt=request.attempt,
        retries=failed.retries,
        failure=str(failed),
        setup=failed.setup,
        asked=not isinstance(failed, LimitReached),
    )


class Strict:
    """Answers from a recording alone; or, with somebody behind it, asks there what is not recorded or had failed."""

    def __init__(self, cassette: Cassette, inner: Caller | None = None) -> None:
        self._cassette, self._inner = cassette, inner

    async def ask(self, request: Request, hearing: Hearing = lambda seat, tokens: None) -> Reply:
        """The recorded reply to a request; raises `NotRecorded` where there is none."""
        known = self._cassette.find(request)
        if self._inner is not None and (known is None or known.failure is not None):
            return await self._inner.ask(request, hearing)
        if known is None:
            raise NotRecorded(request)
        return _recorded(known)
