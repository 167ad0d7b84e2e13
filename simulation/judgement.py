"""The typed part of a statement: score, stance, waterfall, views and rules met, from the numbers of a turn.

Every engine's statement carries it, so that a chat model or a person can be held beside what the dossier says.
"""

from dataclasses import dataclass

import numpy as np

from simulation.dossier import RedLine
from simulation.scenario import Provision
from simulation.sources import out_by
from simulation.stance import RELATIONS, breaches, cap, coefficients, latent, probabilities, substance, to_stance
from simulation.statement import Breach, Shift, Term, View
from simulation.turn import Turn

SMALLEST_SHIFT = 0.02
"""Moves on the scale from -1 to 1 smaller than this are not told."""


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


def judge(turn: Turn) -> Judgement:
    """Score, stance and views of the turn's country in the turn's round."""
    now, opening = turn.positions[-1], turn.positions[0]
    score = float(latent(substance(now, turn.stakes), turn.relations))
    met = breaches(turn.dossier, turn.scenario)
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
        stance=int(to_stance(np.array(score), np.array(cap(met)))),
        probabilities=(shares[0], shares[1], shares[2], shares[3], shares[4]),
        terms=_terms(turn, now),
        views=views,
        breaches=tuple(_breach(turn, p, r) for p, r in met),
    )


def shifts(turn: Turn) -> tuple[Shift, ...]:
    """Every move since the last round, each with the statement that pulled hardest the same way.

    The pull of another country is its weight times how far its own position lies beyond; it is what Friedkin and
    Johnsen's step adds up, so a move without such a statement cannot happen.
    """
    if turn.round == 1:
        return ()
    before, after = turn.positions[-2], turn.positions[-1]
    seats = [d.code for d in turn.table]
    found = []
    for k, provision in enumerate(turn.scenario.provisions):
        move = float(after[k] - before[k])
        if abs(move) < SMALLEST_SHIFT:
            continue
        pulls = {
            s.id: float(turn.mixing[seats.index(s.code)]) * (s.view(provision.id).position - float(before[k]))
            for s in turn.last_round
        }
        cause = max(sorted(pulls), key=lambda name: pulls[name] * np.sign(move))
        found.append(Shift(provision=provision.id, before=_round(before[k]), after=_round(after[k]), because=cause))
    return tuple(found)
