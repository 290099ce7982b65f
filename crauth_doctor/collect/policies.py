"""Every policy that can let the caller in, or forbid it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from ..gcp import methods
from ..gcp.door import Asked, Door
from ..gcp.products import accounts, deny, projects
from ..google_json.policies import MOST_TEXT, conditions_length, policy_in_part
from ..iam import allow
from ..iam.conditions import RequestAttributes, asks_for_tags
from ..iam.deny import concerns
from ..iam.members import includes, same_member
from ..iam.roles import documented, holds
from ..model.answer import No, Yes
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..model.holder import Standing
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
from .executor import Inputs
from .parallel import Future, joined

T = TypeVar("T")
_ANY_CALL: Final = RequestAttributes(None, "", None)
_NOT_READ_YET: Final = Unknown(Source("given", "what is read in this wave"), Obstacle.NOT_ASKED)

OPEN_TO_ALL = Policy((Binding(INVOKER, frozenset({"allUsers"})),))
"""What a service amounts to whose invoker check is off."""

NO_DENIAL_NEEDED = Absent(Source(deny.LIST, "not needed: no allow policy lets the caller in"))


def ancestors(ancestry: Fact[tuple[str, ...]], project: str) -> tuple[str, ...]:
    """List `projects/P` and what stands above it; the project alone, where the rest could not be listed."""
    return ancestry.value if isinstance(ancestry, Known) else (f"projects/{project}",)


def whole(ancestry: Fact[tuple[str, ...]]) -> Fact[bool]:
    """Return whether the chain is whole; not knowing what stands above a project is not knowing of nothing above it."""
    if isinstance(ancestry, Known):
        return Known(value=True, source=ancestry.source)
    if isinstance(ancestry, Absent):
        return Unknown(ancestry.source, Obstacle.NOT_UNDERSTOOD, "the project was not found")
    return ancestry


def roles_to_read(chain: Iterable[PolicyAt], principal: Principal | None) -> tuple[str, ...]:
    """Name the roles that may concern the caller, and that no table answers for."""
    names = dict.fromkeys(binding.role for binding in _concerning(chain, principal))
    return tuple(name for name in names if documented(name) is None)


def with_roles(
    chain: tuple[PolicyAt, ...],
    above: Fact[bool],
    read: Iterable[tuple[str, Fact[Role]]],
    number: str = "",
) -> AllowPolicies:
    """Return the chain with its roles; of the roles that could not concern the caller, those that a table has."""
    chain = tuple(_in_time(chain))
    bound = dict.fromkeys(binding.role for at in chain for binding in _bindings(at))
    roles: dict[str, Fact[Role]] = {}
    for name in bound:
        known = documented(name)
        if known is not None:
            roles[name] = known
    roles |= dict(read)
    return AllowPolicies(chain, above, roles, number)


def _in_time(chain: Iterable[PolicyAt]) -> Iterator[PolicyAt]:
    """Yield the chain with those policies unread whose conditions, with all before them, would take too long."""
    left = MOST_TEXT
    for at in chain:
        left -= conditions_length(at.policy.value) if isinstance(at.policy, Known) else 0
        if left >= 0 or isinstance(at.policy, Unknown):
            yield at
        else:
            detail = "its conditions and those of the policies before it are too long to be judged in time"
            yield PolicyAt(at.resource, Unknown(at.policy.source, Obstacle.NOT_UNDERSTOOD, detail))


def start_roles(
    at: Inputs, names: Sequence[str], together: Callable[[Iterable[tuple[str, Fact[Role]]]], T]
) -> Future[T]:
    """Read roles by their names."""

    def start(name: str) -> Future[Fact[Role]]:
        source = Source("iam.roles.get", f"//iam.googleapis.com/{name}")
        return at.pool.read(f"the role {name}", source, lambda: accounts.role(at.google, name))

    return joined([start(name) for name in names], lambda read: together(zip(names, read, strict=True)))


def start_above(at: Inputs, name: str) -> Future[PolicyAt]:
    """Read the policy of `projects/P`, `folders/F` or `organizations/O`."""
    source = Source(f"resourcemanager.{name.partition('/')[0]}.getIamPolicy", projects.full_name(name))
    reading = at.pool.read(f"the policy of {name}", source, lambda: projects.policy_at(at.google, name))
    return joined([reading], lambda read: PolicyAt(projects.full_name(name), read[0]))


def with_part(google: Door, at: PolicyAt) -> tuple[PolicyAt, ...]:
    """Return a policy, and behind one that could not be read whole what is shown of it, which only ever says yes."""
    if not isinstance(at.policy, Unknown):
        return (at,)
    shown = google.part(Asked(methods.SERVICE_POLICY, at.resource, {}))
    if shown is None:
        return (at,)
    return (at, PolicyAt(at.resource, Known(policy_in_part(shown)[0], google.source("evidence", at.resource))))


def is_granted(chain: Iterable[PolicyAt], principal: Principal) -> bool:
    """Return whether a binding certainly lets the caller in, without a condition, as far as the roles are documented.

    Only good for deciding what more to read: whether the caller may invoke is for the rules to judge.
    """
    so_far = _so_far(chain)
    if not isinstance(allow.may_invoke(so_far, principal, _ANY_CALL), Yes):
        return False
    return any(_gives_always(grant) for grant in allow.grants(so_far, principal, _ANY_CALL))


def lets_everybody_in(policy: Policy) -> bool:
    """Return whether a service's policy gives everybody a role that is known to let in, without a condition."""
    return is_granted([PolicyAt("//run.googleapis.com/", Known(policy, _NOT_READ_YET.source))], Principal(EVERYBODY[0]))


def leaves_open(chain: Iterable[PolicyAt], principal: Principal) -> bool:
    """Return whether nothing that was read lets the caller in, but what cannot be judged may: a member, a condition."""
    places = tuple(chain)
    if is_granted(places, principal):
        return False
    return any(
        may_let_in(grant.binding.role) and (not grant.sure or grant.binding.condition is not None)
        for grant in allow.grants(_so_far(places), principal, _ANY_CALL)
    )


def may_be_granted(policies: AllowPolicies, principal: Principal) -> bool:
    """Return whether anything that was read, or could not be read, may let the caller in."""
    return not isinstance(allow.may(policies, principal, _ANY_CALL, INVOKE), No)


def ask_for_tags(chain: Iterable[PolicyAt], rules: Iterable[DenyRule]) -> bool:
    """Return whether a condition of a binding that may let somebody in, or of a deny rule, looks at the tags."""
    bindings = (binding for at in chain for binding in _bindings(at) if may_let_in(binding.role))
    conditions = (one.condition for some in (bindings, rules) for one in some)
    return any(one is not None and asks_for_tags(one.expression) for one in conditions)


def denials(read: Iterable[Fact[tuple[DenyRule, ...]]], above: Fact[bool]) -> Fact[Denials]:
    """Return the deny rules of all ancestors, those that may forbid to invoke, and what could not be read.

    `above`: whether these are all; unknown when the ancestors could not be listed.
    """
    facts = [whole_list(fact) for fact in read]
    found = [rule for fact in facts if isinstance(fact, Known) for rule in fact.value]
    rules = tuple(rule for rule in found if not isinstance(concerns(rule), No))
    unread = tuple(fact for fact in (*facts, above) if isinstance(fact, Unknown))
    sources = [fact.source for fact in facts if not isinstance(fact, Unknown)] or [fact.source for fact in unread]
    return Known(Denials(rules, unread), sources[0])


def whole_list(read: Fact[tuple[DenyRule, ...]]) -> Fact[tuple[DenyRule, ...]]:
    """Where there is no deny policy, the list is empty; "not found" is an answer about one that was listed."""
    if isinstance(read, Absent):
        return Unknown(read.source, Obstacle.NOT_UNDERSTOOD, "a deny policy that was listed was not found")
    return read


def mentions(policy: Policy, principal: Principal) -> bool:
    """Return whether a policy names the caller itself."""
    return any(same_member(member, principal.member) for binding in policy.bindings for member in binding.members)


def may_let_in(role: str) -> bool:
    """Return whether a role is known to let in, or is a custom one."""
    return holds(documented(role, INVOKE), INVOKE) is True or not role.startswith("roles/")


def _so_far(chain: Iterable[PolicyAt]) -> AllowPolicies:
    return AllowPolicies(tuple(chain), _NOT_READ_YET)


def _gives_always(grant: allow.Grant) -> bool:
    return grant.standing is Standing.GIVES and grant.binding.condition is None


def _concerning(chain: Iterable[PolicyAt], principal: Principal | None) -> Iterator[Binding]:
    so_far = _so_far(chain)
    for at in so_far.chain:
        for binding in _bindings(at):
            if any(_may_be(member, principal, at, so_far) for member in binding.members):
                yield binding


def _may_be(member: str, principal: Principal | None, at: PolicyAt, policies: AllowPolicies) -> bool:
    """A member that was deleted concerns whoever has its name now: it explains why a role gives nothing."""
    if principal is None:
        return member.partition(":")[0] not in {"user", "serviceAccount", "deleted"}
    former = member.removeprefix("deleted:").partition("?")[0]
    if member.startswith("deleted:"):
        return same_member(former, principal.member)
    return not isinstance(includes(member, principal, at, policies), No)


def _bindings(at: PolicyAt) -> tuple[Binding, ...]:
    return at.policy.value.bindings if isinstance(at.policy, Known) else ()
