"""The full resource name of what Google's APIs write, as far as it tells its name itself.

Source: https://docs.cloud.google.com/asset-inventory/docs/asset-names
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ..deferred import regex
from . import json_access as look
from .json_access import Json

_MANAGER: Final = "//cloudresourcemanager.googleapis.com/"
_LINK: Final = regex(
    r"https://(?:www\.googleapis\.com/(?P<product>\w+)|(?P<host>\w+)\.googleapis\.com(?:/\w+)??)/v1/(?P<name>projects/.+)"
)
_HOSTS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "projects/*/roles": ("iam", frozenset({"includedPermissions", "stage", "title"})),
    "organizations/*/roles": ("iam", frozenset({"includedPermissions", "stage", "title"})),
    "projects/*/serviceAccounts": ("iam", frozenset()),
    "projects/*/locations/*/workloadIdentityPools/*/providers": ("iam", frozenset()),
    "projects/*/locations/*/services": ("run", frozenset({"ingress", "template", "uri", "urls", "uid"})),
    "projects/*/locations/*/workerPools": ("run", frozenset({"template"})),
    "projects/*/locations/*/functions": ("cloudfunctions", frozenset()),
    "projects/*/locations/*/queues": ("cloudtasks", frozenset()),
    "projects/*/locations/*/queues/*/tasks": ("cloudtasks", frozenset()),
    "projects/*/locations/*/workflows": ("workflows", frozenset()),
    "projects/*/locations/*/connections": ("bigqueryconnection", frozenset({"cloudResource"})),
    "projects/*/locations/*/reasoningEngines": ("aiplatform", frozenset()),
    "projects/*/locations/*/gateways": ("apigateway", frozenset({"apiConfig", "defaultHostname"})),
    "projects/*/locations/*/apis/*/configs": ("apigateway", frozenset()),
    "projects/*/locations/*/connectors": ("vpcaccess", frozenset({"network", "subnet", "ipCidrRange"})),
    "projects/*/uptimeCheckConfigs": ("monitoring", frozenset()),
    "projects/*/subscriptions": ("pubsub", frozenset()),
    "apps/*/services": ("appengine", frozenset()),
    "apps/*/services/*/versions": ("appengine", frozenset()),
}
"""Whose API writes what has a name in this collection, and fields of which it has one, where others have such names."""

_FIELDS: Final[Mapping[str, str]] = {
    "httpTarget": "cloudscheduler",
    "destination": "eventarc",
    "template": "run",
    "pushConfig": "pubsub",
}
"""Whose API writes what has such a name and this field, where more than one has such names."""
_SHARED: Final = ("projects/*/locations/*/jobs", "projects/*/locations/*/triggers", "projects/*/locations/*/instances")


def full_name(value: Json) -> str | None:
    """Return the full name of a resource; None where what it shows does not tell it."""
    link = _LINK.fullmatch(look.text(value, "selfLink") or "")
    if link is not None:
        return f"//{link['product'] or link['host']}.googleapis.com/{link['name']}"
    return _above(value) or _of_build(value) or _of_cluster(value) or _in_collection(value)


def _above(value: Json) -> str | None:
    """Name a project by its id, and a folder or an organization."""
    name, project = look.text(value, "name") or "", look.text(value, "projectId")
    is_project = name.startswith("projects/") or value.keys() & {"projectNumber", "lifecycleState", "parent", "state"}
    if project and is_project and name.count("/") <= 1:
        return f"{_MANAGER}projects/{project}"
    return f"{_MANAGER}{name}" if re.fullmatch(r"(?:folders|organizations)/\d+", name) else None


def _of_build(value: Json) -> str | None:
    """Name a trigger of Cloud Build, whose `name` is the short one, or a place's build account."""
    name, whole = look.text(value, "name") or "", look.text(value, "resourceName") or ""
    if name and "/triggers/" in whole:
        return f"//cloudbuild.googleapis.com/{whole.rpartition('/')[0]}/{name}"
    is_account = name.endswith("/defaultServiceAccount") and look.text(value, "serviceAccountEmail")
    return f"//cloudbuild.googleapis.com/{name}" if is_account else None


def _of_cluster(value: Json) -> str | None:
    name, place = look.text(value, "name"), look.text(value, "location")
    is_cluster = name and place and value.keys() & {"nodePools", "nodeConfig", "workloadIdentityConfig"}
    return f"//container.googleapis.com/projects/-/locations/{place}/clusters/{name}" if is_cluster else None


def _in_collection(value: Json) -> str | None:
    name = look.text(value, "name") or ""
    parts = name.split("/")
    collection = "/".join("*" if at % 2 else part for at, part in enumerate(parts[:-1]))
    if len(parts) % 2 or not collection:
        return None
    if collection in _SHARED:
        host = next((host for field, host in _FIELDS.items() if field in value), None)
        return f"//{host}.googleapis.com/{name}" if host else None
    host, needed = _HOSTS.get(collection, ("", frozenset()))
    return f"//{host}.googleapis.com/{name}" if host and (not needed or needed & value.keys()) else None
