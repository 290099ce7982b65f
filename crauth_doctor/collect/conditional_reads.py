"""What decides only sometimes: IAP's policy, organization policies, a domain mapping, services deployed alike.

Each is read only where it can matter; elsewhere it is absent, and its source says `not needed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from ..gcp import methods
from ..gcp.products import constraints, iap, run, troubleshooter
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.http import Call
from ..model.iam import EVERYBODY, Constraints, Policy, PolicyAt, Principal, Troubleshot
from ..model.load_balancer import LoadBalancer
from ..model.run import Domain, Service, Siblings, host_of
from . import policies
from .callers.kind import ResolvedCaller
from .executor import Inputs
from .find_service import number_of
from .parallel import Future, joined, settled
from .request_target import calls_domain

T = TypeVar("T")

NO_IAP: Final = Absent(Source(run.GET, "the service has no Identity-Aware Proxy"))
NO_DOMAIN: Final = Absent(Source(methods.DOMAIN_MAPPING.read, "not needed: the call goes to a URL of Cloud Run's own"))
NO_CONSTRAINTS: Final = Absent(Source(constraints.READ, "not needed: nobody asked for public access"))
NO_SIBLINGS: Final = Absent(Source(run.LIST, "not needed: nothing tells who deployed the service, or it is open"))
NOTHING_OPEN: Final = Absent(Source(troubleshooter.READ, "not needed: the allow policies leave nothing open"))

_ACCESSOR: Final = "roles/iap.httpsResourceAccessor"
_MOST: Final = 8
"""Siblings whose policies are read."""

_DEPLOYERS: Final = frozenset(
    {
        "app.kubernetes.io/managed-by",
        "firebase-functions-codebase",
        "gcb-trigger-id",
        "goog-managed-by",
        "goog-terraform-provisioned",
        "managed-by",
    }
)
_DEPLOYMENT: Final = "deployment-"
"""Firebase and Google's own tools put such labels on what they deploy, with the tool and the kind of function.

Source: https://github.com/firebase/firebase-tools, src/functions/constants.ts
"""


def is_open(service: Fact[Service], own: PolicyAt | None) -> bool:
    """Return whether a service is known to let everybody in; only good for deciding what more to read."""
    known = value_of(service)
    if known is not None and not known.checks_iam:
        return True
    policy = value_of(own.policy) if own is not None else None
    return policy is not None and policies.lets_everybody_in(policy)


def wants_public(service: Fact[Service], own: PolicyAt | None, caller: ResolvedCaller) -> bool:
    """Whether the caller can come in only if everybody can, and it is not known that everybody can."""
    if isinstance(service, Absent):
        return False
    return isinstance(caller.principal, Absent) and not is_open(service, own)


def start_iap(
    at: Inputs, service: Fact[Service], balancer: Fact[LoadBalancer]
) -> Future[Fact[tuple[Fact[Policy], ...]]]:
    """Read IAP's own policies for the service or its backend, where it stands before it; those above complete them."""
    if not isinstance(service, Known):
        return settled(service)
    front = value_of(balancer)
    number = number_of(service.value) or service.value.project
    if front is not None and front.iap:
        own = f"projects/{service.value.project}/"
        resource = front.iap_resource.removeprefix("//iap.googleapis.com/").replace(own, f"projects/{number}/")
    elif service.value.iap_enabled:
        resource = iap.resource_of(service.value, number)
    else:
        return settled(balancer if isinstance(balancer, Unknown) else NO_IAP)
    names = (resource, resource.partition("/services/")[0], resource.partition("/iap_web/")[0] + "/iap_web")
    return joined([_start_iap(at, one) for one in names], lambda read: Known(tuple(read), read[0].source))


def _start_iap(at: Inputs, resource: str) -> Future[Fact[Policy]]:
    source = Source(iap.READ, f"//iap.googleapis.com/{resource}")
    return at.pool.read("IAP's policy", source, lambda: iap.service_policy(at.google, resource))


def start_constraints(at: Inputs, project: str) -> Future[Fact[Constraints]]:
    """Read the organization policies that decide about letting everybody in."""
    google = at.google
    flags = {
        constraints.MEMBER_DOMAINS: lambda: constraints.restricts_domains(google, project),
        constraints.MEMBERS: lambda: constraints.restricts_members(google, project),
        constraints.INVOKER_CHECK: lambda: constraints.requires_invoker_check(
            google, project, constraints.INVOKER_CHECK
        ),
        constraints.OLD_INVOKER_CHECK: lambda: constraints.requires_invoker_check(
            google, project, constraints.OLD_INVOKER_CHECK
        ),
    }
    return joined([start_constraint(at, project, name, reader) for name, reader in flags.items()], _constraints)


def start_constraint(at: Inputs, project: str, name: str, reader: Callable[[], Fact[T]]) -> Future[Fact[T]]:
    """Read one organization policy."""
    source = Source(constraints.READ, f"//cloudresourcemanager.googleapis.com/projects/{project} {name}")
    return at.pool.read("organization policies", source, reader)


def start_domain(at: Inputs, service: Service | None, call: Fact[Call]) -> Future[Fact[Domain]]:
    """Read the mapping of the host that is called, where it is none of Cloud Run's own."""
    if service is None or not isinstance(call, Known) or not calls_domain(call):
        return settled(NO_DOMAIN)
    host = host_of(call.value.url)
    target = f"//run.googleapis.com/projects/{service.project}/locations/{service.region}/domainmappings/{host}"
    return at.pool.read(
        "the domain mapping",
        Source(methods.DOMAIN_MAPPING.read, target),
        lambda: run.domain(at.google, service.project, service.region, host),
    )


def leads_here(domain: Fact[Domain], service: Service | None) -> Fact[Domain]:
    """Return the mapping where it leads to the callee, and nothing otherwise."""
    leads = isinstance(domain, Known) and service is not None and domain.value.service == service.name
    return domain if leads else NO_DOMAIN


def start_siblings(at: Inputs, service: Service, listed: Fact[run.Listed]) -> Future[Fact[Siblings]]:
    """Read the policies of services that were deployed alike."""
    if not isinstance(listed, Known):
        return settled(listed)
    wanted = deploy_labels(service)
    alike = [one.service for one in listed.value.services if deploy_labels(one.service) == wanted]
    alike = [one for one in alike if (one.region, one.id) != (service.region, service.id)]
    alike = sorted(alike, key=lambda one: (one.region != service.region, one.name))[:_MOST]
    reading = [_start_policy(at, one) for one in alike]
    return joined(reading, lambda read: _siblings(list(zip(alike, read, strict=True)), listed.source))


def start_troubleshooter(
    at: Inputs, service: Service | None, principal: Principal | None, chain: Iterable[PolicyAt]
) -> Future[Fact[Troubleshot]]:
    """Ask Policy Troubleshooter, where a group or a condition leaves open whether the caller is let in."""
    email = principal.email if principal is not None and principal.kind != "group" else None
    if service is None or principal is None or email is None or not policies.leaves_open(chain, principal):
        return settled(NOTHING_OPEN)
    return at.pool.read(
        "Policy Troubleshooter",
        Source(troubleshooter.READ, service.full_name),
        lambda: troubleshooter.may_invoke(at.google, email, service.full_name),
    )


def _start_policy(at: Inputs, service: Service) -> Future[Fact[Policy]]:
    source = Source(run.GET_POLICY, service.full_name)
    if not service.checks_iam:
        return settled(Known(policies.OPEN_TO_ALL, Source(run.GET, service.full_name)))
    return at.pool.read(f"the policy of {service.id}", source, lambda: run.service_policy(at.google, service.name))


def deploy_labels(service: Service) -> tuple[tuple[str, str], ...]:
    """Return the labels that tell by which tool, and as what, a service was deployed."""
    return tuple((key, value) for key, value in service.labels if key in _DEPLOYERS or key.startswith(_DEPLOYMENT))


def iap_policy(
    own: Fact[tuple[Fact[Policy], ...]], above: Sequence[Fact[Policy]], principal: Principal | None
) -> Fact[Policy]:
    """Return who may pass IAP: its policies for the service, and what projects and those above them give.

    Where some could not be read, what was read counts only if it lets this caller through.
    """
    if not isinstance(own, Known):
        return own
    read = own.value
    bindings = [one for fact in read if isinstance(fact, Known) for one in fact.value.bindings]
    given = [one for fact in above if isinstance(fact, Known) for one in fact.value.bindings]
    bindings += [one for one in given if one.role == _ACCESSOR or "/roles/" in one.role]
    unread = next((fact for fact in (*read, *above) if isinstance(fact, Unknown)), None)
    members = {member for one in bindings if one.role == _ACCESSOR and one.condition is None for member in one.members}
    if unread is not None and not (principal is not None and members & {principal.member, *EVERYBODY}):
        return unread
    first = value_of(read[0])
    return Known(Policy(tuple(bindings), first.etag if first else ""), read[0].source)


def _constraints(flags: Sequence[Fact[bool]]) -> Fact[Constraints]:
    members, checks = flags[:2], flags[2:]
    unread = next((fact for fact in flags if isinstance(fact, Unknown)), None)
    if unread is not None:
        return unread
    found = Constraints(
        restricts_members=any(map(value_of, members)),
        requires_invoker_check=any(map(value_of, checks)),
    )
    return Known(found, members[0].source)


def _siblings(read: Sequence[tuple[Service, Fact[Policy]]], source: Source) -> Fact[Siblings]:
    known = [(one.id, fact.value) for one, fact in read if isinstance(fact, Known)]
    public = tuple(name for name, policy in known if policies.lets_everybody_in(policy))
    unread = tuple(fact for _, fact in read if isinstance(fact, Unknown))
    if unread and not known:
        return unread[0]
    return Known(Siblings(public, unread), source)
