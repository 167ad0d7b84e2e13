"""Runs and sweeps in storages that fsspec reaches, through the commands a user types."""

import json
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest
from doubles import AgreeableCaller, over_the_wire
from fsspec.implementations.memory import MemoryFileSystem
from test_sweep import PAGE, interrupted_after_one_chunk, page, tables  # noqa: F401  # a fixture

from simulation import places
from simulation.errors import InputError

BUCKET = "memory://bucket"


class Refusing(MemoryFileSystem):
    """A storage that lets nobody in, and says more than it should."""

    protocol = "refusing"

    @classmethod
    def _strip_protocol(cls, path):
        return "/" + path.removeprefix("refusing://").strip("/")

    def _refuse(self, *args, **kwargs):
        raise PermissionError("the key sk-very-secret is not allowed")

    info = ls = _open = mkdir = makedirs = pipe_file = put_file = _refuse


fsspec.register_implementation("refusing", Refusing)


@pytest.fixture(autouse=True)
def _empty():
    yield
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def there(folder):
    """Every file under an address, by name."""
    found = fsspec.filesystem("memory")
    root = folder.removeprefix("memory:/")
    return {name.removeprefix(root + "/"): found.cat_file(name) for name in found.find(root)}


def test_a_run_in_a_storage_is_read_back_by_every_command(communique, tmp_path):
    said = communique("run", "takaichi_coalition", "--out", f"{BUCKET}/runs", "-q")
    assert said.status == 0
    local = Path(communique("run", "takaichi_coalition", "-q").out.strip()).parent
    folder = said.out.strip().removesuffix("/assessment.md")
    assert folder == f"{BUCKET}/runs/{local.name}"
    placed = there(folder)
    assert placed.keys() == {p.name for p in local.iterdir()}
    assert all(placed[p.name] == p.read_bytes() for p in local.iterdir() if p.name in ("stances.csv", "transcript.md"))
    for run in (folder, "latest", local.name[:12]):
        under = ("--under", f"{BUCKET}/runs")
        assert communique("verify", run, *under).out.startswith(
            f"{folder}: every number, id, date and line holds\nsha256 "
        )
        assert communique("export", run, "--format", "csv", *under).out.encode() == placed["stances.csv"]
        assert communique("open", run, "--print", *under).out == f"{folder}/assessment.html\n"
    assert "All 15 statements are the same" in communique("diff", folder, str(local)).out
    assert communique("compare", folder, str(local), "--json").status == 0
    assert local.name in communique("runs", "--under", f"{BUCKET}/runs").out
    assert communique("replay", folder).status == 0
    forked = communique("fork", folder, "--set", "debate.rounds=1", "-q")
    assert forked.out.startswith(f"{BUCKET}/runs/")
    assert "E192" in communique("open", folder).err
    assert not (tmp_path / "outbox").exists()


def test_a_run_in_a_storage_that_was_altered_does_not_verify(communique):
    folder = communique("run", "takaichi_coalition", "--out", BUCKET, "-q").out.strip().removesuffix("/assessment.md")
    found = fsspec.filesystem("memory")
    name = folder.removeprefix("memory:/") + "/assessment.md"
    found.pipe_file(name, found.cat_file(name).replace(b"likely", b"certain"))
    assert communique("verify", folder).status == 2
    assert "E126" in communique("verify", f"{BUCKET}/nothing").err


def test_a_file_address_is_a_path_of_this_machine(communique, tmp_path):
    said = communique("run", "takaichi_coalition", "--out", f"file://{tmp_path}/there", "-q")
    assert Path(said.out.strip()).is_relative_to(tmp_path / "there")
    assert communique("verify", "latest", "--under", f"file://{tmp_path}/there").status == 0


def test_a_sweep_in_a_storage_has_the_bytes_of_a_local_one_and_goes_on(communique, page, tmp_path):  # noqa: F811
    local = Path(communique("sweep", page(PAGE), "--workers", "1").out.strip()).parent
    said = communique("sweep", page(PAGE), "--workers", "1", "--out", f"file://{tmp_path}/filed")
    assert tables(Path(said.out.strip()).parent) == tables(local)
    said = communique("sweep", page(PAGE), "--workers", "1", "--out", BUCKET)
    folder = said.out.strip().removesuffix("/stances.csv")
    assert folder == f"{BUCKET}/{local.name}"
    assert tables(local).items() <= there(folder).items()
    assert not list(tmp_path.glob("outbox/*"))
    for again in (("--resume", folder), (page(PAGE), "--out", BUCKET)):
        said = communique("sweep", *again, "--workers", "1")
        assert (said.status, "24 of them done before" in said.err) == (0, True)
        assert tables(local).items() <= there(folder).items()


def test_another_machine_goes_on_with_the_cells_that_one_had_finished(communique, page, tmp_path, monkeypatch):  # noqa: F811
    import shutil

    local = Path(communique("sweep", page(PAGE), "--workers", "1").out.strip()).parent
    with interrupted_after_one_chunk(monkeypatch) as kept:
        said = communique("sweep", page(PAGE), "--workers", "1", "--out", BUCKET)
    assert said.status == 130
    assert f"communique sweep --resume outbox/{local.name}" in said.err
    folder = f"{BUCKET}/{local.name}"
    assert any(name.startswith("cells-") for name in there(folder))
    shutil.rmtree(tmp_path / "outbox")
    said = communique("sweep", "--resume", folder, "--workers", "1")
    assert f"24 cells, {kept[0]} of them done before" in said.err
    assert tables(local).items() <= there(folder).items()
    assert there(folder)["cells.jsonl"].count(b"\n") == 24
    assert not any(name.startswith("cells-") for name in there(folder))


@pytest.fixture
def asking(hostile, monkeypatch):
    """The options of a run that asks a server."""
    hostile.reply = over_the_wire(AgreeableCaller.of())
    monkeypatch.setenv("COMMUNIQUE_API_KEY", "sk-very-secret")
    return ("--engine", "chat_model", "--model", "openai:local", "--base-url", hostile.url, "--rounds", "1", "-q")


def test_a_run_that_asks_a_model_is_held_here_and_placed_when_it_is_complete(communique, tmp_path, asking, hostile):
    said = communique("run", "takaichi_coalition", "--countries", "japan,india", *asking, "--out", BUCKET)
    assert said.status == 0, said.err
    folder = said.out.strip().removesuffix("/assessment.md")
    assert folder.startswith(f"{BUCKET}/")
    assert {"run.json", "launch.json", "replies.jsonl", "assessment.md"} <= there(folder).keys()
    assert not any(b"sk-very-secret" in raw for raw in there(folder).values())
    assert not list(tmp_path.glob("outbox/*"))
    asked = len(hostile.seen)
    assert communique("verify", folder).status == 0
    assert communique("replay", folder).status == 0
    assert "nothing to resume" in communique("resume", folder).err
    assert not list(tmp_path.glob("outbox/*"))
    assert len(hostile.seen) == asked


def test_what_a_storage_does_not_take_lies_in_the_outbox_and_resume_finishes_the_upload(
    communique, tmp_path, asking, hostile, monkeypatch
):
    with monkeypatch.context() as during:
        during.setattr(MemoryFileSystem, "put_file", Refusing._refuse)
        said = communique("run", "takaichi_coalition", "--countries", "japan,india", *asking, "--out", BUCKET)
    assert said.status == 2
    (home,) = tmp_path.glob("outbox/*")
    told = " ".join(said.err.split())
    assert "error[E192]" in told
    assert f"communique resume outbox/{home.name}" in told
    assert "sk-very-secret" not in said.err
    assert (home / "run.json").is_file()
    asked = len(hostile.seen)
    said = communique("resume", f"outbox/{home.name}")
    assert f"outbox/{home.name} is bound for {BUCKET}/{home.name}" in said.err
    assert said.out.strip() == f"{BUCKET}/{home.name}/assessment.md"
    assert len(hostile.seen) == asked
    assert not home.exists()
    assert "run.json" in there(f"{BUCKET}/{home.name}")


def test_a_folder_that_is_not_in_the_outbox_is_sent_nowhere(communique, tmp_path, asking):
    said = communique("run", "takaichi_coalition", "--countries", "japan,india", *asking)
    folder = Path(said.out.strip()).parent
    (folder / "bound.json").write_text(json.dumps({"to": f"{BUCKET}/theirs"}))
    assert communique("resume", str(folder)).status == 0
    assert folder.is_dir()
    assert there(f"{BUCKET}/theirs") == {}


@pytest.mark.parametrize(
    "args",
    [
        ("run", "takaichi_coalition", "--out", "refusing://bucket/runs"),
        ("runs", "--under", "refusing://bucket/runs"),
        ("verify", "refusing://bucket/runs/x"),
        ("compare", "latest", "takaichi_coalition", "--under", "refusing://bucket/runs"),
        ("sweep", "page.yaml", "--out", "refusing://bucket"),
        ("sweep", "--resume", "refusing://bucket/x"),
    ],
    ids=lambda args: args[0],
)
def test_a_storage_that_refuses_is_one_error_with_a_cure_and_no_key(communique, page, args):  # noqa: F811
    page(PAGE)
    said = communique(*args)
    assert said.status == 2
    assert said.err.count("error[E192]") == 1
    assert "access is refused" in said.err
    assert "/bucket" in said.err
    assert "sk-very-secret" not in said.out + said.err


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sftp://me:s3cret@host/runs", "sftp://me:***@host/runs"),
        ("sftp://me:s3/cr@et@host/runs", "sftp://me:***@host/runs"),
        ("abfs://box/runs?sig=s3cret", "abfs://box/runs?***"),
    ],
)
def test_an_address_with_a_password_is_refused_and_never_shown(communique, address, shown):
    for args in (("run", "takaichi_coalition", "--out", address), ("verify", address)):
        said = communique(*args)
        assert said.status == 2
        assert "error[E192]" in said.err
        assert shown in said.err
        assert "s3" not in said.err


def test_a_port_is_no_password():
    assert places.PASSWORD.search("sftp://host:22/a@b") is None


def test_an_unknown_storage_and_a_missing_package_are_told_with_their_cure(communique, monkeypatch):
    said = communique("run", "takaichi_coalition", "--out", "memroy://bucket")
    assert 'no storage is called "memroy"' in said.err
    assert 'did you mean "memory"?' in said.err
    monkeypatch.setitem(sys.modules, "upath", None)
    said = communique("run", "takaichi_coalition", "--out", BUCKET)
    assert (said.status, "error[E189]" in said.err) == (2, True)
    assert "pip install 'communique[distributed]'" in said.err


def test_a_storage_whose_driver_is_missing_names_the_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InputError, match="s3fs") as caught:
        places.at("s3://bucket/runs")
    assert caught.value.code == "E189"


def test_a_local_run_imports_nothing_of_storages_or_dask(tmp_path):
    program = (
        "import sys; from simulation import cli\n"
        "try: cli.main(['run', 'takaichi_coalition', '-q'])\n"
        "except SystemExit: pass\n"
        "print({'fsspec', 'upath', 'dask', 'distributed'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
