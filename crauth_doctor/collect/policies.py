"""Every policy that can let the caller in, or forbid it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TypeAlias

from ..gcp import deny, projects
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..model.iam import (
    EVERYBODY,
    INVOKE,
    INVOKER,
    AllowPolicies,
    Binding,
    Denials,
    DenyRule,
    Policy,
    PolicyAt,
    Principal,
    Role,
)
from ..model.roles import predefined

_DENIABLE = "run.googleapis.com/routes.invoke"

Table: TypeAlias = Callable[[str], Known[Role] | None]
"""What roles contain that need not be read."""

OPEN_TO_ALL = Policy((Binding(INVOKER, frozenset({"allUsers"})),))
"""What a service amounts to whose invoker check is off."""

NO_DENIAL_NEEDED = Absent(Source(deny.LIST, "not needed: no allow policy lets the caller in"))


def ancestors(ancestry: Fact[tuple[str, ...]], project: str) -> tuple[str, ...]:
    """List `projects/P` and what stands above it; the project alone, where the rest could not be listed."""
    return ancestry.value if isinstance(ancestry, Known) else (f"projects/{project}",)


def whole(ancestry: Fact[tuple[str, ...]]) -> Fact[bool]:
    """Tell whether the chain is whole; not knowing what stands above a project is not knowing of nothing above it."""
    if isinstance(ancestry, Known):
        return Known(value=True, source=ancestry.source)
    if isinstance(ancestry, Absent):
        return Unknown(ancestry.source, Obstacle.NOT_UNDERSTOOD, "the project was not found")
    return ancestry


def policy_at(name: str, policy: Fact[Policy]) -> PolicyAt:
    """Place a policy on `projects/P`, `folders/F` or `organizations/O`."""
    return PolicyAt(projects.full_name(name), policy)


def roles_to_read(chain: Iterable[PolicyAt], principal: Principal | None, table: Table = predefined) -> tuple[str, ...]:
    """Name the roles that may concern the caller, and that the table does not answer for."""
    names = dict.fromkeys(binding.role for binding in _concerning(chain, principal))
    return tuple(name for name in names if table(name) is None)


def with_roles(
    chain: tuple[PolicyAt, ...],
    above: Fact[bool],
    read: Iterable[tuple[str, Fact[Role]]],
    table: Table = predefined,
) -> AllowPolicies:
    """Put the chain and its roles together; of the roles that could not concern the caller, those that a table has."""
    bound = dict.fromkeys(binding.role for at in chain for binding in _bindings(at))
    roles: dict[str, Fact[Role]] = {}
    for name in bound:
        known = table(name)
        if known is not None:
            roles[name] = known
    roles |= dict(read)
    return AllowPolicies(chain, above, MappingProxyType(roles))


def is_granted(chain: Iterable[PolicyAt], principal: Principal) -> bool:
    """Tell whether a binding names the caller itself, or everybody, in a role that lets in, without a condition.

    Only good for deciding what more to read: whether the caller may invoke is for the rules to judge.
    """
    return any(
        binding.condition is None and _lets_in(binding.role) is True and _names(binding, principal)
        for at in chain
        for binding in _bindings(at)
    )


def lets_everybody_in(policy: Policy) -> bool:
    """Tell whether a policy gives everybody a role that is known to let in, without a condition."""
    return any(
        "allUsers" in binding.members and binding.condition is None and _lets_in(binding.role) is True
        for binding in policy.bindings
    )


def leaves_open(chain: Iterable[PolicyAt], principal: Principal) -> bool:
    """Tell whether nothing that was read lets the caller in, and a group or a condition may."""
    places = tuple(chain)
    if is_granted(places, principal):
        return False
    bindings = [one for at in places for one in _bindings(at) if may_let_in(one.role)]
    return any(
        member.startswith(("group:", "domain:")) or (one.condition is not None and _names(one, principal))
        for one in bindings
        for member in one.members
    )


def may_be_granted(policies: AllowPolicies, principal: Principal) -> bool:
    """Tell whether anything that was read, or could not be read, may let the caller in."""
    if not isinstance(policies.above, Known) or any(isinstance(at.policy, Unknown) for at in policies.chain):
        return True
    return any(_may_let_in(policies.roles.get(one.role)) for one in _concerning(policies.chain, principal))


def denials(read: Iterable[Fact[tuple[DenyRule, ...]]], above: Fact[bool]) -> Fact[Denials]:
    """Put the deny rules of all ancestors together, those that can forbid to invoke, and what could not be read.

    Args:
        read: the rules of each place that was looked at.
        above: whether these are all; unknown when the ancestors could not be listed.
    """
    facts = list(read)
    rules = tuple(rule for fact in facts if isinstance(fact, Known) for rule in fact.value if _forbids_invoking(rule))
    unread = tuple(fact for fact in (*facts, above) if isinstance(fact, Unknown))
    sources = [fact.source for fact in facts if not isinstance(fact, Unknown)] or [fact.source for fact in unread]
    return Known(Denials(rules, unread), sources[0])


def mentions(policy: Policy, principal: Principal) -> bool:
    """Tell whether a policy names the caller itself."""
    return any(_same(member, principal.member) for binding in policy.bindings for member in binding.members)


def _forbids_invoking(rule: DenyRule) -> bool:
    """Permission groups are patterns. Source: https://docs.cloud.google.com/iam/docs/deny-permissions-support."""
    return any(one == _DENIABLE or fnmatchcase(_DENIABLE, one) for one in rule.permissions)


def _concerning(chain: Iterable[PolicyAt], principal: Principal | None) -> Iterator[Binding]:
    for at in chain:
        for binding in _bindings(at):
            if any(_may_be(member, principal) for member in binding.members):
                yield binding


def _may_be(member: str, principal: Principal | None) -> bool:
    kind = member.partition(":")[0]
    if kind in {*EVERYBODY, "group", "domain", "projectOwner", "projectEditor", "projectViewer"}:
        return True
    return principal is not None and _same(member.removeprefix("deleted:").partition("?")[0], principal.member)


def _names(binding: Binding, principal: Principal) -> bool:
    return any(member in EVERYBODY or _same(member, principal.member) for member in binding.members)


def _same(one: str, other: str) -> bool:
    """Compare members; case counts for nothing in e-mail addresses, and for something in other identifiers."""
    return one == other or ("@" in one and one.lower() == other.lower())


def may_let_in(role: str) -> bool:
    """Tell whether a role is known to let in, or is a custom one."""
    return _lets_in(role) is True or not role.startswith("roles/")


def _lets_in(role: str) -> bool | None:
    known = predefined(role)
    return None if known is None else INVOKE in known.value.permissions


def _may_let_in(role: Fact[Role] | None) -> bool:
    if isinstance(role, Known):
        return not role.value.disabled and INVOKE in role.value.permissions
    return not isinstance(role, Absent)


def _bindings(at: PolicyAt) -> tuple[Binding, ...]:
    return at.policy.value.bindings if isinstance(at.policy, Known) else ()
