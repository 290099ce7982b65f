"""`check`: every stage judged, and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ..app import App, AppCommand
from ..consent import change_options, consent_of, wait_option
from ..files import content_of, write_new
from ..options import (
    call_options,
    caller_option,
    complete_services,
    from_option,
    least_option,
    method_option,
    path_option,
    report_run_options,
    request_of,
    say_option,
    service_or_saved,
    url_option,
    where_options,
)
from ..publishing import publish, publish_as, renderer, write_files
from ..terminal import emit, say

if TYPE_CHECKING:
    from ...report.document import Report
    from ...workflows.context import CallRequest


@click.command("check", cls=AppCommand)
@click.argument("services", metavar="SERVICE...", nargs=-1, shell_complete=complete_services)
@caller_option
@where_options
@url_option
@path_option
@method_option
@call_options
@say_option
@click.option(
    "--call/--no-call", "send_calls", default=True, help="Whether to send test calls (GET).  [default: --call]"
)
@click.option(
    "--pairs",
    metavar="FILE",
    help="Check all calls of a YAML list of {service, caller, url, path, method, audience}; - reads stdin.",
)
@click.option("--save", metavar="FILE", help="Save what was read, without tokens or secrets.")
@click.option("--redact", is_flag=True, help="With --save: replace names, projects, e-mails and hosts.")
@from_option
@click.option("--fix", is_flag=True, help="Make the fixes for the cause one by one, each only if you agree.")
@change_options
@wait_option
@least_option
@report_run_options
@click.pass_obj
def command(
    app: App, /, services: tuple[str, ...], *, pairs: str | None, save: str | None, redact: bool,
    fix: bool, wait: bool, quiet: bool, **given: Any,
) -> int:  # fmt: skip
    """Find out why a call to SERVICE fails.

    Reads the settings, judges every stage of the request's path, makes test calls, then says what blocks it and what to
    do. Nothing is changed, except with --fix. SERVICE is a name, projects/P/locations/R/services/S, or a URL. Several
    services, or the calls of --pairs, are judged one after the other, each within --timeout; the worst status counts.
    """
    if pairs is not None or len(services) > 1:
        if fix or save or given["files"]:
            raise click.UsageError("--fix, --save and --evidence go with one call.")
        return _several(app, services, pairs, given, quiet=quiet)
    request = service_or_saved({**given, "service": services[0] if services else None})
    if not fix and (given["dry_run"] or given["yes"] or given["widen"]):
        raise click.UsageError("--dry-run, --yes and --widen go with --fix.")
    if fix and (save or request.saved):
        raise click.UsageError("--fix goes with neither --save nor --from: a file can be judged, but not fixed.")
    if fix and app.format not in {"text", "json"}:
        raise click.UsageError("--fix prints text or JSON; --write puts the last report into a file of any format.")
    if redact and not save:
        raise click.UsageError("--redact goes with --save.")
    if save:
        return _save(app, request, save, redacted=redact, quiet=quiet)
    context = app.context(quiet=quiet, reads_at_once=True)
    if not fix:
        from ...workflows import diagnose

        return publish(app, diagnose.check(context, request))
    from ...report.change import with_changes
    from ...workflows.fix import FixLoop

    consent = consent_of(app, given, quiet=quiet)
    loop = FixLoop(context, request, consent, lambda document: show(app, document), wait=wait)
    result = loop.run()
    if app.json:
        emit(with_changes(result.document, result.changes, result.status))
    write_files(app, renderer(app, result.document))
    return result.status


def request_in(words: list[str], pasted: str | None = None) -> CallRequest:
    """Return the one call that the words after `check` ask about.

    `pasted` stands for `-`; left out: stdin is read.
    """
    params = command.make_context("check", words).params
    return request_of(params, service=params["services"][0], pasted=pasted)


def _several(app: App, services: tuple[str, ...], file: str | None, given: dict[str, Any], *, quiet: bool) -> int:
    """Report on several calls."""
    from ...report.several import rendered, status
    from ...workflows.explain import decoded
    from ...workflows.several.pairs import check_pairs, pairs_in

    if file is not None and services:
        raise click.UsageError("--pairs names the services itself: leave SERVICE out.")
    request = service_or_saved({**given, "service": file or services[0]})
    if file is None:
        calls = tuple(replace(request, service=service) for service in services)
    else:
        calls = pairs_in(decoded(content_of(file)), file, replace(request, service=""))
    results = check_pairs(app.context(quiet=quiet, reads_at_once=True), calls)
    taken = app.trace.taken() if app.json else None
    publish_as(app, lambda name, for_file: rendered(name, results, app.look(whole=for_file), taken))
    return status(results)


def _save(app: App, request: CallRequest, file: str, *, redacted: bool, quiet: bool) -> int:
    """Report, and write what the report rests on."""
    from ...workflows.diagnose import check_and_save
    from ...workflows.documents.saved_document import written

    found = check_and_save(app.context(quiet=quiet, reads_at_once=True), request)
    write_new(file, written(found.document, redacted=redacted))
    status = publish(app, found.report)
    if not quiet:
        say(f"What was read is in {file}: look through it before you pass it on. It holds no token.")
    return status


def show(app: App, document: Report) -> None:
    """Print one of several reports, where they are texts."""
    if not app.json:
        from ...report import text

        emit(text.render(document, app.look()))
        emit("\n")
