"""The front door: run a scenario, get the record, write the run folder.

The record's bytes depend on the inputs and the seed alone; the clock and the machine stand in its `made` block only. A
folder appears whole or not at all: files are written aside and moved into place.
"""

import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simulation import arguments, catalog
from simulation.assessment import Assessment, assess
from simulation.debate import Floor, Listener, debate
from simulation.dossier import Dossier
from simulation.engines import seat
from simulation.errors import InputError, unknown
from simulation.moderation import Merge
from simulation.negotiation import Negotiation, negotiate
from simulation.scenario import Rounds, Scenario
from simulation.stance import coefficients_bytes
from simulation.transcript import Transcript
from simulation.written import party_names

FORMAT = 1


@dataclass(frozen=True)
class Run:
    """A finished debate and everything needed to tell of it."""

    scenario: Scenario
    seats: Mapping[str, Dossier]
    engines: Mapping[str, str]
    transcript: Transcript
    merge: Merge
    assessment: Assessment
    negotiation: Negotiation
    inputs: Mapping[str, str]
    """SHA-256 of each input, by name."""
    made: Mapping[str, Any]
    """Clock, machine and versions: the only part that differs between two runs of the same inputs."""

    @property
    def id(self) -> str:
        """<date>-<scenario>-<short id>; the short id is a digest of inputs, seats and seed."""
        key = json.dumps([dict(self.inputs), dict(self.engines), self.scenario.model_dump(mode="json")], sort_keys=True)
        return f"{self.made['at'][:10]}-{self.scenario.id}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"

    def record(self) -> dict[str, Any]:
        """The run as JSON."""
        return {
            "format": FORMAT,
            "made": dict(self.made),
            "inputs": dict(self.inputs),
            "engines": dict(self.engines),
            "scenario": self.scenario.model_dump(mode="json", exclude_defaults=True),
            "transcript": self.transcript.model_dump(mode="json"),
            "merge": self.merge.model_dump(mode="json"),
            "assessment": self.assessment.model_dump(mode="json"),
            "negotiation": self.negotiation.model_dump(mode="json"),
            "arguments": _argument_graph(self),
        }


def _argument_graph(found: Run) -> dict[str, Any]:
    """Who attacks and supports what, with strengths; a note where the strengths do not settle."""
    try:
        return arguments.as_json(arguments.graph_of(found.transcript, found.scenario))
    except arguments.NotSettled as error:
        return {"nodes": [], "edges": [], "note": str(error)}


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _made() -> dict[str, Any]:
    packages = ("communique", "langgraph", "langchain-core", "pydantic", "networkx", "numpy")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": sys.platform,
        "versions": {name: version(name) for name in packages},
    }


def digests(scenario: Scenario, seats: Iterable[str]) -> dict[str, str]:
    """SHA-256 of everything a debate is made from: the scenario, the dossiers, the coefficients."""
    files = catalog.files("agents")
    found = {f"agents/{name}.yaml": _digest(files[name].read_bytes()) for name in seats}
    found["scenario"] = _digest(json.dumps(scenario.model_dump(mode="json"), sort_keys=True).encode())
    found["coefficients.yaml"] = _digest(coefficients_bytes())
    return dict(sorted(found.items()))


def table_of(scenario: Scenario, countries: Sequence[str] = ()) -> dict[str, Dossier]:
    """The dossiers of those at the table, by name; `countries` takes the place of the scenario's own list."""
    if countries:
        known = catalog.files("agents")
        for name in countries:
            if name not in known:
                raise unknown("country", name, known)
        if len(set(countries)) < 2:
            raise InputError("a debate needs at least two different countries", "name two or more, with commas", "E119")
        scenario = scenario.model_copy(update={"countries": tuple(dict.fromkeys(countries))})
    return dict(zip(scenario.seats, catalog.load_table(scenario), strict=True))


def run(
    scenario: Scenario | str,
    *,
    countries: Sequence[str] = (),
    rounds: int | None = None,
    seed: int | None = None,
    listener: Listener = lambda kind, what: None,
    started: Callable[[Scenario, Mapping[str, Dossier]], None] = lambda scenario, seats: None,
) -> Run:
    """Hold the debate of a scenario, given as a name, a path or a loaded file.

    `listener` hears of each round, turn and gap as it happens; `started` is told who sits down.
    """
    text = "" if isinstance(scenario, Scenario) else scenario
    loaded = catalog.load_scenario(text) if text else scenario
    assert isinstance(loaded, Scenario)
    seats = table_of(loaded, countries)
    length = {"rounds": rounds or loaded.debate.rounds, "seed": loaded.debate.seed if seed is None else seed}
    loaded = loaded.model_copy(update={"countries": tuple(seats), "debate": Rounds(**length)})
    analysts, engines = seat(loaded)
    started(loaded, seats)
    floor = Floor(loaded, seats, analysts, engines, listener)
    transcript, merged = debate(floor)
    found = negotiate(floor, transcript)
    names = {**party_names(), **{d.code: d.short for d in seats.values()}}
    rows = {d.code: floor.changes[i] for i, d in enumerate(floor.table)}
    return Run(
        scenario=loaded,
        seats=seats,
        engines=engines,
        transcript=transcript,
        merge=merged,
        assessment=assess(loaded, names, transcript, merged, found, rows, floor.table),
        negotiation=found,
        inputs=digests(loaded, seats),
        made=_made(),
    )


def write(found: Run, files: Mapping[str, str], under: Path) -> Path:
    """Write the run folder with run.json and the reports given as name to text; returns the folder.

    Raises `InputError` where the place cannot be written; nothing half-written stays behind.
    """
    text = json.dumps(found.record(), ensure_ascii=False, indent=1, sort_keys=False) + "\n"
    try:
        return _place({"run.json": text, **files}, under / found.id)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise InputError(
            f'"{under}" cannot be written: {reason}', "give --out another folder, or make room", "E101"
        ) from None


def _place(files: Mapping[str, str], folder: Path) -> Path:
    """Write files aside and move them into place together."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
    try:
        for name, content in files.items():
            with (aside / name).open("w", encoding="utf-8", newline="\n") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            for path in aside.iterdir():
                path.replace(folder / path.name)
        else:
            aside.chmod(0o755)
            aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder
