import re

import pytest

from simulation.runs import run
from simulation.wording import signed

LIVE = ["takaichi_coalition", "critical_minerals_club", "autonomous_weapons_treaty"]


@pytest.fixture(scope="module", params=LIVE)
def found(request):
    return run(request.param)


def findings(assessment):
    for name in ("bottom_line", "agreed", "contested", "blocked", "terms", "movement", "certainty"):
        for finding in getattr(assessment, name):
            yield name, finding


def test_every_finding_about_a_country_names_statements_that_exist(found):
    ids = {s.id for s in found.transcript.statements}
    for _, finding in findings(found.assessment):
        assert set(finding.evidence) <= ids
        assert finding.evidence


def test_a_finding_names_the_statement_of_each_country_it_speaks_of(found):
    for name, finding in findings(found.assessment):
        spoken = {e.split("-")[0] for e in finding.evidence}
        for dossier in found.seats.values():
            alone = re.search(rf"(?<![\w’']){re.escape(dossier.short)}(?!['’]s|\w)", finding.text)
            if alone and name in ("bottom_line", "movement", "certainty", "blocked"):
                assert dossier.code in spoken, finding


def test_the_bottom_line_agrees_with_the_stances(found):
    text = found.assessment.bottom_line[0].text
    for said in found.transcript.final:
        short = found.seats[said.country].short
        part = next(p for p in text.split(";") if short in p)
        assert ("support" if said.stance > 0 else "oppose" if said.stance < 0 else "aside") in part


def test_numbers_in_findings_are_those_of_the_statements(found):
    final = {found.seats[s.country].short: s for s in found.transcript.final}
    for finding in found.assessment.contested:
        label = finding.text.split(":")[0]
        provision = next(p.id for p in found.scenario.provisions if p.short.lower() == label.lower())
        for name, value in re.findall(r"((?:the )?[A-Z][\w ]*?) \(([+−]\d\.\d\d)\)", finding.text):
            held = final[name.strip()].view(provision).position
            assert float(value.replace("−", "-")) == pytest.approx(held, abs=0.0051)


def test_an_amendment_says_truly_who_moves(found):
    final = {s.code: s.stance for s in found.transcript.final}
    for effect in found.assessment.amendments:
        for code, before, after in effect.moved:
            assert before == final[code] != after


def test_prose_is_clean(found):
    for _, finding in findings(found.assessment):
        assert finding.text[-1] == "."
        assert not re.search(r"  | ,|\.\.|None|\{", finding.text)


def test_no_figure_is_shown_as_minus_nothing():
    assert [signed(x) for x in (-0.004, 0.0, 0.004, -0.005001, 0.125)] == ["+0.00", "+0.00", "+0.00", "−0.01", "+0.12"]
