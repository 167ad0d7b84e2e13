"""What a speaker is told: the country's dossier, the proposal and what others said, as plain text.

The proposal's weights, theme codes and seed are left out, and passages are chosen as if every provision weighed the
same: a change of those numbers leaves a speaker's brief as it is.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from simulation.dossier import SIGN, Dossier, Position, RedLine, Relation
from simulation.masks import Lens
from simulation.material import Point, parties, points
from simulation.scenario import Scenario
from simulation.sources import out_by
from simulation.stance import rules, touched
from simulation.statement import NAMES, Statement
from simulation.themes import codebook
from simulation.turn import Turn
from simulation.written import earliest_day

SHOWN = 4
"""How many arguments of one statement others are shown, and can answer: its first ones."""


def percent(value: float) -> str:
    """A number from -1 to 1 as a signed whole percentage; +0 and -0 are 0."""
    rounded = round(100 * value)
    return f"{rounded:+d}" if rounded else "0"


def _timely(text: str, day: date) -> bool:
    """Whether a text names no year after a day: figures of a dossier outlive it, words may not."""
    return all(int(year) <= day.year for year in re.findall(r"\b(?:19|20)\d\d\b", text))


def _cited(lens: Lens, ids: Sequence[str]) -> str:
    return f" [{', '.join(lens.sources[s] for s in ids)}]" if ids else ""


def _even(scenario: Scenario) -> Scenario:
    """The scenario with every provision as weighty as the next, under no title: what is chosen turns on neither."""
    same = tuple(p.model_copy(update={"weight": 1.0}) for p in scenario.provisions)
    return scenario.model_copy(update={"provisions": same, "title": "-"})


Ranks = tuple[tuple[Point, ...], ...]


def ranked(turn: Turn) -> Ranks:
    """Every passage the seat can use, the weightiest first: what it says on each provision, in the scenario's order."""
    return turn.once("ranked", lambda: _ranked(turn.dossier, turn.scenario))


def _ranked(dossier: Dossier, scenario: Scenario) -> Ranks:
    by_key: dict[str, list[Point]] = {}
    for point in points(dossier, _even(scenario)):
        if point.passage:
            by_key.setdefault(point.passage, []).append(point)
    order = [p.id for p in scenario.provisions]
    return tuple(tuple(sorted(row, key=lambda x: order.index(x.provision))) for row in by_key.values())


def passages(turn: Turn, most: int) -> tuple[tuple[Point, tuple[Point, ...]], ...]:
    """The `most` weightiest passages, in the dossier's order, each with what it says on every provision."""
    place = {p.id: k for k, p in enumerate(turn.dossier.passages)}
    rows = sorted(ranked(turn)[:most], key=lambda row: place[str(row[0].passage)])
    return tuple((row[0], row) for row in rows)


def positions(turn: Turn) -> list[tuple[str, Position]]:
    """The country's positions on the themes the proposal touches."""
    held = turn.dossier.positions
    return [(theme, held[theme]) for theme in touched(turn.scenario) if theme in held]


def near_rules(turn: Turn) -> list[RedLine]:
    """The rules in force on a theme that some wording of the proposal pushes their way."""
    pushes = [p.themes for p in turn.scenario.provisions]
    pushes += [o.themes for p in turn.scenario.provisions for o in p.options]
    return [
        rule
        for rule in rules(turn.dossier, turn.scenario.day)
        if any(SIGN[rule.direction] * push.get(rule.theme, 0.0) > 0 for push in pushes)
    ]


def citable(turn: Turn, most: int) -> tuple[str, ...]:
    """The sources a speaker is shown, all out on the scenario's date, in the dossier's order."""
    return turn.once(("citable", most), lambda: _citable(turn, most))


def _citable(turn: Turn, most: int) -> tuple[str, ...]:
    cited = {s for _, held in positions(turn) for s in held.sources}
    cited |= {s for rule in near_rules(turn) for s in rule.sources}
    cited |= {s for point, _ in passages(turn, most) for s in point.sources}
    return out_by([s for s in turn.dossier.sources if s in cited], turn.dossier.sources, turn.scenario.day)


def rationale(turn: Turn, held: Position) -> str:
    """The policy behind a position; nothing where its words may tell of what came after the scenario's date."""
    day = turn.scenario.day
    known = out_by(held.sources, turn.dossier.sources, day)
    settled = all(day >= earliest_day(s.until) for s in held.changed) and len(known) == len(held.sources)
    return held.rationale if settled and _timely(held.rationale, day) else ""


def _position(turn: Turn, lens: Lens, theme: str, held: Position) -> str:
    day = turn.scenario.day
    known = out_by(held.sources, turn.dossier.sources, day)
    text = f"- {lens.text(codebook()[theme].label)}: {percent(held.on(day))}"
    turns = [(held.when.rival_acts, "where a rival acts"), (held.when.partner_targeted, "where a partner is targeted")]
    text += "".join(f", {percent(value)} {where}" for value, where in turns if value is not None)
    text += f"; salience {round(100 * held.salience)}, documented {round(100 * held.confidence)}."
    if words := rationale(turn, held):
        text += f" {lens.text(words)}"
    return text + _cited(lens, known)


def ties(turn: Turn) -> Iterator[tuple[str, Relation, str]]:
    """For each party to the proposal and seat at the table: its code, the relation, and why it is so, if that is told.

    The reason is left out where it may tell of what came after the scenario's date.
    """
    day, dossier = turn.scenario.day, turn.dossier
    for code in sorted({*parties(turn.scenario), *(d.code for d in turn.table)} - {dossier.code, "ALL"}):
        if relation := dossier.relations.get(code):
            settled = all(day >= earliest_day(s.until) for s in relation.changed) and _timely(relation.basis, day)
            yield code, relation, relation.basis if settled else ""


def _relations(turn: Turn, lens: Lens) -> Iterator[str]:
    """One line a party to the proposal or seat at the table: how near, how exposed, and why."""
    day = turn.scenario.day
    for code, relation, basis in ties(turn):
        exposed, why = round(100 * relation.exposure), f". {lens.text(basis)}" if basis else ""
        yield f"- {lens.party(code)}: affinity {percent(relation.on(day))}, exposure {exposed}{why}"


def _passage(lens: Lens, point: Point, row: Sequence[Point]) -> str:
    speaks = [f"{'for' if p.direction > 0 else 'against'} {lens.provisions[p.provision]}" for p in row]
    return f"- ({', '.join(speaks)}) {lens.text(point.claim)} {lens.text(point.text)}{_cited(lens, point.sources)}"


def _rule(turn: Turn, lens: Lens, rule: RedLine) -> str:
    kind = "Red line" if rule in turn.dossier.red_lines else "Legal limit"
    effect = {"cannot_join": "cannot join"}.get(rule.effect, rule.effect.replace("_", " "))
    known = out_by(rule.sources, turn.dossier.sources, turn.scenario.day)
    return f"- {kind} ({effect}): {lens.text(rule.text)}{_cited(lens, known)}"


def _source(dossier: Dossier, lens: Lens, name: str) -> str:
    source = dossier.sources[name]
    what = source.kind if lens.masked else f"{source.title}, {source.publisher}, {source.date}"
    return f"- {lens.sources[name]}: {' '.join(what.split())}"


def country(turn: Turn, lens: Lens, most: int) -> str:
    """The dossier as far as it bears on the proposal, with the `most` weightiest passages (dated in time only)."""
    d = turn.dossier
    who = lens.party(d.code) if lens.masked else f"{d.name} ({d.code}), capital {d.capital}"
    parts = [f"COUNTRY\n{who}. {lens.text(d.voice)}"]
    sections = {
        "POSITIONS (-100 against the theme, +100 for it)": [
            _position(turn, lens, theme, held) for theme, held in positions(turn)
        ],
        "RELATIONS (affinity -100 rival, +100 closest partner)": list(_relations(turn, lens)),
        "RED LINES AND LEGAL LIMITS": [_rule(turn, lens, rule) for rule in near_rules(turn)],
        "ANALYSIS": [_passage(lens, point, row) for point, row in passages(turn, most)],
        "SOURCES YOU MAY CITE": [_source(d, lens, name) for name in citable(turn, most)],
    }
    return "\n\n".join([*parts, *(f"{title}\n" + "\n".join(rows) for title, rows in sections.items() if rows)])


def _parties(lens: Lens, codes: Sequence[str]) -> str:
    return ", ".join("everybody" if c == "ALL" else lens.party(c) for c in codes)


def proposal(turn: Turn, lens: Lens) -> str:
    """The proposal with its provisions and their other wordings, and who sits at the table."""
    scenario, asked = turn.scenario, turn.scenario.proposal
    parts = [] if lens.masked else [f"Title: {' '.join(scenario.title.split())}", f"Date: {scenario.date}"]
    if asked.speaker and not lens.masked:
        binds = "" if asked.speaker.official else " (does not bind the government)"
        parts.append(f"Put forward by: {' '.join(f'{asked.speaker.name}, {asked.speaker.role}'.split())}{binds}")
    named = {"Sponsors": asked.sponsors, "Aimed at": asked.targets, "Invited": asked.invited}
    parts += [f"{word}: {_parties(lens, codes)}" for word, codes in named.items() if codes]
    parts += [f"At the table: {_parties(lens, [d.code for d in turn.table])}"]
    parts += [f"Text: {lens.text(asked.text)}", f"Question: {lens.text(scenario.question)}", "Provisions:"]
    for provision in scenario.provisions:
        parts.append(f"- {lens.provisions[provision.id]}: {lens.text(provision.text)}")
        parts += [f"  - instead, {lens.option(provision.id, o.id)}: {lens.text(o.text)}" for o in provision.options]
    return "\n".join(parts)


def said(statement: Statement, lens: Lens) -> str:
    """What another seat said, in short: stance, positions, arguments with their ids, and whom it answered."""
    views = ", ".join(f"{lens.provisions[v.provision]} {percent(v.position)}" for v in statement.views)
    head = f"{lens.speech(statement.id)} ({lens.party(statement.code)}): {NAMES[statement.stance]}."
    parts = [f"{head} {lens.text(statement.headline)}", f"  positions: {views}"]
    for a in statement.arguments[:SHOWN]:
        parts.append(f"  {lens.speech(a.id)} {a.side} {lens.provisions[a.provision]}: {lens.text(a.claim)}")
    if answered := [f"{a.tone} {lens.speech(a.argument)}" for a in statement.answers]:
        parts.append(f"  answers: {', '.join(answered)}")
    return "\n".join(parts)
