"""What each command reads by the plan: a check all facts of a call, others a part of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol, TypeAlias, TypeVar

from ..deferred import dataclass
from ..gcp.door import Door, Minted
from ..gcp.products import projects, run
from ..model.caller import Caller
from ..model.evidence import Evidence
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.facts import NOT_ASKED, Facts
from ..model.finding import Stage
from ..model.http import Call, TestCalls
from ..model.iam import AllowPolicies, Denials, DenyRule, Policy, Principal
from ..model.leads import call_leads_here
from ..model.run import Ingress, Service
from ..model.token import Token
from . import conditional_reads, plan, request_target, send_calls
from .callers import parse_caller
from .callers.kind import ResolvedCaller
from .executor import Inputs
from .find_service import asked_of
from .question import Question

T = TypeVar("T")
Progress = Callable[[str], None]
Watch: TypeAlias = Callable[[Facts, frozenset[Stage]], None]


@dataclass(frozen=True)
class Collected:
    """What was read."""

    facts: Facts
    # what Cloud Logging told, for whoever holds it against what was pasted; None where it told nothing
    logs: Evidence | None = None


def collect(question: Question, google: Door, progress: Progress = lambda _: None) -> Facts:
    """Collect the facts of one call, without what the logs say. For arguments see `collect_all`."""
    return collect_all(question, google, progress).facts


def collect_all(
    question: Question, google: Door, progress: Progress = lambda _: None, watch: Watch | None = None
) -> Collected:
    """Collect the facts of one call. Whatever cannot be read is an unknown fact.

    The door's deadline is set anew. `watch` is told the facts that are there, each time that more stages have all that
    is read for them.

    Raises:
        UnanswerableError: the question names no service or caller that could be looked up, or several.
    """
    asked = asked_of(question)
    parse_caller(question.caller)

    def more(stages: frozenset[Stage]) -> None:
        if watch:
            watch(_facts(at, _if_there), stages)

    at = Inputs.of(question, asked, google, progress, plan.STAGES, more if watch else None)
    at.carry_out(*plan.CHECK)
    return Collected(_facts(at, _there), at[plan.LOGS].evidence)


class _Take(Protocol):
    """Takes a fact from what was read."""

    def __call__(self, fact: Callable[[], Fact[T]], /) -> Fact[T]:
        """Take it."""


def _there(fact: Callable[[], Fact[T]]) -> Fact[T]:
    return fact()


def _if_there(fact: Callable[[], Fact[T]]) -> Fact[T]:
    try:
        return fact()
    except TimeoutError:  # a read that it is made of is under way
        return NOT_ASKED


def _facts(at: Inputs, take: _Take) -> Facts:
    question, asked = at.question, at.asked

    def caller() -> ResolvedCaller:
        return at[plan.CALLER].sending_as(at[plan.SENDING])

    def call() -> Fact[Call]:
        return request_target.call_of(question, asked, at[plan.FOUND].deployed, caller())

    def calls() -> Fact[TestCalls]:
        return send_calls.answers(at, at[plan.AIM], at[plan.WITHOUT], at[plan.JUNK], at[plan.AS_CALLER])

    return Facts(
        now=at.google.now(),
        call=take(call),
        service=take(lambda: _wanting(at[plan.SERVICE], at[plan.FOUND].ingress, at[plan.WANTED_INGRESS])),
        ingress=take(lambda: at[plan.FOUND].ingress),
        wanted_ingress=take(lambda: at[plan.WANTED_INGRESS]),
        namesakes=take(lambda: at[plan.FOUND].namesakes()),  # noqa: PLW0108 - it need not be there yet
        instances=take(lambda: at[plan.INSTANCES]),
        caller=take(lambda: caller().caller),
        caller_service=take(lambda: caller().service),
        principal=take(lambda: caller().principal),
        account=take(lambda: at[plan.ACCOUNT]),
        minted=take(lambda: _claims(at[plan.TOKEN])),
        sending=take(lambda: caller().sending),
        attempt=take(lambda: caller().attempt),
        minting=take(lambda: at[plan.MINTING]),
        federation=take(lambda: caller().federation),
        origin=take(lambda: caller().origin),
        subnetwork=take(lambda: at[plan.SUBNETWORK]),
        zones=take(lambda: at[plan.ZONES]),
        policies=take(lambda: at[plan.POLICIES]),
        denials=take(lambda: at[plan.DENIALS]),
        iap_policy=take(lambda: _iap_policy(at)),
        constraints=take(lambda: at[plan.CONSTRAINTS]),
        troubleshot=take(lambda: at[plan.TROUBLESHOT]),
        elsewhere=take(lambda: at[plan.ELSEWHERE]),
        siblings=take(lambda: at[plan.SIBLINGS]),
        domain=take(lambda: at[plan.DOMAIN]),
        load_balancer=take(lambda: at[plan.LOAD_BALANCER]),
        written=take(lambda: at[plan.LOGS].written),
        logged=take(lambda: at[plan.LOGS].logged),
        refused=take(lambda: at[plan.LOGS].refused),
        token=take(lambda: request_target.token_of(question, caller())),
        calls=take(calls),
        call_leads_here=take(
            lambda: call_leads_here(call(), at[plan.SERVICE], at[plan.DOMAIN], at[plan.LOAD_BALANCER])
        ),
        audience_leads_here=take(lambda: _audience_leads_here(at, at[plan.SERVICE])),
        failed=Known(at.google.failed(), Source("reads", "of this run")),
    )


def _audience_leads_here(at: Inputs, service: Fact[Service]) -> Fact[bool]:
    called = at[plan.AUDIENCE]
    if not isinstance(called, Known):
        return Absent(called.source)
    return call_leads_here(called, service, at[plan.AUDIENCE_DOMAIN], at[plan.AUDIENCE_BALANCED])


def _iap_policy(at: Inputs) -> Fact[Policy]:
    ancestry = at[plan.ANCESTRY]
    unlisted = ancestry if isinstance(ancestry, Unknown) else Absent(ancestry.source)
    above = [unlisted, *(one.policy for one in at[plan.CHAIN][1:])]
    return conditional_reads.iap_policy(at[plan.IAP], above, value_of(at[plan.CALLER].principal))


def _wanting(service: Fact[Service], ingress: Fact[Ingress], wanted: Fact[Ingress]) -> Fact[Service]:
    if not isinstance(service, Known) or not isinstance(wanted, Known) or value_of(ingress) is wanted.value:
        return service
    return Known(replace(service.value, wanted_ingress=wanted.value), service.source)


def _claims(minted: Fact[Minted]) -> Fact[Token]:
    return Known(minted.value.token, minted.source) if isinstance(minted, Known) else minted


@dataclass(frozen=True)
class Access:
    """What decides who may invoke."""

    now: int  # seconds since 1970
    service: Fact[Service]  # the service; absent when there is none of that name
    ingress: Fact[Ingress]  # which network paths it lets in
    policies: AllowPolicies  # its own allow policy and those above it, with every role that is bound in them
    denials: tuple[Fact[tuple[DenyRule, ...]], ...]  # the deny rules of the project and of each of its ancestors


def read_access(question: Question, google: Door, progress: Callable[[str], None] = lambda _: None) -> Access:
    """Read it.

    Raises:
        UnanswerableError: the question names no service that could be looked up, or several.
    """
    at = Inputs.of(question, asked_of(question), google, progress)
    at.carry_out(*plan.WHO)
    found = at[plan.FOUND]
    return Access(at.google.now().value, found.service, found.ingress, at[plan.EVERY_POLICY], at[plan.EVERY_DENIAL])


@dataclass(frozen=True)
class ServiceAndCaller:
    """Who calls what."""

    service: Fact[Service]  # the callee; absent when there is none of that name
    caller: Fact[Caller] = NOT_ASKED  # who calls; unknown when nobody was named
    principal: Fact[Principal] = NOT_ASKED  # whom the call is made as
    target: str | None = None  # the URL that the caller is set to call; None where it is code that may call any
    caller_service: Fact[Service] = NOT_ASKED  # the caller, where it is a service or a function


def read_service_and_caller(
    question: Question, google: Door, progress: Callable[[str], None] = lambda _: None
) -> ServiceAndCaller:
    """Read the service, and the caller where one is named.

    Raises:
        UnanswerableError: the question names no service or caller that could be looked up, or several.
    """
    asked = asked_of(question)
    parse_caller(question.caller)
    at = Inputs.of(question, asked, google, progress)
    at.carry_out(*(plan.PAIR if question.caller is not None else plan.PAIR[:1]))
    service = at[plan.LOOKED_FOR].service
    if question.caller is None:
        return ServiceAndCaller(service)
    caller = at[plan.RESOLVED].in_question(value_of(service), question.url)
    sending = value_of(caller.sending)
    target = sending.target if sending else None
    return ServiceAndCaller(service, caller.caller, caller.principal, target, caller.service)


_ABOVE: Final = "//cloudresourcemanager.googleapis.com/"


@dataclass(frozen=True)
class GrantFacts:
    """What may stand in the way of a binding."""

    denials: Denials  # the deny rules of the project and of its ancestors, as the check read them, or read now
    # whether members of other organizations are refused; absent for one of the service's own project
    domains_restricted: Fact[bool]
    # whether the audit log shows that Terraform writes the service's policy; absent where a label of the service tells
    # it already
    by_terraform: Fact[bool]
    may_write: Fact[bool]  # whether the operator may write the binding


def read_preflight(
    google: Door,
    checked: Facts,
    policies: AllowPolicies,
    grant: plan.BindingToWrite,
    seconds: float = 20.0,
    progress: Callable[[str], None] = lambda _: None,
) -> GrantFacts:
    """Read it, all at once.

    The door's deadline is set anew; the policies are those of the service and up to the organization.

    Raises:
        ValueError: the service is not known.
    """
    service, denials = value_of(checked.service), value_of(checked.denials)
    if service is None:
        raise ValueError("a binding is written where the service is known")
    question = Question(service.name, seconds=seconds)
    at = Inputs.of(question, asked_of(question), google, progress)
    source = Source("resourcemanager.projects.get", projects.full_name(f"projects/{service.project}"))
    above = tuple(one for one in policies.chain if one.resource.startswith(_ABOVE))
    at.give(plan.GRANT, grant)
    at.give(plan.SERVICE, Known(service, Source(run.GET, service.full_name)))
    at.give(plan.ABOVE, above)
    at.give(plan.ANCESTRY, Known(tuple(one.resource.removeprefix(_ABOVE) for one in above), source))
    at.carry_out(*(plan.PREFLIGHT if denials is None else plan.PREFLIGHT[1:]))
    if denials is None:
        read = at[plan.EVERY_DENIAL]
        denials = Denials(
            tuple(rule for fact in read if isinstance(fact, Known) for rule in fact.value),
            tuple(fact for fact in read if isinstance(fact, Unknown)),
        )
    return GrantFacts(denials, at[plan.DOMAINS_RESTRICTED], at[plan.BY_TERRAFORM], at[plan.MAY_WRITE])
