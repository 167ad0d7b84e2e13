import ast
import json
import os
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def play(source, name, names):
    """Run a cell and show what its last line gives, as Jupyter does."""
    body = ast.parse(source).body
    shown = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), name, "exec"), names)
    if shown is not None:
        value = eval(compile(ast.Expression(shown.value), name, "eval"), names)
        sys.stdout.write(value._repr_html_() if hasattr(value, "_repr_html_") else repr(value))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_from_top_to_bottom(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    begun = time.process_time()
    for cell in cells(path):
        if cell["cell_type"] == "code":
            play("".join(cell["source"]), path.stem, names)
    assert time.process_time() - begun < 20
    assert capsys.readouterr().out
    plt.close("all")
    os.chdir(tmp_path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_short_stripped_and_begins_with_what_it_is_for(path):
    found = cells(path)
    assert len(found) < 25
    assert found[0]["cell_type"] == "markdown"
    assert found[0]["source"][0].startswith("# ")
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in found if c["cell_type"] == "code")
