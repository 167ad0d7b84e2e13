"""What a sweep has done so far: a line a cell, added a chunk at a time and on the disk before more is counted as done.

Only the end of the file can be cut off by a crash, and that is taken back when it is opened again. The order of the
lines is that in which cells were finished and says nothing; they are read in the order of the cells.
"""

import json
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from simulation.cassettes import claim
from simulation.errors import InputError, Unwritable
from simulation.received import owned

BEGINNING = re.compile(rb'\{"cell": (\d{1,18}), "failed": (true|false), "open": (true|false), ')
ACCESS = "check the folder and its permissions"


def line(cell: int, failed: bool, unfinished: bool, **rows: Any) -> str:
    """The line of a cell: `failed` where something is missing, `unfinished` where asking again could give it."""
    return json.dumps({"cell": cell, "failed": failed, "open": unfinished, **rows}, ensure_ascii=False)


class Journal:
    """The cells done; in a `with` block it grows, and no other process can open it so, unless it is only read.

    `also` hears what is kept.
    """

    def __init__(
        self, path: Path, read_only: bool = False, also: Callable[[list[str]], None] = lambda lines: None
    ) -> None:
        self._path, self._read_only, self._also = path, read_only, also
        self._file: BinaryIO | None = None
        self._at: dict[int, int] = {}
        self._failed: set[int] = set()
        self._open: set[int] = set()

    def __enter__(self) -> "Journal":
        try:
            self._file = owned(self._path).open("rb" if self._read_only else "a+b")
        except OSError as error:
            raise self._unusable((error.strerror or "it cannot be opened").lower(), ACCESS) from None
        try:
            if self._read_only:
                self._scan(self._file)
            else:
                claim(self._file, self._path.parent)
                self._file.truncate(self._scan(self._file))
        except InputError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # a line that could not be written is tried again here, and was told of before
                self._file.close()
            self._file = None

    def _unusable(self, reason: str, cure: str = "take the folder away and sweep again") -> InputError:
        return InputError(f"{self._path} cannot be used: {reason}", cure, "E173")

    def _scan(self, file: BinaryIO) -> int:
        """Note where each cell stands; returns how many bytes are whole lines."""
        file.seek(0)
        whole = 0
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):
                break
            if not self._note(text, whole):
                raise self._unusable(f"line {number} is no cell")
            whole += len(text)
        return whole

    def _note(self, text: bytes, at: int) -> bool:
        """Note a line; False where it is none."""
        found = BEGINNING.match(text)
        if found is None:
            return False
        cell = int(found[1])
        self._at[cell] = at
        for flag, cells in ((found[2], self._failed), (found[3], self._open)):
            if flag == b"true":
                cells.add(cell)
            else:
                cells.discard(cell)
        return True

    @property
    def done(self) -> Collection[int]:
        """The cells that are there."""
        return self._at.keys()

    @property
    def failed(self) -> Collection[int]:
        """Those of them in which somebody did not speak, or that could not be held."""
        return self._failed

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
                self._note(raw, at)
                at += len(raw)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            reason = (error.strerror or "the disk takes no more").lower()
            raise Unwritable(f'"{self._path}" cannot be written: {reason}', "make room, and go on") from None
        self._also(lines)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every cell, in the order of their numbers."""
        assert self._file is not None
        for cell in sorted(self._at):
            self._file.seek(self._at[cell])
            try:
                yield dict(json.loads(self._file.readline()))
            except (ValueError, TypeError, RecursionError):
                raise self._unusable(f"the line of cell {cell} is damaged") from None
