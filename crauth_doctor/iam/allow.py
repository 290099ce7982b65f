"""Do allow policies give this principal this permission? Every binding that concerns it, and how each one stands."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from ..deferred import dataclass, kept, replace
from ..model.answer import Answer, CannotTell, No, Yes
from ..model.fact import Absent, Known, Obstacle, Unknown
from ..model.holder import Standing
from ..model.iam import (
    EVERYBODY,
    INVOKE,
    TAGS_NOT_ASKED,
    AllowPolicies,
    Binding,
    Condition,
    Policy,
    PolicyAt,
    Principal,
    short_member,
)
from ..say import Say, listed
from .conditions import ConditionResult, RequestAttributes, asks_for_tags, evaluate
from .members import canonical, includes, is_agent_identity, names_one
from .roles import holds, role_of

UNDECIDED: Final = (Standing.MAY_WHILE, Standing.CONDITION_UNCLEAR, Standing.MEMBERS_UNSEEN, Standing.ROLE_UNREAD)
"""How a binding stands of which it cannot be told whether it gives anything."""
_DECIDING: Final = frozenset({Standing.GIVES, *UNDECIDED})
_STANDINGS: Final = {
    ConditionResult.YES: Standing.GIVES,
    ConditionResult.NO: Standing.CONDITION_UNMET,
    ConditionResult.UNSUPPORTED: Standing.CONDITION_UNSUPPORTED,
    ConditionResult.BY_CALL: Standing.MAY_WHILE,
    ConditionResult.UNCLEAR: Standing.CONDITION_UNCLEAR,
}
AGENTS_DOUBTED: Final = (
    "Google's documentation says that Cloud Run accepts an agent's own identity, but a published test shows that "
    "it does not"
)
"""Source: https://docs.cloud.google.com/iam/docs/auth-agent-own-identity-external."""


ANYBODY: Final = Principal(EVERYBODY[0])
"""Who calls with no token at all."""


@dataclass(frozen=True)
class Grant:
    """A binding that concerns the principal."""

    resource: str  # full resource name of where it stands
    binding: Binding  # the binding
    member: str  # the one of its members that is, or may be, the principal
    standing: Standing  # what it does for it
    sure: bool = True  # whether that member certainly is, or includes, the principal
    missing: tuple[Unknown, ...] = ()  # the reads that would tell, where it is not known what it does
    because: str = ""  # why it is not known whether the member is, or includes, the principal

    def __str__(self) -> str:
        return self.in_words

    @property
    def in_words(self) -> Say:
        """The role, its member and where it is bound."""
        member, resource = short_member(self.member), short(self.resource)
        return Say("{role} for {member} on {resource}", role=self.binding.role, member=member, resource=resource)


_KINDS: Final = {
    "services": "service", "projects": "project", "folders": "folder", "organizations": "organization",
    "serviceAccounts": "service account", "functions": "function", "jobs": "job",
}  # fmt: skip


@lru_cache(maxsize=1024)
def short(resource: str) -> str:
    """Return a resource name as people say it: `service orders`, `project shop-prod`."""
    parts = resource.removeprefix("//").split("/")
    if parts[-1] == "-":
        return f"the {_KINDS.get(parts[-2], parts[-2])}"
    return f"{_KINDS.get(parts[-2], parts[-2])} {parts[-1]}" if len(parts) > 1 else resource


def grants(
    policies: AllowPolicies, principal: Principal, request: RequestAttributes, permission: str = INVOKE
) -> tuple[Grant, ...]:
    """List every binding in the chain that concerns the principal, the resource's own first."""
    return tuple(grant for at in policies.chain for grant in _grants_at(at, policies, principal, request, permission))


def may_invoke(policies: AllowPolicies, principal: Principal, request: RequestAttributes) -> Answer:
    """Whether allow policies let the principal invoke the service."""
    if principal.is_federated:
        return No("Cloud Run does not accept federated principals")
    answer = may(policies, principal, request, INVOKE)
    if not isinstance(answer, Yes) or principal.kind not in {"principal", "principalSet"}:
        return answer
    if isinstance(may(policies, ANYBODY, request, INVOKE), Yes):
        return answer
    doubt = (
        AGENTS_DOUBTED if is_agent_identity(principal.member) else "whether Cloud Run accepts its tokens is not known"
    )
    return CannotTell(Say("{doubt} ({so})", doubt=Say(doubt), so=answer.because))


def may(policies: AllowPolicies, principal: Principal, request: RequestAttributes, permission: str) -> Answer:
    """Whether allow policies give the principal a permission.

    Yes as soon as one binding gives it. No only when every policy of the chain was read, and nothing in them is hidden.
    """
    doubtful: list[Grant] = []
    for at in policies.chain:
        for grant in _grants_at(at, policies, principal, request, permission, _DECIDING):
            if grant.standing is Standing.GIVES:
                return Yes(grant.in_words)
            doubtful.append(grant)
    doubts: list[str] = [Say("{why} ({grant})", why=_why(grant), grant=grant.in_words) for grant in doubtful]
    missing = [unread for grant in doubtful for unread in grant.missing]
    for at in policies.chain:
        if isinstance(at.policy, Unknown):
            doubts.append(Say("the allow policy of {resource} could not be read", resource=short(at.resource)))
            missing.append(at.policy)
    if above := _not_listed(policies):
        doubts.append("the policies above the service were not all read")
        missing.append(above)
    if doubts:
        return CannotTell(listed(dict.fromkeys(doubts)), tuple(dict.fromkeys(missing)))
    member = short_member(principal.member)
    return No(Say("no binding gives {permission} to {member}", permission=permission, member=member))


def anybody_may(policies: AllowPolicies, request: RequestAttributes) -> Answer:
    """Whether the service is open to everybody, with no token at all."""
    return may_invoke(_of_service(policies), ANYBODY, request)


@kept
def _of_service(policies: AllowPolicies) -> AllowPolicies:
    """Return the service's own policy alone, as a chain with nothing above it."""
    return replace(policies, chain=policies.chain[:1], above=Known(value=True, source=policies.above.source))


def effect(
    binding: Binding, policies: AllowPolicies, request: RequestAttributes, permission: str
) -> tuple[Standing, tuple[Unknown, ...]]:
    """Return what a binding does for whoever is certainly among its members, and which read would tell."""
    role = role_of(policies, binding.role, permission)
    match holds(role, permission):
        case None:
            return Standing.ROLE_UNREAD, (role,) if isinstance(role, Unknown) else ()
        case False:
            return Standing.LACKS_PERMISSION, ()
        case True:
            return _held(binding.condition, policies, request)


def _held(
    condition: Condition | None, policies: AllowPolicies, request: RequestAttributes
) -> tuple[Standing, tuple[Unknown, ...]]:
    if condition is None:
        return Standing.GIVES, ()
    standing = _STANDINGS[evaluate(condition.expression, request, policies.tags)]
    return standing, unread_tags(condition, policies) if standing is Standing.CONDITION_UNCLEAR else ()


def unread_tags(condition: Condition, policies: AllowPolicies | None) -> tuple[Unknown, ...]:
    """Return why the tags that a condition asks for are not known, where they could not be read."""
    tags = policies.tags if policies else TAGS_NOT_ASKED
    if isinstance(tags, Unknown) and tags.obstacle is not Obstacle.NOT_ASKED and asks_for_tags(condition.expression):
        return (tags,)
    return ()


def _not_listed(policies: AllowPolicies) -> Unknown | None:
    """Return why the chain is not whole, where it is not."""
    match policies.above:
        case Unknown():
            return policies.above
        case Known(value=False, source=source) | Absent(source=source):
            return Unknown(source, Obstacle.NOT_TOLD, "the resources above the project were not listed")
        case Known():
            return None


def _why(grant: Grant) -> str:
    match grant.standing:
        case Standing.MEMBERS_UNSEEN:
            return grant.because
        case Standing.ROLE_UNREAD:
            return Say("what {role} contains could not be read", role=grant.binding.role)
        case _:
            return "its condition cannot be evaluated here"


def _grants_at(
    at: PolicyAt,
    policies: AllowPolicies,
    principal: Principal,
    request: RequestAttributes,
    permission: str,
    standings: Container[Standing] = frozenset(Standing),
) -> Iterator[Grant]:
    """Yield the bindings of one policy that concern a principal, as far as they stand so."""
    if not isinstance(at.policy, Known):
        return
    for number, members in _concerning(at.policy.value, principal.member):
        binding = at.policy.value.bindings[number]
        standing, missing = effect(binding, policies, request, permission)
        if standing not in standings:
            continue
        grant = _grant(at, binding, members, policies, principal, standing, missing)
        if grant is not None:
            yield grant


def _concerning(policy: Policy, member: str) -> Iterable[tuple[int, Sequence[str]]]:
    """Return the bindings that may concern a principal, with those of their members that may be, or include, it."""
    index = _index(policy)
    named = index.named.get(canonical(member))
    if named is None:
        return index.others.items()
    found = {**index.others}
    for number, name in named:
        # of a group it can only be said that its members cannot be seen, which does not matter where the name stands
        others = [one for one in found.get(number, ()) if not one.startswith("group:")]
        found[number] = sorted((*others, name)) if others else (name,)
    return sorted(found.items())


@dataclass(frozen=True)
class _Index:
    """The members of a policy, each with the number of its binding."""

    # those that are one principal, by what all ways to write it have in common
    named: Mapping[str, tuple[tuple[int, str], ...]]
    others: Mapping[int, Sequence[str]]  # those that may include others, by the number of their binding


@kept
def _index(policy: Policy) -> _Index:
    named: dict[str, tuple[tuple[int, str], ...]] = {}
    others: dict[int, list[str]] = {}
    for number, binding in enumerate(policy.bindings):
        for member in sorted(binding.members):
            if names_one(member):
                key = canonical(member)
                named[key] = (*named.get(key, ()), (number, member))
            else:
                others.setdefault(number, []).append(member)
    return _Index(named, others)


def _grant(
    at: PolicyAt,
    binding: Binding,
    members: Sequence[str],
    policies: AllowPolicies,
    principal: Principal,
    standing: Standing,
    missing: tuple[Unknown, ...],
) -> Grant | None:
    """Return a binding of these members, of which one may be the principal; standing as it does for its members."""
    doubts: list[tuple[str, CannotTell]] = []
    for member in members:
        match includes(member, principal, at, policies):
            case Yes():
                return Grant(at.resource, binding, member, standing, missing=missing)
            case CannotTell() as held:
                doubts.append((member, held))
            case No():
                pass
    if not doubts:
        return None
    member, doubt = doubts[0]
    if standing in {Standing.GIVES, Standing.MAY_WHILE, Standing.CONDITION_UNCLEAR}:
        standing = Standing.MEMBERS_UNSEEN
        missing = tuple(dict.fromkeys(unread for _, one in doubts for unread in one.missing))
    return Grant(at.resource, binding, member, standing, sure=False, missing=missing, because=doubt.because)
