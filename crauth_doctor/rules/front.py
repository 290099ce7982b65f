"""Does something stand between the caller and the service, and does it pass the request on rightly?"""

from __future__ import annotations

import shlex

from ..model.answer import CannotTell, No
from ..model.caller import Origin, Place, PrivateZone, Subnetwork
from ..model.change import Advise, EnablePrivateAccess
from ..model.evidence import Evidence, Exchange, LogEntry, LogKind
from ..model.exported import ExportKind
from ..model.fact import Fact, Known, Unknown, value_of
from ..model.finding import Basis, Finding, Prediction, Stage
from ..model.http import Call
from ..model.run import Domain, Egress, Ingress, is_run_app
from .common import ANYWHERE, INGRESS, NO_TOKEN, PRIVATE_NETWORKING, SERVICE_TO_SERVICE, SILENCE, TROUBLESHOOTING
from .paths import GOOGLE_API_RANGES, leads_inside, serves_google, zone_for
from .rule import Judgement, rule
from .sight import Sight
from .signatures import Author, read

_GOOGLE_404 = (Author.RESERVED_PATH, Author.FRONT_END_404)


def _host_called(exchange: Exchange) -> str:
    """Return the host that the request names: its Host header where one is shown, else the URL's."""
    return exchange.sent.get("host", "") or (exchange.call.host if exchange.call else "")


def _answered_by(exchange: Exchange) -> Author | None:
    return read(exchange.response, with_token=None).author if exchange.response else None


def _custom(host: str) -> bool:
    return bool(host) and not host.endswith((".run.app", ".cloudfunctions.net", ".googleapis.com"))


@rule("reach/redirect-dropped-token", see=SERVICE_TO_SERVICE, predicts=NO_TOKEN, basis=Basis.REQUEST)
def redirect_dropped_token(evidence: Evidence) -> Judgement:
    """A redirect to another host dropped the Authorization header.

    What happens: HTTP clients do not send `Authorization` on to another host. After a redirect from a vanity name to
    the run.app URL the request arrives without a token, and gets 403.

    Confirm: `curl -v` shows 301, 302, 307 or 308 with a `location` on another host, then a request without the header.

    Fix: Call the final URL directly.

    Danger: Do not force the client to send the token along a redirect: whoever controls it gets the token.
    """
    for exchange in evidence.exchanges:
        if exchange.follows is None or not exchange.failed or exchange.credentials or exchange.call is None:
            continue
        first = evidence.exchanges[exchange.follows]
        if first.call is None or not first.credentials or first.call.host == exchange.call.host:
            continue
        status = first.response.status if first.response else 0
        because = (
            f"{first.call.host} answered {status} and sent the client to {exchange.call.host}",
            "the first request carried a token, the second did not",
        )
        origin = f"{exchange.call.scheme}://{exchange.call.host}"
        advice = Advise("call-final-url", f"Call {origin} directly.")
        return Finding("the redirect to another host dropped the token", because, (advice,))
    return None


@rule(
    "reach/cloud-armor",
    see="https://docs.cloud.google.com/armor/docs/request-logging",
    predicts=Prediction(frozenset({Stage.REACH}), frozenset({403})),
    basis=Basis.REQUEST,
)
def cloud_armor(evidence: Evidence, sight: Fact[Sight]) -> Judgement:
    """The load balancer's security policy denied the request.

    What happens: Cloud Armor answers at the load balancer, with a short 403 body. Cloud Run never sees the request.

    Confirm: The load balancer's request log says `denied_by_security_policy` and names the policy.

    Fix: Change the rule, or the request that it matches.

    Danger: The rule may protect others; narrow it rather than remove it.
    """
    entry = next(
        (e for e in evidence.logs if e.kind is LogKind.LOAD_BALANCER and "security_policy" in e.details.lower()), None
    )
    seen = value_of(sight)
    if entry is None and not (seen is not None and seen.author is Author.CLOUD_ARMOR):
        return None
    policy = f" ({entry.security_policy})" if entry and entry.security_policy else ""
    because = f"the load balancer's log says {entry.details}{policy}" if entry else "its short body is Cloud Armor's"
    return Finding(
        "the load balancer's security policy denied the request",
        (because,),
        (Advise("edit-security-policy", f"Change the rule of the security policy{policy} that matches this request."),),
    )


@rule(
    "reach/url-mask",
    see="https://docs.cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#url_masks",
    basis=Basis.REQUEST,
)
def url_mask(evidence: Evidence) -> Judgement:
    """A serverless NEG's URL mask does not fit the path.

    What happens: The mask takes the service's name from the URL. Where it does not fit, the load balancer looks for a
    service that does not exist, and 404 comes through the load balancer only.

    Confirm: `gcloud compute network-endpoint-groups describe NEG` shows the mask; the run.app URL answers.

    Fix: Correct the mask, or point the NEG at the one service.

    Danger: None.
    """
    mask = next((e.fields["urlMask"] for e in evidence.exports if e.fields.get("urlMask")), None)
    through = [e for e in evidence.exchanges if _custom(_host_called(e)) and _answered_by(e) in _GOOGLE_404]
    if mask is None or not through:
        return None
    because = (f"the NEG's URL mask is {mask}", "404 comes through the load balancer")
    return Finding("the URL mask does not fit", because, (Advise("fix-url-mask", "Correct the NEG's URL mask."),))


@rule(
    "reach/host-header",
    see="https://docs.cloud.google.com/run/docs/mapping-custom-domains",
    basis=Basis.REQUEST,
)
def host_header(evidence: Evidence) -> Judgement:
    """A proxy or CDN sends a Host header that is not this service's.

    What happens: Google's front end finds the service by the Host header. A proxy or CDN that passes its own host on
    gets Google's 404 page, while the run.app URL itself answers.

    Confirm: `curl -H "Host: OTHER" https://SERVICE….run.app/` gives the same 404.

    Fix: Let the proxy send the service's run.app host, or map the domain to the service.

    Danger: None.
    """
    missed = [e for e in evidence.exchanges if _answered_by(e) in _GOOGLE_404 and not _is_run_app_host(e)]
    if not missed:
        return None
    proxy = next((shown for e in missed if (shown := _proxy_in(e))), None)
    local = any(_host_called(e).split(":")[0] in {"localhost", "127.0.0.1"} for e in missed)
    if proxy is None and not local:
        return None
    because = [f"{_host_called(missed[0]) or 'the proxy'} answers with Google's own 404 page"]
    if proxy:
        because.append(proxy)
    works = "its run.app URL answers" if any(map(_works, evidence.exchanges)) else ""
    if works:
        because.append(works)
    advice = Advise("rewrite-host", "Let the proxy send the service's run.app host in the Host header.")
    assuming = () if works else ("the service itself answers on its run.app URL",)
    return Finding("the Host that reaches Google is not the service's", tuple(because), (advice,), assuming)


def _is_run_app_host(exchange: Exchange) -> bool:
    return _host_called(exchange).endswith((".run.app", ".cloudfunctions.net"))


def _works(exchange: Exchange) -> bool:
    return (
        exchange.response is not None
        and exchange.response.status < 400
        and exchange.call is not None
        and is_run_app(exchange.call.url)
    )


_PROXY_HEADERS = ("cf-ray", "x-amz-cf-id", "x-served-by", "x-akamai-request-id", "via", "x-vercel-id", "x-azure-ref")


def _proxy_in(exchange: Exchange) -> str | None:
    headers = exchange.response.headers if exchange.response else {}
    found = next((name for name in _PROXY_HEADERS if name in headers and "google" not in headers[name].lower()), None)
    return f"the answer came through a proxy: it carries the header {found}" if found else None


@rule("reach/domain-not-ready", see="https://docs.cloud.google.com/run/docs/mapping-custom-domains")
def domain_not_ready(evidence: Fact[Evidence], call: Fact[Call], domain: Fact[Domain]) -> Judgement:
    """The domain mapping, or its certificate, is missing or not ready.

    What happens: Until a mapping is ready, the custom domain answers with Google's own 404 page or a certificate error,
    while the run.app URL works. Certificates take up to 24 hours.

    Confirm: `gcloud beta run domain-mappings describe --domain=DOMAIN` shows its conditions.

    Fix: Finish the mapping (its DNS records), and wait for the certificate.

    Danger: None.
    """
    read_one, called, pasted = value_of(domain), value_of(call), value_of(evidence)
    if read_one is not None:
        return None if read_one.ready else _not_ready(read_one.host, read_one.because)
    if pasted is None:
        unread = _forbidden(domain) if called is not None and _custom(called.host) else ()
        return CannotTell("the domain mapping was not read", unread) if unread else None
    mapping = next((e for e in pasted.exports if e.kind is ExportKind.DOMAIN_MAPPING), None)
    ready = mapping is not None and mapping.fields.get("ready", "").lower() == "true"
    missed = [e for e in pasted.exchanges if _answered_by(e) in _GOOGLE_404 and _custom(_host_called(e))]
    host = _host_called(missed[0]) if missed else (called.host if called else "")
    if ready or mapping is None or not _custom(host):
        return None
    because = [f"{host} answers with Google's own 404 page"] if missed else []
    pending = mapping.fields.get("reason") or mapping.fields.get("message") or "it is not ready"
    because.append(f"the mapping's conditions say: {pending}")
    return _not_ready(host, tuple(because))


def _not_ready(host: str, because: tuple[str, ...]) -> Finding:
    advice = Advise(
        "finish-mapping",
        "Set the DNS records that the mapping asks for, and wait for its certificate.",
        (f"gcloud beta run domain-mappings describe --domain={shlex.quote(host)} --region=REGION",),
    )
    shown = because or ("its conditions say that it is not ready",)
    return Finding(f"the domain mapping of {host} is not ready", shown, (advice,))


@rule("reach/raw-url", see=INGRESS, predicts=ANYWHERE)
def raw_url(evidence: Evidence) -> Judgement:
    """Users are sent to the raw run.app URL behind a gateway or load balancer.

    What happens: The application builds links from the `Host` that it receives, which behind a front is the run.app
    host. Whoever follows such a link goes around the front, and gets 403 or 404.

    Confirm: The failing URL is run.app; the same path works on the front's host.

    Fix: Build links from the public address (`X-Forwarded-Host`, or a setting).

    Danger: Opening the run.app URL to make the links work goes around the front's checks.
    """
    failing = [e for e in evidence.exchanges if e.failed and e.call and is_run_app(e.call.url) and not e.credentials]
    working = [
        e
        for e in evidence.exchanges
        if e.call and _custom(e.call.host) and e.response is not None and e.response.status < 400
    ]
    same = next((w for w in working for f in failing if f.call and w.call and f.call.path == w.call.path), None)
    if same is None or same.call is None:
        return None
    if any(_answered_by(e) is Author.APPLICATION for e in failing):
        return None
    because = (f"{same.call.host} serves {same.call.path}", "the run.app URL of the same path does not")
    advice = Advise("public-address", f"Send users to https://{same.call.host}, and build links from that address.")
    return Finding("users are sent to the raw run.app URL", because, (advice,))


@rule("reach/private-access-off", see=PRIVATE_NETWORKING, predicts=SILENCE)
def private_access_off(
    ingress: Fact[Ingress],
    origin: Origin,
    subnetwork: Fact[Subnetwork],
    zones: Fact[tuple[PrivateZone, ...]],
    call: Call,
) -> Judgement:
    """Private Google Access is off on the caller's subnet, so its calls time out.

    What happens: A call that is sent into the VPC (all traffic, or run.app in a private zone) finds its way to Google
    only from a subnet with Private Google Access. Without it nothing answers.

    Confirm: `gcloud compute networks subnets describe SUBNET --format='value(privateIpGoogleAccess)'` prints False.

    Fix: Turn Private Google Access on.

    Danger: None.
    """
    if origin.place is not Place.VPC or not is_run_app(call.url) or not _enters_vpc(origin, zones, call.host):
        return None
    if isinstance(subnetwork, Unknown):
        return (
            CannotTell("whether Private Google Access is on was not read", (subnetwork,)) if _strict(ingress) else None
        )
    if not isinstance(subnetwork, Known) or subnetwork.value.private_google_access:
        return None
    return Finding(
        f"Private Google Access is off on {subnetwork.value.name}",
        (f"the caller's calls leave through {subnetwork.value.name}", "Private Google Access is off there"),
        (EnablePrivateAccess(subnetwork.value.name),),
    )


def _strict(ingress: Fact[Ingress]) -> bool:
    return value_of(ingress) is not Ingress.ALL


def _enters_vpc(origin: Origin, zones: Fact[tuple[PrivateZone, ...]], host: str) -> bool:
    return origin.egress is Egress.ALL_TRAFFIC or leads_inside(zones.value if isinstance(zones, Known) else (), host)


@rule("reach/dns-zone", see=PRIVATE_NETWORKING, predicts=SILENCE)
def dns_zone(origin: Origin, zones: Fact[tuple[PrivateZone, ...]], call: Call) -> Judgement:
    """The caller's private run.app zone has no record for this host, or leads to the wrong address.

    What happens: A private zone for run.app replaces public DNS for the whole VPC. Without a record for `*.run.app`, or
    with an address that serves no Google APIs, the name does not resolve or nothing answers. A private address serves
    them only where it is a Private Service Connect endpoint for Google APIs.

    Confirm: `gcloud dns record-sets list --zone=ZONE` and `gcloud compute forwarding-rules list --global`.

    Fix: A records for 199.36.153.8 to .11 (private.googleapis.com) and a CNAME for `*.run.app.`.

    Danger: The zone decides for everything in that VPC.
    """
    if origin.place is not Place.VPC or not is_run_app(call.url):
        return None
    if isinstance(zones, Unknown):
        return CannotTell("the private DNS zones were not read", (zones,)) if zones.permission else None
    zone = zone_for(zones.value if isinstance(zones, Known) else (), call.host)
    if zone is None:
        return None
    answers = [serves_google(zone, address) for address in zone.addresses]
    wrong = [answer.because for answer in answers if isinstance(answer, No)]
    if zone.wildcard and not wrong:
        return next((answer for answer in answers if isinstance(answer, CannotTell)), None)
    because = (
        f"the zone {zone.dns_name} has no record for {call.host}"
        if not zone.wildcard
        else f"{call.host} leads to a wrong address: {'; '.join(wrong)}"
    )
    advice = Advise(
        "fix-dns-zone", f"Let *.run.app in that zone lead to {GOOGLE_API_RANGES[1]} (private.googleapis.com)."
    )
    return Finding(f"the private DNS zone {zone.dns_name} does not lead to Cloud Run", (because,), (advice,))


@rule("reach/proxy-answered", see=TROUBLESHOOTING, predicts=Prediction(frozenset({Stage.REACH})))
def proxy_answered(sight: Sight) -> Judgement:
    """Something between the caller and Google answered.

    What happens: A corporate proxy, a captive portal or a firewall answers instead of Google. Neither IAM nor ingress
    has anything to do with it.

    Confirm: The headers and the body are not Google's (`via`, 407, a sign-in page).

    Fix: Go around it, or have it let the host through.

    Danger: A proxy that opens TLS sees the token.
    """
    if sight.author is not Author.PROXY:
        return None
    return Finding(
        "something between the caller and Google answered",
        (f"the answer: {sight.because}",),
        (Advise("bypass-proxy", "Go around the proxy, or have it let *.run.app through."),),
    )


@rule(
    "ingress/service-perimeter",
    see="https://docs.cloud.google.com/run/docs/securing/using-vpc-service-controls",
    predicts=Prediction(ANYWHERE.stages, frozenset({403, 404})),
)
def service_perimeter(evidence: Fact[Evidence], logged: Fact[int], sight: Fact[Sight]) -> Judgement:
    """VPC Service Controls refused the call.

    What happens: A service perimeter around the project refuses calls from outside it. With internal ingress that looks
    like 404, with ingress `all` like 403; either way nothing stands in the request log.

    Confirm: The policy audit log has an entry for `run.googleapis.com/HttpIngress`.

    Fix: An ingress rule of the perimeter for this caller, decided by whoever owns it.

    Danger: The rule opens the perimeter for every service that it names.
    """
    pasted, seen = value_of(evidence), value_of(sight)
    entry = next((e for e in pasted.logs if _names_ingress(e)), None) if pasted else None
    if entry is None:
        unread = _forbidden(logged)
        alike = seen is not None and seen.author in {Author.FRONT_END_404, Author.INVOKER_CHECK}
        return CannotTell("the policy audit log was not read", unread) if alike and unread else None
    because = (f"the policy audit log names {entry.method_name or 'run.googleapis.com/HttpIngress'}",)
    advice = Advise("perimeter-rule", "Ask the perimeter's owner for an ingress rule that lets this caller in.")
    return Finding("a service perimeter refused the call", because, (advice,))


def _forbidden(fact: Fact[object]) -> tuple[Unknown, ...]:
    """Return what was asked and not permitted; what was never asked hides nothing."""
    return (fact,) if isinstance(fact, Unknown) and fact.permission is not None else ()


def _names_ingress(entry: LogEntry) -> bool:
    words = f"{entry.method_name} {entry.details} {entry.message}"
    return entry.kind is LogKind.AUDIT_POLICY and "HttpIngress" in words


BEFORE_INGRESS = (
    redirect_dropped_token,
    cloud_armor,
    url_mask,
    host_header,
    domain_not_ready,
    raw_url,
    private_access_off,
    dns_zone,
    proxy_answered,
)
PERIMETER = (service_perimeter,)
