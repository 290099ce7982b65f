"""`call`: one authenticated call, its answer, and what the answer means."""

from __future__ import annotations

from typing import Any

import click

from ..app import App, AppCommand
from ..options import (
    call_options,
    caller_option,
    complete_services,
    report_run_options,
    request_of,
    url_option,
    where_options,
)
from ..publishing import publish


@click.command("call", cls=AppCommand)
@click.argument("service", metavar="SERVICE", shell_complete=complete_services)
@click.argument("path", metavar="[PATH]", default="/")
@caller_option
@where_options
@url_option
@call_options
@report_run_options
@click.pass_obj
def command(app: App, /, *, quiet: bool, **given: Any) -> int:
    """Call SERVICE once (GET) as the caller, and explain the answer.

    Mints an ID token as the caller, sends it to the service and nowhere else, and shows what came back and what the
    token claimed. The token itself is never shown.
    """
    request = request_of(given)

    from ...workflows.diagnose import call

    return publish(app, call(app.context(quiet=quiet), request))
