"""The writes of Cloud Scheduler and Pub/Sub that set which token they attach; their reads are catalogued.

https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs/patch,
https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions/modifyPushConfig
"""

from __future__ import annotations

from copy import deepcopy

from ..state import resource_names as names
from ..state.world import Json
from .errors import invalid, not_found
from .framework import Api, ApiCall

scheduler = Api("cloudscheduler.googleapis.com", "Cloud Scheduler API", needs_project=True)
pubsub = Api("pubsub.googleapis.com", "Cloud Pub/Sub API", needs_project=True)

_OUTPUT_ONLY = frozenset({"name", "state", "status", "userUpdateTime", "scheduleTime", "lastAttemptTime"})


@scheduler.route("PATCH", "/v1/projects/{project}/locations/{location}/jobs/{job}")
def patch_job(call: ApiCall) -> Json:
    """Change the fields of a job that the mask names; without one, those that were sent."""
    path = f"projects/{call.project_id()}/locations/{call.args['location']}/jobs/{call.args['job']}"
    name = f"//cloudscheduler.googleapis.com/{path}"
    call.require("cloudscheduler.jobs.update", name)
    if name not in call.cloud.resources:
        raise not_found("Job not found.")
    sent = call.body()
    mask = [each for each in (call.request.query("updateMask") or "").split(",") if each]
    with call.cloud.writing():
        changed = deepcopy(call.cloud.resources[name])
        for field in mask or [each for each in sent if each not in _OUTPUT_ONLY]:
            _copy(sent, changed, [_camel(word) for word in field.split(".")])
        changed["userUpdateTime"] = call.cloud.timestamp()
        call.cloud.put(name, changed)
    return {"name": names.path_of(name), **changed}


@pubsub.route("POST", "/v1/projects/{project}/subscriptions/{subscription}:modifyPushConfig")
def modify_push_config(call: ApiCall) -> Json:
    """Replace a subscription's push settings, all of them; empty ones make it a pull subscription."""
    path = f"projects/{call.project_id()}/subscriptions/{call.args['subscription']}"
    name = f"//pubsub.googleapis.com/{path}"
    call.require("pubsub.subscriptions.update", name)
    if name not in call.cloud.resources:
        raise not_found(f"Resource not found (resource={call.args['subscription']}).")
    sent = call.body()
    if not isinstance(sent.get("pushConfig"), dict):
        raise invalid("The value for push_config is missing.")
    with call.cloud.writing():
        call.cloud.put(name, {**call.cloud.resources[name], "pushConfig": sent["pushConfig"]})
    return {}


def _copy(source: Json, target: Json, path: list[str]) -> None:
    if path[0] in _OUTPUT_ONLY:
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
