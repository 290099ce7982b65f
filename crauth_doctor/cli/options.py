"""The options that mean the same in every command."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ..deferred import regex
from ..report.formats import SUFFIXES
from ..workflows.context import DEFAULT_SECONDS, CallRequest, MisuseError, said_of
from .app import App
from .files import content_of

if TYPE_CHECKING:
    from ..model.asks.said import Said

F = TypeVar("F", bound=Callable[..., Any])

METHODS: Final = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY",
    "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "ACL",
)  # fmt: skip
"""HTTP's own methods, and those of WebDAV. Source: https://www.iana.org/assignments/http-methods"""
_TOKEN: Final = regex(r"[!#$%&'*+.^_`|~0-9a-z-]+")
"""Source: https://www.rfc-editor.org/rfc/rfc9110#name-tokens"""
_FIELDS: Final = frozenset(CallRequest.__dataclass_fields__) - {"evidence", "saved"}


def request_of(given: dict[str, Any], *, pasted: str | None = None, **more: Any) -> CallRequest:
    """Return the call that a command line asks about.

    `pasted` stands for `-`; left out: stdin is read. `more` is what the command knows better.

    Raises:
        WorkflowError: a file of evidence cannot be read.
    """
    known = {name: value for name, value in given.items() if name in _FIELDS}
    return CallRequest(**{**known, "evidence": _evidence(given.get("files", ()), pasted), **more})


def service_or_saved(given: dict[str, Any], **more: Any) -> CallRequest:
    """Return the call that a command line asks about, which may be the one that is saved in a file.

    Raises:
        UsageError: it names no service, and no file.
        WorkflowError: the file cannot be read, or is no saved document.
    """
    file = given.pop("saved", None)
    if file is None and not given.get("service"):
        raise click.UsageError("Missing argument 'SERVICE'.")
    saved = None
    if file is not None:
        from ..workflows.documents.saved_document import loaded
        from ..workflows.explain import decoded

        saved = loaded(decoded(content_of(file)), file)
    return request_of(given, service=given.get("service") or "", saved=saved, **more)


def _evidence(files: tuple[str, ...], pasted: str | None) -> str | None:
    if not files:
        return pasted
    from ..workflows.explain import decoded

    parts = (pasted if pasted and file == "-" else decoded(content_of(file)) for file in dict.fromkeys(files))
    return "\n".join(parts)


def _header_names(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the names only: a value may be a secret."""
    names = tuple(text.partition(":")[0].strip().lower() for text in given)
    if not all(_TOKEN.fullmatch(name) for name in names):
        raise click.BadParameter("give a header's name alone, such as X-Serverless-Authorization.")
    return names


def _method(_: click.Context, __: click.Parameter, given: str) -> str:
    method = given.upper()
    if method not in METHODS:
        from ..spelling import did_you_mean, similar

        meant = did_you_mean(similar(method, METHODS))
        raise click.BadParameter(f"{given!r} is not an HTTP method. {meant or 'Give one such as GET or POST.'}")
    return method


def _said(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> Said:
    try:
        return said_of(given)
    except MisuseError as error:
        raise click.BadParameter(str(error)) from None


if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # before click 8.2 it takes no type


def _path(_: click.Context, __: click.Parameter, given: str | None) -> str | None:
    if given is not None and not given.startswith("/"):
        raise click.BadParameter("a path starts with /.")
    return given


class Word(_Choice):
    """One of some words; for one that is none, what it was meant to be is said."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word as it is written."""
        word = str(value).lower()
        if word in self.choices:
            return word
        from ..spelling import did_you_mean, similar

        meant = did_you_mean(similar(word, self.choices)) or f"Choose from {', '.join(self.choices)}."
        raise click.BadParameter(f"{value!r} is not one of them. {meant}", ctx, param)


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def complete_services(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the services of the project that a word may become, as a shell completes them."""
    return [name for name in _services(ctx) if name.startswith(incomplete)]


def _services(ctx: click.Context) -> list[str]:
    """List the services of the project that is named, or usual; none where that takes long, or cannot be done."""
    import os

    from ..workflows.context import Context, WorkflowError
    from ..workflows.diagnose import default_project
    from ..workflows.inventory import ProjectInventory

    context = Context(os.environ)
    project = ctx.params.get("project") or default_project(context)
    if not project:
        return []
    request = CallRequest(
        seconds=_COMPLETION_SECONDS,
        account=ctx.params.get("account"),
        configuration=ctx.params.get("configuration"),
        impersonate=ctx.params.get("impersonate"),
    )
    try:
        deployed, _ = ProjectInventory(context, request, _COMPLETION_SECONDS).described(project)
    except WorkflowError:
        return []
    return sorted({one.service.id for one in deployed})


_COMPLETION_SECONDS: Final = 2.0
"""Nobody waits longer for a shell."""


def complete_callers(ctx: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the kinds of callers that a word may become, as a shell completes them, and the services among them."""
    if incomplete.startswith("run/"):
        return [name for name in (f"run/{one}" for one in _services(ctx)) if name.startswith(incomplete)]
    from ..model.caller_kinds import DECLARED, MEMBERS

    kinds = [f"{kind.word}/" if kind.form else kind.word for kind in DECLARED if kind.word]
    return [word for word in (*kinds, *MEMBERS) if word.startswith(incomplete)]


def _complete_regions(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from ..model.address import REGIONS

    return [region for region in REGIONS if region.startswith(incomplete)]


def keep_format(ctx: click.Context, _: click.Parameter, name: str) -> None:
    """Keep how the report is printed, for whoever prints it."""
    app = ctx.find_object(App)
    if app is not None:
        app.format = name


format_option: Final = click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    expose_value=False,
    callback=keep_format,
    help="How the report is written.",
)


def _write_to(ctx: click.Context, _: click.Parameter, given: tuple[str, ...]) -> None:
    app = ctx.find_object(App)
    if app is None:
        return
    app.files = tuple(_format_and_file(each) for each in given)
    files = [file for _, file in app.files]
    if len(set(files)) < len(files):
        raise click.BadParameter("one file is named twice: each report needs a file of its own.")


def _format_and_file(given: str) -> tuple[str, str]:
    from ..report.formats import format_of

    name, equals, file = given.partition("=")
    if equals and name in SUFFIXES and file:
        return name, file
    found = format_of(given)
    if found is None:
        ends = ", ".join(end for ends in SUFFIXES.values() for end in ends)
        raise click.BadParameter(
            f"the end of {given!r} stands for no format. Take one of {ends}, or say it, as in markdown={given}."
        )
    return found, given


report_options: Final = _options(
    click.option(
        "--format",
        type=Word(tuple(SUFFIXES)),
        default="text",
        show_default=True,
        expose_value=False,
        callback=keep_format,
        help="How the report is printed.",
    ),
    click.option(
        "--write",
        metavar="[FORMAT=]PATH",
        multiple=True,
        expose_value=False,
        callback=_write_to,
        help="Write the report into a file too: .html, .md, .json, .sarif, .xml (JUnit), .txt. Repeatable.",
    ),
)
quiet_option: Final = click.option("--quiet", "-q", is_flag=True, help="Print the report and nothing else.")
timeout_option: Final = click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0.1, max=3600),
    default=DEFAULT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time limit for the whole run.",
)
where_options: Final = _options(
    click.option("--project", metavar="ID", help="Project of the service.  [default: gcloud's]"),
    click.option(
        "--region",
        metavar="REGION",
        shell_complete=_complete_regions,
        help="Region of the service.  [default: gcloud's, else it is looked for]",
    ),
)
identity_options: Final = _options(
    click.option("--account", metavar="EMAIL", help="Read as this account, which gcloud is signed in with."),
    click.option(
        "--configuration", metavar="NAME", help="Use this configuration of gcloud.  [default: the active one]"
    ),
    click.option("--impersonate-service-account", "impersonate", metavar="EMAIL", help="Read as this service account."),
    click.option("--billing-project", metavar="ID", help="Project to bill API calls to."),
)


caller_project_option: Final = click.option(
    "--caller-project", metavar="ID", help="Project of the caller.  [default: the service's]"
)
least_option: Final = click.option(
    "--least",
    is_flag=True,
    help="Give roles/run.servicesInvoker instead of roles/run.invoker, which may run jobs as well.",
)
caller_option: Final = _options(
    click.option(
        "--caller",
        metavar="WHO",
        shell_complete=complete_callers,
        help="Who calls: an e-mail, a member such as user:E-MAIL, run/NAME, function/NAME, scheduler/JOB, me ...  "
        "[default: me]",
    ),
    caller_project_option,
)
any_caller_option: Final = _options(
    click.option(
        "--caller",
        metavar="WHO",
        shell_complete=complete_callers,
        help="Who calls: an e-mail, run/NAME, scheduler/JOB ...",
    ),
    caller_project_option,
)
call_options: Final = _options(
    click.option("--audience", metavar="AUD", help="Audience of the token that the caller sends."),
    click.option(
        "--header", "headers", metavar="NAME", multiple=True, callback=_header_names,
        help="A header that the caller sends; repeatable.",
    ),
    click.option(
        "--evidence", "files", metavar="FILE", multiple=True,
        help="Evidence of the failing call: curl output, a log, an error; - reads stdin. Repeatable.",
    ),
)  # fmt: skip
from_option: Final = click.option(
    "--from", "saved", metavar="FILE", help="Judge a file written by `check --save`, without cloud access."
)
say_option: Final = click.option(
    "--say", "said", metavar="FACT=VALUE", multiple=True, callback=_said,
    help="What you know about the call; a report's questions name the facts. Repeatable.",
)  # fmt: skip
url_option: Final = click.option("--url", metavar="URL", help="The URL that the caller calls.")
path_option: Final = click.option("--path", metavar="PATH", callback=_path, help="The path called.  [default: /]")
method_option: Final = click.option(
    "--method", metavar="METHOD", default="GET", show_default=True, callback=_method, help="The HTTP method."
)
report_run_options: Final = _options(identity_options, timeout_option, report_options, quiet_option)
"""How a command reads, and writes its report in whichever format."""
plain_run_options: Final = _options(identity_options, timeout_option, format_option, quiet_option)
"""The same, of a report that is text or JSON."""
SHARED: Final = _options(where_options, identity_options, timeout_option, format_option, quiet_option)
"""Those that may stand before the command as well."""
