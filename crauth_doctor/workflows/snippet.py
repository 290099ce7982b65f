"""The caller's code, with the right audience."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn
from urllib.parse import urlsplit

from ..collect.readings import ServiceAndCaller, read_service_and_caller
from ..deferred import dataclass
from ..fixes.gcloud import commands
from ..fixes.language import language_of
from ..fixes.snippets import AS_GIVEN, LANGUAGES, SET_UPS, UNBINDS, Wiring, audience_for
from ..fixes.snippets import snippet as render
from ..model.caller_kinds import declared
from ..model.change import SignInAs
from ..model.fact import Unknown, value_of
from ..model.id_token_clients import client_for
from ..model.run import Service, host_of, is_mtls, is_run_app
from ..redaction import shown_url
from .context import CallRequest, Context, MisuseError, WorkflowError
from .diagnose import existing, open_connection, question_of, reading


@dataclass(frozen=True)
class CodeSnippet:
    """The caller's code."""

    language: str  # one of `fixes.snippets.LANGUAGES`
    code: str  # ready to be copied
    wiring: Wiring  # the call that it makes
    hints: tuple[str, ...] = ()  # what the code alone does not tell, in a sentence each


def snippet(context: Context, request: CallRequest, language: str | None = None) -> CodeSnippet:
    """Write the caller's code. Without a service, but with an audience, nothing is read from anywhere.

    `language` is one of `fixes.snippets.LANGUAGES`; None is what fits the caller.

    Raises:
        WorkflowError: no code can be written for it, or the service could not be read.
    """
    if language is not None and language not in LANGUAGES:
        raise MisuseError(f"There is no code in {language}: choose one of {', '.join(LANGUAGES)}.")
    if not request.service:
        return _rendered(language or _undecided(), _offline(request))
    question = question_of(context, request)
    google = open_connection(context, request)
    with reading(context) as tell:
        pair = read_service_and_caller(question, google, tell)
    service, caller = existing(pair.service), value_of(pair.caller)
    fitting = language_of(caller.kind, value_of(pair.caller_service)) if caller else ""
    language = language or fitting or _undecided()
    wiring = wiring_of(pair, service, request)
    return _rendered(language, wiring, tuple(_hints(pair, service, request, language, wiring)))


def _rendered(language: str, wiring: Wiring, hints: tuple[str, ...] = ()) -> CodeSnippet:
    try:
        return CodeSnippet(language, render(language, wiring), wiring, hints)
    except ValueError as error:
        raise WorkflowError(f"There is no code for that: {error}.") from None


def _offline(request: CallRequest) -> Wiring:
    """Put the call together from the request alone."""
    if request.audience is None:
        raise MisuseError("Name the service, or give the audience with --audience.")
    if request.caller is not None:
        raise MisuseError("--caller is looked up beside the service: name the service too.")
    url = request.url or request.audience
    if not url.startswith("https://"):
        raise MisuseError("Give the URL that is called with --url https://…: the audience is not a URL.")
    return _to_fill_in(Wiring(_joined(url, request.path), request.audience, AS_GIVEN))


def _undecided() -> NoReturn:
    raise MisuseError(f"Choose a language with --lang: {', '.join(LANGUAGES)}.")


def wiring_of(pair: ServiceAndCaller, service: Service, request: CallRequest) -> Wiring:
    """Return the call of this pair, as its code needs it.

    Raises:
        WorkflowError: the service has no URL, or does not accept the audience that was asked for.
    """
    named = request.service if "://" in request.service else ""
    base = request.url or _set_target(pair, service, request) or named or service.url
    if base and not base.startswith("https://"):
        raise MisuseError("A token is sent over https only: give the URL with https://.")
    if not base:
        raise WorkflowError(
            f"{service.id} has no URL yet: deploy it first, or give --url and --audience without a service."
        )
    audience, reason = audience_for(service, base)
    if request.audience is not None and request.audience != audience:
        if not service.accepts_audience(request.audience):
            taken = ", ".join((*service.urls, *service.custom_audiences))
            raise WorkflowError(
                f"{service.id} does not accept the audience {request.audience}. It accepts: {taken}.", 2
            )
        audience, reason = request.audience, AS_GIVEN
    caller, principal = value_of(pair.caller), value_of(pair.principal)
    wiring = Wiring(
        url=_joined(base, request.path),
        audience=audience,
        reason=reason,
        service=service.full_name,
        account=(principal.email or "") if principal and principal.is_service_account else "",
        resource=(caller.resource or "") if caller else "",
        member=principal.member if principal else "",
        impersonate=caller is not None and declared(caller.kind).impersonates,
        unbound=caller is not None and caller.has_certificate and not is_mtls(base),
        role=request.role,
    )
    return _to_fill_in(wiring)


def _to_fill_in(wiring: Wiring) -> Wiring:
    """Leave out the values of a query: a push endpoint's token is a secret, and code ends in repositories and wikis."""
    url, audience = (shown_url(one, fill_in=True) for one in (wiring.url, wiring.audience))
    reason = wiring.reason
    if (url, audience) != (wiring.url, wiring.audience):
        reason += " Values of its query are not repeated: fill them in where their names stand in capitals."
    return replace(wiring, url=url, audience=audience, reason=reason)


def _set_target(pair: ServiceAndCaller, service: Service, request: CallRequest) -> str:
    """Return the URL that the caller is set to call, where it is this service's and nothing else was asked for."""
    target = pair.target or ""
    if request.path is not None or not target.startswith("https://"):
        return ""
    own = {host_of(url) for url in (*service.urls, *service.tag_urls, *service.custom_audiences)}
    return "" if is_run_app(target) and host_of(target) not in own else target


def _joined(url: str, path: str | None) -> str:
    if path is not None:
        return url.rstrip("/") + path
    return url if urlsplit(url).path else f"{url}/"


def _hints(pair: ServiceAndCaller, service: Service, request: CallRequest, lang: str, wiring: Wiring) -> list[str]:
    """Return what the code alone does not tell."""
    hints = []
    if wiring.impersonate and lang not in SET_UPS and lang != "curl":
        client = client_for(lang)
        signed_in = SignInAs(wiring.account or "CALLER_ACCOUNT_EMAIL", not client or client.needs_variable)
        lines = " && ".join(commands(signed_in))
        hints.append(f"Off Google Cloud, run this first: {lines}")
    if wiring.unbound and lang not in UNBINDS | SET_UPS | {"curl"}:
        hints.append(
            "The caller is an agent. Where its library binds ID tokens to the agent's certificate, they get 401 here: "
            "set GOOGLE_API_ENABLE_RUNTIME_BOUND_TOKEN=false in its environment."
        )
    if is_mtls(wiring.url):
        hints.append(
            "At an mtls.run.app URL the code must show the agent's certificate, which is in "
            "/var/run/secrets/workload-spiffe-credentials/: this code does not."
        )
    if service.iap_enabled:
        hints.append(f"Identity-Aware Proxy is in front of {service.id}: it needs a token of its own.")
    if service.default_url_disabled and not request.url:
        hints.append(f"The run.app URLs of {service.id} are disabled: give the URL that is called with --url.")
    if isinstance(pair.principal, Unknown) and request.caller:
        hints.append(
            f"Which account {request.caller} calls as could not be read ({pair.principal.source}): fill it in."
        )
    return hints
