"""Where a call comes from, and whether ingress counts that as internal.

https://cloud.google.com/run/docs/securing/ingress and https://cloud.google.com/run/docs/securing/private-networking
"""

from __future__ import annotations

from enum import Enum, auto

from ..state import resource_names as names
from ..state.cloud import Cloud
from . import vpc_service_controls
from .egress import INTERNET, LOST, network_of, way_of
from .hosts import HostTarget

# Products whose calls of a run.app URL count as internal within one project.
_PRODUCTS = ("cloudscheduler", "cloudtasks", "pubsub", "eventarc", "workflows", "dialogflow", "bigquery", "monitoring")


class Admission(Enum):
    """What becomes of a request at the network's edge."""

    ADMITTED = auto()
    REFUSED = auto()
    LOST = auto()  # nothing ever answers: Private Google Access is off, or the name leads nowhere


def admission(cloud: Cloud, target: HostTarget, origin: str, host: str) -> Admission:
    """Whether a call from an origin (`internet`, a network, or a calling resource) passes a service's ingress."""
    service = target.service
    ingress = str(cloud.resources[service].get("ingress") or "INGRESS_TRAFFIC_ALL")
    network = network_of(cloud, origin, host)
    if network == LOST:
        return Admission.LOST
    if ingress in ("INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_UNSPECIFIED"):
        return Admission.ADMITTED
    if ingress == "INGRESS_TRAFFIC_NONE":
        return Admission.REFUSED
    if target.balancer is not None:
        admitted = target.balancer.internal or ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
        return Admission.ADMITTED if admitted else Admission.REFUSED
    if network == INTERNET:
        inside = target.default and _is_product(origin) and _beside(cloud, service, cloud.canonical(origin))
    else:
        inside = _is_internal(cloud, service, network)
    return Admission.ADMITTED if inside else Admission.REFUSED


def home_of(cloud: Cloud, origin: str, host: str) -> str | None:
    """The project that a call counts as coming from, for a perimeter; `None` is the internet."""
    if _is_product(origin):
        return names.project_in(cloud.canonical(origin))
    network = network_of(cloud, origin, host)
    return None if network in (INTERNET, LOST) else names.project_in(network)


def _is_internal(cloud: Cloud, service: str, network: str) -> bool:
    if _beside(cloud, service, network):
        return True
    own = way_of(cloud, service)
    return own is not None and own.network == network  # the Shared VPC network that the revision is attached to


def _beside(cloud: Cloud, service: str, other: str) -> bool:
    """Whether two resources stand in one project, or their projects in one perimeter."""
    project = names.project_in(other) or ""
    return project == names.project_in(service) or vpc_service_controls.joins(cloud, service, project)


def _is_product(origin: str) -> bool:
    return origin.startswith("//") and names.service_of(origin).partition(".")[0] in _PRODUCTS
