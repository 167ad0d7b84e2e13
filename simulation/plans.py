"""What a run is decided by before anybody speaks: scenario, seats, engines and how a model is asked.

Written down at the launch of a run that asks a model or a person, so that one that was killed can go on, be replayed
or be forked.
"""

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter

from simulation import catalog
from simulation.calls import Settings
from simulation.dossier import Dossier
from simulation.edits import dossier_with, read, scenario_with
from simulation.engines import names, seating
from simulation.errors import InputError, unknown
from simulation.scenario import Rounds, Scenario
from simulation.stance import coefficients_bytes
from simulation.statement import COMPUTED, HUMAN

FORMAT = 1
MOMENT = TypeAdapter(datetime)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def made_now() -> dict[str, Any]:
    """The clock, the machine and the versions."""
    packages = ("communique", "langgraph", "langchain-core", "pydantic", "networkx", "numpy")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": sys.platform,
        "versions": {name: version(name) for name in packages},
    }


def digests(scenario: Scenario, seats: Iterable[str], edits: Sequence[str] = ()) -> dict[str, str]:
    """SHA-256 of everything a debate is made from: the scenario, the dossiers with any edits, the coefficients."""
    files = catalog.files("agents")
    found = {}
    for name in seats:
        changed = [text for text in edits if read(text).country == name]
        found[f"agents/{name}.yaml"] = _digest(files[name].read_bytes() + "\n".join(changed).encode())
    found["scenario"] = _digest(json.dumps(scenario.model_dump(mode="json"), sort_keys=True).encode())
    found["coefficients.yaml"] = _digest(coefficients_bytes())
    return dict(sorted(found.items()))


def table_of(scenario: Scenario, countries: Sequence[str] = (), edits: Sequence[str] = ()) -> dict[str, Dossier]:
    """The dossiers of those at the table, by name; `countries` takes the place of the scenario's own list."""
    if countries:
        known = catalog.files("agents")
        for name in countries:
            if name not in known:
                raise unknown("country", name, known)
        if len(set(countries)) < 2:
            raise InputError("a debate needs at least two different countries", "name two or more, with commas", "E119")
        scenario = scenario.model_copy(update={"countries": tuple(dict.fromkeys(countries))})
    found = dict(zip(scenario.seats, catalog.load_table(scenario), strict=True))
    return edited(found, edits)


def edited(seats: Mapping[str, Dossier], edits: Sequence[str]) -> dict[str, Dossier]:
    """The dossiers with the edits that are meant for them; raises `InputError` for a country without a seat."""
    made = [e for e in map(read, edits) if e.country is not None]
    for edit in made:
        if edit.country not in seats:
            raise unknown("seat", str(edit.country), seats)
    return {name: dossier_with(name, dossier, made) for name, dossier in seats.items()}


@dataclass(frozen=True)
class Plan:
    """Who debates what, and how."""

    scenario: Scenario
    seats: Mapping[str, Dossier]
    engines: Mapping[str, str]
    """The engine of each seat, by country."""
    inputs: Mapping[str, str]
    """SHA-256 of each input, by name."""
    made: Mapping[str, Any]
    settings: Settings | None = None
    """How a model is asked, where a seat or the moderator asks one."""
    narrate: bool = False
    """Whether a model narrates the merge."""
    edits: tuple[str, ...] = ()
    """Changes to dossiers, as typed; those to the scenario are in it."""

    @property
    def repeatable(self) -> bool:
        """Whether the same inputs and seed always give the same bytes: every seat speaks from its dossier alone."""
        return set(self.engines.values()) <= COMPUTED and not self.narrate

    @property
    def people(self) -> tuple[str, ...]:
        """The countries that people speak for."""
        return tuple(country for country, engine in self.engines.items() if engine == HUMAN)

    @property
    def id(self) -> str:
        """<date>-<scenario>-<short id>: a digest of inputs, seats and seed; of the time too, where it can differ."""
        parts: list[Any] = [dict(self.inputs), dict(self.engines), self.scenario.model_dump(mode="json")]
        if not self.repeatable:
            asked = self.settings.model_dump(mode="json", exclude={"base_url"}) if self.settings else None
            parts += [asked, self.narrate, self.made["at"]]
        return f"{self.made['at'][:10]}-{self.scenario.id}-{_digest(json.dumps(parts, sort_keys=True).encode())[:8]}"

    def launch(self) -> dict[str, Any]:
        """The plan as JSON: launch.json."""
        return {
            "format": FORMAT,
            "id": self.id,
            "made": dict(self.made),
            "inputs": dict(self.inputs),
            "engines": dict(self.engines),
            "settings": self.settings.model_dump(mode="json", exclude_defaults=True) if self.settings else None,
            "narrate": self.narrate,
            "edits": list(self.edits),
            "scenario": self.scenario.model_dump(mode="json", exclude_defaults=True),
        }


def settled(
    scenario: Scenario,
    seats: Iterable[str],
    *,
    rounds: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    people: Sequence[str] = (),
) -> Scenario:
    """The scenario as it is debated: who sits there, how long, in which order, and who takes which seats."""
    length, seats = scenario.debate, tuple(seats)
    shape = Rounds(rounds=rounds or length.rounds, seed=length.seed if seed is None else seed)
    engines = dict(scenario.engines)
    if engine is not None:
        if engine not in names():
            raise unknown("engine", engine, names(), "E124")
        engines["default"] = engine
    for country in people:
        if country not in seats:
            raise unknown("seat", country, seats, "E123")
        engines[country] = HUMAN
    return scenario.model_copy(update={"countries": seats, "debate": shape, "engines": engines})


def plan(
    scenario: Scenario | str,
    *,
    countries: Sequence[str] = (),
    rounds: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    settings: Settings | None = None,
    narrate: bool = False,
    changes: Sequence[str] = (),
    people: Sequence[str] = (),
) -> Plan:
    """The plan of a scenario, given as a name, a path or a loaded file.

    `engine` takes every seat the file leaves open, a person each of `people`; `changes` are edits of the scenario or
    of dossiers, path=value. Raises `InputError` for a country, a seat or an engine that is not there.
    """
    loaded = catalog.load_scenario(scenario) if isinstance(scenario, str) else scenario
    asked = [read(text) for text in changes]
    loaded = scenario_with(loaded, asked)
    edits = tuple(e.text for e in asked if e.country is not None)
    seats = table_of(loaded, countries, edits)
    loaded = settled(loaded, seats, rounds=rounds, seed=seed, engine=engine, people=people)
    engines = seating(loaded)
    inputs = digests(loaded, seats, edits)
    if narrate and settings is None:
        raise InputError("a model that narrates has to be named", "name one: --model provider:name", "E130")
    found = Plan(loaded, seats, engines, inputs, made_now(), settings, narrate, edits)
    if settings is not None and not narrate and set(engines.values()) <= COMPUTED | {HUMAN}:
        cure = "add --engine chat_model, or name the seats under `engines` in the scenario"
        raise InputError(f"no seat asks {settings.model}", cure, "E130")
    return found


def stale(found: Plan) -> list[str]:
    """Names of the inputs that are not what they were when the plan was made."""
    fresh = digests(found.scenario, found.seats, found.edits)
    return [name for name in fresh if found.inputs.get(name) != fresh[name]]


_NAMES = TypeAdapter(dict[str, str])
_TEXTS = TypeAdapter(tuple[str, ...])


def recorded(held: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a plan that a launch and a record hold alike, by the names they have in `Plan`.

    Raises `KeyError` or `ValueError` where one is missing or of the wrong sort.
    """
    made = TypeAdapter(dict[str, Any]).validate_python(held["made"])
    MOMENT.validate_python(made["at"])
    return {
        "engines": _NAMES.validate_python(held["engines"]),
        "inputs": _NAMES.validate_python(held["inputs"]),
        "made": made,
        "settings": Settings.model_validate(held["settings"]) if held.get("settings") else None,
        "narrate": held.get("narrate") is True,
        "edits": _TEXTS.validate_python(held.get("edits", ())),
    }


def again(launched: Mapping[str, Any], place: str) -> Plan:
    """The plan of a launch.json read back; raises `InputError` where a dossier has changed since."""
    try:
        scenario, rest = Scenario.model_validate(launched["scenario"]), recorded(launched)
        seats = edited(catalog.load_dossiers(scenario.seats), rest["edits"])
        if rest["engines"].keys() != seats.keys():
            raise KeyError("engines")
        found = Plan(scenario, seats, **rest)
        changed = stale(found)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{place} does not hold a plan: {error}", "run the scenario again", "E127") from None
    if changed:
        raise InputError(
            f"{', '.join(changed)} changed since the run began", "put the files back, or run the scenario again", "E128"
        )
    return found
