"""Sweeps, through the command a user types: one table whoever holds the cells, and whatever happens to them."""

import csv
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from doubles import AgreeableCaller, over_the_wire
from dying import die
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

import simulation
from simulation.ballots import count
from simulation.calls import CallFailed, LimitReached
from simulation.catalog import load_scenario
from simulation.errors import InputError
from simulation.floor import Floor
from simulation.grids import Sweep
from simulation.plans import plan
from simulation.runs import hold
from simulation.waiting import wait
from simulation.workers import Pool

PAGE = """\
title: Does it turn on Taiwan?
scenarios: [takaichi_coalition]
seeds: {first: 3, count: 4}
grid:
  provisions.taiwan_inclusion: [keep, drop]
  agents.india.positions.mutual_defence.salience: {low: 0.2, high: 1.0, steps: 3}
"""
WEIGHT = "provisions.taiwan_inclusion.weight"
MANY = f"scenarios: [takaichi_coalition]\nseeds: {{first: 0, count: 60}}\ngrid:\n  {WEIGHT}: [0.3, 0.6, 0.9]\n"
COMMAND = [sys.executable, "-c", "from simulation.cli import main; main()", "sweep"]


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Write the page of a sweep in an empty folder; returns its name."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "page.yaml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


def rows(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(folder):
    """Every file of a finished sweep whose bytes may not depend on how it was held."""
    names = ("stances.csv", "positions.csv", "stances.parquet", "positions.parquet", "columns.md")
    return {name: (Path(folder) / name).read_bytes() for name in names}


def test_every_cell_is_the_debate_that_the_run_command_would_hold(communique, page):
    said = communique("sweep", page(PAGE), "--workers", "1")
    assert said.status == 0
    found = rows(said.out.strip())
    assert len(found) == 4 * 2 * 3 * 5
    assert [int(r["cell"]) for r in found] == [cell for cell in range(24) for _ in range(5)]
    india = "agents.india.positions.mutual_defence.salience"
    for cell, changes in ((0, [f"{india}=0.2"]), (10, [f"{india}=0.6", "provisions.taiwan_inclusion=drop"])):
        rest = [r for r in found if int(r["cell"]) == cell]
        held = simulation.run("takaichi_coalition", seed=int(rest[0]["seed"]), changes=changes)
        final = {s.country: s for s in held.transcript.final}
        assert [r["country"] for r in rest] == list(held.seats)
        for row in rest:
            last = final[row["country"]]
            assert (int(row["stance"]), float(row["score"])) == (last.stance, last.score)
            assert int(row["opening_stance"]) == held.transcript.of(last.code)[0].stance
            assert int(row["supporting"]) == len(held.merge.support)
            assert row["failed"] == ""
    assert {r["provisions.taiwan_inclusion"] for r in found} == {"keep", "drop"}


def test_positions_are_a_second_table_with_where_the_table_lands(communique, page, tmp_path):
    said = communique("sweep", page(PAGE), "--workers", "1")
    found = rows(Path(said.out.strip()).with_name("positions.csv"))
    held = simulation.run("takaichi_coalition", seed=3, changes=["agents.india.positions.mutual_defence.salience=0.2"])
    first = [r for r in found if r["cell"] == "0" and r["country"] == "india"]
    final = next(s for s in held.transcript.final if s.country == "india")
    assert [(r["provision"], float(r["position"])) for r in first] == [(v.provision, v.position) for v in final.views]
    assert [float(r["zone"]) for r in first] == [x.zone for x in held.merge.landings]
    assert {r["held"] for r in first} <= {"true", "false"}
    assert "taiwan_inclusion" not in {r["provision"] for r in found if r["provisions.taiwan_inclusion"] == "drop"}


@pytest.mark.parametrize("name", ["takaichi_coalition_wide", "ukraine_settlement", "aukus-2021"])
def test_ballots_end_where_a_debate_of_the_same_desks_ends(name):
    asked = plan(name)
    record, merged = count(Floor(asked.scenario, asked.seats, {}, asked.engines))
    held = wait(hold(asked))
    assert merged == held.merge
    for ours, theirs in zip(record.final, held.transcript.final, strict=True):
        assert (ours.stance, ours.score, ours.terms, ours.views) == (
            theirs.stance,
            theirs.score,
            theirs.terms,
            theirs.views,
        )
    assert record.order == held.transcript.order


def test_parquet_and_csv_say_the_same_and_every_column_is_explained(communique, page):
    folder = Path(communique("sweep", page(PAGE), "--workers", "1").out.strip()).parent
    for table in ("stances", "positions"):
        plain, packed = rows(folder / f"{table}.csv"), parquet.read_table(folder / f"{table}.parquet").to_pylist()
        assert len(plain) == len(packed)
        for ours, theirs in zip(plain, packed, strict=True):
            assert list(ours) == list(theirs)
            for name, value in theirs.items():
                shown = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
                assert ours[name] == shown
        legend = (folder / "columns.md").read_text(encoding="utf-8").replace("\\_", "_")
        assert all(f"| {name} |" in legend for name in plain[0])


def test_two_workers_leave_the_same_bytes_as_one(communique, page):
    one = communique("sweep", page(MANY), "--workers", "1", "--out", "one")
    two = communique("sweep", page(MANY), "--workers", "2", "--out", "two")
    assert one.status == two.status == 0
    assert tables(Path(one.out.strip()).parent) == tables(Path(two.out.strip()).parent)


def started(tmp_path, *args):
    """A sweep of 180 cells in a process of its own, some of whose cells are done."""
    env = {**os.environ, "COVERAGE_PROCESS_START": ""}
    process = subprocess.Popen(
        [*COMMAND, *args], cwd=tmp_path, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        journals = list(tmp_path.glob("sweeps/*/cells.jsonl"))
        if journals and journals[0].read_bytes().count(b"\n") >= 4:
            return process, journals[0].parent
        assert process.poll() is None
        time.sleep(0.01)
    raise AssertionError("no cell was held in a minute")


def children(pid):
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def workers_of(process):
    """The processes that hold cells; Python's own keeper of resources is not one."""
    return [c for c in children(process.pid) if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_sweep_that_was_killed_goes_on_with_the_cells_in_hand_and_ends_in_the_same_bytes(communique, page, tmp_path):
    name = page(MANY)
    whole = communique("sweep", name, "--workers", "1", "--out", "whole")
    process, folder = started(tmp_path, name, "--workers", "2")
    helpers = workers_of(process)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while not all(gone(pid) for pid in helpers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(helpers) == 2
    assert all(gone(pid) for pid in helpers), "a worker outlived the sweep"
    journal = folder / "cells.jsonl"
    kept = journal.read_bytes()
    before = kept.count(b"\n")
    assert 4 <= before < 180
    journal.write_bytes(kept + b'{"cell": 9, "fai')
    said = communique("sweep", "--resume", str(folder), "--workers", "1")
    assert said.status == 0
    assert f"180 cells, {before} of them done before" in said.err
    lines = journal.read_bytes().splitlines(keepends=True)
    assert b"".join(lines[:before]) == kept[: sum(map(len, lines[:before]))]
    assert len(lines) == 180, "a cell that was done was held again"
    assert tables(folder) == tables(Path(whole.out.strip()).parent)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_that_dies_is_replaced_and_its_cells_held_again(communique, page, tmp_path):
    name = page(MANY)
    whole = communique("sweep", name, "--workers", "1", "--out", "whole")
    process, folder = started(tmp_path, name, "--workers", "2")
    os.kill(workers_of(process)[0], signal.SIGKILL)
    process.wait()
    assert process.returncode == 0
    assert (folder / "cells.jsonl").read_bytes().count(b"\n") == 180
    assert tables(folder) == tables(Path(whole.out.strip()).parent)


@contextmanager
def interrupted_after_one_chunk(monkeypatch):
    """Ctrl-C comes when the second chunk is done; yields how many cells the first one had, once it is kept."""
    from simulation.journals import Journal

    keep, kept = Journal.keep, []

    def interrupted(self, lines):
        if kept:
            raise KeyboardInterrupt
        kept.append(len(lines))
        keep(self, lines)

    with monkeypatch.context() as during:
        during.setattr(Journal, "keep", interrupted)
        yield kept


def test_a_ctrl_c_keeps_what_is_done_and_prints_how_to_go_on(communique, page, monkeypatch):
    with interrupted_after_one_chunk(monkeypatch) as kept:
        said = communique("sweep", page(PAGE), "--workers", "1")
    assert said.status == 130
    resume = said.err.strip().splitlines()[-1].partition("communique ")[2]
    assert f"24 cells, {kept[0]} of them done before" in communique(*resume.split()).err


def test_workers_that_always_die_are_not_replaced_for_ever():
    with Pool(die, 2) as pool, pytest.raises(InputError, match="died 3 times over, at work on cells 0, 1") as caught:
        list(pool.results(iter([[0], [1]])))
    assert caught.value.code == "E172"


def test_the_same_sweep_typed_again_holds_nothing_twice(communique, page):
    first = communique("sweep", page(PAGE), "--workers", "1", "--json")
    again = communique("sweep", page(PAGE + "# a remark\n"), "--workers", "1", "--json")
    assert json.loads(first.out) == json.loads(again.out)
    assert "24 of them done before" in again.err
    assert json.loads(first.out)["done"] == 24


def test_two_processes_do_not_work_on_one_sweep(communique, page, tmp_path):
    from simulation.journals import Journal

    folder = Path(communique("sweep", page(PAGE), "--workers", "1").out.strip()).parent
    with Journal(folder / "cells.jsonl"):
        said = communique("sweep", "--resume", str(folder))
    assert said.status == 2
    assert "E141" in said.err


def test_a_dossier_that_changed_stops_a_resumed_sweep(communique, page, own_agents):
    folder = Path(communique("sweep", page(PAGE), "--workers", "1").out.strip()).parent
    path = own_agents / "india.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    said = communique("sweep", "--resume", str(folder))
    assert said.status == 2
    assert "error[E170]: agents/india.yaml changed since the sweep began" in said.err


def test_a_folder_that_holds_no_sweep_is_told_apart_from_one_that_is_damaged(communique, page, tmp_path):
    said = communique("sweep", "--resume", str(tmp_path))
    assert (said.status, "error[E170]" in said.err) == (2, True)
    folder = Path(communique("sweep", page(PAGE), "--workers", "1").out.strip()).parent
    journal = folder / "cells.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    journal.write_text("".join(["not a cell\n", *lines[1:]]), encoding="utf-8")
    said = communique("sweep", "--resume", str(folder))
    assert (said.status, "error[E173]" in said.err) == (2, True)


WRONG = {
    "an unknown field": ("scenarois: [x]\n" + PAGE, "page.yaml:1:1", "E111"),
    "an unknown scenario": (PAGE.replace("takaichi_coalition", "takaichi_coalitoin"), "page.yaml:2:13", "E109"),
    "an unknown country": (PAGE + "countries: [[japan, norway]]\n", "page.yaml:7:21", "E104"),
    "a table of one": (PAGE + "countries: [[japan]]\n", "page.yaml:7:13", "E113"),
    "an unknown engine": (PAGE + "engines: [dosier]\n", "page.yaml:7:11", "E124"),
    "an engine that needs lines": (PAGE + "engines: [scripted]\n", "page.yaml:7:11", "E124"),
    "no model for the seats": (PAGE + "engines: [dossier, chat_model]\n", "page.yaml:7:10", "E171"),
    "no seat for the models": (PAGE + "models: [openai:local]\n", "page.yaml:7:9", "E171"),
    "a path that is not there": (PAGE.replace("taiwan_inclusion", "taiwan_inclusoin"), "page.yaml:5:3", "E129"),
    "an option that is not there": (PAGE.replace("[keep, drop]", "[keep, dorp]"), "page.yaml:5:39", "E129"),
    "a value out of range": (PAGE.replace("high: 1.0", "high: 2.0"), "page.yaml:6:3", "E129"),
    "a country without a seat": (PAGE.replace("agents.india", "agents.indai"), "page.yaml:6:3", "E104"),
    "a path with an axis of its own": (PAGE + "  debate.seed: [1, 2]\n", "page.yaml:7:3", "E168"),
    "a value named twice": (PAGE.replace("{first: 3, count: 4}", "[3, 3]"), "page.yaml:3:12", "E117"),
    "no scenario": (PAGE.replace("[takaichi_coalition]", "[]"), "page.yaml:2:12", "E113"),
    "an axis without values": (PAGE.replace("[keep, drop]", "[]"), "page.yaml:5:32", "E113"),
    "a seed that is none": (PAGE.replace("{first: 3, count: 4}", "[-1]"), "page.yaml:3:9", "E113"),
    "seeds beyond the last": (PAGE.replace("first: 3", "first: 2147483646"), "page.yaml:3:8", "E112"),
    "an empty page": ("", "page.yaml:1:1", "E108"),
    "a list": ("- a\n", "page.yaml:1:1", "E112"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_on_the_page_is_told_with_its_place_before_anything_is_held(communique, page, tmp_path, case):
    text, place, code = WRONG[case]
    said = communique("sweep", page(text))
    assert said.status == 2
    assert place in said.err
    assert f"error[{code}]" in said.err
    assert not (tmp_path / "sweeps").exists()


def test_a_misspelt_path_is_met_with_the_right_one(communique, page):
    said = communique("sweep", page(PAGE.replace("taiwan_inclusion", "taiwan_inclusoin")))
    assert 'did you mean "taiwan_inclusion"?' in said.err


def test_a_page_can_be_checked_and_its_schema_printed(communique, page):
    assert communique("check", page(PAGE)).status == 0
    assert communique("check", page("scenarios: [x]\nseeds: {first: 1}\n")).status == 2
    found = json.loads(communique("schema", "sweep").out)
    assert found["properties"]["scenarios"]["description"] == "Names or paths."


BILLION = "scenarios: [takaichi_coalition]\nseeds: {first: 0, count: 1000000000}\n"


def test_a_billion_cells_are_counted_at_once_and_not_begun(communique, page, tmp_path):
    begun = time.process_time()
    said = communique("sweep", page(BILLION))
    assert said.status == 2
    assert "error[E169]: the sweep has 1,000,000,000 cells" in said.err
    assert "--yes" in said.err
    told = communique("sweep", page(BILLION), "--dry-run", "--json", "--workers", "2")
    assert json.loads(told.out)["cells"] == 1_000_000_000
    assert json.loads(told.out)["seconds"] > 1000
    assert time.process_time() - begun < 20
    assert not (tmp_path / "sweeps").exists()


@given(st.lists(st.integers(1, 4), min_size=4, max_size=6), st.data())
def test_the_cells_are_the_product_of_the_axes_with_the_last_turning_fastest(sizes, data):
    scenarios, seeds, engines, *paths = sizes
    page = Sweep(
        scenarios=[f"s{k}" for k in range(scenarios)],
        seeds={"first": 5, "count": seeds},
        engines=[f"e{k}" for k in range(engines)],
        grid={f"p{n}": list(range(size)) for n, size in enumerate(paths)},
    )
    whole = list(itertools.product(*page.axes))
    assert page.size == len(whole)
    cell = data.draw(st.integers(0, len(whole) - 1))
    found = page.point(cell)
    assert (found.scenario, found.table, (found.engine, found.model), found.seed, *found.values) == whole[cell]


def test_a_combination_that_cannot_be_held_says_so_and_gets_no_stance(communique, page):
    dropped = "provisions.taiwan_inclusion: [keep, drop]"
    text = f"scenarios: [takaichi_coalition]\ngrid:\n  {dropped}\n  {WEIGHT}: [keep, 0.4]\n"
    said = communique("sweep", page(text))
    assert said.status == 4
    assert "1 cells lack something" in said.err
    found = rows(said.out.strip())
    (lost,) = [r for r in found if r["cell"] == "3"]
    assert 'there is no "taiwan_inclusion" here' in lost["failed"]
    assert lost["country"] == lost["stance"] == ""
    assert all(r["failed"] == "" for r in found if r["cell"] != "3")
    assert {r[WEIGHT] for r in found} == {"", "0.4"}


def test_tables_scenarios_and_dates_are_axes_too(communique, page):
    text = """\
scenarios: [takaichi_coalition, aukus-2021]
countries: [[japan, china], [australia, india, eu]]
grid:
  date: ["2021-09-16", "2025-04-28"]
"""
    said = communique("sweep", page(text), "--workers", "1")
    found = rows(said.out.strip())
    assert {(r["scenario"], r["table"]) for r in found} == set(
        itertools.product(("takaichi_coalition", "aukus-2021"), ("japan china", "australia india eu"))
    )
    scores = {r["date"]: r["score"] for r in found if r["scenario"] == "takaichi_coalition" and r["country"] == "japan"}
    assert len(set(scores.values())) == 2


def test_a_full_sweep_also_says_how_firm_each_answer_is(communique, page, takaichi):
    said = communique("sweep", page("scenarios: [takaichi_coalition]\nfull: true\n"))
    found = {r["code"]: r for r in rows(said.out.strip())}
    firm = takaichi.negotiation.stability
    assert {c: float(r["same"]) for c, r in found.items()} == {c.code: c.same for c in firm.countries}
    assert {r["passes_firmness"] for r in found.values()} == {firm.label}
    assert {r["confidence"] for r in found.values()} == {takaichi.negotiation.confidence.level}


def test_no_value_of_a_page_becomes_a_formula_or_markup(communique, page):
    text = "scenarios: [takaichi_coalition]\ngrid:\n  title: ['=HYPERLINK(\"x\")', '<script>|']\n"
    said = communique("sweep", page(text), "--workers", "1")
    assert {r["title"] for r in rows(said.out.strip())} == {'\'=HYPERLINK("x")', "<script>|"}
    text = "scenarios: [takaichi_coalition]\ngrid:\n  <script>alert(1)</script>: [1]\n"
    assert communique("sweep", page(text)).status == 2


ASKING = """\
scenarios: [takaichi_coalition]
countries: [[japan, india]]
engines: [dossier, chat_model]
models: ["openai:local"]
settings: {base_url: "URL"}
seeds: [1, 2]
grid: {debate.rounds: [1]}
"""


@pytest.fixture
def asking(page, hostile, monkeypatch):
    """A page whose second half asks a server that answers every seat as its dossier would."""
    hostile.reply = over_the_wire(AgreeableCaller.of())
    monkeypatch.setenv("COMMUNIQUE_API_KEY", "sk-very-secret")
    return page(ASKING.replace("URL", hostile.url))


def test_seats_that_ask_a_model_are_paid_for_once(communique, asking, hostile):
    said = communique("sweep", asking, "--workers", "1")
    assert said.status == 0
    found = rows(said.out.strip())
    assert [(r["engine"], r["model"]) for r in found[:2]] == [("dossier", "")] * 2
    assert [(r["engine"], r["model"]) for r in found[4:6]] == [("chat_model", "openai:local")] * 2
    assert len(hostile.seen) == 2, "the two seeds ask the same in round 1"
    folder = Path(said.out.strip()).parent
    first = tables(folder)
    (folder / "cells.jsonl").unlink()
    assert communique("sweep", asking, "--workers", "1").status == 0
    assert len(hostile.seen) == 2
    assert tables(folder) == first
    assert not any(b"sk-very-secret" in p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_a_seat_that_failed_has_no_stance_and_is_asked_again_on_resume(asking):
    agreeable, asked = AgreeableCaller.of(), []

    class Failing:
        async def ask(self, request, hearing=lambda seat, tokens: None):
            asked.append(request.seat)
            if request.seat == "IND" and len(asked) <= 2:
                raise CallFailed("the server answered 500")
            return await agreeable.ask(request, hearing)

    page = Path(asking).read_text(encoding="utf-8").replace("seeds: [1, 2]", "seeds: [1]")
    Path(asking).write_text(page, encoding="utf-8")
    first = simulation.sweep(asking, under="sweeps", connect=lambda settings, before: Failing())
    lost = [r for r in first.rows() if r["failed"]]
    assert (first.failed, first.complete, len(lost)) == (1, True, 1)
    assert (lost[0]["country"], lost[0]["stance"], lost[0]["failed"]) == (
        "india",
        None,
        "round 1: the server answered 500",
    )
    again = simulation.sweep(asking, under="sweeps", connect=lambda settings, before: Failing())
    assert again.failed == 0
    assert asked.count("JPN") == 1
    assert len(list(again.rows())) == len(list(first.rows())) == 4


def test_a_budget_that_is_reached_stops_the_sweep_and_keeps_what_is_done(asking):
    agreeable, calls = AgreeableCaller.of(), []

    class Limited:
        async def ask(self, request, hearing=lambda seat, tokens: None):
            calls.append(request.seat)
            if len(calls) > 2:
                raise LimitReached("0.0100 of 0.01 US dollars are left")
            return await agreeable.ask(request, hearing)

    page = Path(asking).read_text(encoding="utf-8").replace("[1]}", "[2, 1]}")
    Path(asking).write_text(page, encoding="utf-8")
    found = simulation.sweep(asking, under="sweeps", connect=lambda settings, before: Limited())
    assert found.limit == "0.0100 of 0.01 US dollars are left"
    assert not found.complete
    assert {r["engine"] for r in found.rows()} == {"dossier"}
    assert all(r["failed"] is None for r in found.rows())


def test_a_dry_run_counts_cells_calls_and_dollars_and_asks_nobody(communique, asking, hostile, tmp_path):
    page = Path(asking).read_text(encoding="utf-8").replace("openai:local", "openai:gpt-5.4-mini")
    Path(asking).write_text(page.replace(f'settings: {{base_url: "{hostile.url}"}}\n', ""), encoding="utf-8")
    found = json.loads(communique("sweep", asking, "--dry-run", "--json").out)
    assert (found["cells"], found["asking"], found["calls"]) == (4, 2, 4)
    assert 0 < found["usd_likely"] <= found["usd_most"]
    assert "4 cells" in communique("sweep", asking, "--dry-run").out
    assert hostile.seen == []
    assert not (tmp_path / "sweeps").exists()


def test_a_sweep_in_python_leaves_nothing_behind_and_becomes_a_frame(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = {"scenarios": ["takaichi_coalition"], "grid": {WEIGHT: [0.3, 0.9]}}
    found = simulation.sweep(page)
    frame = found.to_frame()
    assert list(tmp_path.iterdir()) == []
    assert (len(frame), frame[WEIGHT].tolist()) == (10, [0.3] * 5 + [0.9] * 5)
    assert found.to_frame("positions")["provision"].nunique() == len(load_scenario("takaichi_coalition").provisions)
    assert simulation.sweep(Sweep(**page)).to_frame().equals(frame)


def test_the_page_in_the_readme_is_swept_as_it_says(communique, page):
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (text,) = [t for t in re.findall(r"```yaml\n(.*?)```", readme, re.S) if "\nscenarios:" in t]
    found = communique("sweep", page(text), "--workers", "1", "--json")
    assert json.loads(found.out)["cells"] == 150
    assert "all 150 debates" in readme


def test_a_page_may_come_from_standard_input(communique, page, monkeypatch):
    import io

    class Typed:
        buffer = io.BytesIO(b"scenarios: [takaichi_coalition]\n")

    monkeypatch.setattr(sys, "stdin", Typed())
    assert communique("sweep", "-", "--workers", "1").status == 0
    assert communique("sweep").status == 2


def test_the_help_shows_a_page_line_by_line(communique):
    said = communique("sweep", "--help")
    assert "\n  grid:\n    provisions.taiwan_inclusion: [keep, drop]\n" in said.out
