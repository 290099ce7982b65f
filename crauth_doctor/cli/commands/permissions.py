"""`permissions`: what the operator needs on Google Cloud, as a table or as a custom role."""

from __future__ import annotations

from typing import Final

import click

from ..app import App, AppCommand
from ..options import Word, keep_format, quiet_option
from ..terminal import emit

_COMMANDS: Final = ("check", "call", "runbook", "snippet", "who", "expect", "grant", "revoke", "undo")
"""As `workflows.permissions` has them; a test compares the two, so that help need not import it."""


@click.command("permissions", cls=AppCommand)
@click.argument("command", metavar="[COMMAND]", default="check", type=Word(_COMMANDS))
@click.option("--caller", metavar="WHO", help="The kind of caller: run/NAME, scheduler/JOB ...  [default: any]")
@click.option("--fix", is_flag=True, help="Also what changes need, as with `check --fix`.")
@click.option(
    "--on",
    type=click.Choice(["project", "organization"]),
    default="project",
    show_default=True,
    help="Where to create the custom role.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "json", "yaml", "terraform"]),
    default="text",
    show_default=True,
    expose_value=False,
    callback=keep_format,
    help="A table, or a custom role.",
)
@quiet_option
@click.pass_obj
def command(app: App, /, command: str, caller: str | None, on: str, *, fix: bool, quiet: bool) -> int:
    """Print the permissions that COMMAND may need.

    With the narrowest roles that give them, or as a custom role. Nothing is read. Every permission is optional: a
    report says what it could not see.
    """
    del quiet  # it prints nothing else
    from ...report.permissions import as_json, as_terraform, as_text, as_yaml
    from ...workflows.permissions import kind_of, permissions

    found = permissions(command, kind_of(caller) if caller else None, fix=fix)
    above = on == "organization"
    match app.format:
        case "json":
            emit(as_json(found))
        case "yaml":
            emit(as_yaml(found, on_organization=above))
        case "terraform":
            emit(as_terraform(found, on_organization=above))
        case _:
            emit(as_text(found, app.look()))
    return 0
