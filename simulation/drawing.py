"""The debate's graph as text: the table as it sits."""

from collections.abc import Sequence


def _box(label: str) -> list[str]:
    return [f"┌{'─' * (len(label) + 2)}┐", f"│ {label} │", f"└{'─' * (len(label) + 2)}┘"]


def _beside(boxes: Sequence[list[str]]) -> list[str]:
    return [" ".join(row) for row in zip(*boxes, strict=True)]


def picture(seats: Sequence[str], rounds: int, width: int = 96) -> str:
    """Open, a box a country, moderate, again or assess; long tables break into rows of at most `width` characters."""
    rows: list[list[str]] = [[]]
    for name in seats:
        if rows[-1] and sum(len(n) + 5 for n in rows[-1]) + len(name) + 5 > width:
            rows.append([])
        rows[-1].append(name)
    blocks = [_box("open")] + [_beside([_box(n) for n in row]) for row in rows] + [_box("moderate"), _box("assess")]
    middle = max(len(block[0]) for block in blocks) // 2
    lines: list[str] = []
    for n, block in enumerate(blocks):
        pad = " " * (middle - len(block[0]) // 2)
        joint = "in parallel" if n == 1 else "" if n != len(blocks) - 1 else f"after round {rounds}"
        if n and not 1 < n < len(blocks) - 2:
            lines.append(" " * middle + f"↓ {joint}".rstrip())
        lines += [pad + row for row in block]
        if n == len(blocks) - 2 and rounds > 1:
            lines[-2] += f" ──→ back to every seat, rounds 2 to {rounds}"
    return "\n".join(lines)
