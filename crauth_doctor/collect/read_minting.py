"""May the product's service agent mint for the account? The allow policies that decide it.

A token is minted on the service account, so what counts is the account's own policy and those of the project that it
belongs to, and above: wherever the callee is.
Documentation: https://docs.cloud.google.com/iam/docs/service-account-permissions
"""

from __future__ import annotations

from typing import Final

from ..gcp.products import accounts, projects
from ..model.exported import TokenType
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.iam import AllowPolicies, PolicyAt, Principal
from . import policies
from .callers.kind import ResolvedCaller
from .executor import Inputs
from .parallel import Future, joined, settled

NOBODY_MINTS: Final = Absent(Source("given", "the caller gets its own tokens"))
_NOTHING_SET: Final = Absent(Source("given", "no token is set"))


def needless(caller: ResolvedCaller) -> Fact[AllowPolicies] | None:
    """Return what needs no reading; None where the policies are to be read."""
    sending = value_of(caller.sending)
    if isinstance(caller.agent, Absent):
        return NOBODY_MINTS
    if sending is not None and sending.auth is not None and sending.auth.type is TokenType.NONE:
        return _NOTHING_SET
    if isinstance(caller.principal, Absent):
        return _NOTHING_SET
    for needed in (caller.principal, caller.agent):
        if isinstance(needed, Unknown):
            return needed
    return NOBODY_MINTS if _email(caller) is None else None


def other_project(caller: ResolvedCaller, ancestry: Fact[tuple[str, ...]]) -> str | None:
    """Return the account's project by its id, where it is known not to be the callee's, nor to stand above it.

    A default account has the project's number, which is also the agent's.
    """
    agent, sending = value_of(caller.agent) or "", value_of(caller.sending)
    project = accounts.project_of(_email(caller) or "-")
    is_same = agent.startswith(f"serviceAccount:service-{project}@")
    project = sending.project if is_same and sending is not None and sending.project else project
    if needless(caller) is not None or not isinstance(ancestry, Known) or project == "-":
        return None
    return None if f"projects/{project}" in ancestry.value else project


def start_own(at: Inputs, caller: ResolvedCaller) -> Future[PolicyAt | None]:
    """Read the account's own policy."""
    email = _email(caller)
    if needless(caller) is not None or email is None:
        return settled(None)
    resource = accounts.full_name(email)
    source = Source("iam.serviceAccounts.getIamPolicy", resource)
    reading = at.pool.read("who may mint the token", source, lambda: accounts.account_policy(at.google, email))
    return joined([reading], lambda read: PolicyAt(resource, read[0]))


def start_ancestry(at: Inputs, project: str | None, callees: Fact[tuple[str, ...]]) -> Future[Fact[tuple[str, ...]]]:
    """Read what the account's project stands in, where it is another one than the callee's."""
    if project is None:
        return settled(callees)
    source = Source("resourcemanager.projects.get", projects.full_name(f"projects/{project}"))
    return at.pool.read(f"the ancestors of {project}", source, lambda: projects.ancestry(at.google, project))


def start_above(
    at: Inputs, nearest: PolicyAt | None, ancestry: Fact[tuple[str, ...]], callees: tuple[PolicyAt, ...]
) -> Future[tuple[PolicyAt, ...]]:
    """Read the policies above the account that do not stand above the callee as well.

    `nearest` is that of its project; None where it is the callee's.
    """
    if nearest is None:
        return settled(callees)
    known = {one.resource: settled(one) for one in callees}
    above = ancestry.value[1:] if isinstance(ancestry, Known) else ()
    reading = [known.get(projects.full_name(name)) or policies.start_above(at, name) for name in above]
    return joined(reading, lambda read: (nearest, *read))


def start(
    at: Inputs,
    caller: ResolvedCaller,
    own: PolicyAt | None,
    ancestry: Fact[tuple[str, ...]],
    above: tuple[PolicyAt, ...],
) -> Future[Fact[AllowPolicies]]:
    """Read the roles that no table knows, and put all together."""
    not_read, agent = needless(caller), value_of(caller.agent)
    if not_read is not None or own is None or agent is None:
        return settled(not_read or NOBODY_MINTS)
    chain = (own, *above)
    names = policies.roles_to_read(chain, Principal(agent))
    source = Source("iam.serviceAccounts.getIamPolicy", own.resource)
    return policies.start_roles(
        at,
        names,
        lambda roles: Known(policies.with_roles(chain, policies.whole(ancestry), roles), source),
    )


def _email(caller: ResolvedCaller) -> str | None:
    principal = value_of(caller.principal)
    return principal.email if principal is not None else None
