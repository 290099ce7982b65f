"""Was the service meant to be public, and why is it not?

Source: https://docs.cloud.google.com/run/docs/securing/managing-access
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.caller import Caller
from ..model.change import Advise, Change, SetInvokerCheck
from ..model.clienterror import ErrorFamily
from ..model.evidence import Event, EventKind, Evidence
from ..model.fact import Absent, Fact, Known, Unknown, value_of
from ..model.finding import Finding
from ..model.iam import EVERYBODY, AllowPolicies, Constraints, Principal
from ..model.run import Service
from ..model.told import Told
from .common import MANAGING_ACCESS, TOKENLESS
from .derived import TokenCheck
from .header import says
from .mint_errors import error_of, said
from .rule import Judgement, rule
from .sight import Sight
from .signatures import Author

_ASKED = (EventKind.PUBLIC_ASKED, EventKind.CHECK_OFF_ASKED)
_GONE = (EventKind.DELETED, EventKind.CREATED)


def meant_public(service: Fact[Service], evidence: Fact[Evidence]) -> str | None:
    """Return what shows that the service was meant to be open to everybody; None when nothing does."""
    return next(_signs(value_of(service), value_of(evidence)), None)


def _signs(service: Service | None, pasted: Evidence | None) -> Iterator[str]:
    labels = dict(service.labels) if service else {}
    for export in pasted.exports if pasted else ():
        labels |= {k.removeprefix("label."): v for k, v in export.fields.items() if k.startswith("label.")}
    if labels.get("deployment-callable") == "true":
        yield "it is a callable function, which Firebase makes public"
    if pasted is None:
        return
    for event in pasted.events:
        if event.kind in _ASKED:
            yield f"{event.by or 'a deploy'} asked for public access"
        if event.kind in {EventKind.GRANTED, EventKind.GRANT_FAILED} and event.member in EVERYBODY:
            yield f"{event.by or 'somebody'} granted it to {event.member}"
    told = says(pasted, Told.MEANT_PUBLIC, Told.CALLABLE, Told.CHECK_WAS_OFF)
    if told:
        yield told
    if error_of(pasted, ErrorFamily.MEMBER_NOT_PERMITTED, ErrorFamily.INVOKER_CHECK_REQUIRED):
        yield "somebody tried to let everybody in"


def has_no_identity(caller: Fact[Caller], principal: Fact[Principal]) -> bool:
    """Tell whether the caller is one that no role can be granted to, or none that is known."""
    known = value_of(caller)
    if known is not None:
        return known.kind in TOKENLESS
    return not isinstance(principal, Known)


@rule("iam/invoker-check-reenabled", see=MANAGING_ACCESS)
def invoker_check_reenabled(evidence: Evidence, service: Fact[Service], check: TokenCheck) -> Judgement:
    """The invoker check had been switched off on purpose, and a deploy switched it on again.

    What happens: `--no-invoker-iam-check` is a setting of the service. A deploy that does not repeat it, by a tool that
    writes the whole service, switches the check on, and callers without a token get 403.

    Confirm: `gcloud run services describe SERVICE` no longer shows `run.googleapis.com/invoker-iam-disabled: 'true'`.

    Fix: Pass `--no-invoker-iam-check` in every deploy, or set it in Terraform (`invoker_iam_disabled = true`).

    Danger: With the check off, everybody who passes ingress reaches the application.
    """
    off = says(evidence, Told.CHECK_WAS_OFF)
    on = _event(evidence, EventKind.CHECK_ON)
    known = value_of(service)
    if not check.on or (known is not None and not known.checks_iam) or not (off or on):
        return None
    if off is None and _event(evidence, EventKind.CHECK_OFF_ASKED) is None:
        return None
    because = [text for text in (off, "a deploy switched the check on" if on else None) if text]
    because.append("the invoker check is on now")
    fixes: list[Change] = [
        Advise("repeat-setting", "Pass --no-invoker-iam-check in every deploy, or set it in Terraform.", widens=True)
    ]
    if known is not None:
        fixes.append(SetInvokerCheck(known.full_name, on=False))
    return check.finding(Finding("the invoker check was switched on again", tuple(because), tuple(fixes)))


@rule(
    "iam/org-policy-blocks-public",
    see="https://docs.cloud.google.com/run/docs/authenticating/public#domain-restricted-sharing",
)
def org_policy_blocks_public(
    evidence: Fact[Evidence], constraints: Fact[Constraints], service: Fact[Service], check: TokenCheck
) -> Judgement:
    """An organization policy refuses to let everybody in.

    What happens: With domain restricted sharing, `allUsers` cannot be granted: "One or more users named in the policy
    do not belong to a permitted customer". The deploy may pass and the binding be missing.

    Confirm: `gcloud org-policies describe iam.allowedPolicyMemberDomains --effective --project=PROJECT`.

    Fix: Switch the invoker check off instead (`--no-invoker-iam-check`), where the organization allows that, or ask for
    an exception.

    Danger: The policy was set on purpose; a public service inside such an organization deserves a second look.
    """
    pasted, known = value_of(evidence), value_of(constraints)
    if not check.on:
        return None
    families = (ErrorFamily.MEMBER_NOT_PERMITTED, ErrorFamily.INVOKER_CHECK_REQUIRED, ErrorFamily.ORG_POLICY)
    failed = error_of(pasted, *families) if pasted else None
    restricted = known is not None and known.restricts_members and meant_public(service, evidence) is not None
    told = says(pasted, Told.SHARING_RESTRICTED) if pasted else None
    if failed is None and not restricted and not (told and meant_public(service, evidence)):
        return None
    because = [said(failed)] if failed else []
    if known is not None and known.restricts_members:
        because.append("domain restricted sharing holds for the project")
    elif told:
        because.append(told)
    return check.finding(
        Finding("an organization policy refuses to let everybody in", tuple(because), _ways_around(service, known))
    )


def _ways_around(service: Fact[Service], constraints: Constraints | None) -> tuple[Change, ...]:
    exception = Advise("policy-exception", "Ask whoever owns the organization policy for an exception.", widens=True)
    if constraints is not None and constraints.requires_invoker_check:
        return (exception,)
    off = "Switch the invoker check off instead, and let the application check every request."
    known = value_of(service)
    switch: Change = (
        SetInvokerCheck(known.full_name, on=False) if known else Advise("invoker-check-off", off, widens=True)
    )
    return (switch, exception)


@rule("iam/binding-lost", see="https://docs.cloud.google.com/iam/docs/allow-policies")
def binding_lost(
    evidence: Evidence, policies: Fact[AllowPolicies], service: Fact[Service], check: TokenCheck, sight: Fact[Sight]
) -> Judgement:
    """The binding was there, and went.

    What happens: A service that is deleted and created anew starts with an empty policy, and an authoritative Terraform
    resource (`_iam_policy`, `_iam_binding`) removes what it does not list. What worked before gets 403.

    Confirm: The audit log shows a delete and a create, or a SetIamPolicy, before the first failure.

    Fix: Grant again, and keep the grant where it survives: `google_cloud_run_v2_service_iam_member` beside the service.

    Danger: Grant only what was there before.
    """
    seen = value_of(sight)
    if not check.on or (seen is not None and seen.author not in {Author.INVOKER_CHECK, Author.TOKEN_CHECK}):
        return None
    how = _how_it_went(evidence)
    if how is None or _has_bindings(policies) is True:
        return None
    because = [how]
    if _has_bindings(policies) is False:
        because.append("the service's policy is empty now")
    elif not seen:
        return None
    known = value_of(service)
    advice = Advise(
        "grant-again",
        f"Grant the role on {known.id if known else 'the service'} again, and keep it in "
        "google_cloud_run_v2_service_iam_member.",
    )
    return check.finding(Finding("the binding was there, and was lost", tuple(because), (advice,)))


def _how_it_went(evidence: Evidence) -> str | None:
    revoked = _event(evidence, EventKind.REVOKED)
    if revoked is not None:
        return f"{revoked.by or 'somebody'} took {revoked.role or 'the role'} from {revoked.member or 'the caller'}"
    deleted, created = (_event(evidence, kind) for kind in _GONE)
    if deleted is not None and created is not None:
        return f"{deleted.by or 'somebody'} deleted {deleted.resource or 'the service'} and created it anew"
    recreated, before = says(evidence, Told.RECREATED), says(evidence, Told.WORKED_BEFORE)
    if recreated:
        return recreated
    after = says(evidence, Told.AFTER_DEPLOY)
    return f"{before}; {after}" if before and after else None


def _event(evidence: Evidence, kind: EventKind) -> Event | None:
    return next((e for e in reversed(evidence.events) if e.kind is kind), None)


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


@rule("iam/public-not-applied", see=MANAGING_ACCESS)
def public_not_applied(
    service: Fact[Service],
    policies: Fact[AllowPolicies],
    caller: Fact[Caller],
    principal: Fact[Principal],
    evidence: Fact[Evidence],
    check: TokenCheck,
    sight: Fact[Sight],
) -> Judgement:
    """The service was meant to be public, and the binding for everybody was never written.

    What happens: The deploy asked for public access, and the binding of `allUsers` did not come: the flag was passed
    over, the tool's default was private, or the deployer may not set policies. Everybody gets 403.

    Confirm: `gcloud run services get-iam-policy SERVICE` shows no `allUsers`.

    Fix: Turn the invoker check off, or add the binding, deliberately, by somebody who may set policies.

    Danger: The service is then open to the internet; the application must check every request itself.
    """
    why, seen = meant_public(service, evidence), value_of(sight)
    if why is None or not check.on or not has_no_identity(caller, principal):
        return None
    if seen is not None and seen.author not in {Author.INVOKER_CHECK, Author.TOKEN_CHECK, Author.UNCERTAIN}:
        return None
    because = [why]
    if isinstance(policies, Known):
        because.append("allUsers has no invoking role on it")
    elif seen is None:
        return None
    assuming = () if not isinstance(policies, Unknown) else ("allUsers has no invoking role on it",)
    known = value_of(service)
    name = known.id if known else "the service"
    fixes: tuple[Change, ...] = (
        (SetInvokerCheck(known.full_name, on=False),)
        if known
        else (
            Advise(
                "make-public",
                "If it is to be public, switch the invoker check off: gcloud run services update SERVICE "
                "--no-invoker-iam-check.",
                widens=True,
            ),
        )
    )
    return check.finding(Finding(f"{name} was meant to be public, and is not", tuple(because), fixes, assuming))


_WINDOW = 10 * 60
"""Seconds for which a policy change may still be on its way.

Source: https://docs.cloud.google.com/iam/docs/access-change-propagation
"""


@rule("iam/propagation", see="https://docs.cloud.google.com/iam/docs/access-change-propagation")
def propagation(evidence: Evidence, policies: Fact[AllowPolicies], now: Fact[int], sight: Fact[Sight]) -> Judgement:
    """The binding is right, and only just written.

    What happens: A change of a policy takes about two minutes to count everywhere, sometimes seven or more; of a
    group's members, hours. Until then the old answer stays.

    Confirm: The same call works some minutes later, with nothing changed.

    Fix: Wait, and try again.

    Danger: Do not grant more in the meantime; it hides what was missing.
    """
    seen = value_of(sight)
    if seen is None or seen.author not in {Author.INVOKER_CHECK, Author.TOKEN_CHECK}:
        return None
    if _has_bindings(policies) is False:
        return None
    because = []
    changed = max((e.at for e in evidence.events if e.at and e.kind in _CHANGES), default=None)
    failed = max((x.at for x in evidence.exchanges if x.at and x.failed), default=value_of(now))
    if changed is not None and failed is not None and 0 <= failed - changed <= _WINDOW:
        because.append(f"the last change was made {failed - changed} seconds before the call")
    later = says(evidence, Told.WORKS_LATER)
    just = says(evidence, Told.JUST_GRANTED, Told.JUST_DEPLOYED)
    works = _worked_later(evidence)
    because += [text for text in (later, just, works) if text]
    if not because or not (later or works or (changed is not None and because[0].startswith("the last change"))):
        return None
    advice = Advise("wait", "Wait some minutes and call again; nothing else needs to change.")
    return Finding("the change is not in force everywhere yet", tuple(because), (advice,))


_CHANGES = (EventKind.GRANTED, EventKind.CREATED, EventKind.POLICY_SET)


def _worked_later(evidence: Evidence) -> str | None:
    failed = [x for x in evidence.exchanges if x.failed and x.at and x.call]
    for exchange in evidence.exchanges:
        answer = exchange.response
        if answer is None or exchange.at is None or exchange.call is None:
            continue
        by_app = "x-cloud-trace-context" in answer.headers or answer.status < 400
        if by_app and any(
            x.call and x.call.host == exchange.call.host and x.at and 0 < exchange.at - x.at <= _WINDOW for x in failed
        ):
            return "the same host let a call in some minutes later"
    return None


RULES = (invoker_check_reenabled, binding_lost, propagation, org_policy_blocks_public, public_not_applied)
