"""Effective organization policies that decide who may be let in.

Documentation: https://docs.cloud.google.com/organization-policy/reference/org-policy-constraints
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from .google import Google
from .projects import full_name
from .rest import Json, Row, get

T = TypeVar("T")

READ: Final = "orgpolicy.policy.get"
MEMBER_DOMAINS: Final = "iam.allowedPolicyMemberDomains"
MEMBERS: Final = "iam.managed.allowedPolicyMembers"
INVOKER_CHECK: Final = "run.managed.requireInvokerIam"
OLD_INVOKER_CHECK: Final = "run.requireInvokerIam"
INGRESS: Final = "run.allowedIngress"

EFFECTIVE: Final = Row(
    READ,
    "orgpolicy:v2:projects.policies.getEffectivePolicy",
    "orgpolicy.googleapis.com",
    "GET",
    "/v2/projects/{project}/policies/{constraint}:getEffectivePolicy",
)


def restricts_domains(google: Google, project: str) -> Fact[bool]:
    """Tell whether domain restricted sharing, the older constraint, refuses `allUsers`.

    Documentation: https://docs.cloud.google.com/organization-policy/domain-restricted-sharing
    """
    return _effective(google, project, MEMBER_DOMAINS, _is_limited)


def restricts_members(google: Google, project: str) -> Fact[bool]:
    """Tell whether the managed constraint on members refuses `allUsers`: it may name it as allowed."""

    def parse(rules: list[Json]) -> bool:
        return any(_is_enforced(rule) and "allUsers" not in _subjects(rule) for rule in rules)

    return _effective(google, project, MEMBERS, parse)


def requires_invoker_check(google: Google, project: str, constraint: str = INVOKER_CHECK) -> Fact[bool]:
    """Tell whether the invoker check may not be switched off."""
    return _effective(google, project, constraint, lambda rules: any(map(_is_enforced, rules)))


def allowed_ingress(google: Google, project: str) -> Fact[tuple[str, ...]]:
    """List the ingress settings that are allowed, in gcloud's words; empty when all are."""

    def parse(rules: list[Json]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_allowed(rules))) if _is_limited(rules) else ()

    return _effective(google, project, INGRESS, parse)


def _effective(google: Google, project: str, constraint: str, parse: Callable[[list[Json]], T]) -> Fact[T]:
    """Read what holds for a project, whatever declares it. A constraint that is not offered there restricts nothing."""
    target = f"{full_name(f'projects/{project}')} {constraint}"
    fact = get(google, EFFECTIVE, target, lambda found: parse(_rules(found)), project=project, constraint=constraint)
    refused = isinstance(fact, Unknown) and fact.obstacle is Obstacle.NOT_UNDERSTOOD and fact.detail.startswith("400:")
    if refused and isinstance(fact, Unknown):
        google.excused(fact)
    if isinstance(fact, Absent) or refused:
        return Known(parse([]), Source(READ, target))
    return fact


def _rules(found: Json) -> list[Json]:
    rules: Any = found.get("spec", {}).get("rules", [])
    return [rule for rule in rules if isinstance(rule, dict)]


def _is_limited(rules: list[Json]) -> bool:
    """Tell whether a list constraint leaves anything out; without a rule it does not."""
    return bool(rules) and not any(rule.get("allowAll") for rule in rules)


def _is_enforced(rule: Json) -> bool:
    return rule.get("enforce") in {True, "true", "TRUE"}


def _subjects(rule: Json) -> list[str]:
    parameters: Any = rule.get("parameters") or {}
    return [str(one) for one in parameters.get("allowedMemberSubjects", ())]


def _allowed(rules: list[Json]) -> Iterator[str]:
    for rule in rules:
        values: Any = rule.get("values") or {}
        for one in values.get("allowedValues", ()):
            yield str(one).removeprefix("is:")
