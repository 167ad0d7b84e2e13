"""What a command line names as things to compare: stored runs, scenarios held on the spot, and variants of these.

A variant is a scenario with some values put in the place of its own: --vary seed=1,2 or --vary date=2015-01-01. The
scenario as it stands comes first, since that is what every change is measured against; a variant that changes nothing
is left out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from simulation import catalog, records
from simulation.calls import Settings
from simulation.comparison import MOST
from simulation.errors import InputError, nearest
from simulation.folders import LAUNCH
from simulation.launches import Connect, launch
from simulation.places import at
from simulation.plans import Plan, plan
from simulation.runs import Run, hold
from simulation.scenario import Scenario
from simulation.sittings import Reports
from simulation.waiting import wait

SHORT = {"seed": "debate.seed", "rounds": "debate.rounds"}
"""Names for paths that are often varied."""
HOW = ("engine", "model")
"""What is varied beside the fields of the files: who speaks, and which model is asked."""


@dataclass(frozen=True)
class Entrant:
    """One thing to compare: a run that is there, or a plan yet to be held."""

    label: str
    """What sets it apart; empty for a stored run, which its comparison names."""
    run: Run | None = None
    plan: Plan | None = None
    folder: Path | None = None
    """Where a stored run lies."""


@dataclass(frozen=True)
class Setting:
    """How the scenarios are held."""

    engine: str | None = None
    settings: Settings | None = None
    stdin: Callable[[], bytes] = lambda: b""
    """Where a scenario named `-` is read from."""


def _split(text: str) -> list[str]:
    """Values with commas between them; those inside brackets belong to a value."""
    parts, depth = [""], 0
    for mark in text:
        depth += (mark in "[{") - (mark in "]}")
        if mark == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += mark
    return [p.strip() for p in parts]


def axis(text: str) -> list[tuple[str, str]]:
    """KEY=V1,V2 as (key, value) for each value; raises `InputError` where it is not that."""
    key, equals, values = text.partition("=")
    found = _split(values)
    if not equals or not key.strip() or not all(found):
        cure = "write seed=1,2,3, date=2015-01-01, engine=dossier or provisions.taiwan.weight=0.3,0.6"
        raise InputError(f'"{text}" is nothing to vary', cure, "E164")
    return [(key.strip(), value) for value in found]


def planned(scenario: Scenario, settings: Settings | None, **given: Any) -> Plan:
    """The plan of a scenario, with `given` as `plans.plan` takes it; a model that no seat of it asks is left out.

    Another of those compared may ask it.
    """
    found = plan(scenario, **given)
    return found if found.repeatable else replace(found, settings=settings)


def asked(settings: Settings | None, plans: Iterable[Plan]) -> None:
    """Raise `InputError` where a model is named and no seat of any plan asks one."""
    if settings is not None and all(p.repeatable for p in plans):
        cure = "add --engine chat_model, or name the seats under `engines` in the scenario"
        raise InputError(f"no seat asks {settings.model}", cure, "E130")


def _varied(scenario: Scenario, given: Sequence[tuple[str, str]], how: Setting) -> Plan:
    """The plan of a scenario with some values in the place of its own."""
    named = dict(given)
    engine, settings = named.get("engine", how.engine), how.settings
    if "model" in named:
        model = {"model": named["model"]}
        settings = settings.model_copy(update=model) if settings else Settings(**model)
    changes = [f"{SHORT.get(key, key)}={value}" for key, value in given if key not in HOW]
    found = planned(scenario, settings, engine=engine, changes=changes)
    asked(settings if "model" in named else None, [found])
    return found


def _print(asked: Plan) -> tuple[Any, ...]:
    """What makes a plan the one it is, but for the clock."""
    scenario = asked.scenario.model_dump(mode="json", exclude={"engines"})
    return scenario, dict(asked.engines), asked.settings, asked.edits


def _scenario(name: str, axes: Sequence[Sequence[tuple[str, str]]], how: Setting, several: bool) -> list[Entrant]:
    """A scenario and its variants, the scenario as it stands first; of several scenarios, each label names its own."""
    scenario, _ = catalog.read_scenario(name, how.stdin() if name == "-" else None)
    first = planned(scenario, how.settings, engine=how.engine)
    found, seen = [Entrant(scenario.id or name, plan=first)], [_print(first)]
    for given in product(*axes) if axes else ():
        other = _varied(scenario, given, how)
        if (mark := _print(other)) not in seen:
            seen.append(mark)
            label = ", ".join(f"{key}={value}" for key, value in given)
            found.append(Entrant(f"{scenario.id} {label}" if several else label, plan=other))
    return found


def _folder(name: str, under: Path) -> Path | None:
    """The run folder a name or path leads to; None where it can only be a scenario."""
    path = at(name)
    if path.name == "run.json" and path.is_file():
        return path.parent
    if name == "-" or name.endswith((".yaml", ".yml")) or name in catalog.files("scenarios"):
        return None
    if path.is_dir():
        return path
    known = [p.name for p in records.folders(under)]
    if name == "latest" or any(folder.startswith(name) for folder in known):
        return records.locate(name, under)
    raise InputError(
        f'"{name}" is neither a run under {under} nor a scenario',
        nearest(name, [*catalog.files("scenarios"), *known, *(["latest"] if known else [])]),
        "E163",
    )


def stored(folder: Path) -> Run:
    """The run of a folder; raises `InputError` where it is missing, unfinished or damaged."""
    if not (folder / "run.json").is_file():
        if (folder / LAUNCH).is_file():
            raise InputError(f"{folder} is not finished", f"communique resume {folder}", "E163")
        raise InputError(f"{folder} holds no run.json", "name a run folder, or run the scenario again", "E163")
    return records.load(folder)


def entrants(names: Sequence[str], varying: Sequence[str], under: Path, how: Setting) -> list[Entrant]:
    """Everything the names stand for, in their order.

    Raises `InputError` where a variation has nothing to vary, or makes more than can stand side by side.
    """
    axes = [axis(text) for text in varying]
    folders = [_folder(name, under) for name in names]
    scenarios = folders.count(None)
    if varying and not scenarios:
        raise InputError("--vary has no scenario to vary", "name a scenario; a stored run stands as it is", "E164")
    if scenarios * prod(map(len, axes)) > MOST:
        many = f"{prod(map(len, axes)):,} variants of each scenario"
        raise InputError(many, f"compare at most {MOST} at once; communique sweep holds more", "E164")
    found: list[Entrant] = []
    for name, folder in zip(names, folders, strict=True):
        if folder is None:
            found += _scenario(name, axes, how, scenarios > 1)
        else:
            found.append(Entrant("", run=stored(folder), folder=folder))
    asked(how.settings, (e.plan for e in found if e.plan is not None))
    return found


def held(
    entrant: Entrant, connect: Connect, under: Path, reports: Reports, told: Callable[[str], None] = lambda line: None
) -> Run:
    """The run of an entrant: the stored one, or its plan held; a run that asks a model is kept under a folder."""
    if entrant.run is not None:
        return entrant.run
    assert entrant.plan is not None
    if entrant.plan.repeatable:
        return wait(hold(entrant.plan))
    return launch(entrant.plan, connect, under, reports, told=told).run
