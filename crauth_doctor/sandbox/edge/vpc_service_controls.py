"""VPC Service Controls: perimeters that protect Cloud Run, as Access Context Manager has them.

A world keeps them as resources `//accesscontextmanager.googleapis.com/accessPolicies/N/servicePerimeters/NAME`.
https://cloud.google.com/run/docs/securing/using-vpc-service-controls
"""

from __future__ import annotations

from ..iam.members import matches
from ..iam.principal import Identity
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json

PERIMETERS = "//accesscontextmanager.googleapis.com/"
_SERVICE = "run.googleapis.com"


def refuses(cloud: Cloud, service: str, origin: str | None, who: Identity) -> bool:
    """Whether a perimeter refuses a call of a service that comes from a project (`None`: the internet)."""
    target = names.project_in(service) or ""
    for status in _protecting(cloud, target):
        inside = origin is not None and _holds(cloud, status, origin)
        if not inside and not any(_lets_in(cloud, rule, target, origin, who) for rule in _rules(status)):
            return True
    return False


def joins(cloud: Cloud, service: str, origin: str) -> bool:
    """Whether one perimeter holds both the service and the project that calls: then the call is internal.

    https://cloud.google.com/run/docs/securing/ingress#internal-services
    """
    statuses = _protecting(cloud, names.project_in(service) or "")
    return any(_holds(cloud, status, origin) for status in statuses)


def _protecting(cloud: Cloud, project: str) -> list[Json]:
    found = []
    for name, perimeter in list(cloud.resources.items()):
        if name.startswith(PERIMETERS) and "/servicePerimeters/" in name:
            status = perimeter.get("status") or {}
            if _SERVICE in status.get("restrictedServices", []) and _holds(cloud, status, project):
                found.append(status)
    return found


def _holds(cloud: Cloud, status: Json, project: str) -> bool:
    known = cloud.project(project)
    wanted = {f"projects/{each}" for each in ((known.id, known.number) if known else (project,))}
    return any(str(each) in wanted for each in status.get("resources", []))


def _rules(status: Json) -> list[Json]:
    return [each for each in status.get("ingressPolicies", []) if isinstance(each, dict)]


def _lets_in(cloud: Cloud, rule: Json, target: str, origin: str | None, who: Identity) -> bool:
    """Whether an ingress rule admits this call. https://cloud.google.com/vpc-service-controls/docs/ingress-egress-rules."""
    source, to = rule.get("ingressFrom") or {}, rule.get("ingressTo") or {}
    services = {str(each.get("serviceName")) for each in to.get("operations", [])}
    if not services & {"*", _SERVICE} or not ("*" in to.get("resources", []) or _holds(cloud, to, target)):
        return False
    return _is_admitted(cloud, source, who) and any(_fits(cloud, each, origin) for each in source.get("sources", []))


def _is_admitted(cloud: Cloud, source: Json, who: Identity) -> bool:
    kind = source.get("identityType")
    if kind == "ANY_IDENTITY":
        return True
    if kind in ("ANY_USER_ACCOUNT", "ANY_SERVICE_ACCOUNT"):
        return who.kind == ("user" if kind == "ANY_USER_ACCOUNT" else "serviceAccount")
    return any(matches(cloud, str(each), who) for each in source.get("identities", []))


def _fits(cloud: Cloud, source: Json, origin: str | None) -> bool:
    """Whether the call comes from a source: `*` is any; access levels are not evaluated, and admit nobody."""
    if source.get("accessLevel") == "*":
        return True
    wanted = str(source.get("resource") or "")
    return origin is not None and _holds(cloud, {"resources": [wanted]}, origin)
