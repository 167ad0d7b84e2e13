"""Results as rows: a pandas frame where pandas is installed, and a small table that a notebook shows.

pandas is imported when it is asked for and not before, since nothing here needs it; whatever a cell holds is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Protocol

from simulation.errors import InputError

Row = Mapping[str, Any]
"""Column to value; all rows of a table have the same columns in the same order."""


class Rowed(Protocol):
    """What can stand as one row of a table."""

    def row(self) -> Row:
        """Its columns, by name."""


def extra(package: str, extra_name: str, error: ImportError) -> InputError:
    """The error for an optional package that is not installed, with the line that installs it."""
    return InputError(f"{package} is not installed ({error})", f"pip install 'communique[{extra_name}]'", "E166")


def to_frame(rows: Iterable[Row | Rowed]) -> Any:
    """Rows as a pandas frame: mappings, or results that make a row each, such as those of `backtest`.

    Raises `InputError` with the line that installs pandas where it is missing.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise extra("pandas", "pandas", error) from None
    return pd.DataFrame([row if isinstance(row, Mapping) else row.row() for row in rows])


def as_html(caption: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> str:
    """Rows as an HTML table for a notebook, with sentences under it."""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in (rows[0] if rows else ()))
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(value))}</td>' for value in row.values())}</tr>" for row in rows)
    told = "".join(f"<p>{escape(note)}</p>" for note in notes)
    table = f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f"<table>{table}</table>{told}"
