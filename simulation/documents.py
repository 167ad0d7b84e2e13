"""YAML text to data, with a place for every value.

YAML 1.2 core on PyYAML's C loader: `no` stays a word (it is a country code), dates stay text, a repeated key is an
error. The text is untrusted: its size, depth and number of nodes are bounded on the event stream before anything is
built, and aliases, anchors and tags are refused, since a few lines of them can grow without bound.
"""

import re
from copy import copy
from pathlib import Path
from typing import Any

import yaml

from simulation.errors import FileErrors, Mistake

MAX_BYTES, MAX_NODES, MAX_DEPTH = 1_000_000, 50_000, 60
_STEERING = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")
Where = tuple[int, int, int]
"""Line and column from 1, and width in characters."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """YAML 1.2 core scalars only."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]{1,18}$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?$", "-+0123456789."),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
_TAGS = {f"tag:yaml.org,2002:{t}" for t in ("map", "seq", "str", "int", "float", "bool", "null")}


class Document:
    """The data of one file and the place of each value in it."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.lines = text.splitlines()
        self.marks: dict[tuple[Any, ...], Where] = {}
        self.mistakes: list[Mistake] = []
        self.data: Any = self._parse()

    def mistake(self, code: str, loc: tuple[Any, ...], message: str, cure: str = "", *, key: bool = False) -> Mistake:
        """A mistake at a value, or at the nearest thing around it that stands in the file."""
        place: tuple[Any, ...] = ()
        for part in loc:
            if (*place, part) in self.marks:
                place = (*place, part)
        if key and (*place, "__key__") in self.marks:
            place = (*place, "__key__")
        return self._at(code, self.marks.get(place, (1, 1, 1)), message, cure)

    def part(self, *loc: Any) -> "Document":
        """A piece of the file as a document of its own, its places still those of the file."""
        found = copy(self)
        found.marks = {place[len(loc) :]: where for place, where in self.marks.items() if place[: len(loc)] == loc}
        found.mistakes = []
        for key in loc:
            found.data = found.data[key]
        return found

    def _at(self, code: str, where: Where, message: str, cure: str) -> Mistake:
        line, column, width = where
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Mistake(code, self.file, line, column, message, cure, text[:400], width)

    def _refuse(self, code: str, mark: Any, message: str, cure: str) -> FileErrors:
        return FileErrors([self._at(code, (mark.line + 1, mark.column + 1, 1), message, cure)])

    def _bound(self) -> None:
        """Refuse what could grow, before a node is built."""
        depth = count = 0
        for event in yaml.parse(self.text, Loader=_Loader):
            count += isinstance(event, yaml.NodeEvent)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise self._refuse(
                    "E106", event.start_mark, "anchors and aliases (& and *) are not allowed", "write the value out"
                )
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                depth += 1
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                depth -= 1
            if depth > MAX_DEPTH or count > MAX_NODES:
                what = f"nested deeper than {MAX_DEPTH}" if depth > MAX_DEPTH else f"more than {MAX_NODES} values"
                raise self._refuse("E106", event.start_mark, what, "split the file or flatten it")

    def _parse(self) -> Any:
        try:
            self._bound()
            node = yaml.compose(self.text, Loader=_Loader)
        except yaml.reader.ReaderError:
            raise FileErrors([Mistake("E102", self.file, 1, 1, "not a text file", "save it as UTF-8 text")]) from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            message = f"not valid YAML: {error.problem or error.context}"
            raise self._refuse("E105", mark, message, "check the indentation, quotes and brackets here") from None
        if node is None:
            cure = "write a scenario or a dossier: see `communique schema`"
            raise FileErrors([Mistake("E108", self.file, 1, 1, "the file is empty", cure)])
        return self._walk(node, ())

    def _walk(self, node: Any, loc: tuple[Any, ...]) -> Any:
        start, end = node.start_mark, node.end_mark
        width = end.column - start.column if end.line == start.line else len(self.lines[start.line]) - start.column
        self.marks[loc] = (start.line + 1, start.column + 1, max(width, 1))
        if node.tag not in _TAGS:
            raise self._refuse("E106", start, f"the tag {node.tag} is not allowed", "take the tag out")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        self._plain(node)
        if isinstance(node, yaml.SequenceNode):
            return [self._walk(item, (*loc, i)) for i, item in enumerate(node.value)]
        return _scalar(node)

    def _plain(self, node: Any) -> None:
        """Refuse text that could steer a terminal; an escape brings such signs past YAML itself."""
        if isinstance(node, yaml.ScalarNode) and (found := _STEERING.search(node.value)):
            message = f"a control character, U+{ord(found[0]):04X}, stands in this text"
            raise self._refuse("E106", node.start_mark, message, "take it out")

    def _mapping(self, node: Any, loc: tuple[Any, ...]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._refuse("E105", key_node.start_mark, "a key must be a plain word", "use a word as the key")
            self._plain(key_node)
            key = key_node.value
            mark = key_node.start_mark
            where = (mark.line + 1, mark.column + 1, max(len(key), 1))
            if key in found:
                self.mistakes.append(self._at("E107", where, f'"{key}" stands here twice', "keep one of them"))
                continue
            self.marks[(*loc, key, "__key__")] = where
            found[key] = self._walk(value_node, (*loc, key))
        return found


def _scalar(node: Any) -> str | int | float | bool | None:
    kind, text = node.tag.rsplit(":", 1)[1], node.value
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "bool":
        return bool(text.lower() == "true")
    return None if kind == "null" else str(text)


def read(path: Path, file: str | None = None) -> Document:
    """Read a file as a document; `file` is how messages name it."""
    name = file or str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise FileErrors([Mistake("E101", name, 1, 1, f"cannot be read: {reason}", "check the path")]) from None
    return parse(raw, name)


def parse(raw: bytes, name: str) -> Document:
    """Bytes as a document."""
    if len(raw) > MAX_BYTES:
        message = f"larger than {MAX_BYTES // 1_000_000} MB"
        raise FileErrors([Mistake("E103", name, 1, 1, message, "split it, or check that it is the right file")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileErrors([Mistake("E102", name, 1, 1, "not a text file", "save it as UTF-8 text")]) from None
    return Document(name, text)
