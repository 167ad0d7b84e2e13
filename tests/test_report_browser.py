"""The report in a real browser: `make test-browser` installs what this needs; the default suite leaves it out."""

import os
from pathlib import Path

import pytest

from simulation.report import html
from simulation.runs import run

pytestmark = pytest.mark.browser
A4 = (688, 1020)
"""What the margins leave of an A4 page, in CSS pixels."""


@pytest.fixture(scope="module")
def axe():
    assert os.environ.get("AXE"), "AXE names axe.min.js of axe-core: run this by make test-browser"
    return Path(os.environ["AXE"]).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory, takaichi):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "five.html").write_text(html.assessment(takaichi), encoding="utf-8")
    (folder / "twelve.html").write_text(html.assessment(run("takaichi_coalition_wide", rounds=5)), encoding="utf-8")
    return folder


@pytest.fixture
def show(browser, written):
    """Open a page; what it asks for and complains of stands in the lists returned with it."""
    contexts = []

    def opened(name, width=1440, height=900, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        shown, asked, said = context.new_page(), [], []
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: said.append(message.text))
        shown.on("pageerror", lambda error: said.append(str(error)))
        shown.goto((written / f"{name}.html").as_uri())
        return shown, asked, said

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("five", 1440, "light"),
        ("five", 1440, "dark"),
        ("five", 390, "light"),
        ("five", 390, "dark"),
        ("twelve", 1440, "light"),
    ],
)
def test_it_asks_for_nothing_complains_of_nothing_and_anybody_can_use_it(show, axe, name, width, scheme):
    shown, asked, said = show(name, width, color_scheme=scheme)
    assert len(asked) == 1
    assert said == []
    shown.evaluate(
        "for (const d of document.querySelectorAll('details')) if (d.closest('#front, figure')) d.open = true"
    )
    shown.evaluate(axe)
    found = shown.evaluate("axe.run()")["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("name", ["five", "twelve"])
def test_a_phone_scrolls_down_and_never_sideways(show, name):
    shown, _, _ = show(name, 390)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_keyboard_reaches_the_notes_and_opens_them_without_scripts(show):
    shown, _, _ = show("five", java_script_enabled=False)
    shown.keyboard.press("Tab")
    assert shown.locator(".skip:focus").count() == 1
    note = shown.locator(".note").first
    assert not note.locator("div").is_visible()
    note.locator("summary").press("Enter")
    assert note.locator("div").is_visible()
    link = note.locator("a").first
    link.press("Enter")
    assert shown.url.endswith(link.get_attribute("href"))
    assert shown.locator(f"[id='{link.get_attribute('href')[1:]}']").is_visible()


@pytest.mark.parametrize("name", ["five", "twelve"])
def test_page_one_is_one_page_and_the_assessment_at_most_four(show, name):
    shown, _, _ = show(name, *A4)
    shown.emulate_media(media="print")
    assert shown.evaluate("document.documentElement.scrollWidth") <= A4[0]
    tall = "s => document.querySelector(s).getBoundingClientRect().height"
    assert shown.evaluate(tall, "header") + shown.evaluate(tall, "#front") <= A4[1]
    assert shown.evaluate(tall, ".page") <= 3 * A4[1]
