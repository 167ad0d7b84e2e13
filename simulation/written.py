"""The base of everything people write: strict, frozen, and dated.

Strictness lives at the door: a misspelt field is an error there, so that nothing inside has to check again.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class Written(BaseModel):
    """A piece of a YAML file: unknown fields are refused, values cannot change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def load_own(text: str) -> Any:
    """One of the package's own data files; what users write goes through `documents` instead."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # a safe loader, in C if there


@cache
def party_names() -> Mapping[str, str]:
    """What prose calls each party, by code."""
    with (Path(__file__).parent / "parties.yaml").open(encoding="utf-8") as file:
        return dict(load_own(file.read()))


@lru_cache(maxsize=4096)
def latest_day(text: str) -> date:
    """The last day a partial date can mean: `2023` is 31 December 2023, `2023-07` is 31 July 2023.

    Taking the last day is the careful reading: a document of "2023" may not be cited in March 2023.
    """
    parts = [int(part) for part in text.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year, month, parts[2] if len(parts) > 2 else monthrange(year, month)[1])


@lru_cache(maxsize=4096)
def earliest_day(text: str) -> date:
    """The first day a partial date can mean: `2023` is 1 January 2023."""
    parts = [int(part) for part in text.split("-")]
    return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def _partial_date(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", text):
        raise PydanticCustomError("bad_date", "not a date", {"cure": "write it as 2025-04-28, 2025-04 or 2025"})
    try:
        latest_day(text)
    except ValueError:
        raise PydanticCustomError(
            "bad_date", "no such day in the calendar", {"cure": "write it as 2025-04-28, 2025-04 or 2025"}
        ) from None
    return text


def _full_date(text: str) -> str:
    if len(_partial_date(text)) != 10:
        raise PydanticCustomError("bad_date", "a full date is needed here", {"cure": "write it as 2025-04-28"})
    return text


PartialDate = Annotated[
    str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v), AfterValidator(_partial_date)
]
"""A year, a month or a day, as ISO text."""

FullDate = Annotated[str, AfterValidator(_full_date)]
"""One day, as ISO text."""

Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,23}$")]
"""A country or organisation: ISO 3166 alpha-3 for states (JPN), a short capital name for others (EU, NATO, ASEAN)."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""An identifier: lower-case letters, digits, underscores."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
"""A file's name without its ending."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A number from 0 to 1."""

Score = Annotated[float, Field(ge=-1, le=1)]
"""A number from -1 to 1."""


CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What steers a terminal, and what no XML can hold; line breaks and tabs are text."""


def _plain(text: str) -> str:
    if CONTROL.search(text):
        raise PydanticCustomError("control", "holds control characters")
    return text


PLAIN = AfterValidator(_plain)
"""Text that steers no terminal and that every format of a report can hold."""

Text = Annotated[str, Field(min_length=1, max_length=4000), PLAIN]
"""Prose."""
