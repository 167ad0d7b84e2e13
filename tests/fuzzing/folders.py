"""Run folders that came from somewhere: records, launches, recordings and journals, read by every command that does."""

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from doubles import SETTINGS, AgreeableCaller, ScriptedCaller
from hypothesis import strategies as st

from fuzzing.mutations import json_files, json_lines
from fuzzing.outcomes import Forbidden, exits, settled
from fuzzing.target import Target
from simulation import catalog, launches
from simulation.cassettes import Cassette
from simulation.floor import Floor
from simulation.folders import LAUNCH, REPLIES, SAID, as_text
from simulation.journals import Journal, line
from simulation.plans import plan, table_of
from simulation.report import files
from simulation.runs import run

FOLDER, OTHER = Path("runs/2026-01-01-mine-00000000"), Path("runs/2026-01-02-mine-00000001")
COMMANDS = (
    ("verify",), ("verify", "--json"), ("export", "--format", "md"), ("export", "--format", "html"),
    ("export", "--format", "json"), ("export", "--format", "csv"), ("export", "--format", "graphml"),
    ("export", "--format", "docx"), ("diff",), ("diff", "--format", "html"), ("compare",), ("compare", "--format",
    "csv"),
    ("replay",), ("resume",), ("fork",), ("runs",), ("runs", "--json"), ("open", "--print"),
)  # fmt: skip


def _small(rounds: int = 1) -> Any:
    found = catalog.load_scenario("takaichi_coalition")
    table = {"countries": ("japan", "china"), "provisions": found.provisions[:2]}
    return found.model_copy(update={**table, "debate": found.debate.model_copy(update={"rounds": rounds})})


@cache
def _record() -> tuple[str, Mapping[str, str]]:
    """A whole run: its record, and its files by name."""
    held = run(_small())
    text = as_text(held.record())
    return text, {"run.json": text, **files.reports(held)}


def _laid(given: Mapping[str, bytes], folder: Path) -> None:
    """Exactly these files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in given.items():
        (folder / name).write_bytes(content)


def _meant(data: Any) -> Any:
    """What of a record matters: all but when and where it was made."""
    return {k: v for k, v in data.items() if k != "made"} if isinstance(data, dict) else data


def record(given: tuple[int, bool, bytes]) -> str:
    """A changed run.json, given to a command: a result or a listed error, and `verify` lets no change pass."""
    which, alone, raw = given
    text, kept = _record()
    whole = {name: content.encode() for name, content in kept.items()}
    _laid({"run.json": raw} if alone else {**whole, "run.json": raw}, FOLDER)
    if not OTHER.is_dir():
        _laid(whole, OTHER)
    words = COMMANDS[which]
    names = {"diff": [str(FOLDER), str(OTHER)], "compare": [str(OTHER), str(FOLDER)], "runs": []}
    more = ["--set", "debate.seed=8"] if words[0] == "fork" else []
    status, _, err = exits([words[0], *names.get(words[0], [str(FOLDER)]), *words[1:], *more])
    if words[0] == "verify" and status == 0 and not alone and _meant(json.loads(raw)) != _meant(json.loads(text)):
        raise Forbidden("verify passes a record that was changed")
    return _word(status, err)


def _word(status: int, err: str) -> str:
    code = err.partition("error[")[2].partition("]")[0]
    return code or ("result" if status == 0 else f"exit {status}")


def _records() -> st.SearchStrategy[tuple[int, bool, bytes]]:
    which = st.one_of(st.just(0), st.integers(0, len(COMMANDS) - 1))
    return st.tuples(which, st.sampled_from([False, False, True]), json_files([json.loads(_record()[0])]))


@cache
def _begun() -> Mapping[str, Any]:
    """What a run that asks a model leaves before it is finished."""
    scenario = _small().model_copy(update={"engines": {"default": "chat_model"}})
    asked, caller = plan(scenario, settings=SETTINGS), AgreeableCaller(Floor(scenario, table_of(scenario), {}, {}))
    under = Path("begun")
    held = launches.launch(asked, lambda settings, before: caller, under, lambda found: {})
    said = [{"statement": s.model_dump(mode="json")} for s in held.run.transcript.statements]
    replies = [json.loads(x) for x in (held.folder / REPLIES).read_text(encoding="utf-8").splitlines()]
    gap = {"gap": {"country": "china", "code": "CHN", "round": 1, "engine": "chat_model", "reason": "no answer"}}
    return {
        LAUNCH: json.loads((held.folder / LAUNCH).read_text(encoding="utf-8")),
        SAID: [*said, gap],
        REPLIES: replies,
        "run.json": held.run.record(),
    }


def begun(given: Mapping[str, bytes]) -> str:
    """A folder of an unfinished run, gone on with: a whole run, or a listed error."""
    _laid(given, FOLDER)

    def attempt() -> None:
        answers = {r["seat"]: r["text"] for r in _begun()[REPLIES]}
        caller = ScriptedCaller([lambda request: _answer(request, answers)])
        held = launches.resume(FOLDER, lambda settings, before: caller, files.reports)
        launches.replay(held.folder, files.reports)

    return settled(attempt)


def _answer(request: Any, answers: Mapping[str, str]) -> Any:
    from doubles import reply

    return reply(request, answers.get(request.seat, "{}"))


def _folders() -> st.SearchStrategy[Mapping[str, bytes]]:
    """An unfinished run of which one file is wrong, and another may be missing."""
    good = _begun()
    whole = {
        LAUNCH: json.dumps(good[LAUNCH]).encode(),
        SAID: b"".join(json.dumps(x).encode() + b"\n" for x in good[SAID][:1]),
        REPLIES: b"".join(json.dumps(x).encode() + b"\n" for x in good[REPLIES][:1]),
    }
    return st.one_of(
        json_files([good[LAUNCH]]).map(lambda raw: {**whole, LAUNCH: raw}),
        json_files([good[LAUNCH]]).map(lambda raw: {LAUNCH: raw}),
        json_lines(good[SAID]).map(lambda raw: {**whole, SAID: raw}),
        json_lines(good[REPLIES]).map(lambda raw: {**whole, REPLIES: raw}),
        json_files([good["run.json"]]).map(lambda raw: {**whole, "run.json": raw}),
    )


def recording(given: tuple[bool, bytes]) -> str:
    """replies.jsonl of any bytes: the replies in it, or a listed error; what is kept next is found again."""
    path = Path("fuzz.jsonl")
    path.write_bytes(given[1])

    def attempt() -> None:
        with Cassette(path, read_only=given[0]) as cassette:
            before = cassette.replies
            if not given[0]:
                asyncio.run(cassette.keep(before[-1].model_copy(update={"key": "new"}) if before else _first()))
        if not given[0] and len(Cassette(path, read_only=True).replies) < len(before):
            raise Forbidden("a reply was lost")

    return settled(attempt)


def _first() -> Any:
    from simulation.calls import Reply

    return Reply(key="new", seat="JPN", round=1, attempt=1)


CELLS = [json.loads(line(k, False, k == 1, stances=[["japan", 1]], positions=[])) for k in range(3)]


def journal(raw: bytes) -> str:
    """cells.jsonl of any bytes: the cells in it, or a listed error."""
    path = Path("fuzz-cells.jsonl")
    path.write_bytes(raw)

    def attempt() -> None:
        with Journal(path) as found:
            if len(list(found.entries())) != len(found.done):
                raise Forbidden("a cell was lost")

    return settled(attempt)


def _recordings() -> st.SearchStrategy[tuple[bool, bytes]]:
    return st.tuples(st.booleans(), json_lines(_begun()[REPLIES]))


TARGETS = (
    Target("run records", 1, _records, record, few=15),
    Target("unfinished runs", 1, _folders, begun, few=8),
    Target("recordings", 8, _recordings, recording),
    Target("sweep journals", 10, lambda: json_lines(CELLS), journal, few=60),
)
