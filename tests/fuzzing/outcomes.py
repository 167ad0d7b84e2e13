"""What may come of an input, and everything else, which is a bug: an exception of another sort, a hang, a lie."""

import io
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from simulation import cli
from simulation.errors import MEANINGS, CommuniqueError, FileErrors, InputError
from simulation.notices import render_error

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60
"""Seconds after which an input is said to hang."""
STATUSES = (0, 2, 3, 4)
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Forbidden(Exception):
    """An outcome that no input may have."""


class _Hang(BaseException):
    """Time is up; no handler of ours may take it for a mistake of the user."""


@contextmanager
def patience(seconds: int = PATIENCE) -> Iterator[None]:
    """A bound on the time one input may take."""

    def ring(number: int, frame: Any) -> None:
        raise _Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    except _Hang:
        raise Forbidden(f"nothing came of it in {seconds} s") from None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def printable(text: str, what: str) -> None:
    """Raise `Forbidden` where a text would steer a terminal, or cannot be written at all."""
    steering = set(STEERING.findall(text))
    if steering:
        raise Forbidden(f"{what} steers a terminal: {sorted(map(ascii, steering))}, {text[:300]!a}")


def settled(call: Callable[[], Any], file: str | None = None, named: bytes = b"") -> str:
    """What comes of a call: `result`, a listed code, or the name of another listed error.

    Mistakes in a `file` must name it, and a line of it; or another file that is `named` in it.
    """
    try:
        call()
    except InputError as error:
        return listed(error, file, named)
    except CommuniqueError as error:
        return type(error).__name__
    return "result"


def listed(error: InputError, file: str | None, named: bytes = b"") -> str:
    """The code of an error that says all it should; raises `Forbidden` for one that does not."""
    if error.code not in MEANINGS:
        raise Forbidden(f"{error.code} is not listed")
    if not error.message.strip():
        raise Forbidden(f"{error.code} says nothing")
    printable(render_error(error), "the error")
    if file is not None and isinstance(error, FileErrors):
        for mistake in error.mistakes:
            known = mistake.file == file or mistake.file.encode() in named
            if not known or mistake.line < 1 or mistake.column < 1 or mistake.code not in MEANINGS:
                raise Forbidden(f"{mistake.code} has no place: {mistake.place}")
    return error.code


class _Bug(Exception):
    """What the command line would report as a bug of ours."""


def typed(args: list[str], stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command typed in this folder; a traceback is raised, not written down."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace")
    reported, given = cli._report_bug, sys.stdin

    def bug(error: BaseException) -> int:
        raise error

    cli._report_bug, sys.stdin = bug, io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main(args)
    except SystemExit as stop:
        status = stop.code
    finally:
        cli._report_bug, sys.stdin = reported, given
    for stream in (out, err):
        stream.flush()
    said = [stream.buffer.getvalue().decode("utf-8", "replace") for stream in (out, err)]  # type: ignore[attr-defined]
    return int(status or 0), said[0], said[1]


def exits(args: list[str], stdin: bytes = b"", allowed: tuple[int, ...] = STATUSES) -> tuple[int, str, str]:
    """The same, refused where the status is not allowed or an error is not listed."""
    status, out, err = typed(args, stdin)
    if status not in allowed:
        raise Forbidden(f"exit status {status}: {err[-300:]}")
    if "Traceback (most recent call last)" in err + out:
        raise Forbidden(f"a traceback: {err[-600:]}")
    if not any(STEERING.search(word) for word in args):  # what somebody typed may be said back as a path
        printable(err.replace("\r", ""), "stderr")
    code = err.partition("error[")[2].partition("]")[0] if err.startswith("error[") else ""
    if code and code not in MEANINGS:
        raise Forbidden(f"{code} is not listed")
    return status, out, err


def kind(error: BaseException) -> str:
    """Where an error comes from: one bug, one kind."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/simulation/" in f.filename] or [f for f in frames if "/fuzzing/" in f.filename]
    place = f"{Path(own[-1].filename).name}:{own[-1].name}" if own else "?"
    words = f" {str(error).partition(':')[0][:60]}" if isinstance(error, Forbidden) else ""
    return f"{type(error).__name__} at {place}{words}"
