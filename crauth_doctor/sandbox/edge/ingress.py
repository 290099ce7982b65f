"""Where a call comes from, and whether ingress counts that as internal.

https://cloud.google.com/run/docs/securing/ingress and https://cloud.google.com/run/docs/securing/private-networking
"""

from __future__ import annotations

from ..state import resource_names as names
from ..state.cloud import Cloud
from . import vpc_service_controls
from .egress import INTERNET, LOST, network_of, way_of
from .hosts import HostTarget

# Products whose calls of a run.app URL count as internal within one project; of BigQuery it is a connection that calls.
_PRODUCTS = (
    *("cloudscheduler", "cloudtasks", "pubsub", "eventarc", "workflows"),
    *("dialogflow", "bigquery", "bigqueryconnection", "monitoring"),
)


def is_lost(cloud: Cloud, target: HostTarget, origin: str, host: str) -> bool:
    """Whether nothing ever answers a call from an origin (`internet`, a network, or a calling resource).

    Private Google Access is off, or the name leads nowhere. An internal load balancer has a private address, to which
    any egress leads that enters a network, and nothing else: https://cloud.google.com/load-balancing/docs/l7-internal
    """
    if target.balancer is not None and target.balancer.internal:
        return way_of(cloud, origin) is None
    return network_of(cloud, origin, host) == LOST


def admits(cloud: Cloud, target: HostTarget, origin: str, host: str) -> bool:
    """Whether a call from an origin passes a service's ingress."""
    service = target.service
    ingress = str(cloud.resources[service].get("ingress") or "INGRESS_TRAFFIC_ALL")
    if ingress in ("INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_UNSPECIFIED"):
        return True
    if ingress == "INGRESS_TRAFFIC_NONE":
        return False
    if target.balancer is not None:
        return target.balancer.internal or ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    network = network_of(cloud, origin, host)
    if network == INTERNET:
        return target.default and _is_product(origin) and _beside(cloud, service, cloud.canonical(origin))
    return _is_internal(cloud, service, network)


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
