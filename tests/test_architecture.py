import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import simulation

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "simulation").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_under_300_lines_and_a_function_under_40(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 40, f"{path.name}: {node.name}"


def test_imports_go_down_the_layers():
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_module_says_its_idea_and_imports_alone():
    for info in pkgutil.walk_packages(simulation.__path__, "simulation."):
        module = importlib.import_module(info.name)
        assert module.__doc__
        assert module.__doc__.strip().splitlines()[0].endswith((".", ":")), info.name


def test_no_module_names_a_country_or_a_case():
    """`simulation` never special-cases a country or a case; names stand in docstrings and data only."""
    words = {p.stem for p in (ROOT / "agents").glob("*.yaml")} | {p.stem for p in (ROOT / "scenarios").rglob("*.yaml")}
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                assert node.value.strip() not in words, f"{path.name}: {node.value}"


def test_the_public_names_are_sorted_and_there():
    assert list(simulation.__all__) == sorted(simulation.__all__)
    for name in simulation.__all__:
        assert getattr(simulation, name)


WRITERS = {
    "folders.py": "writes aside, flushes and moves into place; statements are added to, and people's flushed",
    "cassettes.py": "adds replies, each flushed",
    "journals.py": "adds cells, each chunk flushed",
    "report/grids.py": "fills the file that `aside` gave it",
    "places.py": "puts whole objects into a storage; what it copies from one counts once parcels has bound it",
    "classroom/doors.py": "a lock, which holds nothing",
    "cli.py": "the traceback of a bug, in a temporary file",
}
"""Who may open a file for writing, and why a crash leaves no half of one."""


def _writes(node: ast.AST) -> bool:
    """Whether an expression writes a file past `folders`."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = (part for a in (*node.args, *(k.value for k in node.keywords)) for part in ast.walk(a))
    words = [part.value for part in given if isinstance(part, ast.Constant)]
    modes = [w for w in words if isinstance(w, str) and set(w) & set("wax+") and set(w) <= set("rwaxbt+")]
    moves = name in ("copyfile", "copytree", "savefig", "to_csv", "to_parquet")
    return (
        name in ("write_text", "write_bytes", "touch", "ParquetWriter")
        or moves
        or ("open" in name.lower() and bool(modes))
    )


def test_every_file_is_written_aside_and_moved_into_place_or_added_to_and_flushed():
    found = set()
    for path in MODULES:
        if any(_writes(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
            found.add(str(path.relative_to(ROOT / "simulation")))
    assert found <= {*WRITERS}, "write through folders.write_whole or folders.aside"
    assert {"folders.py", "cassettes.py", "journals.py", "report/grids.py"} <= found
