"""Which chat models can be asked: a provider's package, its key, and how it holds a reply to a schema.

The packages are extras and loaded when asked for. They never repeat a call themselves (`models` does), keep no
connection between calls (rounds lie far apart, and a run may start a loop of its own), and get a key only where it
belongs.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel

from simulation.calls import CallFailed, Settings, Structured
from simulation.errors import InputError, nearest
from simulation.faults import Address

ANSWER = "answer"
"""What the reply's schema is called where a provider wants a name."""
LENGTHS = frozenset({"minLength", "maxLength"})
BOUNDS = LENGTHS | {"minimum", "maximum", "minItems", "maxItems"}
CLOSE = {"Connection": "close"}
OLLAMA_WINDOW = 32_768
"""Tokens, where the window is not given: left to itself, Ollama cuts a prompt at 4,096 without a word."""
Schema = Mapping[str, Any]
Way = Callable[[Schema], dict[str, Any]]


def without(schema: Any, keywords: frozenset[str]) -> Any:
    """A JSON Schema without some keywords that a provider refuses; a property may still be called by one's name."""
    if isinstance(schema, list):
        return [without(part, keywords) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: without(part, keywords) for name, part in value.items()}
        if key in ("properties", "$defs")
        else without(value, keywords)
        for key, value in schema.items()
        if key not in keywords
    }


def _response_format(schema: Schema) -> dict[str, Any]:
    held = {"name": ANSWER, "strict": True, "schema": schema}
    return {"extra_body": {"response_format": {"type": "json_schema", "json_schema": held}}}


def _function(schema: Schema) -> dict[str, Any]:
    function = {"name": ANSWER, "description": "Give the answer.", "parameters": schema, "strict": True}
    chosen = {"type": "function", "function": {"name": ANSWER}}
    return {"tools": [{"type": "function", "function": function}], "tool_choice": chosen}


LINE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""JSON on one line: a small model that may write blanks writes little else."""


def _grammar(schema: Schema) -> dict[str, Any]:
    form = {**schema, "x-guidance": LINE}
    return {"extra_body": {"grammar": f"%llguidance {{}}\nstart: %json {json.dumps(form)}"}}


def _claude_tool(schema: Schema) -> dict[str, Any]:
    tool = {"name": ANSWER, "description": "Give the answer.", "input_schema": schema}
    return {"tools": [tool], "tool_choice": {"type": "tool", "name": ANSWER}}


def _claude_format(schema: Schema) -> dict[str, Any]:
    return {"output_config": {"format": {"type": "json_schema", "schema": without(schema, BOUNDS)}}}


def _gemini_format(schema: Schema) -> dict[str, Any]:
    return {"response_mime_type": "application/json", "response_json_schema": without(schema, LENGTHS)}


@dataclass(frozen=True)
class Provider:
    """One provider: where its chat model lives and what it can do."""

    name: str
    """In front of the model's name; also the extra that installs it."""
    module: str
    chat: str
    """The class in the module."""
    ways: Mapping[str, Way]
    """How a reply can be held to a schema; the first is what `auto` takes."""
    keys: tuple[str, ...] = ()
    """Environment variables that may hold the key, first match first; none where no key is needed."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What its class is given every time."""
    longest: str = "max_tokens"
    """What its class calls the longest reply."""
    marks_cache: bool = False
    """Whether the prompt must say up to where it may be kept for the next call."""


OPENAI = Provider(
    "openai",
    "langchain_openai",
    "ChatOpenAI",
    {
        "json_schema": lambda schema: _response_format(without(schema, LENGTHS)),
        "tool": lambda schema: _function(without(schema, LENGTHS)),
    },
    ("OPENAI_API_KEY",),
    {
        "max_retries": 0,
        "stream_usage": True,
        "use_responses_api": False,
        "stream_chunk_timeout": None,
        "default_headers": CLOSE,
    },
)
OWN = Provider(
    "openai",
    "langchain_openai.chat_models.base",
    "BaseChatOpenAI",
    {"json_schema": _response_format, "tool": _function, "grammar": _grammar},
    ("COMMUNIQUE_API_KEY",),
    {**OPENAI.options, "default_headers": {**CLOSE, "OpenAI-Organization": "", "OpenAI-Project": ""}},
)
"""Any server that speaks OpenAI's protocol. Its class still says `max_tokens`, the word such servers know; headers that
OpenAI's package would fill from the environment are kept empty."""
ANTHROPIC = Provider(
    "anthropic",
    "langchain_anthropic",
    "ChatAnthropic",
    {"json_schema": _claude_format, "tool": _claude_tool},
    ("ANTHROPIC_API_KEY",),
    {"max_retries": 0, "default_headers": CLOSE},
    marks_cache=True,
)
GOOGLE = Provider(
    "google",
    "langchain_google_genai",
    "ChatGoogleGenerativeAI",
    {"json_schema": _gemini_format},
    ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    {"max_retries": 1, "additional_headers": CLOSE},
    "max_output_tokens",
)
OLLAMA = Provider(
    "ollama",
    "langchain_ollama",
    "ChatOllama",
    {"json_schema": lambda schema: {"format": schema}},
    (),
    {"client_kwargs": {"headers": CLOSE}},
    "num_predict",
)
PROVIDERS = {p.name: p for p in (OPENAI, ANTHROPIC, GOOGLE, OLLAMA)}


def hold(provider: Provider, structured: Structured, schema: Schema) -> dict[str, Any]:
    """The arguments of a call that hold its reply to a schema; none where the prompt alone asks for it.

    Raises `InputError` where the provider has no such way.
    """
    if structured == "none":
        return {}
    way = next(iter(provider.ways)) if structured == "auto" else structured
    if way not in provider.ways:
        known = ", ".join(("auto", *provider.ways, "none"))
        raise InputError(f'{provider.name} has no structured output "{way}"', f"choose from: {known}", "E138")
    return provider.ways[way](schema)


def find(settings: Settings) -> tuple[Provider, str]:
    """The provider and the model's own name; raises `InputError` where the setting names none."""
    before, colon, after = settings.model.partition(":")
    if settings.base_url:
        checked(settings.base_url)
        if before in PROVIDERS and colon and after:
            if before not in ("openai", "ollama"):
                cure = f"write --model openai:{after}: it speaks to any OpenAI-compatible server"
                raise InputError(f"{before} is asked at its own address, not at --base-url", cure, "E137")
            return (OLLAMA if before == "ollama" else OWN), after
        return OWN, settings.model
    if before in PROVIDERS and colon and after.isprintable() and after.strip():
        return PROVIDERS[before], after
    cure = f"write provider:name; {nearest(before, PROVIDERS)}"
    raise InputError(f'no model "{settings.model}"', cure, "E135")


def checked(url: str) -> str:
    """A base URL that may be asked; raises `InputError` where it cannot be one or carries a secret."""
    cure = "give an address like http://127.0.0.1:8080/v1"
    try:
        parts = urlsplit(url)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or (parts.port or 1) < 1
    except ValueError:
        wrong = True
    if wrong:
        raise InputError("--base-url is not an http or https address", cure, "E137")
    if parts.username or parts.password or parts.query or parts.fragment:
        cure = "put the key into COMMUNIQUE_API_KEY; a base URL is written into the run"
        raise InputError("--base-url carries a name, a key or a query", cure, "E137")
    return url


def _keeping_refusals(chat: Any) -> Any:
    """OpenAI's class with the words of a refusal kept: streamed it drops them, and a refusal would look empty."""

    def convert(self: Any, chunk: dict[str, Any], *rest: Any) -> Any:
        found = chat._convert_chunk_to_generation_chunk(self, chunk, *rest)
        choices = chunk.get("choices") or [{}]
        if found is not None and (refusal := (choices[0].get("delta") or {}).get("refusal")):
            found.message.additional_kwargs["refusal"] = refusal
        return found

    return type(chat.__name__, (chat,), {"_convert_chunk_to_generation_chunk": convert})


def build(settings: Settings, env: Mapping[str, str]) -> tuple[BaseChatModel, Provider, Address]:
    """The chat model of the settings, its provider and how to speak of it.

    Raises `InputError` where the model cannot be named or its package is missing, `CallFailed` where there is no key.
    """
    provider, name = find(settings)
    hold(provider, settings.structured, {})
    variable = next((k for k in provider.keys if env.get(k, "").strip()), "")
    key = env.get(variable, "").strip()
    if provider.keys and not key and provider is not OWN:
        raise CallFailed(f"no key for {provider.name}", f"set {' or '.join(provider.keys)}", setup=True)
    given = {"model": name, "temperature": settings.temperature, provider.longest: settings.reply_tokens}
    if provider.keys:
        given["api_key"] = key or "none"
    if settings.base_url:
        given["base_url"] = settings.base_url
    if provider is OLLAMA:
        given["num_ctx"] = settings.context or OLLAMA_WINDOW
    chat = _chat(provider)
    address = Address(name, settings.base_url or provider.name, variable or "COMMUNIQUE_API_KEY", (key,) if key else ())
    return chat(**provider.options, **given), provider, address


def _chat(provider: Provider) -> Any:
    try:
        chat = getattr(import_module(provider.module), provider.chat)
    except ImportError:
        line = f'pip install "communique[{provider.name}]"'
        raise InputError(f"models of {provider.name} need a package of their own", line, "E136") from None
    return _keeping_refusals(chat) if provider.module.startswith("langchain_openai") else chat
