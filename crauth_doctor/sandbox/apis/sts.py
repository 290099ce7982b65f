"""Security Token Service: a token of another issuer for a federated access token, and how that is refused.

https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
"""

from __future__ import annotations

import base64
import json

from ..http.messages import Reply, json_reply
from ..iam import conditions
from ..iam.principal import Identity
from ..state.cloud import Cloud
from ..state.world import Json
from .framework import Api, ApiCall

api = Api("sts.googleapis.com", "Security Token Service API", anonymous=True)

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS = "urn:ietf:params:oauth:token-type:access_token"
_LIFETIME = 3600
_NO_TARGET = (
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or '
    "provider is disabled or deleted or because it doesn't exist."
)


@api.route("POST", "/v1/token")
def token(call: ApiCall) -> Reply:
    """Exchange a token. The subject token's signature is taken to be right: the sandbox knows no foreign keys."""
    form = call.request.form() if b"=" in call.request.body and not call.request.body.startswith(b"{") else _snake(call)
    audience = form.get("audience", "")
    provider = call.cloud.resources.get(call.cloud.canonical(audience))
    if form.get("grant_type") != _EXCHANGE:
        return _refused("unsupported_grant_type", f"Unsupported grant_type: {form.get('grant_type', '')}")
    if provider is None or "/providers/" not in audience or provider.get("disabled"):
        return _refused("invalid_target", _NO_TARGET)
    try:
        claims = _claims(form.get("subject_token", ""))
        subject = _subject(call.cloud, provider, audience, claims)
    except ValueError as error:
        code, _, text = str(error).partition(": ")
        return _refused(code, text)
    pool = call.cloud.canonical(audience).partition("/providers/")[0]
    project = call.cloud.project(pool.split("/projects/")[1].partition("/")[0])
    numbered = pool.replace(f"/projects/{project.id}/", f"/projects/{project.number}/") if project else pool
    who = Identity(f"principal:{numbered}/subject/{subject}", subject)
    return json_reply(
        200,
        {
            "access_token": call.cloud.new_access_token(who, _LIFETIME),
            "issued_token_type": _ACCESS,
            "token_type": "Bearer",
            "expires_in": _LIFETIME,
        },
    )


def _snake(call: ApiCall) -> dict[str, str]:
    """The JSON body, with the names that the form has."""
    named = {"grantType": "grant_type", "subjectToken": "subject_token", "subjectTokenType": "subject_token_type"}
    return {named.get(key, key): str(value) for key, value in call.body().items()}


def _refused(error: str, description: str) -> Reply:
    return json_reply(
        401 if error == "unauthorized_client" else 400, {"error": error, "error_description": description}
    )


def _claims(text: str) -> Json:
    parts = text.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError) as error:
        raise ValueError("invalid_request: Unable to parse the ID Token.") from error
    if not isinstance(claims, dict):
        raise ValueError("invalid_request: Unable to parse the ID Token.")  # noqa: TRY004  (one kind of error)
    return claims


def _subject(cloud: Cloud, provider: Json, audience: str, claims: Json) -> str:
    """The subject that the provider's mapping makes of a token.

    https://cloud.google.com/iam/docs/workload-identity-federation#mapping
    """
    oidc, issuer = provider.get("oidc") or {}, claims.get("iss")
    if issuer != oidc.get("issuerUri"):
        raise ValueError(
            f"invalid_grant: The issuer in ID Token {issuer} does not match the expected ones in {audience}."
        )
    allowed = oidc.get("allowedAudiences") or [f"https:{audience}", audience]
    if claims.get("aud") not in allowed:
        raise ValueError(
            f"invalid_grant: The audience in ID Token [{claims.get('aud')}] does not match the expected audience."
        )
    if float(claims.get("exp", 0)) <= cloud.now().timestamp():
        raise ValueError(f"invalid_grant: ID Token issued at {claims.get('iat')} is stale to sign-in.")
    assertion: Json = {"assertion": claims}
    condition = provider.get("attributeCondition")
    if condition and conditions.holds(str(condition), assertion) is not True:
        raise ValueError("unauthorized_client: The given credential is rejected by the attribute condition.")
    mapping = (provider.get("attributeMapping") or {}).get("google.subject", "assertion.sub")
    value: object = claims.get(str(mapping).removeprefix("assertion."))
    if not value:
        raise ValueError("invalid_request: Value for google.subject is missing or empty.")
    return str(value)
