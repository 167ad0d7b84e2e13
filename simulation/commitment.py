"""A stance that somebody commits to, held beside what the dossier adds up to.

A chat model or a person is free to leave the dossier. That is neither hidden nor corrected: each departure is
named, and only a stance that contradicts the speaker's own positions is sent back.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulation.judgement import SMALLEST_SHIFT, Judgement, weigh
from simulation.stance import OPEN, agreement, breaches, cap, inputs, latent, substance, to_stance
from simulation.statement import LABELS, Departure, Shift, Turning
from simulation.turn import Turn
from simulation.wording import signed

Floats = NDArray[np.float64]


def commit(turn: Turn, stance: int, positions: Sequence[float]) -> Judgement:
    """The typed part of a statement whose speaker commits to a stance and a position (-1 to 1) per provision."""
    now = np.array(positions, dtype=float)
    first = np.array([v.position for v in turn.own[0].views]) if turn.own else now
    return weigh(turn, now, first, stance)


def contradiction(turn: Turn, stance: int, positions: Sequence[float]) -> str | None:
    """Why a stance does not follow from the speaker's own positions, or None.

    The positions, with the country's ties, add up to a stance, with and without the rules it meets; the committed one
    may lie one step from either, and never on the other side.
    """
    score = np.array(float(latent(substance(np.array(positions, dtype=float), turn.stakes), turn.relations)))
    free = int(to_stance(score))
    ruled = min(free, cap(breaches(turn.dossier, turn.scenario)))
    if any(abs(stance - s) <= 1 and stance * s >= 0 for s in (free, ruled)):
        return None
    return (
        f"the stance is that the country {LABELS[stance]}, but the positions given, with its ties, add up to one that "
        f"{LABELS[free]} ({signed(float(score))}): change the stance or the positions"
    )


def _alone(turn: Turn) -> tuple[Floats, Judgement]:
    """The country's positions (P,) as the dossier has them, and what they add up to."""
    held = agreement(inputs(turn.scenario, [turn.dossier]))[0]
    return held, weigh(turn, held, held)


def departures(turn: Turn, found: Judgement) -> tuple[Departure, ...]:
    """Where a commitment leaves the dossier: another side, another sign on a provision, support despite a rule met."""
    held, own = turn.once("dossier alone", lambda: _alone(turn))
    parts: list[Departure] = []
    if np.sign(own.stance) != np.sign(found.stance):
        text = (
            f"departs from dossier: {LABELS[found.stance]}, where its positions and ties add up to a country "
            f"that {LABELS[own.stance]} ({signed(own.score)})"
        )
        parts.append(Departure(kind="stance", text=text))
    for provision, at in zip(turn.scenario.provisions, held, strict=True):
        now = found.agrees(provision.id)
        if abs(at) > OPEN and abs(now) > OPEN and np.sign(at) != np.sign(now):
            text = f"departs from dossier: {signed(now)} on {provision.short}, where the dossier has {signed(at)}"
            parts.append(Departure(kind="position", text=text, provision=provision.id))
    if found.stance > cap(breaches(turn.dossier, turn.scenario)):
        for breach in found.breaches:
            label = turn.scenario.provision(breach.provision).short
            text = (
                f"departs from dossier: {LABELS[found.stance]}, although {label} meets a {breach.kind}: {breach.text}"
            )
            parts.append(Departure(kind="rule", text=text, provision=breach.provision))
    return tuple(parts)


def moves(turn: Turn, found: Judgement, because: dict[str, str]) -> tuple[Shift, ...]:
    """Every move since the speaker's last statement worth telling, with the statement it names as its cause, if any."""
    if not turn.own:
        return ()
    before = {v.provision: v.position for v in turn.own[-1].views}
    return tuple(
        Shift(
            provision=v.provision,
            before=before[v.provision],
            after=v.position,
            because=because.get(v.provision, ""),
        )
        for v in found.views
        if abs(v.position - before[v.provision]) >= SMALLEST_SHIFT
    )


def turned(turn: Turn, found: Judgement, moved: Sequence[Shift]) -> Turning | None:
    """Where the stance changed since the speaker's last statement: the move that did most to carry it, if any did."""
    before = turn.own[-1].stance if turn.own else found.stance
    if before == found.stance:
        return None
    up = 1 if found.stance > before else -1
    stake = {v.provision: v.importance for v in found.views}
    carrying = max(moved, key=lambda s: up * (s.after - s.before) * stake[s.provision], default=None)
    if carrying is None or up * (carrying.after - carrying.before) <= 0:
        widest = max(found.views, key=lambda v: v.importance)
        return Turning(before=before, after=found.stance, provision=widest.provision, because="")
    return Turning(before=before, after=found.stance, provision=carrying.provision, because=carrying.because)
