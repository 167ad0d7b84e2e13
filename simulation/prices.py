"""What a model costs per token: the user's own table, then the built-in one.

A price that is not known is said to be unknown and never taken for nothing.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from simulation.calls import Settings
from simulation.complaints import complaints
from simulation.documents import read
from simulation.errors import FileErrors
from simulation.tally import Tally, total
from simulation.written import PartialDate, Written

OWN = "prices.yaml"
MILLION = 1_000_000


class Price(Written):
    """US dollars per million tokens of one model."""

    prompt: float = Field(ge=0)
    """Of a prompt."""
    cached: float | None = Field(default=None, ge=0)
    """Of what the provider had kept from an earlier call; as `prompt`, if left out."""
    written: float | None = Field(default=None, ge=0)
    """Of what the provider newly keeps; as `prompt`, if left out. All that was not cached is counted at this price."""
    completion: float = Field(ge=0)
    """Of a reply."""
    source: str = ""
    """Where the price stands."""
    seen: PartialDate | None = None
    """When somebody read it there."""
    verified: bool = False
    """Whether it was read at the source itself."""

    def of(self, prompt: int, completion: int, cached: int = 0) -> float:
        """US dollars for so many tokens; `cached` are part of `prompt`."""
        fresh = self.prompt if self.written is None else self.written
        kept = self.prompt if self.cached is None else self.cached
        return ((prompt - cached) * fresh + cached * kept + completion * self.completion) / MILLION


class Prices(Written):
    """A table of prices."""

    version: Literal[1]
    models: dict[str, Price]
    """By provider:name."""

    def find(self, model: str) -> Price | None:
        """The price of a model; a dated release costs what the model of its name costs."""
        undated = re.sub(r"-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$", "", model)
        return self.models.get(model, self.models.get(undated))


def table(path: Path) -> Prices:
    """A price table; raises `FileErrors` with every mistake in it."""
    document = read(path, path.name)
    mistakes = list(document.mistakes)
    try:
        found = Prices.model_validate(document.data)
    except ValidationError as error:
        mistakes += complaints(document, Prices, error)
    if mistakes:
        raise FileErrors(mistakes)
    return found


def price(settings: Settings) -> Price | None:
    """The price of the model that is asked, or None; a server of one's own costs what one's own table says."""
    own = Path.cwd() / OWN
    if own.is_file() and (found := table(own).find(settings.model)):
        return found
    return None if settings.base_url else table(Path(__file__).parent / OWN).find(settings.model)


def priced(settings: Settings, rows: Iterable[Tally]) -> float | None:
    """US dollars for what was used, or None where the price is not known."""
    found, every = price(settings), tuple(rows)
    if found is None:
        return None
    return found.of(total(every, "prompt"), total(every, "completion"), total(every, "cached"))
