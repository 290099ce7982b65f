"""What every command is handed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import click

from ..workflows import MisuseError, WorkflowError
from .files import check_regular
from .terminal import Progress, is_terminal, look
from .trace import LEVELS, Trace

if TYPE_CHECKING:
    from ..report.layout import Look
    from ..sandbox import Sandbox
    from ..workflows.context import Context

T = TypeVar("T")


class App:
    """One run of the program.

    Attributes:
        world: file of the world to embed a sandbox for; None for none.
        debug: whether a failure shows its traceback.
        format: how a report is printed, of `report.formats`.
        files: what else it is written into: each format with its file.
        trace: what is told of what is read and asked.
        closing: what is closed when the run ends.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.world: str | None = None
        self.debug = False
        self.format = "text"
        self.files: tuple[tuple[str, str], ...] = ()
        self.trace = Trace()
        self.closing = ExitStack()
        self._base: str | None = None

    @property
    def json(self) -> bool:
        """Whether this command was asked for JSON, so that a failure is JSON too."""
        return self.format == "json"

    def sandbox(self) -> str | None:
        """Return the base URL of the world's sandbox, started when it is first asked for; None without a world.

        Raises:
            WorkflowError: the file holds no world.
        """
        if self._base is None and self.world is not None:
            self._base = self.closing.enter_context(embedded(self.world)).base
        return self._base

    def look(self, *, whole: bool = False) -> Look:
        """Return how a report on stdout may look.

        `whole`: what is usually named in a line is told whole, also where -v is not given.
        """
        return look(self.environ, whole=whole or self.trace.tells_reads)

    def context(self, *, quiet: bool = False, reads_at_once: bool = False) -> Context:
        """Return the surroundings of a workflow.

        `reads_at_once`: nothing is asked or printed before something is read. The wait then counts from here, for to
        import Google's libraries takes as long as to read.
        """
        from ..workflows.context import Context

        self.trace.open(self.closing)
        sandbox = self.sandbox()
        is_quiet = quiet or self.trace.is_quiet
        first = [self.closing.enter_context(Progress(self.environ, quiet=is_quiet))] if reads_at_once else []
        return Context(
            self.environ,
            sandbox,
            lambda: first.pop() if first else Progress(self.environ, quiet=is_quiet),
            traced=self.trace if self.trace.is_wanted else None,
            judged=Progress.judged if is_terminal(sys.stderr) and not is_quiet else None,
        )


def refuse_repeats(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Refuse an option that takes one value and is given several: none of them is silently the one that counts.

    Raises:
        UsageError: there is one.
    """
    if ctx.resilient_parsing:
        return  # a shell completes what stands there so far
    _, _, given = command.make_parser(ctx).parse_args(list(args))
    for param in dict.fromkeys(given):
        if isinstance(param, click.Option) and _takes_one(param) and given.count(param) > 1:
            name = max((*param.opts, *param.secondary_opts), key=len)
            raise click.UsageError(f"{name} is given more than once: give it once.", ctx)


def _takes_one(option: click.Option) -> bool:
    return not option.multiple and not option.count and (not option.is_flag or bool(option.secondary_opts))


HELP_NAMES: Final = ("-h", "--help")


class AppCommand(click.Command):
    """A command: it takes the global options too, each option once, and its workflow may find its arguments wrong."""

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """Return the names of the option for help: the program's, also of a command by itself."""
        del ctx
        return list(HELP_NAMES)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return its parameters, with the global options that it has none of its own for."""
        own = super().get_params(ctx)
        taken = {name for param in own for name in param.opts}
        return [*own, *(option for option in global_options(hidden=True) if not taken & {*option.opts})]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what follows its options: its own word, and examples."""
        from .examples import EXAMPLES

        super().format_epilog(ctx, formatter)
        lines = EXAMPLES.get(self.name or "", ())
        if lines:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {line}\n" for line in lines))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read its arguments."""
        refuse_repeats(self, ctx, args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run it; a request that cannot be meant is a usage error."""
        try:
            return super().invoke(ctx)
        except MisuseError as error:
            if error.option:
                raise click.BadParameter(str(error), ctx, param_hint=error.option) from None
            raise click.UsageError(str(error), ctx) from None


def global_options(*, hidden: bool = False) -> tuple[click.Option, ...]:
    """Return the options that hold for every command, wherever they stand.

    `hidden`: help leaves them out, as that of each single command does.
    """

    def option(name: str, callback: Callable[..., None], help: str, *, metavar: str | None = None) -> click.Option:
        return click.Option(
            [name], metavar=metavar, is_flag=metavar is None, expose_value=False, callback=callback, hidden=hidden,
            help=help,
        )  # fmt: skip

    louder = click.Option(
        ["-v", "louder"], count=True, expose_value=False, callback=_given(_louder), hidden=hidden,
        help="Show each read; -vv also shows each request.",
    )  # fmt: skip
    verbosity = click.Option(
        ["--verbosity"], type=click.Choice(LEVELS), expose_value=False, callback=_given(_verbosity), hidden=hidden,
        help="How much to show on stderr: -v is info, -vv is debug; from error on, no progress.  [default: warning]",
    )  # fmt: skip

    return (
        option(
            "--world", _embed,
            "Run against a pretend cloud that serves this world, not Google: a file, or a built-in one by its name.",
            metavar="FILE",
        ),
        option("--plain", _given(_go_plain), "No colours and no redraws: for screen readers."),
        option("--debug", _given(_debug), "Show the traceback when something in this tool fails."),
        louder,
        verbosity,
        option(
            "--log-http", _given(_log_http),
            "Show each request: address, status, time, headers; no body, no credential.",
        ),
        option(
            "--log-file", _given(_log_file),
            "Where -v, --log-http and --timings write, instead of stderr.",
            metavar="FILE",
        ),
        option("--timings", _given(_timings), "Show each read's time and result."),
    )  # fmt: skip


def _embed(ctx: click.Context, _: click.Parameter, file: str | None) -> None:
    app = ctx.find_object(App)
    if app is None or file is None:
        return
    if app.world is not None:
        raise click.UsageError("--world is given more than once: give it once.", ctx)
    app.world = file


def _given(put: Callable[[App, T], None]) -> Callable[[click.Context, click.Parameter, T | None], None]:
    """Return the callback of an option that changes the run where it is given."""

    def callback(ctx: click.Context, _: click.Parameter, value: T | None) -> None:
        app = ctx.find_object(App)
        if app is not None and value:
            put(app, value)

    return callback


def _go_plain(app: App, _: bool) -> None:
    app.environ = {**app.environ, "TERM": "dumb"}


def _debug(app: App, given: bool) -> None:
    app.debug = given


def _louder(app: App, times: int) -> None:
    app.trace.verbosity = "info" if times == 1 else "debug"


def _verbosity(app: App, level: str) -> None:
    app.trace.verbosity = level


def _log_http(app: App, given: bool) -> None:
    app.trace.http = given


def _log_file(app: App, file: str) -> None:
    app.trace.file = file


def _timings(app: App, given: bool) -> None:
    app.trace.timings = given


@contextmanager
def embedded(world: str, port: int = 0) -> Iterator[Sandbox]:
    """Serve a world from within this process.

    The world is a file, or the name of a built-in one; port 0 is any free one.

    Raises:
        WorkflowError: the file holds no world, there is none of that name, or the port is taken.
    """
    from ..sandbox import load_world, serve

    world = _file_of(world)
    check_regular(world)
    try:
        loaded = load_world(world)
    except ValueError as error:
        raise WorkflowError(str(error)) from None
    except RecursionError:
        raise WorkflowError(f"{world}: it is nested too deeply to be a world.") from None
    with ExitStack() as stack:
        try:
            box = stack.enter_context(serve(loaded, port))
        except (OSError, OverflowError) as error:
            raise WorkflowError(
                f"Port {port} cannot be listened on ({error}). Leave --port out to take any free one."
            ) from None
        yield box


def _file_of(world: str) -> str:
    """Return the file of a world: a name alone, of which there is no file, is that of a built-in one."""
    if os.path.exists(world) or not world.replace("-", "").isalnum():  # noqa: PTH110 - as files.py
        return world
    from .built_in import built_in, meant_world

    file = built_in(world)
    if file is None:
        hint = meant_world(world) or "Name the file of a world."
        raise WorkflowError(f"There is no file {world}, and no built-in world of that name. {hint}")
    return str(file)
