"""A round handed in: what each delegation says goes into the debate, and everybody hears it at one time.

What happens to a seat that did not submit is what the teacher chose, and nothing else. What was handed in is kept, so
that a server that was killed between the reveal and the debate's answer hands in the same again.
"""

from typing import Any

from simulation.analysts.human import mistakes
from simulation.classroom.caucus import agreed
from simulation.classroom.forms import FormErrors, draft
from simulation.classroom.lesson import LATE, Late
from simulation.classroom.room import Room
from simulation.errors import InputError
from simulation.turn import Turn
from simulation.wording import listed


def _saved(room: Room, turn: Turn, country: str, also_drafts: bool) -> list[dict[str, Any]]:
    """The drafts of a seat's members that the debate would take: those submitted, and where wanted those only saved."""
    papers, found = room.papers(room.state.kind), []
    for student in room.members(country):
        paper = papers.get(student.id)
        if paper is None:
            continue
        if paper.answer is not None:
            found.append(dict(paper.answer))
        elif also_drafts:
            try:
                answer = draft(paper.draft, turn)
            except FormErrors:
                continue
            if not mistakes(turn, answer):
                found.append(answer)
    return found


def missing(room: Room) -> list[str]:
    """Seats of students from which nothing was submitted and for which nobody stands in."""
    sent = {s for s, p in room.papers(room.state.kind).items() if p.answer is not None}
    return [
        c for c in room.state.seated if c not in room.state.stand_ins and not any(m.id in sent for m in room.members(c))
    ]


def _answer(room: Room, country: str, late: Late) -> dict[str, Any]:
    turn = room.turn(country)
    if turn is None or country in room.state.stand_ins:
        return {"stand_in": True}
    if drafts := _saved(room, turn, country, late == "draft"):
        found = agreed(drafts, lambda answer: not mistakes(turn, dict(answer)))
        if found is not None:
            return dict(found)
        return {"absent": "the papers of the delegation could not be put together"}
    if late == "stand_in":
        return {"stand_in": True}
    return {"absent": "the delegation submitted nothing in time"}


def reveal(room: Room, late: Late) -> None:
    """Hand in the round; raises `InputError` where a seat is missing and nobody has said what becomes of it."""
    waiting = room.table.questions if room.table else ()
    if room.table is None or not waiting:
        raise InputError("the table is not ready yet", "wait a moment, and try again", "E183")
    if late == "wait" and (gone := missing(room)):
        names = listed([room.names[c] for c in gone])
        cure = f"wait, or choose: {'; '.join(text for key, text in LATE.items() if key != 'wait')}"
        raise InputError(f"nothing was submitted by {names}", cure, "E183")
    answers = {q.country: _answer(room, q.country, late) for q in waiting}
    for country, body in answers.items():
        room.store.reply(room.state.round, country, body)
    note = f"round {room.state.round} revealed; seats that did not submit: {LATE[late]}"
    room.update(note, revealing=True, pending=None)
    room.table.answer(answers)


def hand_in_again(room: Room) -> None:
    """Give the debate what was handed in, where it asks again; a paper it does not take leaves the seat silent."""
    assert room.table is not None
    kept = room.store.replies(room.state.round)
    answers = {}
    for question in room.table.questions:
        if question.round == room.state.round:
            body = kept.get(question.country, {"absent": "the delegation submitted nothing in time"})
            refused = "; ".join(question.errors)
            answers[question.country] = {"absent": f"the paper was not taken: {refused}"} if refused else body
    if answers:
        room.table.answer(answers)
