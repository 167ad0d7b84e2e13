"""Files that somebody else may have prepared: opened only where they are plain files of a bearable size.

A run folder can come by mail. A link in it could make a command read, or write into, any file of its reader; an endless
device could fill the memory; a control character could steer the terminal on which a record is told of.
"""

import json
import os
import re
import stat
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulation.errors import InputError
from simulation.places import remote

MAX_BYTES = 200_000_000
"""More than any file of a run."""
_RAW = re.compile(r"[\x7f-\x9f]")
_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:[bf]|u00(?:0[0-8bcef]|1[0-9a-f]|7f|[89][0-9a-f]))", re.IGNORECASE)


def near(url: str) -> bool:
    """Whether an address is on this machine: a file may name no other, or it could have a key sent to its writer."""
    with suppress(ValueError):
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and (host == "localhost" or ip_address(host).is_loopback)
    return False


def _refused(path: Path, what: str) -> InputError:
    return InputError(f"{path} is {what}", "a run folder holds plain files only; ask its sender for another", "E203")


def owned(path: Path) -> Path:
    """A file that is about to be written into, if it is there; raises `InputError` for a link, soft or hard."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return path
    if not stat.S_ISREG(found.st_mode):
        raise _refused(path, "a link or no plain file, and is not written through")
    if found.st_nlink > 1:
        cure = "copy the folder, and work on the copy"
        raise InputError(f"{path} is the same file as another one elsewhere, and is not written into", cure, "E203")
    return path


def content(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a plain file.

    Raises `InputError` for a link or a device, and for one of more than `most` bytes; OSError where it cannot be read.
    """
    if remote(path):
        with path.open("rb") as file:
            return _bounded(path, file.read(most + 1), most)
    if path.is_symlink():
        raise _refused(path, "a link, and is not followed")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123  # a descriptor: the path may have changed since
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _refused(path, "no plain file")
        return _bounded(path, file.read(most + 1), most)


def _bounded(path: Path, raw: bytes, most: int) -> bytes:
    if len(raw) > most:
        raise InputError(f"{path} is larger than any run", "check that it is the right file", "E103")
    return raw


def data(raw: bytes) -> Any:
    """JSON as data, with U+FFFD for every control character but tab and the ends of lines.

    Nothing that this program writes holds one, so a true record comes back as it was. Raises ValueError for what is
    not JSON, RecursionError for what is nested without bound.
    """
    text = _RAW.sub("\ufffd", raw.decode("utf-8"))
    return json.loads(_ESCAPED.sub(r"\1\\ufffd", text))
