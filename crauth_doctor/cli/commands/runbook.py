"""`runbook`: the onboarding page of a service and its caller, and what has changed since it was written."""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, Any

import click

from ...workflows.context import WorkflowError
from ..app import App, AppCommand
from ..files import content_of
from ..options import (
    Word,
    any_caller_option,
    complete_services,
    least_option,
    path_option,
    report_run_options,
    request_of,
    url_option,
    where_options,
)
from ..publishing import formats_among, publish_as
from ..terminal import emit, say
from .snippet import LANGUAGES

if TYPE_CHECKING:
    from ...report.runbook import Runbook, RunbookFacts
    from ...workflows.context import CallRequest


@click.command("runbook", cls=AppCommand)
@click.argument("service", metavar="[SERVICE]", required=False, shell_complete=complete_services)
@any_caller_option
@click.option(
    "--check",
    metavar="FILE",
    multiple=True,
    help="Tell what has changed since FILE was written; - reads stdin. Repeatable.",
)
@click.option(
    "--lang",
    metavar="L",
    type=Word(LANGUAGES),
    help="Language of the caller's code, as for `snippet`.  [default: what fits the caller]",
)
@where_options
@url_option
@path_option
@least_option
@report_run_options
@click.pass_obj
def command(
    app: App, /, service: str | None, caller: str | None, check: tuple[str, ...], lang: str | None,
    *, quiet: bool, **given: Any,
) -> int:  # fmt: skip
    """Write the onboarding page for a service and its caller.

    The page, in Markdown, has the settings, the steps, the code, how to verify, what failures mean, and how to undo.
    It carries its facts with it: `runbook --check FILE` reads them again, and exits with 0 if all still hold, 10 if
    some do not, and 11 if that could not be told. No test call is made, and nothing is changed.
    """
    request = request_of(given, service=service or "", caller=caller)
    if check:
        if service or caller:
            raise click.UsageError("--check takes the service and the caller from the page: leave them out.")
        formats_among(app, ("text", "json"), "What has changed since a page was written")
        return _checked(app, tuple(dict.fromkeys(check)), request, lang, quiet=quiet)
    if service is None or caller is None:
        raise click.UsageError("Name the service, and who calls it with --caller.")
    formats_among(app, ("text", "markdown", "html", "json"), "A runbook")
    from ...workflows.runbook import runbook

    book = runbook(app.context(quiet=quiet), request, lang)
    publish_as(app, lambda name, _: _rendered(book, name))
    if not quiet and book.unread:
        say(f"{len(book.unread)} things could not be read; the page says which.")
    return 0


def _checked(app: App, files: tuple[str, ...], request: CallRequest, lang: str | None, *, quiet: bool) -> int:
    """Say of each page what has changed; the worst status counts."""
    from ...report.json import written
    from ...report.runbook import drift_as_json, drift_as_text, drift_status
    from ...report.status import worst
    from ...workflows.runbook import check_runbook

    pages = {file: _page(file) for file in files}
    found = {file: check_runbook(app.context(quiet=quiet), request, page, lang) for file, page in pages.items()}
    status = worst(map(drift_status, found.values()))
    if not app.json:
        emit("\n".join(drift_as_text(file, compared, app.look()) for file, compared in found.items()))
    elif len(found) == 1:
        emit(drift_as_json(found[files[0]]))
    else:
        each = [{"file": file, **loads(drift_as_json(one))} for file, one in found.items()]
        emit(written({"pages": each, "exit": status.value}))
    return status


def _rendered(book: Runbook, name: str) -> str:
    from ...report.runbook import render

    if name == "html":
        from ...report.pages.runbook import render as as_page

        return as_page(book)
    if name != "json":
        return render(book)
    from ...report.json import written
    from ...report.runbook import cleaned_facts

    facts = cleaned_facts(book.facts)
    return written({"facts": facts, "page": render(book), "exit": 0})


def _page(file: str) -> RunbookFacts:
    from ...report.runbook import NoRunbookError, read_facts
    from ...workflows.explain import decoded

    try:
        return read_facts(decoded(content_of(file)))
    except NoRunbookError as error:
        raise WorkflowError(f"{file} cannot be checked: {error}.") from None
