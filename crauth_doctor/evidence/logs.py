"""Entries of Cloud Logging, whichever product wrote them.

Source: https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

import re

from ..model.evidence import Credential, Lines, LogEntry, LogKind, PieceKind, Wording
from . import audit, errors, headers, look, times
from .box import Box
from .documents import Document
from .vault import clean, clean_url

_MARKERS = frozenset(
    {
        "insertId",
        "logName",
        "textPayload",
        "jsonPayload",
        "protoPayload",
        "httpRequest",
        "receiveTimestamp",
        "debugInfo",
        "jobName",
    }
)
_PROGRAMS = frozenset({LogKind.CONTAINER, LogKind.OTHER, LogKind.WORKFLOWS})
"""Logs that programs of the user's write."""
_LIMIT = 3000
_MESSAGE = 600

_WORDINGS: tuple[tuple[Wording, re.Pattern[str]], ...] = tuple(
    (wording, re.compile(pattern, re.IGNORECASE))
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


_QUOTED = (
    (re.compile(r"empty authorization header value", re.IGNORECASE), Wording.EMPTY_HEADER),
    (re.compile(r"(?:iam )?principal lacks .{0,3}run\.", re.IGNORECASE), Wording.LACKS_PERMISSION),
)
_RUN_PERMISSION = re.compile(r"\brun\.\w+\.\w+")
_OF_REQUESTS = frozenset(Wording) - {Wording.INSTANCE_FAILED, Wording.OTHER}


def sentence_of(line: str) -> Wording | None:
    """Return which of the front end's sentences about a request a line quotes, also in part."""
    found = wording_of(line) or next((wording for pattern, wording in _QUOTED if pattern.search(line[:2000])), None)
    if found is Wording.LACKS_PERMISSION and not _RUN_PERMISSION.search(line[:2000]):
        return None
    return found if found in _OF_REQUESTS else None


def read(box: Box, document: Document) -> bool:
    """Take a document that holds log entries: one, a list, or the answer of `entries.list`."""
    value = document.value
    candidates = value if isinstance(value, list) else look.items(value, "entries") or [value]
    entries = [_unflattened(each) for each in candidates]
    entries = [each for each in entries if _is_entry(each)]
    if not entries:
        return False
    read_ones = [entry_of(box, each, (document.start + 1, document.end)) for each in entries[:_LIMIT]]
    if len(entries) > _LIMIT:
        box.cut.append(f"there are {len(entries)} log entries in one list; the first {_LIMIT} were read")
    box.logs += read_ones
    for raw, entry in zip(entries, read_ones, strict=False):
        box.events += audit.events_of(raw, entry)
        if entry.kind in _PROGRAMS and entry.wording is None:
            errors.read_within(box, raw, entry.lines, entry.at)
    box.take(document.start, document.end, PieceKind.LOG, _summary(read_ones, partial=document.partial))
    return True


def _is_entry(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    known = _MARKERS & value.keys()
    if known == {"httpRequest"}:  # a task has an httpRequest too, without a status
        return "status" in look.mapping(value, "httpRequest")
    return bool(known)


def _unflattened(value: object) -> object:
    """Turn `jsonPayload.status: X`, as tables and people write it, into nested mappings."""
    if not isinstance(value, dict) or not any(
        (isinstance(key, str) and "Payload." in key) or key == "httpRequest.status" for key in value
    ):
        return value
    result: dict[str, object] = {}
    for key, each in value.items():
        place = result
        *parents, last = str(key).split(".")[:8] if not str(key).startswith("@") else [str(key)]
        for parent in parents:
            nested = place.setdefault(parent, {})
            if not isinstance(nested, dict):
                break
            place = nested
        place[last] = each
    return result


def entry_of(box: Box, raw: object, lines: Lines) -> LogEntry:
    """Read one entry."""
    payload = look.mapping(raw, "jsonPayload") or look.mapping(raw, "protoPayload")
    text = (
        look.text(raw, "textPayload") or look.text(payload, "message") or look.text(payload, "status", "message") or ""
    )
    kind = _kind(raw)
    url = (
        look.text(raw, "httpRequest", "requestUrl")
        or look.text(payload, "url")
        or look.text(payload, "targetUrl")
        or look.text(raw, "url")
        or ""
    )
    labels = look.mapping(raw, "resource", "labels")
    return LogEntry(
        kind=kind,
        lines=lines,
        at=times.from_value(look.at(raw, "timestamp")) or times.from_value(look.at(raw, "receiveTimestamp")),
        status=_status(raw, payload),
        method=look.text(raw, "httpRequest", "requestMethod") or look.text(payload, "httpMethod"),
        url=clean_url(url) or (clean(url, 400) or None),
        latency=_latency(look.at(raw, "httpRequest", "latency")),
        wording=wording_of(text) if text and kind in {LogKind.REQUEST, LogKind.SYSTEM, LogKind.OTHER} else None,
        message=clean(text, _MESSAGE),
        severity=look.text(raw, "severity") or "",
        user_agent=_cleaned(look.text(raw, "httpRequest", "userAgent")),
        remote_ip=_cleaned(look.text(raw, "httpRequest", "remoteIp"))
        or look.text(payload, "requestMetadata", "callerIp"),
        project=look.text(labels, "project_id") or _project(look.text(raw, "logName")),
        location=look.text(labels, "location") or look.text(labels, "region"),
        service=_cleaned(
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
        credentials=_credentials(box, payload, lines),
    )


def _cleaned(text: str | None) -> str | None:
    return clean(text, 400) if text else None


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


def _project(log_name: str | None) -> str | None:
    found = re.match(r"projects/([^/\s]{1,100})/logs/", log_name or "")
    return found[1] if found else None


def _code(raw: object, payload: dict[str, object]) -> str | None:
    status = payload.get("status")
    if isinstance(status, dict):
        return look.text(status, "code")
    return look.text(payload, "status") or look.text(raw, "status")


def _details(raw: object, payload: dict[str, object]) -> str:
    found = (
        look.text(payload, "statusDetails")
        or look.text(payload, "debugInfo")
        or look.text(raw, "debugInfo")
        or look.text(payload, "metadata", "violationReason")
        or look.text(payload, "status", "message")
        or ""
    )
    return clean(found, 400)


def _credentials(box: Box, payload: dict[str, object], lines: Lines) -> tuple[Credential, ...]:
    """Credentials among headers that an application logged."""
    found: list[Credential] = []
    stack: list[tuple[object, int]] = [(payload, 0)]
    while stack and len(found) < 20:
        value, depth = stack.pop()
        if not isinstance(value, dict) or depth > 6:
            continue
        for key, each in value.items():
            if isinstance(each, str) and headers.is_credential(str(key)):
                found.append(box.credential(str(key), each, lines))
            elif isinstance(each, dict):
                stack.append((each, depth + 1))
    return tuple(found)


def _summary(entries: list[LogEntry], *, partial: bool) -> str:
    first = entries[0]
    what = f"{len(entries)} log entries" if len(entries) > 1 else f"{first.kind.value} log"
    told = [
        f"{first.status}" if first.status else "",
        first.wording.value if first.wording else "",
        first.method_name or "",
    ]
    end = " (cut off)" if partial else ""
    return " ".join([what, *(word for word in told if word)]) + end
