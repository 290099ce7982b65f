"""Whether the host that is called leads to the callee."""

from __future__ import annotations

from .address import Custom, Deterministic, Hashed, OfFunction, parse_url
from .fact import Absent, Fact, Known, Obstacle, Source, Unknown
from .http import Call
from .run import Domain, Service, host_of


def call_leads_here(call: Fact[Call], service: Fact[Service], domain: Fact[Domain]) -> Fact[bool]:
    """Whether the host that is called leads to the service.

    Cloud Run's own URLs tell by themselves, once the service was read. Any other host leads there by a domain mapping,
    or by what nothing here reads: a load balancer, a proxy, a gateway.

    Args:
        call: the call in question.
        service: the callee.
        domain: the mapping of the host that is called, in the callee's region.

    Returns:
        Known, or unknown with the read that is missing; absent where there is no such service.
    """
    if not isinstance(call, Known):
        return call
    if not isinstance(service, Known):
        return service
    url, known = call.value.url, service.value
    match parse_url(url):
        case Deterministic() | Hashed() | OfFunction() if _is_own(host_of(url), known):
            return Known(value=True, source=service.source)
        case Deterministic() | Hashed() if _is_own(host_of(url).partition("---")[2], known):
            return Unknown(service.source, Obstacle.NOT_TOLD, f"{known.id} lists no traffic tag of that name")
        case Deterministic() as address:
            return Known(_names(address, known), service.source)
        case Hashed() as address:
            return _by_hash(address, known, service.source)
        case OfFunction() as address:
            return _by_function(address, known, service.source)
        case Custom(host):
            return _by_mapping(host, known, domain)
        case None:
            return Unknown(call.source, Obstacle.NOT_UNDERSTOOD, "what is called is no URL")


def _is_own(host: str, service: Service) -> bool:
    """Whether the host is one of the service's."""
    return host in {host_of(one) for one in (*service.urls, *service.tag_urls) if not _is_function(one)}


def _is_function(url: str) -> bool:
    return isinstance(parse_url(url), OfFunction)


def _names(address: Deterministic, service: Service) -> bool:
    """Whether a URL that names all names this service; its project's number may be known only from its URLs."""
    own = [one for one in map(parse_url, service.urls) if isinstance(one, Deterministic)]
    numbers = {one.number for one in own} | ({service.project} if service.project.isdigit() else set())
    same_number = address.number in numbers or not numbers
    return (address.name, address.region) == (service.id, service.region) and same_number


def _by_hash(address: Hashed, service: Service, source: Source) -> Fact[bool]:
    """Whether it is, for a URL of the older form, which a service that has one lists among its own."""
    lists = any(isinstance(parse_url(one), Hashed) for one in service.urls)
    if lists or not service.id.startswith(address.name):
        return Known(value=False, source=source)
    return Unknown(source, Obstacle.NOT_TOLD, f"{service.id} lists no URL of the form NAME-HASH-CODE.a.run.app")


def _by_function(address: OfFunction, service: Service, source: Source) -> Fact[bool]:
    """Whether it is, for a function's URL: region, project and function are in it."""
    if address.region != service.region or address.name not in {service.function, service.id}:
        return Known(value=False, source=source)
    if service.project.isdigit():
        return Unknown(source, Obstacle.NOT_TOLD, f"the id of the project {service.project} was not read")
    if address.project != service.project:
        return Known(value=False, source=source)
    return Known(service.function == address.name, source)


def _by_mapping(host: str, service: Service, domain: Fact[Domain]) -> Fact[bool]:
    nothing = f"what leads from {host} to {service.id} (a load balancer, a proxy, another mapping) is not read"
    match domain:
        case Known(mapping) if mapping.host == host and mapping.service is not None:
            return Known(mapping.service == service.name, domain.source)
        case Unknown():
            return domain
        case Known() | Absent():
            return Unknown(Source(domain.source.read, f"//{host}"), Obstacle.NOT_TOLD, nothing)
