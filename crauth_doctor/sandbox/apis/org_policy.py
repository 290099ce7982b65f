"""Organization Policy API v2. https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest."""

from __future__ import annotations

from ..state import resource_names as names
from ..state.world import Json
from .framework import Api, ApiCall

api = Api("orgpolicy.googleapis.com", "Organization Policy API")

_LISTS = (
    "iam.allowedPolicyMemberDomains",
    "run.allowedIngress",
    "run.allowedVPCEgress",
    "iam.workloadIdentityPoolProviders",
    "gcp.resourceLocations",
    "gcp.restrictServiceUsage",
)


@api.route("GET", "/v2/{kind}/{id}/policies/{constraint}:getEffectivePolicy")
def get_effective_policy(call: ApiCall) -> Json:
    """What holds for a constraint here: declared at the resource or above it, or the constraint's default."""
    constraint = call.args["constraint"]
    name = call.cloud.canonical(f"{names.PROJECTS}{call.args['kind']}/{call.args['id']}")
    denied = f"Permission 'orgpolicy.policy.get' denied on resource '{name}' (or it may not exist)."
    call.require("orgpolicy.policy.get", name, denied)
    default: Json = {"rules": [{"allowAll": True} if constraint in _LISTS else {"enforce": False}]}
    project = call.cloud.project(names.project_in(names.path_of(name)) or "")
    place = f"projects/{project.number}" if project else names.path_of(name)
    return {"name": f"{place}/policies/{constraint}", "spec": call.cloud.org_policy(name, constraint) or default}
