"""Where HTML templates are found, and every value in them escaped.

One place, so that no page can forget it: what a file, a model or a person says can only ever be read.
"""

from pathlib import Path
from typing import Any

import jinja2


def templates(**more: Any) -> jinja2.Environment:
    """The templates, with autoescape on and a name that is not there an error; a page adds its own filters."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        **more,
    )
