"""Stand-ins for chat models, and a check of replies against their schema, for the tests of everything that asks."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulation.calls import Caller, Reply, Request, Settings, Usage
from simulation.catalog import load_scenario
from simulation.floor import Floor
from simulation.judgement import judge
from simulation.menus import NONE
from simulation.plans import table_of
from simulation.prompts import count
from simulation.statement import NAMES

SETTINGS = Settings(model="test:double")


def reply(request: Request, text: str = "", **more: Any) -> Reply:
    """A reply to a request, with tokens as the estimate has them."""
    usage = Usage(prompt=count(request.messages), completion=count([("assistant", text)]))
    at = {"key": request.key, "seat": request.seat, "round": request.round, "attempt": request.attempt}
    return Reply(**{**at, "text": text, "usage": usage, **more})


def choices(part: dict[str, Any], whole: dict[str, Any]) -> list[str]:
    """The listed values a string may take."""
    if "$ref" in part:
        part = whole["$defs"][part["$ref"].rpartition("/")[2]]
    return part.get("enum", [])


class AgreeableCaller(Caller):
    """Answers every request with a valid draft: the positions its dossier adds up to, in words that say little.

    In round 2 each seat moves three points toward zero on its first provision, after the first statement it heard.
    Asked to narrate, it repeats findings word for word.
    """

    def __init__(self, floor: Floor) -> None:
        self.requests: list[Request] = []
        self._held = {}
        for country, dossier in floor.seats.items():
            found = judge(floor.turn(country, 1))
            self._held[dossier.code] = (found.stance, [round(100 * v.position) for v in found.views])

    @classmethod
    def of(cls, name: str = "takaichi_coalition") -> "AgreeableCaller":
        """One for every seat of a built-in scenario."""
        scenario = load_scenario(name)
        return cls(Floor(scenario, table_of(scenario), {}, {}))

    async def ask(self, request, hearing=lambda seat, tokens: None):
        """The draft as JSON."""
        self.requests.append(request)
        found = self.narration(request) if request.seat == "moderator" else self.draft(request)
        text = json.dumps(found, ensure_ascii=False)
        hearing(request.seat, count([("assistant", text)]))
        return reply(request, text)

    def words(self, part: dict[str, Any], text: str) -> str:
        """Words within the longest length."""
        return text[: part["maxLength"]]

    def draft(self, request: Request) -> dict[str, Any]:
        """What the seat says."""
        stance, held = self._held[request.seat]
        schema = request.schema
        parts = schema["properties"]
        provisions = parts["positions"]["properties"]
        found = {
            "positions": {
                label: self._position(request, part, k, pct)
                for k, ((label, part), pct) in enumerate(zip(provisions.items(), held, strict=True))
            },
            "stance": NAMES[stance],
            "headline": self.words(parts["headline"], f"The answer is that it stands at {NAMES[stance]}."),
        }
        said = "\n".join(text for _, text in request.messages)
        fill = (
            re.findall(r"fill ([a-z, ]+), and leave the other lists empty", said)[-1].replace(" and ", ", ").split(", ")
        )
        arguments = re.findall(r"^  (\S+) (?:for|against) ", said.rpartition("<<<statements")[2], re.MULTILINE)
        for name, part in parts.items():
            if part.get("type") == "array":
                most = min(part["maxItems"], len(arguments)) if name == "answers" else part["maxItems"]
                found[name] = [self._entry(part["items"], schema, arguments, k) for k in range(most * (name in fill))]
        return found

    def _position(self, request, part, k, pct):
        reason = self.words(part["properties"]["reason"], "So the dossier has it.")
        found = {"position_pct": pct, "reason": reason, "sources": [], "because": NONE}
        if k == 0 and request.round > 1:
            found["position_pct"] = pct - 3 * ((pct > 0) - (pct < 0))
        if k == 0 and request.round == 2:
            heard = request.messages[-1][1].rpartition("<<<statements")[2]
            first = re.search(r"^(\S+) \(.+\): [a-z_]+\. ", heard, re.MULTILINE)
            found["because"] = first[1] if first else NONE
        return found

    def _entry(self, part, schema, arguments, k):
        found = {}
        for name, field_ in part["properties"].items():
            if name == "argument":
                found[name] = arguments[k]
            elif name == "sources":
                known = choices(field_["items"], schema)
                found[name] = known[k : k + 1]
            elif known := choices(field_, schema):
                found[name] = known[k % len(known)]
            else:
                found[name] = self.words(field_, f"One more point is made here, the one numbered {k + 1}.")
        return found

    def narration(self, request: Request) -> dict[str, Any]:
        """The first findings, word for word."""
        rows = re.findall(r"^([a-z_]+\.\d+) \[([^\]]*)\] (.+)$", request.messages[-1][1], re.MULTILINE)
        told = [
            {"findings": [name], "statements": ids.split(", ") if ids else [], "text": text} for name, ids, text in rows
        ]
        return {"paragraphs": told[:3]}


class AgreeablePerson:
    """Answers every question as the dossier's numbers have it, with a reason for each position and no document."""

    def __init__(self, floor: Floor) -> None:
        self._held = {name: judge(floor.turn(name, 1)) for name in floor.seats}

    def __call__(self, question: Any) -> dict[str, Any]:
        """The draft, as JSON has it."""
        return person(self._held[question["country"]])


def person(found: Any, **more: Any) -> dict[str, Any]:
    """What somebody hands in who agrees with a judgement or a statement; `more` takes the place of parts of it."""
    reason = "That is how we see it at home."
    held = {v.provision: {"position_pct": round(100 * v.position), "reason": reason} for v in found.views}
    return {"positions": held, "stance": NAMES[found.stance], **more}


@dataclass
class ScriptedCaller(Caller):
    """Answers with given texts, one by one and the last for ever; a function of the request may stand for one."""

    texts: list[str | Callable[[Request], Reply]]
    requests: list[Request] = field(default_factory=list)

    async def ask(self, request, hearing=lambda seat, tokens: None):
        """The next text."""
        text = self.texts[min(len(self.requests), len(self.texts) - 1)]
        self.requests.append(request)
        return reply(request, text) if isinstance(text, str) else text(request)


def fits_schema(value: Any, part: dict[str, Any], whole: dict[str, Any] | None = None) -> None:
    """Assert that a value meets a schema of the kind drafts have."""
    whole = whole or part
    if "$ref" in part:
        part = whole["$defs"][part["$ref"].rpartition("/")[2]]
    kind = part["type"]
    if kind == "object":
        assert set(value) == set(part["required"]) == set(part["properties"])
        for name, inner in part["properties"].items():
            fits_schema(value[name], inner, whole)
    elif kind == "array":
        assert part.get("minItems", 0) <= len(value) <= part["maxItems"]
        for entry in value:
            fits_schema(entry, part["items"], whole)
    elif kind == "integer":
        assert type(value) is int
        assert part["minimum"] <= value <= part["maximum"]
    else:
        assert isinstance(value, str)
        assert value in part["enum"] if "enum" in part else len(value) <= part["maxLength"]


def asker(prompt: str) -> tuple[str, int]:
    """The code of the seat, or `moderator`, and the round that a prompt is for."""
    seat = re.search(r"\((\w+)\), capital ", prompt)
    rounds = re.findall(r"^Round (\d+) of \d+\.", prompt, re.MULTILINE)
    return seat[1] if seat else "moderator", int((rounds or ["1"])[-1])


def over_the_wire(caller: AgreeableCaller) -> Callable[[Any], str]:
    """What a server says for an agreeable caller: the seat, round and schema are read off the request it saw."""

    def answer(seen: Any) -> str:
        schema = seen.body["response_format"]["json_schema"]["schema"]
        messages = tuple((m["role"], m["content"]) for m in seen.body["messages"])
        seat, number = asker(seen.prompt)
        request = Request(seat, number, 1, messages, schema, SETTINGS)
        found = caller.narration(request) if seat == "moderator" else caller.draft(request)
        return json.dumps(found, ensure_ascii=False)

    return answer
