"""Who may do what: allow policies with their conditions and inheritance, and deny policies before them.

https://cloud.google.com/iam/docs/policy-types#evaluation
"""

from __future__ import annotations

from ..state.cloud import Cloud
from ..state.resource_names import PROJECTS, project_in
from ..state.world import Json
from . import conditions, roles
from .members import PUBLIC, matches, matches_v2
from .principal import Identity

# The operator holds what the world's policies give, not everything, where a call to the service itself is judged.
DATA_PLANE = frozenset({"run.routes.invoke", "cloudfunctions.functions.invoke", "iap.webServiceVersions.accessViaIAP"})


def may(cloud: Cloud, who: Identity, permission: str, resource: str) -> bool:
    """Whether a caller of an API holds a permission: the operator as the world says, others what policies give."""
    if who.member == cloud.operator.member and permission not in DATA_PLANE:
        cloud.asked_for[permission] = None
        return not lacked(cloud, permission, resource)
    return allowed(cloud, who, permission, resource, {"request": {"time": cloud.now()}})


def lacked(cloud: Cloud, permission: str, resource: str) -> bool:
    """Whether the operator lacks this permission, everywhere or on this one resource."""
    operator = cloud.world.operator
    if cloud.world.saved and (_unseen(cloud, permission, resource) or _refused(cloud, permission, resource)):
        return True
    held = operator.holds is None or _names(cloud, operator.holds, permission, resource)
    return not held or _names(cloud, operator.lacks, permission, resource)


def _names(cloud: Cloud, declared: tuple[str, ...], permission: str, resource: str) -> bool:
    """Whether a permission is among the declared ones, each alone or with a resource after a space."""
    for each in declared:
        what, _, where = each.partition(" ")
        if what == permission and (not where or cloud.canonical(where.strip()) == cloud.canonical(resource)):
            return True
    return False


def _refused(cloud: Cloud, permission: str, resource: str) -> bool:
    """Whether a saved world says that this permission was lacking, on this resource or on none that it names."""
    refused = (str(each.get("target")) for each in cloud.world.unread if each.get("permission") == permission)
    return any(not each.startswith("//") or _same(cloud, each, resource) for each in refused)


def _same(cloud: Cloud, one: str, other: str) -> bool:
    """Whether two names are of one resource; of a service account's project, `-` may stand for any."""
    accounts = {name.rpartition("/")[2] for name in (one, other) if "/serviceAccounts/" in name}
    return cloud.canonical(one) == cloud.canonical(other) or ("/projects/-/" in one + other and len(accounts) == 1)


def _unseen(cloud: Cloud, permission: str, resource: str) -> bool:
    """Whether a saved world does not say what this permission lets one read: nobody looked, or nobody was let."""
    name, kind, verb = cloud.canonical(resource), permission.split(".")[-2], permission.rsplit(".", 1)[1]
    if verb == "getIamPolicy":
        return not cloud.has_policy(name)
    if verb == "listEffectiveTags":
        return name not in cloud.tags and "effectiveTags" not in cloud.resources.get(name, {})
    if kind == "denypolicies":
        return name not in cloud.deny
    if permission == "orgpolicy.policy.get":
        return name not in cloud.org_policies
    if permission == "groups.read":
        return True
    absent = {cloud.canonical(each) for each in cloud.world.absent}
    if kind == "resourceRecordSets":
        return "rrsets" not in cloud.resources.get(name, {})
    if verb == "list":
        every = f"/{'logs' if kind == 'logEntries' else kind.removeprefix('global')}/*".lower()
        return not any(each.lower().endswith(every) and project_in(each) == project_in(name) for each in absent)
    return verb == "get" and name not in cloud.resources and name not in absent


def allowed(cloud: Cloud, who: Identity, permission: str, resource: str, attributes: Json) -> bool:
    """Whether the policies on a resource and above it give a principal a permission."""
    if denied(cloud, who, permission, resource):
        return False
    own = cloud.canonical(resource)
    attributes = {**attributes, conditions.TAGS: cloud.effective_tags(resource)}
    return any(
        _binding_gives(cloud, binding, who, permission, attributes, public=name == own)
        for name in cloud.ancestors(resource)
        for binding in cloud.effective_policy(name).get("bindings", [])
    )


def _binding_gives(
    cloud: Cloud, binding: Json, who: Identity, permission: str, attributes: Json, *, public: bool
) -> bool:
    if permission not in role_permissions(cloud, str(binding.get("role", ""))):
        return False
    members = [str(each) for each in binding.get("members", [])]
    # allUsers and allAuthenticatedUsers count only on the service: https://cloud.google.com/run/docs/securing/managing-access
    counted = [each for each in members if public or each not in PUBLIC]
    return any(matches(cloud, each, who) for each in counted) and conditions.granted(binding, attributes)


def role_permissions(cloud: Cloud, role: str) -> frozenset[str]:
    """The permissions of a predefined or custom role; a deleted or disabled custom role gives none."""
    if role.startswith("roles/"):
        return roles.permissions(role)
    found = cloud.resources.get(cloud.canonical(f"//iam.googleapis.com/{role}"), {})
    if found.get("deleted") or found.get("stage") == "DISABLED":
        return frozenset()
    return frozenset(str(each) for each in found.get("includedPermissions", []))


def denied(cloud: Cloud, who: Identity, permission: str, resource: str) -> bool:
    """Whether a deny policy above a resource forbids it. https://cloud.google.com/iam/docs/deny-overview."""
    above = [name for name in cloud.ancestors(resource) if name.startswith(PROJECTS)]
    return any(denied_at(cloud, name, who, permission, resource) for name in above)


def denied_at(cloud: Cloud, name: str, who: Identity, permission: str, resource: str) -> bool:
    """Whether a deny policy that is attached right here forbids it on a resource."""
    wanted, tags = deny_name(permission), cloud.effective_tags(resource)
    return any(
        _rule_denies(cloud, rule.get("denyRule", {}), who, wanted, tags)
        for policy in cloud.deny.get(name, [])
        for rule in policy.get("rules", [])
    )


def deny_name(permission: str) -> str:
    """`run.routes.invoke` as deny policies write it: `run.googleapis.com/routes.invoke`."""
    service, _, rest = permission.partition(".")
    service = {"resourcemanager": "cloudresourcemanager"}.get(service, service)
    return f"{service}.googleapis.com/{rest}"


def _rule_denies(cloud: Cloud, rule: Json, who: Identity, wanted: str, tags: list[Json]) -> bool:
    named = any(_names_permission(str(each), wanted) for each in rule.get("deniedPermissions", []))
    excepted = any(_names_permission(str(each), wanted) for each in rule.get("exceptionPermissions", []))
    if not named or excepted:
        return False
    if not any(matches_v2(cloud, str(each), who) for each in rule.get("deniedPrincipals", [])):
        return False
    if any(matches_v2(cloud, str(each), who) for each in rule.get("exceptionPrincipals", [])):
        return False
    condition = rule.get("denialCondition")
    # "If the condition evaluates to true or cannot be evaluated, the deny rule applies": iam/docs/deny-overview.
    # Deny conditions see the resource's tags and nothing of the request.
    return not condition or conditions.holds(str(condition.get("expression", "")), {conditions.TAGS: tags}) is not False


def _names_permission(pattern: str, wanted: str) -> bool:
    if pattern == wanted:
        return True
    service, _, kind = pattern.partition("/")
    if not wanted.startswith(f"{service}/") or "*" not in kind:
        return False
    kinds, verbs = kind.rpartition(".")[::2]
    have_kind, have_verb = wanted.removeprefix(f"{service}/").rpartition(".")[::2]
    return kinds in ("*", have_kind) and verbs in ("*", have_verb)
