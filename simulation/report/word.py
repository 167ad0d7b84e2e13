"""A run's assessment as a Word document: the Markdown report, piece by piece.

It is made from assessment.md, so that it says what that says and nothing else. The file's bytes follow from the text
and the run alone: python-docx stamps the clock on what it packs, so the package is packed again with a fixed date.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulation.frames import extra
from simulation.report.sheet import clean
from simulation.runs import Run

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph
    from markdown_it.token import Token

EPOCH = (1980, 1, 1, 0, 0, 0)
TEXT, LETTERS, MARGIN, LONG = 170, 4.9, 4, 90
"""Millimetres between the margins; letters of one point on a millimetre; letters that a cell's margins take; letters
beyond which a cell's length makes its column no wider."""
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"


def _parsed(text: str) -> list["Token"]:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)


def _link(paragraph: "Paragraph", address: str, text: str) -> None:
    """A link to the web; python-docx has none of its own."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    node = OxmlElement("w:hyperlink")
    node.set(qn("r:id"), paragraph.part.relate_to(address, LINK, is_external=True))
    run = paragraph.add_run(text)
    run.underline = True
    node.append(run._r)
    paragraph._p.append(node)


def _inline(paragraph: "Paragraph", tokens: Sequence["Token"]) -> None:
    """Words with their bold, italics and links; a link that does not lead to the web stays text."""
    bold = italic = False
    address = ""
    for token in tokens:
        if token.type in ("strong_open", "strong_close"):
            bold = token.type == "strong_open"
        elif token.type in ("em_open", "em_close"):
            italic = token.type == "em_open"
        elif token.type in ("link_open", "link_close"):
            address = str(token.attrs.get("href", "")) if token.type == "link_open" else ""
        elif token.type in ("softbreak", "hardbreak"):
            paragraph.add_run(" ")
        elif address.startswith(("https://", "http://")):
            _link(paragraph, address, clean(token.content))
        else:
            run = paragraph.add_run(clean(token.content))
            run.bold, run.italic = bold or None, italic or None


def _rows(tokens: Iterator["Token"]) -> list[list[list["Token"]]]:
    """The cells of a table, row by row, as inline tokens; leaves the iterator after the table."""
    rows: list[list[list[Token]]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.children or [])
    return rows


def _size(columns: int) -> float:
    """Points of text in a table: smaller where there is much side by side."""
    return 9.0 if columns < 6 else 7.5 if columns < 9 else 6.5


def _widths(rows: Sequence[Sequence[Sequence["Token"]]]) -> list[float]:
    """Each column's share of the width: room for its longest word, and what is left by how much it holds."""
    texts = [["".join(t.content for t in cell) for cell in column] for column in zip(*rows, strict=True)]
    words = [max(len(word) for cell in column for word in [*cell.split(), ""]) + MARGIN for column in texts]
    holds = [min(max(map(len, column)), LONG) for column in texts]
    spare = max(TEXT * LETTERS / _size(len(texts)) - sum(words), 0) / max(sum(holds), 1)
    needs = [word + spare * held for word, held in zip(words, holds, strict=True)]
    return [need / sum(needs) for need in needs]


def _table(document: "Document", rows: Sequence[Sequence[Sequence["Token"]]]) -> None:
    """A table whose first row is its head, repeated on each page."""
    from docx.oxml import OxmlElement
    from docx.shared import Mm, Pt

    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Light Grid Accent 1")
    table.autofit, widths = False, [Mm(round(share * TEXT)) for share in _widths(rows)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for cells, row in zip(rows, table.rows, strict=True):
        for tokens, cell, width in zip(cells, row.cells, widths, strict=True):
            cell.width, paragraph = width, cell.paragraphs[0]
            _inline(paragraph, tokens)
            paragraph.paragraph_format.space_after = Pt(0)
            for run in paragraph.runs:
                run.font.size = Pt(_size(len(cells)))
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph()


STYLES = {"bullet_list": "List Bullet", "blockquote": "Intense Quote"}


def _write(document: "Document", text: str) -> None:
    """The report's blocks, in their order."""
    depth: list[str] = []
    tokens, level = iter(_parsed(text)), 0
    for token in tokens:
        if token.type == "table_open":
            _table(document, _rows(tokens))
        elif token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "heading_close":
            level = 0
        elif token.type.removesuffix("_open") in STYLES:
            depth.append(STYLES[token.type.removesuffix("_open")])
        elif token.type.removesuffix("_close") in STYLES:
            depth.pop()
        elif token.type == "inline":
            paragraph = document.add_heading(level=level - 1) if level else document.add_paragraph(style=_style(depth))
            _inline(paragraph, token.children or [])


def _style(depth: Sequence[str]) -> str | None:
    """The style of a paragraph within lists and quotations."""
    if not depth:
        return None
    nested = depth[-1] == STYLES["bullet_list"] and depth.count(depth[-1]) > 1
    return "List Bullet 2" if nested else depth[-1]


def _set_up(document: "Document", run: Run) -> None:
    """Page, type and what the file says of itself."""
    from docx.shared import Mm, Pt

    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(20)
    page.top_margin = page.bottom_margin = Mm(18)
    page.footer.paragraphs[0].text = run.id
    document.styles["Normal"].font.size = Pt(10)
    about, made = document.core_properties, datetime.fromisoformat(run.made["at"]).astimezone(UTC).replace(tzinfo=None)
    about.title, about.author, about.comments = run.scenario.title, "Communique", f"Run {run.id}"
    about.created = about.modified = made
    about.last_modified_by = "Communique"


def _packed(document: "Document") -> bytes:
    """The document's bytes, every part dated alike."""
    drawn, out = io.BytesIO(), io.BytesIO()
    document.save(drawn)
    with zipfile.ZipFile(drawn) as found, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in found.namelist():
            part = zipfile.ZipInfo(name, EPOCH)
            part.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(part, found.read(name))
    return out.getvalue()


def as_docx(text: str, run: Run) -> bytes:
    """A run's assessment.md as a Word document; raises `InputError` where python-docx is not installed."""
    try:
        import docx
    except ImportError as error:
        raise extra("python-docx", "docx", error) from None
    document: Any = docx.Document()
    _set_up(document, run)
    _write(document, text)
    return _packed(document)
