"""The wheel: what it holds, and that it runs from any folder without the checkout."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = sorted(
    {r for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()) for r in group}
)


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_every_dependency_has_a_lowest_version_and_ends_before_a_major_one(text):
    bounds = {s.operator: Version(s.version) for s in Requirement(text).specifier}
    assert set(bounds) == {">=", "<"}
    assert bounds["<"].release == (bounds["<"].major,), "an upper bound is a whole major version"
    assert bounds[">="] < bounds["<"]


def test_every_extra_but_those_of_the_project_itself_is_in_the_development_environment_too():
    """So that the suite tests it, and one lower bound serves: the browser's tests have an environment of their own."""
    optional = PROJECT["optional-dependencies"]
    for extra in set(optional) - {"dev", "release", "browser"}:
        assert set(optional[extra]) <= set(optional["dev"]), extra


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_it_holds_only_python_yaml_templates_served_files_and_metadata(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    inside = [n for n in names if ".dist-info/" not in n]
    assert {Path(n).suffix or Path(n).name for n in inside} <= {
        ".py",
        ".yaml",
        ".j2",
        ".typed",
        "py.typed",
        ".js",
        ".css",
    }
    served = [n for n in inside if n.endswith((".js", ".css"))]
    assert all(n.startswith("simulation/classroom/static/") for n in served)
    assert all(n.startswith("simulation/") for n in inside)
    assert "simulation/agents/japan.yaml" in names
    assert "simulation/classroom/static/classroom.js" in names
    assert "simulation/scenarios/takaichi_coalition.yaml" in names
    assert any(n.startswith("simulation/scenarios/history/") for n in names)


def test_it_runs_the_scenario_from_any_folder(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = f"import sys; sys.path.insert(0, {str(site)!r}); from simulation.cli import main; import simulation; "
    program += f"assert simulation.__file__.startswith({str(site)!r}); main(['run', 'takaichi_coalition', '-q'])"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COMMUNIQUE")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=elsewhere, capture_output=True, text=True, env=clean
    )
    assert done.returncode == 0, done.stderr
    assert (elsewhere / done.stdout.strip()).exists()
