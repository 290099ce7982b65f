"""A role was given, and misses this call: on another resource, to another account, or one that is too small."""

from __future__ import annotations

from collections.abc import Iterator

from ..iam.allow import short
from ..iam.members import same_member
from ..iam.roles import predefined
from ..model.answer import CannotTell, Yes
from ..model.caller import Caller
from ..model.change import Advise, Change
from ..model.evidence import Evidence
from ..model.fact import Fact, Known, Unknown, value_of
from ..model.finding import Finding
from ..model.holder import Standing
from ..model.iam import INVOKE, AllowPolicies, Binding, ElsewherePolicy, Principal
from ..model.run import Service
from .common import (
    MANAGING_ACCESS,
    SERVICE_TO_SERVICE,
    grant_invoker,
    is_named_after,
    name_of_caller,
    named,
    short_member,
)
from .derived import Access
from .jobs import ONLY_RUN, RUN_WITH_OVERRIDES, WITH_OVERRIDES, JobStart, refused_start
from .rule import Judgement, rule


@rule("iam/wrong-resource", see=MANAGING_ACCESS)
def wrong_resource(
    principal: Principal, service: Fact[Service], access: Access, elsewhere: Fact[tuple[ElsewherePolicy, ...]]
) -> Judgement:
    """The role was granted on another resource.

    What happens: The caller holds a role that looks right on a resource that this call does not ask: a service of the
    same name in another region, the function instead of the Cloud Run service behind it, or a service account.

    Confirm: `gcloud run services get-iam-policy SERVICE --region=REGION` does not name the caller.

    Fix: Grant the role on the service that is called.

    Danger: None beyond the grant. The stray binding can go if nothing else needs it.
    """
    if access.is_open or isinstance(access.answer, Yes):
        return None
    if isinstance(elsewhere, Unknown):
        hidden = access.answer.missing if isinstance(access.answer, CannotTell) else ()
        return CannotTell("the policies of similar resources were not read", (*hidden, elsewhere))
    for other in elsewhere.value if isinstance(elsewhere, Known) else ():
        if not _is_taken_for(other.resource, service):
            continue
        for binding in other.policy.bindings:
            if _is_meant_to_invoke(binding.role) and any(same_member(m, principal.member) for m in binding.members):
                finding = Finding(
                    f"{short_member(principal)} holds {binding.role} on {other.what}, not on {named(service)}",
                    (f"the policy of {short(other.resource)} names it",),
                    (grant_invoker(service, principal.member),),
                )
                return access.unless_let_in(finding)
    return None


_INVOKERS = {"roles/run.invoker", "roles/run.servicesInvoker", "roles/cloudfunctions.invoker", "roles/run.admin"}


def _is_taken_for(resource: str, service: Fact[Service]) -> bool:
    """Tell whether somebody may have meant the service and bound the role there.

    A caller may well call other services too, so one of quite another name says nothing.
    """
    name = resource.rsplit("/", 1)[-1].lower()
    if "/services/" not in resource or not isinstance(service, Known):
        return "/services/" not in resource
    own = service.value.id.lower()
    return own in name or name in own


def _is_meant_to_invoke(role: str) -> bool:
    return role in _INVOKERS


@rule("iam/role-lacks-permission", see="https://docs.cloud.google.com/run/docs/reference/iam/roles")
def role_lacks_permission(
    principal: Fact[Principal],
    service: Fact[Service],
    policies: Fact[AllowPolicies],
    access: Fact[Access],
    evidence: Fact[Evidence],
) -> Judgement:
    """A role is bound, but it does not contain the permission to invoke.

    What happens: The call needs `run.routes.invoke`. `roles/viewer`, `roles/run.viewer`, `roles/cloudfunctions.invoker`
    on a 2nd gen function, or a custom role without it give other rights, and the front end answers its 403 page. A job
    that is started with overrides needs `run.jobs.runWithOverrides`, which `roles/run.invoker` does not hold.

    Confirm: `gcloud iam roles describe ROLE` does not list `run.routes.invoke`.

    Fix: Grant `roles/run.servicesInvoker` on the service, or add the permission to the custom role.

    Danger: Adding the permission to a custom role gives it to everybody who holds that role.
    """
    pasted = value_of(evidence)
    start = refused_start(pasted) if pasted else None
    if start is not None and start.with_body and start.roles() & ONLY_RUN and not start.roles() & WITH_OVERRIDES:
        return _overrides_refused(start)
    for needed in (principal, policies, access):
        if isinstance(needed, Unknown):
            return CannotTell("the policies were not read", (needed,))
    if not (isinstance(principal, Known) and isinstance(policies, Known) and isinstance(access, Known)):
        return None
    return _lacking(principal.value, service, policies.value, access.value)


def _lacking(principal: Principal, service: Fact[Service], policies: AllowPolicies, access: Access) -> Judgement:
    for grant in access.having(Standing.LACKS_PERMISSION):
        role, on_service = grant.binding.role, grant.resource == policies.chain[0].resource
        if not same_member(grant.member, principal.member) or not (on_service or _is_mistaken(role, policies)):
            continue
        finding = Finding(
            f"{role} does not contain {INVOKE}",
            (f"{role} is bound to {grant.member} on {short(grant.resource)}", "nothing else lets it in"),
            (grant_invoker(service, principal.member),),
        )
        return access.unless_let_in(finding)
    return None


def _overrides_refused(start: JobStart) -> Finding:
    account = start.account or "the account"
    advice = Advise(
        "grant-overrides",
        f"Send no overrides, or grant {account} a role on the job that holds {RUN_WITH_OVERRIDES}.",
    )
    return Finding(
        f"{', '.join(sorted(start.roles() & ONLY_RUN))} does not contain {RUN_WITH_OVERRIDES}",
        (f"{account} holds it on the job {start.job}, and starts it with a body", "the start was refused with 403"),
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
    access: Access,
    caller: Fact[Caller],
) -> Judgement:
    """The role was given to another account than the one that the caller runs as.

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
        link = f"{email} is named after {name}" if name is not None and is_named_after(email, name) else None
        role = policies.roles.get(binding.role) or predefined(binding.role)
        if link and isinstance(role, Known) and INVOKE in role.value.permissions:
            who = known.asked if known else "the caller"
            finding = Finding(
                f"{who} calls as {short_member(principal)}, and {binding.role} was given to {email}",
                (f"{short(at)} binds {binding.role} to {member}", link),
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
    who = caller.asked if caller else "the caller"
    owner = email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    advice = (
        f"If {email} (of {owner}) was made for {who}, deploy it with that account; grant the present one otherwise. "
        "Its name alone does not tell: ask whoever granted it."
    )
    return (grant_invoker(service, principal.member), Advise("run-as-account", advice))


RULES = (wrong_resource, role_lacks_permission, wrong_principal)
