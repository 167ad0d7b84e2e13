"""Runs side by side, and two runs statement by statement, through the commands."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from doubles import SETTINGS, AgreeableCaller, over_the_wire, reply

from simulation import compare
from simulation.causes import inert
from simulation.comparison import Comparison
from simulation.contrasts import Contrast
from simulation.errors import InputError
from simulation.report import comparisons
from simulation.runs import run
from simulation.scenario import STANCES
from simulation.stance import cap, coefficients, to_stance

NAME = "takaichi_coalition"


def compared(communique, *args) -> dict:
    said = communique("compare", *args, "--format", "json")
    assert said.status == 0, said.err
    return json.loads(said.out)


def ran(communique, *args) -> str:
    """Hold a debate; returns the run's id."""
    return communique("run", *args, "-q").out.strip().split("/")[1]


def recorded(name: str) -> dict:
    return json.loads((Path("runs") / name / "run.json").read_text(encoding="utf-8"))


def ceiling(held, said):
    return cap([(held.scenario.provision(b.provision), b) for b in said.breaches])


def test_each_run_has_a_column_and_each_country_a_row(communique):
    found = compared(communique, NAME, "--vary", "seed=1,2")
    assert [c["letter"] for c in found["columns"]] == ["A", "B", "C"]
    assert [c["label"] for c in found["columns"]] == [NAME, "seed=1", "seed=2"]
    assert {r["country"] for r in found["rows"]} == {"japan", "china", "india", "eu", "australia"}
    assert [c["path"] for c in found["columns"][1]["contrasts"]] == ["debate.seed"]


def test_the_order_of_speaking_changes_no_stance_and_is_called_no_cause(communique):
    found = compared(communique, NAME, "--vary", "seed=1,2")
    assert found["causes"] == []
    assert not any(cell["changed"] for row in found["rows"] for cell in row["cells"])


@pytest.mark.parametrize(
    "vary",
    ["date=2010-01-01", "provisions.mutual_protection=consult", "provisions.taiwan_inclusion.weight=0.2", "rounds=1"],
)
def test_the_bars_of_a_cause_add_up_to_the_difference_of_the_scores(takaichi, communique, vary):
    found = compared(communique, NAME, "--vary", vary)
    before = {s.code: s for s in takaichi.transcript.final}
    assert found["causes"]
    for why in found["causes"]:
        moved = sum(bar["after"] - bar["before"] for bar in why["bars"])
        assert moved == pytest.approx(why["score_after"] - why["score_before"], abs=1e-4)
        assert why["score_before"] == before[why["code"]].score
        terms = {t.provision or t.name: t.value for t in before[why["code"]].terms}
        assert all(bar["before"] == pytest.approx(terms.get(bar["term"], 0), abs=1e-6) for bar in why["bars"])
        up = np.sign(why["score_after"] - why["score_before"])
        leading = why["bars"][0]["after"] - why["bars"][0]["before"]
        assert leading * up == pytest.approx(max((b["after"] - b["before"]) * up for b in why["bars"]))


@pytest.mark.parametrize(
    "change",
    ["date=2010-01-01", "provisions.mutual_protection=consult", "proposal.targets=[USA]", "proposal.sponsors=[CHN]"],
)
def test_what_is_said_to_turn_a_stance_turns_it(takaichi, change):
    after = run(NAME, changes=[change])
    found = compare(takaichi, after)
    old, new = ({s.code: s for s in held.transcript.final} for held in (takaichi, after))
    for why in found.causes:
        was, now = old[why.code], new[why.code]
        by_score = int(to_stance(np.array(now.score), np.array(ceiling(takaichi, was)))) == now.stance
        by_rules = int(to_stance(np.array(was.score), np.array(ceiling(after, now)))) == now.stance
        right = {(True, True): "either", (True, False): "score", (False, True): "rules", (False, False): "both"}
        assert why.by == (right[by_score, by_rules] if was.stance != now.stance else "none")
        assert {b.rule for b in why.met} == {b.rule for b in now.breaches} - {b.rule for b in was.breaches}
        assert {b.rule for b in why.gone} == {b.rule for b in was.breaches} - {b.rule for b in now.breaches}
    turned = {c for c in old if old[c].stance != new[c].stance}
    assert turned == {why.code for why in found.causes if why.by != "none"}
    assert turned


def test_a_country_that_a_rule_held_back_is_said_to_be_freed_by_it(takaichi):
    found = compare(takaichi, run(NAME, changes=["provisions.mutual_protection=consult"]))
    why = next(c for c in found.causes if c.code == "IND")
    assert (why.before, why.after, why.by) == (0, 1, "rules")
    assert [b.rule for b in why.gone] == ["ind_r1"]
    assert why.score_before > coefficients().cuts[2]


def test_a_dossier_changed_for_one_seat_reaches_the_others_through_the_debate(takaichi):
    edit = "agents.india.positions.mutual_defence.salience=0.0"
    found = compare(takaichi, run(NAME, changes=[edit]))
    assert [(c.path, c.country) for c in found.columns[1].contrasts] == [(edit.split("=")[0], "india")]
    by = {c.code: c for c in found.causes}
    assert by["IND"].inputs == (edit.split("=")[0],)
    assert by["IND"].through == ()
    others = [c for code, c in by.items() if code != "IND"]
    assert others
    assert all(c.inputs == () and c.through == (edit.split("=")[0],) for c in others)


def test_a_dossier_that_changed_on_disk_is_told_by_its_file(own_agents, communique):
    first = ran(communique, NAME)
    path = own_agents / "japan.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# looked through again\n", encoding="utf-8")
    second = ran(communique, NAME)
    found = compared(communique, first, second)
    assert [(c["path"], c["country"]) for c in found["columns"][1]["contrasts"]] == [("agents/japan.yaml", "japan")]


@pytest.mark.parametrize(
    "change",
    [
        "title=Another",
        "question=And now?",
        "proposal.text=Other words",
        "proposal.noun=plan",
        "proposal.invited=[JPN]",
        "provisions.technology.text=Other words",
        "provisions.technology.label=other",
        "provisions.mutual_protection.options.consult=drop",
        "form={binding: 1, exclusive: 1}",
        "debate.seed=11",
    ],
)
def test_what_is_called_inert_moves_no_number_of_a_desk(takaichi, change):
    after = run(NAME, changes=[change])
    path = change.split("=")[0]
    assert inert(Contrast(path=path, before=None, after=None))
    for was in takaichi.transcript.final:
        now = next(s for s in after.transcript.final if s.code == was.code)
        assert (was.score, was.stance, was.terms) == (now.score, now.stance, now.terms)


def test_distances_are_the_weighted_mean_differences_of_the_positions(takaichi):
    after = run(NAME, changes=["provisions.mutual_protection=consult"])
    found = compare(takaichi, after)
    assert len(found.distances) == 10
    for distance in found.distances:
        for apart, held in zip(distance.apart, (takaichi, after), strict=True):
            one, other = (next(s for s in held.transcript.final if s.code == c) for c in distance.pair)
            total = 0.0
            for provision in found.provisions:
                a, b = one.view(provision), other.view(provision)
                shares = [x.importance / sum(v.importance for v in s.views) for s, x in ((one, a), (other, b))]
                total += sum(shares) / 2 * abs(a.position - b.position)
            assert apart == pytest.approx(total, abs=1e-5)


def test_agreement_with_what_happened_leaves_out_who_put_it_forward(communique):
    found = compared(communique, "aukus-2021", "--vary", "rounds=2")
    held = run("aukus-2021")
    history = held.scenario.history
    pairs = [
        (s.stance, STANCES[history[s.country].stance])
        for s in held.transcript.final
        if s.country in history and not history[s.country].sponsor
    ]
    agreement = found["columns"][0]["agreement"]
    assert any(r.sponsor for r in history.values())
    assert agreement["n"] == len(pairs)
    assert agreement["mae5"] == pytest.approx(np.mean([abs(p - a) for p, a in pairs]), abs=1e-4)
    text = communique("compare", "aukus-2021", "--vary", "rounds=2", "--format", "md").out
    assert "What it did" in text
    assert "Beside what happened" in text


def test_runs_of_different_scenarios_compare_what_they_share_and_say_so(communique):
    found = compared(communique, NAME, "palestine_recognition_package")
    assert found["distances"] == []
    assert found["provisions"] == {}
    assert "different scenarios" in " ".join(found["notes"])
    for why in found["causes"]:
        assert {b["term"] for b in why["bars"]} <= {"substance", "sponsor", "self_target", "target_affinity"}
        moved = sum(b["after"] - b["before"] for b in why["bars"])
        assert moved == pytest.approx(why["score_after"] - why["score_before"], abs=1e-4)
    absent = next(r for r in found["rows"] if r["country"] == "australia")
    assert absent["cells"][1] is None
    page = communique("compare", NAME, "palestine_recognition_package").out
    assert "no seat" in page
    assert "How far apart" not in page


def test_a_stored_run_and_a_scenario_stand_side_by_side(communique):
    held = ran(communique, NAME)
    found = compared(communique, "latest", NAME, held[:20], f"runs/{held}", f"runs/{held}/run.json")
    assert {c["run"] for c in found["columns"]} == {held}
    assert found["causes"] == []
    assert "No input differs." in communique("compare", held, NAME).out


def test_a_variant_that_changes_nothing_is_left_out(communique):
    found = compared(communique, NAME, "--vary", "seed=7,8", "--vary", "engine=dossier")
    assert [c["label"] for c in found["columns"]] == [NAME, "seed=8, engine=dossier"]


def test_values_in_brackets_are_one(communique):
    found = compared(communique, NAME, "--vary", "proposal.sponsors=[JPN, TWN],[IND]")
    assert [c["label"] for c in found["columns"][1:]] == ["proposal.sponsors=[JPN, TWN]", "proposal.sponsors=[IND]"]


def test_every_format_says_the_same_and_none_lets_markup_or_formulas_through(own_agents, communique):
    path = own_agents / "japan.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("short: Japan\n", "short: '<script>alert(1)</script> =1+1'\n", 1), encoding="utf-8")
    assert "<script>" in path.read_text(encoding="utf-8")
    ran(communique, NAME)
    page = communique("compare", "latest", NAME, "--format", "html").out
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert "src=" not in page
    assert "href=" not in page
    assert "\\<script\\>" in communique("compare", "latest", NAME, "--format", "md").out
    rows = list(csv.DictReader(io.StringIO(communique("compare", "latest", NAME, "--format", "csv").out)))
    assert len(rows) == 10
    assert all(not str(v).startswith(("=", "+", "@")) for row in rows for v in row.values())
    data = json.loads(communique("compare", "latest", NAME, "--json").out)
    assert Comparison.model_validate(data).flat()[0]["score"] == float(rows[0]["score"])
    assert "alert(1)" in communique("compare", "latest", NAME).out


def test_a_terminal_is_not_steered_by_a_name(own_agents, communique):
    path = own_agents / "japan.yaml"
    text = path.read_text(encoding="utf-8").replace("short: Japan\n", 'short: "Jap\\u202ean [bold]"\n', 1)
    path.write_text(text, encoding="utf-8")
    said = communique("compare", NAME, NAME).out
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[bold]" in said


def test_a_result_goes_to_a_file_and_its_path_to_stdout(communique, tmp_path):
    said = communique("compare", NAME, NAME, "--format", "md", "--out", "new/page.md")
    assert said.out.strip() == "new/page.md"
    assert (tmp_path / "new" / "page.md").read_text(encoding="utf-8").startswith("# Side by side")
    again = communique("compare", NAME, NAME, "--out", "page.txt")
    assert again.status == 0
    assert "Who stands where" in (tmp_path / "page.txt").read_text(encoding="utf-8")
    assert communique("compare", NAME, NAME, "--out", "/proc/nowhere/page.md").status == 2


def test_the_same_comparison_gives_the_same_bytes(communique):
    args = ("compare", NAME, "--vary", "date=2010-01-01", "--format", "html")
    assert communique(*args).out == communique(*args).out


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ([NAME], "E164", "1 run to compare"),
        ([NAME, "--vary", "seed=7"], "E164", "away from what it is"),
        (["takaichi_coalitoin", NAME], "E163", f'did you mean "{NAME}"'),
        ([NAME, "--vary", "seed"], "E164", "nothing to vary"),
        ([NAME, "--vary", "seed="], "E164", "nothing to vary"),
        ([NAME, "--vary", "provisions.taiwan_inclusoin.weight=1"], "E129", 'did you mean "taiwan_inclusion"'),
        ([NAME, "--vary", "engine=dosier"], "E124", 'did you mean "dossier"'),
        ([NAME, "--vary", "date=1900-01-01"], "E120", "dated after the scenario"),
        (
            [NAME, "--vary", "seed=" + ",".join(map(str, range(1000))), "--vary", "rounds=" + ",".join("12345" * 99)],
            "E164",
            "495,000 variants",
        ),
        (["missing.yaml", NAME], "E101", "cannot be read"),
    ],
)
def test_what_cannot_be_compared_is_an_error_with_a_cure(communique, args, code, says):
    said = communique("compare", *args)
    assert said.status == 2
    assert code in said.err
    assert says in said.err
    assert said.out == ""


def test_a_stored_run_cannot_be_varied(communique):
    ran(communique, NAME)
    said = communique("compare", "latest", "--vary", "seed=1")
    assert said.status == 2
    assert "a stored run stands as it is" in said.err


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        (lambda p: p.unlink(), "E163", "holds no run.json"),
        (lambda p: p.write_text('{"format": 1'), "E127", "is not JSON"),
        (lambda p: p.write_text("[]"), "E127", "format None"),
        (lambda p: p.write_text(p.read_text().replace('"format": 1', '"format": 2', 1)), "E127", "format 2"),
        (lambda p: p.write_text('{"format": 1}'), "E127", "does not hold a run"),
        (lambda p: p.rename(p.with_name("launch.json")), "E163", "is not finished"),
    ],
)
@pytest.mark.parametrize("command", ["compare", "diff", "export"])
def test_a_missing_or_damaged_record_is_an_error_and_no_crash(communique, tmp_path, command, spoil, code, says):
    held = ran(communique, NAME)
    spoil(tmp_path / "runs" / held / "run.json")
    said = communique(command, held, *([NAME] if command == "compare" else [held] if command == "diff" else []))
    assert said.status == 2
    assert code in said.err
    assert says in said.err
    assert "Traceback" not in said.err


def test_the_api_compares_runs_and_refuses_one(takaichi):
    with pytest.raises(InputError):
        compare(takaichi)
    found = compare(takaichi, takaichi, labels=("now", "then"))
    assert [c.label for c in found.columns] == ["now", "then"]
    assert found.causes == ()


def test_a_diff_tells_every_statement_that_differs(communique):
    first = ran(communique, NAME)
    second = ran(communique, NAME, "--set", "provisions.mutual_protection=consult", "--rounds", "2")
    found = json.loads(communique("diff", first, second, "--json").out)
    one, other = ({s["id"]: s for s in recorded(name)["transcript"]["statements"]} for name in (first, second))
    assert len(found["pairs"]) + found["same"] == len(one.keys() | other.keys())
    for pair in found["pairs"]:
        if pair["silent"] != "no":
            assert (pair["id"] in one) != (pair["id"] in other)
            continue
        a, b = one[pair["id"]], other[pair["id"]]
        by = {d["kind"]: d for d in pair["differing"]}
        assert ("stance" in by) == (a["stance"] != b["stance"])
        assert ("headline" in by) == (a["headline"] != b["headline"])
        if "score" in by:
            assert (by["score"]["before"], by["score"]["after"]) == (a["score"], b["score"])
        claims = [{(x["provision"], f"{x['side']}: {x['claim']}") for x in s["arguments"]} for s in (a, b)]
        told = {(d["provision"], d["what"]) for d in pair["differing"] if d["kind"] == "argument"}
        assert told == claims[0] ^ claims[1]
    assert {p["silent"] for p in found["pairs"]} == {"no", "second"}
    page = communique("diff", first, second).out
    assert "Spoken in the first run only." in page
    assert "Only in the second: argues on" in page
    rows = list(csv.DictReader(io.StringIO(communique("diff", first, second, "--format", "csv").out)))
    assert len(rows) == sum(len(p["differing"]) for p in found["pairs"])


def test_a_diff_of_a_run_with_itself_finds_nothing(communique):
    ran(communique, NAME)
    assert "All 15 statements are the same." in communique("diff", "latest", "latest").out
    assert communique("diff", "latest", "latest", "--format", "csv").out.startswith("statement,country,round")


def test_a_diff_of_different_scenarios_is_refused(communique):
    first, second = ran(communique, NAME), ran(communique, "aukus-2021")
    said = communique("diff", first, second)
    assert said.status == 2
    assert "E165" in said.err
    assert "communique compare" in said.err


class Wayward(AgreeableCaller):
    """Agrees with every dossier but one, and says nothing that can be read for another seat."""

    async def ask(self, request, hearing=lambda seat, tokens: None):
        if request.seat == "AUS":
            return reply(request, "No comment.")
        return await super().ask(request, hearing)

    def draft(self, request):
        found = super().draft(request)
        return {**found, "stance": "strongly_support"} if request.seat == "IND" else found


def test_a_speaker_that_commits_to_another_stance_is_told_apart_from_score_and_rules(takaichi):
    wayward = run(NAME, rounds=1, engine="chat_model", settings=SETTINGS, caller=Wayward.of(NAME))
    found = compare(takaichi, wayward)
    why = next(c for c in found.causes if c.code == "IND")
    assert (why.before, why.after, why.by) == (0, 2, "commitment")
    assert why.bars[0].term == "judgement"
    assert sum(b.move for b in why.bars) == pytest.approx(why.score_after - why.score_before, abs=1e-4)
    assert "engines.india" in why.inputs
    assert "engines.japan" not in why.inputs
    assert "model" in why.inputs


def test_a_seat_that_never_spoke_has_no_stance_and_the_page_says_so(takaichi):
    wayward = run(NAME, rounds=1, engine="chat_model", settings=SETTINGS, caller=Wayward.of(NAME))
    found = compare(takaichi, wayward)
    assert found.columns[1].silent == ("australia",)
    assert next(r for r in found.rows if r.code == "AUS").cells[1] is None
    assert "AUS" not in {c.code for c in found.causes}
    assert all(d.apart[1] is None for d in found.distances if "AUS" in d.pair)
    grid = comparisons.stances(found)
    assert [c.text for row in grid.rows if row[0].text == "Australia" for c in row[2:3]] == ["failed to speak"]
    assert any("never spoke" in note for note in found.notes)
    assert comparisons.distances(found).rows[0][0].text == "mean of 6 pairs"


def test_engines_and_models_can_be_varied_and_what_they_said_is_kept(communique, hostile, monkeypatch, tmp_path):
    hostile.reply = over_the_wire(AgreeableCaller.of(NAME))
    monkeypatch.setenv("COMMUNIQUE_API_KEY", "sk-secret")
    asked = ("--vary", "engine=chat_model", "--vary", "model=openai:one,openai:two", "--vary", "rounds=1")
    found = compared(communique, NAME, *asked, "--model", "openai:zero", "--base-url", hostile.url)
    assert [c["model"] for c in found["columns"]] == [None, "openai:one", "openai:two"]
    assert len(hostile.seen) == 2 * 5
    kept = sorted(p.name for p in (tmp_path / "runs").iterdir())
    assert kept == sorted(c["run"] for c in found["columns"][1:])
    again = compared(communique, *kept)
    assert [c["path"] for c in again["columns"][1]["contrasts"]] == ["model"]
    assert len(hostile.seen) == 2 * 5


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--vary", "engine=chat_model"], "needs a model"),
        (["--vary", "model=openai:one"], "no seat asks openai:one"),
        (["--vary", "seed=1", "--model", "openai:one"], "no seat asks openai:one"),
    ],
)
def test_a_model_and_a_seat_that_asks_it_belong_together(communique, args, says):
    said = communique("compare", NAME, *args)
    assert said.status == 2
    assert "E130" in said.err
    assert says in said.err
