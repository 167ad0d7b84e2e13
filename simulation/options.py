"""The options that every command which may ask a model shares.

Written once, so that run, resume, fork, backtest and the benchmark of models mean the same by the same word.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from simulation.errors import InputError
from simulation.places import at

F = TypeVar("F", bound=Callable[..., Any])
SETTINGS = ("structured", "temperature", "context", "reply_tokens", "passages", "detail", "language")
REACH = ("timeout", "retries", "rate", "concurrency")


def _stack(command: F, options: list[Callable[[F], F]]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def _option(*names: str, text: str, **more: Any) -> Callable[[F], F]:
    return click.option(*names, help=text, show_default=more.get("default") is not None, **more)


def under_option(command: F) -> F:
    """Where runs lie."""
    return _option("--under", type=at, metavar="DIR", default="runs", text="Where runs lie.")(command)


def set_option(required: bool = False) -> Callable[[F], F]:
    """Changes to the scenario or to dossiers."""
    text = "A change, as in provisions.taiwan.weight=0.3; may be given more than once."
    return _option("--set", "changes", multiple=True, required=required, metavar="PATH=VALUE", text=text)


def show_options(command: F) -> F:
    """The format of a result and where it goes."""
    forms = click.Choice(["table", "md", "json", "csv", "html"])
    path = click.Path(dir_okay=False, path_type=Path)
    return _stack(
        command,
        [
            _option("--format", "form", type=forms, default="table", text="What it is printed or written as."),
            _option("--json", "form", flag_value="json", text="The same as --format json."),
            _option("--out", type=path, text="Write it to this file, and print the file's path."),
        ],
    )


def setting_options(command: F) -> F:
    """Which model is asked and how."""
    kinds = click.Choice(["auto", "json_schema", "tool", "grammar", "none"])
    return _stack(
        command,
        [
            _option("--model", text="provider:name of the model that is asked, as in openai:gpt-4o-mini."),
            _option("--base-url", text="An OpenAI-compatible server to ask, as in http://127.0.0.1:8080/v1."),
            _option("--structured", type=kinds, default="auto", text="How replies are held to their schema."),
            _option("--temperature", type=click.FloatRange(0, 2), default=0.0, text="Of the model."),
            _option("--context", type=click.IntRange(512), text="The model's context window, in tokens."),
            _option("--reply-tokens", type=click.IntRange(64), default=4000, text="The most tokens of a reply."),
            _option("--passages", type=click.IntRange(0), default=24, text="Dossier passages in a prompt."),
            _option("--detail", type=click.FloatRange(0.05, 2), default=1.0, text="Scales how long replies may be."),
            _option("--language", text="The language the model is asked to reason in."),
        ],
    )


def reach_options(command: F) -> F:
    """How a provider is reached, and how much may be spent."""
    again = "Repeats after a 429, a 5xx or a lost connection."
    dollars = "Stop before the call that would take the cost above this many US dollars."
    tokens = "Stop before the call that would take all tokens above this."
    return _stack(
        command,
        [
            _option("--max-concurrency", "concurrency", type=click.IntRange(1), default=16, text="Calls at one time."),
            _option("--timeout", type=click.FloatRange(0.01), default=120.0, text="Seconds a call may take."),
            _option("--retries", type=click.IntRange(0, 20), default=4, text=again),
            _option("--rate", type=click.FloatRange(0.001), text="Calls a second at the most."),
            _option("--budget", type=float, text=dollars),
            _option("--max-tokens", type=int, text=tokens),
        ],
    )


def _database(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    if not value:
        return None
    from click.core import ParameterSource

    from simulation.addresses import named

    return named(value, typed=ctx.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE)


def database_option(text: str) -> Callable[[F], F]:
    """A PostgreSQL database in place of SQLite files."""
    more = "; without a password here: that in COMMUNIQUE_DATABASE, which names the database too, or in PGPASSWORD."
    return _option("--database", envvar="COMMUNIQUE_DATABASE", callback=_database, metavar="URL", text=text + more)


def clock_options(command: F) -> F:
    """How long a person at the terminal has, and what happens then."""
    then = click.Choice(["wait", "stand-in", "absent"])
    what = "When time is up: wait on, let the dossier's analyst stand in, or leave the turn unspoken.  [default: wait]"
    return _stack(
        command,
        [
            _option("--clock", type=click.IntRange(1, 86_400), text="Seconds a person has for one turn."),
            _option("--on-timeout", type=then, text=what),
        ],
    )


def settings_of(given: Mapping[str, Any]) -> Any:
    """`Settings` from options; None where no model was named. Raises `InputError` for an address with a password."""
    from simulation.calls import Settings

    if not given.get("model"):
        if given.get("base_url"):
            raise InputError("--base-url needs a model", "add --model openai:<the name the server knows>", "E161")
        return None
    return Settings(
        model=given["model"], base_url=given.get("base_url"), **{k: given[k] for k in SETTINGS if k in given}
    )


def reconnect_with(given: Mapping[str, Any], base_url: str | None) -> Callable[[Any, Any], Any]:
    """The same for a recorded run, whose server is asked again where it is this machine, or named once more."""
    connect = connect_with(given)

    def there(settings: Any, before: Any = ()) -> Any:
        from simulation.received import near

        if base_url:
            return connect(settings.model_copy(update={"base_url": base_url}), before)
        if settings.base_url and not near(settings.base_url):
            cure = "if it is one you trust with your key, name it again with --base-url"
            raise InputError(f'the run names another machine as its server, "{settings.base_url}"', cure, "E137")
        return connect(settings, before)

    return there


def connect_with(given: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
    """What makes a caller from settings and what was asked before: a live model, counted and held to the budget."""

    def connect(settings: Any, before: Any = ()) -> Any:
        from simulation.calls import Reach
        from simulation.costs import Meter
        from simulation.models import connect as live

        reach = Reach(**{k: given[k] for k in REACH})
        return Meter(
            live(settings, reach), settings, budget=given["budget"], max_tokens=given["max_tokens"], spent=before
        )

    return connect
