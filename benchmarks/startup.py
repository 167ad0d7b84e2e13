"""How long a command takes to start, and which packages it spends the time on.

Each command runs in a process of its own, with compiled modules in place: first plainly, for the time a user waits,
then under `-X importtime`, whose own times are summed by the first part of a module's name; the measuring itself makes
imports slower. Run: python benchmarks/startup.py
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from statistics import median

from table import machine, show, timed

SCENARIO, REPEATS, MOST = "takaichi_coalition", 5, 9
COMMANDS = {
    "--help": ("--help",),
    "check": ("check",),
    "run": ("run", SCENARIO, "--quiet"),
}
PROGRAM = "from simulation.cli import main; main()"
LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")


def called(words, *flags):
    """The finished process of a command, in an empty folder."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, *flags, "-c", PROGRAM, *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done


def by_package(text):
    """Own milliseconds of imports by package."""
    found = Counter()
    for took, name in LINE.findall(text):
        top = name.partition(".")[0]
        found["standard library" if top in sys.stdlib_module_names else top] += int(took) / 1000
    return found


def main():
    waits, spent, modules = {}, {}, {}
    for name, words in COMMANDS.items():
        called(words)  # once unmeasured: compiles what is not compiled
        waits[name] = median(timed(lambda words=words: called(words))[0] for _ in range(REPEATS))
        times = called(words, "-X", "importtime").stderr
        spent[name], modules[name] = by_package(times), len(LINE.findall(times))
    print(f"Milliseconds; the time a user waits is the median of {REPEATS}\n{machine('click', 'langgraph', 'numpy')}\n")
    total = sum(spent.values(), Counter())
    ranked = [name for name, _ in total.most_common()]
    rows = [("the whole command", *(f"{1000 * waits[c]:.0f}" for c in COMMANDS))]
    rows += [("modules imported", *(str(modules[c]) for c in COMMANDS))]
    rows += [("imports, in all", *(f"{spent[c].total():.0f}" for c in COMMANDS))]
    rows += [(f"  {top}", *(f"{spent[c][top]:.0f}" for c in COMMANDS)) for top in ranked[:MOST]]
    rest = [sum(spent[c][top] for top in ranked[MOST:]) for c in COMMANDS]
    rows += [(f"  {len(ranked) - MOST} others", *(f"{ms:.0f}" for ms in rest))]
    show(tuple(COMMANDS), rows, wide=30)


if __name__ == "__main__":
    main()
