"""A whole lesson in Chromium: a teacher and five students; `make test-browser` installs what this needs.

AXE names axe.min.js of axe-core, SHOTS a folder for pictures of the main pages in both sizes.
"""

import os
import re
from pathlib import Path

import pytest
from classes import Process

pytestmark = pytest.mark.browser
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1366, "height": 860}
ROOM = re.compile(r"/teacher/\d{4}-\d\d-\d\d-\w+$")
SEATS = ("India", "India", "Japan", "China", "Australia")


@pytest.fixture
def server(tmp_path):
    found = Process(tmp_path / "rooms", "--undo", "60").start()
    yield found
    found.stop()


class People:
    """Pages of several people, with what went wrong in any of them."""

    def __init__(self, browser, server):
        self._browser, self._server = browser, server
        self.wrong, self.contexts = [], []

    def page(self, viewport):
        context = self._browser.new_context(viewport=viewport)
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        shown = context.new_page()
        shown.on("pageerror", lambda error: self.wrong.append(str(error)))
        shown.on("console", lambda m: self.wrong.append(m.text) if "Content Security" in m.text else None)
        shown.on("request", lambda r: self.wrong.append(r.url) if not r.url.startswith(self._server.base) else None)
        return shown

    def shot(self, page, name):
        """Look at a page: with axe-core where AXE names it, and as pictures where SHOTS names a folder."""
        if script := os.environ.get("AXE"):
            page.evaluate(Path(script).read_text(encoding="utf-8"))
            found = page.evaluate("axe.run()")["violations"]
            serious = [v for v in found if v["impact"] in ("serious", "critical")]
            self.wrong += [f"{name}: {v['id']} {v['nodes'][0]['html'][:160]}" for v in serious]
        if folder := os.environ.get("SHOTS"):
            held = page.viewport_size
            for size, view in (("phone", PHONE), ("desk", DESK)):
                page.set_viewport_size(view)
                page.screenshot(path=str(Path(folder) / f"{name}_{size}.png"), full_page=True)
            page.set_viewport_size(held)


@pytest.fixture
def people(browser, server):
    found = People(browser, server)
    yield found
    for context in found.contexts:
        context.close()
    assert found.wrong == []


def opened(people, server):
    """A teacher's page with an open room, and the code."""
    teacher = people.page(DESK)
    teacher.goto(server.base + server.link)
    people.shot(teacher, "teacher_home")
    teacher.get_by_role("button", name="Go on").click()
    for name in ("India", "Japan", "China", "Australia"):
        teacher.get_by_label(name, exact=True).fill("2")
    teacher.get_by_label("The EU", exact=True).fill("0")
    people.shot(teacher, "teacher_setup")
    teacher.get_by_role("button", name="Open the room").click()
    teacher.wait_for_url(ROOM)
    code = re.search(r"room ([A-Z0-9]{6})", teacher.content())[1]
    return teacher, code


def step(teacher, name="Go on"):
    """The next step, without waiting for the undo to run out."""
    teacher.get_by_role("button", name=name, exact=False).first.click()
    teacher.get_by_role("button", name="Now", exact=True).click()


def heading(page, text):
    from playwright.sync_api import expect

    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def fill(page, word, stance, sentence):
    """Every box of a writing form, as a thumb and a keyboard would."""
    for group in page.get_by_role("radiogroup", name="Where you stand").all():
        group.get_by_text(word, exact=True).click()
    for box in page.locator("textarea[name^='reason.']").all():
        if not box.input_value():
            box.fill("Our interests and our law point this way.")
    page.locator("fieldset", has=page.locator("#headline")).get_by_text(stance, exact=True).click()
    page.locator("#headline").fill(sentence)


def test_a_teacher_and_five_students_play_a_whole_lesson(people, server):
    lesson = joining(people, server)
    for act in (predicting, crashing, first_round, second_round, ending):
        act(people, server, *lesson)


def joining(people, server):
    """Five students take seats; the teacher's page and the wall see them come."""
    from playwright.sync_api import expect

    teacher, code = opened(people, server)
    wall = people.page(DESK)
    wall.context.add_cookies(teacher.context.cookies())
    room = teacher.url.rpartition("/")[2]
    wall.goto(f"{server.base}/teacher/{room}/screen/whole")
    people.shot(wall, "projector_lobby")
    pupils = []
    for seat in SEATS:
        page = people.page(PHONE)
        page.goto(server.base)
        page.get_by_label("The code on the board").fill(code.lower())
        page.get_by_role("button", name="Go on").click()
        if not pupils:
            people.shot(page, "student_door")
        page.get_by_text(seat, exact=False).first.click()
        page.get_by_role("button", name="Take the seat").click()
        expect(page.get_by_text(f"You speak for {seat}", exact=False)).to_be_visible()
        pupils.append(page)
    people.shot(pupils[0], "student_lobby")
    expect(teacher.get_by_text("5 of 5 here")).to_be_visible()
    expect(wall.get_by_text("5 students are here")).to_be_visible()
    return teacher, wall, pupils


def predicting(people, server, teacher, wall, pupils):
    """The brief, and predictions."""
    from playwright.sync_api import expect

    ann = pupils[0]
    step(teacher)
    for page in pupils:
        expect(page.get_by_role("heading", level=1)).to_contain_text("You speak for")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    people.shot(ann, "student_brief")
    step(teacher)
    for page in pupils:
        heading(page, "What will every country do?")
        for country in ("japan", "china", "india", "eu", "australia"):
            page.locator(f"[name='stance.{country}']").select_option("support")
            page.locator(f"[name='sure.{country}']").select_option("60")
    people.shot(ann, "student_predict")
    for page in pupils:
        page.get_by_role("button", name="Submit predictions").click()
        expect(page.get_by_text("Submitted.")).to_be_visible()
    expect(teacher.get_by_text("5 of 5 submitted")).to_be_visible()


def crashing(people, server, teacher, wall, pupils):
    """A draft survives a reload and the server's death; a stream that was cut comes back."""
    from playwright.sync_api import expect

    ann, bob, eve, kim, zoe = pupils
    step(teacher)
    for page in pupils:
        expect(page.get_by_role("heading", level=1)).to_contain_text("speaks")
        expect(page.get_by_role("button", name="Submit for")).to_be_visible()
    ann.locator("#headline").fill("A sentence that was not sent yet.")
    ann.locator("#headline").blur()
    expect(ann.locator("#saved")).to_have_text("saved")
    ann.reload()
    expect(ann.locator("#headline")).to_have_value("A sentence that was not sent yet.")
    fill(kim, "rejected", "strongly oppose", "China rejects the call.")
    kim.get_by_role("button", name="Submit for").click()
    expect(kim.get_by_text("Submitted.")).to_be_visible()

    zoe.context.set_offline(True)
    zoe.locator("#headline").fill("Written on a train without a signal.")
    zoe.locator("#headline").blur()
    expect(zoe.locator("#connection")).to_be_visible()
    eve.locator("#headline").press_sequentially("Typed while the server dies")
    server.kill()
    eve.locator("#headline").press_sequentially(", and after it.")
    fill(bob, "acceptable", "support", "India joins, on its own terms.")
    bob.get_by_role("button", name="Submit for").click()
    expect(bob.locator("#connection")).to_be_visible()
    people.shot(bob, "student_no_connection")
    server.start()
    zoe.context.set_offline(False)
    expect(bob.get_by_text("Submitted.")).to_be_visible()
    expect(zoe.locator("#saved")).to_have_text("saved")
    expect(eve.locator("#connection")).to_be_hidden()
    expect(eve.locator("#headline")).to_have_value("Typed while the server dies, and after it.")
    eve.reload()
    expect(eve.locator("#headline")).to_have_value("Typed while the server dies, and after it.")


def first_round(people, server, teacher, wall, pupils):
    """A card of the brief becomes a reason, with its document; everybody is heard at one time."""
    from playwright.sync_api import expect

    ann, _, eve, _, zoe = pupils
    card = ann.locator("details[id^='cards-']").first
    card.locator("summary").click()
    card.get_by_role("button", name="Use as my reason").first.click()
    expect(ann.locator("[data-cites^='sources.']").first).to_contain_text("rests on")
    for page, sentence in ((ann, "India will talk, not join."), (eve, "Japan joins."), (zoe, "Australia joins.")):
        word, stance = ("acceptable", "support") if page is not ann else ("tolerable", "stand aside")
        fill(page, word, stance, sentence)
    people.shot(ann, "student_write")
    people.shot(teacher, "teacher_live")
    people.shot(wall, "projector_write")
    teacher.get_by_placeholder("Beijing announces exercises").fill("Beijing announces exercises")
    teacher.get_by_role("button", name="Add").click()
    for page in (ann, eve, zoe):
        expect(page.get_by_text("Beijing announces exercises")).to_be_visible()
        page.get_by_role("button", name="Submit for").click()
        expect(page.get_by_text("Submitted.")).to_be_visible()
    expect(teacher.get_by_text("Every delegation has submitted")).to_be_visible()
    teacher.get_by_role("button", name="Reveal round 1").click()
    expect(teacher.get_by_role("button", name="Undo")).to_be_visible()
    teacher.get_by_role("button", name="Undo").click()
    expect(teacher.get_by_role("button", name="Reveal round 1")).to_be_visible()
    step(teacher, "Reveal round 1")
    for page in pupils:
        heading(page, "Hear the table")
        expect(page.get_by_text("China rejects the call.")).to_be_visible()
    people.shot(ann, "student_hear")
    people.shot(wall, "projector_hear")
    people.shot(teacher, "teacher_hear")


def second_round(people, server, teacher, wall, pupils):
    """An answer by name; one seat is missing, and the dossier analyst stands in."""
    from playwright.sync_api import expect

    ann, _, _, kim, zoe = pupils
    step(teacher)
    for page in (ann, kim, zoe):
        expect(page.get_by_role("button", name="Submit for")).to_be_visible()
        fill(page, {ann: "tolerable", kim: "rejected", zoe: "welcome"}[page],
             {ann: "stand aside", kim: "strongly oppose", zoe: "support"}[page], "We have heard you.")  # fmt: skip
    answered = ann.locator("[name='answer.1.argument'] option", has_text="CHN-1.").first.get_attribute("value")
    ann.locator("[name='answer.1.argument']").select_option(answered)
    ann.get_by_role("radiogroup", name="What you do with it").first.get_by_text("rebut it").click()
    ann.locator("[name='answer.1.text']").fill("The region reads it otherwise.")
    people.shot(ann, "student_write_2")
    for page in (ann, kim, zoe):
        page.get_by_role("button", name="Submit for").click()
        expect(page.get_by_text("Submitted.")).to_be_visible()
    expect(teacher.get_by_text("Not submitted: Japan")).to_be_visible()
    teacher.get_by_label("Their seats").select_option("stand_in")
    step(teacher, "Reveal round 2")
    for page in pupils:
        heading(page, "Hear the table")
        expect(page.get_by_text("The region reads it otherwise.")).to_be_visible()
        expect(page.get_by_text("stand-in: the dossier analyst")).to_be_visible()


def ending(people, server, teacher, wall, pupils):
    """Marks, the vote, the debrief."""
    from playwright.sync_api import expect

    ann = pupils[0]
    step(teacher)
    for page in pupils:
        heading(page, "Mark the text")
        for provision in page.locator("fieldset").all():
            provision.locator("input[type=radio]").first.check()
    people.shot(ann, "student_mark")
    for page in pupils:
        page.get_by_role("button", name="Submit marks").click()
        expect(page.get_by_text("Submitted.")).to_be_visible()
    step(teacher)
    for page in pupils:
        page.get_by_text("sign", exact=True).click()
    people.shot(ann, "student_vote")
    for page in pupils:
        page.get_by_role("button", name="Vote").click()
        expect(page.get_by_text("Submitted.")).to_be_visible()
    step(teacher)
    for page in pupils:
        expect(page.get_by_role("heading", name="Three questions")).to_be_visible()
        expect(page.get_by_text("Your predictions:")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    people.shot(ann, "student_debrief")
    expect(wall.get_by_role("heading", name="seats sign the package")).to_be_visible()
    people.shot(wall, "projector_debrief")
    people.shot(teacher, "teacher_debrief")


def test_the_box_somebody_types_in_is_never_redrawn(people, server):
    from playwright.sync_api import expect

    teacher, code = opened(people, server)
    page = people.page(PHONE)
    page.goto(f"{server.base}/j/{code}")
    page.get_by_text("India", exact=False).first.click()
    page.get_by_role("button", name="Take the seat").click()
    for _ in range(3):
        step(teacher)
    box = page.locator("#headline")
    box.press_sequentially("Half a sent")
    box.evaluate("e => { e.dataset.mine = 'yes'; e.setSelectionRange(4, 4); }")
    for seconds in ("+1 min", "+5 min"):
        teacher.get_by_role("button", name=seconds).click()
    expect(page.locator("#clock")).to_have_text(re.compile(r"1[34]:\d\d"))
    page.wait_for_timeout(3500)
    expect(page.locator("#saved")).to_have_text("saved")
    assert box.evaluate("e => [e.dataset.mine, e.selectionStart, document.activeElement === e]") == ["yes", 4, True]


def test_everything_can_be_done_without_scripts(browser, server):
    from playwright.sync_api import expect

    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    page = context.new_page()
    page.goto(server.base + server.link)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Open the room").click()
    page.wait_for_url(ROOM)
    code = re.search(r"room ([A-Z0-9]{6})", page.content())[1]
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page.locator("aside")).to_contain_text("Next: Predict")
    pupil = context.new_page()
    pupil.goto(f"{server.base}/j/{code}")
    pupil.get_by_label("India").check()
    pupil.get_by_role("button", name="Take the seat").click()
    expect(pupil.get_by_role("heading", level=1)).to_contain_text("You speak for")
    context.close()
