"""What a speaker writes: the schema of a turn, the reading of a reply, and the statement made of it."""

import json

import pytest
from doubles import SETTINGS, AgreeableCaller, fits_schema

from simulation.calls import Request, Settings
from simulation.drafts import Draft, clean, schema
from simulation.menus import LISTS, NONE, longest
from simulation.minutes import statement
from simulation.moderation import rng_for
from simulation.prompts import prompt
from simulation.readings import MOST_BYTES, DraftErrors, parsed, read
from simulation.waiting import wait

KEYWORDS = {"type", "properties", "required", "additionalProperties", "enum", "items", "minItems", "maxItems"}
KEYWORDS |= {"maxLength", "minimum", "maximum", "$ref", "$defs"}


def request(turn, settings=SETTINGS):
    return Request(turn.dossier.code, turn.round, 1, prompt(turn, settings), schema(turn, settings), settings)


@pytest.fixture
def data(floor, turn):
    """A valid draft of Japan's first turn."""
    return AgreeableCaller(floor).draft(request(turn))


@pytest.fixture
def second(floor):
    """Japan's turn in round 2, after everybody spoke as the dossiers have it."""
    said = [wait(floor.analysts[c].speak(floor.turn(c, 1))) for c in floor.seats]
    floor.restore(said)
    floor.begin()
    return floor.turn("japan", 2)


def parts(schema):
    yield schema
    for inner in (*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()):
        yield from parts(inner)
    if "items" in schema:
        yield from parts(schema["items"])


@pytest.mark.parametrize("detail", [0.2, 1.0, 2.0])
def test_a_schema_keeps_to_what_every_decoder_can_hold_a_model_to(turn, second, detail):
    for at in (turn, second):
        for part in parts(schema(at, Settings(model="a:b", detail=detail))):
            assert set(part) <= KEYWORDS
            if part.get("type") == "object":
                assert part["required"] == list(part["properties"])
                assert part["additionalProperties"] is False
            if part.get("type") == "string":
                assert part.get("enum") or part.get("maxLength")
            if part.get("type") == "array":
                assert "maxItems" in part
            assert part.get("type") != "number"


def test_less_detail_means_shorter_texts_and_shorter_lists(turn):
    small, large = (schema(turn, Settings(model="a:b", detail=d))["properties"] for d in (0.25, 1.0))
    assert small["headline"]["maxLength"] < large["headline"]["maxLength"]
    assert small["arguments"]["maxItems"] == 1 < large["arguments"]["maxItems"]


def test_a_schema_lists_what_exists_and_is_the_same_in_every_round(turn, second):
    first = schema(turn, SETTINGS)
    assert first == schema(second, SETTINGS)
    assert list(first["properties"]["positions"]["properties"]) == [p.id for p in turn.scenario.provisions]
    assert set(first["$defs"]["source"]["enum"]) <= set(turn.dossier.sources)
    assert set(LISTS) < set(first["properties"])


def test_an_agreeable_draft_meets_the_schema_and_is_read_as_written(floor, turn, second):
    caller = AgreeableCaller(floor)
    for at in (turn, second):
        found = caller.draft(request(at))
        fits_schema(found, schema(at, SETTINGS))
        draft = read(json.dumps(found), at, SETTINGS)
        assert draft.positions["deterrence"].position_pct == found["positions"]["deterrence"]["position_pct"]


@pytest.mark.parametrize(
    "around",
    [
        "Here is my answer:\n{}\nI hope it helps.",
        "```json\n{}\n```",
        "\ufeff{}",
        '<think>the stance is {{"stance": "oppose"}} or so</think>{}',
        "As the note says {{see below}}: {}",
    ],
)
def test_prose_around_the_object_is_passed_over(turn, data, around):
    text = around.replace("{{", "\0").replace("}}", "\1").replace("{}", json.dumps(data))
    draft = read(text.replace("\0", "{").replace("\1", "}"), turn, SETTINGS)
    assert draft.stance == data["stance"]


def test_line_breaks_inside_a_text_become_spaces(turn, data):
    data["headline"] = "One.\n\n  Two."
    assert read(json.dumps(data).replace("\\n", "\n"), turn, SETTINGS).headline == "One. Two."


def late_source(dossier, day):
    return next(name for name, s in dossier.sources.items() if s.date > day)


def put(data, path, value):
    *way, last = path
    for step in way:
        data = data[step]
    data[last] = value


WRONG = {
    "a wrong enum": (("stance",), "in favour", "stance: \"in favour\" is not 'strongly_oppose'"),
    "out of range": (
        ("positions", "deterrence", "position_pct"),
        140,
        "positions.deterrence.position_pct: 140 is above",
    ),
    "a fraction": (("positions", "deterrence", "position_pct"), 0.4, "write a whole number"),
    "a number as text": (("positions", "deterrence", "position_pct"), "40", "write a whole number"),
    "true as a number": (("positions", "deterrence", "position_pct"), True, "write a whole number"),
    "an unknown provision": (("arguments", 0, "provision"), "deterence", 'did you mean "deterrence"?'),
    "an unknown source": (("arguments", 0, "sources"), ["nss_2202"], 'no source nss_2202; did you mean "nss_2022"?'),
    "an empty text": (("headline",), " … ", "headline: is empty"),
    "control characters": (("headline",), "It \x07 rings.", "headline: holds control characters"),
    "a turned direction": (("headline",), "It \u202e reads.", "headline: holds control characters"),
    "too long": (("headline",), "word " * 200, "headline: has 999 characters; keep to 200"),
    "a list as text": (("context",), "A text.", "context: write a list"),
    "too many": (("asks",), [{"text": "More.", "change": NONE}] * 4, "asks: at most 3 entries"),
    "too few": (("arguments",), [], "arguments: at least 1 entry"),
    "an unknown field": (("mood",), "good", "mood: there is no such field"),
    "an unknown inner field": (("arguments", 0, "mood"), "good", "arguments.0.mood: there is no such field"),
    "an answer in round 1": (
        ("answers",),
        [{"argument": "CHN-1.1", "tone": "adds", "text": "Yes.", "sources": []}],
        "answers: not asked for in this round",
    ),
    "an unknown option": (("asks", 0, "change"), "deterrence/consult", "no provision or option deterrence/consult"),
    "the other side": (("stance",), "strongly_oppose", "change the stance or the positions"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_words_to_act_on(turn, data, case):
    path, value, said = WRONG[case]
    put(data, path, value)
    with pytest.raises(DraftErrors) as refused:
        read(json.dumps(data), turn, SETTINGS)
    assert said in str(refused.value)


def test_a_source_dated_after_the_proposal_is_refused(turn, data):
    data["arguments"][0]["sources"] = [late := late_source(turn.dossier, turn.scenario.date)]
    with pytest.raises(DraftErrors, match=f"source {late} is dated after the proposal"):
        read(json.dumps(data), turn, SETTINGS)


def test_a_provision_left_out_and_several_errors_are_told_together(turn, data):
    del data["positions"]["deterrence"]
    with pytest.raises(DraftErrors, match=r"positions\.deterrence: is missing"):
        read(json.dumps(data), turn, SETTINGS)
    data["stance"], data["headline"] = "yes", ""
    del data["outlook"]
    with pytest.raises(DraftErrors) as refused:
        read(json.dumps(data), turn, SETTINGS)
    assert [e.partition(":")[0] for e in refused.value.errors] == ["outlook", "stance", "headline"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the reply is empty"),
        ("I cannot help with that.", "holds no JSON object"),
        ('{"stance": "support"', "cut off"),
        ('{"stance": "support", "stance": "oppose"}', '"stance" stands twice'),
        ('{"stance": NaN}', "NaN is not a number"),
        ('{"stance": 1} {"stance": 2}', "holds 2 JSON objects"),
        ("x" * (MOST_BYTES + 1), "far too long"),
        ('{"stance": ' + "[" * 5000 + "]" * 5000 + "}", "nests too deep"),
        ('{"stance": "' + '\\"' * 90_000, "cut off"),
        ('["stance"]', "holds no JSON object"),
        ('{"stance": ' + "9" * 6000 + "}", "holds no JSON object"),
    ],
)
def test_what_is_no_single_object_is_refused(turn, text, said):
    with pytest.raises(DraftErrors, match=said):
        read(text, turn, SETTINGS)


def test_a_text_somewhat_too_long_is_kept_whole(turn, data):
    data["headline"] = "A" * (longest("headline", SETTINGS) * 2 - 1)
    assert read(json.dumps(data), turn, SETTINGS).headline == data["headline"]


def test_an_answer_must_name_an_argument_heard_and_only_once(floor, second):
    found = AgreeableCaller(floor).draft(request(second))
    found["answers"][0]["argument"] = "CHN-7.1"
    with pytest.raises(DraftErrors, match=r"answers.0.argument: no argument heard since your last statement CHN-7.1"):
        read(json.dumps(found), second, SETTINGS)
    found["answers"][0]["argument"] = found["answers"][1]["argument"]
    with pytest.raises(DraftErrors, match="is answered twice"):
        read(json.dumps(found), second, SETTINGS)
    found["positions"]["deterrence"]["because"] = "JPN-1"
    with pytest.raises(DraftErrors, match="no statement heard since your last one JPN-1"):
        read(json.dumps(found), second, SETTINGS)


def test_a_draft_becomes_a_statement_whose_numbers_are_computed(turn, data):
    said = statement(turn, read(json.dumps(data), turn, SETTINGS), "chat_model")
    assert (said.id, said.engine, said.country) == ("JPN-1", "chat_model", "japan")
    assert said.stance_name == data["stance"]
    assert [a.id for a in said.arguments] == ["JPN-1.1", "JPN-1.2", "JPN-1.3", "JPN-1.4"]
    assert [p.provision for p in said.implications] == [p.id for p in turn.scenario.provisions]
    assert said.view("deterrence").position == data["positions"]["deterrence"]["position_pct"] / 100
    assert sum(t.value for t in said.terms) == pytest.approx(said.score, abs=1e-5)
    assert [(a.provision, a.option) for a in said.asks[:2]] == [(None, None), ("mutual_protection", None)]
    assert not said.departures


def test_an_option_asked_for_and_a_claim_without_a_document_are_in_the_record(turn, data):
    data["asks"][0]["change"] = "deterrence/maritime_awareness"
    data["arguments"][1]["sources"] = []
    said = statement(turn, read(json.dumps(data), turn, SETTINGS), "chat_model")
    assert (said.asks[0].provision, said.asks[0].option) == ("deterrence", "maritime_awareness")
    assert [(d.kind, d.text) for d in said.departures] == [
        ("source", f"argues without a document: {said.arguments[1].claim}")
    ]


def test_leaving_the_dossier_is_flagged_and_not_corrected(floor, data):
    turn = floor.turn("china", 1)
    for held in data["positions"].values():
        held["position_pct"] = 90
    data["stance"] = "support"
    for part in ("context", "challenges", "arguments", "outlook"):
        for entry in data[part]:
            entry["sources"] = []
    said = statement(turn, read(json.dumps(data), turn, SETTINGS), "chat_model")
    assert said.stance == 1
    assert {"stance", "position", "rule", "source"} == {d.kind for d in said.departures}
    assert any("meets a red line" in d.text for d in said.departures)


def test_a_move_names_its_cause_or_is_flagged(floor, second):
    found = AgreeableCaller(floor).draft(request(second))
    held = {v.provision: v.position for v in second.own[-1].views}
    for name, entry in found["positions"].items():
        entry |= {"position_pct": round(100 * held[name]), "because": NONE}
    found["positions"]["deterrence"] |= {"position_pct": round(100 * held["deterrence"]) - 10, "because": "CHN-1"}
    found["positions"]["technology"] |= {"position_pct": round(100 * held["technology"]) - 10}
    said = statement(second, read(json.dumps(found), second, SETTINGS), "chat_model")
    assert [(s.provision, s.because) for s in said.shifts] == [("deterrence", "CHN-1"), ("technology", "")]
    assert [d.provision for d in said.departures if d.kind == "cause"] == ["technology"]
    assert said.answers[0].statement == "CHN-1"


def test_a_masked_draft_is_read_back_to_names_and_ids(floor, second):
    hidden = Settings(model="a:b", masked=True)
    found = AgreeableCaller(floor).draft(request(second, hidden))
    assert list(found["positions"]) == ["p1", "p2", "p3", "p4", "p5", "p6", "p7"]
    found["headline"] = "Country A answers Country B on B-1.2."
    draft = read(json.dumps(found), second, hidden)
    assert draft.headline == "Japan answers China on CHN-1.2."
    assert set(draft.positions) == {p.id for p in second.scenario.provisions}
    assert draft.answers[0].argument.startswith("CHN-1.")
    assert set(draft.arguments[0].sources) <= set(second.dossier.sources)


def test_a_person_fills_the_same_form_without_a_prompt(data):
    assert Draft.model_validate(data).headline == data["headline"]
    assert clean("a\x00b \u202e c\n d") == "ab c d"


def mutated(text, rng):
    """A reply broken in one of the ways replies break, or by chance."""

    def one_of(*choices):
        return choices[rng.integers(len(choices))]

    at, to = sorted(rng.integers(len(text), size=2))
    data, way = json.loads(text), rng.integers(8)
    if way == 0:
        return text[:at]
    if way == 1:
        return text[:at] + text[to:]
    if way == 2:
        return text[:at] + one_of(*'{}[]",:\\\x00é9-') + text[at:]
    if way == 3:
        return text[:at] + text[at:to][::-1] + text[to:]
    if way == 4:
        data[one_of(*data)] = one_of(None, 7, "", [], {}, "x" * 5000, [[[]]], float("nan"))
        return json.dumps(data)
    if way == 5:
        one_of(*data["positions"].values())["position_pct"] = one_of(1e9, -101, 3.5, None, "50", True, 10**400)
        return json.dumps(data)
    if way == 6:
        del data[one_of(*data)]
        return json.dumps(data) + one_of("", " and so on", json.dumps(data))
    return text.replace(one_of("deterrence", "support", '"sources"', "for"), one_of("x", "", '"', "{"))


def attempt(text, turn):
    """The draft in a reply, or None where it is refused with a reason."""
    try:
        return read(text, turn, SETTINGS)
    except DraftErrors as error:
        return error.errors and None


def test_no_stance_ever_comes_from_a_reply_that_cannot_be_read(turn, data):
    """1,000 broken replies: each is refused, or says in plain JSON the very stance and positions that are read."""
    rng, text = rng_for(5), json.dumps(data)
    broken = [mutated(text, rng) for _ in range(1000)]
    found = [(reply, draft) for reply in broken if (draft := attempt(reply, turn)) is not None]
    for reply, draft in found:
        said = parsed(reply, "stance")
        assert draft.stance == said["stance"]
        stated = {k: h["position_pct"] for k, h in said["positions"].items()}
        assert {k: h.position_pct for k, h in draft.positions.items()} == stated
        assert statement(turn, draft, "chat_model").stance_name == said["stance"]
    assert 0 < len(found) < 300
