"""A lesson over HTTP: from the lobby to the debrief, with what each person may see at each step."""

import csv
import io
import json
import re
import subprocess
import sys
import time

import pytest
from classes import PLACES, ROOT, Process, Served, until

from simulation import records
from simulation.classroom.browsers import Forms, form
from simulation.classroom.room import RUNS
from simulation.statement import HUMAN, STAND_IN


@pytest.fixture
def school(tmp_path, database):
    with Served(tmp_path / "rooms", database=database) as found:
        yield found


def seated(school, **setup):
    """A teacher, two students of one seat and one of another, and the code of the room."""
    teacher = school.teacher()
    code = teacher.open(**setup)
    ann, bob, eve = school.pupil(), school.pupil(), school.pupil()
    assert ann.join(code, "india").url.path == "/seat"
    assert bob.join(code, "india").url.path == "/seat"
    assert eve.join(code, "japan").url.path == "/seat"
    return teacher, ann, bob, eve, code


def marked(pupil, choice="keep"):
    return pupil.send(**{k: choice for k in pupil.paper.choices if k.startswith("mark.")})


def to_writing(teacher):
    for _ in range(3):
        teacher.next()


@pytest.fixture(scope="module")
def lesson(tmp_path_factory, database):
    """A whole lesson on a proposal that has a history; the pages as they were at the end."""
    with Served(tmp_path_factory.mktemp("lesson") / "rooms", database=database) as school:
        places = {
            "places.japan": "1",
            "places.india": "2",
            "places.china": "0",
            "places.eu": "0",
            "places.australia": "0",
        }
        teacher, ann, bob, eve, _ = seated(school, scenario="aukus-2021", **places)
        teacher.next()
        teacher.next()
        ann.predict("neutral", "95")
        bob.predict("support", "60")
        eve.predict("strongly_oppose", "40")
        teacher.next()
        first = {
            "argument.1.provision": "p1",
            "argument.1.side": "against",
            "argument.1.claim": "Nobody asked the region.",
        }
        assert ann.write(stance="neutral", pct=20, **first).status_code == 200
        assert bob.write(stance="oppose", pct=-45).status_code == 200
        assert eve.write(stance="support", pct=45).status_code == 200
        teacher.next()
        heard = ann.page
        teacher.next()
        assert ann.write(stance="neutral", pct=-20, **{"because.p1": "JPN-1"}).status_code == 200
        assert eve.write(stance="support", pct=80).status_code == 200
        teacher.next(late="wait")
        teacher.next()
        for pupil in (ann, eve):
            marked(pupil)
        marked(bob, "drop")
        teacher.next()
        ann.send(vote="yes")
        bob.send(vote="no", **{"reason.vote": "Not like this."})
        eve.send(vote="yes")
        teacher.next()
        until(lambda: "Three questions" in ann.page)
        room = next(iter(school.house.rooms.values()))
        exports = {n: teacher.export(n) for n in ("debrief.html", "rubric.html", "assessment.html", "papers.csv",
                   "predictions.csv", "votes.csv", "stances.csv", "log.csv")}  # fmt: skip
        yield {
            "ann": ann, "heard": heard, "page": ann.page, "teacher": teacher, "room": room, "exports": exports,
            "run": records.load(room.folder / RUNS / room.state.run), "school": school,
        }  # fmt: skip


def test_a_lesson_goes_from_the_lobby_to_the_debrief(lesson):
    steps = [what for _, what in lesson["room"].store.log() if what.startswith("next: ") or "is heard" in what]
    assert steps == [
        "next: brief", "next: predict", "next: write 1", "round 1 is heard", "next: write 2", "round 2 is heard",
        "next: mark", "next: vote", "next: debrief",
    ]  # fmt: skip


def test_students_who_share_a_seat_speak_with_the_median_and_the_stance_most_chose(lesson):
    said = lesson["run"].transcript.of("IND")[0]
    assert said.engine == HUMAN
    assert said.stance in (0, -1)
    assert {round(100 * v.position) for v in said.views} == {-12}
    assert "IND-1.1" in lesson["heard"]
    assert "Nobody asked the region." in lesson["heard"]


def test_one_paper_of_a_shared_seat_is_enough(lesson):
    assert {round(100 * v.position) for v in lesson["run"].transcript.of("IND")[1].views} == {-20}


def test_a_student_who_names_a_statement_as_the_cause_is_told_of_in_the_debrief(lesson):
    page = re.sub(r"<[^>]+>", "", lesson["page"])
    assert "after JPN-1" in page
    assert "Statements named as the cause of a move" in page


def test_the_debrief_sets_students_beside_the_dossier_analyst_and_the_documented_reaction(lesson):
    page = lesson["page"]
    rows = re.findall(r'<tr><th scope="row">India.*?</tr>', page, re.DOTALL)
    assert "students" in rows[0]
    assert "Foreign Secretary Shringla said India is not party" in rows[0]
    assert re.search(r'data-label="Dossier analyst" class="s-?\d"', rows[0])


def test_predictions_are_scored_against_what_happened_and_ranked(lesson):
    rows = list(csv.DictReader(io.StringIO(lesson["exports"]["predictions.csv"].text)))
    assert {r["against"] for r in rows} == {"what it did"}
    india = {r["handle"]: float(r["brier"]) for r in rows if r["country"] == "india"}
    assert india["Delegate 1"] == pytest.approx(0.05**2 + 4 * 0.0125**2, abs=1e-3)
    assert india["Delegate 2"] == pytest.approx(0.6**2 + 0.9**2 + 3 * 0.1**2, abs=1e-3)
    assert "Your predictions" in lesson["page"]
    assert "(you)" not in lesson["exports"]["debrief.html"].text


def test_the_package_is_voted_on_by_seat_and_a_tie_within_a_seat_abstains(lesson):
    page = lesson["page"]
    row = re.search(r'<tr><th scope="row">India</th><td data-label="Vote">(.*?)</td>', page, re.DOTALL)[1]
    assert row.startswith("abstain")
    assert "1 yes, 1 no" in row
    assert "What would have passed, by the dossiers" in page


def test_there_are_three_questions_from_the_real_disagreements(lesson):
    found = re.search(r"Three questions</h2>\s*<ol>(.*?)</ol>", lesson["page"], re.DOTALL)[1]
    assert found.count("<li>") == 3
    assert "the students stand at" in found
    assert "ended with" in found
    assert "expected something else of" in found


def test_exports_are_tables_and_pages_that_ask_for_nothing(lesson):
    for name, reply in lesson["exports"].items():
        assert reply.status_code == 200, name
    page = lesson["exports"]["debrief.html"].text
    assert "<script" not in page
    assert "http-equiv" in page
    assert not re.search(r'(src|href)="', page)
    papers = list(csv.DictReader(io.StringIO(lesson["exports"]["papers.csv"].text)))
    assert {(r["handle"], r["round"]) for r in papers} == {
        ("Delegate 1", "1"), ("Delegate 2", "1"), ("Delegate 3", "1"), ("Delegate 1", "2"), ("Delegate 3", "2"),
    }  # fmt: skip
    votes = list(csv.DictReader(io.StringIO(lesson["exports"]["votes.csv"].text)))
    assert ("Delegate 2", "no", "Not like this.") in {(r["handle"], r["choice"], r["reason"]) for r in votes}


def test_the_rubric_hides_names(lesson):
    page = lesson["exports"]["rubric.html"].text
    assert "Nobody asked the region." in page
    assert "Delegate" not in page


def test_the_debate_of_a_lesson_is_a_run_like_any_other(lesson, communique):
    room = lesson["room"]
    done = communique("verify", str(room.folder / RUNS / room.state.run))
    assert done.status == 0, done.out + done.err


def test_a_student_is_deleted_with_every_sentence_and_the_figures_stay(lesson):
    teacher, room, school = lesson["teacher"], lesson["room"], lesson["school"]
    listed = teacher.get(f"/teacher/{room.id}/students").text
    found = next(f for f in Forms(listed).found if f.values.get("student") == "1")
    before = lesson["run"].transcript.of("IND")[0]
    assert teacher.post(found).status_code == 200
    assert lesson["ann"].get("/seat").status_code == 403
    text = b"".join(p.read_bytes() for p in room.folder.rglob("*") if p.is_file() and "sqlite" not in p.name)
    assert b"Nobody asked the region." not in text
    stored = b"".join(p.read_bytes() for p in room.folder.rglob("room.sqlite*"))
    assert b"Nobody asked the region." not in stored
    after = records.load(room.folder / RUNS / room.state.run).transcript.of("IND")[0]
    assert after.views == before.views
    assert "Nobody asked the region." not in teacher.export("debrief.html").text
    assert len(school.house.rooms[room.id].students()) == 2


def test_a_reason_that_became_an_argument_goes_too_and_the_record_stays_true(school, communique):
    teacher, ann = school.teacher(), school.pupil()
    ann.join(teacher.open(rounds="1"), "india")
    to_writing(teacher)
    first = "This sentence of mine must be found nowhere once I have asked for it to be deleted."
    long = f"{first} It is followed by another one, so that an argument made of it holds the first one only."
    assert ann.write(pct=20, stance="neutral", **{"reason.supply_chains": long}).status_code == 200
    listed = teacher.get(f"/teacher/{teacher.room}/students").text
    found = next(f for f in Forms(listed).found if f.values.get("student") == "1")
    teacher.next()
    room = school.house.rooms[teacher.room]
    assert first in ann.page
    until(lambda: room.table.run)
    assert teacher.post(found).status_code == 200
    kept = b"".join(p.read_bytes() for p in room.folder.rglob("*") if p.is_file())
    assert first.encode() not in kept
    done = communique("verify", str(room.folder / RUNS / room.state.run))
    assert done.status == 0, done.out + done.err


def test_a_student_whose_words_are_being_answered_is_deleted_after_the_last_round(school):
    teacher, ann, _, eve, _ = seated(school)
    to_writing(teacher)
    ann.write()
    eve.write()
    teacher.next()
    listed = teacher.get(f"/teacher/{teacher.room}/students").text
    found = next(f for f in Forms(listed).found if f.values.get("student") == "1")
    refused = teacher.post(found)
    assert refused.status_code == 409
    assert "still answering" in refused.text
    assert ann.get("/seat").status_code == 200


def test_a_closed_room_still_shows_its_debrief_after_a_restart(tmp_path, database):
    with Served(tmp_path / "rooms", database=database) as school:
        teacher, ann = school.teacher(), school.pupil()
        ann.join(teacher.open(rounds="1"), "india")
        to_writing(teacher)
        ann.write(pct=20, stance="neutral")
        for _ in range(4):
            teacher.next()
        teacher.do("close")
        teacher.do("now")
        name, seat, desk = teacher.room, dict(ann.http.cookies), dict(teacher.http.cookies)
    with Served(tmp_path / "rooms", database=database) as school:
        assert school.house.rooms[name].table is None
        ann, teacher = school.pupil(), school.stranger()
        ann.http.cookies.update(seat)
        teacher.http.cookies.update(desk)
        until(lambda: "Three questions" in ann.page)
        assert "The room is closed" in ann.page
        assert teacher.get(f"/teacher/{name}/export/debrief.html").status_code == 200
        assert form(ann.page, "/seat/send") is None


def test_two_servers_do_not_share_a_folder(tmp_path, communique):
    room = Process(tmp_path / "rooms").start()
    try:
        done = communique("classroom", "--port", "0", "--folder", str(tmp_path / "rooms"))
        assert done.status == 2
        assert "E141" in done.err
    finally:
        assert room.stop() == 0


def test_a_missing_package_is_named_with_the_line_that_installs_it():
    program = "import sys; sys.modules['uvicorn'] = None; from simulation.cli import main; main(['classroom'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "E178" in done.stderr
    assert 'pip install "communique[classroom]"' in done.stderr


def test_nothing_of_a_round_is_seen_before_it_is_revealed(school):
    teacher, ann, bob, eve, _ = seated(school)
    to_writing(teacher)
    eve.write(headline="The sentence nobody may see yet.")
    ann.write()
    for page in (ann.page, bob.page, teacher.get(f"/teacher/{teacher.room}/screen/whole").text):
        assert "The sentence nobody may see yet." not in page
        assert "CHN-1" not in page
    teacher.next()
    for page in (ann.page, bob.page, teacher.get(f"/teacher/{teacher.room}/screen/whole").text):
        assert "The sentence nobody may see yet." in page


def test_a_seat_that_is_missing_waits_for_the_teachers_choice(school):
    teacher, ann, _, eve, _ = seated(school)
    to_writing(teacher)
    ann.write()
    refused = teacher.do("next")
    assert refused.status_code == 422
    assert "nothing was submitted by Japan" in refused.text
    assert eve.paper
    teacher.next(late="stand_in")
    assert "stand-in: the dossier analyst" in eve.page
    room = school.house.rooms[teacher.room]
    said = {s.code: s.engine for s in room.table.said(1)}
    assert said["JPN"] == STAND_IN
    assert said["IND"] == HUMAN


def test_a_saved_draft_is_taken_where_the_teacher_says_so_and_an_empty_seat_stays_silent(school):
    teacher, ann, _, eve, _ = seated(school)
    to_writing(teacher)
    assert eve.save(**eve.written(headline="Saved and never sent.")).status_code == 204
    assert ann.save(headline="Only a beginning.").status_code == 204
    teacher.next(late="draft")
    page = eve.page
    assert "Saved and never sent." in page
    assert "Silent in this round: the delegation submitted nothing in time" in page
    assert "Only a beginning." not in page


def test_a_stand_in_can_be_named_before_the_reveal_and_taken_back(school):
    teacher, ann, _, _, _ = seated(school)
    to_writing(teacher)
    ann.write()
    assert "No stand-in" in teacher.do("stand_in", country="japan").text
    teacher.do("stand_in", country="japan")
    assert teacher.do("next").status_code == 422
    teacher.do("stand_in", country="japan")
    teacher.next()
    assert "stand-in" in ann.page


def test_a_paper_with_mistakes_is_sent_back_with_all_of_them_and_its_text(school):
    teacher, ann, _, _, _ = seated(school)
    to_writing(teacher)
    reply = ann.send(headline="Half a paper.", stance="support")
    assert reply.status_code == 422
    assert "Say where you stand on mutual protection." in reply.text
    assert "Give a reason for where you stand on deterrence" in reply.text
    assert "Half a paper." in reply.text
    clash = ann.write(stance="strongly_support", pct=-80)
    assert clash.status_code == 422
    assert "change the stance or the positions" in clash.text
    assert "Half a paper." not in ann.page
    assert ann.paper.values["headline"] == "We have read it and this is our answer."


def test_a_submitted_paper_can_be_taken_back_until_the_reveal(school):
    teacher, ann, _, _, _ = seated(school)
    to_writing(teacher)
    paper = ann.paper
    ann.write()
    late = ann.http.post("/seat/save", data={**paper.values, "headline": "Written over."})
    assert late.status_code == 409
    back = form(ann.page, "/seat/back")
    ann.post(back)
    assert ann.paper.values["headline"] == "We have read it and this is our answer."


def test_the_second_round_begins_with_ones_own_positions_and_offers_the_others_arguments(school):
    teacher, ann, _, eve, _ = seated(school)
    to_writing(teacher)
    ann.write(pct=20, stance="neutral")
    eve.write()
    teacher.next()
    teacher.next()
    page = until(lambda: form(ann.page, "/seat/send") and ann.page)
    assert re.search(r'name="position.mutual_protection" value="20" checked', page)
    paper = ann.paper
    assert any(choice.startswith("CHN-1.") for choice in paper.choices["answer.1.argument"])
    argument = next(c for c in paper.choices["answer.1.argument"] if c.startswith("CHN-1."))
    answer = {"answer.1.argument": argument, "answer.1.tone": "rebuts", "answer.1.text": "We read it otherwise."}
    assert ann.write(pct=20, stance="neutral", **answer).status_code == 200
    eve.write()
    teacher.next()
    assert f"Rebuts {argument}" in re.sub(r"<[^>]+>", "", eve.page)


def test_a_hidden_statement_is_hidden_from_everybody_and_logged(school):
    teacher, ann, _, eve, _ = seated(school)
    to_writing(teacher)
    eve.write(headline="Something that should not stand.")
    ann.write()
    teacher.next()
    teacher.do("hide", statement="JPN-1")
    for page in (ann.page, eve.page, teacher.get(f"/teacher/{teacher.room}/screen/whole").text):
        assert "Something that should not stand." not in page
    teacher.do("hide", statement="JPN-1")
    assert "Something that should not stand." in ann.page
    assert "hidden: JPN-1" in teacher.export("log.csv").text


def test_a_step_pressed_on_a_page_that_is_out_of_date_is_not_taken(tmp_path):
    with Served(tmp_path / "rooms") as school:
        teacher = school.teacher()
        teacher.open()
        assert 'name="at" value="lobby:0"' in teacher.page
        teacher.next(at="lobby:0")
        now = re.search(r'data-key="([^"]*)"', teacher.page)[1]
        refused = teacher.do("next", at="lobby:0")
        assert "the room has gone on" in refused.text
        teacher.do("now")
        assert f'data-key="{now}"' in teacher.page


def test_a_step_can_be_undone_for_a_while_and_falls_due_after_that(tmp_path):
    now = [1_800_000_000.0]
    with Served(tmp_path / "rooms", clock=lambda: now[0]) as school:
        teacher = school.teacher()
        teacher.open()
        teacher.do("next")
        assert "Going on" in teacher.page
        teacher.do("undo")
        now[0] += 60
        time.sleep(0.6)
        assert 'data-key="lobby:0"' in teacher.page
        teacher.do("next")
        now[0] += 9
        time.sleep(0.6)
        assert 'data-key="lobby:0"' in teacher.page
        now[0] += 2
        until(lambda: 'data-key="brief:0"' in teacher.page)


def test_the_clock_stops_extends_and_never_submits_silently(tmp_path):
    now = [1_800_000_000.0]
    with Served(tmp_path / "rooms", clock=lambda: now[0]) as school:
        teacher, ann, _, _, _ = seated(school, **{"minutes.write": "5"})
        to_writing(teacher)
        ann.save(headline="Not sent.")
        assert "5:00" in ann.page
        teacher.do("extend", seconds="60")
        assert "6:00" in ann.page
        teacher.do("pause")
        now[0] += 300
        assert "6:00" in ann.page
        teacher.do("pause")
        now[0] += 361
        time.sleep(0.6)
        assert "time is up" in ann.page
        assert 'data-key="write:1"' in teacher.page
        assert ann.paper.values["headline"] == "Not sent."


def test_a_clock_that_ends_does_what_the_teacher_chose_beforehand(tmp_path):
    now = [1_800_000_000.0]
    with Served(tmp_path / "rooms", clock=lambda: now[0]) as school:
        teacher, ann, _, _, _ = seated(school, late="stand_in", **{"minutes.write": "1"})
        to_writing(teacher)
        until(lambda: form(ann.page, "/seat/send"))
        now[0] += 61
        until(lambda: "Going on" in teacher.page)
        now[0] += 11
        until(lambda: 'data-key="hear:1"' in teacher.page)
        assert ann.page.count("stand-in: the dossier analyst") == 2


def test_an_event_is_told_in_its_round_and_not_before(school):
    teacher, ann, _, eve, _ = seated(school)
    teacher.do("event", text="Beijing announces exercises", round="2")
    to_writing(teacher)
    assert "Beijing announces exercises" not in ann.page
    ann.write()
    eve.write()
    teacher.next()
    teacher.next()
    until(lambda: form(ann.page, "/seat/send"))
    assert "Beijing announces exercises" in ann.page
    assert "Beijing announces exercises" in teacher.get(f"/teacher/{teacher.room}/screen/whole").text
    teacher.do("drop_event", which="0")
    assert "Beijing announces exercises" not in ann.page


def test_seats_nobody_took_are_played_by_their_dossiers_and_said_to_be(school):
    teacher = school.teacher()
    code = teacher.open()
    ann = school.pupil()
    ann.join(code, "india")
    to_writing(teacher)
    assert "played by its dossier" in teacher.page
    late = school.pupil()
    refused = late.join(code, "japan")
    assert refused.status_code == 422
    assert late.join(code, "india").status_code == 200


def test_a_room_without_students_does_not_begin(school):
    teacher = school.teacher()
    teacher.open()
    teacher.next()
    teacher.next()
    teacher.do("next")
    assert "no student has taken a seat" in teacher.do("now").text


def test_places_are_counted_and_given_where_the_teacher_gives_them(school):
    teacher = school.teacher()
    code = teacher.open(choose="given")
    pages = []
    for _ in range(3):
        pupil = school.pupil()
        pages.append(pupil.join(code).text)
    assert sum("speak for India" in p for p in pages) == 2
    assert sum("speak for Japan" in p for p in pages) == 1
    assert school.pupil().join(code).status_code == 409


def test_own_handles_are_made_up_names_each_once(school):
    teacher = school.teacher()
    code = teacher.open(handles="own")
    assert "Falcon" in school.pupil().join(code, "india", "Falcon").text
    assert school.pupil().join(code, "india", " falcon ").status_code == 409
    assert school.pupil().join(code, "india", "x").status_code == 422


def test_a_student_comes_back_on_another_device_and_the_old_one_is_out(school):
    _, ann, _, _, code = seated(school)
    own = re.search(r"another device: <b>([A-Z0-9-]+)</b>", ann.page)[1]
    phone = school.pupil()
    found = form(phone.get("/rejoin").text, "/rejoin")
    assert phone.post(found, code=code, rejoin=own.lower()).url.path == "/seat"
    assert "Delegate 1" in phone.page
    assert ann.get("/seat").status_code == 403
    again = school.pupil()
    found = form(again.get("/rejoin").text, "/rejoin")
    assert again.post(found, code=code, rejoin=own).status_code == 404


def test_a_scenario_of_ones_own_is_pasted_and_its_mistakes_are_shown(school, scenario_file):
    teacher = school.teacher()
    text = scenario_file(("title: Takaichi's call for a quasi-security alliance", "title: Our own text")).read_text()
    teacher.open(text=text, **PLACES)
    assert "Our own text" in teacher.page
    home = form(teacher.get("/teacher").text, "/teacher/prepare")
    reply = teacher.post(home, text=text.replace("weight: 1.0", "weight: 7"))
    assert reply.status_code == 422
    assert re.search(r"upload:\d+:\d+", reply.text)
    assert teacher.post(home, text="title: [").status_code == 422


def test_a_room_is_deleted_with_its_folder_when_its_code_is_typed(school):
    teacher, ann, _, _, code = seated(school)
    listed = teacher.get(f"/teacher/{teacher.room}/students").text
    found = next(f for f in Forms(listed).found if f.values.get("do") == "purge")
    assert teacher.post(found, code="WRONG1").status_code == 422
    assert (school.folder / teacher.room).is_dir()
    assert teacher.post(found, code=code).url.path == "/teacher"
    assert not (school.folder / teacher.room).exists()
    assert ann.get("/seat").status_code == 403


def test_streams_tell_of_changes_in_order(school):
    teacher, ann, _, _, _ = seated(school)
    versions = []
    with ann.http.stream("GET", "/events") as reply:
        lines = reply.iter_lines()
        versions.append(json.loads(next(x for x in lines if x.startswith("data: "))[6:])["v"])
        for _ in range(3):
            teacher.do("extend", seconds="60")
            message = json.loads(next(x for x in lines if x.startswith("data: "))[6:])
            assert message["topic"] == "room"
            versions.append(message["v"])
    assert versions == sorted(set(versions))


def test_bots_rehearse_a_whole_lesson_by_the_command(tmp_path, communique):
    room = Process(tmp_path / "rooms").start()
    try:
        options = ["--students", "6", "--rounds", "1", "--pace", "0.2", "--scenario", "takaichi_coalition"]
        done = communique("classroom", "bots", *options, "--teacher", room.base + room.link)
        assert done.status == 0, done.out + done.err
        assert "6 students played a lesson to the debrief" in done.out
        assert "out of order: 0" in done.out
    finally:
        assert room.stop() == 0


def test_a_port_that_is_taken_and_a_scenario_that_is_not_there_are_said_so(school, communique):
    done = communique("classroom", "--port", str(school.port))
    assert done.status == 2
    assert "E180" in done.err
    done = communique("classroom", "--scenario", "takaichi_coalitoin")
    assert done.status == 2
    assert 'did you mean "takaichi_coalition"' in done.err


def test_a_folder_that_cannot_be_one_is_said_so(communique, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = communique("classroom", "--port", "0", "--folder", str(tmp_path / "file"))
    assert done.status == 2
    assert "E181" in done.err


def test_the_bots_say_when_nobody_answers_or_the_link_is_wrong(school, communique):
    assert "E185" in communique("classroom", "bots", "--teacher", "http://127.0.0.1:9/teach/x").err
    assert "E185" in communique("classroom", "bots", "--teacher", f"{school.base}/teach/wrong").err
