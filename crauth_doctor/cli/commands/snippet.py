"""`snippet`: the caller's code, with the right audience."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from ..app import App, AppCommand
from ..options import (
    Word,
    any_caller_option,
    complete_services,
    least_option,
    path_option,
    plain_run_options,
    request_of,
    url_option,
    where_options,
)
from ..terminal import emit, say

if TYPE_CHECKING:
    from ...workflows.snippet import CodeSnippet

LANGUAGES: Final = (
    "python", "python-httpx", "node", "go", "java", "csharp", "php", "ruby", "curl", "grpc",
    "scheduler", "tasks", "pubsub", "eventarc", "workflows", "apigateway", "terraform",
)  # fmt: skip
"""As `fixes.snippets` has them; a test compares the two, so that help need not import it."""


@click.command("snippet", cls=AppCommand)
@click.argument("service", metavar="[SERVICE]", required=False, shell_complete=complete_services)
@click.option(
    "--lang",
    metavar="L",
    type=Word(LANGUAGES),
    help=f"One of {', '.join(LANGUAGES)}.  [default: what fits the caller]",
)
@any_caller_option
@where_options
@url_option
@path_option
@click.option("--audience", metavar="AUD", help="Audience to ask for.  [default: the right one]")
@least_option
@plain_run_options
@click.pass_obj
def command(app: App, /, lang: str | None, service: str | None, *, quiet: bool, **given: Any) -> int:
    """Print the caller's code for SERVICE, with the right audience.

    For Scheduler, Tasks, Pub/Sub, Eventarc and Workflows it is the command or the lines that set the caller up. With
    --audience (and --url) in place of SERVICE nothing is read.
    """
    from ...workflows.snippet import snippet

    request = request_of(given, service=service or "", send_calls=False)
    code = snippet(app.context(quiet=quiet), request, lang)
    if not quiet:
        for hint in code.hints:
            say(hint)
    emit(_as_json(code) if app.json else code.code)
    return 0


def _as_json(code: CodeSnippet) -> str:
    from ...report.json import written

    wiring = code.wiring
    return written(
        {
            "language": code.language,
            "service": wiring.service or None,
            "url": wiring.url,
            "audience": wiring.audience,
            "reason": wiring.reason,
            "account": wiring.account or None,
            "code": code.code,
            "exit": 0,
        },
    )
