"""Resource Manager v3, v2 (folders) and v1. https://cloud.google.com/resource-manager/reference/rest."""

from __future__ import annotations

import re

from ..iam import access, policies
from ..state import resource_names as names
from ..state.cloud import Cloud, CloudProject
from ..state.world import Json
from .errors import invalid, not_found, permission_denied
from .framework import REGION_HEADER, Api, ApiCall, page

api = Api("cloudresourcemanager.googleapis.com", "Cloud Resource Manager API")

_LEVELS = {"projects": "project", "folders": "folder", "organizations": "organization"}


def _full(call: ApiCall) -> str:
    """The full name of the project, folder or organization in the path."""
    kind, reference = call.args["kind"], call.args["id"]
    return call.cloud.canonical(f"{names.PROJECTS}{kind}/{reference}")


def _require(call: ApiCall, verb: str) -> str:
    """Its full name, if the caller may; what does not exist is refused like what may not be seen."""
    name = _full(call)
    permission = f"resourcemanager.{call.args['kind']}.{verb}"
    exists = name in call.cloud.resources
    if not exists or not access.may(call.cloud, call.who, permission, name):
        v3 = call.request.path.startswith("/v3/")
        told = f"Permission '{permission}' denied on resource '{name}' (or it may not exist)."
        raise permission_denied(permission, told if v3 else "The caller does not have permission", names.path_of(name))
    return name


@api.route("GET", "/v3/effectiveTags")
def list_effective_tags(call: ApiCall) -> Json:
    """The tags in effect on a resource. Those of a regional one are asked of its region's host.

    https://docs.cloud.google.com/resource-manager/reference/rest/v3/effectiveTags/list
    """
    parent = call.cloud.canonical(str(call.request.query("parent") or ""))
    where = names.path_of(parent).partition("/locations/")[2].partition("/")[0]
    if where != (call.request.header(REGION_HEADER) or ""):
        raise invalid(f"The resource {parent} is not of the location of this endpoint.")
    kind = names.path_of(parent).split("/")[-2]
    service = "resourcemanager" if parent.startswith(names.PROJECTS) else names.service_of(parent).partition(".")[0]
    call.require(f"{service}.{kind}.listEffectiveTags", parent, "The caller does not have permission")
    if parent not in call.cloud.resources:
        raise not_found("Requested entity was not found.")
    return page(call, call.cloud.effective_tags(parent), "effectiveTags")


@api.route("GET", "/v3/{kind}/{id}")
def get(call: ApiCall) -> Json:
    """A project (by id or number), folder or organization."""
    if call.args["kind"] not in _LEVELS:
        raise not_found("Method not found.")
    return shown(call.cloud, _require(call, "get"))


def shown(cloud: Cloud, name: str) -> Json:
    """A project, folder or organization as v3 returns it."""
    declared = dict(cloud.resources[name])
    kind, reference = names.path_of(name).split("/")
    defaults: Json = {"name": f"{kind}/{reference}", "state": "ACTIVE", "displayName": reference}
    if kind == "projects":
        project = cloud.project(reference)
        defaults |= {"name": f"projects/{project.number if project else reference}", "projectId": reference}
        declared = _as_v3(declared, project)
    return {"etag": 'W/"5f1c3d7e9b2a4680"', **defaults, **declared}


def _as_v3(declared: Json, project: CloudProject | None) -> Json:
    """A project that was exported by v1 (`projectNumber`, `lifecycleState`), as v3 writes it."""
    if "projectNumber" not in declared and "lifecycleState" not in declared:
        return declared
    kept = {key: value for key, value in declared.items() if key in ("projectId", "labels", "createTime")}
    kept["displayName"] = declared.get("name", declared.get("projectId"))
    kept["state"] = declared.get("lifecycleState", "ACTIVE")
    if project and project.parent:
        kept["parent"] = project.parent
    return kept


def as_v1(cloud: Cloud, name: str) -> Json:
    """A project as v1 returns it."""
    v3 = shown(cloud, name)
    found: Json = {
        "projectNumber": str(v3["name"]).removeprefix("projects/"),
        "projectId": v3["projectId"],
        "lifecycleState": v3["state"],
        "name": v3["displayName"],
        "createTime": v3.get("createTime", "2026-01-01T00:00:00.000Z"),
    }
    if v3.get("labels"):
        found["labels"] = v3["labels"]
    if v3.get("parent"):
        found["parent"] = _resource_id(str(v3["parent"]))
    return found


def _resource_id(reference: str) -> Json:
    kind, _, number = reference.partition("/")
    return {"type": _LEVELS.get(kind, kind), "id": number}


@api.route("GET", "/v1/{kind}/{id}", "/v2/{kind}/{id}")
def get_old(call: ApiCall) -> Json:
    """A project or organization (v1), or a folder (v2)."""
    if call.args["kind"] not in _LEVELS:
        raise not_found("Method not found.")
    name = _require(call, "get")
    if call.args["kind"] == "projects":
        return as_v1(call.cloud, name)
    v3 = shown(call.cloud, name)
    kept: Json = {key: v3[key] for key in ("name", "displayName", "parent") if key in v3}
    kept["lifecycleState"] = v3["state"]
    return kept


@api.route("POST", "/v1/projects/{id}:getAncestry")
def get_ancestry(call: ApiCall) -> Json:
    """The project and everything above it."""
    call.args["kind"] = "projects"
    name = _require(call, "get")
    chain = [names.path_of(each) for each in call.cloud.ancestors(name)]
    return {"ancestor": [{"resourceId": _resource_id(each)} for each in chain]}


policies.serve(
    api,
    *(f"/{version}/{{kind}}/{{id}}" for version in ("v1", "v2", "v3")),
    find=lambda call, verb: _require(call, verb) if verb else _full(call),
)


def _visible(call: ApiCall, kind: str) -> list[Json]:
    """Everything of a kind that the caller may get."""
    where = f"{names.PROJECTS}{kind}/"
    return [
        shown(call.cloud, name)
        for name in sorted(call.cloud.resources)
        if name.startswith(where) and access.may(call.cloud, call.who, f"resourcemanager.{kind}.get", name)
    ]


@api.route("GET", "/v3/projects:search", "/v3/folders:search", "/v3/organizations:search")
def search(call: ApiCall) -> Json:
    """Projects, folders or organizations that the caller may get and that fit `query`."""
    kind = call.request.path.removeprefix("/v3/").removesuffix(":search")
    found = [each for each in _visible(call, kind) if fits(each, call.request.query("query") or "")]
    return page(call, found, kind)


def fits(resource: Json, query: str) -> bool:
    """Whether a resource fits `id:x parent=folders/1 state:ACTIVE displayName:y*` (every term)."""
    named = {"id": "projectId", "projectid": "projectId", "displayname": "displayName", "domain": "displayName"}
    for term in query.replace(" AND ", " ").split():
        match = re.fullmatch(r"([\w.]+)\s*[:=]\s*\"?([^\"]*)\"?", term)
        if match is None:
            raise invalid(f"Invalid query: {query}")
        key, wanted = named.get(match.group(1).lower(), match.group(1)), match.group(2)
        value = str(resource.get(key, ""))
        if value.lower() != wanted.lower() and not (
            wanted.endswith("*") and value.lower().startswith(wanted[:-1].lower())
        ):
            return False
    return True


@api.route("GET", "/v3/projects", "/v3/folders")
def list_under(call: ApiCall) -> Json:
    """The projects or folders right under a parent."""
    kind, parent = call.request.path.removeprefix("/v3/"), call.request.query("parent")
    if not parent:
        raise invalid("The parent is missing.")
    return page(call, [each for each in _visible(call, kind) if each.get("parent") == parent], kind)


@api.route("GET", "/v1/projects")
def list_v1(call: ApiCall) -> Json:
    """Every project that the caller may get."""
    found = _visible(call, "projects")
    return page(
        call, [as_v1(call.cloud, f"{names.PROJECTS}projects/{each['projectId']}") for each in found], "projects"
    )


@api.route("POST", "/v1/organizations:search")
def search_organizations_v1(call: ApiCall) -> Json:
    """Every organization that the caller may get."""
    found = [
        {"name": each["name"], "displayName": each["displayName"], "lifecycleState": each["state"]}
        for each in _visible(call, "organizations")
    ]
    return {"organizations": found}
