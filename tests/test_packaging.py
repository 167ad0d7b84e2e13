"""The wheel: what it holds, and that it runs from any folder without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


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
