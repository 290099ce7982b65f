"""Subnetworks, connectors, private DNS zones, and Private Service Connect endpoints."""

from __future__ import annotations

from collections.abc import Callable

from ...google_json import networks
from ...google_json.json_access import Json
from ...google_json.networks import Connector, Record, Zone
from ...model.caller import Subnetwork
from ...model.fact import Fact
from .. import methods, rest
from ..door import Door


def subnetwork(google: Door, name: str) -> Fact[Subnetwork]:
    """Read a subnetwork by `projects/P/regions/R/subnetworks/S`."""
    return rest.named(google, methods.SUBNETWORK, name, lambda found: networks.subnetwork(found, name))


def network_of(google: Door, name: str) -> Fact[str]:
    """Find the network of a subnetwork, `projects/P/global/networks/N`, by `projects/P/regions/R/subnetworks/S`."""
    project = name.split("/")[1]
    return rest.named(
        google, methods.SUBNETWORK, name, lambda found: networks.network_name(str(found["network"]), project)
    )


def connector(google: Door, name: str) -> Fact[Connector]:
    """Read a connector by `projects/P/locations/R/connectors/C`."""
    _, project, _, region, *_ = name.split("/")
    return rest.named(google, methods.CONNECTOR, name, lambda found: networks.connector(found, project, region))


def private_zones(google: Door, project: str) -> Fact[tuple[Zone, ...]]:
    """List a project's private zones."""
    parse = _each(lambda item: networks.zone(item, project))
    return rest.list_all(google, methods.ZONES, f"//dns.googleapis.com/projects/{project}", parse, project=project)


def records(google: Door, project: str, zone: str) -> Fact[tuple[Record, ...]]:
    """List a zone's record sets."""
    target = f"//dns.googleapis.com/projects/{project}/managedZones/{zone}"
    return rest.list_all(google, methods.RECORDS, target, _each(networks.record), project=project, zone=zone)


def google_endpoints(google: Door, vpc: str) -> Fact[tuple[str, ...]]:
    """Find the addresses of a network's Private Service Connect endpoints for Google APIs."""
    return _global(google, methods.GLOBAL_FORWARDING_RULES, "forwardingRules", vpc, networks.api_endpoint)


def endpoint_addresses(google: Door, vpc: str) -> Fact[tuple[str, ...]]:
    """Find the addresses of a network that are reserved for Private Service Connect with Google APIs, and in use."""
    return _global(google, methods.GLOBAL_ADDRESSES, "addresses", vpc, networks.endpoint_address)


def _global(
    google: Door, row: methods.Row, kind: str, vpc: str, parse: Callable[[Json, str], str | None]
) -> Fact[tuple[str, ...]]:
    project = vpc.split("/")[1]
    target = f"//compute.googleapis.com/projects/{project}/global/{kind}"
    return rest.list_all(google, row, target, _each(lambda item: parse(item, vpc)), project=project)


def _each(parse: Callable[[Json], rest.T | None]) -> Callable[[list[Json]], tuple[rest.T, ...]]:
    return lambda found: tuple(one for item in found if (one := parse(item)) is not None)
