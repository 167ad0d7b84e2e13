"""A change of one value by its path: provisions.taiwan.weight=0.3, agents.india.positions.tariffs.salience=0.9.

A path follows the fields of the file; an entry of a list is named by its `id`. `=drop` takes an entry out; a provision
may be set to the id of one of its options, which then stands in its place. What comes out is checked as a
file would be.
"""

import copy
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from simulation.documents import parse
from simulation.dossier import Dossier
from simulation.errors import FileErrors, InputError, nearest
from simulation.scenario import Scenario
from simulation.written import Written

M = TypeVar("M", bound=Written)
AGENTS, DROP = "agents", "drop"


@dataclass(frozen=True)
class Edit:
    """One change."""

    path: tuple[str, ...]
    value: Any
    text: str
    """As it was typed."""

    @property
    def country(self) -> str | None:
        """The country whose dossier it changes; None where it changes the scenario."""
        return self.path[1] if self.path[0] == AGENTS else None


def read(text: str) -> Edit:
    """An edit as typed; raises `InputError` where it is not path=value."""
    path, equals, value = text.partition("=")
    parts = tuple(part.strip() for part in path.split("."))
    if not equals or not all(parts) or (parts[0] == AGENTS and len(parts) < 3):
        raise InputError(f'"{text}" is not a change', "write path=value, as in provisions.taiwan.weight=0.3", "E129")
    try:
        data = parse(f"value: {value.strip()}".encode(), text).data
    except FileErrors:
        raise InputError(
            f'"{value}" is not a YAML value', "write a number, a word or a [list, of, words]", "E129"
        ) from None
    return Edit(parts, data["value"], text)


def _index(entries: list[Any], key: str, edit: Edit) -> int:
    """Where an entry stands in a list: by its id, or by its number from 0."""
    ids = [str(e["id"]) for e in entries if isinstance(e, dict) and "id" in e]
    if key in ids:
        return ids.index(key)
    if re.fullmatch("[0-9]{1,6}", key) and int(key) < len(entries):
        return int(key)
    raise InputError(
        f'{edit.text}: there is no "{key}" here', nearest(key, ids or map(str, range(len(entries)))), "E129"
    )


def _step(node: Any, key: str, edit: Edit) -> Any:
    """The value one step down a path; a field left empty becomes a mapping."""
    if isinstance(node, list):
        return node[_index(node, key, edit)]
    if not isinstance(node, dict) or key not in node:
        known = list(node) if isinstance(node, dict) else []
        raise InputError(f'{edit.text}: there is no "{key}" here', nearest(key, known), "E129")
    if node[key] is None:
        node[key] = {}
    return node[key]


def _option(entry: Any, value: Any) -> dict[str, Any] | None:
    """A provision with the option of this id in its place, if it has one."""
    options = entry.get("options", []) if isinstance(entry, dict) else []
    chosen = next((o for o in options if o["id"] == value), None)
    if chosen is None:
        return None
    rest = [o for o in options if o is not chosen]
    return {**entry, "text": chosen["text"], "themes": chosen["themes"], "options": rest}


def _put(node: Any, edit: Edit) -> None:
    key = edit.path[-1]
    if isinstance(node, list):
        at = _index(node, key, edit)
        if edit.value == DROP:
            del node[at]
        elif (chosen := _option(node[at], edit.value)) is not None:
            node[at] = chosen
        elif isinstance(node[at], dict) and not isinstance(edit.value, dict):
            ids = [o["id"] for o in node[at].get("options", [])]
            cure = nearest(str(edit.value), [*ids, DROP])
            raise InputError(f'{edit.text}: "{key}" has no option "{edit.value}"', cure, "E129")
        else:
            node[at] = edit.value
    elif isinstance(node, dict):
        if edit.value == DROP and key in node:
            del node[key]
        else:
            node[key] = edit.value
    else:
        raise InputError(f'{edit.text}: nothing can be set below "{edit.path[-2]}"', "shorten the path", "E129")


def _complain(error: ValidationError, edits: Sequence[Edit], data: dict[str, Any]) -> InputError:
    """The first thing wrong with what came out, in the words of the path."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    at: Any = data
    for part in first["loc"][:-1]:
        at = at[part]
    typed = ", ".join(e.text for e in edits)
    known = [k for k in at if k != first["loc"][-1]] if isinstance(at, dict) else []
    if first["type"] == "extra_forbidden":
        return InputError(f'{typed}: there is no field "{place}"', nearest(str(first["loc"][-1]), known), "E129")
    cure = first.get("ctx", {}).get("cure", "give another value")
    return InputError(f"{typed}: {place}: {first['msg']}", cure, "E129")


def apply(to: M, edits: Iterable[Edit], skip: int = 0) -> M:
    """A scenario or a dossier with the edits made; `skip` leaves out the first parts of each path."""
    listed = list(edits)
    if not listed:
        return to
    data = copy.deepcopy(to.model_dump(mode="json"))
    for edit in listed:
        node: Any = data
        for key in edit.path[skip:-1]:
            node = _step(node, key, edit)
        _put(node, edit)
    try:
        return type(to).model_validate(data)
    except ValidationError as error:
        raise _complain(error, listed, data) from None


def scenario_with(scenario: Scenario, edits: Iterable[Edit]) -> Scenario:
    """The scenario with the edits that are meant for it; its secret briefs cannot be edited and stay."""
    made = apply(scenario, [e for e in edits if e.country is None])
    return made.model_copy(update={"briefs": scenario.briefs})


def dossier_with(name: str, dossier: Dossier, edits: Iterable[Edit]) -> Dossier:
    """A country's dossier with the edits that are meant for it."""
    return apply(dossier, [e for e in edits if e.country == name], skip=2)
