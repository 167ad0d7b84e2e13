"""A dossier and a scenario in brief, as plain text."""

from collections.abc import Iterator

from simulation.dossier import Dossier, RedLine
from simulation.scenario import Provision, Scenario
from simulation.themes import codebook
from simulation.wording import signed


def _bar(value: float) -> str:
    """-1 to 1 as eleven characters with zero in the middle."""
    cells = ["·"] * 11
    cells[5 + round(5 * value)] = "●"
    return "".join(cells)


def _rules(title: str, rules: tuple[RedLine, ...]) -> Iterator[str]:
    if rules:
        yield f"\n{title}"
    for rule in rules:
        sign = "+" if rule.direction == "plus" else "\N{MINUS SIGN}"
        yield f"  {rule.id}: {rule.theme} {sign}{rule.min_push} or more -> {rule.effect}. {' '.join(rule.text.split())}"


def country(dossier: Dossier) -> str:
    """Positions by group, rules, conditions, and what the dossier holds."""
    lines = [f"{dossier.name} ({dossier.code}, {dossier.callsign}, {dossier.capital})"]
    if dossier.note:
        lines.append(" ".join(dossier.note.split()))
    group = ""
    for theme, entry in codebook().items():
        if theme not in dossier.positions:
            continue
        if entry.group != group:
            group = entry.group
            lines.append(f"\n{group.replace('_', ' ')}")
        held = dossier.positions[theme]
        moved = (
            "  was " + ", ".join(f"{signed(s.before)} until {s.until}" for s in held.changed) if held.changed else ""
        )
        lines.append(
            f"  {_bar(held.position)} {signed(held.position)}  {entry.label} (salience {held.salience}){moved}"
        )
    lines += [*_rules("red lines", dossier.red_lines), *_rules("legal limits", dossier.legal_limits)]
    lines += ["\nconditions", *(f"  {c.id}: {' '.join(c.text.split())}" for c in dossier.conditions)]
    proved = sum(s.verified for s in dossier.sources.values())
    lines.append(f"\n{len(dossier.passages)} passages; {len(dossier.sources)} sources, {proved} of them verified")
    return "\n".join(lines)


def _provision(provision: Provision) -> Iterator[str]:
    pushes = ", ".join(f"{t} {signed(x)}" for t, x in provision.themes.items())
    yield f"  {provision.id} (weight {provision.weight}): {' '.join(provision.text.split())}"
    yield f"    {pushes}"
    for option in provision.options:
        pushes = ", ".join(f"{t} {signed(x)}" for t, x in option.themes.items())
        yield f"    or {option.id}: {option.text} [{pushes}]"


def scenario(found: Scenario) -> str:
    """Proposal, parties, provisions and what happened, where that is known."""
    proposal = found.proposal
    parts = [f"sponsors {', '.join(proposal.sponsors) or 'none'}", f"targets {', '.join(proposal.targets) or 'none'}"]
    parts.append(f"invited {', '.join(proposal.invited) or 'none'}")
    lines = [f"{found.title} ({found.date})", found.question, "", " ".join(proposal.text.split()), "; ".join(parts)]
    lines += [f"at the table: {', '.join(found.seats)}", "", "provisions"]
    lines += [line for p in found.provisions for line in _provision(p)]
    if found.history:
        lines.append("\nwhat happened")
        for name, reaction in found.history.items():
            sponsor = " (sponsor)" if reaction.sponsor else ""
            lines.append(f"  {name}: {reaction.stance}{sponsor}. {' '.join(reaction.what.split())} [{reaction.source}]")
    return "\n".join(lines)
