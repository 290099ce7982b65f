"""`check`: every stage judged, and what to do."""

from __future__ import annotations

from typing import Any

import click

from . import evidence
from .app import App
from .changing import Consent, change_options, wait_option
from .options import (
    Asked,
    call_options,
    caller_option,
    format_option,
    identity_options,
    method_option,
    path_option,
    quiet_option,
    timeout_option,
    url_option,
    where_options,
)


@click.command("check")
@click.argument("service", metavar="SERVICE")
@caller_option
@where_options
@url_option
@path_option
@method_option
@call_options
@click.option("--call/--no-call", default=True, help="Whether to send test calls (GET).  [default: --call]")
@click.option("--fix", is_flag=True, help="Make the fixes of the cause, one by one, each only when you agree.")
@change_options
@wait_option
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, format: str, timeout: float, **given: Any) -> int:
    """Find out why a call to SERVICE fails.

    Reads the settings, judges every stage of the request's path, makes test calls, says what blocks and what to do.
    Nothing is changed, except with --fix. SERVICE is a name, projects/P/locations/R/services/S, or a URL.
    """
    app.json = format == "json"
    fix, wait = given.pop("fix"), given.pop("wait")
    consent = Consent.of(given)
    for name in ("dry_run", "yes", "widen"):
        given.pop(name)
    asked = Asked(json=app.json, seconds=timeout, **given)
    given_besides = evidence.take(asked.evidence)

    if not fix and (consent.dry_run or consent.yes or consent.widen):
        raise click.UsageError("--dry-run, --yes and --widen go with --fix.")
    from .session import gather, judged, open_door, publish

    google = open_door(app, asked)
    facts = evidence.added(gather(app, asked, google, given_besides), given_besides)
    document = judged(facts, asked, sandbox=google.sandbox is not None)
    if fix:
        from .fix import Walk

        return Walk(app, google, asked, given_besides, consent, wait=wait).through(document)
    return publish(app, document)
