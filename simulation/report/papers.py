"""A country brief as two sheets of paper: one HTML file for a browser's print dialogue.

It asks for nothing else and is escaped like every report; what stands on it is put together, and cut to fit, by
`handouts`.
"""

from simulation.handouts import Handout, reference
from simulation.report.account import BADGE
from simulation.report.html import environment


def brief(found: Handout) -> str:
    """A country's two pages, its own secret brief included."""
    page = environment().get_template("handout.html.j2")
    return page.render(brief=found, badge=BADGE, reference=reference)
