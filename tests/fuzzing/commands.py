"""Words after `communique`: every command that neither serves nor opens anything, with its options and odd values.

Paths stay within the working folder, no model can be reached, and what would write into this checkout is left out.
"""

import os
import shutil
import socket
from functools import cache
from pathlib import Path
from typing import Any

import click
from hypothesis import strategies as st

from fuzzing.files import small_dossier, small_scenario
from fuzzing.folders import _record
from fuzzing.mutations import ODD, dumped
from fuzzing.outcomes import STATUSES, exits
from fuzzing.target import Target
from simulation import cli

LEFT_OUT = ("classroom", "benchmark-models", "backtest")
NEVER = ("--write", "--help", "--human", "--workers", "--draws", "--runs", "--sensitivity", "--model", "--base-url")
ALWAYS = {"stability": ["--runs", "1", "--draws", "100"], "sweep": ["--workers", "1"], "open": ["--print"]}
WORDS = (
    "takaichi_coalition", "mine.yaml", "-", "broken.yaml", "japan", "china", "latest", "2026-01-01-mine-00000000",
    "runs", "page.yaml",
    "runs/2026-01-01-mine-00000000", "agents", "nothing.yaml", "nothing", "", ".", "..", "E101", "e197", "dossier",
    "scenario", "countries",
    "japan,china", "japan,japan", "japan,,china", ",", "provisions.mutual_protection=consult", "debate.seed=3",
    "date=2020-01-01",
    "agents.japan.capital=Kyoto", "agents.peru.x=1", "seed=1,2", "seed=", "=", "a=b=c", "engine=dossier",
    "engine=chat_model", "x", "-1",
    "0", "1", "2", "1.5", "1e9", "nan", "inf", "99999999999999999999", "２", "--", "--no-such", "-q", "--json", "md",
    "html", "csv", "graphml",
    "scripted", "human", "chat_model", "wait", "absent", "\udcff", "日本", "\x1b[31m", "\u202e", "x" * 300,
    "[red]", "%s", "{}",
    "out.md", "new/deep/out.json", "/dev/null", "/proc/none/x", "sweeps", "sub",
)  # fmt: skip


def _safe(text: str) -> bool:
    """Whether a word stays in the working folder, and can be one at all: none holds a zero byte."""
    return "\0" not in text and (not text.startswith(("/", "~")) or text in WORDS)


Word = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(WORDS),
    st.sampled_from([str(v)[:300] for v in ODD]).filter(_safe),
    st.text(max_size=8).filter(_safe),
)
LIKELY = {
    "scenario": ["takaichi_coalition", "mine.yaml", "-"], "spec": ["page.yaml", "-"], "run": ["latest",
    "runs/2026-01-01-mine-00000000"],
    "first": ["latest"], "second": ["latest"], "names": ["latest", "mine.yaml"], "country": ["japan"],
    "name": ["japan", "mine.yaml"],
    "code": ["E101"], "what": ["dossier", "countries"], "paths": ["agents", "mine.yaml"], "countries": ["japan,china"],
    "rounds": ["1", "2"], "seed": ["1"], "changes": ["debate.seed=3", "date=2020-01-01"], "under": ["runs"],
    "out": ["out.md", "new"],
    "form": ["md", "json", "csv", "html"], "varying": ["seed=1,2"], "engine": ["dossier"], "resume": ["sweeps"],
}  # fmt: skip
"""Values that let a command get far, by the name of its argument."""


@cache
def _commands() -> dict[str, click.Command]:
    group, context = cli.communique, click.Context(cli.communique)
    names = [n for n in group.list_commands(context) if n not in LEFT_OUT]
    found = {name: group.get_command(context, name) for name in names}
    return {name: command for name, command in found.items() if command is not None}


def _word(param: click.Parameter) -> st.SearchStrategy[str]:
    likely = st.sampled_from(LIKELY.get(param.name or "", ["1"]))
    return st.one_of(likely, likely, likely, Word)


def _option(param: click.Option) -> st.SearchStrategy[list[str]]:
    name = st.sampled_from(list(param.opts))
    return st.tuples(name).map(list) if param.is_flag else st.tuples(name, _word(param)).map(list)


def _line(name: str) -> st.SearchStrategy[tuple[list[str], bytes]]:
    """What somebody types for one command, and what comes on standard input."""
    command = _commands()[name]
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    options = [p for p in command.params if isinstance(p, click.Option) and not set(p.opts) & set(NEVER)]
    given = st.tuples(*[_word(p) for p in arguments]).map(list)
    chosen = st.lists(st.sampled_from(options).flatmap(_option), max_size=4) if options else st.just([])
    extra = st.one_of(*[st.just([])] * 6, st.lists(Word, max_size=2))
    ends = [*(["--retries", "0"] if any("--retries" in p.opts for p in options) else []), *ALWAYS.get(name, [])]

    def joined(words: list[str], picked: list[list[str]], more: list[str]) -> list[str]:
        return [name, *words, *(w for option in picked for w in option), *more, *ends]

    stdin = st.sampled_from([b"", dumped(small_scenario()).encode(), b"\xff", b"- x", PAGE.encode()])
    return st.tuples(st.builds(joined, given, chosen, extra), stdin)


PAGE = "scenarios: [takaichi_coalition]\ncountries: [[japan, china]]\nseeds: [1, 2]\n"
HEAVY = ("fit", "stability", "check", "sweep", "graph")
"""Commands that take longer, and so are typed less often."""


def _inputs() -> st.SearchStrategy[tuple[list[str], bytes]]:
    names = [n for n in _commands() if n != "fit"]
    often = [n for n in names if n not in HEAVY]
    return st.sampled_from([*often, *often, *often, *names]).flatmap(_line)


def _refused(*_: Any, **__: Any) -> Any:
    raise OSError("no network while fuzzing")


def typed(given: tuple[list[str], bytes]) -> str:
    """A command: exit status 0, 2, 3 or 4 (130 where a question was left unanswered), and no traceback."""
    words, stdin = given
    home = Path.cwd()
    place = home / "typed" / "here"
    if not place.is_dir():
        _furnished(place)
    os.chdir(place)
    connect, found = socket.socket.connect, socket.getaddrinfo
    socket.socket.connect, socket.getaddrinfo = _refused, _refused  # type: ignore[method-assign]
    try:
        status, _, err = exits(words, stdin, STATUSES)
    finally:
        socket.socket.connect, socket.getaddrinfo = connect, found  # type: ignore[method-assign]
        os.chdir(home)
        if len(list(place.rglob("*"))) > 150:
            shutil.rmtree(place.parent)
    return err.partition("error[")[2].partition("]")[0] or ("result" if status == 0 else f"exit {status}")


def _furnished(place: Path) -> None:
    """A working folder with a run, a scenario, a sweep, a country, and files that are broken."""
    (place / "agents").mkdir(parents=True)
    (place / "agents/fuzzland.yaml").write_text(dumped(small_dossier()), encoding="utf-8")
    (place / "mine.yaml").write_text(dumped(small_scenario()), encoding="utf-8")
    (place / "broken.yaml").write_bytes(b"title: [\n\xff")
    (place / "page.yaml").write_text(PAGE, encoding="utf-8")
    folder = place / "runs/2026-01-01-mine-00000000"
    folder.mkdir(parents=True)
    for name, text in _record()[1].items():
        (folder / name).write_text(text, encoding="utf-8")


TARGETS = (Target("command lines", 3, _inputs, typed, few=30),)
