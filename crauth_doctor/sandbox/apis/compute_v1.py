"""Compute Engine API v1, the one write that Cloud Run's callers need; its reads are catalogued.

https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks/setPrivateIpGoogleAccess
"""

from __future__ import annotations

from ..state.world import Json
from .errors import not_found
from .framework import Api, ApiCall

api = Api("compute.googleapis.com", "Compute Engine API", needs_project=True)

_SUBNETWORK = "/compute/v1/projects/{project}/regions/{region}/subnetworks/{subnetwork}"


@api.route("POST", _SUBNETWORK + "/setPrivateIpGoogleAccess")
def set_private_access(call: ApiCall) -> Json:
    """Turn Private Google Access on or off; the operation is done at once."""
    project, region, short = call.project_id(), call.args["region"], call.args["subnetwork"]
    path = f"projects/{project}/regions/{region}/subnetworks/{short}"
    name = f"//compute.googleapis.com/{path}"
    call.require("compute.subnetworks.setPrivateIpGoogleAccess", name)
    if name not in call.cloud.resources:
        raise not_found(f"The resource '{path}' was not found")
    with call.cloud.writing():
        is_on = bool(call.body().get("privateIpGoogleAccess"))
        call.cloud.put(name, {**call.cloud.resources[name], "privateIpGoogleAccess": is_on})
    link = f"https://www.googleapis.com/compute/v1/{path}"
    return {
        "kind": "compute#operation",
        "operationType": "compute.subnetworks.setPrivateIpGoogleAccess",
        "status": "DONE",
        "progress": 100,
        "targetLink": link,
    }
