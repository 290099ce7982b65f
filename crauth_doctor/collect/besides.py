"""What decides only sometimes: IAP's policy, organization policies, a domain mapping, services deployed alike.

Each is read only where it can matter; elsewhere it is absent, and its source says `not needed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from ..gcp import constraints, iap, methods, run, troubleshooter
from ..gcp.connection import Google
from ..model.address import Deterministic, parse_url
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.http import Call
from ..model.iam import EVERYBODY, Constraints, Policy, PolicyAt, Principal
from ..model.run import Domain, Service, Siblings, host_of
from . import policies
from .callers import Met
from .calls import calls_domain
from .crew import Crew, Pending

T = TypeVar("T")

NO_IAP: Final = Absent(Source(run.GET, "the service has no Identity-Aware Proxy"))
NO_DOMAIN: Final = Absent(Source(methods.DOMAIN_MAPPING.read, "not needed: the call goes to a URL of Cloud Run's own"))
NO_CONSTRAINTS: Final = Absent(Source(constraints.READ, "not needed: nobody wants to let everybody in"))
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
    """Tell whether a service is known to let everybody in; only good for deciding what more to read."""
    known = value_of(service)
    if known is not None and not known.checks_iam:
        return True
    policy = value_of(own.policy) if own is not None else None
    return policy is not None and policies.lets_everybody_in(policy)


@dataclass(frozen=True)
class Besides:
    """Reads what decides only sometimes.

    Args:
        google: the door.
        crew: starts the readers.
        project: the callee's project.
        service: the callee.
        own: the callee's own policy, where the first wave read it.
        met: the caller.
        speaks_of_public: whether what the user has speaks of letting everybody in.
    """

    google: Google
    crew: Crew
    project: str
    service: Fact[Service]
    own: PolicyAt | None
    met: Met
    speaks_of_public: bool = False

    @property
    def wants_public(self) -> bool:
        """Whether the caller can come in only if everybody can, and it is not known that everybody can."""
        if isinstance(self.service, Absent):
            return False
        return isinstance(self.met.principal, Absent) and not is_open(self.service, self.own)

    def start_iap(self) -> Callable[[Sequence[Fact[Policy]]], Fact[Policy]]:
        """Read IAP's policies for the service, where it stands before it; they are completed by those above it."""
        service = self.service
        if not isinstance(service, Known):
            return lambda _: service
        if not service.value.iap_enabled:
            return lambda _: NO_IAP
        resource = iap.resource_of(service.value, _number_of(service.value))
        names = (resource, resource.partition("/services/")[0], resource.partition("/cloud_run-")[0])
        pending = [
            self._read("IAP's policy", iap.READ, f"//iap.googleapis.com/{one}", _iap(self.google, one)) for one in names
        ]
        principal = value_of(self.met.principal)
        return lambda above: _together([one.get() for one in pending], above, principal)

    def start_constraints(self) -> Callable[[], Fact[Constraints]]:
        """Read the organization policies, where somebody may want to let everybody in."""
        if not self.wants_public and not self.speaks_of_public:
            return lambda: NO_CONSTRAINTS
        google, project = self.google, self.project
        domain = self._constraint(constraints.MEMBER_DOMAINS, lambda: constraints.restricts_domains(google, project))
        member = self._constraint(constraints.MEMBERS, lambda: constraints.restricts_members(google, project))
        checks = [
            self._constraint(name, lambda name=name: constraints.requires_invoker_check(google, project, name))  # type: ignore[misc]
            for name in (constraints.INVOKER_CHECK, constraints.OLD_INVOKER_CHECK)
        ]
        ingress = self._constraint(constraints.INGRESS, lambda: constraints.allowed_ingress(google, project))
        return lambda: _constraints([domain.get(), member.get()], [one.get() for one in checks], ingress.get())

    def start_domain(self, call: Fact[Call]) -> Pending[Fact[Domain]]:
        """Read the mapping of the host that is called, where it is none of Cloud Run's own."""
        service, google = value_of(self.service), self.google
        if service is None or not isinstance(call, Known) or not calls_domain(call):
            return self.crew.settled(NO_DOMAIN)
        host = host_of(call.value.url)
        target = f"//run.googleapis.com/projects/{service.project}/locations/{service.region}/domainmappings/{host}"
        return self._read(
            "the domain mapping",
            methods.DOMAIN_MAPPING.read,
            target,
            lambda: run.domain(google, service.project, service.region, host),
        )

    def leads_here(self, domain: Fact[Domain]) -> Fact[Domain]:
        """Return the mapping where it leads to the callee, and nothing otherwise."""
        service = value_of(self.service)
        leads = isinstance(domain, Known) and service is not None and domain.value.service == service.name
        return domain if leads else NO_DOMAIN

    def wants_siblings(self) -> bool:
        """Tell whether services deployed alike can say anything of this one."""
        service = value_of(self.service)
        return service is not None and self.wants_public and bool(deploy_labels(service))

    def start_siblings(self, listing: Pending[Fact[run.Listed]] | None) -> Callable[[], Fact[Siblings]]:
        """Read the policies of services that were deployed alike."""
        service = value_of(self.service)
        if service is None or listing is None or not self.wants_siblings():
            return lambda: NO_SIBLINGS
        listed = listing.get()
        if not isinstance(listed, Known):
            return lambda: listed
        wanted = deploy_labels(service)
        alike = [one.service for one in listed.value.services if deploy_labels(one.service) == wanted]
        alike = [one for one in alike if (one.region, one.id) != (service.region, service.id)]
        alike = sorted(alike, key=lambda one: (one.region != service.region, one.name))[:_MOST]
        reading = [(one, self._policy_of(one)) for one in alike]
        return lambda: _siblings(wanted, [(one, pending.get()) for one, pending in reading], listed.source)

    def start_troubleshooter(self, chain: Iterable[PolicyAt]) -> Pending[Fact[bool]]:
        """Ask Policy Troubleshooter, where a group or a condition leaves open whether the caller is let in."""
        service, principal, google = value_of(self.service), value_of(self.met.principal), self.google
        email = principal.email if principal is not None and principal.kind != "group" else None
        if service is None or principal is None or email is None or not policies.leaves_open(chain, principal):
            return self.crew.settled(NOTHING_OPEN)
        return self._read(
            "Policy Troubleshooter",
            troubleshooter.READ,
            service.full_name,
            lambda: troubleshooter.may_invoke(google, email, service.full_name),
        )

    def _policy_of(self, service: Service) -> Pending[Fact[Policy]]:
        if not service.checks_iam:
            open_to_all = policies.OPEN_TO_ALL
            return self.crew.settled(Known(open_to_all, Source(run.GET, service.full_name)))
        reader = lambda: run.service_policy(self.google, service.name)  # noqa: E731 - named for the line's length
        return self._read(f"the policy of {service.id}", run.GET_POLICY, service.full_name, reader)

    def _constraint(self, name: str, reader: Callable[[], Fact[T]]) -> Pending[Fact[T]]:
        target = f"//cloudresourcemanager.googleapis.com/projects/{self.project} {name}"
        return self._read("organization policies", constraints.READ, target, reader)

    def _read(self, saying: str, read: str, target: str, reader: Callable[[], Fact[T]]) -> Pending[Fact[T]]:
        return self.crew.read(saying, Source(read, target), reader)


def deploy_labels(service: Service) -> tuple[tuple[str, str], ...]:
    """Return the labels that tell by which tool, and as what, a service was deployed."""
    return tuple((key, value) for key, value in service.labels if key in _DEPLOYERS or key.startswith(_DEPLOYMENT))


def _iap(google: Google, resource: str) -> Callable[[], Fact[Policy]]:
    return lambda: iap.service_policy(google, resource)


def _number_of(service: Service) -> str:
    """The project's number where a URL of the service tells it, else its id."""
    addresses = (parse_url(url) for url in service.urls)
    return next((one.number for one in addresses if isinstance(one, Deterministic)), service.project)


def _together(read: Sequence[Fact[Policy]], above: Sequence[Fact[Policy]], principal: Principal | None) -> Fact[Policy]:
    """Put together who may pass IAP: its policies for the service, and what projects and those above them give.

    Where some could not be read, what was read counts only if it lets this caller through.
    """
    bindings = [one for fact in read if isinstance(fact, Known) for one in fact.value.bindings]
    bindings += [
        one for fact in above if isinstance(fact, Known) for one in fact.value.bindings if one.role == _ACCESSOR
    ]
    unread = next((fact for fact in (*read, *above) if isinstance(fact, Unknown)), None)
    members = {member for one in bindings if one.role == _ACCESSOR and one.condition is None for member in one.members}
    if unread is not None and not (principal is not None and members & {principal.member, *EVERYBODY}):
        return unread
    first = value_of(read[0])
    return Known(Policy(tuple(bindings), first.etag if first else "", 3), read[0].source)


def _constraints(
    members: Sequence[Fact[bool]], checks: Sequence[Fact[bool]], ingress: Fact[tuple[str, ...]]
) -> Fact[Constraints]:
    unread = next((fact for fact in (*members, *checks, ingress) if isinstance(fact, Unknown)), None)
    if unread is not None:
        return unread
    found = Constraints(
        restricts_members=any(map(value_of, members)),
        requires_invoker_check=any(map(value_of, checks)),
        allowed_ingress=value_of(ingress) or (),
    )
    return Known(found, members[0].source)


def _siblings(
    labels: tuple[tuple[str, str], ...], read: Sequence[tuple[Service, Fact[Policy]]], source: Source
) -> Fact[Siblings]:
    public = tuple(one.id for one, fact in read if isinstance(fact, Known) and policies.lets_everybody_in(fact.value))
    private = tuple(
        one.id for one, fact in read if isinstance(fact, Known) and not policies.lets_everybody_in(fact.value)
    )
    unread = tuple(fact for _, fact in read if isinstance(fact, Unknown))
    if unread and not public and not private:
        return unread[0]
    return Known(Siblings(labels, public, private, unread), source)
