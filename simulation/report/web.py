"""A page of blocks as one HTML file that asks for nothing else.

The template escapes whatever it is given, and the page's own policy forbids scripts and requests: what a file says can
only ever be read.
"""

from functools import cache

import jinja2

from simulation.report.escaping import templates
from simulation.report.pages import Grid, Heading, Items, Page
from simulation.report.sheet import flat


@cache
def _environment() -> jinja2.Environment:
    made = templates()
    made.filters |= {"flat": flat}
    made.tests |= {name: lambda block, sort=sort: isinstance(block, sort) for name, sort in _SORTS.items()}
    return made


_SORTS = {"heading": Heading, "items": Items, "grid": Grid}


def as_html(page: Page) -> str:
    """The page as HTML."""
    return _environment().get_template("page.html.j2").render(page=page) + "\n"
