"""Good files made wrong: changes to a tree of data, to the lines of a text, to its bytes.

An input is a good one and a short list of changes, so that what hypothesis shrinks is the list: a case that fails comes
back with the one or two changes that matter.
"""

import copy
import json
import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import yaml
from hypothesis import strategies as st

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e-320, 1e308, -1e308, 10**18, 10**30, math.inf, math.nan,
    "", " ", "\n", "x", "no", "keep", "drop", "latest", "ALL", "default", "human", "chat_model", "dossier", "scripted",
    "2025-02-30", "0000-00-00", "9999-12-31", "2025-13", "２０２５-０１-０１", "1" * 400, "9" * 5000, "²", "١٢", "NaN",
    "0x1f", "1_000",
    "x" * 5000, "日本語" * 50, "é" * 3, "\u202eabc\u202c", "\ufeff", "\ufffd", "\x1b[31mred\x1b[0m", "a\x00b", "\x07",
    "\x85",
    "\u2028", "<script>alert(1)</script>", "{{7*7}}", "{% for x in y %}", "=1+1", "[/bold]", "[red]", "**x**",
    "| a | b |",
    "../../etc/passwd", "/etc/passwd", "http://127.0.0.1:9/", "javascript:alert(1)", "%s%n", "${HOME}", "'; --", "\\",
    "japan", "china", "JPN", "CHN", "USA", "mutual_defence", "support", "strongly_oppose", "mutual_protection",
    [], {}, [[]], [None], {"": ""}, {"a": {"b": {}}}, ["japan", "japan"], [1, "a", None], {"id": "x"}, "a.b.c",
    "JPN-1", "JPN-1.1",
)  # fmt: skip
"""Values that something once took amiss."""
LINES = (
    "&a x", "*a", "<<: *a", "<<: {title: x}", "x: &b {y: 1}", "!!python/object/apply:os.system [echo]", "!!binary aGk=",
    "!!set {a}", "!!timestamp 2025-01-01", "!x y", "? [a]\n: b", "? {a: b}\n: c", "---", "...", "%YAML 1.1", "%TAG ! x",
    "\t", "\tx: 1", "a: b: c", "|", ">-", "'", '"', "{", "[", "]", "}", "# x", "- - - -", "- x", "x:", ": x", "? x",
    "x: |2\n  y",
    "[" * 70, "{a: " * 70, "[" * 5000, "0x1F: 1", "1e999", "~: ~", '"\\e[31m": 1', '"\\0": 1', '"\\ud800": 1',
    "title: x",
    "version: 2", "date: 2025-01-01", "date: 22:22", "true: 1", "null: 1", "1: 1", "countries: []", "grid: {x: [1]}",
    'text: "\\e]0;x\\a"', "title: @x", "title: `x`", "title: %x", "a" * 3000, "日本: 1", "🏳️‍🌈: 1", "\u2028", "\x85",
    "\ufeff",
)  # fmt: skip
"""Lines of YAML that are seldom written."""
BYTES = (
    b"\x00", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n", b"\xed\xa0\x80", b"\xc2\x85",
    b"\xe2\x80\xa8", b"\x1b[2J",
    b"\x7f", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\t", b" ", b"{", b"}", b"[", b"]", b'"', b"'", b",", b":", b"-",
    b"#", b"&", b"*",
    b"!", b"|", b">", b"%", b"@", b"`", b"\\", b"0", b"9", b"e", b".", b"null", b"true", b"NaN", b"Infinity", b"-",
    b"\xe2\x80\xae",
)  # fmt: skip
MOST_GROWN = 20_000
"""Characters beyond which a value is not made larger still: the fuzzer has to hold it too."""
KINDS = ("odd", "odd", "odd", "near", "near", "drop", "twice", "rename", "nest", "swap", "grow", "deep", "value")
Place = st.integers(0, 2**20)
Value = st.one_of(
    st.sampled_from(ODD),
    st.sampled_from(
        (0, 1, 0.2, 0.7, -0.4, -1, "x", "Some words.", "2020-01-01", "2024", ["JPN"], [], "plus", "oppose")
    ),
    st.text(max_size=12),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=True, width=32),
)
Change = st.tuples(st.sampled_from(KINDS), Place, Value)
Cut = st.tuples(st.sampled_from(("insert", "replace", "delete", "end", "again")), Place, st.sampled_from(BYTES))
Line = st.tuples(
    st.sampled_from(("insert", "replace", "value", "twice", "drop", "indent")), Place, st.sampled_from(LINES)
)


def spots(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in a tree: what holds it, and its key or index there."""
    found, open_ = [], [tree]
    while open_:
        node = open_.pop()
        keys: Sequence[Any] = (
            list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        )
        for key in keys:
            found.append((node, key))
            if isinstance(node[key], dict | list):
                open_.append(node[key])
    return found


def _near(value: Any, odd: Any) -> Any:
    """A value almost like another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        step = odd if isinstance(odd, int | float) and not isinstance(odd, bool) else 1
        return value + (1 if isinstance(value, int) else 0.001) * (1 if step >= 0 else -1)
    if isinstance(value, str):
        return value[1:] + value[:1] if len(value) > 1 else value + "x"
    return value[::-1] if isinstance(value, list) else value


def _grown(value: Any) -> Any:
    """A value much longer than it was."""
    if len(json.dumps(value)) > MOST_GROWN:
        return value
    if isinstance(value, list):
        return [json.loads(json.dumps(v)) for v in value * 45][:90]
    if isinstance(value, str):
        return value * 200
    return value * 10**6 if isinstance(value, int) and not isinstance(value, bool) else value


def _deep(value: Any) -> Any:
    for _ in range(80):
        value = [value]
    return value


def _put(node: Any, key: Any, kind: str, value: Any, other: tuple[Any, Any]) -> None:
    made: dict[str, Callable[[], Any]] = {
        "odd": lambda: copy.deepcopy(value),
        "value": lambda: copy.deepcopy(value),
        "near": lambda: _near(node[key], value),
        "nest": lambda: [node[key]] if value else {"x": node[key]},
        "grow": lambda: _grown(node[key]),
        "deep": lambda: _deep(node[key]),
        "swap": lambda: copy.deepcopy(other[0][other[1]]),
    }
    if kind in made:
        node[key] = made[kind]()
    elif kind == "drop":
        del node[key]
    elif kind == "twice" and isinstance(node, list):
        node.insert(key, copy.deepcopy(node[key]))
    elif isinstance(node, dict):
        node[str(value)[:60] if kind == "rename" else f"{key}2"] = (
            node.pop(key) if kind == "rename" else copy.deepcopy(node[key])
        )


def changed(tree: Any, changes: Sequence[tuple[str, int, Any]]) -> Any:
    """A tree with changes made, one after the other."""
    tree = json.loads(tree) if isinstance(tree, str) else tree
    for kind, at, value in changes:
        places = spots(tree)
        if not places:
            return copy.deepcopy(value)
        node, key = places[at % len(places)]
        _put(node, key, kind, value, places[(at * 7919 + 1) % len(places)])
    return tree


def lined(text: str, changes: Sequence[tuple[str, int, str]]) -> str:
    """A text with some of its lines changed."""
    lines = text.split("\n")
    for kind, at, odd in changes:
        n = at % len(lines)
        own = lines[n]
        pad = own[: len(own) - len(own.lstrip())]
        lines[n : n + 1] = {
            "insert": [own, pad + odd],
            "replace": [pad + odd],
            "value": [f"{own.partition(':')[0]}: {odd}"],
            "twice": [own, own],
            "drop": [],
            "indent": [f"  {own}" if at % 3 else own[1:]],
        }[kind]
        lines = lines or [""]
    return "\n".join(lines)


def cut(raw: bytes, changes: Sequence[tuple[str, int, bytes]]) -> bytes:
    """Bytes with some of them changed."""
    for kind, at, odd in changes:
        k = at % (len(raw) + 1)
        raw = {
            "insert": raw[:k] + odd + raw[k:],
            "replace": raw[:k] + odd + raw[k + len(odd) :],
            "delete": raw[:k] + raw[k + 1 + at % 40 :],
            "end": raw[:k],
            "again": raw[:k] + raw[k // 2 :],
        }[kind]
    return raw


ENCODINGS: tuple[Callable[[str], bytes], ...] = (
    lambda text: text.encode("utf-8", "surrogatepass"),
    lambda text: text.replace("\n", "\r\n").encode("utf-8", "surrogatepass"),
    lambda text: text.encode("utf-8-sig", "surrogatepass"),
    lambda text: text.encode("utf-16", "surrogatepass"),
    lambda text: text.encode("latin-1", "replace"),
    lambda text: text.replace("\n", "\r").encode("utf-8", "surrogatepass"),
)
Encoding = st.one_of(*[st.just(0)] * 9, st.integers(0, len(ENCODINGS) - 1))


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes everything out: what stands twice in a tree is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@cache
def as_yaml(tree: str) -> str:
    """A tree, given as JSON, as the YAML a person would write."""
    return dumped(json.loads(tree))


def dumped(tree: Any) -> str:
    """A tree as YAML; surrogates, which no file holds, are replaced."""
    clean = json.loads(json.dumps(tree).encode("utf-8", "replace"))
    return str(yaml.dump(_sound(clean), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100))


def _sound(tree: Any) -> Any:
    if isinstance(tree, str):
        return tree.encode("utf-8", "replace").decode()
    if isinstance(tree, dict):
        return {_sound(k): _sound(v) for k, v in tree.items()}
    return [_sound(v) for v in tree] if isinstance(tree, list) else tree


def _yaml(tree: str, changes: Any, lines: Any, cuts: Any, encoding: int) -> bytes:
    text = dumped(changed(tree, changes)) if changes else as_yaml(tree)
    return cut(ENCODINGS[encoding](lined(text, lines)), cuts)


def _json(tree: str, changes: Any, cuts: Any) -> bytes:
    return cut(json.dumps(changed(tree, changes), ensure_ascii=False).encode("utf-8", "surrogatepass"), cuts)


def yaml_files(bases: Sequence[Any], texts: Sequence[str] = ()) -> st.SearchStrategy[bytes]:
    """YAML files made wrong, of some trees and of some files as they were written by hand."""
    trees = st.sampled_from([json.dumps(b) for b in bases])
    few, one = st.lists(Change, max_size=4), st.lists(Line, max_size=1)
    rare = st.one_of(st.just([]), st.lists(Cut, max_size=3))
    none = st.just([])
    rarely, seldom = st.one_of(none, none, none, none, one), st.one_of(*[none] * 7, rare)
    of_trees = st.builds(_yaml, trees, few, rarely, seldom, Encoding)
    if not texts:
        return of_trees

    def handwritten(text: str, lines: Any, cuts: Any, encoding: int) -> bytes:
        return cut(ENCODINGS[encoding](lined(text, lines)), cuts)

    of_texts = st.builds(
        handwritten, st.sampled_from(texts), st.lists(Line, max_size=3), st.lists(Cut, max_size=3), Encoding
    )
    return st.one_of(of_trees, of_trees, of_trees, of_texts)


def json_files(bases: Sequence[Any]) -> st.SearchStrategy[bytes]:
    """JSON files made wrong."""
    trees = st.sampled_from([json.dumps(b) for b in bases])
    cuts = st.one_of(st.just([]), st.just([]), st.just([]), st.lists(Cut, max_size=2))
    return st.builds(_json, trees, st.lists(Change, max_size=3), cuts)


def json_lines(entries: Sequence[Any]) -> st.SearchStrategy[bytes]:
    """Files of JSON lines made wrong: some lines left out, changed, doubled, cut."""
    line = json_files(entries)
    ends = st.sampled_from([b"\n", b"\n", b"\n", b"", b"\r\n", b"\n\n"])
    pairs = st.lists(st.tuples(line, ends), max_size=4)
    return pairs.map(lambda found: b"".join(raw + end for raw, end in found))
