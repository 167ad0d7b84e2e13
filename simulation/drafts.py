"""What a speaker writes, before it becomes a statement: the form, and its JSON Schema for one turn.

Made for models: whole percentages, a longest length for every text, short lists, and every id from a list of what
exists, because decoders hold a model to those and not to a bound on a fraction. Positions come before the stance, so
that a model has reasoned before it commits.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictInt, ValidationInfo
from pydantic_core import PydanticCustomError

from simulation.calls import Settings
from simulation.errors import nearest
from simulation.menus import LISTS, LONGEST_ID, MOST_SOURCES, NONE, Menu, asked, longest, menu, most
from simulation.scenario import STANCES, StanceName
from simulation.sources import out_by
from simulation.statement import Recorded
from simulation.turn import Turn

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")
"""The categories Cc and Cs."""


def clean(text: str) -> str:
    """One line, without control characters and marks that turn the direction of writing."""
    line = _BIDI.sub("", " ".join(text.split()))
    return " ".join(_CONTROL.sub("", line).split())


def _of(known: Mapping[str, Any], label: str, what: str) -> None:
    if label not in known:
        cure = nearest(label, known)
        raise PydanticCustomError("unknown", "no {what} {label}; {cure}", {"what": what, "label": label, "cure": cure})


def _source(label: str, info: ValidationInfo) -> str:
    if not isinstance(at := info.context, Menu):
        return label
    if label not in at.sources:
        _of(dict.fromkeys(at.shown), label, "source")
    name, dossier = at.sources[label], at.turn.dossier
    if not out_by([name], dossier.sources, at.turn.scenario.day):
        raise PydanticCustomError("late", "source {label} is dated after the proposal", {"label": label})
    return name


def _provision(label: str, info: ValidationInfo) -> str:
    if not isinstance(at := info.context, Menu):
        return label
    _of(at.provisions, label, "provision")
    return at.provisions[label]


def _change(label: str, info: ValidationInfo) -> str:
    if label in ("", NONE) or not isinstance(at := info.context, Menu):
        return label.replace(NONE, "")
    _of(at.changes, label, "provision or option")
    return at.changes[label]


def _because(label: str, info: ValidationInfo) -> str:
    if label in ("", NONE) or not isinstance(at := info.context, Menu):
        return label.replace(NONE, "")
    _of(at.statements, label, "statement heard since your last one")
    return at.statements[label].id


def _argument(label: str, info: ValidationInfo) -> str:
    if not isinstance(at := info.context, Menu):
        return label
    _of(at.arguments, label, "argument heard since your last statement")
    return at.arguments[label].id


def _words(kind: str) -> AfterValidator:
    def check(text: str, info: ValidationInfo) -> str:
        found = clean(text)
        if not any(c.isalnum() for c in found):
            raise PydanticCustomError("empty", "is empty")
        if not isinstance(at := info.context, Menu):
            return found
        if found != " ".join(text.split()):
            raise PydanticCustomError("control", "holds control characters")
        if len(found) > 2 * (top := longest(kind, at.settings)):
            data = {"length": len(found), "top": top}
            raise PydanticCustomError("long", "has {length} characters; keep to {top}", data)
        return at.lens.reveal(found)

    return AfterValidator(check)


Source = Annotated[str, AfterValidator(_source)]
Sources = Annotated[
    tuple[Source, ...], Field(max_length=2 * MOST_SOURCES), AfterValidator(lambda v: tuple(dict.fromkeys(v)))
]
"""Ids in the country's dossier, each once."""


class Held(Recorded):
    """Where the speaker stands on one provision."""

    position_pct: StrictInt = Field(ge=-100, le=100)
    reason: Annotated[str, _words("reason")]
    sources: Sources = ()
    because: Annotated[str, AfterValidator(_because)] = ""
    """The statement that moved it since the speaker's last one; empty where none did."""


class Passage(Recorded):
    """A paragraph."""

    text: Annotated[str, _words("paragraph")]
    sources: Sources = ()


class Claim(Recorded):
    """An argument others can answer."""

    provision: Annotated[str, AfterValidator(_provision)]
    side: Literal["for", "against"]
    claim: Annotated[str, _words("claim")]
    text: Annotated[str, _words("argument")]
    sources: Sources = ()


class Riposte(Recorded):
    """An answer to an argument heard."""

    argument: Annotated[str, AfterValidator(_argument)]
    tone: Literal["rebuts", "concedes", "adds"]
    text: Annotated[str, _words("answer")]
    sources: Sources = ()


class Wish(Recorded):
    """An amendment the speaker asks for."""

    text: Annotated[str, _words("ask")]
    change: Annotated[str, AfterValidator(_change)] = ""
    """The provision it bears on, or `provision/option` where an option of the scenario would do; empty for neither."""


class Draft(Recorded):
    """What a speaker writes in one turn."""

    positions: dict[Annotated[str, AfterValidator(_provision)], Held]
    """One a provision."""
    stance: StanceName
    headline: Annotated[str, _words("headline")]
    context: tuple[Passage, ...] = Field(default=(), max_length=3)
    challenges: tuple[Passage, ...] = Field(default=(), max_length=3)
    answers: tuple[Riposte, ...] = Field(default=(), max_length=4)
    arguments: tuple[Claim, ...] = Field(default=(), max_length=4)
    outlook: tuple[Passage, ...] = Field(default=(), max_length=2)
    asks: tuple[Wish, ...] = Field(default=(), max_length=3)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _one_of(choices: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(choices)}


def _entries(at: Menu, sources: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The schema of one entry of each list."""

    def text(kind: str) -> dict[str, Any]:
        return {"type": "string", "maxLength": longest(kind, at.settings)}

    passage, heard = {"text": text("paragraph"), "sources": sources}, {"type": "string", "maxLength": LONGEST_ID}
    sides, tones = _one_of(["for", "against"]), _one_of(["rebuts", "concedes", "adds"])
    claim = {"provision": _one_of(list(at.provisions)), "side": sides, "claim": text("claim")}
    return {
        "context": _object(passage),
        "challenges": _object(passage),
        "outlook": _object(passage),
        "answers": _object({"argument": heard, "tone": tones, "text": text("answer"), "sources": sources}),
        "arguments": _object({**claim, "text": text("argument"), "sources": sources}),
        "asks": _object({"text": text("ask"), "change": _one_of([NONE, *at.changes])}),
    }


def schema(turn: Turn, settings: Settings) -> dict[str, Any]:
    """The JSON Schema of a seat's drafts: the ids that exist, the lengths and list sizes of the settings.

    It is the same in every round: providers put it before the messages, so that one which named what was heard would
    make the kept prefix of a conversation worthless. Ids heard are checked when the draft is read. A debate of one
    round has no next call, so that its form can hold a model to all that is checked.
    """
    at, once = menu(turn, settings), turn.rounds == 1
    cited = {"$ref": "#/$defs/source"} if at.shown else {"type": "string"}
    sources = {"type": "array", "items": cited, "maxItems": MOST_SOURCES if at.shown else 0}
    held: dict[str, Any] = {
        "position_pct": {"type": "integer", "minimum": -100, "maximum": 100},
        "reason": {"type": "string", "maxLength": longest("reason", settings)},
        "sources": sources,
        "because": _one_of([NONE]) if once else {"type": "string", "maxLength": LONGEST_ID},
    }
    entries, fewest = _entries(at, sources), asked(turn.phases) if once else dict.fromkeys(LISTS, 0)
    lists = {
        name: {"type": "array", "items": entries[name], "minItems": fewest[name], "maxItems": most(high, settings)}
        for name, high in LISTS.items()
        if name in fewest
    }
    found = _object(
        {
            "positions": _object(dict.fromkeys(at.provisions, _object(held))),
            "stance": _one_of(list(STANCES)),
            "headline": {"type": "string", "maxLength": longest("headline", settings)},
            **lists,
        }
    )
    return {**found, "$defs": {"source": _one_of(at.shown)}} if at.shown else found
