"""The tables of a sweep as files: CSV always, Parquet where pyarrow is installed, and what each column means.

Written in the order of the cells and moved into place whole, so that the bytes do not depend on who held which cell
when; row by row, so that a table may be larger than the memory.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from simulation import cells
from simulation.folders import aside, unwritable, write_whole
from simulation.report.tables import guard
from simulation.rows import Column
from simulation.sweeps import Swept

TABLES = {"stances": "a row a debate and country", "positions": "a row a debate, country and provision"}
BATCH = 5_000
"""Rows that are written at one time."""


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return guard(value) if isinstance(value, str) else value


class _Parquet:
    """A Parquet file that grows by batches."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        kinds = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}
        self._table, self._schema = pa.Table, pa.schema([(c.name, kinds[c.kind]) for c in columns])
        self._writer = parquet.ParquetWriter(path, self._schema)

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write a batch."""
        self._writer.write_table(self._table.from_pylist(list(rows), schema=self._schema))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


def parquet_is_there() -> bool:
    """Whether Parquet can be written."""
    try:
        import pyarrow.parquet  # noqa: F401  # whether it can be imported is the question
    except ImportError:
        return False
    return True


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _table(found: Swept, table: str, folder: Path, parquet: bool) -> list[Path]:
    columns = cells.columns(found.grid, table)
    paths = [folder / f"{table}.csv", *([folder / f"{table}.parquet"] if parquet else [])]
    with ExitStack() as stack:
        asides = [stack.enter_context(aside(path)) for path in paths]
        file = stack.enter_context(asides[0].open("w", encoding="utf-8", newline=""))
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([guard(c.name) for c in columns])
        grown = _Parquet(asides[1], columns) if parquet else None
        if grown is not None:
            stack.callback(grown.close)
        for batch in _batches(found.rows(table)):
            writer.writerows([_cell(value) for value in row.values()] for row in batch)
            if grown is not None:
                grown.add(batch)
    return paths


def legend(found: Swept) -> str:
    """What each column means, as Markdown."""
    parts = []
    for table, each in TABLES.items():
        rows = [
            f"| {_plain(c.name)} | {c.kind.__name__} | {_plain(c.meaning)} |" for c in cells.columns(found.grid, table)
        ]
        parts.append("\n".join([f"## {table}: {each}", "", "| column | kind | meaning |", "|---|---|---|", *rows]))
    return "\n\n".join(["# Columns", *parts]) + "\n"


def _plain(text: str) -> str:
    """A text of the file's as one cell of a Markdown table."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#&" else " " if c in "\r\n" else c for c in text)


def write(found: Swept, folder: Path) -> list[Path]:
    """Write the tables of a sweep and what their columns mean; returns the files, stances.csv first.

    Raises `Unwritable` where the folder cannot be written.
    """
    parquet = parquet_is_there()
    try:
        paths = [path for table in TABLES for path in _table(found, table, folder, parquet)]
        write_whole(folder / "columns.md", legend(found))
    except OSError as error:
        raise unwritable(folder, error, "").kept(f"communique sweep --resume {folder}") from None
    return [*paths, folder / "columns.md"]
