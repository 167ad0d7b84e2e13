"""What an exception of a provider's package means: ask again, give up this call, or give up the run.

Each provider's package has its own exceptions. They are told apart by their status, their class names and the words of
the server, so that none of the packages has to be there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_TEXT = 300
PASSING = frozenset({408, 409, 425, 429})
"""Statuses below 500 that a later call may not meet."""


@dataclass(frozen=True)
class Fault:
    """Why one call brought nothing."""

    text: str
    cure: str = ""
    again: bool = False
    """Whether it is worth asking again."""
    setup: bool = False
    """Whether every other call would fail the same way."""
    wait: float | None = None
    """Seconds the server asks to wait."""


@dataclass(frozen=True)
class Address:
    """Who was asked, in words a user knows."""

    model: str
    server: str
    """The base URL, or the provider's name."""
    key: str = ""
    """The environment variable the key comes from."""
    secrets: tuple[str, ...] = ()
    """What must never stand in a message."""


WORDS = (
    (
        r"context.(length|window|size)|maximum context|prompt is too long|input token count|exceed_context",
        "the prompt does not fit the context window of {model}",
        "give --passages a smaller number, or take a model with a larger window",
        False,
    ),
    (
        r"forces? tool|tool_choice|response_format|json.?schema|structured output|grammar|output_config",
        "{server} refuses the structured output asked for",
        "add --structured none, or another way (json_schema, tool)",
        True,
    ),
    (r"temperature", "{model} refuses this temperature", "add --temperature 1", True),
    (r"max_(completion_)?tokens", "{model} refuses so long a reply", "give --reply-tokens a smaller number", True),
    (r"api.?key|authenticat", "{server} refuses the key", "check {key}", True),
    (r"credit|billing|balance", "the account at {server} has no credit", "add credit there", True),
    (r"model.{0,80}(not found|not exist|invalid|unknown)|no such model", "{server} has no model {model}", "", True),
)
"""What a refused request says, first match first; what it means, the cure, and whether every call would meet it."""


def clean(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A server's words on one line, without control characters or keys, and not too long."""
    for secret in secrets:
        text = text.replace(secret, "[key]")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    for _ in range(12):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__


def _names(error: BaseException) -> set[str]:
    return {cls.__name__ for each in _chain(error) for cls in type(each).__mro__}


def _status(error: BaseException) -> int | None:
    for each in _chain(error):
        for name in ("status_code", "code"):
            if isinstance(found := getattr(each, name, None), int) and not isinstance(found, bool):
                return found
    return None


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds to wait, from a Retry-After header: a number or an HTTP date."""
    if re.fullmatch(r"\d{1,9}(\.\d+)?", header.strip()):
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds())


def _wait(error: BaseException) -> float | None:
    for each in _chain(error):
        headers = getattr(getattr(each, "response", None), "headers", None)
        if headers is not None and (header := headers.get("retry-after")):
            return retry_after(str(header), _now(str(headers.get("date", ""))))
    return None


def _now(date: str) -> datetime:
    """The time by the server's own clock, from its Date header: ours may be wrong; ours where it says none."""
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _said(error: BaseException) -> str:
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    words = inner.get("message") if isinstance(inner, dict) else None
    return str(words or error)


def fault(error: BaseException, address: Address) -> Fault:
    """What an exception of one call means."""
    status, names = _status(error), _names(error)
    said = clean(_said(error), address.secrets)
    if status is not None and status >= 400:
        return _refused(status, said, error, address)
    if names & {"ConnectError", "ConnectionRefusedError", "gaierror"}:
        cure = "check the address and that the server runs"
        return Fault(f"nobody answers at {address.server}", cure, again=True, setup=True)
    if names & {"TimeoutError", "TimeoutException", "APITimeoutError"}:
        return Fault("no answer in time", "raise --timeout, or try later", again=True)
    if "No generation chunks" in said:
        return Fault("the answer was no chat completion", "check the address", again=True)
    if status is not None or names & {"TransportError", "ConnectionError", "APIError", "JSONDecodeError", "OSError"}:
        return Fault(f"the reply broke off: {said}", "try later", again=True)
    return Fault(f"{type(error).__name__}: {said}")


def _refused(status: int, said: str, error: BaseException, address: Address) -> Fault:
    where = {"model": address.model, "server": address.server, "key": address.key or "the key"}
    if status == 429 and "insufficient_quota" in str(getattr(error, "body", "")):
        return Fault(f"the account at {address.server} has no credit: {said}", "add credit there", setup=True)
    if status in PASSING or status >= 500:
        return Fault(f"{address.server} answered {status}: {said}", "try later", again=True, wait=_wait(error))
    if status in (401, 403):
        return Fault(f"{address.server} refuses the key ({status})", f"check {where['key']}", setup=True)
    if status == 402:
        return Fault(f"the account at {address.server} has no credit: {said}", "add credit there", setup=True)
    if status == 404:
        cure = "check the model's name; a base URL usually ends in /v1"
        return Fault(f"{address.server} has no model {address.model}: {said}", cure, setup=True)
    for pattern, text, cure, setup in WORDS:
        if re.search(pattern, said, re.IGNORECASE):
            return Fault(f"{text.format(**where)}: {said}", cure.format(**where), setup=setup)
    return Fault(f"{address.server} answered {status}: {said}")
