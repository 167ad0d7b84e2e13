"""A backtest of any engine: once, masked beside unmasked, or as twins; a model's replies are kept as they come.

The desks' own backtest needs none of this; what is here is what a model needs on top: somewhere to keep what was paid
for, the second version of every question, and a count of what failed.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simulation import backtests
from simulation.backtests import Failure, Reaction
from simulation.calls import Caller, Reply, Settings
from simulation.cassettes import Cassette, Recorder
from simulation.errors import InputError, ProviderError, unknown
from simulation.fidelity import Twin, twins, versions
from simulation.scenario import Scenario
from simulation.tally import Tally, tally
from simulation.turn import Kit
from simulation.waiting import wait


@dataclass(frozen=True)
class Trial:
    """What is tried, on what."""

    cases: Sequence[Scenario]
    engine: str
    settings: Settings | None
    connect: Callable[[Settings, Sequence[Reply]], Caller]
    replies: Path | None = None
    """Where replies are kept; if left out, a file of the model's own under runs/backtests."""
    country: str = ""
    """Score this country only."""

    def of(self, settings: Settings | None) -> "Trial":
        """The same with other settings."""
        return replace(self, settings=settings)

    @property
    def place(self) -> Path:
        """The file of replies."""
        assert self.settings is not None
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.settings.model)
        return self.replies or Path("runs") / "backtests" / f"{name}.jsonl"


@dataclass(frozen=True)
class Scored:
    """What came out."""

    rows: Sequence[Reaction]
    failures: Sequence[Failure]
    figures: dict[str, Any]
    tally: tuple[Tally, ...] = ()
    masked: dict[str, Any] | None = None
    """The figures with names, dates and titles hidden, where that was asked for."""
    twin: tuple[Twin, ...] = ()
    versions: str = ""
    """What the twin changed."""
    more: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON."""
        found = dict(self.figures)
        if self.failures or self.tally:
            found["failures"] = [vars(f) for f in self.failures]
            found["tally"] = [t.model_dump(mode="json") for t in self.tally]
        if self.masked is not None:
            found["masked"] = self.masked
        if self.twin:
            found["twin"] = {"of": self.versions, "countries": [t.model_dump(mode="json") for t in self.twin]}
        return found


def held(trial: Trial, told: Callable[[str], None]) -> tuple[list[Reaction], list[Failure], tuple[Tally, ...]]:
    """The opening stances of every case; those of a model from its kept replies where they are there."""
    with ExitStack() as stack:
        kit, asked = Kit(), None
        if trial.settings is not None:
            trial.place.parent.mkdir(parents=True, exist_ok=True)
            cassette = stack.enter_context(Cassette(trial.place))
            asked = Recorder(trial.connect(trial.settings, ()), cassette, retry_failures=True)
            kit = Kit(asked, trial.settings)
        rows, failures = wait(backtests.openings(trial.cases, trial.engine, kit, told))
        spent = tally(asked.used) if asked is not None else ()
    if trial.country:
        known = sorted({r.country for r in rows})
        if trial.country not in known:
            raise unknown("scored country", trial.country, known)
        rows = [r for r in rows if r.country == trial.country]
    if not rows:
        raise ProviderError(failures[0].reason if failures else "nobody gave a stance")
    return rows, failures, spent


def report(trial: Trial, mask: bool, twin: str | None, told: Callable[[str], None] = lambda case: None) -> Scored:
    """Every figure; with `mask` those of the masked version too, with `twin` how far the two versions differ."""
    if (mask or twin) and trial.settings is None:
        raise InputError("--mask and --twin compare two readings of a model", "add --model provider:name", "E162")
    changed = versions(twin) if twin else {}
    rows, failures, spent = held(trial, told)
    found = Scored(rows, failures, backtests.report(rows), spent)
    if mask and trial.settings is not None:
        again, missed, _ = held(trial.of(trial.settings.model_copy(update={"masked": True})), told)
        found = replace(found, masked=backtests.report(again), failures=[*found.failures, *missed])
    if twin and trial.settings is not None:
        other, missed, _ = held(trial.of(trial.settings.model_copy(update=changed)), told)
        failures = [*found.failures, *missed]
        found = replace(found, twin=twins(rows, other), versions=twin, failures=failures)
    return found
