"""Where a debate's graph keeps how far it has come: a file, a shelf in a database, or the memory.

A checkpoint may come from elsewhere, so that nothing but plain data is read back from one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import disk_usage
from sqlite3 import DatabaseError, Error, OperationalError
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StateSnapshot

from simulation import databases
from simulation.addresses import Shelf, missing
from simulation.errors import InputError, Unwritable

NO_ROOM = 65536
"""Bytes: a disk with less takes no more pages of SQLite's."""


def thread(checkpoints: Path | Shelf | None) -> RunnableConfig:
    """The debate whose checkpoints those are."""
    return {"configurable": {"thread_id": checkpoints.name if isinstance(checkpoints, Shelf) else "debate"}}


class _Plain(JsonPlusSerializer):
    """Reads data back from a checkpoint file, and no objects: the file may be somebody else's.

    Left to itself langgraph imports and calls whatever a checkpoint names.
    """

    def __init__(self) -> None:
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """What stands in a checkpoint; raises `InputError` where it is none of ours."""
        try:
            if data[0] not in ("json", "pickle"):
                return super().loads_typed(data)
        except (ValueError, TypeError, NotImplementedError):
            pass
        raise _damaged()


def _damaged() -> InputError:
    cure = "take debate.sqlite away and resume: what was said stands in the other files"
    return InputError("the checkpoint of the debate is damaged", cure, "E127")


def unusable(checkpoints: Path | Shelf | None, error: Error) -> Unwritable:
    """What to say where SQLite cannot go on; on a full disk it may speak of an I/O error, since it maps a file."""
    full = isinstance(checkpoints, Path) and disk_usage(checkpoints.parent).free < NO_ROOM
    return Unwritable(f'"{checkpoints}" cannot be used: {"the disk is full" if full else error}', "make room")


@asynccontextmanager
async def saver_at(checkpoints: Path | Shelf | None, people: bool) -> AsyncIterator[BaseCheckpointSaver[Any] | None]:
    """Where the graph keeps how far it has come: a file, a shelf, or the memory where it has to wait for people."""
    if checkpoints is None:
        yield InMemorySaver() if people else None
        return
    if isinstance(checkpoints, Shelf):
        async with _shelved(checkpoints) as shelved:
            yield shelved
        return
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async with AsyncSqliteSaver.from_conn_string(str(checkpoints)) as saver:
        saver.serde = _Plain()
        try:
            await saver.setup()
        except OperationalError:
            raise  # the disk is full or lets nobody write; the file itself is as it was
        except DatabaseError:
            raise _damaged() from None
        await saver.conn.execute("PRAGMA synchronous=NORMAL")  # replies and people's words are flushed one by one
        yield saver


@asynccontextmanager
async def _shelved(shelf: Shelf) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """A run's place in a database, kept from every other process; its tables are made where there are none."""
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    except ImportError as error:
        raise missing(error) from None
    newest = len(AsyncPostgresSaver.MIGRATIONS) - 1
    async with databases.claimed(shelf) as connection:
        await databases.furnish(shelf.database, connection, newest, lambda other: AsyncPostgresSaver(other).setup())
        saver = AsyncPostgresSaver(connection)
        saver.serde = _Plain()
        yield saver


async def vacant(shelf: Shelf) -> bool:
    """Whether no run has left checkpoints on a shelf."""
    async with _shelved(shelf) as saver:
        return await saver.aget_tuple(thread(shelf)) is None


async def vacate(shelf: Shelf) -> None:
    """Take a run's checkpoints out of the database."""
    async with _shelved(shelf) as saver:
        await saver.adelete_thread(shelf.name)


async def kept_of(graph: CompiledStateGraph[Any, None, Any, Any], config: RunnableConfig) -> StateSnapshot:
    """How far a debate had come; raises `InputError` where its checkpoint is none of this program."""
    try:
        kept = await graph.aget_state(config)
    except (TypeError, KeyError, AttributeError, ValueError, IndexError):
        raise _damaged() from None
    if not isinstance(kept.values.get("round", 0), int):  # none yet where the disk was full before the first step
        raise _damaged()
    return kept
