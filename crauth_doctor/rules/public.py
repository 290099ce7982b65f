"""Was the service meant to be public, and why is it not?

Source: https://docs.cloud.google.com/run/docs/securing/managing-access
"""

from __future__ import annotations

from ..model.answer import CannotTell, Yes
from ..model.caller import Caller
from ..model.change import Advise, Change, SetInvokerCheck
from ..model.evidence import EventKind, Evidence
from ..model.fact import Absent, Fact, Known, Unknown, value_of
from ..model.finding import Basis, Finding
from ..model.iam import AllowPolicies, Constraints, Principal
from ..model.run import Service, Siblings
from .common import MANAGING_ACCESS, REFUSED
from .derived import Access, TokenCheck
from .intent import (
    PUBLIC_REFUSED,
    WINDOW,
    error_of,
    event_of,
    has_no_identity,
    how_it_went,
    meant_public,
    said,
    worked_later,
)
from .rule import Judgement, rule
from .sight import Sight
from .signatures import Author


@rule("iam/invoker-check-reenabled", see=MANAGING_ACCESS, predicts=REFUSED, basis=Basis.HISTORY)
def invoker_check_reenabled(evidence: Evidence, service: Fact[Service], check: TokenCheck) -> Judgement:
    """The invoker check had been switched off on purpose, and a deploy switched it on again.

    What happens: `--no-invoker-iam-check` is a setting of the service. A deploy that does not repeat it, by a tool that
    writes the whole service, switches the check on, and callers without a token get 403.

    Confirm: `gcloud run services describe SERVICE` no longer shows `run.googleapis.com/invoker-iam-disabled: 'true'`.

    Fix: Pass `--no-invoker-iam-check` in every deploy, or set it in Terraform (`invoker_iam_disabled = true`).

    Danger: With the check off, everybody who passes ingress reaches the application.
    """
    known = value_of(service)
    if not check.asks or (known is not None and not known.checks_iam):
        return None
    if event_of(evidence, EventKind.CHECK_ON) is None or event_of(evidence, EventKind.CHECK_OFF_ASKED) is None:
        return None
    because = ("a deploy switched the check on", "the invoker check is on now")
    fixes: list[Change] = [
        Advise("repeat-setting", "Pass --no-invoker-iam-check in every deploy, or set it in Terraform.", widens=True)
    ]
    if known is not None:
        fixes.append(SetInvokerCheck(known.full_name, on=False))
    return check.finding(Finding("the invoker check was switched on again", because, tuple(fixes)))


@rule(
    "iam/org-policy-blocks-public",
    see="https://docs.cloud.google.com/run/docs/authenticating/public#domain-restricted-sharing",
    predicts=REFUSED,
    basis=Basis.INTENT,
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
    if not check.asks:
        return None
    failed = error_of(pasted, *PUBLIC_REFUSED) if pasted else None
    restricted = known is not None and known.restricts_members and meant_public(service, evidence) is not None
    if failed is None and not restricted:
        if isinstance(constraints, Unknown) and constraints.permission and meant_public(service, evidence):
            return CannotTell("organization policies were not read", (constraints,))
        return None
    because = [said(failed)] if failed else []
    if known is not None and known.restricts_members:
        because.append("domain restricted sharing holds for the project")
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


@rule(
    "iam/binding-lost",
    see="https://docs.cloud.google.com/iam/docs/allow-policies",
    predicts=REFUSED,
    basis=Basis.HISTORY,
)
def binding_lost(
    evidence: Evidence,
    policies: Fact[AllowPolicies],
    service: Fact[Service],
    principal: Fact[Principal],
    check: TokenCheck,
    sight: Fact[Sight],
) -> Judgement:
    """The binding was there, and went.

    What happens: A service that is deleted and created anew starts with an empty policy, and an authoritative Terraform
    resource (`_iam_policy`, `_iam_binding`) removes what it does not list. What worked before gets 403.

    Confirm: The audit log shows a delete and a create, or a SetIamPolicy, before the first failure.

    Fix: Grant again, and keep the grant where it survives: `google_cloud_run_v2_service_iam_member` beside the service.

    Danger: Grant only what was there before.
    """
    seen = value_of(sight)
    if not check.asks or (seen is not None and seen.author not in {Author.INVOKER_CHECK, Author.TOKEN_CHECK}):
        return None
    how = how_it_went(evidence, value_of(principal))
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


@rule("iam/public-not-applied", see=MANAGING_ACCESS, predicts=REFUSED, basis=Basis.INTENT)
def public_not_applied(
    service: Fact[Service],
    policies: Fact[AllowPolicies],
    caller: Fact[Caller],
    principal: Fact[Principal],
    evidence: Fact[Evidence],
    siblings: Fact[Siblings],
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
    why, seen = meant_public(service, evidence) or _like_its_siblings(siblings), value_of(sight)
    if why is None or not check.asks or not has_no_identity(caller, principal):
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


def _like_its_siblings(siblings: Fact[Siblings]) -> str | None:
    known = value_of(siblings)
    if known is None or not known.public:
        return None
    return f"{', '.join(known.public)}, deployed in the same way, may be called by everybody"


@rule(
    "iam/propagation",
    see="https://docs.cloud.google.com/iam/docs/access-change-propagation",
    predicts=REFUSED,
    basis=Basis.HISTORY,
)
def propagation(
    evidence: Fact[Evidence],
    policies: Fact[AllowPolicies],
    now: Fact[int],
    sight: Fact[Sight],
    access: Fact[Access],
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
    pasted, reached = value_of(evidence), value_of(access)
    lately = _lately(written, now) if reached is not None and isinstance(reached.answer, Yes) else None
    because = [text for text in (lately, *(_signs_of_change(pasted, value_of(now)) if pasted else ())) if text]
    if not because:
        lets_in = reached is not None and isinstance(reached.answer, Yes)
        if lets_in and isinstance(written, Unknown) and written.permission is not None:
            return CannotTell("when the policies were last written was not read", (written,))
        return None
    advice = Advise("wait", "Wait some minutes and call again; nothing else needs to change.")
    return Finding("the change is not in force everywhere yet", tuple(because), (advice,))


def _lately(written: Fact[int], now: Fact[int]) -> str | None:
    """Return how long ago the policy was written, where that is within the time that a change takes."""
    at, moment = value_of(written), value_of(now)
    if at is None or moment is None or not 0 <= moment - at <= WINDOW:
        return None
    return f"the policies let the caller in, and were last written {moment - at} seconds ago"


def _signs_of_change(evidence: Evidence, now: int | None) -> tuple[str | None, ...]:
    changed = max((e.at for e in evidence.events if e.at and e.kind in _CHANGES), default=None)
    failed = max((x.at for x in evidence.exchanges if x.at and x.failed), default=now)
    age = failed - changed if changed is not None and failed is not None else None
    last = f"the last change was made {age} seconds before the call" if age is not None and 0 <= age <= WINDOW else None
    return last, worked_later(evidence)


_CHANGES = (EventKind.GRANTED, EventKind.CREATED, EventKind.POLICY_SET)


RULES = (invoker_check_reenabled, binding_lost, propagation, org_policy_blocks_public, public_not_applied)
