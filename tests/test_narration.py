"""A model may tell of the merge; it can name nothing that the findings do not, and change none of them."""

import json
from dataclasses import replace

import pytest
from doubles import SETTINGS, AgreeableCaller, ScriptedCaller, fits_schema, reply

from simulation.calls import CallFailed, LimitReached, Settings
from simulation.narration import Narration, narrate, numbered, schema
from simulation.runs import names_of
from simulation.waiting import wait


def told_by(found, caller, settings=SETTINGS):
    plan = replace(found.plan, settings=settings, narrate=True)
    return wait(narrate(plan, names_of(plan.seats), found.assessment, caller))


@pytest.fixture
def told(takaichi):
    """Have a scripted reply narrate the first scenario."""

    def narrated(*paragraphs):
        caller = ScriptedCaller([json.dumps({"paragraphs": list(paragraphs)})])
        return told_by(takaichi, caller)

    return narrated


def paragraph(text, *findings, statements=()):
    return {"findings": list(findings), "statements": list(statements), "text": text}


def test_a_narration_is_one_call_whose_paragraphs_rest_on_findings_and_statements(takaichi):
    caller = AgreeableCaller.of()
    found = told_by(takaichi, caller)
    assert len(caller.requests) == 1
    assert (caller.requests[0].seat, found.dropped, found.note) == ("moderator", 0, "")
    findings = numbered(takaichi.assessment)
    assert len(found.paragraphs) == 3
    for part in found.paragraphs:
        evidence = {s for f in part.findings for s in findings[f].evidence}
        assert part.findings
        assert set(part.statements) <= evidence
    fits_schema(caller.narration(caller.requests[0]), schema(findings))
    assert Narration.model_validate_json(found.model_dump_json()) == found


def test_a_narration_leaves_the_assessment_as_it_is(takaichi):
    before = takaichi.assessment.model_dump_json()
    told_by(takaichi, AgreeableCaller.of())
    assert takaichi.assessment.model_dump_json() == before


def test_what_the_findings_bear_out_is_kept(told, takaichi):
    found = numbered(takaichi.assessment)["bottom_line.1"]
    text = "Japan, Australia and the EU support it; India stands aside, and China is against it."
    assert told(paragraph(text, "bottom_line.1", statements=found.evidence[:1])).paragraphs[0].text == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Japan will pay 47 billion for it.", "the number 47"),
        ("Seven of them would sign.", "the number 7"),
        ("Russia will not like it.", "the country RUS"),
        ("The Russian view is another.", "the name Russian"),
        ("It suits Moscow best.", "the name Moscow"),
        ("See JPN-9 for this.", "the statement JPN-9"),
        ("Отвергнуто.", "words in another script"),
        ("", "nothing"),
        ("\x07\u202e", "nothing"),
    ],
)
def test_a_paragraph_that_names_what_its_findings_do_not_is_dropped_and_said_so(told, text, why):
    found = told(paragraph("Japan supports it.", "bottom_line.1"), paragraph(text, "bottom_line.1"))
    assert [p.text for p in found.paragraphs] == ["Japan supports it."]
    assert found.dropped == 1
    assert found.note == f"left out for naming what the findings do not: {why}"


def test_a_figure_must_be_in_the_cited_finding_with_its_sign(told, takaichi):
    name, finding = next((n, f) for n, f in numbered(takaichi.assessment).items() if "+0." in f.text)
    figure = next(w for w in finding.text.replace("(", " ").replace(")", " ").split() if w.startswith("+0.")).rstrip(
        ",.;"
    )
    assert told(paragraph(f"It stands at {figure}.", name)).dropped == 0
    assert told(paragraph(f"It stands at -{figure[1:]}.", name)).dropped == 1
    assert told(paragraph(f"It stands at {figure}.", "bottom_line.1")).dropped == 1


def test_a_finding_or_statement_that_is_not_there_drops_the_paragraph(told):
    assert told(paragraph("Japan supports it.", "bottom_line.9")).note.endswith("a finding that is not there")
    assert told(paragraph("Japan supports it.")).dropped == 1
    assert told(paragraph("Japan supports it.", "bottom_line.1", statements=["JPN-1"])).note.endswith("JPN-1")


def test_more_paragraphs_than_asked_for_and_endless_ones_are_dropped(told):
    assert len(told(*[paragraph("Japan supports it.", "bottom_line.1")] * 9).paragraphs) == 5
    assert told(paragraph("Japan supports it. " * 200, "bottom_line.1")).dropped == 1


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ({"refused": True}, "the model refused"),
        ({"failure": "HTTP 500"}, "the call failed: HTTP 500"),
        ({"text": "Once upon a time."}, "the reply could not be read: "),
        ({"text": '{"paragraphs": 3}'}, "the reply could not be read: paragraphs: write a list"),
    ],
)
def test_a_narration_that_fails_says_why_and_fails_nothing_else(takaichi, answer, note):
    found = told_by(takaichi, ScriptedCaller([lambda request: reply(request, **answer)]))
    assert not found.paragraphs
    assert found.note.startswith(note)


@pytest.mark.parametrize("error", [CallFailed("nobody answers"), LimitReached("the budget is spent")])
def test_a_call_that_cannot_be_made_is_noted(takaichi, error):
    def fail(request):
        raise error

    assert told_by(takaichi, ScriptedCaller([fail])).note == f"the call failed: {error.message}"


def test_no_narration_is_asked_for_where_there_is_no_model_no_room_or_a_mask(takaichi):
    caller = ScriptedCaller([""])
    assert told_by(takaichi, None).note == "no model was named"
    assert told_by(takaichi, caller, Settings(model="a:b", masked=True)).note == "a masked run is not narrated"
    assert "more than the window of 1000" in told_by(takaichi, caller, Settings(model="a:b", context=1000)).note
    assert not caller.requests


def test_without_structured_output_the_schema_stands_in_the_prompt(takaichi):
    caller = AgreeableCaller.of()
    told_by(takaichi, caller, Settings(model="a:b", structured="none"))
    assert '"additionalProperties": false' in caller.requests[0].messages[-1][1]
