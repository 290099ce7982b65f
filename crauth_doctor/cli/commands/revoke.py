"""`revoke`: one member's role on one service, taken away."""

from __future__ import annotations

from typing import Any

import click

from ..app import App, AppCommand
from ..consent import change_options, consent_of
from ..options import (
    caller_project_option,
    complete_callers,
    complete_services,
    plain_run_options,
    request_of,
    where_options,
)
from ..terminal import emit


@click.command("revoke", cls=AppCommand)
@click.argument("service", metavar="SERVICE", shell_complete=complete_services)
@click.option("--sa", metavar="EMAIL", help="The service account to remove.")
@click.option("--member", metavar="MEMBER", help="The caller to remove, as IAM writes it.")
@click.option(
    "--caller", metavar="WHO", shell_complete=complete_callers, help="The caller to remove, such as run/NAME."
)
@caller_project_option
@click.option("--role", metavar="ROLE", help="The role to remove.  [default: each that was given to call it]")
@change_options
@where_options
@plain_run_options
@click.pass_obj
def command(
    app: App, /, sa: str | None, member: str | None, caller: str | None, role: str | None,
    *, quiet: bool, **given: Any,
) -> int:  # fmt: skip
    """Remove a member's role on SERVICE.

    Removes the member from the service's own bindings and touches nothing else; tells what else still lets it call: a
    project, a folder, a group. Each binding leaves a receipt of its own.
    """
    from ...report.change import all_as_json, as_text, worst
    from ...workflows.members import one_of
    from ...workflows.revoke import revoke

    request = request_of(given, caller=one_of(sa, member, caller, removing=True), send_calls=False)
    reports = revoke(app.context(quiet=quiet), request, role, consent_of(app, given, quiet=quiet))
    if app.json:
        emit(all_as_json(reports))
    else:
        emit("\n".join(as_text(one, app.look()) for one in reports))
    return worst(reports)
