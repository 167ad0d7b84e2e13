"""Whether what was written down of a debate belongs to it: a damaged or edited file names what is not there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from simulation.dossier import Dossier
from simulation.scenario import Scenario
from simulation.statement import Statement
from simulation.transcript import Gap


def foreign(kept: Sequence[Statement | Gap], scenario: Scenario, seats: Mapping[str, Dossier]) -> str | None:
    """What does not belong to the debate of a scenario and its seats, in words; None where everything does."""
    statements = [s for s in kept if isinstance(s, Statement)]
    arguments = {a.id for s in statements for a in s.arguments}
    known = {
        "country": {*seats, *(d.code for d in seats.values())},
        "provision": {p.id for p in scenario.provisions},
        "option": {o.id for p in scenario.provisions for o in p.options},
        "statement": {s.id for s in statements},
        "because": {"", *(s.id for s in statements)},
        "argument": arguments,
        "own": arguments,
    }
    for said in kept:
        dossier, turn = seats.get(said.country), f"{said.code}-{said.round}"
        if dossier is None or dossier.code != said.code or not 1 <= said.round <= scenario.debate.rounds:
            return f"{turn} of {said.country} is no turn of this debate"
        if isinstance(said, Statement) and (wrong := _wrong(said, turn, scenario, {**known, **_own(dossier)})):
            return wrong
    return None


def _own(dossier: Dossier) -> dict[str, set[str]]:
    """What only the speaker's dossier gives names to."""
    return {
        "sources": set(dossier.sources),
        "passage": {p.id for p in dossier.passages},
        "rule": {r.id for r in (*dossier.red_lines, *dossier.legal_limits)},
    }


def _wrong(said: Statement, turn: str, scenario: Scenario, known: Mapping[str, Collection[str]]) -> str | None:
    if said.id != turn:
        return f"{turn} goes by the name of {said.id}"
    if [v.provision for v in said.views] != [p.id for p in scenario.provisions]:
        return f"{turn} does not take a position on every provision, in their order"
    for field, name in _named(said.model_dump(mode="json")):
        if field in known and name not in known[field]:
            return f'{turn} names "{name}" as {field}, which is not there'
    return None


def _named(data: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a piece of JSON with the field it stands in."""
    if isinstance(data, str):
        yield field, data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _named(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _named(value, field)
