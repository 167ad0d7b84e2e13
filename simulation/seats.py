"""People at the terminal: each seat's questions, one prompt at a time, and the draft that comes of them.

Nothing is handed in before the person says so, and a draft is checked before that, so that a slip costs one prompt.
Everybody else's words of a round stay behind a curtain until the people of that round have spoken.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulation import cues
from simulation.analysts.human import headline, mistakes
from simulation.briefs import percent
from simulation.cards import cards
from simulation.debate import Question
from simulation.drafts import clean
from simulation.errors import InputError, Interrupted, nearest
from simulation.floor import Listener, Said
from simulation.keyboard import Keyboard

OnTimeout = Literal["wait", "stand-in", "absent"]
Tell = Callable[[str], None]
CARDS, MOST_ANSWERS, MOST_ASKS = 12, 4, 3
"""Dossier passages that are offered by number; entries that a draft may hold."""
TONES = {"r": "rebuts", "c": "concedes", "a": "adds"}


@dataclass(frozen=True)
class Clock:
    """How long a person has for one turn, in seconds, and what becomes of the turn when it is over."""

    seconds: int | None = None
    then: OnTimeout = "wait"


def clock(seconds: int | None, then: OnTimeout | None, people: tuple[str, ...]) -> Clock:
    """The clock of a run; raises `InputError` where there is nobody or nothing to measure."""
    if seconds is not None and not people:
        raise InputError("--clock measures nobody: no person has a seat", "add --human COUNTRY", "E176")
    if then is not None and seconds is None:
        raise InputError("--on-timeout needs a clock", "add --clock SECONDS", "E176")
    return Clock(seconds, then or "wait")


class Curtain:
    """Holds back what is said in a round until every seat has had its turn, or the next round begins."""

    def __init__(self, listener: Listener, seats: int) -> None:
        self._listener, self._seats = listener, seats
        self._held: list[tuple[str, Said]] = []

    def heard(self, kind: str, what: Said | int) -> None:
        """Called at each round, turn and gap."""
        if isinstance(what, int):
            self.open()
            self._listener(kind, what)
            return
        self._held.append((kind, what))
        if len(self._held) == self._seats:
            self.open()

    def open(self) -> None:
        """Tell everything held back."""
        held, self._held = self._held, []
        for kind, what in held:
            self._listener(kind, what)


class Terminal:
    """Everybody's seat at one keyboard; its `answer` is an `Ask`."""

    def __init__(self, tell: Tell, prompt: Tell, blank: Callable[[], None], keyboard: Keyboard, clock: Clock) -> None:
        self.tell, self._prompt, self._blank = tell, prompt, blank
        self._keyboard, self._clock = keyboard, clock
        self._ends: float | None = None
        self._last = ""
        """The country of whoever spoke last."""

    async def answer(self, questions: tuple[Question, ...]) -> Mapping[str, Any]:
        """The answer to the first of some questions; raises `Interrupted` where the person leaves."""
        question, seconds = questions[0], self._clock.seconds
        await self._hand_over(question)
        self._ends = asyncio.get_running_loop().time() + seconds if seconds is not None else None
        try:
            return {question.id: await Sitting(self, question).draft()}
        except TimeoutError:
            self.tell(f"\nTime is up for {clean(question.turn.dossier.short)}.")
        if self._clock.then == "stand-in":
            return {question.id: {"stand_in": True}}
        return {question.id: {"absent": f"did not answer within {seconds} seconds"}}

    async def _hand_over(self, question: Question) -> None:
        """Clear the screen and wait, where another person is to sit down."""
        self._ends = None
        if self._last not in ("", question.country):
            self._blank()
            await self.line(f"{clean(question.turn.dossier.short)} is next: sit down and press Enter.")
        self._last = question.country

    async def line(self, prompt: str) -> str:
        """What the person types, on one line without control characters; raises `TimeoutError` when time is up."""
        left = None if self._ends is None else self._ends - asyncio.get_running_loop().time()
        self._prompt(f"{prompt} " if left is None else f"[{_time(left)}] {prompt.strip()} ")
        typed = await self._keyboard.line(None if left is None or self._clock.then == "wait" else max(left, 0.0))
        if typed is None:
            raise Interrupted("the person left")
        return clean(typed)


def _time(seconds: float) -> str:
    """4:05, or how long the time is over."""
    whole = abs(round(seconds))
    return f"{whole // 60}:{whole % 60:02d}{' over' if seconds < 0 else ''}"


class Sitting:
    """One person, one turn: the draft as it grows."""

    def __init__(self, terminal: Terminal, question: Question) -> None:
        self._turn, self._errors = question.turn, question.errors
        self._tell, self._line = terminal.tell, terminal.line
        self._provisions = question.turn.scenario.provisions
        self._cards = cards(question.turn, CARDS)
        self._arguments, self._statements = cues.references(question.turn)
        self._draft: dict[str, Any] = {"positions": {}, "stance": ""}

    async def draft(self) -> dict[str, Any]:
        """What the person hands in."""
        turn = self._turn
        self._tell("\n".join(cues.heard(turn) if turn.own else cues.opening(turn, self._cards)))
        for error in self._errors:
            self._tell(f"Your last answer could not be taken: {error}")
        if turn.own:
            self._draft |= {"positions": cues.carried(turn), "stance": turn.own[-1].stance_name}
            await self._answers()
            await self._changes()
        else:
            for number in range(len(self._provisions)):
                await self._position(number)
        if "amendments" in turn.phases:
            await self._asks()
        await self._stance()
        await self._headline()
        return await self._review()

    async def _asked(self, prompt: str) -> str:
        """A line; `?` shows the whole brief first."""
        while (typed := await self._line(prompt)) == "?":
            self._tell("\n".join(cues.whole(self._turn)))
        return typed

    async def _named(self, prompt: str, known: Mapping[str, Any]) -> str:
        """One of some ids, or nothing."""
        while (typed := (await self._asked(prompt)).upper()) and typed not in known:
            self._tell(f"  no {typed}; {nearest(typed, known)}")
        return typed

    async def _changes(self) -> None:
        """The positions that change; the others stand, with their reasons."""
        while typed := await self._asked("change which provisions (their numbers; Enter: none)?"):
            numbers = [cues.chosen(n, self._provisions) for n in typed.replace(",", " ").split()]
            if None not in numbers:
                for number in numbers:
                    await self._position(number or 0)
                return
            self._tell(f"  numbers from 1 to {len(self._provisions)}, with commas")

    async def _position(self, number: int) -> None:
        held = self._draft["positions"].setdefault(self._provisions[number].id, {})
        self._tell(f"\n{cues.provision(number + 1, self._provisions)}")
        before = f"; Enter: {percent(held['position_pct'] / 100)}" if held else ""
        typed = await self._asked(f"  position (-100 against to 100 for{before}):")
        while (found := cues.percentage(typed)) is None and (typed or not held):
            self._tell("  a whole number from -100 to 100")
            typed = await self._asked("  position:")
        held["position_pct"] = held["position_pct"] if found is None else found
        why = await self._asked("  reason (a number from the list, your own words, or Enter):")
        if (card := cues.chosen(why, self._cards)) is not None:
            held |= {"reason": self._cards[card].claim, "sources": list(self._cards[card].sources)}
        elif why or "reason" not in held:
            held |= {"reason": why, "sources": []}
        if self._turn.own:
            held["because"] = await self._named("  moved by which statement (its id; Enter: none)?", self._statements)

    async def _answers(self) -> None:
        given: dict[str, dict[str, Any]] = {}
        while len(given) < min(MOST_ANSWERS, len(self._arguments)):
            left = {name: said for name, said in self._arguments.items() if name not in given}
            if not (name := await self._named("answer which argument (its id; Enter: no more)?", left)):
                break
            while (tone := (await self._asked("  r rebuts, c concedes, a adds:")).lower()[:1]) not in TONES:
                self._tell("  r, c or a")
            if text := await self._asked("  your answer (Enter: none after all):"):
                given[name] = {"argument": name, "tone": TONES[tone], "text": text, "sources": []}
        self._draft["answers"] = list(given.values())

    async def _asks(self) -> None:
        offered = [(f"{p.id}/{o.id}", clean(o.text)) for p in self._provisions for o in p.options]
        rows = [f"  {number}. {text}" for number, (_, text) in enumerate(offered, 1)]
        self._tell("\n".join(["\nOther wordings on offer:", *rows] if rows else []))
        found: list[dict[str, str]] = []
        while len(found) < MOST_ASKS:
            typed = await self._asked("ask for which amendment (a number, your own words; Enter: no more)?")
            if not typed:
                break
            number = cues.chosen(typed, offered)
            change, text = ("", typed) if number is None else offered[number]
            found.append({"text": text, "change": change})
        self._draft["asks"] = found

    async def _stance(self) -> None:
        before = self._draft["stance"]
        self._tell(f"\nThe scale: {cues.SCALE}.")
        typed = await self._asked(f"stance{f' (Enter: {before})' if before else ''}:")
        while not (found := cues.stance(typed)) and (typed or not before):
            self._tell("  a number from -2 to 2, or the name of a stance")
            typed = await self._asked("stance:")
        self._draft["stance"] = found or before

    async def _headline(self) -> None:
        plain = headline(self._turn, self._draft["stance"])
        self._draft["headline"] = await self._asked(f"your answer in one sentence (Enter: {plain}):")

    async def _review(self) -> dict[str, Any]:
        """The draft handed in, once nothing is wrong with it and the person says so."""
        mend = "a provision's number, s the stance, h the sentence, a the answers"
        while True:
            for line in (wrong := mistakes(self._turn, self._draft)):
                self._tell(f"  {line}")
            first = "this cannot be handed in yet: mend" if wrong else "Enter hands it in; change"
            typed = (await self._asked(f"{first} {mend}:")).lower()
            if not typed and not wrong:
                self._tell("Handed in.")
                return self._draft
            if (number := cues.chosen(typed, self._provisions)) is not None:
                await self._position(number)
            elif typed in ("s", "h"):
                await (self._stance() if typed == "s" else self._headline())
            elif typed == "a" and self._turn.own:
                await self._answers()
