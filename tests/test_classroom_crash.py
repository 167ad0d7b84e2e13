"""The server killed in the middle of a lesson: nothing submitted and no saved draft is lost, and the lesson goes on."""

import json

import pytest
from classes import Process, Pupil, Served, Teacher, until

from simulation import records
from simulation.classroom.browsers import form
from simulation.classroom.drivers import Unkept
from simulation.classroom.room import RUNS


@pytest.fixture
def server(tmp_path, database):
    found = Process(tmp_path / "rooms", "--undo", "0", database=database).start()
    yield found
    if found.process.poll() is None:
        assert found.stop() == 0


def again(server):
    """Killed as a power switch would, and started once more."""
    server.kill()
    server.start()


def test_a_server_killed_at_every_step_loses_no_paper_and_no_draft(server):
    teacher, ann, eve = Teacher(server.base).enter(server.link), Pupil(server.base), Pupil(server.base)
    code = teacher.open()
    ann.join(code, "india")
    again(server)
    eve.join(code, "japan")
    teacher.next()
    teacher.next()
    assert ann.save(**{"stance.china": "support"}).status_code == 204
    eve.predict("neutral", "80")
    again(server)
    assert ann.paper.values
    assert 'value="support" selected' in ann.page
    assert "Submitted." in eve.page
    teacher.next()
    assert ann.save(**ann.written(headline="Saved a moment before the crash.")).status_code == 204
    assert eve.write(headline="Submitted a moment before the crash.").status_code == 200
    again(server)
    assert ann.paper.values["headline"] == "Saved a moment before the crash."
    until(lambda: form(eve.page, "/seat/back"))
    assert ann.write(headline="Sent after it.").status_code == 200
    teacher.do("next")
    again(server)
    until(lambda: 'data-key="hear:1"' in teacher.page)
    for sentence in ("Submitted a moment before the crash.", "Sent after it."):
        assert sentence in ann.page
    teacher.next()
    ann.write()
    eve.write()
    again(server)
    teacher.next(late="wait")
    again(server)
    for _ in range(3):
        teacher.next()
    until(lambda: "Three questions" in ann.page)
    again(server)
    until(lambda: "Three questions" in ann.page)
    folder = next((server.folder / teacher.room / RUNS).iterdir())
    said = records.load(folder).transcript
    assert len(said.statements) == 10
    assert said.of("JPN")[0].headline == "Submitted a moment before the crash."
    for person in (teacher, ann, eve):
        person.http.close()


def test_what_was_handed_in_and_not_yet_heard_is_handed_in_again(tmp_path, monkeypatch, database):
    """The server dies between the reveal and the debate's answer: the round is on the disk, the debate is not."""
    with Served(tmp_path / "rooms", database=database) as school:
        teacher, ann = school.teacher(), school.pupil()
        code = teacher.open()
        ann.join(code, "india")
        for _ in range(3):
            teacher.next()
        ann.write(headline="Handed in and not yet heard.")
        room = school.house.rooms[teacher.room]
        monkeypatch.setattr(room.table, "answer", lambda answers: None)
        teacher.do("next")
        teacher.do("now")
        assert room.state.revealing
        name, cookies = teacher.room, dict(ann.http.cookies)
    with Served(tmp_path / "rooms", database=database) as school:
        room = school.house.rooms[name]
        until(lambda: room.state.stage == "hear")
        ann = school.pupil()
        ann.http.cookies.update(cookies)
        assert "Handed in and not yet heard." in ann.page


def handed_in(school):
    """A teacher and a room of one round, for which a student has handed in what it says."""
    teacher, ann = school.teacher(), school.pupil()
    ann.join(teacher.open(rounds="1"), "india")
    for _ in range(3):
        teacher.next()
    ann.write()
    return teacher, school.house.rooms[teacher.room]


def test_a_step_is_pending_until_it_is_kept(tmp_path, monkeypatch):
    """The disk takes no more, or the server dies, in the middle of a reveal: the step falls due again."""
    with Served(tmp_path / "rooms") as school:
        teacher, room = handed_in(school)
        tried = []

        def full(*_, **__):
            tried.append(room.state.pending)
            raise Unkept("the disk of the server takes no more")

        monkeypatch.setattr(room.store, "reply", full)
        teacher.do("next")
        assert teacher.do("now").status_code == 507
        assert room.state.pending
        assert json.loads(room.store.found()[1])["pending"]
        monkeypatch.undo()
        teacher.do("now")
        until(lambda: room.state.stage == "hear")
        assert tried


def test_a_room_that_cannot_be_read_is_named_and_keeps_nobody_else_out(tmp_path):
    for name, content in (("2026-01-01-broken", b"not a database"), ("2026-01-02-empty", b"")):
        (tmp_path / "rooms" / name).mkdir(parents=True)
        (tmp_path / "rooms" / name / "room.sqlite").write_bytes(content)
    with Served(tmp_path / "rooms") as school:
        page = school.teacher().get("/teacher").text
        assert "2026-01-01-broken" in page
        assert "2026-01-02-empty" not in page
        assert school.teacher().open()


def test_a_full_disk_loses_nothing_and_says_so(tmp_path, monkeypatch):
    with Served(tmp_path / "rooms") as school:
        teacher, ann = school.teacher(), school.pupil()
        ann.join(teacher.open(), "india")
        teacher.next()
        teacher.next()
        ann.save(**{"stance.china": "support"})
        room = school.house.rooms[teacher.room]

        def full(*_, **__):
            raise Unkept("the disk of the server takes no more")

        monkeypatch.setattr(room.store, "draft", full)
        refused = ann.save(**{"stance.china": "oppose"})
        assert refused.status_code == 507
        assert "stays in your browser" in refused.text
        monkeypatch.undo()
        assert 'value="support" selected' in ann.page


def test_a_round_heard_while_the_disk_is_full_is_taken_up_once_it_is_not(tmp_path, monkeypatch):
    with Served(tmp_path / "rooms") as school:
        teacher, room = handed_in(school)
        tried = []
        answer = room.table.answer

        def full(*_, **__):
            tried.append(room.state.stage)
            raise Unkept("the disk of the server takes no more")

        def answered(answers):
            monkeypatch.setattr(room.store, "save", full)
            answer(answers)

        monkeypatch.setattr(room.table, "answer", answered)
        teacher.do("next")
        teacher.do("now")
        until(lambda: len(tried) > 1 and room.table.complete(1))
        assert room.state.stage == "write"
        monkeypatch.undo()
        until(lambda: room.state.stage == "hear")
        assert "round 1 is heard" in [what for _, what in room.store.log()]


def test_ctrl_c_ends_at_once_with_streams_open(server):
    teacher, ann = Teacher(server.base).enter(server.link), Pupil(server.base)
    ann.join(teacher.open(), "india")
    with ann.http.stream("GET", "/events") as reply:
        next(reply.iter_lines())
        assert server.stop() == 0
    for person in (teacher, ann):
        person.http.close()
