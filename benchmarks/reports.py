"""How long each file of a run takes to render and how large it is, at five seats and at twelve.

Each file is made from the finished run by the function a run uses for it; what several of them share, the account of
who said what, is a row of its own. Debates are held before the clock starts. Run: python benchmarks/reports.py
"""

from statistics import median

from table import machine, show, timed

from simulation.arguments import as_graphml
from simulation.folders import as_text
from simulation.report import html, markdown, tables
from simulation.report.account import Account
from simulation.runs import run

SCENARIOS, REPEATS = ("takaichi_coalition", "takaichi_coalition_wide"), 5


def makers(found, told):
    """File name to what makes its text."""
    return {
        "run.json": lambda: as_text(found.record()),
        "the account all reports share": lambda: Account(found),
        "assessment.md": lambda: markdown.assessment(found, told),
        "assessment.html": lambda: html.assessment(found, told),
        "transcript.md": lambda: markdown.transcript(found, told),
        "stances.csv": lambda: tables.stances(found),
        "arguments.graphml": lambda: as_graphml(told.graph),
    }


def measured(scenario):
    """Milliseconds and kB by file."""
    found = run(scenario)
    rows = {}
    for name, make in makers(found, Account(found)).items():
        make()  # once unmeasured: templates and caches
        tries = [timed(make) for _ in range(REPEATS)]
        text = tries[0][1]
        size = len(text.encode()) / 1000 if isinstance(text, str) else None
        rows[name] = (1000 * median(seconds for seconds, _ in tries), size)
    return len(found.seats), rows


def main():
    columns, found = [], []
    for scenario in SCENARIOS:
        seats, rows = measured(scenario)
        columns += [f"{seats} seats ms", "kB"]
        found.append(rows)
    print(f"Median of {REPEATS}, after one that is not counted\n{machine('jinja2', 'matplotlib')}\n")
    rows = []
    for name in found[0]:
        figures = [f"{value:.1f}" if value is not None else "" for each in found for value in each[name]]
        rows.append((name, *figures))
    rows.append(("in all", *(f"{sum(r[k] or 0 for r in each.values()):.1f}" for each in found for k in (0, 1))))
    show(tuple(columns), rows, wide=32, each=13)


if __name__ == "__main__":
    main()
