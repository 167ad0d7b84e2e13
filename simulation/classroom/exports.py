"""What a teacher takes away: the debrief as a page, everything as tables, and sheets for grading with names hidden."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulation.classroom.debrief import debrief, predicted, truths
from simulation.classroom.lesson import TITLES
from simulation.classroom.pages import text
from simulation.classroom.predictions import brier, shares
from simulation.classroom.room import RUNS, Room
from simulation.report.rubric import Entry, Paper, page
from simulation.report.tables import as_csv
from simulation.report.tables import stances as stances_csv
from simulation.scenario import STANCES
from simulation.wording import upper


def debrief_page(room: Room) -> str | None:
    """The debrief as one HTML page that asks for nothing; None before there is one."""
    found = debrief(room)
    if found is None:
        return None
    shown = {"room": room, "scenario": room.scenario, "names": room.names, "found": found}
    return text("debrief_page", **shown)


def _handles(room: Room) -> dict[int, str]:
    return {s.id: s.handle for s in room.students()}


def papers(room: Room) -> str:
    """Every submitted writing paper: one row a student, round and provision."""
    head = ["handle", "country", "round", "stance", "headline", "provision", "position_pct", "reason", "sources"]
    students, rows = {s.id: s for s in room.students()}, []
    for paper in room.store.papers():
        if paper.kind.startswith("write:") and paper.answer is not None:
            student, answer = students[paper.student], paper.answer
            for provision, held in answer["positions"].items():
                rows.append(
                    {
                        "handle": student.handle,
                        "country": student.country,
                        "round": int(paper.kind.partition(":")[2]),
                        "stance": answer["stance"],
                        "headline": answer["headline"],
                        "provision": provision,
                        "position_pct": held["position_pct"],
                        "reason": held["reason"],
                        "sources": " ".join(held["sources"]),
                    }
                )
    return as_csv(head, rows)


def predictions(room: Room) -> str | None:
    """Every prediction with its score; None before there is something to score it against."""
    table = room.table
    if table is None or table.dossiers is None:
        return None
    head, rows = ["handle", "country", "predicted", "sure_pct", "came", "against", "brier"], []
    known = truths(room, table.dossiers)
    for handle, given in predicted(room).values():
        for truth in known:
            if guess := given.get(truth.country):
                score = brier(shares(guess["stance"], guess["sure"]), truth.stance)
                came = next(name for name, value in STANCES.items() if value == truth.stance)
                row: dict[str, Any] = {"handle": handle, "country": truth.country, "predicted": guess["stance"]}
                row |= {"sure_pct": guess["sure"], "came": came, "brier": round(score, 3)}
                rows.append({**row, "against": "what it did" if truth.documented else "its dossier"})
    return as_csv(head, rows)


def votes(room: Room) -> str:
    """Every student's marks and vote."""
    head, rows, handles = ["handle", "country", "kind", "on", "choice", "reason"], [], _handles(room)
    countries = {s.id: s.country for s in room.students()}
    for paper in (p for kind in ("mark", "vote") for p in room.store.papers(kind)):
        if paper.answer is not None:
            who = {"handle": handles[paper.student], "country": countries[paper.student], "kind": paper.kind}
            if paper.kind == "mark":
                rows += [{**who, "on": p, "choice": choice, "reason": ""} for p, choice in paper.answer.items()]
            else:
                rows.append({**who, "on": "package", "choice": paper.answer["vote"], "reason": paper.answer["reason"]})
    return as_csv(head, rows)


def stances(room: Room) -> str | None:
    """The debate itself: one row a country, round and provision."""
    return stances_csv(room.table.run) if room.table is not None and room.table.run is not None else None


def log(room: Room) -> str:
    """What the teacher did, and when (seconds since 1970)."""
    return as_csv(["at", "what"], [{"at": round(at), "what": what} for at, what in room.store.log()])


def rubric(room: Room) -> str:
    """A sheet a student with the name hidden, in an order that is not that of joining."""
    entries = []
    students = sorted(room.students(), key=lambda s: s.secret)
    for number, student in enumerate(students, 1):
        mine = [p for p in room.store.papers() if p.student == student.id and p.answer is not None]
        sheets = tuple(_sheet(room, p.kind, dict(p.answer or {})) for p in mine if p.kind.startswith("write:"))
        entries.append(Entry(f"Paper {number}", room.names[student.country], sheets))
    return page(room.scenario.title, room.scenario.date, entries)


def _sheet(room: Room, kind: str, answer: dict[str, Any]) -> Paper:
    lines = [answer["headline"], *(p["text"] for p in answer.get("context", ()))]
    for provision in room.scenario.provisions:
        held = answer["positions"][provision.id]
        cited = f" [{', '.join(held['sources'])}]" if held["sources"] else " [own claim]"
        lines.append(f"{upper(provision.short)}, {held['position_pct']:+d} %: {held['reason']}{cited}")
    for a in answer.get("arguments", ()):
        short = room.scenario.provision(a["provision"]).short
        lines.append(f"Argues {a['side']} {short}: {a['claim']} {a['text'] if a['text'] != a['claim'] else ''}".strip())
    lines += [f"{upper(a['tone'])} {a['argument']}: {a['text']}" for a in answer.get("answers", ())]
    lines += [f"Asks: {a['text']}" for a in answer.get("asks", ())] + [p["text"] for p in answer.get("outlook", ())]
    return Paper(
        f"{TITLES['write']}, round {kind.partition(':')[2]}: {answer['stance'].replace('_', ' ')}", tuple(lines)
    )


def report(room: Room) -> str | None:
    """The assessment of the debate, as every run has it."""
    path: Path | None = room.folder / RUNS / room.state.run / "assessment.html" if room.state.run else None
    return path.read_text(encoding="utf-8") if path is not None and path.is_file() else None


FILES: dict[str, Callable[[Room], str | None]] = {
    "debrief.html": debrief_page,
    "assessment.html": report,
    "rubric.html": rubric,
    "papers.csv": papers,
    "predictions.csv": predictions,
    "votes.csv": votes,
    "stances.csv": stances,
    "log.csv": log,
}
"""Every export, by the name of its file."""
