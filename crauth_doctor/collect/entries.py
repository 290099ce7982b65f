"""Log entries, cut down to the fields that decide; what says nothing of this caller is left out.

Documentation: https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from ..gcp.call import AGENT
from ..model.iam import EVERYBODY
from ..model.run import Service
from . import policies

Json: TypeAlias = Mapping[str, Any]

_MOST: Final = 5
"""Failing calls that are kept: the last ones say it all."""

REFUSALS: Final = (401, 403)
"""How a call is refused by the token check and the invoker check; an application may answer so, too."""

WRITES: Final = "SetIamPolicy"
"""The last part of the method's name, whichever API it is of."""

_OFF: Final = "run.googleapis.com/invoker-iam-disabled"


@dataclass(frozen=True)
class Entry:
    """One entry.

    Args:
        at: when, seconds since 1970.
        raw: what is kept of it, as the API writes it.
    """

    at: int
    raw: dict[str, Any]


@dataclass(frozen=True)
class Audit:
    """What was done to a service.

    Args:
        written: every successful write of its policy, or of its project's for this caller, and every creation.
        kept: what decides for this caller.
    """

    written: tuple[Entry, ...]
    kept: tuple[Entry, ...]


def seconds(text: str | None) -> int | None:
    """Read a time of RFC 3339, in seconds since 1970."""
    try:
        return int(datetime.fromisoformat(text or "").timestamp())
    except ValueError:
        return None


def failing(raw: Iterable[Json], since: int, path: str | None) -> tuple[Entry, ...]:
    """Return the last failing calls, as far back as they all failed alike.

    Args:
        raw: entries, the newest first.
        since: older ones are left out, seconds since 1970.
        path: the path that the caller calls; None where it is not known.
    """
    found: list[Entry] = []
    for one in raw:
        request = _mapping(one, "httpRequest")
        status, at = request.get("status"), seconds(str(one.get("timestamp", "")))
        if not isinstance(status, int) or at is None or at < since or AGENT in str(request.get("userAgent", "")):
            continue
        if path is not None and (_path(request) or "/") != path:
            continue
        if status < 400 or len(found) == _MOST or (found and _status(found[0]) != status):
            break
        found.append(Entry(at, _request(one, request)))
    return tuple(found)


def refused(raw: Iterable[Json], since: int) -> tuple[Entry, ...]:
    """Return the last calls that were refused, whoever made them, without what their URLs ask for.

    Args:
        raw: entries, the newest first.
        since: older ones are left out, seconds since 1970.
    """
    found: list[Entry] = []
    for one in raw:
        request, at = _mapping(one, "httpRequest"), seconds(str(one.get("timestamp", "")))
        is_own = AGENT in str(request.get("userAgent", ""))
        if request.get("status") not in REFUSALS or at is None or at < since or is_own:
            continue
        url = str(request.get("requestUrl", "")).partition("?")[0]
        found.append(Entry(at, _request(one, {**request, "requestUrl": url})))
        if len(found) == _MOST:
            break
    return tuple(found)


def _status(entry: Entry) -> object:
    return _mapping(entry.raw, "httpRequest").get("status")


def _path(request: Json) -> str:
    try:
        return urlsplit(str(request.get("requestUrl", ""))).path
    except ValueError:
        return ""


def perimeter(raw: Iterable[Json], service: Service, *, own: bool = False) -> tuple[Entry, ...]:
    """Return what VPC Service Controls refused before this service.

    Args:
        raw: entries, the newest first.
        service: the callee.
        own: whether the tool's own calls are the caller's.
    """
    found = [_perimeter(one) for one in raw if _is_refusal(one, own=own) and _may_be_about(one, service)]
    return tuple(one for one in found if one is not None)[:_MOST]


def audited(raw: Iterable[Json], service: Service, member: str | None) -> Audit:
    """Return what was done to a service.

    Args:
        raw: entries of the Admin Activity log.
        service: the callee.
        member: the caller as policies name it; None for one without identity, who comes in with everybody.
    """
    done = sorted((each for one in raw if (each := _done(one, service, member))), key=lambda each: each.at)
    # A service that was created anew starts with an empty policy.
    written = tuple(each for each in done if _writes(each.raw, service) or _method(each.raw).startswith("Create"))
    off = [each.at for each in done if _service_of(each.raw).get("invokerIamDisabled")]
    recreated = _was_recreated(done)
    kept: list[Entry] = []
    for each in _last_word(done):
        if _method(each.raw) == WRITES:
            if _concerns(each.raw):
                kept.append(each)
        elif off and each.at >= min(off) and _service_of(each.raw):
            kept.append(each)
        elif recreated and _method(each.raw).startswith(("Create", "Delete")):
            kept.append(_without_service(each))
    return Audit(written, tuple(kept))


def _last_word(done: list[Entry]) -> list[Entry]:
    """Leave out what a later write took back: who was granted and then revoked is revoked, and nothing else."""
    said: set[tuple[object, object]] = set()
    found: list[Entry] = []
    for each in reversed(done):
        deltas = _deltas(each.raw)
        if deltas:
            last = [one for one in deltas if (one.get("role"), one.get("member")) not in said]
            said |= {(one.get("role"), one.get("member")) for one in deltas}
            payload = {**each.raw["protoPayload"], "serviceData": {"policyDelta": {"bindingDeltas": last}}}
            found.append(replace(each, raw=each.raw | {"protoPayload": payload}))
        else:
            found.append(each)
    return found[::-1]


def _deltas(raw: Json) -> list[Json]:
    data = _mapping(_mapping(raw, "protoPayload"), "serviceData")
    found = _mapping(data, "policyDelta").get("bindingDeltas")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _writes(raw: Json, service: Service) -> bool:
    """Tell whether the service's policy was written, or for this caller that of its project."""
    inherited = _mapping(raw, "protoPayload").get("resourceName") == f"projects/{service.project}"
    return _method(raw) == WRITES and (not inherited or _concerns(raw))


def _was_recreated(done: list[Entry]) -> bool:
    """Tell whether the service was deleted, and created after that."""
    gone = [each.at for each in done if _method(each.raw).startswith("Delete")]
    made = [each.at for each in done if _method(each.raw).startswith("Create")]
    return bool(gone and made) and max(made) >= max(gone)


def _request(one: Json, request: Json) -> dict[str, Any]:
    kept = ("requestMethod", "requestUrl", "status", "userAgent", "latency")
    raw = _frame(one, ("service_name", "location", "project_id"))
    raw["httpRequest"] = {key: request[key] for key in kept if key in request}
    if isinstance(one.get("textPayload"), str):
        raw["textPayload"] = one["textPayload"]
    return raw


def _frame(one: Json, labels: tuple[str, ...]) -> dict[str, Any]:
    """What every entry keeps."""
    resource = _mapping(one, "resource")
    found = _mapping(resource, "labels")
    raw = {key: one[key] for key in ("logName", "timestamp", "severity") if key in one}
    return raw | {"resource": {"type": resource.get("type"), "labels": {k: found[k] for k in labels if k in found}}}


def _is_refusal(one: Json, *, own: bool) -> bool:
    payload = _mapping(one, "protoPayload")
    agent = str(_mapping(payload, "requestMetadata").get("callerSuppliedUserAgent", ""))
    is_policy = "cloudaudit.googleapis.com%2Fpolicy" in str(one.get("logName"))
    return bool(payload) and is_policy and (own or AGENT not in agent)


def _may_be_about(one: Json, service: Service) -> bool:
    """Tell whether it names this service, or no service at all."""
    payload = _mapping(one, "protoPayload")
    names = [str(payload.get("resourceName", "")), *map(str, _mapping(payload, "metadata").get("resourceNames", ()))]
    services = [name.rsplit("/services/", 1)[1] for name in names if "/services/" in name]
    return not services or service.id in services


def _perimeter(one: Json) -> Entry | None:
    at, payload = seconds(str(one.get("timestamp", ""))), _mapping(one, "protoPayload")
    if at is None:
        return None
    metadata = _mapping(payload, "metadata")
    raw = _frame(one, ("method", "service", "project_id"))
    raw["protoPayload"] = {
        "@type": payload.get("@type"),
        "methodName": payload.get("methodName"),
        "resourceName": payload.get("resourceName"),
        "status": payload.get("status"),
        "metadata": {
            key: metadata[key] for key in ("violationReason", "vpcServiceControlsUniqueId") if key in metadata
        },
    }
    return Entry(at, raw)


def _done(one: Json, service: Service, member: str | None) -> Entry | None:
    """Return what one entry says was done to the service; a refused attempt did nothing."""
    payload, at = _mapping(one, "protoPayload"), seconds(str(one.get("timestamp", "")))
    labels = _mapping(_mapping(one, "resource"), "labels")
    if (
        at is None
        or _mapping(payload, "status").get("code")
        or labels.get("location", service.region) != service.region
    ):
        return None
    kept: dict[str, Any] = {
        "@type": payload.get("@type"),
        "methodName": payload.get("methodName"),
        "resourceName": payload.get("resourceName"),
        "authenticationInfo": {"principalEmail": _mapping(payload, "authenticationInfo").get("principalEmail")},
    }
    if str(payload.get("methodName", "")).endswith(WRITES):
        kept |= _written(payload, member)
    elif (check := _check(payload)) is not None:
        kept["request"] = {"service": {"invokerIamDisabled": check, "name": service.name}}
    return Entry(at, _frame(one, ("service_name", "location", "project_id")) | {"protoPayload": kept})


def _written(payload: Json, member: str | None) -> dict[str, Any]:
    """What a write of the policy changed for this caller, as far as the entry shows it."""
    for place in ("serviceData", "metadata"):
        deltas = _mapping(_mapping(payload, place), "policyDelta").get("bindingDeltas")
        if isinstance(deltas, list):
            mine = [one for one in deltas if isinstance(one, dict) and _matters(one, member)]
            return {"serviceData": {"policyDelta": {"bindingDeltas": [_only(one) for one in mine]}}}
    bindings = _mapping(_mapping(payload, "request"), "policy").get("bindings")
    mine = [
        {"role": one.get("role"), "members": [each for each in one.get("members", ()) if _is_mine(str(each), member)]}
        for one in (bindings if isinstance(bindings, list) else ())
        if isinstance(one, dict) and policies.may_let_in(str(one.get("role", "")))
    ]
    return {"request": {"policy": {"bindings": [one for one in mine if one["members"]]}}}


def _only(delta: Json) -> dict[str, Any]:
    return {key: delta[key] for key in ("action", "role", "member") if key in delta}


def _matters(delta: Json, member: str | None) -> bool:
    """A group may have the caller in it; that a group lost its role says nothing of this caller."""
    who = str(delta.get("member", ""))
    if not policies.may_let_in(str(delta.get("role", ""))):
        return False
    return _is_mine(who, member) or (delta.get("action") == "ADD" and who.startswith(("group:", "domain:")))


def _is_mine(who: str, member: str | None) -> bool:
    return who in EVERYBODY or (member is not None and who.lower() == member.lower())


def _concerns(raw: Json) -> bool:
    request = _mapping(_mapping(raw, "protoPayload"), "request")
    return bool(_deltas(raw) or _mapping(request, "policy").get("bindings"))


def _check(payload: Json) -> bool | None:
    """Whether a deploy switched the invoker check off; None where it did not set it."""
    request = _mapping(payload, "request")
    written, mask = _mapping(request, "service"), request.get("updateMask")
    if not written or (mask and "invokerIamDisabled" not in str(mask) and "invoker_iam_disabled" not in str(mask)):
        return None
    annotations = _mapping(_mapping(written, "metadata"), "annotations")
    return written.get("invokerIamDisabled") is True or str(annotations.get(_OFF)).lower() == "true"


def _service_of(raw: Json) -> Json:
    return _mapping(_mapping(_mapping(raw, "protoPayload"), "request"), "service")


def _without_service(entry: Entry) -> Entry:
    payload = {key: value for key, value in _mapping(entry.raw, "protoPayload").items() if key != "request"}
    return replace(entry, raw=entry.raw | {"protoPayload": payload})


def _method(raw: Json) -> str:
    return str(_mapping(raw, "protoPayload").get("methodName", "")).rsplit(".", 1)[-1]


def _mapping(value: Json, key: str) -> Json:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}
