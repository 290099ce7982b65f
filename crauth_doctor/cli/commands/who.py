"""`who`: who may call a service, from where they have the right, and who only seems to."""

from __future__ import annotations

from typing import Any, Final

import click

from ..app import App, AppCommand
from ..options import (
    complete_services,
    from_option,
    path_option,
    report_run_options,
    service_or_saved,
    where_options,
)
from ..publishing import formats_among, publish_as

FORMATS: Final = ("text", "json", "html")


@click.command("who", cls=AppCommand)
@click.argument("service", metavar="SERVICE", required=False, shell_complete=complete_services)
@where_options
@path_option
@from_option
@report_run_options
@click.pass_obj
def command(app: App, /, *, quiet: bool, **given: Any) -> int:
    """List who may call SERVICE, and who only seems to.

    Reads the allow policies of the service, its project, folders and organization, what their roles contain, and the
    deny policies. With --path, conditions are judged for that path. Nothing is changed.
    """
    from ...report.pages.who import render as as_page
    from ...report.who import as_json, as_text, status
    from ...workflows.who import who

    formats_among(app, FORMATS, "The list of callers")
    found = who(app.context(quiet=quiet), service_or_saved(given, send_calls=False))

    def render(name: str, for_file: bool) -> str:
        if name == "json":
            return as_json(found.holders, sandbox=found.sandbox)
        if name == "html":
            return as_page(found.holders, sandbox=found.sandbox)
        return as_text(found.holders, app.look(whole=for_file), sandbox=found.sandbox)

    publish_as(app, render)
    return status(found.holders)
