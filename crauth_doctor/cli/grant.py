"""`grant`: one member, one role, one service; safely, and verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from . import members
from .app import App
from .changing import Consent, change_options, wait_option
from .options import Asked, format_option, identity_options, quiet_option, timeout_option, where_options

if TYPE_CHECKING:
    from ..gcp.connection import Google
    from ..model.iam import Condition

_WIDE = "Grant on the whole project: every service in it, now and later."


@click.command("grant")
@click.argument("service", metavar="SERVICE")
@click.option("--sa", metavar="EMAIL", help="The service account that calls.")
@click.option("--member", metavar="MEMBER", help="Who calls, as IAM writes it: user:…, group:… or serviceAccount:….")
@click.option("--caller", metavar="WHO", help="What calls, such as run/NAME: the account that it runs as is granted.")
@click.option("--least", is_flag=True, help="Grant roles/run.servicesInvoker, which cannot run jobs.")
@click.option("--expires", metavar="TIME", help="Grant for a while only: 30m, 2h, 7d.")
@click.option("--path", "prefix", metavar="PREFIX", help="Grant for paths that begin so only.")
@click.option("--whole-project", is_flag=True, help=_WIDE)
@click.option("--anyway", is_flag=True, help="Grant even where the member may call by another grant.")
@change_options
@wait_option
@where_options
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, service: str, format: str, timeout: float, **given: Any) -> int:
    """Let one member call SERVICE, safely.

    Reads the policy, shows the change as a diff, asks, writes it with the etag just read, reads it back, verifies it by
    a real call, and leaves a receipt that `undo` takes back. Nothing else in the policy is touched.
    """
    app.json = format == "json"
    if given["member"] in members.EVERYBODY:
        from .public import refuse

        return refuse(app, service, given["member"], given["project"], given["region"])
    who = members.one_of(given["sa"], given["member"], None if given["sa"] or given["member"] else given["caller"])
    path = members.prefix(given["prefix"]) if given["prefix"] is not None else None
    if given["whole_project"] and path:
        raise click.UsageError("--path is for one service; leave out --whole-project.")
    asked = asking(service, who, path, timeout, app, given)

    from .granting import Wish, grant
    from .session import open_door

    google = open_door(app, asked)
    wish = Wish(
        role="roles/run.servicesInvoker" if given["least"] else "roles/run.invoker",
        condition=_condition(google, given["expires"], path),
        whole_project=given["whole_project"],
        anyway=given["anyway"],
        wait=given["wait"],
        runs=given["caller"] if given["sa"] or given["member"] else None,
    )
    return grant(app, google, asked, wish, Consent.of(given))


def asking(service: str, who: str | None, path: str | None, timeout: float, app: App, given: dict[str, Any]) -> Asked:
    """Return the question that `check` would be asked, without calls."""
    return Asked(
        service=service,
        project=given["project"],
        region=given["region"],
        caller=who,
        url=None,
        path=path,
        method="GET",
        audience=None,
        headers=(),
        evidence=(),
        call=False,
        seconds=timeout,
        impersonate=given["impersonate"],
        billing_project=given["billing_project"],
        json=app.json,
        quiet=given["quiet"],
    )


def _condition(google: Google, expires: str | None, path: str | None) -> Condition | None:
    """Word a condition in what Cloud Run evaluates: request.time and request.path.

    Source: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference
    """
    from ..gcp.clock import Clock
    from ..model.iam import Condition

    parts, titles = [], []
    if expires is not None:
        moment = members.until(expires, Clock(google).now()).isoformat().replace("+00:00", "Z")
        parts.append(f'request.time < timestamp("{moment}")')
        titles.append(f"until {moment}")
    if path is not None:
        parts.append(f'request.path.startsWith("{path}")')
        titles.append(f"paths {path}")
    if not parts:
        return None
    return Condition(" && ".join(parts), f"crauth-doctor: {', '.join(titles)}"[:100])
