"""A run folder read back: run.json to a `Run`, and a name, prefix or path to a folder.

What comes back is the record as it stands; whether it is true is for `verification` to say.
"""

import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulation import catalog, received
from simulation.assessment import Assessment
from simulation.errors import InputError, nearest
from simulation.folders import LAUNCH
from simulation.moderation import Merge
from simulation.narration import Narration
from simulation.negotiation import Negotiation
from simulation.places import at, there, written
from simulation.plans import FORMAT, Plan, edited, recorded
from simulation.runs import Run
from simulation.scenario import Scenario
from simulation.seals import unsealed
from simulation.tally import Tally
from simulation.transcript import Transcript

NAME = re.compile(r"\d{4}-\d\d-\d\d-[a-z0-9][a-z0-9_-]*-[0-9a-f]{8}")


def folders(under: Path) -> list[Path]:
    """Every run folder, oldest first by name."""
    if not (there(under) and under.is_dir()):
        return []
    return sorted(p for p in under.iterdir() if NAME.fullmatch(p.name) and p.is_dir())


def _written(folder: Path) -> int:
    """When a run was last written to, in nanoseconds; 0 for a folder that holds none."""
    files = [folder / name for name in ("run.json", LAUNCH)]
    return max((written(f) for f in files if f.is_file()), default=0)


def locate(name: str, under: Path) -> Path:
    """A run folder by path, id, unique prefix, or `latest` (the one written last)."""
    given = at(name)
    if any(there(given / file) for file in ("run.json", LAUNCH)):
        return given
    known = folders(under)
    if name == "latest" and known:
        return max(known, key=lambda p: (_written(p), p.name))
    found = [p for p in known if p.name == name] or [p for p in known if p.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            f'"{name}" fits {len(found)} runs', "write more of it: " + ", ".join(p.name for p in found[:5]), "E126"
        )
    raise InputError(f'no run "{name}" under {under}', nearest(name, [p.name for p in known]), "E126")


def raw(folder: Path) -> dict[str, Any]:
    """run.json as data."""
    path = folder / "run.json"
    try:
        data = received.data(received.content(path))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{path} cannot be read: {reason}", "check the path", "E101") from None
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is not JSON: {error}", "the file was cut off or edited; run the scenario again", "E127"
        ) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else None
        raise InputError(
            f"{path} has format {found!r}; this program reads {FORMAT}", "use the version that wrote it", "E127"
        )
    return data


def launched(folder: Path) -> dict[str, Any]:
    """launch.json as data."""
    path = folder / LAUNCH
    try:
        data = received.data(received.content(path))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {error}", "run the scenario again", "E127") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"{path} is not of format {FORMAT}", "use the version that wrote it", "E127")
    return data


def seating(folder: Path) -> dict[str, str]:
    """The engine of each seat of a run that was begun in a folder; empty where it asked nobody."""
    found = launched(folder).get("engines") if (folder / LAUNCH).is_file() else None
    return {str(country): str(engine) for country, engine in found.items()} if isinstance(found, dict) else {}


def load(folder: Path) -> Run:
    """The run of a folder; its dossiers are those of this installation."""
    data = raw(folder)
    try:
        scenario, rest = Scenario.model_validate(data["scenario"]), recorded(unsealed(data))
        seats = edited(catalog.load_dossiers(scenario.seats), rest["edits"])
        return Run(
            plan=Plan(scenario, seats, **rest),
            transcript=Transcript.model_validate(data["transcript"]),
            merge=Merge.model_validate(data["merge"]),
            assessment=Assessment.model_validate(data["assessment"]),
            negotiation=Negotiation.model_validate(data["negotiation"]),
            tally=tuple(Tally.model_validate(t) for t in data.get("tally", ())),
            narration=Narration.model_validate(told) if (told := data.get("narration")) else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) if isinstance(error, ValidationError) else str(error)
        raise InputError(
            f"{folder / 'run.json'} does not hold a run: {where}", "run the scenario again", "E127"
        ) from None
