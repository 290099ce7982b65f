"""How a workload's calls leave: over the internet, through a network, or into nothing.

https://cloud.google.com/run/docs/securing/private-networking and https://cloud.google.com/vpc/docs/private-google-access
"""

from __future__ import annotations

from dataclasses import dataclass

from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from .hosts import is_platform
from .private_dns import Lead, full_network, lead_of

INTERNET = "internet"
LOST = "lost"
_ALL = "ALL_TRAFFIC"


@dataclass(frozen=True)
class Way:
    """A way into a network."""

    network: str  # its full name
    subnetwork: str | None  # whose Private Google Access decides; `None` where none does
    all_traffic: bool  # whether everything goes that way, or private addresses only


def network_of(cloud: Cloud, origin: str, host: str) -> str:
    """The network from which a call of an origin arrives; `internet`; or `lost`."""
    way = way_of(cloud, origin)
    if way is None:
        return INTERNET
    lead = lead_of(cloud, way.network, host)
    if lead is Lead.NOWHERE:
        return LOST
    if lead is Lead.PUBLIC and not way.all_traffic:
        return INTERNET
    if not is_platform(host):
        return way.network  # Private Google Access leads to Google's names only; to others, Cloud NAT is taken to
    private_access = cloud.resources.get(way.subnetwork or "", {}).get("privateIpGoogleAccess", True)
    return way.network if private_access else LOST


def way_of(cloud: Cloud, origin: str) -> Way | None:
    """The way of an origin: a network itself, or a resource that calls."""
    name = cloud.canonical(origin) if origin.startswith("//") else origin
    if "/global/networks/" in name:
        return Way(full_network(cloud, name, names.project_in(names.path_of(name)) or ""), None, all_traffic=True)
    resource = cloud.resources.get(name, {})
    match names.service_of(name).partition(".")[0]:
        case "run":
            template = resource.get("template") or {}
            inner: Json = (template.get("template") or {}) if "/jobs/" in name else template
            return access_of(cloud, inner.get("vpcAccess") or {}, name)
        case "cloudfunctions":
            return _of_function(cloud, resource, name)
        case "appengine":
            return _of_version(cloud, name)
        case "compute" if "/instances/" in name:
            return _of_machine(cloud, resource, name)
        case "container":
            cluster = cloud.resources.get("/".join(name.split("/")[:9]), {})
            # of a Shared VPC cluster, only this names the host project
            return Way(_home(cloud, cluster.get("networkConfig") or cluster, name), None, all_traffic=True)
        case _:
            return None


def access_of(cloud: Cloud, access: Json, name: str) -> Way | None:
    """The way that a `vpcAccess` opens: an interface of its own, or a connector's."""
    project, region = names.project_in(name) or "", (f"{name}/locations/".split("/locations/")[1]).partition("/")[0]
    all_traffic = access.get("egress") == _ALL
    for interface in access.get("networkInterfaces", []):
        subnetwork = _subnetwork(cloud, str(interface.get("subnetwork") or ""), project, region)
        declared = interface.get("network") or cloud.resources.get(subnetwork or "", {}).get("network")
        return Way(full_network(cloud, str(declared or "default"), project), subnetwork, all_traffic)
    if not access.get("connector"):
        return None
    return _by_connector(cloud, str(access["connector"]), project, region, all_traffic=all_traffic)


def _by_connector(cloud: Cloud, connector: str, project: str, region: str, *, all_traffic: bool) -> Way:
    path = connector if "/" in connector else f"projects/{project}/locations/{region}/connectors/{connector}"
    found = cloud.resources.get(cloud.canonical(f"//vpcaccess.googleapis.com/{path}"), {})
    subnet = found.get("subnet") or {}
    home = str(subnet.get("projectId") or project)
    network = full_network(cloud, str(found.get("network") or "default"), home)
    return Way(network, _subnetwork(cloud, str(subnet.get("name") or ""), home, region), all_traffic)


def _of_function(cloud: Cloud, function: Json, name: str) -> Way | None:
    """A function's: of the second generation it is its service's."""
    service = cloud.canonical(names.RUN + str((function.get("serviceConfig") or {}).get("service") or ""))
    if service in cloud.resources:
        return way_of(cloud, service)
    access = {"connector": function.get("vpcConnector"), "egress": function.get("vpcConnectorEgressSettings")}
    return access_of(cloud, access, name)


def _of_version(cloud: Cloud, name: str) -> Way | None:
    """An App Engine version's, by its connector. https://cloud.google.com/appengine/docs/standard/connecting-vpc."""
    found = [each for each in sorted(cloud.resources) if each == name or each.startswith(f"{name}/versions/")]
    connector = cloud.resources[found[-1]].get("vpcAccessConnector") if found else None
    if not connector:
        return None
    path = str(connector.get("name") or "")
    region = path.partition("/locations/")[2].partition("/")[0]
    all_traffic = connector.get("egressSetting") == _ALL
    return _by_connector(cloud, path, names.project_in(path) or "", region, all_traffic=all_traffic)


def _of_machine(cloud: Cloud, machine: Json, name: str) -> Way | None:
    """A machine's: with an external address, Private Google Access decides nothing."""
    for interface in machine.get("networkInterfaces", []):
        region = name.partition("/zones/")[2].partition("/")[0].rpartition("-")[0]
        project = names.project_in(name) or ""
        subnetwork = _subnetwork(cloud, str(interface.get("subnetwork") or ""), project, region)
        return Way(
            _home(cloud, interface, name), None if interface.get("accessConfigs") else subnetwork, all_traffic=True
        )
    return None


def _home(cloud: Cloud, holder: Json, name: str) -> str:
    return full_network(cloud, str(holder.get("network") or "default"), names.project_in(name) or "")


def _subnetwork(cloud: Cloud, reference: str, project: str, region: str) -> str | None:
    if not reference:
        return None
    if "projects/" in reference:
        reference = "projects/" + reference.split("projects/", 1)[1]
    else:
        reference = f"projects/{project}/regions/{region}/subnetworks/{reference.rsplit('/', 1)[-1]}"
    return cloud.canonical(f"//compute.googleapis.com/{reference}")
