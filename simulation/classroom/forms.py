"""What students write in forms, read into data: fields to a draft, a prediction, marks or a vote.

A field that was not filled in is a mistake with words a student can act on, never a default.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from simulation.drafts import clean
from simulation.errors import CommuniqueError
from simulation.menus import LISTS, asked
from simulation.scenario import STANCES, Scenario
from simulation.turn import Turn

Fields = Mapping[str, str]
MOST_FIELDS, MOST_TEXT, MOST_ALL = 400, 2400, 60_000
NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_]+){0,3}")
STEPS = ((-80, "rejected"), (-45, "unwelcome"), (-20, "doubtful"), (0, "open"), (20, "tolerable"), (45, "acceptable"),
         (80, "welcome"))  # fmt: skip
"""Where a delegation may stand on a provision, in per cent, in the words reports use."""
SURE = {"40": "a guess", "60": "likely", "80": "very likely", "95": "nearly certain"}
"""How sure of a predicted stance somebody may be, in per cent."""
ROWS = {"arguments": 3, "answers": 3, "asks": 2}
"""How many rows of a list the form offers."""
VOTES = {"yes": "sign", "no": "do not sign", "abstain": "abstain"}
_TEXTS = ("reason", "headline", "text", "claim")


class FormErrors(CommuniqueError):
    """What is missing from a form or wrong with it, one line each."""

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(self.errors))


def kept(given: Mapping[str, str]) -> dict[str, str]:
    """The fields worth keeping: names of a known shape, texts of a bearable length.

    Raises `FormErrors` where there is more than any paper needs.
    """
    fields = {k: v for k, v in given.items() if NAME.fullmatch(k) and len(k) <= 160 and v and k != "token"}
    if len(fields) > MOST_FIELDS or sum(map(len, fields.values())) > MOST_ALL:
        raise FormErrors([f"the paper is longer than {MOST_ALL:,} characters: shorten it"])
    if long := [k for k, v in fields.items() if len(v) > MOST_TEXT]:
        raise FormErrors([f"a text has more than {MOST_TEXT:,} characters ({clean(long[0])}): shorten it"])
    return fields


def words(fields: Fields) -> int:
    """How many words of a student's own are in the fields."""
    return sum(len(v.split()) for k, v in fields.items() if k.split(".")[-1] in _TEXTS or k.startswith("reason."))


def _cited(fields: Fields, name: str) -> list[str]:
    return [s for s in re.split(r"[,\s]+", fields.get(name, "")) if s]


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d{1,3}", text) else None


def _positions(fields: Fields, scenario: Scenario, errors: list[str]) -> dict[str, Any]:
    found = {}
    for p in scenario.provisions:
        at, reason = _whole(fields.get(f"position.{p.id}", "")), fields.get(f"reason.{p.id}", "").strip()
        if at is None:
            errors.append(f"Say where you stand on {p.short}.")
        if not reason:
            errors.append(f"Give a reason for where you stand on {p.short}.")
        sources, because = _cited(fields, f"sources.{p.id}"), fields.get(f"because.{p.id}", "")
        found[p.id] = {"position_pct": at or 0, "reason": reason, "sources": sources, "because": because}
    return found


def _arguments(fields: Fields, errors: list[str]) -> list[dict[str, Any]]:
    found = []
    for k in range(1, ROWS["arguments"] + 1):
        row = {part: fields.get(f"argument.{k}.{part}", "").strip() for part in ("provision", "side", "claim", "text")}
        if not row["claim"] and not row["text"]:
            continue
        if not row["provision"] or not row["side"] or not row["claim"]:
            errors.append(f"Argument {k} needs its provision, its side and a sentence that says it.")
        row["text"] = row["text"] or row["claim"]
        found.append({**row, "sources": _cited(fields, f"argument.{k}.sources")})
    return found


def _answers(fields: Fields, errors: list[str]) -> list[dict[str, Any]]:
    found = []
    for k in range(1, ROWS["answers"] + 1):
        row = {part: fields.get(f"answer.{k}.{part}", "").strip() for part in ("argument", "tone", "text")}
        if not row["argument"] and not row["text"]:
            continue
        if not all(row.values()):
            errors.append(f"Answer {k} needs the argument it answers, its tone and your words.")
        found.append({**row, "sources": []})
    return found


def _asks(fields: Fields) -> list[dict[str, Any]]:
    rows = [(fields.get(f"ask.{k}.text", "").strip(), fields.get(f"ask.{k}.change", "")) for k in range(1, 3)]
    return [{"text": text, "change": change} for text, change in rows if text]


def draft(fields: Fields, turn: Turn) -> dict[str, Any]:
    """The draft in a writing form, in the form of `drafts.Draft`; raises `FormErrors` with all that is missing.

    Lists that stay empty are left out: who names no argument argues with the reasons given for the firmest positions.
    """
    errors: list[str] = []
    positions = _positions(fields, turn.scenario, errors)
    if fields.get("stance") not in STANCES:
        errors.append("Choose your stance on the whole.")
    if not fields.get("headline", "").strip():
        errors.append("Write the one sentence that gives your government's answer.")
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
    lists["arguments"], lists["answers"] = _arguments(fields, errors), _answers(fields, errors)
    lists["asks"] = _asks(fields)
    for name in ("context", "outlook"):
        if text := fields.get(f"{name}.text", "").strip():
            lists[name] = [{"text": text, "sources": []}]
    if errors:
        raise FormErrors(errors)
    open_lists = {name: lists[name] for name in asked(turn.phases) if lists[name]}
    head = {"stance": fields["stance"], "headline": fields["headline"].strip()}
    return {"positions": positions, **head, **open_lists}


def prediction(fields: Fields, countries: Mapping[str, str]) -> dict[str, Any]:
    """A stance and how sure of it for each country; `countries` are their names by id."""
    errors, found = [], {}
    for country, name in countries.items():
        stance, sure = fields.get(f"stance.{country}", ""), fields.get(f"sure.{country}", "")
        if stance not in STANCES or sure not in SURE:
            errors.append(f"Say what you expect of {name}, and how sure you are.")
        else:
            found[country] = {"stance": stance, "sure": int(sure)}
    if errors:
        raise FormErrors(errors)
    return found


def marks(fields: Fields, scenario: Scenario) -> dict[str, Any]:
    """Per provision keep, drop, or the id of a wording."""
    errors, found = [], {}
    for p in scenario.provisions:
        mark = fields.get(f"mark.{p.id}", "")
        if mark not in ("keep", "drop", *(o.id for o in p.options)):
            errors.append(f"Mark {p.short}.")
        found[p.id] = mark
    if errors:
        raise FormErrors(errors)
    return found


def vote(fields: Fields) -> dict[str, Any]:
    """A vote on the package, with a reason if one is given."""
    if fields.get("vote") not in VOTES:
        raise FormErrors(["Choose how you vote."])
    return {"vote": fields["vote"], "reason": clean(fields.get("reason.vote", ""))[:400]}
