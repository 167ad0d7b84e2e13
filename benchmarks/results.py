"""Runs the benchmarks as commands of their own and keeps what they print in RESULTS.md, each in its section.

`make bench` renews every section, `make bench ONLY=draws,growth` those named, and the others stay as they are. Each
section holds the output word for word, with day and load, since sections may be of different days. A benchmark that
fails is named as failed, with what it printed until then; the exit status is then 1. The file is written after every
benchmark, so that a broken-off evening keeps what was measured.

Usage: results.py [--only NAMES] [--peers PYTHON] [--out FILE] [--folder FOLDER-OF-THE-SCRIPTS]
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from table import HERE, load

BENCHMARKS = {
    "overhead": "What the graph costs where nobody has to think: beside a bare loop, LangGraph alone and two published "
    "packages, and a seat's turn beside LangGraph's own floor.",
    "calls": "Calls and wall time with a model that takes half a second: this program beside one call after another, a "
    "plain LangGraph fan-out and two published packages.",
    "growth": "Time, memory and size of the record from 5 to 200 countries and 3 to 10 rounds, with the exponents.",
    "draws": "Debates drawn a second: vectorised beside plain Python and beside what the machine's memory allows.",
    "packages": "Packages and single amendments scored a second: all at once, in plain Python, and each text read "
    "anew.",
    "sweep": "Debates of a sweep a second: one worker and two beside a plain loop of whole debates.",
    "startup": "What a user waits for before a command begins, by the package the imports belong to.",
    "reports": "Rendering and size of each file of a run, at five seats and at twelve.",
    "classroom": "A lesson with 40 students on loopback: pages, submissions, events and memory of the server.",
}
"""Every benchmark by the name of its script, with the sentence before its table."""
PEERS = ("overhead", "calls")
"""Those that are given the Python of the peers."""
PACKAGES = ("numpy", "langgraph", "langgraph-checkpoint-sqlite", "langchain-core", "pydantic", "networkx", "jinja2")
FENCE = "```"


def processor():
    """The model of the processor, or its kind where the system does not tell."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def today():
    return datetime.now(UTC).strftime("%Y-%m-%d")


def head():
    """What the figures depend on beside the code; neither a path nor a name of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return "\n".join(
        [
            "# Benchmarks: results",
            "",
            "Written by `make bench`; `make bench ONLY=draws,growth` renews some sections. Timings on a machine shared "
            "with other work vary: read the ratios, which are measured side by side.",
            "",
            f"- Machine: {processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}",
            f"- Python {platform.python_version()}; {packages}",
            f"- Last written {today()}, load {load():.1f}",
        ]
    )


def sections(text):
    """Sections by name."""
    parts = re.split(r"^## (\w+)\n", text, flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def nameless(text):
    """Output without paths and the name of this machine, and without anything that would end the block of code."""
    for part, word in ((str(HERE.parent), "."), (tempfile.gettempdir(), "TMP"), (str(Path.home()), "~")):
        text = text.replace(part, word) if len(part) > 1 else text
    return text.replace(platform.node() or "\0", "HOST").replace(FENCE, "'''").strip("\n")


def told(script, words):
    """What a benchmark prints, which is printed here line by line too, and why it failed; empty where it did not."""
    lines = []
    with tempfile.TemporaryFile("w+") as complaints:
        command = [sys.executable, str(script), *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as process:
            for line in process.stdout:
                print(line, end="", flush=True)
                lines.append(line)
        complaints.seek(0)
        said = complaints.read()
    print(said, end="", file=sys.stderr)
    last = (said.strip().splitlines() or ["it said nothing"])[-1]
    return "".join(lines), f"exit status {process.returncode}: {last}" if process.returncode else ""


def section(name, output, failure):
    """One section without its heading."""
    lines = [BENCHMARKS[name], "", f"`make bench-{name}`, {today()}, load {load():.1f} at its end.", ""]
    if failure:
        lines += [f"**Failed**, {nameless(failure)}", ""]
    return "\n".join([*lines, f"{FENCE}text", nameless(output), FENCE])


def write(out, found):
    """The file whole, or as it was."""
    bodies = [f"## {name}\n\n{found[name]}" for name in BENCHMARKS if name in found]
    partial = out.with_name(f"{out.name}.part")
    partial.write_text("\n\n".join([head(), *bodies]) + "\n", encoding="utf-8")
    partial.replace(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names, with commas")
    parser.add_argument("--peers", default=".venv-peers/bin/python")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument("--folder", type=Path, default=HERE)
    given = parser.parse_args()
    names = [name.strip() for name in given.only.split(",") if name.strip()] or list(BENCHMARKS)
    if strange := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {', '.join(strange)}; there are: {', '.join(BENCHMARKS)}")
    found = sections(given.out.read_text(encoding="utf-8")) if given.out.exists() else {}
    failed = []
    for name in names:
        print(f"== {name}", flush=True)
        output, failure = told(given.folder / f"{name}.py", [given.peers] if name in PEERS else [])
        failed += [name] if failure else []
        found[name] = section(name, output, failure)
        write(given.out, found)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
