"""Pages and bodies that stand by themselves, of Google's front end, of IAP, of whatever answered."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType

from ...deferred import regex
from ...google_json import times
from ...model.evidence import Exchange, PieceKind, Seen
from ...model.http import BODY_LIMIT, Response, Shown
from ..paste import Paste
from ..trees.redactor import clean
from . import curl, objects
from .http import body_end

_TITLE = regex(r"<title>\s{0,20}(?:Error\s+)?(?P<status>[45]\d\d)\b", re.IGNORECASE)
_TEXTS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (regex(pattern, re.IGNORECASE), status)
    for pattern, status in (
        (r"your client does not have permission to the requested url", 401),
        (r"your client does not have permission to get url", 403),
        (r"access is forbidden\.", 403),
        (r"the requested url .{0,2000}was not found on this server", 404),
        (r"invalid iap credentials: empty token", 302),
        (r"invalid iap credentials", 401),
    )
)
"""Sources: https://docs.cloud.google.com/run/docs/troubleshooting and public captures"""
_REFUSED = 'Bearer error="invalid_token" error_description="The access token could not be verified"'
_REFUSAL = _REFUSED.lower()
_PATH = regex(r"(?:requested|get) URL:?\s+(?:<code>)?(?P<path>/[^\s<]{0,2000})", re.IGNORECASE)
_PAGE = ("<html", "<!doctype", "<head", "<title")
_HINTS = (*_PAGE, "your client does not", "access is forbidden", "requested url", "invalid iap")
_HTML = regex(r"^\s*(?:.{0,200}?)(?=<(?:!doctype html|html|head|title)\b)", re.IGNORECASE)
_HEADING = regex(
    r"^\s*(?:\d{3}[.:]?\s*)?(?:Error: )?(?:Forbidden|Unauthorized|Page not found|Not Found)\b", re.IGNORECASE
)
_CODE_ONLY = regex(
    r"^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]{0,10}(?:Z|[+-]\d\d:?\d\d)?\]?\s+)?"
    r"(?:HTTP |http |code )?(?P<status>[1-5]\d\d)\s*$"
)


def path_of(body: str) -> str | None:
    """Return the path that Google's page says was asked for."""
    found = _PATH.search(body[:BODY_LIMIT])
    return found["path"] if found else None


def status_of(body: str) -> int | None:
    """Return the status that a page stands for, by its title or by the words of Google's own pages."""
    if found := _TITLE.search(body[:8192]):
        return int(found["status"])
    return next((status for pattern, status in _TEXTS if pattern.search(body[:8192])), None)


def read(paste: Paste) -> None:
    """Take bodies that no exchange has claimed."""
    after = 0
    for index, line in paste.readable():
        if index < after or paste.taken[index] == 1:
            continue
        if found := _CODE_ONLY.match(line[:60]):
            _code_only(paste, index, int(found["status"]))
            continue
        lower = line.lower()
        if _REFUSAL in lower and paste.is_free(index):
            _header(paste, index)
        elif any(hint in lower for hint in _HINTS):
            after = _page(paste, index)


def _page(paste: Paste, index: int) -> int:
    """Take the page that starts on this line, if it tells a status, and return where it ends."""
    line = paste.lines[index]
    end = index + 1
    if paste.is_free(index) and _HTML.match(line[:600]):
        end = max(_html_end(paste, index), end)
    body = "\n".join(paste.lines[index:end])
    status = status_of(body)
    if status is None:
        return end
    start = index - 1 if index and paste.is_free(index - 1) and _HEADING.match(paste.lines[index - 1][:80]) else index
    called = curl.answered(paste, start)
    if end - start > 1 or line.lstrip().startswith("<"):
        lines = paste.take(start, end, PieceKind.BODY, f"page of a {status}")
    else:
        lines = paste.list_softly(start, end, PieceKind.BODY, f"words of a {status}")
        body = _words(body)
        if "</html" not in body and (before := _HTML.match(body[:600])):
            body = body[before.end() :]  # a page that is cut, behind a client's words
    made = called or Exchange(Seen.BODY, lines)
    where = (made.lines[0], lines[1])
    answer = Response(status, body=clean(body, BODY_LIMIT))
    paste.exchanges.append(replace(made, seen=Seen.BODY, lines=where, response=answer))
    return end


def _header(paste: Paste, index: int) -> None:
    """Take a header that the front end writes beside its 401 only, where the rest of the answer is not shown."""
    lines = paste.take(index, index + 1, PieceKind.EXCHANGE, "a header of a 401")
    headers = MappingProxyType({"www-authenticate": _REFUSED})
    paste.exchanges.append(Exchange(Seen.STATUS_LINE, lines, response=Response(401, headers, shown=Shown.NOTHING)))


def _words(line: str) -> str:
    """Of a line that quotes an answer, the answer's own words."""
    found = next((found for pattern, _ in _TEXTS if (found := pattern.search(line))), None)
    return line[found.start() :].rstrip("\"'`) ") if found else line


def _html_end(paste: Paste, index: int) -> int:
    """An HTML page may start in the middle of a line."""
    return body_end(paste, index, {}) if paste.lines[index].lstrip().startswith("<") else index + 1


def _code_only(paste: Paste, index: int, status: int) -> None:
    """A number by itself under a curl command is what `-w '%{http_code}'` prints; a loop prints several."""
    first = index
    while first and paste.is_free(first - 1) is False and _CODE_ONLY.match(paste.lines[first - 1][:60]):
        first -= 1
    command = paste.command_before(first, reach=1)
    called = curl.of(paste, command) if command else None
    if not command or not called or "http_code" not in command.text:
        return
    paste.called.pop(command.start, None)
    start = command.start if first == index else index
    call = called.call
    what = objects.summary(call.url if call else "", call.method if call else "", status)
    lines = paste.take(start, index + 1, PieceKind.EXCHANGE, what)
    at = times.from_iso(paste.lines[index][:60])
    paste.exchanges.append(replace(called, seen=Seen.STATUS_LINE, lines=lines, response=Response(status), at=at))
