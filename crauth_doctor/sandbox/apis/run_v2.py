"""Cloud Run Admin API v2. https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import TypeAlias

from ..edge.services import deterministic_url, whole_service
from ..iam import org_constraints, policies
from ..state import audit_log
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from .errors import ApiError, invalid, not_found
from .framework import Api, ApiCall, masked, page

api = Api("run.googleapis.com", "Cloud Run Admin API", needs_project=True)

Whole: TypeAlias = Callable[[Cloud, str], Json]

_LOCATION = "/v2/projects/{project}/locations/{location}"
_SERVICE = _LOCATION + "/services/{name}"
_JOB = _LOCATION + "/jobs/{name}"
_WORKER_POOL = _LOCATION + "/workerPools/{name}"
_WRITABLE = {
    "ingress",
    "customAudiences",
    "invokerIamDisabled",
    "defaultUriDisabled",
    "iapEnabled",
    "template",
    "labels",
    "annotations",
    "description",
    "traffic",
    "scaling",
    "launchStage",
}


_KINDS = {"services": "SERVICE", "jobs": "JOB", "instances": "INSTANCE", "workerPools": "WORKERPOOL"}
"""The collections, and what messages call one of each."""


def _location(call: ApiCall) -> str:
    return f"projects/{call.project_id()}/locations/{call.args['location']}"


def service_name(call: ApiCall) -> str:
    """The full name of the service in the path."""
    return names.run_service(call.project_id(), call.args["location"], call.args["name"])


def missing(collection: str, call: ApiCall) -> ApiError:
    """404 of a service or job, as the control plane words it."""
    name, kind, region = call.args["name"], _KINDS[collection], call.args["location"]
    where = f"in region '{region}' in project '{call.project_id()}'"
    return not_found(f"Resource '{name}' of kind '{kind}' {where} does not exist.")


def _found(call: ApiCall, collection: str, verb: str) -> str:
    """The name of what is there, if the caller may; whether there is anything is not told without a permission."""
    name = f"{names.RUN}{_location(call)}/{collection}/{call.args['name']}"
    if verb:
        call.require(f"run.{collection.lower()}.{verb}", name)
        if name not in call.cloud.resources:
            raise missing(collection, call)
    return name


def names_under(cloud: Cloud, project: str, location: str, collection: str) -> list[str]:
    """Full names of a project's services or jobs; location `-` is every location that answers."""
    where = f"{names.RUN}projects/{project}/locations/"
    found = []
    for name in sorted(cloud.resources):
        if name.startswith(where):
            region, kind, rest = [*name.removeprefix(where).split("/", 2), "", ""][:3]
            if kind == collection and "/" not in rest and location in ("-", region):
                found.append(name)
    return [each for each in found if location_of(each) not in cloud.world.unreachable]


def location_of(name: str) -> str:
    """The region of a full resource name."""
    return name.split("/locations/", 1)[1].partition("/")[0]


@api.route("PATCH", _SERVICE)
def update_service(call: ApiCall) -> Json:
    """Change fields of a service; the operation is done at once."""
    name, sent = _found(call, "services", "update"), call.body()
    with call.cloud.writing():
        service = whole_service(call.cloud, name)
        _check_etag(sent, service)
        changed = masked(call, service, sent, _WRITABLE.__contains__)
        org_constraints.check_service(call.cloud, name, changed)
        if call.request.query("validateOnly") != "true":
            store_service(call.cloud, name, changed)
            audit_log.service_written(call, name, "Services.UpdateService", sent)
    return _operation(call, changed)


@api.route("POST", _LOCATION + "/services")
def create_service(call: ApiCall) -> Json:
    """Make a service. Its policy is empty: https://cloud.google.com/run/docs/securing/managing-access."""
    where, short = f"{names.RUN}{_location(call)}", call.request.query("serviceId")
    call.require("run.services.create", where)
    if not short:
        raise invalid("The service ID is missing.")
    name, sent = f"{where}/services/{short}", call.body()
    with call.cloud.writing():
        if name in call.cloud.resources:
            raise ApiError(409, f"Resource '{short}' already exists.", status="ALREADY_EXISTS")
        made = {key: value for key, value in sent.items() if key in _WRITABLE}
        org_constraints.check_service(call.cloud, name, made)
        call.cloud.put(name, {**made, "createTime": call.cloud.timestamp(), "updateTime": call.cloud.timestamp()})
        audit_log.service_written(call, name, "Services.CreateService", sent)
    return _operation(call, whole_service(call.cloud, name))


@api.route("DELETE", _SERVICE)
def delete_service(call: ApiCall) -> Json:
    """Delete a service. Its policy goes with it."""
    name = _found(call, "services", "delete")
    with call.cloud.writing():
        gone = whole_service(call.cloud, name)
        call.cloud.put(name, None)
        call.cloud.drop_policy(name)
        audit_log.service_written(call, name, "Services.DeleteService", {})
    return _operation(call, gone)


def store_service(cloud: Cloud, name: str, service: Json) -> None:
    """Keep a changed service: a new generation, served at once."""
    service["generation"] = service["observedGeneration"] = str(int(service.get("generation", 1)) + 1)
    service["updateTime"] = cloud.timestamp()
    service["etag"] = f'"{cloud.new_etag()}"'
    cloud.put(name, service)


def _check_etag(sent: Json, there: Json) -> None:
    if sent.get("etag") and sent["etag"] != there["etag"]:
        raise ApiError(409, "Conflict for resource: version was specified but current version is different.")


def _operation(call: ApiCall, service: Json, kind: str = "Service") -> Json:
    typed = {"@type": f"type.googleapis.com/google.cloud.run.v2.{kind}", **service}
    name = f"{_location(call)}/operations/{uuid.uuid5(uuid.NAMESPACE_URL, service['etag'])}"
    done: Json = {"name": name, "metadata": typed, "done": True, "response": typed}
    call.cloud.operations[name] = done
    return done


@api.route("GET", _LOCATION + "/operations/{operation}")
def get_operation(call: ApiCall) -> Json:
    """An operation; every one is done."""
    where = _location(call)
    call.require("run.operations.get", f"{names.RUN}{where}")
    found = call.cloud.operations.get(f"{where}/operations/{call.args['operation']}")
    if found is None:
        raise not_found()
    return found


def whole_job(cloud: Cloud, name: str) -> Json:
    """A job with its name filled in."""
    etag = '"' + base64.b64encode(names.path_of(name).encode()).decode()[-24:] + '"'
    return {"name": names.path_of(name), "etag": etag, **cloud.resources[name]}


def _serve_reads(collection: str, whole: Whole, listed: Whole) -> None:
    """Serve one by its name, and those of a location, or of all (`-`)."""

    @api.route("GET", f"{_LOCATION}/{collection}/{{name}}")
    def get(call: ApiCall) -> Json:
        return whole(call.cloud, _found(call, collection, "get"))

    @api.route("GET", f"{_LOCATION}/{collection}")
    def list_(call: ApiCall) -> Json:
        call.require(f"run.{collection.lower()}.list", f"{names.RUN}{_location(call)}")
        location = call.args["location"]
        found = names_under(call.cloud, call.project_id(), location, collection)
        answer = page(call, [listed(call.cloud, name) for name in found], collection)
        silent = [each for each in call.cloud.world.unreachable if location in ("-", each)]
        if silent:
            answer["unreachable"] = [f"projects/{call.project_id()}/locations/{each}" for each in silent]
        return answer


_serve_reads("services", whole_service, whole_service)
_serve_reads("jobs", whole_job, whole_job)
_serve_reads(
    "instances", lambda cloud, name: {"urls": [deterministic_url(cloud, name)], **whole_job(cloud, name)}, whole_job
)
_serve_reads("workerPools", whole_job, whole_job)
policies.serve(api, _SERVICE, find=lambda call, verb: _found(call, "services", verb), read="GET")
policies.serve(api, _JOB, find=lambda call, verb: _found(call, "jobs", verb), read="GET")


@api.route("PATCH", _JOB)
def update_job(call: ApiCall) -> Json:
    """Replace a job; the operation is done at once. The method has no mask."""
    return _replace(call, _found(call, "jobs", "update"), "Job")


@api.route("PATCH", _WORKER_POOL)
def update_worker_pool(call: ApiCall) -> Json:
    """Replace a worker pool."""
    return _replace(call, _found(call, "workerPools", "update"), "WorkerPool")


def _replace(call: ApiCall, name: str, kind: str) -> Json:
    with call.cloud.writing():
        there, sent = whole_job(call.cloud, name), call.body()
        _check_etag(sent, there)
        changed = {**sent, "name": there["name"], "etag": f'"{call.cloud.new_etag()}"'}
        call.cloud.put(name, changed)
    return _operation(call, changed, kind)
