"""Cloud Run Admin API v1 (Knative), which gcloud speaks. https://cloud.google.com/run/docs/reference/rest/v1."""

from __future__ import annotations

import json
from collections.abc import Callable

from ..edge import workload_identity
from ..edge.services import whole_service
from ..iam import org_constraints, policies
from ..state import audit_log
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.knative_import import EGRESS, FLAGS, INGRESS, RUN, from_knative
from ..state.world import Json
from .errors import ApiError, not_found
from .framework import REGION_HEADER, ApiCall, page
from .run_v2 import api, location_of, missing, names_under, service_name, store_service

_STATES = {"CONDITION_SUCCEEDED": "True", "CONDITION_FAILED": "False"}


def to_knative(cloud: Cloud, name: str) -> Json:
    """The service as `namespaces.services.get` returns it."""
    service = whole_service(cloud, name)
    parts = names.path_of(name).split("/")
    project = cloud.project(parts[1])
    namespace, short = project.number if project else parts[1], parts[5]
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": short,
            "namespace": namespace,
            "selfLink": f"/apis/serving.knative.dev/v1/namespaces/{namespace}/services/{short}",
            "uid": service["uid"],
            "resourceVersion": str(service["etag"]).strip('"'),
            "generation": int(service["generation"]),
            "creationTimestamp": service["createTime"],
            "labels": {**service.get("labels", {}), "cloud.googleapis.com/location": parts[3]},
            "annotations": _annotations(service),
        },
        "spec": {"template": _template(cloud, name, service), "traffic": _traffic(service.get("traffic", []))},
        "status": _status(service),
    }


def _annotations(service: Json) -> dict[str, str]:
    observed = INGRESS.get(str(service.get("ingress")), "all")
    found = {
        f"{RUN}ingress": observed,  # what is wanted; the world may say otherwise in the service's own annotations
        **{str(key): str(value) for key, value in service.get("annotations", {}).items()},
        f"{RUN}ingress-status": observed,
        f"{RUN}urls": json.dumps(service["urls"], separators=(",", ":")),
    }
    if service.get("customAudiences"):
        found[f"{RUN}custom-audiences"] = json.dumps(service["customAudiences"], separators=(",", ":"))
    found |= {RUN + annotation: "true" for annotation, field in FLAGS.items() if service.get(field)}
    who = {"serving.knative.dev/creator": "creator", "serving.knative.dev/lastModifier": "lastModifier"}
    found |= {key: str(service[field]) for key, field in who.items() if service.get(field)}
    if service.get("buildConfig", {}).get("functionTarget"):
        found[f"{RUN}build-function-target"] = str(service["buildConfig"]["functionTarget"])
    return found


def _template(cloud: Cloud, name: str, service: Json) -> Json:
    template = service["template"]
    access = template.get("vpcAccess") or {}
    annotations: dict[str, str] = {}
    if template.get("scaling", {}).get("maxInstanceCount"):
        annotations["autoscaling.knative.dev/maxScale"] = str(template["scaling"]["maxInstanceCount"])
    if access.get("connector"):
        annotations[f"{RUN}vpc-access-connector"] = str(access["connector"])
    if access.get("egress"):
        annotations[f"{RUN}vpc-access-egress"] = EGRESS.get(str(access["egress"]), "private-ranges-only")
    if access.get("networkInterfaces"):
        annotations[f"{RUN}network-interfaces"] = json.dumps(access["networkInterfaces"], separators=(",", ":"))
    if workload_identity.is_agent(cloud, name):
        certified = str(workload_identity.has_certificate(cloud, name)).lower()
        annotations |= {f"{RUN}identity-type": "agent-identity", f"{RUN}identity-certificate-enabled": certified}
    spec: Json = {
        "containerConcurrency": int(template.get("maxInstanceRequestConcurrency", 80)),
        "timeoutSeconds": int(str(template.get("timeout", "300s")).removesuffix("s").partition(".")[0]),
        "serviceAccountName": workload_identity.account(cloud, name),
        "containers": [_container(each) for each in template.get("containers", [])],
    }
    return {"metadata": {"annotations": annotations}, "spec": spec}


def _container(container: Json) -> Json:
    kept: Json = {
        key: container[key] for key in ("name", "image", "command", "args", "ports", "workingDir") if key in container
    }
    if container.get("env"):
        kept["env"] = [
            {"name": each["name"], "value": str(each["value"])} for each in container["env"] if "value" in each
        ]
    limits = container.get("resources", {}).get("limits")
    return {**kept, "resources": {"limits": limits}} if limits else kept


def _traffic(targets: list[Json]) -> list[Json]:
    found = []
    for each in targets:
        target: Json = {"percent": int(each.get("percent", 0))}
        if each.get("revision"):
            target["revisionName"] = str(each["revision"]).rsplit("/", 1)[-1]
        else:
            target["latestRevision"] = True
        target |= {key: each[field] for key, field in (("tag", "tag"), ("url", "uri")) if each.get(field)}
        found.append(target)
    return found


def _status(service: Json) -> Json:
    latest = str(service["latestReadyRevision"]).rsplit("/", 1)[-1]
    statuses = _traffic(service.get("trafficStatuses", []))
    return {
        "observedGeneration": int(service["observedGeneration"]),
        "conditions": [_condition(each) for each in (service["terminalCondition"], *service.get("conditions", []))],
        "latestReadyRevisionName": latest,
        "latestCreatedRevisionName": str(service["latestCreatedRevision"]).rsplit("/", 1)[-1],
        "traffic": [{"revisionName": latest, **each} for each in statuses],
        "url": service["uri"],
        "address": {"url": service["uri"]},
    }


def _condition(condition: Json) -> Json:
    found = {"type": condition.get("type"), "status": _STATES.get(str(condition.get("state")), "Unknown")}
    found |= {key: condition[key] for key in ("message", "lastTransitionTime", "reason") if condition.get(key)}
    return found


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
