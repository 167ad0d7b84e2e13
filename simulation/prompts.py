"""A turn as the messages a model is sent: rules, brief, what was said so far, and the task of the round.

Each call begins with the whole of the call before, so that a provider's prefix cache serves the repeats: rules and
brief never change; a round's task, one's own statement and what the others said are appended, in seat order. What comes
from files and from other speakers is fenced as data by a token that nobody who wrote it could know: a digest of the
brief it stands in.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from simulation.briefs import SHOWN, country, percent, proposal, said
from simulation.calls import CallFailed, Role, Settings
from simulation.drafts import schema
from simulation.masks import Lens
from simulation.menus import LENGTHS, asked, longest
from simulation.statement import NAMES, Statement
from simulation.turn import Turn
from simulation.wording import listed
from simulation.written import load_own

Messages = tuple[tuple[Role, str], ...]
QUOTED = 6000
"""Characters of a bad reply that are quoted back."""


@cache
def _texts() -> Mapping[str, str]:
    """The fixed wordings, from `prompts.yaml`."""
    return dict(load_own((Path(__file__).parent / "prompts.yaml").read_text(encoding="utf-8")))


def wording(name: str, **parts: object) -> str:
    """A fixed wording with its gaps filled; what fills a gap is never read for gaps itself."""
    return re.sub(r"\{(\w+)\}", lambda gap: str(parts[gap[1]]), _texts()[name])


def token_for(text: str) -> str:
    """A word that does not occur in a text and cannot be known before the text is written: 16 hex digits."""
    number = 0
    while True:
        found = hashlib.sha256(f"fence {number}\n{text}".encode(errors="replace")).hexdigest()[:16]
        if found not in text:
            return found
        number += 1


def fenced(kind: str, text: str, token: str) -> str:
    """Text between two marker lines that it cannot imitate."""
    return f"<<<{kind} {token}>>>\n{text.replace(token, '…')}\n<<<end {token}>>>"


def count(messages: Sequence[tuple[str, str]]) -> int:
    """An estimate of the tokens of messages.

    3.5 characters make a token, a Chinese, Japanese or Korean sign is one, and a message adds 4. Tokenisers differ from
    that by a fifth either way.
    """
    total = 0.0
    for _, text in messages:
        wide = 0 if text.isascii() else sum(unicodedata.east_asian_width(c) in ("W", "F") for c in text)
        total += 4 + wide + (len(text) - wide) / 3.5
    return round(total)


@dataclass(frozen=True)
class _Seat:
    """One seat's turn, how it is shown, and the token of its conversation."""

    turn: Turn
    settings: Settings
    lens: Lens
    brief: str
    token: str

    @property
    def name(self) -> str:
        return self.lens.party(self.turn.dossier.code)


def _seat(turn: Turn, settings: Settings, passages: int) -> _Seat:
    lens = Lens.of(turn, settings.masked)
    brief, token = turn.once(("brief", settings.masked, passages), lambda: _brief(turn, lens, passages))
    return _Seat(turn, settings, lens, brief, token)


def _brief(turn: Turn, lens: Lens, passages: int) -> tuple[str, str]:
    """The part of a prompt that never changes, and the token that fences it."""
    parts = country(turn, lens, passages), proposal(turn, lens)
    token = token_for("\n".join(parts))
    brief = "\n\n".join(
        [wording("token", token=token), fenced("country", parts[0], token), fenced("proposal", parts[1], token)]
    )
    return brief, token


def rules(settings: Settings) -> str:
    """The system message: the same for every seat and round."""
    text = wording("rules", **{kind: longest(kind, settings) for kind in LENGTHS})
    return f"{text}\n\n{wording('language', language=settings.language)}" if settings.language else text


def _task(seat: _Seat, number: int) -> str:
    turn = replace(seat.turn, round=number)
    parts = {"round": number, "rounds": turn.rounds, "country": seat.name}
    fill = listed(list(asked(turn.phases)))
    if number == 1:
        return wording("opening", fill=fill, **parts)
    return wording("later", phases=" ".join(wording(p, **parts) for p in turn.phases), fill=fill, **parts)


def _own(seat: _Seat, statement: Statement) -> str:
    """One's own statement, abridged, in the form it was written in."""
    lens = seat.lens
    held = {lens.provisions[v.provision]: {"position_pct": int(percent(v.position))} for v in statement.views}
    arguments = [
        {
            "id": lens.speech(a.id),
            "provision": lens.provisions[a.provision],
            "side": a.side,
            "claim": lens.text(a.claim),
        }
        for a in statement.arguments[:SHOWN]
    ]
    headline = lens.text(statement.headline)
    short = {"positions": held, "stance": NAMES[statement.stance], "headline": headline, "arguments": arguments}
    return json.dumps(short, ensure_ascii=False)


def _others(seat: _Seat, number: int) -> str:
    order = [d.code for d in seat.turn.table]
    heard = seat.turn.others(number)
    if not heard:
        return wording("unheard", round=number)
    text = "\n".join(said(s, seat.lens) for s in sorted(heard.values(), key=lambda s: order.index(s.code)))
    return f"{wording('heard', round=number)}\n{fenced('statements', text, seat.token)}"


def _conversation(seat: _Seat) -> list[tuple[Role, str]]:
    parts: list[tuple[Role, str]] = [("system", rules(seat.settings)), ("user", seat.brief)]
    own = {s.round: s for s in seat.turn.own}
    for number in range(1, seat.turn.round):
        parts.append(("user", _task(seat, number)))
        if number in own:
            parts.append(("assistant", _own(seat, own[number])))
        else:
            parts.append(("user", wording("silent", country=seat.name, round=number)))
        parts.append(("user", _others(seat, number)))
    parts.append(("user", _task(seat, seat.turn.round)))
    if seat.settings.structured == "none":
        shape = json.dumps(schema(seat.turn, seat.settings), ensure_ascii=False)
        parts.append(("user", wording("shape", schema=shape)))
    return parts


def joined(parts: Sequence[tuple[Role, str]]) -> Messages:
    """Messages in which speakers alternate, as many servers demand: neighbours of one role become one message."""
    found: list[tuple[Role, str]] = []
    for role, text in parts:
        if found and found[-1][0] == role:
            found[-1] = (role, f"{found[-1][1]}\n\n{text}")
        else:
            found.append((role, text))
    return tuple(found)


def _render(turn: Turn, settings: Settings, passages: int) -> Messages:
    return joined(_conversation(_seat(turn, settings, passages)))


def excess(messages: Messages, settings: Settings) -> int:
    """How many tokens messages and reply go beyond the model's window: 0 or less where they fit or it is not known."""
    return count(messages) + settings.reply_tokens - settings.context if settings.context else 0


def prompt(turn: Turn, settings: Settings) -> Messages:
    """The messages of a turn.

    Raises `CallFailed` where they and the reply do not fit the model's window: which seat, by how many tokens, and the
    most passages with which they would fit.
    """
    messages = _render(turn, settings, settings.passages)
    if (over := excess(messages, settings)) <= 0:
        return messages
    fits = _most_passages(turn, settings)
    least = count(_render(turn, settings, 0)) + settings.reply_tokens
    cure = (
        f"give --passages {fits}, or use a model with a larger window"
        if fits is not None
        else f"no number of passages fits: use a model with a window of {least} tokens or more, or lower --reply-tokens"
    )
    who, window = turn.dossier.code, settings.context
    raise CallFailed(f"{who} in round {turn.round} needs {over} tokens more than the window of {window}; {cure}", cure)


def _most_passages(turn: Turn, settings: Settings) -> int | None:
    """The most passages with which a turn fits its window; None where it does not with any number."""
    low, high = 0, settings.passages
    if excess(_render(turn, settings, 0), settings) > 0:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if excess(_render(turn, settings, middle), settings) <= 0 else (low, middle)
    return low


def repaired(messages: Messages, reply: str, errors: Sequence[str]) -> Messages:
    """The messages with a reply and what is wrong with it, or that it was empty: the question asked again."""
    if not reply.strip():
        return joined([*messages, ("user", wording("empty"))])
    shown = reply if len(reply) <= QUOTED else f"{reply[:QUOTED]} …"
    listed = "\n".join(f"- {e}" for e in errors)
    return joined([*messages, ("assistant", shown), ("user", wording("repair", errors=listed))])
