"""The console script: global options, the commands by name, and what happens when something fails."""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Final

import click

from .. import __version__
from ..workflows import WorkflowError
from .app import HELP_NAMES, App, global_options, refuse_repeats
from .terminal import OutputError, emit, is_terminal, say, swallow_the_rest

COMMANDS: Final = {
    "check": "Find out why a call to SERVICE fails.",
    "call": "Call SERVICE once (GET) as the caller, and explain the answer.",
    "grant": "Let one member call SERVICE, safely.",
    "revoke": "Remove a member's role on SERVICE.",
    "undo": "Undo one change, and nothing else.",
    "receipts": "List the changes that were made, and how each ended.",
    "who": "List who may call SERVICE, and who only seems to.",
    "expect": "Check a contract that says who may call what.",
    "snippet": "Print the caller's code for SERVICE, with the right audience.",
    "runbook": "Write the onboarding page for a service and its caller.",
    "permissions": "Print the permissions that COMMAND may need.",
    "explain": "Explain a cause by its id; without one, list all causes.",
    "info": "Print what a run would use; nothing secret.",
    "schema": "Print the JSON Schema of the report that --format json prints.",
    "mcp": "Serve this tool to a coding agent, over the Model Context Protocol.",
    "demo": "Show the tool at work on a built-in world.",
    "sandbox": "Serve a pretend Google Cloud on loopback.",
}
"""In the order in which help lists them, so that help need not import them; each is `command` in its module."""


_BETWEEN_COLLECTIONS: Final = 200_000
"""Objects made between two runs of the garbage collector: at Python's 700 it takes a tenth of a short run, in vain."""


class Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the global options, and hand those that belong to the command on to it, wherever they stand."""
        args = self._reordered(ctx, args)
        refuse_repeats(self, ctx, args)
        return super().parse_args(ctx, args)

    def _reordered(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move the commands' own options that stand before the command behind its name."""
        own = _with_value(self.get_params(ctx))
        before: list[str] = []
        moved: list[str] = []
        ahead = list(args)
        while ahead and ahead[0].startswith("-") and ahead[0] != "--":
            name, equals, _ = ahead[0].partition("=")
            name = "-v" if set(name) == {"-", "v"} and name.count("-") == 1 else name  # -vv is -v twice
            kept, options = (before, own) if name in own else (moved, _shared_options())
            if name not in options:
                return args
            count = 2 if options[name] and not equals else 1
            kept += ahead[:count]
            ahead = ahead[count:]
        return [*before, *ahead[:1], *moved, *ahead[1:]] if ahead else args

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command by its name; for a name that is none, what it was meant to be is said."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing and not args[0].startswith("-"):
            from ..spelling import did_you_mean, similar

            meant = did_you_mean(similar(args[0], COMMANDS))
            hint = meant or f"The commands are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"{__package__}.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _with_value(params: Iterable[click.Parameter]) -> dict[str, bool]:
    """Return the names of options, and whether a value follows each."""
    return {
        name: not option.is_flag and not option.count
        for option in params
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
    }


def _shared_options() -> dict[str, bool]:
    """Return the options that mean the same in every command, and whether a value follows each."""
    from .options import SHARED

    return _with_value(SHARED(click.Command("any")).params)


@click.command(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": list(HELP_NAMES)},
    epilog="Exit status: 0 nothing blocks, 10 something blocks, 11 cannot tell, 1 the tool failed, 2 usage, "
    "130 interrupted.",
)
@click.version_option(__version__, "-V", "--version", prog_name="crauth-doctor", message="%(prog)s %(version)s")
@click.pass_context
def crauth_doctor(ctx: click.Context) -> int | None:
    """Why does my call to a private Cloud Run service fail?

    crauth-doctor finds the one cause, shows the evidence, says what it could not see, and gives the exact fix.
    """
    if ctx.invoked_subcommand is not None:
        return None
    if is_terminal(sys.stdin) and is_terminal(sys.stdout):
        from .wizard import wizard

        app = ctx.ensure_object(App)
        return wizard(
            app, lambda *argv: crauth_doctor.main(list(argv), "crauth-doctor", standalone_mode=False, obj=app)
        )
    click.echo(ctx.get_help())
    return None


crauth_doctor.params += global_options()


def main(argv: list[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run the program.

    Returns:
        The exit status, of `report.status.ExitStatus`.
    """
    gc.set_threshold(_BETWEEN_COLLECTIONS)
    app = App(os.environ if environ is None else environ)
    with app.closing:
        status = _guarded(app, sys.argv[1:] if argv is None else argv)
        app.trace.finish()
    if argv is None:
        gc.freeze()  # the process ends: to look through all that it holds for garbage takes a sixth of a short run
    return status


def _guarded(app: App, argv: list[str]) -> int:
    """Run a command; whatever goes wrong ends as a sentence and a status."""
    try:
        status = crauth_doctor.main(list(argv), prog_name="crauth-doctor", standalone_mode=False, obj=app)
    except click.UsageError as error:
        return _misused(app, error, argv)
    except click.ClickException as error:
        return _failed(app, error.format_message())
    except OutputError as error:
        say(str(error))
        return 1
    except WorkflowError as failure:
        return _failed(app, str(failure), failure.status)
    except (KeyboardInterrupt, click.Abort):
        say("Interrupted.")
        return 130
    except (BrokenPipeError, SystemExit):  # click's way to end where the reader of a help text has gone
        swallow_the_rest()
        return 0
    except OSError as error:
        return _unwritten(app, error)
    except Exception as error:  # noqa: BLE001 - nobody is to be shown a traceback who did not ask for it
        return _broke(app, error)
    return int(status or 0)


def _unwritten(app: App, error: OSError) -> int:
    """Say that click could not print a help text; every other such error is a fault of this tool's."""
    if error.errno != errno.ENOSPC:
        return _broke(app, error)
    swallow_the_rest()
    say(str(OutputError(os.strerror(errno.ENOSPC))))
    return 1


def _misused(app: App, error: click.UsageError, argv: list[str]) -> int:
    if "--format=json" in argv or ("--format", "json") in pairwise(argv):
        app.format = "json"
    if error.ctx is not None:
        say(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n")
    return _failed(app, error.format_message(), 2)


def _failed(app: App, message: str, status: int = 1) -> int:
    from ..redaction import clean_lines

    if app.json:
        from ..report.json import render_error

        with suppress(OutputError):  # it is said on stderr all the same
            emit(render_error(message, status))
    say("\n".join(clean_lines(message)))
    return status


def _broke(app: App, error: Exception) -> int:
    from ..redaction import clean_lines

    if app.debug:
        import traceback

        say("\n".join(clean_lines("".join(traceback.format_exception(error)), limit=20_000)))
    hint = "" if app.debug else " Run it again as `crauth-doctor --debug …` and report what it prints."
    return _failed(app, f"Something in crauth-doctor itself broke ({type(error).__name__}).{hint}")
