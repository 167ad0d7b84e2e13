"""A table of UN members to measure with: thin dossiers from recorded votes, and a scenario that seats them.

Example: python benchmarks/members.py members --seats 200 --rounds 3
         COMMUNIQUE_AGENTS=members/agents communique run members/scenario.yaml

The dossiers say what 1,311 recorded votes of the General Assembly say and nothing else. They are for measuring how
long a large table takes, not for reading how a country would answer. Beyond the 193 members the rest of the seats is
made up: variations of a member, drawn by a seed and named as made up.
"""

import argparse
import csv
import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

REFERENCE = Path(__file__).parent.parent.parent / "shared" / "reference"
NAMES = Path(__file__).parent / "members.csv"
SEEN = "https://github.com/lefthand67/un_votes"
VOTE = {"Y": 1.0, "A": 0.0, "N": -1.0}
TAGGED = {
    "palestinian_statehood": ("i_me", 1, "the Middle East"),
    "nuclear_disarmament": ("i_nu", 1, "nuclear weapons"),
    "conventional_arms_limits": ("i_di", 1, "disarmament"),
    "decolonisation": ("i_co", 1, "decolonisation"),
    "development_equity": ("i_ec", 1, "economic development"),
    "rights_norms": ("i_hr", 1, "human rights"),
    "territorial_integrity": ("t_ukraine_russia", 1, "the war in Ukraine"),
    "human_rights_scrutiny": ("t_iran_hr t_north_korea_hr t_syria t_myanmar", 1, "rights in named states"),
    "noninterference": ("t_iran_hr t_north_korea_hr t_syria t_myanmar", -1, "rights in named states"),
    "sanctions": ("t_sanctions_ucm t_cuba_embargo", -1, "unilateral coercive measures"),
    "cyber_cooperation": ("t_cyber_ict", 1, "information security"),
    "space_restraint": ("t_space", 1, "outer space"),
    "military_ai_limits": ("t_laws_ai", 1, "autonomous weapons"),
    "nature_conservation": ("t_climate_env", 1, "the environment"),
}
"""Theme: the issue tags of the votes it is read from, the sign, and what a sentence calls them."""
LEANING = {
    "security_partnership": 0.8,
    "mutual_defence": 0.6,
    "military_interoperability": 0.7,
    "exclusive_alignment": 0.6,
    "us_role_in_asia": 0.8,
    "democratic_values": 0.9,
    "technology_controls": 0.6,
    "technology_cooperation": 0.4,
    "economic_security": 0.5,
    "maritime_law": 0.7,
    "free_data_flows": 0.6,
    "nonwestern_institutions": -0.8,
    "currency_alternatives": -0.7,
    "binding_form": -0.3,
}
"""Theme: how far a place at the Western end of the first dimension of the votes counts toward its plus pole."""
SCENARIO = """\
version: 1
title: A compact on restraint, debt and scrutiny
date: 2025-12-01
proposal:
  text: >-
    Several members put to the General Assembly one compact for all: no first strike and no arms in orbit, no
    unilateral sanctions, relief of debt and room in world institutions for emerging powers, and an office that reports
    on human rights in every member.
  noun: compact
  sponsors: [BRA, NOR, ZAF]
  invited: [{invited}]
provisions:
  - id: no_first_use
    label: no first use
    text: Nuclear states undertake never to use a nuclear weapon first.
    weight: 1.0
    themes: {{nuclear_disarmament: 0.6}}
    options:
      - {{id: transparency, text: Nuclear states publish their doctrines., themes: {{nuclear_disarmament: 0.25}}}}
  - id: sanctions_end
    label: end of unilateral sanctions
    text: Economic sanctions need a mandate of the Security Council.
    weight: 0.9
    themes: {{sanctions: -0.6, noninterference: 0.3}}
    options:
      - {{id: humanitarian_gap, text: Sanctions spare food and medicine., themes: {{sanctions: -0.2}}}}
  - id: rights_office
    label: a rights office
    text: An office of the United Nations reports every year on human rights in every member.
    weight: 0.8
    themes: {{human_rights_scrutiny: 0.5, noninterference: -0.4}}
    options:
      - {{id: invitation, text: The office reports where it is invited., themes: {{rights_norms: 0.3}}}}
  - id: debt_relief
    label: debt relief
    text: Lenders write down the debt of the poorest members.
    weight: 0.8
    themes: {{development_equity: 0.7}}
  - id: new_institutions
    label: new institutions
    text: Banks and payment systems led by emerging powers stand beside the existing ones.
    weight: 0.6
    themes: {{nonwestern_institutions: 0.5, currency_alternatives: 0.4}}
    options:
      - {{id: quotas, text: Voting shares in existing bodies are revised., themes: {{development_equity: 0.4}}}}
  - id: orbit
    label: no arms in orbit
    text: No member tests or places weapons in orbit.
    weight: 0.6
    themes: {{space_restraint: 0.5}}
  - id: conquest
    label: condemning conquest
    text: Members name and condemn every conquest of territory, whoever commits it.
    weight: 0.9
    themes: {{territorial_integrity: 0.6, democratic_values: 0.2}}
    options:
      - {{id: principle, text: Members affirm the integrity of every state., themes: {{noninterference: 0.3}}}}
  - id: patrols
    label: joint patrols at sea
    text: Willing members patrol contested waters together.
    weight: 0.5
    themes: {{maritime_law: 0.4, security_partnership: 0.4}}
form: {{binding: 0.5, exclusive: -0.8}}
countries: [{seats}]
debate: {{rounds: {rounds}, seed: 7}}
"""


@dataclass(frozen=True)
class Votes:
    """Recorded votes: 1 yes, 0 abstention, -1 no, nan where a member did not vote."""

    codes: tuple[str, ...]
    cast: np.ndarray
    """members x resolutions"""
    tags: dict[str, np.ndarray]
    """Which resolutions carry a tag."""


def votes(folder: Path) -> Votes:
    """The matrix of members and the tags of its resolutions."""
    with gzip.open(folder / "unga_matrix_193_2010_2025.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "unga_votes_2010_2025.csv").open(encoding="utf-8", newline="") as file:
        about = {row["undl_id"]: row for row in csv.DictReader(file)}
    codes = tuple(sorted(name for name in rows[0] if re.fullmatch(r"[A-Z]{3}", name)))
    cast = np.array([[VOTE.get(row[code], np.nan) for row in rows] for code in codes])
    names = {tag for tags, _, _ in TAGGED.values() for tag in tags.split()}
    tags = {tag: np.array([about[row["undl_id"]][tag] == "1" for row in rows]) for tag in names}
    return Votes(codes, cast, tags)


def leanings(found: Votes) -> np.ndarray:
    """Each member's place on the first dimension of the votes, -1 to 1, the United States above zero."""
    filled = np.where(np.isnan(found.cast), np.nanmean(found.cast, axis=0), found.cast)
    first = np.linalg.svd(filled - filled.mean(axis=0), full_matrices=False)[0][:, 0]
    first = first * np.sign(first[found.codes.index("USA")])
    middle = np.median(first)
    above, below = first.max() - middle, middle - first.min()
    return np.clip((first - middle) / np.where(first > middle, above, below), -1, 1)


def alike(found: Votes) -> np.ndarray:
    """Agreement of each pair, from -1 to 1, over the resolutions that divided the house."""
    filled = np.where(np.isnan(found.cast), 0.0, found.cast)
    divided = filled[:, np.abs(filled).mean(axis=0) - np.abs(filled.mean(axis=0)) > 0.1]
    apart = np.array([np.abs(row - divided).mean(axis=1) for row in divided])
    return 1 - 2 * apart / apart.max()


def standings(folder: Path) -> dict[str, float]:
    """Share of world material capability in 2022, for the members the file has."""
    with (folder / "cow_nmc_cinc_2000_2022.csv").open(encoding="utf-8", newline="") as file:
        return {r["iso3"]: max(float(r["cinc"]), 1e-4) for r in csv.DictReader(file) if r["year"] == "2022"}


def position(value: float, salience: float, confidence: float, rationale: str) -> dict:
    """One entry under `positions`."""
    return {
        "position": round(float(value), 2),
        "salience": round(float(salience), 2),
        "confidence": confidence,
        "rationale": rationale,
        "sources": ["ga_votes"],
    }


def recorded(short: str, cast: np.ndarray, found: Votes) -> tuple[dict, list]:
    """Positions and passages read from the votes on each tag."""
    positions, passages = {}, []
    for theme, (tags, sign, about) in TAGGED.items():
        own = cast[np.any([found.tags[t] for t in tags.split()], axis=0)]
        own = own[~np.isnan(own)]
        mean = float(own.mean()) if own.size else 0.0
        yes, no = int((own > 0).sum()), int((own < 0).sum())
        said = f"{short[0].upper()}{short[1:]} voted yes {yes} times and no {no} times in {own.size} votes on {about}"
        positions[theme] = position(0.9 * sign * mean, 0.3 + 0.6 * abs(mean), 0.6, f"{said}.")
        positions[theme]["confidence"] = 0.6 if own.size > 10 else 0.3
        if abs(mean) < 0.3:
            continue
        text = (
            f"{said} of the General Assembly since 2010. The record is a count of recorded votes and says nothing of "
            f"resolutions that passed without one, nor of why the votes were cast."
        )
        side = "plus" if sign * mean > 0 else "minus"
        passages.append(
            {"id": theme, "themes": [theme], "side": side, "kind": "argument", "claim": f"{said}.", "text": text}
            | {"sources": ["ga_votes"]}
        )
    return positions, passages


def dossier(code: str, short: str, capital: str, number: int, votes_of: tuple, near: dict[str, float]) -> dict:
    """One thin dossier; `votes_of` holds the votes, the leaning, the standing and all votes with their tags."""
    cast, leaning, standing, found = votes_of
    positions, passages = recorded(short, cast, found)
    for theme, weight in LEANING.items():
        why = f"Read from a place of {leaning:+.2f} on the first dimension of its votes, for measuring only."
        positions[theme] = position(weight * leaning, 0.3 + 0.5 * abs(leaning), 0.3, why)
    basis = "Agreement in recorded votes that divided the General Assembly, 2010 to 2025"
    relations = {
        other: {"affinity": round(value, 2), "exposure": round(max(value, 0) / 2, 2), "basis": basis}
        for other, value in near.items()
    }
    source = {
        "title": "Recorded votes of the General Assembly, 2010 to 2025",
        "publisher": "United Nations Digital Library",
        "date": "2025-11-08",
        "kind": "vote",
        "verified": True,
        "seen_at": SEEN,
        "title_exact": False,
    }
    return {
        "version": 1,
        "code": code,
        "callsign": f"{code[:2]}-{number % 100:02d}",
        "name": short,
        "short": short,
        "adjective": short,
        "capital": capital,
        "note": "Generated from recorded votes, for benchmarks only; not an account of the country's policy.",
        "standing": standing,
        "voice": "Plain; the record of votes gives no voice.",
        "positions": positions,
        "relations": relations,
        "passages": passages,
        "sources": {"ga_votes": source},
    }


def members(found: Votes, standing: dict[str, float], seats: int, seed: int) -> dict[str, dict]:
    """Dossiers by file name: the members with the largest standing, in order of code, then made-up variations."""
    draws, leaning, near = np.random.default_rng(seed), leanings(found), alike(found)
    with NAMES.open(encoding="utf-8", newline="") as file:
        named = {row["iso3"]: row for row in csv.DictReader(file)}
    chosen = sorted(np.argsort([-standing.get(c, 0) for c in found.codes], kind="stable")[:seats])
    made = {}
    for number in range(seats):
        invented = number >= len(found.codes)
        at = int(draws.integers(len(found.codes))) if invented else int(chosen[number])
        code, cast, lean = found.codes[at], found.cast[at], float(leaning[at])
        by = sorted((i for i in range(len(found.codes)) if i != at), key=lambda i: (-near[at, i], found.codes[i]))
        kept = {found.codes[i]: float(near[at, i]) for i in by[:12] + by[-6:]}
        kept |= {c: float(near[at, found.codes.index(c)]) for c in ("BRA", "NOR", "ZAF") if c != code}
        short, capital = named[code]["name"], named[code]["capital"]
        if invented:
            other = found.cast[int(draws.integers(len(found.codes)))]
            cast = np.where(draws.random(cast.size) < 0.2, other, cast)
            lean = float(np.clip(lean + draws.normal(0, 0.15), -1, 1))
            count = number - len(found.codes) + 1
            code, short, capital = f"MU{count}", f"made-up country {count}", f"made-up capital {count}"
        votes_of = (cast, lean, standing.get(code, 5e-4), found)
        made[code.lower()] = dossier(code, short, capital, number, votes_of, kept)
    return made


def write(folder: Path, made: dict[str, dict], rounds: int) -> None:
    """Write agents/ and scenario.yaml into a folder that has neither."""
    agents = folder / "agents"
    if agents.exists() or (folder / "scenario.yaml").exists():
        raise SystemExit(f"{folder} holds a table already: give another folder")
    agents.mkdir(parents=True)
    for name, data in made.items():
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
        (agents / f"{name}.yaml").write_text(text, encoding="utf-8")
    # A word in quotes is text in every reader of YAML: NOR and NO are not.
    invited = ", ".join(f'"{d["code"]}"' for d in made.values())
    seats = ", ".join(f'"{name}"' for name in made)
    scenario = SCENARIO.format(invited=invited, seats=seats, rounds=rounds)
    (folder / "scenario.yaml").write_text(scenario, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seats", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7, help="draws the made-up countries")
    parser.add_argument("--reference", type=Path, default=REFERENCE, help="where the votes are")
    given = parser.parse_args()
    made = members(votes(given.reference), standings(given.reference), given.seats, given.seed)
    write(given.folder, made, given.rounds)
    print(given.folder / "scenario.yaml")


if __name__ == "__main__":
    main()
