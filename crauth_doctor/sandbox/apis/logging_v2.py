"""Cloud Logging API v2. https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list."""

from __future__ import annotations

import re

from ..state import resource_names as names
from ..state.log_filter import compile_filter
from ..state.world import Json
from .errors import invalid, permission_denied
from .framework import Api, ApiCall, page

api = Api("logging.googleapis.com", "Cloud Logging API")

_PERMISSION = "logging.logEntries.list"


@api.route("POST", "/v2/entries:list")
def list_entries(call: ApiCall) -> Json:
    """The entries of some projects that fit a filter: the world's own, and the front end's request log."""
    body = call.body()
    wanted = [_project(call, str(each)) for each in body.get("resourceNames", [])]
    wanted += [_project(call, f"projects/{each}") for each in body.get("projectIds", [])]
    if not wanted:
        raise invalid("The list of resource names is empty.")
    try:
        fits = compile_filter(str(body.get("filter", "")))
    except (ValueError, re.error) as error:
        raise invalid(str(error)) from error
    order = str(body.get("orderBy") or "timestamp asc")
    if order not in ("timestamp asc", "timestamp desc", "timestamp"):
        raise invalid(f"Invalid orderBy: {order}")
    with call.cloud.lock:
        found = [each for each in call.cloud.logs if _of(call, each) in wanted and fits(each)]
    found.sort(key=lambda each: str(each.get("timestamp", "")), reverse=order.endswith("desc"))
    query = f"pageSize={body.get('pageSize') or 50}&pageToken={body.get('pageToken') or ''}"
    return page(_with_query(call, query), found, "entries", default=50)


def _with_query(call: ApiCall, query: str) -> ApiCall:
    from dataclasses import replace

    return replace(call, request=replace(call.request, query_string=query))


def _project(call: ApiCall, resource: str) -> str:
    """The project of a resource name, as its id, if the caller may read its logs."""
    reference = names.project_in(resource)
    project = call.cloud.project(reference or "")
    name = call.cloud.canonical(f"{names.PROJECTS}{resource}")
    message = f"Permission '{_PERMISSION}' denied on resource (or it may not exist)."
    if reference is None or project is None:
        raise permission_denied(_PERMISSION, message)
    call.require(_PERMISSION, name, message)
    return project.id


def _of(call: ApiCall, entry: Json) -> str:
    reference = names.project_in(str(entry.get("logName", ""))) or ""
    project = call.cloud.project(reference)
    return project.id if project else reference
