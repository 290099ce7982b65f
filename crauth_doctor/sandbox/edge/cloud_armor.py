"""Cloud Armor: the security policy of a load balancer's backend.

https://cloud.google.com/armor/docs/security-policy-overview
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from ..http.messages import HttpRequest, Reply
from ..iam import conditions
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json

ADDRESS = "203.0.113.8"
ADDRESS_HEADER = "x-sandbox-address"
_BODY = (
    b'<!doctype html><meta charset="utf-8"><meta name=viewport content="width=device-width, initial-scale=1">'
    b"<title>403</title>403 Forbidden"
)


def refusal(cloud: Cloud, request: HttpRequest, backend: str) -> tuple[Reply, Json] | None:
    """Cloud Armor's denial with the rule that denies; `None` where it lets the request on."""
    name = policy_of(cloud, backend)
    if name is None:
        return None
    for rule in sorted(cloud.resources[name].get("rules", []), key=lambda each: int(each.get("priority", 2147483647))):
        if not rule.get("preview") and _fits(rule.get("match") or {}, request):
            action = str(rule.get("action", "allow"))
            return (denial(action), rule) if action.startswith("deny") else None
    return None


def policy_of(cloud: Cloud, backend: str) -> str | None:
    """The full name of a backend's security policy."""
    link = str(cloud.resources.get(backend, {}).get("securityPolicy") or "")
    name = cloud.canonical(f"//compute.googleapis.com/projects/{link.partition('projects/')[2]}")
    return name if name in cloud.resources else None


def denial(action: str) -> Reply:
    """The page of a denial: as public captures show it, 134 bytes for `deny(403)`."""
    status = int(action.removeprefix("deny(").removesuffix(")")) if action != "deny" else 403
    body = (
        _BODY
        if status == 403
        else _BODY.replace(b"403 Forbidden", str(status).encode()).replace(b"403", b"%d" % status)
    )
    return Reply(status, body, {"content-type": "text/html; charset=UTF-8"})


def address_of(request: HttpRequest) -> str:
    """The address that a request comes from."""
    return request.header(ADDRESS_HEADER) or ADDRESS


def _fits(match: Json, request: HttpRequest) -> bool:
    ranges = (match.get("config") or {}).get("srcIpRanges")
    if ranges is not None:
        address = ip_address(address_of(request))
        return any(str(each) == "*" or address in ip_network(str(each), strict=False) for each in ranges)
    expression = str((match.get("expr") or {}).get("expression", ""))
    headers = {name.lower(): value for name, value in request.headers}
    attributes = {
        "request": {"path": request.path, "method": request.method, "query": request.query_string, "headers": headers},
        "origin": {"ip": address_of(request), "region_code": "ZZ"},
    }
    return conditions.holds(expression, attributes) is True


def log_entry(cloud: Cloud, request: HttpRequest, reply: Reply, backend: str, rule: Json) -> None:
    """The load balancer's own request log. https://cloud.google.com/armor/docs/request-logging."""
    project = names.project_in(backend) or ""
    policy = policy_of(cloud, backend) or ""
    enforced = {
        "name": policy.rsplit("/", 1)[-1],
        "priority": int(rule.get("priority", 2147483647)),
        "configuredAction": "DENY",
        "outcome": "DENY",
    }
    entry: Json = {
        "logName": f"projects/{project}/logs/requests",
        "resource": {
            "type": "http_load_balancer",
            "labels": {"project_id": project, "backend_service_name": backend.rsplit("/", 1)[-1], "zone": "global"},
        },
        "jsonPayload": {
            "@type": "type.googleapis.com/google.cloud.loadbalancing.type.LoadBalancerLogEntry",
            "statusDetails": "denied_by_security_policy",
            "enforcedSecurityPolicy": enforced,
        },
        "httpRequest": {
            "requestMethod": request.method,
            "requestUrl": f"https://{request.host}{request.path}",
            "status": reply.status,
            "responseSize": str(len(reply.body)),
            "userAgent": request.header("user-agent") or "",
            "remoteIp": address_of(request),
            "latency": "0.000412s",
        },
        "severity": "WARNING",
    }
    cloud.write_log(entry)
