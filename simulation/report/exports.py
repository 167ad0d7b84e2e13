"""A run in the format somebody's office takes: its own files as they stand, or its assessment as a Word document.

A file that lies in the run folder is given as it is; one that is missing is rendered from the record, which needs the
dossiers as they were.
"""

from pathlib import Path

from simulation import received
from simulation.errors import InputError
from simulation.plans import stale
from simulation.report import files
from simulation.report.word import as_docx
from simulation.runs import Run

FILES = {
    "md": "assessment.md",
    "html": "assessment.html",
    "json": "run.json",
    "csv": "stances.csv",
    "graphml": "arguments.graphml",
}
"""What each format is called in a run folder."""


def _rendered(run: Run, name: str) -> str:
    """A report made anew from the record."""
    if changed := stale(run.plan):
        raise InputError(
            f"{name} is missing, and {', '.join(changed)} changed since the run was made, so it cannot be made again",
            "put the files back, or run the scenario again",
            "E128",
        )
    made = files.reports(run)
    if name not in made:
        raise InputError(f"no {name} can be made of this run", "export md or json", "E167")
    return made[name]


def _file(run: Run, folder: Path, form: str) -> str:
    path = folder / FILES[form]
    if path.is_file() and not path.is_symlink():
        return received.content(path).decode("utf-8")
    return _rendered(run, path.name)


def export(run: Run, folder: Path, form: str) -> str | bytes:
    """The run of a folder in a format: md, html, json, csv, graphml as text, docx as bytes."""
    return as_docx(_file(run, folder, "md"), run) if form == "docx" else _file(run, folder, form)
