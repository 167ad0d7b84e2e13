"""Why a country stands elsewhere in another run: which bars of its waterfall moved, and whether score or rules did it.

Nothing is guessed. A stance is the score cut into stretches and capped by the rules met, so each of the two is put in
the place of the first run's, and what brings the stance about is its cause; which input lies behind it is certain only
where one alone differs.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from simulation.contrasts import Contrast, one_scenario
from simulation.runs import Run
from simulation.stance import cap, to_stance
from simulation.statement import Breach, Recorded, Statement

SMALLEST = 1e-5
"""Bars are kept to six digits: a smaller move is rounding."""
INERT = {"title", "question", "text", "noun", "label", "name", "role", "invited", "form", "options"}
"""Fields of a scenario that no number of a desk is made from: words, who is asked to join, wordings not chosen."""
By = Literal["none", "score", "rules", "either", "both", "commitment"]


class Bar(Recorded):
    """One bar of the waterfall in two runs."""

    term: str
    """The id of a provision, or sponsor, self_target, target_affinity, judgement; `substance` stands for all provisions
    together where the runs are of different scenarios."""
    before: float
    """What it adds to the latent score; 0 where it is not there."""
    after: float

    @property
    def move(self) -> float:
        """How much it adds to the difference of the scores."""
        return self.after - self.before


class Cause(Recorded):
    """One country's difference between the first run and another, and what it comes from."""

    country: str
    code: str
    run: str
    """The letter of the other run."""
    before: int
    """The final stance in the first run, -2 to 2."""
    after: int
    score_before: float
    score_after: float
    by: By
    """What brings it to the stance: nothing (it is the same), the score alone, the rules alone, either of the two
    alone, both only together, or a speaker free to leave its dossier that committed to it."""
    bars: tuple[Bar, ...]
    """The bars that moved; those that moved as the score did first, the largest move first. Their moves add up to the
    difference of the scores."""
    met: tuple[Breach, ...]
    """Rules met in the other run and not in the first, each once."""
    gone: tuple[Breach, ...]
    """Rules met in the first run and no longer."""
    inputs: tuple[str, ...]
    """Paths of the inputs that differ and bear on this seat. Where it is one, it is the cause; where they are several,
    the record does not tell them apart."""
    through: tuple[str, ...]
    """Where no input of its own differs: paths of what differs for others, which reached it by way of the debate."""


def _terms(said: Statement, whole: bool) -> dict[str, float]:
    """The bars by name; `whole` puts the provisions together."""
    found: dict[str, float] = {}
    for term in said.terms:
        name = "substance" if whole and term.provision else term.provision or term.name
        found[name] = found.get(name, 0.0) + term.value
    return found


def bars(before: Statement, after: Statement, whole: bool = False) -> tuple[Bar, ...]:
    """The bars that moved between two statements of one country, in the order `Cause` has them."""
    left, right = _terms(before, whole), _terms(after, whole)
    up = 1 if after.score >= before.score else -1
    found = [
        Bar(term=name, before=round(left.get(name, 0.0), 6), after=round(right.get(name, 0.0), 6))
        for name in dict.fromkeys([*left, *right])
    ]
    moved = [b for b in found if abs(b.move) >= SMALLEST]
    return tuple(sorted(moved, key=lambda b: (b.move * up < 0, -abs(b.move), b.term)))


def _committed(said: Statement) -> bool:
    """Whether the speaker took another stance than its positions and rules add up to."""
    return any(t.name == "judgement" and t.value for t in said.terms)


def _ceiling(run: Run, said: Statement) -> int:
    """The highest stance that the rules it reports leave it."""
    return cap([(run.scenario.provision(b.provision), b) for b in said.breaches])


def _by(first: Run, before: Statement, second: Run, after: Statement) -> By:
    """What brings it to the stance: the other run's score and its rules, each put in the place of the first's."""
    if before.stance == after.stance:
        return "none"
    if _committed(before) or _committed(after):
        return "commitment"
    old, new = _ceiling(first, before), _ceiling(second, after)
    score = int(to_stance(np.array(after.score), np.array(old))) == after.stance
    rules = int(to_stance(np.array(before.score), np.array(new))) == after.stance
    return "either" if score and rules else "score" if score else "rules" if rules else "both"


def inert(contrast: Contrast) -> bool:
    """Whether a seat that speaks from its dossier stands where it stands whatever this input is.

    The seed draws the order of speaking and no more.
    """
    parts = contrast.path.split(".")
    of_scenario = contrast.country is None
    return contrast.path in ("debate.seed", "proposal.sources") or (of_scenario and bool(INERT & set(parts)))


def _bearing(contrasts: Sequence[Contrast], said: Statement) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Paths of what differs for a seat itself or for all, and of what differs for others only."""
    told = [c for c in contrasts if said.free or not inert(c)]
    own = tuple(c.path for c in told if c.country in (None, said.country))
    return own, () if own else tuple(c.path for c in told)


def cause(
    letter: str, first: Run, before: Statement, second: Run, after: Statement, contrasts: Sequence[Contrast]
) -> Cause | None:
    """What moved one country between two runs; None where stance, score and rules are the same."""
    left, right = ({b.rule: b for b in said.breaches} for said in (before, after))
    found = bars(before, after, whole=not one_scenario(first.scenario, second.scenario))
    if before.stance == after.stance and not found and left.keys() == right.keys():
        return None
    inputs, through = _bearing(contrasts, after)
    return Cause(
        country=before.country,
        code=before.code,
        run=letter,
        before=before.stance,
        after=after.stance,
        score_before=before.score,
        score_after=after.score,
        by=_by(first, before, second, after),
        bars=found,
        met=tuple(b for rule, b in right.items() if rule not in left),
        gone=tuple(b for rule, b in left.items() if rule not in right),
        inputs=inputs,
        through=through,
    )
