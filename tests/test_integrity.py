import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation import integrity, received, records, seals
from simulation.calls import Reply
from simulation.cassettes import Cassette
from simulation.errors import InputError
from simulation.folders import as_text
from simulation.report import files
from simulation.runs import run, write
from simulation.verification import verify


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small run: two countries, one round."""
    found = run("takaichi_coalition", countries=("japan", "china"), rounds=1)
    return write(found, files.reports(found), tmp_path_factory.mktemp("runs"))


@pytest.fixture
def folder(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / whole.name))


def damaged(folder: Path) -> bool:
    """Whether the hashes alone tell that something is wrong with a folder."""
    try:
        return bool(list(integrity.damage(folder, records.raw(folder))))
    except (InputError, KeyError, TypeError, AttributeError):
        return True


def same(one: bytes, two: bytes) -> bool:
    """Whether two bytes of run.json mean the same to any reader."""
    try:
        return json.loads(one.decode()) == json.loads(two.decode()) and repr(json.loads(two)) == repr(json.loads(one))
    except ValueError:
        return False


def assert_every_flip_is_found(folder: Path, name: str, places: list[tuple[int, int]]) -> None:
    path = folder / name
    good = path.read_bytes()
    for place, bit in places:
        bad = bytearray(good)
        bad[place % len(good)] ^= 1 << bit
        path.write_bytes(bad)
        found = damaged(folder)
        assert found or (name == "run.json" and same(good, bytes(bad))), (name, place % len(good), bit)
    path.write_bytes(good)


NAMES = ("run.json", "assessment.md", "assessment.html", "transcript.md", "stances.csv", "arguments.graphml")


@pytest.mark.parametrize("name", NAMES)
@given(place=st.integers(0, 2**20), bit=st.integers(0, 7))
@settings(
    max_examples=35,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_flipped_bit_in_any_file_of_a_run_is_found_by_its_hashes_alone(whole, tmp_path_factory, name, place, bit):
    folder = tmp_path_factory.getbasetemp() / f"flipped-{name}" / whole.name
    if not folder.exists():
        shutil.copytree(whole, folder)
    assert_every_flip_is_found(folder, name, [(place, bit)])


@pytest.mark.every_byte
def test_a_flip_of_every_byte_of_run_json_is_found(tmp_path):
    """Of a record that lies alone, so that a flip costs the reading of no report."""
    folder = write(run("takaichi_coalition", countries=("japan", "china"), rounds=1), {}, tmp_path)
    assert not damaged(folder)
    size = (folder / "run.json").stat().st_size
    assert_every_flip_is_found(folder, "run.json", [(place, place * 5 % 8) for place in range(size)])


def test_a_flip_of_any_byte_of_the_replies_is_found_or_changes_no_reply(tmp_path):
    replies = [Reply(key=f"{n:064x}", seat=s, round=1, attempt=1, text="Yes, “we” do.") for n, s in enumerate("ABC")]
    record = {"format": 1, "made": {}, "transcript": {"statements": []}}
    (tmp_path / "run.json").write_text(as_text(seals.seal(record, {}, replies)), encoding="utf-8")
    path = tmp_path / "replies.jsonl"
    lines = [r.model_dump_json(exclude_defaults=True).encode() + b"\n" for r in replies]
    path.write_bytes(lines[2] + lines[0] + lines[1])
    assert not damaged(tmp_path)
    good = path.read_bytes()
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 7
        path.write_bytes(bad)
        try:
            kept = sorted(Cassette(path, read_only=True).replies, key=lambda r: r.key) == replies
        except InputError:
            kept = False
        assert damaged(tmp_path) is not kept, place
    path.unlink()
    assert damaged(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_verify_names_the_file_that_was_edited(communique, folder, name):
    path = folder / name
    text = path.read_bytes()
    path.write_bytes(text.replace(b"China", b"Chine", 1) if name != "stances.csv" else text.replace(b"CHN", b"CHM", 1))
    assert path.read_bytes() != text
    said = communique("verify", str(folder))
    assert said.status == 2
    assert name in said.err or "scenario" in said.err


def test_an_end_of_line_and_a_byte_that_is_no_text_are_edits_too(folder):
    path = folder / "transcript.md"
    text = path.read_bytes()
    for bad in (text.replace(b"\n", b"\r", 1), text[:-1], text + b"\n", text.replace(b"a", b"\xff", 1)):
        path.write_bytes(bad)
        assert [f.kind for f in verify(folder)] == ["report"]
    path.write_bytes(text)
    assert verify(folder) == []


def test_a_statement_that_was_edited_is_named_by_its_id_with_what_was_expected(folder):
    path = folder / "run.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    expected = data["hashes"]["statements"]["CHN-1"]
    next(s for s in data["transcript"]["statements"] if s["id"] == "CHN-1")["headline"] += " So it is."
    path.write_text(json.dumps(data), encoding="utf-8")
    (found,) = [f for f in verify(folder) if f.place == "statement CHN-1"]
    assert expected in found.message


def test_the_layout_of_run_json_does_not_matter(folder):
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    assert verify(folder) == []


def test_the_clock_and_the_machine_are_sealed_too(folder):
    path = folder / "run.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"platform": "', '"platform": "x', 1), encoding="utf-8")
    assert [(f.kind, f.place) for f in verify(folder)] == [("hash", "made.sha256")]


def test_a_key_that_stands_twice_is_told(folder):
    path = folder / "run.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"headline":', '"headline": "Nobody objects.", "headline":', 1), encoding="utf-8")
    assert any('"headline" twice' in f.message for f in verify(folder))


def test_hashes_that_are_taken_out_are_missed(folder):
    path = folder / "run.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["hashes"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert [f.message for f in verify(folder)] == ["its hashes were taken out"]


def test_a_record_from_before_there_were_hashes_still_verifies_and_replays_with_a_note(communique, folder):
    path = folder / "run.json"
    path.write_text(as_text(seals.unsealed(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    said = communique("verify", str(folder))
    assert said.status == 0, said.err
    assert "note: no hashes: written before" in said.err
    assert communique("replay", str(folder)).status == 0


def test_a_run_is_known_by_the_digest_of_run_json_however_well_it_was_forged(communique, folder):
    said = communique("verify", str(folder))
    digest = said.out.splitlines()[-1].removeprefix("sha256 ")
    assert digest == seals.digest((folder / "run.json").read_bytes())
    assert communique("verify", str(folder), "--against", digest.upper()).status == 0
    path = folder / "run.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["made"]["at"] = "2020-01-01T00:00:00+00:00"
    beside = {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "run.json"}
    path.write_text(as_text(seals.seal(data, beside)), encoding="utf-8")
    assert communique("verify", str(folder)).status == 0
    forged = communique("verify", str(folder), "--against", digest)
    assert forged.status == 2
    assert digest in forged.err
    assert "E100" in communique("verify", str(folder), "--against", "abc").err


def test_a_file_that_is_no_part_of_a_run_is_told_of(communique, folder):
    (folder / "notes.md").write_text("mine")
    said = communique("verify", str(folder))
    assert said.status == 0
    assert "note: notes.md is no part of the run" in said.err


@pytest.mark.parametrize("name", NAMES)
def test_a_file_behind_a_link_is_not_read_as_part_of_a_run(communique, folder, tmp_path, name):
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    said = communique("verify", str(folder))
    assert said.status == 2
    assert "link" in said.err


def test_control_characters_in_a_record_cannot_steer_a_terminal(communique, folder):
    path = folder / "run.json"
    text = path.read_text(encoding="utf-8")
    for bad in ("\\u001b]0;owned\\u0007", "\\u009b2J", "\\b", "\x9b2J", "\\\\\\u001B[2J"):
        path.write_text(text.replace('"headline": "', f'"headline": "{bad}', 1), encoding="utf-8")
        said = communique("verify", str(folder))
        assert said.status == 2
        assert not {*said.out, *said.err} & {"\x1b", "\x07", "\x08", "\x9b"}
        assert "\ufffd" in records.raw(folder)["transcript"]["statements"][0]["headline"]


@given(st.text())
@settings(max_examples=100, derandomize=True, database=None)
def test_a_text_without_control_characters_is_read_as_it_was_written(text):
    kept = "".join(c for c in text if c in "\t\n\r" or not (ord(c) < 32 or 127 <= ord(c) < 160))
    for ascii_only in (True, False):
        raw = json.dumps({"a": f"\\u001b {kept}"}, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        try:
            raw.decode()
        except UnicodeDecodeError:
            continue
        assert received.data(raw) == {"a": f"\\u001b {kept}"}
