"""Effective organization policies, as far as they decide what may be set.

Documentation: https://docs.cloud.google.com/resource-manager/docs/reference/orgpolicy/rest/v2/projects.policies/getEffectivePolicy
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..model.fact import Fact
from . import rest
from .google import Google
from .rest import Json, Row

MEMBER_DOMAINS: Final = "iam.allowedPolicyMemberDomains"
REQUIRE_INVOKER_CHECK: Final = "run.managed.requireInvokerIam"

EFFECTIVE: Final = Row(
    "orgpolicy.policy.get",
    "orgpolicy:v2:projects.policies.getEffectivePolicy",
    "orgpolicy.googleapis.com",
    "GET",
    "/v2/projects/{project}/policies/{constraint}:getEffectivePolicy",
)


def restricts_members(google: Google, project: str) -> Fact[bool]:
    """Tell whether domain restricted sharing holds in a project."""
    return _effective(google, project, MEMBER_DOMAINS, lambda rule: not rule.get("allowAll"))


def requires_invoker_check(google: Google, project: str) -> Fact[bool]:
    """Tell whether the invoker check may not be switched off in a project."""
    return _effective(google, project, REQUIRE_INVOKER_CHECK, lambda rule: rule.get("enforce") in {True, "TRUE"})


def _effective(google: Google, project: str, constraint: str, holds: Callable[[Json], bool]) -> Fact[bool]:
    target = f"//cloudresourcemanager.googleapis.com/projects/{project}"

    def parse(found: Json) -> bool:
        rules = found.get("spec", {}).get("rules", [])
        return any(holds(rule) for rule in rules) and not any(rule.get("allowAll") for rule in rules)

    return rest.get(google, EFFECTIVE, target, parse, project=project, constraint=constraint)
