"""One debate as rows of two tables: a row a country, and a row a country and provision.

What a column means stands beside its name, once, for the files, the frames and the list of columns that lies with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulation.calls import Settings
from simulation.moderation import Merge
from simulation.negotiation import Negotiation
from simulation.plans import Plan
from simulation.statement import COMPUTED, NAMES, Statement
from simulation.transcript import Gap, Transcript


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    kind: type
    """int, float, bool or str."""
    meaning: str


WHO = (
    Column("seed", int, "the seed of the debate"),
    Column("rounds", int, "how many rounds it had"),
    Column("engine", str, "who spoke for the country"),
    Column("model", str, "the model that was asked, where one was"),
    Column("country", str, "the dossier's name; empty in the one row of a cell that could not be held"),
    Column("code", str, "the country's code"),
)
STANCES = (
    *WHO,
    Column("opening_stance", int, "stance in the first round, -2 to 2"),
    Column("opening_score", float, "latent score in the first round"),
    Column("stance", int, "stance in the last round, -2 to 2; empty where the seat never spoke"),
    Column("stance_name", str, "the stance in words"),
    Column("score", float, "latent score in the last round"),
    *(Column(f"p_{name}", float, f"probability of {name} before any red line, 0 to 1") for name in NAMES.values()),
    Column("rules_met", int, "how many red lines and legal limits the text meets"),
    Column("supporting", int, "how many countries of the table support in the end"),
    Column("aside", int, "how many stay out"),
    Column("opposing", int, "how many oppose"),
)
FIRM = (
    Column("same", float, "share of draws that leave the country on its side, 0 to 1"),
    Column("firmness", str, "robust, conditional or fragile"),
    Column("passes", bool, "whether more countries support than oppose"),
    Column("passes_same", float, "share of draws with the same verdict, 0 to 1"),
    Column("passes_firmness", str, "robust, conditional or fragile"),
    Column("confidence", str, "how far the assessment can be relied on: high, moderate or low"),
)
FAILED = (Column("failed", str, "why a turn was not spoken, or why the cell could not be held"),)
POSITIONS = (
    *WHO,
    Column("provision", str, "the provision's id"),
    Column("opening", float, "agreement with it in the first round, -1 to 1"),
    Column("position", float, "agreement with it in the last round, -1 to 1"),
    Column("importance", float, "how much it matters to the country, 0 and up"),
    Column("held", bool, "whether a red line holds the position"),
    Column("zone", float, "where the table lands on it: the mean weighted by standing and importance, -1 to 1"),
    Column("spread", float, "weighted standard deviation of the positions"),
    Column("two_poles", bool, "whether a quarter of the weight stands clearly on each side"),
)
Rows = dict[str, list[list[Any]]]


def columns(full: bool) -> Mapping[str, tuple[Column, ...]]:
    """The columns of each table, by its name."""
    return {"stances": (*STANCES, *(FIRM if full else ()), *FAILED), "positions": POSITIONS}


def _who(plan: Plan, country: str) -> list[Any]:
    settings: Settings | None = plan.settings if plan.engines[country] not in COMPUTED else None
    length = plan.scenario.debate
    return [
        length.seed,
        length.rounds,
        plan.engines[country],
        settings.model if settings else None,
        country,
        plan.seats[country].code,
    ]


def _firm(found: Negotiation | None, code: str) -> list[Any]:
    if found is None:
        return []
    firm = found.stability
    own = next((c for c in firm.countries if c.code == code), None)
    held = [own.same, own.label] if own else [None, None]
    return [*held, firm.verdict, firm.same, firm.label, found.confidence.level]


def _spoke(first: Statement, last: Statement) -> list[Any]:
    shares = list(last.probabilities)
    stances = [first.stance, first.score, last.stance, last.stance_name, last.score]
    return [*stances, *shares, len(last.breaches)]


def _failed(gaps: Sequence[Gap], country: str) -> str | None:
    return "; ".join(f"round {g.round}: {g.reason}" for g in gaps if g.country == country) or None


def of(plan: Plan, record: Transcript, merged: Merge, found: Negotiation | None = None) -> Rows:
    """The rows of a debate, in the order of its seats; `found` where the cell also says how firm its answer is."""
    landings = {x.provision: x for x in merged.landings}
    camps = [len(merged.support), len(merged.aside), len(merged.oppose)]
    stances, positions, by_seat = [], [], record.by_seat()
    for country, dossier in plan.seats.items():
        who, said = _who(plan, country), by_seat.get(dossier.code, ())
        spoke = _spoke(said[0], said[-1]) if said else [None] * (len(STANCES) - len(WHO) - len(camps))
        stances.append([*who, *spoke, *camps, *_firm(found, dossier.code), _failed(record.gaps, country)])
        for view in said[-1].views if said else ():
            landing = landings[view.provision]
            stood = [view.provision, view.opening, view.position, view.importance, view.frozen]
            positions.append([*who, *stood, landing.zone, landing.spread, landing.two_poles])
    return {"stances": stances, "positions": positions}


def unheld(reason: str, full: bool) -> Rows:
    """The one row of a cell that could not be held."""
    width = len(columns(full)["stances"])
    return {"stances": [[None] * (width - 1) + [reason]], "positions": []}
