"""The onboarding page of a service and its caller, and what has changed since one was written."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ..collect.readings import ServiceAndCaller
from ..deferred import dataclass
from ..fixes.language import language_of
from ..fixes.names import in_words, parse
from ..fixes.snippets import LANGUAGES, Wiring, snippet
from ..gcp.own_urls import is_own, own_urls
from ..iam.allow import Grant, grants, may_invoke
from ..iam.conditions import RequestAttributes
from ..iam.deny import forbids
from ..model.answer import Answer, CannotTell, No, Yes
from ..model.caller import CallerKind, Origin, Place
from ..model.caller_kinds import declared
from ..model.change import GrantRole, RevokeRole
from ..model.fact import Absent, Fact, Known, Obstacle, Unknown, value_of
from ..model.facts import Facts
from ..model.finding import Finding, Stage, Verdict
from ..model.holder import Standing
from ..model.iam import INVOKER, Principal, short_member
from ..model.run import Ingress, Service
from ..redaction import clean
from ..report.document import Report, whole
from ..report.runbook import UNREAD, Compared, Runbook, RunbookFacts, RunbookStep, compare, verification
from ..rules.common import is_open
from .context import CallRequest, Context, WorkflowError
from .diagnose import existing, gather, judged, open_connection
from .snippet import wiring_of


@dataclass(frozen=True)
class Rights:
    """Which bindings let the caller in."""

    answer: Answer  # whether one does
    giving: tuple[Grant, ...]  # those that do, the service's own first
    is_open: bool  # whether everybody is let in, and so the caller too
    denied: bool = False  # whether a deny policy forbids it all the same
    role: str = INVOKER  # the role to give where none does

    @property
    def names(self) -> frozenset[str]:
        """The bindings that let it in, as a page's facts have them."""
        return frozenset() if self.denied else frozenset(map(_right, self.giving))


def rights_of(facts: Facts, service: Service) -> Rights:
    """Judge which bindings let the caller in."""
    policies, principal, call = value_of(facts.policies), value_of(facts.principal), value_of(facts.call)
    request = RequestAttributes(call.path if call else "/", call.host if call else "", value_of(facts.now))
    opened = is_open(service, facts.policies, request)
    if isinstance(facts.principal, Absent):
        return Rights(No("such a caller has no Google identity"), (), opened)
    if policies is None or principal is None:
        return Rights(CannotTell("which account the caller uses, or who may call, could not be read"), (), opened)
    found = grants(policies, principal, request)
    giving = tuple(one for one in found if one.standing is Standing.GIVES)
    denials = value_of(facts.denials)
    denied = any(isinstance(forbids(one, principal, policies), Yes) for one in (denials.rules if denials else ()))
    return Rights(may_invoke(policies, principal, request), giving, opened, denied)


def page_facts(facts: Facts, service: Service, wiring: Wiring, request: CallRequest, rights: Rights) -> RunbookFacts:
    """Return what a page rests on."""
    ingress = value_of(facts.ingress)
    return RunbookFacts(
        service=service.full_name,
        caller=clean(_named(facts, request)),
        url=wiring.url,
        audience=wiring.audience,
        ingress=ingress.value if ingress else UNREAD,
        invoker_check="on" if service.checks_iam else "off",
        iap="on" if service.iap_enabled else "off",
        default_url="off" if service.default_url_disabled else "on",
        public=_public(facts, service, rights),
        member=_member(facts.principal),
        egress=_egress(facts.origin),
        right=_wanted(facts, service, rights),
        asked_url=request.url or (request.service if "://" in request.service else ""),
        path=request.path or "",
    )


def _named(facts: Facts, request: CallRequest) -> str:
    """Return who calls in words that mean the same to whoever reads the page: `me` does not."""
    caller, principal = value_of(facts.caller), value_of(facts.principal)
    if caller is not None and caller.kind is CallerKind.OPERATOR and principal is not None:
        return principal.member
    return request.caller or "me"


def runbook(context: Context, request: CallRequest, language: str | None = None) -> Runbook:
    """Write the page of a service and its caller. No test call is made, and nothing is changed.

    `language` None is what fits the caller.

    Raises:
        WorkflowError: the service could not be read, or no code can be written for this pair.
    """
    return _read(context, request, language)[0]


def check_runbook(
    context: Context, request: CallRequest, page: RunbookFacts, language: str | None = None
) -> tuple[Compared, ...]:
    """Read the facts of a page anew, and compare.

    Raises:
        WorkflowError: as for `runbook`.
    """
    asked = replace(
        request, service=page.service, caller=page.caller, url=page.asked_url or None, path=page.path or None
    )
    book, rights = _read(context, asked, language)
    return compare(page, book.facts, rights.names, complete=not isinstance(rights.answer, CannotTell))


def _read(context: Context, request: CallRequest, language: str | None) -> tuple[Runbook, Rights]:
    request = replace(request, send_calls=False)
    google = open_connection(context, request)
    facts = gather(context, request, google)
    service = existing(facts.service)
    document = judged(facts, request, sandbox=google.sandbox is not None)
    return _book(document, facts, service, request, language)


def _book(
    document: Report, facts: Facts, service: Service, request: CallRequest, lang: str | None
) -> tuple[Runbook, Rights]:
    sending, ingress = value_of(facts.sending), value_of(facts.ingress)
    pair = ServiceAndCaller(facts.service, facts.caller, facts.principal, sending.target if sending else None)
    wiring = wiring_of(pair, service, request)
    rights = replace(rights_of(facts, service), role=request.role)
    said = page_facts(facts, service, wiring, request, rights)
    language, code = _code(facts, wiring, lang)
    book = Runbook(
        written=_day(value_of(facts.now)),
        facts=said,
        caller_name=said.caller,
        product=sending.product if sending else "",
        account=wiring.account,
        reason=wiring.reason,
        path_note=_path_note(document, ingress),
        steps=steps(document, facts, service, rights),
        language=language,
        code=code,
        verify=_verify(wiring, service),
        fire=_fire(wiring.resource),
        inside=ingress not in {Ingress.ALL, None},
        undo=_undo(facts, service, rights),
        unread=tuple(u for u in document.diagnosis.unread if u.obstacle is not Obstacle.NOT_ASKED),
        sandbox=document.sandbox,
    )
    return book, rights


def _verify(wiring: Wiring, service: Service) -> str:
    """Return the command that makes the call as the account, to where this tool would send a token itself."""
    url = wiring.url
    if not is_own(url, own_urls(service)):
        if service.default_url_disabled or not service.url:
            return ""
        parts = urlsplit(url)
        url = f"{service.url}{parts.path}{'?' if parts.query else ''}{parts.query}"
    return verification(wiring.account, wiring.audience, url) if wiring.account else ""


def steps(document: Report, facts: Facts, service: Service, rights: Rights) -> tuple[RunbookStep, ...]:
    """List what has to be so: what each stage finds missing, and the grant in any case."""
    found: list[RunbookStep] = []
    principal = value_of(facts.principal)
    grant = _grant(facts, service, rights)
    for step in document.diagnosis.steps:
        finding = next((o.finding for o in step.outcomes if o.verdict is Verdict.BLOCKS and o.finding), None)
        if step.stage is Stage.IAM and finding and principal and _only_grants(finding, service, principal):
            finding = None
        if finding is not None:
            found.append(RunbookStep(finding.title, finding.because, finding.fixes))
        if step.stage is Stage.IAM and grant is not None:
            found.append(grant)
    return tuple(found)


def _only_grants(finding: Finding, service: Service, principal: Principal) -> bool:
    """Return whether the grant alone mends it, so that it is no step of its own."""
    first = finding.fixes[0] if finding.fixes else None
    return isinstance(first, GrantRole) and (first.resource, first.member) == (service.full_name, principal.member)


def _grant(facts: Facts, service: Service, rights: Rights) -> RunbookStep | None:
    principal = value_of(facts.principal)
    title = f"Let the caller call {service.id}"
    if rights.is_open:
        return RunbookStep(
            title, ("The service is public: anyone who can reach it gets in.",), (), done=True, grants=True
        )
    if principal is None:
        if isinstance(facts.principal, Unknown):
            needs = f" It needs {facts.principal.permission}." if facts.principal.permission else ""
            return RunbookStep(
                title, (f"Which account the caller uses could not be read.{needs}",), (), done=None, grants=True
            )
        return None
    if principal.is_federated:
        return None
    match rights.answer:
        case Yes():
            giving = rights.giving[0]
            changes = (
                (GrantRole(service.full_name, giving.binding.role, principal.member),)
                if _is_own(giving, service, principal)
                else ()
            )
            why = f"It may: {giving.binding.role} for {short_member(giving.member)} on {in_words(giving.resource)}."
            return RunbookStep(title, (why,), changes, done=True, grants=True)
        case No(because):
            done: bool | None = False
        case CannotTell(because):
            done = None
    change = GrantRole(service.full_name, rights.role, principal.member)
    return RunbookStep(title, (whole(because),), (change,), done, grants=True)


def _is_own(grant: Grant, service: Service, principal: Principal) -> bool:
    """Return whether a binding is one that the grant's command would make: the member's own, on the service itself."""
    return (
        grant.resource == service.full_name
        and grant.binding.condition is None
        and grant.member.lower() == principal.member.lower()
    )


def _right(grant: Grant) -> str:
    return f"{grant.binding.role} on {grant.resource}"


def _wanted(facts: Facts, service: Service, rights: Rights) -> str:
    """Return the binding that a page relies on: one that is there, else the one that its steps make."""
    if not service.checks_iam or isinstance(facts.principal, Absent):
        return ""
    if rights.giving:
        return _right(rights.giving[0])
    principal = value_of(facts.principal)
    if principal is None:
        return UNREAD
    return "" if principal.is_federated else f"{rights.role} on {service.full_name}"


def _undo(facts: Facts, service: Service, rights: Rights) -> RevokeRole | None:
    principal = value_of(facts.principal)
    if principal is None or principal.is_federated or rights.is_open:
        return None
    if not rights.giving:
        return RevokeRole(service.full_name, rights.role, principal.member)
    own = next((one for one in rights.giving if _is_own(one, service, principal)), None)
    return RevokeRole(service.full_name, own.binding.role, principal.member) if own else None


def _code(facts: Facts, wiring: Wiring, lang: str | None) -> tuple[str, str]:
    caller = value_of(facts.caller)
    if lang is None and caller is not None and not declared(caller.kind).has_identity:
        return "", ""
    fitting = language_of(caller.kind, value_of(facts.caller_service)) if caller else ""
    language = lang or fitting or "python"
    assert language in LANGUAGES
    try:
        return language, snippet(language, wiring)
    except ValueError as error:
        raise WorkflowError(f"There is no code for that: {error}.") from None


def _fire(resource: str) -> str:
    """Return the command that has the caller make its call now, where there is one."""
    named = parse(resource)
    if not resource.startswith("//cloudscheduler.googleapis.com/"):
        return ""
    where = [f"--project={named.project}", f"--location={named.region}"]
    return shlex.join(["gcloud", "scheduler", "jobs", "run", named.id, *where])


def _member(principal: Fact[Principal]) -> str:
    match principal:
        case Known(value):
            return value.member
        case Absent():
            return ""
        case Unknown():
            return UNREAD


def _public(facts: Facts, service: Service, rights: Rights) -> str:
    if rights.is_open or not service.checks_iam:
        return "yes"
    policies = value_of(facts.policies)
    own = policies.chain[0].policy if policies and policies.chain else None
    return "no" if isinstance(own, Known | Absent) else UNREAD


def _egress(origin: Fact[Origin]) -> str:
    if not isinstance(origin, Known):
        return UNREAD if isinstance(origin, Unknown) else "not told"
    match origin.value.place:
        case Place.INTERNET:
            return "over the internet"
        case Place.GOOGLE:
            return "from inside Google"
        case Place.HERE:
            return "not told by an identity"
        case Place.VPC:
            which = origin.value.egress.value if origin.value.egress else "a setting that is not known here"
            network = f" through {origin.value.network}" if origin.value.network else ""
            return f"{which}{network}"


def _path_note(document: Report, ingress: Ingress | None) -> str:
    if ingress in {Ingress.ALL, None}:
        return ""
    verdict = next((step.verdict for step in document.diagnosis.steps if step.stage is Stage.INGRESS), None)
    match verdict:
        case Verdict.CLEAR:
            return "The caller's egress counts as inside for this service, so its ingress lets the call in."
        case Verdict.BLOCKS:
            return "The caller's egress does not count as inside for this service: see the steps."
        case _:
            return "Whether the caller's way out counts as inside for this service could not be told."


def _day(now: int | None) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat() if now is not None else "an unknown day"
