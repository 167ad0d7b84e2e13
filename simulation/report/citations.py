"""One numbering of sources for a whole report, in the order they are first cited."""

from collections.abc import Mapping

from simulation.dossier import Dossier
from simulation.sources import Source


class Sources:
    """Numbers for sources; complete once everything is cited."""

    def __init__(self, seats: Mapping[str, Dossier]) -> None:
        self._seats = {d.code: d for d in seats.values()}
        self._numbers: dict[tuple[str, str, str], int] = {}
        self.entries: list[Source] = []
        """The first is number 1."""

    def numbers(self, code: str, ids: tuple[str, ...]) -> list[int]:
        """The numbers of some sources of a desk, by the desk's code and its ids for them."""
        found = []
        for name in ids:
            source = self._seats[code].sources[name]
            key = (source.title, source.publisher, source.date)
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers) + 1
                self.entries.append(source)
            found.append(self._numbers[key])
        return found

    @property
    def unverified(self) -> int:
        """How many of the cited sources nobody has confirmed."""
        return sum(not source.verified for source in self.entries)
