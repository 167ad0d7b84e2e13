"""Everything about one student deleted: seat, papers, and every sentence of theirs in the record of the debate.

Figures of a delegation stay, since they are no one person's words; sentences are replaced by a note, in the record and
in every report made from it. The whole room goes with its folder.
"""

import shutil
from typing import Any

from simulation import records
from simulation.analysts.human import shortened
from simulation.cassettes import Cassette
from simulation.classroom.room import RUNS, Room
from simulation.classroom.table import Table
from simulation.drafts import clean
from simulation.errors import InputError
from simulation.folders import REPLIES, as_text, place
from simulation.report import files
from simulation.runs import written
from simulation.seals import unsealed

NOTE = "[taken out at the writer's request]"
SHORTEST = 3
"""Texts of fewer letters name nobody and are left, since they would be found everywhere."""


def _written(answer: dict[str, Any]) -> set[str]:
    """The sentences of a draft that are its writer's own, as they may stand in a statement: whole, or as a claim."""
    parts = [answer.get("headline", ""), *(h["reason"] for h in answer.get("positions", {}).values())]
    for name in ("context", "challenges", "outlook", "arguments", "answers", "asks"):
        for entry in answer.get(name, ()):
            parts += [entry.get("text", ""), entry.get("claim", "")]
    whole = {clean(p) for p in parts if len(p.strip()) >= SHORTEST}
    return whole | {shortened(p) for p in whole}


def redacted(value: Any, texts: list[str]) -> Any:
    """Data with some texts replaced wherever they stand; `texts` are the longest first."""
    if isinstance(value, str):
        for text in texts:
            value = value.replace(text, NOTE)
        return value
    if isinstance(value, dict):
        return {key: redacted(part, texts) for key, part in value.items()}
    return [redacted(part, texts) for part in value] if isinstance(value, list) else value


def forget(room: Room, student: str) -> None:
    """Delete a student; raises `InputError` while the debate still answers sentences of theirs."""
    found = next((s for s in room.students() if str(s.id) == student), None)
    if found is None:
        raise InputError("no such student", "load the page again", "E184")
    mine = [p for p in room.store.papers() if p.student == found.id and p.kind.startswith("write:")]
    texts = sorted({t for p in mine if p.answer for t in _written(dict(p.answer))}, key=lambda t: (-len(t), t))
    if texts and room.state.run is not None and found.country in room.state.seated:
        _take_out(room, found.country, texts)
    room.store.remove(found.id)
    room.forget()
    room.update(f"a student of {room.names[found.country]} was deleted with everything written")


def _take_out(room: Room, country: str, texts: list[str]) -> None:
    folder = room.folder / RUNS / str(room.state.run)
    if room.table is None or room.table.run is None or not (folder / "run.json").is_file():
        cure = "wait until the last round is heard, or delete the whole room"
        raise InputError("the debate is still answering what this student wrote", cure, "E184")
    data = unsealed(records.raw(folder))
    kept = {key: data[key] for key in ("scenario", "inputs", "engines", "made")}
    place({"run.json": as_text({**redacted(data, texts), **kept})}, folder)
    changed = records.load(folder)
    asked = Cassette(folder / REPLIES, read_only=True).replies
    place(written(changed, files.reports(changed), asked), folder)
    for number in range(1, room.setup.rounds + 1):
        body = room.store.replies(number).get(country)
        if body is not None:
            room.store.reply(number, country, redacted(body, texts))
    dossiers = room.table.dossiers
    room.table = Table.at(folder, lambda: None)
    room.table.show(changed, dossiers)


def purge(room: Room) -> None:
    """Delete a room with everything in it."""
    room.erase()
    shutil.rmtree(room.folder)
