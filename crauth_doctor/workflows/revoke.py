"""One member's role on one service, taken away."""

from __future__ import annotations

from dataclasses import replace

from ..gcp.google import Google
from ..iam.allow import short
from ..iam.members import same_member
from ..model.change import RevokeRole
from ..model.fact import Known, value_of
from ..model.holder import Standing
from ..model.iam import EVERYBODY, INVOKE, Binding, Principal
from ..report.change import ChangeOutcome, ChangeReport
from ..report.status import ExitStatus
from .change_session import ChangeSession, Consent
from .context import CallRequest, Context
from .diagnose import gather, open_connection
from .grant_preflight import Preflight, held_elsewhere, understood


def revoke(context: Context, request: CallRequest, role: str | None, consent: Consent) -> tuple[ChangeReport, ...]:
    """Take a member's role on a service away, binding by binding.

    `role` None stands for each that was given to call it.

    Returns:
        How each change ended; at least one.

    Raises:
        WorkflowError: what has to be known for certain could not be read.
    """
    google = open_connection(context, request)
    session = ChangeSession(context, google, consent)
    session.tell(f"Reading {request.service} and its policies, for {request.caller}.")
    preflight = _read(context, request, google)
    bindings = [one for one in _bindings(preflight) if one.role == role or (role is None and _lets_in(preflight, one))]
    changes = [
        RevokeRole(preflight.policies.chain[0].resource, one.role, member, one.condition)
        for one in bindings
        for member in sorted(one.members)
        if same_member(member, preflight.principal.member)
    ]
    if not changes:
        return (_nothing(session, preflight, role),)
    reports: list[ChangeReport] = []
    for change in changes:
        reports.append(_one(session, preflight, change))
        if reports[-1].status == ExitStatus.INTERRUPTED:
            break
    return tuple(reports)


def _read(context: Context, request: CallRequest, google: Google) -> Preflight:
    """Read; members that are no callers, deleted ones and everybody, are looked for in the policy alone."""
    who = request.caller or ""
    if who not in EVERYBODY and not who.startswith("deleted:"):
        return understood(gather(context, request, google))
    preflight = understood(gather(context, replace(request, caller="me"), google))
    return replace(preflight, principal=Principal(who))


def _bindings(preflight: Preflight) -> tuple[Binding, ...]:
    own = value_of(preflight.policies.chain[0].policy)
    return own.bindings if own else ()


def _lets_in(preflight: Preflight, binding: Binding) -> bool:
    role = preflight.policies.roles.get(binding.role)
    return isinstance(role, Known) and INVOKE in role.value.permissions


def _nothing(session: ChangeSession, preflight: Preflight, role: str | None) -> ChangeReport:
    what = role or "a role that lets it call"
    said = f"{preflight.name} has no binding of {what} on {short(preflight.policies.chain[0].resource)} itself."
    draft = session.draft(None, said)
    draft.outcome = ChangeOutcome.NOTHING_TO_DO
    giving = [one for one in preflight.grants() if one.standing is Standing.GIVES]
    draft.notes = [f"It can call by another grant: {one}." for one in giving]
    return draft


def _one(session: ChangeSession, preflight: Preflight, change: RevokeRole) -> ChangeReport:
    what, name = f"{change.role} on {short(change.resource)}", preflight.name
    draft = session.draft(change, f"{what} would be removed from {name}.")
    kept = [str(one) for one in held_elsewhere(preflight, change.resource, change.role)]
    draft.notes = [f"It keeps the right to call, or may, by another grant: {one}." for one in kept]
    plan = session.plan(draft)
    if plan is None:
        return draft
    for note in draft.notes:
        session.tell(f"Note: {note}")
    if session.carry_out(draft, plan) is None:
        return draft
    if draft.outcome is not ChangeOutcome.DONE:
        draft.said = f"The change was to remove {what} from {name}."
        return draft
    draft.said = f"{name} no longer has {what}."
    draft.shown = "It usually takes effect in two minutes, sometimes in seven or more."
    return draft
