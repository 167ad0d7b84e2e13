"""What the calls of a run cost: estimated before, limited while, added up after.

The estimate counts real prompts: the desks hold the debate themselves first, and the prompts a model would be sent in
their places are rendered and counted. Tokens are counted as `prompts.count` does, prices are those of `prices`.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from simulation import narration
from simulation.calls import Caller, CallFailed, Hearing, LimitReached, Reply, Request, Settings, Usage
from simulation.drafts import schema
from simulation.errors import InputError
from simulation.floor import Floor
from simulation.plans import Plan
from simulation.prices import Price, price, priced
from simulation.prompts import Messages, count, prompt
from simulation.runs import hold
from simulation.statement import Statement
from simulation.waiting import wait

__all__ = ["Estimate", "Meter", "estimate", "priced"]
MODEL = "chat_model"


@dataclass(frozen=True)
class Estimate:
    """What a run would ask of a model."""

    model: str
    calls: int
    prompt: int
    """Tokens of all prompts."""
    repeated: int
    """Of those, tokens that the same seat's call before began with, which a provider may have kept."""
    likely: int
    """Tokens of the replies, were they as long as what the desks say."""
    most: int
    """Tokens of the replies, were each as long as it may be."""
    usd_likely: float | None
    """With the repeats kept by the provider and replies of the likely length; None where the price is not known."""
    usd_most: float | None
    """With nothing kept and every reply as long as it may be."""
    note: str
    """Where the price comes from."""

    def as_json(self) -> dict[str, Any]:
        """Every figure, by name."""
        return asdict(self)

    def as_text(self) -> str:
        """Every figure in lines for a person."""
        share = f" ({self.repeated / self.prompt:.0%} of them repeats of the call before)" if self.prompt else ""
        rows = [
            f"{self.model}: {self.calls} calls",
            f"prompts: about {self.prompt:,} tokens{share}",
            f"replies: about {self.likely:,} tokens, {self.most:,} at the most",
        ]
        if self.usd_likely is None or self.usd_most is None:
            rows.append(f"price: not known; {self.note}")
        else:
            rows.append(f"price: about {self.usd_likely:.4f} US dollars, {self.usd_most:.4f} at the most; {self.note}")
        return "\n".join([*rows, "not counted: a reply that cannot be read is asked for again, up to twice"])


def estimate(asked: Plan) -> Estimate:
    """What a planned run would ask of its model; nothing is asked.

    Raises `InputError` where no seat asks a model, `CallFailed` where a prompt does not fit the model's window.
    """
    if asked.settings is None:
        raise InputError(
            "no seat asks a model, so nothing would be spent", "add --engine chat_model --model NAME", "E142"
        )
    own = dict.fromkeys(asked.engines, "dossier")
    held = wait(hold(replace(asked, engines=own, settings=None, narrate=False)))
    calls, repeated, before = [], 0, dict[str, Messages]()
    for seat, messages, form, likely in _calls(asked, held.transcript.statements):
        calls.append((count(messages) + form, likely))
        repeated += _shared(before.get(seat, ()), messages)
        before[seat] = messages
    if asked.narrate:
        findings = narration.numbered(held.assessment)
        form = _form(narration.schema(findings), asked.settings)
        calls.append((count(narration.messages(findings, asked.settings)) + form, 400))
    return _estimate(asked.settings, calls, repeated)


def _estimate(settings: Settings, calls: Sequence[tuple[int, int]], repeated: int) -> Estimate:
    """The sum of calls, given as tokens of the prompt and likely tokens of the reply."""
    asked, likely, most = sum(p for p, _ in calls), sum(r for _, r in calls), len(calls) * settings.reply_tokens
    found = price(settings)
    return Estimate(
        model=settings.model,
        calls=len(calls),
        prompt=asked,
        repeated=repeated,
        likely=likely,
        most=most,
        usd_likely=found.of(asked, likely, repeated) if found else None,
        usd_most=found.of(asked, most) if found else None,
        note=_note(found),
    )


def _note(found: Price | None) -> str:
    if found is None:
        return "add the model to a prices.yaml in this folder"
    seen = f", seen {found.seen}" if found.seen else ""
    return f"{found.source or 'your own table'}{seen}{'' if found.verified else ', at second hand'}"


def _calls(asked: Plan, said: Sequence[Statement]) -> Iterator[tuple[str, Messages, int, int]]:
    """Every question of the seats that ask a model: who, the messages, tokens of the schema, likely tokens back."""
    settings = asked.settings
    assert settings is not None
    floor = Floor(asked.scenario, asked.seats, {}, asked.engines)
    for number in range(1, asked.scenario.debate.rounds + 1):
        floor.begin()
        spoken = {s.country: s for s in said if s.round == number}
        for country in (c for c, engine in asked.engines.items() if engine == MODEL):
            turn = floor.turn(country, number)
            words = " ".join(_texts(spoken[country].model_dump(mode="json")))
            form = _form(schema(turn, settings), settings)
            yield turn.dossier.code, prompt(turn, settings), form, min(count([("", words)]), settings.reply_tokens)
        floor.restore(list(spoken.values()))


def _texts(part: Any) -> Iterator[str]:
    """Every string in a piece of JSON, and the names of its fields: about what a model writes for it."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield key
            yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)
    elif part is not None:
        yield str(part)


def _form(form: Any, settings: Settings) -> int:
    """Tokens of a reply's schema, which providers count as part of the prompt; 0 where the prompt itself holds it."""
    return 0 if settings.structured == "none" else count([("", json.dumps(form))])


def _shared(before: Messages, now: Messages) -> int:
    """Tokens of the messages both begin with; of the first that differs, the part both begin with."""
    same = 0
    for one, two in zip(before, now, strict=False):
        if one == two:
            same += count([one])
        elif one[0] == two[0] and two[1].startswith(one[1]):
            return same + count([one])
        else:
            return same
    return same


class Meter:
    """Keeps what is used, and does not make a call that would go beyond a limit.

    A call sets aside its prompt and the longest reply until it is done; one for which too little is left waits while
    others are out, since they may take less than they set aside. What a provider does not count is taken to be
    what was estimated, and a call that failed on the way to have cost its prompt.
    """

    def __init__(
        self,
        inner: Caller,
        settings: Settings,
        *,
        budget: float | None = None,
        max_tokens: int | None = None,
        spent: Iterable[Reply] = (),
    ) -> None:
        self._inner, self._settings, self._budget, self._max_tokens = inner, settings, budget, max_tokens
        self._price = price(settings) if budget is not None else None
        if (budget is not None and not budget > 0) or (max_tokens is not None and max_tokens <= 0):
            cure = "give more than 0, or leave it out"
            raise InputError("--budget and --max-tokens of 0 leave nothing to ask with", cure, "E139")
        if budget is not None and self._price is None:
            cure = "add it to a prices.yaml in this folder, or limit --max-tokens"
            raise InputError(f"--budget needs the price of {settings.model}, which is not known", cure, "E139")
        self.usage: dict[str, Usage] = {}
        """What each seat used, as the provider counts it."""
        self._tokens, self._dollars = 0, 0.0
        self._out, self._waiting = 0, list[asyncio.Future[None]]()
        for reply in spent:
            self._note(reply.seat, reply.usage)
            self._charge(reply.usage)

    async def ask(self, request: Request, hearing: Hearing = lambda seat, tokens: None) -> Reply:
        """The reply to a request; raises `LimitReached`, with no call made, where a limit does not allow it."""
        asked = Usage(prompt=count(request.messages) + _form(request.schema, self._settings))
        whole = Usage(prompt=asked.prompt, completion=self._settings.reply_tokens)
        await self._room(request, whole)
        with self._set_aside(whole):
            try:
                reply = await self._inner.ask(request, hearing)
            except CallFailed as failed:
                if not failed.setup:
                    self._charge(asked)
                raise
        used = reply.usage
        sent, completion = used.prompt or asked.prompt, used.completion or count([("", reply.text)])
        self._charge(Usage(prompt=sent, completion=completion, cached=used.cached))
        self._note(request.seat, used)
        return reply

    async def _room(self, request: Request, whole: Usage) -> None:
        """Wait until a limit allows the call; raises `LimitReached` where nothing is out that could make room."""
        while True:
            try:
                return self._allow(request, whole)
            except LimitReached:
                if not self._out:
                    raise
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting

    @contextmanager
    def _set_aside(self, whole: Usage) -> Iterator[None]:
        self._charge(whole)
        self._out += 1
        try:
            yield
        finally:
            self._charge(whole, -1)
            self._out -= 1
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                if not one.done():
                    one.get_loop().call_soon(one.set_result, None)

    def _allow(self, request: Request, whole: Usage) -> None:
        who = f"the call of {request.seat} in round {request.round}"
        tokens = whole.prompt + whole.completion
        if self._max_tokens is not None and self._tokens + tokens > self._max_tokens:
            left = max(0, self._max_tokens - self._tokens)
            text = f"{who} may take {tokens:,} tokens and {left:,} of {self._max_tokens:,} are left"
            raise LimitReached(text, "give a larger --max-tokens")
        if self._price is None or self._budget is None:
            return
        dollars = self._price.of(whole.prompt, whole.completion)
        if self._dollars + dollars > self._budget:
            rest = max(0.0, self._budget - self._dollars)
            text = f"{who} may cost {dollars:.4f} US dollars and {rest:.4f} of {self._budget:g} are left"
            raise LimitReached(text, "give a larger --budget")

    def _charge(self, used: Usage, sign: int = 1) -> None:
        self._tokens += sign * (used.prompt + used.completion)
        if self._price is not None:
            self._dollars += sign * self._price.of(used.prompt, used.completion, used.cached)

    def _note(self, seat: str, used: Usage) -> None:
        before = self.usage.get(seat, Usage())
        self.usage[seat] = Usage(
            prompt=before.prompt + used.prompt,
            completion=before.completion + used.completion,
            cached=before.cached + used.cached,
        )
