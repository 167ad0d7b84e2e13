"""The recording of a run: every reply of a model on a line of its own, on the disk before anything is built on it.

A run is held again from it with no model, and goes on after a kill without asking twice. A line that a crash cut off is
dropped; of two lines for one question the later counts, since only a failure is ever asked again. Nothing but replies
stands in it: no key, no header, no address.
"""

import asyncio
import errno
import io
import json
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from simulation.calls import Caller, CallFailed, Hearing, LimitReached, Reply, Request
from simulation.errors import InputError, Unwritable
from simulation.places import remote
from simulation.received import owned

LONGEST_LINE = 8_000_000
"""Bytes; a reply of the greatest length is shorter however it is escaped."""


class NotRecorded(CallFailed):
    """The recording has no reply to a question."""

    def __init__(self, request: Request) -> None:
        super().__init__(f"what {request.seat} asks in round {request.round} was not recorded", setup=True)


@dataclass
class _Batch:
    """Replies that came while another flush was under way; they share the next one and its fate."""

    replies: list[Reply] = field(default_factory=list)
    error: str | None = None


class Cassette:
    """The replies in a file. In a `with` block it grows, and no other process can open it so; else it is only read."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self._path, self._read_only = path, read_only
        self._file: BinaryIO | None = None
        self._replies, self._at, self._whole = _read(path)
        self._batch, self._flushing = _Batch(), asyncio.Lock()

    def __enter__(self) -> "Cassette":
        if self._read_only:
            return self
        try:
            self._file = owned(self._path).open("ab")
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise Unwritable(
                    f'"{self._path}" cannot be written: {str(error.strerror).lower()}', "make room"
                ) from None
            raise _unusable(self._path, error.strerror) from None
        claim(self._file, self._path.parent)
        self._replies, self._at, self._whole = _read(self._path)
        self._file.truncate(self._whole)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # a line that could not be written is tried again here, and was told of before
                self._file.close()
            self._file = None

    @property
    def size(self) -> int:
        """Bytes of whole lines."""
        return self._whole

    @property
    def replies(self) -> tuple[Reply, ...]:
        """Every reply that counts, in the order the questions were first answered."""
        return tuple(self._replies.values())

    def find(self, request: Request) -> Reply | None:
        """The recorded reply to a request."""
        return self._replies.get(request.key)

    def stands_before(self, reply: Reply, size: int) -> bool:
        """Whether a recorded reply was there when the recording was that many bytes long."""
        return self._at[reply.key] < size

    async def keep(self, reply: Reply) -> None:
        """Write a reply down; it is on the disk when this returns. Raises `Unwritable` where the disk takes no more.

        The flush happens in a thread, so that the other seats go on meanwhile.
        """
        batch = self._batch
        batch.replies.append(reply)
        async with self._flushing:
            if batch is self._batch:
                self._batch = _Batch()
                batch.error = await asyncio.to_thread(self._flush, batch.replies)
        if batch.error is not None:
            raise Unwritable(f'"{self._path}" cannot be written: {batch.error}', "make room")

    def _flush(self, replies: Sequence[Reply]) -> str | None:
        """Write lines and flush them; the reason where it cannot be done, with the file as it was before."""
        assert self._file is not None
        rows = (json.dumps(r.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False) for r in replies)
        lines = [f"{row}\n".encode() for row in rows]
        try:
            self._file.write(b"".join(lines))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(self._whole)
            return (error.strerror or "the disk takes no more").lower()
        for reply, line in zip(replies, lines, strict=True):
            self._replies[reply.key], self._at[reply.key] = reply, self._whole
            self._whole += len(line)
        return None


def _unusable(path: Path, reason: str | None) -> InputError:
    text = f"{path} cannot be used as a recording: {(reason or 'it cannot be opened').lower()}"
    return InputError(text, "check the run folder, or hold the run again", "E140")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.readline(LONGEST_LINE + 1), b"")


def _read(path: Path) -> tuple[dict[str, Reply], dict[str, int], int]:
    """The replies of a file by their keys, where each stands, and how many of its bytes are whole lines."""
    found: dict[str, Reply] = {}
    at: dict[str, int] = {}
    whole = torn = 0
    if path.is_symlink():
        raise _unusable(path, "it is a link")
    if not path.exists():
        return found, at, whole
    if not path.is_file():
        raise _unusable(path, "it is no plain file")
    try:
        with io.BytesIO(path.read_bytes()) if remote(path) else path.open("rb") as file:
            for number, line in enumerate(_lines(file), 1):
                if torn:
                    raise _unusable(path, f"line {torn} is no reply")
                try:
                    reply = Reply.model_validate_json(line)
                    torn = 0 if line.endswith(b"\n") else number
                except ValidationError:
                    torn = number
                if not torn:
                    found[reply.key], at[reply.key] = reply, whole
                    whole += len(line)
    except OSError as error:
        raise _unusable(path, error.strerror) from None
    return found, at, whole


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
        before: int = sys.maxsize,
    ) -> None:
        self._inner, self._cassette, self._retry = inner, cassette, retry_failures
        self._forget = forget
        """Seat and round of turns whose replies came to nothing; they are asked once more."""
        self._before = before
        """How long the recording was when that was decided: what came since stands."""
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
            await self._keep(_failure(request, failed))
            raise
        await self._keep(reply)
        return reply

    def _anew(self, known: Reply) -> bool:
        """Whether a question is asked once more though a reply to it is recorded."""
        if known.key in self._asked:
            return False
        forgotten = (known.seat, known.round) in self._forget and self._cassette.stands_before(known, self._before)
        return (known.failure is not None and self._retry) or forgotten

    async def _keep(self, reply: Reply) -> None:
        self._asked.add(reply.key)
        await self._cassette.keep(reply)
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
