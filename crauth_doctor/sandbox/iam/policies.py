"""Reading, writing and testing allow policies, the same for every resource that carries one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ..apis.errors import invalid
from ..apis.framework import Api, ApiCall
from ..state import audit_log
from ..state import resource_names as names
from ..state.cloud import Cloud, is_deleted, members_of
from ..state.world import Json
from . import access, org_constraints
from .members import PUBLIC

CONDITIONS_VERSION = 3


def serve(api: Api, *templates: str, find: Callable[[ApiCall, str], str], read: str = "POST") -> None:
    """Serve getIamPolicy, setIamPolicy and testIamPermissions of a resource that carries a policy.

    `find` gives its full name, if the caller may do a verb; the verb is empty for a test, which takes no permission.
    """

    @api.route(read, *(f"{each}:getIamPolicy" for each in templates))
    def get_policy(call: ApiCall) -> Json:
        return get(call, find(call, "getIamPolicy"))

    @api.route("POST", *(f"{each}:setIamPolicy" for each in templates))
    def set_policy(call: ApiCall) -> Json:
        return set_(call, find(call, "setIamPolicy"))

    @api.route("POST", *(f"{each}:testIamPermissions" for each in templates))
    def test_permissions(call: ApiCall) -> Json:
        return test(call, find(call, ""))


def get(call: ApiCall, resource: str) -> Json:
    """The resource's own policy, in the version that was asked for."""
    return shown(call.cloud.policy(resource), requested_version(call))


def requested_version(call: ApiCall) -> int:
    """`options.requestedPolicyVersion`, of the query or of the body."""
    asked = call.request.query("options.requestedPolicyVersion") or call.request.query("optionsRequestedPolicyVersion")
    if asked is None:
        asked = call.body().get("options", {}).get("requestedPolicyVersion")
    if asked not in (None, "", 0, 1, 2, 3, "0", "1", "2", "3"):
        raise invalid(f"Requested policy version {asked} is not valid.")
    return int(asked or 1)


def shown(policy: Json, version: int) -> Json:
    """A policy as a reader of that version sees it: below 3, conditions hide in the role's name.

    https://cloud.google.com/iam/docs/allow-policies#specifying-version-get
    """
    bindings = policy.get("bindings", [])
    conditional = any("condition" in each for each in bindings)
    if version >= CONDITIONS_VERSION or not conditional:
        return {**policy, "version": CONDITIONS_VERSION if conditional else 1}
    return {**policy, "version": 1, "bindings": [_without_condition(each) for each in bindings]}


def _without_condition(binding: Json) -> Json:
    condition = binding.get("condition")
    if not condition:
        return binding
    digest = hashlib.sha256(repr(sorted(condition.items())).encode()).hexdigest()[:20]
    return {"role": f"{binding['role']}_withcond_{digest}", "members": binding["members"]}


def set_(call: ApiCall, resource: str) -> Json:
    """Replace the resource's own policy."""
    policy = call.body().get("policy")
    if not isinstance(policy, dict):
        raise invalid("The policy is missing.")
    with call.cloud.writing():
        _check_conditions(policy)
        _check_roles(call.cloud, policy)
        _check_members(call.cloud, resource, policy)
        org_constraints.check_members(
            call.cloud, resource, members_of(policy) - members_of(call.cloud.policy(resource))
        )
        before = call.cloud.policy(resource)
        after = call.cloud.write_policy(resource, policy)
        audit_log.policy_set(call, resource, before, after)
        return after


def test(call: ApiCall, resource: str) -> Json:
    """Those of the asked permissions that the caller holds. No role is needed to ask."""
    asked = call.body().get("permissions", [])
    held = [each for each in asked if access.may(call.cloud, call.who, str(each), resource)]
    return {"permissions": held} if held else {}


def _check_conditions(policy: Json) -> None:
    conditional = any("condition" in each for each in policy.get("bindings", []))
    if conditional and policy.get("version") != CONDITIONS_VERSION:
        raise invalid(
            "The specified policy is invalid. Policies with conditions must specify version 3. "
            "See https://cloud.google.com/iam/docs/policies#versions."
        )


def _check_roles(cloud: Cloud, policy: Json) -> None:
    for binding in policy.get("bindings", []):
        role = str(binding.get("role", ""))
        custom = cloud.canonical(f"//iam.googleapis.com/{role}")
        if role.startswith("roles/") and "_withcond_" not in role:
            continue  # a predefined role: more exist than this sandbox knows
        if custom not in cloud.resources:
            raise invalid(f"Role {role} is not supported for this resource.")


def _check_members(cloud: Cloud, resource: str, policy: Json) -> None:
    for member in sorted(members_of(policy) - members_of(cloud.policy(resource))):
        kind, _, email = member.partition(":")
        if kind == "serviceAccount" and _is_missing(cloud, email):
            raise invalid(f"Service account {email} does not exist.")
        if member in PUBLIC:
            if resource.startswith(names.PROJECTS):
                raise invalid(f"Member {member} is not supported for this resource.")
        elif is_deleted(member) or kind in _KINDS:
            continue
        else:
            raise invalid(f"Invalid member: {member}")


_KINDS = {
    "user",
    "serviceAccount",
    "group",
    "domain",
    "principal",
    "principalSet",
    "projectOwner",
    "projectEditor",
    "projectViewer",
}


def _is_missing(cloud: Cloud, email: str) -> bool:
    """Whether this is an account that would have to be in the world and is not; Google's own agents always exist."""
    return names.account_project(email) is not None and cloud.account(email) is None
