"""Can the caller get an ID token at all?"""

from __future__ import annotations

from ..model.answer import CannotTell
from ..model.caller import Caller
from ..model.change import Advise, EnableAccount, SetInvokerCheck
from ..model.fact import Absent, Fact, Obstacle, Unknown
from ..model.finding import Finding
from ..model.http import Call
from ..model.iam import Account, AllowPolicies, Principal
from ..model.run import Service
from ..model.token import Token
from .common import SERVICE_TO_SERVICE, SHORT_LIVED, TOKENLESS, is_open, request_of
from .rule import Judgement, rule

_AGENT_DOMAINS = ("@gcp-sa-", ".gcp-sa-", "@serverless-robot-prod.", "@cloudservices.", "@system.", "@cloudbuild.")


def _lives_elsewhere(email: str) -> bool:
    """Tell whether an account is Google's own, which its users cannot look up."""
    return any(part in email for part in _AGENT_DOMAINS) or email.startswith("service-")


@rule("mint/account-missing", see="https://docs.cloud.google.com/iam/docs/service-accounts-delete-undelete")
def account_missing(principal: Principal, account: Account | None, caller: Caller) -> Judgement:
    """The caller's service account does not exist.

    What happens: It was deleted, or never was. No token can be minted for it, so the call goes out without one, or not
    at all.

    Confirm: `gcloud iam service-accounts describe E-MAIL` answers NOT_FOUND.

    Fix: Create the account, or undelete it within 30 days, then grant its roles anew: a recreated account is another
    identity.

    Danger: Old bindings of a deleted account (`deleted:…`) give the new one nothing.
    """
    email = principal.email
    if account is not None or email is None or not principal.is_service_account or _lives_elsewhere(email):
        return None
    because = [f"IAM knows no service account {email}"]
    if caller.resource:
        because.append(f"{caller.asked} is set to use it")
    advice = Advise(
        "create-account",
        f"Create {email} or undelete it, or use an account that exists; then grant the invoker role.",
    )
    return Finding(f"the service account {email} does not exist", tuple(because), (advice,))


@rule("mint/account-disabled", see="https://docs.cloud.google.com/iam/docs/service-accounts-disable-enable")
def account_disabled(account: Account, principal: Principal) -> Judgement:
    """The caller's service account is disabled.

    What happens: A disabled account gets no tokens, so its calls go out without one, or fail before they are made. Its
    role bindings stay as they are.

    Confirm: `gcloud iam service-accounts describe E-MAIL --format='value(disabled)'` prints True.

    Fix: Enable the account, or use another one.

    Danger: Somebody disabled it for a reason: ask before enabling it.
    """
    if not account.disabled or not principal.is_service_account:
        return None
    return Finding(
        f"the service account {account.email} is disabled",
        ("IAM says that the account is disabled",),
        (EnableAccount(account.email),),
    )


@rule("mint/impersonation-denied", see=SHORT_LIVED)
def impersonation_denied(caller: Caller, principal: Principal, minted: Fact[Token]) -> Judgement:
    """The caller may not mint ID tokens as the service account that it impersonates.

    What happens: `generateIdToken` answers 403. It takes `iam.serviceAccounts.getOpenIdToken` on the account, which
    Owner and Editor do not hold.

    Confirm: `gcloud iam service-accounts get-iam-policy E-MAIL` does not give the caller a token creator role.

    Fix: Grant `roles/iam.serviceAccountOpenIdTokenCreator` on that one account.

    Danger: Whoever holds it can act as the account towards every service that takes its ID tokens.
    """
    if caller.impersonates is None or not isinstance(minted, Unknown) or minted.obstacle is not Obstacle.FORBIDDEN:
        return None
    by = f" as {principal.member}" if principal.email != caller.impersonates else ""
    needed = minted.permission or "iam.serviceAccounts.getOpenIdToken"
    return Finding(
        f"{caller.asked} may not mint ID tokens as {caller.impersonates}",
        (f"generateIdToken was refused{by}: it needs {needed}",),
        (_grant_token_creator(caller.impersonates),),
    )


def _grant_token_creator(email: str) -> Advise:
    command = (
        f"gcloud iam service-accounts add-iam-policy-binding {email} "
        "--role=roles/iam.serviceAccountOpenIdTokenCreator --member=MEMBER"
    )
    return Advise(
        "grant-token-creator",
        f"Grant roles/iam.serviceAccountOpenIdTokenCreator on {email} to whoever makes the call.",
        (command,),
    )


@rule("mint/sender-cannot-authenticate", see=SERVICE_TO_SERVICE)
def sender_cannot_authenticate(
    caller: Caller, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
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
    )


def _missing(policies: Fact[AllowPolicies]) -> tuple[Unknown, ...]:
    return (policies,) if isinstance(policies, Unknown) else ()


RULES = (account_missing, account_disabled, impersonation_denied, sender_cannot_authenticate)
