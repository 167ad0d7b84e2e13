"""What was fuzzed, killed and loaded, and what was lost: kept as JSON, told as the table in SECURITY.md.

python tests/evidence.py [fuzz=FILE] [crash=FILE] [soak=FILE] [classroom=FILE] takes in what `make fuzz`, `make
test-crash`, `make soak` and `make bench-classroom` measured, and writes the table anew. What was never measured stands
there as "not run"; what was stays as it was until it is measured again.
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
EVIDENCE = Path(__file__).with_name("evidence.json")
BEGIN, END = "<!-- evidence: begin -->", "<!-- evidence: end -->"
KINDS = {
    "fuzz": ("fuzzed", "make fuzz", "tests/test_fuzz.py"),
    "crash": ("faults injected", "make test-crash", "tests/test_crash.py"),
    "soak": ("loads held", "make soak", "tests/test_soak.py"),
    "classroom": ("a class of 40", "make bench-classroom", "tests/test_classroom.py"),
}
"""Each kind of measurement: what the table calls it, the command that makes it, and where its tests are."""


def kept(path: Path) -> dict:
    """Everything measured so far."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def where() -> dict:
    """The day, the commit, the machine and the versions that a measurement belongs to."""
    commit = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    names = ("langgraph", "pydantic", "numpy", "starlette")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip() or "no checkout",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
    }


def add(path: Path, kind: str, result: Path) -> None:
    """Take in the results of a command."""
    rows = json.loads(result.read_text(encoding="utf-8"))
    if kind not in KINDS or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SystemExit(f"{result} is no list of results of {kind}; kinds are {', '.join(KINDS)}")
    found = {**kept(path), kind: {**where(), "rows": rows}}
    path.write_text(json.dumps(dict(sorted(found.items())), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def shown(count: object) -> str:
    """A count of what must not happen: bold where it did."""
    return "0" if count == 0 else f"**{count}**"


def row(kind: str, found: dict) -> tuple[str, str, str, str]:
    """What was done, how often, what came of it, and the test."""
    test = found.get("test") or KINDS[kind][2]
    if kind == "fuzz":
        took = f"{found['seconds']:,.0f} s, seed {found['seed']}"
        return found["target"], f"{found['inputs']:,} inputs, {took}", f"{shown(found['forbidden'])} forbidden", test
    if kind == "crash":
        lost = (
            f"{shown(found['lost'])} lost, {shown(found['repeated'])} repeated, {shown(found['different'])} different"
        )
        return found["fault"], f"{found['points']:,} points", lost, test
    before, after = f"{found['before']:,.1f}", f"{found['after']:,.1f}"
    leaked = f"{shown(found['leaked'])} lost or leaked; {before} MB at the start, {after} MB at the end"
    return found["load"], f"{found['count']:,}", leaked, test


def table(found: dict) -> str:
    """The table, with a line for each kind that says when and where it was measured."""
    lines = ["| | what | how much | what came of it | test |", "|---|---|---|---|---|"]
    notes = []
    for kind, (name, command, test) in KINDS.items():
        if kind not in found:
            lines.append(f"| {name} | not run | | | `{command}`, `{test}` |")
            continue
        part = found[kind]
        for each in part["rows"]:
            what, much, came, proof = (cell.replace("|", "\\|").replace("\n", " ") for cell in row(kind, each))
            lines.append(f"| {name} | {what} | {much} | {came} | `{proof}` |")
        versions = ", ".join(f"{n} {v}" for n, v in part["versions"].items())
        machine = f"{part['machine']}, Python {part['python']}, {versions}"
        notes.append(f"- `{command}`: {part['date']}, commit {part['commit']}; {machine}.")
    return "\n".join([*lines, "", *notes]).strip() + "\n"


def main(words: list[str]) -> int:
    """Take in results given as kind=FILE, and write the table."""
    for word in words:
        kind, _, file = word.partition("=")
        add(EVIDENCE, kind, Path(file))
    page = ROOT / "SECURITY.md"
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{table(kept(EVIDENCE))}{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
