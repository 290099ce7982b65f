"""Organization Policy API v2. https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest."""

from __future__ import annotations

from ..state import resource_names as names
from ..state.world import Json
from .errors import not_found
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


def _resource(call: ApiCall) -> str:
    name = call.cloud.canonical(f"{names.PROJECTS}{call.args['kind']}/{call.args['id']}")
    call.require(
        "orgpolicy.policy.get",
        name,
        f"Permission 'orgpolicy.policy.get' denied on resource '{name}' (or it may not exist).",
    )
    return name


def _numbered(call: ApiCall, name: str) -> str:
    project = call.cloud.project(names.project_in(names.path_of(name)) or "")
    return f"projects/{project.number}" if project else names.path_of(name)


@api.route("GET", "/v2/{kind}/{id}/policies/{constraint}:getEffectivePolicy")
def get_effective_policy(call: ApiCall) -> Json:
    """What holds for a constraint here: declared at the resource or above it, or the constraint's default."""
    name, constraint = _resource(call), call.args["constraint"]
    spec = call.cloud.org_policy(name, constraint)
    default: Json = {"rules": [{"allowAll": True} if constraint in _LISTS else {"enforce": False}]}
    return {"name": f"{_numbered(call, name)}/policies/{constraint}", "spec": spec or default}


@api.route("GET", "/v2/{kind}/{id}/policies")
def list_policies(call: ApiCall) -> Json:
    """The policies that are declared right here."""
    name = _resource(call)
    declared = call.cloud.org_policies.get(name, {})
    return {
        "policies": [
            {"name": f"{_numbered(call, name)}/policies/{key}", "spec": value} for key, value in declared.items()
        ]
    }


@api.route("GET", "/v2/{kind}/{id}/policies/{constraint}")
def get_policy(call: ApiCall) -> Json:
    """One policy that is declared right here."""
    name = _resource(call)
    spec = call.cloud.org_policies.get(name, {}).get(call.args["constraint"])
    if spec is None:
        raise not_found()
    return {"name": f"{_numbered(call, name)}/policies/{call.args['constraint']}", "spec": spec}
