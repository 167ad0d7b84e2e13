"""Rounds after the first: whom a desk answers, with what, and where it gives way.

Whom to answer is influence times disagreement times stake, so that a desk takes on the argument that most threatens
its position, from the voice it listens to most.
"""

from simulation.desk_note import HOLDS, Note
from simulation.judgement import shifts
from simulation.material import Point, pick
from simulation.statement import Answer, Argument, Shift, Statement
from simulation.wording import one_of, signed

MOST_ANSWERS = 2
CHALLENGED = 5.0
"""How much more an argument counts that was put to the desk in person."""


def _threat(note: Note, listened: float, theirs: float, stake: float, argument: Argument) -> float:
    """Influence times disagreement times stake.

    They are how much the desk listens to the seat, where that stands on the provision, and how much the provision
    matters to the desk.
    An argument on one's own side of the question threatens less, and so does another's own legal limit or condition.
    """
    own = note.judgement.agrees(argument.provision)
    against_us = (1 if argument.side == "for" else -1) * own < 0
    distance = abs(theirs - own) / 2 * (1.0 if against_us else 0.3)
    holds = 0.3 if argument.kind in HOLDS else 1.0
    return (0.1 + listened) * distance * stake * holds


def targets(note: Note) -> list[tuple[Statement, Argument]]:
    """The arguments to answer, most threatening first, one a country.

    Once there have been challenges, those who took on the desk's own arguments are answered before anybody else.
    """
    answered = {a.argument for s in note.turn.own for a in s.answers}
    mine = {a.id for s in note.turn.own for a in s.arguments}
    challenges = {a.own for s in note.turn.last_round for a in s.answers if a.argument in mine and a.tone == "rebuts"}
    found: dict[str, tuple[float, Statement, Argument]] = {}
    stakes = {p.id: float(s) for p, s in zip(note.turn.scenario.provisions, note.turn.stakes, strict=True)}
    listened = {d.code: float(x) for d, x in zip(note.turn.table, note.turn.mixing, strict=True)}
    for said in note.turn.last_round:
        stands = {v.provision: v.position for v in said.views}
        for argument in said.arguments:
            theirs, stake = stands[argument.provision], stakes[argument.provision]
            threat = _threat(note, listened[said.code], theirs, stake, argument)
            threat *= CHALLENGED if argument.id in challenges else 1.0
            if argument.id not in answered and threat > found.get(said.code, (0.0,))[0]:
                found[said.code] = (threat, said, argument)
    ordered = sorted(found.values(), key=lambda row: (-row[0], row[1].id))
    return [(said, argument) for _, said, argument in ordered[:MOST_ANSWERS]]


def _said(note: Note, said: Statement, argument: Argument) -> str:
    label = note.turn.scenario.provision(argument.provision).short
    capital = next(d.capital for d in note.turn.table if d.code == said.code)
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
    said = next(s for s in turn.heard if s.id == shift.because)
    side = "for" if shift.after > shift.before else "against"
    heard = [a for a in said.arguments if a.provision == shift.provision and a.side == side]
    label = turn.scenario.provision(shift.provision).short
    capital = next(d.capital for d in turn.table if d.code == said.code)
    if not heard or all(s.code != said.code for s in turn.last_round):
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
