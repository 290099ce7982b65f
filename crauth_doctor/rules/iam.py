"""May the caller invoke the service? Each rule is one reason for a no; the most specific comes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..iam.allow import short
from ..iam.conditions import RequestAttributes
from ..iam.deny import forbids
from ..model.answer import CannotTell, No, Yes
from ..model.caller import Federation
from ..model.change import Advise, Change, GrantRole, RevokeRole
from ..model.evidence import Evidence
from ..model.exported import ExportKind
from ..model.fact import Absent, Fact, Known, Unknown, value_of
from ..model.finding import Finding
from ..model.holder import Standing
from ..model.http import Call
from ..model.iam import INVOKE, AllowPolicies, Binding, Denials, Principal
from ..model.run import Service
from . import near_misses
from .common import (
    TROUBLESHOOTING,
    grant_invoker,
    is_open,
    named,
    openness,
    request_of,
    short_member,
)
from .derived import Access
from .rule import Judgement, rule
from .sight import Sight, is_refusal

NEVER_GIVEN = "Cloud Run never gives a condition resource.name, resource.type or resource.service"


@rule("iam/denied", see="https://docs.cloud.google.com/iam/docs/deny-access")
def denied(
    principal: Fact[Principal],
    service: Fact[Service],
    policies: Fact[AllowPolicies],
    denials: Fact[Denials],
    call: Fact[Call],
    now: Fact[int],
    evidence: Fact[Evidence],
) -> Judgement:
    """An IAM deny policy forbids the call.

    What happens: Deny policies are evaluated before allow policies. The front end answers its 403 page, whatever roles
    the caller holds, and granting more roles changes nothing.

    Confirm: `gcloud iam policies list --kind=denypolicies --attachment-point=…`, or ask Policy Troubleshooter for
    `run.routes.invoke`.

    Fix: An exception for this caller in the deny policy, decided by whoever owns that policy.

    Danger: The policy was written on purpose. Do not work around it by making the service public.
    """
    if isinstance(service, Known) and not service.value.checks_iam:
        return None
    troubleshot = _troubleshot_denial(value_of(evidence))
    if troubleshot is not None:
        return Finding("a deny policy forbids the call", (troubleshot,), (_exception("the caller"),))
    for needed in (principal, call, denials):
        if isinstance(needed, Unknown):
            return CannotTell("deny policies could not be read", (needed,))
    if not (isinstance(principal, Known) and isinstance(call, Known) and isinstance(denials, Known)):
        return None
    request = request_of(call.value, now)
    known = service.value if isinstance(service, Known) else None
    doubts: list[str] = []
    unread: list[Unknown] = []
    for denial in denials.value.rules:
        match forbids(denial, principal.value, INVOKE, value_of(policies)):
            case Yes() if known and _may_be_open(known, policies, request):
                doubts.append(f"{denial.policy} denies it, and allUsers may call without a token; which wins is open")
            case Yes(because):
                who = short_member(principal.value)
                return Finding(
                    f"the deny policy {denial.policy} forbids {who} to invoke {named(service)}",
                    (f"it stands on {short(denial.attached_to)} and names {because}",),
                    (_exception(principal.value.member, f"{denial.policy} on {short(denial.attached_to)}"),),
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


def _may_be_open(service: Service, policies: Fact[AllowPolicies], request: RequestAttributes) -> bool:
    """Tell whether the service's own policy lets everybody in, or may under a condition that cannot be evaluated."""
    if is_open(service, policies, request):
        return True
    known = value_of(policies)
    is_read = known is not None and isinstance(known.chain[0].policy, Known)
    return known is not None and is_read and isinstance(openness(service, known, request), CannotTell)


def _exception(member: str, policy: str = "") -> Advise:
    owner = f"the deny policy {policy}" if policy else "that deny policy"
    return Advise("deny-exception", f"Ask the owner of {owner} for an exception for {member}.", widens=True)


def _troubleshot_denial(pasted: Evidence | None) -> str | None:
    """Return what Policy Troubleshooter said of a deny policy, where its answer was pasted."""
    for export in pasted.exports if pasted else ():
        if export.kind is ExportKind.DENY_POLICY and export.fields.get("access") in {"CANNOT_ACCESS", "DENIED"}:
            return f"Policy Troubleshooter says that {export.name or 'a deny policy'} denies it"
    return None


@rule("iam/federated-principal", see="https://docs.cloud.google.com/iam/docs/federated-identity-supported-services")
def federated_principal(
    principal: Principal, service: Fact[Service], access: Access, federation: Fact[Federation]
) -> Judgement:
    """Workforce and workload identities cannot invoke Cloud Run themselves.

    What happens: members of workforce and workload identity pools may stand in the policy, and the front end still
    refuses the call: it takes Google-signed ID tokens, which they do not have. An agent's own identity
    (`principal://agents.…`) is not meant here: Google's pages say that it can be granted the invoker role.

    Confirm: The caller's member begins with `principal://iam.googleapis.com/` or `principalSet://iam.googleapis.com/`,
    and names a pool.

    Fix: Let the identity impersonate a service account, grant that account the invoker role, and mint its ID token with
    `generateIdToken`.

    Danger: Whoever matches the principal set can then act as that service account; keep the set narrow.
    """
    if not principal.is_federated or access.is_open:
        return None
    if isinstance(federation, Known) and federation.value.misfit:
        return None  # it is set to call as an account, and what keeps it from that is the cause
    because = [f"the caller is {principal.member}"]
    if access.grants:
        because.append("the policy names it, which Cloud Run does not honour")
    advice = Advise(
        "impersonate-account",
        "Give the identity roles/iam.serviceAccountOpenIdTokenCreator on a service account, grant that account the "
        "invoker role, and call with an ID token made by generateIdToken.",
    )
    return Finding(f"{named(service)} cannot be invoked by a federated identity", tuple(because), (advice,))


@rule("iam/principal-recreated", see="https://docs.cloud.google.com/iam/docs/service-accounts-delete-undelete")
def principal_recreated(
    principal: Principal, service: Fact[Service], policies: AllowPolicies, access: Access
) -> Judgement:
    """The role is bound to an account of this name that was deleted.

    What happens: A service account that is created anew under the same e-mail address is another identity. The old
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
            f"{binding.role} on {short(resource)} is bound to a deleted account of the name {principal.email}",
            (f"the policy names {member}", f"{principal.member} was created after that, and is another account"),
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
def condition_unsupported(principal: Principal, service: Fact[Service], access: Access) -> Judgement:
    """The role is bound under a condition that Cloud Run never evaluates.

    What happens: Cloud Run gives conditions `request.path`, `request.host` and `request.time`. A condition on
    `resource.name`, `resource.type` or `resource.service` is never true, so the binding never grants anything.
    Conditions on tags (`resource.matchTag`, `resource.hasTagKey`) are evaluated, and are not meant here.

    Confirm: `gcloud run services get-iam-policy SERVICE` or the project's policy shows one of these three in the
    condition.

    Fix: Bind the role on the one service instead, without that condition.

    Danger: Without the condition, a binding on the project would open every service in it; bind on the service.
    """
    for grant in access.having(Standing.CONDITION_UNSUPPORTED):
        condition = grant.binding.condition
        finding = Finding(
            f"{grant.binding.role} for {grant.member} on {short(grant.resource)} has a condition that never holds",
            (
                f"the condition is: {condition.expression if condition else ''}",
                NEVER_GIVEN,
            ),
            (grant_invoker(service, principal.member),),
        )
        return access.unless_let_in(finding)
    return None


@rule("iam/condition-unmet", see="https://docs.cloud.google.com/iam/docs/conditions-attribute-reference")
def condition_unmet(principal: Principal, access: Access, call: Call) -> Judgement:
    """The role is bound under a condition that this call does not meet.

    What happens: The binding holds for some hosts, paths or times only. For this request the condition is false, and
    the front end answers its 403 page.

    Confirm: `gcloud run services get-iam-policy SERVICE`; compare the condition with the host, path and time called.

    Fix: Call what the condition allows, or have it widened by whoever set it.

    Danger: A binding without a condition beside it makes the condition pointless.
    """
    for grant in access.having(Standing.CONDITION_UNMET):
        condition = grant.binding.condition
        advice = Advise(
            "edit-condition",
            f"Call what the condition allows, or change it on {short(grant.resource)}: remove the binding and add it "
            "anew with the condition that you mean.",
        )
        finding = Finding(
            f"{grant.binding.role} for {grant.member} holds under a condition that this call does not meet",
            (
                f"the condition is: {condition.expression if condition else ''}",
                f"the call is {call.method} {call.path} on {call.host}",
            ),
            (advice, GrantRole(grant.resource, grant.binding.role, principal.member, widens=True)),
        )
        return access.unless_let_in(finding)
    return None


@rule("iam/missing-invoker", see=TROUBLESHOOTING)
def missing_invoker(
    principal: Fact[Principal], service: Fact[Service], access: Fact[Access], sight: Fact[Sight]
) -> Judgement:
    """Nothing lets the caller invoke the service.

    What happens: No binding on the service, its project, folders or organization gives the caller `run.routes.invoke`.
    The front end answers 403, "Your client does not have permission to get URL", and the container never sees the call.

    Confirm: `gcloud run services get-iam-policy SERVICE --region=REGION`; the request log says "The IAP principal lacks
    {run.routes.invoke} permission" or similar.

    Fix: `gcloud run services add-iam-policy-binding SERVICE --member=MEMBER --role=roles/run.servicesInvoker`. It takes
    effect in about two minutes, sometimes seven or more.

    Danger: Grant on the one service, not on the project, and never to `allUsers` to make an error go away.
    """
    who = value_of(principal)
    if isinstance(principal, Absent) or (who is not None and who.is_federated):
        return None
    name, member = (short_member(who), who.member) if who else ("the caller", "MEMBER")
    title, fix = f"{name} may not invoke {named(service)}", grant_invoker(service, member)
    if isinstance(access, Known):
        answer = access.value.answer
        because = answer.because if isinstance(answer, No) else "no policy that could be read gives it"
        gates = tuple(_gates(access.value))
        fixes = (_beyond_the_condition(gates), _widened(fix)) if gates else (fix,)
        return access.value.unless_let_in(Finding(title, (because, *gates), fixes))
    seen = value_of(sight)
    if seen is not None and is_refusal(seen):
        taken = ("no deny policy forbids it", "the role was not granted within the last minutes")
        return Finding(title, (f"the invoker check refused it: {seen.because}",), (fix,), taken)
    for needed in (principal, access):
        if isinstance(needed, Unknown):
            return CannotTell("who calls, or the policies, could not be read", (needed,))
    return None


def _gates(access: Access) -> Iterator[str]:
    """Yield the conditions under which the caller holds a role, and which cannot be evaluated here: tags, mostly."""
    for grant in access.having(Standing.CONDITION_UNCLEAR):
        condition = grant.binding.condition
        yield f"{grant} has a condition that cannot be evaluated here: {condition.expression if condition else ''}"


def _beyond_the_condition(gates: tuple[str, ...]) -> Advise:
    return Advise(
        "edit-condition",
        f"Somebody let it in under a condition ({len(gates)}): have the condition met, by the tag that it asks for, or "
        "changed. A grant without it goes around it.",
    )


def _widened(change: Change) -> Change:
    """Return a grant marked as one that opens more than what its owner decided."""
    return replace(change, widens=True) if isinstance(change, GrantRole | Advise) else change


RULES = (
    denied,
    federated_principal,
    principal_recreated,
    condition_unsupported,
    condition_unmet,
    *near_misses.RULES,
    missing_invoker,
)
