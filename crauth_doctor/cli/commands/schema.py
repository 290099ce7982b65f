"""`schema`: what a report in JSON holds."""

from __future__ import annotations

import click

from ..app import App, AppCommand
from ..terminal import emit


@click.command("schema", cls=AppCommand)
@click.pass_obj
def command(app: App, /) -> int:
    """Print the JSON Schema of the report that --format json prints."""
    del app  # it needs nothing
    from importlib.resources import files

    emit(files("crauth_doctor.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
    return 0
