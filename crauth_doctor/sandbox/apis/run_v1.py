"""Cloud Run Admin API v1 (Knative), which gcloud speaks. https://cloud.google.com/run/docs/reference/rest/v1."""

from __future__ import annotations

from collections.abc import Callable

from ..iam import org_constraints, policies
from ..state import audit_log
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.knative_import import from_knative
from ..state.world import Json
from .errors import ApiError, not_found
from .framework import REGION_HEADER, ApiCall, page
from .knative import to_knative
from .run_v2 import api, location_of, missing, names_under, service_name, store_service

_SERVING = "/apis/serving.knative.dev/v1/namespaces/{project}/services"
_LISTED = "/v1/projects/{project}/locations/{location}/services"
_SERVICE = _LISTED + "/{name}"
_DOMAINS = "/apis/domains.cloudrun.com/v1/namespaces/{project}/domainmappings"


def _find(call: ApiCall, permission: str) -> str:
    """The full name of the service in the path: in the region of the host, or in the only one that has it."""
    project, service, region = call.project_id(), call.args["name"], _region(call)
    found = _named(call, "services", service)
    name = found or names.run_service(project, region, service)
    shown = f"namespaces/{project}/services/{service}"
    call.require(
        permission, name, f"Permission '{permission}' denied on resource '{shown}' (or resource may not exist)."
    )
    if not found:
        raise missing("services", ApiCall(call.cloud, call.request, call.api, call.who, {"location": "-", **call.args}))
    return name


def _region(call: ApiCall) -> str:
    """The region of the path, or of the regional host, which the router hands on; `-` is any."""
    return call.args.get("location") or call.request.header(REGION_HEADER) or "-"


def _named(call: ApiCall, collection: str, short: str) -> str | None:
    names_there = names_under(call.cloud, call.project_id(), _region(call), collection)
    return next((name for name in names_there if name.rsplit("/", 1)[1] == short), None)


@api.route("GET", _SERVING + "/{name}", _SERVICE)
def get_service(call: ApiCall) -> Json:
    """A service as a Knative object."""
    return to_knative(call.cloud, _find(call, "run.services.get"))


@api.route("GET", "/apis/serving.knative.dev/v1/namespaces/{project}/revisions/{revision}")
def get_revision(call: ApiCall) -> Json:
    """The one revision that a service has."""
    project, region, revision = call.project_id(), _region(call), call.args["revision"]
    call.require("run.revisions.get", f"{names.RUN}projects/{project}/locations/{region}/revisions/{revision}")
    for name in names_under(call.cloud, project, region, "services"):
        service = to_knative(call.cloud, name)
        if revision in (service["status"]["latestReadyRevisionName"], service["status"]["latestCreatedRevisionName"]):
            labels = {"serving.knative.dev/service": service["metadata"]["name"], **service["metadata"]["labels"]}
            return {
                "apiVersion": "serving.knative.dev/v1",
                "kind": "Revision",
                "metadata": {"name": revision, "namespace": service["metadata"]["namespace"], "labels": labels},
                "spec": service["spec"]["template"]["spec"],
                "status": {"conditions": service["status"]["conditions"][:1]},
            }
    raise not_found(f"Revision '{revision}' does not exist.")


@api.route("PUT", _SERVING + "/{name}", _SERVICE)
def replace_service(call: ApiCall) -> Json:
    """Replace a service: what decides who gets in is kept, and served at once."""
    name = _find(call, "run.services.update")
    sent = call.body()
    with call.cloud.writing():
        changed = from_knative(sent, call.cloud.resources[name])
        known = to_knative(call.cloud, name)["metadata"]["resourceVersion"]
        if sent.get("metadata", {}).get("resourceVersion") not in (None, known):
            raise ApiError(409, f"Conflict for resource '{call.args['name']}': version was specified but differs.")
        org_constraints.check_service(call.cloud, name, changed)
        if call.request.query("dryRun") != "all":
            store_service(call.cloud, name, changed)
            audit_log.service_written(call, name, "Services.ReplaceService", sent)
    return to_knative(call.cloud, name)


@api.route("GET", _SERVING, _LISTED)
def list_services(call: ApiCall) -> Json:
    """The services of a project, in the region of the path or the host, or in all."""
    project, region = call.project_id(), _region(call)
    call.require("run.services.list", f"{names.RUN}projects/{project}/locations/{region}")
    found = names_under(call.cloud, project, region, "services")
    return _listing(call, found, "ServiceList", "serving.knative.dev/v1", to_knative)


def _listing(call: ApiCall, found: list[str], kind: str, version: str, show: Callable[[Cloud, str], Json]) -> Json:
    one = page(call, found, "items", default=1000)
    answer: Json = {"apiVersion": version, "kind": kind, "metadata": {}}
    if "nextPageToken" in one:
        answer["metadata"] = {"continue": one["nextPageToken"]}
    answer["items"] = [show(call.cloud, name) for name in one.get("items", [])]
    if call.cloud.world.unreachable:
        answer["unreachable"] = list(call.cloud.world.unreachable)
    return answer


policies.serve(
    api,
    _SERVICE,
    find=lambda call, verb: _find(call, f"run.services.{verb}") if verb else service_name(call),
    read="GET",
)


@api.route("GET", "/v1/projects/{project}/locations")
def list_locations(call: ApiCall) -> Json:
    """The regions that hold anything of Cloud Run."""
    project = call.project_id()
    call.require("run.locations.list", f"{names.RUN}projects/{project}")
    where = f"{names.RUN}projects/{project}/locations/"
    regions = sorted({location_of(name) for name in call.cloud.resources if name.startswith(where)})
    found = [{"name": f"projects/{project}/locations/{each}", "locationId": each} for each in regions]
    return {"locations": found}


@api.route("GET", _DOMAINS, "/v1/projects/{project}/locations/{location}/domainmappings")
def list_domain_mappings(call: ApiCall) -> Json:
    """The domain mappings of a project."""
    project, region = call.project_id(), _region(call)
    call.require("run.domainmappings.list", f"{names.RUN}projects/{project}/locations/{region}")
    found = names_under(call.cloud, project, region, "domainmappings")
    return _listing(call, found, "DomainMappingList", "domains.cloudrun.com/v1", domain_mapping)


@api.route("GET", _DOMAINS + "/{domain}", "/v1/projects/{project}/locations/{location}/domainmappings/{domain}")
def get_domain_mapping(call: ApiCall) -> Json:
    """One domain mapping."""
    domain = call.args["domain"]
    found = _named(call, "domainmappings", domain)
    where = f"{names.RUN}projects/{call.project_id()}/locations/{_region(call)}"
    call.require("run.domainmappings.get", found or f"{where}/domainmappings/{domain}")
    if not found:
        raise not_found(f"Resource '{domain}' of kind 'DOMAIN_MAPPING' does not exist.")
    return domain_mapping(call.cloud, found)


def domain_mapping(cloud: Cloud, name: str) -> Json:
    """A domain mapping with what every one has."""
    project = cloud.project(names.project_in(name) or "")
    metadata = {
        "name": name.rsplit("/", 1)[1],
        "namespace": project.number if project else "",
        "labels": {"cloud.googleapis.com/location": location_of(name)},
    }
    declared = cloud.resources[name]
    return {
        "apiVersion": "domains.cloudrun.com/v1",
        "kind": "DomainMapping",
        **declared,
        "metadata": metadata | declared.get("metadata", {}),
    }
