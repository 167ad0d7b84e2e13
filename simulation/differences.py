"""Two runs of one scenario in detail: every statement that is not the same, and in what.

Statements are matched by seat and round, arguments by what they claim, since their numbers change with the order in
which they are made.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from simulation.contrasts import Contrast, contrasts, one_scenario
from simulation.errors import InputError
from simulation.frames import to_frame
from simulation.runs import Run
from simulation.statement import NAMES, Recorded, Statement

LEAST = 0.005
"""Moves of a position smaller than this are not shown: two digits of it are the same."""
SAID = "said"
"""The value of what a statement has, where it has no figure."""
Kind = Literal["stance", "score", "position", "rule", "argument", "answer", "ask", "headline", "engine"]


class Differing(Recorded):
    """One thing that differs between two statements."""

    kind: Kind
    provision: str | None = None
    """The provision it is about, where it is about one."""
    what: str = ""
    """The claim of an argument, the text of an ask, an answer or a rule; empty where there is one of its kind only."""
    before: float | str | None
    """As the first run has it: a figure, words, or `said`; None where it has no such thing."""
    after: float | str | None


class Pair(Recorded):
    """One seat in one round, in both runs."""

    id: str
    country: str
    code: str
    round: int
    silent: Literal["no", "first", "second"] = "no"
    """In which run nobody spoke: the seat is not there, failed, or the debate was over."""
    differing: tuple[Differing, ...]


class Differences(Recorded):
    """What two runs of one scenario say differently."""

    first: str
    second: str
    title: str
    provisions: dict[str, str]
    """The name of each provision of either run, by id."""
    contrasts: tuple[Contrast, ...]
    """What they were given differently."""
    pairs: tuple[Pair, ...]
    """The statements that differ, round by round."""
    same: int
    """How many statements are the same in everything that is compared."""

    head: ClassVar[tuple[str, ...]] = ("statement", "country", "round", "kind", "provision", "what", "before", "after")
    """The columns of its rows."""

    def flat(self) -> list[dict[str, Any]]:
        """One row a difference."""
        rows = [
            (pair.id, pair.country, pair.round, d.kind, d.provision, d.what, d.before, d.after)
            for pair in self.pairs
            for d in pair.differing
        ]
        return [dict(zip(self.head, row, strict=True)) for row in rows]

    def to_frame(self) -> Any:
        """A pandas frame: one row a difference."""
        return to_frame(self.flat())


Told = tuple[str | None, str]
"""The provision something is about, and what it says."""


def _arguments(said: Statement) -> list[Told]:
    return [(a.provision, f"{a.side}: {a.claim}") for a in said.arguments]


def _sets(kind: Kind, before: Iterable[Told], after: Iterable[Told]) -> list[Differing]:
    """What only one of two statements has."""
    left, right = dict.fromkeys(before), dict.fromkeys(after)
    return [
        Differing(kind=kind, provision=p, what=x, before=SAID if old else None, after=None if old else SAID)
        for p, x in dict.fromkeys([*left, *right])
        if (old := (p, x) in left) != ((p, x) in right)
    ]


def _one(kind: Kind, before: float | str, after: float | str) -> list[Differing]:
    return [] if before == after else [Differing(kind=kind, before=before, after=after)]


def _positions(before: Statement, after: Statement) -> list[Differing]:
    left, right = ({v.provision: v.position for v in said.views} for said in (before, after))
    found = []
    for name in dict.fromkeys([*left, *right]):
        was, now = left.get(name), right.get(name)
        if was is None or now is None or abs(now - was) >= LEAST:
            found.append(Differing(kind="position", provision=name, before=was, after=now))
    return found


def _said(before: Statement, after: Statement) -> tuple[Differing, ...]:
    """Everything that differs between two statements of one seat in one round."""
    both = (before, after)
    rules = ([(b.provision, f"{b.rule}: {b.text}") for b in said.breaches] for said in both)
    answers = ([(None, f"{a.tone} {a.argument.split('.')[0]}: {a.text}") for a in said.answers] for said in both)
    asks = ([(a.provision, a.text) for a in said.asks] for said in both)
    return (
        *_one("engine", before.engine, after.engine),
        *_one("stance", NAMES[before.stance], NAMES[after.stance]),
        *_one("score", before.score, after.score),
        *_positions(before, after),
        *_sets("rule", *rules),
        *_sets("argument", *map(_arguments, both)),
        *_sets("answer", *answers),
        *_sets("ask", *asks),
        *_one("headline", before.headline, after.headline),
    )


def _pair(before: Statement | None, after: Statement | None) -> Pair:
    said = after or before
    assert said is not None
    if before is not None and after is not None:
        found = _said(before, after)
    else:
        names = [None if s is None else NAMES[s.stance] for s in (before, after)]
        found = (Differing(kind="stance", before=names[0], after=names[1]),)
    return Pair(
        id=said.id,
        country=said.country,
        code=said.code,
        round=said.round,
        silent="first" if before is None else "second" if after is None else "no",
        differing=found,
    )


def differences(first: Run, second: Run) -> Differences:
    """What the second run says that the first does not, statement by statement.

    Raises `InputError` for runs of different scenarios: their statements answer different texts.
    """
    if not one_scenario(first.scenario, second.scenario):
        raise InputError(
            f'"{first.scenario.id}" and "{second.scenario.id}" are different scenarios',
            "communique compare sets their stances side by side",
            "E165",
        )
    left, right = ({s.id: s for s in run.transcript.statements} for run in (first, second))
    rank = {name: (s.round, s.code) for name, s in {**left, **right}.items()}
    pairs = [_pair(left.get(name), right.get(name)) for name in sorted(rank, key=rank.__getitem__)]
    return Differences(
        first=first.id,
        second=second.id,
        title=second.scenario.title,
        provisions={p.id: p.short for run in (first, second) for p in run.scenario.provisions},
        contrasts=contrasts(first, second),
        pairs=tuple(p for p in pairs if p.differing),
        same=sum(not p.differing for p in pairs),
    )
