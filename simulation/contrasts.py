"""What two runs were given differently: every input that is not the same, by its path.

A path is written as `--set` takes it where it can be set, so that a reader can make one run out of the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from simulation.edits import AGENTS, read
from simulation.runs import Run
from simulation.scenario import Scenario
from simulation.statement import Recorded

APART = {"id", "history", "engines", "countries"}
"""Fields of a scenario that are no input to a stance (its name, what happened), or that are told seat by seat."""
LONGEST = 40
"""Characters of a value that is told in a few words."""
Found = tuple[tuple[str, ...], Any, Any]


class Contrast(Recorded):
    """One input that differs between two runs."""

    path: str
    """Where it stands: provisions.taiwan.weight, date, engines.india, agents/india.yaml."""
    before: JsonValue
    """What the first run was given; None where it has no such thing."""
    after: JsonValue
    country: str | None = None
    """The one country it is about; None where it bears on every seat."""


def one_scenario(first: Scenario, second: Scenario) -> bool:
    """Whether two scenarios are versions of one: the same name or the same proposal, and a provision in common."""
    shared = {p.id for p in first.provisions} & {p.id for p in second.provisions}
    return bool(shared) and (first.id == second.id or first.proposal.text == second.proposal.text)


def _by_id(entries: Any) -> dict[str, Any] | None:
    """A list whose entries have an id as a mapping; None where it is another sort of list."""
    if not isinstance(entries, list) or not all(isinstance(e, dict) and "id" in e for e in entries):
        return None
    return {str(e["id"]): e for e in entries}


def _walk(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[Found]:
    """Every place where two pieces of JSON differ, as deep as both go."""
    left = before if isinstance(before, dict) else _by_id(before)
    right = after if isinstance(after, dict) else _by_id(after)
    if left is None or right is None:
        if before != after:
            yield path, before, after
        return
    for key in dict.fromkeys([*left, *right]):
        yield from _walk(left.get(key), right.get(key), (*path, key))


def _dump(scenario: Scenario) -> dict[str, Any]:
    return scenario.model_dump(mode="json", exclude=APART)


def _edited(first: Run, second: Run) -> Iterator[Contrast]:
    """Changes made to dossiers in one run and not in the other."""
    left, right = ({".".join(e.path): e for e in map(read, run.plan.edits)} for run in (first, second))
    for path in dict.fromkeys([*left, *right]):
        before, after = (side[path].value if path in side else None for side in (left, right))
        if before != after:
            country = (left.get(path) or right[path]).country
            yield Contrast(path=path, before=before, after=after, country=country)


def _named(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str) -> Iterator[Contrast]:
    """Seats of both runs for which a value differs."""
    for country in before:
        if country in after and before[country] != after[country]:
            yield Contrast(path=f"{prefix}{country}", before=before[country], after=after[country], country=country)


def _files(run: Run) -> dict[str, str]:
    """The digest of each dossier, by country."""
    return {n.split("/")[1].removesuffix(".yaml"): d[:12] for n, d in run.inputs.items() if n.startswith(f"{AGENTS}/")}


def _settings(run: Run) -> dict[str, Any]:
    """How a model was asked."""
    asked = run.plan.settings
    return asked.model_dump(mode="json", exclude={"base_url"}) if asked else {}


def contrasts(first: Run, second: Run) -> tuple[Contrast, ...]:
    """Every input that differs, those to the scenario first; two scenarios that are not one differ as a whole."""
    found: list[Contrast] = []
    if one_scenario(first.scenario, second.scenario):
        walked = _walk(_dump(first.scenario), _dump(second.scenario))
        found += [Contrast(path=".".join(path), before=a, after=b) for path, a, b in walked]
    else:
        found.append(Contrast(path="scenario", before=first.scenario.id, after=second.scenario.id))
        for path in ("date", "debate.rounds", "debate.seed"):
            before, after = _at(first.scenario, path), _at(second.scenario, path)
            found += [Contrast(path=path, before=before, after=after)] if before != after else []
    seats = [sorted(run.seats) for run in (first, second)]
    if seats[0] != seats[1]:
        found.append(Contrast(path="countries", before=list(seats[0]), after=list(seats[1])))
    found += _named(first.engines, second.engines, "engines.")
    asked = _walk(_settings(first), _settings(second))
    found += [Contrast(path=".".join(path), before=a, after=b) for path, a, b in asked]
    edits = tuple(_edited(first, second))
    told = {c.country for c in edits}
    files = (c for c in _named(_files(first), _files(second), f"{AGENTS}/") if c.country not in told)
    found += [*edits, *(c.model_copy(update={"path": f"{c.path}.yaml"}) for c in files)]
    for name, before, after in (
        ("coefficients.yaml", first.inputs.get("coefficients.yaml"), second.inputs.get("coefficients.yaml")),
        ("communique", _version(first), _version(second)),
    ):
        found += [Contrast(path=name, before=before, after=after)] if before != after else []
    return tuple(found)


def _at(scenario: Scenario, path: str) -> Any:
    """The value of a field by its path."""
    node: Any = scenario
    for part in path.split("."):
        node = getattr(node, part)
    return node


def _version(run: Run) -> Any:
    return run.made.get("versions", {}).get("communique")


def _told(place: str, group: Sequence[Contrast]) -> str:
    value = group[0].after
    if len(group) > 1:
        return f"{place} changed"
    if value is None:
        return f"{group[0].path}=drop"
    short = isinstance(value, str | int | float) and len(str(value)) <= LONGEST and "/" not in place
    return f"{group[0].path}={value}" if short else f"{group[0].path} changed"


def brief(found: Sequence[Contrast], most: int = 3) -> str:
    """What differs in a few words: the changes of one entry as one, and no more than `most` of them."""
    groups: dict[str, list[Contrast]] = {}
    for contrast in found:
        parts = contrast.path.split(".")
        groups.setdefault(".".join(parts[: 3 if parts[0] == AGENTS else 2]), []).append(contrast)
    told = [_told(place, group) for place, group in groups.items()]
    rest = [f"{len(told) - most} more"] if len(told) > most else []
    return ", ".join([*told[:most], *rest]) or "the same"
