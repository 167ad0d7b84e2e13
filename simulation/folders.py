"""The files of a run folder: written aside and moved into place, or grown while a model speaks.

A run that asks nobody appears whole or not at all. One that asks a model or a person leaves `launch.json` first, then a
line in `statements.jsonl` for everything said, so that a kill at any moment loses nothing that was finished.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulation.errors import InputError
from simulation.floor import Said
from simulation.plans import Plan
from simulation.statement import Statement
from simulation.transcript import Gap

LAUNCH, REPLIES, SAID, CHECKPOINTS = "launch.json", "replies.jsonl", "statements.jsonl", "debate.sqlite"
SCAFFOLD = (SAID, CHECKPOINTS, f"{CHECKPOINTS}-wal", f"{CHECKPOINTS}-shm")
"""What only an unfinished run needs."""


def as_text(record: Mapping[str, Any]) -> str:
    """A record as JSON text, always the same for the same record."""
    return json.dumps(record, ensure_ascii=False, indent=1, sort_keys=False) + "\n"


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Where to write a file meanwhile: flushed to the disk and moved to `path` in the end, gone where it fails."""
    meanwhile = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield meanwhile
        with meanwhile.open("rb+") as file:
            os.fsync(file.fileno())
        meanwhile.replace(path)
    finally:
        meanwhile.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file aside, flush it to the disk and move it into place; text as UTF-8."""
    with aside(path) as meanwhile:
        meanwhile.write_bytes(content.encode() if isinstance(content, str) else content)


def place(files: Mapping[str, str], folder: Path) -> Path:
    """Write the files of a run; a new folder appears whole, an old one gets each file whole.

    Raises `InputError` where the place cannot be written; nothing half-written stays behind.
    """
    try:
        return _place(files, folder)
    except OSError as error:
        raise _unwritable(folder.parent, error) from None


def _unwritable(under: Path, error: OSError) -> InputError:
    reason = (error.strerror or "cannot be written").lower()
    return InputError(f'"{under}" cannot be written: {reason}', "give --out another folder, or make room", "E101")


def _place(files: Mapping[str, str], folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    writing = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
    try:
        for name, content in files.items():
            write_whole(writing / name, content)
        if folder.exists():
            for path in writing.iterdir():
                path.replace(folder / path.name)
        else:
            writing.chmod(0o755)
            writing.rename(folder)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    return folder


@dataclass(frozen=True)
class Workplace:
    """The folder of a run that asks a model or a person, while it lasts."""

    folder: Path

    @property
    def checkpoints(self) -> Path:
        """Where the graph keeps how far it has come."""
        return self.folder / CHECKPOINTS

    @property
    def replies(self) -> Path:
        """Where every reply of a model is kept."""
        return self.folder / REPLIES

    def open(self, plan: Plan) -> None:
        """Write down the plan before anybody speaks."""
        place({LAUNCH: as_text(plan.launch())}, self.folder)

    def keep(self, said: Said) -> None:
        """Add a line for a statement or a gap before the debate goes on.

        What a model said outlasts a kill, not a power cut: then it is made again from its reply, which is flushed.
        """
        kind = "statement" if isinstance(said, Statement) else "gap"
        line = json.dumps({kind: said.model_dump(mode="json")}, ensure_ascii=False) + "\n"
        with (self.folder / SAID).open("a", encoding="utf-8", newline="\n") as file:
            file.write(line)
            if said.engine != "chat_model":
                file.flush()
                os.fsync(file.fileno())

    def kept(self) -> list[Said]:
        """Everything written down so far; a line that a crash cut off is dropped.

        Raises `InputError` for one that is whole and holds no statement.
        """
        path = self.folder / SAID
        found: list[Said] = []
        for number, line in enumerate(path.read_bytes().split(b"\n") if path.is_file() else [], 1):
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            try:
                said = Statement.model_validate(entry["statement"]) if "statement" in entry else None
                found.append(said or Gap.model_validate(entry["gap"]))
            except (KeyError, TypeError, ValidationError):
                message = f"{path}: line {number} holds no statement"
                raise InputError(message, "take the line out, and go on; the seat is asked again", "E140") from None
        return found

    def clear(self) -> None:
        """Take away what only an unfinished run needs; the recording too where no model was asked."""
        for name in SCAFFOLD:
            (self.folder / name).unlink(missing_ok=True)
        if self.replies.is_file() and not self.replies.stat().st_size:
            self.replies.unlink()
