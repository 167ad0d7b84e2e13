"""The files of a run folder: written aside and moved into place, or grown while a model speaks.

A run that asks nobody appears whole or not at all. One that asks a model or a person leaves `launch.json` first, then a
line in `statements.jsonl` for everything said, so that a kill at any moment loses nothing that was finished. `run.json`
comes last: where it is, everything else is. Each file, and the folder that lists it, is on the disk before the next.
"""

import errno
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulation import received
from simulation.addresses import Shelf
from simulation.errors import InputError, Unwritable
from simulation.floor import Said
from simulation.places import put, remote
from simulation.plans import Plan
from simulation.received import owned
from simulation.statement import Statement
from simulation.transcript import Gap

LAUNCH, REPLIES, SAID, CHECKPOINTS = "launch.json", "replies.jsonl", "statements.jsonl", "debate.sqlite"
RECORD, AGAIN = "run.json", "again.json"
SCAFFOLD = (SAID, CHECKPOINTS, f"{CHECKPOINTS}-wal", f"{CHECKPOINTS}-shm", AGAIN)
"""What only an unfinished run needs."""
ASIDE = re.compile(r"\..+\.\d+")
"""What a file is called while it is written."""
WRITING = ".writing-"
"""How the name of a folder begins in which files lie until they are moved into place."""


def as_text(record: Mapping[str, Any]) -> str:
    """A record as JSON text, always the same for the same record."""
    return json.dumps(record, ensure_ascii=False, indent=1, sort_keys=False) + "\n"


def flush(path: Path) -> None:
    """Have a file, or what a folder lists, on the disk; some systems flush no folder, and keep it in other ways."""
    folder = path.is_dir()
    if folder and sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        with suppress(OSError) if folder else nullcontext():
            os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Where to write a file meanwhile: flushed to the disk and moved to `path` in the end, gone where it fails."""
    meanwhile = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield meanwhile
        flush(meanwhile)
        meanwhile.replace(path)
        flush(path.parent)
    finally:
        with suppress(OSError):  # what failed before is what has to be told
            meanwhile.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file aside, flush it to the disk and move it into place; text as UTF-8."""
    with aside(path) as meanwhile:
        meanwhile.write_bytes(content.encode() if isinstance(content, str) else content)


def place(files: Mapping[str, str], folder: Path) -> Path:
    """Write the files of a run; a new folder appears whole, an old one gets each file whole and the record last.

    Raises `Unwritable` where the place cannot be written; nothing half-written stays behind.
    """
    if remote(folder):
        return put({name: text.encode() for name, text in files.items()}, folder)
    try:
        with _written(files, folder) as writing:
            if not _moved(writing, folder):
                for name in sorted(files, key=RECORD.__eq__):
                    if name == RECORD:
                        flush(folder)
                    (writing / name).replace(folder / name)
                flush(folder)
    except OSError as error:
        raise unwritable(folder.parent, error, "give --out another folder, or make room") from None
    return folder


def unwritable(path: Path, error: OSError, cure: str) -> Unwritable:
    """The error for a file or folder that takes nothing."""
    return Unwritable(f'"{path}" cannot be written: {(error.strerror or "the disk takes no more").lower()}', cure)


@contextmanager
def _written(files: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """The files on the disk in a folder of their own, in the one they are for or beside it; what is not moved goes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    writing = Path(tempfile.mkdtemp(prefix=WRITING, dir=folder if folder.is_dir() else folder.parent))
    try:
        for name, content in files.items():
            (writing / name).write_bytes(content.encode())
            flush(writing / name)
        yield writing
    finally:
        shutil.rmtree(writing, ignore_errors=True)


def _moved(writing: Path, folder: Path) -> bool:
    """Whether a folder could take its name; where something has that name already, nothing changes."""
    flush(writing)
    writing.chmod(0o755)
    try:
        if folder.exists():
            return False
        writing.rename(folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES) and folder.exists():
            return False  # another process was quicker
        raise
    flush(folder.parent)
    return True


@dataclass(frozen=True)
class Workplace:
    """The folder of a run that asks a model or a person, while it lasts."""

    folder: Path
    shelf: Shelf | None = None
    """Where its checkpoints are in a database, if not in the folder."""

    @property
    def checkpoints(self) -> Path | Shelf:
        """Where the graph keeps how far it has come; raises `InputError` where a link stands in its place."""
        for name in SCAFFOLD:
            owned(self.folder / name)
        return self.shelf or self.folder / CHECKPOINTS

    @property
    def replies(self) -> Path:
        """Where every reply of a model is kept."""
        return self.folder / REPLIES

    def open(self, plan: Plan) -> None:
        """Write down the plan before anybody speaks; raises `InputError` where another run has the folder."""
        try:
            with _written({LAUNCH: as_text(plan.launch())}, self.folder) as writing:
                new = _moved(writing, self.folder)
        except OSError as error:
            raise unwritable(self.folder.parent, error, "give --out another folder, or make room") from None
        if not new:
            raise self.taken(plan)

    def taken(self, plan: Plan) -> InputError:
        """The error where another run of the same second has the folder or the shelf."""
        cure = f"go on with that one: communique resume {self.folder}; or begin another in a second"
        return InputError(f"{plan.id} began within this second, as the clock has it", cure, "E177")

    def keep(self, said: Said) -> None:
        """Add a line for a statement or a gap before the debate goes on; raises `Unwritable`.

        What a model said outlasts a kill, not a power cut: then it is made again from its reply, which is flushed.
        """
        kind = "statement" if isinstance(said, Statement) else "gap"
        line = json.dumps({kind: said.model_dump(mode="json")}, ensure_ascii=False).encode() + b"\n"
        path = self.folder / SAID
        try:
            with owned(path).open("ab") as file:
                file.write(line if _whole(path) else b"\n" + line)
                if said.engine != "chat_model":
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(path, error, "make room") from None

    def kept(self) -> list[Said]:
        """Everything written down so far; a line that a crash cut off is dropped.

        Raises `InputError` for one that is whole and holds no statement.
        """
        path = self.folder / SAID
        found: list[Said] = []
        for number, line in enumerate(received.content(owned(path)).split(b"\n") if path.exists() else [], 1):
            try:
                entry = received.data(line)
            except (ValueError, RecursionError):
                continue
            try:
                said = Statement.model_validate(entry["statement"]) if "statement" in entry else None
                found.append(said or Gap.model_validate(entry["gap"]))
            except (KeyError, TypeError, ValidationError):
                message = f"{path}: line {number} holds no statement"
                raise InputError(message, "take the line out, and go on; the seat is asked again", "E140") from None
        return found

    def again(self, turns: Collection[tuple[str, int]], recorded: int) -> int:
        """Prepare to ask some turns of a finished run once more; returns how much of the recording was there before.

        That is written down, so that a kill meanwhile asks for nothing twice that was recorded since. `recorded` is
        the length of the recording now, in bytes. Raises `Unwritable`.
        """
        path = self.folder / AGAIN
        with suppress(OSError, ValueError, KeyError, TypeError):
            return int(json.loads(path.read_bytes())["recorded"])
        try:
            self._take_away(SCAFFOLD)
            write_whole(path, as_text({"turns": sorted(turns), "recorded": recorded}))
        except OSError as error:
            raise unwritable(path, error, "make room") from None
        return recorded

    def _take_away(self, names: Iterable[str]) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def clear(self, finished: bool = True) -> None:
        """Take away what only an unfinished run needs; the recording too where no model was asked.

        Of one that could ask nobody, what it asks for once more stays known.
        """
        left = (p.name for p in self.folder.glob(".*") if ASIDE.fullmatch(p.name))  # by a process that was killed
        self._take_away(name for name in (*SCAFFOLD, *left) if finished or name != AGAIN)
        for path in self.folder.glob(f"{WRITING}*"):
            shutil.rmtree(path, ignore_errors=True)
        if self.replies.is_file() and not self.replies.stat().st_size:
            self.replies.unlink()


def _whole(path: Path) -> bool:
    """Whether a file ends with a whole line; a crash may have cut off the last."""
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
