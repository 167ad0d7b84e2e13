"""What a sweep has done so far: a line a cell, added a chunk at a time and on the disk before more is counted as done.

Only the end of the file can be cut off by a crash, and that is taken back when it is opened again. The order of the
lines is that in which cells were finished and says nothing; they are read in the order of the cells.
"""

import json
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from simulation.cassettes import claim
from simulation.errors import InputError

BEGINNING = re.compile(rb'\{"cell": (\d{1,18}), "open": (true|false), ')


def line(cell: int, unfinished: bool, **rows: Any) -> str:
    """The line of a cell; `unfinished` where asking again could give what is missing."""
    return json.dumps({"cell": cell, "open": unfinished, **rows}, ensure_ascii=False)


class Journal:
    """The cells done; in a `with` block it grows, and no other process can open it so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._at: dict[int, int] = {}
        self._open: set[int] = set()

    def __enter__(self) -> "Journal":
        try:
            self._file = self._path.open("a+b")
        except OSError as error:
            raise self._unusable((error.strerror or "it cannot be opened").lower()) from None
        claim(self._file, self._path.parent)
        self._file.truncate(self._scan(self._file))
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _unusable(self, reason: str) -> InputError:
        return InputError(f"{self._path} cannot be used: {reason}", "take the folder away and sweep again", "E173")

    def _scan(self, file: BinaryIO) -> int:
        """Note where each cell stands; returns how many bytes are whole lines."""
        file.seek(0)
        whole = 0
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):
                break
            if not (found := BEGINNING.match(text)):
                raise self._unusable(f"line {number} is no cell")
            self._note(int(found[1]), found[2] == b"true", whole)
            whole += len(text)
        return whole

    def _note(self, cell: int, unfinished: bool, at: int) -> None:
        self._at[cell] = at
        self._open.add(cell) if unfinished else self._open.discard(cell)

    @property
    def done(self) -> Collection[int]:
        """The cells that are there."""
        return self._at.keys()

    @property
    def unfinished(self) -> Collection[int]:
        """Those of them in which a seat that was asked gave nothing."""
        return self._open

    def keep(self, lines: list[str]) -> None:
        """Add cells; they are on the disk when this returns."""
        assert self._file is not None
        at = self._file.seek(0, os.SEEK_END)
        try:
            for raw in (text.encode() + b"\n" for text in lines):
                self._file.write(raw)
                found = BEGINNING.match(raw)
                assert found is not None
                self._note(int(found[1]), found[2] == b"true", at)
                at += len(raw)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            reason = (error.strerror or "the disk takes no more").lower()
            raise InputError(f"{self._path} cannot be written: {reason}", "make room, and go on", "E101") from None

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every cell, in the order of their numbers."""
        assert self._file is not None
        for cell in sorted(self._at):
            self._file.seek(self._at[cell])
            try:
                entry = json.loads(self._file.readline())
                entry["stances"], entry["positions"]  # a line that was edited may lack them
            except (ValueError, KeyError, TypeError, RecursionError):
                raise self._unusable(f"the line of cell {cell} is damaged") from None
            yield entry
