"""Hand-outs in a real browser: each brief prints on two sides of one sheet, whatever the country and the proposal."""

import re

import pytest

from simulation import catalog
from simulation.handouts import handout
from simulation.plans import table_of
from simulation.report import papers, rubric, teaching

pytestmark = pytest.mark.browser
TALLEST = 1031
"""What margins of 12 mm leave of an A4 page, in CSS pixels."""
SHEETS = "[...document.querySelectorAll('.sheet')].map(sheet => sheet.getBoundingClientRect().height)"


@pytest.fixture
def sheet(browser):
    page = browser.new_page(viewport={"width": 703, "height": TALLEST})
    page.emulate_media(media="print")
    yield page
    page.close()


def printed(page):
    """How many pages the print dialogue would give."""
    return len(re.findall(rb"/Type /Page\b(?!s)", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("name", sorted(catalog.files("scenarios")))
def test_no_brief_is_taller_than_its_two_pages(sheet, name):
    scenario = catalog.load_scenario(name)
    seats = table_of(scenario)
    for country in seats:
        sheet.set_content(papers.brief(handout(scenario, seats, country)))
        assert max(sheet.evaluate(SHEETS)) <= TALLEST, country
        assert sheet.evaluate("document.documentElement.scrollWidth") <= 703, country


def test_a_brief_prints_on_two_pages_with_the_longest_secret_and_the_longest_proposal(sheet):
    scenario = catalog.load_scenario("takaichi_coalition_wide")
    proposal = scenario.proposal.model_copy(update={"text": "A long word or two. " * 200})
    full = scenario.model_copy(update={"proposal": proposal, "briefs": dict.fromkeys(scenario.seats, "word " * 239)})
    seats = table_of(scenario)
    for country in seats:
        sheet.set_content(papers.brief(handout(full, seats, country)))
        assert printed(sheet) == 2, country


def test_the_teachers_sheet_and_each_rubric_print_within_their_pages(sheet, takaichi):
    sheet.set_content(teaching.sheet(takaichi))
    assert printed(sheet) == 2
    sheet.set_content(rubric.page("Title", "2025-04-28", [rubric.Entry(f"Paper {n}", "India") for n in range(3)]))
    assert printed(sheet) == 3


def test_a_phone_reads_a_brief_without_scrolling_sideways(browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    scenario = catalog.load_scenario("takaichi_coalition")
    page.set_content(papers.brief(handout(scenario, table_of(scenario), "india")))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
