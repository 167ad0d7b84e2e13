"""Rounds after the first: whom a desk answers, with what, and where it gives way.

Whom to answer is influence times disagreement times stake, so that a desk takes on the argument that most threatens
its position, from the voice it listens to most.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.desk_note import HOLDS, Note
from simulation.judgement import shifts
from simulation.material import Point, pick
from simulation.statement import Answer, Argument, Shift, Statement
from simulation.turn import Turn
from simulation.wording import one_of, signed

MOST_ANSWERS = 2
CHALLENGED = 5.0
"""How much more an argument counts that was put to the desk in person."""


@dataclass(frozen=True)
class Board:
    """What can be answered of a round: a row an argument, by the ids of the statements and as each was made."""

    rows: tuple[tuple[Statement, Argument], ...]
    seat: Mapping[str, int]
    """Places at the table by code."""
    seats: NDArray[np.intp]
    """(A,) the speaker's place at the table."""
    provisions: NDArray[np.intp]
    """(A,) the provision's place in the scenario."""
    sides: NDArray[np.float64]
    """(A,) 1 for it, -1 against."""
    positions: NDArray[np.float64]
    """(A,) where the speaker stands on it."""
    holds: NDArray[np.float64]
    """(A,) how far the kind of argument threatens anybody: another's own legal limit or condition does less."""
    at: Mapping[str, int]
    """Rows by the argument's id."""
    challenged: Mapping[str, tuple[str | None, ...]]
    """For an argument that was rebutted in the round, by its id: the arguments that were put against it."""


def _board(turn: Turn) -> Board:
    """What was said in the round before, the seat's own part too, so that one board serves the whole table."""
    said = sorted(turn.heard.by_round.get(turn.round - 1, {}).values(), key=lambda s: s.id)
    seat = {d.code: i for i, d in enumerate(turn.table)}
    place = {p.id: k for k, p in enumerate(turn.scenario.provisions)}
    stands = {(s.code, v.provision): v.position for s in said for v in s.views}
    rows = tuple((s, a) for s in said for a in s.arguments)
    challenged: dict[str, tuple[str | None, ...]] = {}
    for answer in (a for s in said for a in s.answers if a.tone == "rebuts"):
        challenged[answer.argument] = (*challenged.get(answer.argument, ()), answer.own)
    return Board(
        rows=rows,
        seat=seat,
        seats=np.array([seat[s.code] for s, _ in rows], dtype=np.intp),
        provisions=np.array([place[a.provision] for _, a in rows], dtype=np.intp),
        sides=np.array([1.0 if a.side == "for" else -1.0 for _, a in rows]),
        positions=np.array([stands[s.code, a.provision] for s, a in rows]),
        holds=np.array([0.3 if a.kind in HOLDS else 1.0 for _, a in rows]),
        at={a.id: k for k, (_, a) in enumerate(rows)},
        challenged=challenged,
    )


def _threats(note: Note, board: Board) -> NDArray[np.float64]:
    """(A,) influence times disagreement times stake.

    They are how much the desk listens to the seat, where that stands on the provision, and how much the provision
    matters to the desk.
    An argument on one's own side of the question threatens less, and so does another's own legal limit or condition.
    """
    turn, on = note.turn, board.provisions
    own = np.array([v.position for v in note.judgement.views])[on]
    distance = np.abs(board.positions - own) / 2 * np.where(board.sides * own < 0, 1.0, 0.3)
    found: NDArray[np.float64] = (0.1 + turn.mixing[board.seats]) * distance * turn.stakes[on] * board.holds
    return found


def targets(note: Note) -> list[tuple[Statement, Argument]]:
    """The arguments to answer, most threatening first, one a country; of equals the first by its id.

    Once there have been challenges, those who took on the desk's own arguments are answered before anybody else.
    """
    turn = note.turn
    board = turn.heard.once(("board", turn.round), lambda: _board(turn))
    threats = _threats(note, board)
    mine = (a.id for s in turn.own for a in s.arguments)
    put = {own for a in mine for own in board.challenged.get(a, ()) if own is not None}
    threats[[board.at[a] for a in put if a in board.at]] *= CHALLENGED
    answered = (a.argument for s in turn.own for a in s.answers)
    threats[[board.at[a] for a in answered if a in board.at]] = 0.0
    threats[board.seats == board.seat[turn.dossier.code]] = 0.0
    found: list[tuple[Statement, Argument]] = []
    while len(found) < MOST_ANSWERS and threats.any():
        first = int(threats.argmax())
        found.append(board.rows[first])
        threats[board.seats == board.seats[first]] = 0.0
    return found


def _capital(turn: Turn, code: str) -> str:
    return turn.heard.once("capitals", lambda: {d.code: d.capital for d in turn.table})[code]


def _said(note: Note, said: Statement, argument: Argument) -> str:
    label = note.turn.scenario.provision(argument.provision).short
    capital = _capital(note.turn, said.code)
    return one_of(
        (
            f"To {capital}, which argues {argument.side} {label} that “{argument.claim}” ({argument.id}):",
            f"{capital} says on {label}: “{argument.claim}” ({argument.id}).",
            f"Against {capital}'s point on {label}, “{argument.claim}” ({argument.id}):",
        )[: 3 if argument.side == "against" else 2],
        note.turn.country,
        argument.id,
    )


def _reply(note: Note, said: Statement, argument: Argument) -> Answer:
    """The desk's own weightiest point the other way, or the argument it already made, or the bare position."""
    away = -1 if argument.side == "for" else 1
    capital = note.turn.dossier.capital
    agrees = note.judgement.agrees(argument.provision)
    same_way = away * agrees < 0
    direction = -away if same_way else away
    tone = "adds" if same_way else "rebuts"
    opening = f"{_said(note, said, argument)} "
    opening += f"{capital} shares the conclusion and adds its own reason." if same_way else f"{capital} answers."
    if point := _counter(note, argument, direction):
        drawn = note.take(point)
        text, sources, own = drawn.text, drawn.sources, note.arguments[-1].id
    elif earlier := _earlier(note, argument.provision, direction):
        text, sources, own = f"It stands by {earlier.id}: {earlier.claim}", earlier.sources, earlier.id
    else:
        own = None
        text, sources = f"It holds at {signed(agrees)} on this provision; it has said its reasons.", ()
    return Answer(
        country=said.code,
        statement=said.id,
        argument=argument.id,
        tone=tone,
        own=own,
        text=f"{opening} {text}",
        sources=sources,
    )


def _counter(note: Note, argument: Argument, direction: int) -> Point | None:
    """A fresh point on the very theme of the argument; failing that, on what the provision mainly pushes."""
    pushes = note.turn.scenario.provision(argument.provision).themes
    main = max(pushes, key=lambda t: abs(pushes[t]))
    for theme in dict.fromkeys([argument.theme, main]):
        if point := pick(note.points, note.used, provision=argument.provision, theme=theme, direction=direction):
            return point
    return None


def _earlier(note: Note, provision: str, direction: int) -> Argument | None:
    side = "for" if direction > 0 else "against"
    mine = [a for s in note.turn.own for a in s.arguments if a.provision == provision and a.side == side]
    return mine[0] if mine else None


def _concession(note: Note, shift: Shift) -> Answer | None:
    """Where another's statement moved the desk: the argument of it that pulled that way."""
    turn = note.turn
    said = turn.heard.by_id[shift.because]
    side = "for" if shift.after > shift.before else "against"
    heard = [a for a in said.arguments if a.provision == shift.provision and a.side == side]
    label = turn.scenario.provision(shift.provision).short
    capital = _capital(turn, said.code)
    if not heard or said.code not in turn.heard.by_round.get(turn.round - 1, {}):
        return None
    text = (
        f"{turn.dossier.capital} gives ground to {capital} on {label} ({heard[0].id}): "
        f"from {signed(shift.before)} to {signed(shift.after)}."
    )
    return Answer(country=said.code, statement=said.id, argument=heard[0].id, tone="concedes", text=text)


def answers(note: Note) -> tuple[tuple[Answer, ...], tuple[Shift, ...]]:
    """What the desk says to the others, and every move it made since the last round."""
    moved = shifts(note.turn, note.judgement)
    given = [_reply(note, said, argument) for said, argument in targets(note)]
    largest = sorted(moved, key=lambda s: -abs(s.after - s.before))
    conceded = [c for s in largest[:1] if abs(s.after - s.before) >= 0.05 and (c := _concession(note, s))]
    return (*given, *conceded), moved
