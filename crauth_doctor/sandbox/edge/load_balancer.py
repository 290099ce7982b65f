"""Application load balancers before services: URL map, backend service, serverless network endpoint group.

https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
    internal: bool


def balanced_hosts(cloud: Cloud) -> set[str]:
    """The hosts that some URL map names in full."""
    return {
        str(host)
        for url_map in _url_maps(cloud).values()
        for rule in url_map.get("hostRules", [])
        for host in rule.get("hosts", [])
        if "*" not in str(host)
    }


def backend_of(cloud: Cloud, host: str, path: str) -> LoadBalancerBackend | None:
    """The backend to which a load balancer sends a request; `None` if no URL map names the host."""
    for url_map in _url_maps(cloud).values():
        for rule in url_map.get("hostRules", []):
            if any(fnmatchcase(host, str(each)) for each in rule.get("hosts", [])):
                return _backend(cloud, _named(cloud, _chosen(url_map, str(rule.get("pathMatcher")), path)), host, path)
    return None


def _url_maps(cloud: Cloud) -> dict[str, Json]:
    return {
        name: each for name, each in list(cloud.resources.items()) if name.startswith(_COMPUTE) and "/urlMaps/" in name
    }


def _chosen(url_map: Json, matcher: str, path: str) -> str:
    for each in url_map.get("pathMatchers", []):
        if each.get("name") == matcher:
            fitting = [
                (len(str(pattern)), str(rule.get("service")))
                for rule in each.get("pathRules", [])
                for pattern in rule.get("paths", [])
                if fnmatchcase(path, str(pattern))
            ]
            return max(fitting)[1] if fitting else str(each.get("defaultService"))
    return str(url_map.get("defaultService"))


def _named(cloud: Cloud, link: str) -> str:
    """The full name of what a compute URL points at."""
    return cloud.canonical(f"{_COMPUTE}projects/{link.partition('projects/')[2]}")


def _backend(cloud: Cloud, name: str, host: str, path: str) -> LoadBalancerBackend | None:
    backend = cloud.resources.get(name)
    if backend is None:
        return None
    internal = str(backend.get("loadBalancingScheme", "")).startswith("INTERNAL")
    for each in backend.get("backends", []):
        group = _named(cloud, str(each.get("group")))
        service = _service_of(cloud.resources.get(group, {}), host, path)
        if service and "/regions/" in group:
            region = group.split("/regions/", 1)[1].partition("/")[0]
            full = names.run_service(names.project_in(group) or "", region, service)
            return LoadBalancerBackend(name, full if full in cloud.resources else "", internal)
    return LoadBalancerBackend(name, "", internal)


def _service_of(group: Json, host: str, path: str) -> str | None:
    """The service that a serverless NEG leads to: the named one, or the one that its URL mask takes from the URL.

    https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#url_masks
    """
    run = group.get("cloudRun") or {}
    mask = str(run.get("urlMask") or "")
    if not mask:
        return str(run["service"]) if run.get("service") else None
    parts = re.split(r"<(service|tag)>", mask)
    pattern = "".join(re.escape(each) if at % 2 == 0 else f"(?P<{each}>[^/.]+)" for at, each in enumerate(parts))
    url = path if mask.startswith("/") else f"{host}{path}"
    found = re.match(rf"{pattern}(?:/|$)", url.rstrip("/") or "/")
    return found["service"] if found and "service" in found.groupdict() else str(run.get("service") or "") or None
