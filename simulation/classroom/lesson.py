"""A lesson as steps: what the teacher set up, where the room stands, and which step follows.

Nothing here knows a page or a file: a state and what is asked of it give the next state, so that undoing, pausing and
a crash are all the same thing, a state that was kept.
"""

from typing import Literal

from pydantic import Field

from simulation.statement import Recorded

Stage = Literal["lobby", "brief", "predict", "write", "hear", "mark", "vote", "debrief", "closed"]
Late = Literal["wait", "draft", "stand_in", "absent"]
"""What happens to a seat that did not submit: the teacher waits, its saved draft is taken, the dossier analyst speaks
in its place and is marked as such, or it stays silent."""

TITLES: dict[Stage, str] = {
    "lobby": "Lobby",
    "brief": "Read the brief",
    "predict": "Predict",
    "write": "Write",
    "hear": "Hear the table",
    "mark": "Mark the text",
    "vote": "Vote on the package",
    "debrief": "Debrief",
    "closed": "Closed",
}
PAPERS: dict[Stage, str] = {"predict": "predict", "write": "write", "mark": "mark", "vote": "vote"}
"""The steps in which students write, and the kind of their papers."""
LATE: dict[Late, str] = {
    "wait": "wait for them",
    "draft": "take their saved drafts; a seat without one stays silent",
    "stand_in": "let the dossier analyst speak, marked as a stand-in",
    "absent": "leave the seat silent",
}


class Setup(Recorded):
    """What the teacher chose when opening the room."""

    title: str
    rounds: int = Field(ge=1, le=6)
    seats: dict[str, int]
    """Countries that students take, and how many may share each."""
    handles: Literal["neutral", "own"] = "neutral"
    """Whether students are called Delegate 1, 2, 3, or by a pseudonym of their own."""
    choose: Literal["pick", "given"] = "pick"
    """Whether students pick a seat or are given one."""
    late: Late = "wait"
    """What happens when the clock of a writing step ends."""
    minutes: dict[Stage, int] = Field(default_factory=dict)
    """Length of each step in minutes; a step that is not named has no clock."""


class Clock(Recorded):
    """The time of a step."""

    left: float
    """Seconds, while it stands still; while it runs, those it had when it was last set going."""
    ends: float | None = None
    """When it ends, in seconds since 1970, while it runs."""


class Pending(Recorded):
    """What happens in a moment, unless the teacher undoes it."""

    action: Literal["next", "close"]
    due: float
    late: Late = "wait"


class Event(Recorded):
    """Something that happens in a round: told to everybody, part of nobody's dossier."""

    round: int
    text: str


class State(Recorded):
    """Where a room stands."""

    stage: Stage = "lobby"
    round: int = 0
    """The round being written or heard; 0 before the first."""
    clock: Clock | None = None
    pending: Pending | None = None
    revealing: bool = False
    """Whether the papers of the round have been handed in and the table is being heard."""
    events: tuple[Event, ...] = ()
    hidden: tuple[str, ...] = ()
    """Ids of statements the teacher has hidden."""
    stand_ins: tuple[str, ...] = ()
    """Countries for which the dossier analyst speaks in this round."""
    nudged: tuple[str, ...] = ()
    """Countries that were asked to hurry in this step."""
    run: str | None = None
    """The folder of the debate within the room's own."""
    seated: tuple[str, ...] = ()
    """Countries whose students sit in the debate; the others are played by their dossiers."""
    package: dict[str, str] = Field(default_factory=dict)
    """What the marks came to: per provision keep, drop, or the id of a wording."""
    trouble: str = ""
    """Why the debate cannot go on, where it cannot."""

    @property
    def kind(self) -> str:
        """The kind of paper that is written now; empty where none is."""
        kind = PAPERS.get(self.stage, "")
        return f"{kind}:{self.round}" if kind == "write" else kind

    @property
    def key(self) -> str:
        """What tells one page of the lesson from the next."""
        return f"{self.stage}:{self.round}"


def after(state: State, setup: Setup) -> tuple[Stage, int]:
    """The step and round that follow."""
    if state.stage == "write":
        return "hear", state.round
    if state.stage == "hear" and state.round < setup.rounds:
        return "write", state.round + 1
    plain: dict[Stage, tuple[Stage, int]] = {
        "lobby": ("brief", 0),
        "brief": ("predict", 0),
        "predict": ("write", 1),
        "hear": ("mark", state.round),
        "mark": ("vote", state.round),
        "vote": ("debrief", state.round),
    }
    return plain.get(state.stage, ("closed", state.round))


def entered(state: State, setup: Setup, stage: Stage, number: int, now: float) -> State:
    """The state at the beginning of a step, its clock running where it has one."""
    minutes = setup.minutes.get(stage, 0)
    clock = Clock(left=60.0 * minutes, ends=now + 60.0 * minutes) if minutes else None
    cleared = {"pending": None, "revealing": False, "stand_ins": (), "nudged": (), "clock": clock}
    return state.model_copy(update={"stage": stage, "round": number, **cleared})


def left(state: State, now: float) -> float | None:
    """Seconds left on the clock; None without one."""
    if state.clock is None:
        return None
    return max(0.0, state.clock.ends - now) if state.clock.ends is not None else state.clock.left


def resumed(state: State, now: float, grace: float) -> State:
    """The state taken up by a clock that may have been set back: no step gets longer, and no wait than `grace`."""
    clock, pending = state.clock, state.pending
    if clock is not None and clock.ends is not None and clock.ends - now > clock.left:
        clock = Clock(left=clock.left, ends=now + clock.left)
    if pending is not None and pending.due - now > grace:
        pending = pending.model_copy(update={"due": now + grace})
    return state.model_copy(update={"clock": clock, "pending": pending})


def paused(state: State, now: float) -> State:
    """The state with its clock stopped, or set going again."""
    if state.clock is None:
        return state
    rest = left(state, now) or 0.0
    running = state.clock.ends is not None
    return state.model_copy(update={"clock": Clock(left=rest, ends=None if running else now + rest)})


def extended(state: State, seconds: float, now: float) -> State:
    """The state with seconds added to its clock; a step without one gets one."""
    rest = max(0.0, (left(state, now) or 0.0) + seconds)
    still = state.clock is not None and state.clock.ends is None
    return state.model_copy(update={"clock": Clock(left=rest, ends=None if still else now + rest)})


def toggled(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Some names with one put in, or taken out where it was."""
    return tuple(n for n in names if n != name) if name in names else (*names, name)
