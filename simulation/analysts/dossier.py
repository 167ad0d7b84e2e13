"""The default engine: a desk that reasons from its dossier, with no key and no network.

The same turn always gives the same words.
"""

from simulation.desk_note import Note, asks, challenges, closing, context, headline, implications, outlook, ranked
from simulation.judgement import Judgement, judge, turning
from simulation.material import pick, points
from simulation.replies import answers
from simulation.statement import Paragraph, Statement
from simulation.turn import Kit, Turn
from simulation.wording import signed, upper


class DossierAnalyst:
    """Speaks for a country from its positions, rules and passages."""

    async def speak(self, turn: Turn) -> Statement:
        """The opening note where the seat has said nothing yet; answers, moves and closing terms after that."""
        return spoken(turn, judge(turn))


def spoken(turn: Turn, found: Judgement) -> Statement:
    """What the desk says from its dossier, at a judgement of its own or one that somebody else made in its seat."""
    note = Note(turn, found, turn.once("points", lambda: points(turn.dossier, turn.scenario)))
    note.used |= {a.passage or a.claim for s in turn.own for a in s.arguments}
    return _answering(note) if turn.own else _opening(note)


def _frame(note: Note, **parts: object) -> Statement:
    turn, found = note.turn, note.judgement
    return Statement.model_validate(
        {
            "id": f"{turn.dossier.code}-{turn.round}",
            "country": turn.country,
            "code": turn.dossier.code,
            "callsign": turn.dossier.callsign,
            "round": turn.round,
            "engine": "dossier",
            "phases": turn.phases,
            "stance": found.stance,
            "score": found.score,
            "probabilities": found.probabilities,
            "terms": found.terms,
            "views": found.views,
            "breaches": found.breaches,
            "arguments": tuple(note.arguments),
            **parts,
        }
    )


def _telling(note: Note) -> Paragraph | None:
    """The claim of the reason the note leads with."""
    for provision in ranked(note):
        for kinds in (("argument", "limit", "condition"), ()):
            if lead := pick(note.points, (), provision=provision, direction=note.leaning, kinds=kinds):
                return Paragraph(text=lead.claim, sources=lead.sources, passage=lead.passage, provision=provision)
    return None


def _opening(note: Note) -> Statement:
    telling = _telling(note)
    sections = {
        "context": context(note),
        "implications": implications(note),
        "challenges": challenges(note),
        "outlook": outlook(note),
    }
    return _frame(note, headline=headline(note.turn, note.judgement), telling=telling, asks=asks(note.turn), **sections)


def _answering(note: Note) -> Statement:
    turn = note.turn
    given, moved = answers(note)
    before = turn.own[-1]
    if note.judgement.stance != before.stance:
        said = headline(turn, note.judgement)
    elif moved:
        top = max(moved, key=lambda s: abs(s.after - s.before))
        label = turn.scenario.provision(top.provision).short
        said = (
            f"{upper(turn.dossier.short)} keeps its stance and moves on {label}, "
            f"from {signed(top.before)} to {signed(top.after)}, after {top.because}."
        )
    else:
        said = f"{upper(turn.dossier.short)} holds its position on every provision, to within 0.02."
    return _frame(
        note,
        headline=said,
        answers=given,
        shifts=moved,
        turning=turning(turn, note.judgement, moved),
        asks=asks(turn) if "amendments" in turn.phases else (),
        outlook=(closing(turn, note.judgement),) if "closing" in turn.phases else (),
    )


def engine(kit: Kit) -> DossierAnalyst:
    """An analyst that needs nothing."""
    return DossierAnalyst()
