"""Which model is named, whose key is taken, and what each provider is sent."""

import asyncio
import json
import sys

import pytest
from hostile import head, piece, says, status

from simulation.calls import CallFailed, Reach, Request, Settings
from simulation.errors import InputError
from simulation.models import LiveCaller, connect
from simulation.providers import ANTHROPIC, GOOGLE, OLLAMA, PROVIDERS, hold, without

SCHEMA = {
    "type": "object",
    "properties": {
        "maximum": {"type": "string", "maxLength": 5},
        "pct": {"type": "integer", "minimum": 0, "maximum": 100},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}, "minItems": 2, "maxItems": 3},
    },
    "required": ["maximum", "pct", "rows"],
    "additionalProperties": False,
    "$defs": {"row": {"type": "string", "maxLength": 9}},
}
MESSAGES = (("system", "rules"), ("user", "brief"), ("assistant", "before"), ("user", "now"))
TEXT = '{"maximum": "a", "pct": 3, "rows": ["b", "c"]}'


def settings(**more):
    return Settings(**{"model": "openai:gpt-x", **more})


def ask(model, asked, **reach):
    caller = LiveCaller(model, asked, Reach(**{"timeout": 5, "retries": 0, **reach}))
    return asyncio.run(caller.ask(Request("JPN", 1, 1, MESSAGES, SCHEMA, asked)))


@pytest.mark.parametrize(
    ("given", "code", "cure"),
    [
        ({"model": "opanai:gpt-x"}, "E135", 'did you mean "openai"'),
        ({"model": "gpt-x"}, "E135", "provider:name"),
        ({"model": "openai:"}, "E135", "provider:name"),
        ({"base_url": "ftp://127.0.0.1/v1"}, "E137", "http://"),
        ({"base_url": "file:///etc/passwd"}, "E137", "http://"),
        ({"base_url": "http://"}, "E137", "http://"),
        ({"base_url": "http://[::1"}, "E137", "http://"),
        ({"base_url": "https://me:secret@example.org/v1"}, "E137", "COMMUNIQUE_API_KEY"),
        ({"base_url": "https://example.org/v1?key=secret"}, "E137", "COMMUNIQUE_API_KEY"),
        ({"model": "anthropic:claude-x", "base_url": "http://127.0.0.1:1"}, "E137", "openai:claude-x"),
        ({"structured": "grammar"}, "E138", "auto, json_schema, tool, none"),
        ({"model": "ollama:x", "structured": "tool"}, "E138", "auto, json_schema, none"),
    ],
)
def test_a_model_that_cannot_be_asked_is_refused_before_anything_is(given, code, cure):
    with pytest.raises(InputError) as refused:
        connect(settings(**given), env={"OPENAI_API_KEY": "k"})
    assert refused.value.code == code
    assert cure in refused.value.cure
    assert "secret" not in f"{refused.value} {refused.value.cure}"


@pytest.mark.parametrize("name", ["openai", "anthropic", "google"])
@pytest.mark.parametrize("env", [{}, "blank"])
def test_a_missing_key_names_its_variable(name, env):
    keys = PROVIDERS[name].keys
    with pytest.raises(CallFailed, match=f"no key for {name}; set {' or '.join(keys)}") as failed:
        connect(settings(model=f"{name}:x"), env=dict.fromkeys(keys, " ") if env else {})
    assert failed.value.setup
    assert failed.value.status == 3


def test_a_missing_package_gives_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)
    with pytest.raises(InputError) as refused:
        connect(settings(model="anthropic:x"), env={"ANTHROPIC_API_KEY": "k"})
    assert (refused.value.code, refused.value.cure) == ("E136", 'pip install "communique[anthropic]"')


def test_every_provider_is_an_extra():
    import tomllib
    from pathlib import Path

    extras = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for name, provider in PROVIDERS.items():
        assert extras[name][0].startswith(provider.module.replace("_", "-"))


@pytest.mark.parametrize("model", ["local", "qwen2.5:7b", "openai:local"])
def test_a_server_of_ones_own_is_asked_for_the_name_it_knows(hostile, model):
    asked = settings(model=model, base_url=hostile.url)
    caller = connect(asked, Reach(retries=0), {})
    asyncio.run(caller.ask(Request("JPN", 1, 1, MESSAGES, SCHEMA, asked)))
    assert hostile.seen[0].body["model"] == model.removeprefix("openai:")
    assert hostile.seen[0].headers["authorization"] == "Bearer none"


def test_bounds_that_a_provider_refuses_are_left_out_and_a_property_of_that_name_stays():
    found = without(SCHEMA, frozenset({"maximum", "maxLength"}))
    assert set(found["properties"]) == {"maximum", "pct", "rows"}
    assert found["properties"]["pct"] == {"type": "integer", "minimum": 0}
    assert found["$defs"]["row"] == {"type": "string"}
    assert SCHEMA["properties"]["pct"]["maximum"] == 100


def test_a_reply_can_be_held_by_the_prompt_alone():
    assert all(hold(provider, "none", SCHEMA) == {} for provider in PROVIDERS.values())


@pytest.mark.parametrize(("structured", "place"), [("tool", "tools"), ("grammar", "grammar"), ("none", None)])
def test_a_server_of_ones_own_is_held_in_the_way_asked_for(hostile, structured, place):
    asked = settings(base_url=hostile.url, structured=structured)
    asyncio.run(connect(asked, Reach(retries=0), {}).ask(Request("JPN", 1, 1, MESSAGES, SCHEMA, asked)))
    body = hostile.seen[0].body
    assert {"tools", "grammar", "response_format"} & set(body) == ({place} if place else set())
    if structured == "grammar":
        form = json.loads(body["grammar"].partition("%json ")[2])
        assert form.pop("x-guidance")["whitespace_flexible"] is False
        assert form == SCHEMA


def _events(*events):
    """A stream of named events."""

    async def play(seen, writer):
        head(writer, 200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        for kind, data in events:
            piece(writer, f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode())
        piece(writer, b"")

    return play


def claude(text, stop="end_turn", tool=False):
    block = {"type": "tool_use", "id": "t", "name": "answer", "input": {}} if tool else {"type": "text", "text": ""}
    delta = {"type": "input_json_delta", "partial_json": text} if tool else {"type": "text_delta", "text": text}
    used = {"input_tokens": 10, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 0, "output_tokens": 20}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "usage": used}
    return _events(
        ("message_start", {"message": {**message, "stop_reason": None, "stop_sequence": None}}),
        ("content_block_start", {"index": 0, "content_block": block}),
        ("content_block_delta", {"index": 0, "delta": delta}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": stop, "stop_sequence": None}, "usage": used}),
        ("message_stop", {}),
    )


def gemini(text, finish="STOP"):
    used = {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120, "cachedContentTokenCount": 90}
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish, "index": 0}

    async def play(seen, writer):
        head(writer, 200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        piece(writer, f"data: {json.dumps({'candidates': [candidate], 'usageMetadata': used})}\n\n".encode())
        piece(writer, b"")

    return play


def llama(text, finish="stop"):
    async def play(seen, writer):
        head(writer, 200, "application/x-ndjson", {"Transfer-Encoding": "chunked"})
        whole = {"model": "l", "created_at": "2026-01-01T00:00:00Z"}
        rows = [
            {**whole, "message": {"role": "assistant", "content": text}, "done": False},
            {**whole, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": finish,
             "prompt_eval_count": 100, "eval_count": 20},
        ]  # fmt: skip
        for row in rows:
            piece(writer, json.dumps(row).encode() + b"\n")
        piece(writer, b"")

    return play


@pytest.fixture
def others(hostile):
    """The chat models of the other providers, at the hostile server."""
    from langchain_anthropic import ChatAnthropic
    from langchain_google_genai import ChatGoogleGenerativeAI
    from langchain_ollama import ChatOllama

    base = hostile.url.removesuffix("/v1")
    return {
        "anthropic": ChatAnthropic(model="c", api_key="k", base_url=base, max_tokens=50, **ANTHROPIC.options),
        "google": ChatGoogleGenerativeAI(model="g", api_key="k", base_url=base, **GOOGLE.options),
        "ollama": ChatOllama(model="l", base_url=base, **OLLAMA.options),
    }


@pytest.mark.parametrize(("name", "good"), [("anthropic", claude), ("google", gemini), ("ollama", llama)])
def test_each_provider_answers_and_is_counted(hostile, others, name, good):
    hostile.plays(good(TEXT))
    found = ask(others[name], settings(model=f"{name}:x"))
    assert (found.text, found.refused, found.cut) == (TEXT, False, False)
    assert (found.usage.prompt, found.usage.completion) == (100, 20)
    assert found.usage.cached == (0 if name == "ollama" else 90)


@pytest.mark.parametrize(
    ("name", "play", "refused", "cut"),
    [
        ("anthropic", claude("", "refusal"), True, False),
        ("anthropic", claude("{", "max_tokens"), False, True),
        ("google", gemini("", "SAFETY"), True, False),
        ("google", gemini("{", "MAX_TOKENS"), False, True),
        ("ollama", llama("{", "length"), False, True),
    ],
)
def test_each_provider_says_when_it_refuses_and_when_it_ran_out_of_room(hostile, others, name, play, refused, cut):
    hostile.plays(play)
    found = ask(others[name], settings(model=f"{name}:x"))
    assert (found.refused, found.cut) == (refused, cut)


@pytest.mark.parametrize("name", ["anthropic", "google", "ollama"])
def test_no_provider_repeats_a_call_behind_our_back(hostile, others, name):
    hostile.plays(*[status(503)] * 9)
    with pytest.raises(CallFailed, match="answered 503"):
        ask(others[name], settings(model=f"{name}:x"))
    assert len(hostile.seen) == 1


@pytest.mark.parametrize(
    ("name", "play", "says_"),
    [
        ("anthropic", status(401), "refuses the key"),
        ("google", status(400, "API key not valid. Please pass a valid API key."), "refuses the key"),
        ("ollama", status(404, 'model "l" not found, try pulling it first'), "has no model"),
        ("anthropic", status(400, "tool_choice forces tool use is not compatible with this model"), "--structured"),
    ],
)
def test_each_provider_says_what_is_wrong_with_the_setup(hostile, others, name, play, says_):
    hostile.plays(play)
    with pytest.raises(CallFailed, match=says_) as failed:
        ask(others[name], settings(model=f"{name}:x"))
    assert failed.value.setup


def test_each_provider_is_sent_the_schema_in_its_own_way(hostile, others):
    hostile.plays(claude(TEXT), gemini(TEXT), llama(TEXT), claude(TEXT, tool=True))
    for name in ("anthropic", "google", "ollama"):
        ask(others[name], settings(model=f"{name}:x"))
    assert ask(others["anthropic"], settings(model="anthropic:x", structured="tool")).text == TEXT
    one, two, three, four = (seen.body for seen in hostile.seen)
    assert one["output_config"]["format"]["schema"]["properties"]["pct"] == {"type": "integer"}
    assert two["generationConfig"]["responseJsonSchema"]["properties"]["pct"]["maximum"] == 100
    assert "maxLength" not in json.dumps(two)
    assert three["format"] == SCHEMA
    assert four["tools"][0]["input_schema"] == SCHEMA
    assert four["tool_choice"] == {"type": "tool", "name": "answer"}


def test_anthropic_is_told_that_the_next_call_begins_with_this_one(hostile, others):
    hostile.plays(claude(TEXT))
    ask(others["anthropic"], settings(model="anthropic:x"))
    messages = hostile.seen[0].body["messages"]
    assert messages[-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in json.dumps(messages[:-1])


def test_a_tool_call_of_a_server_of_ones_own_is_read(hostile):
    async def calls(seen, writer):
        head(writer, 200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        for args in (TEXT[:10], TEXT[10:]):
            call = {"index": 0, "id": "t", "type": "function", "function": {"name": "answer", "arguments": args}}
            choice = {"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}, "finish_reason": None}
            piece(writer, f"data: {json.dumps({'id': 'c', 'choices': [choice]})}\n\n".encode())
        last = {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
        piece(writer, f"data: {json.dumps({'id': 'c', 'choices': [last]})}\n\ndata: [DONE]\n\n".encode())
        piece(writer, b"")

    hostile.plays(calls)
    asked = settings(base_url=hostile.url, structured="tool")
    caller = connect(asked, Reach(retries=0), {})
    assert asyncio.run(caller.ask(Request("JPN", 1, 1, MESSAGES, SCHEMA, asked))).text == TEXT


def test_the_server_of_these_tests_answers_without_a_stream_too(hostile):
    import urllib.request

    hostile.plays(says(TEXT, refusal="no"))
    sent = urllib.request.Request(f"{hostile.url}/chat/completions", json.dumps({"messages": []}).encode())
    with urllib.request.urlopen(sent) as answer:
        message = json.load(answer)["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (TEXT, "no")
