"""What is fuzzed: inputs of one sort, what is done with each, and how a failing one is kept as a file."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Target:
    """One way in."""

    name: str
    share: int
    """Of a hundred inputs, how many."""
    inputs: Callable[[], st.SearchStrategy[Any]]
    attempt: Callable[[Any], str]
    """What comes of an input, as a word; raises anything for what may not be. Works in the current folder."""
    few: int = 30
    """How many inputs the test suite tries."""
    done: Callable[[], None] = lambda: None
    """Clears up what the attempts share."""


def as_file(given: Any) -> bytes:
    """An input as the bytes of a file, to be looked at."""
    if isinstance(given, bytes):
        return given
    return given.encode("utf-8", "surrogatepass") if isinstance(given, str) else (_shown(given) + "\n").encode()


def _shown(given: Any) -> str:
    try:
        return json.dumps(given, indent=1, default=repr)
    except (TypeError, ValueError):
        return ascii(given)
