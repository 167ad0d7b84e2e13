import json
import re

import pytest
from page import Page
from test_report_html import HOSTILE, assert_harmless

from simulation import catalog, handouts
from simulation.cards import cards
from simulation.floor import Floor
from simulation.handouts import LONGEST, MOST, PAGES, clipped, handout, lines, reference
from simulation.plans import plan, table_of
from simulation.prompts import prompt
from simulation.report import papers, rubric, teaching
from simulation.runs import run
from simulation.sources import citable
from simulation.stance import breaches

SECRET = "Ask for the harbour, and give way on technology at the last minute."
BRIEFS = f"briefs:\n  india: {SECRET}\ncountries:"


def seated(name="takaichi_coalition"):
    scenario = catalog.load_scenario(name)
    return scenario, table_of(scenario)


@pytest.fixture(scope="module")
def india():
    return handout(*seated(), "india")


@pytest.fixture
def secret(scenario_file):
    return scenario_file(("countries:", BRIEFS))


def test_every_seat_gets_a_page_and_the_teacher_a_key_and_a_rubric(communique, tmp_path):
    said = communique("handout", "takaichi_coalition")
    names = [line.rsplit("/", 1)[1] for line in said.out.splitlines()]
    seats = [f"brief-{c}.html" for c in catalog.load_scenario("takaichi_coalition").seats]
    assert (said.status, said.err, names) == (0, "", ["teacher.html", "rubric.html", *seats])
    for line in said.out.splitlines():
        assert_harmless((tmp_path / line).read_text(encoding="utf-8"))


def test_the_same_scenario_gives_the_same_bytes(communique, tmp_path):
    for folder in ("one", "two"):
        assert communique("handout", "aukus-2021", "--out", folder).status == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_other_countries_take_the_seats_and_are_watched(communique, tmp_path):
    said = communique("handout", "takaichi_coalition", "--countries", "russia,taiwan", "--out", "out")
    assert said.out.splitlines()[2:] == ["out/brief-russia.html", "out/brief-taiwan.html"]
    page = (tmp_path / "out" / "brief-taiwan.html").read_text(encoding="utf-8")
    assert "<b>Russia</b>:" in page
    assert "<b>Japan</b> (not at the table):" in page


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nowhere"], 'no scenario "nowhere"'),
        (["takaichi_coalition", "--countries", "indai,japan"], 'did you mean "india"'),
        (["takaichi_coalition", "--countries", "india"], "at least two"),
        (["takaichi_coalition", "--format", "pdf"], "pdf"),
    ],
)
def test_a_wrong_name_writes_nothing(communique, tmp_path, args, told):
    said = communique("handout", *args)
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_line(communique, tmp_path):
    (tmp_path / "taken").write_text("a file")
    said = communique("handout", "takaichi_coalition", "--out", "taken/inside")
    assert said.status == 2
    assert "cannot be written" in said.err


def test_a_brief_gives_the_material_and_never_the_desks_answer(india):
    page = papers.brief(india)
    final = run("takaichi_coalition").transcript.of("IND")
    for said in final:
        assert said.headline not in page
        for view in said.views:
            assert f"{view.position:+.2f}" not in page.replace("−", "-")


def test_a_brief_has_everything_a_delegate_needs(india):
    assert Page(papers.brief(india)).titles == [
        "What is asked of you",
        "How you speak",
        "Your position and interests, what you would spend most on first",
        "Your red lines and legal limits near this proposal",
        "Whom to watch",
        "Questions you may be asked",
        "Documents",
    ]
    assert len(india.cards) >= 4
    assert len(india.policies) >= 5
    assert len(india.questions) == 6
    assert {t.name for t in india.ties if t.seated} == {"China", "Japan", "the EU", "Australia"}


def test_the_red_line_that_the_wording_meets_stands_first_and_names_the_provision():
    scenario, seats = seated()
    for country, dossier in seats.items():
        met = {p.short for p, _ in breaches(dossier, scenario)}
        rules = handout(scenario, seats, country).rules
        assert {short for rule in rules for short in rule.met} == met
        assert [bool(r.met) for r in rules] == sorted((bool(r.met) for r in rules), reverse=True)


def test_each_card_and_policy_names_documents_that_are_listed_and_were_out():
    for name in ("takaichi_coalition_wide", "kyoto-protocol-1997"):
        scenario, seats = seated(name)
        for country in seats:
            found = handout(scenario, seats, country)
            cited = {s for item in (*found.cards, *found.policies, *found.rules) for s in item.sources}
            assert cited == {n for n, _ in found.documents}
            assert all(citable(source, scenario.day) for _, source in found.documents)
            assert all(found.numbers(card.sources) for card in found.cards)


def test_a_card_has_one_number_however_many_are_shown_and_in_every_round():
    scenario, seats = seated()
    floor = Floor(scenario, seats, {}, {})
    floor.begin()
    first = floor.turn("india", 1)
    assert cards(first, 24)[:5] == cards(first, 5)
    floor.begin()
    assert cards(floor.turn("india", 2), 5) == cards(first, 5)
    assert [card.number for card in cards(first, 24)] == list(range(1, len(cards(first, 24)) + 1))


def test_the_cards_of_a_brief_are_the_first_ones_and_its_questions_name_no_other(india):
    assert [card.number for card in india.cards] == list(range(1, len(india.cards) + 1))
    named = [int(n) for q in india.questions for n in re.findall(r"Cards (\d+) and (\d+)", q)[0:1] for n in n]
    assert len(named) == 2
    assert max(named) <= len(india.cards)


def test_what_stands_on_each_page_is_within_its_lines():
    for name in ("takaichi_coalition_wide", "coal_exit_and_mobility_compact", "wto-investment-facilitation-2024"):
        scenario, seats = seated(name)
        for country in seats:
            found = handout(scenario, seats, country)
            first = sum(map(handouts._cost, (*found.policies, *found.rules, *found.ties)))
            first += lines(found.proposal) + sum(lines(f"{s}: {t}") for s, t in found.provisions)
            second = sum(map(handouts._cost, found.cards)) + sum(map(lines, found.questions))
            second += sum(0.8 * lines(reference(s), handouts.SMALL) for _, s in found.documents)
            assert first <= PAGES[0]
            assert second <= PAGES[1]


def test_a_scenario_of_forty_long_provisions_still_fits_and_says_what_is_missing():
    scenario, seats = seated()
    one = scenario.provisions[0]
    many = tuple(
        one.model_copy(update={"id": f"p{k}", "label": f"part {k}", "text": "長い文。word " * 400, "options": ()})
        for k in range(40)
    )
    proposal = scenario.proposal.model_copy(update={"text": "endless " * 500})
    found = handout(scenario.model_copy(update={"provisions": many, "proposal": proposal}), seats, "india")
    assert len(found.provisions) == MOST["provisions"]
    assert all(len(text) <= LONGEST["provision"] for _, text in found.provisions)
    assert "30 of 40 provisions" in found.left
    assert "Left out for room: 30 of 40 provisions" in papers.brief(found)


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("Short.", 20, "Short."),
        ("One sentence. Another that is longer.", 20, "One sentence. …"),
        ("words and more words and more", 20, "words and more …"),
        ("x" * 50, 20, "x" * 18 + " …"),
    ],
)
def test_a_long_text_ends_with_a_whole_sentence_or_word_and_a_mark(text, most, kept):
    assert clipped(text, most) == kept
    assert len(kept) <= most


def test_a_secret_brief_is_on_its_own_page_and_in_no_other_file(communique, tmp_path, secret):
    said = communique("handout", "./mine.yaml", "--out", "out")
    assert said.status == 0
    holds = {p.name for p in (tmp_path / "out").iterdir() if SECRET in p.read_text(encoding="utf-8")}
    assert holds == {"brief-india.html"}
    assert "with a secret brief: for that seat only" in (tmp_path / "out" / "teacher.html").read_text(encoding="utf-8")


def test_a_secret_brief_is_in_no_record_report_or_export_of_a_run(communique, tmp_path, secret):
    assert communique("run", "./mine.yaml").status == 0
    for form in ("md", "html", "json", "csv"):
        assert SECRET not in communique("export", "latest", "--format", form).out
    told = [communique("show", "./mine.yaml").out, communique("what-if", "./mine.yaml", "--set", "title=Other").out]
    for path in (tmp_path / "runs").rglob("*"):
        told += [path.read_text(encoding="utf-8")] if path.is_file() else []
    assert not [text for text in told if "harbour" in text]


def test_a_secret_brief_changes_nothing_of_a_run(secret, scenario_file):
    plain = scenario_file(name="plain.yaml")
    with_, without = (catalog.load_scenario(str(p)).model_copy(update={"id": "same"}) for p in (secret, plain))
    assert with_.briefs == {"india": SECRET}
    assert plan(with_).inputs == plan(without).inputs
    assert "briefs" not in json.dumps(plan(with_).launch())


def test_no_model_is_sent_a_secret_brief(secret):
    from simulation.calls import Settings

    scenario = catalog.load_scenario(str(secret))
    floor = Floor(scenario, table_of(scenario), {}, {})
    for country in scenario.seats:
        for masked in (False, True):
            messages = prompt(floor.turn(country, 1), Settings(model="test:none", masked=masked))
            assert "harbour" not in "".join(text for _, text in messages)


def test_a_change_made_on_the_command_line_keeps_the_secret_brief(secret):
    assert plan(catalog.load_scenario(str(secret)), changes=["title=Other"]).scenario.briefs == {"india": SECRET}


@pytest.mark.parametrize(
    ("briefs", "code", "told"),
    [
        ("briefs: {russia: Say nothing.}", "E186", "which has no seat"),
        ("briefs: {indai: Say nothing.}", "E186", 'did you mean "india"'),
        (f"briefs: {{india: {'x' * 1201}}}", "E113", "1200"),
        ("briefs: {india: ''}", "E113", "too short"),
    ],
)
def test_a_secret_brief_for_nobody_or_without_end_is_a_mistake_with_its_line(
    communique, scenario_file, briefs, code, told
):
    path = scenario_file(("countries:", f"{briefs}\ncountries:"))
    said = communique("check", str(path))
    assert said.status == 2
    assert f"error[{code}]" in said.err + said.out
    assert told in said.err + said.out
    assert communique("explain", code).status == 0


def test_hostile_text_in_files_cannot_become_markup():
    scenario, seats = seated()
    first = scenario.provisions[0].model_copy(update={"label": HOSTILE, "text": HOSTILE})
    proposal = scenario.proposal.model_copy(update={"text": HOSTILE})
    changed = {"title": HOSTILE, "question": HOSTILE, "proposal": proposal, "briefs": {"india": HOSTILE}}
    hostile = scenario.model_copy(update={**changed, "provisions": (first, *scenario.provisions[1:])})
    desk = seats["india"]
    passages = tuple(p.model_copy(update={"claim": HOSTILE, "text": HOSTILE}) for p in desk.passages)
    sources = {k: s.model_copy(update={"title": HOSTILE, "publisher": HOSTILE}) for k, s in desk.sources.items()}
    turned = {"name": HOSTILE, "short": HOSTILE, "voice": HOSTILE, "passages": passages, "sources": sources}
    seats = {**seats, "india": desk.model_copy(update=turned)}
    assert_harmless(papers.brief(handout(hostile, seats, "india")))
    assert_harmless(papers.brief(handout(hostile, seats, "japan")))
    entry = rubric.Entry(HOSTILE, HOSTILE, (rubric.Paper(HOSTILE, (HOSTILE,)),))
    assert_harmless(rubric.page(HOSTILE, HOSTILE, [entry]))
    assert_harmless(teaching.sheet(run(hostile)))


def test_the_teachers_key_says_what_the_run_says(takaichi):
    page = Page(teaching.sheet(takaichi))
    key = page.tables["Hand out and key"]
    assert key[0] == ["Seat", "Brief", "Opens", "Ends", "Meets a rule of its own on"]
    stands = {"japan": "support", "australia": "support", "eu": "support", "india": "stand aside"}
    stands["china"] = "strongly oppose"
    rows = {row[1].removeprefix("brief-").removesuffix(".html"): row[3] for row in key[1:]}
    assert rows == stands
    assert {s.country for s in takaichi.transcript.final} == set(rows)


def test_the_three_questions_come_from_the_disagreements_of_the_run(takaichi):
    from simulation.report.account import Account

    account = Account(takaichi)
    widest, rule, bargain = teaching.questions(account)
    most = max(takaichi.merge.landings, key=lambda x: x.spread)
    assert account.labels[most.provision] in widest
    claims = [a.claim for s in takaichi.transcript.statements for a in s.arguments if a.provision == most.provision]
    assert sum(f"“{claim}”" in widest for claim in claims) == 2
    assert "red line" in rule
    assert takaichi.assessment.package[0].text in bargain


def test_a_past_case_asks_why_the_desk_was_wrong_and_tells_what_happened():
    found = run("aukus-2021")
    page = teaching.sheet(found)
    for reaction in found.scenario.history.values():
        assert reaction.what in page
    assert "The desk of the EU would support; its government chose to oppose. What did the desk not know?" in page


def test_a_rubric_names_nobody_and_gives_no_grade():
    paper = rubric.Paper("Round 1: supports", ("Headline.", "A reason."))
    page = rubric.page(
        "Title", "2025-04-28", [rubric.Entry("Paper 1", "India", (paper,)), rubric.Entry("Paper 2", "x")]
    )
    assert page.count('class="sheet"') == 2
    assert page.count('class="box"') == 2 * 4 * len(rubric.criteria())
    assert page.index("A reason.") < page.index("Paper 2")
    assert page.count('class="line"') == 3 + 16 + 3
    assert_harmless(page)
