"""The README and the documents beside it say what the program does."""

import re
from pathlib import Path

import pytest
import yaml

from simulation.stance import coefficients_bytes

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_in_the_table_exists(communique):
    named = set(re.findall(r"^\| `communique ([a-z-]+)", README, re.M))
    listed = set(re.findall(r"^  ([a-z-]+)  ", communique("--help").out.split("Commands:")[1], re.M))
    assert named == listed


def test_the_scenario_in_the_readme_runs(communique, tmp_path):
    text = re.search(r"```yaml\n(.*?)```", README, re.S).group(1)
    (tmp_path / "moratorium.yaml").write_text(text, encoding="utf-8")
    assert communique("check", "moratorium.yaml").status == 0
    assert communique("run", "./moratorium.yaml", "-q").status == 0


def test_the_figures_are_those_the_commands_print(communique):
    block = re.search(r"```\n(\d+ reactions to .*?)\n```", README, re.S).group(1)
    assert communique("backtest").out.strip() == block
    found = yaml.safe_load(coefficients_bytes())["fitted"]["cross_validated"]
    assert f"mean absolute error on the five-point scale {found['mae5']:.2f}" in README
    assert f"accuracy on three classes {found['accuracy3']:.2f}" in README


def test_the_lines_of_a_run_are_those_it_prints(communique):
    shown = re.search(r"\$ communique run takaichi_coalition\n…\n(.*?)\n```", README, re.S).group(1).splitlines()
    said = communique("run", "takaichi_coalition")
    assert said.err.splitlines()[-3:] == shown[:3]
    assert re.sub(r"^runs/[\d-]{11}", "", said.out.strip()) == re.sub(r"^runs/[\d-]{11}", "", shown[3])


def test_the_dossier_in_agents_readme_is_valid(communique, tmp_path):
    text = (ROOT / "agents" / "README.md").read_text(encoding="utf-8")
    (tmp_path / "example.yaml").write_text(re.search(r"```yaml\n(.*?)```", text, re.S).group(1), encoding="utf-8")
    assert communique("check", "example.yaml").status == 0


@pytest.mark.parametrize("name", ["README.md", "agents/README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / name).parent.joinpath(target).exists(), target
