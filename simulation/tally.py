"""What each seat asked of a model: calls, repeats, repairs, failures and tokens.

Counted from the recorded replies, never kept beside them, so that a replay counts the same.
"""

from collections.abc import Iterable

from simulation.calls import Reply
from simulation.statement import Recorded


class Tally(Recorded):
    """One seat's calls."""

    seat: str
    """The seat's code, or `moderator`."""
    calls: int
    """Calls that brought a reply."""
    repeated: int
    """Calls made again after a 429, a 5xx, a timeout or a broken connection."""
    repairs: int
    """Calls that showed a reply its errors and asked again."""
    refused: int
    failed: int
    """Calls that failed for good."""
    prompt: int
    """Tokens, as the provider counts them."""
    completion: int
    cached: int


def tally(replies: Iterable[Reply]) -> tuple[Tally, ...]:
    """One row a seat, by code; the moderator last."""
    by_seat: dict[str, list[Reply]] = {}
    for reply in replies:
        by_seat.setdefault(reply.seat, []).append(reply)
    return tuple(
        Tally(
            seat=seat,
            calls=sum(r.failure is None for r in rows),
            repeated=sum(r.retries for r in rows),
            repairs=sum(r.attempt > 1 for r in rows),
            refused=sum(r.refused for r in rows),
            failed=sum(r.failure is not None for r in rows),
            prompt=sum(r.usage.prompt for r in rows),
            completion=sum(r.usage.completion for r in rows),
            cached=sum(r.usage.cached for r in rows),
        )
        for seat, rows in sorted(by_seat.items(), key=lambda pair: (pair[0] == "moderator", pair[0]))
    )


def total(rows: Iterable[Tally], field: str) -> int:
    """A figure over all seats."""
    return sum(int(getattr(row, field)) for row in rows)
