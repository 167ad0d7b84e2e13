"""A run as its reports tell it: names, tables and the weight of each argument, computed once for all of them.

Markdown and HTML differ in markup only; what they say stands here, or in the findings of the record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from simulation.amendments import Change, changes
from simulation.arguments import NotSettled, Semantics, carrying, graph_of, unanswered
from simulation.assessment import Effect, effects
from simulation.dossier import Dossier
from simulation.findings import Desk, Finding
from simulation.report.citations import Sources
from simulation.runs import Run
from simulation.stance import breaches
from simulation.statement import STAND_IN, Argument, Breach, Departure, Statement
from simulation.tally import total
from simulation.transcript import Gap
from simulation.wording import MOST, few, listed, upper
from simulation.written import party_names

SEMANTICS: Semantics = "quadratic_energy"
"""DF-QuAD saturates where a dozen arguments bear on one provision; this keeps them apart."""
BADGE = "Simulated positions: not a forecast, nor any government's view."
SCALE = {-2: "strongly oppose", -1: "oppose", 0: "stand aside", 1: "support", 2: "strongly support"}


@dataclass(frozen=True)
class Foot:
    """One summary row under the stance table."""

    name: str
    values: tuple[float, ...]
    two_poles: tuple[bool, ...]
    """Whether two poles make the value describe nobody."""


@dataclass(frozen=True)
class Wording:
    """Another wording on offer and how far each desk agrees with it, in the order of the stance table."""

    label: str
    text: str
    agreement: tuple[float, ...]


@dataclass(frozen=True)
class Amendment:
    """A change of wording over the whole table."""

    effect: Effect
    stances: tuple[tuple[int, int], ...]
    """Before and after, in the order of the stance table."""
    cleared: tuple[str, ...]
    """Codes of those for whom a rule met by the text is met no more."""
    met: tuple[str, ...]
    """Codes of those for whom the new wording meets a rule that the text does not."""
    against: tuple[str, ...]
    """Codes of those who oppose it even so."""


class Account:
    """What the reports say of one run."""

    def __init__(self, run: Run) -> None:
        self.run, self.scenario, self.record = run, run.scenario, run.transcript
        self.desks: dict[str, Dossier] = {d.code: d for d in run.seats.values()}
        self.names: dict[str, str] = {**party_names(), **{c: d.short for c, d in self.desks.items()}}
        self.labels = {p.id: p.short for p in run.scenario.provisions}
        self.final = tuple(sorted(run.transcript.final, key=lambda s: (-s.score, s.code)))
        """The last statement of each seat that spoke, warmest first: the rows of every table."""
        self.said = run.transcript.by_seat()
        self.silent = tuple(c for c in self.desks if c not in self.said)
        """Codes of seats that never spoke."""
        self.turns = len(run.seats) * run.transcript.rounds
        self.uncited = sum(not a.sources for s in run.transcript.statements for a in s.arguments)

    @cached_property
    def gaps(self) -> list[tuple[str, str]]:
        """Who failed to speak, and in which rounds, in words."""
        return self._turns(self.record.gaps)

    @cached_property
    def stand_ins(self) -> list[tuple[str, str]]:
        """For whom the dossier's analyst spoke in a person's place, and in which rounds, in words."""
        return self._turns([s for s in self.record.statements if s.engine == STAND_IN])

    def _turns(self, turns: Iterable[Statement | Gap]) -> list[tuple[str, str]]:
        by_seat: dict[str, list[int]] = {}
        for turn in turns:
            by_seat.setdefault(turn.code, []).append(turn.round)
        found = []
        for code, rounds in by_seat.items():
            some = f"round{'' if len(rounds) == 1 else 's'} {listed([str(n) for n in rounds])}"
            found.append((self.names[code], "every round" if len(rounds) == self.record.rounds else some))
        return found

    @cached_property
    def departing(self) -> list[Departure]:
        """Where a chat model or a person left its dossier, in the order it was said."""
        return [d for s in self.record.statements for d in s.departures]

    def name(self, code: str) -> str:
        """What stands at the head of a row: The EU."""
        return upper(self.names.get(code, code))

    @cached_property
    def foot(self) -> tuple[Foot, ...]:
        """Landing zone, median and Condorcet outcome of each provision."""
        landings, lotteries = self.run.merge.landings, self.run.negotiation.lotteries
        none = (False,) * len(landings)
        return (
            Foot("Landing zone", tuple(x.zone for x in landings), tuple(x.two_poles for x in landings)),
            Foot("Median", tuple(x.median for x in landings), none),
            Foot("Condorcet", tuple(x.expected for x in lotteries), none),
        )

    @cached_property
    def rows(self) -> dict[str, tuple[Change, ...]]:
        """What each change of wording would do to each country that spoke, by code."""
        desks = [self.desks[s.code] for s in self.final]
        return {d.code: row for d, row in zip(desks, changes(self.scenario, desks), strict=True)}

    @cached_property
    def wordings(self) -> list[Wording]:
        """Every other wording on offer."""
        found = []
        for provision in self.scenario.provisions:
            for option in provision.options:
                at = tuple(self.change(s.code, provision.id, option.id).agreement for s in self.final)
                found.append(Wording(provision.short, option.text, at))
        return found

    def change(self, code: str, provision: str, option: str) -> Change:
        """What one change would do to one country; `option` is an id, or drop."""
        return next(
            c
            for c in self.rows[code]
            if c.provision.id == provision and (c.option.id if c.option else "drop") == option
        )

    @cached_property
    def desk(self) -> Desk:
        """The names that findings are worded with."""
        return Desk(self.scenario, self.names, self.record.final)

    @cached_property
    def every_effect(self) -> tuple[Effect, ...]:
        """What each single change of wording would do, best first."""
        return effects(self.desk, self.rows)

    @cached_property
    def amendments(self) -> tuple[Amendment, ...]:
        """The changes that would move most, best first."""
        return tuple(self._amendment(e) for e in self.run.assessment.amendments)

    def _amendment(self, effect: Effect) -> Amendment:
        whole = {s.code: {b.rule for b in s.breaches} for s in self.final}
        option = next((o for o in self.scenario.provision(effect.provision).options if o.id == effect.option), None)
        kept = [p for p in self.scenario.provisions if p.id != effect.provision]
        if option is not None:
            kept.append(self.scenario.provision(effect.provision).model_copy(update={"themes": option.themes}))
        after = self.scenario.model_copy(update={"provisions": tuple(kept)})
        left = {s.code: {r.id for _, r in breaches(self.desks[s.code], after)} for s in self.final}
        moves = {s.code: (s.stance, self.change(s.code, effect.provision, effect.option).stance) for s in self.final}
        return Amendment(
            effect=effect,
            stances=tuple(moves.values()),
            cleared=tuple(c for c in whole if whole[c] - left[c]),
            met=tuple(c for c in whole if left[c] - whole[c]),
            against=tuple(c for c, (_, stance) in moves.items() if stance < 0),
        )

    @cached_property
    def graph(self) -> nx.DiGraph:
        """Who attacks and supports what."""
        return graph_of(self.record, self.scenario)

    @cached_property
    def arguments(self) -> dict[str, Argument]:
        """Every argument, by id."""
        return {a.id: a for s in self.record.statements for a in s.arguments}

    @cached_property
    def effects(self) -> dict[str, list[tuple[str, float]]]:
        """By provision, the arguments bearing on it and their effect, largest first; none where unsettled."""
        every = len(self.arguments)
        try:
            return {p.id: carrying(self.graph, p.id, every, SEMANTICS) for p in self.scenario.provisions}
        except NotSettled:
            return {}

    @cached_property
    def unanswered(self) -> list[str]:
        """The first arguments against the text that nobody answered."""
        return unanswered(self.graph, "against")[:8] if self.effects else []

    def rules_of(self, statement: str) -> list[Breach]:
        """Each rule a statement reports, once."""
        return list({b.rule: b for b in self.statements[statement].breaches}.values())

    @cached_property
    def statements(self) -> dict[str, Statement]:
        """Every statement, by id."""
        return {s.id: s for s in self.record.statements}

    @cached_property
    def sections(self) -> list[tuple[str, tuple[Finding, ...]]]:
        """The findings under their titles, in the order of every report."""
        found = self.run.assessment
        return [
            ("Common ground", found.common),
            ("Agreed", found.agreed),
            ("Contested", found.contested),
            ("Blocked", found.blocked),
            ("What holds the supporters back", found.reservations),
            ("Who stands with whom", found.groups),
            ("What the rules make of it", found.decisions),
            ("What could be agreed", found.package),
        ]

    @property
    def method(self) -> tuple[str, str]:
        """How the assessment comes about, and what its labels mean."""
        rounds = self.record.rounds
        return (
            "Stances are computed from dossiers of dated documents by one published model for all countries; positions "
            f"move over {rounds} round{'' if rounds == 1 else 's'} by influence; the merge is the weighted mean of the "
            "final positions, never a text's word.",
            f"A label says how a finding fares in {self.run.negotiation.stability.draws} draws of every number within "
            "its doubt, with the model's own error on past proposals, and with each country in turn away: robust in "
            "nine of ten and turned by nobody's absence, fragile in fewer than two of three, conditional between. "
            "Speaking order changes nothing.",
        )

    @property
    def telling(self) -> str:
        """What stands over a model's telling of the merge; empty where nobody asked for one."""
        told, settings = self.run.narration, self.run.plan.settings
        if told is None or settings is None:
            return ""
        text = (
            f"Written by {settings.model} from the findings above, which it could not change; each paragraph names "
            "what it rests on."
        )
        if told.dropped:
            text += f" Left out for saying more than the findings they cite: {told.dropped}."
        return text if told.paragraphs else f"{text} There is none: {told.note or 'every paragraph was left out'}."

    def _spent(self) -> str:
        rows = self.run.tally
        tokens = total(rows, "prompt") + total(rows, "completion")
        calls, repeated, repaired = (total(rows, field) for field in ("calls", "repeated", "repairs"))
        return f"Model calls {calls}, tokens {tokens}, retries {repeated}, failed parses {repaired}."

    def _asked(self) -> list[str]:
        """What a model was asked, and what the seats that spoke freely made of it."""
        found, settings = [], self.run.plan.settings
        if settings is not None:
            found.append(
                f"The model asked was {settings.model}; every reply is in replies.jsonl, and communique replay "
                "re-creates this report from them."
            )
        found += [
            f"{t.seat}: {t.calls} call{'' if t.calls == 1 else 's'}, {t.prompt} tokens in ({t.cached} cached), "
            f"{t.completion} out; {t.repeated} repeated, {t.repairs} repaired, {t.refused} refused, {t.failed} failed."
            for t in self.run.tally
        ]
        if self.stand_ins:
            turns = listed([f"{name} in {rounds}" for name, rounds in self.stand_ins])
            found.append(f"A person had the seat and did not speak, so that the dossier's analyst stood in: {turns}.")
        if free := [self.names[s.code] for s in self.final if s.free and s.engine != STAND_IN]:
            found.append(f"Spoke freely, so that the positions are their own: {listed(sorted(free))}.")
        if self.departing:
            found.append(f"Departures from the dossiers: {len(self.departing)}, each shown with its statement.")
        return found

    def footer(self, cited: Sources) -> list[str]:
        """How this was made, line by line; `cited` is the report's own numbering, complete."""
        run, record = self.run, self.record
        failed = "".join(f" {g.code} in round {g.round}: {g.reason}." for g in record.gaps)
        absent = ", ".join(self.names.get(a.code, a.code) for a in run.merge.absent)
        engines = [f"{name} {engine}" for name, engine in run.engines.items()]
        return [
            f"Engines: {', '.join(few(engines))}{' …, all in run.json' * (len(engines) > MOST)}. {self._spent()}",
            *self._asked(),
            f"Turns that failed: {len(record.gaps)}.{failed}",
            f"Arguments without a source: {self.uncited}. Sources cited but not verified: {cited.unverified} of "
            f"{len(cited.entries)}.",
            f"Nobody argued the interests of: {absent or 'no absent party that the scenario names'}.",
            f"Nothing dated after {self.scenario.date} was read. Seed {record.seed}: it draws the order of speaking "
            "and nothing else.",
            "Quoted claims are the desks' paraphrases of policy, not quotations of officials. Positions are authored "
            "from documents; the few global coefficients are estimated on past proposals.",
        ]
