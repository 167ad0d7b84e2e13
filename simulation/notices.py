"""Mistakes as a terminal shows them: the line, a caret under what is wrong, and the cure."""

from rich.cells import cell_len

from simulation.errors import FileErrors, InputError, Mistake
from simulation.written import CONTROL

MOST_SHOWN = 20


def visible(text: str) -> str:
    """Text from anywhere, fit for a terminal: what would steer it is written as an escape."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def render_mistake(m: Mistake) -> str:
    """A mistake with its line and a caret under the wrong value, as wide as it shows."""
    rows = [f"error[{m.code}]: {m.message}", f" --> {m.place}"]
    if m.text:
        gutter = " " * len(str(m.line))
        before, wrong = m.text[: m.column - 1], m.text[m.column - 1 : m.column - 1 + m.width]
        caret = " " * cell_len(before) + "^" * max(cell_len(wrong), 1)
        rows += [f"{gutter} |", f"{m.line} | {m.text}", f"{gutter} | {caret}"]
    if m.cure:
        rows.append(f"  = help: {m.cure}")
    return "\n".join(rows)


def render_error(error: InputError) -> str:
    """An input error for a person: every mistake up to twenty, then a count."""
    if isinstance(error, FileErrors):
        shown = [render_mistake(m) for m in error.mistakes[:MOST_SHOWN]]
        rest = len(error.mistakes) - len(shown)
        return visible("\n\n".join([*shown, *([f"... and {rest} more"] if rest else [])]))
    return visible(f"error[{error.code}]: {error.message}" + (f"\n  = help: {error.cure}" if error.cure else ""))
