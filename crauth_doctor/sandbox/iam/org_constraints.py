"""Organization policies, as far as writes are refused for them.

https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
"""

from __future__ import annotations

import re

from ..apis.errors import ApiError, failed_precondition, violated_constraint
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from .members import PUBLIC

MEMBER_DOMAINS = "iam.allowedPolicyMemberDomains"
MANAGED_MEMBERS = "iam.managed.allowedPolicyMembers"
INVOKER_CHECK = ("run.managed.requireInvokerIam", "run.requireInvokerIam")
ALLOWED_INGRESS = "run.allowedIngress"
_INGRESS = {
    "INGRESS_TRAFFIC_ALL": "all",
    "INGRESS_TRAFFIC_INTERNAL_ONLY": "internal",
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": "internal-and-cloud-load-balancing",
}
_NOT_PERMITTED = (
    "One or more users named in the policy do not belong to a permitted customer,  "
    "perhaps due to an organization policy."
)


def rules_of(cloud: Cloud, resource: str, constraint: str) -> list[Json]:
    """The rules of the nearest policy for a constraint; none where nothing is declared."""
    policy = cloud.org_policy(resource, constraint)
    rules: list[Json] = (policy.get("spec") or policy).get("rules", [])
    return rules


def is_enforced(cloud: Cloud, resource: str, *constraints: str) -> bool:
    """Whether one of some boolean constraints is enforced here."""
    return any(
        rule.get("enforce") in (True, "true", "TRUE")
        for constraint in constraints
        for rule in rules_of(cloud, resource, constraint)
    )


def check_members(cloud: Cloud, resource: str, added: set[str]) -> None:
    """Refuse members that domain restricted sharing does not permit.

    https://cloud.google.com/organization-policy/restrict-domains

    Raises:
        ApiError: FAILED_PRECONDITION.
    """
    rules = rules_of(cloud, resource, MEMBER_DOMAINS)
    if rules and not any(rule.get("allowAll") for rule in rules):
        permitted = {str(each) for rule in rules for each in (rule.get("values") or {}).get("allowedValues", [])}
        if not all(_is_permitted(cloud, resource, member, permitted) for member in added):
            raise failed_precondition(_NOT_PERMITTED)
    if is_enforced(cloud, resource, MANAGED_MEMBERS) and added & set(PUBLIC):
        raise failed_precondition(_NOT_PERMITTED)


def _is_permitted(cloud: Cloud, resource: str, member: str, permitted: set[str]) -> bool:
    """Whether a member belongs to a permitted customer: Google's own agents always do, federated members never.

    Where no organization of the world is one of the permitted ones, the resource's own is taken to be.
    """
    if member in PUBLIC:
        return False
    organizations = {
        name: each for name, each in list(cloud.resources.items()) if name.startswith(f"{names.PROJECTS}organizations/")
    }
    allowed = {name for name, each in organizations.items() if _customers(name, each) & permitted}
    allowed = allowed or {name for name in cloud.ancestors(resource) if "/organizations/" in name}
    kind, _, rest = member.partition(":")
    if kind in ("user", "group", "domain"):
        domains = {str(organizations[name].get("displayName", "")).lower() for name in allowed if name in organizations}
        return not domains or rest.rpartition("@")[2].lower() in domains
    if kind == "serviceAccount":
        owner = names.account_project(rest)
        home = f"{names.PROJECTS}projects/{owner}"
        return owner is None or bool(allowed & set(cloud.ancestors(home))) or _same_project(cloud, resource, home)
    return kind not in ("principal", "principalSet")


def _same_project(cloud: Cloud, resource: str, other: str) -> bool:
    return names.project_in(cloud.canonical(resource)) == names.project_in(names.path_of(cloud.canonical(other)))


def _customers(name: str, organization: Json) -> set[str]:
    customer = str(organization.get("directoryCustomerId") or "")
    number = name.rpartition("/")[2]
    return {customer, f"is:{customer}", f"is:principalSet://iam.googleapis.com/organizations/{number}"} - {""}


def check_service(cloud: Cloud, name: str, service: Json) -> None:
    """Refuse a service's new settings where an organization policy forbids them.

    https://cloud.google.com/run/docs/securing/managing-access#invoker_check and
    https://cloud.google.com/run/docs/securing/ingress#organization-policy

    Raises:
        ApiError: FAILED_PRECONDITION.
    """
    before = cloud.resources.get(name, {})
    switched_off = service.get("invokerIamDisabled") and not before.get("invokerIamDisabled")
    if switched_off and is_enforced(cloud, name, *INVOKER_CHECK):
        raise failed_precondition("invoker_iam_disabled is not currently available for your organization")
    ingress = str(service.get("ingress") or "INGRESS_TRAFFIC_ALL")
    if ingress != str(before.get("ingress") or ""):
        _check_ingress(cloud, name, ingress)


def _check_ingress(cloud: Cloud, name: str, ingress: str) -> None:
    rules = rules_of(cloud, name, ALLOWED_INGRESS)
    if not rules or any(rule.get("allowAll") for rule in rules):
        return
    allowed = {str(each) for rule in rules for each in (rule.get("values") or {}).get("allowedValues", [])}
    value = _INGRESS.get(ingress, "")
    if value not in {re.sub(r"^is:", "", each) for each in allowed}:
        raise _ingress_refused(name, value)


def _ingress_refused(name: str, value: str) -> ApiError:
    project = names.project_in(name)
    return violated_constraint(f"projects/{project}", f"constraints/{ALLOWED_INGRESS}", f"ingress value '{value}'")
