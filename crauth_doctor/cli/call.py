"""`call`: one authenticated call, its answer, and what the answer means."""

from __future__ import annotations

from typing import Any

import click

from . import evidence
from .app import App
from .options import (
    Asked,
    call_options,
    caller_option,
    format_option,
    identity_options,
    quiet_option,
    timeout_option,
    url_option,
    where_options,
)


@click.command("call")
@click.argument("service", metavar="SERVICE")
@click.argument("path", metavar="[PATH]", default="/")
@caller_option
@where_options
@url_option
@call_options
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, format: str, timeout: float, **given: Any) -> int:
    """Call SERVICE once (GET) as the caller, and explain the answer.

    Mints an ID token as the caller, sends it to the service and nowhere else, and shows what came back and what the
    token claimed. The token itself is never shown.
    """
    app.json = format == "json"
    asked = Asked(json=app.json, seconds=timeout, call=True, method="GET", **given)
    given_besides = evidence.take(asked.evidence)

    from .session import answered, gather, judged, open_door, publish

    google = open_door(app, asked)
    facts = evidence.added(gather(app, asked, google, given_besides), given_besides)
    return publish(app, answered(facts, judged(facts, asked, sandbox=google.sandbox is not None)))
