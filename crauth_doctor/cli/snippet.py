"""`snippet`: the caller's code, with the right audience."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from .app import App, Failure
from .options import (
    Asked,
    format_option,
    identity_options,
    path_option,
    quiet_option,
    timeout_option,
    url_option,
    where_options,
)
from .terminal import emit, say

if TYPE_CHECKING:
    from ..collect.service_and_caller import ServiceAndCaller
    from ..fixes.snippets import Wiring
    from ..model.run import Service

LANGUAGES: Final = (
    "python", "python-httpx", "node", "go", "java", "csharp", "php", "ruby", "curl", "grpc",
    "scheduler", "tasks", "pubsub", "eventarc", "workflows", "apigateway", "terraform",
)  # fmt: skip
"""As `fixes.snippets` has them; a test compares the two, so that help need not import it."""


@click.command("snippet")
@click.argument("service", metavar="[SERVICE]", required=False)
@click.option(
    "--lang",
    metavar="L",
    type=click.Choice(LANGUAGES, case_sensitive=False),
    help=f"One of {', '.join(LANGUAGES)}.  [default: what fits the caller]",
)
@click.option("--caller", metavar="WHO", help="Who calls: an e-mail, run/NAME, scheduler/JOB, ….")
@where_options
@url_option
@path_option
@click.option("--audience", metavar="AUD", help="Audience to ask for.  [default: the right one]")
@identity_options
@timeout_option
@format_option
@quiet_option
@click.pass_obj
def command(app: App, /, lang: str | None, service: str | None, format: str, timeout: float, **given: Any) -> int:
    """Print the caller's code for SERVICE, with the right audience.

    For Scheduler, Tasks, Pub/Sub, Eventarc and Workflows it is the command or the lines that set the caller up. With
    --audience (and --url) in place of SERVICE nothing is read from anywhere.
    """
    app.json = format == "json"
    asked = Asked(
        service=service or "", json=app.json, seconds=timeout,
        method="GET", headers=(), evidence=(), call=False, **given,
    )  # fmt: skip
    lang, wiring = _offline(asked, lang) if service is None else _online(app, asked, lang)

    from ..fixes.snippets import snippet

    try:
        code = snippet(lang, wiring)
    except ValueError as error:
        raise Failure(f"There is no code for that: {error}.") from None
    _publish(app, lang, wiring, code)
    return 0


def _offline(asked: Asked, lang: str | None) -> tuple[str, Wiring]:
    """Put the call together from the command line alone."""
    from ..fixes.snippets import AS_GIVEN, Wiring

    if asked.audience is None:
        raise click.UsageError("Name the service, or give the audience with --audience.")
    if asked.caller is not None:
        raise click.UsageError("--caller is looked up beside the service: name the service too.")
    url = asked.url or asked.audience
    if not url.startswith("https://"):
        raise click.UsageError("Give the URL that is called with --url https://…: the audience is none.")
    return lang or _choices(), _to_fill_in(Wiring(_joined(url, asked.path), asked.audience, AS_GIVEN))


def _online(app: App, asked: Asked, lang: str | None) -> tuple[str, Wiring]:
    """Read the service and the caller."""
    from ..model.caller_kinds import declared
    from ..model.fact import value_of

    pair = _read(app, asked)
    service, caller = value_of(pair.service), value_of(pair.caller)
    assert service is not None
    guessed = declared(caller.kind).language if caller else None
    lang = lang or guessed or _choices()
    wiring = wiring_of(pair, service, asked)
    if not asked.quiet:
        for hint in _hints(pair, service, asked, lang, wiring):
            say(hint)
    return lang, wiring


def _read(app: App, asked: Asked) -> ServiceAndCaller:
    from ..collect.question import UnanswerableError
    from ..collect.service_and_caller import read_service_and_caller
    from ..report.status import ExitStatus
    from .reading import found, question_of
    from .session import open_door
    from .terminal import Progress

    google = open_door(app, asked)
    with Progress(app.environ, quiet=asked.quiet) as progress:
        try:
            pair = read_service_and_caller(question_of(app, asked), google, progress)
        except UnanswerableError as error:
            choices = "".join(f"\n  {choice}" for choice in error.choices)
            raise Failure(f"{error.sentence}{choices}", ExitStatus.USAGE) from None
    found(pair.service)
    return pair


def wiring_of(pair: ServiceAndCaller, service: Service, asked: Asked) -> Wiring:
    """Return the call of this pair, as its code needs it.

    Raises:
        Failure: the service has no URL, or does not accept the audience that was asked for.
    """
    from ..fixes.snippets import AS_GIVEN, Wiring, audience_for
    from ..model.caller_kinds import declared
    from ..model.fact import value_of

    named = asked.service if "://" in asked.service else ""
    base = asked.url or _set_target(pair, service, asked) or named or service.url
    if base and not base.startswith("https://"):
        raise click.UsageError("A token is sent over https only: give the URL with https://.")
    if not base:
        raise Failure(f"{service.id} has no URL yet: deploy it first, or give --url and --audience without a service.")
    audience, reason = audience_for(service, base)
    if asked.audience is not None and asked.audience != audience:
        if not service.accepts_audience(asked.audience):
            taken = ", ".join((*service.urls, *service.custom_audiences))
            raise Failure(f"{service.id} does not accept the audience {asked.audience}. It accepts: {taken}.", 2)
        audience, reason = asked.audience, AS_GIVEN
    caller, principal = value_of(pair.caller), value_of(pair.principal)
    wiring = Wiring(
        url=_joined(base, asked.path),
        audience=audience,
        reason=reason,
        service=service.full_name,
        account=(principal.email or "") if principal and principal.is_service_account else "",
        resource=(caller.resource or "") if caller else "",
        member=principal.member if principal else "",
        impersonate=caller is not None and declared(caller.kind).impersonates,
    )
    return _to_fill_in(wiring)


def _to_fill_in(wiring: Wiring) -> Wiring:
    """Leave out the values of a query: a push endpoint's token is a secret, and code ends in repositories and wikis."""
    from dataclasses import replace

    from ..redaction import shown_url

    url, audience = (shown_url(one, fill_in=True) for one in (wiring.url, wiring.audience))
    reason = wiring.reason
    if (url, audience) != (wiring.url, wiring.audience):
        reason += " Values of its query are not repeated: fill them in where their names stand in capitals."
    return replace(wiring, url=url, audience=audience, reason=reason)


def _set_target(pair: ServiceAndCaller, service: Service, asked: Asked) -> str:
    """Return the URL that the caller is set to call, where it is this service's and nothing else was asked for."""
    from ..model.run import host_of, is_run_app

    target = pair.target or ""
    if asked.path is not None or not target.startswith("https://"):
        return ""
    own = {host_of(url) for url in (*service.urls, *service.tag_urls, *service.custom_audiences)}
    return "" if is_run_app(target) and host_of(target) not in own else target


def _joined(url: str, path: str | None) -> str:
    from urllib.parse import urlsplit

    if path is not None:
        return url.rstrip("/") + path
    return url if urlsplit(url).path else f"{url}/"


def _hints(pair: ServiceAndCaller, service: Service, asked: Asked, lang: str, wiring: Wiring) -> list[str]:
    """Say what the code alone does not tell."""
    from ..fixes.snippets import SET_UPS
    from ..model.fact import Unknown

    hints = []
    if wiring.impersonate and lang not in SET_UPS and lang != "curl":
        account = f"{wiring.account or 'CALLER_ACCOUNT_EMAIL'}"
        hints.append(
            "Off Google Cloud, run `gcloud auth application-default login "
            f"--impersonate-service-account={account}` first, and name the file that it writes in "
            "GOOGLE_APPLICATION_CREDENTIALS."
        )
    if service.iap_enabled:
        hints.append(f"Identity-Aware Proxy stands before {service.id}: it asks for a token of its own.")
    if service.default_url_disabled and not asked.url:
        hints.append(f"The run.app URLs of {service.id} are disabled: give the URL that is called with --url.")
    if isinstance(pair.principal, Unknown) and asked.caller:
        hints.append(f"Whom {asked.caller} calls as could not be read ({pair.principal.source}): fill it in.")
    return hints


def _choices() -> str:
    raise click.UsageError(f"Say what it is to be written in with --lang: {', '.join(LANGUAGES)}.")


def _publish(app: App, lang: str, wiring: Wiring, code: str) -> None:
    if not app.json:
        emit(code)
        return
    import json

    from .. import __version__

    document = {
        "schema": 1,
        "tool": {"name": "crauth-doctor", "version": __version__},
        "language": lang,
        "service": wiring.service or None,
        "url": wiring.url,
        "audience": wiring.audience,
        "reason": wiring.reason,
        "account": wiring.account or None,
        "code": code,
        "exit": 0,
    }
    emit(json.dumps(document, indent=2) + "\n")
