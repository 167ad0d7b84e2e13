"""What can go wrong, as a tree.

    CommuniqueError
    ├── InputError        something the user wrote or asked for is wrong; nothing ran (exit status 2)
    │   ├── FileErrors    every mistake found in files, each with its line and column
    │   ├── Unwritable    the disk takes no more, or the folder may not be written; what was finished before is kept
    │   └── Unreachable   a database does not answer, lets nobody in or was lost (exit status 3)
    ├── ProviderError     a chat model, key or network failed before any result (exit status 3)
    ├── NotSettled        argument strengths that do not settle; defined in `arguments` (the report does without)
    ├── CallFailed        one call failed for good; its seat is recorded as failed; defined in `calls`
    ├── SeatFailed        a model gave nothing that can be recorded; defined in `analysts.chat_model`
    ├── Absent            a person's seat stays silent, by somebody's word; defined in `analysts.human`
    ├── DraftErrors       what is wrong with a model's reply or a person's answer, line by line; defined in `readings`
    └── Interrupted       somebody asked to stop; the run can be resumed (exit status 130)

The command line prints the message and exits; a traceback means a bug of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class CommuniqueError(Exception):
    """Anything this program reports on purpose."""

    status = 5


class InputError(CommuniqueError):
    """Something the user wrote or asked for is wrong."""

    status = 2

    def __init__(self, message: str, cure: str = "", code: str = "E100") -> None:
        super().__init__(message)
        self.message, self.cure, self.code = message, cure, code


class Unwritable(InputError):
    """The disk takes no more, or the folder may not be written."""

    def __init__(self, message: str, cure: str, code: str = "E101") -> None:
        super().__init__(message, cure, code)

    def kept(self, go_on: str) -> "Unwritable":
        """The same where something was finished before, with the command that goes on."""
        return Unwritable(self.message, f"what was finished is kept; make room, and go on: {go_on}", "E199")


class Unreachable(InputError):
    """A database does not answer, lets nobody in, or was lost; what was finished is kept."""

    status = 3


class ProviderError(CommuniqueError):
    """A chat model, key or network failed before there was any result."""

    status = 3


class Interrupted(CommuniqueError):
    """Somebody asked to stop; what was done is kept and can be resumed."""

    status = 130


@dataclass(frozen=True)
class Mistake:
    """One mistake in one file, with its place and its cure."""

    code: str
    file: str
    line: int
    column: int
    message: str
    cure: str = ""
    text: str = ""
    """The line of the file the mistake stands on."""
    width: int = 1
    """How many characters of it are wrong."""

    @property
    def place(self) -> str:
        """file:line:column."""
        return f"{self.file}:{self.line}:{self.column}"


class FileErrors(InputError):
    """Every mistake found in the files read."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(f"{m.place}: {m.message}" for m in self.mistakes), code=self.mistakes[0].code)


def nearest(name: str, choices: Iterable[str], most: int = 12) -> str:
    """The cure for a wrong name: the nearest right one, or the list of them."""
    known = sorted(choices)
    if close := get_close_matches(name, known, 1, 0.6):
        return f'did you mean "{close[0]}"?'
    shown = ", ".join(known[:most])
    return f"choose from: {shown}{', ...' if len(known) > most else ''}" if known else "there are none to choose from"


def unknown(kind: str, name: str, choices: Iterable[str], code: str = "E104") -> InputError:
    """The error for a name that nothing answers to."""
    return InputError(f'no {kind} "{name}"', nearest(name, choices), code)


MEANINGS = {
    "E100": "Something asked for on the command line is wrong; the message says what.",
    "E101": "The file or folder cannot be read or is not of the right sort. Check the path and its permissions.",
    "E102": "The file is not text. Save it as UTF-8.",
    "E103": "The file is larger than 1 MB, more than any scenario or dossier needs. It is refused before it is parsed.",
    "E104": "No dossier has this name. A country is a file agents/<name>.yaml; add one, or mend the name.",
    "E105": "The file is not valid YAML (or TOML). Look at the indentation, quotes and brackets at the place named.",
    "E106": "Anchors, aliases, tags and very deep or very long files are refused: they can grow without bound.",
    "E107": "A key stands twice in one mapping; YAML would silently keep the last.",
    "E108": "The file is empty.",
    "E109": "No scenario has this name. A scenario is a file under scenarios/; give a path for a file elsewhere.",
    "E110": "A required field is missing.",
    "E111": "There is no such field here. Fields are never ignored, so that a misspelt one is noticed.",
    "E112": "The value is of the wrong sort, or not one of the choices.",
    "E113": "The number, or the length, is out of range.",
    "E114": "The date does not exist or is not written as YYYY-MM-DD (a source may give YYYY-MM or YYYY).",
    "E115": "The codebook has no such theme: see simulation/themes.yaml.",
    "E116": "The source is not listed under `sources` of the same dossier.",
    "E117": "An id is used twice where each must be its own.",
    "E118": "A red line or legal limit stands on a theme on which the dossier holds no position.",
    "E119": "A debate needs at least two countries.",
    "E120": "Every document of the dossier came out after the scenario's date, so the desk would know nothing.",
    "E121": "A passage rests on unverified sources only; it needs at least one that somebody has looked up.",
    "E122": "The score and the stance of a reaction contradict each other.",
    "E123": "An engine is named for a country that has no seat.",
    "E126": "No run, or more than one, answers to this name. A run is an id, a unique prefix, a path, or `latest`.",
    "E127": "run.json cannot be read as a run of this version.",
    "E128": "A dossier or the coefficients changed since the run began, so its statements no longer follow from them.",
    "E202": "The page does not begin like one of ours, so that nothing keeps it from running scripts or calling home.",
    "E203": "A file of a folder is a link, a device or a second name of another file: it is neither read nor written.",
    "E160": "The run asked no model, so there is nothing to resume, replay from recorded replies or fork.",
    "E161": "A server was named and no model; the server needs to be told which model is meant.",
    "E162": "A twin is `anonymous` (names, dates and titles hidden) or `language=` and a language.",
    "E163": "What is to be compared or exported is neither a finished run nor a scenario.",
    "E164": "A comparison takes two or more runs, and no more than there are letters; --vary is KEY=VALUE,VALUE.",
    "E165": "A diff goes through two runs statement by statement, so both must be of one scenario; compare takes any.",
    "E166": "The format or the frame needs a package that is an extra. Run the line the message names.",
    "E167": "The run has no such report: there is no graph of arguments whose strengths do not settle.",
    "E129": "A change given with --set does not fit: write path=value, where the path follows the fields of the file.",
    "E125": "Nothing to score: no file under the path has a `history`.",
    "E150": "The run folder has no assessment.html: it was written by an older version, or the file was moved away.",
    "E124": "There is no such engine: engines are the modules of simulation/analysts/.",
    "E130": "A seat is to be taken by a chat model, and none is named. Name one, or take another engine.",
    "E131": "The language a model is to write in is a name of one or two words, such as Japanese.",
    "E135": "A model is named provider:name; the providers are openai, anthropic, google and ollama.",
    "E136": "Each provider's package is an extra, so that nobody installs what they do not use. Run the line it names.",
    "E137": "--base-url is the http or https address of an OpenAI-compatible server, with no key or query in it.",
    "E138": "The provider has no such way to hold a reply to its schema.",
    "E139": "The budget or token limit cannot be kept: it is 0, or the price of the model is not known.",
    "E140": "replies.jsonl or statements.jsonl is damaged, is a link, cannot be opened, or names what is not there.",
    "E141": "Two processes may not work on one run folder at the same time.",
    "E168": "The path of a sweep's grid has an axis of its own: countries, engines, seeds.",
    "E169": "A sweep of more than 100,000 cells is held only with --yes, so that nobody begins a billion by mistake.",
    "E170": "The folder holds no sweep that can go on, or something that its cells are made from has changed.",
    "E171": "The seats of a sweep and its models do not fit: a seat asks a model and none is listed, or none asks one.",
    "E172": "The processes that hold the cells died again and again. With --workers 1 this process holds them itself.",
    "E173": "cells.jsonl of a sweep is damaged before its last line, or cannot be opened.",
    "E178": "The classroom's packages are an extra, so that nobody installs what goes unused. Run the line it names.",
    "E180": "The classroom cannot listen there: the port is taken, or the address is none of this machine's.",
    "E181": "The folder of rooms cannot be written. Give another one with --folder.",
    "E182": "A form for a new room is not complete, or its scenario cannot be used; the page names the field.",
    "E183": "The room cannot do that now; the page says what it waits for.",
    "E184": "A student can be deleted once the debate no longer answers what that student wrote.",
    "E185": "The rehearsal got no further: the server does not answer, or the lesson stands still.",
    "E186": "A secret brief is written for a country that has no seat, so nobody would be handed it.",
    "E174": "The scenario comes from standard input, where a person who takes a seat would have to type.",
    "E175": "A person has a seat, and this way of holding a debate asks nobody: seat people with run --human.",
    "E176": "--clock measures the turns of people at the terminal; --on-timeout says what happens when it runs out.",
    "E177": "Two runs of the same inputs that ask a model or a person began within one second, which have one id.",
    "E199": "The disk is full, or the folder may not be written. What was finished is there: make room, and go on.",
    "E193": "The address of the database is not written as one, or has a password on the command line.",
    "E194": "The packages for a database are an extra, as few need one. Run the line it names.",
    "E195": "The database does not answer, refuses the login or is not there. What was finished before is kept.",
    "E196": "The database takes no tables from this user, holds no UTF-8, or has tables of another version.",
    "E189": "Dask and storages such as s3:// need packages that are extras. Run the line the message names.",
    "E190": "No Dask scheduler answers at the address, it has gone away, or no worker has joined it.",
    "E191": "Whoever holds cells must run the same communique, Python and numpy, or the table would not be the same.",
    "E192": "The address is of no storage that can be reached, is refused, or holds a password, which is never taken.",
    "E204": "COMMUNIQUE_AGENTS is to name a folder of dossiers; it is looked through before all others.",
    "E197": "A text holds characters that steer a terminal, such as an escape, and no report can show. Take them out.",
    "E198": "The record of a run contradicts itself, so that nothing can be made of it; communique verify says where.",
    "E142": "A dry run of a debate that asks no model has nothing to estimate.",
}
