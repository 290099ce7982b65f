"""Identity-Aware Proxy API v1. https://cloud.google.com/iap/docs/reference/rest/v1/v1."""

from __future__ import annotations

from ..iam import policies
from ..state.world import Json
from .framework import Api, ApiCall

api = Api("iap.googleapis.com", "Cloud Identity-Aware Proxy API")

_RESOURCE = "/v1/projects/{project}/{rest=**}"


def _name(call: ApiCall) -> str:
    return call.cloud.canonical(f"//iap.googleapis.com/projects/{call.args['project']}/{call.args['rest']}")


@api.route("POST", _RESOURCE + ":getIamPolicy")
def get_policy(call: ApiCall) -> Json:
    """Who may pass IAP here."""
    return policies.get(call, _name(call), "iap.webServiceVersions.getIamPolicy", "The caller does not have permission")


@api.route("POST", _RESOURCE + ":setIamPolicy")
def set_policy(call: ApiCall) -> Json:
    """Replace who may pass IAP here."""
    return policies.set_(
        call, _name(call), "iap.webServiceVersions.setIamPolicy", "The caller does not have permission"
    )


@api.route("POST", _RESOURCE + ":testIamPermissions")
def test_permissions(call: ApiCall) -> Json:
    """What the caller may do here."""
    return policies.test(call, _name(call))


@api.route("GET", _RESOURCE + ":iapSettings")
def get_settings(call: ApiCall) -> Json:
    """IAP's settings here."""
    call.require("iap.webServiceVersions.getSettings", _name(call), "The caller does not have permission")
    return {"name": f"projects/{call.args['project']}/{call.args['rest']}", **call.cloud.resources.get(_name(call), {})}
