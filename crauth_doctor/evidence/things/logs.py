"""Entries of Cloud Logging, whichever product wrote them.

Source: https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from ...deferred import regex
from ...google_json import audit_log, log_entries
from ...google_json import json_access as look
from ...google_json.log_entries import wording_of
from ...model.evidence import Credential, Lines, LogEntry, LogKind, PieceKind, Wording
from ..paste import Paste
from ..trees import headers
from ..trees.documents import Tree
from ..trees.redactor import unmarked
from . import errors

_MARKERS = frozenset(
    {"insertId", "logName", "textPayload", "jsonPayload", "protoPayload", "httpRequest", "receiveTimestamp"}
    | {"debugInfo", "jobName"}
)
_PROGRAMS = frozenset({LogKind.CONTAINER, LogKind.OTHER, LogKind.WORKFLOWS})
"""Logs that programs of the user's write."""
_AUDITS = frozenset({LogKind.AUDIT_ACTIVITY, LogKind.AUDIT_OTHER})
_MINT = ("iamcredentials.googleapis.com", "sts.googleapis.com")
"""What mints tokens, and says in its audit log why it did not."""
_LIMIT = 3000
_QUOTES = 20

_QUOTED = (
    (regex(r"empty authorization header value", re.IGNORECASE), Wording.EMPTY_HEADER),
    (regex(r"(?:iam )?principal lacks .{0,3}run\.", re.IGNORECASE), Wording.LACKS_PERMISSION),
)
_RUN_PERMISSION = regex(r"\brun\.\w+\.\w+")
_OF_REQUESTS = frozenset(Wording) - {Wording.INSTANCE_FAILED, Wording.OTHER}


def sentence_of(line: str) -> Wording | None:
    """Return which of the front end's sentences about a request a line quotes, also in part."""
    found = wording_of(line) or next((wording for pattern, wording in _QUOTED if pattern.search(line[:2000])), None)
    if found is Wording.LACKS_PERMISSION and not _RUN_PERMISSION.search(line[:2000]):
        return None
    return found if found in _OF_REQUESTS else None


def read(paste: Paste, document: Tree) -> bool:
    """Take a document that holds log entries: one, a list, or the answer of `entries.list`."""
    value = document.value
    candidates = value if isinstance(value, list) else look.items(value, "entries") or [value]
    entries = [_unflattened(each) for each in candidates]
    entries = [each for each in entries if is_entry(each)]
    if not entries:
        return False
    read_ones = [_entry(paste, each, (document.start + 1, document.end)) for each in entries[:_LIMIT]]
    if len(entries) > _LIMIT:
        paste.cut.append(f"there are {len(entries)} log entries in one list; the first {_LIMIT} were read")
    paste.logs += [one for raw, one in zip(entries, read_ones, strict=False) if not _is_of_a_test_call(raw, one)]
    paste.resources.logs += entries[:_LIMIT]
    paste.written = []
    for raw, entry in zip(entries, read_ones, strict=False):
        paste.events += audit_log.events(raw, entry)
        if entry.kind in _AUDITS and look.text(raw, "protoPayload", "serviceName") in _MINT:
            errors.read_within(paste, look.at(raw, "protoPayload", "status"), entry.lines, entry.at)
        if entry.kind in _PROGRAMS and entry.wording is None:
            paste.written.append(look.at(raw, "jsonPayload") or look.at(raw, "textPayload"))
            errors.read_within(paste, raw, entry.lines, entry.at)
    paste.take(document.start, document.end, PieceKind.LOG, _summary(read_ones, partial=document.partial))
    return True


_OF_CALLS: Final = frozenset({LogKind.REQUEST, LogKind.LOAD_BALANCER, LogKind.AUDIT_POLICY})


def _is_of_a_test_call(raw: object, entry: LogEntry) -> bool:
    """Whether it tells of a test call of this tool's, which is none of the caller's."""
    return entry.kind in _OF_CALLS and log_entries.is_own(raw)


def is_entry(value: object) -> bool:
    """Whether a document has fields that only entries of a log have."""
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


def _entry(paste: Paste, raw: object, lines: Lines) -> LogEntry:
    payload = look.mapping(raw, "jsonPayload") or look.mapping(raw, "protoPayload")
    return replace(log_entries.entry(unmarked(raw)), lines=lines, credentials=_credentials(paste, payload, lines))


def _credentials(paste: Paste, payload: dict[str, object], lines: Lines) -> tuple[Credential, ...]:
    """Credentials among headers that an application logged."""
    within = look.texts_in(payload)
    return tuple(paste.credential(key, text, lines) for key, text in within if headers.is_credential(key))[:_QUOTES]


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
