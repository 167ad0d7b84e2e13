import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from members import write_table
from page import Page
from rich.console import Console

from simulation import catalog, console, documents, influence, stability, stance, uncertainty
from simulation.analysts.dossier import DossierAnalyst
from simulation.doubts import doubts
from simulation.floor import Floor
from simulation.report import crowd
from simulation.report.account import Account
from simulation.report.files import reports
from simulation.runs import Ears, run
from simulation.stability import stability as stable
from simulation.wording import MOST, several

SEATS = 40


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A debate of forty thin desks, with its reports and what the live view showed of it."""
    folder = tmp_path_factory.mktemp("table")
    write_table(folder, SEATS)
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, height=24, color_system=None)
    panel, seen = console.Panel(screen), []

    def heard(kind, what):
        panel.heard(kind, what)
        paper = Console(file=io.StringIO(), record=True, width=80, height=24)
        paper.print(panel._draw())
        seen.append(paper.export_text())

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with panel:
            made = run("scenario.yaml", ears=Ears(heard, panel.hears, panel.started))
        files = reports(made)
    return SimpleNamespace(
        folder=folder, run=made, files=files, account=Account(made), seen=seen, screen=screen.file.getvalue()
    )


def open_rows(text):
    """How many rows of tables stand outside every fold."""
    depth = rows = 0
    for mark in re.findall(r"<details|</details>|<tr>", text):
        depth += {"<details": 1, "</details>": -1}.get(mark, 0)
        rows += mark == "<tr>" and not depth
    assert depth == 0
    return rows


def test_a_table_too_large_for_rows_is_run_from_the_command_and_checks_clean(communique, tmp_path):
    write_table(tmp_path, crowd.LARGE + 2, rounds=1)
    assert communique("check", "agents", "scenario.yaml").out == f"{crowd.LARGE + 3} files checked, no mistakes\n"
    said = communique("run", "scenario.yaml")
    assert said.status == 0
    assert f"{crowd.LARGE + 2} seats, " in said.err
    bottom = said.err.splitlines()[-3:]
    assert all(len(line) < 600 for line in bottom)
    assert " others " in bottom[0]
    assert communique("verify", "latest").status == 0


def test_page_one_of_a_large_table_stays_short_and_names_its_top_movers(table):
    text = table.files["assessment.md"]
    front = text.split("## Findings")[0]
    assert len(front.splitlines()) < 60
    assert max(map(len, text.splitlines())) < 1500
    movers = crowd.top_movers(table.account)
    assert 0 < len(movers) <= crowd.TOP
    for move in movers:
        assert f"{move.first.id}, {move.last.id}" in front
    for camp in crowd.camps(table.account):
        assert re.search(rf"\| {camp.name.capitalize()} \| {len(camp.said)} \|", front)


def test_no_seat_of_a_large_table_is_dropped(table):
    text, page = table.files["assessment.md"], Page(table.files["assessment.html"])
    annex = text.split("## Annex: every desk")[1]
    places = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a" and attrs.get("href", "").startswith("#desk-")]
    for said in table.account.final:
        assert f"({said.id})" in annex
        assert f"desk-{said.code}" in places
        assert f"#desk-{said.code}" in links
    camps = crowd.camps(table.account)
    assert sum(len(c.said) for c in camps) == SEATS
    assert sum(c.standing for c in camps) == pytest.approx(1)
    letters = [s.code for _, rows in crowd.alphabet(table.account) for s in rows]
    assert sorted(letters) == sorted(s.code for s in table.account.final)


def test_the_page_of_a_large_table_folds_its_long_lists_and_draws_no_line_a_seat(table):
    text = table.files["assessment.html"]
    front = text.split('<section id="front"')[1].split("</section>")[0]
    assert front.count("<tr>") <= 6 + len(crowd.camps(table.account)) + 12
    assert open_rows(text) < SEATS * 2 < text.count("<tr>")
    assert "<script" not in text
    assert len(text) < 40_000 * SEATS
    assert len(crowd.shown(table.account)) <= crowd.TOP
    assert len(crowd.least_sure(table.account)) <= 2 * crowd.TOP


def test_a_small_table_is_shown_seat_by_seat(takaichi):
    account = Account(takaichi)
    assert not crowd.large(account)
    assert crowd.shown(account) == account.final == crowd.least_sure(account)
    assert "every desk" not in reports(takaichi)["assessment.md"]


def test_those_who_change_their_stance_lead_the_movers_and_the_farthest_follow(table):
    turned = [m.first.stance != m.last.stance for m in crowd.top_movers(table.account, SEATS)]
    assert turned == sorted(turned, reverse=True)
    ways = [
        abs(m.after - m.before) for m, t in zip(crowd.top_movers(table.account, SEATS), turned, strict=True) if not t
    ]
    assert ways == sorted(ways, reverse=True)


def test_groups_agree_with_one_another_as_their_pairs_do_on_average(table):
    codes = ["A", "B", "C"]
    groups = SimpleNamespace(groups=[SimpleNamespace(members=("A", "B")), SimpleNamespace(members=("C",))])
    account = SimpleNamespace(run=SimpleNamespace(negotiation=SimpleNamespace(coalitions=groups)))
    near = [[1.0, 0.8, 0.2], [0.8, 1.0, 0.4], [0.2, 0.4, 1.0]]
    found = crowd.between(account, codes, near)
    assert [value for row in found for value in row] == pytest.approx([0.8, 0.3, 0.3, 1.0])


def test_a_sentence_lists_a_dozen_names_and_counts_the_rest():
    names = [f"n{k}" for k in range(MOST + 1)]
    assert several(names[:MOST]) == f"{', '.join(names[: MOST - 1])} and {names[MOST - 1]}"
    assert several(names) == f"n0, n1, n2 and {MOST - 2} others"


def test_each_statement_is_made_once_and_stands_once_in_the_transcript(table, monkeypatch):
    calls = []
    speak = DossierAnalyst.speak

    async def counted(self, turn):
        calls.append((turn.country, turn.round))
        return await speak(self, turn)

    monkeypatch.setattr(DossierAnalyst, "speak", counted)
    monkeypatch.chdir(table.folder)
    made = run("scenario.yaml", rounds=2)
    assert len(calls) == len(set(calls)) == 2 * SEATS == len(made.transcript.statements)
    heads = re.findall(r"^### (\S+) ·", table.files["transcript.md"], flags=re.M)
    assert len(heads) == len(set(heads)) == 3 * SEATS
    turns = re.findall(r'<article class="turn" id="([^"]+)"', table.files["assessment.html"])
    assert len(turns) == len(set(turns)) == 3 * SEATS


def test_every_seat_of_a_round_is_given_the_same_transcript_and_no_copy(table, monkeypatch):
    heard = {}
    speak = DossierAnalyst.speak

    async def noted(self, turn):
        heard.setdefault(turn.round, []).append(turn.heard)
        return await speak(self, turn)

    monkeypatch.setattr(DossierAnalyst, "speak", noted)
    monkeypatch.chdir(table.folder)
    run("scenario.yaml", rounds=2)
    for given in heard.values():
        assert all(each is given[0] for each in given)


def test_a_table_is_read_once_and_its_numbers_are_collected_once_a_question(table, monkeypatch):
    reads, collected = [], []
    read, collect = documents.read, stability.doubts
    monkeypatch.setattr(catalog, "read", lambda path, name=None: reads.append(path) or read(path, name))
    monkeypatch.setattr(stability, "doubts", lambda *given: collected.append(1) or collect(*given))
    monkeypatch.chdir(table.folder)
    catalog._load_dossier.cache_clear()
    scenario = catalog.load_scenario("scenario.yaml")
    seats = catalog.load_table(scenario)
    assert len(reads) == SEATS + 1
    found = stable(scenario, seats, draws=10)
    assert len(collected) == 1, "however many seats are left out in turn"
    assert found.model_dump()["verdict"] == table.run.negotiation.stability.verdict


def test_leaving_a_seat_out_is_the_debate_held_without_it(table):
    scenario, seats = table.run.scenario, tuple(table.run.seats.values())
    known = doubts(scenario, seats)
    base, away = stability._settled(known)
    assert list(base) == list(np.sign(uncertainty.draw(scenario, seats, n=1, scale=0.0).stances[0]))
    positions = stability._without_each(known, *stance.opinions(known.data))
    for gone, sides in enumerate(away):
        rest = [d for i, d in enumerate(seats) if i != gone]
        plain = np.sign(uncertainty.draw(scenario, rest, n=1, scale=0.0).stances[0])
        assert list(np.delete(sides, gone)) == list(plain)
        assert sides[gone] == 0
        floor = Floor(scenario, {d.name: d for d in rest}, {}, {})
        walked = influence.path(floor.path[0], floor.mixing, floor.open_to, scenario.debate.rounds)[-1]
        assert np.delete(positions[gone], gone, axis=0) == pytest.approx(walked, abs=1e-12)


def test_the_live_view_of_a_large_table_fits_a_small_terminal(table):
    for shown in table.seen:
        lines = shown.splitlines()
        assert len(lines) <= 12
        assert max(map(len, lines)) <= 80
    middle = table.seen[SEATS + SEATS // 2]
    assert re.search(rf"round 2 of 3: \d+ of {SEATS} have spoken", middle)
    assert "to speak: " in middle
    assert "all have spoken" in table.seen[-1]


def test_a_model_that_speaks_is_named_with_what_has_come(table):
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, height=24, color_system=None)
    panel = console.Panel(screen)
    with panel:
        panel.started(table.run.scenario, table.run.seats)
        panel.heard("round", 1)
        first = next(iter(table.run.seats.values()))
        panel.hears(first.code, 120)
        paper = Console(file=io.StringIO(), record=True, width=80, height=24)
        paper.print(panel._draw())
    assert f"speaking: {first.short} (120 tokens)" in paper.export_text()


def test_a_large_table_in_json_is_a_line_an_event(table, capsys):
    told = console.JsonLines()
    told.started(table.run.scenario, table.run.seats)
    for said in table.run.transcript.statements:
        told.heard("turn", said)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["launch", *["turn"] * 3 * SEATS]
    assert len(lines[0]["seats"]) == SEATS
