"""Lines that a person types, awaited with a clock.

A thread of its own reads them, so that a debate's loop stays awake for a clock that runs out and for Ctrl-C. It reads
the bytes themselves where it can: a thread that waits on Python's own standard input would hold up the end of the
program.
"""

import asyncio
import codecs
import io
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO

CHUNK = 4096


def _typed(source: TextIO) -> Iterator[str]:
    """Lines as they come, without their ends; the last one too where the input stops in the middle of it."""
    try:
        descriptor = source.fileno()
    except (AttributeError, io.UnsupportedOperation):
        yield from (line.rstrip("\r\n") for line in source)
        return
    decoder, rest = codecs.getincrementaldecoder("utf-8")("replace"), ""
    while chunk := os.read(descriptor, CHUNK):
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (line.rstrip("\r") for line in lines)
    if rest:
        yield rest


class Keyboard:
    """What is typed, line by line."""

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self._lines: asyncio.Queue[str | None] | None = None

    def _read(self, lines: asyncio.Queue[str | None], loop: asyncio.AbstractEventLoop) -> None:
        with suppress(OSError, ValueError, RuntimeError):  # the terminal is gone, the input closed, or the loop over
            for line in _typed(self._source):
                loop.call_soon_threadsafe(lines.put_nowait, line)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lines.put_nowait, None)

    async def line(self, seconds: float | None = None) -> str | None:
        """The next line; None at the end of the input. Raises `TimeoutError` where none comes within the seconds."""
        if self._lines is None:
            self._lines = asyncio.Queue()
            reading = (self._lines, asyncio.get_running_loop())
            threading.Thread(target=self._read, args=reading, name="keyboard", daemon=True).start()
        found = await asyncio.wait_for(self._lines.get(), seconds)
        if found is None:
            self._lines.put_nowait(None)
        return found
