"""A live model over a real wire: what each fault brings, how often it is asked, and where a key goes."""

import asyncio
import json
import logging

import pytest
from hostile import FAULTS, breaks_off, cuts, hangs, says, status, talks_nonsense

from simulation.calls import CallFailed, Reach, Request, Settings
from simulation.models import LiveCaller, connect

SCHEMA = {
    "type": "object",
    "properties": {"stance": {"type": "string", "maxLength": 9}},
    "required": ["stance"],
    "additionalProperties": False,
}
GOOD = json.dumps({"stance": "support " * 40, "position_pct": 40, "sources": ["a_law"]})
KEY = "sk-of-nobody-0123456789"


def request(settings, seat="JPN", text="What do you say?"):
    messages = (("system", "You sit for a country."), ("user", text))
    return Request(seat, 1, 1, messages, SCHEMA, settings)


class Asking:
    """One live caller against the hostile server, with waits noted instead of slept."""

    def __init__(self, server, env=None, **reach):
        self.settings = Settings(model="local", base_url=server.url)
        self.caller = connect(self.settings, Reach(**{"timeout": 2, "retries": 2, **reach}), env or {})
        self.caller._sleep = self.nap
        self.waits = []

    async def nap(self, seconds):
        self.waits.append(seconds)

    def __call__(self, **more):
        return asyncio.run(self.caller.ask(request(self.settings, **more)))


@pytest.fixture
def asking(hostile):
    return Asking(hostile)


OUTCOMES = {
    "429 with Retry-After": {"text": GOOD, "retries": 1},
    "500": {"text": GOOD, "retries": 1},
    "a hang": {"text": GOOD, "retries": 1},
    "a cut stream": {"text": GOOD, "retries": 1},
    "a stream that ends early": {"text": GOOD, "retries": 1},
    "an error in the stream": {"text": GOOD, "retries": 1},
    "truncated JSON": {"text": GOOD[: len(GOOD) // 2], "cut": True},
    "prose around JSON": {"text": f"Here is my answer:\n```json\n{GOOD}\n```\nI hope it helps."},
    "a wrong enum": {"text": GOOD.replace("support " * 40, "perhaps")},
    "a number out of range": {"text": GOOD.replace("40", "250")},
    "an invented source": {"text": GOOD.replace("a_law", "a_paper_of_2031")},
    "an empty reply": {"text": ""},
    "another language": {"text": "申し訳ありませんが、日本語でお答えします。賛成です。"},
    "a reply of 1 MB": "ran past 1,000,000 characters",
    "a refusal": {"text": "I cannot help with that.", "refused": True},
    "a content filter": {"text": "", "refused": True},
}


def test_every_fault_on_the_wire_has_an_outcome():
    assert set(OUTCOMES) == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_the_wire_brings_what_the_table_says(hostile, name):
    asking = Asking(hostile, timeout=2 if name == "a hang" else 60)
    hostile.plays(*FAULTS[name](GOOD))
    expected = OUTCOMES[name]
    if isinstance(expected, str):
        with pytest.raises(CallFailed, match=expected) as failed:
            asking()
        assert not failed.value.setup
    else:
        found = asking()
        assert {k: getattr(found, k) for k in ("text", "retries", "refused", "cut")} == {
            "retries": 0,
            "refused": False,
            "cut": False,
            **expected,
        }
        assert (found.usage.prompt, found.usage.completion, found.usage.cached) == (100, 20, 60)
    assert not hostile.script


@pytest.mark.parametrize(
    ("behaviour", "says_", "setup", "calls"),
    [
        (status(401, f"bad key {KEY}"), "refuses the key .401.; check COMMUNIQUE_API_KEY", True, 1),
        (status(403), "refuses the key", True, 1),
        (status(404, "model `local` not found"), "has no model local.*base URL usually ends in /v1", True, 1),
        (status(402, "pay first"), "has no credit", True, 1),
        (status(429, "no more", kind="insufficient_quota"), "has no credit", True, 1),
        (status(400, "maximum context length is 8192 tokens, reduce max_tokens"), "--passages", False, 1),
        (status(400, "response_format of type json_schema is not supported"), "--structured none", True, 1),
        (status(400, "Unsupported value: 'temperature'"), "--temperature 1", True, 1),
        (status(400, "max_tokens is too large"), "--reply-tokens", True, 1),
        (status(422, "teapot \x1b[31mred\r\nx"), r"answered 422: teapot \[31mred x$", False, 1),
        (status(429, "slow down"), "answered 429.*3 tries", False, 3),
        (status(503), "answered 503", False, 3),
        (cuts(GOOD), "broke off", False, 3),
        (breaks_off(GOOD), "broke off", False, 3),
        (talks_nonsense(), "no chat completion", False, 3),
    ],
)
def test_a_call_is_given_up_for_a_reason_and_repeated_only_where_that_may_help(hostile, behaviour, says_, setup, calls):
    asking = Asking(hostile, {"COMMUNIQUE_API_KEY": KEY})
    hostile.plays(*[behaviour] * 3)
    with pytest.raises(CallFailed, match=says_) as failed:
        asking()
    assert (failed.value.setup, failed.value.retries, len(hostile.seen)) == (setup, calls - 1, calls)
    assert KEY not in str(failed.value)
    assert "\x1b" not in str(failed.value)


def test_a_server_that_never_answers_is_given_up_after_the_timeout(hostile):
    hostile.plays(hangs(), hangs())
    with pytest.raises(CallFailed, match="no answer in time") as failed:
        Asking(hostile, timeout=0.2, retries=1)()
    assert failed.value.retries == 1


def test_where_nobody_listens_the_address_is_named():
    settings = Settings(model="local", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(CallFailed, match=r"nobody answers at http://127\.0\.0\.1:9/v1") as failed:
        asyncio.run(connect(settings, Reach(retries=0), {}).ask(request(settings)))
    assert failed.value.setup


def test_retry_after_is_honoured_as_seconds_and_as_a_date_and_capped(hostile, asking):
    hostile.plays(
        status(429, headers={"Retry-After": "7"}),
        status(503, headers={"Retry-After": "Fri, 31 Dec 2099 23:59:59 GMT"}),
        says(GOOD),
    )
    assert asking().retries == 2
    assert 7 <= asking.waits[0] <= 31
    assert asking.waits[1] == 60


def test_waits_differ_and_grow_without_retry_after(hostile):
    asking = Asking(hostile, retries=6)
    hostile.plays(*[status(500)] * 7)
    with pytest.raises(CallFailed):
        asking()
    assert len(set(asking.waits)) == 6
    assert all(0 <= wait <= 30 for wait in asking.waits)
    assert asking.waits[0] <= 0.5


def test_no_more_calls_are_out_at_once_than_allowed(hostile):
    hostile.choose = lambda seen: says(GOOD, delay=0.05)
    asking = Asking(hostile, concurrency=3)

    async def all_at_once():
        await asyncio.gather(*(asking.caller.ask(request(asking.settings, seat=str(k))) for k in range(12)))

    asyncio.run(all_at_once())
    assert len(hostile.seen) == 12
    assert hostile.most_at_once == 3


def test_calls_start_no_faster_than_the_rate(hostile):
    asking = Asking(hostile, rate=20)

    async def timed():
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(asking.caller.ask(request(asking.settings)) for _ in range(5)))
        return asyncio.get_running_loop().time() - start

    assert asyncio.run(timed()) >= 4 / 20


def test_one_caller_serves_several_event_loops(hostile, asking):
    hostile.reply = lambda seen: GOOD
    assert [asking().text for _ in range(3)] == [GOOD] * 3


def test_somebody_can_listen_while_a_reply_comes(hostile, asking):
    hostile.plays(says("word " * 1000))
    heard = []
    asyncio.run(asking.caller.ask(request(asking.settings), lambda seat, tokens: heard.append((seat, tokens))))
    assert {seat for seat, _ in heard} == {"JPN"}
    tokens = [t for _, t in heard]
    assert tokens == sorted(tokens)
    assert len(set(tokens)) > 3
    assert 1000 <= tokens[-1] <= 1500


def test_the_reply_is_held_to_the_schema_and_its_length(hostile, asking):
    asking()
    body = hostile.seen[0].body
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert body["max_tokens"] == asking.settings.reply_tokens
    assert body["temperature"] == 0
    assert [m["role"] for m in body["messages"]] == ["system", "user"]


def test_a_key_for_openai_is_not_sent_to_another_server(hostile, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, KEY)
    settings = Settings(model="openai:gpt-x", base_url=hostile.url)
    asyncio.run(connect(settings, Reach(retries=0)).ask(request(settings)))
    seen = hostile.seen[0]
    assert KEY not in json.dumps([dict(seen.headers), dict(seen.body)])
    assert seen.body["model"] == "gpt-x"


def test_a_key_goes_to_its_server_and_nowhere_else(hostile, caplog, capsys):
    asking = Asking(hostile, {"COMMUNIQUE_API_KEY": KEY})
    hostile.plays(says(f"Your key is {KEY}, is it not?"), status(500, f"the key was {KEY}"), status(400, f"not {KEY}"))
    with caplog.at_level(logging.DEBUG):
        found = asking()
        with pytest.raises(CallFailed) as failed:
            asking()
    assert hostile.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in found.model_dump_json()
    for text in (str(failed.value), repr(failed.value), caplog.text, *capsys.readouterr()):
        assert KEY not in text


def test_half_a_sign_in_a_reply_does_not_break_the_record(hostile, asking):
    hostile.plays(says("good \ud83d end"))
    found = asking()
    assert found.text == "good \N{REPLACEMENT CHARACTER} end"
    assert found.model_dump_json().encode()


def test_any_langchain_model_can_be_asked():
    from langchain_core.language_models import FakeListChatModel

    settings = Settings(model="mine:own")
    model = FakeListChatModel(responses=[GOOD])
    assert asyncio.run(LiveCaller(model, settings).ask(request(settings))).text == GOOD
