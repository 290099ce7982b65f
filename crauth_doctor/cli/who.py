"""`who`: who may call a service, from where they have the right, and who only seems to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .app import App, Failure
from .options import Asked, format_option, identity_options, path_option, quiet_option, timeout_option, where_options
from .terminal import Progress, emit, look

if TYPE_CHECKING:
    from ..collect.read_access import Access
    from ..model.answer import Answer
    from ..model.fact import Unknown
    from ..model.holder import Holders
    from ..model.run import Service


@click.command("who")
@click.argument("service", metavar="SERVICE")
@where_options
@path_option
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, format: str, timeout: float, **given: Any) -> int:
    """List who may call SERVICE, and who only seems to.

    Reads the allow policies of the service, its project, folders and organization, what their roles contain, and the
    deny policies. With --path, conditions are judged for that path. Nothing is changed.
    """
    app.json = format == "json"
    asked = Asked(
        json=app.json, seconds=timeout, caller=None, url=None, method="GET", audience=None, headers=(), evidence=(),
        call=False, **given,
    )  # fmt: skip

    from .. import __version__
    from ..report.who import as_json, as_text, status
    from .session import open_door

    google = open_door(app, asked)
    access = _read(app, asked, google)
    sandbox = google.sandbox is not None
    holders = judged(access, asked.path)
    if app.json:
        emit(as_json(holders, __version__, sandbox=sandbox))
    else:
        emit(as_text(holders, look(app.environ), sandbox=sandbox))
    return status(holders)


def _read(app: App, asked: Asked, google: Any) -> Access:
    from ..collect.question import UnanswerableError
    from ..collect.read_access import read_access
    from .reading import question_of

    with Progress(app.environ, quiet=asked.quiet) as progress:
        try:
            return read_access(question_of(app, asked), google, progress)
        except UnanswerableError as error:
            choices = "".join(f"\n  {choice}" for choice in error.choices)
            raise Failure(f"{error.sentence}{choices}", 2) from None


def judged(access: Access, path: str | None) -> Holders:
    """Judge what was read.

    Raises:
        Failure: there is no such service, or it could not be read.
    """
    from ..iam.conditions import RequestAttributes
    from ..iam.deny import concerns
    from ..iam.holders import holders
    from ..model.answer import No
    from ..model.fact import Known
    from ..model.holder import Holders
    from ..model.run import host_of
    from .reading import found

    service = found(access.service)
    rules = [rule for fact in access.denials if isinstance(fact, Known) for rule in fact.value]
    request = RequestAttributes(path, host_of(service.url), access.now)
    return Holders(
        service=service.full_name,
        url=service.url,
        is_open=_openness(service, access, request),
        ingress=access.ingress.value if isinstance(access.ingress, Known) else "",
        holders=holders(access.policies, rules, request),
        denials=tuple(rule for rule in rules if not isinstance(concerns(rule), No)),
        unread=unread(access),
        behind_iap=service.iap_enabled,
    )


def _openness(service: Service, access: Access, request: Any) -> Answer:
    from ..rules.common import openness

    return openness(service, access.policies, request)


def unread(access: Access) -> tuple[Unknown, ...]:
    """List what could not be read, and could let somebody in or keep somebody out."""
    from ..model.fact import Unknown

    policies = access.policies
    facts = [*(at.policy for at in policies.chain), policies.above, *policies.roles.values(), *access.denials]
    return tuple(dict.fromkeys(fact for fact in facts if isinstance(fact, Unknown)))
