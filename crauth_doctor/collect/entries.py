"""Log entries, in what decides; what says nothing of this caller is left out.

Documentation: https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from ..deferred import dataclass
from ..google_json import audit_log, log_entries
from ..google_json import json_access as look
from ..google_json.json_access import Json
from ..model.evidence import Event, EventKind, LogEntry
from ..model.iam import EVERYBODY
from ..model.run import Service
from . import policies

_MOST: Final = 5
"""Failing calls that are kept: the last ones say it all."""

REFUSALS: Final = (401, 403)
"""How a call is refused by the token check and the invoker check; an application may answer so, too."""

WRITES: Final = "SetIamPolicy"
"""The last part of the method's name, whichever API it is of."""

_DELTAS: Final = frozenset({EventKind.GRANTED, EventKind.REVOKED})
_OF_POLICY: Final = _DELTAS | {EventKind.POLICY_SET}
_OF_CHECK: Final = frozenset({EventKind.CHECK_OFF_ASKED, EventKind.CHECK_ON})
_MADE: Final = frozenset({EventKind.CREATED})
_GONE: Final = frozenset({EventKind.DELETED})


@dataclass(frozen=True)
class Entry:
    """One entry."""

    at: int  # when, seconds since 1970
    log: LogEntry
    done: tuple[Event, ...] = ()  # what it tells was done


@dataclass(frozen=True)
class Audit:
    """What was done to a service."""

    # every successful write of its policy, or of its project's for this caller, and every creation
    written: tuple[Entry, ...]
    kept: tuple[Entry, ...]  # what decides for this caller


def seconds(text: str | None) -> int | None:
    """Read a time of RFC 3339, in seconds since 1970."""
    try:
        return int(datetime.fromisoformat(text or "").timestamp())
    except ValueError:
        return None


def failing(raw: Iterable[Json], since: int, path: str | None) -> tuple[Entry, ...]:
    """Return the last failing calls, as far back as they all failed alike.

    The newest stand first; those before `since` are left out.
    """
    found: list[Entry] = []
    for one in raw:
        status, entry = look.at(one, "httpRequest", "status"), _entry(one)
        if not isinstance(status, int) or entry is None or entry.at < since or log_entries.is_own(one):
            continue
        if path is not None and (_path(one) or "/") != path:
            continue
        if status < 400 or len(found) == _MOST or (found and found[0].log.status != status):
            break
        found.append(entry)
    return tuple(found)


def refused(raw: Iterable[Json], since: int) -> tuple[LogEntry, ...]:
    """Return the last calls that were refused, whoever made them, without what their URLs ask for."""
    found: list[LogEntry] = []
    for one in raw:
        status, entry = look.at(one, "httpRequest", "status"), _entry(one)
        if status not in REFUSALS or entry is None or entry.at < since or log_entries.is_own(one):
            continue
        found.append(replace(entry.log, url=(entry.log.url or "").partition("?")[0] or None))
        if len(found) == _MOST:
            break
    return tuple(found)


def perimeter(raw: Iterable[Json], service: Service, *, own: bool = False) -> tuple[Entry, ...]:
    """Return what VPC Service Controls refused before this service.

    `own`: whether the tool's own calls are the caller's.
    """
    found = [_entry(one) for one in raw if _is_refusal(one, own=own) and _may_be_about(one, service)]
    return tuple(one for one in found if one is not None)[:_MOST]


def audited(raw: Iterable[Json], service: Service, member: str | None) -> Audit:
    """Return what was done to a service.

    `member` is the caller as policies name it; None for one without identity, who comes in with everybody.
    """
    done = sorted((each for one in raw if (each := _done(one, service, member))), key=lambda each: each.at)
    # A service that was created anew starts with an empty policy.
    written = tuple(each for each in done if _writes(each, service) or _tells(each, _MADE))
    off = [each.at for each in done if _tells(each, {EventKind.CHECK_OFF_ASKED})]
    recreated = _was_recreated(done)
    kept: list[Entry] = []
    for each in _last_word(done):
        if _is_write(each):
            if each.done:
                kept.append(each)
        elif off and each.at >= min(off) and _tells(each, _OF_CHECK):
            kept.append(each)
        elif recreated and _tells(each, _MADE | _GONE):
            kept.append(replace(each, done=tuple(one for one in each.done if one.kind not in _OF_CHECK)))
    return Audit(written, tuple(kept))


def _last_word(done: list[Entry]) -> list[Entry]:
    """Leave out what a later write took back: who was granted and then revoked is revoked, and nothing else."""
    said: set[tuple[object, object]] = set()
    found: list[Entry] = []
    for each in reversed(done):
        last = tuple(one for one in each.done if one.kind not in _DELTAS or (one.role, one.member) not in said)
        said |= {(one.role, one.member) for one in each.done if one.kind in _DELTAS}
        found.append(replace(each, done=last))
    return found[::-1]


def _writes(entry: Entry, service: Service) -> bool:
    """Whether the service's policy was written, or for this caller that of its project."""
    return _is_write(entry) and (entry.log.resource != f"projects/{service.project}" or bool(entry.done))


def _was_recreated(done: list[Entry]) -> bool:
    """Whether the service was deleted, and created after that."""
    gone, made = ([each.at for each in done if _tells(each, kinds)] for kinds in (_GONE, _MADE))
    return bool(gone and made) and max(made) >= max(gone)


def _is_write(entry: Entry) -> bool:
    return (entry.log.method_name or "").endswith(WRITES)


def _tells(entry: Entry, kinds: Iterable[EventKind]) -> bool:
    return any(one.kind in set(kinds) for one in entry.done)


def _entry(raw: Json) -> Entry | None:
    at = seconds(look.text(raw, "timestamp"))
    return None if at is None else Entry(at, log_entries.entry(raw))


def _path(raw: Json) -> str:
    try:
        return urlsplit(look.text(raw, "httpRequest", "requestUrl") or "").path
    except ValueError:
        return ""


def _is_refusal(one: Json, *, own: bool) -> bool:
    is_policy = "cloudaudit.googleapis.com%2Fpolicy" in (look.text(one, "logName") or "")
    return bool(look.mapping(one, "protoPayload")) and is_policy and (own or not log_entries.is_own(one))


def _may_be_about(one: Json, service: Service) -> bool:
    """Whether it names this service, or no service at all."""
    name = look.text(one, "protoPayload", "resourceName") or ""
    names = (name, *look.texts(one, "protoPayload", "metadata", "resourceNames"))
    services = [name.rsplit("/services/", 1)[1] for name in names if "/services/" in name]
    return not services or service.id in services


def _done(one: Json, service: Service, member: str | None) -> Entry | None:
    """Return what one entry says was done to the service; a refused attempt did nothing."""
    entry, region = _entry(one), look.text(one, "resource", "labels", "location") or service.region
    if entry is None or look.at(one, "protoPayload", "status", "code") or region != service.region:
        return None
    events = (
        each for each in audit_log.events(one, entry.log) if each.kind not in _OF_POLICY or _matters(each, member)
    )
    return replace(entry, done=tuple(events))


def _matters(event: Event, member: str | None) -> bool:
    """A group may have the caller in it; that a group lost its role says nothing of this caller."""
    who = event.member or ""
    if not policies.may_let_in(event.role or ""):
        return False
    is_mine = who in EVERYBODY or (member is not None and who.lower() == member.lower())
    return is_mine or (event.kind is EventKind.GRANTED and who.startswith(("group:", "domain:")))
