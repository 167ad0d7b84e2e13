"""Which files a run folder holds beside run.json."""

from simulation.report import markdown, tables
from simulation.runs import Run


def reports(run: Run) -> dict[str, str]:
    """File name to text."""
    return {
        "assessment.md": markdown.assessment(run),
        "transcript.md": markdown.transcript(run),
        "stances.csv": tables.stances(run),
    }
