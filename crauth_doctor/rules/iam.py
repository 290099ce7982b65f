"""May the caller invoke the service, and was it meant to? Each rule is one reason for a no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ..answers.author import Author
from ..answers.observed import Sight, is_refusal
from ..iam.allow import AGENTS_DOUBTED, Grant, anybody_may, short
from ..iam.conditions import RequestAttributes, asks_for_tags, needs_more, request_of
from ..iam.deny import condition_holds, forbids
from ..iam.members import is_agent_identity, same_member
from ..iam.roles import RUN_WITH_OVERRIDES, documented
from ..model.address import Custom, parse_url
from ..model.answer import CannotTell, No, Yes
from ..model.caller import Caller, Federation
from ..model.caller_kinds import name_of
from ..model.change import (
    MEMBER,
    SERVICE,
    Advise,
    Change,
    GrantRole,
    ListDenyPolicies,
    RevokeRole,
    SetInvokerCheck,
)
from ..model.clienterror import ClientError, ErrorFamily
from ..model.evidence import Event, EventKind, Exchange, LogEntry
from ..model.exported import Export
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.finding import Basis, Finding
from ..model.holder import Standing
from ..model.http import Call
from ..model.iam import (
    EVERYBODY,
    INVOKE,
    INVOKER,
    AllowPolicies,
    Binding,
    Condition,
    Constraints,
    Denials,
    DenyRule,
    ElsewherePolicy,
    Principal,
    Troubleshot,
    short_member,
)
from ..model.leads import iap_agent, is_behind_iap
from ..model.load_balancer import LoadBalancer
from ..model.run import Service, Siblings
from ..say import Say
from .common import (
    MANAGING_ACCESS,
    NO_TOKEN,
    REFUSED,
    SERVICE_TO_SERVICE,
    TROUBLESHOOTING,
    grant_invoker,
    is_named_after,
    is_open,
    name_of_caller,
    named,
    openness,
    works_directly,
)
from .derived_facts import NOT_DENIED, CallerAccess, TokenCheck
from .job_start import JobStart, refused_start
from .public_intent import (
    WINDOW,
    error_of,
    event_of,
    grant_refused,
    has_no_identity,
    how_it_went,
    operator_in,
    public_refused,
    public_unset,
    said,
    worked_later,
)
from .registry import Judgement, rule


@rule("iam/invoker-check-reenabled", see=MANAGING_ACCESS, predicts=REFUSED, basis=Basis.HISTORY)
def invoker_check_reenabled(
    events: tuple[Event, ...], service: Fact[Service], check: TokenCheck, access: Fact[CallerAccess]
) -> Judgement:
    """The invoker check had been switched off on purpose, and a deploy switched it on again.

    What happens: `--no-invoker-iam-check` is a setting of the service. A deploy that does not repeat it, by a tool that
    writes the whole service, switches the check on, and callers without a token get 403.

    Confirm: `gcloud run services describe SERVICE` no longer shows `run.googleapis.com/invoker-iam-disabled: 'true'`.

    Fix: Pass `--no-invoker-iam-check` in every deploy, or set it in Terraform (`invoker_iam_disabled = true`).

    Danger: With the check off, everybody who passes ingress reaches the application.
    """
    known = value_of(service)
    if not check.asks or (known is not None and not known.checks_iam) or _has_role(access):
        return None
    if event_of(events, EventKind.CHECK_ON) is None or event_of(events, EventKind.CHECK_OFF_ASKED) is None:
        return None
    because = ("a deploy switched the check on", "the invoker check is on now")
    fixes: list[Change] = [
        Advise("repeat-setting", "Pass --no-invoker-iam-check in every deploy, or set it in Terraform.", widens=True)
    ]
    if known is not None:
        fixes.append(SetInvokerCheck(known.full_name, on=False))
    return check.finding(Finding("the invoker check was switched on again", because, tuple(fixes)))


def _has_role(access: Fact[CallerAccess]) -> bool:
    """Whether the caller has a role of its own, so that it needs none for everybody."""
    known = value_of(access)
    return known is not None and isinstance(known.answer, Yes)


@rule(
    "iam/org-policy-blocks-public",
    see="https://docs.cloud.google.com/run/docs/authenticating/public#domain-restricted-sharing",
    predicts=replace(REFUSED, at_api=frozenset()),
    basis=Basis.INTENT,
    after="iam/propagation",
)
def org_policy_blocks_public(
    errors: Fact[tuple[ClientError, ...]],
    events: Fact[tuple[Event, ...]],
    public_sign: Fact[str],
    constraints: Fact[Constraints],
    service: Fact[Service],
    check: Fact[TokenCheck],
    access: Fact[CallerAccess],
) -> Judgement:
    """An organization policy refuses to let everybody in.

    What happens: With domain restricted sharing, `allUsers` cannot be granted: "One or more users named in the policy
    do not belong to a permitted customer". The deploy may pass and the binding be missing.

    Confirm: `gcloud org-policies describe iam.allowedPolicyMemberDomains --effective --project=PROJECT`.

    Fix: Switch the invoker check off instead (`--no-invoker-iam-check`), where the organization allows that, or ask for
    an exception.

    Danger: The policy was set on purpose; a public service inside such an organization deserves a second look.
    """
    known, checked, done = value_of(constraints), value_of(check), value_of(events) or ()
    if isinstance(check, Absent) or (checked is not None and not checked.asks) or _has_role(access):
        return None
    failed = public_refused(value_of(errors) or (), done)
    if failed is None and isinstance(check, Unknown):
        return CannotTell("which call is made is not known", (check,))
    restricted = known is not None and known.restricts_members and isinstance(public_sign, Known)
    if failed is None and not restricted:
        if isinstance(constraints, Unknown) and constraints.permission and isinstance(public_sign, Known):
            return CannotTell("organization policies were not read", (constraints,))
        return None
    because = [said(failed)] if failed else []
    if known is not None and known.restricts_members:
        because.append("domain restricted sharing applies to the project")
    named = failed is None or grant_refused(done) or "allusers" in failed.message.lower()
    title, assuming = "an organization policy refuses to let everybody in", () if named else (_TO_EVERYBODY,)
    finding = Finding(title, tuple(because), _ways_around(service, known), assuming)
    return checked.finding(finding) if checked else finding


_TO_EVERYBODY = "what was refused was access for everybody, not for one other member"


def _ways_around(service: Fact[Service], constraints: Constraints | None) -> tuple[Change, ...]:
    exception = Advise("policy-exception", "Ask the organization policy's owner for an exception.", widens=True)
    if constraints is not None and constraints.requires_invoker_check:
        return (exception,)
    off = "Switch the invoker check off instead, and let the application check every request."
    return (_switch_off(service, "invoker-check-off", off), exception)


def _switch_off(service: Fact[Service], slug: str, text: str) -> Change:
    """Return what lets everybody in; advice where the service was not read."""
    if isinstance(service, Known):
        return SetInvokerCheck(service.value.full_name, on=False)
    return Advise(slug, text, (SetInvokerCheck(SERVICE, on=False),), widens=True)


@rule(
    "iam/binding-lost",
    see="https://docs.cloud.google.com/iam/docs/allow-policies",
    predicts=REFUSED,
    basis=Basis.HISTORY,
)
def binding_lost(
    events: tuple[Event, ...],
    policies: Fact[AllowPolicies],
    service: Fact[Service],
    principal: Fact[Principal],
    check: TokenCheck,
    sight: Fact[Sight],
    public_sign: Fact[str],
) -> Judgement:
    """The binding existed and was removed.

    What happens: A service that is deleted and created again starts with an empty policy, and an authoritative
    Terraform resource (`_iam_policy`, `_iam_binding`) removes what it does not list. What worked before gets 403.

    Confirm: The audit log shows a delete and a create, or a SetIamPolicy, before the first failure.

    Fix: Grant again, and keep the grant where it survives: `google_cloud_run_v2_service_iam_member` beside the service.

    Danger: Grant only what was there before.
    """
    seen = value_of(sight)
    if not check.asks or (seen is not None and seen.author not in _CHECKS):
        return None
    how = how_it_went(events, value_of(principal), check.url)
    if how is None or _is_granted_again(events, policies):
        return None
    revoked = event_of(events, EventKind.REVOKED)
    public = isinstance(public_sign, Known) or (revoked is not None and revoked.member is None)
    if seen is not None and seen.with_token is False and not public:
        return None  # only a binding of everybody let in who sends no token, and nothing shows that there was one
    unsure = seen is not None and seen.author is Author.UNCERTAIN
    because = [how]
    if _has_bindings(policies) is False:
        because.append("the service's policy is empty now")
    elif not seen:
        return None
    words = "Grant the role on {service} again, and keep it in google_cloud_run_v2_service_iam_member."
    who, known = value_of(principal), value_of(service)
    grant = (GrantRole(known.full_name, INVOKER, who.member),) if who and known else ()
    advice = Advise("grant-again", Say(words, service=named(service)), grant)
    assuming = ("it is the invoker check that answered",) if unsure else ()
    return check.finding(Finding("the binding existed and was removed", tuple(because), (advice,), assuming))


_CHECKS = frozenset({Author.INVOKER_CHECK, Author.TOKEN_CHECK, Author.UNCERTAIN})


def _is_granted_again(events: tuple[Event, ...], policies: Fact[AllowPolicies]) -> bool:
    """Whether what went is there again: the one member's role; where nothing tells which it was, any."""
    revoked, known = event_of(events, EventKind.REVOKED), value_of(policies)
    own = value_of(known.chain[0].policy) if known and known.chain else None
    if revoked is None or revoked.member is None or own is None:
        return _has_bindings(policies) is True
    return any(revoked.member in binding.members and binding.role == revoked.role for binding in own.bindings)


def _has_bindings(policies: Fact[AllowPolicies]) -> bool | None:
    known = value_of(policies)
    own = known.chain[0].policy if known and known.chain else None
    match own:
        case Known(value=policy):
            return bool(policy.bindings)
        case Absent():
            return False
        case _:
            return None


@rule(
    "iam/public-not-applied",
    see=MANAGING_ACCESS,
    predicts=REFUSED,
    basis=Basis.INTENT,
    after="iam/org-policy-blocks-public",
)
def public_not_applied(
    service: Fact[Service],
    policies: Fact[AllowPolicies],
    caller: Fact[Caller],
    principal: Fact[Principal],
    public_sign: Fact[str],
    siblings: Fact[Siblings],
    events: Fact[tuple[Event, ...]],
    errors: Fact[tuple[ClientError, ...]],
    check: TokenCheck,
    sight: Fact[Sight],
) -> Judgement:
    """The service was meant to be public, and the binding for everybody was never written.

    What happens: The deploy asked for public access, but the binding of `allUsers` was not written: the flag was
    ignored, the tool's default was private, or the deployer may not set policies. Everybody gets 403.

    Confirm: `gcloud run services get-iam-policy SERVICE` shows no `allUsers`.

    Fix: Turn the invoker check off, or add the binding, deliberately, by somebody who may set policies.

    Danger: The service is then open to the internet; the application must check every request itself.
    """
    why, seen = value_of(public_sign) or _like_its_siblings(siblings), value_of(sight)
    if why is None or not check.asks or not has_no_identity(caller, principal):
        return None
    if seen is not None and seen.author not in {Author.INVOKER_CHECK, Author.TOKEN_CHECK, Author.UNCERTAIN}:
        return None
    because = [why]
    is_private = isinstance(policies, Known) and isinstance(anybody_may(policies.value, _ANY_CALL), No)
    if is_private:
        because.append(_NOT_GRANTED)
    elif _was_let_in(value_of(events) or (), check.id):
        return CannotTell("the binding of allUsers was written, as is shown; whether it is still there was not read")
    elif seen is None and not public_unset(value_of(errors) or ()):
        return None
    elif seen and seen.author is Author.UNCERTAIN and seen.status not in {None, *NO_TOKEN.statuses}:
        return CannotTell("the application may have answered 401: to a request without a token Cloud Run answers 403")
    assuming = () if is_private else (_NOT_GRANTED,)
    title = Say("{name} was meant to be public, but is not", name=named(service))
    fix = _switch_off(service, "make-public", "If it should be public, switch the invoker check off.")
    return check.finding(Finding(title, tuple(because), (fix,), assuming))


_ANY_CALL = RequestAttributes(path=None, host="", time=None)
_NOT_GRANTED = "allUsers has no invoking role on it"


def _was_let_in(events: tuple[Event, ...], name: str) -> bool:
    """Whether what wrote the binding of everybody, on this service, says that it did, and nothing took it away."""
    address = parse_url(f"https://{name}")
    called = name if address is None or isinstance(address, Custom) else address.name
    own = [e for e in events if e.resource is None or "." in called or e.resource.rpartition("/")[2] == called]
    changed = [e.kind for e in own if e.member in EVERYBODY or e.kind in {EventKind.DELETED, EventKind.GRANT_FAILED}]
    return bool(changed) and changed[-1] is EventKind.GRANTED


def _like_its_siblings(siblings: Fact[Siblings]) -> str | None:
    known = value_of(siblings)
    if known is None or not known.public:
        return None
    return Say("anyone may call {hosts}, which was deployed in the same way", hosts=", ".join(known.public))


@rule(
    "iam/propagation",
    see="https://docs.cloud.google.com/iam/docs/access-change-propagation",
    predicts=REFUSED,
    basis=Basis.HISTORY,
)
def propagation(
    events: Fact[tuple[Event, ...]],
    exchanges: Fact[tuple[Exchange, ...]],
    policies: Fact[AllowPolicies],
    now: Fact[int],
    sight: Fact[Sight],
    access: Fact[CallerAccess],
    written: Fact[int],
) -> Judgement:
    """The binding is right, and only just written.

    What happens: A change of a policy takes about two minutes to count everywhere, sometimes seven or more; of a
    group's members, hours. Until then the old answer stays.

    Confirm: The same call works some minutes later, with nothing changed.

    Fix: Wait, and try again.

    Danger: Do not grant more in the meantime; it hides what was missing.
    """
    seen = value_of(sight)
    if seen is None or seen.author not in {Author.INVOKER_CHECK, Author.TOKEN_CHECK, Author.UNCERTAIN}:
        return None
    if seen.status not in {None, 401, 403} or _has_bindings(policies) is False:
        return None
    reached = value_of(access)
    told = value_of(events) or ()
    lets_in = reached is not None and isinstance(reached.answer, Yes)
    if seen.author is Author.TOKEN_CHECK:  # a bad token never gets to a grant of its own: only to one of everybody's
        lets_in = reached is not None and reached.is_open
        told = tuple(e for e in told if e.kind is not EventKind.GRANTED or e.member in EVERYBODY)
    changed, worked = _signs_of_change(told, value_of(exchanges) or (), value_of(now))
    lately = _lately(written, now) if lets_in else None
    because = [text for text in (lately or changed, worked) if text]
    if not because:
        if lets_in and isinstance(written, Unknown) and written.permission is not None:
            return CannotTell("when the policies were last written was not read", (written,))
        return None
    advice = Advise("wait", "Wait a few minutes, then call again.")
    return Finding("the policy change has not taken effect yet", tuple(because), (advice,))


def _lately(written: Fact[int], now: Fact[int]) -> str | None:
    """Return how long ago the policy was written, where that is within the time that a change takes."""
    at, moment = value_of(written), value_of(now)
    if at is None or moment is None or not 0 <= moment - at <= WINDOW:
        return None
    return Say("the policies let the caller in, and were last written {seconds} seconds ago", seconds=moment - at)


def _signs_of_change(
    events: tuple[Event, ...], exchanges: tuple[Exchange, ...], now: int | None
) -> tuple[str | None, ...]:
    changed = max((e.at for e in events if e.at and e.kind in _CHANGES), default=None)
    failed = max((x.at for x in exchanges if x.at and x.failed), default=now)
    age = failed - changed if changed is not None and failed is not None else None
    last = (
        Say("the last change was made {age} seconds before the call", age=age)
        if age is not None and 0 <= age <= WINDOW
        else None
    )
    return last, worked_later(exchanges)


_CHANGES = (EventKind.GRANTED, EventKind.CREATED, EventKind.POLICY_SET)


NEVER_GIVEN = "Cloud Run never passes resource.name, resource.type or resource.service to a condition"


_AGENT_UNNAMED: Final = Unknown(Source("run.services.get", "the project's number"), Obstacle.NOT_TOLD, "")


@rule("iam/denied", see="https://docs.cloud.google.com/iam/docs/deny-access")
def denied(
    principal: Fact[Principal],
    service: Fact[Service],
    policies: Fact[AllowPolicies],
    denials: Fact[Denials],
    call: Fact[Call],
    now: Fact[int],
    troubleshot: Fact[Troubleshot],
    sight: Fact[Sight],
    load_balancer: Fact[LoadBalancer],
) -> Judgement:
    """An IAM deny policy forbids the call.

    What happens: Deny policies are evaluated before allow policies. The front end answers its 403 page, whatever roles
    the caller holds, and granting more roles changes nothing.

    Confirm: `gcloud iam policies list --kind=denypolicies --attachment-point=…`, or ask Policy Troubleshooter for
    `run.routes.invoke`.

    Fix: An exception for this caller in the deny policy, decided by that policy's owner.

    Danger: The policy was written on purpose. Do not work around it by making the service public.
    """
    known = value_of(service)
    if known is not None and not known.checks_iam:
        return None
    told = value_of(troubleshot)
    if known is not None and is_behind_iap(service, load_balancer):  # it calls as its own agent
        agent, told = iap_agent(known), None
        principal = Known(agent, service.source) if agent is not None else _AGENT_UNNAMED
    if told is not None and told.is_denied is not None:
        return _troubleshot_denial(service, policies, call, sight, now) if told.is_denied else None
    for needed in (principal, call, denials):
        if isinstance(needed, Unknown):
            return CannotTell("deny policies could not be read", (needed,))
    if not (isinstance(principal, Known) and isinstance(call, Known) and isinstance(denials, Known)):
        return None
    request = request_of(call.value, now)
    doubts: list[str] = []
    unread: list[Unknown] = []
    for denial in denials.value.rules:
        match forbids(denial, principal.value, value_of(policies)):
            case Yes() if known and _may_be_open(known, policies, request):
                doubts.append(
                    Say(
                        "{policy} denies it, but allUsers may call without a token; which wins is not known",
                        policy=denial.policy,
                    )
                )
            case Yes(because):
                who = short_member(principal.value.member)
                return Finding(
                    Say(
                        'the deny policy "{policy}" forbids {who} to invoke {service}',
                        policy=denial.policy,
                        who=who,
                        service=named(service),
                    ),
                    (
                        Say(
                            "it is attached to {resource} and names {because}",
                            resource=short(denial.attached_to),
                            because=because,
                        ),
                        *_gate(denial, value_of(policies)),
                    ),
                    (_exception(principal.value.member, denial),),
                )
            case CannotTell(because, missing):
                doubts.append(because)
                unread += missing
            case No():
                pass
    if denials.value.unread:
        unread += denials.value.unread
        doubts.append("some deny policies could not be read")
    return CannotTell("; ".join(doubts), tuple(unread)) if doubts else None


def _troubleshot_denial(
    service: Fact[Service], policies: Fact[AllowPolicies], call: Fact[Call], sight: Fact[Sight], now: Fact[int]
) -> Judgement:
    """Judge Google's own word that a deny policy forbids it: whether the service asks at all, it does not say."""
    seen, known, called = value_of(sight), value_of(service), value_of(call)
    if seen is None or not is_refusal(seen):
        for needed in (service, call):
            if isinstance(needed, Unknown):
                return CannotTell("whether the service asks IAM about this call is not shown", (needed,))
        if known is None or called is None:
            return None
        if _may_be_open(known, policies, request_of(called, now)):
            return CannotTell(
                "a deny policy forbids it, but allUsers may call without a token; which wins is not known"
            )
    because = "Policy Troubleshooter says that a deny policy denies it"
    return Finding("a deny policy forbids the call", (because,), (_exception("the caller"),))


def _gate(denial: DenyRule, policies: AllowPolicies | None) -> Iterator[str]:
    """Yield how the condition of a deny rule stands, where it has one."""
    if denial.condition is not None:
        yield f"{condition_holds(denial, policies).because}: {denial.condition.expression}"
        yield from _tags(denial.condition, policies)


def _tags(condition: Condition, policies: AllowPolicies | None) -> Iterator[str]:
    """Yield which tags are in effect, where the condition asks for them."""
    tags = policies.tags if policies else None
    if isinstance(tags, Known) and asks_for_tags(condition.expression):
        shown = ", ".join(sorted(f"{one.key}={one.value}" for one in tags.value))
        yield Say("the tags in effect on the service: {shown}", shown=shown or Say("none"))


def _may_be_open(service: Service, policies: Fact[AllowPolicies], request: RequestAttributes) -> bool:
    """Tell whether the service's own policy lets everybody in, or may under a condition that cannot be evaluated."""
    if is_open(service, policies, request):
        return True
    known = value_of(policies)
    is_read = known is not None and isinstance(known.chain[0].policy, Known)
    return known is not None and is_read and isinstance(openness(service, known, request), CannotTell)


def _exception(member: str, denial: DenyRule | None = None) -> Advise:
    owner = Say('the deny policy "{policy}"', policy=denial.policy) if denial else "that deny policy"
    return Advise(
        "deny-exception",
        Say("Ask the owner of {owner} for an exception for {member}.", owner=owner, member=short_member(member)),
        (ListDenyPolicies(denial.attached_to),) if denial else (),
        widens=True,
    )


@rule("iam/federated-principal", see="https://docs.cloud.google.com/iam/docs/federated-identity-supported-services")
def federated_principal(
    principal: Principal, service: Fact[Service], access: CallerAccess, federation: Fact[Federation]
) -> Judgement:
    """Workforce and workload identities cannot invoke Cloud Run themselves.

    What happens: A policy may name members of workforce and workload identity pools, but the front end still
    refuses the call: it accepts Google-signed ID tokens, which they do not have. An agent's own identity
    (`principal://agents.…`) is not meant here: Google's pages say that it can be granted the invoker role.

    Confirm: The caller's member begins with `principal://iam.googleapis.com/` or `principalSet://iam.googleapis.com/`,
    and names a pool.

    Fix: Let the identity impersonate a service account, grant that account the invoker role, and mint its ID token with
    `generateIdToken`.

    Danger: Everyone who matches the principal set can then act as that service account; keep the set narrow.
    """
    if not principal.is_federated or access.is_open:
        return None
    if isinstance(federation, Known) and federation.value.misfit:
        return None  # it is set to call as an account, and what keeps it from that is the cause
    because: list[str] = [Say("the caller is {member}", member=principal.member)]
    if access.grants:
        because.append("the policy names it, but Cloud Run does not honour that")
    advice = Advise(
        "impersonate-account",
        "Give the identity roles/iam.serviceAccountOpenIdTokenCreator on a service account, grant that account the "
        "invoker role, and call with an ID token made by generateIdToken.",
    )
    return Finding(
        Say("{service} cannot be invoked by a federated identity", service=named(service)), tuple(because), (advice,)
    )


@rule("iam/principal-recreated", see="https://docs.cloud.google.com/iam/docs/service-accounts-delete-undelete")
def principal_recreated(
    principal: Principal, service: Fact[Service], policies: AllowPolicies, access: CallerAccess
) -> Judgement:
    """The role is bound to an account of this name that was deleted.

    What happens: A service account that is created again under the same e-mail address is another identity. The old
    binding stays behind as `deleted:serviceAccount:…?uid=…` and gives the new account nothing.

    Confirm: `gcloud run services get-iam-policy SERVICE` shows a member that begins with `deleted:`.

    Fix: Grant the role again; the new binding names the new account.

    Danger: None beyond the grant itself. The old member may be removed.
    """
    for resource, binding, member in _deleted(policies, principal):
        role = policies.roles.get(binding.role)
        if not isinstance(role, Known) or INVOKE not in role.value.permissions:
            continue
        finding = Finding(
            Say(
                "{role} on {resource} is bound to a deleted account named {email}",
                role=binding.role,
                resource=short(resource),
                email=principal.email,
            ),
            (
                Say("the policy names {member}", member=member),
                "the account that has this name now was created later",
            ),
            (grant_invoker(service, principal.member), RevokeRole(resource, binding.role, member, binding.condition)),
        )
        return access.unless_let_in(finding)
    return None


def _deleted(policies: AllowPolicies, principal: Principal) -> Iterator[tuple[str, Binding, str]]:
    prefix = f"deleted:{principal.member}?uid=".lower()
    for at in policies.chain:
        if isinstance(at.policy, Known):
            for binding in at.policy.value.bindings:
                for member in sorted(binding.members):
                    if member.lower().startswith(prefix):
                        yield at.resource, binding, member


@rule("iam/condition-unsupported", see="https://docs.cloud.google.com/iam/docs/conditions-resource-attributes")
def condition_unsupported(principal: Principal, service: Fact[Service], access: CallerAccess) -> Judgement:
    """The role is bound under a condition that Cloud Run never evaluates.

    What happens: Cloud Run passes `request.path`, `request.host` and `request.time` to conditions. A condition on
    `resource.name`, `resource.type` or `resource.service` is never true, so the binding never grants anything.
    Conditions on tags (`resource.matchTag`, `resource.hasTagKey`) are evaluated, and are not meant here.

    Confirm: `gcloud run services get-iam-policy SERVICE` or the project's policy shows one of these three in the
    condition.

    Fix: Bind the role on the one service instead, without that condition.

    Danger: Without the condition, a binding on the project would open every service in it; bind on the service.
    """
    for grant, condition in _conditional(access, Standing.CONDITION_UNSUPPORTED, asks_for_more=True):
        finding = Finding(
            Say(
                "{role} for {member} on {resource} has a condition that is never true",
                role=grant.binding.role,
                member=short_member(grant.member),
                resource=short(grant.resource),
            ),
            (
                Say("the condition is: {condition}", condition=condition.expression),
                NEVER_GIVEN,
            ),
            (grant_invoker(service, principal.member),),
            (_DECISIVE,) if grant.standing is Standing.CONDITION_UNCLEAR else (),
        )
        return access.unless_let_in(finding)
    return _not_readable(access)


@rule("iam/condition-unmet", see="https://docs.cloud.google.com/iam/docs/conditions-attribute-reference")
def condition_unmet(
    principal: Principal, access: CallerAccess, call: Call, policies: Fact[AllowPolicies], service: Fact[Service]
) -> Judgement:
    """The role is bound under a condition that this call does not meet.

    What happens: The binding holds for some hosts, paths, times or tags only. For this request the condition is false,
    and the front end answers its 403 page.

    Confirm: `gcloud run services get-iam-policy SERVICE`; compare the condition with the host, path and time called,
    and with the tags that `gcloud resource-manager tags bindings list --effective --location=REGION
    --parent=//run.googleapis.com/projects/NUMBER/locations/REGION/services/SERVICE` shows.

    Fix: Call what the condition allows, or have its owner widen it.

    Danger: A binding without a condition beside it makes the condition pointless.
    """
    for grant, condition in _conditional(access, Standing.CONDITION_UNMET, asks_for_more=False):
        advice = Advise(
            "edit-condition",
            Say(
                "Call what the condition allows, or change it on {resource}: remove the binding and add it "
                "again with the condition that you want.",
                resource=short(grant.resource),
            ),
        )
        finding = Finding(
            Say(
                "{role} for {member} has a condition that this call does not meet",
                role=grant.binding.role,
                member=short_member(grant.member),
            ),
            (
                Say("the condition is: {condition}", condition=condition.expression),
                *_asked_of(condition, call),
                *_tags(condition, value_of(policies)),
                *_inferred(grant, access),
            ),
            (advice, *_around_the_condition(grant_invoker(service, principal.member))),
        )
        return access.unless_let_in(finding)
    return _not_readable(access)


def _asked_of(condition: Condition, call: Call) -> Iterator[str]:
    """Yield what the call is, where the condition asks for it."""
    if any(name in condition.expression for name in ("request.path", "request.host")):
        yield Say("the call is {method} {path} on {host}", method=call.method, path=call.path, host=call.host)


_DECISIVE: Final = "what the condition asks for beside that does not let the call in"


def _conditional(access: CallerAccess, standing: Standing, *, asks_for_more: bool) -> Iterator[tuple[Grant, Condition]]:
    """Yield the caller's bindings whose condition stands so, and behind them those whose condition cannot be evaluated.

    That the caller is not let in tells of the latter that they do not hold; why, what they ask for tells.
    """
    for grant in (*access.having(standing), *access.having(Standing.CONDITION_UNCLEAR)):
        condition = grant.binding.condition
        if condition and (grant.standing is standing or needs_more(condition.expression) is asks_for_more):
            yield grant, condition


def _not_readable(access: CallerAccess) -> Judgement:
    """A condition that cannot be read here may be of either kind."""
    for grant in access.having(Standing.CONDITION_UNCLEAR):
        condition = grant.binding.condition
        if condition and needs_more(condition.expression) is None and not isinstance(access.answer, Yes):
            return CannotTell(Say("the condition of {grant} cannot be read here", grant=grant))
    return None


def _around_the_condition(change: Change) -> Iterator[Change]:
    """Yield the grant that leaves the condition aside: on the one service, wherever the condition stands."""
    if isinstance(change, GrantRole):
        yield replace(change, widens=True)


def _inferred(grant: Grant, access: CallerAccess) -> Iterator[str]:
    """Yield what shows that a condition is not met which cannot be evaluated here."""
    if grant.standing is Standing.CONDITION_UNCLEAR and isinstance(access.answer, No):
        yield access.answer.because


@rule("iam/wrong-resource", see=MANAGING_ACCESS)
def wrong_resource(
    principal: Fact[Principal],
    service: Fact[Service],
    access: Fact[CallerAccess],
    elsewhere: Fact[tuple[ElsewherePolicy, ...]],
    errors: Fact[tuple[ClientError, ...]],
    caller_service: Fact[Service],
) -> Judgement:
    """The role was granted on another resource.

    What happens: The caller holds a role that looks right on a resource that this call does not check: a service of the
    same name in another region, the caller's own service, the function instead of the Cloud Run service behind it, or
    a service account.

    Confirm: `gcloud run services get-iam-policy SERVICE --region=REGION` does not name the caller.

    Fix: Grant the role on the service that is called.

    Danger: None beyond the grant. The stray binding can go if nothing else needs it.
    """
    known = value_of(access)
    if known is not None and (known.is_open or isinstance(known.answer, Yes)):
        return None
    refused = error_of(value_of(errors) or (), ErrorFamily.ROLE_NOT_SUPPORTED)
    caller = value_of(principal)
    calling = value_of(caller_service)
    held = _held_elsewhere(caller, service, known, elsewhere, calling) if caller and known else None
    if refused is not None and not isinstance(held, Finding):
        return _not_taken_there(refused, service, caller)
    unread = next((one for one in (principal, access) if isinstance(one, Unknown)), None)
    return CannotTell("the policies were not read", (unread,)) if unread is not None else held


def _not_taken_there(refused: ClientError, service: Fact[Service], principal: Principal | None) -> Finding:
    """A 2nd gen function takes no role of Cloud Run's: the service behind it does."""
    advice = "Grant roles/run.invoker on the Cloud Run service of the function's name, in Terraform with {}."
    resource = "`google_cloud_run_v2_service_iam_member`"
    return Finding(
        "a Cloud Run role was requested on the function, not on the Cloud Run service behind it",
        (said(refused),),
        (grant_invoker(service, principal.member),)
        if principal is not None and isinstance(service, Known)
        else (Advise("grant-on-service", advice.format(resource)),),
        ("the role that was refused is the one that the call lacks",),
    )


def _held_elsewhere(
    principal: Principal,
    service: Fact[Service],
    access: CallerAccess,
    elsewhere: Fact[tuple[ElsewherePolicy, ...]],
    calling: Service | None,
) -> Judgement:
    if isinstance(elsewhere, Unknown):
        hidden = access.answer.missing if isinstance(access.answer, CannotTell) else ()
        return CannotTell("the policies of similar resources were not read", (*hidden, elsewhere))
    for other in elsewhere.value if isinstance(elsewhere, Known) else ():
        if not _is_taken_for(other.resource, service, calling):
            continue
        for binding in other.policy.bindings:
            if binding.role in _INVOKERS and any(same_member(m, principal.member) for m in binding.members):
                finding = Finding(
                    Say(
                        "{member} holds {role} on {what}, not on {service}",
                        member=short_member(principal.member),
                        role=binding.role,
                        what=other.what,
                        service=named(service),
                    ),
                    (Say("the policy of {other} names it", other=other.what), *_other_regions(service)),
                    (grant_invoker(service, principal.member),),
                )
                return access.unless_let_in(finding)
    return None


_INVOKERS = {"roles/run.invoker", "roles/run.servicesInvoker", "roles/cloudfunctions.invoker", "roles/run.admin"}


def _is_taken_for(resource: str, service: Fact[Service], calling: Service | None) -> bool:
    """Tell whether somebody may have meant the service and bound the role there.

    A caller may well call other services too, so one of quite another name says nothing. Its own it seldom calls.
    """
    if calling is not None and resource == calling.full_name:
        return True
    name = resource.rsplit("/", 1)[-1].lower()
    if "/services/" not in resource or not isinstance(service, Known):
        return "/services/" not in resource
    own = service.value.id.lower()
    return own in name or name in own


@rule("iam/role-lacks-permission", see="https://docs.cloud.google.com/run/docs/reference/iam/roles")
def role_lacks_permission(
    principal: Fact[Principal],
    service: Fact[Service],
    policies: Fact[AllowPolicies],
    access: Fact[CallerAccess],
    exports: Fact[tuple[Export, ...]],
    logs: Fact[tuple[LogEntry, ...]],
    errors: Fact[tuple[ClientError, ...]],
) -> Judgement:
    """A role is bound, but it does not contain the permission to invoke.

    What happens: The call needs `run.routes.invoke`. `roles/viewer`, `roles/run.viewer`, `roles/cloudfunctions.invoker`
    on a 2nd gen function, or a custom role without it give other rights, and the front end answers its 403 page. A job
    that is started with overrides needs `run.jobs.runWithOverrides`, which `roles/run.invoker` does not hold.

    Confirm: `gcloud iam roles describe ROLE` does not list `run.routes.invoke`.

    Fix: Grant `roles/run.invoker` on the service, or add the permission to the custom role.

    Danger: Adding the permission to a custom role gives it to everybody who holds that role.
    """
    start = refused_start(value_of(exports) or (), value_of(logs) or ())
    if start is not None and start.with_body and start.lacks_overrides():
        return _overrides_refused(start)
    if start is not None and start.policy is None:
        return CannotTell("the job's own policy was not read")
    failed = error_of(value_of(errors) or (), ErrorFamily.JOB_START_DENIED)
    if failed is not None and failed.permission == RUN_WITH_OVERRIDES:
        taken = "the account has a role that starts the job without overrides"
        return replace(_start_denied(failed, "roles/run.jobsExecutorWithOverrides"), assuming=(taken,))
    for needed in (principal, policies, access):
        if isinstance(needed, Unknown):
            return CannotTell("the policies were not read", (needed,))
    if not (isinstance(principal, Known) and isinstance(policies, Known) and isinstance(access, Known)):
        return None
    return _lacking(principal.value, service, policies.value, access.value)


def _lacking(principal: Principal, service: Fact[Service], policies: AllowPolicies, access: CallerAccess) -> Judgement:
    for grant in access.having(Standing.LACKS_PERMISSION):
        role, on_service = grant.binding.role, grant.resource == policies.chain[0].resource
        if not same_member(grant.member, principal.member) or not (on_service or _is_mistaken(role, policies)):
            continue
        finding = Finding(
            Say("{role} does not contain {permission}", role=role, permission=INVOKE),
            (
                Say(
                    "{role} is bound to {member} on {resource}",
                    role=role,
                    member=short_member(grant.member),
                    resource=short(grant.resource),
                ),
                "nothing else lets it in",
            ),
            (grant_invoker(service, principal.member),),
        )
        return access.unless_let_in(finding)
    return None


def _overrides_refused(start: JobStart) -> Finding:
    account = start.account or "the account"
    advice = Advise(
        "grant-overrides",
        Say(
            "Send no overrides, or grant {account} roles/run.jobsExecutorWithOverrides on the job {job}.",
            account=account,
            job=start.job,
        ),
    )
    return Finding(
        Say(
            "{roles} does not contain {permission}",
            roles=", ".join(sorted(start.roles())),
            permission=RUN_WITH_OVERRIDES,
        ),
        (
            Say("{account} holds it on the job {job}, and starts it with a body", account=account, job=start.job),
            "the start was refused with 403",
        ),
        (advice,),
        ("the body holds overrides",),
    )


def _is_mistaken(role: str, policies: AllowPolicies) -> bool:
    if role.startswith(("roles/run.", "roles/cloudfunctions.")):
        return not role.lower().endswith("serviceagent")
    known = policies.roles.get(role)
    if "/roles/" in role and isinstance(known, Known):
        return known.value.disabled or any(p.startswith(("run.", "cloudfunctions.")) for p in known.value.permissions)
    return role == "roles/viewer"


@rule("iam/wrong-principal", see=SERVICE_TO_SERVICE)
def wrong_principal(
    principal: Principal,
    service: Fact[Service],
    policies: AllowPolicies,
    access: CallerAccess,
    caller: Fact[Caller],
) -> Judgement:
    """The role was given to an account other than the one that the caller runs as.

    What happens: An account was made for this caller and granted, but the caller runs as another one, often the default
    service account, because it was deployed without naming its own.

    Confirm: `gcloud run services describe CALLER --format='value(spec.template.spec.serviceAccountName)'` differs from
    the member in the service's policy.

    Fix: Run the caller as the account that was granted, or grant the one that it runs as.

    Danger: A default service account is shared; granting it lets in everything that runs as it.
    """
    known = value_of(caller)
    name = name_of_caller(known) if known else None
    for at, binding, member in _bound_members(policies):
        email = Principal(member).email
        if email is None or same_member(member, principal.member):
            continue
        link = (
            Say("{email} is named after {name}", email=email, name=name)
            if name is not None and is_named_after(email, name)
            else None
        )
        role = policies.roles.get(binding.role) or documented(binding.role)
        if link and isinstance(role, Known) and INVOKE in role.value.permissions:
            who = name_of(known) if known else "the caller"
            finding = Finding(
                Say(
                    "{who} calls as {member}, and {role} was given to {email}",
                    who=who,
                    member=short_member(principal.member),
                    role=binding.role,
                    email=email,
                ),
                (
                    Say(
                        "{resource} grants {role} to {member}",
                        resource=short(at),
                        role=binding.role,
                        member=short_member(member),
                    ),
                    link,
                ),
                _run_as_or_grant(known, email, service, principal),
            )
            return access.unless_let_in(finding)
    return None


def _bound_members(policies: AllowPolicies) -> Iterator[tuple[str, Binding, str]]:
    for at in policies.chain:
        if isinstance(at.policy, Known):
            for binding in at.policy.value.bindings:
                for member in sorted(binding.members):
                    if member.startswith("serviceAccount:"):
                        yield at.resource, binding, member


def _run_as_or_grant(
    caller: Caller | None, email: str, service: Fact[Service], principal: Principal
) -> tuple[Change, ...]:
    """Offer to grant the account that the caller runs as; to run it as the one that was granted is advice only.

    Whoever may write the callee's policy chooses what stands in it: a name that looks like the caller's is no reason to
    run anything as that account, the less where it is of another project.
    """
    who = name_of(caller) if caller else "the caller"
    owner = email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    advice = Say(
        "Deploy {who} as {email} (in {owner}), if that account was made for it. The name alone does not prove it: ask "
        "the person who granted it the role.",
        email=email,
        owner=owner,
        who=who,
    )
    return (grant_invoker(service, principal.member), Advise("run-as-account", advice))


def _other_regions(service: Fact[Service]) -> tuple[str, ...]:
    """Tell that a service of several regions has several policies, of which one was judged."""
    known = value_of(service)
    if known is None or not known.elsewhere:
        return ()
    others = ", ".join(known.elsewhere)
    return (
        Say(
            "{service} is also deployed to {others}, with other policies: a grant counts in one region only",
            service=known.id,
            others=others,
        ),
    )


def _start_denied(failed: ClientError, role: str) -> Finding:
    who = (operator_in(failed) or "").partition(":")[2] or "the caller"
    job = (failed.resource or "").rpartition("/jobs/")[2] or "the job"
    advice = Advise("grant-start", Say("Grant {account} {role} on the job {job}.", account=who, role=role, job=job))
    title = Say("{account} may not start the job {job}", account=who, job=job)
    return Finding(title, (said(failed),), (advice,))


def _start_refused(start: JobStart) -> Finding:
    account = start.account or "the account"
    advice = Advise(
        "grant-start", Say("Grant {account} roles/run.invoker on the job {job}.", account=account, job=start.job)
    )
    return Finding(
        Say("{account} may not start the job {job}", account=account, job=start.job),
        ("the job's own policy does not give it any role", "the start was refused with 403"),
        (advice,),
        ("no policy above the job lets it start the job",),
    )


@rule("iam/missing-invoker", see=TROUBLESHOOTING)
def missing_invoker(
    principal: Fact[Principal],
    service: Fact[Service],
    access: Fact[CallerAccess],
    who_decides: Fact[str],
    sight: Fact[Sight],
    exports: Fact[tuple[Export, ...]],
    logs: Fact[tuple[LogEntry, ...]],
    errors: Fact[tuple[ClientError, ...]],
    exchanges: Fact[tuple[Exchange, ...]],
) -> Judgement:
    """Nothing lets the caller invoke the service.

    What happens: No binding on the service, its project, folders or organization gives the caller `run.routes.invoke`.
    The front end answers 403, "Your client does not have permission to get URL", and the container never sees the call.
    A job is started with `run.jobs.run`, on the job.

    Confirm: `gcloud run services get-iam-policy SERVICE --region=REGION`; the request log says "The IAM principal lacks
    {run.routes.invoke} permission" or similar.

    Fix: `gcloud run services add-iam-policy-binding SERVICE --member=MEMBER --role=roles/run.invoker`. It takes
    effect in about two minutes, sometimes seven or more.

    Danger: Grant on the one service, not on the project, and never to `allUsers` to make an error go away.
    """
    who = value_of(principal)
    if isinstance(principal, Absent) or (who is not None and who.is_federated) or isinstance(access, Absent):
        return None
    start = refused_start(value_of(exports) or (), value_of(logs) or ())
    if start is not None and start.holds_nothing():
        return _start_refused(start)
    failed = error_of(value_of(errors) or (), ErrorFamily.JOB_START_DENIED)
    if failed is not None and failed.permission != RUN_WITH_OVERRIDES:
        return _start_denied(failed, "roles/run.invoker")
    name, member = (short_member(who.member), who.member) if who else ("the caller", MEMBER)
    title, fix = (
        Say("{name} may not invoke {service}", name=name, service=named(service)),
        grant_invoker(service, member),
    )
    if isinstance(access, Known):
        answer = access.value.answer
        if who is not None and is_agent_identity(who.member) and access.value.having(Standing.GIVES):
            return None if access.value.refused else CannotTell(AGENTS_DOUBTED)
        because = answer.because if isinstance(answer, No) else "no policy that could be read grants the role"
        if access.value.having(Standing.CONDITION_UNMET) or access.value.having(Standing.CONDITION_UNCLEAR):
            return None  # to grant beside a condition makes it pointless
        return access.value.unless_let_in(Finding(title, (because, *_other_regions(service)), (fix,)))
    seen = value_of(sight)
    if seen is not None and is_refusal(seen):
        if works_directly(value_of(exchanges) or ()):
            return None
        if isinstance(who_decides, Known) and isinstance(principal, Unknown):
            return CannotTell(who_decides.value, (principal,))
        taken = (NOT_DENIED, "the role was not granted in the last few minutes")
        return Finding(title, (Say("the invoker check refused it: {because}", because=seen.because),), (fix,), taken)
    for needed in (principal, access):
        if isinstance(needed, Unknown):
            return CannotTell("who calls, or the policies, could not be read", (needed,))
    return None
