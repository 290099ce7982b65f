"""The front end's own sentences where they stand in a line of text: copied from a console, a log viewer, a chat."""

from __future__ import annotations

import re

from ...deferred import regex
from ...google_json import times
from ...model.evidence import LogEntry, LogKind, PieceKind
from ..box import Box
from ..trees.vault import clean, clean_url
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
_URL = regex(r"https?://[^\s\"'`<>()\[\]{}|]{3,1000}")
_WORDS = regex(r"the request was|empty authorization|(?:the )?(?:iam )?principal lacks", re.IGNORECASE)
_DOCS = ("cloud.google.com", "docs.cloud.google.com")
_LIMIT = 1000


def read(box: Box) -> None:
    """Take every line that quotes the request log."""
    found = 0
    for index, line in box.readable():
        lower = line.lower()
        if found >= _LIMIT or not any(hint in lower for hint in _HINTS) or any(word in lower for word in _NOT_LOGS):
            continue
        wording = logs.sentence_of(line)
        if wording is None or not box.is_free(index):
            continue
        found += 1
        lines = box.take(index, index + 1, PieceKind.LOG, f"request log {wording.value}")
        words = _WORDS.search(line)
        around = line[: words.start()] if words else line
        status = _STATUS.search(around)
        method = _METHOD.search(around)
        url = next((u for u in map(clean_url, _URL.findall(line)) if u and not any(host in u for host in _DOCS)), None)
        box.logs.append(
            LogEntry(
                LogKind.REQUEST,
                lines,
                at=times.from_iso(around),
                status=int(status["status"]) if status else None,
                method=method["method"] if method else None,
                url=url,
                wording=wording,
                message=clean(line.strip(), 600),
            )
        )
