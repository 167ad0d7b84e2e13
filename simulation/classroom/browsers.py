"""What a browser does, without one: pages read, forms found and sent, streams heard, and the time each takes."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from simulation.errors import InputError

PATIENCE = 90.0
"""Seconds to wait for anything."""


@dataclass
class Form:
    """A form of a page: where it goes, and its fields with the values each may take."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Form] = []
        self._select = self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a form or one of its fields."""
        given = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
        if not self.found or ("name" not in given and tag != "option"):
            return
        form, name = self.found[-1], given.get("name", "")
        if tag == "input" and given.get("type") == "radio":
            if "disabled" not in given:
                form.choices.setdefault(name, []).append(given["value"])
        elif tag == "input":
            form.values[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append(given.get("value", ""))
        elif tag == "textarea":
            self._area = name
            form.texts.append(name)
            form.values[name] = ""

    def handle_endtag(self, tag: str) -> None:
        """A list or a text is over."""
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        """The text that stands in a field."""
        if self._area:
            self.found[-1].values[self._area] += data


def form(text: str, action: str) -> Form | None:
    """The first form of a page that goes somewhere."""
    return next((f for f in Forms(text).found if f.action == action), None)


@dataclass
class Figures:
    """What a rehearsal measured."""

    students: int
    pace: float
    """Seconds over which the class submits a paper."""
    pages: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    heard: int = 0
    disordered: int = 0
    """Events that came out of order."""
    steps: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether the lesson came to its end, with every paper taken."""
        return bool(self.steps) and self.steps[-1] == "debrief" and not self.refused and not self.disordered

    @staticmethod
    def p95(times: list[float]) -> float:
        """The 95th percentile, in milliseconds."""
        ranked = sorted(times)
        return 1000 * ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))] if ranked else 0.0

    def lines(self) -> list[str]:
        """The figures in words."""
        ended = "to the debrief" if self.whole else f"and broke off after {self.steps[-1] if self.steps else 'nothing'}"
        return [
            f"{self.students} students played a lesson {ended}: {', '.join(self.steps)}",
            f"pages: {len(self.pages)}, 95th percentile {self.p95(self.pages):.0f} ms",
            f"papers submitted: {len(self.submits)}, 95th percentile {self.p95(self.submits):.0f} ms",
            f"events heard: {self.heard}, out of order: {self.disordered}",
            *(f"refused: {line}" for line in self.refused[:5]),
        ]


class Browser:
    """One person's browser."""

    def __init__(self, base: str, figures: Figures) -> None:
        self.client = httpx.AsyncClient(base_url=base, headers={"origin": base}, follow_redirects=True, timeout=60)
        self.figures, self.stage, self.spread = figures, asyncio.Event(), 0.0
        """`spread` are the seconds it waits after an event, as the script of the pages does."""

    async def get(self, path: str) -> str:
        """A page's text."""
        began = time.perf_counter()
        reply = await self.client.get(path)
        self.figures.pages.append(time.perf_counter() - began)
        return reply.text

    async def post(self, found: Form, values: Mapping[str, str], submit: bool = False) -> httpx.Response:
        """A form sent."""
        began = time.perf_counter()
        reply = await self.client.post(found.action, data={**found.values, **values})
        if submit:
            self.figures.submits.append(time.perf_counter() - began)
        return reply

    async def listen(self, path: str) -> None:
        """Hear the stream: each event wakes whoever waits."""
        last = -1
        async with self.client.stream("GET", path, timeout=None) as reply:
            with contextlib.suppress(httpx.TransportError):  # the stream ends with the server, or with this browser
                async for line in reply.aiter_lines():
                    if line.startswith("data: "):
                        version = json.loads(line[6:])["v"]
                        self.figures.heard += 1
                        self.figures.disordered += version < last
                        last = version
                        self.stage.set()

    async def until(self, path: str, seen: Callable[[str], bool]) -> str:
        """The page once it shows something, fetched again whenever an event comes."""
        stop = time.monotonic() + PATIENCE
        while time.monotonic() < stop:
            self.stage.clear()
            if seen(text := await self.get(path)):
                return text
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stage.wait(), 5)
                await asyncio.sleep(self.spread)
        raise InputError("the lesson stands still", "look at the teacher's page", "E185")


@contextlib.asynccontextmanager
async def browser(base: str, figures: Figures) -> AsyncIterator[Browser]:
    """A browser that is closed in the end."""
    found = Browser(base, figures)
    try:
        yield found
    finally:
        await found.client.aclose()
