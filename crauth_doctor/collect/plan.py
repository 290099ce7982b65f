"""The read plan: everything that is ever read of a call, in one table, and what asks for how much of it.

In which wave a read is follows from what it needs. Of a check there are three at most:

1. the service, its policy, the caller, the project's ancestors;
2. the ancestors' policies, the caller's account, subnetwork and DNS zones, a token, the calls without a good token,
   IAP's policy, organization policies, a domain mapping;
3. roles that no table knows, deny policies, the call with the token, policies of other resources, Policy
   Troubleshooter, the logs; after the deny policies its tags, where a condition asks for them. Only where that last
   call is refused against all settings do the logs wait for it.

A fact that nothing could turn on is not read: it is absent, and its source says `not needed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from ..deferred import dataclass
from ..gcp import methods, rest
from ..gcp.door import JUNK as JUNK_TOKEN
from ..gcp.door import MINT
from ..gcp.products import accounts, constraints, deny, logs, network, permissions, projects, run
from ..iam.roles import documented
from ..model.caller import PrivateZone, Subnetwork
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.finding import Stage
from ..model.http import Call
from ..model.iam import (
    TAGS_NOT_ASKED,
    Account,
    AllowPolicies,
    Constraints,
    Denials,
    DenyRule,
    ElsewherePolicy,
    Policy,
    PolicyAt,
    Principal,
    Tag,
    Troubleshot,
)
from ..model.leads import iap_agent, is_behind_iap
from ..model.run import Ingress, Siblings
from . import (
    conditional_reads,
    dns,
    load_balancers,
    lookalike_policies,
    policies,
    read_minting,
    records,
    request_target,
    send_calls,
)
from .callers import resolve
from .callers.kind import DeferredSending, ResolvedCaller
from .conditional_reads import is_open, wants_public
from .executor import Inputs, Read
from .find_service import FoundService, find, number_of
from .parallel import Future, joined, settled
from .records import Answers, Records
from .request_target import Target

T = TypeVar("T")

ALWAYS: Final = "always"
_BY_AGENT: Final = "a product's agent mints the token on it"
_OF_ANOTHER: Final = f"{_BY_AGENT}, and it is of another project than the service"
_BY_AUDIENCE: Final = "the token is for another domain of your own"
_BY_TAGS: Final = "a condition asks for tags"
_NO_CHANGE: Final = Absent(Source(run.GET, "not needed: no change is under way"))
_NO_INSTANCE: Final = Absent(Source(methods.RUN_INSTANCE.read, "not needed: the service was found"))
_NO_VPC: Final = Absent(Source("given", "the caller has no VPC egress, or none that depends on a subnetwork"))


_OWN_MEMBER: Final = Absent(Source(constraints.READ, "not needed: the member is of the service's own project"))
_WRITTEN_BY_TERRAFORM: Final = (
    'resource.type="cloud_run_revision" resource.labels.service_name="{name}" '
    'protoPayload.methodName:"SetIamPolicy" protoPayload.requestMetadata.callerSuppliedUserAgent:"Terraform"'
)
"""Source: https://docs.cloud.google.com/run/docs/audit-logging"""


def _looked_for(at: Inputs) -> Future[FoundService]:
    where = run.full_name(at.asked.name or f"projects/{at.asked.project}/locations/-")
    return at.pool.start(
        "the service",
        Source(run.GET, where),
        lambda: find(at.google, at.asked),
        lambda unknown: FoundService(unknown, at.asked.name),
    )


def _instances(at: Inputs) -> Future[Fact[tuple[str, ...]]]:
    """Instances of the service's name, where there is no such service."""
    found, asked = at[FOUND], at.asked
    if not isinstance(found.deployed, Absent) or asked.id is None:
        return settled(_NO_INSTANCE)
    name = found.name or f"projects/{asked.project}/locations/{asked.region or '-'}/services/{asked.id}"
    source = Source(methods.RUN_INSTANCE.read, run.full_name(name))
    return at.pool.read("instances of that name", source, lambda: run.instances(at.google, name))


def _named_policy(at: Inputs) -> Future[Fact[Policy] | None]:
    name = at.asked.name
    return settled(None) if name is None else _start_policy(at, name)


def _start_policy(at: Inputs, name: str) -> Future[Fact[Policy]]:
    source = Source(run.GET_POLICY, run.full_name(name))
    return at.pool.read("its policy", source, lambda: run.service_policy(at.google, name, there=False))


def _resolved(at: Inputs) -> Future[ResolvedCaller]:
    asked = at.question.caller
    if at.question.known is not None:
        return settled(at.question.known)
    return at.pool.start(
        "the caller",
        Source("caller", asked or "me"),
        lambda: resolve(asked, at.context),
        lambda unknown: ResolvedCaller(unknown, unknown, unknown, unknown),
    )


def _ancestry(at: Inputs) -> Future[Fact[tuple[str, ...]]]:
    source = Source("resourcemanager.projects.get", projects.full_name(f"projects/{at.asked.project}"))
    return at.pool.read(
        "the project's folders and organization", source, lambda: projects.ancestry(at.google, at.asked.project)
    )


def _found(at: Inputs) -> Future[FoundService]:
    found, ancestry = at[LOOKED_FOR], at[ANCESTRY]
    if not isinstance(ancestry, Known):
        return settled(found)
    return settled(found.in_project(ancestry.value[0].removeprefix("projects/")))


def _early_policy(at: Inputs) -> Future[PolicyAt | None]:
    """The service's own policy, where the question named the service so that it was read beside it."""
    policy, found, name = at[NAMED_POLICY], at[FOUND], at.asked.name
    if policy is None or name is None or not found.is_named(name):
        return settled(None)
    return settled(_of_service(at, PolicyAt(run.full_name(found.name or name), policy)))


def _own_policy(at: Inputs) -> Future[PolicyAt | None]:
    early, name = at[EARLY_POLICY], at[FOUND].name
    if early is not None or name is None:
        return settled(early)
    return joined([_start_policy(at, name)], lambda read: _of_service(at, PolicyAt(run.full_name(name), read[0])))


def _of_service(at: Inputs, own: PolicyAt) -> PolicyAt:
    """Take it for unknown that a service which was read has no policy: each has one, if an empty one."""
    if not isinstance(at[FOUND].deployed, Known) or not isinstance(own.policy, Absent):
        return own
    return PolicyAt(own.resource, at.google.noted(rest.doubted(own.policy)))


def _above(at: Inputs) -> Future[tuple[PolicyAt, ...]]:
    names = policies.ancestors(at[ANCESTRY], at.asked.project)
    return joined([policies.start_above(at, name) for name in names], tuple)


def _chain(at: Inputs) -> Future[tuple[PolicyAt, ...]]:
    own = at[OWN_POLICY]
    whole = at[ABOVE] if own is None else (own, *at[ABOVE])
    return settled(tuple(one for each in whole for one in policies.with_part(at.google, each)))


def _aim(at: Inputs) -> Future[Target | None]:
    target, domain = at[TARGET], conditional_reads.leads_here(at[DOMAIN], value_of(at[SERVICE]))
    return settled(target and request_target.at_domain(target, at.question, at[CALL], domain, at[CALLER]))


def _constraints(at: Inputs) -> Future[Fact[Constraints]]:
    if not wants_public(at[SERVICE], at[EARLY_POLICY], at[CALLER]) and not at.question.speaks_of_public:
        return settled(conditional_reads.NO_CONSTRAINTS)
    name = at[FOUND].name
    return conditional_reads.start_constraints(at, name.split("/")[1] if name else at.asked.project)


def _audience(at: Inputs) -> Future[Fact[Call]]:
    caller = at[CALLER].sending_as(at[SENDING])
    token = request_target.token_of(at.question, caller)
    return settled(request_target.call_of_audience(token, at[SERVICE], at[CALL]))


def _sending(at: Inputs) -> Future[DeferredSending]:
    caller, service = at[CALLER], value_of(at[SERVICE])
    follow = caller.follow
    if follow is None:
        return settled(DeferredSending(caller.sending, caller.token))
    return at.pool.start(
        "how it sends the call",
        Source("caller", at.question.caller or "me"),
        lambda: follow(service),
        lambda unknown: DeferredSending(unknown, caller.token),
    )


def _account(at: Inputs) -> Future[Fact[Account]]:
    principal = at[CALLER].principal
    known = value_of(principal)
    email = known.email if known is not None and known.is_service_account else None
    if email is None:
        return settled(principal if isinstance(principal, Unknown) else send_calls.NO_PRINCIPAL)
    source = Source("iam.serviceAccounts.get", accounts.full_name(email))
    return at.pool.read("the caller's account", source, lambda: accounts.account(at.google, email))


def _account_project(at: Inputs) -> Future[PolicyAt | None]:
    project = read_minting.other_project(at[CALLER], at[ANCESTRY])
    return settled(None) if project is None else policies.start_above(at, f"projects/{project}")


def _account_ancestry(at: Inputs) -> Future[Fact[tuple[str, ...]]]:
    project = read_minting.other_project(at[CALLER], at[ANCESTRY])
    return read_minting.start_ancestry(at, project, at[ANCESTRY])


def _subnetwork(at: Inputs) -> Future[Fact[Subnetwork]]:
    origin = at[CALLER].origin
    if not isinstance(origin, Known):
        return settled(origin)
    name = origin.value.subnetwork
    if name is None:
        return settled(_NO_VPC)
    source = Source("compute.subnetworks.get", f"//compute.googleapis.com/{name}")
    return at.pool.read("the caller's subnetwork", source, lambda: network.subnetwork(at.google, name))


def _wanted_ingress(at: Inputs) -> Future[Fact[Ingress]]:
    service = value_of(at[SERVICE])
    if service is None or not (service.reconciling or service.failing):
        return settled(_NO_CHANGE)
    source = Source(run.GET, service.full_name)
    return at.pool.read("its wanted ingress", source, lambda: run.wanted_ingress(at.google, service.name))


def _zones(at: Inputs) -> Future[Fact[tuple[PrivateZone, ...]]]:
    fact, call = at[CALLER].origin, value_of(at[CALL])
    if isinstance(fact, Unknown):
        return settled(fact)
    vpc = fact.value.network if isinstance(fact, Known) else None
    if not dns.matter(fact) or vpc is None or call is None:
        return settled(dns.NOT_NEEDED)
    project = vpc.split("/")[1]
    source, early = Source("dns.managedZones.list", f"//dns.googleapis.com/projects/{project}"), at.context.zones
    return at.pool.read("private DNS zones", source, lambda: dns.zones(at.google, vpc, call.host, early.get(project)))


def _listing(at: Inputs) -> Future[Fact[run.Listed] | None]:
    service, own, caller = value_of(at[SERVICE]), at[EARLY_POLICY], at[CALLER]
    principal = value_of(caller.principal)
    if service is None or (principal is None and not _wants_siblings(at)):
        return settled(None)
    if at[FOUND].listed is not None:
        return settled(at[FOUND].listed)
    if own is not None and principal is not None and policies.is_granted([own], principal):
        return settled(None)
    source = Source(run.LIST, run.full_name(f"projects/{service.project}/locations/-"))
    sparing = at.google.sparing()
    return at.pool.read("other services", source, lambda: run.services(sparing, service.project))


def _wants_siblings(at: Inputs) -> bool:
    service = value_of(at[SERVICE])
    labelled = service is not None and bool(conditional_reads.deploy_labels(service))
    return labelled and wants_public(at[SERVICE], at[EARLY_POLICY], at[CALLER])


def _siblings(at: Inputs) -> Future[Fact[Siblings]]:
    service, listed = value_of(at[SERVICE]), at[LISTING]
    if service is None or listed is None or not _wants_siblings(at):
        return settled(conditional_reads.NO_SIBLINGS)
    return conditional_reads.start_siblings(at, service, listed)


def _elsewhere(at: Inputs) -> Future[Fact[tuple[ElsewherePolicy, ...]]]:
    chain, listed, caller = at[CHAIN], at[LISTING], at[CALLER].principal
    principal, service, nothing = value_of(caller), value_of(at[SERVICE]), _no_service(at)
    if nothing is not None:
        return settled(nothing)
    for needed in (caller, at[SERVICE]):
        if isinstance(needed, Unknown):
            return settled(needed)
    if service is not None and service.function and wants_public(at[SERVICE], chain[0] if chain else None, at[CALLER]):
        return lookalike_policies.start_for_everybody(at, service)
    if principal is None or service is None or listed is None or policies.is_granted(chain, principal):
        return settled(lookalike_policies.NOT_NEEDED)
    return lookalike_policies.start(at, service, principal, listed, value_of(at[CALLER].service))


def _no_service(at: Inputs) -> Absent | Unknown | None:
    """Why there is nothing whose policies could be judged; None where there is."""
    service = at[SERVICE]
    if isinstance(service, Absent) or (isinstance(service, Unknown) and at[FOUND].name is None):
        return service
    return None


def _troubleshot(at: Inputs) -> Future[Fact[Troubleshot]]:
    principal = value_of(at[CALLER].principal)
    return conditional_reads.start_troubleshooter(at, value_of(at[SERVICE]), principal, at[CHAIN])


def _tags(at: Inputs) -> Future[Fact[tuple[Tag, ...]]]:
    denials = value_of(at[DENIALS])
    return _start_tags(at, denials.rules if denials else ())


def _start_tags(at: Inputs, rules: tuple[DenyRule, ...]) -> Future[Fact[tuple[Tag, ...]]]:
    service = value_of(at[SERVICE])
    if service is None or not policies.ask_for_tags(at[CHAIN], rules):
        return settled(TAGS_NOT_ASKED)
    source = Source(methods.EFFECTIVE_TAGS.read, service.full_name)
    return at.pool.read("the service's tags", source, lambda: run.tags(at.google, service.name))


def _tagged(at: Inputs) -> Future[Fact[AllowPolicies]]:
    fact = at[UNTAGGED]
    return settled(Known(replace(fact.value, tags=at[TAGS]), fact.source) if isinstance(fact, Known) else fact)


def _policies(at: Inputs) -> Future[Fact[AllowPolicies]]:
    """The chain, and the roles in it that may concern the caller and that no table knows."""
    nothing, chain = _no_service(at), at[CHAIN]
    if nothing is not None:
        return settled(nothing)
    agent = _iap_agent(at)
    names = policies.roles_to_read(chain, value_of(at[CALLER].principal))
    names += policies.roles_to_read(chain, agent) if agent is not None else ()
    source = Source(run.GET_POLICY, chain[0].resource)
    return _start_roles(at, tuple(dict.fromkeys(names)), lambda whole: Known(whole, source))


def _every_policy(at: Inputs) -> Future[AllowPolicies]:
    """The chain, and every role in it that no table knows."""
    known = (one.policy.value for one in at[CHAIN] if isinstance(one.policy, Known))
    names = dict.fromkeys(binding.role for policy in known for binding in policy.bindings)
    return _start_roles(at, tuple(name for name in names if documented(name) is None), lambda whole: whole)


def _start_roles(at: Inputs, names: tuple[str, ...], together: Callable[[AllowPolicies], T]) -> Future[T]:
    chain, whole, service = at[CHAIN], policies.whole(at[ANCESTRY]), value_of(at[SERVICE])
    number = number_of(service) if service is not None else ""
    return policies.start_roles(
        at, names, lambda roles: together(policies.with_roles(chain, whole, roles, number=number))
    )


def _denials(at: Inputs) -> Future[Fact[Denials]]:
    nothing, chain, whole = _no_service(at), at[CHAIN], policies.whole(at[ANCESTRY])
    if nothing is not None:
        return settled(nothing)
    fact = at[CALLER].principal
    principal = _iap_agent(at) or value_of(fact)
    if principal is None:
        return settled(fact if isinstance(fact, Unknown) else policies.NO_DENIAL_NEEDED)
    unread = policies.roles_to_read(chain, principal)
    if not unread and not policies.may_be_granted(policies.with_roles(chain, whole, []), principal):
        return settled(policies.NO_DENIAL_NEEDED)
    return joined([_every_denial(at)], lambda read: policies.denials(read[0], whole))


def _iap_agent(at: Inputs) -> Principal | None:
    """Whom Cloud Run sees where Identity-Aware Proxy stands before the service."""
    service = value_of(at[SERVICE])
    return iap_agent(service) if service is not None and is_behind_iap(at[SERVICE], at[BALANCED]) else None


def _every_denial(at: Inputs) -> Future[tuple[Fact[tuple[DenyRule, ...]], ...]]:
    names = policies.ancestors(at[ANCESTRY], at.asked.project)
    return joined([_start_denial(at, name) for name in names], lambda read: tuple(map(policies.whole_list, read)))


def _start_denial(at: Inputs, name: str) -> Future[Fact[tuple[DenyRule, ...]]]:
    source = Source(deny.LIST, projects.full_name(name))
    return at.pool.read(f"deny policies of {name}", source, lambda: deny.deny_rules(at.google, name))


def _logs(at: Inputs) -> Future[Records]:
    """What the logs tell, where they may know more than the settings."""
    service, caller, chain, question = value_of(at[SERVICE]), at[CALLER], at[CHAIN], at.question
    if service is None:
        return settled(records.UNASKED)
    principal = value_of(caller.principal)
    granted = principal is not None and policies.is_granted(chain, principal)
    opened = is_open(at[SERVICE], chain[0] if chain else None)
    answers = Answers(at.later(WITHOUT), at.later(AS_CALLER), opened, granted, question.says_it_fails)
    sending, asked, deployed = at.later(SENDING), at.asked, at[FOUND].deployed
    return records.start(
        at.google,
        at.pool,
        service,
        caller,
        answers,
        lambda: request_target.call_of(question, asked, deployed, caller.sending_as(sending.get())),
    )


@dataclass(frozen=True)
class BindingToWrite:
    """A binding that is to be written."""

    resource: str  # full resource name of what its policy belongs to
    permission: str  # that writing it takes
    member: Principal  # whom it concerns


def _given_only(_: Inputs) -> Future[BindingToWrite]:
    raise LookupError("it is given by what asks for it")


def _may_write(at: Inputs) -> Future[Fact[bool]]:
    grant = at[GRANT]

    def held() -> Fact[bool]:
        found = permissions.held(at.google, grant.resource, (grant.permission,))
        return Known(grant.permission in found.value, found.source) if isinstance(found, Known) else found

    return at.pool.read("what you may do", Source("testIamPermissions", grant.resource), held)


def _domains_restricted(at: Inputs) -> Future[Fact[bool]]:
    service, grant, above = value_of(at[SERVICE]), at[GRANT], at[ABOVE]
    project = above[0].resource.rsplit("/", 1)[-1] if above else at.asked.project
    home = accounts.project_of(grant.member.email or "") if grant.member.is_service_account else "-"
    if home == project or (service is not None and any(f"-{home}." in url for url in service.urls)):
        return settled(_OWN_MEMBER)
    return conditional_reads.start_constraint(
        at, project, constraints.MEMBER_DOMAINS, lambda: constraints.restricts_domains(at.google, project)
    )


def _by_terraform(at: Inputs) -> Future[Fact[bool]]:
    """Whether the audit log shows that Terraform writes the service's policy."""
    service = value_of(at[SERVICE])
    if service is None or service.made_by_terraform:
        return settled(Absent(Source(records.READ, "not needed: the service's labels tell it")))
    wanted = _WRITTEN_BY_TERRAFORM.format(name=service.id)

    def written() -> Fact[bool]:
        found = logs.entries(at.google, service.project, wanted, 1)
        return Known(bool(found.value), found.source) if isinstance(found, Known) else found

    source = Source(records.READ, f"//logging.googleapis.com/projects/{service.project}")
    return at.pool.read("who writes its policy", source, written)


def _of(*rows: methods.Row) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.read for row in rows))


_POLICIES_ABOVE: Final = _of(
    *(one.get for (host, _), one in methods.CARRIERS.items() if host == projects.full_name("").strip("/"))
)
# fmt: off
# what it brings, what it needs, when it is read, how; the permissions that it takes
LOOKED_FOR: Final = Read("the service", (), ALWAYS, _looked_for,
    takes=_of(methods.SERVICE, methods.SERVICES))
NAMED_POLICY: Final = Read("the policy of the service that was named", (), "its whole name is known", _named_policy)
RESOLVED: Final = Read("the caller", (), ALWAYS, _resolved,
    takes=_of(methods.PROJECT))
ANCESTRY: Final = Read("the project's ancestors", (), ALWAYS, _ancestry,
    takes=_of(methods.ANCESTRY))
FOUND: Final = Read("the service, with its project's id", (LOOKED_FOR, ANCESTRY), ALWAYS, _found)
SERVICE: Final = Read("the service's settings", (FOUND,), ALWAYS, lambda at: settled(at[FOUND].service))
INSTANCES: Final = Read("instances of that name", (FOUND,), "there is no such service", _instances,
    takes=_of(methods.RUN_INSTANCE, methods.RUN_INSTANCES))
CALLER: Final = Read("the caller in question", (RESOLVED, SERVICE), ALWAYS,
    lambda at: settled(at[RESOLVED].in_question(value_of(at[SERVICE]), at.question.url)))
EARLY_POLICY: Final = Read("its own policy", (FOUND, NAMED_POLICY), "read beside it", _early_policy)
OWN_POLICY: Final = Read("its own policy", (FOUND, EARLY_POLICY), ALWAYS, _own_policy,
    takes=_of(methods.SERVICE_POLICY))
ABOVE: Final = Read("the policies above it", (ANCESTRY,), ALWAYS, _above,
    takes=_POLICIES_ABOVE)
CHAIN: Final = Read("all allow policies", (OWN_POLICY, ABOVE), ALWAYS, _chain)
CALL: Final = Read("the call in question", (FOUND, CALLER), ALWAYS,
    lambda at: settled(request_target.call_of(at.question, at.asked, at[FOUND].deployed, at[CALLER])))
TARGET: Final = Read("what test calls go to", (FOUND, CALLER, CALL), ALWAYS,
    lambda at: settled(
        request_target.target_of(at.question, at.asked, at[CALL], at[FOUND].deployed, at[CALLER])))
DOMAIN: Final = Read("the domain mapping", (SERVICE, CALL), "the call goes to a domain of your own",
    lambda at: conditional_reads.start_domain(at, value_of(at[SERVICE]), at[CALL]),
    takes=_of(methods.DOMAIN_MAPPING))
BALANCED: Final = Read("the load balancers", (SERVICE, CALL), "the call goes to a domain of your own",
    lambda at: load_balancers.start(at, value_of(at[SERVICE]), at[CALL]),
    takes=_of(*methods.LOAD_BALANCING.values()))
LOAD_BALANCER: Final = Read("what stands at the load balancer", (BALANCED, SERVICE), "a load balancer names the host",
    lambda at: load_balancers.start_rest(at, at[BALANCED], value_of(at[SERVICE])),
    takes=_of(methods.SECURITY_POLICY))
IAP: Final = Read("IAP's own policies", (SERVICE, BALANCED), "IAP is in front of it",
    lambda at: conditional_reads.start_iap(at, at[SERVICE], at[BALANCED]),
    takes=_of(methods.IAP_POLICY))
CONSTRAINTS: Final = Read("organization policies", (FOUND, SERVICE, EARLY_POLICY, CALLER),
    "the service may be meant to be public", _constraints,
    takes=_of(methods.EFFECTIVE_POLICY))
SENDING: Final = Read("how a product sends the call", (CALLER, SERVICE), "another resource sets it", _sending)
AUDIENCE: Final = Read("what the token is for", (CALLER, SENDING, SERVICE, CALL), ALWAYS, _audience)
AUDIENCE_DOMAIN: Final = Read("the domain mapping of the token's audience", (SERVICE, AUDIENCE), _BY_AUDIENCE,
    lambda at: conditional_reads.start_domain(at, value_of(at[SERVICE]), at[AUDIENCE]),
    takes=_of(methods.DOMAIN_MAPPING))
AUDIENCE_BALANCED: Final = Read("load balancers of the token's audience", (SERVICE, AUDIENCE), _BY_AUDIENCE,
    lambda at: load_balancers.start(at, value_of(at[SERVICE]), at[AUDIENCE]),
    takes=_of(*methods.LOAD_BALANCING.values()))
ACCOUNT: Final = Read("the caller's account", (CALLER,), "it calls as a service account", _account,
    takes=_of(methods.ACCOUNT))
ACCOUNT_POLICY: Final = Read("its own policy", (CALLER,), _BY_AGENT, lambda at: read_minting.start_own(at, at[CALLER]),
    takes=_of(methods.ACCOUNT_POLICY))
ACCOUNT_PROJECT: Final = Read("its project's policy", (CALLER, ANCESTRY), _OF_ANOTHER, _account_project,
    takes=_POLICIES_ABOVE)
ACCOUNT_ANCESTRY: Final = Read("its project's ancestors", (CALLER, ANCESTRY), _OF_ANOTHER, _account_ancestry,
    takes=_of(methods.ANCESTRY))
ACCOUNT_ABOVE: Final = Read("the policies above that", (ACCOUNT_PROJECT, ACCOUNT_ANCESTRY, ABOVE), _OF_ANOTHER,
    lambda at: read_minting.start_above(at, at[ACCOUNT_PROJECT], at[ACCOUNT_ANCESTRY], at[ABOVE]),
    takes=_POLICIES_ABOVE)
MINTING: Final = Read("who may mint the token", (CALLER, ACCOUNT_POLICY, ACCOUNT_ANCESTRY, ACCOUNT_ABOVE), _BY_AGENT,
    lambda at: read_minting.start(at, at[CALLER], at[ACCOUNT_POLICY], at[ACCOUNT_ANCESTRY], at[ACCOUNT_ABOVE]))
SUBNETWORK: Final = Read("the caller's subnetwork", (CALLER,), "it calls from a VPC", _subnetwork,
    takes=_of(methods.SUBNETWORK))
ZONES: Final = Read("private DNS zones", (CALLER, CALL), "it calls from a VPC", _zones,
    takes=_of(methods.ZONES, methods.RECORDS, methods.GLOBAL_ADDRESSES, methods.GLOBAL_FORWARDING_RULES))
WANTED_INGRESS: Final = Read("the wanted ingress", (SERVICE,), "a change is under way, or failed", _wanted_ingress,
    takes=_of(methods.KNATIVE_SERVICE))
LISTING: Final = Read("other services", (FOUND, SERVICE, EARLY_POLICY, CALLER),
    "its own policy does not let the caller in", _listing,
    takes=_of(methods.SERVICES))
TOKEN: Final = Read("a token", (CALLER, TARGET), "test calls are wanted",
    lambda at: send_calls.start_mint(at, at[CALLER], at[TARGET]),
    takes=(MINT,))
AIM: Final = Read("where test calls go", (TARGET, SERVICE, DOMAIN, CALL, CALLER), ALWAYS, _aim)
WITHOUT: Final = Read("a call without a token", (AIM,), "test calls are wanted",
    lambda at: send_calls.start_call(at, at[AIM], "the answer to a call without a token"))
JUNK: Final = Read("a call with a junk token", (AIM,), "test calls are wanted",
    lambda at: send_calls.start_call(at, at[AIM], "the answer to a call with a junk token", JUNK_TOKEN))
AS_CALLER: Final = Read("a call with the caller's token", (AIM, TOKEN, SERVICE, OWN_POLICY), "there is a token",
    lambda at: send_calls.start_call_as_caller(at, at[AIM], at[TOKEN], value_of(at[SERVICE]), at[OWN_POLICY]))
UNTAGGED: Final = Read("allow policies with their roles", (FOUND, SERVICE, BALANCED, CALLER, CHAIN, ANCESTRY),
    "a bound role is not a known one", _policies,
    takes=_of(methods.PROJECT_ROLE))
DENIALS: Final = Read("deny policies", (FOUND, SERVICE, BALANCED, CALLER, CHAIN, ANCESTRY),
    "an allow policy may let the caller in", _denials,
    takes=_of(methods.DENY_POLICIES, methods.DENY_POLICY))
TAGS: Final = Read("its tags", (SERVICE, CHAIN, DENIALS), _BY_TAGS, _tags,
    takes=_of(methods.EFFECTIVE_TAGS))
POLICIES: Final = Read("allow policies, its tags", (UNTAGGED, TAGS), ALWAYS, _tagged)
ELSEWHERE: Final = Read("policies of other resources", (FOUND, SERVICE, CALLER, CHAIN, LISTING),
    "no allow policy lets the caller in", _elsewhere,
    takes=_of(methods.SERVICE_POLICY, methods.FUNCTION_POLICY, methods.ACCOUNT_POLICY))
SIBLINGS: Final = Read("policies of services deployed alike", (SERVICE, EARLY_POLICY, CALLER, LISTING),
    "the service may be meant to be public", _siblings,
    takes=_of(methods.SERVICE_POLICY))
TROUBLESHOT: Final = Read("Policy Troubleshooter", (SERVICE, CALLER, CHAIN), "a group or a condition leaves it open",
    _troubleshot)
LOGS: Final = Read("the logs", (FOUND, SERVICE, CALLER, CHAIN), "the logs may know more than the settings",
    _logs, later=(WITHOUT, AS_CALLER, SENDING),
    takes=_of(methods.LOG_ENTRIES))
EVERY_ROLE: Final = Read("allow policies with every role", (SERVICE, CHAIN, ANCESTRY),
    "a bound role is not a known one", _every_policy,
    takes=_of(methods.PROJECT_ROLE))
EVERY_DENIAL: Final = Read("all deny policies", (ANCESTRY,), ALWAYS, _every_denial,
    takes=_of(methods.DENY_POLICIES, methods.DENY_POLICY))
TAGS_FOR_ALL: Final = Read("its tags", (SERVICE, CHAIN, EVERY_DENIAL), _BY_TAGS,
    lambda at: _start_tags(at, tuple(rule for fact in at[EVERY_DENIAL] for rule in value_of(fact) or ())),
    takes=_of(methods.EFFECTIVE_TAGS))
EVERY_POLICY: Final = Read("allow policies, its tags", (EVERY_ROLE, TAGS_FOR_ALL), ALWAYS,
    lambda at: settled(replace(at[EVERY_ROLE], tags=at[TAGS_FOR_ALL])))
GRANT: Final = Read("a binding to be written", (), "it is given", _given_only)
MAY_WRITE: Final = Read("what the operator may do", (GRANT,), ALWAYS, _may_write)
DOMAINS_RESTRICTED: Final = Read("domain restricted sharing", (GRANT, SERVICE, ABOVE),
    "the member is of another project", _domains_restricted,
    takes=_of(methods.EFFECTIVE_POLICY))
BY_TERRAFORM: Final = Read("who writes its policy", (SERVICE,), "no label says who does", _by_terraform,
    takes=_of(methods.LOG_ENTRIES))
# fmt: on

PAIR: Final = (LOOKED_FOR, RESOLVED)
"""What `snippet` reads."""
WHO: Final = (LOOKED_FOR, NAMED_POLICY, ANCESTRY, FOUND, EVERY_POLICY, EVERY_DENIAL)
"""What `who` reads."""
PREFLIGHT: Final = (EVERY_DENIAL, DOMAINS_RESTRICTED, BY_TERRAFORM, MAY_WRITE)
"""What `grant` reads once a check has told who calls what."""
CHECK: Final = (
    *(
        LOOKED_FOR,
        NAMED_POLICY,
        RESOLVED,
        ANCESTRY,
        FOUND,
        INSTANCES,
        CALLER,
        CHAIN,
        CALL,
        DOMAIN,
        LOAD_BALANCER,
        IAP,
        CONSTRAINTS,
    ),
    *(
        SENDING,
        AUDIENCE_DOMAIN,
        AUDIENCE_BALANCED,
        ACCOUNT,
        MINTING,
        SUBNETWORK,
        ZONES,
        WANTED_INGRESS,
        TOKEN,
        AIM,
        WITHOUT,
        JUNK,
        AS_CALLER,
        POLICIES,
        DENIALS,
    ),
    *(ELSEWHERE, SIBLINGS, TROUBLESHOT, LOGS),
)
"""What `check` and its like read: a row for every fact, or more."""

STAGES: Final[Mapping[Read[object], Stage]] = {
    read: stage
    for stage, reads in {
        Stage.MINT: (RESOLVED, ACCOUNT, MINTING, TOKEN),
        Stage.REACH: (LOOKED_FOR, DOMAIN, LOAD_BALANCER, SUBNETWORK, ZONES),
        Stage.INGRESS: (WANTED_INGRESS,),
        Stage.IAP: (IAP,),
        Stage.TOKEN: (SENDING,),
        Stage.IAM: (POLICIES, DENIALS, CONSTRAINTS, ELSEWHERE, SIBLINGS, TROUBLESHOT),
        Stage.APP: (WITHOUT, JUNK, AS_CALLER, LOGS),
    }.items()
    for read in reads
}
"""The stage that a read is for, first of all, for whoever watches."""
