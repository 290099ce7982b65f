"""Private DNS zones, as far as they decide where a run.app name leads from inside a network.

https://cloud.google.com/run/docs/securing/private-networking and https://cloud.google.com/vpc/docs/configure-private-google-access
"""

from __future__ import annotations

from enum import Enum, auto
from ipaddress import ip_address, ip_network

from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json

# private.googleapis.com and restricted.googleapis.com: https://cloud.google.com/vpc/docs/configure-private-google-access
_RANGES = tuple(ip_network(each) for each in ("199.36.153.8/30", "199.36.153.4/30"))
_OUTSIDE = ("private.googleapis.com.", "restricted.googleapis.com.")
_LONGEST_CHAIN = 4


class Lead(Enum):
    """Where a name leads from inside a network."""

    PUBLIC = auto()  # no private zone answers: to Google's public addresses
    GOOGLE = auto()  # to addresses that stay inside and serve Google's APIs
    NOWHERE = auto()  # it does not resolve, or nothing there answers


def lead_of(cloud: Cloud, network: str, host: str) -> Lead:
    """Where a host leads from a network: the zone with the longest fitting name decides alone."""
    fitting = [zone for zone in _zones(cloud, network) if f".{host}.".endswith(f".{zone.get('dnsName')}")]
    if not fitting:
        return Lead.PUBLIC
    zone = max(fitting, key=lambda each: len(str(each.get("dnsName"))))
    return _resolved(cloud, network, zone, f"{host}.")


def _zones(cloud: Cloud, network: str) -> list[Json]:
    found = []
    for name, zone in list(cloud.resources.items()):
        if name.startswith("//dns.googleapis.com/") and zone.get("visibility") == "private":
            networks = zone.get("privateVisibilityConfig", {}).get("networks")
            project = names.project_in(name) or ""
            if networks is None or any(
                full_network(cloud, str(each.get("networkUrl")), project) == network for each in networks
            ):
                found.append(zone)
    return found


def full_network(cloud: Cloud, reference: str, project: str) -> str:
    """A network's full name, from a URL, a relative name or a bare one."""
    if "projects/" in reference:
        reference = "projects/" + reference.split("projects/", 1)[1]
    else:
        reference = f"projects/{project}/global/networks/{reference.rsplit('/', 1)[-1]}"
    return cloud.canonical(f"//compute.googleapis.com/{reference}")


def _resolved(cloud: Cloud, network: str, zone: Json, name: str) -> Lead:
    for _ in range(_LONGEST_CHAIN):
        record = _record(zone, name)
        if record is None:
            return Lead.NOWHERE
        values = [str(each) for each in record.get("rrdatas", [])]
        if record.get("type") == "A":
            return Lead.GOOGLE if values and all(_serves(cloud, network, each) for each in values) else Lead.NOWHERE
        name = values[0] if values else ""
        if name in _OUTSIDE:
            return Lead.GOOGLE
        if not f".{name}".endswith(f".{zone.get('dnsName')}"):
            return Lead.NOWHERE
    return Lead.NOWHERE


def _record(zone: Json, name: str) -> Json | None:
    """The record set of a name, or of the wildcard above it."""
    sets = [each for each in zone.get("rrsets", []) if each.get("type") in ("A", "CNAME")]
    wanted = [name, *(f"*.{name.split('.', depth)[depth]}" for depth in range(1, name.count(".")))]
    return next((each for one in wanted for each in sets if each.get("name") == one), None)


def _serves(cloud: Cloud, network: str, address: str) -> bool:
    """Whether Google's APIs answer at an address: in its own ranges, or at an endpoint for them in that network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if any(parsed in each for each in _RANGES):
        return True
    return any(
        "/global/forwardingRules/" in name and each.get("IPAddress") == address and _leads_to_apis(cloud, name, network)
        for name, each in list(cloud.resources.items())
    )


def _leads_to_apis(cloud: Cloud, name: str, network: str) -> bool:
    """Whether a forwarding rule is a Private Service Connect endpoint for Google APIs in a network.

    https://cloud.google.com/vpc/docs/about-accessing-google-apis-endpoints
    """
    rule, project = cloud.resources[name], names.project_in(name) or ""
    if str(rule.get("target")).rpartition("/")[2] not in ("all-apis", "vpc-sc"):
        return False
    if not rule.get("network"):
        return names.project_in(network) == project
    return full_network(cloud, str(rule["network"]), project) == network
