"""The locks: each package with its hashes, for every system and Python that pyproject.toml allows.

`requirements-dev.lock` is what CI installs, `requirements.lock` what a user gets with every extra: a release is
described and audited by it. Neither names where packages come from, so any mirror serves.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
CI, RELEASE = "requirements-dev.lock", "requirements.lock"
TOOLS = ("dev", "release")
"""The extras that serve those who work on the project."""


def extras() -> list[str]:
    """The extras that serve users, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(set(project["optional-dependencies"]) - set(TOOLS))


def compile_lock(name: str, wanted: list[str], *more: str) -> None:
    """Write one lock; what it pins already stays as long as pyproject.toml allows it."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal"]
    command += ["--python-version", "3.11", "--generate-hashes", "--custom-compile-command", "make lock"]
    command += [part for extra in wanted for part in ("--extra", extra)]
    subprocess.run([*command, *more, "--output-file", name], cwd=ROOT, check=True)


def main(arguments: list[str]) -> None:
    """Write both locks; `--upgrade` takes the newest versions allowed."""
    compile_lock(CI, list(TOOLS), *arguments)
    compile_lock(RELEASE, extras(), *arguments, "--constraint", CI)


if __name__ == "__main__":
    main(sys.argv[1:])
