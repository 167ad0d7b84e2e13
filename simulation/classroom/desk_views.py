"""What the teacher's page shows: everyone live, the step, the clock, and nothing that has to be scrolled for.

The projector's page has the same step and clock, and no private text.
"""

from typing import Any

from simulation.classroom.debrief import debrief
from simulation.classroom.lesson import Setup, after
from simulation.classroom.reveal import missing
from simulation.classroom.room import Room
from simulation.classroom.seat_views import heard, package, status
from simulation.statement import Statement


def _student(room: Room, student: Any, counts: dict[int, tuple[int, bool, float]]) -> dict[str, Any]:
    words, sent, touched = counts.get(student.id, (0, False, 0.0))
    here = room.present(student)
    idle = room.now() - max(student.seen, touched)
    return {
        "id": student.id,
        "handle": student.handle,
        "present": here,
        "words": words,
        "sent": sent,
        "away": "" if here else f"{idle / 60:.0f} min" if idle >= 90 else f"{idle:.0f} s",
    }


def seats(room: Room) -> list[dict[str, Any]]:
    """Every seat for students: who is there, how far they are, and what was asked of them."""
    counts = room.store.counts(room.state.kind) if room.state.kind else {}
    found = []
    everybody = room.students()
    for country, most in room.setup.seats.items():
        members = [_student(room, s, counts) for s in everybody if s.country == country]
        found.append(
            {
                "country": country,
                "name": room.names[country],
                "most": most,
                "members": members,
                "sent": sum(m["sent"] for m in members),
                "stand_in": country in room.state.stand_ins,
                "nudged": country in room.state.nudged,
                "dossier": bool(room.state.seated) and country not in room.state.seated,
            }
        )
    return found


def desk(room: Room, token: str, notice: str = "") -> dict[str, Any]:
    """Everything the teacher's page shows."""
    stage, number = after(room.state, room.setup)
    rows = seats(room)
    said = [
        s
        for n in range(1, room.shown() + 1)
        for s in (room.table.said(n) if room.table else ())
        if isinstance(s, Statement)
    ]
    return {
        "room": room,
        "state": room.state,
        "token": token,
        "status": status(room),
        "next": (stage, number),
        "seats": rows,
        "dossiers": [room.names[c] for c in room.seats if c not in room.setup.seats],
        "sent": sum(r["sent"] for r in rows),
        "present": sum(m["present"] for r in rows for m in r["members"]),
        "everybody": sum(len(r["members"]) for r in rows),
        "missing": [room.names[c] for c in missing(room)] if room.state.stage == "write" else [],
        "due": max(0.0, room.state.pending.due - room.now()) if room.state.pending else 0.0,
        "said": said[-12:],
        "names": room.names,
        "notice": notice or room.state.trouble,
        "log": room.store.log()[-8:],
        "over": room.table is not None and room.table.run is not None,
    }


def screen(room: Room, link: str) -> dict[str, Any]:
    """Everything the projector shows: no draft, no handle beside a stance, no statement before it is revealed."""
    rows = seats(room)
    stage = room.state.stage
    return {
        "room": room,
        "link": link,
        "status": status(room),
        "seats": rows,
        "sent": sum(r["sent"] for r in rows),
        "everybody": sum(len(r["members"]) for r in rows),
        "heard": heard(room, room.state.round) if stage == "hear" else [],
        "package": package(room) if stage in ("vote", "debrief", "closed") else [],
        "found": room.once(("debrief",), lambda: debrief(room)) if stage in ("debrief", "closed") else None,
        "names": room.names,
        "scenario": room.scenario,
    }


def summary(setup: Setup) -> str:
    """A room's setup in one line."""
    places = sum(setup.seats.values())
    return f"{len(setup.seats)} seats for students, {places} places, {setup.rounds} rounds"
