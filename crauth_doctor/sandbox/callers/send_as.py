"""`POST /_sandbox/fire`: a resource of the world sends its request, from its own place, with the token it would get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from ..edge import tokens
from ..edge.front_end import ORIGIN_HEADER, PATIENCE_HEADER, SCHEME_HEADER
from ..http.messages import HttpRequest, Reply
from ..iam import access
from ..iam.principal import Identity
from ..state.cloud import Cloud
from ..state.world import Json
from .outbound_request import OAUTH, OIDC, AttachedToken, OutboundRequest, outbound_request_of

MINT = "iam.serviceAccounts.getOpenIdToken"
_ACCESS = "iam.serviceAccounts.getAccessToken"
Send = Callable[[Cloud, HttpRequest], tuple[Reply, Identity]]


class UnmintableError(Exception):
    """A caller that gets its own token gets none."""


def fire(cloud: Cloud, asked: Json, send: Send) -> Json:
    """Send what a resource sends, and tell the answer.

    `asked` holds `caller` (its full name) and, for what calls by its own code, `url`, `path`, `method`, `audience`,
    `headers`. A status of 0 is no answer at all: `error` says why.

    Raises:
        ValueError: the world has no such caller, or it calls nothing.
    """
    act = outbound_request_of(cloud, str(asked["caller"]), asked)
    if asked.get("path"):
        parts = urlsplit(act.url)
        act = replace(act, url=f"{parts.scheme}://{parts.netloc}{asked['path']}")
    try:
        token = minted(cloud, act.token) if act.token else None
    except UnmintableError as error:
        return {"status": 0, "error": f"mint: {error}", "token": False}
    request = request_of(act, token, asked.get("headers") or {})
    reply, _ = send(cloud, request)
    if reply.drop:
        return {"status": 0, "error": "timeout", "token": token is not None}
    return {
        "status": reply.status,
        "headers": reply.headers,
        "body": reply.body.decode("utf-8", "replace"),
        "token": token is not None,
        "url": act.url,
    }


def minted(cloud: Cloud, wanted: AttachedToken) -> str | None:
    """The token that an act gets; none where the product's agent may not mint it: then the request goes without.

    Raises:
        UnmintableError: a caller that mints for itself has no account to mint for.
    """
    if wanted.identity is not None and wanted.kind == OIDC:
        if wanted.identity.kind != "principal":
            return tokens.mint(cloud, wanted.identity, wanted.audience)
        return tokens.mint_for_agent(cloud, wanted.identity, wanted.audience, wanted.certificate)
    found = cloud.account(wanted.account)
    usable = found is not None and not found[1].get("disabled")
    if wanted.agent is not None:
        resource = found[0] if found else ""
        permission = _ACCESS if wanted.kind == OAUTH else MINT
        attributes: Json = {"request": {"time": cloud.now()}}
        if not usable or not access.allowed(cloud, cloud.principal(wanted.agent), permission, resource, attributes):
            return None
    if found is None or not usable:
        raise UnmintableError(f"the account {wanted.account} is {'disabled' if found else 'missing'}")
    who = Identity(f"serviceAccount:{wanted.account}", str(found[1]["uniqueId"]))
    return cloud.new_access_token(who) if wanted.kind == OAUTH else tokens.mint(cloud, who, wanted.audience)


def request_of(act: OutboundRequest, token: str | None, more: Json) -> HttpRequest:
    """The request as it goes over the wire: what the caller's own headers say stands, as it does in an application."""
    parts = urlsplit(act.url)
    own = dict(act.headers) | {str(key): str(value) for key, value in more.items()}
    headers = [(ORIGIN_HEADER, act.caller), (PATIENCE_HEADER, "0"), (SCHEME_HEADER, parts.scheme)]
    headers += [(key.lower(), value) for key, value in own.items()]
    if token is not None and "authorization" not in {key.lower() for key in own}:
        headers.append(("authorization", f"Bearer {token}"))
    return HttpRequest(act.method, parts.hostname or "", parts.path or "/", parts.query, tuple(headers))
