import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation import backtests, catalog
from simulation.backtests import masked, score
from simulation.scenario import STANCES

ROOT = Path(__file__).parent.parent
HISTORY = ROOT / "scenarios" / "history"
stances = st.lists(st.integers(-2, 2), min_size=2, max_size=40)


def test_scores_worked_by_hand():
    found = score(np.array([1, 0, -2, 1]), np.array([2, 0, -1, -1]))
    assert found == {"accuracy3": 0.75, "balanced3": pytest.approx((0.5 + 1 + 1) / 3), "mae5": 1.0, "sign_flips": 0.25}


@given(stances)
def test_a_perfect_forecast_scores_perfectly_and_nothing_scores_better(actual):
    truth = np.array(actual)
    perfect = score(truth, truth)
    assert perfect == {"accuracy3": 1.0, "balanced3": 1.0, "mae5": 0.0, "sign_flips": 0.0}
    other = score(np.roll(truth, 1), truth)
    assert other["accuracy3"] <= 1
    assert other["mae5"] >= 0


def test_the_command_prints_figures_baselines_and_misses(communique):
    said = communique("backtest", "--misses")
    assert said.status == 0
    for word in ("own_usual_stance", "always_support", "sponsor_affinity", "95 % interval", "japan on"):
        assert word in said.out


def test_json_has_what_the_yardstick_asks_and_beats_every_baseline(communique):
    found = json.loads(communique("backtest", "--json").out)
    asked = [
        "n",
        "accuracy3",
        "balanced3",
        "mae5",
        "sign_flips",
        "correlation",
        "log_score",
        "by_country",
        "baselines",
        "misses",
    ]
    assert set(asked) <= set(found)
    assert found["n"] == 243
    assert found["cases"] == 57
    for figures in found["baselines"].values():
        assert found["accuracy3"] > figures["accuracy3"]
        assert found["mae5"] < figures["mae5"]
    for miss in found["misses"]:
        assert sum(t["value"] for t in miss["terms"]) == pytest.approx(miss["score"], abs=2e-5)
    low, high = found["intervals"]["mae5"]
    assert low < found["mae5"] < high


def test_every_scored_reaction_is_a_non_sponsor_with_its_documented_stance():
    rows = backtests.backtest(backtests.cases([HISTORY])[0])
    by_id = {s.id: s for s in backtests.cases([HISTORY])[0]}
    for row in rows:
        entry = by_id[row.case].history[row.country]
        assert not entry.sponsor
        assert row.actual == STANCES[entry.stance]


def test_one_country_can_be_scored_alone(communique):
    found = json.loads(communique("backtest", "--country", "india", "--json").out)
    assert list(found["by_country"]) == ["india"]
    assert communique("backtest", "--country", "inda").status == 2


def test_any_folder_of_such_files_can_be_scored(communique, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.copy(HISTORY / "aukus-2021.yaml", mine)
    assert json.loads(communique("backtest", str(mine), "--json").out)["n"] == 4
    assert communique("backtest", str(tmp_path / "none")).status == 2
    (tmp_path / "empty").mkdir()
    assert "E125" in communique("backtest", str(tmp_path / "empty")).err


def test_one_file_may_hold_many_cases_and_name_countries_without_a_dossier(communique, tmp_path):
    entries = []
    for name in ("aukus-2021", "aiib-2014"):
        lines = (HISTORY / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[2:]
        entries.append("- " + "\n  ".join(lines))
    text = "cases:\n" + "\n".join(entries) + "\n"
    text = text.replace("countries: [japan", "countries: [ruritania, japan")
    (tmp_path / "many.yaml").write_text(text, encoding="utf-8")
    assert json.loads(communique("backtest", "many.yaml", "--json").out)["cases"] == 2
    (tmp_path / "many.yaml").write_text(text.replace("score: 1", "score: 3", 1), encoding="utf-8")
    said = communique("backtest", "many.yaml")
    assert said.status == 2
    line = int(said.err.split("many.yaml:")[1].split(":")[0])
    assert "score: 3" in (tmp_path / "many.yaml").read_text(encoding="utf-8").splitlines()[line - 1]


def test_a_broken_file_is_named_and_the_rest_runs_only_when_asked(communique, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.copy(HISTORY / "aukus-2021.yaml", mine)
    text = (HISTORY / "aiib-2014.yaml").read_text(encoding="utf-8")
    (mine / "broken.yaml").write_text(text.replace("score: 1", "score: 3", 1), encoding="utf-8")
    said = communique("backtest", str(mine))
    assert said.status == 2
    assert "broken.yaml" in said.err
    assert "3 is above 2" in said.err
    kept = communique("backtest", str(mine), "--keep-going", "--json")
    assert kept.status == 4
    assert json.loads(kept.out)["cases"] == 1
    assert "left out 1 broken file" in kept.err


def test_the_decision_on_the_very_case_is_not_read():
    scenario = next(s for s in backtests.cases([HISTORY])[0] if s.id == "artemis-accords-2020")
    for name in ("japan", "india"):
        dossier = catalog.load_dossier(name)
        own = {k for k, s in dossier.sources.items() if s.outcome and s.date.startswith("2020-10")}
        assert not own & set(masked(dossier, scenario).sources)
        for passage in masked(dossier, scenario).passages:
            assert not own & set(passage.sources)


def test_the_calibration_page_is_one_file_without_requests(communique, tmp_path):
    communique("backtest", "--html", "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "Content-Security-Policy" in page
    for outside in ('src="http', 'href="http', "@import", "url(http"):
        assert outside not in page
    assert "Confusion" in page
    assert "Reliability" in page
