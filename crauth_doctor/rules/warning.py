"""Nothing is blocked, and something should be known."""

from __future__ import annotations

from typing import Final

from ..iam.allow import grants, short
from ..iam.conditions import request_of
from ..model.answer import Yes
from ..model.change import Advise, GrantRole, RevokeRole
from ..model.fact import Fact, Known
from ..model.finding import Finding
from ..model.holder import Standing
from ..model.http import Call
from ..model.iam import EVERYBODY, INVOKER, AllowPolicies, Principal, short_member
from ..model.run import Service, host_of
from ..say import Say
from .common import MANAGING_ACCESS, SERVICE_TO_SERVICE, openness
from .registry import Judgement, rule

_ANYONE: Final = Principal("user:anyone@gmail.com")


@rule("warning/public", see=MANAGING_ACCESS)
def public(service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]) -> Judgement:
    """Anyone may call this service.

    What happens: `allUsers` or `allAuthenticatedUsers` holds an invoking role on it, or its invoker check is off. Every
    call that passes ingress reaches the container, with or without a token.

    Confirm: A call without a token is answered by the application.

    Fix: If that is not meant, remove the binding or switch the invoker check on, after granting each caller.

    Danger: Callers that rely on it being public stop working.
    """
    if not service.checks_iam:
        return Finding(
            Say("{service} is public: its invoker check is off", service=service.id), ("the invoker check is disabled",)
        )
    if not isinstance(policies, Known):
        return None
    request = request_of(call, now)
    if isinstance(openness(service, policies.value, request), Yes):
        return Finding(
            Say("{service} is public: allUsers may invoke it", service=service.id), ("allUsers holds an invoking role",)
        )
    anyone = grants(policies.value, _ANYONE, request)
    if any(g.standing is Standing.GIVES and g.member == EVERYBODY[1] for g in anyone):
        return Finding(
            Say("{service} is open to anyone with a Google account", service=service.id),
            ("allAuthenticatedUsers holds an invoking role",),
        )
    return None


_BASIC = {"roles/owner", "roles/editor", "roles/admin", "roles/writer"}


@rule("warning/broad-grant", see=MANAGING_ACCESS)
def broad_grant(
    principal: Principal, service: Service, policies: AllowPolicies, call: Call, now: Fact[int]
) -> Judgement:
    """The caller's right to invoke comes from a broad grant.

    What happens: A basic role, or a role on the project, a folder or the organization, lets the caller invoke this
    service and others with it. When somebody tidies that grant up, this call breaks.

    Confirm: `gcloud projects get-iam-policy PROJECT` names the caller.

    Fix: Grant the invoker role on the one service, and then narrow the broad grant.

    Danger: Removing the broad grant first breaks the call.
    """
    if not service.checks_iam:
        return None
    giving = [g for g in grants(policies, principal, request_of(call, now)) if g.standing is Standing.GIVES]
    if not giving or any(g.resource == service.full_name and g.binding.role not in _BASIC for g in giving):
        return None
    return Finding(
        Say(
            "{member} may invoke {service} only because of {role} on {resource}",
            member=short_member(principal.member),
            service=service.id,
            role=giving[0].binding.role,
            resource=short(giving[0].resource),
        ),
        (str(giving[0]),),
        (GrantRole(service.full_name, INVOKER, principal.member),),
    )


@rule("warning/fragile-identity", see=SERVICE_TO_SERVICE)
def fragile_identity(principal: Principal) -> Judgement:
    """The caller runs as a default service account, shared with other workloads.

    What happens: Whatever is granted to a default service account is granted to everything that runs as it.

    Confirm: The account is `…-compute@developer.gserviceaccount.com` or `…@appspot.gserviceaccount.com`.

    Fix: Create a service account for this caller, run the caller as it, and grant it the role.

    Danger: Other rights that the caller got through the default account must be given to the new one.
    """
    email = principal.email or ""
    if not email.endswith(("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")):
        return None
    advice = Advise(
        "own-account",
        "Create a service account for this caller alone, run the caller as that account, and grant it the role.",
    )
    return Finding(
        Say("{email} is a default service account, shared with other workloads", email=email),
        ("its name is a default one",),
        (advice,),
    )


@rule("warning/stale-member", see="https://docs.cloud.google.com/iam/docs/service-accounts-delete-undelete")
def stale_member(service: Service, policies: AllowPolicies) -> Judgement:
    """The service's policy names deleted members.

    What happens: Bindings of deleted accounts stay until they are purged, give nothing, and hide what is meant.

    Confirm: `gcloud run services get-iam-policy SERVICE` shows members that begin with `deleted:`.

    Fix: Remove them.

    Danger: An account can be undeleted within 30 days, and would lose the binding.
    """
    own = policies.chain[0].policy if policies.chain else None
    if not isinstance(own, Known):
        return None
    stale = [(b, m) for b in own.value.bindings for m in sorted(b.members) if m.startswith("deleted:")]
    if not stale:
        return None
    count = len(stale)
    members = "a deleted member" if count == 1 else Say("{count} deleted members", count=count)
    return Finding(
        Say("the policy of {service} names {members}", service=service.id, members=members),
        tuple(member for _, member in stale),
        tuple(RevokeRole(service.full_name, b.role, m, b.condition) for b, m in stale),
    )


@rule("warning/tag-or-old-url", see="https://docs.cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration")
def tag_url(service: Service, call: Call) -> Judgement:
    """The caller uses a URL that may go away.

    What happens: A tag URL points to one revision for as long as the tag exists; then it answers 404.

    Confirm: The host called has `---` in it.

    Fix: Call the service's own URL.

    Danger: The service's own URL may point to a revision other than the tag's.
    """
    if "---" not in call.host and call.host not in {host_of(url) for url in service.tag_urls}:
        return None
    advice = Advise("use-own-url", Say("Call {url} unless you mean this very revision.", url=service.url))
    return Finding(
        Say("{host} is the URL of a traffic tag, which may go away", host=call.host),
        ("the host has --- in it",),
        (advice,),
    )
