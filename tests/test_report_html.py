import json
import re
from dataclasses import replace

import pytest
from page import Page

from simulation import runs
from simulation.analysts.scripted import ScriptedAnalyst
from simulation.catalog import load_scenario
from simulation.report import charts, html
from simulation.report.account import Account
from simulation.report.files import reports
from simulation.report.html import anchor, shade, web
from simulation.runs import run, write
from simulation.statement import Departure
from simulation.verification import verify

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"> {{ 7 * 7 }} & \x00\u202e$x^'
WRITTEN = HOSTILE.replace("\x00", "")
"""As much of it as a file may hold."""


@pytest.fixture(scope="module")
def text(takaichi):
    return html.assessment(takaichi)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


@pytest.fixture(scope="module")
def account(takaichi):
    return Account(takaichi)


def number(cell):
    return float(re.search(r"[+−]?\d+(\.\d+)?", cell).group().replace("−", "-"))


def assert_harmless(text):
    """Nothing runs, nothing is fetched: no script, no handler, no source, and links lead inside or to the web."""
    page = Page(text)
    for tag, attrs in page.tags:
        assert tag not in (
            "script",
            "img",
            "iframe",
            "object",
            "embed",
            "link",
            "base",
            "form",
            "input",
            "image",
            "use",
        )
        assert not [
            a for a in attrs if a.startswith("on") or a in ("src", "srcset", "xlink:href", "background", "action")
        ]
    for link in page.links:
        assert link.startswith(("#", "http://", "https://"))
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    assert "url(" not in style
    assert "@import" not in style
    return page


def test_page_one_says_what_it_is_and_how_complete(text, page):
    assert dict(page.tags)["html"]["lang"] == "en"
    head = text.split("<h2", 1)[0]
    assert "not a forecast" in head
    assert "15/15 statements given" in head
    assert "engines: dossier (5)" in head
    assert "the answer is conditional" in head
    assert page.titles[0] == "Bottom line"


def test_the_parts_stand_in_their_fixed_order(page):
    parts = ["Bottom line", "Who stands where", "Agreed", "Contested", "Blocked", "The three amendments that move most"]
    parts += ["What would change this", "What the simulation cannot see", "Findings", "The proposal", "The desks"]
    parts += ["Positions", "Arguments", "Coalitions", "Amendments", "The merge", "Transcript", "Sources"]
    places = [page.titles.index(part) for part in [*parts, "How this was made"]]
    assert places == sorted(places)


def test_the_policy_forbids_everything_but_inline_style(text, page):
    policies = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY]
    assert text.index(POLICY) < text.index("<title>")


def test_nothing_runs_and_nothing_is_fetched(text):
    assert_harmless(text)


def test_the_page_is_the_same_bytes_every_time(takaichi, text):
    assert html.assessment(takaichi) == text
    assert html.assessment(takaichi, Account(takaichi)) == text


def test_ids_are_single_and_every_inner_link_leads_somewhere(page):
    assert len(page.ids) == len(set(page.ids))
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)


def test_every_statement_argument_and_cited_source_has_its_anchor(takaichi, text, page):
    ids = set(page.ids)
    for said in takaichi.transcript.statements:
        assert anchor(said.id) in ids
        assert {anchor(a.id) for a in said.arguments} <= ids
    cited = {int(n) for n in re.findall(r'href="#source-(\d+)"', text)}
    assert cited == set(range(1, len([i for i in ids if i.startswith("source-")]) + 1))


def test_every_sentence_about_a_country_opens_to_the_statements_it_rests_on(takaichi, page):
    names = [d.short.removeprefix("the ") for d in takaichi.seats.values()]
    about = [(said, links) for said, links in page.found if any(name in said for name in names)]
    assert len(about) > 30
    ids = {s.id for s in takaichi.transcript.statements}
    for said, links in about:
        assert {link[1:] for link in links} & ids, said


def test_every_finding_of_the_record_is_told_with_its_evidence(takaichi, page):
    told = {said: set(links) for said, links in page.found}
    parts = [p for p in takaichi.assessment.model_dump() if p not in ("amendments", "absent")]
    for finding in (f for part in parts for f in getattr(takaichi.assessment, part)):
        start = finding.text[1:]
        links = set().union(*(where for said, where in told.items() if start in said))
        assert {f"#{e}" for e in finding.evidence} <= links, finding.text


def test_the_stance_matrix_has_the_numbers_of_the_record_and_its_flags(takaichi, page, account):
    rows = page.tables["Stance matrix"]
    zones = {x.provision: x.zone for x in takaichi.merge.landings}
    order = sorted(zones, key=lambda p: -zones[p])
    for row, said in zip(rows[1:], account.final, strict=False):
        assert row[0] == account.name(said.code)
        assert number(row[1]) == said.stance
        for cell, provision in zip(row[3:], order, strict=True):
            assert number(cell) == pytest.approx(said.view(provision).position, abs=0.0051)
            assert cell.endswith("R") == said.view(provision).frozen
    assert rows[-1][0] == "Landing zone"
    assert [number(c) for c in rows[-1][3:]] == pytest.approx([zones[p] for p in order], abs=0.0051)


def test_the_stance_map_shows_first_and_last(takaichi, page, account):
    rows = page.tables["Stance map"]
    assert [r[0] for r in rows[-3:]] == ["Landing zone", "Median", "Condorcet"]
    zones = [x.zone for x in takaichi.merge.landings]
    columns = sorted(range(len(zones)), key=lambda k: -zones[k])
    for row, said in zip(rows[1:-3], account.final, strict=True):
        for cell, k in zip(row[1:-1], columns, strict=True):
            first, last = cell.split(" → ")
            assert number(first) == pytest.approx(said.views[k].opening, abs=0.0051)
            assert number(last) == pytest.approx(said.views[k].position, abs=0.0051)
        assert number(row[-1]) == pytest.approx(said.score, abs=0.0051)


def test_the_tables_under_the_charts_hold_the_figures_of_the_record(takaichi, page, account):
    moved = page.tables["Agreement with each provision in each round, from −1 to +1"][1:]
    record = takaichi.transcript
    shown = [number(c) for row in moved for c in row[2:]]
    meant = [m.view(p).position for s in account.final for p in account.labels for m in record.of(s.code)]
    assert shown == pytest.approx(meant, abs=0.0051)
    likely = page.tables["Per cent, before any rule is applied"][1:]
    for row, said in zip(likely, account.final, strict=True):
        assert [number(c) for c in row[1:]] == pytest.approx([100 * p for p in said.probabilities], abs=0.051)
    for said in account.final:
        bars = page.tables[f"{account.name(said.code)} ({said.id}): bars and sum"][1:]
        assert [number(r[1]) for r in bars] == pytest.approx([*(t.value for t in said.terms), said.score], abs=0.0051)
    front = next(rows for name, rows in page.tables.items() if name.startswith("The versions that no other beats"))
    points = takaichi.negotiation.front.points
    assert [(number(r[1]), number(r[2])) for r in front[1:]] == [(round(100 * p.ambition), p.breadth) for p in points]


def test_the_agreement_matrix_is_symmetric_with_ones_and_in_the_order_of_the_groups(takaichi, page):
    rows = page.tables["Agreement matrix"]
    assert rows[0][1:] == [c for g in takaichi.negotiation.coalitions.groups for c in g.members]
    cells = [[number(c) for c in row[1:]] for row in rows[1:]]
    assert all(cells[i][i] == 1 for i in range(5))
    assert cells == [list(column) for column in zip(*cells, strict=True)]


def test_the_amendments_say_who_moves_and_who_is_still_against(takaichi, page, account):
    rows = page.tables["Amendments"][1:]
    for row, change in zip(rows, account.amendments, strict=True):
        moves = {s.code: cell for s, cell in zip(account.final, row[2:], strict=False)}
        moved = {c: (a, b) for c, a, b in change.effect.moved}
        for code, cell in moves.items():
            steps = tuple(int(n.replace("−", "-")) for n in cell.split(" → "))
            assert steps == moved.get(code, steps[:1])
        assert row[-2] == (", ".join(change.against) or "nobody")
        assert number(row[-1]) == pytest.approx(change.effect.lift, abs=0.0051)


def test_an_amendment_that_clears_a_red_line_says_so(account):
    consult = next(a for a in account.amendments if a.effect.option == "consult")
    assert consult.cleared == ("IND",)
    assert consult.met == ()
    assert consult.against == ("CHN",)


def test_a_chart_says_what_it_shows_and_draws_no_outline_of_letters(text):
    drawings = re.findall(r"<svg .*?</svg>", text)
    assert len(drawings) == 7 + 4 + 5
    for drawing in drawings:
        assert re.search(r"<title>[^<]+</title><desc>[^<]+</desc>", drawing)
        assert "<text" in drawing
        assert "<style" not in drawing
        assert " id=" not in drawing


def test_desks_and_transcript_say_whom_each_answered_and_why_it_moved(takaichi, text):
    desk = text.split('id="desk-IND"', 1)[1].split("</article>", 1)[0]
    for said in takaichi.transcript.of("IND"):
        for answer in said.answers:
            assert f'{answer.tone} <a href="#{answer.argument}">' in desk
        for shift in said.shifts:
            assert f'because of <a href="#{shift.because}">' in desk
    dissent = next(d for d in takaichi.negotiation.dissents if d.code == "IND")
    assert dissent.claim.replace("'", "&#39;") in desk


def test_a_country_named_script_stays_text(own_agents):
    path = own_agents / "japan.yaml"
    given = path.read_text(encoding="utf-8")
    changed = given.replace("short: Japan", f"short: {json.dumps('<script>alert(1)</script>')}", 1)
    assert changed != given
    path.write_text(changed, encoding="utf-8")
    text = html.assessment(run("takaichi_coalition"))
    assert_harmless(text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_hostile_scenario_stays_text(scenario_file):
    path = scenario_file(
        ("title: Takaichi's call for a quasi-security alliance", f"title: {json.dumps(WRITTEN)}"),
        ("label: mutual protection", f"label: {json.dumps(WRITTEN)}"),
        ("text: The participants protect one another's security and safety.", f"text: {json.dumps(WRITTEN)}"),
    )
    found = run(str(path))
    sources = [s.model_copy(update={"url": "javascript:alert(3)"}) for s in found.scenario.proposal.sources]
    proposal = found.scenario.proposal.model_copy(update={"sources": tuple(sources)})
    scenario = found.scenario.model_copy(update={"proposal": proposal, "title": HOSTILE})
    text = html.assessment(replace(found, plan=replace(found.plan, scenario=scenario)))
    page = assert_harmless(text)
    assert sources
    assert "javascript" not in "".join(page.links)
    assert "{{ 7 * 7 }}" in text
    assert "\x00" not in text


def lines(takaichi):
    """The recorded debate as another engine would leave it: hostile prose, a claim without a source, a silent seat."""
    for said in takaichi.transcript.statements:
        if said.code == "AUS" or said.id == "EU-2":
            continue
        bare = tuple(a.model_copy(update={"sources": (), "claim": WRITTEN}) for a in said.arguments)
        left = (Departure(kind="stance", text=WRITTEN),)
        change = {"engine": "chat", "headline": WRITTEN, "arguments": bare, "departures": left}
        change = change if said.code == "IND" else {}
        yield said.model_copy(update=change)


def test_a_run_with_failed_seats_and_hostile_words_says_so(takaichi, monkeypatch, tmp_path):
    script = ScriptedAnalyst(lines(takaichi))
    monkeypatch.setattr(runs, "seat", lambda engines, kit: dict.fromkeys(engines, script))
    found = run("takaichi_coalition")
    text = html.assessment(found)
    page = assert_harmless(text)
    assert "11/15 statements given" in text
    assert "did not speak" in page.tables["Stance matrix"][-2][1]
    assert page.tables["Stance matrix"][-2][0] == "Australia"
    assert "4 of 15 turns failed" in text
    assert "the script holds no line EU-2" in text
    assert "engine chat" in text
    assert "3 departures from the dossiers" in text
    uncited = sum(not a.sources for s in found.transcript.statements for a in s.arguments)
    assert uncited > 0
    assert text.split('id="transcript"')[1].split('id="sources"')[0].count(">uncited<") == uncited
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)
    assert [f for f in verify(write(found, reports(found), tmp_path)) if f.kind == "report"] == []


def test_twelve_countries_eight_provisions_and_five_rounds_stay_under_a_megabyte_and_a_half():
    wide = load_scenario("takaichi_coalition_wide")
    eighth = wide.provisions[3].model_copy(update={"id": "eighth", "label": "an eighth provision", "options": ()})
    found = run(wide.model_copy(update={"provisions": (*wide.provisions, eighth)}), rounds=5)
    assert len(found.seats) == 12
    assert len(found.scenario.provisions) == 8
    text = html.assessment(found)
    assert len(text.encode()) < 1_500_000
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize(
    ("position", "step"),
    [(-1, -2), (-0.55, -2), (-0.54, -1), (-0.121, -1), (-0.12, 0), (0, 0), (0.12, 0), (0.13, 1), (0.55, 2), (1, 2)],
)
def test_the_shade_of_a_cell_follows_the_words_for_it(position, step):
    assert shade(position) == step


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//x.org", "", None, "http://a b", "x"])
def test_only_the_web_is_linked(address):
    assert web(address) == ""


def test_a_web_address_is_kept():
    assert web("https://example.org/a?b=1#c") == "https://example.org/a?b=1#c"


def luminance(color):
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_words_on_every_shade_can_be_read_and_the_extremes_survive_grey():
    for level, fill in charts.FILL.items():
        dark, light = sorted((luminance(fill), luminance(charts.ON[level])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5
    grey = {level: luminance(fill) for level, fill in charts.FILL.items()}
    assert max(grey, key=grey.get) == 0
    assert grey[-2] < grey[-1] < grey[0] > grey[1] > grey[2]
