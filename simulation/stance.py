"""Positions and provisions to a stance: pure numpy, additive, explainable.

Agreement follows the directional theory of issue voting (Rabinowitz and Macdonald 1989: the product of the voter's and
the proposal's signed intensities), weighted by salience. Everything downstream is a sum, so that each provision's share
of a stance can be drawn as a bar and the bars add up. Array shapes: D draws (optional, leading), C countries, P
provisions, K themes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulation.dossier import SIGN, Dossier, Position, RedLine
from simulation.scenario import Provision, Scenario
from simulation.sources import out_by
from simulation.statement import Breach
from simulation.themes import codebook
from simulation.written import earliest_day, load_own

Floats = NDArray[np.float64]
RELATIONS = ("sponsor", "self_target", "target_affinity")
CAP = {"strongly_oppose": -1, "oppose": -1, "cannot_join": 0}
"""The highest stance each effect leaves; how firm an opposition is, the score decides."""
OPEN = 0.12
"""Positions nearer to zero than this are undecided."""
CENTRAL = 0.6
"""The provision weight from which a rule met there bars support of the whole; on a lesser one a state can reserve."""


@dataclass(frozen=True)
class Coefficients:
    """The few global numbers of the model, as estimated on past proposals."""

    weights: dict[str, float]
    """One per term: substance, sponsor, self_target, target_affinity."""
    cuts: tuple[float, float, float, float]
    """Cut points on the latent score between the five stances, ascending."""
    unofficial: float
    """The share of the sponsor term that is left when the speaker does not bind the government (authored)."""


def coefficients_bytes() -> bytes:
    """The data file of the coefficients, as it is."""
    return (Path(__file__).parent / "coefficients.yaml").read_bytes()


@cache
def coefficients() -> Coefficients:
    """The published coefficients, from `coefficients.yaml`."""
    data = load_own(coefficients_bytes().decode())
    return Coefficients(data["weights"], tuple(data["cuts"]), data["unofficial"])


@dataclass(frozen=True)
class Inputs:
    """The numbers of one debate."""

    pushes: Floats
    """(P, K) pushes on the themes the proposal touches."""
    weights: Floats
    """(P,) how central each provision is."""
    positions: Floats
    """(..., C, P, K) positions; they differ by provision where the sign turns on who acts."""
    saliences: Floats
    """(..., C, K)."""
    relations: Floats
    """(..., C, 3) affinity to the sponsors, being a target, affinity to the targets."""


def touched(scenario: Scenario) -> tuple[str, ...]:
    """The themes the proposal's provisions and their options push on, in the codebook's order."""
    used = {theme for p in scenario.provisions for theme in p.themes}
    used |= {theme for p in scenario.provisions for option in p.options for theme in option.themes}
    return tuple(t for t in codebook() if t in used)


def closeness(dossier: Dossier, parties: Sequence[str], day: date) -> float:
    """Mean affinity to some parties, -1 to 1; 0 where there are none or everybody is meant."""
    named = [c for c in parties if c != "ALL"]
    return float(np.mean([dossier.affinity(c, day) for c in named])) if named else 0.0


def affinities(desks: Sequence[Dossier], codes: Sequence[str], day: date) -> Floats:
    """(C, J) affinity of each country to each of some parties: `Dossier.affinity` for all of them at once."""
    at = {code: j for j, code in enumerate(codes)}
    found = np.zeros((len(desks), len(codes)))
    for row, dossier in zip(found, desks, strict=True):
        for code, relation in dossier.relations.items():
            if code in at:
                row[at[code]] = relation.on(day)
        if dossier.code in at:
            row[at[dossier.code]] = 1.0
    return found


def _turn(position: Position, acts: float | None, against: float | None, day: date) -> float:
    """A position on an actor-relative theme: how far it slides toward its value for a rival actor or a partner target.

    `acts` and `against` are affinities to the acting and the targeted parties, or None where nobody is named. The slide
    is linear over affinities from 0.2 (no slide) to -0.4 (full) for actors, and from -0.2 to 0.4 for targets.
    """
    base, rival, partner = position.on(day), position.when.rival_acts, position.when.partner_targeted
    to_rival = 0.0 if acts is None or rival is None else min(max((0.2 - acts) / 0.6, 0.0), 1.0)
    to_partner = 0.0 if against is None or partner is None else min(max((against + 0.2) / 0.6, 0.0), 1.0)
    moved = base + to_rival * ((rival or 0.0) - base)
    return moved + to_partner * ((partner or 0.0) - moved)


Near = tuple[float | None, float | None]
"""Affinity to the acting and to the targeted parties of a provision; None where nobody is named."""


def near(dossier: Dossier, provision: Provision, scenario: Scenario) -> Near:
    """How close a country is to those who act in a provision, and to those it is aimed at."""
    actors = provision.actor or scenario.proposal.sponsors
    targets = provision.against or scenario.proposal.targets
    acts = closeness(dossier, actors, scenario.day) if actors else None
    return acts, closeness(dossier, targets, scenario.day) if targets else None


def standpoint(dossier: Dossier, theme: str, day: date, close: Near) -> float:
    """Where a country stands on a theme as a provision touches it, -1 to 1; 0 where the dossier is silent.

    `close` is how `near` it is to the parties of the provision.
    """
    if theme not in dossier.positions:
        return 0.0
    position = dossier.positions[theme]
    return _turn(position, *close, day) if codebook()[theme].actor_relative else position.on(day)


def inputs(scenario: Scenario, desks: Sequence[Dossier]) -> Inputs:
    """Collect the arrays of a debate from what people wrote."""
    themes, day, proposal, provisions = touched(scenario), scenario.day, scenario.proposal, scenario.provisions
    unofficial = proposal.speaker is not None and not proposal.speaker.official
    discount = coefficients().unofficial if unofficial else 1.0
    return Inputs(
        pushes=np.array([[p.themes.get(t, 0.0) for t in themes] for p in provisions]),
        weights=np.array([p.weight for p in provisions]),
        positions=np.array(
            [
                [[standpoint(d, t, day, close) for t in themes] for close in (near(d, p, scenario) for p in provisions)]
                for d in desks
            ]
        ),
        saliences=np.array([[d.positions[t].salience if t in d.positions else 0.0 for t in themes] for d in desks]),
        relations=np.array(
            [
                [
                    discount * closeness(d, proposal.sponsors, day),
                    float(d.code in proposal.targets),
                    closeness(d, [c for c in proposal.targets if c != d.code], day),
                ]
                for d in desks
            ]
        ),
    )


def opinions(data: Inputs) -> tuple[Floats, Floats]:
    """(..., C, P) agreement and (..., C, P) importance: what the two functions below give, at half the work.

    A provision touches few themes, so only those are multiplied; the others stay 0 in the sums. Saliences are 0 or
    more, so that the size of salience times push is salience times the size of the push.
    """
    provision, theme = np.nonzero(data.pushes)
    pull = np.zeros((*data.saliences.shape[:-1], *data.pushes.shape))
    pull[..., provision, theme] = data.saliences[..., theme] * data.pushes[provision, theme]
    stake = np.abs(pull).sum(-1)
    pull[..., provision, theme] *= data.positions[..., provision, theme]
    agree: Floats = np.divide(pull.sum(-1), stake, out=np.zeros_like(stake), where=stake > 0)
    return agree, data.weights * stake


def agreement(data: Inputs) -> Floats:
    """(..., C, P) agreement of each country with each provision, -1 to 1; 0 where it has no stake."""
    return opinions(data)[0]


def importance(data: Inputs) -> Floats:
    """(..., C, P) how much each provision matters to each country, 0 and up."""
    return opinions(data)[1]


def substance(agree: Floats, matter: Floats) -> Floats:
    """(..., C) importance-weighted agreement over the provisions, -1 to 1."""
    total = matter.sum(-1)
    found: Floats = np.divide((agree * matter).sum(-1), total, out=np.zeros_like(total), where=total > 0)
    return found


def latent(substances: Floats, relations: Floats, model: Coefficients | None = None) -> Floats:
    """(..., C) latent score: substance and relations, each times its coefficient; the cut points hold the intercept."""
    w = (model or coefficients()).weights
    score: Floats = w["substance"] * substances
    for k, name in enumerate(RELATIONS):
        score = score + w[name] * relations[..., k]
    return score


def to_stance(score: Floats, caps: Floats | None = None, model: Coefficients | None = None) -> NDArray[np.int64]:
    """(...) stances from -2 to 2 by the cut points; `caps` (...) holds the highest stance each red line leaves."""
    found = np.searchsorted(np.array((model or coefficients()).cuts), score, side="right").astype(np.int64) - 2
    return found if caps is None else np.minimum(found, caps.astype(np.int64))


def nearest_score(score: float, stance: int, margin: float = 1e-4) -> float:
    """The latent score nearest to `score` that lies on a stance's stretch between the cut points."""
    edges = (-np.inf, *coefficients().cuts, np.inf)
    return float(np.clip(score, edges[stance + 2] + margin, edges[stance + 3] - margin))


def probabilities(score: Floats, model: Coefficients | None = None) -> Floats:
    """(..., 5) probability of each stance under the ordered logit (McCullagh 1980, eq. 2.2)."""
    cuts = np.array((model or coefficients()).cuts)
    below = 1 / (1 + np.exp(-(cuts - np.asarray(score)[..., None])))
    edges = [np.zeros((*below.shape[:-1], 1)), below, np.ones((*below.shape[:-1], 1))]
    shares: Floats = np.diff(np.concatenate(edges, axis=-1), axis=-1)
    return shares


def rules(dossier: Dossier, day: date) -> list[RedLine]:
    """The red lines and legal limits in force on a day, as far as a document of the time says so."""
    return [
        rule
        for rule in (*dossier.red_lines, *dossier.legal_limits)
        if (not rule.since or earliest_day(rule.since) <= day) and out_by(rule.sources, dossier.sources, day)
    ]


def meets(pushes: Mapping[str, float], rule: RedLine) -> bool:
    """Whether pushes on themes meet a rule."""
    return SIGN[rule.direction] * pushes.get(rule.theme, 0.0) >= rule.min_push


def breaches(dossier: Dossier, scenario: Scenario) -> list[tuple[Provision, RedLine]]:
    """Every red line and legal limit that a provision meets, in the order of the provisions."""
    in_force = rules(dossier, scenario.day)
    return [(p, r) for p in scenario.provisions for r in in_force if meets(p.themes, r)]


def in_reach(dossier: Dossier, scenario: Scenario) -> tuple[RedLine, float] | None:
    """The rule a text comes nearest to without meeting it, laws before policies, and how far it pushes there."""
    in_force = rules(dossier, scenario.day)
    laws = [r for r in in_force if r in dossier.legal_limits]
    near = []
    for rule in laws or in_force:
        push = max(SIGN[rule.direction] * p.themes.get(rule.theme, 0.0) for p in scenario.provisions)
        if 0 < push < rule.min_push:
            near.append((push / rule.min_push, rule.id, push, rule))
    if not near:
        return None
    _, _, push, rule = max(near, key=lambda row: row[:2])
    return rule, push


def accuracy() -> float:
    """Share of past reactions, on cases left out of the fit, whose side the model told rightly, 0 to 1."""
    return float(load_own(coefficients_bytes().decode())["fitted"]["cross_validated"]["accuracy3"])


def cap(met: Sequence[tuple[Provision, RedLine | Breach]]) -> int:
    """The highest stance the rules leave: 2 where none is met."""
    return min((CAP[rule.effect] for provision, rule in met if provision.weight >= CENTRAL), default=2)
