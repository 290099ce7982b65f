"""The writes of Cloud Scheduler and Pub/Sub that set which token they attach; their reads are catalogued.

https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs/patch,
https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions/modifyPushConfig
"""

from __future__ import annotations

from ..state import resource_names as names
from ..state.world import Json
from .errors import invalid, not_found
from .framework import Api, ApiCall, masked

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
    with call.cloud.writing():
        changed = masked(call, call.cloud.resources[name], call.body(), lambda field: field not in _OUTPUT_ONLY)
        _keep_one_token(changed.get("httpTarget", {}), call.body().get("httpTarget", {}))
        changed["userUpdateTime"] = call.cloud.timestamp()
        call.cloud.put(name, changed)
    return {"name": names.path_of(name), **changed}


def _keep_one_token(target: Json, sent: Json) -> None:
    """Take away the token that the one sent replaces: they are one field of two forms."""
    for kept, replaced in (("oidcToken", "oauthToken"), ("oauthToken", "oidcToken")):
        if sent.get(kept):
            target.pop(replaced, None)


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
