"""The opening note: headline, strategic context, implications, challenges ahead, strategic outlook.

The shape is that of the analysis this project started from. What is said comes from the dossier's passages, in the
order the numbers give; the joints between them are the few templates here.
"""

from dataclasses import dataclass, field

from simulation.amendments import Change, easiest
from simulation.dossier import SIGN, Condition
from simulation.judgement import Judgement
from simulation.material import Point, pick
from simulation.sources import out_by
from simulation.statement import Argument, Ask, Breach, Paragraph
from simulation.turn import Turn
from simulation.wording import VERDICTS, chance, listed, lower, one_of, strength, upper

REASONS = ("argument", "policy", "precedent")
HOLDS = ("limit", "condition")


@dataclass
class Note:
    """A note being written: what it may draw on, and what it has used."""

    turn: Turn
    judgement: Judgement
    points: list[Point]
    used: set[str] = field(default_factory=set)
    arguments: list[Argument] = field(default_factory=list)

    def take(self, point: Point) -> Paragraph:
        """Use a point: it becomes a paragraph of the note and an argument others can answer."""
        self.used.add(point.key)
        number = len(self.arguments) + 1
        self.arguments.append(
            Argument(
                id=f"{self.turn.dossier.code}-{self.turn.round}.{number}",
                provision=point.provision,
                theme=point.theme,
                side="for" if point.direction > 0 else "against",
                kind=point.kind,
                claim=point.claim,
                text=point.text,
                sources=point.sources,
                passage=point.passage,
            )
        )
        return Paragraph(text=point.text, sources=point.sources, passage=point.passage, provision=point.provision)

    @property
    def leaning(self) -> int:
        """The direction of the reasons the note leads with: the stance's, or what holds a bystander back."""
        return -1 if self.judgement.stance <= 0 else 1


def ranked(note: Note) -> list[str]:
    """Provisions by how much they carry the judgement: the size of their bar, then their stake."""
    size = {t.provision: abs(t.value) for t in note.judgement.terms if t.provision}
    stake = {v.provision: v.importance for v in note.judgement.views}
    return sorted(stake, key=lambda p: (-size.get(p, 0.0), -stake[p]))


def _label(turn: Turn, provision: str) -> str:
    return turn.scenario.provision(provision).short


def headline(turn: Turn, judgement: Judgement) -> str:
    """The judgement in one sentence: the stance, and what qualifies it most."""
    it = f"the {turn.scenario.proposal.noun}"
    verdict = f"{upper(turn.dossier.short)} {VERDICTS[judgement.stance].format(it=it)}"
    best = max(judgement.views, key=lambda v: v.importance * v.position)
    worst = min(judgement.views, key=lambda v: v.importance * v.position)
    crossed = list(dict.fromkeys(_label(turn, b.provision) for b in judgement.breaches))
    if judgement.stance > 0:
        return f"{verdict}{f', with a reservation on {_label(turn, worst.provision)}' if worst.position < 0 else ''}."
    if crossed:
        kinds = " and a ".join(dict.fromkeys(b.kind for b in judgement.breaches))
        return f"{verdict}: {listed(crossed)} {'meets' if len(crossed) == 1 else 'meet'} a {kinds}."
    if judgement.stance == 0:
        if worst.position < 0 < best.position:
            return (
                f"{verdict}: it would work on {_label(turn, best.provision)}, not on {_label(turn, worst.provision)}."
            )
        return f"{verdict}."
    could = f", though it could live with {_label(turn, best.provision)}" if best.position > 0.1 else ""
    return f"{verdict}, above all for {_label(turn, worst.provision)}{could}."


def _weighing(note: Note) -> Paragraph:
    """Which provisions carry the judgement, in words."""
    turn, found = note.turn, note.judgement
    top = ranked(note)[:2]
    pulls = [f"{_label(turn, p)} ({strength(found.agrees(p))})" for p in top]
    capital = turn.dossier.capital
    opening = one_of(
        (
            f"What carries the judgement in {capital} is {listed(pulls)}.",
            f"For {capital} the weight lies on {listed(pulls)}.",
            f"Seen from {capital}, the {turn.scenario.proposal.noun} stands or falls with {listed(pulls)}.",
        ),
        turn.country,
        turn.scenario.title,
        "weighing",
    )
    relations = {t.name: t.value for t in found.terms if t.provision is None}
    pushes = [
        word
        for name, word in (
            ("sponsor", "its ties with the sponsor"),
            ("self_target", "being the country aimed at"),
            ("target_affinity", "its relation to the country aimed at"),
        )
        if abs(relations.get(name, 0.0)) >= 0.25
    ]
    if turn.dossier.code in turn.scenario.proposal.sponsors:
        pushes = ["having put the idea forward" if p.endswith("the sponsor") else p for p in pushes]
    plural = len(pushes) > 1 or "ties" in "".join(pushes)
    beyond = f" Beyond the text itself, {listed(pushes)} {'count' if plural else 'counts'}." if pushes else ""
    return Paragraph(text=opening + beyond)


def context(note: Note) -> tuple[Paragraph, ...]:
    """Where the proposal meets the country's line: its leading reason, the weighing, a precedent."""
    found = []
    for provision in ranked(note):
        if lead := pick(note.points, note.used, provision=provision, direction=note.leaning, kinds=REASONS):
            found.append(note.take(lead))
            break
    found.append(_weighing(note))
    if past := pick(note.points, note.used, kinds=("precedent",)):
        found.append(note.take(past))
    return tuple(found)


def _unargued(note: Note, provision: str, position: float, side: int | None) -> Paragraph:
    """A provision with nothing new to say: the argument already made that covers it, or that there is none."""
    label = upper(_label(note.turn, provision))
    covering = {p.key for p in note.points if p.provision == provision and side in (None, p.direction)}
    made = next((a for a in note.arguments if (a.passage or a.claim) in covering), None)
    if made is not None:
        return Paragraph(text=f"{label}: {strength(position)}, for the reason given in {made.id}.", provision=provision)
    text = f"{label} is {strength(position)}; the dossier holds no document on it that was out by then."
    return Paragraph(text=text, provision=provision)


def implications(note: Note) -> tuple[Paragraph, ...]:
    """One bullet a provision, in the order of what they carry: how it is taken, and why."""
    found = []
    for provision in ranked(note):
        position = note.judgement.agrees(provision)
        side = 1 if position > 0.12 else -1 if position < -0.12 else None
        why = pick(note.points, note.used, provision=provision, direction=side, kinds=REASONS)
        why = why or pick(note.points, note.used, provision=provision, direction=side)
        label = upper(_label(note.turn, provision))
        if why is None:
            found.append(_unargued(note, provision, position, side))
            continue
        drawn = note.take(why)
        found.append(drawn.model_copy(update={"text": f"{label}: {strength(position)}. {drawn.text}"}))
    return tuple(found)


def _rule(breach: Breach, label: str) -> Paragraph:
    text = f"{upper(breach.kind)} on {label}: {breach.text}"
    return Paragraph(text=text, sources=breach.sources, provision=breach.provision)


def challenges(note: Note) -> tuple[Paragraph, ...]:
    """What stands in the way: the rules met, then the weightiest points against the note's own line."""
    turn, found, told = note.turn, [], set()
    for breach in note.judgement.breaches:
        if breach.rule not in told:
            told.add(breach.rule)
            found.append(_rule(breach, _label(turn, breach.provision)))
    against = 1 if note.judgement.stance < 0 else -1
    for kinds in (HOLDS, HOLDS, REASONS):
        if len(found) < 4 and (point := pick(note.points, note.used, direction=against, kinds=kinds)):
            drawn = note.take(point)
            label = upper(_label(turn, point.provision))
            found.append(drawn.model_copy(update={"text": f"{label}: {drawn.text}"}))
    return tuple(found)


def _conditions(turn: Turn) -> list[Condition]:
    """The habitual amendments that bear on this text, dearest first."""
    touched: dict[str, float] = {}
    for provision in turn.scenario.provisions:
        for theme, push in provision.themes.items():
            touched[theme] = touched.get(theme, 0.0) + provision.weight * abs(push)
    dossier = turn.dossier
    fit = [
        (touched[c.theme] * dossier.positions[c.theme].salience, c)
        for c in dossier.conditions
        if c.theme in touched and c.theme in dossier.positions and out_by(c.sources, dossier.sources, turn.scenario.day)
    ]
    wanted = [(w, c) for w, c in fit if SIGN[c.direction] * dossier.positions[c.theme].on(turn.scenario.day) >= -0.35]
    return [c for _, c in sorted(wanted, key=lambda pair: -pair[0])]


def asks(turn: Turn) -> tuple[Ask, ...]:
    """What the country asks for: its habitual amendments, then the rewording that would lift it most."""
    day, sources = turn.scenario.day, turn.dossier.sources
    found = [Ask(text=" ".join(c.text.split()), sources=out_by(c.sources, sources, day)) for c in _conditions(turn)[:2]]
    if (change := easiest(turn.changes)) and change.option:
        found.append(Ask(text=change.option.text, provision=change.provision.id, option=change.option.id))
    return tuple(found)


def _easing(turn: Turn, change: Change, stance: int) -> str:
    label, noun = change.provision.short, turn.scenario.proposal.noun
    if change.option is None:
        step = f"leaving {label} out of the {noun}"
    else:
        step = f"putting “{change.option.text.rstrip('.')}” in the place of {label}"
    if change.stance > stance:
        return f"One change is enough to move {turn.dossier.capital} up a step: {step}."
    return (
        f"The change that would ease {turn.dossier.capital} most is {step}, though it alone moves no step on the scale."
    )


def outlook(note: Note) -> tuple[Paragraph, ...]:
    """How firm the judgement is, what it would take, and the conditions."""
    turn, found = note.turn, note.judgement
    p = found.probabilities
    below, middle, above = p[0] + p[1], p[2], p[3] + p[4]
    text = (
        f"On the record of past proposals: support, {chance(above)}; standing aside, {chance(middle)}; "
        f"opposition, {chance(below)}."
    )
    if found.breaches:
        text += " Those figures leave the red lines and legal limits aside; the rules decide where they are met."
    paragraphs = [Paragraph(text=text)]
    if change := easiest(turn.changes):
        paragraphs.append(Paragraph(text=_easing(turn, change, found.stance), provision=change.provision.id))
    for condition in _conditions(turn)[:2]:
        sources = out_by(condition.sources, turn.dossier.sources, turn.scenario.day)
        opening = one_of(
            ("The drafters will hear one request", "Expect the request", "The amendment to table"), condition.id
        )
        text = f"{opening}: {lower(' '.join(condition.text.split()))}"
        paragraphs.append(Paragraph(text=text, sources=sources))
    return tuple(paragraphs)


def closing(turn: Turn, judgement: Judgement) -> Paragraph:
    """Where the country ends: what it can work with as it stands, what reworded, and what not."""
    frozen = {v.provision for v in judgement.views if v.frozen}
    signs = [p.short for p in turn.scenario.provisions if judgement.agrees(p.id) > 0.12 and p.id not in frozen]
    reworded, refuses = [], []
    for provision in turn.scenario.provisions:
        if provision.short in signs:
            continue
        wordings = [c for c in turn.changes if c.provision.id == provision.id and c.option and c.agreement > 0.12]
        if wordings and (best := max(wordings, key=lambda c: c.agreement)).option:
            reworded.append(f"{provision.short} if it read “{best.option.text.rstrip('.')}”")
        else:
            refuses.append(provision.short)
    parts = [f"{listed(signs)} as it stands" if len(signs) == 1 else f"{listed(signs)} as they stand"] if signs else []
    could = listed([*parts, *reworded])
    capital = turn.dossier.capital
    text = (
        f"{capital} can work with {could}."
        if could
        else f"{capital} can work with no part of the {turn.scenario.proposal.noun}."
    )
    if refuses and could:
        text += f" It cannot work with {listed(refuses)} in any wording on the table."
    return Paragraph(text=text)
