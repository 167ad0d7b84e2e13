"""What keeps a classroom apart: secrets, rights, forms, bounds, and text that only ever is text."""

import re

import httpx
import pytest
from classes import Served, until

from simulation.classroom import keys
from simulation.classroom.browsers import form
from simulation.classroom.guards import Limit
from simulation.classroom.server import greeting, hosts

ATTACK = "<script>alert(1)</script>"
MARKUP = '"><img src=x onerror=alert(1)>{{7*7}}'


@pytest.fixture
def school(tmp_path):
    with Served(tmp_path / "rooms") as found:
        yield found


@pytest.fixture
def room(school):
    """A teacher and two students of different seats, writing."""
    teacher = school.teacher()
    code = teacher.open()
    ann, eve = school.pupil(), school.pupil()
    ann.join(code, "india")
    eve.join(code, "japan")
    return teacher, ann, eve, code


def test_every_reply_carries_the_policy_and_cookies_no_script_can_read(school, room):
    teacher, ann, _, _ = room
    for reply in (school.stranger().get("/"), ann.get("/seat"), teacher.get("/teacher"), ann.get("/nowhere")):
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cache-control"] == "no-store"
    raw = httpx.get(f"{school.base}/teach/{school.secret}").headers["set-cookie"]
    assert "HttpOnly" in raw
    assert "SameSite=strict" in raw


def test_no_page_has_a_script_or_a_style_of_its_own(room):
    teacher, ann, _, _ = room
    for page in (ann.page, teacher.page, teacher.get("/teacher").text):
        assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/classroom.js" defer>']
        assert not re.search(r"\son\w+=|\sstyle=|<style", page)


def test_a_name_the_server_does_not_go_by_is_refused(school):
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", ""):
        assert httpx.get(school.base, headers={"host": host}).status_code == 400
    assert httpx.get(school.base, headers={"host": f"localhost:{school.port}"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1"])
def test_a_form_from_elsewhere_is_refused_even_with_its_token(room, origin):
    teacher, _, _, _ = room
    token = form(teacher.page, f"/teacher/{teacher.room}/do").values["token"]
    headers = {"origin": origin} if origin else {"origin": ""}
    reply = teacher.http.post(f"/teacher/{teacher.room}/do", data={"token": token, "do": "pause"}, headers=headers)
    assert reply.status_code == 403


def test_a_form_without_its_token_or_with_anothers_is_refused(school, room):
    teacher, ann, eve, code = room
    teacher.next()
    teacher.next()
    paper = ann.paper
    for token in ("", "0" * 32, eve.paper.values["token"], "ä"):
        for path in ("/seat/save", "/seat/send", "/seat/back"):
            assert ann.http.post(path, data={**paper.values, "token": token}).status_code == 403
    for path in (
        f"/teacher/{teacher.room}/do",
        f"/teacher/{teacher.room}/students",
        "/teacher/open",
        "/teacher/prepare",
    ):
        assert teacher.http.post(path, data={"do": "next", "token": "0" * 32}).status_code == 403
    for path in ("/", f"/j/{code}", "/rejoin"):
        assert school.stranger().http.post(path, data={"code": code}).status_code == 403


def test_students_and_strangers_have_no_rights_of_the_teacher(school, room):
    teacher, ann, _, _ = room
    at = f"/teacher/{teacher.room}"
    pages = ["/teacher", at, f"{at}/part", f"{at}/screen/whole", f"{at}/qr.svg", f"{at}/students", f"{at}/events"]
    pages += [f"{at}/export/{name}" for name in ("papers.csv", "predictions.csv", "rubric.html", "log.csv")]
    for who in (ann, school.stranger()):
        for path in pages:
            assert who.get(path).status_code == 403, path
        for path in (f"{at}/do", f"{at}/students", "/teacher/open", "/teacher/prepare"):
            assert who.http.post(path, data={"do": "next"}).status_code == 403
    assert school.stranger().get("/seat").status_code == 403
    assert school.stranger().get("/events").status_code == 403
    assert teacher.get("/seat").status_code == 403


def test_a_seats_cookie_opens_that_seat_only(school, room):
    _, ann, eve, _ = room
    name, number, secret = ann.http.cookies["seat"].split(".")
    for value in (f"{name}.2.{secret}", f"{name}.{number}.", f"{name}.{number}.x", f"..{secret}", f"{name}.٢.{secret}"):
        other = httpx.get(f"{school.base}/seat", headers={"cookie": f"seat={value}".encode()})
        assert other.status_code == 403, value
    assert "Delegate 2" in eve.page


def test_a_cookie_planted_before_joining_opens_nothing(school, room):
    _, _, _, code = room
    name = next(iter(school.house.rooms))
    late = school.pupil()
    late.http.cookies.set("seat", planted := f"{name}.3.a-secret-that-somebody-else-knows")
    assert late.join(code, "india").status_code == 200
    (given,) = {c.value for c in late.http.cookies.jar if c.name == "seat"} - {planted}
    assert given.partition(".")[0] == name
    for value in (planted, f"{'.'.join(given.split('.')[:2])}.a-secret-that-somebody-else-knows"):
        assert httpx.get(f"{school.base}/seat", headers={"cookie": f"seat={value}"}).status_code == 403


def test_no_student_reads_anothers_brief_prediction_or_draft(school, scenario_file):
    secrets = (
        "briefs:\n  india: Do not sign before the monsoon.\n  japan: Your minister resigns on Friday.\nprovisions:"
    )
    text = scenario_file(("provisions:", secrets)).read_text(encoding="utf-8")
    teacher = school.teacher()
    places = {f"places.{c}": "1" for c in ("india", "japan", "china", "eu", "australia")}
    code = teacher.open(text=text, **places)
    ann, eve = school.pupil(), school.pupil()
    ann.join(code, "india")
    eve.join(code, "japan")
    teacher.next()
    assert "before the monsoon" in ann.page
    assert "resigns on Friday" in eve.page
    teacher.next()
    assert ann.save(**{"stance.china": "support"}).status_code == 204
    ann.predict("strongly_oppose", "95")
    teacher.next()
    ann.save(headline="A draft that is only mine.", **{"reason.supply_chains": "And this is my reason."})
    for path in ("/seat", "/seat/part", "/", f"/j/{code}"):
        page = eve.get(path).text
        for private in ("before the monsoon", "A draft that is only mine.", "And this is my reason."):
            assert private not in page
    screen = teacher.get(f"/teacher/{teacher.room}/screen/whole").text
    assert "A draft that is only mine." not in screen
    assert "before the monsoon" not in screen
    ann.write()
    eve.write()
    teacher.next()
    teacher.next(late="absent")
    kept = b"".join(p.read_bytes() for p in school.folder.rglob("*") if p.is_file() and "room.sqlite" not in p.name)
    assert b"before the monsoon" not in kept
    assert b"A draft that is only mine." not in kept


def test_what_students_write_is_only_ever_text(school):
    teacher = school.teacher()
    code = teacher.open(handles="own", rounds="1")
    ann, eve = school.pupil(), school.pupil()
    ann.join(code, "india", "<b>Ann</b>{{1}}")
    eve.join(code, "japan", "Eve")
    for _ in range(3):
        teacher.next()
    first = {"argument.1.provision": "technology", "argument.1.side": "for", "argument.1.claim": ATTACK + " one"}
    more = {f"reason.{p}": MARKUP for p in ("mutual_protection", "supply_chains")}
    told = {"context.text": ATTACK, "outlook.text": MARKUP, "ask.1.text": ATTACK}
    reply = ann.write(headline=ATTACK, **first, **more, **told)
    assert reply.status_code == 200, reply.text
    teacher.do("event", text=ATTACK, round="1")
    pages = [ann.page, teacher.page, teacher.get(f"/teacher/{teacher.room}/students").text]
    eve.write()
    teacher.next()
    pages += [ann.page, eve.page, teacher.page, teacher.get(f"/teacher/{teacher.room}/screen/whole").text]
    teacher.next()
    teacher.next()
    eve.send(vote="yes", **{"reason.vote": ATTACK})
    teacher.next()
    room = school.house.rooms[teacher.room]
    until(lambda: room.table.dossiers)
    pages += [ann.page, eve.page, teacher.page, teacher.get(f"/teacher/{teacher.room}/screen/part").text]
    pages += [teacher.export(n).text for n in ("debrief.html", "rubric.html", "assessment.html")]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img" not in page.replace(f'<img src="/teacher/{teacher.room}/qr.svg"', "")
        assert "<b>Ann" not in page
        assert ">49<" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[-4]
    assert "&lt;b&gt;Ann&lt;/b&gt;{{1}}" in teacher.page


def test_a_hostile_scenario_is_only_ever_text(school, scenario_file):
    text = scenario_file(
        ("title: Takaichi's call for a quasi-security alliance", f"title: '{ATTACK}'"),
        ("label: mutual protection", f"label: '{MARKUP}'"),
    ).read_text(encoding="utf-8")
    teacher = school.teacher()
    code = teacher.open(text=text, **{f"places.{c}": "1" for c in ("india", "japan", "china", "eu", "australia")})
    ann = school.pupil()
    pages = [ann.get(f"/j/{code}").text, ann.join(code, "india").text, teacher.page, teacher.get("/teacher").text]
    for _ in range(3):
        teacher.next()
        pages += [ann.page, teacher.page, teacher.get(f"/teacher/{teacher.room}/screen/whole").text]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert ">49<" not in page


def test_formulas_are_no_formulas_in_a_spreadsheet(room):
    teacher, ann, eve, _ = room
    for _ in range(3):
        teacher.next()
    ann.write(headline="=1+1 is what we say", **{"reason.supply_chains": "@SUM(A1)"})
    table = teacher.export("papers.csv").text
    assert "'=1+1 is what we say" in table
    assert "'@SUM(A1)" in table
    assert eve.page


def test_wrong_codes_and_links_are_limited_and_right_ones_then_too(school):
    teacher = school.teacher()
    code = teacher.open()
    guesser = school.stranger()
    found = form(guesser.get("/").text, "/")
    statuses = [guesser.post(found, code="CCCCCC").status_code for _ in range(11)]
    assert statuses == [404] * 10 + [429]
    assert guesser.get(f"/j/{code}").status_code == 429
    assert guesser.get("/teach/wrong").status_code == 429


def test_a_limit_forgets_after_a_minute():
    now = [0.0]
    limit = Limit(2, clock=lambda: now[0])
    limit.count("a")
    limit.count("a")
    assert limit.reached("a")
    assert not limit.reached("b")
    now[0] = 61
    assert not limit.reached("a")


def test_codes_have_no_look_alikes_and_secrets_are_kept_as_digests_only(school, room):
    _, ann, _, code = room
    assert re.fullmatch(f"[{keys.ALPHABET}]{{6}}", code)
    assert not set("0O1IL2Z5S8B") & set(keys.ALPHABET)
    secret = ann.http.cookies["seat"].rpartition(".")[2]
    stored = b"".join(p.read_bytes() for p in school.folder.rglob("*") if p.is_file())
    for hidden in (secret, keys.rejoin_code(secret), school.secret):
        assert hidden.encode() not in stored


@pytest.mark.parametrize("path", ["/seat/save", "/seat/send"])
def test_a_body_without_end_is_cut_off(school, room, path):
    _, ann, _, _ = room

    def flood():
        for _ in range(64):
            yield b"a" * 65_536

    reply = ann.http.post(path, content=flood(), headers={"content-type": "application/x-www-form-urlencoded"})
    assert reply.status_code == 413
    assert ann.http.post(path, data={"x": "a" * 2_000_000}).status_code == 413
    assert ann.page


def test_long_papers_and_odd_fields_are_refused_or_left_out(school, room):
    teacher, ann, _, _ = room
    teacher.next()
    teacher.next()
    paper = ann.paper
    assert ann.http.post("/seat/save", data={**paper.values, "reason.x": "a" * 3000}).status_code == 413
    many = {f"reason.p{k}": "x" for k in range(500)}
    assert ann.http.post("/seat/save", data={**paper.values, **many}).status_code == 413
    assert ann.save(**{"../../etc/passwd": "x", "A B": "y", "stance.india": "support"}).status_code == 204
    kept = next(iter(school.house.rooms.values())).store.paper(1, "predict").draft
    assert kept == {"stance.india": "support"}
    assert ann.http.post("/seat/save", content=b"\xff\xfe\x00=1&token=%00").status_code == 403


def test_an_upload_too_large_or_nested_like_a_bomb_is_refused_before_it_is_built(school):
    teacher = school.teacher()
    home = form(teacher.get("/teacher").text, "/teacher/prepare")
    assert teacher.post(home, text="a" * 1_050_000).status_code == 422
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    reply = teacher.post(home, text=bomb)
    assert reply.status_code == 422
    assert "upload:" in reply.text
    assert teacher.post(home, text="[" * 5000).status_code == 422


def test_a_room_or_file_name_from_a_path_reaches_nothing(school, room):
    teacher, _, _, _ = room
    for path in ("/teacher/..%2f..%2fetc", f"/teacher/{teacher.room}/export/..%2froom.sqlite", "/static/..%2fapp.py",
                 "/static/classroom.css.bak", f"/teacher/{teacher.room}/export/room.sqlite"):  # fmt: skip
        assert teacher.get(path).status_code == 404, path


def test_a_room_is_for_its_owners_eyes_on_the_disk(school, room):
    teacher, _, _, _ = room
    assert (school.folder / teacher.room).stat().st_mode & 0o077 == 0


def test_opening_it_to_a_network_is_said_plainly_and_a_closed_one_too(monkeypatch):
    monkeypatch.setattr("simulation.classroom.server.outward", lambda: "192.168.1.5")
    shut = "\n".join(greeting("127.0.0.1", "http://127.0.0.1:1", "link"))
    opened = "\n".join(greeting("0.0.0.0", "http://192.168.1.5:1", "link"))
    assert "Only this machine can reach it" in shut
    assert "not encrypted" not in shut
    assert "Everybody on this network can reach the door" in opened
    assert "not encrypted" in opened
    assert "192.168.1.5" in hosts("0.0.0.0")
    assert "0.0.0.0" not in hosts("0.0.0.0")
    assert "school.example" in hosts("127.0.0.1", ("school.example",))


def test_a_mistake_of_ours_shows_nothing_of_its_inside(school, room, monkeypatch):
    _, ann, _, _ = room
    monkeypatch.setattr("simulation.classroom.student_pages.view", lambda holder: 1 / 0)
    reply = ann.get("/seat")
    assert reply.status_code == 500
    assert "ZeroDivisionError" not in reply.text
