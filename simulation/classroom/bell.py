"""Tells open pages that something changed, never what: each page then fetches its own part again.

A bell rings for everybody, for the teacher, or for one student. Rings that come close together are one, and a page that
was away hears the newest only, so that nobody ever waits for a slow listener.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

TOGETHER = 0.05
"""Seconds within which rings are one."""
ALIVE = 15.0
"""Seconds after which a silent stream shows that it lives."""
EVERYBODY, TEACHER = "room", "desk"


@dataclass(eq=False)
class Ear:
    """One open page."""

    topics: frozenset[str]
    student: int | None = None
    heard: int = 0
    missed: set[str] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Bell:
    """The bell of one room."""

    def __init__(self) -> None:
        self.version = 0
        self._ears: set[Ear] = set()

    def ring(self, topic: str) -> None:
        """Tell the pages that listen for a topic: `room`, `desk`, or `student:7`."""
        self.version += 1
        for ear in self._ears:
            if topic in ear.topics:
                ear.missed.add(topic)
                ear.wake.set()

    def present(self) -> set[int]:
        """The students who have a page open."""
        return {ear.student for ear in self._ears if ear.student is not None}

    async def listen(self, ear: Ear) -> AsyncIterator[bytes]:
        """Server-sent events for one page, in order: the version, and the topics that rang."""
        self._ears.add(ear)
        if ear.student is not None:
            self.ring(TEACHER)
        try:
            yield self._message({"hello"})
            while True:
                try:
                    await asyncio.wait_for(ear.wake.wait(), ALIVE)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                await asyncio.sleep(TOGETHER)
                ear.wake.clear()
                missed, ear.missed = ear.missed, set()
                yield self._message(missed)
        finally:
            self._ears.discard(ear)
            if ear.student is not None:
                self.ring(TEACHER)

    def _message(self, topics: set[str]) -> bytes:
        return f"data: {json.dumps({'v': self.version, 'topic': ' '.join(sorted(topics))})}\n\n".encode()
