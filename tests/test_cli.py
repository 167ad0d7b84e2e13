import json
import subprocess
import sys

import pytest

HEAVY = ("langgraph", "langchain_core", "langsmith", "numpy", "networkx", "pydantic", "rich", "matplotlib")


def loaded_by(*args: str) -> set[str]:
    """The heavy packages that a command imports, found in a fresh interpreter."""
    program = (
        "import sys, json\n"
        "from simulation.cli import main\n"
        "try:\n main(sys.argv[1:])\nexcept SystemExit:\n pass\n"
        f"print('@@' + json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program, *args], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.rsplit("@@", 1)[1]))


def test_help_lists_every_command_and_loads_nothing_heavy():
    assert loaded_by("--help") == set()


def test_check_and_schema_never_load_the_graph(tmp_path):
    assert not loaded_by("check", str(tmp_path)) & {"langgraph", "langchain_core", "matplotlib", "networkx"}
    assert not loaded_by("schema", "scenario") & {"langgraph", "langchain_core", "matplotlib", "networkx"}


@pytest.mark.parametrize("command", ["run", "list", "show", "check", "graph", "schema", "backtest", "fit", "explain"])
def test_every_command_explains_itself(communique, command):
    assert command in communique("--help").out
    said = communique(command, "--help")
    assert said.status == 0
    assert "Usage" in said.out


def test_a_misspelt_command_names_the_nearest_and_exits_2(communique):
    said = communique("rnu")
    assert said.status == 2
    assert 'did you mean "run"' in said.err


def test_a_misspelt_option_exits_2(communique):
    assert communique("run", "takaichi_coalition", "--roundz", "2").status == 2


def test_an_option_can_come_from_the_environment(communique, monkeypatch, tmp_path):
    monkeypatch.setenv("COMMUNIQUE_RUN_ROUNDS", "1")
    said = communique("run", "takaichi_coalition", "--json")
    assert json.loads(said.out.splitlines()[0])["rounds"] == 1


def test_an_option_can_come_from_the_configuration_file_and_the_command_line_wins(communique, tmp_path):
    (tmp_path / "communique.toml").write_text("[run]\nrounds = 2\n")
    assert json.loads(communique("run", "takaichi_coalition", "--json").out.splitlines()[0])["rounds"] == 2
    said = communique("run", "takaichi_coalition", "--json", "--rounds", "1")
    assert json.loads(said.out.splitlines()[0])["rounds"] == 1


def test_a_broken_configuration_file_is_named(communique, tmp_path):
    (tmp_path / "communique.toml").write_text("[run\n")
    said = communique("list", "countries")
    assert said.status == 2
    assert "communique.toml" in said.err


def test_a_bug_of_ours_exits_5_with_a_short_notice(communique, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("simulation.catalog.files", broken)
    said = communique("list", "countries")
    assert said.status == 5
    assert "Traceback" not in said.err
    log = said.err.split(" in ")[1].split(";")[0]
    with open(log, encoding="utf-8") as file:  # noqa: PTH123
        assert "ZeroDivisionError" in file.read()


def test_list_shows_countries_and_scenarios(communique):
    names = [row["name"] for row in json.loads(communique("list", "countries", "--json").out)]
    assert {"japan", "china", "india", "eu", "australia"} <= set(names)
    assert "takaichi_coalition" in communique("list", "scenarios").out


def test_show_tells_of_a_country_and_of_a_scenario(communique):
    assert "red lines" in communique("show", "japan").out
    assert "Taiwan is named as a participant" in communique("show", "takaichi_coalition").out
    said = communique("show", "jpan")
    assert said.status == 2
    assert 'did you mean "japan"' in said.err


def test_explain_tells_what_a_code_means(communique):
    assert "aliases" in communique("explain", "E106").out
    assert communique("explain", "E999").status == 2


def test_schema_prints_json_schema_with_the_themes_named(communique):
    schema = json.loads(communique("schema", "dossier").out)
    assert "mutual_defence" in schema["properties"]["positions"]["propertyNames"]["enum"]
    assert json.loads(communique("schema", "scenario").out)["required"]


def test_graph_prints_mermaid_and_a_picture_with_a_node_a_country(communique):
    said = communique("graph", "takaichi_coalition").out
    for name in ("japan", "china", "india", "eu", "australia"):
        assert f"│ {name} │" in said
        assert f"{name} --> moderate" in said
        assert f"open --> {name}" in said
    assert "back to every seat, rounds 2 to 3" in said
