"""Any chat model in a seat: it is asked, its reply is read, and what cannot be read is shown to it and asked again.

A seat that is still not readable after that fails, with the reason in the record. No stance is ever made up for it.
"""

import re

from simulation.calls import Caller, Hearing, Reply, Request, Settings
from simulation.drafts import schema
from simulation.errors import CommuniqueError, InputError
from simulation.minutes import statement
from simulation.prompts import Messages, prompt, repaired
from simulation.readings import DraftErrors, read
from simulation.statement import Statement
from simulation.turn import Kit, Turn

REPAIRS = 2
"""How often a reply that cannot be read is asked for again."""


class SeatFailed(CommuniqueError):
    """A model gave nothing that can be taken into the record."""


class ChatModelAnalyst:
    """Speaks for a country through a model."""

    def __init__(self, caller: Caller, settings: Settings, hearing: Hearing = lambda seat, tokens: None) -> None:
        self._caller, self._settings, self._hearing = caller, settings, hearing

    async def speak(self, turn: Turn) -> Statement:
        """The model's statement.

        Raises `SeatFailed` where the model refuses or cannot be read, and `CallFailed` where it cannot be asked.
        """
        messages = prompt(turn, self._settings)
        errors: tuple[str, ...] = ()
        empty = 0
        for attempt in range(1, REPAIRS + 2):
            reply = await self._reply(turn, messages, attempt)
            empty += not reply.text.strip()
            try:
                return statement(turn, read(reply.text, turn, self._settings), "chat_model")
            except DraftErrors as error:
                errors = (*self._cut(reply), *error.errors)
            if empty > 1:
                break
            messages = repaired(messages, reply.text, errors)
        tries = f"after {attempt} tries: {'; '.join(errors)}"
        raise SeatFailed(f"the model's reply could not be taken into the record {tries}")

    def _cut(self, reply: Reply) -> tuple[str, ...]:
        most = self._settings.reply_tokens
        return (f"the reply ended at the limit of {most} tokens: write less, or allow more",) if reply.cut else ()

    async def _reply(self, turn: Turn, messages: Messages, attempt: int) -> Reply:
        request = Request(
            seat=turn.dossier.code,
            round=turn.round,
            attempt=attempt,
            messages=messages,
            schema=schema(turn, self._settings),
            settings=self._settings,
        )
        reply = await self._caller.ask(request, self._hearing)
        if reply.failure is not None:
            raise SeatFailed(f"the call failed: {reply.failure}")
        if reply.refused:
            raise SeatFailed("the model refused to answer")
        return reply


def engine(kit: Kit) -> ChatModelAnalyst:
    """An analyst for the model that was asked for; raises `InputError` where none was."""
    if kit.caller is None or kit.settings is None:
        raise InputError("the chat_model engine needs a model", "name one: --model provider:name", "E130")
    if (language := kit.settings.language) is not None and not re.fullmatch(r"[^\W_][\w ()-]{1,39}", language):
        raise InputError("the language is not a name", "name it in a word or two: Japanese", "E131")
    return ChatModelAnalyst(kit.caller, kit.settings, kit.hearing)
