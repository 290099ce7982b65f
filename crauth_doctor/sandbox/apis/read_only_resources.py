"""Reading resources as the world states them, for every kind of the catalogue."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

from ..http.messages import HttpRequest, Reply, json_reply
from ..iam import policies
from ..iam.principal import ANONYMOUS, Identity
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from .errors import ApiError, invalid, not_found
from .framework import Api, ApiCall, page
from .resource_kinds import HOSTS, KINDS, ResourceKind

_BY_LOCATION = ("cloudscheduler.googleapis.com", "cloudtasks.googleapis.com")
"""APIs that list one location at a time: they take no `-` for all of them.

Source: https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations/list
"""
_SAYS_UNREACHABLE = {
    "cloudfunctions": "unreachable",
    "eventarc": "unreachable",
    "workflows": "unreachable",
    "apigateway": "unreachableLocations",
    "container": "missingZones",
}
"""The field in which a list of all locations (`-`) names those that did not answer, by the discovery documents."""
_EVERYWHERE = {"us-central1", "europe-west1"}
_VERBS = ("getIamPolicy", "setIamPolicy", "testIamPermissions")


def hosts_serving(cloud: Cloud, request: HttpRequest) -> list[str]:
    """The hosts under which the world holds what a bare path names."""
    found = []
    for host in HOSTS:
        path = _relative(host, request.path)
        if path and (f"//{host}/{_canonical_path(cloud, host, path)}" in cloud.resources):
            found.append(host)
    return found


def answer(cloud: Cloud, request: HttpRequest) -> tuple[Reply | None, Identity]:
    """The reply to a read of a catalogued kind; `None` for anything else."""
    host, path = request.host, request.path
    if host == "www.googleapis.com" and path.startswith(("/compute/v1/", "/dns/v1/")):
        host = f"{path.split('/')[1]}.googleapis.com"
    relative = _relative(host, path)
    if relative is None:
        return None, ANONYMOUS
    relative, _, verb = relative.partition(":") if relative.endswith(_VERBS) else (relative, "", "")
    kind, is_list = _kind_of(host, relative)
    lists_locations = host in _BY_LOCATION and relative.endswith("/locations")
    if lists_locations:
        kind, is_list = next(one for one in KINDS if one.host == host), True
    if kind is None or (request.method != "GET" and not verb):
        return None, ANONYMOUS
    api = Api(host, kind.title, needs_project=True)
    template = "{name=**}" + (f":{verb}" if verb else "")

    def handle(call: ApiCall) -> Json:
        name = f"//{host}/{_canonical_path(cloud, host, relative)}"
        if verb:
            return _policy(call, kind, name, verb)
        if lists_locations:
            return _locations(call, kind, name)
        return _list(call, kind, name) if is_list else _get(call, kind, name)

    api.route(request.method, template)(handle)
    reply, who = api.answer(cloud, replace(request, host=host, path=relative + (f":{verb}" if verb else "")))
    return (_legacy(reply) if host.startswith("compute.") and reply else reply), who


def _relative(host: str, path: str) -> str | None:
    """The relative resource name in a path of an API that is in the catalogue."""
    for kind in KINDS:
        for prefix in kind.prefixes:
            if kind.host == host and path.startswith(f"{prefix}/"):
                return unquote(path.removeprefix(f"{prefix}/")).strip("/")
    return None


def _canonical_path(cloud: Cloud, host: str, path: str) -> str:
    return names.path_of(cloud.canonical(f"//{host}/{path}"))


def _kind_of(host: str, path: str) -> tuple[ResourceKind | None, bool]:
    """The kind of a resource, or of a collection (then `True`)."""
    parts = path.split("/")
    kinds = {kind.collection: kind for kind in KINDS if kind.host == host}
    if parts[-1] == "defaultServiceAccount":
        return kinds.get("triggers"), False
    if parts[-1] in kinds:
        return kinds[parts[-1]], True
    return (kinds.get(parts[-2]), False) if len(parts) > 1 else (None, False)


def _permission(kind: ResourceKind, name: str) -> str:
    """What reading takes: global addresses and forwarding rules have permissions of their own.

    https://cloud.google.com/compute/docs/reference/rest/v1/globalForwardingRules/list
    """
    is_global = "/global/addresses" in name or "/global/forwardingRules" in name
    short = kind.collection[0].upper() + kind.collection[1:]
    return f"compute.global{short}" if kind.service == "compute" and is_global else kind.permission


def _get(call: ApiCall, kind: ResourceKind, name: str) -> Json:
    if kind.collection == "rrsets":
        raise not_found()
    call.require(f"{_permission(kind, name)}.get", name)
    _require_view(call, kind, name)
    if name not in call.cloud.resources:
        raise _missing(kind, name)
    return _shown(call.cloud, kind, name)


def _require_view(call: ApiCall, kind: ResourceKind, name: str) -> None:
    """What a task carries takes a permission of its own.

    https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#view
    """
    if kind.collection == "tasks" and call.request.query("responseView") == "FULL":
        call.require("cloudtasks.tasks.fullView", name)


def _missing(kind: ResourceKind, name: str) -> ApiError:
    path, short = names.path_of(name), name.rsplit("/", 1)[1]
    match kind.service:
        case "compute":
            return not_found(f"The resource '{path}' was not found")
        case "cloudfunctions" | "eventarc" | "workflows":
            return not_found(f"Resource '{path}' was not found")
        case "pubsub":
            return not_found(f"Resource not found (resource={short}).")
        case "dns":
            return not_found(f"The 'parameters.managedZone' resource named '{short}' does not exist.")
        case _:
            return not_found()


def _shown(cloud: Cloud, kind: ResourceKind, name: str) -> Json:
    """The resource with its name, as its API writes names; a zone without its record sets."""
    declared = cloud.resources[name]
    if kind.service == "dns":
        kept = {key: value for key, value in declared.items() if key != "rrsets"}
        return {"kind": "dns#managedZone", "name": name.rsplit("/", 1)[1], **kept}
    if kind.service == "compute":
        path = names.path_of(name)
        link = f"https://www.googleapis.com/compute/v1/{path}"
        return {
            "kind": f"compute#{kind.collection.removesuffix('s')}",
            "name": path.rsplit("/", 1)[1],
            "selfLink": link,
            **declared,
        }
    short = kind.service == "container"
    return {"name": name.rsplit("/", 1)[1] if short else names.path_of(name), **declared}


def _locations(call: ApiCall, kind: ResourceKind, collection: str) -> Json:
    """The locations of a project: those of its resources, of its services, and two more."""
    parent = collection.rpartition("/")[0]
    call.require(f"{kind.service}.locations.list", parent)
    project = names.path_of(parent)
    parts = [name.split("/") for name in call.cloud.resources if f"/{project}/locations/" in name]
    found = {part[part.index("locations") + 1] for part in parts} - {"-", "global"} | _EVERYWHERE
    shown = [{"name": f"{project}/locations/{one}", "locationId": one} for one in sorted(found)]
    return page(call, shown, "locations")


def _list(call: ApiCall, kind: ResourceKind, collection: str) -> Json:
    if kind.host in _BY_LOCATION and "/locations/-/" in collection:
        raise invalid("Location '-' is not a valid location. Use ListLocations to list valid locations.")
    call.require(f"{_permission(kind, collection)}.list", collection.rpartition("/")[0])
    _require_view(call, kind, collection)
    if kind.collection == "rrsets":
        return _record_sets(call, collection.rpartition("/")[0])
    found = sorted(name for name in call.cloud.resources if _stands_in(name, collection))
    if kind.service == "compute" and "/aggregated/" in collection:
        return _aggregated(call.cloud, kind, found)
    field = _SAYS_UNREACHABLE.get(kind.service, "") if "/locations/-/" in collection else ""
    silent = call.cloud.world.unreachable if field else []
    found = [name for name in found if not any(f"/locations/{each}/" in name for each in silent)]
    answer = page(call, [_shown(call.cloud, kind, name) for name in found], kind.listed)
    if silent:
        answer[field] = list(silent)
    return (
        {"kind": f"compute#{kind.collection.removesuffix('s')}List", **answer} if kind.service == "compute" else answer
    )


def _stands_in(name: str, collection: str) -> bool:
    """Whether a resource is one of a collection; `-` stands for any location, `aggregated` for any scope."""
    if "/aggregated/" in collection:
        head, _, kind = collection.partition("/aggregated/")
        return name.startswith(f"{head}/") and name.split("/")[-2] == kind
    wanted, have = collection.split("/"), name.split("/")
    return len(have) == len(wanted) + 1 and all(a in ("-", b) for a, b in zip(wanted, have, strict=False))


def _record_sets(call: ApiCall, zone: str) -> Json:
    if zone not in call.cloud.resources:
        raise _missing(KINDS[-1], zone)
    sets = call.cloud.resources[zone].get("rrsets", [])
    name, type_ = call.request.query("name"), call.request.query("type")
    fitting = [each for each in sets if name in (None, each.get("name")) and type_ in (None, each.get("type"))]
    return page(call, [{"kind": "dns#resourceRecordSet", **each} for each in fitting], "rrsets")


def _aggregated(cloud: Cloud, kind: ResourceKind, found: list[str]) -> Json:
    scopes: dict[str, Json] = {}
    for name in found:
        scope = "global" if "/global/" in name else "/".join(names.path_of(name).split("/")[2:4])
        scopes.setdefault(scope, {kind.collection: []})[kind.collection].append(_shown(cloud, kind, name))
    return {"kind": f"compute#{kind.collection.removesuffix('s')}AggregatedList", "items": scopes}


def _policy(call: ApiCall, kind: ResourceKind, name: str, verb: str) -> Json:
    if verb == "testIamPermissions":
        return policies.test(call, name)
    call.require(f"{kind.permission}.{verb}", name)
    if name not in call.cloud.resources:
        raise _missing(kind, name)
    return policies.get(call, name) if verb == "getIamPolicy" else policies.set_(call, name)


def _legacy(reply: Reply) -> Reply:
    """Compute's errors carry the older `errors` list too. https://cloud.google.com/compute/docs/api/errors."""
    if reply.status < 400:
        return reply
    import json

    document = json.loads(reply.body)
    reason = {403: "forbidden", 404: "notFound", 401: "authError"}.get(reply.status, "invalid")
    error = document["error"]
    error["errors"] = [{"message": error["message"], "domain": "global", "reason": reason}]
    return json_reply(reply.status, document)
