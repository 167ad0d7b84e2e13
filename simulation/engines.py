"""Which analyst sits in which seat: a name becomes a module of `analysts/`."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from simulation.errors import InputError, unknown
from simulation.scenario import Scenario
from simulation.turn import Analyst, Kit


def names() -> tuple[str, ...]:
    """Every engine there is."""
    folder = Path(__file__).parent / "analysts"
    return tuple(sorted(p.stem for p in folder.glob("*.py") if p.stem != "__init__"))


def seating(scenario: Scenario) -> dict[str, str]:
    """The name of each seat's engine; raises `InputError` for an engine or a seat that is not there."""
    default = scenario.engines.get("default", "dossier")
    for country in scenario.engines:
        if country != "default" and country not in scenario.seats:
            cure = f"the seats are: {', '.join(scenario.seats)}"
            raise InputError(f'engines names "{country}", which has no seat', cure, "E123")
    engines = {country: scenario.engines.get(country, default) for country in scenario.seats}
    _used(engines)
    return engines


def _used(engines: Mapping[str, str]) -> list[str]:
    """The engines that are named; raises `InputError` for one that is not there."""
    used = sorted(set(engines.values()))
    for name in used:
        if name not in names():
            raise unknown("engine", name, names(), "E124")
    return used


def seat(engines: Mapping[str, str], kit: Kit | None = None) -> dict[str, Analyst]:
    """An analyst for every seat; raises `InputError` for an engine that is not there."""
    made: dict[str, Analyst] = {}
    for name in _used(engines):
        made[name] = import_module(f"simulation.analysts.{name}").engine(kit or Kit())
    return {country: made[engine] for country, engine in engines.items()}
