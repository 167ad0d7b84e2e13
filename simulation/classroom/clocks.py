"""The classroom's clock: the time of day when the server began, and from then on the seconds that passed.

A clock that is set while a lesson runs, by hand or by the network, neither ends a step nor draws it out. A server that
begins again takes the time of day as it then is: a step may be over by it, as after a long break, but is never longer
than it was (`lesson.resumed`).
"""

import time
from collections.abc import Callable


class Steady:
    """Seconds since 1970 by the clock of the beginning; `passed` counts seconds and is never set."""

    def __init__(self, day: Callable[[], float] = time.time, passed: Callable[[], float] = time.monotonic) -> None:
        self._passed, self._began = passed, day() - passed()

    def __call__(self) -> float:
        """Now."""
        return self._began + self._passed()
