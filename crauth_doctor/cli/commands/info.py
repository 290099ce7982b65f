"""`info`: what a run would use."""

from __future__ import annotations

from typing import Any

import click

from ..app import App, AppCommand
from ..options import format_option, identity_options, quiet_option, request_of
from ..terminal import emit


@click.command("info", cls=AppCommand)
@identity_options
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, *, quiet: bool, **given: Any) -> int:
    """Print what a run would use; nothing secret.

    The versions, the credentials that are found and where, the defaults of gcloud and the environment, the endpoints
    of Google's APIs, proxies and certificates. Nothing is read from Google.
    """
    from ...report.tool.info import as_json, as_text
    from ...workflows.reports.info import info

    found = info(app.context(quiet=quiet), request_of(given))
    emit(as_json(found) if app.json else as_text(found, app.look()))
    return 0
