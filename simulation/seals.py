"""What a record says of its own bytes: a SHA-256 of each statement, of each file beside it, of replies and the rest.

They show an edit where the debate cannot be held again, since a person spoke or a dossier has changed. Whoever edits
can compute them anew: what nobody can is the digest of run.json, once it stands somewhere else too.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from simulation.calls import Reply

HASHES, MADE = "hashes", "made"


def digest(raw: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def canonical(data: Any) -> bytes:
    """Data as the same JSON bytes whatever the spaces and escapes in its file; the order of its fields counts."""
    return json.dumps(data, separators=(",", ":")).encode()


def unsealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without its hashes."""
    found = {key: part for key, part in record.items() if key != HASHES}
    if isinstance(made := found.get(MADE), dict):
        found[MADE] = {key: part for key, part in made.items() if key != "sha256"}
    return found


def seal(record: Mapping[str, Any], files: Mapping[str, str | bytes], replies: Iterable[Reply] = ()) -> dict[str, Any]:
    """A record with its hashes; `files` lie beside it, `replies` are those that count, in any order.

    The clock and the machine have their hash in their own block, so that two runs still differ there only.
    """
    found = unsealed(record)
    result = {key: part for key, part in found.items() if key != MADE}
    asked = sorted(canonical(reply.model_dump(mode="json")) for reply in replies)
    hashes: dict[str, Any] = {
        "statements": {said["id"]: digest(canonical(said)) for said in found["transcript"]["statements"]},
        "files": {n: digest(f.encode() if isinstance(f, str) else f) for n, f in sorted(files.items())},
    }
    if asked:
        hashes["replies"] = digest(b"\n".join(asked))
    hashes["record"] = digest(canonical(result))
    return {**found, MADE: {**found[MADE], "sha256": digest(canonical(found[MADE]))}, HASHES: hashes}
