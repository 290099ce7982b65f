"""The private DNS zones that decide where a caller's call to run.app goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from ..gcp.door import Door
from ..gcp.products import network
from ..google_json.networks import Record, Zone
from ..model.caller import Origin, Place, PrivateZone, is_private
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from .parallel import Future

NOT_NEEDED: Final = Absent(Source("dns.managedZones.list", "not needed: the callee's ingress or the caller's path"))

_TOP: Final = "run.app."
_GOOGLE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "private.googleapis.com.": ("199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"),
    "restricted.googleapis.com.": ("199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"),
}
"""Source: https://docs.cloud.google.com/vpc/docs/configure-private-google-access#domain-options"""
_LONGEST_CHAIN: Final = 8
_ANSWERING: Final = frozenset({"A", "AAAA", "CNAME"})
_SILENT: Final = (
    *("CAA", "DNSKEY", "DS", "HTTPS", "IPSECKEY", "MX", "NAPTR", "NS"),
    *("PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"),
)
_TYPES: Final = _ANSWERING | frozenset(_SILENT)
"""Types that say where a name leads, and those that say nothing of it.

Source: https://docs.cloud.google.com/dns/docs/records-overview#supported_dns_record_types
"""


class _UnclearError(Exception):
    """Where a name leads cannot be told from its records."""


def matter(origin: Fact[Origin]) -> bool:
    """Return whether zones can decide anything: only for a caller with a VPC whose network is known."""
    return isinstance(origin, Known) and origin.value.place is Place.VPC and origin.value.network is not None


def zones(
    google: Door, vpc: str, host: str, early: Future[Fact[tuple[Zone, ...]]] | None = None
) -> Fact[tuple[PrivateZone, ...]]:
    """Read the zones at or below run.app that a network sees.

    They are looked for in the network's own project; `early` is their list, where it is being read already.
    """
    project = vpc.split("/")[1]
    listed = early.get() if early is not None else network.private_zones(google, project)
    if not isinstance(listed, Known):
        return listed
    found: list[PrivateZone] = []
    for zone in listed.value:
        if vpc not in zone.networks or not f".{zone.dns_name}".endswith(f".{_TOP}"):
            continue
        records = network.records(google, project, zone.id)
        if isinstance(records, Unknown):
            return records
        known = records.value if isinstance(records, Known) else ()
        try:
            found.append(_private_zone(zone, known, host))
        except _UnclearError as unclear:
            return Unknown(records.source, Obstacle.NOT_UNDERSTOOD, str(unclear))
    return Known(_with_endpoints(google, vpc, found), listed.source)


def _with_endpoints(google: Door, vpc: str, zones: list[PrivateZone]) -> tuple[PrivateZone, ...]:
    """Return the zones, and which of their addresses are endpoints for Google APIs, where some address is private.

    Where the rules that make an endpoint cannot be read, addresses that are in use for one tell the same, but those
    that are missing among them tell nothing.
    """
    private = {address for zone in zones for address in zone.addresses if is_private(address)}
    if not private:
        return tuple(zones)
    read: Fact[tuple[str, ...]] = network.google_endpoints(google, vpc)
    unread = (read,) if isinstance(read, Unknown) else ()
    if not isinstance(read, Known):
        read = network.endpoint_addresses(google, vpc)
        unread = (*unread, read) if isinstance(read, Unknown) else unread
        if isinstance(read, Known) and not private <= set(read.value):
            read = Absent(read.source)
    endpoints = value_of(read)
    return tuple(
        replace(zone, endpoints=endpoints, unread=unread) if private & set(zone.addresses) else zone for zone in zones
    )


def _private_zone(zone: Zone, records: Iterable[Record], host: str) -> PrivateZone:
    table: dict[str, list[Record]] = {}
    for record in records:
        table.setdefault(record.name, []).append(record)
    wanted = f"{host}." if f".{host}.".endswith(f".{zone.dns_name}") else f"*.{zone.dns_name}"
    answering = _answering(table, wanted, zone.dns_name)
    addresses = _addresses(table, answering, zone.dns_name) if answering else ()
    return PrivateZone(zone.dns_name, addresses, answering is not None)


def _answering(table: Mapping[str, object], name: str, apex: str) -> str | None:
    """Find the record that answers for a name: its own, or the nearest wildcard that no existing name hides.

    Source: RFC 4592, https://www.rfc-editor.org/rfc/rfc4592
    """
    if name in table:
        return name
    while name != apex and "." in name.rstrip("."):
        name = name.partition(".")[2]
        if f"*.{name}" in table:
            return f"*.{name}"
        if name in table:
            return None
    return None


def _addresses(table: Mapping[str, list[Record]], name: str, apex: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    names = [name]
    for _ in range(_LONGEST_CHAIN):
        following: list[str] = []
        for one in names:
            if one in _GOOGLE_NAMES and one not in table:
                found |= dict.fromkeys(_GOOGLE_NAMES[one])
            for record in table.get(one, ()):
                if record.type not in _TYPES or (record.type in _ANSWERING and not record.data):
                    # an alias, or a routing policy, which says elsewhere what it answers
                    raise _UnclearError(f"the record {record.name} of type {record.type} is of a form not understood")
                if record.type in {"A", "AAAA"}:
                    found |= dict.fromkeys(record.data)
                elif record.type == "CNAME":
                    following += [answer for data in record.data if (answer := _target(table, data.lower(), apex))]
        names = following
    return tuple(found)


def _target(table: Mapping[str, object], name: str, apex: str) -> str | None:
    return name if name in _GOOGLE_NAMES else _answering(table, name, apex)
