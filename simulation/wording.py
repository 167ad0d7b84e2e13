"""Numbers as words: verdicts, qualifiers, likelihoods, and which of several phrasings a desk uses.

A desk's phrasing is picked by a checksum of its name and the scenario's, not by the seed: another seed changes the
order of speaking and nothing that is said.
"""

import re
from collections.abc import Sequence
from zlib import crc32

VERDICTS = {
    2: "backs {it} in full",
    1: "supports {it}",
    0: "neither joins {it} nor works against it",
    -1: "opposes {it}",
    -2: "opposes {it} outright",
}
# Intelligence Community Directive 203 (2015), section D.6.e: the first row of terms.
LADDER = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (1.01, "almost certain"),
)


def misworded(text: str, noun: str, stance: int) -> str | None:
    """The verb with which a sentence gives the text another stance than `stance`; None where it gives none."""
    own = _verb(stance)
    verbs = dict.fromkeys(verb for other in VERDICTS if (verb := _verb(other)) != own)
    return next((verb for verb in verbs if re.search(rf"\b{verb} the {re.escape(noun)}\b", text)), None)


def _verb(stance: int) -> str:
    return VERDICTS[stance].split(" {it}")[0]


def likelihood(probability: float) -> str:
    """A probability in the words of ICD 203."""
    return next(word for top, word in LADDER if probability <= top)


def chance(probability: float) -> str:
    """A probability as words and a rounded figure: likely (68 %)."""
    return f"{likelihood(probability)} ({round(100 * probability)} %)"


def signed(value: float) -> str:
    """A number with its sign and two digits, as tables show it: +0.42."""
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "\N{MINUS SIGN}")


def listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


MOST, FIRST = 12, 3
"""How many names a sentence lists at most, and how many it still lists of more."""


def several(words: Sequence[str]) -> str:
    """The words as `listed` has them; of more than twelve the first three, and how many others."""
    return listed(words) if len(words) <= MOST else f"{', '.join(words[:FIRST])} and {len(words) - FIRST} others"


def few(words: Sequence[str]) -> Sequence[str]:
    """The words that `several` would name."""
    return words if len(words) <= MOST else words[:FIRST]


def upper(text: str) -> str:
    """The text with its first letter raised."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """An instruction with its first letter lowered, so that it can follow a colon; abbreviations stay."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def one_of(choices: Sequence[str], *key: str) -> str:
    """The phrasing that belongs to a key: always the same for the same key."""
    return choices[crc32(":".join(key).encode()) % len(choices)]


def strength(position: float) -> str:
    """How a country takes a provision, from -1 to 1."""
    for least, welcome, unwelcome in ((0.55, "welcome", "rejected"), (0.3, "acceptable", "unwelcome")):
        if abs(position) >= least:
            return welcome if position > 0 else unwelcome
    return "open" if abs(position) < 0.12 else "tolerable" if position > 0 else "doubtful"
