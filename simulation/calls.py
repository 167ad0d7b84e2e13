"""A call to a chat model as data: what is asked, what came back, and how to ask.

Nothing here knows a provider, a network or a file, so that a recording, a live model and a test double are the same
thing to an analyst: a `Caller`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

from pydantic import Field

from simulation.errors import CommuniqueError
from simulation.statement import Recorded

Role = Literal["system", "user", "assistant"]
Structured = Literal["auto", "json_schema", "tool", "grammar", "none"]


class Settings(Recorded):
    """Which model is asked and how; part of what makes a run, so no key and no secret ever stands here."""

    model: str
    """provider:name, as in openai:gpt-4o-mini."""
    base_url: str | None = None
    """An OpenAI-compatible server to ask in the provider's place."""
    structured: Structured = "auto"
    """How the reply is held to its schema: what the provider is known for, JSON schema, a tool call, a grammar, or
    the prompt alone."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    context: int | None = Field(default=None, ge=512)
    """The model's context window in tokens, where it is known."""
    reply_tokens: int = Field(default=4000, ge=64)
    """The most tokens one reply may take."""
    passages: int = Field(default=24, ge=0)
    """How many dossier passages a prompt carries, weightiest first."""
    detail: float = Field(default=1.0, gt=0, le=2)
    """Scales the longest text a reply may hold; a small model wants less."""
    masked: bool = False
    """Whether names, dates and titles are hidden from the model (guard against recognition)."""
    language: str | None = None
    """The language the model is asked to reason in, where it is not English."""


class Reach(Recorded):
    """How a provider is reached: how long to wait, how often, how many at once. No part of what makes a run."""

    timeout: float = Field(default=120.0, gt=0)
    """Seconds one call may take."""
    retries: int = Field(default=4, ge=0)
    """How often a call is repeated after a 429, a 5xx, a timeout or a broken connection."""
    rate: float | None = Field(default=None, gt=0)
    """Calls a second at the most."""
    concurrency: int = Field(default=16, ge=1)
    """Calls at one time."""


class Usage(Recorded):
    """Tokens as the provider counts them."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    """Of the prompt tokens, those the provider had cached."""


@dataclass(frozen=True)
class Request:
    """One question to a model."""

    seat: str
    """The code of the seat that asks, or `moderator`."""
    round: int
    attempt: int
    """1 for the question, 2 and 3 for the same with the errors of the reply before."""
    messages: tuple[tuple[Role, str], ...]
    schema: Mapping[str, Any]
    """The JSON Schema the reply must meet."""
    settings: Settings

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything that decides the reply; the server's address is no part of it."""
        asked = {
            "settings": self.settings.model_dump(mode="json", exclude={"base_url", "context", "masked", "language"}),
            "messages": self.messages,
            "schema": self.schema,
        }
        return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class Reply(Recorded):
    """What came back: raw text, or why nothing did. One line of a recording."""

    key: str
    """Of the request."""
    seat: str
    round: int
    attempt: int
    text: str = ""
    """The reply as it came, before any reading of it."""
    usage: Usage = Usage()
    retries: int = 0
    """How often the call was repeated before this."""
    refused: bool = False
    """Whether the provider marked it as a refusal."""
    cut: bool = False
    """Whether it ended at the token limit."""
    failure: str | None = None
    """Why there is no reply, where the call failed for good; a failure is recorded and never read as a reply."""
    setup: bool = False
    """Of a failure: whether every other call would fail the same way."""
    asked: bool = True
    """False where a limit kept the call from being made."""


class CallFailed(CommuniqueError):
    """A call failed for good; the seat is recorded as failed."""

    status = 3

    def __init__(self, message: str, cure: str = "", setup: bool = False, retries: int = 0) -> None:
        super().__init__(f"{message}; {cure}" if cure and cure not in message else message)
        self.message, self.cure = message, cure
        self.setup = setup
        """Whether every other call would fail the same way: no key, no such model, nobody there."""
        self.retries = retries
        """How often the call was repeated before it was given up."""


class LimitReached(CallFailed):
    """The budget or the token limit does not allow the call; it was not made."""


Hearing = Callable[[str, int], None]
"""Told a seat's code and how many tokens of its reply have come so far."""


class Caller(Protocol):
    """Anything that answers a request: a live model, a recording, a test double."""

    async def ask(self, request: Request, hearing: Hearing = lambda seat, tokens: None) -> Reply:
        """The reply to a request; raises `CallFailed` where there is none."""
        ...
