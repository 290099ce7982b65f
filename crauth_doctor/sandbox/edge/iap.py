"""Identity-Aware Proxy before a service. https://cloud.google.com/iap/docs/enabling-cloud-run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..apis.iam_credentials import key_of
from ..http.messages import GOOGLE, HttpRequest, Reply
from ..iam import access
from ..iam.principal import ANONYMOUS, Identity
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json
from . import signing_keys, tokens
from .hosts import HostTarget

ACCESS = "iap.webServiceVersions.accessViaIAP"
_MARK = {"x-goog-iap-generated-response": "true", "server": GOOGLE}
# The client that Google manages: a user who signs in gets a cookie with a token of it, and no program does.
SIGN_IN_CLIENT = "sandbox-iap.apps.googleusercontent.com"
_SIGN_IN = f"https://accounts.google.com/o/oauth2/v2/auth?client_id={SIGN_IN_CLIENT}&response_type=code"
_COOKIE = "GCP_IAAP_AUTH_TOKEN"


_NOT_SET_UP = (
    b"IAP for Cloud Run app is not set up correctly.Please follow the instructions to rectify IAP and Cloud Run set "
    b"up: https://cloud.google.com/iap/docs/enabling-cloud-run"
)


@dataclass(frozen=True)
class Gate:
    """IAP on a service itself, or on the backend service of a load balancer (`backend`)."""

    resource: str  # the resource that carries IAP's policy and settings
    clients: tuple[str, ...]  # the OAuth clients whose ID tokens it takes
    backend: bool = False  # whether it stands at the load balancer


def before(cloud: Cloud, target: HostTarget) -> Gate | None:
    """The gate before a target; `None` where IAP is off."""
    if target.balancer is not None:
        iap = cloud.resources.get(target.balancer.name, {}).get("iap") or {}
        if iap.get("enabled"):
            resource = _backend_resource(cloud, target.balancer.name)
            own = [str(iap["oauth2ClientId"])] if iap.get("oauth2ClientId") else []
            return Gate(resource, (*own, *_clients(cloud, resource)), backend=True)
    if cloud.resources[target.service].get("iapEnabled"):
        resource = resource_of(cloud, target.service)
        return Gate(resource, _clients(cloud, resource))
    return None


def not_set_up() -> Reply:
    """What a signed-in user sees where IAP's agent may not invoke the service behind a load balancer."""
    return Reply(403, _NOT_SET_UP, {"content-type": "text/html; charset=UTF-8", **_MARK})


def _backend_resource(cloud: Cloud, backend: str) -> str:
    """`iap_web/compute/services/B`, regional: `iap_web/compute-REGION/services/B`.

    https://cloud.google.com/iap/docs/reference/rest/v1/v1/getIamPolicy
    """
    project, short = names.project_in(backend), backend.rsplit("/", 1)[1]
    region = backend.partition("/regions/")[2].partition("/")[0]
    web = f"compute-{region}" if region else "compute"
    return cloud.canonical(f"//iap.googleapis.com/projects/{project}/iap_web/{web}/services/{short}")


def resource_of(cloud: Cloud, service: str) -> str:
    """The name that IAP's policy of a Cloud Run service has."""
    parts = names.path_of(service).split("/")
    return cloud.canonical(f"//iap.googleapis.com/projects/{parts[1]}/iap_web/cloud_run-{parts[3]}/services/{parts[5]}")


def agent(cloud: Cloud, service: str) -> Identity:
    """IAP's own account, which calls the service in the user's place."""
    return cloud.principal(f"serviceAccount:service-{cloud.number(service)}@gcp-sa-iap.iam.gserviceaccount.com")


def check(cloud: Cloud, request: HttpRequest, gate: Gate) -> tuple[Reply | None, Identity]:
    """IAP's refusal, or `None` and who was let through."""
    token, session = request.bearer, _session(request)
    if token is None and session is None:
        body = b"Invalid IAP credentials: empty token"
        return Reply(302, body, {"location": _SIGN_IN, "content-type": "text/html; charset=UTF-8", **_MARK}), ANONYMOUS
    try:
        who = _whose(cloud, request, gate, token) if token else _signed_in(cloud, str(session))
    except ValueError as error:
        body = f"Invalid IAP credentials: {error}".encode()
        return Reply(401, body, {"content-type": "text/html; charset=UTF-8", **_MARK}), ANONYMOUS
    seen = {"host": request.host, "path": request.path, "time": cloud.now()}
    if access.allowed(cloud, who, ACCESS, gate.resource, {"request": seen}):
        return None, who
    return Reply(403, b"You don't have access", {"content-type": "text/html; charset=UTF-8", **_MARK}), who


def _session(request: HttpRequest) -> str | None:
    """The token in the cookie of a user who has signed in. https://cloud.google.com/iap/docs/sessions-howto."""
    for pair in "; ".join(request.all("cookie")).split("; "):
        name, _, value = pair.partition("=")
        if name.startswith(_COOKIE):
            return value
    return None


def _signed_in(cloud: Cloud, token: str) -> Identity:
    claims = tokens.verified_claims(cloud, token)
    _check_audience(claims, [SIGN_IN_CLIENT])
    return tokens.bearer_of(cloud, claims)


def _whose(cloud: Cloud, request: HttpRequest, gate: Gate, token: str) -> Identity:
    try:
        header, claims = signing_keys.verify(token)
    except ValueError as error:
        raise ValueError("Unable to parse JWT" if str(error) == "parse" else "JWT signature is invalid") from error
    email = claims.get("email")
    if not isinstance(email, str):
        raise ValueError("JWT 'email' claim isn't a string")  # noqa: TRY004  (IAP's own words)
    if header.get("kid") == key_of(email):
        _check_audience(claims, [f"https://{request.host}/*", f"https://{request.host}{request.path}"])
        return cloud.principal(f"serviceAccount:{email}")
    _check_audience(claims, gate.clients)
    return tokens.bearer_of(cloud, tokens.verified_claims(cloud, token))


def _clients(cloud: Cloud, resource: str) -> tuple[str, ...]:
    """The OAuth clients that IAP's settings of a resource admit for programs.

    https://cloud.google.com/iap/docs/authentication-howto
    """
    settings = cloud.resources.get(resource, {})
    oauth = settings.get("accessSettings", {}).get("oauthSettings", {})
    return tuple(str(each) for each in oauth.get("programmaticClients", []))


def _check_audience(claims: Json, expected: Sequence[str]) -> None:
    audience = claims.get("aud")
    if audience not in expected:
        wanted = expected[0] if expected else "the client that Google manages for this resource"
        raise ValueError(
            f"JWT audience doesn't match this application ('aud' claim ({audience}) doesn't match expected value "
            f"({wanted}))"
        )
