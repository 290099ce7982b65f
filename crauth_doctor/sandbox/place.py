"""Where a call comes from, and whether ingress counts that as internal.

https://cloud.google.com/run/docs/securing/ingress and https://cloud.google.com/run/docs/securing/private-networking
"""

from __future__ import annotations

from enum import Enum, auto

from . import names
from .cloud import Cloud
from .hosts import Target
from .world import Json

INTERNET = "internet"
# Products whose calls of a run.app URL count as internal within one project.
_PRODUCTS = ("cloudscheduler", "cloudtasks", "pubsub", "eventarc", "workflows", "dialogflow", "bigquery", "monitoring")


class Admission(Enum):
    """What becomes of a request at the network's edge."""

    ADMITTED = auto()
    REFUSED = auto()
    LOST = auto()  # nothing ever answers: Private Google Access is off


def admission(cloud: Cloud, target: Target, origin: str) -> Admission:
    """Whether a call from an origin (`internet`, a network, or a calling resource) passes a service's ingress."""
    service = target.service
    ingress = str(cloud.resources[service].get("ingress") or "INGRESS_TRAFFIC_ALL")
    network = network_of(cloud, origin)
    if network == "lost":
        return Admission.LOST
    if ingress in ("INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_UNSPECIFIED"):
        return Admission.ADMITTED
    if ingress == "INGRESS_TRAFFIC_NONE":
        return Admission.REFUSED
    if target.balancer is not None:
        admitted = target.balancer.internal or ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
        return Admission.ADMITTED if admitted else Admission.REFUSED
    if network == INTERNET:
        inside = target.default and _product_of_same_project(cloud, service, origin)
    else:
        inside = _is_internal(cloud, service, network)
    return Admission.ADMITTED if inside else Admission.REFUSED


def network_of(cloud: Cloud, origin: str) -> str:
    """The network from which a call of an origin arrives; `internet`; or `lost`."""
    if origin.startswith(names.RUN):
        return _egress_of_run(cloud, cloud.canonical(origin))
    if "/global/networks/" in origin:
        return _network(origin, names.project_in(names.path_of(origin)) or "", cloud)
    if origin.startswith("//compute.googleapis.com/") and "/instances/" in origin:
        project = names.project_in(origin) or ""
        interfaces = cloud.resources.get(cloud.canonical(origin), {}).get("networkInterfaces", [])
        return _network(str(interfaces[0].get("network", "default")), project, cloud) if interfaces else INTERNET
    if origin.startswith("//container.googleapis.com/"):
        cluster = cloud.resources.get(cloud.canonical(origin), {})
        return _network(str(cluster.get("network", "default")), names.project_in(origin) or "", cloud)
    return INTERNET


def _egress_of_run(cloud: Cloud, caller: str) -> str:
    resource = cloud.resources.get(caller, {})
    template = resource.get("template", {})
    template = template.get("template", template) if "/jobs/" in caller else template
    access = template.get("vpcAccess") or {}
    project = names.project_in(caller) or ""
    region = caller.split("/locations/")[1].split("/", maxsplit=1)[0]
    network, subnetwork = _attached(cloud, access, project, region)
    if network is None:
        return INTERNET
    if access.get("egress") != "ALL_TRAFFIC" and not has_private_zone(cloud, network):
        return INTERNET
    private_access = cloud.resources.get(subnetwork or "", {}).get("privateIpGoogleAccess", True)
    return network if private_access else "lost"


def _attached(cloud: Cloud, access: Json, project: str, region: str) -> tuple[str | None, str | None]:
    """The network and the subnetwork through which a revision's egress goes."""
    for interface in access.get("networkInterfaces", []):
        subnetwork = _subnetwork(str(interface.get("subnetwork") or ""), project, region, cloud)
        declared = interface.get("network") or cloud.resources.get(subnetwork or "", {}).get("network")
        return _network(str(declared or "default"), project, cloud), subnetwork
    connector = access.get("connector")
    if not connector:
        return None, None
    path = connector if "/" in connector else f"projects/{project}/locations/{region}/connectors/{connector}"
    found = cloud.resources.get(cloud.canonical(f"//vpcaccess.googleapis.com/{path}"), {})
    subnet = found.get("subnet") or {}
    home = str(subnet.get("projectId") or project)
    return (
        _network(str(found.get("network") or "default"), home, cloud),
        _subnetwork(str(subnet.get("name") or ""), home, region, cloud),
    )


def has_private_zone(cloud: Cloud, network: str) -> bool:
    """Whether a private zone of this network answers for run.app, so that calls stay on private ranges."""
    for name, zone in cloud.resources.items():
        if name.startswith("//dns.googleapis.com/") and zone.get("dnsName") == "run.app.":
            if zone.get("visibility") != "private":
                continue
            networks = zone.get("privateVisibilityConfig", {}).get("networks")
            project = names.project_in(name) or ""
            if networks is None or any(
                _network(str(each.get("networkUrl")), project, cloud) == network for each in networks
            ):
                return True
    return False


def _is_internal(cloud: Cloud, service: str, network: str) -> bool:
    project = names.project_in(service) or ""
    if names.project_in(names.path_of(network)) == project:
        return True
    template = cloud.resources[service].get("template", {})
    region = service.split("/locations/")[1].split("/", maxsplit=1)[0]
    own, _ = _attached(cloud, template.get("vpcAccess") or {}, project, region)
    return own == network  # the Shared VPC network that the revision itself is attached to


def _product_of_same_project(cloud: Cloud, service: str, origin: str) -> bool:
    if names.service_of(origin).partition(".")[0] not in _PRODUCTS or not origin.startswith("//"):
        return False
    return names.project_in(cloud.canonical(origin)) == names.project_in(service)


def _network(reference: str, project: str, cloud: Cloud) -> str:
    """A network's full name, from a URL, a relative name or a bare one."""
    if "projects/" in reference:
        reference = "projects/" + reference.split("projects/", 1)[1]
    else:
        reference = f"projects/{project}/global/networks/{reference.rsplit('/', 1)[-1]}"
    return cloud.canonical(f"//compute.googleapis.com/{reference}")


def _subnetwork(reference: str, project: str, region: str, cloud: Cloud) -> str | None:
    if not reference:
        return None
    if "projects/" in reference:
        reference = "projects/" + reference.split("projects/", 1)[1]
    else:
        reference = f"projects/{project}/regions/{region}/subnetworks/{reference.rsplit('/', 1)[-1]}"
    return cloud.canonical(f"//compute.googleapis.com/{reference}")
