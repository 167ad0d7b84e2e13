"""A name becomes a file becomes a model, and every mistake in it gets a line, a column and a cure.

The file name is the name; nothing else registers it. Files in the working folder's own `agents/` and `scenarios/` come
before the built-in ones, so that a user adds a country or a proposal without touching the installation. Dossiers that
lie elsewhere are named by the variable `COMMUNIQUE_AGENTS`, which every process of a run inherits.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from simulation.complaints import complaints
from simulation.crosschecks import across, is_dossier
from simulation.documents import Document, parse, read
from simulation.dossier import Dossier
from simulation.errors import FileErrors, InputError, Mistake, unknown
from simulation.grids import Sweep
from simulation.scenario import Scenario
from simulation.sources import citable

Kind = Literal["agents", "scenarios"]
M = TypeVar("M", bound=BaseModel)
ELSEWHERE = "COMMUNIQUE_AGENTS"
"""A folder of dossiers that comes before all others."""


def built_in(kind: Kind) -> Path:
    """The folder of built-in files: inside the package when installed, beside it in a checkout."""
    inside = Path(__file__).parent / kind
    return inside if inside.is_dir() else Path(__file__).parent.parent / kind


def folders(kind: Kind) -> list[Path]:
    """Where names are looked up, first match first; raises `InputError` where the variable names no folder."""
    own, named = Path.cwd() / kind, os.environ.get(ELSEWHERE, "") if kind == "agents" else ""
    if named and not Path(named).is_dir():
        raise InputError(f'{ELSEWHERE} is "{named}", which is no folder', "name a folder of dossiers", "E204")
    found = [*([Path(named)] if named else []), *([own] if own.is_dir() else []), built_in(kind)]
    return list({path.resolve(): path for path in reversed(found)}.values())[::-1]


def files(kind: Kind) -> dict[str, Path]:
    """Every name that can be used, with its file; scenarios are looked up in subfolders too."""
    found: dict[str, Path] = {}
    for folder in folders(kind):
        for path in sorted(folder.rglob("*.yaml"), key=lambda p: (len(p.parts), p)):
            if path.stem.isprintable():
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def shown(path: Path) -> str:
    """How messages name a file: from the working folder where it lies under it."""
    try:
        name = str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        name = str(path)
    return "".join(c if c.isprintable() else "\ufffd" for c in name)


def model_of(document: Document) -> type[Dossier] | type[Scenario] | type[Sweep]:
    """Whether a document is a dossier, a sweep or a scenario, told by its fields."""
    if isinstance(document.data, dict) and "scenarios" in document.data:
        return Sweep
    return Dossier if is_dossier(document.data) else Scenario


def validate(document: Document, model: type[M]) -> M:
    """A document as a model; raises `FileErrors` with every mistake in it."""
    mistakes = list(document.mistakes)
    found: M | None = None
    if not isinstance(document.data, dict):
        mistakes.append(document.mistake("E112", (), "a list of fields is needed", "write `title: ...` and so on"))
    else:
        try:
            found = model.model_validate(document.data)
        except ValidationError as error:
            mistakes += complaints(document, model, error)
        if issubclass(model, Dossier | Scenario):
            mistakes += across(document, () if issubclass(model, Dossier) else set(files("agents")))
    if mistakes or found is None:
        raise FileErrors(sorted(mistakes, key=lambda m: (m.line, m.column)))
    return found


@lru_cache(maxsize=1024)
def _load_dossier(path: Path, stamp: int) -> Dossier:
    del stamp  # part of the key only: an edited file is read again
    return validate(read(path, shown(path)), Dossier)


def load_dossier(name: str) -> Dossier:
    """The dossier of this name."""
    return load_dossiers([name])[name]


def load_dossiers(names: Iterable[str]) -> dict[str, Dossier]:
    """The dossiers of some countries by name, with the folders looked through once."""
    known, found = files("agents"), {}
    for name in names:
        if name not in known:
            raise unknown("country", name, known)
        found[name] = _load_dossier(known[name], known[name].stat().st_mtime_ns)
    return found


def locate(name: str) -> Path:
    """The file of a scenario given by name or by path."""
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return Path(name)
    known = files("scenarios")
    if name not in known:
        raise unknown("scenario", name, known, "E109")
    return known[name]


def read_scenario(name: str, stdin: bytes | None = None) -> tuple[Scenario, Document]:
    """A scenario by name, path or, as `-`, from standard input; with the document it came from."""
    if name == "-":
        document, stem = parse(stdin or b"", "<stdin>"), "stdin"
    else:
        path = locate(name)
        document, stem = read(path, shown(path)), path.stem
    try:
        scenario = validate(document, Scenario)
    except FileErrors as error:
        raise _beside(error, Path(name).parent) from None
    name = scenario.id or re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_")[:80] or "scenario"
    return scenario.model_copy(update={"id": name}), document


def _beside(error: FileErrors, folder: Path) -> FileErrors:
    """The mistakes of a scenario, with a cure for unknown countries where dossiers lie beside it, unread."""
    agents = folder / "agents"
    if not agents.is_dir() or agents.resolve() in [path.resolve() for path in folders("agents")]:
        return error
    cure = f"to use {agents}, go to {folder}, or set {ELSEWHERE}={agents}"
    return FileErrors(replace(m, cure=cure) if m.code == "E104" else m for m in error.mistakes)


def load_scenario(name: str) -> Scenario:
    """A scenario by name or path."""
    return read_scenario(name)[0]


def load_table(scenario: Scenario) -> tuple[Dossier, ...]:
    """The dossiers of everybody at the table; each must hold a document out on the scenario's date."""
    found = load_dossiers(scenario.seats)
    informed(scenario, found)
    return tuple(found.values())


def informed(scenario: Scenario, seats: Mapping[str, Dossier]) -> None:
    """Raise `InputError` where a dossier holds no document that was out on the scenario's date."""
    for name, dossier in seats.items():
        if not any(citable(s, scenario.day) for s in dossier.sources.values()):
            message = f'every source of "{name}" is dated after the scenario ({scenario.date})'
            raise InputError(message, "add documents that were out by then, or take the country out", "E120")


def check(paths: Iterable[str]) -> tuple[int, list[Mistake]]:
    """How many files were read, and every mistake in them. A folder stands for the YAML files under it."""
    count = 0
    mistakes: list[Mistake] = []
    for given in paths:
        path = Path(given)
        for file in sorted(path.rglob("*.yaml")) if path.is_dir() else [path]:
            count += 1
            try:
                document = read(file, shown(file))
                validate(document, model_of(document))
            except FileErrors as error:
                mistakes += error.mistakes
    return count, mistakes
