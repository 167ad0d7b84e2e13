"""What a student's page shows at each step: own papers, the own brief, and what everybody may hear; never another's."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from simulation.analysts.human import choices
from simulation.cards import cards
from simulation.classroom.debrief import debrief
from simulation.classroom.doors import Holder
from simulation.classroom.forms import ROWS, Fields
from simulation.classroom.keys import rejoin_code
from simulation.classroom.lesson import left
from simulation.classroom.pages import part
from simulation.classroom.predictions import Score
from simulation.classroom.room import BRIEF, Room
from simulation.dossier import Dossier
from simulation.handouts import handout
from simulation.menus import asked
from simulation.report.html import behind
from simulation.statement import Statement
from simulation.turn import Turn

CARDS = 12
"""How many cards of its brief a seat is offered."""


def heard(room: Room, number: int) -> list[dict[str, Any]]:
    """What was said in a round, as everybody may read it: nothing before it is revealed, nothing that is hidden."""
    if room.table is None or not 1 <= number <= room.shown():
        return []
    found = []
    for said in room.table.said(number):
        dossier = room.seats[said.country]
        hidden = isinstance(said, Statement) and said.id in room.state.hidden
        found.append(
            {
                "said": said if isinstance(said, Statement) and not hidden else None,
                "gap": None if isinstance(said, Statement) else said,
                "hidden": hidden,
                "name": room.names[said.country],
                "documents": {s: dossier.sources[s] for s in behind(said)} if isinstance(said, Statement) else {},
            }
        )
    return found


def heard_text(room: Room, number: int) -> Markup:
    """A round as everybody may read it."""
    return room.once(("heard", str(number)), lambda: part("heard", heard=heard(room, number), scenario=room.scenario))


def debrief_text(room: Room) -> Markup | None:
    """The debrief as everybody may read it; None before there is one."""
    found = room.once(("debrief",), lambda: debrief(room))
    if found is None:
        return None
    shown = {"found": found, "scenario": room.scenario, "names": room.names}
    return room.once(("debrief", "text"), lambda: part("debrief_body", **shown))


def status(room: Room, country: str = "") -> dict[str, Any]:
    """What stands above every page: the step, the clock, events and, for a seat, a nudge."""
    state = room.state
    return {
        "title": room.scenario.title,
        "stage": state.stage,
        "round": state.round,
        "rounds": room.setup.rounds,
        "left": left(state, room.now()),
        "running": state.clock is not None and state.clock.ends is not None,
        "events": [e for e in state.events if e.round == state.round and state.stage in ("write", "hear")],
        "nudged": bool(country) and country in state.nudged,
        "revealing": state.revealing,
        "pending": state.pending is not None,
    }


def _previous(room: Room, holder: Holder, fields: Fields) -> Fields:
    """A writing form begins with where the student stood in the round before: its own words, to be changed."""
    before = room.store.paper(holder.student.id, f"write:{room.state.round - 1}")
    if fields or before is None or before.sent is None:
        return fields
    kept = ("position.", "reason.", "sources.")
    return {k: v for k, v in before.sent.items() if k.startswith(kept) or k == "stance"}


def _cited(dossier: Dossier, ids: str | Sequence[str]) -> str:
    """Documents by title, where the dossier has them."""
    named = ids.split(",") if isinstance(ids, str) else ids
    known = [dossier.sources[name] for name in named if name in dossier.sources]
    return "; ".join(f"{s.title} ({s.publisher}, {s.date})" for s in known)


def _shared(room: Room, turn: Turn) -> dict[str, Any]:
    """What every member of a delegation may refer to in a round."""
    at, drawn, cited = choices(turn), cards(turn, CARDS), partial(_cited, turn.dossier)
    by_provision = {
        p.id: [(c, sign) for c in drawn for name, sign in c.speaks if name == p.id] for p in turn.scenario.provisions
    }
    return {
        "lists": asked(turn.phases),
        "rows": ROWS,
        "cards": {p: part("cards", provision=p, rows=rows, cited=cited) for p, rows in by_provision.items() if rows},
        "cited": cited,
        "statements": at.statements,
        "arguments": at.arguments,
        "changes": at.changes,
    }


def _writing(room: Room, holder: Holder, turn: Turn, fields: Fields) -> dict[str, Any]:
    shared = room.once(("write", turn.country, str(turn.round)), lambda: _shared(room, turn))
    return {
        **shared,
        "fields": defaultdict(str, _previous(room, holder, fields)),
        "before": heard_text(room, room.state.round - 1) if room.state.round > 1 else "",
    }


def _brief(room: Room, holder: Holder) -> dict[str, Any]:
    country = holder.student.country

    def made() -> Markup:
        return part("brief", brief=handout(room.scenario, room.seats, country))

    return {"brief": room.once((BRIEF, country), made)}


def _ready(room: Room, holder: Holder) -> bool:
    return room.state.kind != "" and (room.state.stage != "write" or room.turn(holder.student.country) is not None)


def view(holder: Holder, fields: Fields | None = None, errors: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything the page of a student shows now; `fields` and `errors` are those of a paper that was sent back."""
    room, student, state = holder.room, holder.student, holder.room.state
    paper = room.store.paper(student.id, state.kind) if state.kind else None
    sent = paper.sent if paper is not None and fields is None else None
    writing = _ready(room, holder) and sent is None
    found: dict[str, Any] = {
        "room": room,
        "student": student,
        "token": holder.token,
        "rejoin": rejoin_code(holder.secret),
        "status": status(room, student.country),
        "seat": room.seats[student.country],
        "names": room.names,
        "scenario": room.scenario,
        "mates": [s.handle for s in room.members(student.country) if s.id != student.id],
        "paper": paper,
        "writing": writing,
        "errors": errors,
        "fields": defaultdict(str, fields if fields is not None else paper.draft if paper is not None else {}),
        "key": f"{state.key}:{'form' if writing else 'sent' if sent is not None else 'wait'}",
    }
    return found | _step(holder, found["fields"], writing)


def _step(holder: Holder, fields: Mapping[str, str], writing: bool) -> dict[str, Any]:
    """What belongs to the step the lesson is in."""
    room, stage = holder.room, holder.room.state.stage
    turn = room.turn(holder.student.country)
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "brief": lambda: _brief(room, holder),
        "predict": lambda: _brief(room, holder),
        "write": lambda: _writing(room, holder, turn, fields) if turn is not None and writing else {},
        "hear": lambda: {"heard": heard_text(room, room.state.round)},
        "vote": lambda: {"package": package(room)},
        "debrief": lambda: {"found": debrief_text(room), "own": own(room, holder), "score": score(room, holder)},
        "closed": lambda: {"found": debrief_text(room), "own": own(room, holder), "score": score(room, holder)},
    }
    return parts.get(stage, dict)()


def package(room: Room) -> list[tuple[str, str, str]]:
    """The package that is voted on: label, choice and wording of each provision."""
    found = []
    for p in room.scenario.provisions:
        choice = room.state.package.get(p.id, "keep")
        option = next((o for o in p.options if o.id == choice), None)
        found.append((p.short, choice, option.text if option else "left out" if choice == "drop" else p.text))
    return found


def score(room: Room, holder: Holder) -> Score | None:
    """How a student's predictions fared."""
    found = room.once(("debrief",), lambda: debrief(room))
    return next((s for s in found.scores if s.student == holder.student.id), None) if found is not None else None


def own(room: Room, holder: Holder) -> dict[str, Any] | None:
    """A student's last draft, before the delegation put its papers together."""
    for number in range(room.setup.rounds, 0, -1):
        paper = room.store.paper(holder.student.id, f"write:{number}")
        if paper is not None and paper.answer is not None:
            return dict(paper.answer)
    return None
