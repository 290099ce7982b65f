"""Identity-Aware Proxy API v1. https://cloud.google.com/iap/docs/reference/rest/v1/v1."""

from __future__ import annotations

from ..iam import policies
from ..state.world import Json
from .framework import Api, ApiCall

api = Api("iap.googleapis.com", "Cloud Identity-Aware Proxy API")

_RESOURCE = "/v1/projects/{project}/{rest=**}"


def _find(call: ApiCall, verb: str) -> str:
    name = call.cloud.canonical(f"//iap.googleapis.com/projects/{call.args['project']}/{call.args['rest']}")
    if verb:
        call.require(f"iap.webServiceVersions.{verb}", name, "The caller does not have permission")
    return name


policies.serve(api, _RESOURCE, find=_find)


@api.route("GET", _RESOURCE + ":iapSettings")
def get_settings(call: ApiCall) -> Json:
    """IAP's settings here."""
    name = _find(call, "getSettings")
    return {"name": f"projects/{call.args['project']}/{call.args['rest']}", **call.cloud.resources.get(name, {})}
