"""Can the caller get an ID token at all?"""

from __future__ import annotations

import shlex

from ..model.answer import CannotTell
from ..model.caller import Caller, CallerKind
from ..model.change import Advise, EnableAccount, SetInvokerCheck
from ..model.clienterror import ErrorFamily
from ..model.evidence import Evidence
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.finding import Finding
from ..model.http import Call
from ..model.iam import Account, AllowPolicies, Principal
from ..model.run import Service
from ..model.token import Token
from .common import NO_TOKEN, SERVICE_TO_SERVICE, SHORT_LIVED, is_open, request_of
from .intent import TOKENLESS, error_of, meant_public, said
from .rule import Judgement, rule

_HERE = Source("run.services.get", "the service")
_AGENT_DOMAINS = ("@gcp-sa-", ".gcp-sa-", "@serverless-robot-prod.", "@cloudservices.", "@system.", "@cloudbuild.")


def _lives_elsewhere(email: str) -> bool:
    """Tell whether an account is Google's own, which its users cannot look up."""
    return any(part in email for part in _AGENT_DOMAINS) or email.startswith("service-")


@rule(
    "mint/account-missing",
    see="https://docs.cloud.google.com/iam/docs/service-accounts-delete-undelete",
)
def account_missing(
    principal: Fact[Principal], account: Fact[Account], caller: Fact[Caller], evidence: Fact[Evidence]
) -> Judgement:
    """The caller's service account does not exist.

    What happens: It was deleted, or never was. No token can be minted for it, so the call goes out without one, or not
    at all.

    Confirm: `gcloud iam service-accounts describe E-MAIL` answers NOT_FOUND.

    Fix: Create the account, or undelete it within 30 days, then grant its roles anew: a recreated account is another
    identity.

    Danger: Old bindings of a deleted account (`deleted:…`) give the new one nothing.
    """
    pasted, who, asked = value_of(evidence), value_of(principal), value_of(caller)
    failed = error_of(pasted, ErrorFamily.ACCOUNT_NOT_FOUND) if pasted else None
    email = (failed.resource if failed else None) or (who.email if who and who.is_service_account else None)
    if failed is None:
        if isinstance(principal, Unknown) and principal.obstacle is Obstacle.NOT_TOLD:
            return CannotTell("which account calls is not known", (principal,))
        if email is None or _lives_elsewhere(email):
            return None
        if isinstance(account, Unknown):
            return CannotTell(f"whether {email} exists was not read", (account,))
        if isinstance(account, Known):
            return None
    because = [said(failed)] if failed else [f"IAM knows no service account {email}"]
    if asked is not None and asked.resource and not failed:
        because.append(f"{asked.asked} is set to use it")
    advice = Advise(
        "create-account",
        f"Create {email or 'the account'} or undelete it, or use an account that exists; then grant the invoker role.",
    )
    return Finding(f"the service account {email or 'of the caller'} does not exist", tuple(because), (advice,))


@rule(
    "mint/account-disabled",
    see="https://docs.cloud.google.com/iam/docs/service-accounts-disable-enable",
)
def account_disabled(account: Fact[Account], principal: Fact[Principal], evidence: Fact[Evidence]) -> Judgement:
    """The caller's service account is disabled.

    What happens: A disabled account gets no tokens, so its calls go out without one, or fail before they are made. Its
    role bindings stay as they are.

    Confirm: `gcloud iam service-accounts describe E-MAIL --format='value(disabled)'` prints True.

    Fix: Enable the account, or use another one.

    Danger: Somebody disabled it for a reason: ask before enabling it.
    """
    pasted, who = value_of(evidence), value_of(principal)
    failed = error_of(pasted, ErrorFamily.ACCOUNT_DISABLED) if pasted else None
    if failed is not None:
        advice = Advise("enable-account", "Enable the account, or use another one.")
        return Finding("the caller's service account is disabled", (said(failed),), (advice,))
    if isinstance(account, Unknown):
        if who is None or not who.is_service_account or _lives_elsewhere(who.email or ""):
            return None
        return CannotTell("whether the account is enabled was not read", (account,))
    if not isinstance(account, Known) or not account.value.disabled:
        return None
    return Finding(
        f"the service account {account.value.email} is disabled",
        ("IAM says that the account is disabled",),
        (EnableAccount(account.value.email),),
    )


@rule("mint/impersonation-denied", see=SHORT_LIVED)
def impersonation_denied(
    caller: Fact[Caller], principal: Fact[Principal], minted: Fact[Token], evidence: Fact[Evidence]
) -> Judgement:
    """The caller may not mint ID tokens as the service account that it impersonates.

    What happens: `generateIdToken` answers 403. It takes `iam.serviceAccounts.getOpenIdToken` on the account, which
    Owner and Editor do not hold.

    Confirm: `gcloud iam service-accounts get-iam-policy E-MAIL` does not give the caller a token creator role.

    Fix: Grant `roles/iam.serviceAccountOpenIdTokenCreator` on that one account.

    Danger: Whoever holds it can act as the account towards every service that takes its ID tokens.
    """
    pasted, who, known = value_of(evidence), value_of(principal), value_of(caller)
    failed = error_of(pasted, ErrorFamily.OPEN_ID_TOKEN_DENIED) if pasted else None
    if failed is not None:
        email = failed.resource or "the service account"
        title = f"the caller may not mint ID tokens as {email}"
        return Finding(title, (said(failed),), (_grant_token_creator(failed.resource or "E-MAIL"),))
    if known is None or known.impersonates is None or known.kind is not CallerKind.OPERATOR:
        return None
    if not isinstance(minted, Unknown) or minted.obstacle is not Obstacle.FORBIDDEN:
        return None
    by = f" as {who.member}" if who and who.email != known.impersonates else ""
    needed = minted.permission or "iam.serviceAccounts.getOpenIdToken"
    return Finding(
        f"{known.asked} may not mint ID tokens as {known.impersonates}",
        (f"generateIdToken was refused{by}: it needs {needed}",),
        (_grant_token_creator(known.impersonates),),
    )


def _grant_token_creator(email: str) -> Advise:
    command = (
        f"gcloud iam service-accounts add-iam-policy-binding {shlex.quote(email)} "
        "--role=roles/iam.serviceAccountOpenIdTokenCreator --member=MEMBER"
    )
    return Advise(
        "grant-token-creator",
        f"Grant roles/iam.serviceAccountOpenIdTokenCreator on {email} to whoever makes the call.",
        (command,),
    )


@rule("mint/sender-cannot-authenticate", see=SERVICE_TO_SERVICE, predicts=NO_TOKEN)
def sender_cannot_authenticate(
    caller: Caller,
    service: Service,
    policies: Fact[AllowPolicies],
    call: Call,
    now: Fact[int],
    evidence: Fact[Evidence],
    token: Fact[Token],
) -> Judgement:
    """The sender can never attach a Google token, and the service asks for one.

    What happens: A third party's webhook, a plain browser or an end user's app holds no service account. Its calls
    arrive without a Google ID token, and the front end answers 403.

    Confirm: The request log says that the Authorization header was empty.

    Fix: Put a front with its own check before the service (API Gateway, a load balancer with IAP), or make the service
    public deliberately and check the sender's signature in the application.

    Danger: A public service is open to everybody; the application must then check every request itself.
    """
    if caller.kind not in TOKENLESS or is_open(service, policies, request_of(call, now)) or service.iap_enabled:
        return None
    if isinstance(token, Known) or meant_public(Known(service, _HERE), evidence) or call.method == "OPTIONS":
        return None  # what arrives, or that it was to be public, is the more specific cause
    if isinstance(policies, Unknown | Absent) and service.checks_iam:
        return CannotTell("whether the service is public could not be read", _missing(policies))
    return Finding(
        f"a {caller.kind} cannot send a Google ID token, and {service.id} asks for one",
        ("the service's invoker check is on, and nobody gave access to all users",),
        (
            Advise(
                "public-front", "Put a front with its own check before it: API Gateway, or a load balancer with IAP."
            ),
            SetInvokerCheck(service.full_name, on=False),
        ),
        () if caller.kind is CallerKind.WEBHOOK else ("the service is meant to be private",),
    )


def _missing(policies: Fact[AllowPolicies]) -> tuple[Unknown, ...]:
    return (policies,) if isinstance(policies, Unknown) else ()


RULES = (account_missing, account_disabled, impersonation_denied, sender_cannot_authenticate)
