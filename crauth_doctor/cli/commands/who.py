"""`who`: who may call a service, from where they have the right, and who only seems to."""

from __future__ import annotations

from typing import Any

import click

from ..app import App, AppCommand
from ..options import (
    format_option,
    from_option,
    identity_options,
    path_option,
    quiet_option,
    service_or_saved,
    timeout_option,
    where_options,
)
from ..terminal import emit


@click.command("who", cls=AppCommand)
@click.argument("service", metavar="SERVICE", required=False)
@where_options
@path_option
@from_option
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, format: str, *, quiet: bool, **given: Any) -> int:
    """List who may call SERVICE, and who only seems to.

    Reads the allow policies of the service, its project, folders and organization, what their roles contain, and the
    deny policies. With --path, conditions are judged for that path. Nothing is changed.
    """
    app.json = format == "json"
    from ... import __version__
    from ...report.who import as_json, as_text, status
    from ...workflows.who import who

    found = who(app.context(quiet=quiet), service_or_saved(given, send_calls=False))
    if app.json:
        emit(as_json(found.holders, __version__, sandbox=found.sandbox))
    else:
        emit(as_text(found.holders, app.look(), sandbox=found.sandbox))
    return status(found.holders)
