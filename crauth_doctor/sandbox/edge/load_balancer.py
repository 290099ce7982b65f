"""Application load balancers before services: forwarding rule, proxy, URL map, backend service, serverless NEG.

https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json

_COMPUTE = "//compute.googleapis.com/"


@dataclass(frozen=True)
class LoadBalancerBackend:
    """A load balancer's backend service, the service behind it (empty: none), and whether it is an internal one."""

    name: str
    service: str
    internal: bool = False
    certified: bool = True  # whether the load balancer has a certificate that it can show for the host
    redirect: str = ""  # the host that the URL map redirects to, where it does


def balanced_hosts(cloud: Cloud) -> set[str]:
    """The hosts that some URL map or certificate names in full."""
    ruled = {host for url_map in _all(cloud, "urlMaps").values() for host, _ in _host_rules(url_map)}
    certified = {host for each in _all(cloud, "sslCertificates").values() for host in _certified_hosts(each)}
    return {host for host in ruled | certified if "*" not in host}


def backend_of(cloud: Cloud, host: str, path: str) -> LoadBalancerBackend | None:
    """The backend to which a load balancer sends a request; `None` if none takes calls for the host."""
    maps = _all(cloud, "urlMaps")
    fronted = {_named(cloud, str(each.get("urlMap"))): each for each in _listening(cloud)}
    if _all(cloud, "forwardingRules"):
        maps = {name: each for name, each in maps.items() if name in fronted}
    for name, url_map in maps.items():
        certificates = [
            cloud.resources.get(_named(cloud, str(link)), {})
            for link in fronted.get(name, {}).get("sslCertificates", [])
        ]
        fitting = [each for each in certificates if host in _certified_hosts(each)]
        if fitting or any(_fits_host(pattern, host) and pattern != "*" for pattern, _ in _host_rules(url_map)):
            certified = not certificates or any(_is_active(cloud, each, host) for each in fitting)
            return _backend(cloud, _action(url_map, host, path), (host, path), certified=certified)
    return None


def _all(cloud: Cloud, collection: str) -> dict[str, Json]:
    part = f"/{collection}/"
    return {name: each for name, each in list(cloud.resources.items()) if name.startswith(_COMPUTE) and part in name}


def _listening(cloud: Cloud) -> Iterator[Json]:
    """The HTTPS proxies to which some forwarding rule leads."""
    for rule in _all(cloud, "forwardingRules").values():
        target = _named(cloud, str(rule.get("target")))
        if "/targetHttpsProxies/" in target and target in cloud.resources:
            yield cloud.resources[target]


def _certified_hosts(certificate: Json) -> set[str]:
    managed = certificate.get("managed") or {}
    return {str(each) for each in [*managed.get("domains", []), *certificate.get("subjectAlternativeNames", [])]}


def _is_active(cloud: Cloud, certificate: Json, host: str) -> bool:
    """https://cloud.google.com/load-balancing/docs/ssl-certificates/troubleshooting."""
    expires = certificate.get("expireTime")
    if expires and datetime.fromisoformat(str(expires)) <= cloud.now():
        return False
    managed = certificate.get("managed") or {}
    state = (managed.get("domainStatus") or {}).get(host) or managed.get("status") or "ACTIVE"
    return str(state) in ("ACTIVE", "RENEWAL_FAILED")


def _host_rules(url_map: Json) -> list[tuple[str, str]]:
    rules = url_map.get("hostRules", [])
    return [(str(host), str(rule.get("pathMatcher"))) for rule in rules for host in rule.get("hosts", [])]


def _fits_host(pattern: str, host: str) -> bool:
    return fnmatchcase(host, pattern.partition(":")[0])


def _action(url_map: Json, host: str, path: str) -> Json:
    """What the URL map does: an exact host goes before a pattern, a longer pattern or path before a shorter one."""
    fitting = [each for each in _host_rules(url_map) if _fits_host(each[0], host)]
    chosen = max(fitting, key=lambda each: ("*" not in each[0], len(each[0])))[1] if fitting else None
    matcher = next((each for each in url_map.get("pathMatchers", []) if each.get("name") == chosen), url_map)
    for rule in sorted(matcher.get("routeRules", []), key=lambda each: int(each.get("priority", 0))):
        if any(_fits_match(match, path) for match in rule.get("matchRules", [])):
            return dict(rule)
    paths = [
        ("*" not in pattern, len(pattern), at, rule)
        for at, rule in enumerate(matcher.get("pathRules", []))
        for pattern in rule.get("paths", [])
        if fnmatchcase(path, pattern)
    ]
    if paths:
        return dict(max(paths, key=lambda each: each[:3])[3])
    kinds = {"service": "defaultService", "routeAction": "defaultRouteAction", "urlRedirect": "defaultUrlRedirect"}
    return {key: matcher[default] for key, default in kinds.items() if matcher.get(default)}


def _fits_match(match: Json, path: str) -> bool:
    """Whether a match rule fits a request that carries no header or parameter that any rule asks for."""
    if match.get("headerMatches") or match.get("queryParameterMatches"):
        return False
    fold = str.lower if match.get("ignoreCase") else str
    prefix, full = match.get("prefixMatch"), match.get("fullPathMatch")
    return (prefix is None or fold(path).startswith(fold(str(prefix)))) and (
        full is None or fold(path) == fold(str(full))
    )


def _named(cloud: Cloud, link: str) -> str:
    """The full name of what a compute URL points at."""
    return cloud.canonical(f"{_COMPUTE}projects/{link.partition('projects/')[2]}")


def _backend(cloud: Cloud, action: Json, url: tuple[str, str], *, certified: bool) -> LoadBalancerBackend:
    if action.get("urlRedirect"):
        return LoadBalancerBackend("", "", certified=certified, redirect=action["urlRedirect"].get("hostRedirect", ""))
    weighted = (action.get("routeAction") or {}).get("weightedBackendServices", [])
    links = [str(each.get("backendService")) for each in weighted if each.get("weight")]
    name = _named(cloud, links[0] if links else str(action.get("service")))
    backend = cloud.resources.get(name, {})
    internal = str(backend.get("loadBalancingScheme", "")).startswith("INTERNAL")
    for each in backend.get("backends", []):
        group = _named(cloud, str(each.get("group")))
        service = _service_of(cloud, group, url)
        if service:
            return LoadBalancerBackend(name, service if service in cloud.resources else "", internal, certified)
    return LoadBalancerBackend(name, "", internal, certified)


def _service_of(cloud: Cloud, group: str, url: tuple[str, str]) -> str | None:
    """The service that a serverless NEG leads to, in its own region and project."""
    stated, region = cloud.resources.get(group, {}), group.partition("/regions/")[2].partition("/")[0]
    project = names.project_in(group) or ""
    called = _taken(stated.get("cloudRun") or {}, "service", url)
    if called:
        return names.run_service(project, region, called)
    function = _taken(stated.get("cloudFunction") or {}, "function", url)
    full = f"//cloudfunctions.googleapis.com/projects/{project}/locations/{region}/functions/{function}"
    behind = cloud.resources.get(full, {}).get("serviceConfig", {}).get("service")
    return cloud.canonical(f"{names.RUN}{behind}") if behind else None


def _taken(stated: Json, what: str, url: tuple[str, str]) -> str | None:
    """The service or function that a NEG names, or the one that its URL mask takes from the URL.

    https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#url_masks
    """
    mask, (host, path) = str(stated.get("urlMask") or ""), url
    if f"<{what}>" not in mask:
        return str(stated[what]) if stated.get(what) else None
    parts = re.split(r"<(service|function|tag)>", mask)
    pattern = "".join(re.escape(each) if at % 2 == 0 else f"(?P<{each}>[^/.]+)" for at, each in enumerate(parts))
    found = re.match(rf"{pattern}(?:/|$)", (path if mask.startswith("/") else f"{host}{path}").rstrip("/") or "/")
    return found[what] if found else None
