"""`revoke`: one member's role on one service, taken away."""

from __future__ import annotations

from typing import Any

import click

from . import members
from .app import App
from .changing import Consent, change_options
from .grant import asking
from .options import format_option, identity_options, quiet_option, timeout_option, where_options


@click.command("revoke")
@click.argument("service", metavar="SERVICE")
@click.option("--sa", metavar="EMAIL", help="The service account that is to call no more.")
@click.option("--member", metavar="MEMBER", help="Who is to call no more, as IAM writes it.")
@click.option("--caller", metavar="WHO", help="What is to call no more, such as run/NAME.")
@click.option("--role", metavar="ROLE", help="The role to take away.  [default: each that was given to call it]")
@change_options
@where_options
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, service: str, format: str, timeout: float, **given: Any) -> int:
    """Take a member's role on SERVICE away.

    Removes the member from the service's own bindings and touches nothing else; says where it keeps the right from: a
    project, a folder, a group. Each binding leaves a receipt of its own.
    """
    app.json = format == "json"
    who = members.one_of(given["sa"], given["member"], given["caller"], removing=True)
    asked = asking(service, who, None, timeout, app, given)

    from .revoking import revoke
    from .session import open_door

    google = open_door(app, asked)
    return revoke(app, google, asked, given["role"], Consent.of(given))
