"""The request log as a line of text: the front end's own sentences, and what the Logs Explorer shows of a call.

Copied from a console, a log viewer, a chat.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ...deferred import regex
from ...google_json import times
from ...model.evidence import LogEntry, LogKind, PieceKind
from ..paste import Paste
from ..trees.redactor import clean, clean_url
from . import logs

_HINTS = (
    "request was not auth",
    "authorization header value",
    "principal lacks",
    "no available instance",
    "token could not be verified",
)
_NOT_LOGS = ("www-authenticate", "error_description", "<h2>")
_STATUS = regex(r"(?<![\w.:/-])(?P<status>[45]\d\d)(?![\w:/-]|\.\d)")
_METHOD = regex(r"(?<!\w)(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)(?!\w)")
_URL = regex(r"(?<![+\w])https?://[^\s\"'`<>()\[\]{}|]{3,1000}")
"""Not one that a user agent names as its maker's: `(+https://…)`."""
_WORDS = regex(r"the request was|empty authorization|(?:the )?(?:iam )?principal lacks", re.IGNORECASE)
_DOCS = ("cloud.google.com", "docs.cloud.google.com")
_LIMIT = 1000
_SHOWN = regex(
    r"\b(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s*(?P<status>[1-5]\d\d)"
    r"(?:\s*[\d.,]{1,9} ?[KMG]?i?B(?![a-z]))?(?:\s*[\d.,]{1,9} ?m?s(?![a-z]))?"
    r"(?P<agent>(?!\d).{0,300}?)(?<![+(\w])(?P<url>https?://[^\s\"'`<>()\[\]{}|]{3,1000})"
)
"""Method, status, size, latency, user agent and URL, in the Logs Explorer's order; copied, the gaps between may go.

Source: https://docs.cloud.google.com/logging/docs/view/logs-explorer-interface
"""


_FIELD = regex(r"\[httpRequest\.\w{1,40}: ([^\]]{0,400})\]")
"""A field of a row, as the Logs Explorer copies it."""


_ATTEMPT = regex(r"\b(?P<code>[A-Z][A-Z_]{3,20})\(\d{1,2}\): HTTP status code (?P<status>[45]\d\d)\b")
"""How Cloud Tasks words what a task got, in its console as in the task's last attempt.

Source: https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#Attempt
"""


def read(paste: Paste) -> None:
    """Take every line of the request log, and of Cloud Tasks' attempts."""
    found = 0
    for index, line in paste.readable():
        if found >= _LIMIT or not paste.is_free(index):
            continue
        row = _FIELD.sub(r"\1", line) if "[httpRequest." in line else line
        entry = _quoted(row) or _shown(row) or _attempted(row)
        if entry is not None:
            found += 1
            told = entry.wording.value if entry.wording else str(entry.status)
            lines = paste.take(index, index + 1, PieceKind.LOG, f"{entry.kind.value} log {told}")
            paste.logs.append(replace(entry, lines=lines))


def _quoted(line: str) -> LogEntry | None:
    """Read a line that quotes one of the sentences."""
    lower = line.lower()
    if not any(hint in lower for hint in _HINTS) or any(word in lower for word in _NOT_LOGS):
        return None
    wording = logs.sentence_of(line)
    if wording is None:
        return None
    words = _WORDS.search(line)
    around = line[: words.start()] if words else line
    shown = _SHOWN.search(around)
    status = shown or _STATUS.search(around)
    method = shown or _METHOD.search(around)
    return LogEntry(
        LogKind.REQUEST,
        (0, 0),
        at=times.from_iso(around),
        status=int(status["status"]) if status else None,
        method=method["method"] if method else None,
        url=next((u for u in map(clean_url, _URL.findall(line)) if u and not any(host in u for host in _DOCS)), None),
        wording=wording,
        message=clean(line.strip(), 600),
        user_agent=_agent(shown) if shown else None,
    )


def _shown(line: str) -> LogEntry | None:
    """Read a line that shows a call by its fields."""
    found = _SHOWN.search(line) if "://" in line else None
    url = clean_url(found["url"].rstrip(".,;:")) if found else ""
    if found is None or not url:
        return None
    return LogEntry(
        LogKind.REQUEST,
        (0, 0),
        at=times.from_iso(line[: found.start()]),
        status=int(found["status"]),
        method=found["method"],
        url=url,
        message=clean(line.strip(), 600),
        user_agent=_agent(found),
    )


def _attempted(line: str) -> LogEntry | None:
    found = _ATTEMPT.search(line) if "HTTP status code" in line else None
    if found is None:
        return None
    told, status = clean(line.strip(), 600), int(found["status"])
    return LogEntry(LogKind.TASKS, (0, 0), status=status, message=told, code=found["code"])


def _agent(shown: re.Match[str]) -> str | None:
    return clean(shown["agent"].strip(), 400) or None
