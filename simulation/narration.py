"""A model's telling of the merge: prose beside the findings, each paragraph traced to those it tells of.

The findings are computed and stay as they are. A paragraph that names a number, a country or any other name which the
findings it cites do not is dropped, and the narration says how many were. One call at most; where it fails there is no
narration, and the record says why.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from simulation.assessment import Assessment
from simulation.calls import Caller, CallFailed, Hearing, Request, Settings
from simulation.dossier import Dossier
from simulation.drafts import clean
from simulation.findings import NUMBERS, Finding
from simulation.plans import Plan
from simulation.prompts import Messages, excess, fenced, token_for, wording
from simulation.readings import DraftErrors, complaint, parsed
from simulation.statement import Recorded

FEWEST, MOST, LONGEST = 2, 5, 700
_FIGURE = re.compile(r"[+\-\N{MINUS SIGN}]?\d+(?:[.,]\d+)*")
_ID = re.compile(r"\b[A-Z][A-Z0-9_]+-\d+(?:\.\d+)?\b")
_INSIDE = re.compile(r"(?<=[\w,;] )[^\W\d_a-zß-öø-ÿ][\w’'-]*")


class Told(Recorded):
    """One paragraph and what it rests on."""

    text: str
    findings: tuple[str, ...]
    """Ids of findings: the section of the assessment and the number in it."""
    statements: tuple[str, ...]


class Narration(Recorded):
    """What a model wrote of the merge."""

    paragraphs: tuple[Told, ...] = ()
    dropped: int = 0
    """Paragraphs that named what their findings do not."""
    note: str = ""
    """Why there is no narration, or why paragraphs were dropped."""


class _Written(Recorded):
    """The reply."""

    paragraphs: tuple[Told, ...]


def numbered(assessed: Assessment) -> dict[str, Finding]:
    """The findings by id, such as agreed.2, in the order of the assessment."""
    found = {}
    for section in Assessment.model_fields:
        for k, entry in enumerate(getattr(assessed, section), 1):
            if isinstance(entry, Finding) and entry.text:
                found[f"{section}.{k}"] = entry
    return found


def schema(findings: Mapping[str, Finding]) -> dict[str, Any]:
    """The JSON Schema of a narration: paragraphs, each with the ids it rests on."""
    statements = list(dict.fromkeys(s for f in findings.values() for s in f.evidence))
    cited = {"type": "array", "items": {"type": "string", "enum": list(findings)}, "minItems": 1, "maxItems": 8}
    rests = {"type": "array", "items": {"type": "string", "enum": statements}, "maxItems": 12}
    paragraph = {
        "type": "object",
        "properties": {"findings": cited, "statements": rests, "text": {"type": "string", "maxLength": LONGEST}},
        "required": ["findings", "statements", "text"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"paragraphs": {"type": "array", "items": paragraph, "minItems": FEWEST, "maxItems": MOST}},
        "required": ["paragraphs"],
        "additionalProperties": False,
    }


def messages(findings: Mapping[str, Finding], settings: Settings) -> Messages:
    """What the model is sent: the rules, and the findings as fenced data."""
    rows = [f"{name} [{', '.join(f.evidence)}] {' '.join(f.text.split())}" for name, f in findings.items()]
    text = "\n".join(rows)
    token = token_for(text)
    rules = wording("narration", token=token, fewest=FEWEST, most=MOST, longest=LONGEST)
    asked = fenced("findings", text, token)
    if settings.structured == "none":
        asked += "\n\n" + wording("shape", schema=json.dumps(schema(findings), ensure_ascii=False))
    return (("system", rules), ("user", asked))


def _figures(text: str) -> set[str]:
    """The numbers of a text, in digits or words, with a minus where there is one."""
    plain = _ID.sub(" ", text).replace("\N{MINUS SIGN}", "-")
    words = {str(k) for k, word in enumerate(NUMBERS) if k > 1 and re.search(rf"\b{word}\b", plain, re.IGNORECASE)}
    return {n.lstrip("+") for n in _FIGURE.findall(plain)} | words


def _parties(text: str, terms: Mapping[str, Sequence[str]]) -> set[str]:
    return {code for code, words in terms.items() if any(re.search(rf"\b{re.escape(w)}\b", text) for w in words)}


def _strange(told: Told, findings: Mapping[str, Finding], terms: Mapping[str, Sequence[str]]) -> str | None:
    """What a paragraph names that the findings it cites do not, or None."""
    cited = [findings[f] for f in told.findings if f in findings]
    ground = " ".join(f.text for f in cited)
    evidence = {s for f in cited for s in f.evidence}
    if len(cited) < len(told.findings) or not cited:
        return "a finding that is not there"
    if beyond := [s for s in (*told.statements, *_ID.findall(told.text)) if s.partition(".")[0] not in evidence]:
        return f"the statement {clean(beyond[0])[:40]}"
    if numbers := sorted(_figures(told.text) - _figures(ground)):
        return f"the number {numbers[0]}"
    if parties := sorted(_parties(told.text, terms) - _parties(ground, terms)):
        return f"the country {parties[0]}"
    words = set(re.findall(r"\w[\w’'-]*", ground))
    if names := [
        n for n in _INSIDE.findall(_ID.sub(" ", told.text)) if n not in words and n.split("’")[0] not in words
    ]:
        return f"the name {clean(names[0])[:40]}"
    if any(c.isalpha() and not unicodedata.name(c, "").startswith("LATIN") and c not in ground for c in told.text):
        return "words in another script"
    return None


def terms_of(names: Mapping[str, str], seats: Sequence[Dossier]) -> dict[str, tuple[str, ...]]:
    """Every word for each party, by code."""
    found = {code: (code, name.removeprefix("the ")) for code, name in names.items()}
    return found | {d.code: (*found.get(d.code, (d.code,)), d.name, d.adjective, d.capital) for d in seats}


def read(text: str, findings: Mapping[str, Finding], terms: Mapping[str, Sequence[str]]) -> Narration:
    """The paragraphs of a reply that stand on what they cite; raises `DraftErrors` where it cannot be read."""
    try:
        written = _Written.model_validate(parsed(text, "paragraphs"))
    except ValidationError as error:
        raise DraftErrors([complaint(e) for e in error.errors(include_url=False)]) from None
    kept: list[Told] = []
    dropped: list[str] = []
    for told in written.paragraphs:
        told = told.model_copy(update={"text": clean(told.text)})
        strange = "nothing" if not told.text else _strange(told, findings, terms)
        if strange is None and len(told.text) <= 2 * LONGEST and len(kept) < MOST:
            kept.append(told)
        else:
            dropped.append(strange or "more than was asked for")
    why = f"left out for naming what the findings do not: {'; '.join(dict.fromkeys(dropped))}" if dropped else ""
    return Narration(paragraphs=tuple(kept), dropped=len(dropped), note=why)


async def narrate(
    asked: Plan,
    names: Mapping[str, str],
    assessed: Assessment,
    caller: Caller | None,
    hearing: Hearing = lambda seat, tokens: None,
) -> Narration:
    """Have a model tell of an assessment, in one call; what fails is said in the note and fails nothing else."""
    settings, findings = asked.settings, numbered(assessed)
    if caller is None or settings is None or settings.masked:
        return Narration(note="a masked run is not narrated" if settings and settings.masked else "no model was named")
    sent = messages(findings, settings)
    if (over := excess(sent, settings)) > 0:
        return Narration(note=f"the findings need {over} tokens more than the window of {settings.context}")
    request = Request("moderator", asked.scenario.debate.rounds, 1, sent, schema(findings), settings)
    try:
        reply = await caller.ask(request, hearing)
        if reply.refused or reply.failure is not None:
            return Narration(note="the model refused" if reply.refused else f"the call failed: {reply.failure}")
        return read(reply.text, findings, terms_of(names, tuple(asked.seats.values())))
    except CallFailed as error:
        return Narration(note=f"the call failed: {error.message}")
    except DraftErrors as error:
        return Narration(note=f"the reply could not be read: {error}")
