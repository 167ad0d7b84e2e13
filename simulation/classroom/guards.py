"""What every request has to pass, and what every reply carries: a known host, a bearable size, our own pages only.

A classroom's network is plain http, so that nothing here relies on what browsers grant to secure pages only: a form's
origin is checked as well as its token.
"""

import time
import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
MOST_BODY = 1_100_000
"""Bytes of any request: a scenario of 1 MB, and the form around it."""
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class TooLarge(Exception):
    """A request whose body goes beyond its bound."""


def bare(host: str) -> str:
    """A host without its port, in small letters."""
    name = host.strip().lower()
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == name), "")


class Guard:
    """Refuses what is not meant for this server, and puts the policy on every reply."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app, self._hosts = app, {h.lower() for h in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in HEADERS}
                rest = [h for h in message.get("headers", []) if h[0].lower() not in own]
                message = {**message, "headers": [*rest, *HEADERS]}
            await send(message)

        refused = self._refusal(scope)
        await (PlainTextResponse(refused[1], refused[0]) if refused else self._app)(scope, receive, headed)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        host = _header(scope, b"host")
        if bare(host) not in self._hosts:
            return 400, "This server does not go by that name."
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return 405, "Only GET and POST."
        if scope["method"] == "POST" and urlsplit(_header(scope, b"origin")).netloc.lower() != host.lower():
            return 403, "This form did not come from a page of this server."
        length = _header(scope, b"content-length")
        if length and (not length.isdecimal() or len(length) > 9 or int(length) > MOST_BODY):
            return 413, "That is more than this page takes."
        return None


def _flat(text: str) -> str:
    """Text without control characters and marks that turn the direction of writing; lines stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if (c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")) and c not in _BIDI)


async def fields(request: Request, most: int) -> dict[str, str]:
    """The fields of a form, read to a bound; raises `TooLarge` beyond it. The last of two equal names counts."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        raise TooLarge from None
    return {name: _flat(value) for name, value in pairs}


class Limit:
    """At most so many tries in a minute for each key; the oldest fall away."""

    def __init__(self, most: int, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._tries: defaultdict[str, deque[float]] = defaultdict(deque)

    def _fresh(self, key: str) -> deque[float]:
        tries, since = self._tries[key], self._clock() - self._seconds
        while tries and tries[0] < since:
            tries.popleft()
        return tries

    def reached(self, key: str) -> bool:
        """Whether a key has to wait."""
        return len(self._fresh(key)) >= self._most

    def count(self, key: str) -> None:
        """Note a try."""
        if len(self._tries) > 10_000:
            self._tries.clear()
        self._fresh(key).append(self._clock())
