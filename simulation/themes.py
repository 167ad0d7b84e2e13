"""The policy themes: the axes along which a proposal moves the world and a country has a position.

The codebook is data (`themes.yaml`), so that a new axis is a YAML entry and every check, prompt and chart follows.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from simulation.errors import nearest
from simulation.written import Code, Name, Text, Written, load_own


class Theme(Written):
    """One axis of the codebook."""

    group: Name
    """The family the axis belongs to: defence, arms_control, order, economy, climate, digital, people, form."""
    label: Text
    """How reports name the axis."""
    plus: Text
    """What a push of +1 does."""
    minus: Text
    """What a push of -1 does."""
    concerns: tuple[Code, ...] = ()
    """Parties whose affairs the axis is about."""
    actor_relative: bool = False
    """Whether the sign of a country's interest turns on who acts and against whom."""


@cache
def codebook() -> Mapping[str, Theme]:
    """Every theme by id, in the order of `themes.yaml`."""
    with (Path(__file__).parent / "themes.yaml").open(encoding="utf-8") as file:
        written = load_own(file.read())
    return {name: Theme.model_validate(entry) for name, entry in written["themes"].items()}


def _known(name: str) -> str:
    if name not in codebook():
        raise PydanticCustomError(
            "unknown_theme", 'unknown theme "{name}"', {"name": name, "cure": nearest(name, codebook())}
        )
    return name


ThemeId = Annotated[str, AfterValidator(_known)]
"""The id of a theme in the codebook."""
