"""What a validation error means to the person who wrote the file.

Pydantic tells what is wrong with a value; this says it in the file's own terms, with the cure.
"""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from simulation.documents import Document
from simulation.errors import Mistake, nearest

_LIMITS = {
    "less_than_equal": ("above", "le"),
    "less_than": ("not below", "lt"),
    "greater_than_equal": ("below", "ge"),
    "greater_than": ("not above", "gt"),
}
_LENGTHS = {
    "string_too_short": ("too short", "min_length", "characters"),
    "string_too_long": ("too long", "max_length", "characters"),
    "too_short": ("too few", "min_length", "entries"),
    "too_long": ("too many", "max_length", "entries"),
}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _around(model: type[BaseModel], loc: tuple[Any, ...]) -> type[BaseModel]:
    """The model whose field the last part of `loc` names."""
    here = model
    for part in loc[:-1]:
        if isinstance(part, str) and part in here.model_fields:
            here = next(_models(here.model_fields[part].annotation), here)
    return here


def complaints(document: Document, model: type[BaseModel], error: ValidationError) -> list[Mistake]:
    """Every validation error of a document as a mistake.

    A list some of whose entries are wrong is also called too short by pydantic; that is an echo and left out.
    """
    found = error.errors(include_url=False)
    places = [tuple(e["loc"]) for e in found]

    def echo(place: tuple[Any, ...]) -> bool:
        return any(len(p) > len(place) and p[: len(place)] == place for p in places)

    return [_complaint(document, model, e) for e in found if not (e["type"] == "too_short" and echo(tuple(e["loc"])))]


def _complaint(document: Document, model: type[BaseModel], error: Mapping[str, Any]) -> Mistake:
    """One validation error as a mistake with its place and its cure."""
    loc, kind, context = tuple(error["loc"]), error["type"], error.get("ctx", {})
    value = error["input"]
    where = ".".join(str(p) for p in loc if not str(p).startswith("["))  # [key] and the kinds of a choice
    owner = _around(model, loc)
    last = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        cure = nearest(last, owner.model_fields)
        return document.mistake("E111", loc, f'unknown field "{last}"', cure, key=True)
    if kind == "missing":
        meaning = owner.model_fields[last].description if last in owner.model_fields else None
        cure = f"add `{last}: ...`" + (f" ({meaning.strip().rstrip('.')})" if meaning else "")
        return document.mistake("E110", loc[:-1], f'"{last}" is missing', cure)
    if kind in _LIMITS:
        word, key = _LIMITS[kind]
        return document.mistake("E113", loc, f"{where}: {value} is {word} {_number(context[key])}", _span(owner, last))
    if kind in _LENGTHS:
        word, key, unit = _LENGTHS[kind]
        bound = f"{'at least' if key == 'min_length' else 'at most'} {context[key]} {unit}"
        return document.mistake("E113", loc, f"{where}: {word}", f"{bound} are needed")
    if kind == "literal_error":
        choices = [c.strip("'") for c in context["expected"].replace(" or ", ", ").split(", ")]
        return document.mistake("E112", loc, f'{where}: "{value}" is not a choice', nearest(str(value), choices))
    if kind == "unknown_theme":
        on_key = "[key]" in loc
        place = tuple(p for p in loc if p != "[key]")
        return document.mistake("E115", place, f'unknown theme "{context["name"]}"', context["cure"], key=on_key)
    if kind == "bad_date":
        return document.mistake("E114", loc, f'{where}: "{value}" is {error["msg"]}', context["cure"])
    if kind == "control":
        return document.mistake("E197", loc, f"{where}: holds control characters", "take them out")
    return document.mistake("E112", loc, f"{where}: {error['msg'][0].lower()}{error['msg'][1:]}", _meaning(owner, last))


def _number(value: float) -> str:
    return f"{value:g}"


def _meaning(owner: type[BaseModel], field: str) -> str:
    described = owner.model_fields[field].description if field in owner.model_fields else None
    return (described or "see `communique schema`").strip().rstrip(".")


def _span(owner: type[BaseModel], field: str) -> str:
    """The range a number must lie in, read off the field."""
    if field not in owner.model_fields:
        return "give a number from -1 to 1"
    bounds: dict[str, float] = {}
    for part in owner.model_fields[field].metadata:
        for inner in getattr(part, "metadata", [part]):
            bounds |= {k: getattr(inner, k) for k in ("ge", "gt", "le", "lt") if getattr(inner, k, None) is not None}
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if low is None or high is None:
        return "give a number " + (f"of at least {_number(low)}" if low is not None else "in range")
    start = f"above {_number(low)} and up" if "gt" in bounds else f"from {_number(low)}"
    return f"give a number {start} to {_number(high)}"
