"""A real HTTP server on loopback that speaks the chat-completions protocol and misbehaves on request.

Each call takes the next behaviour of the script; when the script is empty the server answers what `reply` makes of the
request. It keeps every request it saw, so that a test can count calls and look for keys.
"""

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass(frozen=True)
class Seen:
    """One request as it came over the wire."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def prompt(self) -> str:
        """Everything said in its messages."""
        return "\n".join(str(m.get("content")) for m in self.body.get("messages", ()))


Behaviour = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


def head(writer: asyncio.StreamWriter, status: int, kind: str, headers: Mapping[str, str] = {}) -> None:
    """Send the head of an answer."""
    rows = {"Content-Type": kind, "Connection": "close", **headers}
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in rows.items()), "", ""]
    writer.write("\r\n".join(lines).encode())


def piece(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send one piece of a chunked body; an empty one ends it."""
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def _event(writer: asyncio.StreamWriter, delta: Mapping[str, Any], finish: str | None = None) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    piece(writer, _data({"choices": [choice]}))


def _data(part: Mapping[str, Any]) -> bytes:
    whole = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "hostile", **part}
    return f"data: {json.dumps(whole)}\n\n".encode()


def _pieces(text: str, size: int = 400) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


def says(
    text: str,
    finish: str | None = "stop",
    usage: tuple[int, int, int] | None = (100, 20, 60),
    refusal: str | None = None,
    delay: float = 0.0,
) -> Behaviour:
    """Answer with a text; `usage` is prompt, completion and cached tokens."""
    counted = usage and {
        "prompt_tokens": usage[0],
        "completion_tokens": usage[1],
        "total_tokens": usage[0] + usage[1],
        "prompt_tokens_details": {"cached_tokens": usage[2]},
    }

    async def play(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(delay)
        if not seen.body.get("stream"):
            head(writer, 200, "application/json")
            message = {"role": "assistant", "content": text, "refusal": refusal}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": "hostile", "choices": [choice]}
            writer.write(json.dumps({**whole, **({"usage": counted} if counted else {})}).encode())
            return
        head(writer, 200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        _event(writer, {"role": "assistant", "content": ""})
        for part in _pieces(text):
            _event(writer, {"content": part})
            await writer.drain()
        for part in _pieces(refusal or ""):
            _event(writer, {"refusal": part})
        if finish:
            _event(writer, {}, finish)
        if counted:
            piece(writer, _data({"choices": [], "usage": counted}))
        if finish:
            piece(writer, b"data: [DONE]\n\n")
        piece(writer, b"")

    return play


def status(code: int, message: str = "no", headers: Mapping[str, str] = {}, kind: str = "error") -> Behaviour:
    """Answer with an error status."""

    async def play(seen: Seen, writer: asyncio.StreamWriter) -> None:
        head(writer, code, "application/json", headers)
        writer.write(json.dumps({"error": {"message": message, "type": kind, "code": kind, "param": None}}).encode())

    return play


def hangs(seconds: float = 30.0) -> Behaviour:
    """Take the request and never answer."""

    async def play(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)

    return play


def cuts(text: str) -> Behaviour:
    """Break the connection in the middle of a stream."""

    async def play(seen: Seen, writer: asyncio.StreamWriter) -> None:
        head(writer, 200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        _event(writer, {"role": "assistant", "content": text[: len(text) // 2]})
        await writer.drain()
        writer.transport.abort()

    return play


def breaks_off(text: str) -> Behaviour:
    """Send an error event in the middle of a stream."""

    async def play(seen: Seen, writer: asyncio.StreamWriter) -> None:
        head(writer, 200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        _event(writer, {"role": "assistant", "content": text[: len(text) // 2]})
        piece(writer, b'data: {"error": {"message": "the model crashed", "type": "server_error", "code": null}}\n\n')
        piece(writer, b"")

    return play


def talks_nonsense() -> Behaviour:
    """Answer 200 with something that is no chat completion at all."""

    async def play(seen: Seen, writer: asyncio.StreamWriter) -> None:
        head(writer, 200, "text/html")
        writer.write(b"<html><body>welcome to the hotel network</body></html>")

    return play


@dataclass
class Hostile:
    """The server; `url` is its base URL once it runs."""

    reply: Callable[[Seen], str] = lambda seen: "{}"
    script: list[Behaviour] = field(default_factory=list)
    choose: Callable[[Seen], Behaviour | None] = lambda seen: None
    """Asked before the script is: a behaviour for this very request, or None."""
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    most_at_once: int = 0
    _now: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def plays(self, *behaviours: Behaviour) -> None:
        """Take these behaviours for the next requests."""
        self.script.extend(behaviours)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            seen = await _request(reader)
            self.seen.append(seen)
            behave = self.choose(seen) or (self.script.pop(0) if self.script else says(self.reply(seen)))
            await behave(seen, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side, or the test, is gone
        finally:
            self._now -= 1
            writer.close()

    def __enter__(self) -> "Hostile":
        ready, self._loop = threading.Event(), asyncio.new_event_loop()

        async def start() -> None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**24)
            self.port = self._server.sockets[0].getsockname()[1]
            ready.set()

        def work() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(start())
            self._loop.run_forever()

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        async def stop() -> None:
            self._server.close()
            others = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def _request(reader: asyncio.StreamReader) -> Seen:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(lines[0].split(" ")[1], headers, json.loads(raw) if raw else {})


def _but(pattern: str, wrong: str) -> Callable[[str], list[Behaviour]]:
    """A good reply with its first piece of a kind made wrong."""
    return lambda good: [says(re.sub(pattern, lambda found: found[1] + wrong, good, count=1))]


FAULTS: Mapping[str, Callable[[str], Sequence[Behaviour]]] = {
    "429 with Retry-After": lambda good: [status(429, "slow down", {"Retry-After": "1"}), says(good)],
    "500": lambda good: [status(500), says(good)],
    "a hang": lambda good: [hangs(), says(good)],
    "a cut stream": lambda good: [cuts(good), says(good)],
    "a stream that ends early": lambda good: [says(good[: len(good) // 2], finish=None), says(good)],
    "an error in the stream": lambda good: [breaks_off(good), says(good)],
    "truncated JSON": lambda good: [says(good[: len(good) // 2], finish="length")],
    "prose around JSON": lambda good: [says(f"Here is my answer:\n```json\n{good}\n```\nI hope it helps.")],
    "a wrong enum": _but(r'("stance": )"[^"]*"', '"perhaps"'),
    "a number out of range": _but(r'("position_pct": )-?\d+', "250"),
    "an invented source": _but(r'("sources": )\[[^\]]*\]', '["a_paper_of_2031"]'),
    "an empty reply": lambda good: [says("")],
    "another language": lambda good: [says("申し訳ありませんが、日本語でお答えします。賛成です。")],
    "a reply of 1 MB": lambda good: [says("x" * 1_100_000)],
    "a refusal": lambda good: [says("", refusal="I cannot help with that.")],
    "a content filter": lambda good: [says("", finish="content_filter")],
}
"""What goes wrong on the wire, by name: from a good reply to what the server does for one question."""


@pytest.fixture
def hostile():
    """A hostile server of one test."""
    with Hostile() as server:
        yield server
