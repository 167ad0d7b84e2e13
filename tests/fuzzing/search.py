"""The search for inputs that fail: many from one seed, the failing ones made small, each bug told once."""

import hashlib
import os
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from fuzzing.outcomes import kind, patience
from fuzzing.target import Target, as_file

AT_ONCE = 500
"""Inputs after which hypothesis starts afresh with the next seed."""
MOST_SHRINKS = 400
"""Inputs tried to make a failing one smaller,"""
LONGEST = 20
"""and seconds of the processor spent on it."""

MEMORY = 6 * 2**30
"""Bytes of address space a worker may have: what grows without bound is told as a failure, not by the machine."""


class _Enough(BaseException):
    """As many inputs as were asked for, or a failing one that is small enough or takes too long to be made smaller."""


class _Failed(Exception):
    """An input shows the bug that is being made small."""


@dataclass
class Found:
    """What a search has come to."""

    target: str
    seed: int
    outcomes: Counter[str] = field(default_factory=Counter)
    """How many inputs had which outcome."""
    forbidden: int = 0
    failures: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """By bug: the smallest input as a file, and what was raised."""
    inputs: int = 0
    """Different inputs tried."""
    seconds: float = 0.0
    """Of the processor."""


class _Search:
    """One run of hypothesis over a target; a bug that is known already is counted and passed over."""

    def __init__(self, target: Target, found: Found, most: int) -> None:
        self.target, self.found, self.most = target, found, most
        self.seen: set[bytes] = set()
        self.failed: set[bytes] = set()
        self.bug = ""
        self.shrinks = 0
        self.stop = 0.0

    def attempt(self, value: Any) -> None:
        """Try an input; raises for one that shows a new bug, from one line, so that hypothesis sees one bug."""
        mark = hashlib.blake2b(as_file(value), digest_size=10).digest()
        if mark not in self.failed:
            self._tried(value, mark)
        if mark in self.failed:
            raise _Failed(self.bug)

    def _tried(self, value: Any, mark: bytes) -> None:
        self.shrinks += bool(self.bug)
        small = self.bug and (self.shrinks > MOST_SHRINKS or time.process_time() > self.stop)
        if small or (self.found.inputs >= self.most and not self.bug):
            raise _Enough
        if mark in self.seen:
            return
        self.seen.add(mark)
        self.found.inputs += 1
        try:
            with patience():
                self.found.outcomes[self.target.attempt(value)] += 1
        except Exception as error:
            self._wrong(value, mark, error)

    def _wrong(self, value: Any, mark: bytes, error: Exception) -> None:
        self.found.forbidden += 1
        self.found.outcomes["forbidden"] += 1
        bug = kind(error)
        if bug != self.bug and (self.bug or bug in self.found.failures):
            return  # known, or met while another is made smaller: then it will be met again
        if not self.bug:
            self.bug, self.stop = bug, time.process_time() + LONGEST
        self.failed.add(mark)
        known, raw = self.found.failures.get(bug), as_file(value)
        if known is None or len(raw) < len(known[0]) or (len(raw) == len(known[0]) and raw < known[0]):
            self.found.failures[bug] = (raw, f"{type(error).__name__}: {error}"[:500])

    def once(self, seed: int) -> None:
        """Hypothesis over some inputs; ends at the first new bug, made small."""
        self.bug, self.shrinks, self.failed = "", 0, set()

        @seeded(seed)
        @settings(
            max_examples=AT_ONCE,
            database=None,
            deadline=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(self.target.inputs())
        def over(value: Any) -> None:
            self.attempt(value)

        try:
            over()
        except (_Enough, _Failed):
            return
        except Exception:
            if not self.bug:
                raise


def search(target: Target, most: int, seed: int) -> Found:
    """Try so many different inputs on a target, from a seed; works in the current folder."""
    found = Found(target.name, seed)
    run, begun, tries = _Search(target, found, most), time.process_time(), 0
    try:
        while found.inputs < most and tries < 20 + 4 * most // AT_ONCE:
            run.once(seed * 100_003 + tries)
            tries += 1
    finally:
        target.done()
    found.seconds = time.process_time() - begun
    return found


def piece(name: str, most: int, seed: int, under: str) -> Found:
    """One go of a worker process, in a folder of its own."""
    from fuzzing.targets import TARGETS

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.chdir(mkdtemp(dir=Path(under)))
    return search(next(t for t in TARGETS if t.name == name), most, seed)
