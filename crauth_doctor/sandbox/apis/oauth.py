"""OAuth token endpoint, public keys and token information.

https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
"""

from __future__ import annotations

from typing import Any

from ..edge import signing_keys, tokens
from ..http.messages import Reply, json_reply
from ..iam.principal import Identity
from ..state.cloud import Cloud
from ..state.world import Json
from .framework import Api, ApiCall
from .iam_credentials import key_of

token_api = Api("oauth2.googleapis.com", "OAuth 2.0", aliases=("accounts.google.com",), anonymous=True)
certs_api = Api("www.googleapis.com", "Google APIs", aliases=("openidconnect.googleapis.com",), anonymous=True)

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
USER_CLIENT = "sandbox-desktop.apps.googleusercontent.com"
_LONGEST = 3600
_SKEW = 300
_TIME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


@token_api.route("POST", "/token", "/o/oauth2/token")
def token(call: ApiCall) -> Reply:
    """Exchange an assertion or a refresh token."""
    form = call.request.form()
    grant = form.get("grant_type")
    if grant == JWT_BEARER:
        return _by_assertion(call.cloud, form.get("assertion", ""))
    if grant == "refresh_token":
        return _by_refresh_token(call.cloud, form)
    return _refused("unsupported_grant_type", f"Invalid grant_type: {grant or ''}")


def _by_assertion(cloud: Cloud, assertion: str) -> Reply:
    try:
        header, claims = signing_keys.verify(assertion)
    except ValueError:
        return _refused("invalid_grant", "Invalid JWT Signature.")
    email = str(claims.get("iss", ""))
    found = cloud.account(email)
    if found is None:
        return _refused("invalid_grant", "Invalid grant: account not found")
    if header.get("kid") not in (None, key_of(email)):
        return _refused("invalid_grant", "Invalid JWT Signature.")
    now, issued, expires = cloud.now().timestamp(), claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        return _refused("invalid_grant", _TIME)
    if issued > now + _SKEW or expires <= now or expires - issued > _LONGEST + _SKEW:
        return _refused("invalid_grant", _TIME)
    if found[1].get("disabled"):
        return json_reply(401, {"error": "disabled_client", "error_description": "The OAuth client was disabled."})
    return _granted(cloud, Identity(f"serviceAccount:{email}", str(found[1]["uniqueId"])), claims)


def _granted(cloud: Cloud, who: Identity, claims: Json) -> Reply:
    audience = claims.get("target_audience")
    if audience:
        return json_reply(200, {"id_token": tokens.mint(cloud, who, str(audience))})
    if not claims.get("scope"):
        return _refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return json_reply(200, {"access_token": cloud.new_access_token(who), "expires_in": 3599, "token_type": "Bearer"})


def _by_refresh_token(cloud: Cloud, form: dict[str, str]) -> Reply:
    who = cloud.refresh_tokens.get(form.get("refresh_token", ""))
    if who is None:
        return _refused("invalid_grant", "Bad Request")
    scope = "openid https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email"
    given: dict[str, Any] = {
        "access_token": cloud.new_access_token(who),
        "expires_in": 3599,
        "scope": scope,
        "token_type": "Bearer",
        "id_token": tokens.mint(cloud, who, form.get("client_id") or USER_CLIENT),
    }
    return json_reply(200, given)


def _refused(error: str, description: str) -> Reply:
    return json_reply(400, {"error": error, "error_description": description})


@token_api.route("GET", "/tokeninfo")
@token_api.route("POST", "/tokeninfo")
def token_info(call: ApiCall) -> Reply:
    """What an access token or an ID token says."""
    form = call.request.form() if call.request.method == "POST" else {}
    id_token = call.request.query("id_token") or form.get("id_token")
    if id_token:
        try:
            claims = tokens.verified_claims(call.cloud, id_token)
        except ValueError:
            return _refused("invalid_token", "Invalid Value")
        return json_reply(200, {key: str(value) for key, value in claims.items()})
    found = call.cloud.whose_token(call.request.query("access_token") or form.get("access_token") or "")
    if found is None:
        return _refused("invalid_token", "Invalid Value")
    who, expires = found
    left = int((expires - call.cloud.now()).total_seconds()) if expires else 3599
    info = {
        "azp": USER_CLIENT,
        "aud": USER_CLIENT,
        "sub": who.unique_id,
        "scope": "openid https://www.googleapis.com/auth/cloud-platform",
        "expires_in": str(left),
        "email": who.email,
        "email_verified": "true",
    }
    return json_reply(200, info)


@certs_api.route("GET", "/oauth2/v1/certs")
def certificates(_call: ApiCall) -> Json:
    """Google's public keys in certificates."""
    return {signing_keys.KEY_ID: signing_keys.certificate()}


@certs_api.route("GET", "/oauth2/v3/certs")
@token_api.route("GET", "/oauth2/v3/certs")
def web_keys(_call: ApiCall) -> Json:
    """Google's public keys as a JWK set."""
    return signing_keys.jwks()


@certs_api.route("GET", "/v1/userinfo", "/oauth2/v1/userinfo", "/oauth2/v2/userinfo", "/oauth2/v3/userinfo")
def user_info(call: ApiCall) -> Reply:
    """Who an access token belongs to."""
    found = call.cloud.whose_token(call.request.bearer or "")
    if found is None:
        error = {"code": 401, "message": "Request had invalid authentication credentials.", "status": "UNAUTHENTICATED"}
        return json_reply(401, {"error": error})
    who = found[0]
    return json_reply(200, {"sub": who.unique_id, "id": who.unique_id, "email": who.email, "email_verified": True})
