"""May the product's service agent mint for the account? The allow policies that decide it.

A token is minted on the service account, so what counts is the account's own policy and those of the project that it
belongs to, and above: wherever the callee is.
Documentation: https://docs.cloud.google.com/iam/docs/service-account-permissions
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from ..gcp import accounts, projects
from ..gcp.connection import Google
from ..iam.roles import predefined_minter
from ..model.exported import TokenType
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.iam import AllowPolicies, Policy, PolicyAt, Principal, Role
from . import policies
from .callers import Met
from .crew import Crew, Pending

T = TypeVar("T")

NOBODY_MINTS: Final = Absent(Source("given", "the caller gets its own tokens"))
_NOTHING_SET: Final = Absent(Source("given", "no token is set"))

Above = Callable[[], tuple[Fact[tuple[str, ...]], tuple[PolicyAt, ...]]]
"""The callee's ancestry, and the policies on it: the account's project is mostly the same."""


def settled(met: Met) -> Fact[AllowPolicies] | None:
    """Return what needs no reading; None where the policies are to be read."""
    sending = value_of(met.sending)
    if isinstance(met.agent, Absent):
        return NOBODY_MINTS
    if sending is not None and sending.auth is not None and sending.auth.type is TokenType.NONE:
        return _NOTHING_SET
    if isinstance(met.principal, Absent):
        return _NOTHING_SET
    for needed in (met.principal, met.agent):
        if isinstance(needed, Unknown):
            return needed
    return None


def read(google: Google, met: Met, callees: Above) -> Fact[AllowPolicies]:
    """Read them: the account's own, those above it, and the roles that no table knows."""
    principal, agent = value_of(met.principal), value_of(met.agent)
    email = principal.email if principal is not None else None
    if email is None or agent is None:
        return settled(met) or NOBODY_MINTS
    resource = accounts.full_name(email)
    own = _beside(google, f"the policy of {email}", lambda: accounts.account_policy(google, email))
    ancestry, above = _above(google, _project_of(email, agent, met), callees)
    chain = (PolicyAt(resource, own.get()), *above)
    names = policies.roles_to_read(chain, Principal(agent), predefined_minter)
    roles = [(name, _beside(google, f"the role {name}", _role(google, name))) for name in names]
    read_roles = [(name, role.get()) for name, role in roles]
    found = policies.with_roles(chain, policies.whole(ancestry), read_roles, predefined_minter)
    return Known(found, Source("iam.serviceAccounts.getIamPolicy", resource))


def _project_of(email: str, agent: str, met: Met) -> str:
    """The account's project by its id; a default account has its number, which is also the agent's."""
    project, sending = accounts.project_of(email), value_of(met.sending)
    is_same = agent.startswith(f"serviceAccount:service-{project}@")
    return sending.project if is_same and sending is not None and sending.project else project


def _above(google: Google, project: str, callees: Above) -> tuple[Fact[tuple[str, ...]], tuple[PolicyAt, ...]]:
    """What stands above the account: read already where it is the callee's project, or stands in the same folders."""
    ancestry, chain = callees()
    known = {at.resource: at for at in chain}
    if not isinstance(ancestry, Known) or f"projects/{project}" in ancestry.value or project == "-":
        return ancestry, chain
    nearest = _beside(google, f"the policy of {project}", lambda: projects.policy_at(google, f"projects/{project}"))
    theirs = projects.ancestry(google, project)
    names = policies.ancestors(theirs, project)
    missing = [name for name in names[1:] if projects.full_name(name) not in known]
    reading = {name: _beside(google, f"the policy of {name}", _policy(google, name)) for name in missing}
    at = [policies.policy_at(names[0], nearest.get())]
    for name in names[1:]:
        fact = reading[name].get() if name in reading else None
        at.append(policies.policy_at(name, fact) if fact is not None else known[projects.full_name(name)])
    return theirs, tuple(at)


def _policy(google: Google, name: str) -> Callable[[], Fact[Policy]]:
    return lambda: projects.policy_at(google, name)


def _role(google: Google, name: str) -> Callable[[], Fact[Role]]:
    return lambda: accounts.role(google, name)


def _beside(google: Google, saying: str, reader: Callable[[], Fact[T]]) -> Pending[Fact[T]]:
    return Crew(google.deadline, lambda _: None).read(saying, Source("read", saying), reader)
