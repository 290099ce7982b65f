"""What IAM and organization policies hold: allow and deny policies, roles, service accounts, constraints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..model.iam import Account, Binding, Condition, DenyRule, Policy, Role, Troubleshot
from . import json_access as look
from .json_access import Json, NotUnderstoodError

_ACCESS: Final = {"CAN_ACCESS": True, "CANNOT_ACCESS": False}
_ALLOWED: Final = {"ALLOW_ACCESS_STATE_GRANTED": True, "ALLOW_ACCESS_STATE_NOT_GRANTED": False}
_DENIED: Final = {"DENY_ACCESS_STATE_DENIED": True, "DENY_ACCESS_STATE_NOT_DENIED": False}
"""Policy Troubleshooter's answers; it has others, that leave it open."""


MOST_MEMBERS: Final = 2_000
"""Members of an allow policy, each as often as it stands there; Google keeps 1,500.

Source: https://docs.cloud.google.com/iam/quotas
"""
MOST_TEXT: Final = 64 * 1024
"""Characters of all its conditions, and of those of a whole chain: to judge them takes half a second."""


def policy(document: Json) -> Policy:
    """Return an allow policy. Documentation: https://docs.cloud.google.com/iam/docs/reference/rest/v1/Policy.

    Raises:
        NotUnderstoodError: it is no policy, or not all of it is understood.
    """
    etag, bindings = document.get("etag") or "", document.get("bindings", [])
    if not isinstance(etag, str) or not isinstance(bindings, list):
        raise NotUnderstoodError("a policy whose bindings are not a list")
    return Policy(tuple(map(_binding, bindings)), etag)


def answered_policy(document: Json) -> Policy:
    """Return an allow policy that an API has answered with; all of these have an etag, empty ones too.

    Raises:
        NotUnderstoodError: it is none, or too large: to judge it would take longer than a report may.
    """
    found = policy(document)
    if not found.etag:
        raise NotUnderstoodError("an answer without an etag, which every policy has")
    if conditions_length(found) > MOST_TEXT or sum(max(1, len(one.members)) for one in found.bindings) > MOST_MEMBERS:
        raise NotUnderstoodError("a policy too large to be judged in time")
    return found


def conditions_length(policy: Policy) -> int:
    """Return how many characters all the conditions of a policy have."""
    return sum(len(one.condition.expression) for one in policy.bindings if one.condition)


def policy_in_part(document: Json) -> tuple[Policy, bool]:
    """Return what is understood of an allow policy that may be cut, and whether that is all."""
    bindings = look.items(document, "bindings")
    understood = [one for one in bindings if _is_understood(one)]
    return policy({**document, "bindings": understood}), len(understood) == len(bindings)


def deny_rules(document: Json, attached_to: str = "") -> tuple[DenyRule, ...]:
    """Return the rules of a deny policy.

    Documentation: https://docs.cloud.google.com/iam/docs/reference/rest/v2/policies#Policy

    Raises:
        NotUnderstoodError: it holds a rule of another kind.
    """
    name = look.text(document, "displayName") or look.last(document, "name") or ""
    return tuple(_deny_rule(one, name, attached_to) for one in look.items(document, "rules"))


def account(found: Json) -> Account:
    """Return a service account."""
    return Account(look.text(found, "email") or "", look.is_true(found, "disabled"))


def role(found: Json) -> Role:
    """Return what a role contains.

    Raises:
        NotUnderstoodError: its permissions are not a list of names.
    """
    permissions = _texts(found, "includedPermissions", "a role whose permissions are not a list of names")
    disabled = look.is_true(found, "deleted") or found.get("stage") == "DISABLED"
    return Role(permissions, disabled)


def constraint_rules(found: Json) -> list[Json]:
    """Return the rules of an organization policy, in either version of the API; without one, nothing is restricted.

    Documentation: https://docs.cloud.google.com/resource-manager/docs/reference/orgpolicy/rest/v2/projects.policies
    """
    rules: list[Json] = [
        one for one in look.items(found, "spec", "rules") or look.items(found, "rules") if isinstance(one, dict)
    ]
    old, switch = look.mapping(found, "listPolicy"), look.mapping(found, "booleanPolicy")
    if old:
        rules.append({"allowAll": old.get("allValues") == "ALLOW", "values": old})
    return [*rules, {"enforce": switch.get("enforced")}] if switch else rules


def is_limited(rules: list[Json]) -> bool:
    """Whether a list constraint leaves anything out; without a rule it does not."""
    return bool(rules) and not allows_all(rules)


def allows_all(rules: list[Json]) -> bool:
    """Whether a list constraint says that everything is allowed."""
    return any(look.is_true(rule, "allowAll") for rule in rules)


def is_enforced(rules: list[Json]) -> bool:
    """Whether a constraint is switched on."""
    return any(look.is_true(rule, "enforce") for rule in rules)


def refuses_member(rules: list[Json], member: str) -> bool:
    """Whether the managed constraint on members refuses this one: it may name it as allowed."""
    return any(
        look.is_true(rule, "enforce") and member not in look.texts(rule, "parameters", "allowedMemberSubjects")
        for rule in rules
    )


def troubleshot(found: Json) -> Troubleshot | None:
    """Return what Policy Troubleshooter answered; None where it leaves everything open.

    Raises:
        NotUnderstoodError: it is no such answer.
    """
    state = found.get("overallAccessState")
    if not isinstance(state, str):
        raise NotUnderstoodError("an answer without an access state")
    access, denies = _ACCESS.get(state), look.text(found, "denyPolicyExplanation", "denyAccessState")
    is_denied = False if access else _DENIED.get(denies or "")
    allowed = look.text(found, "allowPolicyExplanation", "allowAccessState")
    is_allowed = access if access or (allowed is None and not is_denied) else _ALLOWED.get(allowed or "")
    return None if is_allowed is is_denied is None else Troubleshot(is_allowed, is_denied)


def _deny_rule(item: object, name: str, attached_to: str) -> DenyRule:
    rule = look.at(item, "denyRule")
    if not isinstance(rule, Mapping):
        raise NotUnderstoodError(f"the deny policy {name} holds a rule of another kind")

    def texts(key: str) -> frozenset[str]:
        return _texts(rule, key, f"the deny policy {name} holds a rule whose {key} are not a list of names")

    return DenyRule(
        policy=name,
        attached_to=attached_to,
        principals=texts("deniedPrincipals"),
        exceptions=texts("exceptionPrincipals"),
        permissions=texts("deniedPermissions"),
        permission_exceptions=texts("exceptionPermissions"),
        condition=_condition(rule.get("denialCondition")),
    )


def _texts(found: Json, key: str, otherwise: str) -> frozenset[str]:
    items = found.get(key, [])
    if not isinstance(items, list) or not all(isinstance(one, str) for one in items):
        raise NotUnderstoodError(otherwise)
    return frozenset(items)


def _is_understood(item: object) -> bool:
    try:
        _binding(item)
    except NotUnderstoodError:
        return False
    return True


def _binding(item: object) -> Binding:
    role = item.get("role") if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(role, str):
        raise NotUnderstoodError("a policy with a binding that is none")
    members = _texts(item, "members", "a policy with a binding that is none")
    return Binding(role, members, _condition(item.get("condition")))


def _condition(document: object) -> Condition | None:
    if document is None or document == {}:
        return None
    expression = look.at(document, "expression")
    if not isinstance(expression, str) or not expression:
        raise NotUnderstoodError("a policy with a condition that is none")
    return Condition(expression, look.text(document, "title") or "", look.text(document, "description") or "")
