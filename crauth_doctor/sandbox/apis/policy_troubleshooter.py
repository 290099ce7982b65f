"""Policy Troubleshooter v3: from the same code that decides who gets in, as far as whoever asks may see.

https://cloud.google.com/policy-intelligence/docs/reference/policytroubleshooter/rest/v3/iam/troubleshoot
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..iam import access, conditions
from ..iam.members import PUBLIC, matches
from ..iam.principal import Identity
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from . import iam_v2
from .errors import invalid, permission_denied
from .framework import Api, ApiCall

api = Api("policytroubleshooter.googleapis.com", "Policy Troubleshooter API")

_GROUPS = "groups.read"  # "you need the groups.read permission of Google Workspace to see group memberships"
_GRANTED, _NOT, _CONDITIONAL, _UNKNOWN = "GRANTED", "NOT_GRANTED", "UNKNOWN_CONDITIONAL", "UNKNOWN_INFO"
_BEST_FIRST = (_GRANTED, _CONDITIONAL, _UNKNOWN, _NOT)
_HIGH, _NORMAL = "HEURISTIC_RELEVANCE_HIGH", "HEURISTIC_RELEVANCE_NORMAL"


@api.route("POST", "/v3/iam:troubleshoot")
def troubleshoot(call: ApiCall) -> Json:
    """Whether a principal has a permission on a resource, and why."""
    tuple_ = call.body().get("accessTuple") or {}
    email, resource, permission = (
        str(tuple_.get(each) or "") for each in ("principal", "fullResourceName", "permission")
    )
    if "@" not in email or ":" in email or not resource.startswith("//") or permission.count(".") != 2:
        raise invalid("The principal must be an email address of a user or service account.")
    if call.cloud.world.saved and not call.cloud.changed:
        return _as_saved(call.cloud.world.resources, email, resource)
    kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
    who = call.cloud.principal(f"{kind}:{email}")
    tags = call.cloud.effective_tags(resource)
    attributes: Json = {"request": {"time": _moment(call, tuple_)}, conditions.TAGS: tags}
    policies = [_policy(call, name, who, permission, resource, attributes) for name in call.cloud.ancestors(resource)]
    allow = _best(str(each["allowAccessState"]).removeprefix("ALLOW_ACCESS_STATE_") for each in policies)
    deny, denying = _denials(call, who, permission, resource)
    return {
        "overallAccessState": _overall(allow, deny),
        "accessTuple": {**tuple_, "permissionFqdn": access.deny_name(permission)},
        "allowPolicyExplanation": {
            "allowAccessState": f"ALLOW_ACCESS_STATE_{allow}",
            "explainedPolicies": policies,
            "relevance": _HIGH,
        },
        "denyPolicyExplanation": {
            "denyAccessState": f"DENY_ACCESS_STATE_{deny}",
            "explainedResources": denying,
            "relevance": _HIGH if deny == "DENIED" else _NORMAL,
            "permissionDeniable": True,
        },
    }


def _as_saved(resources: Json, email: str, resource: str) -> Json:
    """What it answered when the world was saved.

    Raises:
        ApiError: PERMISSION_DENIED, if it was not asked.
    """
    saved: Json | None = resources.get(f"//{api.host}/{email} {resource}")
    if saved is None:
        raise permission_denied("policytroubleshooter.assets.get", "What it would answer was not saved.", resource)
    return saved


def _moment(call: ApiCall, tuple_: Json) -> datetime:
    given = ((tuple_.get("conditionContext") or {}).get("request") or {}).get("receiveTime")
    return datetime.fromisoformat(str(given)) if given else call.cloud.now()


def _overall(allow: str, deny: str) -> str:
    if deny == "DENIED" or allow == _NOT:
        return "CANNOT_ACCESS"
    if _UNKNOWN in (deny, allow):
        return _UNKNOWN
    return "UNKNOWN_CONDITIONAL" if _CONDITIONAL in (deny, allow) else "CAN_ACCESS"


def _best(states: Iterable[str]) -> str:
    found = set(states)
    return next((each for each in _BEST_FIRST if each in found), _NOT)


def _policy(call: ApiCall, name: str, who: Identity, permission: str, resource: str, attributes: Json) -> Json:
    """One allow policy; one that the asker may not read is unknown."""
    explained: Json = {"fullResourceName": name, "relevance": _NORMAL}
    if not access.may(call.cloud, call.who, _read_permission(name), name):
        return explained | {"allowAccessState": f"ALLOW_ACCESS_STATE_{_UNKNOWN}"}
    policy = call.cloud.effective_policy(name)
    public = name == call.cloud.canonical(resource)
    bindings = [_binding(call, each, who, permission, attributes, public=public) for each in policy.get("bindings", [])]
    state = _best(str(each["allowAccessState"]).removeprefix("ALLOW_ACCESS_STATE_") for each in bindings)
    return explained | {
        "allowAccessState": f"ALLOW_ACCESS_STATE_{state}",
        "policy": policy,
        "bindingExplanations": bindings,
    }


def _read_permission(name: str) -> str:
    """What it takes to read a policy."""
    kind = names.path_of(name).split("/")[-2] if "/" in names.path_of(name) else "projects"
    service = names.service_of(name).partition(".")[0]
    return f"{'resourcemanager' if name.startswith(names.PROJECTS) else service}.{kind}.getIamPolicy"


def _binding(call: ApiCall, binding: Json, who: Identity, permission: str, attributes: Json, *, public: bool) -> Json:
    held = permission in access.role_permissions(call.cloud, str(binding.get("role")))
    members = {str(each): _membership(call, str(each), who, public=public) for each in binding.get("members", [])}
    combined = next((each for each in ("MATCHED", _UNKNOWN, "NOT_MATCHED") if each in members.values()), "NOT_MATCHED")
    explained: Json = {
        "allowAccessState": f"ALLOW_ACCESS_STATE_{_state(binding, combined, attributes, held=held)}",
        "role": binding.get("role"),
        "rolePermission": "ROLE_PERMISSION_INCLUDED" if held else "ROLE_PERMISSION_NOT_INCLUDED",
        "rolePermissionRelevance": _HIGH if held else _NORMAL,
        "memberships": {
            one: {"membership": f"MEMBERSHIP_{each}", "relevance": _NORMAL} for one, each in members.items()
        },
        "combinedMembership": {"membership": f"MEMBERSHIP_{combined}", "relevance": _NORMAL},
        "relevance": _HIGH if held and combined == "MATCHED" else _NORMAL,
    }
    if binding.get("condition"):
        explained["condition"] = binding["condition"]
    return explained


def _membership(call: ApiCall, member: str, who: Identity, *, public: bool) -> str:
    if member.startswith("group:") and access.lacked(call.cloud, _GROUPS, ""):
        return _UNKNOWN
    counts = public or member not in PUBLIC
    return "MATCHED" if counts and matches(call.cloud, member, who) else "NOT_MATCHED"


def _state(binding: Json, membership: str, attributes: Json, *, held: bool) -> str:
    if not held or membership == "NOT_MATCHED":
        return _NOT
    condition = binding.get("condition")
    met = conditions.holds(str(condition.get("expression", "")), attributes) if condition else True
    if met is False:
        return _NOT
    if membership != "MATCHED":
        return _UNKNOWN
    return _GRANTED if met else _CONDITIONAL


def _denials(call: ApiCall, who: Identity, permission: str, resource: str) -> tuple[str, list[Json]]:
    """The deny policies above a resource, as far as the asker may read them."""
    explained, states = [], set()
    for name in call.cloud.ancestors(resource):
        if not name.startswith(names.PROJECTS):
            continue
        state = _denied_at(call.cloud, call.who, name, who, permission, resource)
        states.add(state)
        shown: Json = {"denyAccessState": f"DENY_ACCESS_STATE_{state}", "fullResourceName": name, "relevance": _NORMAL}
        if state != _UNKNOWN and call.cloud.deny.get(name):
            whole = [iam_v2.whole(call, name, at, each) for at, each in enumerate(call.cloud.deny[name])]
            shown["explainedPolicies"] = [
                {"denyAccessState": shown["denyAccessState"], "policy": each} for each in whole
            ]
        explained.append(shown)
    overall = next((each for each in ("DENIED", _UNKNOWN) if each in states), "NOT_DENIED")
    return overall, explained


def _denied_at(cloud: Cloud, asker: Identity, name: str, who: Identity, permission: str, resource: str) -> str:
    if not access.may(cloud, asker, "iam.denypolicies.list", name):
        return _UNKNOWN
    return "DENIED" if access.denied_at(cloud, name, who, permission, resource) else "NOT_DENIED"
