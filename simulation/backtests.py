"""Runs against history: the opening stance of each country beside what it did, with baselines and every miss.

Scoring is that of the yardstick: countries that put the proposal forward are left out; intervals resample whole cases,
since the reactions to one case are not independent.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation import catalog
from simulation.calls import CallFailed
from simulation.documents import Document, read
from simulation.dossier import Dossier
from simulation.engines import seat, seating
from simulation.errors import CommuniqueError, FileErrors, InputError, Mistake, Unwritable
from simulation.floor import Floor
from simulation.moderation import rng_for
from simulation.scenario import STANCES, Rounds, Scenario
from simulation.stance import closeness
from simulation.statement import Statement
from simulation.turn import Kit
from simulation.waiting import wait
from simulation.written import latest_day

MASK = timedelta(days=60)
"""A document marked `outcome` and dated this close to a proposal is taken to be the decision on it."""
RESAMPLES = 1000
SEED = 1


@dataclass(frozen=True)
class Reaction:
    """One country's opening stance on one case, and what it did."""

    case: str
    title: str
    country: str
    actual: int
    what: str
    source: str
    said: Statement
    sponsor_affinity: float

    @property
    def predicted(self) -> int:
        """The opening stance."""
        return self.said.stance

    def row(self) -> dict[str, Any]:
        """The reaction as one row of a table: see `frames.to_frame`."""
        told = {"case": self.case, "country": self.country, "predicted": self.predicted, "actual": self.actual}
        return {**told, "score": self.said.score, "what": self.what, "source": self.source}


def _parts(whole: Document) -> list[Document]:
    """The cases of a file: itself, or each entry of its `cases`."""
    listed = whole.data.get("cases") if isinstance(whole.data, dict) else None
    return [whole.part("cases", n) for n in range(len(listed))] if isinstance(listed, list) else [whole]


def _case(document: Document) -> Scenario:
    """A document as a case: who sits at the table is read off its history, so its own list is not asked for."""
    if isinstance(document.data, dict) and document.data.get("history"):
        document.data = {key: value for key, value in document.data.items() if key != "countries"}
    scenario = catalog.validate(document, Scenario)
    return scenario.model_copy(update={"id": scenario.id or Path(document.file).stem})


def _read(file: Path) -> tuple[list[Scenario], list[Mistake]]:
    """The cases of one file that are right, and the mistakes of those that are not."""
    try:
        whole = read(file, catalog.shown(file))
    except FileErrors as error:
        return [], list(error.mistakes)
    found, mistakes = [], list(whole.mistakes)
    for part in _parts(whole):
        try:
            case = _case(part)
        except FileErrors as error:
            mistakes += error.mistakes
        else:
            found += [case] if case.history else []
    return found, mistakes


def cases(paths: Sequence[Path], keep_going: bool = False) -> tuple[list[Scenario], list[Mistake]]:
    """Every scenario with `history` under some paths; with `keep_going`, the mistakes of what was left out.

    A file may also hold many under `cases`.
    """
    found: list[Scenario] = []
    mistakes: list[Mistake] = []
    for path in paths:
        if not path.exists():
            raise InputError(f'no file or folder "{path}"', "give a scenario file or a folder of them", "E101")
        for file in sorted(path.rglob("*.yaml")) if path.is_dir() else [path]:
            kept, wrong = _read(file)
            found += kept
            mistakes += wrong
    if mistakes and not keep_going:
        raise FileErrors(mistakes)
    if not found:
        raise InputError("no scenario with `history` found", "give a folder such as scenarios/history", "E125")
    return found, mistakes


def masked(dossier: Dossier, scenario: Scenario) -> Dossier:
    """The dossier without the documents that are the decision on this very proposal."""
    own = [
        name
        for name, source in dossier.sources.items()
        if source.outcome and abs(latest_day(source.date) - scenario.day) <= MASK
    ]
    return dossier.hiding(own) if own else dossier


@dataclass(frozen=True)
class Failure:
    """A seat that said nothing on a case: left out of every figure, and counted."""

    case: str
    country: str
    reason: str


async def opening(
    scenario: Scenario, desks: Mapping[str, Dossier], engine: str, kit: Kit
) -> tuple[list[Reaction], list[Failure]]:
    """The opening round of one case: the reactions of those that have a dossier and are not sponsors."""
    seats = {n: masked(desks[n], scenario) for n in scenario.history if n in desks}
    if not seats:
        return [], []
    update = {"countries": tuple(seats), "engines": {"default": engine}, "debate": Rounds(rounds=1)}
    sitting = scenario.model_copy(update=update)
    engines = seating(sitting)
    analysts = seat(engines, kit)
    floor = Floor(sitting, seats, analysts, engines)
    floor.begin()
    scored = [c for c, r in scenario.history.items() if c in seats and not r.sponsor]
    asked = [analysts[c].speak(floor.turn(c, 1)) for c in scored]
    found, failed = [], []
    for country, said in zip(scored, await asyncio.gather(*asked, return_exceptions=True), strict=True):
        stops = isinstance(said, Unwritable) or (isinstance(said, CallFailed) and said.setup)
        if isinstance(said, CommuniqueError) and not stops:
            failed.append(Failure(scenario.id or "", country, str(said)))
            continue
        if isinstance(said, BaseException):
            raise said
        reaction = scenario.history[country]
        near = closeness(seats[country], scenario.proposal.sponsors, scenario.day)
        told = (scenario.id or "", scenario.title, country, STANCES[reaction.stance], reaction.what, reaction.source)
        found.append(Reaction(*told, said, near))
    return found, failed


async def openings(
    scenarios: Sequence[Scenario], engine: str, kit: Kit, told: Callable[[str], None]
) -> tuple[list[Reaction], list[Failure]]:
    """The opening rounds of every case at one time, so that a model's latency is paid once; `told` hears of each."""
    names = {n for s in scenarios for n in s.history} & set(catalog.files("agents"))
    desks = {n: catalog.load_dossier(n) for n in sorted(names)}

    async def one(scenario: Scenario) -> tuple[list[Reaction], list[Failure]]:
        found = await opening(scenario, desks, engine, kit)
        told(scenario.id or "")
        return found

    parts = await asyncio.gather(*(one(s) for s in scenarios))
    return [r for rows, _ in parts for r in rows], [f for _, failed in parts for f in failed]


def backtest(
    scenarios: Sequence[Scenario],
    engine: str = "dossier",
    kit: Kit | None = None,
    told: Callable[[str], None] = lambda case: None,
) -> list[Reaction]:
    """The opening stances of every case; a seat that fails is left out (`openings` names it)."""
    return wait(openings(scenarios, engine, kit or Kit(), told))[0]


Ints = NDArray[np.int64]


def score(predicted: Ints, actual: Ints) -> dict[str, float]:
    """Three-class accuracy and balanced accuracy, mean absolute error on five points, share of sign flips."""
    sign, truth = np.sign(predicted), np.sign(actual)
    recalls = [float(np.mean(sign[truth == c] == c)) for c in (-1, 0, 1) if np.any(truth == c)]
    return {
        "accuracy3": float(np.mean(sign == truth)),
        "balanced3": float(np.mean(recalls)),
        "mae5": float(np.mean(np.abs(predicted - actual))),
        "sign_flips": float(np.mean(sign * truth == -1)),
    }


def _full(predicted: Ints, actual: Ints, latent: NDArray[np.float64], chosen: NDArray[np.float64]) -> dict[str, float]:
    """The scores, with the correlation of the latent score and the mean log probability of what happened."""
    varies = latent.std() > 0 and actual.std() > 0
    correlation = float(np.corrcoef(latent, actual)[0, 1]) if varies else 0.0
    return {**score(predicted, actual), "correlation": correlation, "log_score": float(np.mean(np.log(chosen)))}


def _arrays(rows: Sequence[Reaction]) -> tuple[Ints, Ints, NDArray[np.float64], NDArray[np.float64]]:
    chosen = [max(r.said.probabilities[r.actual + 2], 1e-6) for r in rows]
    return (
        np.array([r.predicted for r in rows]),
        np.array([r.actual for r in rows]),
        np.array([r.said.score for r in rows]),
        np.array(chosen),
    )


def intervals(rows: Sequence[Reaction]) -> dict[str, tuple[float, float]]:
    """95 % intervals of every figure, by resampling cases (percentile bootstrap)."""
    names = sorted({r.case for r in rows})
    at = [np.array([i for i, r in enumerate(rows) if r.case == name]) for name in names]
    arrays, rng = _arrays(rows), rng_for(SEED)
    draws: dict[str, list[float]] = {}
    for _ in range(RESAMPLES if len(names) > 1 else 0):
        index = np.concatenate([at[k] for k in rng.integers(0, len(at), len(at))])
        for key, value in _full(*(a[index] for a in arrays)).items():
            draws.setdefault(key, []).append(value)
    return {
        k: (round(float(np.quantile(v, 0.025)), 4), round(float(np.quantile(v, 0.975)), 4)) for k, v in draws.items()
    }


def baselines(rows: Sequence[Reaction]) -> dict[str, dict[str, float]]:
    """Each country's own most frequent stance, always support, and the sponsor's affinity alone (0.2 either way)."""
    actual = np.array([r.actual for r in rows])
    usual = {
        c: Counter(r.actual for r in rows if r.country == c).most_common(1)[0][0] for c in {r.country for r in rows}
    }
    guesses = {
        "own_usual_stance": [usual[r.country] for r in rows],
        "always_support": [1 for _ in rows],
        "sponsor_affinity": [int(r.sponsor_affinity >= 0.2) - int(r.sponsor_affinity <= -0.2) for r in rows],
    }
    return {name: _rounded(score(np.array(guess), actual)) for name, guess in guesses.items()}


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {k: round(v, 4) for k, v in figures.items()}


def _miss(row: Reaction) -> dict[str, Any]:
    """A miss with its waterfall, the bar that pulled hardest the wrong way first."""
    wrong = 1 if row.predicted > row.actual else -1
    bars = sorted(row.said.terms, key=lambda t: -wrong * t.value)
    return {
        "case": row.case,
        "country": row.country,
        "predicted": row.predicted,
        "actual": row.actual,
        "what": row.what,
        "source": row.source,
        "score": row.said.score,
        "terms": [t.model_dump(mode="json", exclude_none=True) for t in bars if t.value],
        "rules": [b.rule for b in row.said.breaches],
    }


def report(rows: Sequence[Reaction]) -> dict[str, Any]:
    """Everything the yardstick asks: figures with intervals, by country, beside the baselines, and every miss."""
    countries = sorted({r.country for r in rows})
    by = {c: [r for r in rows if r.country == c] for c in countries}
    return {
        "n": len(rows),
        "cases": len({r.case for r in rows}),
        **_rounded(_full(*_arrays(rows))),
        "intervals": intervals(rows),
        "by_country": {c: {"n": len(part), **_rounded(_full(*_arrays(part)))} for c, part in by.items()},
        "baselines": baselines(rows),
        "misses": [_miss(r) for r in rows if r.predicted != r.actual],
    }
