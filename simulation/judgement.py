"""The typed part of a statement: score, stance, waterfall, views and rules met, from the numbers of a turn.

Every engine's statement carries it, so that a chat model or a person can be held beside what the dossier says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.dossier import RedLine
from simulation.scenario import Provision
from simulation.sources import out_by
from simulation.stance import (
    RELATIONS,
    breaches,
    cap,
    coefficients,
    latent,
    nearest_score,
    probabilities,
    substance,
    to_stance,
)
from simulation.statement import Breach, Shift, Term, Turning, View
from simulation.turn import Turn

Floats = NDArray[np.float64]
SMALLEST_SHIFT = 0.02
"""Moves on the scale from -1 to 1 smaller than this are not told."""


class UncausedShift(AssertionError):
    """A position moved and nobody's statement pulled it: an error of ours, never drift."""


@dataclass(frozen=True)
class Judgement:
    """What the model says of one country in one round."""

    score: float
    stance: int
    probabilities: tuple[float, float, float, float, float]
    terms: tuple[Term, ...]
    views: tuple[View, ...]
    breaches: tuple[Breach, ...]

    def agrees(self, provision: str) -> float:
        """Agreement with a provision now, -1 to 1."""
        return next(v.position for v in self.views if v.provision == provision)


def _round(value: float) -> float:
    """Six digits: enough for any reader, few enough for equal bytes on every machine."""
    return round(float(value), 6) + 0.0


def _terms(turn: Turn, now: np.ndarray) -> tuple[Term, ...]:
    """The bars whose sum is the latent score."""
    w, total = coefficients().weights, float(turn.stakes.sum())
    bars = w["substance"] * turn.stakes * now / total if total > 0 else np.zeros_like(now)
    found = [
        Term(name="provision", provision=p.id, value=_round(b))
        for p, b in zip(turn.scenario.provisions, bars, strict=True)
    ]
    found += [Term(name=name, value=_round(w[name] * turn.relations[k])) for k, name in enumerate(RELATIONS)]
    return tuple(found)


def _breach(turn: Turn, provision: Provision, rule: RedLine) -> Breach:
    return Breach(
        provision=provision.id,
        rule=rule.id,
        kind="red line" if rule in turn.dossier.red_lines else "legal limit",
        effect=rule.effect,
        text=rule.text.strip(),
        sources=out_by(rule.sources, turn.dossier.sources, turn.scenario.day),
    )


def weigh(turn: Turn, now: np.ndarray, opening: np.ndarray, stance: int | None = None) -> Judgement:
    """Score, stance and views of the turn's country at some positions (P,), with those it opened on (P,).

    Without a `stance` the score and the rules give it. A stance that somebody commits to stands: where the positions
    add up to another, a last bar, `judgement`, carries the score to the nearest point of that stance's stretch.
    """
    score = float(latent(substance(now, turn.stakes), turn.relations))
    met = turn.once("met", lambda: breaches(turn.dossier, turn.scenario))
    added = int(to_stance(np.array(score), np.array(cap(met))))
    terms = _terms(turn, now)
    if stance is not None and stance != added:
        beyond = _round(nearest_score(score, stance) - score)
        terms, score = (*terms, Term(name="judgement", value=beyond)), score + beyond
    frozen = {p.id for p, _ in met}
    views = tuple(
        View(
            provision=p.id,
            opening=_round(opening[k]),
            position=_round(now[k]),
            importance=_round(turn.stakes[k]),
            frozen=p.id in frozen,
        )
        for k, p in enumerate(turn.scenario.provisions)
    )
    shares = [_round(x) for x in probabilities(np.array(score))]
    return Judgement(
        score=_round(score),
        stance=added if stance is None else stance,
        probabilities=(shares[0], shares[1], shares[2], shares[3], shares[4]),
        terms=terms,
        views=views,
        breaches=turn.once("breaches", lambda: tuple(_breach(turn, p, r) for p, r in met)),
    )


def judge(turn: Turn) -> Judgement:
    """What the dossier's numbers say in the turn's round."""
    return weigh(turn, turn.positions[-1], turn.positions[0])


@dataclass(frozen=True)
class Voices:
    """Who may have moved others in a round, by the ids of their last statements."""

    names: tuple[str, ...]
    """(N,) those ids, in order."""
    rows: Mapping[str, int]
    """Places among them by code."""
    seats: NDArray[np.intp]
    """(N,) places at the table."""
    last: Floats
    """(N, P) where each stood in the round before; NaN where it said nothing."""
    earlier: Floats
    """(N, P) the same another round before."""


def _voices(turn: Turn) -> Voices:
    """Those who spoke in one of the two rounds before, the desk's own seat among them, so that all desks share it."""
    last, earlier = (turn.heard.by_round.get(turn.round - back, {}) for back in (1, 2))
    said = sorted(
        ((last.get(d.code) or earlier[d.code]).id, i, d.code)
        for i, d in enumerate(turn.table)
        if d.code in last or d.code in earlier
    )
    stood = np.full((2, len(said), len(turn.scenario.provisions)), np.nan)
    for k, (_, _, code) in enumerate(said):
        for past, at in ((last, stood[0]), (earlier, stood[1])):
            if code in past:
                at[k] = [v.position for v in past[code].views]
    return Voices(
        names=tuple(name for name, _, _ in said),
        rows={code: k for k, (_, _, code) in enumerate(said)},
        seats=np.array([i for _, i, _ in said], dtype=np.intp),
        last=stood[0],
        earlier=stood[1],
    )


def _pulls(turn: Turn, voices: Voices) -> Floats:
    """(N, P) what each voice adds to the desk's move, up to the common factor of openness; nothing its own.

    Friedkin and Johnsen's step as a sum over seats: in round 2 the distance of what each said from one's own position,
    after that what each moved since the round before, times how much one listens to it. One that has fallen silent
    pulls no more, so that its last statement is the cause of a move the other way.
    """
    before = turn.positions[-2]
    now, was = turn.mixing[voices.seats][:, None], turn.mixed[voices.seats][:, None]
    there, since = (np.where(np.isnan(stood), before, stood) for stood in (voices.last, voices.earlier))
    pulls: Floats = np.where(now == was, now * (there - since), now * (there - before) - was * (since - before))
    if (own := voices.rows.get(turn.dossier.code)) is not None:
        pulls[own] = 0.0
    return pulls


def _cause(turn: Turn, provision: str, move: float, names: Sequence[str], pulls: Floats) -> str:
    """The statement behind a move: the hardest pull (N,) the same way, else what set off one's own move a round ago."""
    along = pulls * np.sign(move)
    if names and along.max() > 0:
        return names[int(along.argmax())]
    for said in reversed(turn.own):
        for shift in said.shifts:
            if shift.provision == provision and (shift.after - shift.before) * move > 0:
                return shift.because
    raise UncausedShift(f"{turn.dossier.code} moved on {provision} in round {turn.round} after nobody")


def shifts(turn: Turn, found: Judgement) -> tuple[Shift, ...]:
    """Every move since the last round worth telling, with its cause; all of them where the stance itself changed."""
    if turn.round == 1:
        return ()
    least = SMALLEST_SHIFT if turn.own and turn.own[-1].stance == found.stance else 1e-6
    before, after = turn.positions[-2], turn.positions[-1]
    voices = turn.heard.once("voices", lambda: _voices(turn))
    moves = zip(turn.scenario.provisions, before, after, _pulls(turn, voices).T, strict=True)
    return tuple(
        Shift(
            provision=p.id,
            before=_round(was),
            after=_round(now),
            because=_cause(turn, p.id, float(now - was), voices.names, row),
        )
        for p, was, now, row in moves
        if abs(now - was) >= least
    )


def turning(turn: Turn, found: Judgement, moved: tuple[Shift, ...]) -> Turning | None:
    """Where the stance changed since the last round: the move that carried it, and the statement behind it."""
    before = turn.own[-1].stance if turn.own else found.stance
    if before == found.stance:
        return None
    stakes = {p.id: float(s) for p, s in zip(turn.scenario.provisions, turn.stakes, strict=True)}
    up = 1 if found.stance > before else -1
    carrying = max(moved, key=lambda s: up * (s.after - s.before) * stakes[s.provision], default=None)
    if carrying is None or up * (carrying.after - carrying.before) <= 0:
        raise UncausedShift(f"{turn.dossier.code} changed its stance in round {turn.round} after nobody")
    return Turning(before=before, after=found.stance, provision=carrying.provision, because=carrying.because)
