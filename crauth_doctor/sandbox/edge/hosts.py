"""Which service a host (and, for cloudfunctions.net, a path) is a name of.

https://cloud.google.com/run/docs/triggering/https-request
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from . import load_balancer
from .services import urls_of

_FUNCTIONS = "//cloudfunctions.googleapis.com/"
PLATFORM = (".run.app", ".cloudfunctions.net")
_MTLS = ".mtls.run.app"


@dataclass(frozen=True)
class HostTarget:
    """A service behind a host: by one of its own URLs (`default`), by a domain, or by a load balancer (`balancer`).

    A load balancer may lead to no service at all: then it is empty.
    """

    service: str
    path: str
    default: bool
    balancer: load_balancer.LoadBalancerBackend | None = None


def is_platform(host: str) -> bool:
    """Whether a host is one that Google's platform answers for, whoever owns the name."""
    return host.endswith(PLATFORM)


def asks_for_certificate(host: str) -> bool:
    """Whether a host is one at which callers show a certificate.

    https://github.com/googleapis/google-cloud-java/blob/main/google-auth-library-java/README.md
    """
    return host.endswith(_MTLS)


def resolve(cloud: Cloud, host: str, path: str) -> HostTarget | None:
    """The service that a request goes to; `None` if the name is nobody's."""
    host = host.removesuffix(_MTLS) + ".run.app" if asks_for_certificate(host) else host
    tag, _, untagged = host.rpartition("---")
    functions = _function_urls(cloud)
    for name in service_names(cloud):
        for url in _addresses(cloud, name, functions):
            parts = urlsplit(url)
            prefix = parts.path.rstrip("/")
            if prefix and not (path == prefix or path.startswith(f"{prefix}/")):
                continue
            if parts.hostname == host:
                return HostTarget(name, path.removeprefix(prefix) or "/", default=True)
            if tag and parts.hostname == untagged and tag in _tags(cloud, name):
                return HostTarget(name, path, default=True)
    found = load_balancer.backend_of(cloud, host, path)
    if found is not None:
        return HostTarget(found.service, path, default=False, balancer=found)
    return _mapped(cloud, host, path)


def known_hosts(cloud: Cloud) -> set[str]:
    """Every host that is a name of some service."""
    functions = _function_urls(cloud)
    urls = (url for name in service_names(cloud) for url in _addresses(cloud, name, functions))
    found = {urlsplit(url).hostname or "" for url in urls}
    found |= {name.rsplit("/", 1)[1] for name in _mappings(cloud)}
    return (found | load_balancer.balanced_hosts(cloud)) - {""}


def service_names(cloud: Cloud) -> list[str]:
    """The full names of every service and every instance of the world, which have URLs of the same form.

    https://cloud.google.com/run/docs/configuring/instances/default-url
    """
    return [
        name
        for name in list(cloud.resources)
        if name.startswith(names.RUN) and name.count("/") == 8 and name.split("/")[-2] in ("services", "instances")
    ]


def _addresses(cloud: Cloud, name: str, functions: dict[str, list[str]]) -> list[str]:
    return [*urls_of(cloud, name), *_tag_urls(cloud, name), *functions.get(name, []), *_function_audiences(cloud, name)]


def _tags(cloud: Cloud, name: str) -> set[str]:
    service = cloud.resources[name]
    targets = [*service.get("traffic", []), *service.get("trafficStatuses", [])]
    return {str(each["tag"]) for each in targets if each.get("tag")}


def _tag_urls(cloud: Cloud, name: str) -> list[str]:
    return [str(each["uri"]) for each in cloud.resources[name].get("trafficStatuses", []) if each.get("uri")]


def _function_audiences(cloud: Cloud, name: str) -> list[str]:
    """The cloudfunctions.net URL of a second-generation function stands among its service's custom audiences."""
    declared = [str(each) for each in cloud.resources[name].get("customAudiences", [])]
    return [each for each in declared if (urlsplit(each).hostname or "").endswith(".cloudfunctions.net")]


def _function_urls(cloud: Cloud) -> dict[str, list[str]]:
    """The URLs of second-generation functions, by the service that answers them."""
    found: dict[str, list[str]] = {}
    for name, resource in list(cloud.resources.items()):
        service = resource.get("serviceConfig", {}).get("service") if name.startswith(_FUNCTIONS) else None
        if service and resource.get("url"):
            found.setdefault(cloud.canonical(f"{names.RUN}{service}"), []).append(str(resource["url"]))
    return found


def _mappings(cloud: Cloud) -> list[str]:
    return [name for name in list(cloud.resources) if name.startswith(names.RUN) and "/domainmappings/" in name]


def is_pending(cloud: Cloud, host: str) -> bool:
    """Whether a host is a domain whose mapping is not ready: then Google's own server answers for it.

    https://cloud.google.com/run/docs/mapping-custom-domains
    """
    found = [name for name in _mappings(cloud) if name.rsplit("/", 1)[1] == host]
    return bool(found) and not any(_is_ready(cloud.resources[name]) for name in found)


def _is_ready(mapping: Json) -> bool:
    conditions = mapping.get("status", {}).get("conditions", [])
    ready = next((each for each in conditions if each.get("type") == "Ready"), {"status": "True"})
    return str(ready.get("status")) == "True"


def _mapped(cloud: Cloud, host: str, path: str) -> HostTarget | None:
    for name in _mappings(cloud):
        mapping = cloud.resources[name]
        if name.rsplit("/", 1)[1] == host and _is_ready(mapping):
            route = mapping.get("spec", {}).get("routeName") or mapping.get("status", {}).get("mappedRouteName")
            service = f"{name.split('/domainmappings/')[0]}/services/{route}"
            return HostTarget(service, path, default=False) if service in cloud.resources else None
    return None
