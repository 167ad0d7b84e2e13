"""Whether every installed package is under a licence that `licences.toml` allows.

A package offered under several may be taken under any; one made of parts must have each part allowed. A licence that
nobody can read is not allowed: a person looks, and writes down what it is.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from license_expression import ExpressionError, LicenseSymbol, get_spdx_licensing

Rules = Mapping[str, Any]
"""licences.toml as data."""

SPDX = get_spdx_licensing()
UNKNOWN = "UNKNOWN"


def rules() -> Rules:
    """licences.toml."""
    return tomllib.loads(Path(__file__).with_name("licences.toml").read_text(encoding="utf-8"))


def installed(python: str = sys.executable) -> list[dict[str, str]]:
    """Name, version and licence of every package of an environment, as it states them itself."""
    command = [sys.executable, "-m", "piplicenses", "--python", python, "--from", "all", "--format", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def stated(package: Mapping[str, str], names: Mapping[str, str]) -> str:
    """The licence of a package as an SPDX expression, or as it stands where it is none."""
    if (expression := package["License-Expression"]) != UNKNOWN:
        return expression
    if (classifiers := package["License-Classifier"]) != UNKNOWN:
        return " AND ".join(names.get(c, c) for c in classifiers.split("; "))
    first = package["License-Metadata"].strip().partition("\n")[0].strip()
    return names.get(first, first)


def permitted(expression: Any, allowed: set[str]) -> bool:
    """Whether a parsed expression can be met with allowed licences alone."""
    if isinstance(expression, LicenseSymbol):
        return expression.key in allowed
    parts = [permitted(part, allowed) for part in expression.args]
    return any(parts) if expression.operator.strip() == "OR" else all(parts)


def forbidden(packages: list[dict[str, str]], by: Rules) -> list[str]:
    """A line for each package whose licence is not allowed."""
    found = []
    for package in packages:
        text = stated(package, by["names"])
        if by["exceptions"].get(package["Name"], {}).get("licence") == text:
            continue
        try:
            fine = bool(text) and permitted(SPDX.parse(text, validate=True), set(by["allowed"]))
        except ExpressionError:
            fine = False
        if not fine:
            found.append(f"{package['Name']} {package['Version']}: {text[:80] or 'states no licence'}")
    return found


def main() -> int:
    """Print what is not allowed; 1 where there is something."""
    packages, by = installed(), rules()
    wrong = forbidden(packages, by)
    for line in wrong:
        print(f"licence not allowed: {line}", file=sys.stderr)
    if not wrong:
        print(f"licences: {len(packages)} installed packages, every licence allowed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
