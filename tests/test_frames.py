"""Results as pandas frames and as tables in a notebook."""

import builtins
import csv
import io

import pytest

import simulation
from simulation import backtests, compare, run
from simulation.catalog import built_in
from simulation.errors import InputError
from simulation.frames import as_html, to_frame
from simulation.report.tables import HEAD, stances


def test_a_run_is_a_frame_with_the_rows_of_stances_csv(takaichi):
    frame = takaichi.to_frame()
    assert list(frame.columns) == HEAD
    rows = list(csv.DictReader(io.StringIO(stances(takaichi))))
    assert len(frame) == len(rows) == 5 * 3 * 7
    assert frame["position"].tolist() == [float(r["position"]) for r in rows]
    assert frame[frame.code == "IND"].stance_name.tolist()[-1] == "neutral"


def test_a_comparison_is_a_frame_with_a_row_a_run_and_country(takaichi):
    found = compare(takaichi, run("takaichi_coalition", changes=["provisions.mutual_protection=consult"]))
    frame = found.to_frame()
    assert len(frame) == 10
    india = frame[(frame.code == "IND") & (frame.run == "B")].iloc[0]
    assert (india.stance, india.changed, india.turned_by, india.term) == (1, 1, "rules", "mutual_protection")
    assert frame.pivot(index="country", columns="run", values="stance").loc["india"].tolist() == [0, 1]


def test_the_rows_of_a_backtest_are_a_frame():
    rows = backtests.backtest(backtests.cases([built_in("scenarios") / "history" / "aukus-2021.yaml"])[0])
    frame = to_frame(rows)
    assert frame["predicted"].tolist() == [r.predicted for r in rows]
    assert set(frame["case"]) == {"aukus-2021"}


def test_without_pandas_the_error_has_the_line_that_installs_it(takaichi, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **more):
        if name == "pandas":
            raise ImportError("No module named 'pandas'")
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError) as error:
        takaichi.to_frame()
    assert error.value.code == "E166"
    assert "pip install 'communique[pandas]'" in error.value.cure


def test_a_notebook_shows_who_stands_where(takaichi):
    shown = takaichi._repr_html_()
    assert "<td>India</td><td>neutral</td>" in shown
    assert takaichi.assessment.bottom_line[0].text in shown
    both = compare(takaichi, takaichi)._repr_html_()
    assert both.count("<tr>") == 6


def test_a_notebook_shows_markup_as_text(own_agents):
    path = own_agents / "japan.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("short: Japan\n", "short: '<script>alert(1)</script>'\n", 1), encoding="utf-8")
    held = run("takaichi_coalition")
    for shown in (held._repr_html_(), compare(held, held)._repr_html_(), as_html("<b>", [{"<i>": "<u>"}], ["<s>"])):
        assert "<script" not in shown
        assert not {"<b>", "<i>", "<u>", "<s>"} & set(shown.replace(">", ">\n").splitlines())
    assert "&lt;script&gt;" in held._repr_html_()


def test_the_api_has_what_a_notebook_needs():
    assert {"run", "compare", "backtest", "load_scenario", "load_dossier"} <= set(simulation.__all__)
