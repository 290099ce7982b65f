"""Does Identity-Aware Proxy stand before the service, and does it let the caller through?

Source: https://docs.cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run
"""

from __future__ import annotations

from ..answers.author import Author
from ..answers.observed import Sight
from ..deferred import replace
from ..iam.allow import UNDECIDED, grants, may, may_invoke
from ..iam.conditions import RequestAttributes, request_of
from ..model.address import Custom, parse_url
from ..model.answer import Answer, CannotTell, No, Yes
from ..model.change import IAP_RESOURCE, MEMBER, SERVICE, Advise, Change, CreateAgent, DisableIap, GrantRole
from ..model.clienterror import ClientError, ErrorFamily
from ..model.evidence import Wording
from ..model.exported import Export
from ..model.fact import Fact, Known, Unknown, value_of
from ..model.finding import Finding, Prediction, Stage
from ..model.holder import Standing
from ..model.http import Call
from ..model.iam import INVOKER, AllowPolicies, Policy, PolicyAt, Principal, short_member
from ..model.leads import iap_agent, is_behind_iap
from ..model.load_balancer import LoadBalancer
from ..model.run import Service
from ..model.token import GCLOUD_CLIENT, Token, TokenKind
from ..say import Say
from .common import CHECKED, IAP, not_read
from .public_intent import error_of, said
from .registry import Judgement, rule

ACCESSOR = "roles/iap.httpsResourceAccessor"
ACCESS = "iap.webServiceVersions.accessViaIAP"
_CONDITION_FAILS = frozenset({Standing.CONDITION_UNMET, Standing.CONDITION_UNSUPPORTED})


def _stands_before(
    service: Fact[Service], balancer: Fact[LoadBalancer], exports: Fact[tuple[Export, ...]], sight: Fact[Sight]
) -> str | None:
    """Return what shows that IAP stands before the service."""
    known, seen, front = value_of(service), value_of(sight), value_of(balancer)
    if front is not None and front.iap:
        return Say(
            "IAP is switched on for {backend}, the backend of the load balancer {balancer}",
            backend=front.backend.rsplit("/", 1)[-1],
            balancer=front.id,
        )
    if known is not None and known.iap_enabled:
        return "IAP is switched on for the service"
    if seen is not None and seen.author is Author.IAP:
        return Say("the answer is IAP's: {because}", because=seen.because)
    backend = next((e for e in value_of(exports) or () if e.fields.get("iap", "").lower() in {"true", "enabled"}), None)
    if backend is not None:
        return Say("IAP is switched on for {backend}", backend=backend.name or "the load balancer")
    return None


def _iap_error(errors: Fact[tuple[ClientError, ...]], *families: ErrorFamily) -> str | None:
    found = error_of(value_of(errors) or (), *families)
    return said(found) if found else None


@rule("iap/agent-not-provisioned", see=IAP)
def agent_not_provisioned(errors: tuple[ClientError, ...]) -> Judgement:
    """IAP's service agent was never created.

    What happens: IAP calls the service as its own service agent. Where that was never created, IAP answers "The IAP
    service account is not provisioned".

    Confirm: The message says so.

    Fix: `gcloud beta services identity create --service=iap.googleapis.com --project=PROJECT`, then grant the agent the
    invoker role on the service.

    Danger: None.
    """
    failed = error_of(errors, ErrorFamily.IAP_NOT_PROVISIONED)
    if failed is None:
        return None
    advice = Advise(
        "create-agent",
        "Create IAP's service agent, then grant it the invoker role on the service.",
        (CreateAgent("iap.googleapis.com", SERVICE),),
    )
    return Finding("IAP's service agent does not exist", (said(failed),), (advice,))


@rule(
    "iap/agent-missing-invoker",
    see=IAP,
    predicts=Prediction(frozenset({Stage.IAP, *CHECKED}), frozenset({403})),
    after="iap/principal-not-authorized",
)
def agent_missing_invoker(
    service: Fact[Service],
    policies: Fact[AllowPolicies],
    load_balancer: Fact[LoadBalancer],
    errors: Fact[tuple[ClientError, ...]],
    exports: Fact[tuple[Export, ...]],
    sight: Fact[Sight],
    call: Fact[Call],
    now: Fact[int],
) -> Judgement:
    """IAP's own service agent may not invoke the service.

    What happens: IAP signs the caller in and then calls Cloud Run as its own service agent,
    `service-NUMBER@gcp-sa-iap.iam.gserviceaccount.com`. Without the invoker role of that agent, the user sees a refusal
    after signing in.

    Confirm: `gcloud run services get-iam-policy SERVICE` does not name `gcp-sa-iap`.

    Fix: Grant the agent the invoker role on the service; if it still fails, redeploy.

    Danger: None: only IAP can act as its agent.
    """
    said_so = _iap_error(errors, ErrorFamily.IAP_NOT_SET_UP)
    before = _stands_before(service, load_balancer, exports, sight)
    if said_so is None and before is None:
        return None
    known = value_of(service)
    who = iap_agent(known) if known else None
    agent = who.member if who else "serviceAccount:service-NUMBER@gcp-sa-iap.iam.gserviceaccount.com"
    fixes: tuple[Change, ...] = (
        (GrantRole(known.full_name, INVOKER, agent, widens=True),)
        if known and who
        else (Advise("grant-iap-agent", commands=(GrantRole(SERVICE, INVOKER, agent),)),)
    )
    title = "IAP's service agent may not invoke the service"
    if known is not None and not known.checks_iam:
        return None
    if not isinstance(policies, Known) or who is None:
        if said_so:
            return Finding(title, (said_so,), fixes)
        if before and (refused := _refused_behind(value_of(sight), value_of(call))):
            return Finding(title, (before, refused), fixes, ("the call that was refused came through IAP",))
        return CannotTell("whether IAP's agent may invoke the service was not read", not_read(policies))
    asked = value_of(call)
    request = request_of(asked, now) if asked else RequestAttributes(None, "", value_of(now))
    answer = may_invoke(policies.value, who, request)
    if isinstance(answer, Yes):
        return None
    held = [one for one in grants(policies.value, who, request) if one.sure]
    named = any(one.standing in UNDECIDED for one in held)
    if isinstance(answer, CannotTell) and (named or answer.missing) and said_so is None:
        return answer
    assuming = () if said_so or not isinstance(answer, CannotTell) else ("IAP's agent is in none of the groups",)
    unmet = next((one for one in held if one.standing in _CONDITION_FAILS), None)
    why = Say("{grant} has a condition that this call does not meet", grant=unmet.in_words) if unmet else answer.because
    because = tuple(text for text in (said_so, before, why) if text)
    return Finding(title, because, fixes, assuming)


def _refused_behind(seen: Sight | None, call: Call | None) -> str | None:
    """Return what the invoker check said of a call that may have come through IAP, which calls with a token."""
    if seen is None or seen.author is not Author.INVOKER_CHECK or seen.wording is Wording.EMPTY_HEADER:
        return None
    return seen.because if call is None or isinstance(parse_url(call.url), Custom) else None


@rule(
    "iap/principal-not-authorized",
    see="https://docs.cloud.google.com/iap/docs/managing-access",
    predicts=Prediction(frozenset({Stage.IAP}), frozenset({403})),
)
def principal_not_authorized(
    principal: Fact[Principal],
    service: Fact[Service],
    iap_policy: Fact[Policy],
    policies: Fact[AllowPolicies],
    call: Fact[Call],
    now: Fact[int],
    load_balancer: Fact[LoadBalancer],
    errors: Fact[tuple[ClientError, ...]],
    exports: Fact[tuple[Export, ...]],
    sight: Fact[Sight],
) -> Judgement:
    """IAP does not let this caller through.

    What happens: Behind IAP a caller needs `roles/iap.httpsResourceAccessor`; `roles/run.invoker` on the service does
    not help. IAP answers itself, and Cloud Run never sees the call.

    Confirm: The answer carries `x-goog-iap-generated-response`; IAP's policy does not name the caller.

    Fix: Grant `roles/iap.httpsResourceAccessor` on the IAP resource of the service, or of the load balancer's backend,
    to the caller.

    Danger: None beyond the grant.
    """
    said_so = _iap_error(errors, ErrorFamily.IAP_NOT_AUTHORIZED)
    who, seen = value_of(principal), value_of(sight)
    if said_so is None and _iap_error(errors, ErrorFamily.IAP_NOT_SET_UP, ErrorFamily.IAP_NOT_PROVISIONED):
        return None  # it let the caller through, and failed after that
    asked, whole = value_of(call), value_of(policies)
    request = request_of(asked, now) if asked else RequestAttributes(None, "", value_of(now))
    admitted = _lets_through(iap_policy, whole, who, request) if isinstance(iap_policy, Known) and who else None
    if said_so is None and seen is not None and seen.author is Author.IAP and seen.status == 403:
        if isinstance(admitted, Yes):
            return None
        because = "IAP answered 403: it knows who calls, but does not let them through"
        assuming = () if isinstance(iap_policy, Known) else ("IAP's own agent may call the service",)
        return replace(_not_authorized(who, value_of(load_balancer), because), assuming=assuming)
    if said_so:
        return _not_authorized(who, value_of(load_balancer), said_so)
    if _stands_before(service, load_balancer, exports, sight) is None or who is None:
        return None
    if isinstance(iap_policy, Unknown):
        return CannotTell("IAP's policy could not be read", (iap_policy,))
    match admitted:
        case CannotTell() as doubt:
            return doubt
        case No(because=because):
            return _not_authorized(who, value_of(load_balancer), because)
        case _:
            return None


def _lets_through(
    own: Known[Policy], whole: AllowPolicies | None, who: Principal, request: RequestAttributes
) -> Answer:
    """Whether IAP's policies let somebody through: by the one role of Google's that does, or by a custom one.

    A condition may ask for what only IAP sees, such as access levels.
    Source: https://docs.cloud.google.com/iap/docs/cloud-iap-context-aware-access-howto
    """
    bound = tuple(one for one in own.value.bindings if one.role == ACCESSOR or "/roles/" in one.role)
    target = own.source.target
    read_at = target if target.startswith("//iap.") else IAP_RESOURCE
    at = PolicyAt(read_at, Known(replace(own.value, bindings=bound), own.source))
    policies = AllowPolicies((at,), Known(value=True, source=own.source))
    if whole is not None:
        policies = replace(policies, roles=whole.roles, number=whole.number, tags=whole.tags)
    answer = may(policies, who, request, ACCESS)
    if not isinstance(answer, No):
        return answer
    held = {one.standing: one.binding for one in grants(policies, who, request, ACCESS)}
    if Standing.CONDITION_UNSUPPORTED in held:
        return CannotTell("the condition of a binding in IAP's policy cannot be evaluated here")
    unmet = held.get(Standing.CONDITION_UNMET)
    if unmet is None or unmet.condition is None:
        return No("IAP's policy does not name it")
    return No(
        Say(
            "the condition of its binding in IAP's policy is not met: {condition}", condition=unmet.condition.expression
        )
    )


def _not_authorized(who: Principal | None, front: LoadBalancer | None, because: str) -> Finding:
    member = short_member(who.member) if who else "the caller"
    resource = front.iap_resource if front is not None and front.iap else IAP_RESOURCE
    grant = GrantRole(resource, ACCESSOR, who.member if who else MEMBER)
    advice = Advise("grant-iap-accessor", Say("Grant {role} to {member}.", role=ACCESSOR, member=member), (grant,))
    return Finding(Say("IAP does not let {member} through", member=member), (because,), (advice,))


@rule(
    "iap/wrong-token",
    see="https://docs.cloud.google.com/iap/docs/authentication-howto",
    predicts=Prediction(frozenset({Stage.IAP}), frozenset({401})),
    after="iap/intercepts-iam",
)
def wrong_token(errors: tuple[ClientError, ...], sight: Fact[Sight]) -> Judgement:
    """IAP refuses this kind of token.

    What happens: IAP says "Invalid IAP credentials: …". With the client that Google manages, it accepts no ID token,
    whatever its audience; with another client, the audience must be that client's id, and the token needs an e-mail
    claim.

    Confirm: The body begins with "Invalid IAP credentials".

    Fix: Send a JWT that a service account signs for the resource's URL, or set up a programmatic OAuth client in IAP.

    Danger: None.
    """
    seen = value_of(sight)
    failed = error_of(errors, ErrorFamily.IAP_TOKEN)
    by_iap = seen is not None and seen.author is Author.IAP and seen.status == 401 and seen.source.read != "call"
    if failed is None and not by_iap:
        return None  # what IAP says to a token of this tool's says nothing of the caller's
    because = said(failed) if failed else Say("the answer is IAP's: {because}", because=seen.because if seen else "")
    advice = Advise(
        "iap-token",
        "Send a JWT that a service account signed for the URL (iamcredentials signJwt), or use a programmatic OAuth "
        "client that this IAP allows.",
    )
    return Finding("IAP refuses this kind of token", (because,), (advice,))


@rule("iap/intercepts-iam", see=IAP, predicts=Prediction(frozenset({Stage.IAP}), frozenset({302, 401})))
def intercepts_iam(
    service: Fact[Service],
    load_balancer: Fact[LoadBalancer],
    exports: Fact[tuple[Export, ...]],
    sight: Fact[Sight],
    token: Fact[Token],
    principal: Fact[Principal],
) -> Judgement:
    """IAP is in front of the service, and callers still send plain Cloud Run tokens.

    What happens: With IAP switched on, IAP checks the caller first, and an ID token for the service's URL is not a
    credential that it accepts. Calls that worked before get 401 or a redirect to a sign-in page.

    Confirm: The answer carries `x-goog-iap-generated-response`.

    Fix: Send a token for IAP, or switch IAP off for a service that other services call.

    Danger: Without IAP only the invoker check protects the service.
    """
    before = _stands_before(service, load_balancer, exports, sight)
    seen, front = value_of(sight), value_of(load_balancer)
    if before is None or (seen is not None and seen.stages and max(seen.stages) > Stage.IAP and seen.passed):
        return None
    who, sent = value_of(principal), value_of(token)
    if sent is not None and front is not None and front.iap_client and sent.audience == front.iap_client:
        return None  # a token for IAP itself
    plain = sent is not None and sent.kind is TokenKind.ID_TOKEN
    answered = seen is not None and seen.author is Author.IAP and seen.status != 403
    own = answered and seen is not None and seen.source.read != "call"
    audience = (sent.audience or "") if sent is not None else ""
    may_be_its_own = audience.endswith(".apps.googleusercontent.com") and audience != GCLOUD_CLIENT
    # so it answers who sends nothing that it accepts
    signs_in = own and seen is not None and seen.status == 302 and not may_be_its_own
    if not (is_behind_iap(service, load_balancer) or signs_in) or not (plain or (who and who.is_service_account)):
        return None
    advice = Advise(
        "iap-or-off",
        "Send credentials that IAP accepts, or switch IAP off for a service that other services call.",
        (DisableIap(f"//compute.googleapis.com/{front.backend}" if front is not None and front.iap else SERVICE),),
        costs="Without IAP only the invoker check protects the service.",
    )
    shown = [Say("the answer is IAP's: {because}", because=seen.because)] if seen is not None and answered else []
    because = (before, *shown)
    assuming = () if plain or own else ("the caller sends a plain ID token, the kind that Cloud Run accepts",)
    title = "IAP answers before Cloud Run looks at the token"
    return Finding(title, tuple(dict.fromkeys(because)), (advice,), assuming)
