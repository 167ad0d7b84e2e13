"""The front door: run a scenario and get the record.

The record's bytes depend on the inputs and the seed alone, and where a model or a person speaks on what they say; the
clock and the machine stand in its `made` block only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation import arguments
from simulation.assessment import Assessment, assess
from simulation.belonging import foreign
from simulation.calls import Caller, Hearing, Reply, Settings
from simulation.debate import Ask, Control, debate, put
from simulation.dossier import Dossier
from simulation.engines import seat
from simulation.errors import InputError
from simulation.floor import Floor, Listener, Said
from simulation.folders import SAID, Workplace, as_text, place
from simulation.frames import as_html, to_frame
from simulation.moderation import Merge
from simulation.narration import Narration, narrate
from simulation.negotiation import Negotiation, negotiate
from simulation.plans import FORMAT, Plan, plan
from simulation.scenario import Scenario
from simulation.seals import seal
from simulation.tally import Tally
from simulation.transcript import Transcript
from simulation.turn import Kit
from simulation.waiting import wait
from simulation.wording import signed
from simulation.written import party_names


@dataclass(frozen=True)
class Run:
    """A finished debate and everything needed to tell of it."""

    plan: Plan
    transcript: Transcript
    merge: Merge
    assessment: Assessment
    negotiation: Negotiation
    tally: tuple[Tally, ...] = ()
    """What each seat asked of a model, where any did."""
    narration: Narration | None = None
    """A model's telling of the merge, where it was asked for."""

    @property
    def scenario(self) -> Scenario:
        """The scenario as it was debated."""
        return self.plan.scenario

    @property
    def seats(self) -> Mapping[str, Dossier]:
        """Dossiers by country."""
        return self.plan.seats

    @property
    def engines(self) -> Mapping[str, str]:
        """The engine of each seat, by country."""
        return self.plan.engines

    @property
    def inputs(self) -> Mapping[str, str]:
        """SHA-256 of each input, by name."""
        return self.plan.inputs

    @property
    def made(self) -> Mapping[str, Any]:
        """Clock, machine and versions: the only part that differs between two runs of the same inputs."""
        return self.plan.made

    @property
    def by_people(self) -> tuple[Said, ...]:
        """What people said, and the turns in which they said nothing."""
        said: tuple[Said, ...] = (*self.transcript.statements, *self.transcript.gaps)
        return tuple(s for s in said if s.country in self.plan.people)

    @property
    def id(self) -> str:
        """The run's name, which is that of its folder."""
        return self.plan.id

    def to_frame(self) -> Any:
        """A pandas frame: one row a country, round and provision."""
        return to_frame(self.transcript.rows())

    def _repr_html_(self) -> str:
        """Who stands where, for a notebook."""
        final = sorted(self.transcript.final, key=lambda s: (-s.score, s.code))
        rows = [
            {"country": self.seats[s.country].short, "stance": s.stance_name, "score": signed(s.score), "said": s.id}
            for s in final
        ]
        return as_html(self.scenario.title, rows, [f.text for f in self.assessment.bottom_line])

    def record(self) -> dict[str, Any]:
        """The run as JSON."""
        found = {
            "format": FORMAT,
            "made": dict(self.made),
            "inputs": dict(self.inputs),
            "engines": dict(self.engines),
            "scenario": self.scenario.model_dump(mode="json", exclude_defaults=True),
            "transcript": self.transcript.model_dump(mode="json"),
            "merge": self.merge.model_dump(mode="json"),
            "assessment": self.assessment.model_dump(mode="json"),
            "negotiation": self.negotiation.model_dump(mode="json"),
            "arguments": _argument_graph(self),
        }
        if self.plan.edits:
            found["edits"] = list(self.plan.edits)
        if not self.plan.repeatable:
            launch = self.plan.launch()
            found |= {"settings": launch["settings"], "narrate": self.plan.narrate}
            found["tally"] = [t.model_dump(mode="json") for t in self.tally]
            found["narration"] = self.narration.model_dump(mode="json") if self.narration else None
        return found


def _argument_graph(found: Run) -> dict[str, Any]:
    """Who attacks and supports what, with strengths; a note where the strengths do not settle."""
    try:
        return arguments.as_json(arguments.graph_of(found.transcript, found.scenario))
    except arguments.NotSettled as error:
        return {"nodes": [], "edges": [], "note": str(error)}


@dataclass(frozen=True)
class Ears:
    """Who is told what while a debate goes on."""

    listener: Listener = lambda kind, what: None
    """Hears of each round, turn and gap as it happens."""
    hearing: Hearing = lambda seat, tokens: None
    """Hears how much of a reply has come."""
    started: Callable[[Scenario, Mapping[str, Dossier]], None] = lambda scenario, seats: None
    """Told who sits down."""


def names_of(seats: Mapping[str, Dossier]) -> dict[str, str]:
    """What prose calls each party, by code."""
    return {**party_names(), **{d.code: d.short for d in seats.values()}}


async def hold(
    asked: Plan,
    caller: Caller | None = None,
    ears: Ears | None = None,
    workplace: Workplace | None = None,
    control: Control | None = None,
    ask: Ask | None = None,
    spoken: Sequence[Said] | None = None,
) -> Run:
    """Hold a planned debate; in a workplace, from where an earlier attempt broke off.

    `ask` gets answers for people's seats; `spoken` is what people said in a recorded debate, played in their seats.
    """
    ears = ears or Ears()
    kit = Kit(caller, asked.settings, ears.hearing, put if ask else None, None if spoken is None else tuple(spoken))
    analysts = seat(asked.engines, kit)
    ears.started(asked.scenario, asked.seats)
    floor = Floor(asked.scenario, asked.seats, analysts, asked.engines, ears.listener)
    if workplace is not None:
        kept = workplace.kept()
        if wrong := foreign(kept, asked.scenario, asked.seats):
            cure = "take the line out, and go on; the seat is asked again"
            raise InputError(f"{workplace.folder / SAID}: {wrong}", cure, "E140")
        floor.restore(kept)
        floor.keep = workplace.keep
    transcript, merged = await debate(floor, workplace.checkpoints if workplace else None, control, ask)
    found = negotiate(floor, transcript)
    rows = {d.code: floor.changes[i] for i, d in enumerate(floor.table)}
    names = names_of(asked.seats)
    assessed = assess(asked.scenario, names, transcript, merged, found, rows, floor.table)
    told = await narrate(asked, names, assessed, caller, ears.hearing) if asked.narrate else None
    return Run(asked, transcript, merged, assessed, found, narration=told)


def run(
    scenario: Scenario | str,
    *,
    countries: Sequence[str] = (),
    rounds: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    settings: Settings | None = None,
    caller: Caller | None = None,
    changes: Sequence[str] = (),
    people: Sequence[str] = (),
    ask: Ask | None = None,
    ears: Ears | None = None,
) -> Run:
    """Hold the debate of a scenario, given as a name, a path or a loaded file.

    `caller` answers for chat-model seats, asked as `settings` say; `engine` takes every seat the file leaves open;
    `ask` gets the answers of the `people` who take seats (see `debate.Ask`).
    """
    asked = plan(
        scenario,
        countries=countries,
        rounds=rounds,
        seed=seed,
        engine=engine,
        settings=settings,
        changes=changes,
        people=people,
    )
    return wait(hold(asked, caller, ears, ask=ask))


def written(found: Run, files: Mapping[str, str], replies: Iterable[Reply] = ()) -> dict[str, str]:
    """The files of a run by name: the reports given, and run.json with their hashes and those of what was said."""
    return {"run.json": as_text(seal(found.record(), files, replies)), **files}


def write(found: Run, files: Mapping[str, str], under: Path) -> Path:
    """Write the run folder with run.json and the reports given as name to text; returns the folder.

    Raises `InputError` where the place cannot be written; nothing half-written stays behind.
    """
    return place(written(found, files), under / found.id)
