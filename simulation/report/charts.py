"""The charts of a report: each a drawing or a few, one sentence that reads it, and its figures as a table.

What a chart shows stands in its table too, number for number, so that nobody needs the drawing and a test can compare.
Colours hold for readers who see fewer of them, and beside each colour stands a second mark: a dash, a shape, a sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from markupsafe import Markup

from simulation.bargaining.coalitions import agreement_matrix
from simulation.findings import Finding
from simulation.prospects import wording
from simulation.report import crowd
from simulation.report.account import Account
from simulation.report.sheet import DASHES, FAINT, INK, QUIET, SIDES, Sheet
from simulation.wording import signed, upper

COUNTRY = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
FILL = {-2: "#b35806", -1: "#fdb863", 0: "#f7f7f7", 1: "#b2abd2", 2: "#542788"}
ON = {-2: "#ffffff", -1: "#000000", 0: "#000000", 1: "#000000", 2: "#ffffff"}
CLOSE = 0.8
"""Agreement from which two countries are joined by a line."""


@dataclass(frozen=True)
class Chart:
    """Drawings of one thing, a sentence that reads them, and their figures."""

    title: str
    reading: Finding
    drawings: tuple[Markup, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    """What the table holds."""


def short(text: str, most: int) -> str:
    """At most so many characters, for a label beside a mark; the table has the whole."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def share(value: float) -> str:
    """0 to 1 as a percentage."""
    return f"{round(100 * value)} %"


def _look(account: Account, code: str) -> tuple[str, str, str]:
    """The colour, dash and shape of a country, by its seat."""
    at = list(account.desks).index(code)
    dashes, shapes = list(DASHES), list(SIDES)
    return COUNTRY[at % 5], dashes[(at + at // 5) % 4], shapes[(at + at // 5) % 4]


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """Heights moved down as little as needed to stand at least so far apart; given and returned from the top."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + least) if placed else height)
    return placed


def _panel(account: Account, provision: str, tall: float) -> Markup:
    """One provision: a line a country over the rounds."""
    sheet, rounds = Sheet(300, tall + 66), account.record.rounds
    left, right, top = 34.0, 246.0, 32.0

    def at(number: int, position: float) -> tuple[float, float]:
        x = left + (right - left) * ((number - 1) / (rounds - 1) if rounds > 1 else 0.5)
        return x, top + tall * (1 - position) / 2

    sheet.text(left, 14, short(upper(account.labels[provision]), 40), size=12)
    for level in (-1, 0, 1):
        y = at(1, level)[1]
        sheet.line([(left, y), (right, y)], FAINT, 1.2 if level == 0 else 0.7)
        sheet.text(left - 5, y + 4, f"{level:+d}".replace("-", "\N{MINUS SIGN}") if level else "0", anchor="end")
    for number in range(1, rounds + 1):
        sheet.text(at(number, 0)[0], top + tall + 18, str(number), anchor="middle", color=QUIET)
    sheet.text((left + right) / 2, top + tall + 31, "round", anchor="middle", size=10, color=QUIET)
    ends = sorted(crowd.shown(account), key=lambda s: (-s.view(provision).position, s.code))
    heights = [at(1, s.view(provision).position)[1] for s in ends]
    lowest = top + tall - 12 * (len(ends) - 1)
    marks = _apart([min(h, lowest + 12 * k) for k, h in enumerate(heights)], 12)
    for said, height, beside in zip(ends, heights, marks, strict=True):
        color, dash, shape = _look(account, said.code)
        path = [at(s.round, s.view(provision).position) for s in account.said[said.code]]
        sheet.line(path, color, 1.6, dash)
        for x, y in (path[0], path[-1]):
            sheet.mark(x, y, shape, color, "#ffffff", 4)
        sheet.line([(path[-1][0] + 5, height), (right + 14, beside)], FAINT, 0.7)
        sheet.text(right + 17, beside + 4, said.code)
    label = upper(account.labels[provision])
    told = [f"{s.code} from {signed(s.view(provision).opening)} to {signed(s.view(provision).position)}" for s in ends]
    return sheet.svg(label, f"{label} over {rounds} rounds: {'; '.join(told)}.")


def trajectories(account: Account) -> Chart:
    """Where each country stood on each provision, round by round."""
    drawn = crowd.shown(account)
    tall = max(110.0, 12.0 * len(drawn))
    moves = [
        (abs(v.position - v.opening), s.code, account.labels[v.provision], v.opening, v.position)
        for s in account.final
        for v in s.views
    ]
    size, who, what, first, last = max(moves, key=lambda m: m[0])
    reading = f"The longest way is that of {account.names[who]} on {what}, from {signed(first)} to {signed(last)}."
    evidence = tuple(dict.fromkeys([account.said[who][0].id, account.said[who][-1].id]))
    if size < 0.005:
        reading, evidence = "Nobody moved.", ()
    elif len(drawn) < len(account.final):
        reading += f" Drawn are the {len(drawn)} seats that moved most; the table has all {len(account.final)}."
    rounds = range(1, account.record.rounds + 1)
    rows = []
    for said in account.final:
        for p in account.labels:
            by = {s.round: signed(s.view(p).position) for s in account.said[said.code]}
            rows.append((account.name(said.code), account.labels[p], *(by.get(n, "–") for n in rounds)))
    return Chart(
        "Who moved",
        Finding(text=reading, evidence=evidence),
        tuple(_panel(account, p, tall) for p in account.labels),
        ("Desk", "Provision", *(f"Round {n}" for n in rounds)),
        tuple(rows),
        "Agreement with each provision in each round, from −1 to +1",
    )


def agreement(account: Account) -> tuple[list[str], list[list[float]]]:
    """Codes in the order of the groups, and how far each two agree, 0 to 1."""
    codes = [c for group in account.run.negotiation.coalitions.groups for c in group.members]
    last = {s.code: s for s in account.final}
    at = [[v.position for v in last[c].views] for c in codes]
    matter = [[v.importance for v in last[c].views] for c in codes]
    return codes, agreement_matrix(np.array(at), np.array(matter)).round(6).tolist()


def _groups(account: Account, codes: list[str], near: list[list[float]]) -> Chart:
    """Who is near whom at a large table: its groups by size, on a line, and how far each two agree."""
    groups, table = account.run.negotiation.coalitions.groups, crowd.between(account, codes, near)
    large = sorted(range(len(groups)), key=lambda i: (-len(groups[i].members), i))[: crowd.TOP]
    most, places = len(groups[large[0]].members), {i: 24.0 + 34 * k for k, i in enumerate(large)}
    sheet = Sheet(420, 34.0 * len(large) + 16)
    for i, y in places.items():
        size = len(groups[i].members)
        sheet.text(92, y + 6, f"group {i + 1}", anchor="end")
        sheet.box(100, y - 8, 260 * size / most, 22, FILL[1])
        sheet.text(106 + 260 * size / most, y + 6, str(size))
    sizes = [f"group {i + 1} has {len(groups[i].members)} seats ({account.desk.who(groups[i].members)})" for i in large]
    reading = f"{len(groups)} group{'' if len(groups) == 1 else 's'}; {'; '.join(sizes)}."
    pairs = [(i, j) for k, i in enumerate(large) for j in large[k:]]
    rows = tuple((f"Group {i + 1}", f"Group {j + 1}", f"{table[i][j]:.2f}") for i, j in pairs)
    drawn, told = (sheet.svg("Coalitions", reading),), Finding(text=reading, evidence=account.desk.ids(codes))
    caption = "Mean agreement of the seats of each two groups, 0 to 1; within a group, of its pairs"
    return Chart("Who is with whom", told, drawn, ("Group", "And", "Agreement"), rows, caption)


def network(account: Account) -> Chart:
    """Who is near whom: countries on a circle in the order of their groups, the nearer the thicker the line."""
    codes, near = agreement(account)
    if crowd.large(account):
        return _groups(account, codes, near)
    graph = nx.Graph()
    graph.add_nodes_from(codes)
    pairs = [(a, b, near[i][j]) for i, a in enumerate(codes) for j, b in enumerate(codes) if i < j]
    graph.add_weighted_edges_from(pairs)
    places = {c: (170 + 118 * float(x), 150 - 118 * float(y)) for c, (x, y) in nx.circular_layout(graph).items()}
    sheet = Sheet(340, 300)
    for a, b, value in sorted(pairs, key=lambda pair: pair[2]):
        if value >= CLOSE:
            sheet.line([places[a], places[b]], QUIET, 0.6 + 22 * (value - CLOSE))
    for said in account.final:
        x, y = places[said.code]
        sheet.mark(x, y, "circle", FILL[said.stance], INK, 17)
        sheet.text(x, y + 4, said.code, size=10, anchor="middle", color=ON[said.stance])
    groups = account.run.negotiation.coalitions.groups
    parts = [account.desk.who(g.members) for g in groups]
    joined = sum(value >= CLOSE for *_, value in pairs)
    reading = f"{len(groups)} group{'' if len(groups) == 1 else 's'}: {'; '.join(parts)}."
    reading += f" {joined} of {len(pairs)} pairs agree to {share(CLOSE)} or more and are joined by a line."
    rows = tuple((account.name(a), account.name(b), f"{value:.2f}") for a, b, value in pairs)
    described = f"{reading} A circle's shade is the country's stance."
    drawn = (sheet.svg("Coalitions", described),)
    told = Finding(text=reading, evidence=account.desk.ids(codes))
    head = ("Desk", "And", "Agreement")
    return Chart("Who is with whom", told, drawn, head, rows, "Agreement of each pair, 0 to 1")


def front(account: Account) -> Chart:
    """Ambition against breadth: the packages that no other beats on both."""
    points = account.run.negotiation.front.points
    left, right, top, bottom, seats = 40.0, 330.0, 16.0, 176.0, len(account.final)
    sheet = Sheet(350, 216)

    def at(ambition: float, breadth: int) -> tuple[float, float]:
        return left + (right - left) * ambition, bottom - (bottom - top) * breadth / max(seats, 1)

    for breadth in range(0, seats + 1, 1 if seats <= 6 else 3 if seats <= crowd.LARGE else 10 * -(-seats // 60)):
        sheet.line([at(0, breadth), at(1, breadth)], FAINT, 0.7)
        sheet.text(left - 6, at(0, breadth)[1] + 4, str(breadth), anchor="end")
    for percent in (0, 50, 100):
        sheet.text(at(percent / 100, 0)[0], bottom + 17, f"{percent} %", anchor="middle", color=QUIET)
    sheet.text((left + right) / 2, bottom + 32, "of the text's push kept", size=10, anchor="middle", color=QUIET)
    sheet.text(left - 30, 10, "seats in support", size=10, color=QUIET)
    places = [at(p.ambition, p.breadth) for p in points]
    sheet.line(places, QUIET, 1.2, "dotted")
    own = at(1, len(account.run.merge.support))
    sheet.mark(*own, "diamond", "#ffffff", INK, 7)
    for number, (x, y) in enumerate(places, 1):
        sheet.mark(x, y, "circle", FILL[2], "#ffffff", 4.5)
        sheet.text(x, y - 9, str(number), size=10, anchor="middle")
    last = points[-1]
    reading = (
        f"The text as it stands (diamond) has {len(account.run.merge.support)} of {seats} seats; the broadest version "
        f"keeps {share(last.ambition)} of its push and has {last.breadth}."
    )
    rows = tuple(
        (str(n), share(p.ambition), str(p.breadth), share(p.standing), "; ".join(wording(account.desk, p)) or "nothing")
        for n, p in enumerate(points, 1)
    )
    head = ("Version", "Push kept", "Seats", "Standing", "Differs from the text in")
    drawn = (sheet.svg("Ambition against breadth", reading),)
    caption = f"The versions that no other beats on both. {account.run.negotiation.front.note}"
    return Chart("What could be agreed", Finding(text=reading), drawn, head, rows, caption)
