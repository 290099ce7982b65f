"""Cloud Run's front end: name, reserved path, ingress, IAP, invoker check, container; in this order.

Decided from Google's documentation, by code of its own: https://cloud.google.com/run/docs/troubleshooting
"""

from __future__ import annotations

import json
import secrets
import time
from fnmatch import fnmatchcase

from ..http.messages import GOOGLE, HttpRequest, Reply, json_reply
from ..iam import access
from ..iam.principal import ANONYMOUS, Identity
from ..state import audit_log
from ..state.cloud import Cloud
from ..state.world import Json
from . import cloud_armor, error_pages, hosts, iap, ingress, request_log, services, tokens, vpc_service_controls
from .request_log import EMPTY_HEADER, LACKS, UNVERIFIED

INVOKE = "run.routes.invoke"
ORIGIN_HEADER = "x-sandbox-from"
SCHEME_HEADER = "x-sandbox-scheme"
PATIENCE_HEADER = "x-sandbox-patience"
CERTIFICATE_HEADER = "x-sandbox-certificate"
CREDENTIAL_HEADERS = ("x-serverless-authorization", "authorization")  # the first that is sent is the one checked
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
_RESERVED = ("/healthz", "/eventlog")
_LONGEST_SILENCE = 60.0


def answer(cloud: Cloud, request: HttpRequest) -> tuple[Reply, Identity]:
    """What a call to a service gets, and whose credential it carried (if one was verified)."""
    cloud.closing.wait(cloud.world.delays.call)
    if request.header(SCHEME_HEADER) == "http":
        return _to_https(request), ANONYMOUS
    if saved := _as_saved(cloud, request):
        return _canned(saved), ANONYMOUS
    target = hosts.resolve(cloud, request.host, request.path)
    if target is None:
        return _nobody(cloud, request), ANONYMOUS
    if stated := match_rule(cloud.edge.get(target.service, []), request, target.path):
        return _canned(stated), ANONYMOUS
    if ingress.is_lost(cloud, target, _origin(cloud, request), request.host):
        cloud.closing.wait(_patience(request))
        return Reply(504, drop="reset"), ANONYMOUS
    if target.balancer is not None and not target.balancer.certified:
        return Reply(504, drop="reset"), ANONYMOUS  # no handshake of TLS comes about
    if target.balancer is not None and target.balancer.redirect:
        return Reply(301, b"", {"location": f"https://{target.balancer.redirect}{request.path}"}), ANONYMOUS
    if target.balancer is not None and (denied := cloud_armor.refusal(cloud, request, target.balancer.name)):
        cloud_armor.log_entry(cloud, request, denied[0], target.balancer.name, denied[1])
        return denied[0], ANONYMOUS
    if is_reserved(request.path):
        return error_pages.robot(request.path), ANONYMOUS
    if not target.service:
        return error_pages.not_found(), ANONYMOUS  # a URL mask that fits no service
    if target.default and cloud.resources[target.service].get("defaultUriDisabled"):
        return error_pages.not_found(), ANONYMOUS
    return _at_the_edge(cloud, request, target)


def _as_saved(cloud: Cloud, request: HttpRequest) -> Json | None:
    """What this very call got when the world was saved; policies with holes in them do not tell it."""
    if not cloud.world.calls or cloud.changed:
        return None
    try:
        token = credential(request)
        sent, claims = ("good", tokens.verified_claims(cloud, token)) if token else ("none", {})
    except ValueError:
        sent, claims = "junk", {}
    query = f"?{request.query_string}" if request.query_string else ""
    made = (request.method, f"https://{request.host}{request.path}{query}", sent)
    for call in cloud.world.calls:
        told = call.get("claims") or {}
        if (call.get("method"), call.get("url"), call.get("token")) == made and "status" in call:
            return call if all(claims.get(name) == told[name] for name in ("email", "aud") if name in told) else None
    return None


def _at_the_edge(cloud: Cloud, request: HttpRequest, target: hosts.HostTarget) -> tuple[Reply, Identity]:
    """Ingress, then the service perimeter: both look at where the call comes from."""
    # What ingress refuses, a perimeter refuses too, and writes it down.
    kept_out = _kept_out(cloud, request, target, _origin(cloud, request))
    if not ingress.admits(cloud, target, _origin(cloud, request), request.host):
        return error_pages.not_found(), ANONYMOUS
    if kept_out:
        return error_pages.forbidden(request.decoded_path), ANONYMOUS
    return _admitted(cloud, request, target)


def _origin(cloud: Cloud, request: HttpRequest) -> str:
    return request.header(ORIGIN_HEADER) or cloud.world.operator.network


def _patience(request: HttpRequest) -> float:
    """For how many seconds a caller whose call is lost waits: what it says, within reason."""
    try:
        seconds = float(request.header(PATIENCE_HEADER) or _LONGEST_SILENCE)
    except ValueError:
        return _LONGEST_SILENCE
    return seconds if 0 <= seconds <= _LONGEST_SILENCE else _LONGEST_SILENCE


def _kept_out(cloud: Cloud, request: HttpRequest, target: hosts.HostTarget, origin: str) -> bool:
    """Whether a perimeter refuses the call: only its own audit log tells.

    https://cloud.google.com/run/docs/troubleshooting (VPC Service Controls: 404 with internal ingress, 403 with `all`)
    """
    who = _claimed(cloud, request)
    refused = vpc_service_controls.refuses(cloud, target.service, ingress.home_of(cloud, origin, request.host), who)
    if refused:
        audit_log.perimeter_violation(cloud, target.service, request, who)
    return refused


def is_reserved(path: str) -> bool:
    """Whether Google answers this path itself. https://cloud.google.com/run/docs/known-issues#reserved_url_paths."""
    return path in _RESERVED or path.startswith("/_ah/")


def _nobody(cloud: Cloud, request: HttpRequest) -> Reply:
    """A name that is no service's: the front end's page, or Google's own for a domain that is not mapped yet."""
    robot = is_reserved(request.path) or hosts.is_pending(cloud, request.host)
    return error_pages.robot(request.path) if robot else error_pages.not_found()


def _to_https(request: HttpRequest) -> Reply:
    """Plain http is redirected. https://cloud.google.com/run/docs/triggering/https-request."""
    query = f"?{request.query_string}" if request.query_string else ""
    where = f"https://{request.host}{request.path}{query}"
    return Reply(302, b"", {"location": where, "content-type": "text/html; charset=UTF-8", "server": GOOGLE})


def _admitted(cloud: Cloud, request: HttpRequest, target: hosts.HostTarget) -> tuple[Reply, Identity]:
    service = cloud.resources[target.service]
    gate = iap.before(cloud, target)
    if gate is not None:
        refusal, who = iap.check(cloud, request, gate)
        return (refusal or _behind_iap(cloud, request, target, gate)), who
    if service.get("invokerIamDisabled") or may_invoke(cloud, target.service, ANONYMOUS, request):
        return _container(cloud, request, target, verified=False), _claimed(cloud, request)
    try:
        who = authenticate(cloud, request, target.service)
    except ValueError:
        reply = error_pages.unauthorized(request.decoded_path)
        request_log.add(cloud, target.service, request, reply, text=UNVERIFIED)
        return reply, ANONYMOUS
    return _decide(cloud, request, target, who), who


def _behind_iap(cloud: Cloud, request: HttpRequest, target: hosts.HostTarget, gate: iap.Gate) -> Reply:
    """IAP calls the service as its own agent, which must be let in. https://cloud.google.com/iap/docs/enabling-cloud-run."""
    agent = iap.agent(cloud, target.service)
    if cloud.resources[target.service].get("invokerIamDisabled"):
        return _container(cloud, request, target, verified=False)
    if gate.backend and not may_invoke(cloud, target.service, agent, request):
        return iap.not_set_up()
    return _decide(cloud, request, target, agent)


def _decide(cloud: Cloud, request: HttpRequest, target: hosts.HostTarget, who: Identity) -> Reply:
    if may_invoke(cloud, target.service, who, request):
        return _container(cloud, request, target, verified=True)
    reply = error_pages.forbidden(request.decoded_path)
    request_log.add(cloud, target.service, request, reply, text=LACKS if who.member else EMPTY_HEADER)
    return reply


def may_invoke(cloud: Cloud, service: str, who: Identity, request: HttpRequest) -> bool:
    """Whether policies let a principal invoke a service with this request.

    Conditions see the host, the path and the time, and of the resource its tags:
    https://cloud.google.com/iam/docs/conditions-attribute-reference#url-host-path
    """
    attributes = {"request": {"host": request.host, "path": request.path, "time": cloud.now()}}
    return access.allowed(cloud, who, INVOKE, service, attributes)


def authenticate(cloud: Cloud, request: HttpRequest, service: str) -> Identity:
    """Whose ID token the request carries; nobody's, if it carries none.

    Raises:
        ValueError: if there is a credential that cannot be verified.
    """
    token = credential(request)
    if token is None:
        return ANONYMOUS
    claims = tokens.verified_claims(cloud, token)
    who = tokens.bearer_of(cloud, claims)
    _check_certificate(request, claims)
    audience = claims["aud"]
    if audience in services.audiences(cloud, service):
        return who
    if who.kind == "user" and audience in (tokens.GCLOUD_CLIENT, tokens.ADC_CLIENT):
        return who  # `gcloud auth print-identity-token` and `gcloud run services proxy` rely on it
    raise ValueError("audience")


def _check_certificate(request: HttpRequest, claims: Json) -> None:
    """A bound token counts only where its certificate is shown: at a host that asks for one.

    Raises:
        ValueError: it is bound, and the certificate was not shown.
    """
    bound = (claims.get("cnf") or {}).get("x5t#S256")
    shown = request.header(CERTIFICATE_HEADER) if hosts.asks_for_certificate(request.host) else None
    if bound and bound != shown:
        raise ValueError("certificate")


def credential(request: HttpRequest) -> str | None:
    """The one token to be checked: X-Serverless-Authorization wins over Authorization.

    Raises:
        ValueError: if there are several, or something that is not `Bearer TOKEN`.
    """
    for header in CREDENTIAL_HEADERS:
        sent = [value.strip() for value in request.all(header)]
        if not any(sent):
            continue
        if len(sent) > 1:
            raise ValueError("several")
        scheme, _, token = sent[0].partition(" ")
        if scheme.lower() != "bearer" or not token or " " in token.strip() or "," in token:
            raise ValueError("malformed")
        return token.strip()
    return None


def _claimed(cloud: Cloud, request: HttpRequest) -> Identity:
    """For the record only: whose token a public service was sent."""
    try:
        token = credential(request)
        return tokens.bearer_of(cloud, tokens.verified_claims(cloud, token)) if token else ANONYMOUS
    except ValueError:
        return ANONYMOUS


def _container(cloud: Cloud, request: HttpRequest, target: hosts.HostTarget, *, verified: bool) -> Reply:
    """The container's answer; a rule with `echo: true` answers with the request as the container got it."""
    began = time.monotonic()
    rule = match_rule(cloud.apps.get(target.service, []), request, target.path)
    rule = rule or {"status": 200, "headers": {"content-type": "text/plain; charset=utf-8"}, "body": "ok"}
    reply = _canned(rule)
    if rule.get("echo"):
        got = dict(forwarded_headers(request, verified=verified))
        reply = json_reply(reply.status, {"method": request.method, "path": target.path, "headers": got})
    trace = f"{secrets.token_hex(16)};o=1"
    reply = Reply(reply.status, reply.body, {**reply.headers, "x-cloud-trace-context": trace, "server": GOOGLE})
    request_log.add(cloud, target.service, request, reply, latency=max(time.monotonic() - began, 0.001))
    return reply


def forwarded_headers(request: HttpRequest, *, verified: bool) -> list[tuple[str, str]]:
    """The headers that the container gets, names in lower case: the sandbox's own left out.

    The header whose token the front end `verified` comes without the token's signature; the other one is the
    application's own: https://cloud.google.com/run/docs/authenticating/service-to-service#acquire-token
    """
    checked = next((name for name in CREDENTIAL_HEADERS if any(request.all(name))), "") if verified else ""
    kept = [(name.lower(), value) for name, value in request.headers if not name.lower().startswith("x-sandbox-")]
    return [(name, _unsigned(value) if name == checked else value) for name, value in kept]


def _unsigned(value: str) -> str:
    return f"{value.rpartition('.')[0]}.{REMOVED}" if value.count(".") == 2 else value


def match_rule(rules: list[Json], request: HttpRequest, path: str) -> Json | None:
    """The first rule (`request: "GET /admin/*"`) that fits."""
    for rule in rules:
        method, _, glob = str(rule.get("request", "* *")).partition(" ")
        if method in ("*", request.method) and fnmatchcase(path, glob.strip() or "*"):
            return rule
    return None


def _canned(rule: Json) -> Reply:
    body = rule.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {str(name).lower(): str(value) for name, value in (rule.get("headers") or {}).items()}
    return Reply(int(rule.get("status", 200)), text.encode(), headers)
