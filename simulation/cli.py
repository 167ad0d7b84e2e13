"""The command line: a group whose commands are the modules of `commands/`, imported when called.

Nothing heavy is imported here, so that `--help` answers at once and `check` never loads the graph.
"""

import errno
import gc
import io
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from simulation.errors import CommuniqueError, InputError

CONFIG = "communique.toml"
RARELY = 200_000
"""New objects between two searches for circular garbage. Python's 700 make a run a sixth slower and free nothing."""


class Commands(click.Group):
    """Finds its commands by file name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, by name."""
        folder = Path(__file__).parent / "commands"
        return sorted(p.stem.strip("_").replace("_", "-") for p in folder.glob("*.py") if p.stem != "__init__")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None where there is none, so that click reports it."""
        if cmd_name not in self.list_commands(ctx):
            return None
        stem = cmd_name.replace("-", "_")
        folder = Path(__file__).parent / "commands"
        found = stem if (folder / f"{stem}.py").exists() else f"{stem}_"
        command: click.Command = import_module(f"simulation.commands.{found}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or an error with the nearest name."""
        from simulation.errors import nearest

        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise click.UsageError(f'no command "{args[0]}": {nearest(args[0], self.list_commands(ctx))}', ctx)
        return super().resolve_command(ctx, args)


def _configured() -> dict[str, Any]:
    """Defaults from communique.toml in the working folder: one table a command."""
    path = Path(CONFIG)
    if not path.is_file():
        return {}
    import tomllib

    from simulation.received import near

    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{CONFIG}: {error}", "mend the line, or take the file away", "E105") from None
    for name, table in found.items():
        url = table.get("base_url", table.get("base-url")) if isinstance(table, dict) else None
        if url is not None and not near(str(url)):
            cure = "give it on the command line, or as COMMUNIQUE_" + name.upper().replace("-", "_") + "_BASE_URL"
            raise InputError(f"{CONFIG} names another machine as a server, which gets your key", cure, "E137")
    return found


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "COMMUNIQUE",
        "max_content_width": 100,
    },
)
@click.version_option(package_name="communique", message="communique %(version)s")
@click.pass_context
def communique(ctx: click.Context) -> None:
    """Country desks debate a proposal.

    Start with: communique run takaichi_coalition

    Every option can also be set as COMMUNIQUE_<COMMAND>_<OPTION> or in communique.toml. Exit status: 0 complete,
    2 input or usage wrong, 3 provider failed, 4 partial, 5 a bug of ours, 130 interrupted.
    """
    ctx.default_map = _configured()


def _report_bug(error: BaseException) -> int:
    with tempfile.NamedTemporaryFile("w", prefix="communique-", suffix=".log", delete=False, encoding="utf-8") as file:
        traceback.print_exception(error, file=file)
    click.echo(
        f"error: a bug of ours ({type(error).__name__}). The details are in {file.name}; please report them.", err=True
    )
    return 5


def _failed(error: Exception) -> int:
    """Tell of a storage that failed, or of a bug of ours."""
    from simulation.places import trouble

    if (told := trouble(error)) is None:
        return _report_bug(error)
    from simulation.notices import render_error

    click.echo(render_error(told), err=True)
    return told.status


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with the status ux asks for."""
    gc.set_threshold(RARELY)
    try:
        status = communique.main(args=args, standalone_mode=False)
    except InputError as error:
        from simulation.notices import render_error

        click.echo(render_error(error), err=True)
        sys.exit(error.status)
    except CommuniqueError as error:
        from simulation.notices import visible

        click.echo(visible(f"error: {error}"), err=True)
        sys.exit(error.status)
    except click.ClickException as error:
        from simulation.notices import visible

        told = io.StringIO()
        error.show(told)
        click.echo(visible(told.getvalue()), err=True, nl=False)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            sys.exit(_report_bug(error))
        click.echo("error[E101]: a name is longer than any file's\n  = help: check the path", err=True)
        sys.exit(2)
    except Exception as error:
        sys.exit(_failed(error))
    sys.exit(status if isinstance(status, int) else 0)
