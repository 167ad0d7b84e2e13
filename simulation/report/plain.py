"""Figures as plain text: backtests, of models too, and stability."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulation.contests import Entry
from simulation.repeats import Repeats
from simulation.sensitivity import Screening
from simulation.tally import total
from simulation.trials import Scored
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


def render_trial(scored: Scored) -> list[str]:
    """What a model's backtest has beside its figures: calls, the masked version, the twin."""
    parts = []
    if scored.masked is not None:
        lines = ["names, dates and titles hidden from the model", f"{'':20}" + "".join(f"{f:>14}" for f in FIGURES)]
        for name, row in (("shown", scored.figures), ("hidden", scored.masked)):
            lines.append(f"{name:20}" + "".join(f"{row[f]:>14.3f}" for f in FIGURES))
        parts.append("\n".join(lines))
    if scored.twin:
        lines = [f"twin {scored.versions}", f"{'':20}{'n':>6}{'difference':>12}{'lean':>8}{'changed':>10}"]
        for t in scored.twin:
            lines.append(f"{t.country:20}{t.n:>6}{t.difference:>12.2f}{t.lean:>+8.2f}{100 * t.changed:>9.0f}%")
        parts.append("\n".join(lines))
    if scored.tally:
        calls, tokens = total(scored.tally, "calls"), total(scored.tally, "prompt") + total(scored.tally, "completion")
        parts.append(f"{calls} calls, {tokens} tokens; {len(scored.failures)} seats gave no stance")
    return parts


def render_contest(rows: Sequence[Entry]) -> str:
    """One row a model: fidelity, disagreement, rules, calls and cost."""
    head = (
        "model",
        "n",
        "accuracy",
        "balanced",
        "error",
        "flips",
        "corr",
        "collapse",
        "rules kept",
        "failed",
        "tokens",
        "USD",
    )
    lines = []
    for r in rows:
        gone = "" if r.collapse is None else f"{100 * r.collapse:.0f} %"
        cost = "unknown" if r.dollars is None else f"{r.dollars:.2f}"
        scores = [f"{x:.2f}" for x in (r.accuracy3, r.balanced3, r.mae5)]
        flips, related = f"{100 * r.sign_flips:.1f} %", f"{r.correlation:.2f}"
        rules = f"{r.kept} of {r.bound}"
        lines.append((r.model, str(r.n), *scores, flips, related, gone, rules, str(r.failed), str(r.tokens), cost))
    widths = [max(len(row[k]) for row in (head, *lines)) for k in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *lines)
    )
