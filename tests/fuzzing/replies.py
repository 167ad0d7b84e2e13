"""What a chat model says: a reply in each round, plain and masked, and a narration."""

import json
from functools import cache
from typing import Any

from doubles import SETTINGS, AgreeableCaller
from hypothesis import strategies as st
from test_drafts import mutated

from fuzzing.mutations import Cut, cut, json_files
from fuzzing.outcomes import Forbidden, printable, settled
from fuzzing.target import Target
from simulation.analysts.dossier import DossierAnalyst
from simulation.calls import Request
from simulation.catalog import load_scenario
from simulation.drafts import schema
from simulation.floor import Floor
from simulation.minutes import statement
from simulation.moderation import rng_for
from simulation.narration import numbered, terms_of
from simulation.narration import read as narrated
from simulation.plans import table_of
from simulation.prompts import prompt
from simulation.readings import parsed, read
from simulation.runs import names_of, run
from simulation.statement import Statement
from simulation.waiting import wait

MASKED = SETTINGS.model_copy(update={"masked": True})


@cache
def _turns() -> tuple[tuple[Any, Any, dict[str, Any]], ...]:
    """Japan's turns, how a model is asked in each, and a good draft of each."""
    scenario = load_scenario("takaichi_coalition")
    seats = table_of(scenario, ("japan", "china"))
    scenario = scenario.model_copy(update={"countries": tuple(seats)})
    floor = Floor(scenario, seats, {n: DossierAnalyst() for n in seats}, dict.fromkeys(seats, "dossier"))
    floor.begin()
    first = floor.turn("japan", 1)
    floor.restore([wait(floor.analysts[c].speak(floor.turn(c, 1))) for c in floor.seats])
    floor.begin()
    second, caller, found = floor.turn("japan", 2), AgreeableCaller(floor), []
    for turn, how in ((first, SETTINGS), (second, SETTINGS), (second, MASKED)):
        asked = Request(turn.dossier.code, turn.round, 1, prompt(turn, how), schema(turn, how), how)
        found.append((turn, how, caller.draft(asked)))
    return tuple(found)


@cache
def _told() -> tuple[Any, Any, dict[str, Any]]:
    """Numbered findings, the words for each party, and a good narration."""
    held = run("takaichi_coalition", countries=("japan", "china"), rounds=1)
    findings = numbered(held.assessment)
    rows = [{"findings": [k], "statements": list(f.evidence), "text": f.text} for k, f in list(findings.items())[:3]]
    return findings, terms_of(names_of(held.seats), tuple(held.seats.values())), {"paragraphs": rows}


def _inputs() -> st.SearchStrategy[tuple[int, bytes]]:
    """Which turn, and the reply."""
    drafts, told = [draft for _, _, draft in _turns()], _told()[2]
    frames = st.sampled_from(
        [b"%s", b"%s", b"```json\n%s\n```", b"<think>{%s</think>%s", b"%s%s", b"\xef\xbb\xbf%s", b"{x} %s"]
    )

    def framed(raw: bytes, frame: bytes, cuts: Any) -> bytes:
        return cut(frame.replace(b"%s", raw), cuts)

    def chance(k: int, seed: int) -> tuple[int, bytes]:
        text = mutated(json.dumps(drafts[k]), rng_for(seed))
        return k, text.encode("utf-8", "surrogatepass")

    few = st.lists(Cut, max_size=1)
    own = st.integers(0, len(drafts)).flatmap(
        lambda k: st.tuples(
            st.just(k), st.builds(framed, json_files([drafts[k] if k < len(drafts) else told]), frames, few)
        )
    )
    return st.one_of(own, own, st.builds(chance, st.integers(0, len(drafts) - 1), st.integers(0, 2**32)))


def reply(given: tuple[int, bytes]) -> str:
    """A reply: refused with reasons, or a statement that says the very stance and positions the reply does."""
    at, raw = given
    text = (
        raw.decode("utf-8", "surrogatepass" if at % 2 else "replace")
        if raw.isascii()
        else raw.decode("utf-8", "replace")
    )
    return settled(lambda: _narration(text) if at == len(_turns()) else _draft(text, at))


def _narration(text: str) -> None:
    findings, terms, _ = _told()
    for told in narrated(text, findings, terms).paragraphs:
        printable(told.text, "a narration")


def _draft(text: str, at: int) -> None:
    turn, how, _ = _turns()[at]
    draft, said = read(text, turn, how), parsed(text, "stance")
    found = statement(turn, draft, "chat_model")
    if found.stance_name != said["stance"]:
        raise Forbidden(f"says {said['stance']}, read as {found.stance_name}")
    stated = sorted(held["position_pct"] for held in said["positions"].values())
    if sorted(round(100 * v.position) for v in found.views) != stated:
        raise Forbidden("the positions read are not those said")
    printable(
        "\n".join([found.headline, *(a.text for a in found.arguments), *(p.text for p in found.context)]), "a text"
    )
    if Statement.model_validate_json(found.model_dump_json()) != found:
        raise Forbidden("a statement does not survive its record")


TARGETS = (Target("model replies", 12, _inputs, reply, few=100),)
