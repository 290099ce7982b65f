"""IAM Service Account Credentials API. https://cloud.google.com/iam/docs/reference/credentials/rest."""

from __future__ import annotations

from datetime import timedelta

from ..edge import signing_keys, tokens
from ..iam import access
from ..iam.principal import Identity
from ..state import resource_names as names
from ..state.clock import rfc3339
from ..state.cloud import Cloud
from ..state.world import Json
from .errors import failed_precondition, invalid, not_found, permission_denied
from .framework import Api, ApiCall

api = Api("iamcredentials.googleapis.com", "IAM Service Account Credentials API")

_ACCOUNT = "/v1/projects/{project}/serviceAccounts/{account}"
_LONGEST = 12 * 3600


@api.route("POST", _ACCOUNT + ":generateIdToken")
def generate_id_token(call: ApiCall) -> Json:
    """An ID token of a service account for an audience."""
    body = call.body()
    who = _impersonated(call, "iam.serviceAccounts.getOpenIdToken")
    audience = body.get("audience")
    if not isinstance(audience, str) or not audience:
        raise invalid("Request contains an invalid argument.")
    return {"token": tokens.mint(call.cloud, who, audience, email=bool(body.get("includeEmail")))}


@api.route("POST", _ACCOUNT + ":generateAccessToken")
def generate_access_token(call: ApiCall) -> Json:
    """An access token of a service account."""
    body = call.body()
    who = _impersonated(call, "iam.serviceAccounts.getAccessToken")
    if not body.get("scope"):
        raise invalid("Request contains an invalid argument.")
    lifetime = _lifetime(str(body.get("lifetime") or "3600s"))
    expires = call.cloud.now() + timedelta(seconds=lifetime)
    return {
        "accessToken": call.cloud.new_access_token(who, lifetime),
        "expireTime": rfc3339(expires).partition(".")[0] + "Z",
    }


@api.route("POST", _ACCOUNT + ":signJwt")
def sign_jwt(call: ApiCall) -> Json:
    """A JWT signed by the account's own (Google-kept) key, as IAP takes it."""
    import json

    who = _impersonated(call, "iam.serviceAccounts.signJwt")
    try:
        claims = json.loads(str(call.body().get("payload")))
    except ValueError as error:
        raise invalid("Request contains an invalid argument.") from error
    return {"keyId": key_of(who.email), "signedJwt": signing_keys.sign(claims, key_of(who.email))}


def key_of(email: str) -> str:
    """The id of the key that belongs to one account; the key itself is the process's own."""
    return f"sa{names.stable_number(email, 38)}"


def _lifetime(text: str) -> float:
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError as error:
        raise invalid("Request contains an invalid argument.") from error
    if not 0 < seconds <= _LONGEST:
        raise invalid("The lifetime is out of range.")
    return seconds


def _impersonated(call: ApiCall, permission: str) -> Identity:
    """The account of the path, if the caller may act for it, through its delegates."""
    caller = call.who
    for delegate in call.body().get("delegates", []):
        email = str(delegate).rsplit("/", 1)[-1]
        _check_may(call.cloud, caller, "iam.serviceAccounts.implicitDelegation", email)
        caller = _existing(call.cloud, email)
    _check_may(call.cloud, caller, permission, call.args["account"])
    return _existing(call.cloud, call.args["account"])


def _check_may(cloud: Cloud, who: Identity, permission: str, account: str) -> None:
    found = cloud.account(account)
    resource = found[0] if found else names.service_account(names.account_project(account) or "-", account)
    if not access.may(cloud, who, permission, resource):
        raise permission_denied(permission, f"Permission '{permission}' denied on resource (or it may not exist).")


def _existing(cloud: Cloud, account: str) -> Identity:
    found = cloud.account(account)
    if found is None:
        raise not_found(f"Not found; Gaia id not found for email {account}")
    if found[1].get("disabled"):
        raise failed_precondition(f"Service account {found[1]['email']} is disabled.")
    return Identity(f"serviceAccount:{found[1]['email']}", str(found[1]["uniqueId"]))
