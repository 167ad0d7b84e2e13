"""The suite on every Python that is allowed, with the oldest and the newest dependencies that are: a table.

Oldest is the lower bound of each direct dependency in pyproject.toml, or above it the first version with a wheel for
that Python: a bound that does not work fails here. A Python that the machine has not and cannot get is said to be
missing, never passed over.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
RESOLUTIONS = {"oldest": "lowest-direct", "newest": "highest"}
SHOWN = ("langgraph", "langchain-core", "pydantic", "numpy", "networkx", "starlette", "pandas")
PART = ("chat_model", "classroom_rules", "cli", "compare", "debate", "export", "frames", "human", "packaging")
PART += ("report_html", "run_command", "sensitivity", "stance", "stored_runs")
"""The tests that touch a dependency: `--all` runs the others too."""
UV = (sys.executable, "-m", "uv")


@dataclass(frozen=True)
class Row:
    """One Python with one choice of dependencies."""

    python: str
    dependencies: str
    versions: str
    outcome: str

    @property
    def failed(self) -> bool:
        """Whether something was tried and did not pass."""
        return not self.outcome.endswith(("passed", "not to be had here"))


def _version(path: Path) -> str:
    """The version an interpreter says it is; empty where it does not start."""
    done = subprocess.run([path, "-c", "import platform; print(platform.python_version())"], capture_output=True)
    return done.stdout.decode().strip() if done.returncode == 0 else ""


def _places(wanted: str) -> Iterator[Path]:
    """Where an interpreter may lie: on the path, with pyenv, and where uv can put one."""
    name = f"python{wanted}"
    yield from (Path(folder) / name for folder in os.environ["PATH"].split(os.pathsep))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from sorted(pyenv.glob(f"{wanted}.*/bin/{name}"), reverse=True)
    if subprocess.run([*UV, "python", "install", wanted], capture_output=True).returncode == 0:
        found = subprocess.run([*UV, "python", "find", "--managed-python", wanted], capture_output=True, text=True)
        yield Path(found.stdout.strip())


def interpreter(wanted: str) -> tuple[Path, str] | None:
    """An interpreter of a version and what it says it is; None where there is none."""
    for path in _places(wanted):
        if path.is_file() and (version := _version(path)).startswith(f"{wanted}."):
            return path, version
    return None


def prepare(python: Path, resolution: str, folder: Path) -> Path:
    """An environment with the project and its dependencies; its interpreter. Raises where they cannot be had."""
    inside = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run([*UV, "venv", "--quiet", "--python", python, folder], check=True)
    install = [*UV, "pip", "install", "--quiet", "--python", str(inside)]
    chosen = ["--resolution", resolution, "--only-binary", ":all:", "--compile-bytecode"]
    subprocess.run([*install, *chosen, "--requirements", "pyproject.toml", "--extra", "dev"], cwd=ROOT, check=True)
    subprocess.run([*install, "--no-deps", "--no-build-isolation", "--editable", "."], cwd=ROOT, check=True)
    return inside


def versions(inside: Path) -> str:
    """The versions that matter, in one line."""
    done = subprocess.run([*UV, "pip", "list", "--python", inside, "--format", "json"], check=True, capture_output=True)
    known = {entry["name"]: entry["version"] for entry in json.loads(done.stdout)}
    return ", ".join(f"{name} {known[name]}" for name in SHOWN)


def suite(inside: Path, files: list[str], workers: int, log: Path) -> str:
    """Run tests; what came of them, as pytest counts."""
    command = [inside, "-m", "pytest", "-p", "no:cacheprovider", "-n", str(workers), *files]
    unset = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    clean = {name: value for name, value in os.environ.items() if name not in unset}
    with log.open("w", encoding="utf-8") as out:
        status = subprocess.run(command, cwd=ROOT, env=clean, stdout=out, stderr=subprocess.STDOUT).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    counts = re.findall(r"(\d+) (failed|errors?|passed)\b", text.strip().rpartition("\n")[2])
    if status == 0 and [kind for _, kind in counts] == ["passed"]:
        return f"{counts[0][0]} passed"
    return (", ".join(f"{number} {kind}" for number, kind in counts) or "nothing ran") + f" (exit status {status})"


def row(wanted: str, kind: str, options: argparse.Namespace, under: Path) -> Row:
    """Try one Python with one choice of dependencies."""
    found = interpreter(wanted)
    if found is None:
        return Row(wanted, kind, "", "not to be had here")
    path, version = found
    folder = under / f"{wanted}-{kind}"
    try:
        inside = prepare(path, RESOLUTIONS[kind], folder)
        files = [] if options.all else [f"tests/test_{name}.py" for name in PART]
        log = options.logs / f"{wanted}-{kind}.log"
        outcome = suite(inside, files, options.workers, log)
        return Row(version, kind, versions(inside), outcome)
    except subprocess.CalledProcessError as error:
        return Row(version, kind, "", f"cannot be installed (exit status {error.returncode})")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| Python | dependencies | of which | tests |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| {r.python} | {r.dependencies} | {r.versions} | {r.outcome} |" for r in rows])


def main() -> int:
    """Print the table; 1 where something that was tried did not pass."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="the whole suite, not only what touches a dependency")
    parser.add_argument("--python", action="append", choices=PYTHONS, help="only this one (repeatable)")
    parser.add_argument("--only", choices=RESOLUTIONS, help="only the oldest, or only the newest dependencies")
    parser.add_argument("--workers", type=int, default=2, help="processes that run tests at once")
    parser.add_argument("--logs", type=Path, default=ROOT / "build" / "matrix", help="where pytest's words are kept")
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory() as under:
        for wanted in options.python or PYTHONS:
            for kind in [options.only] if options.only else RESOLUTIONS:
                rows.append(row(wanted, kind, options, Path(under)))
                print(f"{rows[-1].python} {kind}: {rows[-1].outcome}", file=sys.stderr)
    print(table(rows))
    return 1 if any(r.failed for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
