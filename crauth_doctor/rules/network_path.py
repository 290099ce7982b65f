"""Does the callee's ingress let the caller's network path in?

Source: https://docs.cloud.google.com/run/docs/securing/ingress and …/private-networking
"""

from __future__ import annotations

import ipaddress

from ..model.answer import Answer, CannotTell, No, Yes
from ..model.caller import Origin, PrivateZone, is_private
from ..model.run import Service
from ..say import Say

GOOGLE_API_RANGES = tuple(ipaddress.ip_network(n) for n in ("199.36.153.4/30", "199.36.153.8/30"))
"""restricted.googleapis.com and private.googleapis.com, which private-ranges-only egress carries too.

Source: https://docs.cloud.google.com/run/docs/securing/private-networking
"""


def leads_inside(zones: tuple[PrivateZone, ...], host: str) -> bool:
    """Tell whether the caller's private DNS sends this host to an address that its VPC egress carries.

    Whether anything answers there is another question: `serves_google`.
    """
    zone = zone_for(zones, host)
    return zone is not None and zone.wildcard and all(is_carried(address) for address in zone.addresses)


def zone_for(zones: tuple[PrivateZone, ...], host: str) -> PrivateZone | None:
    """Return the most specific zone that answers for this host."""
    name = f".{host}."
    fitting = [zone for zone in zones if name.endswith(f".{zone.dns_name}")]
    return max(fitting, key=lambda zone: len(zone.dns_name), default=None)


def is_carried(address: str) -> bool:
    """Tell whether private-ranges-only egress carries this address: private ranges, and Google's two for its APIs."""
    return is_private(address) or is_of_google(address)


def is_of_google(address: str) -> bool:
    """Tell whether this address is in one of Google's two ranges for its APIs."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in GOOGLE_API_RANGES)


def serves_google(zone: PrivateZone, address: str) -> Answer:
    """Tell whether Google's APIs, run.app among them, answer at this address of a zone.

    Source: https://docs.cloud.google.com/vpc/docs/configure-private-service-connect-apis
    """
    if is_of_google(address):
        return Yes(Say("{address} is in Google's ranges for its APIs", address=address))
    if not is_private(address):
        return No(Say("{address} serves no Google APIs", address=address))
    if zone.endpoints is None:
        return CannotTell(
            Say("whether {address} is a Private Service Connect endpoint for Google APIs was not read", address=address)
        )
    if address in zone.endpoints:
        return Yes(Say("{address} is a Private Service Connect endpoint for Google APIs", address=address))
    return No(Say("{address} is not a Private Service Connect endpoint for Google APIs", address=address))


def same_network_side(service: Service, origin: Origin) -> bool:
    """Tell whether the caller's VPC counts as internal to the callee: one project, or the callee's own Shared VPC."""
    if origin.network is None:
        return origin.project in {None, service.project}
    if project_of(origin.network) == service.project:
        return True
    return service.vpc_access is not None and service.vpc_access.network == origin.network


def project_of(resource: str) -> str | None:
    """Return the project in a resource name, where it has one."""
    parts = resource.removeprefix("//").split("/")
    return parts[parts.index("projects") + 1] if "projects" in parts[:-1] else None
