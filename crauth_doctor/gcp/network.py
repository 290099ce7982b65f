"""Subnetworks, connectors, private DNS zones, and Private Service Connect endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..model.caller import Subnetwork
from ..model.fact import Fact
from . import rest
from .google import Google

_BUNDLES: Final = frozenset({"all-apis", "vpc-sc"})
_ENDPOINT: Final = "PRIVATE_SERVICE_CONNECT"


@dataclass(frozen=True, slots=True)
class Connector:
    """A Serverless VPC Access connector.

    Args:
        network: name of its network, or of a network of its project.
        subnetwork: `projects/P/regions/R/subnetworks/S`; None where it keeps a range of its own.
    """

    network: str | None
    subnetwork: str | None


@dataclass(frozen=True, slots=True)
class Zone:
    """A private DNS zone.

    Args:
        id: its short name.
        dns_name: `run.app.`
        networks: `projects/P/global/networks/N` of those that see it.
    """

    id: str
    dns_name: str
    networks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Record:
    """A record set.

    Args:
        name: `*.run.app.`
        type: `A`, `AAAA`, `CNAME` …
        data: its values.
    """

    name: str
    type: str
    data: tuple[str, ...]


def subnetwork(google: Google, name: str) -> Fact[Subnetwork]:
    """Read a subnetwork by `projects/P/regions/R/subnetworks/S`."""
    _, project, _, region, _, short = name.split("/")

    def parse(found: rest.Json) -> Subnetwork:
        return Subnetwork(name, bool(found.get("privateIpGoogleAccess", False)))

    return rest.get(
        google,
        rest.SUBNETWORK,
        f"//compute.googleapis.com/{name}",
        parse,
        project=project,
        region=region,
        subnetwork=short,
    )


def connector(google: Google, name: str) -> Fact[Connector]:
    """Read a connector by `projects/P/locations/R/connectors/C`."""
    _, project, _, region, _, _ = name.split("/")

    def parse(found: rest.Json) -> Connector:
        subnet = found.get("subnet") or {}
        host = str(subnet.get("projectId") or project)
        network = found.get("network")
        return Connector(
            network_name(str(network), host) if network else None,
            f"projects/{host}/regions/{region}/subnetworks/{subnet['name']}" if subnet.get("name") else None,
        )

    return rest.get(google, rest.CONNECTOR, f"//vpcaccess.googleapis.com/{name}", parse, name=name)


def network_of(google: Google, name: str) -> Fact[str]:
    """Find the network of a subnetwork, `projects/P/global/networks/N`, by `projects/P/regions/R/subnetworks/S`."""
    _, project, _, region, _, short = name.split("/")
    return rest.get(
        google,
        rest.SUBNETWORK,
        f"//compute.googleapis.com/{name}",
        lambda found: network_name(str(found["network"]), project),
        project=project,
        region=region,
        subnetwork=short,
    )


def private_zones(google: Google, project: str) -> Fact[tuple[Zone, ...]]:
    """List a project's private zones."""

    def parse(found: list[rest.Json]) -> tuple[Zone, ...]:
        return tuple(_zone(item, project) for item in found if item.get("visibility") == "private")

    return rest.list_all(google, rest.ZONES, f"//dns.googleapis.com/projects/{project}", parse, project=project)


def records(google: Google, project: str, zone: str) -> Fact[tuple[Record, ...]]:
    """List a zone's record sets."""

    def parse(found: list[rest.Json]) -> tuple[Record, ...]:
        return tuple(_record(item) for item in found)

    target = f"//dns.googleapis.com/projects/{project}/managedZones/{zone}"
    return rest.list_all(google, rest.RECORDS, target, parse, project=project, zone=zone)


def google_endpoints(google: Google, vpc: str) -> Fact[tuple[str, ...]]:
    """Find the addresses of a network's Private Service Connect endpoints for Google APIs.

    They are global forwarding rules whose target is one of two bundles of APIs.
    Documentation: https://docs.cloud.google.com/vpc/docs/configure-private-service-connect-apis
    """
    project = vpc.split("/")[1]

    def parse(found: list[rest.Json]) -> tuple[str, ...]:
        rules = [item for item in found if _bundle(item) and _is_in(item, vpc, project)]
        return tuple(str(item["IPAddress"]) for item in rules)

    target = f"//compute.googleapis.com/projects/{project}/global/forwardingRules"
    return rest.list_all(google, rest.GLOBAL_FORWARDING_RULES, target, parse, project=project)


def endpoint_addresses(google: Google, vpc: str) -> Fact[tuple[str, ...]]:
    """Find the addresses of a network that are reserved for Private Service Connect with Google APIs, and in use.

    Documentation: https://docs.cloud.google.com/compute/docs/reference/rest/v1/globalAddresses#Address
    """
    project = vpc.split("/")[1]

    def parse(found: list[rest.Json]) -> tuple[str, ...]:
        kept = [one for one in found if one.get("purpose") == _ENDPOINT and one.get("status") == "IN_USE"]
        return tuple(str(one["address"]) for one in kept if _is_in(one, vpc, project))

    target = f"//compute.googleapis.com/projects/{project}/global/addresses"
    return rest.list_all(google, rest.GLOBAL_ADDRESSES, target, parse, project=project)


def _bundle(item: rest.Json) -> bool:
    return str(item.get("target") or "").rsplit("/", 1)[-1] in _BUNDLES


def _is_in(item: rest.Json, vpc: str, project: str) -> bool:
    return not item.get("network") or network_name(str(item["network"]), project) == vpc


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


def _record(item: rest.Json) -> Record:
    return Record(str(item["name"]).lower(), str(item["type"]), tuple(map(str, item.get("rrdatas", ()))))


def _zone(item: rest.Json, project: str) -> Zone:
    networks = (item.get("privateVisibilityConfig") or {}).get("networks", ())
    seen_by = frozenset(network_name(str(network.get("networkUrl", "")), project) for network in networks)
    return Zone(str(item["name"]), str(item["dnsName"]).lower(), seen_by)
