"""Waiting for a coroutine from ordinary code, in a notebook too.

A notebook already runs an event loop, in which `asyncio.run` refuses to start another; there the coroutine runs in a
thread of its own.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def wait(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine."""
    found: list[T] = []

    async def into() -> None:
        found.append(await work)  # handed over aside: asyncio prints the result of its main task when it takes it down

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(into())
    else:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, into()).result()
    return found[0]
