"""A page read back for tests: ids, links, tables, blocks of text and everything that could run or fetch."""

from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Tags, ids, links and tables of an HTML page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.found: list[tuple[str, list[str]]] = []
        """Text and links of each finding."""
        self.titles: list[str] = []
        self._open: list[str] = []
        self._rows: list[list[str]] | None = None
        self._name = ""
        self._depth = 0
        self.feed(text)
        assert not self._open, self._open

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if given.get("id"):
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
            if self._depth:
                self.found[-1][1].append(given["href"])
        if given.get("role") == "region":
            self._name = given["aria-label"]
        if tag == "table":
            self._rows = self.tables.setdefault(self._name, [])
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th"):
            self._rows[-1].append("")
        if tag == "div" and (self._depth or given.get("class") == "found"):
            if not self._depth:
                self.found.append(("", []))
            self._depth += 1
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, (tag, self.getpos())
        if tag == "div" and self._depth:
            self._depth -= 1

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self._open and self._open[-1] in ("h2", "h3"):
            self.titles.append(data)
        if self._rows is not None and {"td", "th"} & set(self._open):
            self._rows[-1][-1] += data
        if self._depth:
            text, links = self.found[-1]
            self.found[-1] = (text + data, links)
