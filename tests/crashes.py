"""Work killed at its n-th step on the disk, or told there that the disk is full, and begun again: five kinds of it.

    python tests/crashes.py --points 50 --seed 7 --json FILE

What is finished must be there afterwards, asked for once, and the result the same bytes as of work left alone. Four of
five points are steps drawn without return from all there are; the rest are moments drawn over the time it takes.
"""

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dying
from doubles import AgreeableCaller, over_the_wire
from hostile import Hostile
from lessons import Lesson
from numpy.random import default_rng

CONTEXT = multiprocessing.get_context("forkserver")
WARM = (
    *("simulation.attendance", "simulation.classroom.server", "simulation.fits", "simulation.launches"),
    *("simulation.models", "simulation.options", "simulation.outputs", "simulation.report.grids"),
    *("simulation.report.word", "langchain_openai", "langgraph.checkpoint.sqlite.aio", "pyarrow.parquet"),
    "scipy.optimize",
)
"""What every process would import; one that is forked has it already."""
CONTEXT.set_forkserver_preload(list(WARM))
SEATS = ("japan", "india", "eu")
KEY = {"COMMUNIQUE_API_KEY": "sk-of-a-test"}
FORMS = ("md", "html", "json", "csv", "docx", "graphml")
DESKS = "scenarios: [takaichi_coalition]\nseeds: {first: 0, count: 24}\n"
MODELS = """\
scenarios: [takaichi_coalition]
countries: [[japan, india, eu]]
engines: [chat_model]
models: [openai:local]
settings: {base_url: "%s"}
seeds: {first: 0, count: 2}
grid: {debate.rounds: [1, 2]}
"""


@dataclass(frozen=True)
class Ended:
    """A command that came to an end."""

    status: int
    steps: list[str]
    """What it did to the disk, in order."""
    out: str
    err: str
    seconds: float


def begun(args, folder: Path, said: Path, **fault):
    """A command in a process of its own, on a disk that may fail."""
    process = CONTEXT.Process(target=dying.command, args=(args, folder, said), kwargs={"env": KEY, **fault})
    process.start()
    return process


def typed(args, folder: Path, patience: float | None = None, **fault) -> Ended:
    """Type a command and wait for its end, or kill it after so many seconds."""
    said = folder.with_name(f"{folder.name}-said")
    for name in ("out", "err", "steps"):
        said.with_suffix(f".{name}").unlink(missing_ok=True)
    began = time.monotonic()
    process = begun(args, folder, said, **fault)
    process.join(300 if patience is None else patience)
    if process.is_alive():
        process.kill()
        process.join()
    found = {p: said.with_suffix(f".{p}") for p in ("out", "err", "steps")}
    text = {name: path.read_text(encoding="utf-8") if path.exists() else "" for name, path in found.items()}
    return Ended(process.exitcode, text["steps"].split(), text["out"], text["err"], time.monotonic() - began)


def files(folder: Path) -> dict[str, bytes]:
    """Every file under its final name."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file())
    shown = ((p.relative_to(folder), p) for p in found)
    return {
        str(name): path.read_bytes() for name, path in shown if not any(part.startswith(".") for part in name.parts)
    }


def lines(path: Path) -> list[bytes]:
    """The whole lines of a file."""
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


class Kind(ABC):
    """Some work: how it is begun, taken up again, and what it leaves."""

    name = ""
    reference: tuple[Ended, dict[str, bytes]] | None = None
    """How it goes and what it leaves when nobody disturbs it, once it is known."""
    grows: tuple[str, ...] = ()
    """Endings of files that grow line by line; every other appears whole."""

    def prepare(self, folder: Path) -> None:
        """Put there what it works on."""
        return

    @abstractmethod
    def first(self, folder: Path) -> tuple[str, ...]:
        """The command."""

    def again(self, folder: Path) -> tuple[str, ...]:
        """The command that takes it up again: the same one, unless there is another."""
        return self.first(folder)

    def setup(self):
        """What the process does before the command; a function that can be sent there."""
        return

    def asked(self) -> list:
        """What a model was asked so far."""
        return []

    def grown(self, folder: Path) -> set[bytes]:
        """What is finished: whole lines of the files that grow."""
        return {line for p in folder.rglob("*") if p.name.endswith(self.grows or ("\0",)) for line in lines(p)}

    def left(self, folder: Path) -> dict[str, bytes]:
        """What has to be the same bytes in the end; lines of a file that grows may come in any order."""
        found = files(folder)
        return {
            n: b"\n".join(sorted(v.split(b"\n"))) if n.endswith(self.grows or ("\0",)) else v for n, v in found.items()
        }


class Asking(Kind):
    """Work that asks a model on a server that counts."""

    grows = ("replies.jsonl", "statements.jsonl", ".sqlite", "-wal", "-shm", "launch.json")

    def __init__(self) -> None:
        self.server = Hostile(reply=over_the_wire(AgreeableCaller.of()))

    def asked(self) -> list:
        return [seen.prompt for seen in self.server.seen]

    def grown(self, folder: Path) -> set[bytes]:
        return {
            line for p in folder.rglob("*") if p.name in ("replies.jsonl", "openai-local.jsonl") for line in lines(p)
        }


class Debate(Asking):
    name = "debate"

    def first(self, folder: Path) -> tuple[str, ...]:
        words = ("run", "takaichi_coalition", "--engine", "chat_model", "--model", "openai:local", "--quiet")
        where = ("--base-url", self.server.url, "--moderator", "chat_model", "--timeout", "60")
        return (*words, *where, "--countries", ",".join(SEATS), "--rounds", "2")

    def again(self, folder: Path) -> tuple[str, ...]:
        there = [p for p in (folder / "runs").glob("*") if not p.name.startswith(".")]
        return ("resume", str(there[0]), "--quiet", "--timeout", "60") if there else self.first(folder)


class Desks(Kind):
    """A debate that asks nobody: it appears whole or not at all."""

    name = "debate of desks"

    def first(self, folder: Path) -> tuple[str, ...]:
        return ("run", "takaichi_coalition", "--quiet")


class Sweep(Kind):
    name = "sweep"
    grows = ("cells.jsonl",)
    page = DESKS

    def prepare(self, folder: Path) -> None:
        (folder / "page.yaml").write_text(self.page, encoding="utf-8")

    def first(self, folder: Path) -> tuple[str, ...]:
        return ("sweep", "page.yaml", "--workers", "1")

    def again(self, folder: Path) -> tuple[str, ...]:
        there = [p for p in (folder / "sweeps").glob("*") if not p.name.startswith(".")]
        return ("sweep", "--resume", str(there[0]), "--workers", "1") if there else self.first(folder)


class Fit(Kind):
    name = "fit"

    def prepare(self, folder: Path) -> None:
        (folder / "coefficients.yaml").write_text("the coefficients of before\n", encoding="utf-8")

    def first(self, folder: Path) -> tuple[str, ...]:
        return ("fit", "--write")

    def setup(self):
        return here_and_short


def here_and_short() -> None:
    """Fit into the working folder, with fewer repetitions: how it is written stays the same."""
    from simulation import fits

    fits.__file__ = str(Path.cwd() / "fits.py")
    fits.cross_validate.__defaults__, fits.bootstrap.__defaults__ = (5, 2), (10,)


class Export(Kind):
    """A run in every format, over the file of an export before."""

    def __init__(self, form: str, run: Path) -> None:
        self.form, self.run = form, run
        self.name = f"export {form}"

    def prepare(self, folder: Path) -> None:
        (folder / f"export.{self.form}").write_text("the export of before\n", encoding="utf-8")

    def first(self, folder: Path) -> tuple[str, ...]:
        return ("export", str(self.run), "--format", self.form, "--out", f"export.{self.form}")


@dataclass
class Outcome:
    """What became of the points of a kind."""

    points: int = 0
    steps: int = 0
    """Steps there are."""
    lost: int = 0
    repeated: int = 0
    different: int = 0
    wrong: list[str] = field(default_factory=list)
    """What was wrong, in words."""

    def add(self, other: "Outcome") -> None:
        for name in ("points", "steps", "lost", "repeated", "different"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong

    @property
    def whole(self) -> bool:
        return not (self.lost or self.repeated or self.different or self.wrong)


def visited(kind: Kind, under: Path, points: int, seed: int, full: bool = False) -> Outcome:
    """Break a kind of work off at some points, each in a folder of its own, and go on."""
    rng, found = default_rng(seed), Outcome()
    reference, known = undisturbed(kind, under / "whole")
    found.steps = len(reference.steps)
    moments = 0 if full else points // 5
    steps = rng.permutation(found.steps)[: points - moments] + 1
    for number, step in enumerate(sorted(steps)):
        _broken(kind, under / f"step{number}", known, found, at=int(step), full=full)
    for number in range(max(moments, points - len(steps) if not full else 0)):
        moment = float(rng.random() * reference.seconds)
        _broken(kind, under / f"moment{number}", known, found, patience=moment)
    return found


def undisturbed(kind: Kind, folder: Path) -> tuple[Ended, dict[str, bytes]]:
    """How the work goes when nobody disturbs it, and what it leaves; done once."""
    if kind.reference is None:
        folder.mkdir(parents=True)
        kind.prepare(folder)
        ended = typed(kind.first(folder), folder, setup=kind.setup())
        assert ended.status == 0, ended.err
        kind.reference = ended, kind.left(folder)
    return kind.reference


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """A disk of its own in memory, of so many bytes; yields what makes it large. Only root can have one, on Linux."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True, capture_output=True)
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=256m", folder], check=True) and None
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def may_mount(under: Path) -> bool:
    """Whether this machine lets us have disks of our own."""
    try:
        with small_disk(under / "tried", 4096):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def filled(kind: Kind, under: Path, points: int, seed: int) -> Outcome:
    """Hold a kind of work on real disks of some sizes that are all too small for it, then give it room and go on."""
    found = Outcome()
    reference, known = undisturbed(kind, under / "whole")
    found.steps = len(reference.steps)
    needed = sum(len(content) for content in files(under / "whole").values())
    for number, share in enumerate(default_rng(seed).uniform(0.02, 0.9, points)):
        folder = under / f"disk{number}"
        with small_disk(folder, max(16384, int(share * needed))) as enlarge:
            _broken(kind, folder, known, found, full=True, enlarge=enlarge)
    return found


def _broken(
    kind: Kind,
    folder: Path,
    known: dict[str, bytes],
    found: Outcome,
    enlarge: Callable[[], None] | None = None,
    **fault,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    kind.prepare(folder)
    before = files(folder)
    ended = typed(kind.first(folder), folder, setup=kind.setup(), **fault)
    where = f"{kind.name}, {fault}"
    found.points += 1
    if fault.get("full") and ended.status != 0:
        found.wrong += [f"{where}: {w}" for w in _told(ended)]
    for name, content in files(folder).items():
        if not name.endswith(kind.grows or ("\0",)) and content not in (before.get(name), known.get(name)):
            found.wrong.append(f"{where}: half a file: {name}")
    if enlarge:
        enlarge()
    finished, asked = kind.grown(folder), len(kind.asked())
    ended = typed(kind.again(folder), folder, setup=kind.setup())
    if ended.status:
        found.wrong.append(f"{where}: then {ended.status}: {ended.err[-600:]}")
    found.lost += len(finished - kind.grown(folder))
    found.repeated += max(0, len(kind.asked()) - asked - len(kind.grown(folder) - finished))
    left = kind.left(folder)
    if different := [name for name in {*left, *known} if left.get(name) != known.get(name)]:
        found.different += 1
        found.wrong.append(f"{where}: differs: {', '.join(sorted(different))}")
    if not enlarge:
        shutil.rmtree(folder)


def _told(ended: Ended) -> list[str]:
    """What is wrong with how a full disk was told."""
    wanted = {"status 2": ended.status == 2, "one error": ended.err.count("error[E") == 1}
    wanted |= {"why": any(w in ended.err for w in ("no space left", "disk is full")), "cure": "make room" in ended.err}
    return [f"no {name}: {ended.status} {ended.err[-300:]}" for name, is_so in wanted.items() if not is_so]


class ModelSweep(Asking, Sweep):
    name = "sweep that asks"
    grows = (*Asking.grows, "cells.jsonl", "openai-local.jsonl")

    @property
    def page(self) -> str:
        return MODELS % self.server.url


@contextmanager
def kinds(under: Path) -> Iterator[dict[str, list[Kind]]]:
    """Every kind of work but the classroom's, by the name it has in the table."""
    debate, sweep = Debate(), ModelSweep()
    with debate.server, sweep.server:
        folder = under / "exported"
        folder.mkdir(parents=True)
        ended = typed(("run", "takaichi_coalition", "--quiet"), folder)
        run = (folder / ended.out.strip()).parent
        exports = [Export(form, run) for form in FORMS]
        yield {"debate": [debate, Desks()], "sweep": [Sweep(), sweep], "fit": [Fit()], "export": exports}


def shares(points: int, parts: int) -> list[int]:
    """A number of points in nearly equal parts."""
    return [points // parts + (k < points % parts) for k in range(parts)]


def lesson(under: Path, points: int, seed: int) -> Outcome:
    """A round of a classroom whose server is killed at some of its steps."""
    found, played = Outcome(), Lesson(under, begun)
    with closing(played):
        found.steps, known = played.whole()
        for step in sorted(default_rng(seed).permutation(found.steps)[:points] + 1):
            lost, repeated, left = played.broken(int(step))
            found.points += 1
            found.lost, found.repeated = found.lost + lost, found.repeated + repeated
            if left != known:
                found.different += 1
                found.wrong.append(f"classroom, step {step}: {[n for n in known if left.get(n) != known[n]]}")
    return found


def measured(under: Path, points: int, seed: int, say=print) -> list[dict]:
    """Every kind under every fault, as rows."""
    rows = []
    with kinds(under) as known:
        for fault in ("killed", "full disk"):
            for name, parts in known.items():
                found = Outcome()
                for kind, share in zip(parts, shares(points, len(parts)), strict=True):
                    place = under / f"{fault} {kind.name}".replace(" ", "-")
                    found.add(visited(kind, place, share, seed, full=fault == "full disk"))
                rows.append(_row(fault, name, found, say))
        if may_mount(under):
            for name in ("debate", "sweep"):
                rows.append(_row("small disk", name, filled(known[name][0], under / f"disk-{name}", points, seed), say))
    rows.append(_row("killed", "classroom", lesson(under / "classroom", points, seed), say))
    return rows


def _row(fault: str, name: str, found: Outcome, say) -> dict:
    counts = (found.points, found.steps, found.lost, found.repeated, found.different)
    say(f"{fault:<10} {name:<10} " + " ".join(f"{n:>9}" for n in counts))
    for text in found.wrong:
        say(f"    {text}")
    test = "tests/test_crash.py::" + TESTS["classroom" if name == "classroom" else fault]
    told = {"points": found.points, "lost": found.lost, "repeated": found.repeated, "different": found.different}
    return {"fault": f"{name}: {fault}", **told, "wrong": len(found.wrong), "test": test}


TESTS = {
    "killed": "test_work_killed_at_any_step_goes_on_to_the_same_bytes",
    "small disk": "test_a_real_disk_that_fills_up_costs_nothing_that_was_finished",
    "full disk": "test_a_full_disk_is_told_in_one_error_and_costs_nothing_that_was_finished",
    "classroom": "test_a_round_whose_server_is_killed_at_any_step_ends_as_if_it_had_not_been",
}


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--points", type=int, default=50)
    words.add_argument("--seed", type=int, default=None)
    words.add_argument("--json", type=Path)
    given = words.parse_args()
    seed = given.seed if given.seed is not None else time.time_ns() % 1_000_000
    print(f"SEED={seed} draws the same points again")
    print(f"{'':<10} {'':<10} " + " ".join(f"{n:>9}" for n in ("points", "steps", "lost", "repeated", "different")))
    with tempfile.TemporaryDirectory(prefix="communique-crash-") as folder:
        rows = measured(Path(folder), given.points, seed, lambda text: print(text, flush=True))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(any(row["lost"] or row["repeated"] or row["different"] or row["wrong"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
