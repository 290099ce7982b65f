"""The facts of one call, from what the read plan brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..deferred import dataclass
from ..gcp.door import Door, Minted
from ..model.evidence import Evidence
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.facts import Facts
from ..model.iam import Policy
from ..model.leads import call_leads_here
from ..model.run import Ingress, Service
from ..model.token import Token
from . import conditional_reads, plan, request_target, test_calls
from .callers import parse_caller
from .executor import Inputs
from .find_service import asked_of
from .question import Question

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Collected:
    """What was read.

    Args:
        facts: the facts.
        logs: what Cloud Logging told, for whoever holds it against what was pasted; None where it told nothing.
    """

    facts: Facts
    logs: Evidence | None = None


def collect(question: Question, google: Door, progress: Progress = lambda _: None) -> Facts:
    """Collect the facts of one call, without what the logs say. For arguments see `collect_all`."""
    return collect_all(question, google, progress).facts


def collect_all(question: Question, google: Door, progress: Progress = lambda _: None) -> Collected:
    """Collect the facts of one call. Whatever cannot be read is an unknown fact.

    Args:
        question: the call.
        google: the door; its deadline is set anew, to the question's.
        progress: is told what is being read.

    Raises:
        UnanswerableError: the question names no service or caller that could be looked up, or several.
    """
    asked = asked_of(question)
    parse_caller(question.caller)
    at = Inputs.of(question, asked, google, progress, plan.STAGES)
    at.carry_out(*plan.CHECK)
    service, logs = at[plan.SERVICE], at[plan.LOGS]
    caller = at[plan.CALLER].sending_as(at[plan.SENDING])
    call = request_target.call_of(question, asked, at[plan.FOUND].deployed, caller)
    calls = test_calls.answers(at, at[plan.AIM], at[plan.WITHOUT], at[plan.JUNK], at[plan.AS_CALLER])
    facts = Facts(
        now=at.google.now(),
        call=call,
        service=_wanting(service, at[plan.FOUND].ingress, at[plan.WANTED_INGRESS]),
        ingress=at[plan.FOUND].ingress,
        wanted_ingress=at[plan.WANTED_INGRESS],
        namesakes=at[plan.FOUND].namesakes(),
        instances=at[plan.INSTANCES],
        caller=caller.caller,
        caller_service=caller.service,
        principal=caller.principal,
        account=at[plan.ACCOUNT],
        minted=_claims(at[plan.TOKEN]),
        sending=caller.sending,
        attempt=caller.attempt,
        minting=at[plan.MINTING],
        federation=caller.federation,
        origin=caller.origin,
        subnetwork=at[plan.SUBNETWORK],
        zones=at[plan.ZONES],
        policies=at[plan.POLICIES],
        denials=at[plan.DENIALS],
        iap_policy=_iap_policy(at),
        constraints=at[plan.CONSTRAINTS],
        troubleshot=at[plan.TROUBLESHOT],
        elsewhere=at[plan.ELSEWHERE],
        siblings=at[plan.SIBLINGS],
        domain=at[plan.DOMAIN],
        load_balancer=at[plan.LOAD_BALANCER],
        written=logs.written,
        logged=logs.logged,
        refused=logs.refused,
        token=request_target.token_of(question, caller),
        calls=calls,
        call_leads_here=call_leads_here(call, service, at[plan.DOMAIN], at[plan.LOAD_BALANCER]),
        audience_leads_here=_audience_leads_here(at, service),
        failed=Known(at.google.failed(), Source("reads", "of this run")),
    )
    return Collected(facts, logs.evidence)


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
