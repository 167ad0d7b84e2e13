"""A sheet to draw on: lines, boxes, marks and words in pixels, to SVG of the same bytes for the same strokes.

matplotlib's SVG renderer draws; its figures and axes stay out, since they cost a run a third of a second and their
ticks more than the data. Text goes in as text, never as formulas, so that a label from a file cannot be anything else.
"""

import io
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.backends.backend_svg import RendererSVG
    from matplotlib.font_manager import FontProperties

Point = tuple[float, float]
INK, QUIET, FAINT = "#1a1a1a", "#595959", "#c4c4c4"
DASHES: dict[str, tuple[float, ...] | None] = {
    "solid": None,
    "dashed": (6, 3),
    "dotted": (1.5, 2.5),
    "dashdot": (7, 3, 1.5, 3),
}
ANCHORS: dict[str, Literal["left", "center", "right"]] = {"start": "left", "middle": "center", "end": "right"}
SIDES = {"square": 4, "diamond": 4, "triangle": 3, "circle": 24}
_NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_UNTURNED = re.compile(r' transform="rotate\(-?0 [^"]*"')
_SPARE = re.compile(r"\s+")
_FONT = re.compile(r"font-size: ([\d.]+)px; font-family: [^;\"]*")


def clean(text: str) -> str:
    """Text without the control marks, turns of direction and half characters that no page or terminal may hold."""
    return _CONTROL.sub(" ", text)


def flat(text: str) -> str:
    """The same on one line."""
    return " ".join(clean(text).split())


@cache
def _renderer() -> "type[RendererSVG]":
    import logging

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a home that cannot be written is no news to a reader
    from matplotlib.backends.backend_svg import RendererSVG

    return RendererSVG


@cache
def _font(size: float) -> "FontProperties":
    from matplotlib.font_manager import FontProperties

    return FontProperties(size=size)


class Sheet:
    """A drawing of `width` by `height` pixels, with (0, 0) at the top left."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height, self._out = width, height, io.StringIO()
        self._renderer: Any = _renderer()(width, height, self._out, 72, metadata=_NOTHING)
        self._words: list[tuple[float, float, str, float, str, str]] = []

    def _stroke(self, color: str, width: float, dash: str = "solid") -> Any:
        context = self._renderer.new_gc()
        context.set_foreground(color)
        context.set_linewidth(width)
        if (pattern := DASHES[dash]) is not None:
            context.set_dashes(0, list(pattern))
        return context

    def _path(self, points: Sequence[Point], context: Any, fill: str | None, closed: bool) -> None:
        from matplotlib.colors import to_rgb
        from matplotlib.path import Path
        from matplotlib.transforms import IdentityTransform

        corners = [(x, self.height - y) for x, y in points]
        shape = Path([*corners, corners[0]] if closed else corners, closed=closed)
        self._renderer.draw_path(context, shape, IdentityTransform(), None if fill is None else (*to_rgb(fill), 1.0))

    def line(self, points: Sequence[Point], color: str = INK, width: float = 1.0, dash: str = "solid") -> None:
        """A line through points."""
        self._path(points, self._stroke(color, width, dash), None, False)

    def box(self, x: float, y: float, w: float, h: float, fill: str, edge: str = INK, width: float = 0.6) -> None:
        """A filled box with its top left corner at (x, y)."""
        self._path([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], self._stroke(edge, width), fill, True)

    def mark(self, x: float, y: float, shape: str, fill: str, edge: str = INK, radius: float = 3.5) -> None:
        """A circle, square, diamond or triangle round a point."""
        from math import cos, pi, sin

        sides = SIDES[shape]
        turn = pi / 4 if shape == "square" else -pi / 2
        around = [turn + 2 * pi * k / sides for k in range(sides)]
        self._path([(x + radius * cos(a), y + radius * sin(a)) for a in around], self._stroke(edge, 0.8), fill, True)

    def text(
        self, x: float, y: float, words: str, *, size: float = 11, anchor: str = "start", color: str = INK
    ) -> None:
        """Words with their baseline at y, above all lines; `anchor` is start, middle or end."""
        self._words.append((x, y, flat(words), size, anchor, color))

    def _write(self) -> None:
        import matplotlib as mpl
        from matplotlib.text import Text

        with mpl.rc_context({"svg.fonttype": "none"}):
            for x, y, said, size, anchor, color in self._words:
                place = Text(x, self.height - y, said, horizontalalignment=ANCHORS[anchor], parse_math=False)
                self._renderer.draw_text(self._stroke(color, 1), x, y, said, _font(size), 0, ismath=False, mtext=place)

    def svg(self, title: str, description: str) -> Markup:
        """The drawing as an SVG element that says what it shows."""
        self._write()
        self._renderer.finalize()
        body = self._out.getvalue().split("</defs>", 1)[1].rsplit("</svg>", 1)[0]
        body = _SPARE.sub(" ", _UNTURNED.sub("", _FONT.sub(r"font-size:\1px", body)))
        head = f'<svg viewBox="0 0 {self.width:g} {self.height:g}" width="{self.width:g}" role="img">'
        told = f"<title>{escape(flat(title))}</title><desc>{escape(flat(description))}</desc>"
        return Markup(f"{head}{told}{body}</svg>")  # noqa: S704  # the renderer has escaped all text
