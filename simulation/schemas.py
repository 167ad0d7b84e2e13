"""The JSON Schema of what people write, with the codebook's themes as the allowed keys."""

from typing import Any

from pydantic import BaseModel

from simulation.dossier import Dossier
from simulation.grids import Sweep
from simulation.scenario import Scenario
from simulation.themes import codebook

MODELS: dict[str, type[BaseModel]] = {"dossier": Dossier, "scenario": Scenario, "sweep": Sweep}


def _name_themes(node: Any) -> Any:
    """Let every mapping keyed by theme name the themes, so that editors complete them."""
    if isinstance(node, list):
        return [_name_themes(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _name_themes(value) for key, value in node.items()}
    for field in ("positions", "themes"):
        part = node.get("properties", {}).get(field) if isinstance(node.get("properties"), dict) else None
        if isinstance(part, dict) and part.get("type") == "object":
            found["properties"][field]["propertyNames"] = {"enum": list(codebook())}
    return found


def schema(what: str) -> dict[str, Any]:
    """The schema of `dossier`, `scenario` or `sweep` (JSON Schema 2020-12)."""
    made = MODELS[what].model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found: dict[str, Any] = _name_themes(made)
    return found
