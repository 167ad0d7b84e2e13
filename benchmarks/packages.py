"""How fast all packages of a text are scored, beside plain Python with the same formulas on a sample in the same run.

Run it as `python benchmarks/packages.py`. The text is put together from the provisions of the shipped scenarios and
read by every shipped dossier. The plain version is given the pull, total and cap of each wording, so that only the sums
and the reading of the score are compared; amending the scenario and reading it anew is the slowest road of the three.
"""

from bisect import bisect_right
from pathlib import Path

import numpy as np
from table import machine, peak, timed

from simulation import stance
from simulation.amendments import changes
from simulation.bargaining.packages import (
    _columns,
    bring_in,
    choices,
    consensus,
    majority,
    pareto,
    score_packages,
    smallest_winning,
)
from simulation.catalog import load_dossier, load_scenario

ROOT = Path(__file__).parent.parent
SAMPLE, FEW = 20_000, 200


def long_text(length):
    """A text of this many provisions with one option each, from the shipped scenarios."""
    base, found = load_scenario("takaichi_coalition"), []
    for path in sorted((ROOT / "scenarios").glob("*.yaml")):
        for p in load_scenario(path.stem).provisions:
            if p.options and len(found) < length:
                found.append(p.model_copy(update={"id": f"{p.id}_{len(found)}", "options": p.options[:1]}))
    assert len(found) == length
    return base.model_copy(update={"provisions": tuple(found)})


def plain(scenario, desks, indices):
    """Scores and stances of some packages for each country, package by package in plain Python."""
    data = stance.inputs(scenario, desks)
    columns, model = _columns(scenario, data, desks), stance.coefficients()
    pull, total, caps = (
        [[piece.tolist() for piece in columns.split(row)] for row in part]
        for part in (columns.pull, columns.total, columns.caps)
    )
    fixed = [sum(model.weights[n] * r for n, r in zip(stance.RELATIONS, row, strict=True)) for row in data.relations]
    substance = model.weights["substance"]

    def score(digits):
        row = []
        for i in range(len(desks)):
            above = below = 0.0
            barred = 2
            for p, d in enumerate(digits):
                above += pull[i][p][d]
                below += total[i][p][d]
                barred = min(barred, caps[i][p][d])
            found = substance * (above / below if below > 0 else 0.0) + fixed[i]
            row.append((found, min(bisect_right(model.cuts, found) - 2, barred)))
        return row

    seconds, rows = timed(lambda: [score(d) for d in np.array(np.unravel_index(indices, columns.counts)).T.tolist()])
    return rows, seconds


def anew(scenario, desks, packages, indices):
    """The same by amending the scenario and reading each text from the start."""
    rows = []
    for index in indices:
        chosen = packages.describe(index).choices
        kept = []
        for p in scenario.provisions:
            themes = {"keep": p.themes, **{o.id: o.themes for o in p.options}}
            if chosen[p.id] != "drop":
                kept.append(p.model_copy(update={"themes": themes[chosen[p.id]]}))
        text = scenario.model_copy(update={"provisions": tuple(kept)})
        rows.append(list(zip(*read(text, desks), strict=True)))
    return rows


def same(packages, indices, rows):
    """Whether another road comes to the same scores and stances."""
    found = np.array(rows, dtype=float)
    near = np.abs(packages.score[:, indices].T - found[..., 0]).max() < 1e-5
    return bool(near and np.array_equal(found[..., 1], packages.stances[:, indices].T))


def line(what, packages, seconds, note=""):
    print(f"{what:<44}{packages:>10,}{seconds:>10.3f}{packages / seconds:>14,.0f}  {note}")


def single(scenario, desks):
    """Every single amendment, as a debate scores them for each country, beside the text amended and read anew."""
    rows = changes(scenario, desks)  # once unmeasured: caches
    seconds, rows = timed(lambda: changes(scenario, desks))
    count = len(rows[0])
    line("single amendments, for every country", count, seconds)
    indices = {name: k for k, name in enumerate(p.id for p in scenario.provisions)}
    texts = []
    for change in rows[0]:
        kept, at = list(scenario.provisions), indices[change.provision.id]
        new = kept[at].model_copy(update={"themes": change.option.themes}) if change.option else None
        texts.append(scenario.model_copy(update={"provisions": (*kept[:at], *([new] if new else []), *kept[at + 1 :])}))
    slow, found = timed(lambda: [read(text, desks)[0] for text in texts])
    near = all(abs(score[0] - c.after) < 1e-9 for score, c in zip(found, rows[0], strict=True))
    line("  the text amended and read", count, slow, f"same: {near}; {slow / seconds:.0f} times as long")


def read(text, desks):
    """Scores and stances of a text, read from the start."""
    data = stance.inputs(text, desks)
    score = stance.latent(stance.substance(stance.agreement(data), stance.importance(data)), data.relations)
    caps = np.array([stance.cap(stance.breaches(d, text)) for d in desks])
    return score, stance.to_stance(score, caps)


def main():
    desks = [load_dossier(p.stem) for p in sorted((ROOT / "agents").glob("*.yaml"))][:12]
    scenario = long_text(12)
    fast, packages = timed(lambda: score_packages(scenario, desks))
    highest = peak()
    count = packages.ambition.size
    each = max(map(len, choices(scenario)))
    print(f"{len(scenario.provisions)} provisions of {each} choices, {len(desks)} countries")
    print(machine("numpy") + "\n")
    print(f"{'':<44}{'packages':>10}{'seconds':>10}{'a second':>14}")
    line("all at once", count, fast, f"peak {highest:.0f} MiB, interpreter included")
    rng = np.random.default_rng(1)
    sample = rng.choice(count, SAMPLE, replace=False)
    rows, slow = plain(scenario, desks, sample)
    ratio = slow / SAMPLE * count / fast
    line("plain Python, a sample", SAMPLE, slow, f"same: {same(packages, sample, rows)}; {ratio:.0f} times as long")
    slowest, rows = timed(lambda: anew(scenario, desks, packages, sample[:FEW]))
    ratio = slowest / FEW * count / fast
    line(
        "the scenario amended and read, a sample",
        FEW,
        slowest,
        f"same: {same(packages, sample[:FEW], rows)}; {ratio:.0f} times as long",
    )
    single(scenario, desks)
    spent, front = timed(lambda: pareto(packages))
    line("front of ambition against breadth", count, spent, f"{len(front.points)} points")
    line("front against standing", count, timed(lambda: pareto(packages, by_standing=True))[0])
    for rule in (consensus, majority):
        spent, won = timed(lambda rule=rule: smallest_winning(packages, rule))
        line(
            f"smallest that wins by {rule.__name__}",
            count,
            spent,
            f"ambition {won.package.ambition:.3f}" if won.package else "none",
        )
    line("what brings each country in", count, timed(lambda: [bring_in(packages, d.code) for d in desks])[0])
    for length in (20, 40):
        text = long_text(length)
        spent, near = timed(lambda text=text: score_packages(text, desks))
        line(f"search over {length} provisions", near.ambition.size, spent, near.note)
    print(f"peak of the whole run {peak():.0f} MiB")


if __name__ == "__main__":
    main()
