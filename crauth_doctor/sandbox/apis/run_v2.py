"""Cloud Run Admin API v2. https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services."""

from __future__ import annotations

import base64
import uuid
from copy import deepcopy
from typing import Any

from ..edge.services import deterministic_url, whole_service
from ..iam import org_constraints, policies
from ..state import audit_log
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from .errors import ApiError, invalid, not_found
from .framework import Api, ApiCall, page

api = Api("run.googleapis.com", "Cloud Run Admin API", needs_project=True)

_LOCATION = "/v2/projects/{project}/locations/{location}"
_SERVICE = _LOCATION + "/services/{service}"
_JOB = _LOCATION + "/jobs/{job}"
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


def service_name(call: ApiCall) -> str:
    """The full name of the service in the path."""
    return names.run_service(call.project_id(), call.args["location"], call.args["service"])


def missing(kind: str, call: ApiCall) -> ApiError:
    """404 of a service or job, as the control plane words it."""
    name, region, project = call.args[kind.lower()], call.args["location"], call.project_id()
    return not_found(f"Resource '{name}' of kind '{kind}' in region '{region}' in project '{project}' does not exist.")


def _found(call: ApiCall, name: str, kind: str, permission: str) -> str:
    """The name of what is there, if the caller may; whether there is anything is not told without a permission."""
    if permission:
        call.require(permission, name)
        if name not in call.cloud.resources:
            raise missing(kind, call)
    return name


def _service(call: ApiCall, verb: str) -> str:
    return _found(call, service_name(call), "SERVICE", f"run.services.{verb}" if verb else "")


@api.route("GET", _SERVICE)
def get_service(call: ApiCall) -> Json:
    """A service."""
    return whole_service(call.cloud, _service(call, "get"))


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


@api.route("GET", _LOCATION + "/services")
def list_services(call: ApiCall) -> Json:
    """The services of a location, or of all (`-`)."""
    return _list(call, "services", "run.services.list", whole_service)


def _list(call: ApiCall, collection: str, permission: str, whole: Any) -> Json:
    project, location = call.project_id(), call.args["location"]
    call.require(permission, f"{names.RUN}projects/{project}/locations/{location}")
    found = names_under(call.cloud, project, location, collection)
    answer = page(call, [whole(call.cloud, name) for name in found], collection)
    silent = [each for each in call.cloud.world.unreachable if location in ("-", each)]
    if silent:
        answer["unreachable"] = [f"projects/{project}/locations/{each}" for each in silent]
    return answer


@api.route("PATCH", _SERVICE)
def update_service(call: ApiCall) -> Json:
    """Change fields of a service; the operation is done at once."""
    name = service_name(call)
    call.require("run.services.update", name)
    if name not in call.cloud.resources:
        raise missing("SERVICE", call)
    sent = call.body()
    paths = [each for each in (call.request.query("updateMask") or "").split(",") if each]
    with call.cloud.writing():
        service = whole_service(call.cloud, name)
        if sent.get("etag") and sent["etag"] != service["etag"]:
            raise ApiError(409, "Conflict for resource: version was specified but current version is different.")
        changed = deepcopy(service)
        for path in paths or [each for each in sent if each in _WRITABLE]:
            _copy_field(sent, changed, [_camel(part) for part in path.split(".")])
        org_constraints.check_service(call.cloud, name, changed)
        if call.request.query("validateOnly") != "true":
            store_service(call.cloud, name, changed)
            audit_log.service_written(call, name, "Services.UpdateService", sent)
    return _operation(call, changed)


@api.route("POST", _LOCATION + "/services")
def create_service(call: ApiCall) -> Json:
    """Make a service. Its policy is empty: https://cloud.google.com/run/docs/securing/managing-access."""
    where, short = (
        f"{names.RUN}projects/{call.project_id()}/locations/{call.args['location']}",
        call.request.query("serviceId"),
    )
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
    name = service_name(call)
    call.require("run.services.delete", name)
    if name not in call.cloud.resources:
        raise missing("SERVICE", call)
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


def _copy_field(source: Json, target: Json, path: list[str]) -> None:
    if path[0] not in _WRITABLE:
        raise invalid(f"Invalid field in update mask: {path[0]}")
    for part in path[:-1]:
        source = source.get(part) or {}
        target = target.setdefault(part, {})
    if path[-1] in source:
        target[path[-1]] = source[path[-1]]
    else:
        target.pop(path[-1], None)


def _camel(text: str) -> str:
    head, *rest = text.split("_")
    return head + "".join(each.capitalize() for each in rest)


def _operation(call: ApiCall, service: Json, kind: str = "Service") -> Json:
    typed = {"@type": f"type.googleapis.com/google.cloud.run.v2.{kind}", **service}
    where = f"projects/{call.project_id()}/locations/{call.args['location']}"
    name = f"{where}/operations/{uuid.uuid5(uuid.NAMESPACE_URL, service['etag'])}"
    done: Json = {"name": name, "metadata": typed, "done": True, "response": typed}
    call.cloud.operations[name] = done
    return done


@api.route("GET", _LOCATION + "/operations/{operation}")
def get_operation(call: ApiCall) -> Json:
    """An operation; every one is done."""
    where = f"projects/{call.project_id()}/locations/{call.args['location']}"
    call.require("run.operations.get", f"{names.RUN}{where}")
    found = call.cloud.operations.get(f"{where}/operations/{call.args['operation']}")
    if found is None:
        raise not_found()
    return found


policies.serve(api, _SERVICE, find=_service, read="GET")


def _job(call: ApiCall, verb: str) -> str:
    name = f"{names.RUN}projects/{call.project_id()}/locations/{call.args['location']}/jobs/{call.args['job']}"
    return _found(call, name, "JOB", f"run.jobs.{verb}" if verb else "")


policies.serve(api, _JOB, find=_job, read="GET")


def whole_job(cloud: Cloud, name: str) -> Json:
    """A job with its name filled in."""
    etag = '"' + base64.b64encode(names.path_of(name).encode()).decode()[-24:] + '"'
    return {"name": names.path_of(name), "etag": etag, **cloud.resources[name]}


@api.route("GET", _JOB)
def get_job(call: ApiCall) -> Json:
    """A job."""
    return whole_job(call.cloud, _job(call, "get"))


def _other(call: ApiCall, collection: str, verb: str = "get") -> str:
    """The name of an instance or worker pool that is there."""
    where = f"{names.RUN}projects/{call.project_id()}/locations/{call.args['location']}"
    name = f"{where}/{collection}/{call.args['name']}"
    call.require(f"run.{collection.lower()}.{verb}", name)
    if name not in call.cloud.resources:
        kind = {"instances": "INSTANCE", "workerPools": "WORKERPOOL"}[collection]
        region, project = call.args["location"], call.project_id()
        short = call.args["name"]
        raise not_found(
            f"Resource '{short}' of kind '{kind}' in region '{region}' in project '{project}' does not exist."
        )
    return name


@api.route("GET", _LOCATION + "/instances/{name}")
def get_instance(call: ApiCall) -> Json:
    """An instance, with its URL, which has the form of a service's.

    https://cloud.google.com/run/docs/configuring/instances/default-url
    """
    name = _other(call, "instances")
    return {"urls": [deterministic_url(call.cloud, name)], **whole_job(call.cloud, name)}


@api.route("GET", _LOCATION + "/instances")
def list_instances(call: ApiCall) -> Json:
    """The instances of a location, or of all (`-`)."""
    return _list(call, "instances", "run.instances.list", whole_job)


@api.route("GET", _LOCATION + "/workerPools/{name}")
def get_worker_pool(call: ApiCall) -> Json:
    """A worker pool."""
    return whole_job(call.cloud, _other(call, "workerPools"))


@api.route("GET", _LOCATION + "/workerPools")
def list_worker_pools(call: ApiCall) -> Json:
    """The worker pools of a location, or of all (`-`)."""
    return _list(call, "workerPools", "run.workerpools.list", whole_job)


@api.route("PATCH", _JOB)
def update_job(call: ApiCall) -> Json:
    """Replace a job; the operation is done at once. The method has no mask."""
    return _replace(call, _job(call, "update"), "Job")


@api.route("PATCH", _LOCATION + "/workerPools/{name}")
def update_worker_pool(call: ApiCall) -> Json:
    """Replace a worker pool."""
    return _replace(call, _other(call, "workerPools", "update"), "WorkerPool")


def _replace(call: ApiCall, name: str, kind: str) -> Json:
    with call.cloud.writing():
        there, sent = whole_job(call.cloud, name), call.body()
        if sent.get("etag") and sent["etag"] != there["etag"]:
            raise ApiError(409, "Conflict for resource: version was specified but current version is different.")
        changed = {**sent, "name": there["name"], "etag": f'"{call.cloud.new_etag()}"'}
        call.cloud.put(name, changed)
    return _operation(call, changed, kind)


@api.route("GET", _LOCATION + "/jobs")
def list_jobs(call: ApiCall) -> Json:
    """The jobs of a location, or of all (`-`)."""
    return _list(call, "jobs", "run.jobs.list", whole_job)
