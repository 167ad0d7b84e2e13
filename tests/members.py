"""Tables of thin desks for tests: `benchmarks/members.py` on votes drawn by a seed, so that no data file is needed."""

import importlib.util
import sys
from pathlib import Path

import numpy as np

PLACE = Path(__file__).parent.parent / "benchmarks" / "members.py"


def _script():
    spec = importlib.util.spec_from_file_location("members_script", PLACE)
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


def write_table(folder: Path, seats: int, rounds: int = 3) -> Path:
    """Write agents/ and scenario.yaml with so many seats, the last two made up; returns the scenario."""
    script, draws = _script(), np.random.default_rng(11)
    every = sorted(line.split(",")[0] for line in script.NAMES.read_text(encoding="utf-8").splitlines()[1:])
    needed = ["BRA", "NOR", "USA", "ZAF"]
    codes = tuple(sorted([*needed, *[c for c in every if c not in needed]][: seats - 2]))
    west = draws.random((len(codes), 1)) < 0.3
    leaning = np.where(west, draws.random((1, 120)), draws.random((1, 120)))
    cast = np.where(draws.random((len(codes), 120)) < leaning, 1.0, draws.integers(-1, 1, (len(codes), 120)))
    names = sorted({tag for tags, _, _ in script.TAGGED.values() for tag in tags.split()})
    tags = {tag: np.arange(120) % len(names) == k for k, tag in enumerate(names)}
    standing = {"USA": 0.13, "BRA": 0.02, "ZAF": 0.006}
    script.write(folder, script.members(script.Votes(codes, cast, tags), standing, seats, 7), rounds)
    return folder / "scenario.yaml"
