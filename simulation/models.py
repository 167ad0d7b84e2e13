"""A live chat model as a `Caller`: streamed, timed, repeated after a passing fault, never more at once than allowed.

Any langchain chat model will do; `connect` makes the one the settings name. A key comes from the environment and goes
to the provider, and nowhere else.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from typing import Any, cast
from weakref import WeakKeyDictionary

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessageChunk
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from simulation.calls import CallFailed, Hearing, Reach, Reply, Request, Settings, Usage
from simulation.faults import Address, Fault, fault
from simulation.providers import PROVIDERS, Provider, build, hold

LONGEST_REPLY = 1_000_000
"""Characters; a longer reply is cut off while it streams, and the call has failed."""
LONGEST_WAIT = 60.0
"""Seconds; a server that asks for more gets this much."""
REFUSED = frozenset({"content_filter", "refusal", "safety", "prohibited_content", "blocklist", "spii", "recitation"})
FULL = frozenset({"length", "max_tokens"})


class _Failed(Exception):
    """One try of a call that brought nothing."""

    def __init__(self, why: Fault) -> None:
        super().__init__(why.text)
        self.why = why


@dataclass
class Heard:
    """A reply as it comes in, piece by piece."""

    texts: list[str] = field(default_factory=list)
    calls: dict[int, list[str]] = field(default_factory=dict)
    """The arguments of each tool call, by its place."""
    refusals: list[str] = field(default_factory=list)
    size: int = 0
    tokens: int = 0
    """About how many tokens have come."""
    finish: str = ""
    prompt: int = 0
    completion: int = 0
    cached: int = 0

    def add(self, chunk: BaseMessageChunk) -> None:
        """Take one piece."""
        pieces = [str(chunk.text)]
        self.texts += pieces
        for call in getattr(chunk, "tool_call_chunks", ()):
            pieces.append(call.get("args") or "")
            self.calls.setdefault(call.get("index") or 0, []).append(pieces[-1])
        if refusal := chunk.additional_kwargs.get("refusal"):
            self.refusals.append(str(refusal))
        new = sum(map(len, pieces))
        self.size += new
        self.tokens += -(-new // 4)
        self._note(chunk)

    def _note(self, chunk: BaseMessageChunk) -> None:
        said = chunk.response_metadata
        finish = said.get("finish_reason") or said.get("stop_reason") or said.get("done_reason")
        blocked = (said.get("prompt_feedback") or {}).get("block_reason")
        self.finish = str(finish or ("refusal" if blocked else "") or self.finish).lower()
        if used := getattr(chunk, "usage_metadata", None):
            self.prompt += used["input_tokens"]
            self.completion += used["output_tokens"]
            self.cached += (used.get("input_token_details") or {}).get("cache_read") or 0

    def reply(self, request: Request, repeated: int, secrets: tuple[str, ...]) -> Reply:
        """The whole of it."""
        refusal = "".join(self.refusals)
        text = "".join(self.calls[min(self.calls)]) if self.calls else "".join(self.texts)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for secret in secrets:
            text = text.replace(secret, "[key]")
        return Reply(
            key=request.key,
            seat=request.seat,
            round=request.round,
            attempt=request.attempt,
            text=text or refusal,
            usage=Usage(prompt=self.prompt, completion=self.completion, cached=self.cached),
            retries=repeated,
            refused=bool(refusal) or self.finish in REFUSED,
            cut=self.finish in FULL,
        )


class _Gate:
    """How many calls may be out at once, and how far apart they start. One for each event loop."""

    def __init__(self, reach: Reach) -> None:
        self.places = asyncio.Semaphore(reach.concurrency)
        self._apart = 1 / reach.rate if reach.rate else 0.0
        self._next = 0.0

    async def start(self) -> None:
        """Wait for a place in time."""
        now = asyncio.get_running_loop().time()
        at, self._next = max(now, self._next), max(now, self._next) + self._apart
        if at > now:
            await asyncio.sleep(at - now)


class LiveCaller:
    """Asks a chat model; what `settings` say of structure and the cache is for the provider the model belongs to."""

    def __init__(
        self,
        model: BaseChatModel,
        settings: Settings,
        reach: Reach | None = None,
        *,
        provider: Provider | None = None,
        address: Address | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._model, self._settings, self._reach, self._sleep = model, settings, reach or Reach(), sleep
        self._provider = provider or provider_of(model)
        self._address = address or Address(settings.model, settings.base_url or settings.model)
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gate] = WeakKeyDictionary()
        self._backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT / 2)

    async def ask(self, request: Request, hearing: Hearing = lambda seat, tokens: None) -> Reply:
        """The reply to a request; raises `CallFailed` where there is none."""
        trying = AsyncRetrying(
            stop=stop_after_attempt(self._reach.retries + 1),
            retry=retry_if_exception(lambda error: isinstance(error, _Failed) and error.why.again),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        repeated = 0
        try:
            async for attempt in trying:
                with attempt:
                    repeated = attempt.retry_state.attempt_number - 1
                    heard = await self._once(request, hearing)
        except _Failed as failed:
            tries = f" ({repeated + 1} tries)" if repeated else ""
            raise CallFailed(f"{failed.why.text}{tries}", failed.why.cure, failed.why.setup, repeated) from None
        return heard.reply(request, repeated, self._address.secrets)

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next try: drawn from a widening span, and never sooner than the server asks."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.why.wait if isinstance(error, _Failed) else None
        return max(self._backoff(state), min(asked or 0.0, LONGEST_WAIT))

    async def _once(self, request: Request, hearing: Hearing) -> Heard:
        gate = self._gates.setdefault(asyncio.get_running_loop(), _Gate(self._reach))
        await gate.start()
        async with gate.places:
            try:
                async with asyncio.timeout(self._reach.timeout):
                    return await self._stream(request, hearing)
            except _Failed:
                raise
            except Exception as error:
                raise _Failed(fault(error, self._address)) from error

    async def _stream(self, request: Request, hearing: Hearing) -> Heard:
        held = hold(self._provider, self._settings.structured, request.schema) if self._provider else {}
        stream = self._model.astream(_messages(request, self._provider), **held)
        heard = Heard()
        async with cast(AbstractAsyncContextManager[AsyncGenerator[Any, None]], aclosing(cast(Any, stream))) as pieces:
            async for chunk in pieces:
                heard.add(chunk)
                if heard.size > LONGEST_REPLY:
                    raise _Failed(Fault(f"the reply ran past {LONGEST_REPLY:,} characters and was cut off"))
                hearing(request.seat, heard.tokens)
        if self._provider and not heard.finish:
            raise _Failed(Fault("the reply broke off", "try later", again=True))
        return heard


def _messages(request: Request, provider: Provider | None) -> list[tuple[str, Any]]:
    """The messages for langchain; to a provider that wants it said, that the next call will begin with all of them."""
    found: list[tuple[str, Any]] = list(request.messages)
    if provider and provider.marks_cache:
        role, text = found[-1]
        found[-1] = (role, [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}])
    return found


def provider_of(model: BaseChatModel) -> Provider | None:
    """The provider whose package a chat model comes from, or None: then the prompt alone asks for the schema."""
    packages = {cls.__module__.partition(".")[0] for cls in type(model).__mro__}
    return next((p for p in PROVIDERS.values() if p.module in packages), None)


def connect(settings: Settings, reach: Reach | None = None, env: Mapping[str, str] | None = None) -> LiveCaller:
    """The model the settings name, ready to be asked; keys come from `env`, the process's own unless given.

    Raises `InputError` for a model, an address or a package that is not there, `CallFailed` where the key is missing.
    """
    model, provider, address = build(settings, os.environ if env is None else env)
    return LiveCaller(model, settings, reach, provider=provider, address=address)
