"""Entries of Cloud Logging, whichever product wrote them.

Source: https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

import re
from typing import Final

from .. import redaction
from ..deferred import regex
from ..model.evidence import LogEntry, LogKind, Wording
from ..model.http import AGENT
from . import json_access as look
from . import times

_MESSAGE: Final = 600
_DETAILS: Final = 400
_URL: Final = 2048

_WORDINGS: tuple[tuple[Wording, re.Pattern[str]], ...] = tuple(
    (wording, regex(pattern, re.IGNORECASE))
    for wording, pattern in (
        (Wording.EMPTY_HEADER, r"not authenticated.*empty authorization header"),
        (Wording.LACKS_PERMISSION, r"lacks \{?\[?'?run\.\w+\.\w+|principal lacks"),
        (
            Wording.TOKEN_NOT_VERIFIED,
            r"token could not be verified|not authorized to invoke.*(?:token|jwt).*(?:invalid|expired|verif)",
        ),
        (Wording.NOT_AUTHORIZED, r"request was not authorized to invoke"),
        (Wording.NOT_AUTHENTICATED, r"request was not authenticated|set the proper authorization header"),
        (Wording.NO_INSTANCE, r"no available instance|request was aborted because there was"),
        (
            Wording.INSTANCE_FAILED,
            r"response was malformed or connection to the instance|memory limit of|container called exit|"  # noqa: ISC004
            r"failed to start and listen|request has been terminated because it has reached the maximum",
        ),
    )
)
"""Loosely, for the wording changes: https://docs.cloud.google.com/run/docs/troubleshooting"""

_KINDS: tuple[tuple[str, LogKind], ...] = (
    ("run.googleapis.com%2frequests", LogKind.REQUEST),
    ("run.googleapis.com%2fvarlog", LogKind.SYSTEM),
    ("run.googleapis.com%2fstd", LogKind.CONTAINER),
    ("cloudfunctions.googleapis.com%2fcloud-functions", LogKind.CONTAINER),
    ("cloudaudit.googleapis.com%2factivity", LogKind.AUDIT_ACTIVITY),
    ("cloudaudit.googleapis.com%2fpolicy", LogKind.AUDIT_POLICY),
    ("cloudaudit.googleapis.com", LogKind.AUDIT_OTHER),
    ("cloudscheduler.googleapis.com", LogKind.SCHEDULER),
    ("cloudtasks.googleapis.com", LogKind.TASKS),
    ("pubsub.googleapis.com", LogKind.PUBSUB),
    ("eventarc.googleapis.com", LogKind.EVENTARC),
    ("workflows.googleapis.com", LogKind.WORKFLOWS),
    ("loadbalancing.googleapis.com", LogKind.LOAD_BALANCER),
)
_RESOURCES = {
    "cloud_scheduler_job": LogKind.SCHEDULER,
    "cloud_tasks_queue": LogKind.TASKS,
    "pubsub_subscription": LogKind.PUBSUB,
    "http_load_balancer": LogKind.LOAD_BALANCER,
    "internal_http_lb_rule": LogKind.LOAD_BALANCER,
    "workflows.googleapis.com/Workflow": LogKind.WORKFLOWS,
}
_SENDERS: Final = frozenset({LogKind.SCHEDULER, LogKind.TASKS})
_OF_RPC: Final = {"UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404}
"""The status of the answer that a sender makes each code of, where it does not write the status itself.

Source: https://docs.cloud.google.com/apis/design/errors
"""
_NAMES = (
    "service_name",
    "job_id",
    "queue_id",
    "subscription_id",
    "job_name",
    "function_name",
    "trigger_id",
    "workflow_id",
    "url_map_name",
)


def wording_of(text: str) -> Wording | None:
    """Return which of the front end's sentences this is."""
    return next((wording for wording, pattern in _WORDINGS if pattern.search(text[:2000])), None)


def entry(raw: object) -> LogEntry:
    """Return one entry, without any credential in it."""
    payload = look.mapping(raw, "jsonPayload") or look.mapping(raw, "protoPayload")
    text = (
        look.text(raw, "textPayload") or look.text(payload, "message") or look.text(payload, "status", "message") or ""
    )
    kind = _kind(raw)
    target = _target(payload)
    url = (
        look.text(raw, "httpRequest", "requestUrl")
        or look.text(payload, "url")
        or look.text(payload, "targetUrl")
        or look.text(raw, "url")
        or target[1]
    )
    labels = look.mapping(raw, "resource", "labels")
    return LogEntry(
        kind=kind,
        lines=(0, 0),
        at=times.from_value(look.at(raw, "timestamp")) or times.from_value(look.at(raw, "receiveTimestamp")),
        status=_status(raw, payload) or (_OF_RPC.get(_code(raw, payload) or "") if kind in _SENDERS else None),
        method=look.text(raw, "httpRequest", "requestMethod") or look.text(payload, "httpMethod") or target[0],
        url=redaction.callable_url(url.strip("'\"`<>")[:_URL]) or (_clean(url, _DETAILS) or None),
        latency=_latency(look.at(raw, "httpRequest", "latency")),
        wording=wording_of(text) if text and kind in {LogKind.REQUEST, LogKind.SYSTEM, LogKind.OTHER} else None,
        message=_clean(text, _MESSAGE),
        user_agent=_text(look.text(raw, "httpRequest", "userAgent")),
        service=_text(
            next((name for label in _NAMES if (name := look.text(labels, label))), None)
            or look.text(payload, "jobName")
            or look.text(raw, "jobName")
        ),
        principal=look.text(payload, "authenticationInfo", "principalEmail")
        or look.text(payload, "authenticationInfo", "principalSubject"),
        method_name=look.text(payload, "methodName") or look.text(labels, "method"),
        resource=look.text(payload, "resourceName") or look.text(payload, "jobName"),
        code=_code(raw, payload),
        details=_details(raw, payload),
        security_policy=look.text(payload, "enforcedSecurityPolicy", "name")
        or look.text(payload, "enforcedEdgeSecurityPolicy", "name"),
    )


def is_own(raw: object) -> bool:
    """Whether a call was made by this tool, and so is none of the caller's."""
    agents = (("httpRequest", "userAgent"), ("protoPayload", "requestMetadata", "callerSuppliedUserAgent"))
    return any(AGENT in (look.text(raw, *path) or "") for path in agents)


def _text(text: str | None) -> str | None:
    return _clean(text, _DETAILS) if text else None


def _clean(text: str, limit: int) -> str:
    return redaction.kept(text[: limit * 2])[:limit]


def _kind(raw: object) -> LogKind:
    name = (look.text(raw, "logName") or "").lower()
    for part, kind in _KINDS:
        if part in name or part.replace("%2f", "/") in name:
            return kind
    resource = look.text(raw, "resource", "type") or ""
    if resource in _RESOURCES:
        return _RESOURCES[resource]
    type_of_payload = look.text(raw, "jsonPayload", "@type") or look.text(raw, "protoPayload", "@type") or ""
    if (
        "scheduler" in type_of_payload
        or "debugInfo" in look.mapping(raw)
        or "debugInfo" in look.mapping(raw, "jsonPayload")
    ):
        return LogKind.SCHEDULER
    if "AuditLog" in type_of_payload:
        return (
            LogKind.AUDIT_POLICY
            if look.text(raw, "protoPayload", "metadata", "violationReason")
            else LogKind.AUDIT_ACTIVITY
        )
    if "loadbalancing" in type_of_payload or look.text(raw, "jsonPayload", "statusDetails"):
        return LogKind.LOAD_BALANCER
    if look.text(raw, "httpRequest", "requestUrl") and resource in {"", "cloud_run_revision", "cloud_function"}:
        return LogKind.REQUEST
    return LogKind.CONTAINER if resource in {"cloud_run_revision", "cloud_function", "cloud_run_job"} else LogKind.OTHER


def _status(raw: object, payload: dict[str, object]) -> int | None:
    status = (
        look.number(raw, "httpRequest", "status")
        or look.number(payload, "httpResponseCode")
        or look.number(payload, "responseCode")
    )
    if status is None and (found := re.search(r"HTTP response code number\s*=?\s*(\d{3})", _details(raw, payload))):
        status = int(found[1])
    return status if status and 100 <= status <= 599 else None


def _latency(value: object) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}(?:\.\d{1,12})?s", value):
        return float(value[:-1])
    if isinstance(value, dict):
        return float(look.number(value, "seconds") or 0) + (look.number(value, "nanos") or 0) / 1e9
    return None


def _target(payload: dict[str, object]) -> tuple[str | None, str]:
    """Return the method and the URL that Cloud Tasks says an attempt was made at.

    Source: https://docs.cloud.google.com/tasks/docs/logging
    """
    method, _, url = (look.text(payload, "attemptResponseLog", "targetAddress") or "").rpartition(" ")
    return method or None, url


def _code(raw: object, payload: dict[str, object]) -> str | None:
    status = payload.get("status")
    if isinstance(status, dict):
        return look.text(status, "code")
    attempt = look.text(payload, "attemptResponseLog", "status")
    return attempt or look.text(payload, "status") or look.text(raw, "status")


def _details(raw: object, payload: dict[str, object]) -> str:
    found = (
        look.text(payload, "statusDetails")
        or look.text(payload, "debugInfo")
        or look.text(raw, "debugInfo")
        or look.text(payload, "metadata", "violationReason")
        or look.text(payload, "status", "message")
        or ""
    )
    return _clean(found, _DETAILS)
