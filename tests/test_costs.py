"""What calls cost: the table of prices, the estimate before, and the limits while."""

import asyncio
import json
import math

import pytest
from doubles import AgreeableCaller, ScriptedCaller, reply

from simulation.calls import CallFailed, LimitReached, Request, Settings, Usage
from simulation.costs import Meter, estimate
from simulation.errors import FileErrors, InputError
from simulation.floor import Floor
from simulation.plans import plan
from simulation.prices import price, priced, table
from simulation.prompts import count
from simulation.runs import hold
from simulation.tally import tally
from simulation.waiting import wait

OWN = "version: 1\nmodels:\n  test:double: {prompt: 2, cached: 0.5, completion: 10}\n"
DOUBLE = Settings(model="test:double", reply_tokens=1000)


@pytest.fixture
def own_prices(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prices.yaml").write_text(OWN)
    return tmp_path / "prices.yaml"


def request(settings=DOUBLE, seat="JPN", words=100):
    return Request(seat, 1, 1, (("user", "word " * words),), {}, settings)


SENT = count(request().messages) + count([("", "{}")])
"""Tokens of one request, schema and all."""
MOST = SENT + DOUBLE.reply_tokens


def ask(meter, *requests):
    async def all_of_them():
        return await asyncio.gather(*(meter.ask(r) for r in requests), return_exceptions=True)

    return asyncio.run(all_of_them())


def test_the_built_in_table_gives_each_price_a_place_and_a_day():
    from importlib.resources import files

    found = table(files("simulation") / "prices.yaml")
    assert len(found.models) >= 10
    for name, entry in found.models.items():
        assert name.partition(":")[0] in ("openai", "anthropic", "google")
        assert entry.source.startswith("https://")
        assert entry.seen
        assert 0 < entry.prompt <= entry.completion
        assert (entry.cached or 0) <= entry.prompt <= (entry.written or math.inf)


def test_cached_tokens_cost_less_and_newly_kept_ones_more(own_prices):
    found = price(DOUBLE)
    assert found.of(1_000_000, 0) == 2
    assert found.of(1_000_000, 0, cached=500_000) == 1.25
    assert found.of(0, 1_000_000) == 10
    assert found.model_copy(update={"written": 3.0}).of(1_000_000, 0, cached=500_000) == 1.75


def test_a_table_of_ones_own_comes_first(own_prices):
    own_prices.write_text("version: 1\nmodels:\n  openai:gpt-4o-mini: {prompt: 7, completion: 7}\n")
    assert price(Settings(model="openai:gpt-4o-mini")).prompt == 7
    assert price(Settings(model="openai:gpt-5-nano")).prompt == 0.05


def test_a_dated_release_costs_what_its_model_costs():
    assert price(Settings(model="openai:gpt-4o-mini-2024-07-18")) == price(Settings(model="openai:gpt-4o-mini"))
    assert price(Settings(model="openai:gpt-4o-mini-audio")) is None


def test_a_server_of_ones_own_does_not_cost_what_openai_asks(own_prices):
    assert price(Settings(model="openai:gpt-4o-mini", base_url="http://127.0.0.1:1/v1")) is None
    assert price(Settings(model="test:double", base_url="http://127.0.0.1:1/v1")).prompt == 2


def test_an_unknown_price_is_unknown_and_not_nothing():
    rows = tally([reply(request(), "yes")])
    assert priced(Settings(model="ollama:x"), rows) is None


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("version: 1\nmodels:\n  a:b: {prompt: -1, completion: 1}\n", 3, "below 0"),
        ("version: 1\nmodels:\n  a:b: {prompt: 1}\n", 3, '"completion" is missing'),
        ("version: 1\nmodels:\n  a:b: {prompt: 1, completion: 1, promt: 2}\n", 3, 'unknown field "promt"'),
        ("version: 1\nmodels: 3\n", 2, "models"),
        ("- a\n", 1, ""),
    ],
)
def test_a_mistake_in_ones_own_table_has_its_line(own_prices, text, line, says):
    own_prices.write_text(text)
    with pytest.raises(FileErrors) as refused:
        price(DOUBLE)
    assert refused.value.mistakes[0].line == line
    assert says in refused.value.mistakes[0].message
    assert refused.value.mistakes[0].file == "prices.yaml"


@pytest.mark.parametrize("limits", [{"budget": 0}, {"budget": -1.0}, {"budget": math.nan}, {"max_tokens": 0}])
def test_a_budget_of_nothing_is_refused_at_once(own_prices, limits):
    with pytest.raises(InputError) as refused:
        Meter(ScriptedCaller(["x"]), DOUBLE, **limits)
    assert refused.value.code == "E139"


def test_a_budget_needs_a_price():
    with pytest.raises(InputError, match="price of ollama:x, which is not known") as refused:
        Meter(ScriptedCaller(["x"]), Settings(model="ollama:x"), budget=1.0)
    assert "prices.yaml" in refused.value.cure


def test_a_call_that_could_pass_the_token_limit_is_not_made(own_prices):
    inner = ScriptedCaller([lambda r: reply(r, "x", usage=Usage(prompt=150, completion=50))])
    meter = Meter(inner, DOUBLE, max_tokens=200 + MOST)
    found = [ask(meter, request())[0] for _ in range(3)]
    assert [type(f).__name__ for f in found] == ["Reply", "Reply", "LimitReached"]
    assert len(inner.requests) == 2
    assert "the call of JPN in round 1 may take" in str(found[2])
    assert meter.usage["JPN"] == Usage(prompt=300, completion=100)


def test_a_budget_stops_before_the_call_that_could_pass_it(own_prices):
    inner = ScriptedCaller([lambda r: reply(r, "x", usage=Usage(prompt=500_000, completion=0))])
    meter = Meter(inner, DOUBLE, budget=2.0)
    found = [ask(meter, request())[0] for _ in range(3)]
    assert [isinstance(f, LimitReached) for f in found] == [False, False, True]
    assert "0.0000 of 2 are left" in str(found[2])


class Counting(ScriptedCaller):
    out = most = 0

    async def ask(self, request, hearing=lambda seat, tokens: None):
        self.out += 1
        self.most = max(self.most, self.out)
        await asyncio.sleep(0.01)
        self.out -= 1
        return await super().ask(request, hearing)


def test_a_call_waits_while_those_in_flight_have_set_aside_too_much(own_prices):
    inner = Counting(["x"])
    found = ask(Meter(inner, DOUBLE, max_tokens=3 * MOST - 1), *[request(seat=s) for s in "abcd"])
    assert not any(isinstance(f, LimitReached) for f in found)
    assert inner.most == 2


def test_a_call_that_waited_in_vain_is_not_made(own_prices):
    inner = Counting([lambda r: reply(r, "x", usage=Usage(prompt=MOST, completion=0))])
    found = ask(Meter(inner, DOUBLE, max_tokens=2 * MOST), *[request(seat=s) for s in "abcd"])
    assert [isinstance(f, LimitReached) for f in found] == [False, False, True, True]


def test_a_failed_call_gives_back_what_it_set_aside_but_for_its_prompt(own_prices):
    def breaks(asked):
        raise CallFailed("it broke off")

    def gone(asked):
        raise CallFailed("nobody there", setup=True)

    meter = Meter(ScriptedCaller([gone, breaks, "x", "x"]), DOUBLE, max_tokens=SENT + MOST)
    assert [type(ask(meter, request())[0]).__name__ for _ in range(4)] == [
        "CallFailed",
        "CallFailed",
        "Reply",
        "LimitReached",
    ]


def test_what_a_provider_does_not_count_is_taken_as_estimated(own_prices):
    meter = Meter(ScriptedCaller([lambda r: reply(r, "y" * 350, usage=Usage())]), DOUBLE, max_tokens=1500)
    assert [isinstance(f, LimitReached) for f in (ask(meter, request())[0] for _ in range(3))] == [False, False, True]


def test_what_was_spent_before_counts(own_prices):
    before = reply(request(), "x", usage=Usage(prompt=900_000, completion=0))
    meter = Meter(ScriptedCaller(["x"]), DOUBLE, budget=1.8, spent=[before])
    assert isinstance(ask(meter, request())[0], LimitReached)
    assert meter.usage["JPN"].prompt == 900_000


@pytest.fixture(scope="module")
def asked():
    return plan("takaichi_coalition", engine="chat_model", settings=Settings(model="openai:gpt-4o-mini"), narrate=True)


def test_an_estimate_counts_every_call_with_its_prompt(asked):
    found = estimate(asked)
    assert found.calls == 5 * 3 + 1
    assert found.most == 16 * 4000
    assert 0 < found.likely < found.most
    assert 0.5 < found.repeated / found.prompt < 1
    assert 0 < found.usd_likely < found.usd_most
    assert found.usd_most == pytest.approx((found.prompt * 0.15 + found.most * 0.60) / 1e6)


def test_an_estimate_is_near_what_a_debate_then_asks(asked):
    caller = AgreeableCaller(Floor(asked.scenario, asked.seats, {}, asked.engines))
    wait(hold(asked, caller))
    found = estimate(asked)
    assert found.calls == len(caller.requests)
    sent = sum(count(r.messages) + count([("", json.dumps(dict(r.schema)))]) for r in caller.requests)
    assert found.prompt == pytest.approx(sent, rel=0.25)


def test_an_estimate_of_a_mixed_table_counts_the_seats_that_ask(asked):
    scenario = asked.scenario.model_copy(update={"engines": {"india": "chat_model"}})
    assert estimate(plan(scenario, settings=asked.settings)).calls == 3


def test_an_estimate_without_a_model_is_refused():
    with pytest.raises(InputError, match="no seat asks a model"):
        estimate(plan("takaichi_coalition"))


def test_a_dry_run_prints_the_price_and_asks_nothing(communique, own_prices):
    done = communique("run", "takaichi_coalition", "--engine", "chat_model", "--model", "test:double", "--dry-run")
    assert done.status == 0, done.err
    assert "15 calls" in done.out
    assert "US dollars" in done.out
    done = communique("run", "takaichi_coalition", "--engine", "chat_model", "--model", "ollama:x", "--dry-run")
    assert "price: not known" in done.out
