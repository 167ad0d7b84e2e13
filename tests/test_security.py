"""What a stranger could send, and what keeps it from doing harm; SECURITY.md names these tests."""

import ast
import json
import os
import re
import sqlite3
from pathlib import Path

import click
import ormsgpack
import pytest
from doubles import AgreeableCaller, over_the_wire
from hostile import Hostile, status

from simulation import catalog, cli, received
from simulation.errors import MEANINGS, InputError, Interrupted
from simulation.journals import Journal
from simulation.launches import launch, resume
from simulation.plans import plan
from simulation.report import files
from simulation.runs import run, write
from simulation.scenario import Scenario

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "simulation").rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def called(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_no_module_reads_objects_runs_text_or_starts_a_shell(path):
    """No pickle and its like, no eval, no YAML that builds objects, no shell, no XML and no archive that is read."""
    banned = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "subprocess", "pty", "code"}
    banned -= {"pickle"} if path.stem == "clusters" else set()  # to a cluster of one's own, which runs what it is sent
    banned |= {"tarfile", "gzip", "bz2", "lzma", "xml.sax", "xml.dom", "xml.etree", "lxml"}
    for name in imported(TREES[path]):
        assert not any(name == b or name.startswith(f"{b}.") for b in banned), name
    for name, node in called(TREES[path]):
        assert name not in {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}, node.lineno
        assert not name.endswith((".extract", ".extractall", ".decompress", ".decompressobj")), node.lineno
        assert name not in {"yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "yaml.safe_load"}, node.lineno
        if name == "yaml.load":
            assert "CSafeLoader" in ast.unparse(node), node.lineno


def unbounded(parts, inside=False):
    """Whether a parsed pattern repeats without bound what itself repeats without bound."""
    from re import _constants as kinds

    for kind, given in parts:
        repeats = kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and given[1] == kinds.MAXREPEAT
        if repeats and inside:
            return True
        inner = []
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            inner = [given[2]]
        elif kind is kinds.SUBPATTERN:
            inner = [given[-1]]
        elif kind is kinds.BRANCH:
            inner = given[1]
        elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            inner = [given[1]]
        if any(unbounded(part, inside or repeats) for part in inner):
            return True
    return False


KNOWN = {
    r"(?<!\\)((?:\\\\)*)\\(?:[bf]|u00(?:0[0-8bcef]|1[0-9a-f]|7f|[89][0-9a-f]))": False,
    r"(a+)+b": True,
    r"(?:x|y*)*": True,
    r"[a-z]{1,40}\.(?:md|html)": False,
}


@pytest.mark.parametrize("pattern", KNOWN)
def test_the_search_for_patterns_that_blow_up_knows_one(pattern):
    from re import _parser

    assert unbounded(_parser.parse(pattern)) is KNOWN[pattern]


SEPARATED = r"[+\-\N{MINUS SIGN}]?\d+(?:[.,]\d+)*"
"""A repetition of repetitions that cannot blow up: between two runs of digits stands a mark that is no digit."""


def test_no_regular_expression_repeats_a_repetition():
    from re import _parser

    seen = 0
    for path, tree in TREES.items():
        for name, node in called(tree):
            pattern = node.args[0] if node.args else None
            if name.startswith("re.") and isinstance(pattern, ast.Constant) and isinstance(pattern.value, str):
                seen += 1
                assert pattern.value == SEPARATED or not unbounded(_parser.parse(pattern.value)), (
                    f"{path.name}:{node.lineno}"
                )
    assert seen > 40


def test_no_option_of_any_command_takes_a_key_so_that_none_is_in_the_process_list():
    with click.Context(cli.communique) as context:
        for name in cli.communique.list_commands(context):
            for given in cli.communique.get_command(context, name).params:
                assert not re.search(r"key|secret|password|credential|api", given.name or ""), (name, given.name)


async def nobody(questions):
    return {}


@pytest.fixture
def left(tmp_path):
    """The folder of a debate that waits for a person."""
    with pytest.raises(Interrupted):
        launch(plan("takaichi_coalition", people=("india",)), None, tmp_path / "runs", files.reports, ask=nobody)
    return next((tmp_path / "runs").iterdir())


@pytest.mark.parametrize(("module", "name"), [("os", "mkdir"), ("pathlib", "Path"), ("builtins", "dict")])
@pytest.mark.parametrize("table", ["checkpoints.checkpoint", "writes.value"])
@pytest.mark.filterwarnings("ignore")
def test_a_checkpoint_of_a_stranger_calls_nothing(left, tmp_path, module, name, table):
    marker = tmp_path / "owned"
    evil = ormsgpack.packb(ormsgpack.Ext(1, ormsgpack.packb((module, name, [str(marker)] if name != "dict" else []))))
    with sqlite3.connect(left / "debate.sqlite") as db:
        db.execute(f"update {table.split('.')[0]} set {table.split('.')[1]} = ?", (evil,))
    db.close()
    with pytest.raises((InputError, Interrupted)):
        resume(left, None, files.reports, ask=nobody)
    assert not marker.exists()


@pytest.mark.parametrize("kind", ["json", "pickle", "yaml"])
def test_a_checkpoint_of_another_kind_than_ours_is_refused(left, kind):
    with sqlite3.connect(left / "debate.sqlite") as db:
        db.execute("update checkpoints set type = ?", (kind,))
    db.close()
    with pytest.raises(InputError, match="checkpoint of the debate is damaged"):
        resume(left, None, files.reports, ask=nobody)


def test_a_checkpoint_that_is_no_database_is_refused_and_the_debate_goes_on_without_it(left):
    for name in ("debate.sqlite-wal", "debate.sqlite-shm"):
        (left / name).unlink(missing_ok=True)
    (left / "debate.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="damaged") as refused:
        resume(left, None, files.reports, ask=nobody)
    assert "take debate.sqlite away" in refused.value.cure
    (left / "debate.sqlite").unlink()
    with pytest.raises(Interrupted):
        resume(left, None, files.reports, ask=nobody)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", ["statements.jsonl", "debate.sqlite", "replies.jsonl"])
def test_resume_writes_through_no_link(left, tmp_path, name, hard):
    precious = tmp_path / "precious"
    precious.write_bytes((left / name).read_bytes())
    before = precious.read_bytes()
    (left / name).unlink()
    if hard:
        os.link(precious, left / name)
    else:
        (left / name).symlink_to(precious)
    with pytest.raises(InputError) as refused:
        resume(left, None, files.reports, ask=nobody)
    assert refused.value.code in ("E203", "E140")
    assert precious.read_bytes() == before


def test_a_sweep_writes_through_no_link(tmp_path):
    (tmp_path / "precious").write_text("")
    (tmp_path / "cells.jsonl").symlink_to(tmp_path / "precious")
    with pytest.raises(InputError, match="not written through") as refused, Journal(tmp_path / "cells.jsonl"):
        pass
    assert refused.value.code == "E203"


@pytest.mark.parametrize("name", ["run.json", "launch.json"])
@pytest.mark.parametrize("kind", ["link", "pipe", "device"])
def test_a_record_that_is_no_plain_file_is_not_read(communique, tmp_path, name, kind):
    folder = tmp_path / "mailed"
    folder.mkdir()
    (tmp_path / "secret").write_text('{"format": 1, "secret": "a secret"}')
    if kind == "pipe":
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to(tmp_path / "secret" if kind == "link" else "/dev/zero")
    for command in ("verify", "replay", "resume", "export"):
        said = communique(command, str(folder))
        assert said.status == 2
        assert "a secret" not in said.out + said.err


def test_a_report_written_over_a_link_takes_the_links_place(tmp_path, takaichi):
    folder = write(takaichi, {}, tmp_path)
    (tmp_path / "precious").write_text("mine")
    (folder / "assessment.md").symlink_to(tmp_path / "precious")
    write(takaichi, {"assessment.md": "ours"}, tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"
    assert (folder / "assessment.md").read_text() == "ours"


@pytest.mark.parametrize("page", ["<script>alert(1)</script>", "<!doctype html>\n<html><script src=x></script>"])
def test_a_page_that_could_run_scripts_is_not_opened(communique, tmp_path, page, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    communique("run", "takaichi_coalition", "--countries", "japan,china", "--rounds", "1", "-q")
    assert communique("open", "latest").status == 0
    path = next((tmp_path / "runs").glob("*/assessment.html"))
    path.write_text(page + path.read_text(encoding="utf-8"), encoding="utf-8")
    said = communique("open", "latest")
    assert said.status == 2
    assert "E202" in said.err
    assert len(opened) == 1


@pytest.mark.parametrize("text", ['"\\e]0;owned\\a"', '"\\x9b2J"', '"\\b\\b"', '"\\0"'])
@pytest.mark.parametrize("field", ["title: {}", "{}: 1", "question: {}"])
def test_a_file_with_text_that_steers_a_terminal_is_refused_at_its_line(communique, tmp_path, text, field):
    path = tmp_path / "mine.yaml"
    path.write_text(f"version: 1\n{field.format(text)}\n", encoding="utf-8")
    said = communique("check", str(path))
    assert said.status == 2
    assert "mine.yaml:2:" in said.err
    assert "control character" in said.err
    assert not {*said.out, *said.err} & {"\x1b", "\x07", "\x08", "\x9b", "\x00"}


def test_a_file_name_that_steers_a_terminal_is_no_country(communique, tmp_path):
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "\x1b[2Jnorway.yaml").write_text("code: NOR\n")
    for said in (communique("list", "countries"), communique("check", "agents")):
        assert "\x1b" not in said.out + said.err


@pytest.mark.parametrize("stem", ["..", "..x..", "My Talk: 1/2".replace("/", "∕"), "-", "a b\tc"])
def test_a_scenario_of_any_file_name_lands_in_a_folder_under_runs(scenario_file, tmp_path, stem):
    found = run(str(scenario_file(name=f"{stem}.yaml")), countries=("japan", "china"), rounds=1)
    folder = write(found, {}, tmp_path / "runs")
    assert folder.parent == tmp_path / "runs"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-[a-z0-9][a-z0-9_-]*-[0-9a-f]{8}", folder.name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/b", "/tmp/x", "A", ""])
def test_a_scenarios_own_id_is_no_path(name):
    given = catalog.load_scenario("takaichi_coalition").model_dump(mode="json", exclude_defaults=True)
    with pytest.raises(ValueError, match="id"):
        Scenario.model_validate({**given, "id": name})


@pytest.mark.parametrize("field", ["base_url", "model", "settings", "out", "engine_url"])
def test_a_scenario_names_no_server_no_model_and_no_place(scenario_file, field):
    with pytest.raises(InputError) as refused:
        catalog.load_scenario(str(scenario_file(("debate:", f"{field}: http://169.254.169.254/\ndebate:"))))
    assert refused.value.code == "E111"


LOCAL = ("http://127.0.0.1:8080/v1", "http://localhost/v1", "https://[::1]:1/v1", "http://127.9.9.9")
FAR = ("http://169.254.169.254/", "http://evil.example/v1", "http://127.0.0.1.evil.example", "http://localhost.evil",
       "http://0.0.0.0:80", "http://[fe80::1]", "//127.0.0.1", "http://127.0.0.1@evil.example/", "x", "")  # fmt: skip


@pytest.mark.parametrize("url", [*LOCAL, *FAR])
def test_a_file_may_name_a_server_on_this_machine_only(url, communique, tmp_path):
    assert received.near(url) is (url in LOCAL)
    (tmp_path / "communique.toml").write_text(f'[run]\nbase_url = "{url}"\n')
    assert communique("list", "scenarios").status == (0 if url in LOCAL else 2)


@pytest.fixture
def server(hostile, monkeypatch):
    hostile.reply = over_the_wire(AgreeableCaller.of())
    monkeypatch.setenv("COMMUNIQUE_API_KEY", "sk-very-secret")
    return hostile


def test_a_mailed_run_does_not_send_the_readers_key_to_a_server_it_names(communique, server, tmp_path):
    communique("run", "takaichi_coalition", "--engine", "chat_model", "--model", "openai:m", "--base-url", server.url,
               "--countries", "japan,india", "--rounds", "1", "-q")  # fmt: skip
    folder, asked = next((tmp_path / "runs").iterdir()), len(server.seen)
    for name in ("run.json", "launch.json"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(server.url, "http://evil.example/v1"), encoding="utf-8")
    changed = ("fork", str(folder), "--set", "proposal.text=Another text altogether.", "--out", "other")
    said = communique(*changed)
    assert said.status == 2
    assert "names another machine as its server" in said.err
    (folder / "run.json").unlink()
    (folder / "replies.jsonl").write_text("")
    said = communique("resume", str(folder))
    assert said.status == 2
    assert "E137" in said.err
    assert len(server.seen) == asked
    assert communique("resume", str(folder), "--base-url", server.url).status == 0
    assert len(server.seen) > asked


def test_a_key_does_not_follow_a_redirect(communique, server, tmp_path):
    with Hostile() as other:
        other.reply = server.reply
        for code in (301, 302, 307, 308):
            where = other.url.replace("127.0.0.1", "localhost") + "/chat/completions"
            server.choose = lambda seen, code=code, where=where: status(code, headers={"Location": where})
            communique("run", "takaichi_coalition", "--engine", "chat_model", "--model", "openai:m", "--base-url",
                       server.url, "--countries", "japan,india", "--rounds", "1", "--retries", "0", "-q")  # fmt: skip
        assert server.seen
        for seen in other.seen:
            assert "sk-very-secret" not in json.dumps([dict(seen.headers), dict(seen.body)])


def test_a_template_in_a_scenario_is_only_ever_text(scenario_file):
    evil = "{{ 7 * 191 }} {% for x in range(9) %}x{% endfor %} {{ cycler.__init__.__globals__ }} ${7*191} <%= 1 %>"
    path = scenario_file(("title: Takaichi's call for a quasi-security alliance", f"title: {json.dumps(evil)}"))
    found = run(str(path), countries=("japan", "china"), rounds=1)
    for name, text in files.reports(found).items():
        assert "1337" not in text, name
        assert (
            "__globals__ }}" in text or "\\_\\_globals\\_\\_ }}" in text or name in ("stances.csv", "arguments.graphml")
        )


def test_no_template_is_made_of_text_at_run_time():
    for path, tree in TREES.items():
        for name, node in called(tree):
            assert not name.endswith((".from_string", "jinja2.Template")), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize(
    ("field", "value"),
    [("rounds: 3", "rounds: 21"), ("rounds: 3", "rounds: 1000000000"), ("seed: 7", "seed: 99999999999999999999")],
)
def test_a_debate_without_end_is_refused(scenario_file, field, value):
    with pytest.raises(InputError):
        catalog.load_scenario(str(scenario_file((field, value))))


def test_a_sweep_without_end_is_refused_before_a_cell_is_made(communique, tmp_path):
    page = "title: x\nscenarios: [takaichi_coalition]\nseeds: {first: 0, count: 2000000000}\n"
    (tmp_path / "page.yaml").write_text(page)
    said = communique("sweep", "page.yaml")
    assert said.status == 2
    assert "E169" in said.err


def test_a_record_beyond_all_bounds_is_refused_unread(tmp_path):
    path = tmp_path / "run.json"
    with path.open("wb") as file:
        file.truncate(received.MAX_BYTES + 1)
    with pytest.raises(InputError) as refused:
        received.content(path, 1000)
    assert refused.value.code == "E103"
    path.write_text("[" * 100_000)
    with pytest.raises((RecursionError, ValueError)):
        received.data(received.content(path))


NAMED = re.compile(r"`?tests/(\w+\.py)::(test_\w+)`?")


def table_of(text):
    begin, end = "<!-- evidence: begin -->", "<!-- evidence: end -->"
    assert text.count(begin) == text.count(end) == 1
    return text.split(begin)[1].split(end)[0]


def test_every_test_that_security_md_names_is_there_and_every_threat_names_one():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = NAMED.findall(text)
    assert len(named) > 50
    for file, name in named:
        assert re.search(rf"^ *(async )?def {name}\(", (ROOT / "tests" / file).read_text(encoding="utf-8"), re.M), name
    threats = text.split("## Threats")[1].split("\n## ")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
    assert len(rows) > 25
    for row in rows:
        assert NAMED.search(row), row
    assert "E203" in MEANINGS


def test_the_table_of_evidence_is_the_one_that_the_measurements_give():
    from evidence import EVIDENCE, kept, table

    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert table_of(text).strip() == table(kept(EVIDENCE)).strip()


NOTHING = {"lost": 0, "repeated": 0, "different": 0}


def test_a_measurement_that_is_missing_or_lost_something_shows(tmp_path):
    from evidence import add, kept, table

    path = tmp_path / "evidence.json"
    assert table(kept(path)).count("not run") == 4
    (tmp_path / "fuzz.json").write_text(
        json.dumps([{"target": "scenario", "inputs": 5000, "forbidden": 1, "seconds": 2.5, "seed": 7}])
    )
    add(path, "fuzz", tmp_path / "fuzz.json")
    found = table(kept(path))
    assert found.count("not run") == 3
    row = next(line for line in found.splitlines() if "scenario" in line)
    assert "5,000" in row
    assert "**1**" in row
    (tmp_path / "crash.json").write_text(
        json.dumps([{"fault": "a kill", "points": 50, **NOTHING, "test": "tests/test_x.py::test_y"}])
    )
    add(path, "crash", tmp_path / "crash.json")
    assert "`tests/test_x.py::test_y`" in table(kept(path))
