"""The charts made of bars: how a score comes about, how likely each stance is, and which arguments pull.

They belong together because they share one reading: purple and right is for the proposal, orange and left against it,
and the figure stands at the bar or in the table.
"""

from collections.abc import Sequence

from markupsafe import Markup

from simulation.findings import Finding, ruled
from simulation.report import crowd
from simulation.report.account import SCALE, Account
from simulation.report.charts import FILL, ON, Chart, share, short
from simulation.report.sheet import FAINT, INK, QUIET, Sheet
from simulation.stance import coefficients
from simulation.statement import Statement
from simulation.wording import signed, upper

TIES = {
    "sponsor": "ties with the sponsors",
    "self_target": "being the target",
    "target_affinity": "ties with the target",
}
LEVELS = (-2, -1, 0, 1, 2)
LEAST = 0.005
"""Effects of arguments smaller than this are not drawn."""


def _worth(bar: tuple[str, float]) -> float:
    return bar[1]


def _steps(account: Account, said: Statement) -> list[tuple[str, float]]:
    """The bars of a score, provisions first."""
    return [(account.labels.get(t.provision or "", TIES.get(t.name, t.name)), t.value) for t in said.terms]


def _reach(account: Account) -> tuple[float, float]:
    """The lowest and highest place any country's bars come to, so that all waterfalls share one scale."""
    places = [0.0, *coefficients().cuts]
    for said in account.final:
        total = 0.0
        for term in said.terms:
            total += term.value
            places.append(total)
    return min(places), max(places)


def _waterfall(account: Account, said: Statement, steps: Sequence[tuple[str, float]], reading: str) -> Markup:
    """Bars from zero to the score, with the cuts between the stances."""
    (low, high), cuts = _reach(account), coefficients().cuts
    left, right, row = 150.0, 348.0, 16.0
    bottom = 24 + row * (len(steps) + 1)
    sheet = Sheet(390, bottom + 22)

    def x(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low or 1)

    for cut in cuts:
        sheet.line([(x(cut), 20), (x(cut), bottom)], FAINT, 0.8, "dashed")
    sheet.line([(x(0), 20), (x(0), bottom)], QUIET, 1)
    total = 0.0
    for k, (label, value) in enumerate(steps):
        y = 24 + row * k
        sheet.box(x(min(total, total + value)), y, abs(x(value) - x(0)), row - 5, FILL[1] if value >= 0 else FILL[-1])
        total += value
        sheet.text(left - 6, y + 10, short(label, 25), size=10, anchor="end")
        sheet.text(right + 38, y + 10, signed(value), size=10, anchor="end")
    y = 24 + row * len(steps)
    sheet.mark(x(total), y + 6, "diamond", INK, INK, 5)
    sheet.text(left - 6, y + 10, "score", size=10, anchor="end")
    sheet.text(right + 38, y + 10, signed(said.score), size=10, anchor="end")
    sheet.text(x(0), bottom + 13, "0", size=10, anchor="middle", color=QUIET)
    sheet.text(x(cuts[2]), 12, "support from here", size=10, anchor="middle", color=QUIET)
    return sheet.svg(f"{account.name(said.code)}: how the score comes about", reading)


def waterfall(account: Account, said: Statement) -> Chart:
    """How a country's score comes about; at a large table in figures only."""
    steps = _steps(account, said)
    best, worst = max(steps, key=_worth), min(steps, key=_worth)
    parts = [f"most for the proposal: {best[0]} ({signed(best[1])})"] if best[1] > 0 else []
    parts += [f"most against it: {worst[0]} ({signed(worst[1])})"] if worst[1] < 0 else []
    held = ", where a rule holds it down" if ruled(said) else ""
    reading = f"{upper('; '.join(parts))}. The score of {signed(said.score)} stands for: {SCALE[said.stance]}{held}."
    rows = tuple((label, signed(value)) for label, value in [*steps, ("score", said.score)])
    drawn = () if crowd.large(account) else (_waterfall(account, said, steps, reading),)
    caption = f"{account.name(said.code)} ({said.id}): bars and sum"
    told = Finding(text=reading, evidence=(said.id,))
    return Chart("How the score comes about", told, drawn, ("Part", "Adds"), rows, caption)


def probabilities(account: Account) -> Chart:
    """How likely the model holds each stance for each country, before any rule."""
    left, right, row = 46.0, 396.0, 22.0
    seats = crowd.least_sure(account)
    sheet = Sheet(410, 20 + row * len(seats))
    for k, said in enumerate(seats):
        x, y = left, 6 + row * k
        sheet.text(left - 6, y + 12, said.code, anchor="end")
        for level, chance in zip(LEVELS, said.probabilities, strict=True):
            wide = (right - left) * chance
            sheet.box(x, y, wide, row - 6, FILL[level])
            if wide >= 30:
                sheet.text(x + wide / 2, y + 12, share(chance), size=10, anchor="middle", color=ON[level])
            x += wide
    sure = max(account.final, key=lambda s: max(s.probabilities))
    doubt = min(account.final, key=lambda s: max(s.probabilities))
    reading = f"The model is surest of {account.names[sure.code]} and least sure of {account.names[doubt.code]}; "
    reading += "from left to right: strongly oppose, oppose, stand aside, support, strongly support."
    if len(seats) < len(account.final):
        reading += f" Drawn are the {len(seats)} seats it is least sure of; the table has all {len(account.final)}."
    rows = tuple((account.name(s.code), *(f"{100 * p:.1f}" for p in s.probabilities)) for s in account.final)
    drawn = (sheet.svg("Probability of each stance", reading),)
    head = ("Desk", *(upper(SCALE[level]) for level in LEVELS))
    told = Finding(text=reading, evidence=tuple(dict.fromkeys([sure.id, doubt.id])))
    return Chart("How likely each stance is", told, drawn, head, rows, "Per cent, before any rule is applied")


def _side(sheet: Sheet, found: Sequence[tuple[str, float]], middle: float, y: float, scale: float) -> None:
    """The arguments of one side of one provision, the strongest next to the middle line."""
    x = middle
    for name, effect in found:
        wide = scale * abs(effect)
        start = x if effect > 0 else x - wide
        sheet.box(start, y, wide, 18, FILL[1] if effect > 0 else FILL[-1], "#ffffff", 1)
        if wide >= 8 * len(name):
            sheet.text(start + wide / 2, y + 13, name, size=10, anchor="middle")
        x += wide if effect > 0 else -wide


def arguments(account: Account) -> Chart:
    """Which arguments pull each provision up or down, the strongest in the middle."""
    told = {p: [bar for bar in top if abs(bar[1]) >= LEAST] for p, top in account.effects.items()}
    sides = {p: ([b for b in top if b[1] > 0], [b for b in top if b[1] < 0]) for p, top in told.items()}
    sums = [sum(abs(e) for _, e in side) for both in sides.values() for side in both]
    middle, row = 200.0, 38.0
    sheet, scale = Sheet(400, 24 + row * len(account.labels)), 196 / max([*sums, 1e-9])
    for k, (provision, label) in enumerate(account.labels.items()):
        y = 18 + row * k
        sheet.text(middle, y - 4, short(upper(label), 50), size=11, anchor="middle")
        for side in sides.get(provision, ()):
            _side(sheet, side, middle, y, scale)
        sheet.line([(middle, y - 1), (middle, y + 19)], INK, 1.4)
    flat = [(p, name, effect) for p, top in told.items() for name, effect in top]
    if flat:
        place, name, effect = max(flat, key=lambda f: abs(f[2]))
        carries = "carries" if effect > 0 else "holds down"
        reading = f"No argument does more than {name}, which {carries} {account.labels[place]} ({signed(effect)})."
    else:
        reading = "No single argument changes anything."
    reading += " Left of the line: against; right: for. A bare line: many arguments, none of which decides alone."
    rows = tuple((account.labels[p], name, account.arguments[name].side, signed(e)) for p, name, e in flat)
    drawn = (sheet.svg("Which arguments pull", reading),)
    head = ("Provision", "Argument", "Side", "Effect")
    caption = f"The provision's strength less what it would be without the argument; below {LEAST} is left out"
    return Chart("Which arguments carry it", Finding(text=reading), drawn, head, rows, caption)
