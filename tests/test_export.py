"""A run in other formats, through the command."""

import builtins
import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import docx
import pytest

NAME = "takaichi_coalition"
FILES = {
    "md": "assessment.md",
    "html": "assessment.html",
    "json": "run.json",
    "csv": "stances.csv",
    "graphml": "arguments.graphml",
}


@pytest.fixture
def held(communique, tmp_path) -> Path:
    communique("run", NAME, "-q")
    return next(p for p in (tmp_path / "runs").iterdir())


@pytest.mark.parametrize("form", FILES)
def test_a_file_of_the_run_is_given_as_it_stands_and_made_again_where_it_is_missing(communique, held, form):
    path = held / FILES[form]
    content = path.read_text(encoding="utf-8")
    assert communique("export", "latest", "--format", form).out == content
    if form != "json":
        path.unlink()
        assert communique("export", held.name, "--format", form).out == content


def test_text_is_what_its_format_says(communique, held):
    assert communique("export", "latest").out.startswith("# Takaichi's call")
    assert json.loads(communique("export", "latest", "--format", "json").out)["format"] == 1
    assert len(list(csv.DictReader(io.StringIO(communique("export", "latest", "--format", "csv").out)))) == 105
    root = ET.fromstring(communique("export", "latest", "--format", "graphml").out)
    assert root.tag.endswith("graphml")


def test_a_file_behind_a_link_is_not_given_away(communique, held, tmp_path):
    (tmp_path / "secret").write_text("a secret")
    (held / "assessment.md").unlink()
    (held / "assessment.md").symlink_to(tmp_path / "secret")
    assert "a secret" not in communique("export", "latest").out


def test_a_report_is_not_made_again_from_dossiers_that_changed_since(own_agents, communique):
    communique("run", NAME, "-q")
    folder = next(Path("runs").iterdir())
    path = own_agents / "japan.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# another\n", encoding="utf-8")
    assert communique("export", "latest").status == 0
    (folder / "assessment.md").unlink()
    said = communique("export", "latest")
    assert said.status == 2
    assert "E128" in said.err
    assert "agents/japan.yaml" in said.err


def word(communique, *args):
    said = communique("export", "latest", "--format", "docx", *args)
    assert said.status == 0, said.err
    return docx.Document(said.out.strip())


def test_a_word_document_has_the_parts_of_the_assessment(communique, held):
    document = word(communique)
    text = (held / "assessment.md").read_text(encoding="utf-8")
    heads = [p.text for p in document.paragraphs if p.style.name.startswith(("Heading", "Title"))]
    assert heads == [line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")]
    assert document.paragraphs[0].style.name == "Title"
    bullets = [p for p in document.paragraphs if p.style.name.startswith("List Bullet")]
    assert len(bullets) == sum(line.lstrip().startswith("- ") for line in text.splitlines())
    words = "\n".join(p.text for p in document.paragraphs)
    assert "How this was made" in words
    assert "Simulated positions: not a forecast, nor any government's view." in words
    assert words.count("(strategy; verified)") == text.count("(strategy; verified)")
    assert "[1] " in words


def test_the_stance_table_is_a_table_with_the_figures_of_the_record(communique, held, takaichi):
    table = word(communique).tables[0]
    rows = {row.cells[0].text: [c.text for c in row.cells] for row in table.rows}
    assert rows["Desk"][3:] == [p.short for p in takaichi.scenario.provisions]
    for said in takaichi.transcript.final:
        name = takaichi.seats[said.country].short
        cells = rows[name[:1].upper() + name[1:]]
        assert said.id in cells[1]
        for view, cell in zip(said.views, cells[3:], strict=True):
            assert float(cell.removesuffix(" R").replace("−", "-")) == pytest.approx(view.position, abs=0.0051)


def test_its_links_lead_to_the_web_only(communique, held):
    document = word(communique)
    links = [r.target_ref for r in document.part.rels.values() if r.is_external]
    assert links
    assert all(x.startswith(("https://", "http://")) for x in links)


def test_the_same_run_gives_the_same_word_document_at_any_time(communique, held, monkeypatch):
    first = communique("export", "latest", "--format", "docx", "--out", "a.docx")
    assert first.out.strip() == "a.docx"
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    communique("export", "latest", "--format", "docx", "--out", "b.docx")
    assert Path("a.docx").read_bytes() == Path("b.docx").read_bytes()
    with zipfile.ZipFile("a.docx") as package:
        assert {i.date_time for i in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    about = docx.Document("a.docx").core_properties
    made = json.loads((held / "run.json").read_text(encoding="utf-8"))["made"]["at"]
    assert about.created.isoformat()[:19] == made[:19]
    assert about.title == "Takaichi's call for a quasi-security alliance"
    assert held.name in about.comments


def test_markup_in_a_name_is_words_in_a_word_document(own_agents, communique):
    path = own_agents / "japan.yaml"
    text = path.read_text(encoding="utf-8").replace("short: Japan\n", 'short: "<script>a</script> *b*"\n', 1)
    path.write_text(text, encoding="utf-8")
    communique("run", NAME, "-q")
    words = "\n".join(p.text for p in word(communique).paragraphs)
    assert "<script>a</script> *b*" in words


def test_control_marks_in_a_name_are_refused_before_anything_is_written(own_agents, communique):
    path = own_agents / "japan.yaml"
    text = path.read_text(encoding="utf-8").replace("short: Japan\n", 'short: "Japan \\x07\\e[1m"\n', 1)
    path.write_text(text, encoding="utf-8")
    said = communique("run", NAME, "-q")
    assert said.status == 2
    assert "error[E106]: a control character, U+0007" in said.err
    assert "agents/japan.yaml:" in said.err


def test_without_python_docx_the_error_has_the_line_that_installs_it(communique, held, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **more):
        if name == "docx":
            raise ImportError("No module named 'docx'")
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    said = communique("export", "latest", "--format", "docx")
    assert said.status == 2
    assert "E166" in said.err
    assert "pip install 'communique[docx]'" in said.err


def test_a_wrong_run_or_format_or_place_exits_2(communique, held):
    assert communique("export", "nothing").status == 2
    assert communique("export", "latest", "--format", "pdf").status == 2
    said = communique("export", "latest", "--out", "/proc/nowhere/a.md")
    assert said.status == 2
    assert "E101" in said.err
