"""Where files lie: a path of this machine, or an address such as s3://bucket/runs that fsspec reaches.

An address becomes a path with the methods of `pathlib.Path`, so that whoever reads need not know which it is. Nothing
of fsspec is imported for a local path. Keys stay in the settings of the storage: an address that holds one is refused.
"""

import re
import sys
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, cast

from simulation.errors import InputError, nearest

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+._-]*)://")
PASSWORD = re.compile(r"://([^/:@]*):(?!\d+(?:/|$)).*@")
KEYS = "keep keys in the settings or the environment of the storage, as in FSSPEC_SFTP_PASSWORD"
LAST = ("launch.json", "run.json", "sweep.json")
"""Written after the others, since they say that a folder is there."""


def at(text: str) -> Path:
    """A path, or the address of a storage as one; `file://` is a path of this machine.

    Raises `InputError` where the address holds a password or a query, or nothing here can reach it.
    """
    found = SCHEME.match(text)
    if found is None:
        return Path(text)
    if PASSWORD.search(text) or "?" in text:
        shown = PASSWORD.sub(r"://\1:***@", text.partition("?")[0]) + "?***" * ("?" in text)
        raise InputError(f'"{shown}" holds a password or a query, which may be a key', KEYS, "E192")
    if found[1].lower() in ("file", "local"):
        return Path(text[found.end() :])
    return _reached(text, found[1])


def _reached(text: str, scheme: str) -> Path:
    try:
        from upath import UPath
    except ImportError as error:
        told, cure = f'"{text}" needs a package ({error})', "pip install 'communique[distributed]'"
        raise InputError(told, cure, "E189") from None
    try:
        with warnings.catch_warnings(action="ignore"):  # that it has no class of its own for some storages
            path: Any = UPath(text)
            path.fs  # noqa: B018  # made when it is asked for
    except ImportError as error:
        raise InputError(f'"{text}" needs a package: {error}', "install the package it names", "E189") from None
    except ValueError:
        import fsspec

        cure = nearest(scheme, fsspec.available_protocols())
        raise InputError(f'no storage is called "{scheme}"', cure, "E192") from None
    except Exception as error:
        raise refused(path_of(text), error) from None
    return cast(Path, path)


def path_of(text: str) -> str:
    """An address as it may be shown."""
    return PASSWORD.sub(r"://\1:***@", text)


def remote(path: Path) -> bool:
    """Whether a path lies in a storage and not on this machine."""
    return not isinstance(path, Path)


def refused(where: object, error: BaseException) -> InputError:
    """What is told where a storage fails; never its own words, which may hold a key."""
    reasons: dict[type[BaseException], str] = {
        PermissionError: "access is refused",
        FileNotFoundError: "there is no such bucket or folder",
    }
    reason = reasons.get(type(error), type(error).__name__)
    return InputError(f'"{where}" cannot be used: {reason}', f"check the address; {KEYS}", "E192")


def _inside(trace: TracebackType | None) -> list[Any]:
    """The paths of storages that an error came through."""
    frames = [frame for frame, _ in traceback.walk_tb(trace)]
    inside = [f for f in frames if str(f.f_globals.get("__name__")).partition(".")[0] in ("fsspec", "upath")]
    return [f.f_locals.get("self") for f in inside]


def trouble(error: BaseException) -> InputError | None:
    """The error to tell where a storage failed while it was read; None where it is somebody else's."""
    if "upath" not in sys.modules or not (found := _inside(error.__traceback__)):
        return None
    from upath import UPath

    where = next((str(each) for each in found if isinstance(each, UPath)), "the storage")
    return refused(path_of(where), error)


def there(path: Path) -> bool:
    """Whether a path leads to something.

    Raises `InputError` where its storage refuses to say, which the methods of the path take for a no.
    """
    if not remote(path):
        return path.exists()
    far: Any = path
    try:
        far.fs.info(far.path)
    except FileNotFoundError:
        return False
    except Exception as error:
        raise refused(path, error) from None
    return True


def written(path: Path) -> int:
    """When a file was last written to, in nanoseconds; 0 where its storage does not say."""
    if not remote(path):
        return path.stat().st_mtime_ns
    far: Any = path
    try:
        return int(far.fs.modified(far.path).timestamp() * 1e9)
    except NotImplementedError:
        return 0


def _bucketed(path: Path) -> bool:
    """Whether a storage has buckets, in which folders need no making; a bucket is never made, as it may be misspelt."""
    from upath.implementations.cloud import CloudPath

    return isinstance(path, CloudPath)


def put(files: Mapping[str, bytes | Path], folder: Path) -> Path:
    """Write bytes, or what lies in local files, into a folder of a storage, those that say it is there last.

    Raises `InputError` where the storage refuses.
    """
    try:
        for name in sorted(files, key=lambda name: (name in LAST, name)):
            content, path = files[name], cast(Any, folder / name)
            if not _bucketed(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.fs.put_file(str(content), path.path)
    except Exception as error:
        raise refused(folder, error) from None
    return folder


def fetch(folder: Path, into: Path) -> None:
    """Copy what lies in a folder of a storage into a local one; raises `InputError` where it cannot be read."""
    far: Any = folder
    try:
        for found in far.fs.find(far.path):
            name = PurePosixPath(found).relative_to(PurePosixPath(far.path))
            if ".." not in name.parts:
                (into / name).parent.mkdir(parents=True, exist_ok=True)
                (into / name).write_bytes(far.fs.cat_file(found))
    except Exception as error:
        raise refused(folder, error) from None
