"""A model's reply read as a draft, or refused with everything that is wrong in words a model can act on.

Nothing is guessed: a reply that cannot be read gives no draft, and so no stance. Prose or a code fence around the
object is passed over; a text longer than asked is kept whole, and refused beyond twice its length.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from simulation.calls import Settings
from simulation.commitment import contradiction
from simulation.drafts import Draft
from simulation.errors import CommuniqueError
from simulation.menus import LISTS, Menu, asked, menu
from simulation.scenario import STANCES
from simulation.turn import Turn

MOST_BYTES = 200_000
"""Longer replies are refused before they are parsed: no draft within its lengths comes near it."""
MOST_DEPTH = 12
MOST_ERRORS = 12
_TRIES = 8
"""Braces at which an object is looked for in prose."""


class DraftErrors(CommuniqueError):
    """What is wrong with a reply, one line an error."""

    def __init__(self, errors: list[str]) -> None:
        rest = len(errors) - MOST_ERRORS
        self.errors = (*errors[:MOST_ERRORS], *([f"and {rest} more"] if rest > 0 else []))
        super().__init__("; ".join(self.errors))


class _Twice(ValueError):
    """A key stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Twice(next(f'"{quoted(k)}" stands twice in one object' for k in keys if keys.count(k) > 1))
    return found


def _number(text: str) -> float:
    raise _Twice(f"{text} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_number, strict=False)


def quoted(value: object) -> str:
    """A value of a reply, short and on one line, fit to be shown."""
    text = "".join(c for c in " ".join(str(value).split()) if c.isprintable())
    return text if len(text) <= 60 else f"{text[:60]}…"


def _depth(text: str) -> int:
    """How deep brackets nest, outside strings."""
    deepest = now = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', text, re.DOTALL):
        now += (mark in ("[", "{")) - (mark in ("]", "}"))
        deepest = max(deepest, now)
    return deepest


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, one after another, prose between them passed over."""
    at, tries = text.find("{"), 0
    while at >= 0 and tries < _TRIES:
        tries += 1
        try:
            found, end = _DECODER.raw_decode(text, at)
        except _Twice as error:
            raise DraftErrors([str(error)]) from None
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def parsed(text: str, key: str) -> dict[str, Any]:
    """The one JSON object with a key in a reply; raises `DraftErrors` where there is none, or more than one."""
    if len(text) > MOST_BYTES:
        raise DraftErrors([f"the reply has {len(text)} characters; that is far too long"])
    said = text.rpartition("</think>")[2].strip().lstrip("\ufeff")
    if not said:
        raise DraftErrors(["the reply is empty"])
    if _depth(said) > MOST_DEPTH:
        raise DraftErrors(["the reply nests too deep"])
    found = [o for o in _objects(said) if key in o]
    if not found:
        cut = " (it looks cut off: write less)" if "{" in said and not said.rstrip("` \n").endswith("}") else ""
        raise DraftErrors([f'the reply holds no JSON object with "{key}" that can be read{cut}'])
    if len(found) > 1:
        raise DraftErrors([f"the reply holds {len(found)} JSON objects; write one"])
    return found[0]


def complaint(error: Any) -> str:
    """One validation error in words."""
    where = ".".join(str(part) for part in error["loc"] if part != "[key]")
    context, kind, value = error.get("ctx", {}), error["type"], quoted(error["input"])
    words = {
        "missing": "is missing",
        "extra_forbidden": "there is no such field",
        "greater_than_equal": f"{value} is below {context.get('ge')}",
        "less_than_equal": f"{value} is above {context.get('le')}",
        "too_long": f"at most {context.get('max_length')} entries",
        "literal_error": f'"{value}" is not {context.get("expected")}',
        "int_type": "write a whole number from -100 to 100",
        "string_type": "write a text",
        "tuple_type": "write a list",
        "dict_type": "write an object",
        "model_type": "write an object",
    }
    return f"{quoted(where)}: {words.get(kind, quoted(error['msg']))}"


def _lists(data: dict[str, Any], at: Menu, least: bool) -> list[str]:
    """Fields that are missing or unknown, and lists that are too short or not asked for in this round."""
    fewest, plain = asked(at.turn.phases), ("positions", "stance", "headline")
    found = [f"{key}: is missing" for key in (*plain, *(fewest if least else ())) if key not in data]
    found += [f"{quoted(key)}: there is no such field" for key in data if key not in (*plain, *LISTS)]
    unasked = (key for key in LISTS if key not in fewest and data.get(key))
    found += [f"{key}: not asked for in this round: leave it empty" for key in unasked]
    for key, low in fewest.items() if least else ():
        entries = data.get(key)
        if isinstance(entries, list) and len(entries) < low:
            found.append(f"{key}: at least {low} {'entry' if low == 1 else 'entries'}")
    return found


def _provisions(draft: Draft, at: Menu) -> list[str]:
    found = [f"positions.{label}: is missing" for label, name in at.provisions.items() if name not in draft.positions]
    answered = [a.argument for a in draft.answers]
    doubled = sorted({a for a in answered if answered.count(a) > 1})
    return found + [f"answers: {at.lens.speech(a)} is answered twice" for a in doubled]


def checked(data: dict[str, Any], at: Menu, least: bool = True) -> Draft:
    """A draft from data that refers to things as its speaker was shown them; raises `DraftErrors` with all errors.

    With `least` every list of the round has to be there with its fewest entries; without, it may be empty or left out.
    """
    wrong = _lists(data, at, least)
    kept = {key: value for key, value in data.items() if key in Draft.model_fields}
    draft = None
    try:
        draft = Draft.model_validate(kept, context=at)
    except ValidationError as error:
        wrong += [complaint(e) for e in error.errors(include_url=False) if not _top(e)]
    if draft is None:
        raise DraftErrors(wrong)
    wrong += _provisions(draft, at)
    if not wrong:
        held = [draft.positions[p.id].position_pct / 100 for p in at.turn.scenario.provisions]
        if clash := contradiction(at.turn, STANCES[draft.stance], held):
            wrong = [at.lens.text(clash) if at.lens.masked else clash]
    if wrong:
        raise DraftErrors(wrong)
    return draft


def _top(error: Any) -> bool:
    """A section that is missing: told already."""
    return error["type"] == "missing" and len(error["loc"]) == 1


def read(text: str, turn: Turn, settings: Settings) -> Draft:
    """The draft in a reply; raises `DraftErrors` with everything that is wrong with it."""
    return checked(parsed(text, "stance"), menu(turn, settings))
