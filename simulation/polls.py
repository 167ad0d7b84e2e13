"""Cells whose seats ask a model: held in this process, one after the other, with every reply on the disk first.

Cells that ask the same question share the reply, and a sweep that was killed pays for nothing twice. Each model has a
recording of its own, so that a budget counts what that model was asked.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from simulation.calls import Caller, Hearing, LimitReached, Reply, Request
from simulation.cassettes import Cassette, Recorder
from simulation.cells import Grid, held
from simulation.errors import InputError
from simulation.journals import Journal
from simulation.launches import Connect
from simulation.waiting import wait

REPLIES = "replies"
"""The folder of the recordings."""


class _Watched:
    """Passes on what is asked, and remembers that a limit was reached."""

    def __init__(self, inner: Caller) -> None:
        self._inner = inner
        self.limit = ""

    async def ask(self, request: Request, hearing: Hearing = lambda seat, tokens: None) -> Reply:
        """The reply to a request."""
        try:
            return await self._inner.ask(request, hearing)
        except LimitReached as error:
            self.limit = str(error)
            raise


def recording(folder: Path, model: str) -> Path:
    """The file of a model's replies."""
    return folder / REPLIES / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', model)}.jsonl"


def poll(
    grid: Grid,
    model: str,
    cells: Iterable[int],
    connect: Connect | None,
    journal: Journal,
    folder: Path,
    told: Callable[[int], None],
) -> str:
    """Hold the cells that ask one model; says which limit was reached, where one was, with the rest not held.

    Raises `ProviderError` where the model cannot be asked at all.
    """
    settings = grid.settings(model)
    assert settings is not None
    if connect is None:
        raise InputError(f"nobody answers for {model}", "give `connect`, as simulation.models.connect", "E171")
    path = recording(folder, model)
    path.parent.mkdir(exist_ok=True)
    with Cassette(path) as cassette:
        caller = _Watched(Recorder(connect(settings, cassette.replies), cassette, retry_failures=True))

        async def each() -> str:
            for cell in cells:
                found = await held(grid, cell, caller)
                if caller.limit:
                    return caller.limit
                journal.keep([found])
                told(1)
            return ""

        return wait(each())
