"""What a terminal shows: the live table of a debate, plain lines on a pipe, JSON lines, progress.

Text from files and models is never read as markup.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from simulation import gallery
from simulation.dossier import Dossier
from simulation.report.pages import Block, Grid, Heading, Items, Page
from simulation.report.sheet import flat
from simulation.scenario import Scenario
from simulation.statement import LABELS, Statement
from simulation.transcript import Gap
from simulation.wording import MOST, several, signed

if TYPE_CHECKING:
    from simulation.runs import Run

STYLES = {
    -2: "bold white on #b35806",
    -1: "black on #fdb863",
    0: "black on #f7f7f7",
    1: "black on #b2abd2",
    2: "bold white on #542788",
}
WIDTH = 120
"""Mistakes that are shown, and columns where there is no terminal."""
FRAME = 6
"""The lines around the rows of the live table, the cursor's among them."""


def stderr() -> Console:
    """A console for progress and errors."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def tell(text: str) -> None:
    """Lines for a person at the terminal, folded at words."""
    stderr().print(Text(text), soft_wrap=False)


def prompt(text: str) -> None:
    """What stands before the place where a person types."""
    stderr().print(Text(text), end="")


def blank() -> None:
    """Take away what stands on the terminal, so that the next person does not read it."""
    stderr().clear()


class Quiet:
    """Shows nothing."""

    def started(self, scenario: Scenario, seats: Mapping[str, Dossier]) -> None:
        """Called when everybody sits."""

    def heard(self, kind: str, what: Statement | Gap | int) -> None:
        """Called at each round, turn and gap."""

    def hears(self, seat: str, tokens: int) -> None:
        """Called as a reply comes in."""

    def told(self, line: str) -> None:
        """Called with what a person should know while it runs."""

    def done(self, **fields: Any) -> None:
        """Called when the folder is written."""

    def __enter__(self) -> "Quiet":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""


class Lines(Quiet):
    """One plain line an event, for pipes."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._rounds = 0

    def started(self, scenario: Scenario, seats: Mapping[str, Dossier]) -> None:
        """Called when everybody sits."""
        self._rounds = scenario.debate.rounds
        names = [d.short for d in seats.values()]
        shown = f"{len(names)} seats, {several(names)}" if len(names) > MOST else ", ".join(names)
        print(f"{scenario.title}: {shown}", file=self._out)

    def heard(self, kind: str, what: Statement | Gap | int) -> None:
        """Called at each round, turn and gap."""
        if isinstance(what, Statement):
            text = f"{what.id} {LABELS[what.stance]} ({signed(what.score)}): {what.headline}"
        elif isinstance(what, Gap):
            text = f"{what.code}-{what.round} failed: {what.reason}"
        else:
            text = f"round {what} of {self._rounds}"
        print(text, file=self._out)

    def told(self, line: str) -> None:
        """Called with what a person should know while it runs."""
        print(line, file=self._out)


class JsonLines(Quiet):
    """launch, turn and done as JSON lines on stdout, and nothing else there."""

    def _say(self, event: str, **fields: Any) -> None:
        print(json.dumps({"event": event, **fields}, ensure_ascii=False))  # noqa: T201

    def started(self, scenario: Scenario, seats: Mapping[str, Dossier]) -> None:
        """Called when everybody sits."""
        seated = [{"country": n, "code": d.code} for n, d in seats.items()]
        self._say("launch", scenario=scenario.id, title=scenario.title, rounds=scenario.debate.rounds, seats=seated)

    def heard(self, kind: str, what: Statement | Gap | int) -> None:
        """Called at each round, turn and gap."""
        if isinstance(what, Statement):
            parts = {"id": what.id, "country": what.country, "round": what.round, "stance": what.stance_name}
            self._say("turn", **parts, score=what.score, headline=what.headline)
        elif isinstance(what, Gap):
            self._say(
                "turn", id=f"{what.code}-{what.round}", country=what.country, round=what.round, failed=what.reason
            )

    def told(self, line: str) -> None:
        """Called with what a person should know while it runs."""
        stderr().print(Text(line))

    def done(self, **fields: Any) -> None:
        """Called when the folder is written."""
        self._say("done", **fields)


class Panel(Quiet):
    """The table as it debates: a row a seat, a column a round."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._seats: Sequence[Dossier] = ()
        self._said: dict[str, Statement] = {}
        self._failed: set[str] = set()
        self._tokens: dict[str, int] = {}
        self._round, self._rounds, self._title = 0, 0, ""

    def started(self, scenario: Scenario, seats: Mapping[str, Dossier]) -> None:
        """Called when everybody sits."""
        self._seats, self._rounds, self._title = tuple(seats.values()), scenario.debate.rounds, scenario.title
        self._live = Live(
            get_renderable=self._draw, console=self._console, refresh_per_second=12, vertical_overflow="crop"
        )
        self._live.start()

    def heard(self, kind: str, what: Statement | Gap | int) -> None:
        """Called at each round, turn and gap."""
        if isinstance(what, Statement):
            self._said[what.id] = what
        elif isinstance(what, Gap):
            self._failed.add(f"{what.code}-{what.round}")
        else:
            self._round, self._tokens = what, {}

    def hears(self, seat: str, tokens: int) -> None:
        """Called as a reply comes in."""
        self._tokens[seat] = tokens

    def told(self, line: str) -> None:
        """Called with what a person should know while it runs."""
        self._console.print(Text(line))

    def _cell(self, code: str, number: int) -> Text:
        key = f"{code}-{number}"
        if key in self._failed:
            return Text("failed", style="bold")
        if key in self._said:
            said = self._said[key]
            return Text(f" {said.stance:+d} {signed(said.score)} ", style=STYLES[said.stance])
        if number != self._round:
            return Text("")
        tokens = self._tokens.get(code)
        return Text(f"{tokens} tokens" if tokens else "speaking", style="dim")

    def _draw(self) -> Table | Group:
        """What to show now: the table, or its counts and last words where it is taller than the terminal."""
        if len(self._seats) + FRAME <= self._console.height:
            return self._rows()
        said, failed, tokens = tuple(self._said.values()), frozenset(self._failed), dict(self._tokens)
        now = gallery.Progress(self._title, self._seats, self._round, self._rounds, said, failed, tokens)
        return gallery.view(now, STYLES)

    def _rows(self) -> Table:
        table = Table(title=Text(self._title), title_justify="left", expand=False)
        table.add_column("desk")
        for number in range(1, self._rounds + 1):
            table.add_column(f"round {number}", justify="center")
        table.add_column("last word", overflow="ellipsis", no_wrap=True, max_width=70)
        for dossier in self._seats:
            said = [self._said[k] for n in range(1, self._rounds + 1) if (k := f"{dossier.code}-{n}") in self._said]
            cells = [self._cell(dossier.code, n) for n in range(1, self._rounds + 1)]
            table.add_row(Text(dossier.name), *cells, Text(said[-1].headline if said else ""))
        return table

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[..., None]]:
    """A bar on a terminal, with the time that is left; call what it gives once for each thing done."""
    console = stderr()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = console.is_terminal and not console.is_dumb_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task(what, total=total)
        yield lambda *done: bar.advance(task)


def listener(as_json: bool, quiet: bool, plain: bool = False) -> Quiet:
    """Who shows a debate: JSON lines, nothing, a live panel on a terminal, plain lines on a pipe or where asked for."""
    if as_json:
        return JsonLines()
    if quiet:
        return Quiet()
    err = stderr()
    return Panel(err) if err.is_terminal and not err.is_dumb_terminal and not plain else Lines()


def finished(found: "Run", folder: Path, told: Quiet, as_json: bool, quiet: bool) -> int:
    """Tell of a written run on stdout and stderr; the exit status: 4 where a seat failed, else 0."""
    stances = {s.country: s.stance_name for s in found.transcript.final}
    told.done(run=found.id, folder=str(folder), assessment=str(folder / "assessment.md"), stances=stances)
    if as_json:
        return 4 if found.transcript.gaps else 0
    if not quiet:
        for gap in found.transcript.gaps:
            stderr().print(Text(f"{gap.code} did not speak in round {gap.round}: {gap.reason}"))
        stderr().print(Text("\n".join(f.text for f in found.assessment.bottom_line)))
    print(folder / "assessment.md")  # noqa: T201
    return 4 if found.transcript.gaps else 0


def _table(grid: Grid) -> Table:
    table = Table()
    for name in grid.head:
        table.add_column(Text(flat(name)), overflow="fold")
    for row in grid.rows:
        styles = [STYLES[c.stance] if c.stance is not None else "bold" if c.marked else "" for c in row]
        table.add_row(*(Text(flat(c.text), style=style) for c, style in zip(row, styles, strict=True)))
    return table


def _shown(block: Block) -> list[Text | Table]:
    """A block of a page for a terminal."""
    if isinstance(block, Grid):
        return [*([Text(flat(block.caption), style="italic")] if block.caption else []), _table(block)]
    if isinstance(block, Items):
        return [Text(f"- {flat(line)}") for line in block.lines]
    return [Text(f"\n{flat(block.text)}", style="bold") if isinstance(block, Heading) else Text(flat(block.text))]


def show(page: Page, file: TextIO | None = None) -> None:
    """A page on stdout or into a file; tables are as wide as the terminal, or 120 columns where there is none."""
    out = Console(file=file or sys.stdout, highlight=False)
    if not out.is_terminal:
        out.width = WIDTH
    for piece in (Text(flat(page.title), style="bold"), *(piece for b in page.blocks for piece in _shown(b))):
        out.print(piece, soft_wrap=isinstance(piece, Text) and not out.is_terminal)
