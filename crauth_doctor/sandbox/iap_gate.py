"""Identity-Aware Proxy before a service. https://cloud.google.com/iap/docs/enabling-cloud-run."""

from __future__ import annotations

from . import access, keys, names, tokens
from .cloud import Cloud
from .iam_credentials import key_of
from .principal import ANONYMOUS, Principal
from .wire import GOOGLE, Reply, Request
from .world import Json

ACCESS = "iap.webServiceVersions.accessViaIAP"
_MARK = {"x-goog-iap-generated-response": "true", "server": GOOGLE}
_SIGN_IN = (
    "https://accounts.google.com/o/oauth2/v2/auth?client_id=sandbox.apps.googleusercontent.com&response_type=code"
)


def resource_of(cloud: Cloud, service: str) -> str:
    """The name that IAP's policy of a Cloud Run service has."""
    parts = names.path_of(service).split("/")
    return cloud.canonical(f"//iap.googleapis.com/projects/{parts[1]}/iap_web/cloud_run-{parts[3]}/services/{parts[5]}")


def agent(cloud: Cloud, service: str) -> Principal:
    """IAP's own account, which calls the service in the user's place."""
    project = cloud.project(names.project_in(service) or "")
    number = project.number if project else "0"
    return cloud.principal(f"serviceAccount:service-{number}@gcp-sa-iap.iam.gserviceaccount.com")


def check(cloud: Cloud, request: Request, service: str) -> tuple[Reply | None, Principal]:
    """IAP's refusal, or `None` and who was let through."""
    token = request.bearer
    if token is None:
        body = b"Invalid IAP credentials: empty token"
        return Reply(302, body, {"location": _SIGN_IN, "content-type": "text/html; charset=UTF-8", **_MARK}), ANONYMOUS
    try:
        who = _whose(cloud, request, service, token)
    except ValueError as error:
        body = f"Invalid IAP credentials: {error}".encode()
        return Reply(401, body, {"content-type": "text/html; charset=UTF-8", **_MARK}), ANONYMOUS
    if access.allowed(cloud, who, ACCESS, resource_of(cloud, service), {"request": {"time": cloud.now()}}):
        return None, who
    return Reply(403, b"You don't have access", {"content-type": "text/html; charset=UTF-8", **_MARK}), who


def _whose(cloud: Cloud, request: Request, service: str, token: str) -> Principal:
    try:
        header, claims = keys.verify(token)
    except ValueError as error:
        raise ValueError("Unable to parse JWT" if str(error) == "parse" else "JWT signature is invalid") from error
    email = claims.get("email")
    if not isinstance(email, str):
        raise ValueError("JWT 'email' claim isn't a string")  # noqa: TRY004  (IAP's own words)
    if header.get("kid") == key_of(email):
        _check_audience(claims, [f"https://{request.host}/*", f"https://{request.host}{request.path}"])
        return cloud.principal(f"serviceAccount:{email}")
    _check_audience(claims, _clients(cloud, service))
    return tokens.bearer_of(cloud, tokens.verified_claims(cloud, token))


def _clients(cloud: Cloud, service: str) -> list[str]:
    """The OAuth clients that IAP's settings of this service admit for programs.

    https://cloud.google.com/iap/docs/authentication-howto
    """
    settings = cloud.resources.get(resource_of(cloud, service), {})
    return [
        str(each) for each in settings.get("accessSettings", {}).get("oauthSettings", {}).get("programmaticClients", [])
    ]


def _check_audience(claims: Json, expected: list[str]) -> None:
    audience = claims.get("aud")
    if audience not in expected:
        wanted = expected[0] if expected else "the client that Google manages for this resource"
        raise ValueError(
            f"JWT audience doesn't match this application ('aud' claim ({audience}) doesn't match expected value "
            f"({wanted}))"
        )
