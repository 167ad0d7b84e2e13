"""What a turn's countries, documents and provisions are called in a prompt: by their names, or by neutral labels.

A model that recognises a past case recites its outcome. A masked prompt keeps the substance and takes away what a case
is recognised by: names, dates and titles. Labels follow from the name alone, so that one name has one label in every
prompt; what a masked prompt still gives away is its policy vocabulary.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from simulation.turn import Turn
from simulation.written import party_names

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = rf"(?:\d{{1,2}} )?(?:{_MONTH}) (?:\d{{1,2}}, )?(?:1\d|20)\d\d|\b(?:1\d|20)\d\d(?:[-/–]\d{{1,4}}){{0,2}}s?\b"
_NAME = r"(?:[^\W\d_a-zß-öø-ÿ][\w’'.-]*\w|[A-Z])(?:[ -][A-Z0-9](?:[\w’'-]*\w)?)*"
_LABEL = r"(?:the capital of )?Country [A-Z]{1,2}\b|Name [A-Z]{4}\b|an earlier date"
_WORD = re.compile(r"[^\W\d_][\w’']*")
_OPENING = re.compile(r"(?:^|[.!?:;“\"(—]\s*)$")


def _letters(number: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _bare(name: str) -> str:
    return name.removeprefix("the ")


def _prose(value: object) -> Iterator[str]:
    """Every text in a piece of JSON that holds a space: prose, not an id."""
    if isinstance(value, str):
        yield from [value] if " " in value else []
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _prose(part)


class Lens:
    """How one turn is shown: `masked` or as it is. What it shows follows from the turn alone."""

    def __init__(self, turn: Turn, masked: bool = False) -> None:
        self.table, self.scenario, self.masked = turn.table, turn.scenario, masked
        seated = {d.code: d.short for d in turn.table}
        self.parties: dict[str, str] = {**seated, **{c: n for c, n in sorted(party_names().items()) if c not in seated}}
        self.letters = {code: _letters(k) for k, code in enumerate(self.parties)}
        provisions, sources = [p.id for p in turn.scenario.provisions], list(turn.dossier.sources)
        self.provisions = self._numbered("p", provisions)
        """Provision ids and what they are shown as."""
        self.sources = self._numbered("s", sources)

    @staticmethod
    def of(turn: Turn, masked: bool = False) -> "Lens":
        """The lens of a turn: one for all turns of its seat."""
        return turn.once(("lens", masked), lambda: Lens(turn, masked))

    def _numbered(self, letter: str, ids: list[str]) -> Mapping[str, str]:
        return {name: f"{letter}{k}" if self.masked else name for k, name in enumerate(ids, 1)}

    def option(self, provision: str, option: str) -> str:
        """How an option of a provision is shown: provision/option."""
        options = [o.id for o in self.scenario.provision(provision).options]
        return f"{self.provisions[provision]}/{f'o{options.index(option) + 1}' if self.masked else option}"

    def party(self, code: str) -> str:
        """What prose calls a party."""
        if self.masked:
            return f"Country {self.letters[code]}" if code in self.letters else self._named(code)
        return self.parties.get(code, code)

    def speech(self, name: str) -> str:
        """How the id of a statement or an argument is shown: JPN-1.2, or A-1.2."""
        code, _, rest = name.partition("-")
        return f"{self.letters[code]}-{rest}" if self.masked and code in self.letters else name

    @staticmethod
    def _named(name: str) -> str:
        core, own = re.fullmatch(r"(.*?)([’']s)?", name, re.DOTALL).groups()  # type: ignore[union-attr]  # always fits
        letters = "".join(chr(ord("A") + byte % 26) for byte in hashlib.sha256(core.encode()).digest()[:4])
        return f"Name {letters}{own or ''}"

    @cached_property
    def _terms(self) -> Mapping[str, str]:
        """Every word for a party and what stands for it."""
        found = {_bare(name): f"Country {self.letters[code]}" for code, name in self.parties.items()}
        for d in self.table:
            label = f"Country {self.letters[d.code]}"
            found |= {d.capital: f"the capital of {label}", d.adjective: f"{label}’s", d.name: label, d.short: label}
            found[_bare(d.short)] = label
        return found

    @cached_property
    def _vocabulary(self) -> tuple[set[str], set[str]]:
        """Words written small somewhere in the table's dossiers, and words written large inside a sentence."""
        small: set[str] = set()
        large: set[str] = set()
        for text in _prose([d.model_dump() for d in self.table] + [self.scenario.model_dump()]):
            for found in _WORD.finditer(text):
                word = found.group()
                if word[0].islower():
                    small.add(word)
                elif not _OPENING.search(text[: found.start()][-3:]):
                    large.add(word)
        return small, large

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        terms = "|".join(re.escape(t) for t in sorted(self._terms, key=lambda t: (-len(t), t)))
        codes = "|".join(sorted(self.letters, key=lambda c: (-len(c), c)))
        return re.compile(
            rf"(?P<label>{_LABEL})|\b(?P<id>{codes})(?=-\d)|(?P<date>{_DATE})"
            rf"|(?:\b[Tt]he )?\b(?P<term>{terms})(?:\b|(?<=\.))(?P<own>[’']s)?|(?P<name>{_NAME})"
        )

    def _name(self, text: str, at: int) -> str:
        """A run of capitalised words: a label, but for an ordinary word that only begins a sentence."""
        small, large = self._vocabulary
        first, gap, rest = text.partition(" ")
        ordinary = first.lower().split("’")[0].split("'")[0] in small
        if at == 0 and (ordinary or not (rest or first in large or first.isupper())):
            return f"{first}{gap}{self._named(rest) if rest else ''}"
        if first == "I" and not rest:
            return text
        return self._named(text)

    def _hide(self, found: re.Match[str]) -> str:
        if found["label"]:
            return found.group()
        if found["id"]:
            return self.letters[found["id"]]
        if found["date"]:
            return "an earlier date"
        if found["term"]:
            label = self._terms[found["term"]]
            return f"{label}’s" if found["own"] and not label.endswith("’s") else label
        before = found.string[max(0, found.start() - 3) : found.start()]
        return self._name(found["name"], 0 if _OPENING.search(before) else 1)

    def text(self, words: str) -> str:
        """Prose on one line, masked where the lens is."""
        line = " ".join(words.split())
        return self._pattern.sub(self._hide, line) if self.masked else line

    def reveal(self, words: str) -> str:
        """A model's words with the countries and statements of the table named again; other labels stay."""
        if not self.masked:
            return words
        codes = {letters: code for code, letters in self.letters.items()}
        names = {self.letters[code]: name for code, name in self.parties.items()}
        named: Callable[[re.Match[str]], str] = lambda m: names.get(m[1], m[0])  # noqa: E731  # two of a kind, inline
        spoken: Callable[[re.Match[str]], str] = lambda m: f"{codes[m[1]]}-" if m[1] in codes else m[0]  # noqa: E731
        return re.sub(r"\b([A-Z]{1,2})-(?=\d)", spoken, re.sub(r"\bCountry ([A-Z]{1,2})\b", named, words))
