"""Does the request arrive at the service, and does nothing between change it?"""

from __future__ import annotations

from itertools import zip_longest

from ..answers.author import ROBOT_PAGE, Author, read
from ..answers.observed import Sight
from ..deferred import regex
from ..model.address import OfFunction, parse_url
from ..model.answer import CannotTell, No
from ..model.caller import Origin, Place, PrivateZone, Subnetwork
from ..model.change import (
    SERVICE,
    Advise,
    Change,
    EnableDefaultUrl,
    EnablePrivateAccess,
    ListServices,
    ShowMapping,
    ShowUrl,
)
from ..model.evidence import Event, EventKind, Exchange, LogEntry, LogKind
from ..model.exported import Export, ExportKind
from ..model.fact import Fact, Known, Obstacle, Unknown, value_of
from ..model.finding import Basis, Finding, Prediction, Stage
from ..model.http import Call, Response, TestCalls
from ..model.leads import missing_tag
from ..model.load_balancer import LoadBalancer
from ..model.run import Domain, Egress, Service, host_of, is_custom, is_local, is_made_by_google, is_run_app
from ..say import Say
from .common import (
    ANYWHERE,
    INGRESS,
    KNOWN_ISSUES,
    NO_TOKEN,
    PRIVATE_NETWORKING,
    SERVICE_TO_SERVICE,
    SILENCE,
    TROUBLESHOOTING,
    forbidden,
    not_read,
)
from .load_balancer import leads_nowhere, leads_past, policy_denies, uncertified
from .network_path import GOOGLE_API_RANGES, leads_inside, serves_google, zone_for
from .public_intent import event_of, served_by_front
from .registry import Judgement, rule

_GOOGLE_404 = (Author.RESERVED_PATH, Author.FRONT_END_404)


def _host_called(exchange: Exchange) -> str:
    """Return the host that the request names: its Host header where one is shown, else the URL's."""
    return exchange.sent.get("host", "") or (exchange.call.host if exchange.call else "")


def _answered_by(exchange: Exchange) -> Author | None:
    return read(exchange.response, with_token=None).author if exchange.response else None


@rule("reach/redirect-dropped-token", see=SERVICE_TO_SERVICE, predicts=NO_TOKEN, basis=Basis.REQUEST)
def redirect_dropped_token(exchanges: tuple[Exchange, ...]) -> Judgement:
    """A redirect to another host dropped the Authorization header.

    What happens: HTTP clients do not send `Authorization` on to another host. After a redirect from a vanity name to
    the run.app URL the request arrives without a token, and gets 403.

    Confirm: `curl -v` shows 301, 302, 307 or 308 with a `location` on another host, then a request without the header.

    Fix: Call the final URL directly.

    Danger: Do not force the client to send the token along a redirect: its owner gets the token.
    """
    for exchange in exchanges:
        if exchange.follows is None or not exchange.failed or exchange.credentials or exchange.call is None:
            continue
        first = exchanges[exchange.follows]
        if first.call is None or not first.credentials or first.call.host == exchange.call.host:
            continue
        status = first.response.status if first.response else 0
        because = (
            Say(
                "{host} answered {status} and sent the client to {host_2}",
                host=first.call.host,
                status=status,
                host_2=exchange.call.host,
            ),
            "the first request carried a token, the second did not",
        )
        origin = f"{exchange.call.scheme}://{exchange.call.host}"
        advice = Advise("call-final-url", Say("Call {origin} directly.", origin=origin))
        return Finding("the redirect to another host dropped the token", because, (advice,))
    return None


@rule(
    "reach/cloud-armor",
    see="https://docs.cloud.google.com/armor/docs/request-logging",
    predicts=Prediction(frozenset({Stage.REACH}), frozenset({403})),
    basis=Basis.REQUEST,
)
def cloud_armor(
    logs: Fact[tuple[LogEntry, ...]], sight: Fact[Sight], load_balancer: Fact[LoadBalancer], call: Fact[Call]
) -> Judgement:
    """The load balancer's security policy denied the request.

    What happens: Cloud Armor answers at the load balancer, with a short 403 body. Cloud Run never sees the request.

    Confirm: The load balancer's request log says `denied_by_security_policy` and names the policy.

    Fix: Change the rule, or the request that it matches.

    Danger: The rule may protect others; narrow it rather than remove it.
    """
    entry = next(
        (e for e in value_of(logs) or () if e.kind is LogKind.LOAD_BALANCER and "security_policy" in e.details.lower()),
        None,
    )
    seen = value_of(sight)
    if entry is None and not (seen is not None and seen.author is Author.CLOUD_ARMOR):
        return policy_denies(value_of(load_balancer), value_of(call))
    policy = Say(" ({policy})", policy=entry.security_policy) if entry and entry.security_policy else ""
    because = (
        Say("the load balancer's log says {details}{policy}", details=entry.details, policy=policy)
        if entry
        else "its short body is Cloud Armor's"
    )
    return Finding(
        "the load balancer's security policy denied the request",
        (because,),
        (
            Advise(
                "edit-security-policy",
                Say("Change the rule of the security policy{policy} that matches this request.", policy=policy),
            ),
        ),
    )


@rule(
    "reach/url-mask",
    see="https://docs.cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#url_masks",
    basis=Basis.REQUEST,
)
def url_mask(
    exports: Fact[tuple[Export, ...]],
    exchanges: Fact[tuple[Exchange, ...]],
    service: Fact[Service],
    load_balancer: Fact[LoadBalancer],
    call_leads_here: Fact[bool],
) -> Judgement:
    """The load balancer's URL map, or its NEG's URL mask, does not route to the service.

    What happens: The URL map chooses a backend by host and path, and a URL mask takes the service's name from the URL.
    Where the mask does not fit, the load balancer looks for a service that does not exist, and 404 comes through the
    load balancer only. Where they route to another service, that one answers.

    Confirm: `gcloud compute url-maps describe MAP` shows the rules, `gcloud compute network-endpoint-groups describe
    NEG` the mask; the run.app URL answers.

    Fix: Correct the mask or the URL map, or point the NEG at the one service.

    Danger: Both decide for every host and path of the load balancer.
    """
    balancer, callee = value_of(load_balancer), value_of(service)
    if balancer is not None and callee is not None and value_of(call_leads_here) is False:
        return leads_past(balancer, callee)
    return _pasted_mask(value_of(exports) or (), value_of(exchanges) or ()) if balancer is None else None


def _pasted_mask(exports: tuple[Export, ...], exchanges: tuple[Exchange, ...]) -> Judgement:
    mask = next((e.fields["urlMask"] for e in exports if e.fields.get("urlMask")), None)
    through = [e for e in exchanges if is_custom(_host_called(e)) and _answered_by(e) in _GOOGLE_404]
    if mask is None or not through:
        return None
    because = (Say("the NEG's URL mask is {mask}", mask=mask), "404 comes through the load balancer")
    return Finding("the URL mask does not fit", because, (Advise("fix-url-mask", "Correct the NEG's URL mask."),))


_MISSED = frozenset({404, 413})
"""What a Host of another service's gets: nothing has it, or it is the proxy's own, and the call goes round until its
headers are too long."""


@rule(
    "reach/host-header",
    see="https://docs.cloud.google.com/run/docs/mapping-custom-domains",
    predicts=Prediction(frozenset({Stage.REACH}), _MISSED),
    basis=Basis.REQUEST,
)
def host_header(exchanges: tuple[Exchange, ...], events: tuple[Event, ...], sight: Fact[Sight]) -> Judgement:
    """A proxy or CDN sends a Host header that is not this service's.

    What happens: Google's front end finds the service by the Host header. A proxy or CDN that passes its own host on
    gets Google's 404 page, while the run.app URL itself answers.

    Confirm: `curl -H "Host: OTHER" https://SERVICE….run.app/` gives the same 404.

    Fix: Have the proxy send the service's run.app host, or map the domain to the service.

    Danger: None.
    """
    kept = event_of(events, EventKind.HOST_KEPT)
    seen = value_of(sight)
    failed = {e.response.status for e in exchanges if e.response and e.failed} or {seen.status if seen else None} - {
        None
    }
    if kept is not None and failed and failed <= _MISSED:
        return _kept(kept)
    missed = [e for e in exchanges if _answered_by(e) in _GOOGLE_404 and not _is_run_app_host(e)]
    if not missed:
        return None
    proxy = next((shown for e in missed if (shown := _proxy_in(e))), None)
    local = any(is_local(_host_called(e).split(":")[0]) for e in missed)
    if proxy is None and not local:
        return None
    because: list[str] = [Say("{host} answers with Google's own 404 page", host=_host_called(missed[0]) or "the proxy")]
    if proxy:
        because.append(proxy)
    works = "its run.app URL answers" if any(map(_works, exchanges)) else ""
    if works:
        because.append(works)
    advice = Advise("rewrite-host", "Have the proxy send the service's run.app host in the Host header.")
    assuming = () if works else ("the service itself answers on its run.app URL",)
    return Finding("the Host header that reaches Google is not the service's", tuple(because), (advice,), assuming)


def _kept(kept: Event) -> Finding:
    advice = Advise("rewrite-host", "Have the proxy send the service's run.app host in the Host header.")
    return Finding(
        "the Host header that reaches Google is not the service's",
        (
            Say(
                "the settings of {by} point to {resource} and pass on the Host that the client sent",
                by=kept.by,
                resource=kept.resource,
            ),
        ),
        (advice,),
        ("nothing behind the proxy sets the Host again",),
    )


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
    return Say("the answer came through a proxy: it carries the header {found}", found=found) if found else None


@rule("reach/domain-not-ready", see="https://docs.cloud.google.com/run/docs/mapping-custom-domains")
def domain_not_ready(
    exports: Fact[tuple[Export, ...]],
    exchanges: Fact[tuple[Exchange, ...]],
    call: Fact[Call],
    domain: Fact[Domain],
    load_balancer: Fact[LoadBalancer],
) -> Judgement:
    """The domain mapping, or its certificate, is missing or not ready.

    What happens: Until a mapping is ready, the custom domain answers with Google's own 404 page or a certificate error,
    while the run.app URL works; so does a load balancer whose certificate is not ready. Certificates take up to 24
    hours, and are only issued once the host's DNS points there.

    Confirm: `gcloud beta run domain-mappings describe --domain=DOMAIN` shows its conditions, `gcloud compute
    ssl-certificates list` those of certificates.

    Fix: Finish the mapping or the certificate (its DNS records), and wait for it.

    Danger: None.
    """
    read_one, called, shown = value_of(domain), value_of(call), value_of(exports)
    if read_one is not None:
        return None if read_one.ready else _not_ready(read_one.host, read_one.because)
    if isinstance(load_balancer, Known):
        return uncertified(load_balancer.value)
    if shown is None:
        unread = forbidden(domain) if called is not None and is_custom(called.host) else ()
        return CannotTell("the domain mapping was not read", unread) if unread else None
    mapping = next((e for e in shown if e.kind is ExportKind.DOMAIN_MAPPING), None)
    ready = mapping is not None and mapping.fields.get("ready", "").lower() == "true"
    missed = [e for e in value_of(exchanges) or () if _answered_by(e) in _GOOGLE_404 and is_custom(_host_called(e))]
    host = _host_called(missed[0]) if missed else (called.host if called else "")
    if ready or mapping is None or not is_custom(host):
        return None
    because = [Say("{host} answers with Google's own 404 page", host=host)] if missed else []
    pending = mapping.fields.get("reason") or mapping.fields.get("message") or "it is not ready"
    because.append(Say("the mapping's conditions say: {pending}", pending=pending))
    return _not_ready(host, tuple(because))


def _not_ready(host: str, because: tuple[str, ...]) -> Finding:
    advice = Advise(
        "finish-mapping",
        "Set the DNS records that the mapping asks for, and wait for its certificate.",
        (ShowMapping(host, SERVICE),),
    )
    shown = because or ("its conditions say that it is not ready",)
    return Finding(Say("the domain mapping of {host} is not ready", host=host), shown, (advice,))


@rule("reach/raw-url", see=INGRESS, predicts=ANYWHERE)
def raw_url(exchanges: tuple[Exchange, ...]) -> Judgement:
    """Users are sent to the raw run.app URL behind a gateway or load balancer.

    What happens: The application builds links from the `Host` that it receives, which behind a front is the run.app
    host. Anyone who follows such a link bypasses the front, and gets 403 or 404.

    Confirm: The failing URL is run.app; the same path works on the front's host.

    Fix: Build links from the public address (`X-Forwarded-Host`, or a setting).

    Danger: Opening the run.app URL to make the links work bypasses the front's checks.
    """
    same = served_by_front(exchanges)
    failing = [e for e in exchanges if e.failed and e.call and is_run_app(e.call.url) and not e.credentials]
    if same is None or same.call is None:
        return None
    if any(_answered_by(e) is Author.APPLICATION for e in failing):
        return None
    because = (
        Say("{host} serves {path}", host=same.call.host, path=same.call.path),
        "the run.app URL of the same path does not",
    )
    advice = Advise(
        "public-address", Say("Send users to https://{host}, and build links from that address.", host=same.call.host)
    )
    return Finding("users are sent to the raw run.app URL", because, (advice,))


@rule("reach/private-access-off", see=PRIVATE_NETWORKING, predicts=SILENCE)
def private_access_off(
    origin: Origin, subnetwork: Fact[Subnetwork], zones: Fact[tuple[PrivateZone, ...]], call: Call
) -> Judgement:
    """Private Google Access is off on the caller's subnet, so its calls time out.

    What happens: A call that is sent into the VPC (all traffic, or run.app in a private zone) finds its way to Google
    only from a subnet with Private Google Access. Without it nothing answers.

    Confirm: `gcloud compute networks subnets describe SUBNET --format='value(privateIpGoogleAccess)'` prints False.

    Fix: Turn Private Google Access on.

    Danger: None.
    """
    if origin.place is not Place.VPC or not is_made_by_google(call.url) or not _enters_vpc(origin, zones, call.host):
        return None
    if isinstance(subnetwork, Unknown):
        return CannotTell("whether Private Google Access is on was not read", (subnetwork,))
    if not isinstance(subnetwork, Known) or subnetwork.value.private_google_access:
        return None
    return Finding(
        Say("Private Google Access is off on the subnetwork {name}", name=subnetwork.value.name.rsplit("/", 1)[-1]),
        (
            Say("the caller's calls leave through {name}", name=subnetwork.value.name.rsplit("/", 1)[-1]),
            "Private Google Access is off there",
        ),
        (EnablePrivateAccess(subnetwork.value.name),),
    )


def _enters_vpc(origin: Origin, zones: Fact[tuple[PrivateZone, ...]], host: str) -> bool:
    return origin.egress is Egress.ALL_TRAFFIC or leads_inside(zones.value if isinstance(zones, Known) else (), host)


@rule("reach/dns-zone", see=PRIVATE_NETWORKING, predicts=SILENCE)
def dns_zone(origin: Origin, zones: Fact[tuple[PrivateZone, ...]], call: Call) -> Judgement:
    """The caller's private run.app zone has no record for this host, or points to the wrong address.

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
        Say("the zone {zone} has no record for {host}", zone=zone.dns_name, host=call.host)
        if not zone.wildcard
        else Say("{host} resolves to a wrong address: {faults}", host=call.host, faults="; ".join(wrong))
    )
    advice = Advise(
        "fix-dns-zone",
        Say("Point *.run.app in that zone to {range} (private.googleapis.com).", range=GOOGLE_API_RANGES[1]),
    )
    return Finding(
        Say("the private DNS zone {zone} does not point to Cloud Run", zone=zone.dns_name), (because,), (advice,)
    )


@rule("reach/proxy-answered", see=TROUBLESHOOTING, predicts=Prediction(frozenset({Stage.REACH})))
def proxy_answered(sight: Sight) -> Judgement:
    """Something between the caller and Google answered.

    What happens: A corporate proxy, a captive portal or a firewall answers instead of Google. Neither IAM nor ingress
    has anything to do with it.

    Confirm: The headers and the body are not Google's (`via`, 407, a sign-in page).

    Fix: Bypass it, or have it let the host through.

    Danger: A proxy that opens TLS sees the token.
    """
    if sight.author is not Author.PROXY:
        return None
    return Finding(
        "something between the caller and Google answered",
        (Say("the answer shows it: {because}", because=sight.because),),
        (Advise("bypass-proxy", "Bypass the proxy, or have it let *.run.app through."),),
    )


_RESERVED = ("/healthz",)


_RESERVED_BELOW = ("/_ah/",)


@rule("reach/no-such-service", see=TROUBLESHOOTING, after="reach/default-url-disabled")
def no_such_service(
    service: Fact[Service],
    call: Fact[Call],
    namesakes: Fact[tuple[str, ...]],
    instances: Fact[tuple[str, ...]],
    exports: Fact[tuple[Export, ...]],
    sight: Fact[Sight],
    load_balancer: Fact[LoadBalancer],
) -> Judgement:
    """There is no such service: a wrong name, region or project, or it was deleted.

    What happens: The front end answers its 404 page for every host that no service has, the same with and without a
    token. A URL put together by hand with another region looks right and belongs to no service, nor does that of a
    traffic tag that was removed. Cloud Run *instances* have URLs of the same form, and are looked for too.

    Confirm: `gcloud run services list --project=PROJECT` shows the services and their URLs.

    Fix: Call the URL that the service itself reports.

    Danger: None. Where this read gets 403, this rule cannot tell.
    """
    known, seen = value_of(call), value_of(sight)
    host = known.host if known else ""
    if isinstance(service, Unknown):
        shown = value_of(exports) or ()
        found = _not_listed(shown, host) or _in_another_region(shown, known)
        if found and seen is not None and (seen.author is Author.FRONT_END_404 or _may_be_one(seen)):
            return found
        return CannotTell("whether the service exists was not read", (service,))
    if isinstance(service, Known):
        tag = missing_tag(host, service.value)
        return _no_such_tag(tag, service.value) if tag else leads_nowhere(value_of(load_balancer), service.value)
    doubt = _may_be_instance(instances)
    if doubt is not None:
        return doubt
    others = namesakes.value if isinstance(namesakes, Known) else ()
    because = ["the Cloud Run Admin API lists no such service"]
    fixes: list[Change] = [
        Advise("use-own-url", "List what exists, and call the URL that is printed.", (ListServices(SERVICE),))
    ]
    if others:
        places = [name.removeprefix("//run.googleapis.com/").split("/")[3] for name in others]
        because.append(Say("a service of that name exists in {places}", places=", ".join(sorted(set(places)))))
        fixes = [
            Advise(
                "use-own-url",
                Say("Call the service in {place}, at the URL that it reports.", place=places[0]),
                (ShowUrl(others[0]),),
            )
        ]
    missing = f"behind {host}" if host else _in_words(service.source.target)
    assuming = ("no Cloud Run instance has that URL",) if isinstance(instances, Unknown) else ()
    return Finding(
        Say("there is no Cloud Run service {missing}", missing=missing), tuple(because), tuple(fixes), assuming
    )


def _no_such_tag(tag: str, service: Service) -> Finding:
    advice = Advise("use-own-url", Say("Call {url}, or give the tag {tag} to a revision.", url=service.url, tag=tag))
    title = Say("{service} has no traffic tag {tag}, which the URL names", service=service.id, tag=tag)
    return Finding(title, (Say("its traffic goes to no revision with the tag {tag}", tag=tag),), (advice,))


def _may_be_instance(instances: Fact[tuple[str, ...]]) -> CannotTell | None:
    """Return what keeps the URL from being nobody's: an instance that has it, or one that may and was not seen."""
    match instances:
        case Known(value=(name, *_)):
            said = Say(
                "{name} is a Cloud Run instance, not a service: this tool does not read its policy and settings",
                name=_in_words(name),
            )
            return CannotTell(said)
        case Unknown(obstacle=obstacle) if obstacle is not Obstacle.NOT_ASKED:
            return CannotTell("whether a Cloud Run instance has this URL was not read", (instances,))
        case _:
            return None


def _in_words(name: str) -> str:
    """Return what to call a service that is not there: its name, and where it was looked for."""
    parts = name.removeprefix("//run.googleapis.com/").split("/")
    if len(parts) != 6:
        return "of that name there"
    _, project, _, region, _, id = parts
    return f"{id} in {project}" + ("" if region == "-" else f", {region}")


def _may_be_one(seen: Sight) -> bool:
    """Whether an answer of which only the status is shown may be the front end's 404 page."""
    return seen.status == 404 and seen.author is Author.UNCERTAIN


def _in_another_region(exports: tuple[Export, ...], call: Call | None) -> Finding | None:
    """Return the finding, where what was pasted has the function that was called in another region."""
    called = parse_url(call.url) if call else None
    if not isinstance(called, OfFunction):
        return None
    places = {e.fields["region"] for e in exports if e.fields.get("function") == called.name}
    if not places or called.region in places:
        return None
    where = ", ".join(sorted(places))
    because = (Say("what you gave has {called} in {where} only", called=called.name, where=where),)
    advice = Advise("use-own-url", Say("Call the function in {where}; tell a Firebase client the region.", where=where))
    title = Say("there is no function {called} in {region}", called=called.name, region=called.region)
    return Finding(title, because, (advice,), ("it shows every function of that name, and the right project",))


def _not_listed(exports: tuple[Export, ...], host: str) -> Finding | None:
    """Return the finding, where the list of services that was pasted does not have the host that was called."""
    listed = [e.fields["url"] for e in exports if "services list" in e.command and "url" in e.fields]
    hosts = {host_of(url): url for url in listed}
    if not host.endswith(".run.app") or not hosts or host in hosts:
        return None
    import difflib

    near = difflib.get_close_matches(host, list(hosts), 1)
    because = ["the list of services that you gave has no such URL"]
    if near:
        because.append(Say("it has {host}", host=hosts[near[0]]))
    advice = Advise("use-own-url", Say("Call {host}.", host=hosts[near[0]] if near else "one of the URLs of that list"))
    assuming = ("the list is complete and of the right project",)
    return Finding(Say("there is no Cloud Run service behind {host}", host=host), tuple(because), (advice,), assuming)


@rule("reach/reserved-path", see=KNOWN_ISSUES)
def reserved_path(call: Fact[Call], seen: Fact[Response], calls: Fact[TestCalls]) -> Judgement:
    """The path is one that Google's own server answers.

    What happens: `/healthz`, paths below `/_ah/` and some other paths that end in z never reach a container. Google
    answers with its own 404 page (the one with the robot), and the request log has no entry.

    Confirm: Another path of the service answers; `/healthz/` with a slash usually does too.

    Fix: Serve the endpoint under another path, such as `/health`.

    Danger: None. Health checks that Cloud Run itself makes are not affected: they do not pass the front end.
    """
    known, robot = value_of(call), _robot_page(seen, calls)
    called = known.path if known is not None and known.path_known else None
    if called and known is not None and is_run_app(known.url) and _is_reserved(called):
        because: list[str] = [Say("{path} is a reserved path of Cloud Run's URLs", path=called)]
        if robot is not None:
            because.append(_BY_GOOGLE)
        return _reserved(called, because)
    if robot is None and called and _may_be_reserved(called) and _is_bare_404(value_of(seen)):
        return CannotTell("whether the answer is Google's own 404 page is not shown")
    path = (_path_in(robot) if robot is not None else None) or called
    if path is None:
        return CannotTell("the path called is not known", not_read(call))
    if robot is None or not _may_be_reserved(path):
        return None
    return _reserved(path, [_BY_GOOGLE])


_BY_GOOGLE = Say("the answer is Google's own: {because}", because=Say(ROBOT_PAGE))


def _may_be_reserved(path: str) -> bool:
    return _is_reserved(path) or path.endswith("z") or path.startswith("/eventlog")


def _is_bare_404(seen: Response | None) -> bool:
    return seen is not None and seen.status == 404 and not seen.body


def _is_reserved(path: str) -> bool:
    return path in _RESERVED or path.startswith(_RESERVED_BELOW)


_NAMED = regex(r"requested URL <code>([^<\s]+)</code>")


def _path_in(robot: Response) -> str | None:
    """Return the path that Google's page names."""
    found = _NAMED.search(robot.body)
    return found[1] if found else None


def _reserved(path: str, because: list[str]) -> Finding:
    advice = Advise("use-another-path", "Serve and call another path, such as /health; /healthz stays unreachable.")
    return Finding(
        Say("{path} never reaches a container: Google answers it itself", path=path), tuple(because), (advice,)
    )


def _robot_page(seen: Fact[Response], calls: Fact[TestCalls]) -> Response | None:
    made = value_of(calls)
    answers = (value_of(seen), made.with_token if made else None, made.without_token if made else None)
    return next((a for a in answers if a is not None and read(a, with_token=None).author is Author.RESERVED_PATH), None)


@rule("reach/default-url-disabled", see=INGRESS)
def default_url_disabled(service: Service, call: Call) -> Judgement:
    """The service's run.app URLs are switched off.

    What happens: With the default URL disabled, every run.app URL of the service answers the front end's 404 page.
    Scheduler, Tasks, Pub/Sub, Eventarc and Workflows call run.app, and fail too.

    Confirm: `gcloud run services describe SERVICE` shows `run.googleapis.com/default-url-disabled: 'true'`.

    Fix: Call the custom domain or the load balancer, or switch the default URL on again.

    Danger: Switching it on re-opens a way around the load balancer.
    """
    if not service.default_url_disabled or not is_run_app(call.url):
        return None
    return Finding(
        Say(
            "the run.app URLs of {service} are switched off, and {host} is one of them",
            service=service.id,
            host=call.host,
        ),
        ("the service's default URL is disabled",),
        (
            Advise("call-domain", "Call the service's custom domain or load balancer."),
            EnableDefaultUrl(service.full_name),
        ),
    )


@rule(
    "reach/plain-http",
    see="https://docs.cloud.google.com/run/docs/triggering/https-request",
    predicts=Prediction(frozenset({Stage.REACH, Stage.TOKEN, Stage.IAM, Stage.APP})),
)
def plain_http(call: Fact[Call], exchanges: Fact[tuple[Exchange, ...]]) -> Judgement:
    """The call goes to http://, which is redirected to https://.

    What happens: The front end answers with a redirect. Most clients then turn POST into GET, and the token has
    travelled in the clear.

    Confirm: The URL that the caller uses begins with `http://`; `curl -i` shows 301 or 302.

    Fix: Call `https://`.

    Danger: Treat a token that was sent over http as seen by others; it expires within the hour.
    """
    known, shown = value_of(call), value_of(exchanges)
    if known is not None and _is_plain(known):
        return _over_http(known, ())
    for exchange, following in zip_longest(shown or (), (shown or ())[1:]):
        if exchange.call is None or not _is_plain(exchange.call) or not _is_sent_to_https(exchange, following):
            continue
        method, status = exchange.call.method, exchange.response.status if exchange.response else 0
        turned = (Say("after it, {method} becomes GET in most clients", method=method),) if method != "GET" else ()
        return _over_http(
            exchange.call, (Say("the answer was a redirect to https:// ({status})", status=status), *turned)
        )
    return CannotTell("the URL called is not known") if known is None and shown is None else None


def _is_plain(call: Call) -> bool:
    return call.scheme == "http" and is_run_app(call.url)


def _is_sent_to_https(exchange: Exchange, following: Exchange | None) -> bool:
    """Tell whether a call was redirected to https: by the answer's header, or by what the client called next."""
    call, answer, after = exchange.call, exchange.response, following.call if following else None
    if call is None or answer is None or answer.status not in {301, 302, 307, 308}:
        return False
    location = answer.headers.get("location", "")
    if location or after is None:
        return location.startswith("https://")
    return (after.scheme, after.host, after.path) == ("https", call.host, call.path)


def _over_http(call: Call, because: tuple[str, ...]) -> Finding:
    secure = call.url.replace("http://", "https://", 1)
    return Finding(
        Say("{host} was called over plain http", host=call.host),
        ("the URL begins with http://", *because),
        (Advise("use-https", Say("Call {secure}.", secure=secure)),),
    )
