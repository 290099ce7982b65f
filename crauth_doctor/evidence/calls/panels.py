"""Calls in panels: a browser's network tab, Postman's console, a webhook's delivery page, .NET's text.

Titles stand above their lists of headers: `Request URL`, `Response Headers`, `Response 403`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...deferred import regex
from ..paste import Paste
from . import http, inline

_START = regex(
    r"^\s{0,12}(?:General\s*$|Request URL:?\s*(?P<url>https?://\S{3,2000})?\s*$"
    r"|(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?P<target>https?://\S{3,2000})\s*$"
    r"|(?:.{0,100}(?:Start processing|Sending) HTTP request|.{0,60}request:) (?P<asked>[A-Z]{3,7}) (?P<there>https?://\S{3,2000})\s*$"
    r"|~~~ REQUEST ~~~\s*$"
    r"|Method: (?P<verb>[A-Z]{3,7}), RequestUri: '(?P<uri>https?://[^']{3,2000})')",
    re.IGNORECASE,
)
_URL = regex(r"^\s*(?:Request URL:?\s*)?(?P<url>https?://\S{3,2000})\s*$", re.IGNORECASE)
_METHOD = regex(r"^\s*Request Method:?\s*(?P<method>[A-Za-z]{3,7})?\s*$", re.IGNORECASE)
_STATUS = regex(
    r"^\s*(?:(?:HTTP )?Status(?: Code)?\s{0,12}:?|Response:?|StatusCode:)\s*(?P<status>[1-5]\d\d)\b"
    r"|^\s*(?P<bare>[1-5]\d\d)(?: [A-Z][A-Za-z ]{1,40})?\s*$",
    re.IGNORECASE,
)
_SPOKEN = regex(r"^(?:[A-Z], \[.{0,60}\]\s{1,3}[A-Z]+ -- \S{0,40}:? ?)?(?P<side>request|response): (?P<rest>.*)$")
"""Faraday's log names the side before each list of headers, whose values it quotes."""
_DOTNET = regex(r"Received HTTP response(?: headers)? after [\d.,]+ ?ms - (?P<status>[1-5]\d\d)")
_RESTY = regex(r"^(?P<method>[A-Z]{3,7})\s{1,4}(?P<target>/\S{0,2000})\s{1,4}HTTP/[\d.]{1,3}\s*$")
_SECTIONS = tuple(
    (name, regex(rf"^\s*(?:[▶▼v>] ?)?(?:{titles})\b.{{0,20}}$", re.IGNORECASE))
    for name, titles in (
        ("sent", "Request Headers"),
        ("received", "Response Headers"),
        ("body", "Response Body|Response Payload|Response Text|Preview"),
        ("other", "Request Body|Request Payload|Query String|Form Data|Network|Payload|Timing"),
    )
)
_IGNORED = regex(
    r"^\s*(?:Referrer Policy|(?:strict-)?origin(?:-when-cross-origin)?|unsafe-url|same-origin|no-referrer)\s*$"
    r"|^\s*(?:Referrer Policy|Remote Address|Headers|Raw|View (?:source|parsed|raw)|Status Code|Request Method"
    r"|\d+(?:\.\d+)? ?m?s|Content: .{0,200}):?\b"
    r"|^\s*(?:info|trce|dbug|warn): |HTTP request |^[=~*-]{4,}"
    r"|^(?:PROTO|HEADERS|BODY|RECEIVED AT|TIME DURATION)\s{0,12}:"
    r"|^\s*[{}]\s*$|^.{0,200}Headers:\s*$",
    re.IGNORECASE,
)
_HEADER = regex(r"^\s*(?P<name>:?[A-Za-z][\w-]{0,80})\s{0,8}:(?:\s+(?P<value>\S.*)|\s*)$")
_LINES = 150
_HINTS = ("Request URL", "General", "RequestUri", "http", "~~~")


@dataclass(slots=True)
class _Panel:
    """The panel that is being read."""

    draft: http.Draft
    section: str = "sent"
    end: int = 0


def read(paste: Paste) -> None:
    """Take every panel that shows a URL and a status or headers."""
    index = 0
    while index < len(paste.lines):
        line = paste.lines[index]
        found = None
        if any(hint in line for hint in _HINTS) and paste.is_free(index):
            found = _START.match(line[:3000])
        index = max(_panel(paste, index, found) if found else index + 1, index + 1)


def _panel(paste: Paste, start: int, found: re.Match[str]) -> int:
    url = found["url"] or found["target"] or found["uri"] or found["there"]
    method = (found["method"] or found["verb"] or found["asked"] or "GET").upper()
    panel = _Panel(http.Draft(start, method, url), end=start + 1)
    index, blanks = start + 1, 0
    while index < min(start + _LINES, len(paste.lines)) and paste.is_free(index) and blanks < 3:
        line = paste.lines[index][:20_000]
        if not line.strip():
            blanks, index = blanks + 1, index + 1
            continue
        if panel.section == "body" or line.lstrip().startswith("<"):
            break
        if index in paste.starts or not _line(panel, line):
            break
        blanks = 0
        index += 1
        panel.end = index
    draft = panel.draft
    if not draft.target or (draft.status is None and len(draft.received) < 2) or not (draft.sent or draft.received):
        return start + 1
    end = http.body(paste, panel.end, draft)
    http.add(paste, draft, max(end, panel.end))
    return max(end, panel.end)


def _line(panel: _Panel, line: str) -> bool:
    """Take one line into the panel; false where it is none of a panel's."""
    draft = panel.draft
    if spoken := _SPOKEN.match(line):
        panel.section = "sent" if spoken["side"] == "request" else "received"
        line = spoken["rest"]
    elif "~~~ RESPONSE ~~~" in line:
        panel.section = "received"
        return True
    for name, pattern in _SECTIONS:
        if pattern.match(line):
            panel.section = name
            return True
    if draft.target is None and (found := _URL.match(line)):
        draft.target = found["url"]
        return True
    if draft.target is None and (found := _RESTY.match(line)):
        draft.method, draft.target = found["method"], found["target"]
        return True
    if found := _METHOD.match(line):
        draft.method = (found["method"] or "GET").upper()
        return True
    if draft.status is None and (found := _STATUS.match(line) or _DOTNET.search(line)):
        draft.status = int(found["status"] or found[2])
        panel.section = "received"
        return True
    if _IGNORED.match(line):
        return True
    if (found := _HEADER.match(line)) and panel.section in {"sent", "received"}:
        into = draft.sent if panel.section == "sent" else draft.received
        value = found["value"] or ""
        into.append((found["name"].lower(), inline.plain(value) if value.startswith('"') else value.strip()))
        return True
    return panel.section == "other"
