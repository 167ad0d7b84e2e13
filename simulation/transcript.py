"""What a debate leaves behind: who spoke in which order, what was said, and which seats failed to speak.

A seat that failed is a gap with a reason, never a stance.
"""

from typing import Any

from simulation.statement import NAMES, Recorded, Statement


class Gap(Recorded):
    """A turn that was not spoken."""

    country: str
    code: str
    round: int
    engine: str
    reason: str
    setup: bool = False
    """Whether every other call to the provider would fail the same way: no key, no such model, nobody there."""


class Transcript(Recorded):
    """The debate, in the order it was spoken."""

    rounds: int
    seed: int
    order: tuple[tuple[str, ...], ...]
    """The speaking order of each round, by code."""
    statements: tuple[Statement, ...]
    gaps: tuple[Gap, ...] = ()

    def of(self, code: str) -> tuple[Statement, ...]:
        """What one seat said, round by round."""
        return tuple(s for s in self.statements if s.code == code)

    def by_seat(self) -> dict[str, tuple[Statement, ...]]:
        """What each seat that spoke said, by code: for those who ask for all of them."""
        found: dict[str, list[Statement]] = {}
        for said in self.statements:
            found.setdefault(said.code, []).append(said)
        return {code: tuple(row) for code, row in found.items()}

    @property
    def spoken(self) -> float:
        """The share of turns that were given, 0 to 1."""
        turns = len(self.statements) + len(self.gaps)
        return len(self.statements) / turns if turns else 0.0

    @property
    def final(self) -> tuple[Statement, ...]:
        """The last statement of each seat that spoke, in the order of the first round."""
        last = {s.code: s for s in self.statements}
        return tuple(last[c] for c in self.order[0] if c in last)

    def rows(self) -> list[dict[str, Any]]:
        """One row a country, round and provision, in the order things were said."""
        shares = [f"p_{name}" for name in NAMES.values()]
        return [
            {
                "country": said.country,
                "code": said.code,
                "round": said.round,
                "engine": said.engine,
                "stance": said.stance,
                "stance_name": said.stance_name,
                "score": said.score,
                **dict(zip(shares, said.probabilities, strict=True)),
                "provision": view.provision,
                "position": view.position,
                "opening": view.opening,
                "importance": view.importance,
                "held": int(view.frozen),
                "statement": said.id,
            }
            for said in self.statements
            for view in said.views
        ]

    @property
    def opening(self) -> tuple[Statement, ...]:
        """The statements of the first round."""
        return tuple(s for s in self.statements if s.round == 1)
