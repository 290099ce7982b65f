"""May this principal invoke this service? Every binding that concerns it, and how each one stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ..model.answer import Answer, CannotTell, No, Yes
from ..model.fact import Absent, Fact, Known, Obstacle, Unknown
from ..model.iam import EVERYBODY, INVOKE, AllowPolicies, Binding, Policy, PolicyAt, Principal, Role
from ..model.roles import predefined
from .conditions import Met, Request, met


class Standing(StrEnum):
    """What a binding does for the principal."""

    GIVES = "gives"
    LACKS_PERMISSION = "lacks-permission"
    CONDITION_UNMET = "condition-unmet"
    CONDITION_UNSUPPORTED = "condition-unsupported"
    CONDITION_UNCLEAR = "condition-unclear"
    MEMBERS_UNSEEN = "members-unseen"
    ROLE_UNREAD = "role-unread"


_DOUBTFUL = (Standing.CONDITION_UNCLEAR, Standing.MEMBERS_UNSEEN, Standing.ROLE_UNREAD)


@dataclass(frozen=True, slots=True)
class Grant:
    """A binding that concerns the principal.

    Args:
        resource: full resource name of where it stands.
        binding: the binding.
        member: the one of its members that is, or may be, the principal.
        standing: what it does for it.
        sure: whether that member certainly is, or includes, the principal.
        missing: the read of the role that failed, when that is why.
    """

    resource: str
    binding: Binding
    member: str
    standing: Standing
    sure: bool = True
    missing: tuple[Unknown, ...] = ()

    def __str__(self) -> str:
        return f"{self.binding.role} for {self.member} on {short(self.resource)}"


class _Is(StrEnum):
    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


def short(resource: str) -> str:
    """Return a resource name as people say it: `service orders`, `project shop-prod`."""
    parts = resource.removeprefix("//").split("/")
    kinds = {"services": "service", "projects": "project", "folders": "folder", "organizations": "organization"}
    kinds |= {"serviceAccounts": "service account", "functions": "function", "jobs": "job"}
    return f"{kinds.get(parts[-2], parts[-2])} {parts[-1]}" if len(parts) > 1 else resource


def grants(
    policies: AllowPolicies, principal: Principal, request: Request, permission: str = INVOKE
) -> tuple[Grant, ...]:
    """List every binding in the chain that concerns the principal, the resource's own first."""
    return tuple(grant for at in policies.chain for grant in _grants_at(at, policies, principal, request, permission))


def may_invoke(policies: AllowPolicies, principal: Principal, request: Request) -> Answer:
    """Tell whether allow policies let the principal invoke the service."""
    if principal.is_federated:
        return No("Cloud Run does not take federated principals")
    return may(policies, principal, request, INVOKE)


def may(policies: AllowPolicies, principal: Principal, request: Request, permission: str) -> Answer:
    """Tell whether allow policies give the principal a permission.

    Yes as soon as one binding gives it. No only when every policy of the chain was read, and nothing in them is hidden.
    """
    found = grants(policies, principal, request, permission)
    for grant in found:
        if grant.standing is Standing.GIVES:
            return Yes(str(grant))
    doubts = [f"{_why(grant)} ({grant})" for grant in found if grant.standing in _DOUBTFUL]
    missing = [unread for grant in found if grant.standing in _DOUBTFUL for unread in grant.missing]
    for at in policies.chain:
        if isinstance(at.policy, Unknown):
            doubts.append(f"the allow policy of {short(at.resource)} could not be read")
            missing.append(at.policy)
    if above := _not_listed(policies):
        doubts.append("the policies above the service were not all read")
        missing.append(above)
    if doubts:
        return CannotTell("; ".join(dict.fromkeys(doubts)), tuple(dict.fromkeys(missing)))
    return No(f"no binding gives {permission} to {principal.member}")


def anybody_may(policies: AllowPolicies, request: Request) -> Answer:
    """Tell whether the service is open to everybody, with no token at all."""
    own = AllowPolicies(policies.chain[:1], Known(value=True, source=policies.above.source), policies.roles)
    return may_invoke(own, Principal(EVERYBODY[0]), request)


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
            return f"who is in {grant.member} cannot be seen"
        case Standing.ROLE_UNREAD:
            return f"what {grant.binding.role} contains could not be read"
        case _:
            return "its condition cannot be evaluated here"


def _grants_at(
    at: PolicyAt, policies: AllowPolicies, principal: Principal, request: Request, permission: str
) -> Iterator[Grant]:
    if not isinstance(at.policy, Known):
        return
    for binding in at.policy.value.bindings:
        held = {member: _holds(member, principal, at, policies) for member in sorted(binding.members)}
        for wanted in (_Is.YES, _Is.MAYBE):
            member = next((m for m, holds in held.items() if holds is wanted), None)
            if member is not None:
                role = policies.roles.get(binding.role) or predefined(binding.role)
                yield _grant(at.resource, binding, member, wanted, role, request, permission)
                break


def _grant(
    resource: str,
    binding: Binding,
    member: str,
    holds: _Is,
    role: Fact[Role] | None,
    request: Request,
    permission: str,
) -> Grant:
    if isinstance(role, Unknown) or role is None:
        unread = (role,) if role is not None else ()
        return Grant(resource, binding, member, Standing.ROLE_UNREAD, holds is _Is.YES, unread)
    if isinstance(role, Absent) or role.value.disabled or permission not in role.value.permissions:
        return Grant(resource, binding, member, Standing.LACKS_PERMISSION, holds is _Is.YES)
    standing = _condition_standing(binding, request)
    if holds is _Is.MAYBE and standing in {Standing.GIVES, Standing.CONDITION_UNCLEAR}:
        standing = Standing.MEMBERS_UNSEEN
    return Grant(resource, binding, member, standing, holds is _Is.YES)


def _condition_standing(binding: Binding, request: Request) -> Standing:
    if binding.condition is None:
        return Standing.GIVES
    match met(binding.condition.expression, request):
        case Met.YES:
            return Standing.GIVES
        case Met.NO:
            return Standing.CONDITION_UNMET
        case Met.UNSUPPORTED:
            return Standing.CONDITION_UNSUPPORTED
        case Met.UNCLEAR:
            return Standing.CONDITION_UNCLEAR


def _holds(member: str, principal: Principal, at: PolicyAt, policies: AllowPolicies) -> _Is:
    """Tell whether a member of a policy is, or includes, the principal."""
    if same_member(member, principal.member):
        return _Is.YES
    kind, _, rest = member.partition(":")
    match kind:
        case "allUsers" | "allAuthenticatedUsers":
            return _everybody(member, principal, at is policies.chain[0])
        case "group":
            return _Is.MAYBE if principal.kind in {"user", "serviceAccount", "group"} else _Is.NO
        case "domain":
            return _in_domain(rest.lower(), principal)
        case "projectOwner" | "projectEditor" | "projectViewer" if principal.email:
            return _holds_basic_role(kind.removeprefix("project").lower(), rest, principal, policies)
        case _:
            return _Is.NO


def same_member(one: str, other: str) -> bool:
    """Tell whether two members are the same; e-mail addresses are compared without case."""
    return one == other or (
        one.partition(":")[0] == other.partition(":")[0]
        and one.partition(":")[0] in {"user", "serviceAccount", "group", "domain"}
        and one.lower() == other.lower()
    )


def _everybody(member: str, principal: Principal, on_service: bool) -> _Is:
    """`allUsers` may be bound on the service only; elsewhere, what it would do is not documented.

    Source: https://docs.cloud.google.com/run/docs/securing/managing-access#make-service-public
    """
    if member == EVERYBODY[1] and principal.kind not in {"user", "serviceAccount", "group"}:
        return _Is.NO
    return _Is.YES if on_service else _Is.MAYBE


def _in_domain(domain: str, principal: Principal) -> _Is:
    """A domain stands for the users of one Workspace account, whose other domains cannot be seen from here."""
    if principal.kind != "user" or principal.email is None:
        return _Is.NO
    theirs = principal.email.rpartition("@")[2]
    if theirs == domain:
        return _Is.YES
    return _Is.NO if theirs in {"gmail.com", "googlemail.com"} else _Is.MAYBE


def _holds_basic_role(role: str, project: str, principal: Principal, policies: AllowPolicies) -> _Is:
    for at in policies.chain:
        if at.resource.endswith(f"/projects/{project}") and isinstance(at.policy, Known):
            return _Is.YES if _is_bound(at.policy.value, f"roles/{role}", principal) else _Is.NO
    return _Is.MAYBE


def _is_bound(policy: Policy, role: str, principal: Principal) -> bool:
    return any(
        same_member(member, principal.member)
        for binding in policy.bindings
        if binding.role == role and binding.condition is None
        for member in binding.members
    )
