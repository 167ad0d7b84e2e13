"""Backtest figures as plain text."""

from collections.abc import Mapping
from typing import Any

from simulation.wording import signed

FIGURES = ("accuracy3", "balanced3", "mae5", "sign_flips", "correlation", "log_score")


def _bars(miss: Mapping[str, Any]) -> str:
    named = [f"{t.get('provision') or t['name']} {signed(t['value'])}" for t in miss["terms"]]
    return ", ".join(named) + (f"; rules met: {', '.join(miss['rules'])}" if miss["rules"] else "")


def render_scores(scored: Mapping[str, Any], misses: bool) -> str:
    """Backtest figures as plain text: the whole, the baselines, each country, and the misses if asked."""
    width = 20
    lines = [f"{scored['n']} reactions to {scored['cases']} proposals", ""]
    lines.append(f"{'':{width}}" + "".join(f"{f:>14}" for f in FIGURES))
    rows = [("desks", scored), *scored["baselines"].items(), *scored["by_country"].items()]
    for name, row in rows:
        cells = "".join(f"{row[f]:>14.3f}" if f in row else f"{'':>14}" for f in FIGURES)
        lines.append(f"{name:{width}}{cells}" + (f"   n={row['n']}" if name in scored["by_country"] else ""))
        if name == "desks" and scored["intervals"]:
            spans = [f"{a:.2f}..{b:.2f}" for a, b in (scored["intervals"][f] for f in FIGURES)]
            lines.append(f"{'  95 % interval':{width}}" + "".join(f"{s:>14}" for s in spans))
    lines += ["", f"{len(scored['misses'])} misses" + ("" if misses else " (--misses lists them)")]
    for miss in scored["misses"] if misses else []:
        told = f"said {miss['predicted']:+d}, did {miss['actual']:+d}. {miss['what']}"
        lines.append(f"\n{miss['country']} on {miss['case']}: {told}")
        lines.append(f"  {_bars(miss)}")
    return "\n".join(lines)
