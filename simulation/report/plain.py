"""Figures as plain text: backtests and stability."""

from collections.abc import Mapping
from typing import Any

from simulation.repeats import Repeats
from simulation.sensitivity import Screening
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


def render_stability(found: Repeats, ranked: Screening | None) -> str:
    """Repeats, draws and absences as plain text, with what would change the answer if that was asked."""
    firm = found.stability
    verdict = "more support than oppose" if firm.verdict else "no more support than oppose"
    lines = [
        f"{found.orders} speaking orders: {100 * found.same:.0f} % give the same stances and the same merge",
        f"verdict ({verdict}): the same in {100 * firm.same:.0f} % of {firm.draws} draws: {firm.label}",
        f"turned by the absence of: {', '.join(firm.turns_without) or 'nobody'}",
        "",
        f"{'':6}{'side':>9}{'in draws':>10}{'flips by order':>16}  label        turns without",
    ]
    flips = {f.code: f.rate for f in found.flips}
    for c in firm.countries:
        away = ", ".join(c.flips_without) or "nobody"
        lines.append(f"{c.code:6}{c.side:>9}{100 * c.same:>9.0f}%{100 * flips[c.code]:>15.0f}%  {c.label:12} {away}")
    if ranked is not None:
        lines += ["", f"what moves the score of {ranked.of}, the least certain (total-order index, 95 % half-width)"]
        for d in [d for d in ranked.drivers if d.total is not None][:10]:
            lines.append(f"  {d.country or 'all':6} {d.kind:13} {d.total:6.3f} ± {d.interval or 0:.3f}")
    return "\n".join(lines)
