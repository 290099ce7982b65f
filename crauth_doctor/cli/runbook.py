"""`runbook`: the onboarding page of a service and its caller, and what has changed since it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .app import App, Failure
from .options import (
    Asked,
    format_option,
    identity_options,
    path_option,
    quiet_option,
    timeout_option,
    url_option,
    where_options,
)
from .snippet import LANGUAGES
from .terminal import emit, look, say

if TYPE_CHECKING:
    from ..report.runbook import Runbook, RunbookFacts
    from .onboarding import Rights


@click.command("runbook")
@click.argument("service", metavar="[SERVICE]", required=False)
@click.option("--caller", metavar="WHO", help="Who calls: an e-mail, run/NAME, scheduler/JOB, ….")
@click.option("--check", metavar="FILE", help="Say what has changed since the page in FILE was written; - reads stdin.")
@click.option(
    "--lang",
    metavar="L",
    type=click.Choice(LANGUAGES, case_sensitive=False),
    help="What the caller's code is written in, as for `snippet`.  [default: what fits the caller]",
)
@where_options
@url_option
@path_option
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(
    app: App, /, service: str | None, caller: str | None, check: str | None, lang: str | None,
    format: str, timeout: float, **given: Any,
) -> int:  # fmt: skip
    """Write the onboarding page of a service and its caller.

    The page, in Markdown, has the settings, the steps, the code, how to verify, what failures mean, and how to undo.
    It carries its facts with it: `runbook --check FILE` reads them anew, and ends with 0 when all are so, 10 when some
    are not, and 11 when that could not be told. No test call is made, and nothing is changed.
    """
    app.json = format == "json"
    page = _page(check) if check is not None else None
    if page is not None:
        if service or caller:
            raise click.UsageError("--check takes the service and the caller from the page: leave them out.")
        service, caller = page.service, page.caller
        given |= {"url": page.asked_url or None, "path": page.path or None}
    if service is None or caller is None:
        raise click.UsageError("Name the service, and who calls it with --caller.")
    asked = Asked(
        service=service, caller=caller, json=app.json, seconds=timeout,
        method="GET", audience=None, headers=(), evidence=(), call=False, **given,
    )  # fmt: skip
    book, rights = _read(app, asked, lang)
    if page is not None:
        return _compare(app, str(check), page, book, rights)
    _publish(app, book)
    if not asked.quiet and book.unread:
        say(f"{len(book.unread)} things could not be read; the page says which.")
    return 0


def _read(app: App, asked: Asked, lang: str | None) -> tuple[Runbook, Rights]:
    from .onboarding import runbook
    from .reading import found
    from .session import gather, judged, open_door

    google = open_door(app, asked)
    facts = gather(app, asked, google)
    service = found(facts.service)
    document = judged(facts, asked, sandbox=google.sandbox is not None)
    return runbook(document, facts, service, asked, lang)


def _publish(app: App, book: Runbook) -> None:
    from ..report.runbook import render

    if not app.json:
        emit(render(book))
        return
    import json

    from .. import __version__
    from ..report.runbook import cleaned_facts

    tool = {"name": "crauth-doctor", "version": __version__}
    document = {"schema": 1, "tool": tool, "facts": cleaned_facts(book.facts), "page": render(book), "exit": 0}
    emit(json.dumps(document, indent=2) + "\n")


def _page(file: str) -> RunbookFacts:
    from ..report.runbook import NoRunbookError, read_facts
    from . import evidence

    try:
        return read_facts(evidence.text(file))
    except NoRunbookError as error:
        raise Failure(f"{file} cannot be checked: {error}.") from None


def _compare(app: App, file: str, page: RunbookFacts, book: Runbook, rights: Rights) -> int:
    from .. import __version__
    from ..model.answer import CannotTell
    from ..report.runbook import compare, drift_as_json, drift_as_text, drift_status

    complete = not isinstance(rights.answer, CannotTell)
    compared = compare(page, book.facts, rights.names, complete=complete)
    emit(drift_as_json(compared, __version__) if app.json else drift_as_text(file, compared, look(app.environ)))
    return drift_status(compared)
