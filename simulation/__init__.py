"""Communique: country desks debate a proposal.

`run` holds a debate and `compare` sets runs side by side; `load_scenario` and `load_dossier` read what people write;
`backtest` scores the past.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "backtest": "backtests",
    "compare": "comparison",
    "load_dossier": "catalog",
    "load_scenario": "catalog",
    "run": "runs",
    "sweep": "sweeps",
}
__all__ = ["backtest", "compare", "load_dossier", "load_scenario", "run", "sweep"]  # found by __getattr__


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import simulation` costs nothing."""
    if name in _HOMES:
        return getattr(import_module(f"simulation.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'simulation' has no attribute {name!r}")
