"""What was meant, and what was done: the signs of it in labels, deploys, messages and words.

Source: https://docs.cloud.google.com/run/docs/securing/managing-access
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ..deferred import regex
from ..model.address import below_function, names_another
from ..model.caller import Caller
from ..model.caller_kinds import declared
from ..model.clienterror import ClientError, ErrorFamily
from ..model.evidence import Event, EventKind, Evidence, Exchange
from ..model.exported import Export
from ..model.fact import Fact, Known, value_of
from ..model.facts import Facts
from ..model.iam import EVERYBODY, ElsewherePolicy, Principal
from ..model.run import Service, is_custom, is_run_app
from ..say import Say

PUBLIC_REFUSED = (ErrorFamily.MEMBER_NOT_PERMITTED, ErrorFamily.INVOKER_CHECK_REQUIRED, ErrorFamily.ORG_POLICY)
WINDOW = 10 * 60
"""Seconds for which a policy change may still be on its way.

Source: https://docs.cloud.google.com/iam/docs/access-change-propagation
"""
_ASKED = (EventKind.PUBLIC_ASKED, EventKind.CHECK_OFF_ASKED)


def email_in(text: str | None) -> str | None:
    """Return the e-mail address of a service account in the name of a resource; None where there is none."""
    found = re.search(r"[a-z0-9.-]+@[a-z0-9.-]+\.gserviceaccount\.com", text or "", re.IGNORECASE)
    return found[0] if found else None


def operator_in(failed: ClientError) -> str | None:
    """Return who ran the command that failed, as IAM writes it, where gcloud's message says so."""
    found = re.search(r"(?:authenticated as |\[)([^\s\[\]]+@[^\s\[\]]+?)[\].,]?(?:\s|$)", failed.message)
    if found is None:
        return None
    return f"{'serviceAccount' if email_in(found[1]) else 'user'}:{found[1]}"


def public_sign_in(facts: Facts) -> str | None:
    """Return what shows that the service was meant to be open to everybody."""
    service, call = value_of(facts.service), value_of(facts.call)
    url = service.url if service else call.url if call else ""
    told = next(signs_of_public(service, value_of(facts.evidence) or Evidence(), url), None)
    return told or _open_as_function(value_of(facts.elsewhere) or ())


def _open_as_function(elsewhere: Sequence[ElsewherePolicy]) -> str | None:
    """Return that everybody was let in at the function, whose policy Cloud Run does not ask.

    Source: https://docs.cloud.google.com/functions/docs/securing/managing-access-iam
    """
    for other in elsewhere:
        members = {member for binding in other.policy.bindings for member in binding.members}
        if other.resource.startswith("//cloudfunctions.") and EVERYBODY[0] in members:
            return "allUsers is bound on the function, and Cloud Run looks at the policy of the service only"
    return None


def signs_of_public(service: Service | None, given: Evidence, url: str = "") -> Iterator[str]:
    """Yield what shows that the service, or the one behind a URL, was meant to be open to everybody."""
    labels, events, errors = dict(service.labels) if service else {}, given.events, given.errors
    if labels.get("deployment-callable") == "true":
        yield "it is a callable function, which Firebase makes public"
    if public_unset(errors):
        yield "a deploy could not set the policy that lets everybody in"
    for event in events:
        if _is_of_another(event, url):
            continue
        if event.kind in _ASKED:
            yield Say("{by} asked for public access", by=event.by or "a deploy")
        if event.kind in {EventKind.GRANTED, EventKind.GRANT_FAILED} and event.member in EVERYBODY:
            yield Say("{by} granted it to {event}", by=event.by or Say("somebody"), event=event.member)
        if event.kind is EventKind.REVOKED and event.member in EVERYBODY:
            yield "it was open to everybody"
    if any(_declares_open(each, url) for each in given.exports):
        yield "what you gave declares it open to everybody"
    refused = public_refused(errors, events)
    if refused is not None and refused.family is not ErrorFamily.ORG_POLICY:
        yield "somebody tried to let everybody in"


def _is_of_another(event: Event, url: str) -> bool:
    """Whether something was done to a service of another name than the one at a URL; an address tells no name."""
    name = _short(event.resource)
    return name is not None and name != "-" and "." not in name and names_another(url, {name})


def _declares_open(export: Export, url: str) -> bool:
    """Whether files ask for a binding of everybody on the service at a URL, or the function before it has one.

    Source: https://docs.cloud.google.com/functions/docs/securing/managing-access-iam
    """
    of = (export.name or "").partition(".")[0]
    if export.policy is None or not (of == "//cloudfunctions" or (of == "//run" and export.wanted)):
        return False
    name = below_function((export.name or "").rpartition("/")[2])
    is_open = any(EVERYBODY[0] in binding.members for binding in export.policy.bindings)
    return is_open and (name == "-" or not names_another(url, {name}))


def moot(facts: Facts) -> str | None:
    """Return why it does not matter what token arrives; None where it matters."""
    pasted = value_of(facts.evidence)
    if pasted is None:
        return None
    if public_refused(pasted.errors, pasted.events):
        return "an organization policy refuses to let everybody in"
    if event_of(pasted.events, EventKind.CHECK_ON):
        return "the invoker check was switched off on purpose"
    if worked_later(pasted.exchanges):
        return "the same host let such a call in some minutes later"
    if how_it_went(pasted.events) and public_sign_in(facts):
        return "it was open to everybody"
    return None


def how_it_went(events: Sequence[Event], principal: Principal | None = None, url: str = "") -> str | None:
    """Return how a binding that was there went; None where nothing tells, or it was of somebody or something else."""
    revoked = event_of(events, EventKind.REVOKED)
    own = {None, principal.member} if principal is not None else None
    if revoked is not None and (own is None or revoked.member in own) and not _granted_since(events, revoked, own):
        return Say(
            "{by} removed {role} from {revoked}",
            by=revoked.by or Say("somebody"),
            role=revoked.role or "the role",
            revoked=revoked.member or "the caller",
        )
    recreated = _recreated(events, url)
    if recreated is not None and not _granted_since(events, recreated, own):
        return Say(
            "{by} deleted {resource} and created it again",
            by=recreated.by or Say("somebody"),
            resource=recreated.resource or "the service",
        )
    return None


def _recreated(events: Sequence[Event], url: str) -> Event | None:
    """Return the last that was created of what was deleted as well, and may be the service at a URL."""
    gone = {_short(e.resource) for e in events if e.kind is EventKind.DELETED}
    for each in reversed(events):
        name = _short(each.resource)
        of_another = name is not None and names_another(url, {name})
        if each.kind is EventKind.CREATED and not of_another and gone and (None in {name, *gone} or name in gone):
            return each
    return None


def _short(resource: str | None) -> str | None:
    """Return the last part of a resource's name, as the service of a function is called."""
    return None if resource is None else below_function(resource.rpartition("/")[2])


def _granted_since(events: Sequence[Event], gone: Event, own: Collection[str | None] | None) -> bool:
    """Whether a tool's output shows below it that the role was given again, to the same member or to one's own."""
    members = own if gone.member is None else {gone.member}
    since = (e for e in events if e.kind is EventKind.GRANTED and e.at is None and e.lines > gone.lines)
    return any(members is None or each.member in members for each in since)


def event_of(events: Sequence[Event], kind: EventKind) -> Event | None:
    """Return the last event of a kind."""
    return next((e for e in reversed(events) if e.kind is kind), None)


def worked_later(exchanges: Sequence[Exchange]) -> str | None:
    """Return what shows that the same host let a call in soon after it had refused one."""
    failed = [x for x in exchanges if x.failed and x.at and x.call]
    for exchange in exchanges:
        answer = exchange.response
        if answer is None or exchange.at is None or exchange.call is None:
            continue
        by_app = "x-cloud-trace-context" in answer.headers or answer.status < 300  # a redirect may lead to a sign-in
        if by_app and any(
            x.call and x.call.host == exchange.call.host and x.at and 0 < exchange.at - x.at <= WINDOW for x in failed
        ):
            return "the same host let a call in some minutes later"
    return None


def served_by_front(exchanges: Sequence[Exchange]) -> Exchange | None:
    """Return the call that a front serves, and that is refused without a token at the service's own URL."""
    refused = {x.call.path for x in exchanges if x.failed and x.call and is_run_app(x.call.url) and not x.credentials}
    served = (x for x in exchanges if x.call and x.response is not None and x.response.status < 300)
    return next((x for x in served if x.call and is_custom(x.call.host) and x.call.path in refused), None)


def error_of(errors: Sequence[ClientError], *families: ErrorFamily) -> ClientError | None:
    """Return the last message of one of these families."""
    for error in reversed(errors):
        if error.family in families:
            return error
    return None


def said(error: ClientError) -> str:
    """Return a message as evidence, with where it stands."""
    return Say("{who} says: {message}", who=error.origin or "the client", message=error.message)


def public_unset(errors: Sequence[ClientError]) -> bool:
    """Whether a deploy says that it could not let everybody in: of Firebase's functions, where none is named."""
    unset = error_of(errors, ErrorFamily.POLICY_NOT_SET)
    return unset is not None and (
        unset.origin == "Firebase" or "alluser" in f"{unset.message} {unset.resource}".lower()
    )


def public_refused(errors: Sequence[ClientError], events: Sequence[Event]) -> ClientError | None:
    """Return what says that an organization policy refuses to let everybody in; None where it refuses another thing."""
    failed = error_of(errors, *PUBLIC_REFUSED)
    if failed is None or (failed.family is ErrorFamily.ORG_POLICY and not _ABOUT_ACCESS.search(failed.message)):
        return None
    narrow = failed.family is ErrorFamily.MEMBER_NOT_PERMITTED and grant_refused(events) not in {None, *EVERYBODY}
    return None if narrow else failed


def grant_refused(events: Sequence[Event]) -> str | None:
    """Return whom the last command could not grant a role; None where no such command is shown."""
    return next((e.member for e in reversed(events) if e.kind is EventKind.GRANT_FAILED and e.member), None)


_ABOUT_ACCESS = regex(r"allowedPolicyMember|requireInvokerIam|disableInvokerIam", re.IGNORECASE)
"""Names of constraints that decide whom a service may let in; others are about ingress, egress, places.

Source: https://docs.cloud.google.com/organization-policy/reference/org-policy-constraints
"""


def has_no_identity(caller: Fact[Caller], principal: Fact[Principal]) -> bool:
    """Tell whether the caller is one that no role can be granted to, or none that is known."""
    known = value_of(caller)
    if known is not None:
        return not declared(known.kind).has_identity
    return not isinstance(principal, Known)
