"""A draft taken into the record: its numbers beside the dossier's, its prose as the statement's sections.

The typed part is computed here from what the speaker committed to; prose is carried over and never interpreted. Where
the speaker left its dossier, the statement says so.
"""

from collections.abc import Sequence

from simulation.commitment import commit, departures, moves, turned
from simulation.drafts import Claim, Draft, Passage, Riposte, Wish
from simulation.scenario import STANCES
from simulation.statement import Answer, Argument, Ask, Departure, Paragraph, Shift, Statement
from simulation.turn import Turn
from simulation.wording import signed, strength, upper


def _paragraphs(parts: Sequence[Passage]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text=p.text, sources=p.sources) for p in parts)


def _argument(turn: Turn, number: int, claim: Claim) -> Argument:
    return Argument(
        id=f"{turn.dossier.code}-{turn.round}.{number}",
        provision=claim.provision,
        side=claim.side,
        kind="argument",
        claim=claim.claim,
        text=claim.text,
        sources=claim.sources,
    )


def _answer(turn: Turn, riposte: Riposte) -> Answer:
    said = next(s for s in turn.heard for a in s.arguments if a.id == riposte.argument)
    return Answer(
        country=said.code,
        statement=said.id,
        argument=riposte.argument,
        tone=riposte.tone,
        text=riposte.text,
        sources=riposte.sources,
    )


def _ask(wish: Wish) -> Ask:
    provision, _, option = wish.change.partition("/")
    return Ask(text=wish.text, provision=provision or None, option=option or None)


def _implications(turn: Turn, draft: Draft) -> tuple[Paragraph, ...]:
    """The reason for each position, in the scenario's order."""
    found = []
    for provision in turn.scenario.provisions:
        held = draft.positions[provision.id]
        text = f"{upper(provision.short)}: {strength(held.position_pct / 100)}. {held.reason}"
        found.append(Paragraph(text=text, sources=held.sources, provision=provision.id))
    return tuple(found)


def _unsaid(turn: Turn, arguments: Sequence[Argument], moved: Sequence[Shift]) -> tuple[Departure, ...]:
    """Arguments without a document, and moves without a statement that caused them."""
    found = []
    for a in arguments:
        if not a.sources:
            text = f"argues without a document: {a.claim}"
            found.append(Departure(kind="source", text=text, provision=a.provision))
    for shift in moved:
        if not shift.because:
            label = turn.scenario.provision(shift.provision).short
            text = (
                f"moves on {label}, from {signed(shift.before)} to {signed(shift.after)}, and names nobody as the cause"
            )
            found.append(Departure(kind="cause", text=text, provision=shift.provision))
    return tuple(found)


def statement(turn: Turn, draft: Draft, engine: str) -> Statement:
    """The statement of a draft that holds a position on every provision and refers to what exists."""
    held = [draft.positions[p.id].position_pct / 100 for p in turn.scenario.provisions]
    found = commit(turn, STANCES[draft.stance], held)
    moved = moves(turn, found, {name: h.because for name, h in draft.positions.items()})
    arguments = tuple(_argument(turn, k, claim) for k, claim in enumerate(draft.arguments, 1))
    lead = arguments[0] if arguments and turn.round == 1 else None
    return Statement(
        id=f"{turn.dossier.code}-{turn.round}",
        country=turn.country,
        code=turn.dossier.code,
        callsign=turn.dossier.callsign,
        round=turn.round,
        engine=engine,
        phases=turn.phases,
        stance=found.stance,
        score=found.score,
        probabilities=found.probabilities,
        terms=found.terms,
        views=found.views,
        breaches=found.breaches,
        headline=draft.headline,
        telling=Paragraph(text=lead.claim, sources=lead.sources, provision=lead.provision) if lead else None,
        context=_paragraphs(draft.context),
        implications=_implications(turn, draft),
        challenges=_paragraphs(draft.challenges),
        outlook=_paragraphs(draft.outlook),
        arguments=arguments,
        answers=tuple(_answer(turn, a) for a in draft.answers),
        shifts=moved,
        turning=turned(turn, found, moved),
        asks=tuple(_ask(w) for w in draft.asks),
        departures=(*departures(turn, found), *_unsaid(turn, arguments, moved)),
    )
