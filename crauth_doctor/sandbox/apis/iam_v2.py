"""IAM API v2: deny policies. https://cloud.google.com/iam/docs/reference/rest/v2/policies."""

from __future__ import annotations

import re
import uuid
from urllib.parse import quote, unquote

from ..state import resource_names as names
from ..state.world import Json
from .errors import not_found
from .framework import ApiCall, page
from .iam_v1 import api

_POLICIES = "/v2/policies/{attachment}/denypolicies"


def _attachment(call: ApiCall, permission: str) -> str:
    """The full name of the resource to which the policies are attached."""
    point = unquote(call.args["attachment"])
    name = call.cloud.canonical(f"//{point}")
    call.require(permission, name, f"Permission '{permission}' denied on resource '{point}' (or it may not exist).")
    return name


def _numbered(call: ApiCall, name: str) -> str:
    """The attachment point as IAM writes it in names: with the project's number."""
    project = call.cloud.project(names.project_in(name) or "")
    written = names.with_project(name, project.number) if project else name
    return quote(written.removeprefix("//"), safe="")


def whole(call: ApiCall, name: str, index: int, policy: Json) -> Json:
    """A deny policy with what every one has."""
    slug = re.sub(r"[^a-z0-9]+", "-", str(policy.get("displayName") or f"deny-{index}").lower()).strip("-")
    full = f"policies/{_numbered(call, name)}/denypolicies/{slug}"
    defaults: Json = {
        "name": full,
        "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, full)),
        "kind": "DenyPolicy",
        "displayName": slug,
        "etag": "MTc4MzE5NDI4MDUzOTM0MDU5NTI=",
        "createTime": "2026-01-01T00:00:00Z",
        "updateTime": "2026-01-01T00:00:00Z",
    }
    return defaults | policy


def _all(call: ApiCall, name: str) -> list[Json]:
    return [whole(call, name, index, policy) for index, policy in enumerate(call.cloud.deny.get(name, []))]


@api.route("GET", _POLICIES)
def list_policies(call: ApiCall) -> Json:
    """The deny policies of an attachment point, without their rules: those are told by `get` only."""
    found = _all(call, _attachment(call, "iam.denypolicies.list"))
    return page(call, [{key: value for key, value in each.items() if key != "rules"} for each in found], "policies")


@api.route("GET", _POLICIES + "/{policy}")
def get_policy(call: ApiCall) -> Json:
    """One deny policy with its rules."""
    name = _attachment(call, "iam.denypolicies.get")
    found = next((each for each in _all(call, name) if each["name"].rsplit("/", 1)[1] == call.args["policy"]), None)
    if found is None:
        raise not_found("The policy was not found.")
    return found
