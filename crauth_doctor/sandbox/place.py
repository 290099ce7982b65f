"""Where a call comes from, and whether ingress counts that as internal.

https://cloud.google.com/run/docs/securing/ingress and https://cloud.google.com/run/docs/securing/private-networking
"""

from __future__ import annotations

from enum import Enum, auto

from . import names, perimeter
from .cloud import Cloud
from .dns_zone import Lead, full_network, lead_of
from .hosts import Target
from .world import Json

INTERNET = "internet"
LOST = "lost"
# Products whose calls of a run.app URL count as internal within one project.
_PRODUCTS = ("cloudscheduler", "cloudtasks", "pubsub", "eventarc", "workflows", "dialogflow", "bigquery", "monitoring")


class Admission(Enum):
    """What becomes of a request at the network's edge."""

    ADMITTED = auto()
    REFUSED = auto()
    LOST = auto()  # nothing ever answers: Private Google Access is off, or the name leads nowhere


def admission(cloud: Cloud, target: Target, origin: str, host: str) -> Admission:
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


def network_of(cloud: Cloud, origin: str, host: str) -> str:
    """The network from which a call of an origin arrives; `internet`; or `lost`."""
    if origin.startswith(names.RUN):
        return _egress_of_run(cloud, cloud.canonical(origin), host)
    network = _declared(cloud, origin)
    if network != INTERNET and lead_of(cloud, network, host) is Lead.NOWHERE:
        return LOST
    return network


def _declared(cloud: Cloud, origin: str) -> str:
    """The network that an origin is or stands in."""
    if "/global/networks/" in origin:
        return full_network(cloud, origin, names.project_in(names.path_of(origin)) or "")
    if origin.startswith("//compute.googleapis.com/") and "/instances/" in origin:
        project = names.project_in(origin) or ""
        interfaces = cloud.resources.get(cloud.canonical(origin), {}).get("networkInterfaces", [])
        return full_network(cloud, str(interfaces[0].get("network", "default")), project) if interfaces else INTERNET
    if origin.startswith("//container.googleapis.com/"):
        cluster = cloud.resources.get(cloud.canonical(origin), {})
        return full_network(cloud, str(cluster.get("network", "default")), names.project_in(origin) or "")
    return INTERNET


def _egress_of_run(cloud: Cloud, caller: str, host: str) -> str:
    resource = cloud.resources.get(caller, {})
    template = resource.get("template", {})
    template = template.get("template", template) if "/jobs/" in caller else template
    access = template.get("vpcAccess") or {}
    project = names.project_in(caller) or ""
    region = caller.split("/locations/")[1].split("/", maxsplit=1)[0]
    network, subnetwork = _attached(cloud, access, project, region)
    if network is None:
        return INTERNET
    lead = lead_of(cloud, network, host)
    if lead is Lead.NOWHERE:
        return LOST
    if lead is Lead.PUBLIC and access.get("egress") != "ALL_TRAFFIC":
        return INTERNET
    private_access = cloud.resources.get(subnetwork or "", {}).get("privateIpGoogleAccess", True)
    return network if private_access else LOST


def _attached(cloud: Cloud, access: Json, project: str, region: str) -> tuple[str | None, str | None]:
    """The network and the subnetwork through which a revision's egress goes."""
    for interface in access.get("networkInterfaces", []):
        subnetwork = _subnetwork(str(interface.get("subnetwork") or ""), project, region, cloud)
        declared = interface.get("network") or cloud.resources.get(subnetwork or "", {}).get("network")
        return full_network(cloud, str(declared or "default"), project), subnetwork
    connector = access.get("connector")
    if not connector:
        return None, None
    path = connector if "/" in connector else f"projects/{project}/locations/{region}/connectors/{connector}"
    found = cloud.resources.get(cloud.canonical(f"//vpcaccess.googleapis.com/{path}"), {})
    subnet = found.get("subnet") or {}
    home = str(subnet.get("projectId") or project)
    return (
        full_network(cloud, str(found.get("network") or "default"), home),
        _subnetwork(str(subnet.get("name") or ""), home, region, cloud),
    )


def _is_internal(cloud: Cloud, service: str, network: str) -> bool:
    project = names.project_in(service) or ""
    if _beside(cloud, service, network):
        return True
    template = cloud.resources[service].get("template", {})
    region = service.split("/locations/")[1].split("/", maxsplit=1)[0]
    own, _ = _attached(cloud, template.get("vpcAccess") or {}, project, region)
    return own == network  # the Shared VPC network that the revision itself is attached to


def _beside(cloud: Cloud, service: str, other: str) -> bool:
    """Whether two resources stand in one project, or their projects in one perimeter."""
    project = names.project_in(other) or ""
    return project == names.project_in(service) or perimeter.joins(cloud, service, project)


def _is_product(origin: str) -> bool:
    return origin.startswith("//") and names.service_of(origin).partition(".")[0] in _PRODUCTS


def _subnetwork(reference: str, project: str, region: str, cloud: Cloud) -> str | None:
    if not reference:
        return None
    if "projects/" in reference:
        reference = "projects/" + reference.split("projects/", 1)[1]
    else:
        reference = f"projects/{project}/regions/{region}/subnetworks/{reference.rsplit('/', 1)[-1]}"
    return cloud.canonical(f"//compute.googleapis.com/{reference}")
