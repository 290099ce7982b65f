"""Whether the host that is called leads to the callee."""

from __future__ import annotations

from .address import Custom, Deterministic, Hashed, OfFunction, parse_url
from .fact import Fact, Known, Obstacle, Source, Unknown
from .http import Call
from .iam import Principal
from .load_balancer import LoadBalancer, ServerlessGroup
from .run import Domain, Service, host_of


def is_behind_iap(service: Fact[Service], balancer: Fact[LoadBalancer]) -> bool:
    """Whether Identity-Aware Proxy is known to stand before the service, or at the load balancer that is called."""
    at_service = isinstance(service, Known) and service.value.iap_enabled
    return at_service or (isinstance(balancer, Known) and balancer.value.iap)


def iap_agent(service: Service) -> Principal | None:
    """Return IAP's own agent, as which it calls: its name has the project's number, which a URL of the service tells.

    Source: https://docs.cloud.google.com/iap/docs/enabling-cloud-run
    """
    numbers = [one.number for one in map(parse_url, service.urls) if isinstance(one, Deterministic)]
    number = next(iter(numbers), service.project)
    email = f"service-{number}@gcp-sa-iap.iam.gserviceaccount.com"
    return Principal(f"serviceAccount:{email}") if number.isdigit() else None


def call_leads_here(
    call: Fact[Call], service: Fact[Service], domain: Fact[Domain], balancer: Fact[LoadBalancer]
) -> Fact[bool]:
    """Whether the host that is called leads to the service.

    Cloud Run's own URLs tell by themselves, once the service was read. Any other host leads there by a domain mapping,
    by a load balancer, or by what nothing here reads: a proxy, a gateway.

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
        case Deterministic() | Hashed() if missing_tag(host_of(url), known):
            return Known(value=False, source=service.source)
        case Deterministic() | Hashed() if _is_own(host_of(url).partition("---")[2], known):
            return Unknown(service.source, Obstacle.NOT_TOLD, f"{known.id} lists no traffic tag of that name")
        case Deterministic() as address:
            return Known(_names(address, known), service.source)
        case Hashed() as address:
            return _by_hash(address, known, service.source)
        case OfFunction() as address:
            return _by_function(address, known, service.source)
        case Custom(host):
            return _by_mapping(host, known, domain, balancer)
        case None:
            return Unknown(call.source, Obstacle.NOT_UNDERSTOOD, "what is called is not a URL")


def missing_tag(host: str, service: Service) -> str | None:
    """Return the traffic tag that the host names, where the service is known to have no such tag."""
    tag, _, untagged = host.partition("---")
    return tag if service.shows_tags and _is_own(untagged, service) and not _is_own(host, service) else None


def _is_own(host: str, service: Service) -> bool:
    """Whether the host is one of the service's; a tag goes with each of its URLs, and is listed with one of them."""
    own = {host_of(one) for one in service.urls if not isinstance(parse_url(one), OfFunction)}
    tagged = {host_of(one) for one in service.tag_urls}
    tag, mark, untagged = host.partition("---")
    return host in own | tagged or (
        bool(mark) and untagged in own and any(one.startswith(tag + mark) for one in tagged)
    )


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


def _by_mapping(host: str, service: Service, domain: Fact[Domain], balancer: Fact[LoadBalancer]) -> Fact[bool]:
    match domain, balancer:
        case Known(mapping), _ if mapping.host == host and mapping.service is not None:
            return Known(mapping.service == service.name, domain.source)
        case _, Known(found) if found.host == host:
            return _by_balancer(found, service, balancer.source)
        case Unknown(), Unknown() if domain.obstacle is Obstacle.NOT_ASKED:
            return balancer
        case Unknown(), _:
            return domain
        case _, Unknown() if balancer.obstacle is not Obstacle.NOT_ASKED:
            return balancer
        case _:
            nothing = (
                f"no load balancer or domain mapping of {service.project} that was found names {host}: one of another "
                "project, a proxy or a gateway may route to it"
            )
            return Unknown(Source(domain.source.read, f"//{host}"), Obstacle.NOT_TOLD, nothing)


def _by_balancer(found: LoadBalancer, service: Service, source: Source) -> Fact[bool]:
    """Whether it is, for what the load balancer does with the call; of several regions any one may get it."""
    led = {_is_led(group, service) for group in found.groups}
    if None in led or len(led) > 1:
        return Unknown(source, Obstacle.NOT_TOLD, f"the load balancer {found.id} sends calls to several services")
    return Known(led == {True}, source)


def _is_led(group: ServerlessGroup, service: Service) -> bool | None:
    """Whether a serverless group leads to the service; None where only the project's number or id is known."""
    name = group.function or group.service
    if name is None:
        return False
    _, project, _, region, _, short = name.split("/")
    if (region, short) != (service.region, service.function if group.function else service.id):
        return False
    return True if project == service.project else None if project.isdigit() != service.project.isdigit() else False
