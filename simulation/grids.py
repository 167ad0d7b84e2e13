"""What people write to hold many debates at once: the axes of a sweep, and the cell behind each number.

The cells are the product of the axes and are never listed: a number is taken apart into one place on each axis, so that
a grid of a billion cells costs nothing until it is run.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from simulation.calls import Settings
from simulation.written import Name, Text, Written

KEEP = "keep"
"""The value that leaves a path as the file has it."""
ASKED = "chat_model"
FIXED = 4
"""Axes before those of the grid: scenarios, tables, speakers, seeds."""
OPEN_SEED = 2**31 - 1


class Seeds(Written):
    """Seeds one after the other."""

    first: int = Field(default=0, ge=0, le=OPEN_SEED)
    count: int = Field(ge=1, le=OPEN_SEED)
    """How many."""

    @model_validator(mode="after")
    def _in_range(self) -> "Seeds":
        if self.first + self.count - 1 > OPEN_SEED:
            raise PydanticCustomError("too_many_seeds", "the last seed would be above {most}", {"most": OPEN_SEED})
        return self

    @property
    def values(self) -> Sequence[int]:
        """Every seed."""
        return range(self.first, self.first + self.count)


class Steps(Written):
    """Numbers at equal distances."""

    low: float
    high: float
    steps: int = Field(ge=2, le=10_000)
    """How many numbers, both ends included."""

    @property
    def values(self) -> Sequence[float]:
        """Every number, to nine digits."""
        return [round(self.low + (self.high - self.low) * k / (self.steps - 1), 9) for k in range(self.steps)]


class Asking(Settings):
    """How models are asked; which they are stands under `models`."""

    model: Literal[""] = ""


def _kind(value: Any) -> str:
    return "[range]" if isinstance(value, dict | Seeds | Steps) else "[list]"


Table = Annotated[tuple[Name, ...], Field(min_length=2)]
Seed = Annotated[int, Field(ge=0, le=OPEN_SEED)]
SeedAxis = Annotated[
    Annotated[tuple[Seed, ...], Field(min_length=1), Tag("[list]")] | Annotated[Seeds, Tag("[range]")],
    Discriminator(_kind),
]
ValueAxis = Annotated[
    Annotated[tuple[Any, ...], Field(min_length=1), Tag("[list]")] | Annotated[Steps, Tag("[range]")],
    Discriminator(_kind),
]


@dataclass(frozen=True)
class Point:
    """One cell: a place on each axis."""

    cell: int
    scenario: int
    """Which of the scenarios, from 0."""
    table: tuple[str, ...]
    """Who sits there; empty for the scenario's own table."""
    engine: str | None
    """Who takes the seats the scenario leaves open; None for the scenario's own word."""
    model: str | None
    seed: int | None
    """None for the scenario's own."""
    paths: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def changes(self) -> tuple[str, ...]:
        """What is changed, as --set has it."""
        pairs = zip(self.paths, self.values, strict=True)
        return tuple(f"{path}={json.dumps(value, ensure_ascii=False)}" for path, value in pairs if value != KEEP)


class Sweep(Written):
    """Many debates: every scenario at every table, by every engine, with every seed and every change."""

    version: Literal[1] = 1
    title: Text | None = None
    scenarios: tuple[Text, ...] = Field(min_length=1)
    """Names or paths."""
    countries: Annotated[tuple[Table, ...], Field(min_length=1)] | None = None
    """Tables, each a list of two countries or more; the scenario's own table, if left out."""
    engines: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Who takes the seats the scenarios leave open; the scenario's own word, if left out."""
    models: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """provider:name of each model that takes the seats of chat_model."""
    settings: Asking = Asking()
    """How they are asked."""
    seeds: SeedAxis | None = None
    """A list of seeds, or `first` and `count`; the scenario's own seed, if left out."""
    grid: dict[str, ValueAxis] = Field(default_factory=dict)
    """Values by path, as in provisions.taiwan.weight: [0.3, 0.6], or `low`, `high` and `steps`; `keep` leaves the
    path as it is, `drop` takes it out, and a provision may be set to the id of one of its options."""
    full: bool = False
    """Whether each cell also says how firm its answer is: takes some five times as long."""

    @cached_property
    def speakers(self) -> tuple[tuple[str | None, str | None], ...]:
        """Engine and model of each place on that axis: an engine that asks is paired with every model."""
        engines: tuple[str | None, ...] = self.engines or (None,)
        asking = (ASKED,) if self.engines else (None,)
        return tuple((e, m) for e in engines for m in (self.models or (None,) if e in asking else (None,)))

    @cached_property
    def axes(self) -> tuple[Sequence[Any], ...]:
        """The values of every axis, the last of which turns fastest."""
        seeds: Sequence[Any] = (None,) if self.seeds is None else _values(self.seeds)
        tables: Sequence[Any] = self.countries or ((),)
        return (
            range(len(self.scenarios)),
            tables,
            self.speakers,
            seeds,
            *(_values(v) for v in self.grid.values()),
        )

    @property
    def size(self) -> int:
        """How many cells."""
        return prod(len(axis) for axis in self.axes)

    def point(self, cell: int) -> Point:
        """The place of a cell, counted from 0."""
        places, rest = [], cell
        for axis in reversed(self.axes):
            rest, at = divmod(rest, len(axis))
            places.append(axis[at])
        scenario, table, (engine, model), seed, *values = reversed(places)
        return Point(cell, scenario, table, engine, model, seed, tuple(self.grid), tuple(values))


def _values(axis: Seeds | Steps | tuple[Any, ...]) -> Sequence[Any]:
    return axis if isinstance(axis, tuple) else axis.values
