"""`check`: every stage judged, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .app import App, AppCommand
from .consent import change_options, consent_of, wait_option
from .options import (
    call_options,
    caller_option,
    format_option,
    identity_options,
    method_option,
    path_option,
    quiet_option,
    request_of,
    timeout_option,
    url_option,
    where_options,
)
from .terminal import emit, look

if TYPE_CHECKING:
    from ..report.document import Report


@click.command("check", cls=AppCommand)
@click.argument("service", metavar="SERVICE")
@caller_option
@where_options
@url_option
@path_option
@method_option
@call_options
@click.option(
    "--call/--no-call", "send_calls", default=True, help="Whether to send test calls (GET).  [default: --call]"
)
@click.option("--fix", is_flag=True, help="Make the fixes of the cause, one by one, each only when you agree.")
@change_options
@wait_option
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, format: str, *, fix: bool, wait: bool, quiet: bool, **given: Any) -> int:
    """Find out why a call to SERVICE fails.

    Reads the settings, judges every stage of the request's path, makes test calls, says what blocks and what to do.
    Nothing is changed, except with --fix. SERVICE is a name, projects/P/locations/R/services/S, or a URL.
    """
    app.json = format == "json"
    request = request_of(given)
    consent = consent_of(app, given, quiet=quiet)
    if not fix and (consent.dry_run or consent.yes or consent.widen):
        raise click.UsageError("--dry-run, --yes and --widen go with --fix.")
    if not fix:
        from ..workflows import diagnose

        return publish(app, diagnose.check(app.context(quiet=quiet), request))
    from ..report.change import with_changes
    from ..workflows.fix import FixLoop

    loop = FixLoop(app.context(quiet=quiet), request, consent, lambda document: show(app, document), wait=wait)
    result = loop.run()
    if app.json:
        emit(with_changes(result.document, result.changes, result.status))
    return result.status


def show(app: App, document: Report) -> None:
    """Print one of several reports, where they are texts."""
    if not app.json:
        from ..report import text

        emit(text.render(document, look(app.environ)))
        emit("\n")


def publish(app: App, document: Report) -> int:
    """Print the report, and return the exit status."""
    if app.json:
        from ..report import json

        emit(json.render(document))
    else:
        from ..report import text

        emit(text.render(document, look(app.environ)))
    return document.exit
