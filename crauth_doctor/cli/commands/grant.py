"""`grant`: one member, one role, one service; safely, and verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..app import App, AppCommand
from ..consent import change_options, consent_of, publish_change, wait_option
from ..options import (
    caller_project_option,
    complete_callers,
    complete_services,
    least_option,
    plain_run_options,
    request_of,
    where_options,
)
from ..terminal import emit

if TYPE_CHECKING:
    from ...workflows.grant_preflight import Refusal

_WIDE = "Grant on the whole project: every service in it, now and later."


@click.command("grant", cls=AppCommand)
@click.argument("service", metavar="SERVICE", shell_complete=complete_services)
@click.option("--sa", metavar="EMAIL", help="The service account that calls.")
@click.option("--member", metavar="MEMBER", help="Who calls, as IAM writes it: user:..., group:..., serviceAccount:...")
@click.option(
    "--caller",
    metavar="WHO",
    shell_complete=complete_callers,
    help="What calls, such as run/NAME: the account that it runs as is granted.",
)
@caller_project_option
@least_option
@click.option("--expires", metavar="TIME", help="Let the grant expire: 30m, 2h, 7d.")
@click.option("--path", "prefix", metavar="PREFIX", help="Grant only for paths that begin with PREFIX.")
@click.option("--whole-project", is_flag=True, help=_WIDE)
@click.option("--anyway", is_flag=True, help="Grant even if the member may already call.")
@change_options
@wait_option
@where_options
@plain_run_options
@click.pass_obj
def command(
    app: App, /, sa: str | None, member: str | None, caller: str | None, prefix: str | None,
    *, quiet: bool, **given: Any,
) -> int:  # fmt: skip
    """Let one member call SERVICE, safely.

    Reads the policy, shows the change as a diff, asks, writes it with the etag just read, reads it back, verifies it by
    a real call, and leaves a receipt for `undo`. Nothing else in the policy is touched.
    """
    from ...workflows import members
    from ...workflows.grant import GrantRequest, grant
    from ...workflows.grant_preflight import refuse

    if member in members.EVERYBODY:
        return _publish_refusal(app, refuse(app.context(quiet=quiet), request_of(given), str(member)))
    who = members.one_of(sa, member, None if sa or member else caller)
    path = members.prefix(prefix) if prefix is not None else None
    if given["whole_project"] and path:
        raise click.UsageError("--path is for one service; leave out --whole-project.")
    request = GrantRequest(
        call=request_of(given, caller=who, path=path, send_calls=False),
        prefix=path,
        runs=caller if sa or member else None,
        **{name: given[name] for name in ("least", "expires", "whole_project", "anyway", "wait")},
    )
    return publish_change(app, grant(app.context(quiet=quiet), request, consent_of(app, given, quiet=quiet)))


def _publish_refusal(app: App, refusal: Refusal) -> int:
    from ...report.json import written
    from ...report.layout import TextPage
    from ...report.status import ExitStatus

    if app.json:
        ways = [{"text": text, "command": command} for text, command in refusal.alternatives]
        error = {"message": refusal.said}
        emit(written({"error": error, "alternatives": ways, "exit": int(ExitStatus.USAGE)}))
        return ExitStatus.USAGE
    page = TextPage(app.look())
    page.paragraph(refusal.said, "")
    page.heading("What you can do instead")
    for text, command in refusal.alternatives:
        page.item(text)
        if command:
            page.command(command)
    emit(str(page))
    return ExitStatus.USAGE
