"""Whether a known vulnerability is published for any locked package.

pip-audit asks; one that reached nobody would say "no known vulnerabilities", so every package must have had an answer.
Exit status: 0 none known, 1 some known, 3 the advisories could not be fetched.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements-dev.lock", "requirements.lock")
SERVICES = (("pypi",), ("osv",))
NONE_KNOWN, KNOWN, NOT_FETCHED = 0, 1, 3

Answers = list[dict[str, Any]]
"""What pip-audit says of each package: `vulns`, or a `skip_reason` where it had no answer."""


def pins(locks: Iterable[Path]) -> list[list[str]]:
    """Every locked package, for every system and Python; a second version of one goes into a second list."""
    versions = defaultdict(set)
    for lock in locks:
        for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.M):
            versions[name].add(version)
    columns = max(map(len, versions.values()))
    return [[f"{n}=={sorted(v)[k]}" for n, v in sorted(versions.items()) if k < len(v)] for k in range(columns)]


def ask(lists: Iterable[list[str]], service: Iterable[str]) -> Answers | None:
    """What a service knows of each package; None where it could not be reached or left any out."""
    answers: Answers = []
    with tempfile.TemporaryDirectory() as folder:
        for number, wanted in enumerate(lists):
            path = Path(folder) / f"{number}.txt"
            path.write_text("\n".join(wanted) + "\n", encoding="utf-8")
            command = [sys.executable, "-m", "pip_audit", "--requirement", str(path), "--no-deps", "--disable-pip"]
            command += ["--progress-spinner", "off", "--format", "json", "--vulnerability-service", *service]
            done = subprocess.run(command, capture_output=True, text=True)
            try:
                found = json.loads(done.stdout)["dependencies"]
            except ValueError:
                return None
            if len(found) != len(wanted) or any("vulns" not in f for f in found):
                return None
            answers += found
    return answers


def main(services: Iterable[tuple[str, ...]] = SERVICES, root: Path = ROOT) -> int:
    """Ask one service after the other until one answers for every package."""
    lists = pins(root / lock for lock in LOCKS)
    answers = next((found for service in services if (found := ask(lists, service)) is not None), None)
    if answers is None:
        print("advisories could not be fetched: nothing is known about the locked packages", file=sys.stderr)
        return NOT_FETCHED
    known = [(f, v) for f in answers for v in f["vulns"]]
    for package, flaw in known:
        cure = f"fixed in {', '.join(flaw['fix_versions'])}" if flaw.get("fix_versions") else "no fixed version yet"
        print(f"{package['name']} {package['version']}: {flaw['id']}: {cure}", file=sys.stderr)
    if not known:
        print(f"advisories: {len(answers)} locked packages, no known vulnerability")
    return KNOWN if known else NONE_KNOWN


if __name__ == "__main__":
    mirrors = tuple(("osv", "--osv-url", address) for address in sys.argv[1:])
    sys.exit(main(mirrors or SERVICES))
