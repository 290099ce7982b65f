"""Application Load Balancers: from a host and path over the URL map and the backend to a serverless NEG.

Sources: https://docs.cloud.google.com/load-balancing/docs/url-map-concepts
and https://docs.cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ..deferred import dataclass, regex
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..model.http import Call
from ..model.load_balancer import Certificate, Frontend, LoadBalancer, SecurityPolicy, SecurityRule, ServerlessGroup
from . import json_access as look
from .json_access import Json
from .networks import network_name
from .times import from_iso

_PLACE: Final = regex(r"<(?:service|tag|function)>")
_LAST: Final = 2147483647
"""The priority of a policy's default rule."""


@dataclass(frozen=True)
class LoadBalancing:
    """What was listed of a project's load balancers."""

    source: Source  # the read of the URL maps
    url_maps: tuple[Json, ...]
    backends: tuple[Json, ...]  # its backend services
    groups: tuple[Json, ...]  # its network endpoint groups
    rules: Fact[tuple[Json, ...]]  # its forwarding rules, which may be unknown, as what follows
    proxies: Fact[tuple[Json, ...]]  # its target proxies, HTTP or HTTPS as the call is
    certificates: Fact[tuple[Json, ...]]  # its SSL certificates
    now: int | None = None  # seconds since 1970, if that is known


class _OpenError(Exception):
    """What was read leaves open where the call goes; its words say why."""


def load_balancer(listed: LoadBalancing, call: Call) -> Fact[LoadBalancer]:
    """Follow a call to a host of the user's own through the load balancers of a project.

    Returns:
        Absent where none of them names the host; unknown where what they say leaves open where the call goes.
    """
    fronts = [(each, _frontend(listed, each, call)) for each in listed.url_maps]
    named = [(each, front) for each, front in fronts if _names(each, call.host) or _is_certified(front)]
    named = [(each, front) for each, front in named if isinstance(front, Known)] or named
    if not named:
        return _unseen(listed, fronts) or Absent(listed.source)
    try:
        found = [_through(listed, each, front, call) for each, front in named]
    except _OpenError as error:
        return Unknown(listed.source, Obstacle.NOT_TOLD, str(error))
    if len({(one.groups, one.elsewhere, one.iap) for one in found}) > 1:
        several = " and ".join(one.id for one in found)
        return Unknown(listed.source, Obstacle.NOT_TOLD, f"the load balancers {several} both name {call.host}")
    return Known(found[0], listed.source)


def _unseen(listed: LoadBalancing, fronts: Iterable[tuple[Json, Fact[Frontend]]]) -> Unknown | None:
    """Return why a certificate that names the host, and so tells its load balancer, may have been overlooked."""
    if not listed.url_maps:
        return None
    certificates = (front.value.certificate for _, front in fronts if isinstance(front, Known))
    read = (listed.rules, listed.proxies, listed.certificates, *certificates)
    return next((each for each in read if isinstance(each, Unknown)), None)


def security_policy(found: Json, name: str) -> SecurityPolicy:
    """Return a Cloud Armor policy with its rules that are in force; those in preview are not."""
    rules = [_rule(each) for each in look.items(found, "rules") if not look.is_true(each, "preview")]
    return SecurityPolicy(name, tuple(sorted(rules, key=lambda each: each.priority)))


def relative_name(link: str | None) -> str:
    """Return `projects/…` of a link to a resource of Compute Engine; empty where it is none."""
    _, marker, rest = (link or "").partition("projects/")
    return f"{marker}{rest}"


def _rule(found: object) -> SecurityRule:
    ranges = look.texts(found, "match", "config", "srcIpRanges")
    priority = look.number(found, "priority")
    return SecurityRule(
        _LAST if priority is None else priority,
        look.text(found, "action") or "",
        bool({"*", "0.0.0.0/0"} & set(ranges)),
        look.text(found, "match", "expr", "expression") or "",
    )


def _name(found: Json) -> str:
    return relative_name(look.text(found, "selfLink"))


def _names(url_map: Json, host: str) -> bool:
    """Whether a rule of the URL map is for this host, and not for every one."""
    return any(pattern != "*" and _fits_host(pattern, host) for pattern, _ in _host_rules(url_map))


def _host_rules(url_map: Json) -> Iterator[tuple[str, str]]:
    for rule in look.items(url_map, "hostRules"):
        for pattern in look.texts(rule, "hosts"):
            yield pattern.lower().partition(":")[0], look.text(rule, "pathMatcher") or ""


def _fits_host(pattern: str, host: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*") else host == pattern


def _through(listed: LoadBalancing, url_map: Json, front: Fact[Frontend], call: Call) -> LoadBalancer:
    action = _action(url_map, call.host, call.path)
    link = _service_of(action)
    nothing = Absent(listed.source)
    if "/backendServices/" not in link:
        where = _redirect(action) if not link else f"the backend bucket {link.rsplit('/', 1)[-1]}"
        return LoadBalancer(call.host, _name(url_map), "", (), where, frontend=front, security=nothing, exists=nothing)
    backend = _found(listed.backends, link, "backend service")
    rewrites = bool(look.mapping(action, "routeAction", "urlRewrite"))
    groups = tuple(_groups(listed, backend, call, rewrites=rewrites))
    policy = relative_name(look.text(backend, "securityPolicy"))
    not_yet = Unknown(Source("compute.securityPolicies.get", f"//compute.googleapis.com/{policy}"), Obstacle.NOT_ASKED)
    return LoadBalancer(
        call.host,
        _name(url_map),
        _name(backend),
        groups,
        "" if groups else "a backend without any serverless network endpoint group",
        internal=(look.text(backend, "loadBalancingScheme") or "").startswith("INTERNAL"),
        iap=look.is_true(backend, "iap", "enabled"),
        iap_client=look.text(backend, "iap", "oauth2ClientId") or "",
        frontend=front,
        security=not_yet if policy else nothing,
        exists=nothing,
    )


def _action(url_map: Json, host: str, path: str) -> Json:
    """Return what the URL map does with a request: of host rules the most exact, of paths the longest."""
    fitting = [(pattern, name) for pattern, name in _host_rules(url_map) if _fits_host(pattern, host)]
    if not fitting:
        return _default(url_map)
    chosen = max(fitting, key=lambda each: (not each[0].startswith("*"), len(each[0])))[1]
    matchers = [each for each in look.items(url_map, "pathMatchers") if look.text(each, "name") == chosen]
    if not matchers:
        raise _OpenError(f"the URL map has no path matcher {chosen}")
    matcher = look.mapping(matchers[0])
    ordered = sorted(look.items(matcher, "routeRules"), key=lambda each: look.number(each, "priority") or 0)
    for rule in ordered:
        if _fits_route(rule, path):
            return look.mapping(rule)
    paths = [
        (not pattern.endswith("*"), len(pattern), index, rule)
        for index, rule in enumerate(look.items(matcher, "pathRules"))
        for pattern in look.texts(rule, "paths")
        if _fits_path(pattern, path)
    ]
    return look.mapping(max(paths, key=lambda each: each[:3])[3]) if paths else _default(matcher)


def _default(found: Json) -> Json:
    return {
        "service": look.text(found, "defaultService"),
        "routeAction": look.mapping(found, "defaultRouteAction"),
        "urlRedirect": look.mapping(found, "defaultUrlRedirect"),
    }


def _fits_path(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _fits_route(rule: object, path: str) -> bool:
    """Whether a rule is for this path; those that look at more than that cannot be told."""
    for match in look.items(rule, "matchRules"):
        ignore = look.is_true(match, "ignoreCase")
        asked = path.lower() if ignore else path
        prefix, full = look.text(match, "prefixMatch"), look.text(match, "fullPathMatch")
        by_path = (prefix is None or asked.startswith(prefix.lower() if ignore else prefix)) and (
            full is None or asked == (full.lower() if ignore else full)
        )
        if not by_path:
            continue
        if look.mapping(match).keys() - {"prefixMatch", "fullPathMatch", "ignoreCase"}:
            raise _OpenError("the URL map routes by headers, parameters or patterns, which are not judged here")
        return True
    return False


def _service_of(action: Json) -> str:
    weighted = [
        each
        for each in look.items(action, "routeAction", "weightedBackendServices")
        if look.number(each, "weight") != 0
    ]
    links = {look.text(each, "backendService") or "" for each in weighted} or {look.text(action, "service") or ""}
    if len(links) > 1:
        raise _OpenError("the URL map sends a part of the calls to each of several backend services")
    return next(iter(links))


def _redirect(action: Json) -> str:
    redirect = look.mapping(action, "urlRedirect")
    host = look.text(redirect, "hostRedirect")
    return f"a redirect to {host}" if host else "a redirect" if redirect else "no backend at all"


def _found(among: Iterable[Json], link: str, what: str) -> Json:
    name = relative_name(link)
    for each in among:
        if _name(each) == name:
            return each
    _, _, after = name.partition("projects/")
    raise _OpenError(f"the {what} {name.rsplit('/', 1)[-1]} of the project {after.partition('/')[0]} was not read")


def _groups(listed: LoadBalancing, backend: Json, call: Call, *, rewrites: bool) -> Iterator[ServerlessGroup]:
    for each in look.items(backend, "backends"):
        link = look.text(each, "group") or ""
        if "/networkEndpointGroups/" not in link:
            continue
        group = _found(listed.groups, link, "network endpoint group")
        if look.text(group, "networkEndpointType") in {"SERVERLESS", None}:
            yield _group(group, call, rewrites=rewrites)


def _group(found: Json, call: Call, *, rewrites: bool) -> ServerlessGroup:
    name = _name(found)
    _, project, _, region, *_ = name.split("/")
    place = f"projects/{project}/locations/{region}"
    run, function = look.mapping(found, "cloudRun"), look.mapping(found, "cloudFunction")
    if not run and not function:
        raise _OpenError(f"the network endpoint group {name.rsplit('/', 1)[-1]} points to no Cloud Run service")
    mask = look.text(run or function, "urlMask") or ""
    if mask and rewrites:
        raise _OpenError("the URL map rewrites the URL, and whether the URL mask sees it before that is not documented")
    taken = taken_by(mask, call) if mask else {}
    service = taken.get("service") if "<service>" in mask else look.text(run, "service")
    called = taken.get("function") if "<function>" in mask else look.text(function, "function")
    return ServerlessGroup(
        name,
        f"{place}/services/{service}" if run and service else None,
        f"{place}/functions/{called}" if function and called else None,
        mask,
    )


def taken_by(mask: str, call: Call) -> dict[str, str]:
    """Return what a URL mask takes from the URL of a call: a service, a tag, a function; nothing where it does not fit.

    Source: https://docs.cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#url_masks
    """
    host, _, path = mask.removeprefix("https://").removeprefix("http://").rstrip("/").partition("/")
    labels, segments = host.split(".") if host else [], path.split("/") if path else []
    called, below = call.host.split(".") if host else [], call.path.strip("/").split("/")
    if len(called) != len(labels) or len(below) < len(segments):
        return {}
    wanted, given = [*labels, *segments], [*called, *below[: len(segments)]]
    taken: dict[str, str] = {}
    for pattern, text in zip(wanted, given, strict=True):
        before, place, after = pattern.partition(next(iter(_PLACE.findall(pattern)), " "))
        if len(text) <= len(before + after) if place else text != pattern:
            return {}
        if not (text.startswith(before) and text.endswith(after)):
            return {}
        if place:
            taken[place.strip("<>")] = text[len(before) : len(text) - len(after)]
    return taken


def _frontend(listed: LoadBalancing, url_map: Json, call: Call) -> Fact[Frontend]:
    for needed in (listed.rules, listed.proxies):
        if isinstance(needed, Unknown):
            return needed
    if not isinstance(listed.rules, Known) or not isinstance(listed.proxies, Known):
        return Absent(listed.source)
    own = [each for each in listed.proxies.value if relative_name(look.text(each, "urlMap")) == _name(url_map)]
    proxies = {_name(each): each for each in own}
    rules = [each for each in listed.rules.value if relative_name(look.text(each, "target")) in proxies]
    if not rules:
        return Absent(listed.rules.source)
    used = [proxies[relative_name(look.text(each, "target"))] for each in rules]
    project = _name(url_map).split("/")[1]
    networks = frozenset(network_name(text, project) for each in rules if (text := look.text(each, "network")))
    front = Frontend(
        networks,
        Absent(listed.rules.source) if call.scheme == "http" else _certificate(listed, used, call.host),
    )
    return Known(front, listed.rules.source)


def _is_certified(front: Fact[Frontend]) -> bool:
    """Whether the front end has a certificate that names the host."""
    return isinstance(front, Known) and isinstance(front.value.certificate, Known)


def _certificate(listed: LoadBalancing, proxies: Iterable[Json], host: str) -> Fact[Certificate]:
    """Return the best of the certificates that name the host."""
    if not isinstance(listed.certificates, Known):
        return listed.certificates
    source = listed.certificates.source
    links = {relative_name(each) for proxy in proxies for each in look.texts(proxy, "sslCertificates")}
    if any(look.text(proxy, "certificateMap") for proxy in proxies):
        return Unknown(source, Obstacle.NOT_TOLD, "its certificates are in Certificate Manager, which is not read")
    own = [each for each in listed.certificates.value if _name(each) in links]
    if len(own) < len(links):
        return Unknown(source, Obstacle.NOT_IN_DOCUMENT, "not all of its certificates were read")
    states = [_state(each, host, listed.now) for each in own if _certifies(each, host)]
    if not states:
        return Absent(source)
    return Known(max(states, key=lambda each: (each.ready is True, each.ready is None)), source)


def _certifies(certificate: Json, host: str) -> bool:
    named = (*look.texts(certificate, "managed", "domains"), *look.texts(certificate, "subjectAlternativeNames"))
    wild = f"*.{host.partition('.')[2]}"
    return bool({host, wild} & {each.lower().rstrip(".") for each in named})


def _state(certificate: Json, host: str, now: int | None) -> Certificate:
    name = _name(certificate)
    ends = from_iso(look.text(certificate, "expireTime") or "")
    if ends is not None and now is not None and ends <= now:
        return Certificate(name, ready=False, because="it has expired")
    managed = look.mapping(certificate, "managed")
    status = look.text(managed, "domainStatus", host) or look.text(managed, "status")
    if not managed or status == "ACTIVE" or look.text(managed, "status") == "RENEWAL_FAILED":
        return Certificate(name, ready=True)
    known = status is not None and status.startswith(("PROVISIONING", "FAILED"))
    return Certificate(name, ready=False if known else None, because=f"its state for {host} is {status}")
