"""Cloud Run's Admin API, as far as it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ...deferred import dataclass
from ...google_json import services as services_json
from ...google_json.json_access import Json, NotUnderstoodError
from ...google_json.policies import answered_policy
from ...model.fact import Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Policy, Tag
from ...model.run import CallingIdentity, Domain, Ingress, Service
from .. import methods, rest
from ..door import Asked, Door, read

GET: Final = "run.services.get"
LIST: Final = "run.services.list"
GET_POLICY: Final = "run.services.getIamPolicy"


@dataclass(frozen=True)
class Deployed:
    """A service as it was read."""

    service: Service  # the fields that this version understands
    ingress: Ingress | None  # None where the API names one that this version does not know, or none

    def ingress_fact(self, source: Source) -> Fact[Ingress]:
        """The ingress as a fact of its own; a value that is not known here is unknown, never a default."""
        if self.ingress is None:
            detail = "Cloud Run named no ingress setting that this version knows"
            return Unknown(source, Obstacle.NOT_UNDERSTOOD, detail)
        return Known(self.ingress, source)


@dataclass(frozen=True)
class Listed:
    """The services of a project."""

    services: tuple[Deployed, ...]
    unreachable: tuple[str, ...] = ()  # locations that could not be asked


def full_name(name: str) -> str:
    """Full resource name of `projects/P/locations/R/services/S`."""
    return f"//run.googleapis.com/{name}"


def service(google: Door, name: str) -> Fact[Deployed]:
    """Read a service by `projects/P/locations/R/services/S`."""

    def parse(found: Json) -> Deployed:
        if not _is_same(name, str(found.get("name", ""))):
            raise NotUnderstoodError("an answer that is not the service that was asked for")
        return deployed(found)

    return rest.named(google, methods.SERVICE, name, parse)


def calling_service(google: Door, name: str) -> Fact[tuple[Service, CallingIdentity]]:
    """Read a service that calls, and whether it has an agent's identity."""

    def parse(found: Json) -> tuple[Service, CallingIdentity]:
        return deployed(found).service, services_json.identity_of(found.get("template"))

    return rest.named(google, methods.SERVICE, name, parse)


def part_of_service(google: Door, name: str) -> Fact[Ingress] | None:
    """Return the ingress of a service of which only a part is known, where that tells it."""
    shown = google.part(Asked(methods.SERVICE, full_name(name), {"name": name}))
    ingress = services_json.ingress_of(shown) if shown is not None else None
    return None if ingress is None else Known(ingress, google.source("evidence", full_name(name)))


def services(google: Door, project: str, region: str = "-", *, first: bool = False) -> Fact[Listed]:
    """List a project's services, of one region or of all; of all by version 1 where version 2 takes no `-`.

    The region `-` stands for all of them; `first`: the first page is enough.
    """
    parent = f"projects/{project}/locations/{region}"
    source = Source(LIST, full_name(parent))

    def fetch(asked: Asked, parse: Callable[[Json], Deployed]) -> Listed:
        unreachable: dict[str, None] = {}
        found = rest.pages(google, asked, unreachable, first=first)
        return Listed(tuple(map(parse, found)), tuple(unreachable))

    fact = google.noted(
        read(source, lambda: fetch(Asked(methods.SERVICES, source.target, {"parent": parent}), deployed))
    )
    if isinstance(fact, Unknown) and fact.detail.startswith("400:") and region == "-":
        google.excused(fact)
        asked = Asked(methods.KNATIVE_SERVICES, source.target, {"project": project})
        fact = google.noted(read(source, lambda: fetch(asked, lambda found: _knative(found, project))))
    if isinstance(fact, Known) and fact.value.unreachable:
        google.noted(rest.incomplete(source, fact.value.unreachable))
    return fact


def instances(google: Door, name: str) -> Fact[tuple[str, ...]]:
    """Read the full names of instances that have a service's name: `projects/P/locations/R/services/S`, R maybe `-`.

    Their URLs have the form of services'.
    Documentation: https://docs.cloud.google.com/run/docs/configuring/instances/default-url
    """
    parent, _, id = name.rpartition("/services/")
    wanted = f"{parent}/instances/{id}"
    if not parent.endswith("/-"):
        return rest.named(google, methods.RUN_INSTANCE, wanted, lambda found: (full_name(str(found["name"])),))

    def parse(found: list[Json]) -> tuple[str, ...]:
        names = (str(one["name"]) for one in found)
        return tuple(full_name(one) for one in names if one.rpartition("/")[2] == id)

    return rest.list_all(google, methods.RUN_INSTANCES, full_name(wanted), parse, whole=True, parent=parent)


def wanted_ingress(google: Door, name: str) -> Fact[Ingress]:
    """Read the ingress that was asked for; only API version 1 tells it apart from the one in force.

    Source: https://docs.cloud.google.com/run/docs/reference/yaml/v1#ingress
    """
    return rest.named(google, methods.KNATIVE_SERVICE, name, services_json.wanted_ingress, there=True)


def service_policy(google: Door, name: str, *, there: bool = True) -> Fact[Policy]:
    """Read the own allow policy, version 3, of a service that is there, or may be."""
    return rest.named(google, methods.SERVICE_POLICY, name, answered_policy, there=there)


def tags(google: Door, name: str) -> Fact[tuple[Tag, ...]]:
    """Read the tags that are in effect on `projects/P/locations/R/services/S`, those that it inherits too.

    Documentation: https://docs.cloud.google.com/run/docs/configuring/tags
    """
    row = replace(methods.EFFECTIVE_TAGS, host=f"{name.split('/')[3]}-{methods.EFFECTIVE_TAGS.host}")

    def parse(found: list[Json]) -> tuple[Tag, ...]:
        return tuple(
            Tag(
                str(one["namespacedTagKey"]),
                str(one["tagKey"]),
                str(one["namespacedTagValue"]).rsplit("/", 1)[-1],
                str(one["tagValue"]),
            )
            for one in found
        )

    return rest.list_all(google, row, full_name(name), parse, parent=full_name(name))


def domain(google: Door, project: str, region: str, host: str) -> Fact[Domain]:
    """Read the mapping of a host in one region, on the region's own host; absent where there is none there.

    Documentation: https://docs.cloud.google.com/run/docs/reference/rest/v1/namespaces.domainmappings
    """
    row = replace(methods.DOMAIN_MAPPING, host=f"{region}-{methods.DOMAIN_MAPPING.host}")
    place = f"projects/{project}/locations/{region}"

    def parse(found: Json) -> Domain:
        return services_json.domain(found, host, f"{place}/services/")

    return rest.get(google, row, full_name(f"{place}/domainmappings/{host}"), parse, project=project, domain=host)


def deployed(found: Json) -> Deployed:
    """Keep the fields of a service that decide."""
    if str(found.get("name", "")).count("/") != 5:
        raise NotUnderstoodError("a service without its name")
    return Deployed(services_json.service_v2(found), services_json.ingress_of(found))


def _knative(found: Json, project: str) -> Deployed:
    """Keep the fields of a service that version 1 lists under the project's number."""
    service = services_json.service_v1(found)
    _, _, *rest_of_it = service.name.split("/")
    if "-" in rest_of_it:
        raise NotUnderstoodError("a service without its name or its region")
    return Deployed(
        replace(service, name="/".join(("projects", project, *rest_of_it))), services_json.ingress_of(found)
    )


def _is_same(asked: str, answered: str) -> bool:
    """Tell whether a name is the one that was asked for; the API may write the project's number for its id."""
    _, project, *rest_of_it = asked.split("/")
    _, found, *rest_of_found = answered.split("/") if "/" in answered else ("", "")
    return rest_of_it == rest_of_found and (project == found or project.isdigit() != found.isdigit())
