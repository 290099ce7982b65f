"""Can the caller get an ID token at all?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ..answers.author import Author
from ..answers.observed import Sight
from ..deferred import regex
from ..iam.allow import may
from ..iam.conditions import RequestAttributes, request_of
from ..iam.roles import GET_ACCESS_TOKEN, GET_OPEN_ID_TOKEN
from ..model.answer import CannotTell, Yes
from ..model.caller import Caller, CallerKind, Federation, Sending
from ..model.caller_kinds import declared, name_of
from ..model.change import (
    ACCOUNT,
    AUDIENCE,
    OPERATOR,
    Advise,
    EnableAccount,
    GrantRole,
    PrintToken,
    SendAccessToken,
    SetInvokerCheck,
    ShowPolicy,
    ShowProvider,
    SignInAs,
    account_resource,
)
from ..model.clienterror import ClientError, ErrorFamily
from ..model.evidence import Credential, Exchange, LogEntry
from ..model.exported import Export, ExportKind, TokenSetting, TokenType
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown, value_of
from ..model.finding import Finding, Prediction, Stage
from ..model.http import Call
from ..model.iam import Account, AllowPolicies, Principal
from ..model.id_token_clients import (
    BUILD,
    FEDERATION_ADVICE,
    IdTokenClient,
    client_that_says,
    table,
)
from ..model.leads import is_behind_iap
from ..model.load_balancer import LoadBalancer
from ..model.run import Service, host_of
from ..model.token import Token
from ..say import Say
from .common import CHECKED, NO_TOKEN, SERVICE_TO_SERVICE, SHORT_LIVED, TROUBLESHOOTING, is_open, not_read
from .derived_facts import TokenCheck
from .public_intent import email_in, error_of, operator_in, said, served_by_front
from .registry import Judgement, rule

METADATA_HOSTS = ("metadata.google.internal", "169.254.169.254")


def _credential_type(errors: Sequence[ClientError], exports: Sequence[Export]) -> str:
    """Return the type of the credentials, as their file or the client's message names it."""
    found = next((e for e in exports if e.kind is ExportKind.CREDENTIALS), None)
    if found:
        return found.fields.get("type", "")
    failed = error_of(errors, ErrorFamily.NO_ID_TOKEN_CREDENTIALS)
    return (failed.credentials_type if failed else None) or ""


@rule("mint/external-account", see="https://docs.cloud.google.com/iam/docs/workload-identity-federation")
def external_account(errors: tuple[ClientError, ...], exports: tuple[Export, ...]) -> Judgement:
    """Federated credentials give an access token only, and no ID token.

    What happens: `fetch_id_token` knows service account files, impersonated ones and the metadata server. It
    silently ignores an `external_account` file; on a VM it then uses the VM's own identity. gcloud takes no
    `--audiences` with such credentials.

    Confirm: The credential file's `type` is `external_account`.

    Fix: A second hop: call `generateIdToken` on a service account that the federated identity may impersonate.

    Danger: The identity needs `roles/iam.serviceAccountOpenIdTokenCreator` on that account; keep the member narrow.
    """
    failed = error_of(errors, ErrorFamily.NO_ID_TOKEN_CREDENTIALS) or error_of(errors, ErrorFamily.USER_AUDIENCE)
    if failed is None or _credential_type(errors, exports) != "external_account":
        return None
    advice = Advise("second-hop", FEDERATION_ADVICE)
    because = ("the credentials are of the type external_account", said(failed))
    return Finding("federated credentials cannot mint an ID token by themselves", because, (advice,))


@rule("mint/user-credentials", see="https://docs.cloud.google.com/docs/authentication/get-id-token")
def user_credentials(errors: tuple[ClientError, ...], exports: tuple[Export, ...]) -> Judgement:
    """Application Default Credentials are a user's, and no ID token for a service can be minted from them.

    What happens: After `gcloud auth application-default login` the credentials are a user's. `fetch_id_token` does not
    read them: "Neither metadata server or valid service account credentials are found."

    Confirm: The credential file's `type` is `authorized_user`.

    Fix: Impersonate a service account that may invoke the service. Python's `fetch_id_token` finds the file that gcloud
    then writes only where `GOOGLE_APPLICATION_CREDENTIALS` names it.

    Danger: Do not download a service account key for this; impersonation needs none.
    """
    failed = error_of(errors, ErrorFamily.NO_ID_TOKEN_CREDENTIALS)
    type_ = _credential_type(errors, exports)
    if failed is None or type_ != "authorized_user":
        return None
    because = (said(failed), Say("the credentials are of the type {type}", type=type_))
    advice = _impersonate(client_that_says(failed.message))
    return Finding("a user's credentials cannot mint an ID token for a service", because, (advice,))


_OWN_CAUSE = frozenset({"authorized_user", "external_account"})
"""Types of credentials that have a cause of their own."""


@rule(
    "mint/no-id-token-credentials",
    see="https://docs.cloud.google.com/docs/authentication/get-id-token",
    more=table(),
)
def no_id_token_credentials(
    errors: Fact[tuple[ClientError, ...]],
    exports: Fact[tuple[Export, ...]],
    caller: Fact[Caller],
    principal: Fact[Principal],
    check: Fact[TokenCheck],
) -> Judgement:
    """The client library cannot mint an ID token from the credentials that it found.

    What happens: Not every client mints ID tokens from every kind of credentials. Only a message that names their
    type, or their file, shows which kind they are. Where no service account is attached, as a virtual machine can be
    made, the metadata server has no identity to make one for.

    Confirm: Check which credentials the client finds: `GOOGLE_APPLICATION_CREDENTIALS`, the `type` in that file, else
    what `gcloud auth application-default login` left, else the metadata server of the machine.

    Fix: Where a service account is attached, let the client reach its metadata server. Elsewhere mint through the IAM
    Credentials API (`generateIdToken`) as a service account that may invoke the service.

    Danger: Do not download a service account key for this; impersonation needs none.
    """
    said_by = value_of(errors) or ()
    failed = error_of(said_by, ErrorFamily.NO_ID_TOKEN_CREDENTIALS)
    if failed is None and (workload := _without_account(value_of(caller), principal)) is not None:
        return _where_asked_for(check, workload)
    if failed is None:
        return (
            CannotTell("what the client said was not read", not_read(errors)) if isinstance(errors, Unknown) else None
        )
    type_ = _credential_type(said_by, value_of(exports) or ())
    if type_ in _OWN_CAUSE:
        return None
    if failed.origin in _BROWSERS:
        words = "Call the service from a server of yours, which mints the token: no browser reaches a metadata server."
        return Finding("a browser cannot mint an ID token", (said(failed),), (Advise("call-from-server", words),))
    client = client_that_says(failed.message)
    because = [said(failed), *([Say("the credentials are of the type {type}", type=type_)] if type_ else [])]
    name = client.shown if client else "the client"
    title = Say("{name} cannot mint an ID token from the credentials that it found", name=name)
    return Finding(title, tuple(because), (_other_credentials(client, type_),))


_BROWSERS = frozenset({"Chrome", "Firefox"})


def _without_account(caller: Caller | None, principal: Fact[Principal]) -> Finding | None:
    """Say that a workload has nobody to call as; a pod's link to an account is a cause of its own.

    Source: https://docs.cloud.google.com/compute/docs/access/service-accounts
    """
    if caller is None or not isinstance(principal, Absent) or not declared(caller.kind).runs_code:
        return None
    if caller.kind is CallerKind.GKE:
        return None
    name = name_of(caller)
    title = Say("{caller} has no service account, so it cannot get an ID token", caller=name)
    advice = Say("Attach a service account to {caller} that may invoke the service.", caller=name)
    return Finding(
        title,
        ("no service account is attached to it",),
        (Advise("attach-account", advice),),
        ("it has no credentials of its own, such as a key",),
    )


def _other_credentials(client: IdTokenClient | None, type_: str) -> Advise:
    """Return what to do for a client, and credentials whose type may not be known."""
    if client is not None and client.advice:
        return _impersonate(client)
    if client is not None and type_ in client.older:
        advice = Say(
            "Update {client}: newer versions mint from credentials of the type {type}.", client=client.shown, type=type_
        )
        return Advise(
            "mint-by-api", Say("{advice} Or call generateIdToken of the IAM Credentials API yourself.", advice=advice)
        )
    return Advise(
        "mint-by-api",
        Say(
            "Find out which credentials the client uses. A user's: impersonate a service account that may invoke the "
            "service. Federated ones: {federation} On Google Cloud: make sure that the client reaches the metadata "
            "server. {build}",
            federation=FEDERATION_ADVICE[0].lower() + FEDERATION_ADVICE[1:],
            build=BUILD,
        ),
    )


def _impersonate(client: IdTokenClient | None) -> Advise:
    """Return how a client mints as a service account."""
    if client is not None and client.advice:
        return Advise("impersonate-account", client.advice, (PrintToken(ACCOUNT, AUDIENCE),))
    return Advise(
        "impersonate-account",
        "Impersonate a service account that may invoke the service, and mint its ID token.",
        (SignInAs(ACCOUNT, names_file=client is None or client.needs_variable),),
    )


@rule("mint/user-custom-audience", see="https://docs.cloud.google.com/sdk/gcloud/reference/auth/print-identity-token")
def user_custom_audience(errors: tuple[ClientError, ...], exports: Fact[tuple[Export, ...]]) -> Judgement:
    """A user's token gets no audience from gcloud.

    What happens: `--audiences` of `gcloud auth print-identity-token` works for service accounts only: "Invalid account
    type for `--audiences`. Requires valid service account."

    Confirm: `gcloud auth list` shows a user account as active.

    Fix: Add `--impersonate-service-account=E-MAIL`, with an account that may invoke the service.

    Danger: It requires `roles/iam.serviceAccountTokenCreator` on that account, which lets you act as it everywhere.
    """
    failed = error_of(errors, ErrorFamily.USER_AUDIENCE)
    if failed is None or _credential_type(errors, value_of(exports) or ()) == "external_account":
        return None
    advice = Advise(
        "impersonate-account",
        "Impersonate a service account that may invoke the service.",
        (PrintToken(ACCOUNT, AUDIENCE),),
    )
    return Finding("gcloud sets no audience on a user's token", (said(failed),), (advice,))


@rule("mint/gcloud-needs-access-token", see=SHORT_LIVED)
def gcloud_needs_access_token(
    errors: tuple[ClientError, ...], logs: tuple[LogEntry, ...], exports: tuple[Export, ...]
) -> Judgement:
    """Impersonation by gcloud needs the right to mint access tokens too.

    What happens: gcloud's `--impersonate-service-account` first gets an access token of the account, so
    `iam.serviceAccounts.getAccessToken` is needed even when only an ID token is wanted.

    Confirm: gcloud's message names `iam.serviceAccounts.getAccessToken`.

    Fix: Grant `roles/iam.serviceAccountTokenCreator` on that account, or mint through the API, which needs
    `roles/iam.serviceAccountOpenIdTokenCreator` only.

    Danger: TokenCreator lets its holder act as the account towards every Google API.
    """
    failed = error_of(errors, ErrorFamily.ACCESS_TOKEN_DENIED)
    if failed is None or failed.origin != "gcloud" or _federated(errors, logs, exports):
        return None
    advice = Advise(
        "grant-token-creator",
        "Grant roles/iam.serviceAccountTokenCreator on the account, or mint through the API instead of gcloud.",
        (_bind_on_account("roles/iam.serviceAccountTokenCreator", failed),),
    )
    return Finding(
        "gcloud may not get an access token for the account that it impersonates", (said(failed),), (advice,)
    )


def _bind_on_account(role: str, failed: ClientError) -> GrantRole:
    """Return the grant of a role on the account that an error names, to whoever got it."""
    named = _IMPERSONATED.search(failed.message)
    account = email_in(failed.resource) or email_in(named["account"] if named else None) or ACCOUNT
    return GrantRole(account_resource(account), role, operator_in(failed) or OPERATOR)


_IMPERSONATED = regex(r"to impersonate \[(?P<account>\S{1,300}?)\]")
"""Source: https://docs.cloud.google.com/sdk/gcloud/reference/auth/print-identity-token, as gcloud prints it."""


def _federated(
    errors: Sequence[ClientError], logs: Sequence[LogEntry], exports: Sequence[Export], caller: Caller | None = None
) -> bool | None:
    """Whether the credentials are a pool's: their type says so, whom a message or an audit log names, or who calls."""
    named = [entry.principal for entry in logs if entry.principal]
    if any("/workloadIdentityPools/" in each for each in (*named, *(error.message for error in errors))):
        return True
    type_ = _credential_type(errors, exports)
    if type_ or named:
        return type_ == "external_account"
    return caller.kind is CallerKind.FEDERATION if caller is not None else None


@rule("mint/cannot-act-as", see="https://docs.cloud.google.com/iam/docs/attach-service-accounts")
def cannot_act_as(errors: tuple[ClientError, ...]) -> Judgement:
    """The creator of the job or task may not act as its service account.

    What happens: A scheduler job, task, subscription or deploy that names a service account
    requires `iam.serviceAccounts.actAs` on it. Without it the creation is refused.

    Confirm: The message names `iam.serviceAccounts.actAs`.

    Fix: Grant `roles/iam.serviceAccountUser` on that one account to the creator of the job.

    Danger: It lets its holder run things as that account; never grant it on the whole project.
    """
    failed = error_of(errors, ErrorFamily.ACT_AS_DENIED)
    if failed is None:
        return None
    advice = Advise(
        "grant-act-as",
        "Grant roles/iam.serviceAccountUser on the account to the creator of the job, task or service.",
        (_bind_on_account("roles/iam.serviceAccountUser", failed),),
    )
    return Finding("the creator of the job may not act as its service account", (said(failed),), (advice,))


_PROVIDER: Final = regex(r"projects/[\w:.-]+/locations/[\w-]+/workloadIdentityPools/[\w-]+/providers/[\w-]+")


@rule(
    "mint/federation-denied", see="https://docs.cloud.google.com/iam/docs/troubleshooting-workload-identity-federation"
)
def federation_denied(
    errors: Fact[tuple[ClientError, ...]],
    logs: Fact[tuple[LogEntry, ...]],
    exports: Fact[tuple[Export, ...]],
    caller: Fact[Caller],
    federation: Fact[Federation],
    check: Fact[TokenCheck],
) -> Judgement:
    """The federated identity may not impersonate the service account.

    What happens: The token exchange is refused, or the identity matches no member on the account: the attribute
    mapping, the attribute condition or the `principalSet` is not the one that was meant.

    Confirm: `gcloud iam service-accounts get-iam-policy E-MAIL` and the provider's attribute mapping and condition.

    Fix: Correct the mapping or the member, with `roles/iam.workloadIdentityUser` on the account.

    Danger: A member that is too wide (a whole pool) lets every repository or tenant of it act as the account.
    """
    asked, known, told = value_of(caller), value_of(federation), value_of(errors) or ()
    failed = error_of(told, ErrorFamily.STS_DENIED)
    denied = error_of(told, ErrorFamily.ACCESS_TOKEN_DENIED, ErrorFamily.OPEN_ID_TOKEN_DENIED)
    federated = _federated(told, value_of(logs) or (), value_of(exports) or (), asked)
    if failed is None and federated:
        failed = denied
    if failed is None and federated is None and _is_a_librarys(denied):
        return CannotTell("whose credentials tried to get a token for the account is not shown")
    if failed is None and isinstance(federation, Unknown):
        return CannotTell("the provider of the caller's pool was not read", (federation,))
    because = (said(failed),) if failed else known.misfit if known else ()
    if not because:
        return None
    assuming = (known.assuming,) if failed is None and known is not None and known.assuming else ()
    name = name_of(asked) if failed is None and asked else "the federated identity"
    if failed.family is ErrorFamily.STS_DENIED if failed else known and known.refuses:
        title = Say("{name} gets no token from Google", name=name)
        advice = _accept(failed.message if failed else asked.resource if asked else None)
    else:
        account = email_in(failed.resource) if failed else known.account if known else None
        which = account or ("the service account" if failed else "a service account")
        title, advice = Say("{name} may not impersonate {account}", name=name, account=which), _compare(account)
    finding = Finding(title, because, (advice,), assuming)
    return finding if failed else _where_asked_for(check, finding)


def _accept(named: str | None) -> Advise:
    """Return what to do where the provider that a text names takes no token of the identity."""
    provider = _PROVIDER.search(named or "")
    text = "Enable the provider if it is disabled; else have its condition and mapping accept this identity."
    return Advise("fix-federation", text, (ShowProvider(provider[0]),) if provider else ())


def _compare(account: str | None) -> Advise:
    """Return what to do where no account trusts the identity."""
    text = "Compare the identity's attributes with the provider's mapping and with the members on the account."
    return Advise("fix-federation", text, (ShowPolicy(account_resource(account or ACCOUNT)),))


@rule("mint/key-rejected", see="https://docs.cloud.google.com/iam/docs/service-account-creds#key-types")
def key_rejected(errors: tuple[ClientError, ...]) -> Judgement:
    """The service account's key is not accepted.

    What happens: The token endpoint answers `invalid_grant`, "Invalid JWT Signature": the key was deleted or disabled,
    or it belongs to another account.

    Confirm: `gcloud iam service-accounts keys list --iam-account=E-MAIL` does not list the key's id.

    Fix: Use credentials without a key (metadata server, impersonation, federation), or create a new key.

    Danger: Keys leak and do not expire.
    """
    failed = error_of(errors, ErrorFamily.KEY_REJECTED)
    if failed is None:
        return None
    advice = Advise("keyless", "Use credentials without a key; if you need a key, create a new one.")
    return Finding("the service account's key is not accepted", (said(failed),), (advice,))


_SKEW = 60  # seconds; a token that is issued later than it is answered shows that the caller's clock is ahead


@rule("mint/clock-skew", see=TROUBLESHOOTING)
def clock_skew(errors: tuple[ClientError, ...], exchanges: tuple[Exchange, ...], token: Fact[Token]) -> Judgement:
    """The caller's clock is off.

    What happens: The assertion that the caller signs lies outside the time frame that Google allows, and is refused; or
    a token's `iat` lies after the time at which it was answered ("Token used too early").

    Confirm: Compare the caller's clock with the `Date` header of an answer.

    Fix: Correct the clock, and keep it right with NTP.

    Danger: None.
    """
    failed = error_of(errors, ErrorFamily.CLOCK)
    because = [said(failed)] if failed else []
    sent = value_of(token)
    answered = max((e.at for e in exchanges if e.at is not None and e.response is not None), default=None)
    if sent and sent.issued_at and answered and sent.issued_at - answered > _SKEW:
        because.append(
            Say("the token's issue time is {seconds} seconds later than the answer", seconds=sent.issued_at - answered)
        )
    if not because:
        return None
    return Finding(
        "the caller's clock is off",
        tuple(because),
        (Advise("fix-clock", "Correct the caller's clock, and keep it right with NTP."),),
    )


@rule("mint/gke-no-identity", see="https://docs.cloud.google.com/kubernetes-engine/docs/how-to/workload-identity")
def gke_no_identity(
    errors: Fact[tuple[ClientError, ...]],
    caller: Fact[Caller],
    principal: Fact[Principal],
    check: Fact[TokenCheck],
) -> Judgement:
    """The pod has no service account of Google Cloud.

    What happens: The metadata server of GKE has no identity for a Kubernetes service account that is not linked to one,
    and says that it is not defined. Where the link has only one end, it says that IAM returned 403.

    Confirm: `kubectl get serviceaccount KSA -o yaml` shows no `iam.gke.io/gcp-service-account`, or the policy of the
    account that it names does not give `roles/iam.workloadIdentityUser` to the Kubernetes service account.

    Fix: Link the Kubernetes service account to a Google one (Workload Identity), or impersonate one.

    Danger: Do not let pods use the node's own account; it is shared by all of them.
    """
    asked, who = value_of(caller), value_of(principal)
    failed = error_of(value_of(errors) or (), ErrorFamily.METADATA_NOT_DEFINED)
    if failed is not None:
        return Finding("the metadata server has no identity for this workload", (said(failed),), (_LINK_ACCOUNT,))
    if (denied := error_of(value_of(errors) or (), ErrorFamily.METADATA_DENIED)) is not None:
        words = "Grant roles/iam.workloadIdentityUser on the Google service account to the Kubernetes service account."
        title = "the pod may not act as the Google service account that it is linked to"
        return Finding(title, (said(denied),), (Advise("finish-link", words),))
    unlinked = isinstance(principal, Absent) or (who is not None and who.is_federated)
    if asked is None or asked.kind is not CallerKind.GKE or not unlinked:
        return None
    because = "no Google service account is linked to it, so it has no identity that Cloud Run accepts"
    return _where_asked_for(
        check,
        Finding(Say("{caller} has no Google service account", caller=name_of(asked)), (because,), (_LINK_ACCOUNT,)),
    )


_LINK_ACCOUNT: Final = Advise("link-account", "Link the Kubernetes service account to a Google service account.")


@rule("mint/metadata-proxied", see=TROUBLESHOOTING)
def metadata_proxied(
    caller: Fact[Caller],
    caller_service: Fact[Service],
    principal: Fact[Principal],
    errors: Fact[tuple[ClientError, ...]],
    credentials: Fact[tuple[Credential, ...]],
) -> Judgement:
    """Requests to the metadata server go through a proxy.

    What happens: With `HTTP_PROXY` set and the metadata host not in `NO_PROXY`, the proxy asks its own metadata server,
    and the caller gets a token of the proxy's account, or none.

    Confirm: The token's e-mail is not the caller's account; the environment has `HTTP_PROXY`.

    Fix: Add `metadata.google.internal` and `169.254.169.254` to `NO_PROXY`.

    Danger: None.
    """
    service, who, asked = value_of(caller_service), value_of(principal), value_of(caller)
    if service is None or not _proxies_metadata(service):
        return None
    failed = error_of(value_of(errors) or (), ErrorFamily.METADATA_UNREACHABLE)
    other = _of_another(value_of(credentials) or (), who)
    if other is None and failed is None:
        return None
    name = name_of(asked) if asked else service.id
    because: list[str] = [
        Say("{name} has HTTP_PROXY set, and NO_PROXY does not cover {host}", name=name, host=METADATA_HOSTS[0])
    ]
    if other is not None:
        because.append(Say("the token that it sends belongs to {other}, not to its own account", other=other))
    if failed is not None:
        because.append(said(failed))
    advice = Advise(
        "no-proxy",
        Say(
            "Add {hosts} to NO_PROXY in the environment of {name}.",
            hosts=",".join(METADATA_HOSTS),
            name=name,
        ),
    )
    return Finding(Say("{name} reaches the metadata server through a proxy", name=name), tuple(because), (advice,))


def _of_another(credentials: Sequence[Credential], who: Principal | None) -> str | None:
    """Return whose token is sent, where it is not the caller's own."""
    own = who.email if who else None
    emails = {c.token.email.lower() for c in credentials if c.token and c.token.email}
    return min(emails - {own or ""}, default=None)


def _proxies_metadata(service: Service) -> bool:
    proxies = {name.lower(): value for name, value in service.proxies}
    if not proxies.get("http_proxy"):
        return False
    spared = [part.strip().lower() for part in proxies.get("no_proxy", "").split(",") if part.strip()]
    return not any(METADATA_HOSTS[0].endswith(part.lstrip("*")) or part == "*" for part in spared)


@rule(
    "mint/oidc-to-google-api",
    see="https://docs.cloud.google.com/scheduler/docs/http-target-auth",
    predicts=Prediction(frozenset({Stage.REACH, Stage.APP, *CHECKED}), frozenset({401}), at_api=frozenset({401})),
)
def oidc_to_google_api(sending: Fact[Sending], exports: Fact[tuple[Export, ...]], caller: Fact[Caller]) -> Judgement:
    """An ID token is sent to a Google API, which takes access tokens.

    What happens: `*.googleapis.com` answers an OIDC token with 401 UNAUTHENTICATED. A job that starts a Cloud Run job
    through the Admin API calls such an API, not the service.

    Confirm: The target's host ends in `googleapis.com` and the job has an `oidcToken`.

    Fix: Use `oauthToken` (an access token) for that target.

    Danger: The account then needs the API's own permission, such as `run.jobs.run`.
    """
    for name, resource, target, auth in _senders(value_of(sending), value_of(exports) or (), value_of(caller)):
        host = host_of(target)
        if auth.type is TokenType.OIDC and host.endswith(".googleapis.com"):
            is_job = resource.startswith("//cloudscheduler.googleapis.com/")
            commands = (SendAccessToken(resource, auth.account or ACCOUNT),) if is_job else ()
            advice = Advise("use-oauth-token", "Use an OAuth token for this target instead of an OIDC token.", commands)
            because = (Say("{name} calls {host} with an OIDC token", name=name, host=host),)
            return Finding("an ID token is sent to a Google API, which takes access tokens", because, (advice,))
    return None


def _senders(
    sending: Sending | None, exports: Sequence[Export], caller: Caller | None
) -> Iterator[tuple[str, str, str, TokenSetting]]:
    """Yield what sends a token: what to call it, its full resource name, what it calls, and the token."""
    if sending is not None and sending.auth is not None:
        yield sending.product, (caller.resource if caller else None) or "", sending.target or "", sending.auth
    for export in exports:
        if export.auth is not None:
            name, is_job = export.name or "it", export.kind is ExportKind.SCHEDULER_JOB
            yield name, f"//cloudscheduler.googleapis.com/{name}" * is_job, export.target or "", export.auth


_MINT = {TokenType.OIDC: GET_OPEN_ID_TOKEN, TokenType.OAUTH: GET_ACCESS_TOKEN}
"""What its agent needs on the account, by the token that the product is set to send."""
_TOKEN_CREATOR = {
    TokenType.OIDC: "roles/iam.serviceAccountOpenIdTokenCreator",
    TokenType.OAUTH: "roles/iam.serviceAccountTokenCreator",
}


@rule(
    "mint/agent-cannot-mint",
    see="https://docs.cloud.google.com/iam/docs/service-account-permissions",
    predicts=replace(NO_TOKEN, at_api=frozenset({401})),
)
def agent_cannot_mint(
    sending: Sending, minting: Fact[AllowPolicies], sight: Fact[Sight], check: Fact[TokenCheck]
) -> Judgement:
    """The product's service agent may not mint tokens for the account that it sends.

    What happens: Scheduler, Tasks, Pub/Sub and Eventarc have their own service agent mint the token. Without its role
    on the project, or a token creator role on the account, the request goes out without a token, and gets 403 from
    Cloud Run, or 401 from a Google API.

    Confirm: The request log says "Empty Authorization header value"; the project's policy lacks the agent's role.

    Fix: Grant `roles/iam.serviceAccountOpenIdTokenCreator` on that account to the agent (for an OAuth token
    `roles/iam.serviceAccountTokenCreator`), or give the agent back its service-agent role on the project.

    Danger: Only that product can act as its agent; the grant on one account is narrow.
    """
    if sending.auth is None or sending.auth.type not in _MINT:
        return None
    needed = _MINT[sending.auth.type]
    seen = value_of(sight)
    if seen is not None and seen.author is Author.TOKEN_CHECK:
        return None  # a token was sent
    product = Say(sending.product)
    if isinstance(minting, Unknown):  # who the agent is tells the project's number, which may be unread, too
        return CannotTell(
            Say("whether the service agent of {product} may mint was not read", product=product), (minting,)
        )
    if sending.agent is None or not isinstance(minting, Known):
        return None
    answer = may(minting.value, Principal(sending.agent), RequestAttributes("", "", None), needed)
    if isinstance(answer, Yes):
        return None
    if isinstance(answer, CannotTell):
        return answer
    account = sending.auth.account or ""
    grant = GrantRole(
        f"//iam.googleapis.com/projects/-/serviceAccounts/{account}",
        _TOKEN_CREATOR[sending.auth.type],
        sending.agent,
    )
    agent = sending.agent.partition(":")[2]
    finding = Finding(
        Say("the service agent of {product} may not mint tokens for {account}", product=product, account=account),
        (
            Say("{agent} mints the tokens of {product}", product=product, agent=agent),
            Say("nothing gives it {permission} on that account", permission=needed),
        ),
        (grant,),
    )
    return _where_asked_for(check, finding)


def _where_asked_for(check: Fact[TokenCheck], finding: Finding) -> Judgement:
    """Return why no token can be had, unless the service asks for none: the call may then be made without one."""
    known = value_of(check)
    if known is None or not known.needless:
        return finding
    return CannotTell(
        Say(
            "{title}; {service} asks for no token, and whether the caller calls without one is not known",
            title=finding.title,
            service=known.id,
        )
    )


@rule("mint/no-token-configured", see=SERVICE_TO_SERVICE, predicts=NO_TOKEN)
def no_token_configured(
    sending: Sending,
    check: TokenCheck,
    caller: Caller,
    service: Fact[Service],
    load_balancer: Fact[LoadBalancer],
) -> Judgement:
    """The job, task, subscription or trigger has no token set.

    What happens: It sends its requests without an Authorization header, and a private service answers 403. With
    Identity-Aware Proxy in front of it, the answer is a sign-in page.

    Confirm: Its description shows no `oidcToken` (Pub/Sub: no `pushConfig.oidcToken`, Eventarc: no service account).

    Fix: Set an OIDC token with a service account that may invoke the service, and the service's URL as audience.

    Danger: Do not make the service public instead.
    """
    if sending.auth is None or sending.auth.type is not TokenType.NONE:
        return None
    name = name_of(caller)
    if is_behind_iap(service, load_balancer):
        return Finding(
            Say("{name} sends no token, and Identity-Aware Proxy asks for one", name=name),
            (Say("no token is set on {name}", name=name),),
            (Advise("iap-or-off", "Send a token that IAP accepts, or switch IAP off for a service that others call."),),
            predicts=_BY_IAP,
        )
    if not check.on:
        return None
    words = "Set an OIDC token on {name}, of an account that may invoke {service}, with the audience {url}."
    text = Say(words, name=name, service=check.id, url=check.url)
    because, assuming = (Say("no token is set on {name}", name=name),), (sending.assuming,) if sending.assuming else ()
    title = Say("{name} sends no token", name=name)
    return check.finding(Finding(title, because, (check.send_id_token(text),), assuming))


_BY_IAP: Final = Prediction(frozenset({Stage.IAP}), frozenset({302, 401}))
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
    principal: Fact[Principal],
    account: Fact[Account],
    caller: Fact[Caller],
    errors: Fact[tuple[ClientError, ...]],
    check: Fact[TokenCheck],
) -> Judgement:
    """The caller's service account does not exist.

    What happens: It was deleted, or never was. No token can be minted for it, so the call goes out without one, or not
    at all.

    Confirm: `gcloud iam service-accounts describe E-MAIL` answers NOT_FOUND.

    Fix: Create the account, or undelete it within 30 days, then grant its roles again: a recreated account is another
    identity.

    Danger: Old bindings of a deleted account (`deleted:…`) give the new one nothing.
    """
    who, asked = value_of(principal), value_of(caller)
    failed = error_of(value_of(errors) or (), ErrorFamily.ACCOUNT_NOT_FOUND)
    email = (failed.resource if failed else None) or (who.email if who and who.is_service_account else None)
    if failed is None:
        if isinstance(principal, Unknown) and principal.obstacle is Obstacle.NOT_TOLD:
            return CannotTell("which account calls is not known", (principal,))
        if email is None or _lives_elsewhere(email):
            return None
        if isinstance(account, Unknown):
            return CannotTell(Say("whether {email} exists was not read", email=email), (account,))
        if isinstance(account, Known):
            return None
    because = [said(failed)] if failed else [Say("IAM knows no service account {email}", email=email)]
    if asked is not None and asked.resource and not failed:
        because.append(Say("{caller} is set to use it", caller=name_of(asked)))
    advice = Advise(
        "create-account",
        Say(
            "Create {account} or undelete it, or use an account that exists; then grant the invoker role.",
            account=email or "the account",
        ),
    )
    finding = Finding(
        Say("the service account {account} does not exist", account=email or "of the caller"), tuple(because), (advice,)
    )
    return finding if failed else _where_asked_for(check, finding)


@rule(
    "mint/account-disabled",
    see="https://docs.cloud.google.com/iam/docs/service-accounts-disable-enable",
)
def account_disabled(
    account: Fact[Account],
    principal: Fact[Principal],
    errors: Fact[tuple[ClientError, ...]],
    check: Fact[TokenCheck],
) -> Judgement:
    """The caller's service account is disabled.

    What happens: A disabled account gets no tokens, so its calls go out without one, or fail before they are made. Its
    role bindings stay as they are.

    Confirm: `gcloud iam service-accounts describe E-MAIL --format='value(disabled)'` prints True.

    Fix: Enable the account, or use another one.

    Danger: Somebody disabled it for a reason: ask before enabling it.
    """
    who = value_of(principal)
    failed = error_of(value_of(errors) or (), ErrorFamily.ACCOUNT_DISABLED)
    if failed is not None:
        advice = Advise("enable-account", "Enable the account, or use another one.")
        return Finding("the caller's service account is disabled", (said(failed),), (advice,))
    if isinstance(account, Unknown):
        if who is None or not who.is_service_account or _lives_elsewhere(who.email or ""):
            return None
        return CannotTell("whether the account is enabled was not read", (account,))
    if not isinstance(account, Known) or not account.value.disabled:
        return None
    finding = Finding(
        Say("the service account {account} is disabled", account=account.value.email),
        ("IAM says that the account is disabled",),
        (EnableAccount(account.value.email),),
    )
    return _where_asked_for(check, finding)


@rule("mint/impersonation-denied", see=SHORT_LIVED)
def impersonation_denied(
    caller: Fact[Caller],
    principal: Fact[Principal],
    minted: Fact[Token],
    errors: Fact[tuple[ClientError, ...]],
    logs: Fact[tuple[LogEntry, ...]],
    exports: Fact[tuple[Export, ...]],
) -> Judgement:
    """The caller may not mint ID tokens as the service account that it impersonates.

    What happens: `generateIdToken` answers 403. It requires `iam.serviceAccounts.getOpenIdToken` on the account, which
    Owner and Editor do not hold.

    Confirm: `gcloud iam service-accounts get-iam-policy E-MAIL` does not give the caller a token creator role.

    Fix: Grant `roles/iam.serviceAccountOpenIdTokenCreator` on that one account.

    Danger: Its holder can act as the account towards every service that accepts its ID tokens.
    """
    who, known, told = value_of(principal), value_of(caller), value_of(errors) or ()
    failed = error_of(told, ErrorFamily.OPEN_ID_TOKEN_DENIED)
    other = error_of(told, ErrorFamily.ACCESS_TOKEN_DENIED)
    if failed is None and other is not None and _is_a_librarys(other):
        federated = _federated(told, value_of(logs) or (), value_of(exports) or (), known)
        if federated is None:
            return CannotTell("whose credentials tried to get a token for the account is not shown")
        return None if federated else _may_not_act(other)
    if failed is not None:
        email = email_in(failed.resource) or "the service account"
        title = Say("the caller may not mint ID tokens as {email}", email=email)
        return Finding(title, (said(failed),), (_grant_token_creator(email_in(failed.resource), operator_in(failed)),))
    if known is None or known.impersonates is None or known.kind is not CallerKind.OPERATOR:
        return None
    if not isinstance(minted, Unknown) or minted.obstacle is not Obstacle.FORBIDDEN:
        return None
    by = Say(" as {member}", member=who.member) if who and who.email != known.impersonates else ""
    needed = minted.permission or "iam.serviceAccounts.getOpenIdToken"
    return Finding(
        Say("{caller} may not mint ID tokens as {account}", caller=name_of(known), account=known.impersonates),
        (Say("generateIdToken was refused{by}: it needs {needed}", by=by, needed=needed),),
        (_grant_token_creator(known.impersonates, who.member if by and who else None),),
    )


def _is_a_librarys(failed: ClientError | None) -> bool:
    """Whether a library was refused an access token of the account; gcloud's message has a cause of its own."""
    return failed is not None and failed.family is ErrorFamily.ACCESS_TOKEN_DENIED and failed.origin != "gcloud"


def _may_not_act(failed: ClientError) -> Finding:
    """A library that impersonates gets an access token of the account first, whatever it is asked for."""
    role = "roles/iam.serviceAccountTokenCreator"
    words = Say("Grant {role} on the account to the account that makes the call.", role=role)
    advice = Advise("grant-token-creator", words, (_bind_on_account(role, failed),))
    email = email_in(failed.resource) or "the service account"
    return Finding(Say("the caller may not get tokens of {email}", email=email), (said(failed),), (advice,))


def _grant_token_creator(email: str | None, member: str | None) -> Advise:
    role = "roles/iam.serviceAccountOpenIdTokenCreator"
    return Advise(
        "grant-token-creator",
        Say("Grant {role} on {account} to the account that makes the call.", role=role, account=email or "the account"),
        (GrantRole(account_resource(email or ACCOUNT), role, member or OPERATOR),),
    )


@rule("mint/sender-cannot-authenticate", see=SERVICE_TO_SERVICE, predicts=NO_TOKEN)
def sender_cannot_authenticate(
    caller: Caller,
    service: Service,
    policies: Fact[AllowPolicies],
    call: Call,
    now: Fact[int],
    public_sign: Fact[str],
    token: Fact[Token],
    load_balancer: Fact[LoadBalancer],
    exchanges: Fact[tuple[Exchange, ...]],
) -> Judgement:
    """The sender can never attach a Google token, and the service asks for one.

    What happens: A third party's webhook, a plain browser or an end user's app holds no service account. Its calls
    arrive without a Google ID token, and the front end answers 403.

    Confirm: The request log says that the Authorization header was empty.

    Fix: Put API Gateway or a load balancer with IAP in front of the service, or make the service
    public deliberately and check the sender's signature in the application.

    Danger: A public service is open to everybody; the application must then check every request itself.
    """
    if declared(caller.kind).has_identity or is_open(service, policies, request_of(call, now)):
        return None
    if is_behind_iap(Known(service, _HERE), load_balancer):
        return None
    is_meant_otherwise = isinstance(public_sign, Known) or served_by_front(value_of(exchanges) or ()) is not None
    if isinstance(token, Known) or is_meant_otherwise or call.method == "OPTIONS":
        return None  # what arrives, or how it was to be called, is the more specific cause
    if isinstance(policies, Unknown | Absent) and service.checks_iam:
        return CannotTell("whether the service is public could not be read", not_read(policies))
    return Finding(
        Say(
            "{kind} cannot send a Google ID token, and {service} asks for one",
            kind=_with_article(caller.kind),
            service=service.id,
        ),
        ("the service's invoker check is on, and allUsers may not invoke it",),
        (
            Advise("public-front", "Put API Gateway or a load balancer with IAP in front of it."),
            SetInvokerCheck(service.full_name, on=False),
        ),
        () if caller.kind is CallerKind.WEBHOOK else ("the service is meant to be private",),
    )


def _with_article(kind: CallerKind) -> str:
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind}"
