"""A person in a seat: a question is put, and the answer is read as a draft, a stand-in or an absence.

A person may write less than a model has to, and without a document; what stands without one is marked. An answer that
cannot be read is asked for again with what is wrong with it, and no stance is ever made up: where a person does not
answer, somebody has to say whether the dossier's analyst stands in or the seat stays silent.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulation.analysts.dossier import DossierAnalyst, spoken
from simulation.calls import Settings
from simulation.commitment import commit
from simulation.drafts import clean
from simulation.errors import CommuniqueError, InputError
from simulation.menus import LISTS, Menu, asked, longest, menu
from simulation.minutes import statement as recorded
from simulation.readings import DraftErrors, checked
from simulation.scenario import STANCES
from simulation.statement import HUMAN, NAMES, STAND_IN, Departure, Statement
from simulation.transcript import Gap
from simulation.turn import Kit, Put, Turn
from simulation.wording import VERDICTS, listed, misworded, strength, upper

PERSON = Settings(model="nobody:person", passages=40)
"""What decides how long a person's texts may be and which documents are offered; nobody is called by it."""
UNSAID = "No reason given."
_MOST_ARGUMENTS = 4


class Absent(CommuniqueError):
    """The seat stays silent in this round: somebody decided so, and says why."""


def choices(turn: Turn) -> Menu:
    """What an answer may refer to: documents, provisions, statements and arguments by their ids."""
    return menu(turn, PERSON)


def mistakes(turn: Turn, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """What is wrong with a draft, line by line; nothing where it can be taken into the record."""
    try:
        _draft(turn, answer)
    except DraftErrors as error:
        return error.errors
    return ()


async def statement(turn: Turn, answer: Any) -> Statement:
    """The statement of an answer: always the same for the same turn and answer.

    An answer is one of three: a draft in the form of `drafts.Draft`, in which lists may be left out, and reasons, the
    headline and the opening's arguments too; `{"stand_in": true}`, where the dossier's analyst speaks; and
    `{"absent": "why"}`. Raises `DraftErrors` for one that has to be mended, `Absent` for the last.
    """
    if not isinstance(answer, dict):
        raise DraftErrors(["write an object"])
    if answer == {"stand_in": True}:
        return await stand_in(turn)
    if set(answer) == {"absent"} and isinstance(answer["absent"], str):
        raise Absent(clean(answer["absent"])[:300] or "nobody answered")
    return _draft(turn, answer)


def _draft(turn: Turn, answer: Mapping[str, Any]) -> Statement:
    draft = checked(_filled(turn, answer), choices(turn), least=False)
    noun, stance = turn.scenario.proposal.noun, STANCES[draft.stance]
    if verb := misworded(draft.headline, noun, stance):
        raise DraftErrors([f'headline: "{verb} the {noun}" is another stance than {draft.stance}: change one of them'])
    return _marked(turn, recorded(turn, draft, HUMAN))


def _filled(turn: Turn, answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer with what a person may leave out: reasons, the headline, and the arguments of the first statement."""
    found, held = dict(answer), answer.get("positions")
    if isinstance(held, dict):
        rows = {k: {"reason": "", **v} if isinstance(v, dict) else v for k, v in held.items()}
        found["positions"] = {
            k: {**v, "reason": UNSAID} if isinstance(v, dict) and v["reason"] in ("", None) else v
            for k, v in rows.items()
        }
        if "opening" in turn.phases and "arguments" not in answer:
            found["arguments"] = _argued(rows)
    if found.get("headline", "") == "" and answer.get("stance") in NAMES.values():
        found["headline"] = headline(turn, str(answer["stance"]))
    return found


def headline(turn: Turn, stance: str) -> str:
    """The stance as a sentence, for a speaker who writes none."""
    number = next(k for k, name in NAMES.items() if name == stance)
    it = f"the {turn.scenario.proposal.noun}"
    return f"{upper(turn.dossier.short)} {VERDICTS[number].format(it=it)}."


def _argued(positions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reasons of the firmest positions as arguments, so that others can answer them."""
    rows = [
        (name, held)
        for name, held in positions.items()
        if isinstance(held, dict) and isinstance(held.get("position_pct"), int) and isinstance(held["reason"], str)
    ]
    given = [(name, held) for name, held in rows if held["position_pct"] and held["reason"].strip()]
    firmest = sorted(given, key=lambda row: -abs(row[1]["position_pct"]))[:_MOST_ARGUMENTS]
    return [
        {
            "provision": name,
            "side": "for" if held["position_pct"] > 0 else "against",
            "claim": shortened(held["reason"]),
            "text": held["reason"],
            "sources": held.get("sources", []),
        }
        for name, held in firmest
    ]


def shortened(text: str) -> str:
    """A reason as a claim: the whole of it where it is short, else its first sentence or its beginning."""
    most, line = longest("claim", PERSON), " ".join(text.split())
    if len(line) <= most:
        return line
    first = re.split(r"(?<=[.!?])\s", line)[0]
    return first if len(first) <= most else f"{line[: most - 1].rsplit(' ', 1)[0]}…"


def _marked(turn: Turn, said: Statement) -> Statement:
    """The statement with the provisions named for whose position it gives no document."""
    bare = [turn.scenario.provision(p.provision).short for p in said.implications if p.provision and not p.sources]
    if not bare:
        return said
    mark = Departure(kind="source", text=f"gives no document for its position on {listed(bare)}")
    return said.model_copy(update={"departures": (*said.departures, mark)})


async def stand_in(turn: Turn) -> Statement:
    """What the dossier's analyst says in a person's place, marked as such.

    Where a person has spoken for the seat, that stance and those positions stand, and only the words are the
    analyst's; else the seat is the dossier's altogether.
    """
    if any(s.engine == HUMAN for s in turn.own):
        last = turn.own[-1]
        positions = turn.positions.copy()
        positions[-2:] = [v.position for v in last.views]
        said = spoken(replace(turn, positions=positions), commit(turn, last.stance, positions[-1].tolist()))
    else:
        said = await DossierAnalyst().speak(turn)
    return said.model_copy(update={"engine": STAND_IN, "headline": f"Stand-in: {said.headline}"})


def answer_of(turn: Turn, said: Statement) -> dict[str, Any]:
    """The draft that a person's statement was made from; the lists are those of the turn's round."""
    because = {s.provision: s.because for s in said.shifts}
    reasons = {p.provision: p for p in said.implications}
    positions = {}
    for view in said.views:
        told = reasons.get(view.provision)
        positions[view.provision] = {
            "position_pct": round(100 * view.position),
            "reason": reason(turn, said, view.provision),
            "sources": list(told.sources) if told else [],
            "because": because.get(view.provision, ""),
        }
    lists: dict[str, list[dict[str, Any]]] = {
        name: [{"text": p.text, "sources": list(p.sources)} for p in getattr(said, name)]
        for name in ("context", "challenges", "outlook")
    }
    claim, riposte = ("provision", "side", "claim", "text", "sources"), ("argument", "tone", "text", "sources")
    lists["arguments"] = [a.model_dump(mode="json", include={*claim}) for a in said.arguments]
    lists["answers"] = [a.model_dump(mode="json", include={*riposte}) for a in said.answers]
    lists["asks"] = [{"text": a.text, "change": "/".join(filter(None, (a.provision, a.option)))} for a in said.asks]
    kept = {name: lists[name] for name in LISTS if name in asked(turn.phases) or lists[name]}
    return {"positions": positions, "stance": said.stance_name, "headline": said.headline, **kept}


def reason(turn: Turn, said: Statement, provision: str) -> str:
    """The reason that a statement gives for its position on a provision."""
    told = next((p.text for p in said.implications if p.provision == provision), "")
    label, held = upper(turn.scenario.provision(provision).short), strength(said.view(provision).position)
    return told.removeprefix(f"{label}: {held}. ")


class HumanAnalyst:
    """Speaks for a country through a person."""

    def __init__(self, put: Put) -> None:
        self._put = put

    async def speak(self, turn: Turn) -> Statement:
        """What the person answers, asked again until it can be read; raises `Absent` where the seat stays silent."""
        at = {"country": turn.country, "code": turn.dossier.code, "round": turn.round}
        errors: Sequence[str] = ()
        while True:
            try:
                return await statement(turn, self._put({**at, "errors": list(errors)}))
            except DraftErrors as error:
                errors = error.errors


class RecordedAnalyst:
    """Plays what a person said, with everything that is computed from it worked out again."""

    def __init__(self, lines: Sequence[Statement | Gap]) -> None:
        self._lines = {f"{line.code}-{line.round}": line for line in lines}

    async def speak(self, turn: Turn) -> Statement:
        """The statement of this seat and round; fails where there was none, or where it no longer fits the scenario."""
        line = self._lines.get(f"{turn.dossier.code}-{turn.round}")
        if not isinstance(line, Statement):
            raise Absent(line.reason if line else "nobody spoke for the seat in the recorded debate")
        if line.engine == STAND_IN:
            return await stand_in(turn)
        if missing := {p.id for p in turn.scenario.provisions} ^ {v.provision for v in line.views}:
            raise Absent(f"what was said is on another text: {', '.join(sorted(missing))}")
        return await statement(turn, answer_of(turn, line))


def engine(kit: Kit) -> HumanAnalyst | RecordedAnalyst:
    """An analyst for people's seats; raises `InputError` where nobody can be asked."""
    if kit.spoken is not None:
        return RecordedAnalyst(kit.spoken)
    if kit.put is None:
        cure = "seat people with communique run --human COUNTRY or in a classroom; from Python give `ask`"
        raise InputError("the human engine needs somebody to answer", cure, "E175")
    return HumanAnalyst(kit.put)
