import re

import pytest

from simulation.report import markdown, tables
from simulation.report.markdown import escape
from simulation.report.tables import guard
from simulation.runs import run


def test_text_from_files_is_never_markup():
    assert escape("<script>*x* [a](b) | `c` _d_") == r"\<script\>\*x\* \[a\](b) \| \`c\` \_d\_"
    assert escape("two\n\nlines") == "two lines"


def test_a_hostile_scenario_stays_text_in_the_report(scenario_file):
    path = scenario_file(
        (
            "title: Takaichi's call for a quasi-security alliance",
            'title: "<img src=x onerror=alert(1)> | # [x](http://x)"',
        ),
        ("label: mutual protection", 'label: "=cmd|x"'),
    )
    text = markdown.assessment(run(str(path)))
    assert not re.search(r"(?<!\\)<img", text)
    assert not re.search(r"(?<!\\)\[x", text)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(cell):
    assert guard(cell) == f"'{cell}"


def test_every_source_mark_in_a_report_is_listed_and_every_listed_source_is_cited(takaichi):
    for text in (markdown.assessment(takaichi), markdown.transcript(takaichi)):
        body, listed = text.split("\n## Sources\n")
        marks = set(re.findall(r"\[(\d+)\]", body))
        entries = set(re.findall(r"^\[(\d+)\]", listed, re.M))
        assert marks == entries != set()


def test_every_paragraph_of_a_note_that_states_facts_has_a_source(takaichi):
    for said in takaichi.transcript.statements:
        for argument in said.arguments:
            assert argument.sources
    assert "Arguments without a source: 0." in markdown.assessment(takaichi)


def test_the_stance_table_shows_the_final_positions(takaichi):
    table = markdown.assessment(takaichi).split("## Who stands where")[1].split("## Findings")[0]
    rows = [line for line in table.splitlines() if re.match(r"\| (Japan|China|India) \|", line)]
    assert len(rows) == 3
    china = next(s for s in takaichi.transcript.final if s.code == "CHN")
    cells = [c.strip() for c in next(r for r in rows if "China" in r).split("|")[4:-1]]
    for cell, view in zip(cells, china.views, strict=True):
        assert float(cell.split()[0].replace("−", "-")) == pytest.approx(view.position, abs=0.0051)
        assert cell.endswith("R") == view.frozen


def test_every_rule_met_is_told_with_its_source(takaichi):
    blocked = markdown.assessment(takaichi).split("### Blocked")[1].split("###")[0]
    rules = {b.rule: b for s in takaichi.transcript.final for b in s.breaches}
    assert rules
    for rule in rules.values():
        line = next(line for line in blocked.splitlines() if markdown.escape(rule.text) in line)
        assert re.search(r"\[\d+\]$", line)


def test_the_honesty_footer_closes_the_report(takaichi):
    footer = markdown.assessment(takaichi).split("## How this was made")[1]
    assert "Engines: japan dossier" in footer
    assert "Turns that failed: 0." in footer
    assert "Nobody argued the interests of: Taiwan" in footer
    assert "not a forecast" in footer


def test_stances_csv_is_in_the_order_of_speaking(takaichi):
    lines = tables.stances(takaichi).splitlines()
    first = takaichi.transcript.statements[0]
    assert lines[1].startswith(f"{first.country},{first.code},1,dossier,")
