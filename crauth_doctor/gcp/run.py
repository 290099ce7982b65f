"""Cloud Run's Admin API, by Google's client over REST."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..model.fact import Fact, Known, Obstacle, Source, Unknown
from ..model.iam import Policy
from ..model.run import Egress, Ingress, Service, VpcAccess
from . import rest
from .google import Google
from .network import network_name, subnetwork_name
from .policy import policy
from .proxies import proxies_of
from .read import NotUnderstoodError, read, retrying

if TYPE_CHECKING:
    from google.cloud import run_v2

GET: Final = "run.services.get"
LIST: Final = "run.services.list"
GET_POLICY: Final = "run.services.getIamPolicy"
SET_POLICY: Final = "run.services.setIamPolicy"

_PAGES: Final = 50
_PAGE: Final = 1000
"""Services of one page that are asked for; the API may give fewer.

Source: https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/list
"""

_INGRESS: Final[Mapping[int, Ingress]] = {
    1: Ingress.ALL,
    2: Ingress.INTERNAL,
    3: Ingress.INTERNAL_AND_LB,
    4: Ingress.NONE,
}
"""Source: https://docs.cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2#ingresstraffic"""

_EGRESS: Final[Mapping[int, Egress | None]] = {
    0: Egress.PRIVATE_RANGES_ONLY,
    1: Egress.ALL_TRAFFIC,
    2: Egress.PRIVATE_RANGES_ONLY,
}
"""Unset means private ranges only. Source: https://docs.cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2#vpcegress"""

_FAILED: Final = 3
_FUNCTION_LABEL: Final = "goog-cloudfunctions-runtime"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A service as it was read.

    Args:
        service: the fields that this version understands.
        ingress: None where the API names one that this version does not know, or none.
    """

    service: Service
    ingress: Ingress | None

    def ingress_fact(self, source: Source) -> Fact[Ingress]:
        """The ingress as a fact of its own; a value that is not known here is unknown, never a default."""
        if self.ingress is None:
            detail = "Cloud Run named no ingress setting that this version knows"
            return Unknown(source, Obstacle.NOT_UNDERSTOOD, detail)
        return Known(self.ingress, source)


@dataclass(frozen=True, slots=True)
class Listed:
    """The services of a project.

    Args:
        services: those that were listed.
        unreachable: locations that could not be asked.
    """

    services: tuple[Deployed, ...]
    unreachable: tuple[str, ...] = ()


def full_name(name: str) -> str:
    """Full resource name of `projects/P/locations/R/services/S`."""
    return f"//run.googleapis.com/{name}"


def service(google: Google, name: str) -> Fact[Deployed]:
    """Read a service by `projects/P/locations/R/services/S`."""

    def fetch() -> Deployed:
        client = google.services()
        found = retrying(google.deadline, lambda seconds: client.get_service(name=name, retry=None, timeout=seconds))
        if not _is_same(name, found.name):
            raise NotUnderstoodError("an answer that is not the service that was asked for")
        return deployed(found)

    return google.noted(read(Source(GET, full_name(name)), fetch))


def services(google: Google, project: str, region: str = "-") -> Fact[Listed]:
    """List a project's services, of one region or of all.

    The wildcard is not documented for v2, and works: gcloud and firebase-tools rely on it.
    """
    parent = f"projects/{project}/locations/{region}"
    source = Source(LIST, full_name(parent))
    fact = google.noted(read(source, lambda: _list(google, parent)))
    if isinstance(fact, Known) and fact.value.unreachable:
        google.noted(rest.incomplete(source, fact.value.unreachable))
    return fact


def wanted_ingress(google: Google, name: str) -> Fact[Ingress]:
    """Read the ingress that was asked for; only API version 1 tells it apart from the one in force.

    Source: https://docs.cloud.google.com/run/docs/reference/yaml/v1#ingress
    """

    def parse(found: rest.Json) -> Ingress:
        return Ingress(str(found["metadata"]["annotations"]["run.googleapis.com/ingress"]))

    return rest.get(google, rest.KNATIVE_SERVICE, full_name(name), parse, name=name)


def service_policy(google: Google, name: str) -> Fact[Policy]:
    """Read a service's own allow policy, version 3."""

    def fetch() -> Policy:
        client = google.services()
        request = {"resource": name, "options": {"requested_policy_version": 3}}
        found = retrying(
            google.deadline, lambda seconds: client.get_iam_policy(request=request, retry=None, timeout=seconds)
        )
        return policy(_policy_document(found))

    return google.noted(read(Source(GET_POLICY, full_name(name)), fetch))


def set_service_policy(google: Google, name: str, wanted: Policy) -> Fact[Policy]:
    """Write a service's allow policy, with the etag that it was read with; sent once, never again by itself.

    Returns:
        The policy as it now stands. A conflicting write in between makes it unknown, with 409 in the detail.
    """
    if not wanted.etag:
        raise ValueError("a policy is never written without the etag that it was read with")

    def fetch() -> Policy:
        client = google.services()
        request = {"resource": name, "policy": _to_proto(wanted)}
        found = client.set_iam_policy(request=request, retry=None, timeout=google.deadline.attempt())
        return policy(_policy_document(found))

    return read(Source(SET_POLICY, full_name(name)), fetch)


def deployed(found: run_v2.Service) -> Deployed:
    """Keep the fields that decide; of the variables of containers, only those that name a proxy."""
    raw: Any = type(found).pb(found)
    _, project, _, region, *_ = raw.name.split("/")
    variables = [(env.name, env.value) for one in raw.template.containers for env in one.env]
    urls = dict.fromkeys(url.rstrip("/") for url in (*raw.urls, raw.uri) if url)
    tag_urls = dict.fromkeys(one.uri.rstrip("/") for one in raw.traffic_statuses if one.tag and one.uri)
    return Deployed(
        Service(
            name=raw.name,
            urls=tuple(urls),
            custom_audiences=tuple(raw.custom_audiences),
            account=raw.template.service_account or None,
            checks_iam=not raw.invoker_iam_disabled,
            default_url_disabled=raw.default_uri_disabled,
            iap_enabled=raw.iap_enabled,
            tag_urls=tuple(tag_urls),
            vpc_access=_vpc_access(raw.template.vpc_access, project, region),
            reconciling=raw.reconciling,
            failing=_failure(raw.terminal_condition),
            function=_function(raw),
            labels=tuple(sorted(raw.labels.items())),
            proxies=proxies_of(variables),
            updated=raw.update_time.ToJsonString() if raw.HasField("update_time") else None,
        ),
        _INGRESS.get(raw.ingress),
    )


def _is_same(asked: str, answered: str) -> bool:
    """Tell whether a name is the one that was asked for; the API may write the project's number for its id."""
    _, project, *rest_of_it = asked.split("/")
    _, found, *rest_of_found = answered.split("/") if "/" in answered else ("", "")
    return rest_of_it == rest_of_found and (project == found or project.isdigit() != found.isdigit())


def _list(google: Google, parent: str) -> Listed:
    found: list[Deployed] = []
    unreachable: dict[str, None] = {}
    page_token = ""
    for _ in range(_PAGES):
        page = _page(google, {"parent": parent, "page_token": page_token, "page_size": _PAGE})
        found += [deployed(one) for one in page.services]
        unreachable |= dict.fromkeys(page.unreachable)
        page_token = page.next_page_token
        if not page_token:
            return Listed(tuple(found), tuple(unreachable))
    raise NotUnderstoodError(f"more than {_PAGES} pages")


def _page(google: Google, request: dict[str, Any]) -> Any:
    client = google.services()
    pager = retrying(
        google.deadline, lambda seconds: client.list_services(request=request, retry=None, timeout=seconds)
    )
    return next(iter(pager.pages))


def _vpc_access(raw: Any, project: str, region: str) -> VpcAccess | None:
    interface = next(iter(raw.network_interfaces), None)
    if interface is None and not raw.connector:
        return None
    return VpcAccess(
        egress=_EGRESS.get(raw.egress),
        network=network_name(interface.network, project) if interface and interface.network else None,
        subnetwork=subnetwork_name(interface.subnetwork, project, region)
        if interface and interface.subnetwork
        else None,
        connector=raw.connector or None,
    )


def _failure(condition: Any) -> str | None:
    return (condition.message or "it is not ready") if condition.state == _FAILED else None


def _function(raw: Any) -> str | None:
    """Name of the function that a service belongs to; the service's own name is the function's in lower case.

    Source: https://docs.cloud.google.com/run/docs/functions/comparison
    """
    if not raw.build_config.function_target and _FUNCTION_LABEL not in raw.labels:
        return None
    for url in (*raw.urls, *raw.custom_audiences):
        host, _, path = url.removeprefix("https://").partition("/")
        if host.endswith(".cloudfunctions.net") and path:
            return str(path).strip("/")
    return str(raw.name).rsplit("/", 1)[-1]


def _policy_document(found: Any) -> dict[str, Any]:
    bindings = []
    for one in found.bindings:
        binding: dict[str, Any] = {"role": one.role, "members": list(one.members)}
        if one.condition.expression:
            binding["condition"] = {"expression": one.condition.expression, "title": one.condition.title}
        bindings.append(binding)
    return {"version": found.version, "etag": b64encode(found.etag).decode(), "bindings": bindings}


def _to_proto(wanted: Policy) -> dict[str, Any]:
    bindings: list[dict[str, Any]] = []
    for one in wanted.bindings:
        binding: dict[str, Any] = {"role": one.role, "members": sorted(one.members)}
        if one.condition is not None:
            binding["condition"] = {"expression": one.condition.expression, "title": one.condition.title}
        bindings.append(binding)
    return {"version": 3, "etag": b64decode(wanted.etag), "bindings": bindings}
