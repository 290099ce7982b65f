"""How each clause of a contract stands, judged from what was read of its service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ...collect.readings import Access
from ...deferred import dataclass
from ...fixes.names import in_words
from ...iam.allow import Grant, anybody_may, grants, may_invoke
from ...iam.conditions import RequestAttributes
from ...iam.deny import forbids
from ...iam.members import is_service_agent
from ...model.answer import Answer, CannotTell, No, Yes
from ...model.fact import Absent, Fact, Known, Unknown
from ...model.finding import Conclusion
from ...model.holder import Holder, Holders, Standing
from ...model.iam import EVERYBODY, Account, AllowPolicies, Principal, short_member
from ...model.run import Service, host_of
from ...report.contract import ContractVerdict
from ...report.document import Report
from ...rules.common import openness
from .contract import DEFAULT_COMPUTE, Only, PublicException, Wanted

Groups = Mapping[str, frozenset[str] | None]

_IAP: Final = "@gcp-sa-iap."
_BY_IAP: Final = "Identity-Aware Proxy decides whom it lets in, by a policy of its own"
_COMPUTE: Final = "-compute@developer.gserviceaccount.com"
_REGIONS: Final = "the service is deployed to other regions too, and each has an allow policy of its own"


@dataclass(frozen=True)
class Judgement:
    """How a clause stands."""

    verdict: ContractVerdict  # met, broken, or not to be told
    because: str  # what shows it, a clause of a sentence
    cause: str = ""  # id of the cause that a rule found; else empty
    missing: tuple[Unknown, ...] = ()  # the reads that failed and would decide


def met(because: str) -> Judgement:
    """Return that it is so."""
    return Judgement(ContractVerdict.MET, because)


def broken(because: str, cause: str = "") -> Judgement:
    """Return that it is not so."""
    return Judgement(ContractVerdict.BROKEN, because, cause)


def unsure(because: str, missing: Iterable[Unknown] = (), cause: str = "") -> Judgement:
    """Return that nothing decides it."""
    return Judgement(ContractVerdict.CANNOT_TELL, because, cause, tuple(dict.fromkeys(missing)))


def of_call(report: Report) -> Judgement:
    """Judge whether a call works. What it takes for granted is not shown, and so is not met."""
    diagnosis = report.diagnosis
    cause = diagnosis.cause
    rule, title = (cause.rule, cause.finding.title if cause.finding else cause.title) if cause else ("", "")
    match diagnosis.conclusion:
        case Conclusion.CLEAR if not diagnosis.assuming:
            return met("nothing stops the call")
        case Conclusion.CLEAR:
            return unsure(f"nothing stops the call if {' and '.join(diagnosis.assuming)}")
        case Conclusion.PROVEN | Conclusion.EXPECTED:
            return broken(title, rule)
        case Conclusion.LIKELY:
            return unsure(f"it is likely, and not proven, that the call is stopped: {title}", diagnosis.unread, rule)
        case Conclusion.CONTRADICTED | Conclusion.UNEXPLAINED | Conclusion.UNDECIDED:
            return unsure("what was seen does not decide whether the call works", diagnosis.unread, rule)


def of_right(answer: Answer, account: Fact[Account] | None) -> Judgement:
    """Judge whether a caller holds the right to invoke, as it should; an account that is not there can call nothing."""
    match answer:
        case Yes() if isinstance(account, Unknown):
            return unsure("whether the account exists could not be read", (account,))
        case Yes(because):
            return met(because)
        case No(because):
            return broken(because, "iam/missing-invoker")
        case CannotTell(because, missing):
            return unsure(because, missing)


def of_no_right(answer: Answer, found: Holders) -> Judgement:
    """Judge whether a caller is not let in; whom Identity-Aware Proxy lets in needs no right of its own to invoke."""
    match answer:
        case Yes(because):
            return broken(because)
        case No() if any(_IAP in one.member and one.may is not False for one in found.holders):
            return unsure(_BY_IAP)
        case No(because):
            return met(because)
        case CannotTell(because, missing):
            return unsure(because, missing)


def refused_by_iap(call: Judgement) -> Judgement:
    """Judge whether a caller is not let in by the Identity-Aware Proxy that stands before the service."""
    if call.verdict is ContractVerdict.MET:
        return broken(call.because)
    refused = call.verdict is ContractVerdict.BROKEN and call.cause == "iap/principal-not-authorized"
    return met(call.because) if refused else unsure(_BY_IAP)


def right(access: Access, service: Service, principal: Fact[Principal], groups: Groups) -> Answer:
    """Return whether a principal may invoke the service by any of its paths, as far as IAM decides it."""
    if not service.checks_iam:
        return Yes("the service's invoker check is off, so everybody may call it")
    request = RequestAttributes(None, host_of(service.url), access.now)
    policies = expanded(access.policies, groups)
    opened = _everybody(policies, request)
    if isinstance(opened, Yes):
        return opened
    match principal:
        case Absent():
            allowed: Answer = No("the caller has no Google identity, and the service is not public")
        case Unknown():
            return CannotTell("which account the caller uses is not known", (principal,))
        case Known(value):
            allowed = _allowed(access, policies, value, request)
    if service.elsewhere and not isinstance(allowed, Yes):
        return CannotTell(_REGIONS)
    return opened if isinstance(allowed, No) and isinstance(opened, CannotTell) else allowed


def _everybody(policies: AllowPolicies, request: RequestAttributes) -> Answer:
    """Return whether everybody is let in, if only while a condition is met."""
    opened = anybody_may(policies, request)
    if isinstance(opened, CannotTell) and _while_met(policies, Principal(EVERYBODY[0]), request):
        return Yes("the service lets everybody in, while a condition is met")
    return Yes("the service lets everybody in") if isinstance(opened, Yes) else opened


def _allowed(access: Access, policies: AllowPolicies, principal: Principal, request: RequestAttributes) -> Answer:
    allowed = may_invoke(policies, principal, request)
    if isinstance(allowed, No):
        return allowed
    doubts = tuple(fact for fact in (*access.denials, policies.above) if isinstance(fact, Unknown))
    rules = [rule for fact in access.denials if isinstance(fact, Known) for rule in fact.value]
    judged = [forbids(rule, principal, policies) for rule in rules]
    denied = next((one for one in judged if isinstance(one, Yes)), None)
    if denied is not None:
        return No(f"a deny policy forbids it ({denied.because})")
    doubt = next((one for one in judged if isinstance(one, CannotTell)), None)
    if doubt is not None:
        return doubt
    if doubts:
        return CannotTell("a deny policy that could not be read may forbid it", doubts)
    if isinstance(allowed, CannotTell):
        sometimes = _while_met(policies, principal, request)
        return Yes(f"it holds {sometimes}, while a condition is met") if sometimes else allowed
    return Yes(f"it holds {allowed.because}")


def _while_met(policies: AllowPolicies, principal: Principal, request: RequestAttributes) -> Grant | None:
    found = grants(policies, principal, request)
    return next((one for one in found if one.sure and one.standing is Standing.MAY_WHILE), None)


def expanded(policies: AllowPolicies, groups: Groups) -> AllowPolicies:
    """Return the same policies with the members that the contract tells of in the place of their groups."""

    def members(given: frozenset[str]) -> frozenset[str]:
        found: set[str] = set()
        for one in given:
            kind, _, email = one.partition(":")
            known = groups.get(email.lower()) if kind == "group" else None
            found |= {one} if known is None else known
        return frozenset(found)

    chain = tuple(
        replace(
            at,
            policy=Known(
                replace(
                    at.policy.value,
                    bindings=tuple(replace(one, members=members(one.members)) for one in at.policy.value.bindings),
                ),
                at.policy.source,
            ),
        )
        if isinstance(at.policy, Known)
        else at
        for at in policies.chain
    )
    return replace(policies, chain=chain)


def of_only(
    only: Only, found: Holders, service: Service, callers: Mapping[str, Fact[Principal]], groups: Groups
) -> Judgement:
    """Judge whether nobody holds the right to invoke but the callers of `may` and those whom `only` names."""
    if not service.checks_iam:
        return broken("the service's invoker check is off, so everybody may call it")
    named = {one.value.member.lower() for one in callers.values() if isinstance(one, Known)} | only.besides
    unknown = [name for name, one in callers.items() if isinstance(one, Unknown)]
    others = [one for one in found.holders if one.may is not False and not _is_named(one.member, named, only, groups)]
    unseen = [one for one in others if _is_unseen_group(one.member, groups)]
    certain = [one for one in others if one.may and one not in unseen]
    if certain and not unknown:
        return broken("; ".join(dict.fromkeys(f"{_held(one)}, and is not named" for one in certain)))
    if unknown:
        missing = [one for one in callers.values() if isinstance(one, Unknown)]
        return unsure(f"which account {', '.join(unknown)} uses is not known", missing)
    if others:
        told = (f"{_held(one)}, and {one.because or 'who is in that group is not known'}" for one in others)
        return unsure("; ".join(dict.fromkeys(told)))
    if found.unread:
        return unsure("not every policy could be read, so somebody may be missing", found.unread)
    if found.elsewhere:
        return unsure(_REGIONS)
    return met("nobody else holds it")


def _is_named(member: str, named: set[str] | frozenset[str], only: Only, groups: Groups) -> bool:
    if member.lower() in named or (only.agents and is_service_agent(member)):
        return True
    kind, _, email = member.partition(":")
    known = groups.get(email.lower()) if kind == "group" else None
    return known is not None and all(_is_named(one, named, only, {}) for one in known)


def _is_unseen_group(member: str, groups: Groups) -> bool:
    """Whether it is a group of which the contract itself says that nobody knows its members."""
    kind, _, email = member.partition(":")
    return kind == "group" and groups.get(email.lower(), frozenset()) is None


def _held(one: Holder) -> str:
    return f"{short_member(one.member)} has {one.binding.role} on {in_words(one.resource)}"


def of_public(access: Access, found: Holders, service: Service, exceptions: tuple[PublicException, ...]) -> Judgement:
    """Judge whether the service is kept from everybody, but for exceptions that still hold."""
    today = datetime.fromtimestamp(access.now, UTC).date()
    ended = next((one for one in exceptions if one.until is not None and one.until < today), None)
    if ended is not None:
        return broken(f"the exception ({ended.reason}) ended on {ended.until}")
    if exceptions:
        return met(f"it is excepted: {exceptions[0].reason}")
    is_open = openness(service, access.policies, RequestAttributes(None, host_of(service.url), access.now))
    if isinstance(is_open, Yes):
        return broken(f"the service is public: {is_open.because}", "warning/public")
    everybody = [one for one in found.holders if one.member in EVERYBODY and one.may is not False]
    certain = next((one for one in everybody if one.may), None)
    if certain is not None:
        return broken(_held(certain), "warning/public")
    if isinstance(is_open, CannotTell):
        return unsure(is_open.because, is_open.missing)
    if everybody:
        return unsure(f"{_held(everybody[0])}, and {everybody[0].because}")
    unread = [*_unread_policies(access.policies)]
    if unread:
        return unsure("not every policy could be read", unread)
    return unsure(_REGIONS) if service.elsewhere else met(is_open.because)


def _unread_policies(policies: AllowPolicies) -> Iterator[Unknown]:
    for fact in (*(at.policy for at in policies.chain), policies.above):
        if isinstance(fact, Unknown):
            yield fact


def of_audience(wanted: Wanted, service: Service) -> Judgement:
    """Judge whether the service takes an audience."""
    if service.accepts_audience(wanted.value):
        return met("the service takes it")
    taken = ", ".join(dict.fromkeys((*service.urls, *service.custom_audiences)))
    return broken(f"the service takes {taken or 'no audience'}", "token/audience")


def of_ingress(wanted: tuple[Wanted, ...], access: Access) -> Judgement:
    """Judge whether the service's ingress is one of these."""
    match access.ingress:
        case Known(value):
            told = f"its ingress is {value.value}"
            return met(told) if value.value in {one.value for one in wanted} else broken(told)
        case Unknown():
            return unsure("its ingress could not be read", (access.ingress,))
        case Absent():
            return unsure("its ingress is not known")


def of_account(wanted: Wanted, service: Service, *, negated: bool) -> Judgement:
    """Judge whether the service runs as an account, or does not."""
    account = service.account or ""
    is_default = not account or account.endswith(_COMPUTE)
    told = f"it runs as {account or 'the default account of Compute Engine'}"
    if wanted.value == DEFAULT_COMPUTE:
        is_it = is_default
    elif not account and wanted.value.endswith(_COMPUTE):
        return unsure(f"{told}, whose project's number is not told: write {DEFAULT_COMPUTE}")
    else:
        is_it = account.lower() == wanted.value.lower()
    return met(told) if is_it is not negated else broken(told)
