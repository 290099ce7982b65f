"""The metadata server. https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys."""

from __future__ import annotations

import hashlib
import json

from ..edge import tokens, workload_identity
from ..edge.front_end import ORIGIN_HEADER
from ..http.messages import HttpRequest, Reply, text_reply
from ..iam.principal import Identity
from ..state import resource_names as names
from ..state.cloud import Cloud

HOSTS = ("metadata.google.internal", "169.254.169.254", "metadata")
_FLAVOR = {"metadata-flavor": "Google", "server": "Metadata Server for VM"}
_ACCOUNTS = "instance/service-accounts"
_SCOPES = "https://www.googleapis.com/auth/cloud-platform\nhttps://www.googleapis.com/auth/userinfo.email\n"


def answer(cloud: Cloud, request: HttpRequest) -> Reply:
    """One value of the metadata server: of the operator's, or of the service that the request says it comes from."""
    path = request.path.strip("/")
    if path in ("", "computeMetadata", "computeMetadata/v1"):
        return _text("computeMetadata/\n" if path == "" else "instance/\nproject/\nuniverse/\n")
    if request.header("metadata-flavor") != "Google":
        return text_reply(403, "Missing Metadata-Flavor:Google header.\n", "text/html; charset=UTF-8", **_FLAVOR)
    key = path.removeprefix("computeMetadata/v1/").strip("/")
    if key == "instance":  # which client libraries ask for to find out whether they run on Google Cloud
        return _text("id\nregion\nservice-accounts/\nzone\n")
    if key.startswith(_ACCOUNTS):
        return _accounts(cloud, request, key.removeprefix(_ACCOUNTS).strip("/"))
    project = next((each for each in cloud.projects() if each.listed), None)
    values = {
        "project/project-id": project.id if project else "",
        "project/numeric-project-id": project.number if project else "",
        "instance/zone": f"projects/{project.number if project else 0}/zones/us-central1-1",
        "instance/region": f"projects/{project.number if project else 0}/regions/us-central1",
        "instance/id": "00f46b9286",
        "universe/universe-domain": "googleapis.com",
        "universe/universe_domain": "googleapis.com",
    }
    return _text(values[key]) if key in values else _missing(request)


def _accounts(cloud: Cloud, request: HttpRequest, key: str) -> Reply:
    who = _identity(cloud, request)
    account, _, what = key.partition("/")
    if not account:
        return _text(f"default/\n{who.email}/\n")
    if account not in ("default", who.email):
        return _missing(request)
    match what.strip("/"):
        case "":
            if request.query("recursive") == "true":
                known = {"aliases": ["default"], "email": who.email, "scopes": _SCOPES.split()}
                return text_reply(200, json.dumps(known), "application/json", **_FLAVOR)
            return _text("aliases\nemail\nidentity\nscopes\ntoken\n")
        case "email":
            return _text(who.email)
        case "aliases":
            return _text("default\n")
        case "scopes":
            return _text(_SCOPES)
        case "token":
            given = {"access_token": cloud.new_access_token(who), "expires_in": 3599, "token_type": "Bearer"}
            return text_reply(200, json.dumps(given), "application/json", **_FLAVOR)
        case "identity":
            return _id_token(cloud, request, who)
        case _:
            return _missing(request)


def _id_token(cloud: Cloud, request: HttpRequest, who: Identity) -> Reply:
    audience = request.query("audience")
    if not audience:
        return text_reply(400, "non-empty audience parameter required\n", "text/html; charset=UTF-8", **_FLAVOR)
    full = (request.query("format") or "standard").lower() == "full"
    if who.kind == "principal":
        return _text(tokens.mint_for_agent(cloud, who, audience, _certificate(request)))
    return _text(tokens.mint(cloud, who, audience, email=full))


def _certificate(request: HttpRequest) -> str | None:
    """The fingerprint of the certificate that client libraries post to have a token bound to it."""
    try:
        chain = request.json().get("certificate_chain") if request.method == "POST" else None
    except ValueError:
        return None
    return hashlib.sha256(str(chain).encode()).hexdigest() if chain else None


def _identity(cloud: Cloud, request: HttpRequest) -> Identity:
    """Of the service, job or worker pool that the request says it comes from; else the operator's."""
    origin = cloud.canonical(request.header(ORIGIN_HEADER) or "//")
    if origin in cloud.resources and origin.startswith(names.RUN):
        return workload_identity.identity_of(cloud, origin)
    return cloud.operator


def _text(text: str) -> Reply:
    return text_reply(200, text, "application/text", **_FLAVOR)


def _missing(request: HttpRequest) -> Reply:
    return text_reply(404, f"The requested URL {request.path} was not found on this server.\n", **_FLAVOR)
