"""A saved document: Google's JSON by full resource name, as it is written to a file and read from one.

It holds no token and no secret: what stands under the names of variables, headers and keys is left out, and every text
passes the redaction.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ..model.document import Document, ResourceJson
from ..redaction import redact, shown_url, visible
from . import json_access as look
from .json_access import NotUnderstoodError

VERSION: Final = 1

_SECRET: Final = frozenset(
    {
        *("buildEnvironmentVariables", "userEnvVars", "secrets", "volumes"),
        *("private_key", "client_secret", "oauth2ClientSecret", "token", "substitutions", "requestHeaders"),
        *("responseHeaders", "masterAuth"),
    }
)
"""Under these names stand values that users chose, and that may be secret."""

_NAMES_ONLY: Final = frozenset({"headers"})
"""Of these mappings the names decide, and the values may be secret."""

_VARIABLES: Final = frozenset({"env", "environmentVariables"})
_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "no_proxy"})
"""The only variables whose values decide anything: they tell which way a call goes."""

_BODIES: Final = frozenset({"body", "data", "responseBody"})
_TEXT: Final = 64 * 1024
_DEPTH: Final = 40


def to_json(document: Document) -> dict[str, Any]:
    """Return what is written of a document."""
    asked = dict(document.asked)
    operator = asked.pop("operator", None)
    said: dict[str, Any] = {
        "version": VERSION,
        "saved": True,
        "at": None if document.at is None else f"{datetime.fromtimestamp(document.at, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "asked": kept(asked),
        "operator": {"principal": operator} if isinstance(operator, str) else None,
        "resources": kept(document.resources),
        "iam": kept(document.iam),
        "deny": kept(document.deny),
        "orgPolicies": kept(document.org_policies),
        "logs": kept(list(document.logs)),
        "absent": sorted(document.absent),
        "unread": kept(list(document.unread)),
        "calls": [_call(one) for one in document.calls],
        "partial": sorted(document.partial),
        "wanted": sorted(document.wanted),
    }
    # an empty list of deny policies says that there are none: only what is empty as a whole says nothing
    return {name: one for name, one in said.items() if one not in (None, [], {})}


def of_json(value: object) -> Document:
    """Read a saved document.

    Raises:
        NotUnderstoodError: it is none; the message says what is wrong.
    """
    if look.at(value, "version") != VERSION or not look.is_true(value, "saved"):
        raise NotUnderstoodError(
            f"no saved document: `crauth-doctor check --save FILE` writes one, with `version: {VERSION}` and "
            "`saved: true`"
        )
    moment = look.text(value, "at") or look.text(value, "now")
    operator = look.text(value, "operator", "principal")
    asked = look.mapping(value, "asked")
    try:
        at = int(datetime.fromisoformat(moment).timestamp()) if moment else None
    except ValueError:
        raise NotUnderstoodError(f"`at` is a moment like 2026-06-01T09:00:00Z, not {moment!r}") from None
    return Document(
        resources=_named(value, "resources"),
        iam=_named(value, "iam"),
        deny={name: tuple(one) for name, one in _named(value, "deny", list).items()},
        org_policies=_named(value, "orgPolicies"),
        logs=_objects(value, "logs"),
        absent=frozenset(look.texts(value, "absent")),
        unread=_objects(value, "unread"),
        calls=_objects(value, "calls"),
        asked={**asked, **({"operator": operator} if operator else {})},
        at=at,
        partial=frozenset(look.texts(value, "partial")),
        wanted=frozenset(look.texts(value, "wanted")),
    )


def is_saved(value: object) -> bool:
    """Whether this says of itself that it is a saved document."""
    return look.at(value, "version") == VERSION and look.is_true(value, "saved")


def kept(value: object, name: str = "", depth: int = 0) -> Any:
    """Return JSON without what may be secret: values of variables and headers, tokens, keys, what a call carries."""
    match value:
        case str() if name == "contents":
            return _contents(value)
        case str():
            text = shown_url(value) if value.startswith(("https://", "http://")) else value
            return redact(visible(text[:_TEXT]))
        case Mapping() if name in _NAMES_ONLY:
            return {str(key): "" for key in value}
        case Mapping() if name in _VARIABLES and "name" in value:
            return {"name": str(value["name"]), **_proxy(str(value["name"]), value.get("value"))}
        case Mapping() if name in _VARIABLES:
            return {str(key): _proxy(str(key), one).get("value", "") for key, one in value.items()}
        case Mapping() if value.keys() == {"key", "value"}:
            return {"key": str(value["key"])}  # of a machine's metadata, where start scripts stand
        case Mapping() if depth < _DEPTH:
            shown = {str(key): one for key, one in value.items() if key not in _SECRET}
            return {
                key: kept(one, key, depth + 1)
                for key, one in shown.items()
                if not (key in _BODIES and isinstance(one, str))
            }
        case list() | tuple() if depth < _DEPTH:
            return [kept(one, name, depth + 1) for one in value]
        case bool() | int() | float():
            return value
        case _:
            return None


def _contents(text: str) -> str:
    """A file in base64, such as the OpenAPI document of a gateway, is redacted as the text that it is."""
    try:
        return b64encode(redact(b64decode(text).decode()).encode()).decode()
    except ValueError:
        return ""


def _proxy(name: str, value: object) -> dict[str, str]:
    is_proxy = name.lower() in _PROXIES and isinstance(value, str)
    return {"value": kept(str(value))} if is_proxy else {}


def _call(one: ResourceJson) -> dict[str, Any]:
    """A call keeps the headers of its answer: no credential is among those that are read."""
    body = redact(visible(str(one.get("body") or "")))
    headers = {str(key): redact(visible(str(text))) for key, text in look.mapping(one, "headers").items()}
    said = {"method": one.get("method"), "token": one.get("token"), "status": one.get("status"), "at": one.get("at")}
    url, claims = look.text(one, "url"), kept(look.mapping(one, "claims"))
    found = {"url": url and shown_url(url), **said, "headers": headers, "body": body, "claims": claims}
    return {key: each for key, each in found.items() if each}


def _named(value: object, key: str, kind: type = dict) -> dict[str, Any]:
    found = look.at(value, key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise NotUnderstoodError(f"`{key}` is a mapping of full resource names")
    for name, one in found.items():
        if not isinstance(name, str) or not name.startswith("//"):
            raise NotUnderstoodError(f"`{key}` is keyed by full resource names (//run.googleapis.com/…), not {name!r}")
        if not isinstance(one, kind):
            raise NotUnderstoodError(f"`{key}` of {name} is no {'list' if kind is list else 'mapping'}")
    return found


def _objects(value: object, key: str) -> tuple[ResourceJson, ...]:
    found = look.items(value, key)
    if not all(isinstance(one, dict) for one in found):
        raise NotUnderstoodError(f"`{key}` is a list of mappings")
    return tuple(one for one in found if isinstance(one, dict))
