"""Effective organization policies that decide who may be let in.

Documentation: https://docs.cloud.google.com/organization-policy/reference/org-policy-constraints
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from ...google_json import policies
from ...google_json.json_access import Json
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..door import Door
from ..methods import EFFECTIVE_POLICY
from ..rest import get
from .projects import full_name

T = TypeVar("T")

READ: Final = EFFECTIVE_POLICY.read
MEMBER_DOMAINS: Final = "iam.allowedPolicyMemberDomains"
MEMBERS: Final = "iam.managed.allowedPolicyMembers"
INVOKER_CHECK: Final = "run.managed.requireInvokerIam"
OLD_INVOKER_CHECK: Final = "run.requireInvokerIam"


def restricts_domains(google: Door, project: str) -> Fact[bool]:
    """Whether domain restricted sharing, the older constraint, refuses `allUsers`.

    Documentation: https://docs.cloud.google.com/organization-policy/domain-restricted-sharing
    """
    return _effective(google, project, MEMBER_DOMAINS, policies.is_limited)


def restricts_members(google: Door, project: str) -> Fact[bool]:
    """Whether the managed constraint on members refuses `allUsers`."""
    return _effective(google, project, MEMBERS, lambda rules: policies.refuses_member(rules, "allUsers"))


def requires_invoker_check(google: Door, project: str, constraint: str = INVOKER_CHECK) -> Fact[bool]:
    """Whether the invoker check may not be switched off."""
    return _effective(google, project, constraint, policies.is_enforced)


def _effective(google: Door, project: str, constraint: str, parse: Callable[[list[Json]], T]) -> Fact[T]:
    """Read what holds for a project, whatever declares it. A constraint that is not offered there restricts nothing."""
    target = f"{full_name(f'projects/{project}')} {constraint}"

    def rules(found: Json) -> T:
        return parse(policies.constraint_rules(found))

    fact = get(google, EFFECTIVE_POLICY, target, rules, project=project, constraint=constraint)
    refused = isinstance(fact, Unknown) and fact.obstacle is Obstacle.NOT_UNDERSTOOD and fact.detail.startswith("400:")
    if refused and isinstance(fact, Unknown):
        google.excused(fact)
    if isinstance(fact, Absent) or refused:
        return Known(parse([]), Source(READ, target))
    return fact
