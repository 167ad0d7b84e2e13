"""A release: wheel, source archive and a list of everything they bring, the same bytes on every machine.

It is built from the last commit, not from the working folder: what lies about there, its file modes and the clock
leave no trace. The wheel is built from the source archive, so that the archive is known to be complete.
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK, SUMS = "requirements.lock", "SHA256SUMS"


def _said(*command: str, folder: Path) -> bytes:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout


def committed(source: Path, into: Path) -> str:
    """Lay out the last commit of a checkout; returns its time in seconds."""
    with tarfile.open(fileobj=io.BytesIO(_said("git", "archive", "HEAD", folder=source))) as archive:
        archive.extractall(into, filter="data")
    return _said("git", "log", "-1", "--format=%ct", folder=source).decode().strip()


def archives(tree: Path, into: Path, when: str) -> None:
    """Build the source archive, and the wheel from it."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), str(tree)]
    subprocess.run(
        command, check=True, stdout=sys.stderr, env={**os.environ, "SOURCE_DATE_EPOCH": when, "TZ": "UTC"}, umask=0o022
    )


def bill(tree: Path, into: Path) -> None:
    """Write the software bill of materials, CycloneDX as JSON: every locked package with its hashes."""
    name = next(into.glob("*.tar.gz")).name.removesuffix(".tar.gz")
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", str(tree / LOCK), "--pyproject"]
    command += [
        str(tree / "pyproject.toml"),
        "--mc-type",
        "library",
        "--output-reproducible",
        "--output-format",
        "JSON",
    ]
    subprocess.run([*command, "--output-file", str(into / f"{name}.cdx.json")], check=True)


def sums(into: Path) -> str:
    """The SHA-256 of each file of a folder, a line each, as `sha256sum --check` reads it."""
    files = sorted(p for p in into.iterdir() if p.name != SUMS)
    return "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files)


def main(source: Path, into: Path) -> None:
    """Build everything from the last commit of `source` into an empty folder and print the sums."""
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        sys.exit(f"{into} is not empty: give an empty folder, or take away what lies there")
    if changed := _said("git", "status", "--porcelain", folder=source).decode().splitlines():
        print(f"{len(changed)} uncommitted changes are left out", file=sys.stderr)
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "tree"
        when = committed(source, tree)
        archives(tree, into, when)
        bill(tree, into)
    (into / SUMS).write_text(sums(into), encoding="utf-8")
    print(sums(into), end="")


if __name__ == "__main__":
    main(ROOT, Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").resolve())
