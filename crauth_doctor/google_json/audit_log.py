"""What an audit log says was done: who got or lost a role, which service was made, changed or deleted.

Source: https://docs.cloud.google.com/logging/docs/audit/understanding-audit-logs
"""

from __future__ import annotations

from ..model.evidence import Event, EventKind, LogEntry, LogKind
from . import json_access as look

_AUDITS = frozenset({LogKind.AUDIT_ACTIVITY, LogKind.AUDIT_OTHER, LogKind.AUDIT_POLICY})
_DELTAS = 1500
"""As many principals as a policy may name. Source: https://docs.cloud.google.com/iam/quotas"""
_OFF = "run.googleapis.com/invoker-iam-disabled"


def events(raw: object, entry: LogEntry) -> list[Event]:
    """Return what this entry tells was done; a refused attempt did nothing."""
    method = entry.method_name or ""
    if entry.kind not in _AUDITS or not method:
        return []
    name = method.rsplit(".", 1)[-1]
    refused = bool(look.mapping(raw, "protoPayload", "status")) and look.number(
        raw, "protoPayload", "status", "code"
    ) not in {None, 0}
    if name.lower() == "setiampolicy":
        return [_event(EventKind.GRANT_FAILED, entry)] if refused else _policy_events(raw, entry)
    if refused:
        return []
    done = [_event(kind, entry)] if (kind := _lifecycle(name, method)) else []
    return done + _check_events(raw, entry)


def _lifecycle(name: str, method: str) -> EventKind | None:
    if not any(part in method for part in ("Service", "Function", "ServiceAccount")):
        return None
    if name.startswith(("Create", "Undelete")):
        return EventKind.CREATED
    if name.startswith("Delete"):
        return EventKind.DELETED
    return EventKind.UPDATED if name.startswith(("Update", "Replace", "Patch")) else None


def _policy_events(raw: object, entry: LogEntry) -> list[Event]:
    deltas = look.items(raw, "protoPayload", "serviceData", "policyDelta", "bindingDeltas") or look.items(
        raw, "protoPayload", "metadata", "policyDelta", "bindingDeltas"
    )
    done = []
    for delta in deltas[:_DELTAS]:
        action = (look.text(delta, "action") or "").upper()
        kind = EventKind.GRANTED if action == "ADD" else EventKind.REVOKED
        done.append(_event(kind, entry, look.text(delta, "role"), look.text(delta, "member")))
    if done:
        return done
    bindings = look.items(raw, "protoPayload", "request", "policy", "bindings") or look.items(
        raw, "protoPayload", "response", "bindings"
    )
    return [
        *(
            _event(EventKind.POLICY_SET, entry, look.text(binding, "role"), member)
            for binding in bindings[:_DELTAS]
            for member in look.texts(binding, "members")[:_DELTAS]
        )
    ] or [_event(EventKind.POLICY_SET, entry)]


def _check_events(raw: object, entry: LogEntry) -> list[Event]:
    """The invoker check as the written service has it, where the entry shows the service and the write touched it."""
    service = look.mapping(raw, "protoPayload", "request", "service")
    mask = look.at(raw, "protoPayload", "request", "updateMask")
    if not service or (mask and not any(word in str(mask) for word in ("invokerIamDisabled", "invoker_iam_disabled"))):
        return []
    disabled = look.is_true(service, "invokerIamDisabled") or look.is_true(service, "metadata", "annotations", _OFF)
    return [_event(EventKind.CHECK_OFF_ASKED if disabled else EventKind.CHECK_ON, entry)]


def _event(kind: EventKind, entry: LogEntry, role: str | None = None, member: str | None = None) -> Event:
    return Event(kind, entry.lines, entry.resource, entry.at, entry.principal, role, member)
