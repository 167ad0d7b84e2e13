"""What the class can learn from its own lesson: students beside the dossier analyst and beside what happened.

Everything is read off papers and the record of the debate. Nobody is graded: a distance from the dossier is a question
to discuss, and the record of the real reaction is one act at one time.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from simulation.classroom.package import Ballot, Tally, ballots, stances
from simulation.classroom.predictions import Score, Truth, scored
from simulation.classroom.questions import questions
from simulation.classroom.room import Room
from simulation.classroom.steps import marked
from simulation.findings import Desk
from simulation.prospects import RULES, wording
from simulation.runs import Run, names_of
from simulation.scenario import STANCES, Reaction
from simulation.statement import HUMAN, Statement
from simulation.wording import listed, signed

MOST_MOVES = 8


@dataclass(frozen=True)
class Seat:
    """One country: who sat there, where it ended, and beside whom."""

    country: str
    name: str
    engine: str
    """students, or dossier."""
    stood_in: tuple[int, ...]
    """Rounds in which the dossier analyst stood in for students."""
    silent: tuple[int, ...]
    first: Statement | None
    last: Statement | None
    analyst: Statement
    """The last statement of the dossier analyst, where every seat has one."""
    reaction: Reaction | None

    @property
    def apart(self) -> float:
        """How far the seat ended from the dossier analyst, weighed by what each provision matters to it, 0 to 2."""
        if self.last is None:
            return 0.0
        pairs = [(abs(v.position - self.analyst.view(v.provision).position), v.importance) for v in self.last.views]
        total = sum(w for _, w in pairs)
        return sum(d * w for d, w in pairs) / total if total else 0.0


@dataclass(frozen=True)
class Move:
    """What one seat moved on in one round after one statement."""

    name: str
    round: int
    because: str
    """The statement named as the cause; empty where none was."""
    shifts: tuple[tuple[str, float, float], ...]
    """Provision, before and after, the largest first."""

    @property
    def size(self) -> float:
        """The largest shift."""
        return abs(self.shifts[0][2] - self.shifts[0][1])

    def __str__(self) -> str:
        cause = f"after {self.because}" if self.because else "and named nobody as the cause"
        most, before, after = self.shifts[0]
        others = [label for label, _, _ in self.shifts[1:]]
        also = f" (and on {listed(others)})" if others else ""
        return (
            f"Round {self.round}: {self.name} moved on {most} from {signed(before)} to {signed(after)}{also}, {cause}."
        )


@dataclass(frozen=True)
class Debrief:
    """Everything the debrief page shows."""

    seats: tuple[Seat, ...]
    truths: tuple[Truth, ...]
    scores: tuple[Score, ...]
    expected: dict[str, list[int]]
    """How many students predicted each stance, from strongly oppose to strongly support, by country."""
    moves: tuple[Move, ...]
    movers: tuple[tuple[str, int], ...]
    """Whose statements were named as causes, and how often."""
    tallies: tuple[Tally, ...]
    ballots: tuple[Ballot, ...]
    votes: dict[str, dict[str, int]]
    """Students' votes by country."""
    on_package: dict[str, int]
    """Each dossier's stance on the package of the class, by country."""
    passing: tuple[str, ...]
    """The smallest change that would have passed each rule, by the dossiers."""
    questions: tuple[str, ...]

    @property
    def yes(self) -> int:
        """Seats that sign the package."""
        return sum(b.vote == "yes" for b in self.ballots)

    @property
    def no(self) -> int:
        """Seats that do not."""
        return sum(b.vote == "no" for b in self.ballots)


def spoken(said: Statement) -> bool:
    """Whether students spoke it."""
    return said.engine == HUMAN


def _seats(room: Room, run: Run, dossiers: Run) -> tuple[Seat, ...]:
    found = []
    for country, dossier in run.seats.items():
        said, own = run.transcript.of(dossier.code), run.engines[country] == "human"
        found.append(
            Seat(
                country=country,
                name=room.names[country],
                engine="students" if own else "dossier",
                stood_in=tuple(s.round for s in said if own and not spoken(s)),
                silent=tuple(g.round for g in run.transcript.gaps if g.country == country),
                first=said[0] if said else None,
                last=said[-1] if said else None,
                analyst=dossiers.transcript.of(dossier.code)[-1],
                reaction=room.scenario.history.get(country),
            )
        )
    return tuple(found)


def truths(room: Room, dossiers: Run) -> tuple[Truth, ...]:
    """What predictions are scored against: what a country did where it is documented, else where its dossier ends."""
    found = []
    for said in dossiers.transcript.final:
        reaction = room.scenario.history.get(said.country)
        if reaction is not None:
            found.append(Truth(said.country, STANCES[reaction.stance], True, reaction.what, reaction.source))
        else:
            found.append(Truth(said.country, said.stance, False))
    return tuple(sorted(found, key=lambda t: list(room.seats).index(t.country)))


def _moves(room: Room, run: Run) -> tuple[Move, ...]:
    """Moves of the students' seats and those their statements caused, the largest first."""
    own, found = {run.seats[c].code for c in room.state.seated}, []
    for said in run.transcript.statements:
        causes: dict[str, list[tuple[str, float, float]]] = {}
        for m in said.shifts:
            if spoken(said) or m.because.split("-")[0] in own:
                label = run.scenario.provision(m.provision).short
                causes.setdefault(m.because, []).append((label, m.before, m.after))
        for because, shifts in causes.items():
            ranked = tuple(sorted(shifts, key=lambda x: -abs(x[2] - x[1])))
            found.append(Move(room.names[said.country], said.round, because, ranked))
    return tuple(sorted(found, key=lambda m: -m.size)[:MOST_MOVES])


def _movers(run: Run) -> tuple[tuple[str, int], ...]:
    names = names_of(run.seats)
    causes = Counter(m.because.split("-")[0] for s in run.transcript.statements for m in s.shifts if m.because)
    return tuple((names[code], count) for code, count in sorted(causes.items(), key=lambda x: (-x[1], x[0])))


def _passing(run: Run) -> tuple[str, ...]:
    desk, found = Desk(run.scenario, names_of(run.seats), run.transcript.final), []
    for cheapest in run.negotiation.winning:
        rule = RULES[cheapest.asked]
        if cheapest.package is None:
            found.append(f"{rule}: no version of the text passes.")
        elif changed := wording(desk, cheapest.package):
            kept = round(100 * cheapest.package.ambition)
            found.append(f"{rule}: it passes where {listed(changed)}; that keeps {kept} % of the text's push.")
        else:
            found.append(f"{rule}: the text passes as it stands.")
    return tuple(found)


def _votes(room: Room) -> dict[str, list[str]]:
    papers, found = room.papers("vote"), dict[str, list[str]]()
    for student in room.students():
        paper = papers.get(student.id)
        if paper is not None and paper.answer is not None:
            found.setdefault(student.country, []).append(paper.answer["vote"])
    return found


def predicted(room: Room) -> dict[int, tuple[str, Any]]:
    """Handle and prediction of every student who submitted one."""
    papers = room.papers("predict")
    return {
        s.id: (s.handle, papers[s.id].answer)
        for s in room.students()
        if s.id in papers and papers[s.id].answer is not None
    }


def debrief(room: Room) -> Debrief | None:
    """The debrief of a room whose debate is over; None while it is not."""
    table = room.table
    if table is None or table.run is None or table.dossiers is None:
        return None
    run, known, given, votes = table.run, truths(room, table.dossiers), predicted(room), _votes(room)
    expected = {t.country: [0] * len(STANCES) for t in known}
    for _, guesses in given.values():
        for country, guess in guesses.items():
            if country in expected:
                expected[country][STANCES[guess["stance"]] + 2] += 1
    seats = _seats(room, run, table.dossiers)
    return Debrief(
        seats=seats,
        truths=known,
        scores=tuple(scored(given, known)),
        expected=expected,
        moves=_moves(room, run),
        movers=_movers(run),
        tallies=tuple(marked(room)),
        ballots=tuple(ballots(room.scenario, room.seats, room.state.package, votes)),
        votes={country: dict(Counter(v)) for country, v in votes.items()},
        on_package=stances(room.scenario, room.seats, room.state.package),
        passing=_passing(run),
        questions=questions(seats, run, known, expected),
    )
