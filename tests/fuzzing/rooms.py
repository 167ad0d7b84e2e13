"""A classroom's forms, addresses and cookies: no page fails, echoes what was typed as markup, or lets anybody in."""

import re
import shutil
import time
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlencode

from classes import Pupil, Teacher
from hypothesis import strategies as st
from starlette.testclient import TestClient

from fuzzing.mutations import BYTES, ODD
from fuzzing.outcomes import Forbidden
from fuzzing.target import Target
from simulation.classroom import keys
from simulation.classroom.app import application

BASE, MARK = "http://127.0.0.1:8470", "<q7 x='1'>\"&{{7*7}}"
"""Where the room is, and text that must never come back as markup."""
SEATS = ("japan", "india")
WHO = ("ann", "eve", "teacher", "ann", "door", "stranger", "forged")
TOKENS = (*("own",) * 10, "anns", "eves", "teachers", "none", "odd")
MOST_BODY = 1_100_000


class Fixed:
    """One room in the writing step, its people, and what they hold."""

    def __init__(self) -> None:
        folder = Path(mkdtemp(prefix="communique-rooms-"))
        self.secret = keys.token()
        self.app = application(folder, self.secret, {"127.0.0.1"}, address=BASE, clock=lambda: 1e9)
        self.client = TestClient(self.app, base_url=BASE, headers={"origin": BASE})
        self.client.__enter__()
        self.house = self.app.house
        teacher = self._person(Teacher(BASE))
        teacher.enter(f"/teach/{self.secret}")
        code = teacher.open(**{f"places.{c}": "4" for c in SEATS})
        people = {"teacher": teacher}
        for name, country in zip(("ann", "eve"), SEATS, strict=True):
            people[name] = self._person(Pupil(BASE))
            people[name].join(code, country)
        for _ in range(3):
            teacher.next()
        self.room = next(iter(self.house.rooms.values()))
        while not self.room.table.questions:
            time.sleep(0.05)
        self.cookies = {name: self._cookies(p) for name, p in people.items()}
        self.tokens = {n: keys.form_token(self.cookies[n][k].rpartition(".")[2]) for n, k in
                       (("ann", "seat"), ("eve", "seat"), ("teacher", "teacher"))}  # fmt: skip
        self.cookies["door"], self.tokens["door"] = {"door": "d" * 22}, keys.form_token("d" * 22)
        self.code, self.state = code, self.room.state
        self.students = [s.id for s in self.room.students()]

    def _person(self, person: Any) -> Any:
        person.http.close()
        person.http = TestClient(self.app, base_url=BASE, headers={"origin": BASE})
        person.http.portal = self.client.portal
        return person

    def _cookies(self, person: Any) -> dict[str, str]:
        return {c.name: c.value for c in person.http.cookies.jar}

    def seen(self) -> Any:
        """All that a request may not change without the right to."""
        room = self.room
        papers = {(p.student, p.kind): (p.draft, p.sent) for p in room.store.papers()}
        students = [(s.id, s.handle, s.country, s.secret) for s in room.students()]
        return room.state, papers, students, tuple(self.house.rooms), tuple(self.house._sessions)

    def restore(self) -> None:
        """The room as it was, so that each input meets the same."""
        self.house.tries._tries.clear()
        self.house.wrong._tries.clear()
        self.house.joins._tries.clear()
        for name in [n for n in self.house.rooms if n != self.room.id]:
            self.house.rooms.pop(name).close()
        with self.room.store.change() as db:
            db.execute("delete from paper")
            db.execute(f"delete from student where id not in ({','.join(map(str, self.students))})")
        if self.room.state != self.state:
            self.room.change(self.state, "")
        self.house._sessions = self.house._sessions[:1]


@cache
def _fixed() -> Fixed:
    return Fixed()


def close() -> None:
    """Close the room and its server."""
    if _fixed.cache_info().currsize:
        _fixed().client.__exit__()
        shutil.rmtree(_fixed().house.folder)
        _fixed.cache_clear()


PATHS = (
    "/", "/j/{code}", "/rejoin", "/seat", "/seat/part", "/seat/save", "/seat/send", "/seat/back", "/teacher",
    "/teacher/prepare",
    "/teacher/open", "/teacher/{room}", "/teacher/{room}/part", "/teacher/{room}/do", "/teacher/{room}/students",
    "/teacher/{room}/screen/whole", "/teacher/{room}/screen/part", "/teacher/{room}/qr.svg",
    "/teacher/{room}/export/papers.csv",
    "/teacher/{room}/export/{odd}", "/teacher/{odd}", "/teacher/{odd}/do", "/j/{odd}", "/teach/{odd}",
    "/static/{odd}", "/{odd}",
    "/static/classroom.css", "/teacher/{room}/screen/{odd}", "/seat/{odd}",
)  # fmt: skip
FORMS = ("/seat/save", "/seat/send", "/seat/back", "/teacher/{room}/do", "/j/{code}", "/", "/rejoin", "/teacher/open",
         "/teacher/prepare", "/teacher/{room}/students")  # fmt: skip
PROVISIONS = ("mutual_protection", "taiwan_inclusion", "technology", "supply_chains", "deterrence", "x")
FIELDS = (
    "kind", "code", "rejoin", "country", "handle", "do", "text", "round", "late", "seconds", "which", "statement",
    "student", "scenario",
    "rounds", "handles", "choose", "stance", "headline", "context.text", "outlook.text", "ask.1.text",
    "ask.1.change", "vote", "reason.vote",
    "argument.1.provision", "argument.1.side", "argument.1.claim", "argument.1.text", "argument.1.sources",
    "answer.1.argument",
    "answer.1.tone", "answer.1.text", "places.japan", "places.india", "minutes.write", "minutes.brief",
    "stance.japan", "sure.japan",
    *(f"{part}.{p}" for part in ("position", "reason", "sources", "because", "mark") for p in PROVISIONS),
)  # fmt: skip
DO = ("undo", "pause", "extend", "event", "drop_event", "stand_in", "nudge", "hide", "next", "x")
"""What a teacher may do here; closing, deleting and going on would end the room that the next input meets."""
Text = st.one_of(
    st.sampled_from(
        [
            MARK,
            MARK,
            "write:1",
            "write",
            "1",
            "45",
            "-45",
            "300",
            "60",
            "japan",
            "india",
            "support",
            "for",
            "rebuts",
            "wait",
            "draft",
        ]
    ),
    st.sampled_from([str(v)[:6000] for v in ODD]),
    st.text(max_size=20),
)
Fields = st.dictionaries(
    st.one_of(st.sampled_from(FIELDS), st.sampled_from(FIELDS), st.text(max_size=10)), Text, max_size=12
)
Odd = st.one_of(
    st.sampled_from(["..%2f..%2fetc", "%00", "%", "x", MARK, "room.sqlite", "日本", "a" * 3000, "%ff", "."]),
    st.text(max_size=10),
)


@st.composite
def _request(draw: Any) -> dict[str, Any]:
    """One request: who, how, where to, and with what."""
    form = draw(st.booleans())
    who = draw(st.sampled_from(WHO))
    found = {
        "who": who,
        "method": "POST" if form else draw(st.sampled_from(("GET", "GET", "HEAD", "POST", "PUT", "DELETE"))),
        "path": draw(st.sampled_from(FORMS if form else PATHS)),
        "odd": draw(Odd),
        "token": draw(st.sampled_from(TOKENS)),
        "fields": draw(Fields),
        "do": draw(st.sampled_from(DO)),
        "whole": draw(st.booleans()),
    }
    if draw(st.integers(0, 5)) == 0:
        names = ("host", "origin", "content-type", "content-length", "x-part", "cookie", "referer", "accept")
        values = st.one_of(
            st.sampled_from(["", "null", "1", "text/plain", "multipart/form-data", BASE, "-1", "9" * 30]), Text
        )
        found["headers"] = draw(st.dictionaries(st.sampled_from(names), values, max_size=2))
    if draw(st.integers(0, 9)) == 0:
        found["body"] = b"".join(
            draw(st.lists(st.one_of(st.sampled_from(BYTES), st.binary(max_size=30)), max_size=8))
        ).hex()
    if draw(st.integers(0, 60)) == 0:
        found["pad"] = draw(st.sampled_from([5000, 130_000, MOST_BODY - 1, MOST_BODY + 1]))
    return found


def _own(at: Fixed, given: dict[str, Any]) -> str:
    """The token a form carries."""
    tokens = {"own": at.tokens.get(given["who"], ""), "anns": at.tokens["ann"], "eves": at.tokens["eve"]}
    return {**tokens, "teachers": at.tokens["teacher"], "none": "", "odd": given["odd"]}[given["token"]]


def _complete(at: Fixed, given: dict[str, Any]) -> dict[str, str]:
    """The fields sent; those of a whole paper are all there, and some of them odd."""
    fields = {"token": _own(at, given), "kind": at.state.kind, "do": given["do"], "code": at.code}
    if given["whole"]:
        for p in at.room.scenario.provisions:
            fields |= {f"position.{p.id}": "45", f"reason.{p.id}": MARK}
        fields |= {"stance": "support", "headline": f"We answer {MARK}", "context.text": MARK}
    fields |= {k: v.encode("utf-8", "replace").decode() for k, v in given["fields"].items()}
    if fields["do"] not in DO or fields["do"] in ("close", "now", "purge"):
        fields["do"] = "undo"
    if "pad" in given:
        fields["reason.x"] = "a" * given["pad"]
    return fields


def _sent(at: Fixed, given: dict[str, Any]) -> Any:
    odd = "".join(c for c in given["odd"] if c.isprintable() and c not in "?#\\").lstrip("/") or "x"
    path = given["path"].format(code=at.code, room=at.room.id, odd=odd)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    cookies = {"forged": {"seat": f"{at.room.id}.1.{given['odd']}", "teacher": given["odd"]}}.get(given["who"])
    held = cookies if cookies is not None else at.cookies.get(given["who"], {})
    headers["cookie"] = "; ".join(f"{k}={v}" for k, v in held.items())
    headers |= given.get("headers", {})
    sent = {k: re.sub(r"[\x00-\x1f\x7f]", "", v).strip().encode("utf-8", "replace") for k, v in headers.items()}
    body = bytes.fromhex(given["body"]) if "body" in given else urlencode(_complete(at, given)).encode()
    content = body if given["method"] in ("POST", "PUT") else None
    return at.client.request(given["method"], path, headers=sent, content=content, follow_redirects=False)


def request(given: dict[str, Any]) -> str:
    """A request: a status below 500, no markup of its own on the page, nothing changed without the right token."""
    at = _fixed()
    at.restore()
    at.client.cookies.clear()
    before = at.seen()
    reply = _sent(at, given)
    if reply.status_code >= 500:
        raise Forbidden(f"status {reply.status_code}")
    if "html" in reply.headers.get("content-type", "") and ("<q7" in reply.text or ">49" in reply.text):
        raise Forbidden("what was typed came back as markup")
    after = at.seen()
    if "set-cookie" in reply.headers and "teacher=" in reply.headers["set-cookie"]:
        raise Forbidden("somebody became the teacher")
    if after != before and not _allowed(at, given, before, after):
        raise Forbidden("something changed that may not")
    return f"status {reply.status_code}"


def _allowed(at: Fixed, given: dict[str, Any], before: Any, after: Any) -> bool:
    """Whether the sender had the right to what changed."""
    who, right = given["who"], _own(at, given) == at.tokens.get(given["who"]) and "body" not in given
    if "cookie" in given.get("headers", {}) or not right:
        return False
    if who == "door":
        return before[:2] + before[3:] == after[:2] + after[3:] and after[2][: len(before[2])] == before[2]
    if who == "teacher":
        return before[2] == after[2] and before[1] == after[1]
    own = at.students[("ann", "eve").index(who)]
    papers = {k for k in {**before[1], **after[1]} if before[1].get(k) != after[1].get(k)}
    return before[0] == after[0] and before[2:] == after[2:] and {student for student, _ in papers} <= {own}


TARGETS = (Target("classroom requests", 3, _request, request, few=50, done=close),)
