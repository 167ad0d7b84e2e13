"""What one field cannot know: ids used twice, sources that are not there, countries without a dossier.

Worked out on the raw data, beside validation and not after it, so that a file with a bad number still hears of its
duplicate id in the same run.
"""

from collections.abc import Collection, Iterator
from typing import Any

from simulation.documents import Document
from simulation.errors import Mistake, nearest
from simulation.scenario import STANCES

RULES = ("red_lines", "legal_limits")
CITING = (*RULES, "conditions", "passages")


def is_dossier(data: Any) -> bool:
    """Whether a document means to be a dossier, told by its fields."""
    return isinstance(data, dict) and ("positions" in data or "callsign" in data)


def across(document: Document, countries: Collection[str]) -> list[Mistake]:
    """Mistakes between fields; `countries` are the names that have a dossier."""
    data = document.data
    return list(_dossier(document, data) if is_dossier(data) else _scenario(document, data, countries))


def _mapping(data: Any, key: str) -> dict[Any, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _entries(data: Any, key: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    found = data.get(key) if isinstance(data, dict) else None
    for n, entry in enumerate(found if isinstance(found, list) else []):
        if isinstance(entry, dict):
            yield n, entry


def _words(data: dict[Any, Any], key: str) -> Iterator[tuple[int, str]]:
    found = data.get(key)
    for n, word in enumerate(found if isinstance(found, list) else []):
        if isinstance(word, str):
            yield n, word


def _twice(document: Document, data: Any, at: tuple[Any, ...]) -> Iterator[Mistake]:
    """Ids used twice among the entries of a list."""
    seen: set[Any] = set()
    for n, entry in _entries(data, at[-1]):
        name = entry.get("id")
        if isinstance(name, str) and name in seen:
            yield document.mistake("E117", (*at, n, "id"), f'the id "{name}" is used twice', "give each its own")
        if isinstance(name, str):
            seen.add(name)


def _dossier(document: Document, data: dict[Any, Any]) -> Iterator[Mistake]:
    sources, positions = _mapping(data, "sources"), _mapping(data, "positions")
    citing = [(("positions", t), p) for t, p in positions.items() if isinstance(p, dict)]
    citing += [((part, n), entry) for part in CITING for n, entry in _entries(data, part)]
    for place, entry in citing:
        for n, source in _words(entry, "sources"):
            if source not in sources:
                message = f'unknown source "{source}"'
                yield document.mistake("E116", (*place, "sources", n), message, nearest(source, map(str, sources)))
    for part in CITING:
        yield from _twice(document, data, (part,))
    for part in RULES:
        for n, rule in _entries(data, part):
            theme = rule.get("theme")
            if isinstance(theme, str) and theme not in positions:
                message = f'a rule on "{theme}", on which the dossier holds no position'
                yield document.mistake("E118", (part, n, "theme"), message, f"add positions.{theme}, or mend the name")
    for n, passage in _entries(data, "passages"):
        known = [sources[s] for _, s in _words(passage, "sources") if isinstance(sources.get(s), dict)]
        if known and not any(s.get("verified") is True for s in known):
            message = f'passage "{passage.get("id")}" rests on unverified sources only'
            yield document.mistake("E121", ("passages", n, "sources"), message, "cite a verified source too")


def _scenario(document: Document, data: dict[Any, Any], countries: Collection[str]) -> Iterator[Mistake]:
    yield from _twice(document, data, ("provisions",))
    for n, provision in _entries(data, "provisions"):
        yield from _twice(document, provision, ("provisions", n, "options"))
    seen: set[str] = set()
    for n, name in _words(data, "countries"):
        if name in seen:
            yield document.mistake("E117", ("countries", n), f'"{name}" sits at the table twice', "name it once")
        elif name not in countries:
            yield document.mistake("E104", ("countries", n), f'unknown country "{name}"', nearest(name, countries))
        seen.add(name)
    history = _mapping(data, "history")
    if len(seen or set(history)) < 2:
        cure = "name two countries or more under `countries`"
        yield document.mistake("E119", ("countries",), "a debate needs at least two countries", cure)
    for name, entry in history.items():
        stance, score = (entry.get("stance"), entry.get("score")) if isinstance(entry, dict) else (None, None)
        if isinstance(stance, str) and stance in STANCES and score is not None and score != STANCES[stance]:
            cure = f"write {STANCES[stance]}, or leave the score out"
            yield document.mistake("E122", ("history", name, "score"), f'score {score} is not "{stance}"', cure)
    yield from _briefs(document, data, seen or set(history))


def _briefs(document: Document, data: dict[Any, Any], seats: Collection[str]) -> Iterator[Mistake]:
    """Secret briefs that nobody would be handed."""
    for name in _mapping(data, "briefs"):
        if name not in seats:
            message = f'a secret brief for "{name}", which has no seat'
            yield document.mistake("E186", ("briefs", name), message, nearest(str(name), map(str, seats)), key=True)
