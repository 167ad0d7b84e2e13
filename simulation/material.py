"""What a desk can say on a provision: its passages, and its policy lines where it has no passage.

A passage is used only when every document behind it was out on the scenario's date, so that nobody argues from the
future.
"""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from zlib import crc32

from simulation.dossier import SIGN, Dossier, Passage
from simulation.scenario import Provision, Scenario
from simulation.sources import out_by
from simulation.stance import closeness

SAME = math.log(1.5)
"""Weights within a factor of 1.5 count as about the same."""


@dataclass(frozen=True)
class Point:
    """One thing to say on one provision."""

    provision: str
    theme: str
    """The theme on which it meets the provision."""
    direction: int
    """1 speaks for the provision, -1 against it."""
    weight: float
    """How much it bears on the provision for this country."""
    kind: str
    """argument, condition, limit, precedent, or policy where it is a position's rationale."""
    claim: str
    text: str
    sources: tuple[str, ...]
    passage: str | None = None

    @property
    def key(self) -> str:
        """What tells two points apart, whatever provision they serve."""
        return self.passage or self.claim


def parties(scenario: Scenario) -> set[str]:
    """Every code with a part in the proposal."""
    proposal = scenario.proposal
    named = {*proposal.sponsors, *proposal.targets, *proposal.invited}
    for provision in scenario.provisions:
        named |= {*provision.actor, *provision.against}
    return named


def _acting(dossier: Dossier, provision: Provision, scenario: Scenario) -> str | None:
    """Whether a partner or a rival acts, or neither."""
    near = closeness(dossier, provision.actor or scenario.proposal.sponsors, scenario.day)
    return "partner" if near > 0.15 else "rival" if near < -0.15 else None


def _bearing(dossier: Dossier, passage: Passage, provision: Provision) -> float:
    """How much a passage bears on a provision, 0 and up; its main theme counts full, the others two fifths."""
    total = 0.0
    for rank, theme in enumerate(passage.themes):
        salience = dossier.positions[theme].salience if theme in dossier.positions else 0.3
        total += salience * abs(provision.themes.get(theme, 0.0)) * (1.0 if rank == 0 else 0.4)
    return total * provision.weight


def _passages(dossier: Dossier, scenario: Scenario) -> Iterator[Point]:
    named, acting = parties(scenario), {p.id: _acting(dossier, p, scenario) for p in scenario.provisions}
    for passage in dossier.passages:
        if not dossier.current(passage, scenario.day) or (passage.about and not named & {*passage.about}):
            continue
        text = " ".join(passage.text.split())
        for provision in scenario.provisions:
            if passage.whose and passage.whose != acting[provision.id]:
                continue
            lead = next((t for t in passage.themes if provision.themes.get(t)), None)
            if lead is not None:
                yield Point(
                    provision=provision.id,
                    theme=lead,
                    direction=SIGN[passage.side] * (1 if provision.themes[lead] > 0 else -1),
                    weight=_bearing(dossier, passage, provision),
                    kind=passage.kind,
                    claim=passage.claim,
                    text=text,
                    sources=passage.sources,
                    passage=passage.id,
                )


def _policies(dossier: Dossier, scenario: Scenario) -> Iterator[Point]:
    """The rationale of each position the proposal touches, where its documents were all out."""
    for provision in scenario.provisions:
        for theme, push in provision.themes.items():
            position = dossier.positions.get(theme)
            if position is None or not push or position.changed:
                continue
            sources = out_by(position.sources, dossier.sources, scenario.day)
            if len(sources) < len(position.sources) or not position.position:
                continue
            text = " ".join(position.rationale.split())
            yield Point(
                provision=provision.id,
                theme=theme,
                direction=1 if position.position * push > 0 else -1,
                weight=0.5 * position.salience * abs(push) * provision.weight,
                kind="policy",
                claim=text.split(". ")[0].rstrip(".") + ".",
                text=text,
                sources=sources,
            )


def points(dossier: Dossier, scenario: Scenario) -> list[Point]:
    """Everything the desk can say on the proposal, weightiest first.

    Points of about the same weight take turns from one proposal to the next, by a checksum of both, so that a desk does
    not open every note on a theme with the same passage.
    """
    found = [*_passages(dossier, scenario), *_policies(dossier, scenario)]

    def rank(point: Point) -> tuple[float, int, str]:
        turn = crc32(f"{scenario.title}:{point.key}".encode())
        return (-round(math.log(point.weight) / SAME), turn, point.key) if point.weight > 0 else (math.inf, turn, "")

    return sorted(found, key=rank)


def pick(
    among: list[Point],
    used: Collection[str],
    *,
    provision: str | None = None,
    theme: str | None = None,
    direction: int | None = None,
    kinds: Collection[str] = (),
) -> Point | None:
    """The weightiest point not used yet that meets the wish."""
    for point in among:
        if point.key in used or (provision and point.provision != provision):
            continue
        if theme and point.theme != theme:
            continue
        if (direction and point.direction != direction) or (kinds and point.kind not in kinds):
            continue
        return point
    return None
