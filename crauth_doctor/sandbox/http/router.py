"""Which host a request is addressed to, and who answers for it."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

from ..apis import metadata_server, read_only_resources
from ..apis.errors import by_status
from ..apis.framework import REGION_HEADER, Api
from ..apis.registry import APIS, serving
from ..edge import error_pages, front_end, hosts
from ..iam.principal import ANONYMOUS, Identity
from ..state.cloud import Cloud
from ..state.world import Json
from . import admin_api
from .messages import HttpRequest, Reply, text_reply

_REGIONAL = re.compile(
    r"[a-z]+-[a-z]+\d+-(?P<api>[a-z]+\.googleapis\.com)|(?P<rep>[a-z]+)\.[a-z0-9-]+\.rep\.googleapis\.com"
)
_BY_HOST = {host: api for api in APIS for host in api.hosts}
_METADATA = ("/computeMetadata", "/computeMetadata/")


def addressed(cloud: Cloud, request: HttpRequest, port: int) -> HttpRequest:
    """The request with the host that it means: a proxy's, the `Host`, the first path segment, or by its path alone."""
    if not admin_api.is_own(request.host, port):
        return replace(request, host=re.sub(r":\d+$", "", request.host).lower())
    first, _, rest = request.path.lstrip("/").partition("/")
    if "." in first and (_is_known_host(cloud, first)):
        return replace(request, host=first, path=f"/{rest}")
    if admin_api.is_control(request.path):
        return replace(request, host="")
    if request.path == "/" or request.path.startswith(_METADATA):
        return replace(request, host=metadata_server.HOSTS[0])
    served = [api.host for api in serving(request.method, request.path)]
    found = served or read_only_resources.hosts_serving(cloud, request)
    return replace(request, host=found[0]) if found else request


def canonical_host(host: str) -> str:
    """A regional API host as the global one."""
    found = _REGIONAL.fullmatch(host)
    if found is None:
        return host
    return found.group("api") or f"{found.group('rep')}.googleapis.com"


def _is_known_host(cloud: Cloud, host: str) -> bool:
    return (
        host.endswith(".googleapis.com")
        or host in _BY_HOST
        or hosts.is_platform(host)
        or host in metadata_server.HOSTS
        or host in hosts.known_hosts(cloud)
    )


def answer(cloud: Cloud, request: HttpRequest) -> tuple[Reply, Identity]:
    """The reply to an addressed request, faults and delays included."""
    if request.host == "":
        return admin_api.answer(cloud, request, answer), ANONYMOUS
    fault = take_fault(cloud, request)
    if fault is None:
        return _served(cloud, request)
    cloud.closing.wait(float(fault.get("delay", 0)))
    if fault.get("reset"):
        return Reply(502, drop="reset"), ANONYMOUS
    if "status" in fault or "body" in fault:
        reply, who = _stated(fault, request), ANONYMOUS
    else:
        reply, who = _served(cloud, request)
    return (replace(reply, drop="truncate") if fault.get("truncate") else reply), who


def take_fault(cloud: Cloud, request: HttpRequest) -> Json | None:
    """The first fault that fits and is not used up."""
    actual = f"{request.host}{request.path}"
    usual = f"{canonical_host(request.host)}{request.path}"
    with cloud.lock:
        for index, fault in enumerate(cloud.world.faults):
            wanted = str(fault.get("match", "*"))
            fits = wanted == "*" or actual.startswith(wanted) or usual.startswith(wanted)
            if fits and cloud.faults_taken.get(index, 0) < int(fault.get("times", 1)):
                cloud.faults_taken[index] = cloud.faults_taken.get(index, 0) + 1
                return fault
    return None


def _stated(fault: Json, request: HttpRequest) -> Reply:
    status = int(fault.get("status", 200))
    headers = {str(key).lower(): str(value) for key, value in (fault.get("headers") or {}).items()}
    if "body" in fault:
        return Reply(status, str(fault["body"]).encode(), {"content-type": "text/html; charset=utf-8", **headers})
    if canonical_host(request.host) in _BY_HOST or request.host.endswith(".googleapis.com"):
        reply = by_status(status).reply()
    else:
        reply = text_reply(status, f"Error {status}", "text/plain")
    return replace(reply, headers={**reply.headers, **headers})


def _served(cloud: Cloud, request: HttpRequest) -> tuple[Reply, Identity]:
    host = canonical_host(request.host)
    if host in metadata_server.HOSTS:
        return metadata_server.answer(cloud, request), ANONYMOUS
    if host in _BY_HOST or host.endswith(".googleapis.com"):
        cloud.closing.wait(cloud.world.delays.api)
        region = request.host.removesuffix(f"-{host}") if host != request.host else ""
        headers = (*request.headers, (REGION_HEADER, region)) if region else request.headers
        return _api(cloud, replace(request, host=host, headers=headers))
    if hosts.is_platform(host) or host in hosts.known_hosts(cloud):
        return front_end.answer(cloud, request)
    _say(f"this world has no host {host or request.path}")
    return text_reply(502, f"The sandbox's world has no host {host}.\n"), ANONYMOUS


def _api(cloud: Cloud, request: HttpRequest) -> tuple[Reply, Identity]:
    who = ANONYMOUS
    api: Api | None = _BY_HOST.get(request.host)
    if api is not None:
        reply, who = api.answer(cloud, request)
        if reply is not None:
            return reply, who
    reply, who = read_only_resources.answer(cloud, request)
    if reply is not None:
        return reply, who
    _say(f"not served: {request.method} {request.host}{request.path}")
    return error_pages.robot(request.path), who


def _say(text: str) -> None:
    """One line on standard error; what was sent is shown without its control characters."""
    sys.stderr.write(f"crauth-doctor sandbox: {text.encode('unicode_escape').decode('ascii')}\n")
