"""Ask everything that can matter, in three waves under one deadline.

1. the service, its policy, the caller, the project's ancestors;
2. the ancestors' policies, the caller's account, subnetwork and DNS zones, a token, the calls without a good token,
   IAP's policy, organization policies, a domain mapping;
3. roles that no table knows, deny policies, the call with the token, policies of other resources, Policy
   Troubleshooter, the logs. Only where that last call is refused against all settings do the logs wait for it.

A fact that nothing could turn on is not read: it is absent, and its source says `not needed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..gcp import accounts, deny, mint, network, projects, run
from ..gcp.connection import Google
from ..model.caller import PrivateZone, Subnetwork
from ..model.evidence import Evidence
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.facts import Facts
from ..model.http import Call
from ..model.iam import Account, AllowPolicies, Denials, DenyRule, ElsewherePolicy, Policy, PolicyAt, Principal, Role
from ..model.leads import call_leads_here
from ..model.run import Ingress, Service
from ..model.token import Token
from . import calls, dns, elsewhere, minting, policies, records
from .besides import Besides, is_open
from .callee import Asked, asked_of
from .callers import Followed, Met, understood
from .crew import Crew, Pending
from .first import First, first_wave, service_of
from .question import Question
from .records import Answers, Records
from .tries import NO_PRINCIPAL, Tries

Progress = Callable[[str], None]

_NO_CHANGE = Absent(Source(run.GET, "not needed: no change is under way"))
NO_VPC = Absent(Source("given", "the caller has no VPC egress, or none that depends on a subnetwork"))


@dataclass(frozen=True)
class Collected:
    """What was read.

    Args:
        facts: the facts.
        logs: what Cloud Logging told, for whoever holds it against what was pasted; None where it told nothing.
    """

    facts: Facts
    logs: Evidence | None = None


def collect(question: Question, google: Google, progress: Progress = lambda _: None) -> Facts:
    """Collect the facts of one call, without what the logs say. For arguments see `collect_all`."""
    return collect_all(question, google, progress).facts


def collect_all(question: Question, google: Google, progress: Progress = lambda _: None) -> Collected:
    """Collect the facts of one call. Whatever cannot be read is an unknown fact.

    Args:
        question: the call.
        google: the door; its deadline is set anew, to the question's.
        progress: is told what is being read.

    Raises:
        UnanswerableError: the question names no service or caller that could be looked up, or several.
    """
    asked = asked_of(question)
    understood(question.caller)
    google = google.within(question.seconds)
    first = first_wave(question, asked, google, progress)
    return _Second(question, asked, google, progress, first).collected()


class _Second:
    """The second wave and the third: everything that depends on what the first one brought."""

    def __init__(self, question: Question, asked: Asked, google: Google, progress: Progress, first: First) -> None:
        self._question = question
        self._asked = asked
        self._google = google
        self._first = first
        self._crew = Crew(google.deadline, progress)
        self._deployed = first.found.deployed
        self._service: Fact[Service] = service_of(self._deployed)
        self._ingress = _ingress_of(self._deployed)
        self._call = calls.call_of(question, asked, self._deployed, first.met)
        self._principal = value_of(first.met.principal)
        target = calls.target_of(question, asked, self._call, self._deployed, first.met)
        project = first.found.name.split("/")[1] if first.found.name else asked.project
        self._besides = Besides(
            google, self._crew, project, self._service, first.policy, first.met, question.speaks_of_public
        )
        self._domain = self._besides.start_domain(self._call)
        self._tries = Tries(
            question,
            google,
            self._crew,
            first.met,
            target,
            self._call,
            lambda: self._besides.leads_here(self._domain.get()),
        )

    def collected(self) -> Collected:
        """Read the rest."""
        chain = self._start_chain()
        iap_policy, constraints = self._besides.start_iap(), self._besides.start_constraints()
        account, subnetwork, zones = self._start_account(), self._start_subnetwork(), self._start_zones()
        following, allowing = self._start_follow(), self._start_minting()
        token, listing, wanted = self._tries.start_mint(), self._start_list(), self._start_wanted()
        calling = self._tries.start_calls(token, lambda claims: self._may_carry(claims, chain))
        read = self._chain(chain)
        recording = self._start_records(read, following)
        asking, siblings = self._besides.start_troubleshooter(read), self._besides.start_siblings(listing)
        allowed, denials, others = self._third_wave(read, listing)
        minted, met, recorded = token.get(), self._followed(following), recording.get()
        facts = Facts(
            now=self._google.now(),
            call=calls.call_of(self._question, self._asked, self._deployed, met),
            service=_wanting(self._service, self._ingress, wanted.get()),
            ingress=self._ingress,
            wanted_ingress=wanted.get(),
            namesakes=self._first.found.namesakes(),
            caller=self._first.met.caller,
            caller_service=self._first.met.service,
            principal=self._first.met.principal,
            account=account.get(),
            minted=_claims(minted),
            sending=met.sending,
            attempt=met.attempt,
            minting=allowing.get(),
            federation=self._first.met.federation,
            origin=self._first.met.origin,
            subnetwork=subnetwork.get(),
            zones=zones.get(),
            policies=allowed,
            denials=denials,
            iap_policy=iap_policy([self._above(), *(at.policy for at in read[1:])]),
            constraints=constraints(),
            troubleshot=asking.get(),
            elsewhere=others,
            siblings=siblings(),
            domain=self._domain.get(),
            written=recorded.written,
            logged=recorded.logged,
            refused=recorded.refused,
            token=calls.token_of(self._question, met),
            calls=calling(),
        )
        facts = replace(
            facts,
            call_leads_here=call_leads_here(facts.call, facts.service, facts.domain),
            failed=Known(self._google.failed(), Source("reads", "of this run")),
        )
        return Collected(facts, recorded.evidence)

    def _followed(self, following: Pending[Followed]) -> Met:
        followed = following.get()
        return replace(self._first.met, sending=followed.sending, token=followed.token)

    def _above(self) -> Fact[Policy]:
        """What stands for policies of ancestors that could not be listed."""
        ancestry = self._first.ancestry
        return ancestry if isinstance(ancestry, Unknown) else Absent(ancestry.source)

    def _start_records(self, chain: tuple[PolicyAt, ...], following: Pending[Followed]) -> Pending[Records]:
        """The logs, where they may know more than the settings."""
        service, principal = value_of(self._service), self._principal
        if service is None:
            return self._crew.settled(records.UNASKED)
        own = chain[0] if chain else None
        granted = principal is not None and policies.is_granted(chain, principal)
        opened, fails = is_open(self._service, own), self._question.says_it_fails
        answers = Answers(self._tries.without, self._tries.good, opened, granted, fails)

        def call() -> Fact[Call]:
            return calls.call_of(self._question, self._asked, self._deployed, self._followed(following))

        return records.start(self._google, self._crew, service, self._first.met, answers, call)

    def _chain(self, started: list[Pending[PolicyAt]]) -> tuple[PolicyAt, ...]:
        """Every policy that can let the caller in, the service's own first."""
        chain = tuple(one.get() for one in started)
        return chain if self._first.policy is None else (self._first.policy, *chain)

    def _may_carry(self, token: Token, started: list[Pending[PolicyAt]]) -> bool:
        own = self._first.policy or (started[0].get() if started else None)
        return calls.may_carry(token, value_of(self._service), own)

    def _start_chain(self) -> list[Pending[PolicyAt]]:
        """The service's own policy, and those of what it stands in."""
        crew, google, first = self._crew, self._google, self._first
        started: list[Pending[PolicyAt]] = []
        name = first.found.name
        if first.policy is None and name is not None:
            resource = run.full_name(name)
            started.append(
                crew.start(
                    "its policy",
                    Source(run.GET_POLICY, resource),
                    lambda: PolicyAt(resource, run.service_policy(google, name)),
                    lambda unknown: PolicyAt(resource, unknown),
                )
            )
        return [*started, *first.above]

    def _start_follow(self) -> Pending[Followed]:
        """What is told only by a resource that the caller's own names."""
        met, service = self._first.met, value_of(self._service)
        follow = met.follow
        if follow is None:
            return self._crew.settled(Followed(met.sending, met.token))
        source = Source("caller", self._question.caller or "me")
        return self._crew.start(
            "how it sends the call", source, lambda: follow(service), lambda unknown: Followed(unknown, met.token)
        )

    def _start_minting(self) -> Pending[Fact[AllowPolicies]]:
        """The policies that decide whether a product's agent may mint the token."""
        met, google = self._first.met, self._google
        settled = minting.settled(met)
        if settled is not None:
            return self._crew.settled(settled)

        def callees() -> tuple[Fact[tuple[str, ...]], tuple[PolicyAt, ...]]:
            return self._first.ancestry, tuple(one.get() for one in self._first.above)

        source = Source("iam.serviceAccounts.getIamPolicy", str(self._principal and self._principal.email))
        return self._crew.read("who may mint the token", source, lambda: minting.read(google, met, callees))

    def _start_account(self) -> Pending[Fact[Account]]:
        principal = self._principal
        email = principal.email if principal is not None and principal.is_service_account else None
        if email is None:
            return self._crew.settled(_nobody(self._first.met.principal))
        source = Source("iam.serviceAccounts.get", accounts.full_name(email))
        return self._crew.read("the caller's account", source, lambda: accounts.account(self._google, email))

    def _start_subnetwork(self) -> Pending[Fact[Subnetwork]]:
        origin = self._first.met.origin
        if not isinstance(origin, Known):
            return self._crew.settled(origin)
        name = origin.value.subnetwork
        if name is None:
            return self._crew.settled(NO_VPC)
        source = Source("compute.subnetworks.get", f"//compute.googleapis.com/{name}")
        return self._crew.read("the caller's subnetwork", source, lambda: network.subnetwork(self._google, name))

    def _start_wanted(self) -> Pending[Fact[Ingress]]:
        """A change of ingress that is not in force yet is looked for only where a change is under way, or failed."""
        service = value_of(self._service)
        if service is None or not (service.reconciling or service.failing):
            return self._crew.settled(_NO_CHANGE)
        source = Source(run.GET, service.full_name)
        return self._crew.read("its wanted ingress", source, lambda: run.wanted_ingress(self._google, service.name))

    def _start_zones(self) -> Pending[Fact[tuple[PrivateZone, ...]]]:
        """Zones matter where ingress may refuse, and the caller's VPC carries what DNS sends into it."""
        origin, call = value_of(self._first.met.origin), value_of(self._call)
        open_to_all = isinstance(self._ingress, Known) and self._ingress.value is Ingress.ALL
        if isinstance(self._first.met.origin, Unknown) and not open_to_all:
            return self._crew.settled(self._first.met.origin)
        vpc = origin.network if origin is not None else None
        if not dns.matter(self._first.met.origin) or vpc is None or call is None or open_to_all:
            return self._crew.settled(dns.NOT_NEEDED)
        source = Source("dns.managedZones.list", f"//dns.googleapis.com/projects/{vpc.split('/')[1]}")
        early = self._first.zones.get(vpc.split("/")[1])
        return self._crew.read("private DNS zones", source, lambda: dns.zones(self._google, vpc, call.host, early))

    def _start_list(self) -> Pending[Fact[run.Listed]] | None:
        """List the other services, where the service's own policy does not let the caller in."""
        principal, service = self._principal, value_of(self._service)
        if service is None or (principal is None and not self._besides.wants_siblings()):
            return None
        if self._first.found.listed is not None:
            return self._crew.settled(self._first.found.listed)
        own = self._first.policy
        if own is not None and principal is not None and policies.is_granted([own], principal):
            return None
        source = Source(run.LIST, run.full_name(f"projects/{service.project}/locations/-"))
        sparing = self._google.sparing()
        return self._crew.read("other services", source, lambda: run.services(sparing, service.project))

    def _third_wave(
        self, chain: tuple[PolicyAt, ...], listing: Pending[Fact[run.Listed]] | None
    ) -> tuple[Fact[AllowPolicies], Fact[Denials], Fact[tuple[ElsewherePolicy, ...]]]:
        if isinstance(self._service, Absent):
            return self._service, self._service, self._service
        if self._first.found.name is None and isinstance(self._service, Unknown):
            return self._service, self._service, self._service
        principal = self._principal
        names = policies.roles_to_read(chain, principal)
        reading = [(name, self._start_role(name)) for name in names]
        denying = self._start_denials() if principal is not None and self._may_be_granted(chain, names) else None
        others = self._start_elsewhere(chain, listing)
        above = policies.whole(self._first.ancestry)
        known = value_of(self._service)
        number = policies.number_of(known) if known is not None else ""
        allowed = policies.with_roles(chain, above, [(name, role.get()) for name, role in reading], number=number)
        source = Source(run.GET_POLICY, chain[0].resource)
        denials = self._no_denials() if denying is None else policies.denials((one.get() for one in denying), above)
        return Known(allowed, source), denials, others()

    def _no_denials(self) -> Fact[Denials]:
        principal = self._first.met.principal
        return principal if isinstance(principal, Unknown) else policies.NO_DENIAL_NEEDED

    def _may_be_granted(self, chain: tuple[PolicyAt, ...], unread_roles: tuple[str, ...]) -> bool:
        assert self._principal is not None
        known_so_far = policies.with_roles(chain, policies.whole(self._first.ancestry), [])
        return bool(unread_roles) or policies.may_be_granted(known_so_far, self._principal)

    def _start_role(self, name: str) -> Pending[Fact[Role]]:
        source = Source("iam.roles.get", f"//iam.googleapis.com/{name}")
        return self._crew.read(f"the role {name}", source, lambda: accounts.role(self._google, name))

    def _start_denials(self) -> list[Pending[Fact[tuple[DenyRule, ...]]]]:
        names = policies.ancestors(self._first.ancestry, self._asked.project)
        return [self._start_denial(name) for name in names]

    def _start_denial(self, name: str) -> Pending[Fact[tuple[DenyRule, ...]]]:
        source = Source(deny.LIST, projects.full_name(name))
        return self._crew.read(f"deny policies of {name}", source, lambda: deny.deny_rules(self._google, name))

    def _start_elsewhere(
        self, chain: tuple[PolicyAt, ...], listing: Pending[Fact[run.Listed]] | None
    ) -> Callable[[], Fact[tuple[ElsewherePolicy, ...]]]:
        principal, service = self._principal, value_of(self._service)
        for needed in (self._first.met.principal, self._service):
            if isinstance(needed, Unknown):
                return lambda needed=needed: needed  # type: ignore[misc]
        if principal is None or service is None or listing is None or policies.is_granted(chain, principal):
            return lambda: elsewhere.NOT_NEEDED
        started = [
            (resource, what, self._crew.read(f"the policy of {what}", Source("getIamPolicy", resource), reader))
            for resource, what, reader in elsewhere.readers(self._google, service, principal, listing.get())
        ]
        read = ((name, what, one.get()) for name, what, one in started)
        return lambda: elsewhere.together(principal, read, listing.get())


def _wanting(service: Fact[Service], ingress: Fact[Ingress], wanted: Fact[Ingress]) -> Fact[Service]:
    if not isinstance(service, Known) or not isinstance(wanted, Known) or value_of(ingress) is wanted.value:
        return service
    return Known(replace(service.value, wanted_ingress=wanted.value), service.source)


def _ingress_of(deployed: Fact[run.Deployed]) -> Fact[Ingress]:
    return deployed.value.ingress_fact(deployed.source) if isinstance(deployed, Known) else deployed


def _claims(minted: Fact[mint.Minted]) -> Fact[Token]:
    return Known(minted.value.token, minted.source) if isinstance(minted, Known) else minted


def _nobody(principal: Fact[Principal]) -> Absent | Unknown:
    return principal if isinstance(principal, Unknown) else NO_PRINCIPAL
