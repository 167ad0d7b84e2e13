"""What the project brings and how it is released: locks, licences, advisories, archives."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]
TOOLS = ("dev", "release")
LOCKS = {
    "requirements-dev.lock": TOOLS,
    "requirements.lock": tuple(extra for extra in OPTIONAL if extra not in TOOLS),
}


def entries(lock):
    """Name, version and marker of each pin of a lock, with the number of its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pattern = r"^([\w.-]+)==([^\s;]+)(?: ; ([^\\\n]+?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
    return [(n, Version(v), m and Marker(m), h.count("--hash")) for n, v, m, h in re.findall(pattern, text, re.M)]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_a_lock_gives_every_requirement_of_pyproject_one_version_that_it_allows(lock, python):
    here = {"python_version": python, "python_full_version": f"{python}.0"}
    pinned = [(n, v) for n, v, marker, _ in entries(lock) if not marker or marker.evaluate(here)]
    known = dict(pinned)
    assert len(known) == len(pinned)
    for text in [*PROJECT["dependencies"], *(text for extra in LOCKS[lock] for text in OPTIONAL[extra])]:
        wanted = Requirement(text)
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if not wanted.marker or wanted.marker.evaluate(here):
            assert wanted.specifier.contains(known[name]), f"{text}: run make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_hashes_and_names_no_place(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert len(entries(lock)) == len(re.findall(r"^[^\s#]", text, re.M)) > 50
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.M)


def test_both_locks_agree_on_every_package_that_stands_in_both():
    dev, users = ({(n, v) for n, v, _, _ in entries(lock)} for lock in LOCKS)
    names = {n for n, _ in dev} & {n for n, _ in users}
    assert {e for e in dev if e[0] in names} >= {e for e in users if e[0] in names}


def script(name, *arguments, **more):
    return subprocess.run(
        [sys.executable, str(ROOT / "supply" / f"{name}.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        **more,
    )


class Osv(BaseHTTPRequestHandler):
    """Knows one flaw, of the package it is told."""

    flawed = ""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = {}
        if asked["package"]["name"] == self.flawed:
            package = {"name": self.flawed, "ecosystem": "PyPI"}
            span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999"}]}
            flaw = {"id": "PYSEC-2026-1", "details": "It leaks.", "published": "2026-01-01T00:00:00Z"}
            found = {"vulns": [{**flaw, "affected": [{"package": package, "ranges": [span]}]}]}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def advisories(request):
    """The script asking a service on this machine that knows one flaw, or none."""
    handler = type("Told", (Osv,), {"flawed": request.param})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield script("advisories", f"http://127.0.0.1:{server.server_port}/v1/query")
        server.shutdown()


@pytest.mark.release
@pytest.mark.parametrize("advisories", ["numpy"], indirect=True)
def test_the_audit_names_a_locked_package_with_a_known_flaw_and_what_mends_it(advisories):
    assert advisories.returncode == 1
    lines = advisories.stderr.splitlines()
    assert {line.split()[0] for line in lines} == {"numpy"}
    assert len(lines) == len({v for lock in LOCKS for n, v, _, _ in entries(lock) if n == "numpy"})
    assert lines[0].endswith("PYSEC-2026-1: fixed in 999")


@pytest.mark.release
@pytest.mark.parametrize("advisories", [""], indirect=True)
def test_the_audit_counts_every_locked_package_when_no_flaw_is_known(advisories):
    everything = {(n, v) for lock in LOCKS for n, v, _, _ in entries(lock)}
    assert advisories.returncode == 0
    assert advisories.stdout == f"advisories: {len(everything)} locked packages, no known vulnerability\n"


@pytest.mark.release
def test_the_audit_does_not_pass_where_nobody_could_be_asked():
    said = script("advisories", "http://127.0.0.1:9/v1/query")
    assert (said.returncode, said.stdout) == (3, "")
    assert said.stderr.startswith("advisories could not be fetched")


@pytest.mark.release
def test_every_installed_package_is_under_a_licence_that_is_allowed():
    said = script("licences")
    assert said.returncode == 0, said.stderr


@pytest.mark.release
@pytest.mark.parametrize(
    ("licence", "fine"),
    [
        ("MIT", True),
        ("GPL-3.0-or-later OR MIT", True),
        ("GPL-3.0-or-later AND MIT", False),
        ("(MIT OR GPL-2.0-only) AND (AGPL-3.0-only OR Apache-2.0)", True),
        ("LGPL-3.0-only", False),
        ("Our Own Licence", False),
        ("", False),
    ],
)
def test_a_licence_is_allowed_when_one_choice_of_each_part_is(monkeypatch, licence, fine):
    monkeypatch.syspath_prepend(str(ROOT / "supply"))
    from licences import forbidden, rules

    unknown = {"License-Expression": "UNKNOWN", "License-Classifier": "UNKNOWN", "License-Metadata": licence}
    found = forbidden([{"Name": "thing", "Version": "1", **unknown}], rules())
    assert (not found) == fine
    if licence == "LGPL-3.0-only":
        assert forbidden([{"Name": "psycopg", "Version": "3", **unknown}], rules()) == []


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Two releases of one commit, from two checkouts in different folders under different masks."""
    made = []
    for number, mask in enumerate((0o022, 0o077)):
        folder = tmp_path_factory.mktemp(f"release-{number}")
        tree = folder / ("checkout" * (number + 1))
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tree)], check=True, umask=mask)
        (tree / "simulation" / "left_behind.py").write_text("", encoding="utf-8")
        clean = {**os.environ, "TZ": ("Asia/Tokyo", "America/Lima")[number], "PYTHONPATH": ""}
        done = subprocess.run(
            [sys.executable, "supply/build.py", str(folder / "dist")],
            cwd=tree,
            env=clean,
            umask=mask,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "1 uncommitted changes are left out" in done.stderr
        made.append((folder / "dist", done.stdout))
    return made


@pytest.mark.release
def test_two_releases_of_one_commit_are_the_same_bytes(releases):
    (folder, sums), (_, again) = releases
    assert sums == again
    names = [line.split("  ")[1] for line in sums.splitlines()]
    assert [name.rpartition("communique-0.1.0")[2] for name in names] == ["-py3-none-any.whl", ".cdx.json", ".tar.gz"]
    for line in sums.splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert (folder / "SHA256SUMS").read_text(encoding="utf-8") == sums


@pytest.mark.release
def test_the_bill_of_materials_lists_every_locked_package_with_its_hashes(releases):
    bill = json.loads(next(releases[0][0].glob("*.cdx.json")).read_text(encoding="utf-8"))
    listed = {(c["name"], Version(c["version"]), len(c["externalReferences"][0]["hashes"])) for c in bill["components"]}
    assert listed == {(n, v, hashes) for n, v, _, hashes in entries("requirements.lock")}
    assert bill["metadata"]["component"]["name"] == "communique"
    assert "timestamp" not in bill["metadata"]


@pytest.mark.release
def test_the_source_archive_holds_all_that_is_committed_and_its_tests_run(releases, tmp_path):
    with tarfile.open(next(releases[0][0].glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    held = {str(p.relative_to(tree)) for p in tree.rglob("*") if p.is_file()}
    assert set(listed.splitlines()) - held == set()
    assert not (tree / "simulation" / "left_behind.py").exists()
    files = ["tests/test_architecture.py", "tests/test_packaging.py", "tests/test_stance.py", "tests/test_supply.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *files],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
