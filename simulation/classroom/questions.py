"""Three questions for the class, made from where it really disagreed: with a dossier, with itself, with what happened.

A question is asked only where its disagreement is there; where a kind is missing the next largest of another takes its
place, so that there are three wherever the debate gives three.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from simulation.classroom.predictions import Truth
from simulation.runs import Run
from simulation.statement import HUMAN, LABELS
from simulation.wording import signed, upper

if TYPE_CHECKING:
    from simulation.classroom.debrief import Seat

APART = 0.2
"""Positions nearer than this are not a disagreement."""
MOST = 3


def _from_dossier(seats: Sequence["Seat"], run: Run) -> Iterator[tuple[float, str]]:
    """Where students left the dossier analyst of their own country."""
    for seat in seats:
        if seat.engine != "students" or seat.last is None:
            continue
        pairs = [(v, seat.analyst.view(v.provision).position) for v in seat.last.views]
        view, other = max(pairs, key=lambda pair: abs(pair[0].position - pair[1]) * pair[0].importance)
        if abs(view.position - other) >= APART:
            label = run.scenario.provision(view.provision).short
            yield (
                abs(view.position - other),
                f"{seat.name}: the students stand at {signed(view.position)} on {label}, the dossier analyst at "
                f"{signed(other)}. Which documents speak for each, and what would the students' line cost?",
            )


def _among_seats(seats: Sequence["Seat"], run: Run) -> Iterator[tuple[float, str]]:
    """The provision on which two seats ended farthest apart."""
    ended = [s for s in seats if s.last is not None]
    for provision in run.scenario.provisions:
        at = sorted(
            ((s.last.view(provision.id).position, s.name) for s in ended if s.last), key=lambda pair: (pair[0], pair[1])
        )
        if len(at) > 1 and at[-1][0] - at[0][0] >= APART:
            (low, against), (high, in_favour) = at[0], at[-1]
            yield (
                (high - low) / 2,
                f"{upper(provision.short)} ended with {in_favour} at {signed(high)} and {against} at {signed(low)}. Is "
                "that a difference over facts, interests or wording, and which sentence could both have signed?",
            )


def _with_history(
    truths: Sequence[Truth], expected: Mapping[str, list[int]], names: Mapping[str, str]
) -> Iterator[tuple[float, str]]:
    """The country the class got wrong most often."""
    for truth in truths:
        counts = expected.get(truth.country, [])
        total = sum(counts)
        wrong = total - counts[truth.stance + 2] if total else 0
        if wrong:
            what = "what it did" if truth.documented else "where its dossier ends"
            yield (
                wrong / total,
                f"{wrong} of {total} expected something else of {names[truth.country]}, which {LABELS[truth.stance]} "
                f"({what}). What did you not know, or not believe, about it?",
            )


def _unanswered(run: Run) -> Iterator[tuple[float, str]]:
    """An argument of the students that nobody answered."""
    answered = {a.argument for s in run.transcript.statements for a in s.answers}
    for argument in (a for s in run.transcript.statements if s.engine == HUMAN for a in s.arguments):
        if argument.id not in answered:
            yield 0.3, f"Nobody answered {argument.id}, “{argument.claim}” Who at the table should have, and with what?"


def questions(
    seats: Sequence["Seat"], run: Run, truths: Sequence[Truth], expected: Mapping[str, list[int]]
) -> tuple[str, ...]:
    """Up to three questions: the largest disagreement of each kind first, then the next largest of any."""
    names = {s.country: s.name for s in seats}
    kinds = [
        sorted(found, key=lambda row: -row[0])
        for found in (
            _from_dossier(seats, run),
            _among_seats(seats, run),
            _with_history(truths, expected, names),
            _unanswered(run),
        )
    ]
    first = [rows[0] for rows in kinds if rows][:MOST]
    rest = sorted((row for rows in kinds for row in rows[1:]), key=lambda row: -row[0])
    return tuple(text for _, text in [*first, *rest][:MOST])
