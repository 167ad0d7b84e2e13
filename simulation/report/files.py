"""Which files a run folder holds beside run.json."""

from contextlib import suppress

from simulation.arguments import NotSettled, as_graphml
from simulation.report import html, markdown, tables
from simulation.report.account import Account
from simulation.runs import Run


def reports(run: Run) -> dict[str, str]:
    """File name to text."""
    told = Account(run)
    found = {
        "assessment.md": markdown.assessment(run, told),
        "assessment.html": html.assessment(run, told),
        "transcript.md": markdown.transcript(run, told),
        "stances.csv": tables.stances(run),
    }
    with suppress(NotSettled):
        found["arguments.graphml"] = as_graphml(told.graph)
    return found
