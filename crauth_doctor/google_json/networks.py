"""Subnetworks, connectors, private DNS zones, and Private Service Connect endpoints."""

from __future__ import annotations

from typing import Final

from ..deferred import dataclass
from ..model.caller import Subnetwork
from . import json_access as look
from .json_access import Json

_BUNDLES: Final = frozenset({"all-apis", "vpc-sc"})
_ENDPOINT: Final = "PRIVATE_SERVICE_CONNECT"


@dataclass(frozen=True)
class Connector:
    """A Serverless VPC Access connector."""

    network: str | None  # name of its network, or of a network of its project
    subnetwork: str | None  # `projects/P/regions/R/subnetworks/S`; None where it keeps a range of its own


@dataclass(frozen=True)
class Zone:
    """A private DNS zone."""

    id: str  # its short name
    dns_name: str  # `run.app.`
    networks: frozenset[str]  # `projects/P/global/networks/N` of those that see it


@dataclass(frozen=True)
class Record:
    """A record set."""

    name: str  # `*.run.app.`
    type: str  # `A`, `AAAA`, `CNAME` …
    data: tuple[str, ...]  # its values


def network_name(name: str, project: str) -> str:
    """Normalise a network's name, short, relative or a URL, to `projects/P/global/networks/N`."""
    parts = name.rstrip("/").split("/")
    if len(parts) >= 5 and parts[-5] == "projects":
        return "/".join(parts[-5:])
    return f"projects/{project}/global/networks/{parts[-1]}"


def subnetwork_name(name: str, project: str, region: str) -> str:
    """Normalise a subnetwork's name, short, relative or a URL, to `projects/P/regions/R/subnetworks/S`."""
    parts = name.rstrip("/").split("/")
    if len(parts) >= 6 and parts[-6] == "projects":
        return "/".join(parts[-6:])
    return f"projects/{project}/regions/{region}/subnetworks/{parts[-1]}"


def subnetwork(found: Json, name: str) -> Subnetwork:
    """Return a subnetwork: its name as it was asked for, and whether Private Google Access is on."""
    return Subnetwork(name, look.is_true(found, "privateIpGoogleAccess"))


def connector(found: Json, project: str, region: str) -> Connector:
    """Return a connector of a project and region; its network may be another project's."""
    host = look.text(found, "subnet", "projectId") or project
    network, subnet = look.text(found, "network"), look.text(found, "subnet", "name")
    return Connector(
        network_name(network, host) if network else None,
        subnetwork_name(subnet, host, region) if subnet else None,
    )


def zone(found: Json, project: str) -> Zone | None:
    """Return a zone of a project; None where it is public."""
    if found.get("visibility") != "private":
        return None
    networks = look.items(found, "privateVisibilityConfig", "networks")
    seen_by = frozenset(network_name(look.text(one, "networkUrl") or "", project) for one in networks)
    return Zone(str(found["name"]), str(found["dnsName"]).lower(), seen_by)


def record(found: Json) -> Record:
    """Return a record set."""
    return Record(str(found["name"]).lower(), str(found["type"]), look.texts(found, "rrdatas"))


def api_endpoint(found: Json, vpc: str) -> str | None:
    """Return the address of a network's Private Service Connect endpoint for Google APIs, where a rule is one.

    It is a global forwarding rule whose target is one of two bundles of APIs.
    Documentation: https://docs.cloud.google.com/vpc/docs/configure-private-service-connect-apis
    """
    return str(found["IPAddress"]) if look.last(found, "target") in _BUNDLES and _is_in(found, vpc) else None


def endpoint_address(found: Json, vpc: str) -> str | None:
    """Return the address, where it is one of a network for Private Service Connect with Google APIs, and in use.

    Documentation: https://docs.cloud.google.com/compute/docs/reference/rest/v1/globalAddresses#Address
    """
    kept = found.get("purpose") == _ENDPOINT and found.get("status") == "IN_USE" and _is_in(found, vpc)
    return str(found["address"]) if kept else None


def _is_in(found: Json, vpc: str) -> bool:
    return not found.get("network") or network_name(str(found["network"]), vpc.split("/")[1]) == vpc
