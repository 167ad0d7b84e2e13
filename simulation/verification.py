"""Whether a run folder tells the truth: every number re-derived, every id and date checked, every line compared.

Two ways, so that neither has to be trusted alone: the record is checked against itself (a score is the sum of its
bars, a merge the mean of its positions), and the debate is held again from the recorded inputs and compared byte by
byte where its engines are deterministic.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from simulation.errors import CommuniqueError, InputError
from simulation.folders import LAUNCH, as_text
from simulation.integrity import Falsehood, bytes_differ, damage, differs
from simulation.launches import replay
from simulation.moderation import merge, speaking_order
from simulation.plans import digests
from simulation.records import load, raw
from simulation.report import files
from simulation.runs import Run
from simulation.seals import HASHES, unsealed
from simulation.stance import breaches, cap, probabilities, to_stance
from simulation.statement import NAMES, Statement
from simulation.wording import misworded
from simulation.written import latest_day

NEAR = 5e-5
"""Recorded figures are rounded to six digits; sums of a few dozen of them agree to this."""


def _stance(run: Run, said: Statement) -> Iterator[Falsehood]:
    """A statement against itself: bars, score, stance, probabilities, wording."""
    total = sum(t.value for t in said.terms)
    if abs(total - said.score) > NEAR:
        yield Falsehood("score", said.id, f"the bars add up to {total:+.4f}, the score says {said.score:+.4f}")
    shares = probabilities(np.array(said.score))
    if float(np.abs(shares - np.array(said.probabilities)).max()) > NEAR:
        yield Falsehood("probability", said.id, "the probabilities are not those of the score")
    met = breaches(run.seats[said.country], run.scenario)
    ruled = int(to_stance(np.array(said.score), np.array(cap(met))))
    free = int(to_stance(np.array(said.score))) if said.free else ruled
    expected = free if said.stance == free else ruled
    if said.stance != expected:
        yield Falsehood("stance", said.id, f"says {NAMES[said.stance]}; score and rules give {NAMES[expected]}")
    if sorted(b.rule for b in said.breaches) != sorted(rule.id for _, rule in met):
        yield Falsehood("rule", said.id, "the rules it reports are not those its dossier's provisions meet")
    if verb := misworded(said.headline, run.scenario.proposal.noun, said.stance):
        yield Falsehood("wording", said.id, f'the headline says "{verb}", the stance is {NAMES[said.stance]}')


def _references(run: Run, said: Statement) -> Iterator[Falsehood]:
    """Ids, sources and dates."""
    known = run.seats[said.country].sources
    prose = [*said.context, *said.implications, *said.challenges, *said.outlook, *filter(None, [said.telling])]
    cited = [s for p in prose for s in p.sources]
    for part in (said.arguments, said.answers, said.asks, said.breaches):
        cited += [s for entry in part for s in entry.sources]
    for name in dict.fromkeys(cited):
        if name not in known:
            yield Falsehood("source", said.id, f'cites "{name}", which its dossier does not hold')
        elif latest_day(known[name].date) > run.scenario.day:
            yield Falsehood("date", said.id, f'cites "{name}" of {known[name].date}, after {run.scenario.date}')
    passages = {p.id: p for p in run.seats[said.country].passages}
    for argument in said.arguments:
        passage = passages.get(argument.passage or "")
        if argument.passage and (passage is None or " ".join(passage.text.split()) != argument.text):
            yield Falsehood("passage", argument.id, f'is not the text of passage "{argument.passage}"')
        elif passage and (passage.claim != argument.claim or passage.sources != argument.sources):
            yield Falsehood("passage", argument.id, f'claim or sources differ from passage "{argument.passage}"')


def _answers(run: Run) -> Iterator[Falsehood]:
    """Who answers whom, and what caused which move."""
    said = {s.id: s for s in run.transcript.statements}
    arguments = {a.id: s.id for s in said.values() for a in s.arguments}
    for speaker in said.values():
        for answer in speaker.answers:
            if arguments.get(answer.argument) != answer.statement or said[answer.statement].round >= speaker.round:
                yield Falsehood("answer", speaker.id, f"answers {answer.argument}, which nobody had said")
            if answer.own is not None and arguments.get(answer.own, "").split("-")[0] != speaker.code:
                yield Falsehood("answer", speaker.id, f"uses {answer.own}, which is not its own argument")
        for shift in speaker.shifts:
            earlier = said.get(f"{speaker.code}-{speaker.round - 1}")
            unnamed = not shift.because and speaker.free
            if not unnamed and (shift.because not in said or said[shift.because].round >= speaker.round):
                yield Falsehood("cause", speaker.id, f"moved because of {shift.because}, which had not been said")
            if abs(shift.after - speaker.view(shift.provision).position) > NEAR or (
                earlier and abs(shift.before - earlier.view(shift.provision).position) > NEAR
            ):
                yield Falsehood("shift", speaker.id, f"the move on {shift.provision} is not between its positions")
        for view in () if speaker.free else speaker.views:
            if view.frozen and view.position != view.opening:
                yield Falsehood("held", speaker.id, f"{view.provision} is held by a rule and moved all the same")


def _table(run: Run) -> Iterator[Falsehood]:
    """Who sat, in which order they spoke, and that everybody spoke once a round or is a gap."""
    codes = sorted(d.code for d in run.seats.values())
    for number, row in enumerate(run.transcript.order, 1):
        if sorted(row) != codes:
            yield Falsehood("order", f"round {number}", "is not an order of those at the table")
        elif row != speaking_order(codes, run.transcript.seed, number):
            yield Falsehood("order", f"round {number}", "is not the order the seed draws")
    turns = [s.id for s in run.transcript.statements] + [f"{g.code}-{g.round}" for g in run.transcript.gaps]
    expected = [f"{c}-{r}" for r in range(1, run.transcript.rounds + 1) for c in codes]
    if sorted(turns) != sorted(expected):
        yield Falsehood("turn", "transcript", "somebody spoke twice, or a turn is neither a statement nor a gap")
    for said in run.transcript.statements:
        if said.id != f"{said.code}-{said.round}" or run.seats[said.country].code != said.code:
            yield Falsehood("turn", said.id, "the id is not that of its country and round")


def _merged(run: Run) -> Iterator[Falsehood]:
    """The merge re-derived from the recorded positions, and findings whose evidence was never given."""
    fresh = merge(run.scenario, tuple(run.seats.values()), run.transcript.final)
    for field in type(fresh).model_fields:
        if getattr(fresh, field) != getattr(run.merge, field):
            yield Falsehood("merge", field, "is not what the final positions give")
    ids = {s.id for s in run.transcript.statements}
    for section, findings in run.assessment:
        for finding in findings:
            for evidence in getattr(finding, "evidence", ()):
                if evidence not in ids:
                    yield Falsehood("evidence", section, f"rests on {evidence}, which was never said")


def _inputs(run: Run) -> Iterator[Falsehood]:
    """The hashes of the inputs against the files here and the scenario in the record."""
    fresh = digests(run.scenario, run.seats, run.plan.edits)
    for name in sorted({*fresh, *run.inputs}):
        if fresh.get(name) != run.inputs.get(name):
            yield Falsehood("input", name, "is not the file the run was made from; the run cannot be held again here")


def _again(data: dict[str, Any], folder: Path) -> Iterator[Falsehood]:
    """The debate held again from the record's plan and its recorded replies, compared field by field."""
    fresh = json.loads(json.dumps(replay(folder, lambda held: {})[0].record()))
    data = unsealed(data)
    for part in sorted({*fresh, *data} - {"format", "made", "inputs"}):
        for place, one, two in differs(part, fresh.get(part), data.get(part)):
            yield Falsehood("record", place, f"{str(two)[:60]!r}, held again it is {str(one)[:60]!r}")


def _reports(run: Run, folder: Path, data: dict[str, Any]) -> Iterator[Falsehood]:
    """Every file beside the record byte for byte against what the record gives."""
    expected = {name: ("report", text) for name, text in files.reports(run).items()}
    if HASHES in data and not run.plan.repeatable:
        expected[LAUNCH] = ("launch", as_text(run.plan.launch()))
    named = data.get(HASHES, {}).get("files", {})
    for name, (kind, text) in expected.items():
        yield from bytes_differ(kind, folder / name, text.encode(), named.get(name, ""))
        if HASHES in data and kind == "report" and name not in named:
            yield Falsehood("hash", f"file {name}", "the record has no hash of it")


def _safely(check: Callable[[], Iterator[Falsehood]], name: str) -> list[Falsehood]:
    """What a check finds; a record bent so far that the check itself breaks is a falsehood too, not a crash."""
    try:
        return list(check())
    except Exception as error:
        return [Falsehood("record", name, f"cannot be checked: {type(error).__name__}: {error}")]


def verify(folder: Path) -> list[Falsehood]:
    """Everything in a run folder that is not so; an empty list where all of it holds."""
    data, run = raw(folder), load(folder)
    found = _safely(partial(damage, folder, data), "hashes")
    for check in (_inputs, _table, _answers, _merged):
        found += _safely(partial(check, run), check.__name__.strip("_"))
    for said in run.transcript.statements:
        found += _safely(partial(_references, run, said), said.id)
        found += _safely(partial(_stance, run, said), said.id)
    if not any(f.kind == "input" for f in found):
        found += _safely(partial(_again, data, folder), "the debate held again")
    found += _safely(partial(_reports, run, folder, data), "reports")
    told = {f"file {f.place.partition(':')[0]}" for f in found if f.kind == "report"}
    return [f for f in dict.fromkeys(found) if f.kind != "hash" or f.place not in told]


@contextmanager
def trusting(*folders: Path) -> Iterator[None]:
    """Make something of stored runs; raises `InputError` where it breaks on a record that contradicts itself.

    An error that no record explains is a bug of ours and goes on as it is.
    """
    try:
        yield
    except (CommuniqueError, OSError):
        raise
    except Exception as error:
        for folder in folders:
            wrong = [f for f in verify(folder) if f.kind not in ("report", "input", "hash")]
            if wrong:
                message = f"{folder} contradicts itself: {wrong[0].kind} of {wrong[0].place}: {wrong[0].message}"
                raise InputError(message, f"see all of it: communique verify {folder}", "E198") from error
        raise
