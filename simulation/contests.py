"""One model in every seat, measured: on past proposals, in a debate, and by what it cost.

The desks themselves can stand in the same table, so that a model is seen beside what costs nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulation.backtests import report
from simulation.calls import Caller, Reply, Settings
from simulation.cassettes import Cassette, Recorder
from simulation.costs import priced
from simulation.fidelity import collapse, kept_rules
from simulation.options import settings_of
from simulation.plans import plan
from simulation.runs import hold
from simulation.scenario import Scenario
from simulation.statement import Recorded
from simulation.tally import tally, total
from simulation.trials import Trial, held
from simulation.waiting import wait


class Entry(Recorded):
    """One row of the table."""

    model: str
    n: int
    """Reactions scored."""
    accuracy3: float
    balanced3: float
    mae5: float
    sign_flips: float
    correlation: float
    collapse: float | None
    """Share of the opening disagreement gone at the end of the debate."""
    bound: int
    """Statements of the debate that met a rule barring support."""
    kept: int
    """Of those, how many kept it."""
    calls: int
    tokens: int
    failed: int
    """Turns without a stance, in the cases and in the debate."""
    dollars: float | None
    """What it cost, in US dollars; None where the price of the model is not known."""


def entry(
    name: str,
    cases: Sequence[Scenario],
    debate: Scenario,
    given: Mapping[str, Any],
    connect: Callable[[Settings, Sequence[Reply]], Caller],
) -> Entry:
    """One model's row; `dossier` is the desks' own. Replies are kept, so that a second call asks only what is new."""
    own = name == "dossier"
    settings = None if own else settings_of({**given, "model": name})
    trial = Trial(cases, "dossier" if own else "chat_model", settings, connect)
    rows, failures, spent = held(trial, lambda case: None)
    asked = plan(debate, engine=trial.engine, settings=settings)
    if settings is None:
        run = wait(hold(asked))
    else:
        with Cassette(trial.place) as cassette:
            caller = Recorder(connect(settings, ()), cassette, retry_failures=True)
            run = replace(wait(hold(asked, caller)), tally=tally(caller.used))
    bound, kept = kept_rules(run.transcript.statements, run.scenario, run.seats)
    figures, every = report(rows), (*spent, *run.tally)
    return Entry(
        model=name,
        **{k: figures[k] for k in ("n", "accuracy3", "balanced3", "mae5", "sign_flips", "correlation")},
        collapse=collapse(run.transcript),
        bound=bound,
        kept=kept,
        calls=total(every, "calls"),
        tokens=total(every, "prompt") + total(every, "completion"),
        failed=len(failures) + len(run.transcript.gaps),
        dollars=0.0 if settings is None else priced(settings, every),
    )
