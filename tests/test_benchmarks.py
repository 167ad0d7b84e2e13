"""That every benchmark has its command, and that the results keep what was not measured again."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "benchmarks"
PARTS = {"soak", "members", "peers", "results", "table"}
"""Scripts that serve the benchmarks and measure nothing themselves."""
SCRIPTS = sorted({p.stem for p in FOLDER.glob("*.py")} - PARTS)


@pytest.fixture
def measured(tmp_path):
    """Write fake benchmarks, by name, and run results.py over them; returns the process and the file."""

    def run(only, **programs):
        for name, program in programs.items():
            (tmp_path / f"{name}.py").write_text(program, encoding="utf-8")
        out = tmp_path / "RESULTS.md"
        command = [sys.executable, str(FOLDER / "results.py"), "--only", only]
        command += ["--folder", str(tmp_path), "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        return done, out.read_text(encoding="utf-8") if out.exists() else ""

    return run


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_benchmark_has_a_command_and_a_section(name):
    shown = subprocess.run(["make", "-n", f"bench-{name}"], cwd=ROOT, capture_output=True, text=True)
    assert f"benchmarks/{name}.py" in shown.stdout, shown.stderr
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"bench-{name}" in makefile.replace("\\\n", " ").partition(".PHONY:")[2].partition("\n")[0].split()
    assert f'    "{name}": "' in (FOLDER / "results.py").read_text(encoding="utf-8")


def test_make_bench_hands_the_names_on():
    done = subprocess.run(["make", "-n", "bench", "ONLY=draws,growth"], cwd=ROOT, capture_output=True, text=True)
    assert "benchmarks/results.py" in done.stdout
    assert "--only draws,growth" in done.stdout


def test_results_renew_what_is_named_and_keep_the_rest(measured):
    first, text = measured("draws,reports", draws="print('12 draws')", reports="print('3 ms')")
    assert first.returncode == 0, first.stderr
    assert "12 draws" in first.stdout
    assert text.index("## draws") < text.index("```text\n12 draws\n```") < text.index("## reports") < text.index("3 ms")
    assert "`make bench-draws`" in text
    second, text = measured("draws", draws="print('99 draws')")
    assert second.returncode == 0
    assert "12 draws" not in text
    assert "99 draws" in text
    assert "```text\n3 ms\n```" in text
    assert text.count("## draws") == text.count("## reports") == 1


def test_a_failed_benchmark_is_named_and_the_others_stay(measured):
    fails = "print('half a table'); raise SystemExit('the model is gone')"
    done, text = measured("draws,reports", draws=fails, reports="print('3 ms')")
    assert done.returncode == 1
    assert "failed: draws" in done.stderr
    assert "**Failed**, exit status 1: the model is gone" in text
    assert "half a table" in text
    assert "```text\n3 ms\n```" in text
    assert text.count("**Failed**") == 1


def test_results_name_neither_a_path_nor_the_machine(measured, tmp_path):
    program = "import platform; print(__file__, platform.node(), '```')"
    _, text = measured("startup", startup=program)
    assert str(tmp_path) not in text
    assert str(ROOT) not in text
    assert platform.node() not in text
    assert text.count("```") == 2


def test_a_benchmark_that_is_not_there_is_refused_with_the_names(measured):
    done, text = measured("drawz")
    assert done.returncode == 2
    assert "no benchmark drawz; there are: overhead, calls" in done.stderr
    assert text == ""
