"""Whether the files of a run folder are the bytes that were written: hash by hash, byte by byte, and the run's digest.

Nothing is held again here, so that it also tells of a run whose dossiers have changed since, or whose words are a
person's. What the words and figures mean is for `verification`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation import received
from simulation.cassettes import Cassette
from simulation.errors import InputError
from simulation.folders import LAUNCH, RECORD, REPLIES, SCAFFOLD
from simulation.seals import HASHES, MADE, digest, seal

NAME = re.compile(r"[a-z]{1,40}\.(?:md|html|csv|graphml)")
"""A file beside the record that a record may give the hash of."""
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Falsehood:
    """One thing in a run folder that is not so."""

    kind: str
    place: str
    message: str


def differs(place: str, fresh: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    """Where two pieces of JSON data differ, with what stands there in each; 1, 1.0 and true are three things."""
    if isinstance(fresh, dict) and isinstance(found, dict):
        for key in sorted({*fresh, *found}):
            yield from differs(f"{place}.{key}", fresh.get(key), found.get(key))
    elif isinstance(fresh, list) and isinstance(found, list) and len(fresh) == len(found):
        for n, (one, two) in enumerate(zip(fresh, found, strict=True)):
            yield from differs(f"{place}[{n}]", one, two)
    elif type(fresh) is not type(found) or fresh != found:
        yield place, fresh, found


def bytes_differ(kind: str, path: Path, expected: bytes, written: str = "") -> Iterator[Falsehood]:
    """The first line of a file that is not what it should be; a missing file, and one behind a link, too.

    `written` is the hash of the file as it was written, where it is known.
    """
    if not path.is_file() or path.is_symlink():
        yield Falsehood(kind, path.name, "is a link, and is not followed" if path.is_symlink() else "is missing")
        return
    found = received.content(path)
    if found == expected:
        return
    fresh, lines = expected.split(b"\n"), found.split(b"\n")
    number = next((n for n, pair in enumerate(zip(fresh, lines, strict=False)) if pair[0] != pair[1]), len(fresh))
    number = min(number, len(lines))
    line = lines[number].decode("utf-8", "replace") if number < len(lines) else "(cut off)"
    shown = "".join(c if c.isprintable() else "\ufffd" for c in line[:90])
    whole = " (it stands as it was written, by a version that told it otherwise)" if digest(found) == written else ""
    yield Falsehood(kind, f"{path.name}:{number + 1}", f"the record does not say: {shown}{whole}")


def _beside(folder: Path, data: dict[str, Any]) -> dict[str, bytes]:
    """The reports that lie there and are named in the hashes."""
    named = data[HASHES]["files"]
    there = {n: folder / n for n in named if NAME.fullmatch(n) and (folder / n).is_file()}
    return {n: received.content(path) for n, path in there.items() if not path.is_symlink()}


def _place(place: str) -> tuple[str, str]:
    """What a hash is of, and what to call it."""
    _, part, *name = place.split(".", 2)
    if part == "statements":
        return "statement", ".".join(name)
    return ("file", ".".join(name)) if part == "files" else (part, {"replies": REPLIES}.get(part, RECORD))


def damage(folder: Path, data: dict[str, Any]) -> Iterator[Falsehood]:
    """Everything whose hash is not the one in the record, and every file that has a hash and is not there."""
    twice = _twice(folder)
    if twice:
        yield Falsehood("record", RECORD, f'holds "{twice}" twice in one place, and readers may take either')
    if HASHES not in data:
        if isinstance(data.get(MADE), dict) and "sha256" in data[MADE]:
            yield Falsehood("hash", RECORD, "its hashes were taken out")
        return
    try:
        replies = Cassette(folder / REPLIES, read_only=True).replies
    except InputError as error:
        yield Falsehood("replies", REPLIES, error.message)
        replies = ()
    fresh = seal(data, _beside(folder, data), replies)
    for place, now, then in differs(HASHES, fresh[HASHES], data[HASHES]):
        what, name = _place(place)
        if what == "file" and now is None:
            yield Falsehood("report", _short(name), "is missing")
        else:
            text = f"its SHA-256 is {_short(now)}, the record says {_short(then)}"
            yield Falsehood("hash", f"{what} {_short(name)}", text)
    for place, now, then in differs(MADE, fresh[MADE], data[MADE]):
        yield Falsehood("hash", place, f"is {_short(now)} for what stands there, the record says {_short(then)}")


def _short(value: Any) -> str:
    return "nothing" if value is None else "".join(c if c.isprintable() else "\ufffd" for c in str(value)[:80])


def _twice(folder: Path) -> str:
    """A key that stands twice in one object of the record, or nothing."""
    found = []

    def pairs(given: list[tuple[str, Any]]) -> dict[str, Any]:
        whole = dict(given)
        if len(whole) < len(given):
            keys = [key for key, _ in given]
            found.append(next(key for key in keys if keys.count(key) > 1))
        return whole

    json.loads(received.content(folder / RECORD).decode(), object_pairs_hook=pairs)
    return _short(found[0]) if found else ""


def remarks(folder: Path, data: dict[str, Any]) -> list[str]:
    """What somebody should know of a folder though nothing in it is wrong."""
    known = {RECORD, LAUNCH, REPLIES, *SCAFFOLD}
    named = hashes.get("files") if isinstance(hashes := data.get(HASHES), dict) else None
    known |= set(named) if isinstance(named, dict) else set()
    other = sorted(p.name for p in folder.iterdir() if p.name not in known)
    found = [f"{_short(name)} is no part of the run, and was not looked at" for name in other] if named else []
    if HASHES not in data:
        found.append("no hashes: written before records held any; edits show where the debate can be held again")
    return found


def against(folder: Path, expected: str) -> list[Falsehood]:
    """Whether run.json is the file whose digest somebody published; raises `InputError` for what is no digest."""
    wanted = expected.strip().lower()
    if not SHA256.fullmatch(wanted):
        raise InputError(f'"{expected}" is no SHA-256', "give the 64 digits that `communique verify` printed", "E100")
    now = digest_of(folder)
    return [] if now == wanted else [Falsehood("digest", RECORD, f"its SHA-256 is {now}, not {wanted}")]


def digest_of(folder: Path) -> str:
    """SHA-256 of run.json, and so of the run: it holds the hash of every other file, or decides its bytes."""
    return digest(received.content(folder / RECORD))
