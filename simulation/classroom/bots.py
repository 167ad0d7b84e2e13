"""A rehearsal: a teacher and students of code play a whole lesson against a running server, as browsers would.

They read the same pages, fill in the same forms and hear the same streams; nothing is known to them that a page does
not show.
"""

import asyncio
import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import httpx

from simulation.classroom.browsers import PATIENCE, Browser, Figures, Form, Forms, browser, form
from simulation.errors import InputError

SPREAD = 0.6
"""Seconds within which the pages of a class fetch their part after an event."""
WORDS = "It follows from what the brief says, and it can be said in one sentence."


def filled(found: Form, number: int) -> dict[str, str]:
    """A form filled in: each choice by the student's number, each text with words."""
    values = {}
    for k, (name, choices) in enumerate(found.choices.items()):
        real = [c for c in choices if c]
        if real and not name.startswith(("because.", "argument.", "answer.", "ask.")):
            values[name] = real[(number + k) % len(real)]
    for name in found.texts:
        if name.startswith("reason.") or name in ("headline", "context.text"):
            values[name] = WORDS
    return values


def consistent(values: dict[str, str], number: int) -> dict[str, str]:
    """The same with positions and stance that go together: all for it, or all against."""
    sign = 1 if number % 3 else -1
    found = {k: str(sign * 45) if k.startswith("position.") else v for k, v in values.items()}
    if "stance" in found:
        found["stance"] = "support" if sign > 0 else "oppose"
    return found


async def student(base: str, code: str, number: int, figures: Figures) -> None:
    """One student, from the door to the debrief."""
    async with browser(base, figures) as own:
        own.spread = SPREAD * number / figures.students
        door = form(await own.get(f"/j/{code}"), f"/j/{code}")
        assert door is not None
        await own.post(door, filled(door, number))
        ears, done = asyncio.create_task(own.listen("/events")), ""
        try:
            while not done.startswith("debrief"):
                text = await own.until("/seat/part", partial(_moved_on, done))
                done = _key(text)  # of the page as it was read: by the time a paper is in, the next step may have begun
                if (paper := form(text, "/seat/send")) is not None:
                    await asyncio.sleep(figures.pace * number / figures.students)
                    await _write(own, paper, number)
        finally:
            ears.cancel()


async def _write(own: Browser, paper: Form, number: int) -> None:
    """Save a draft, then submit it; of a stance that does not fit the country, the other way round."""
    for attempt in (number, number + 1, number + 2, number + 3):
        values = consistent(filled(paper, number), attempt)
        if attempt > number + 1 and "stance" in values:
            values["stance"] = "neutral"
        await own.client.post("/seat/save", data={**paper.values, **values})
        reply = await own.post(paper, values, submit=True)
        if reply.status_code < 400:
            return
    wrong = re.search(r'id="errors".*?</div>', reply.text, re.DOTALL)
    own.figures.refused.append(re.sub(r"<[^>]+>|\s+", " ", wrong[0])[:200] if wrong else f"status {reply.status_code}")


def _moved_on(done: str, text: str) -> bool:
    """Whether a page is another than the last one, with something to read or to do on it."""
    found = _key(text)
    reading = found.split(":")[0] in ("lobby", "brief", "hear", "debrief")
    return found != done and (reading or not found.endswith("wait"))


def _key(text: str) -> str:
    found = re.search(r'id="main"[^>]*data-key="([^"]*)"', text)
    return found[1] if found else ""


async def rehearse(
    link: str, students: int, scenario: str, rounds: int, pace: float, say: Callable[[str], None]
) -> Figures:
    """Play a whole lesson; returns what it measured. Raises `InputError` where the server does not answer.

    The class submits over `pace` seconds, one after the other: people do not all press at one moment.
    """
    parts = urlsplit(link)
    base, figures = f"{parts.scheme}://{parts.netloc}", Figures(students, pace)
    try:
        async with browser(base, figures) as desk:
            room, code = await _opened(desk, parts.path, students, scenario, rounds)
            say(f"room {code}: {base}/teacher/{room}")
            ears = asyncio.create_task(desk.listen(f"/teacher/{room}/events"))
            class_ = [asyncio.create_task(student(base, code, k, figures)) for k in range(students)]
            try:
                await _lead(desk, room, students, figures, say)
                await asyncio.wait_for(asyncio.gather(*class_), PATIENCE)
            finally:
                for task in (ears, *class_):
                    task.cancel()
                await asyncio.gather(ears, *class_, return_exceptions=True)
    except httpx.HTTPError as error:
        raise InputError(f"{base} does not answer: {error}", "start it: communique classroom", "E185") from None
    return figures


async def _opened(desk: Browser, path: str, students: int, scenario: str, rounds: int) -> tuple[str, str]:
    """A room for the rehearsal: its id and its code."""
    home = form(await desk.get(path), "/teacher/prepare")
    if home is None:
        raise InputError("this is not the teacher's link", "copy it from the terminal of the classroom", "E185")
    chosen = scenario or home.choices["scenario"][0]
    setup = form((await desk.post(home, {"scenario": chosen})).text, "/teacher/open")
    if setup is None:
        raise InputError(f'the classroom has no scenario "{chosen}"', "choose one of its list", "E109")
    seats = [name for name in setup.values if name.startswith("places.")]
    each = -(-students // len(seats))
    if each > 8:
        raise InputError(f"{len(seats)} seats hold at most {8 * len(seats)} students", "take fewer students", "E185")
    values = {**{name: str(each) for name in seats}, **{n: "0" for n in setup.values if n.startswith("minutes.")}}
    fixed = {"choose": "given", "handles": "neutral", "late": "wait", "rounds": str(rounds)}
    reply = await desk.post(setup, {**values, **fixed})
    room = reply.url.path.rpartition("/")[2]
    code = re.search(r"room ([A-Z0-9]{6})", reply.text)
    if code is None:
        raise InputError("the room could not be opened", "look at the classroom's terminal", "E185")
    return room, code[1]


async def _lead(desk: Browser, room: str, students: int, figures: Figures, say: Callable[[str], None]) -> None:
    """The teacher, step by step, each as soon as everybody is ready."""
    page, do = f"/teacher/{room}/part", f"/teacher/{room}/do"
    text = await desk.until(page, lambda t: f"{students} of {students} here" in t)
    while True:
        at = _key(text)
        figures.steps.append(at.removesuffix(":0") if at.split(":")[0] in ("write", "hear") else at.split(":")[0])
        say(f"{figures.steps[-1]}: everybody is ready")
        if at.startswith("debrief"):
            await desk.until(page, lambda t: "on every page" in t)
            return
        step = next(f for f in Forms(text).found if f.action == do and f.values.get("do") == "next")
        await desk.post(step, {"late": "draft"})
        moment = form((await desk.get(page)), do)
        if moment is not None:
            await desk.post(Form(do, {"token": moment.values["token"]}), {"do": "now"})

        def ready(t: str, at: str = at) -> bool:
            writing = _key(t).split(":")[0] in ("predict", "write", "mark", "vote")
            return _key(t) != at and (not writing or f"{students} of {students} submitted" in t)

        text = await desk.until(page, ready)
