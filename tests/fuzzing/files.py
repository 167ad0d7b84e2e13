"""The files people write: scenarios, dossiers, sweeps, price tables, and changes typed with --set."""

import copy
import json
import zlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import strategies as st

from fuzzing.mutations import ODD, yaml_files
from fuzzing.outcomes import ROOT, Forbidden, printable, settled
from fuzzing.target import Target
from simulation import catalog, edits, gates, sweeps
from simulation.documents import parse
from simulation.dossier import Dossier
from simulation.folders import as_text
from simulation.plans import plan
from simulation.prices import table
from simulation.report import files, grids
from simulation.report.word import as_docx
from simulation.runs import hold, run
from simulation.scenario import Scenario
from simulation.waiting import wait


def loaded(path: str) -> Any:
    """A YAML file of this project as data."""
    return yaml.load((ROOT / path).read_text(encoding="utf-8"), yaml.BaseLoader)


@cache
def small_scenario() -> dict[str, Any]:
    """A scenario with every field, two provisions and two seats."""
    found = catalog.load_scenario("takaichi_coalition").model_dump(mode="json", exclude_none=True)
    briefs = {"briefs": {"japan": "Hold out for the islands."}, "form": {"binding": 0.3, "exclusive": 0.6}}
    cut = {"provisions": found["provisions"][:2], "countries": ["japan", "china"], "debate": {"rounds": 1, "seed": 7}}
    acted = {"stance": "support", "what": "It signed.", "source": "The press.", "score": 1, "confidence": "low"}
    return {**found, **cut, **briefs, "engines": {"default": "dossier"}, "history": {"japan": acted}}


@cache
def small_dossier() -> dict[str, Any]:
    """A dossier with every field, each list cut short."""
    found = catalog.load_dossier("japan").model_dump(mode="json", exclude_none=True)
    rules = {part: found[part][:2] for part in ("red_lines", "legal_limits", "conditions", "passages")}
    themes = [r["theme"] for part in ("red_lines", "legal_limits") for r in rules[part]]
    positions = {t: found["positions"][t] for t in dict.fromkeys([*list(found["positions"])[:4], *themes])}
    named = json.dumps([rules, positions])
    sources = {k: v for k, v in found["sources"].items() if f'"{k}"' in named}
    relations = dict(list(found["relations"].items())[:3])
    return {**found, **rules, "positions": positions, "sources": sources, "relations": relations, "code": "FUZ"}


def _reports(raw: bytes, held: Any) -> None:
    """Everything that is written of some of the runs; rendering takes longer than the debate."""
    lot = zlib.crc32(raw)
    if lot % 4 == 0:
        for text in (as_text(held.record()), *(made := files.reports(held)).values()):
            printable(text.replace("\r", ""), "a report")
            text.encode()
        if lot % 16 == 0:
            as_docx(made["assessment.md"], held)


def scenario(raw: bytes) -> str:
    """A scenario file: a debate of one round, or every mistake with its place."""

    def attempt() -> None:
        found = catalog.validate(parse(raw, "mine.yaml"), Scenario).model_copy(update={"id": "mine"})
        _reports(raw, wait(hold(plan(found, rounds=1))))

    return settled(attempt, "mine.yaml")


def dossier(raw: bytes) -> str:
    """A dossier file: it speaks in a debate, or every mistake with its place."""
    path = Path("agents/fuzzland.yaml")
    path.parent.mkdir(exist_ok=True)

    def attempt() -> None:
        path.unlink(missing_ok=True)
        catalog.validate(parse(raw, str(path)), Dossier)
        path.write_bytes(raw)
        catalog._load_dossier.cache_clear()
        table = catalog.load_scenario("takaichi_coalition")
        table = table.model_copy(update={"provisions": table.provisions[:2], "countries": ("fuzzland", "china")})
        _reports(raw, run(table, rounds=1))

    try:
        return settled(attempt, str(path))
    finally:
        path.unlink(missing_ok=True)


SWEEPS = (
    {
        "version": 1,
        "title": "Does it turn on India?",
        "scenarios": ["takaichi_coalition"],
        "countries": [["japan", "china"], ["japan", "india"]],
        "engines": ["dossier"],
        "seeds": {"first": 0, "count": 2},
        "grid": {
            "provisions.taiwan_inclusion": ["keep", "drop", "strait_sentence"],
            "agents.japan.positions.mutual_defence.salience": {"low": 0.2, "high": 1.0, "steps": 2},
        },
        "full": False,
    },
    {"scenarios": ["takaichi_coalition"], "countries": [["japan", "china"]], "seeds": [1], "full": True},
    {
        "scenarios": ["takaichi_coalition"],
        "engines": ["dossier", "chat_model"],
        "models": ["openai:a"],
        "settings": {"structured": "none", "temperature": 0.5},
    },
)
MOST_CELLS = 4


def sweep(raw: bytes) -> str:
    """A sweep: its first cells held and written as tables, or every mistake with its place."""
    found = parsed = None

    def attempt() -> None:
        nonlocal found, parsed
        parsed = parse(raw, "page.yaml")
        found = gates.admitted(parsed)
        if found.spec.size <= MOST_CELLS and not found.spec.models:
            with TemporaryDirectory(dir=".") as under:
                held = sweeps.hold(found, sweeps.opened(found, parsed, Path(under)))
                if zlib.crc32(raw) % 4 == 0:
                    grids.write(held, held.folder)
        else:
            found.point(found.spec.size - 1)

    return settled(attempt, "page.yaml", raw)


PRICES = {
    "version": 1,
    "models": {
        "openai:a": {"prompt": 1, "completion": 2.5, "source": "a page", "seen": "2025-01-01", "verified": True},
        "ollama:b-2025-01-01": {"prompt": 0, "cached": 0.1, "written": 1, "completion": 0},
    },
}


def prices(raw: bytes) -> str:
    """A price table: a price, or every mistake with its place."""
    path = Path("prices.yaml")
    path.write_bytes(raw)

    def attempt() -> None:
        found = table(path)
        for name in ("openai:a", "ollama:b"):
            cost = found.find(name)
            if cost is not None and not cost.of(1000, 100, 10) >= 0:
                raise Forbidden(f"{name} costs {cost.of(1000, 100, 10)}")

    try:
        return settled(attempt, "prices.yaml")
    finally:
        path.unlink()


@cache
def _values() -> tuple[tuple[str, str], ...]:
    """Every path of a scenario and a dossier, with the value that stands there as somebody would type it."""
    found: list[tuple[str, str]] = []

    def walk(node: Any, way: str) -> None:
        found.append((way, json.dumps(node, ensure_ascii=False)[:3000]))
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in pairs:
            walk(value, f"{way}.{value['id'] if isinstance(value, dict) and 'id' in value else key}".lstrip("."))

    walk(small_scenario(), "")
    walk(small_dossier(), "agents.japan")
    return tuple(found)


def _texts() -> st.SearchStrategy[list[str]]:
    """Changes as typed: real paths with fitting values and odd ones, odd paths, no change at all."""
    values = st.one_of(
        st.sampled_from(
            ["drop", "keep", "[JPN]", "{a: 1}", "0.5", "2020-01-01", "[a, b", "- x", "x: y", "&a 1", "!x 1"]
        ),
        st.sampled_from([str(v)[:200] for v in ODD]),
        st.sampled_from(["0", "1", "0.2", "-0.7", "x", "Some words.", "[]", "{}", "true", "2024", "plus", "oppose"]),
        st.text(max_size=12),
    )
    real = st.sampled_from(_values())
    same = real.map(lambda pair: f"{pair[0]}={pair[1]}")
    other = st.builds(lambda pair, value: f"{pair[0]}={value}", real, values)
    swapped = st.builds(lambda pair, other: f"{pair[0]}={other[1]}", real, real)
    tails = st.sampled_from([".x", ".0", ".-1", ".id", ".text", ".²", ".", "=", " . "])
    beyond = st.builds(lambda pair, tail, value: f"{pair[0]}{tail}={value}", real, tails, values)
    odd = st.one_of(st.text(max_size=8), st.builds(lambda path, value: f"{path}={value}", st.text(max_size=12), values))
    one = st.one_of(same, same, other, other, swapped, beyond, odd)
    return st.lists(one, min_size=1, max_size=2)


@cache
def _models() -> tuple[Scenario, Dossier]:
    return Scenario.model_validate(small_scenario()), Dossier.model_validate(small_dossier())


def change(texts: list[str]) -> str:
    """Changes to a scenario and to a dossier: both are as sound as files are, or the change does not fit."""

    def attempt() -> None:
        made = [edits.read(text) for text in texts]
        scenario, dossier = _models()
        for found in (edits.scenario_with(scenario, made), edits.dossier_with("japan", dossier, made)):
            again = copy.deepcopy(found.model_dump(mode="json"))
            if type(found).model_validate(again).model_dump(mode="json") != again:
                raise Forbidden("what a change makes cannot be read back")

    return settled(attempt)


def _scenarios() -> st.SearchStrategy[bytes]:
    past = sorted((ROOT / "scenarios/history").glob("*.yaml"), key=lambda p: p.stat().st_size)[:2]
    texts = [p.read_text(encoding="utf-8") for p in past]
    return yaml_files([small_scenario()], texts)


TARGETS = (
    Target("scenario files", 9, _scenarios, scenario, few=30),
    Target("dossier files", 2, lambda: yaml_files([small_dossier()]), dossier, few=12),
    Target("sweep files", 6, lambda: yaml_files(SWEEPS), sweep, few=20),
    Target("price tables", 12, lambda: yaml_files([PRICES]), prices, few=60),
    Target("changes by --set", 33, _texts, change, few=80),
)
