"""Which files a run folder holds beside run.json."""

from contextlib import suppress

from simulation.arguments import NotSettled, as_graphml, graph_of
from simulation.report import markdown, tables
from simulation.runs import Run


def reports(run: Run) -> dict[str, str]:
    """File name to text."""
    found = {
        "assessment.md": markdown.assessment(run),
        "transcript.md": markdown.transcript(run),
        "stances.csv": tables.stances(run),
    }
    with suppress(NotSettled):
        found["arguments.graphml"] = as_graphml(graph_of(run.transcript, run.scenario))
    return found
