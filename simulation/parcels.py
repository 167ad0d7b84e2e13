"""The outbox: a local folder for what grows line by line, on its way to a storage that takes whole files only.

Locks, appends and databases need a disk, so a run that asks a model or a person, and a sweep, are held under `outbox/`
and placed at their address when they are complete. What a kill leaves lies there, with the address it is bound for;
the cells of a sweep are also sent as they are finished, so that another machine can go on with them.
"""

import hashlib
import json
import shutil
import time
from pathlib import Path

from simulation.errors import InputError
from simulation.folders import write_whole
from simulation.places import at, fetch, put, remote, there

OUTBOX, BOUND, PARTS = "outbox", "bound.json", "cells-*.jsonl"
JOURNAL = "cells.jsonl"
EVERY = 30.0
"""Seconds between two parts: what another machine would hold again after this one is lost."""


def staged(folder: Path) -> Path:
    """Where something is held that will lie in a folder: there, or in the outbox where that is in a storage."""
    return Path(OUTBOX) / folder.name if remote(folder) else folder


def bind(folder: Path) -> Path:
    """Note where the staged folder is bound for; returns the staged one."""
    home = staged(folder)
    if remote(folder):
        write_whole(home / BOUND, json.dumps({"to": str(folder)}) + "\n")
    return home


def destination(home: Path) -> Path | None:
    """Where a folder of the outbox is bound for; None for any other folder, whatever it says of itself."""
    if home.absolute().parent.name != OUTBOX or not (home / BOUND).is_file():
        return None
    try:
        return at(str(json.loads((home / BOUND).read_text(encoding="utf-8"))["to"]))
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{home / BOUND} is damaged", 'write {"to": "s3://..."} into it', "E192") from None


def brought(folder: Path, sign: str) -> Path:
    """A folder of a storage in the outbox, to go on with: as it lies there already, or a copy.

    A local one stays where it is, as does one without the file that is the `sign` of something to go on with.
    """
    home = staged(folder)
    if not remote(folder) or not (destination(home) or there(folder / sign)):
        return folder
    if not (home / BOUND).is_file():
        fetch(folder, home)
        parts = sorted(home.glob(PARTS))
        if parts:
            earlier = (home / JOURNAL).read_bytes() if (home / JOURNAL).is_file() else b""
            write_whole(home / JOURNAL, earlier + b"".join(part.read_bytes() for part in parts))
            for part in parts:
                part.unlink()
        bind(folder)
    return home


def deliver(home: Path, again: str) -> Path:
    """Place a folder of the outbox where it is bound for, and take it away here; returns where it lies then.

    A folder from elsewhere stays. Raises `InputError` where the storage refuses, with `again` as the way to go on.
    """
    to = destination(home)
    if to is None:
        return home
    sent = [path for path in sorted(home.rglob("*")) if path.is_file() and path.name != BOUND]
    try:
        put({path.relative_to(home).as_posix(): path for path in sent}, to)
        for part in to.glob(PARTS):
            part.unlink()
    except InputError as error:
        cure = f"nothing is lost, it lies in {home}; {error.cure}, and go on: {again} {home}"
        raise InputError(error.message, cure, error.code) from None
    shutil.rmtree(home)
    return to


class Parts:
    """Sends the cells of a sweep in the outbox to where it is bound for, as they are finished; others stay put.

    A part that a storage refuses is sent with the next; all are sent once more when the sweep is delivered.
    """

    def __init__(self, home: Path) -> None:
        self._to = destination(home)
        self._lines: list[str] = []
        self._sent, self._last = 0, time.monotonic()

    def add(self, lines: list[str]) -> None:
        """Take finished cells, and send them all now and then."""
        if self._to is not None:
            self._lines += lines
            if time.monotonic() - self._last >= EVERY:
                self.close()

    def close(self) -> None:
        """Send what was not sent yet."""
        if self._to is None or not self._lines:
            return
        raw, self._last = "".join(f"{line}\n" for line in self._lines).encode(), time.monotonic()
        try:
            put({f"cells-{self._sent:06}-{hashlib.sha256(raw).hexdigest()[:8]}.jsonl": raw}, self._to)
        except InputError:
            return
        self._lines, self._sent = [], self._sent + 1
