"""Calls and answers as curl and other clients print them: `curl -i`, `-v`, `-I`, raw blocks, several in a row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ...deferred import regex
from ...google_json import json_access as look
from ...model.evidence import PieceKind, Seen
from ...model.http import Call
from ...model.run import is_local
from ..paste import Paste
from ..things import logs
from ..trees.documents import span_of_json
from ..trees.redactor import clean_url
from . import curl, objects

_REQUEST = regex(r"^\s{0,12}(?P<mark>[>] ?)?(?P<method>[A-Z]{3,10}) (?P<target>\S{1,4096}) HTTP/[\d.]{1,3}\s*$")
_ASKED = regex(r"^\s{0,12}(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?P<target>https?://\S{1,4096})\s*$")
"""A request line as a client's file or window of calls has it, which need not tell the version.

Source: https://www.jetbrains.com/help/idea/exploring-http-syntax.html
"""
_BETWEEN = 12
"""As many lines may stand between such a line and the answer's first."""
_STATUS = regex(r"^\s{0,12}(?P<mark>[<] ?)?HTTP/[\d.]{1,3} (?P<status>[1-5]\d\d)(?:\s+(?P<reason>[\w' -]{0,60}))?\s*$")
_HEADER = regex(r"^\s{0,12}(?P<mark>[<>] ?)?(?P<name>:?[A-Za-z][\w-]{0,80}):(?:\s+(?P<value>\S.*)?|$)")
_INFO = regex(r"^\s{0,12}(?:\* |\*$|[{}] \[|\d+ bytes data|\s*% Total|\s*\d+ .*--:--:--|\s*Dload)")
_STREAM = regex(r"^\s{0,12}\* (?:\[HTTP/[23]\] \[\d+\]|h[23](?:h3)?) \[(?P<name>:?[\w-]{1,80}): (?P<value>.*?)\]?\s*$")
_TUNNEL = regex(r"^connection established|^ok: tunnel|^tunnel", re.IGNORECASE)
_BODY_LINES = 400
_EXCHANGES = 1500
_HTML_END = regex(r"</html>\s*$", re.IGNORECASE)
_ROBOT_END = regex(r"That[\u2019']s all we know", re.IGNORECASE)


@dataclass(slots=True)
class Draft:
    """One exchange while its lines are being read."""

    start: int  # index of its first line
    method: str | None = None  # of the request
    target: str | None = None  # path or URL of the request
    sent: list[tuple[str, str]] = field(default_factory=list)  # the request's headers
    status: int | None = None  # of the answer
    received: list[tuple[str, str]] = field(default_factory=list)  # the answer's headers
    body: str = ""  # the answer's body
    verbose: bool = False  # whether curl marked its lines
    broken: bool = False  # whether the request's headers stop before the empty line that ends them


def read(paste: Paste) -> None:
    """Take every exchange that still has its status line or its request line."""
    index = 0
    while index < len(paste.lines) and len(paste.exchanges) < _EXCHANGES:
        if not paste.is_free(index) or not (
            _REQUEST.match(paste.lines[index]) or _STATUS.match(paste.lines[index]) or _is_asked(paste, index)
        ):
            index += 1
            continue
        index = max(_exchange(paste, index), index + 1)


def _is_asked(paste: Paste, index: int) -> bool:
    """Whether a request line without a version stands here, and an answer below it."""
    if not _ASKED.match(paste.lines[index]):
        return False
    for below in range(index + 1, min(index + _BETWEEN, len(paste.lines))):
        line = paste.lines[below]
        if not paste.is_free(below) or _STATUS.match(line):
            return paste.is_free(below)
        if line.strip() and not _HEADER.match(line):
            return False
    return False


def _exchange(paste: Paste, start: int) -> int:
    draft = Draft(start=_info_above(paste, start))
    end = _request(paste, start, draft)
    end = _response(paste, end, draft)
    if draft.method == "CONNECT" and draft.status == 200:
        paste.take(draft.start, end, PieceKind.EXCHANGE, "a proxy's tunnel")
        return end
    _streams(paste, draft, end)
    add(paste, draft, end)
    return end


def _streams(paste: Paste, draft: Draft, end: int) -> None:
    """Of HTTP/2, curl shows each header also in a remark of its own, and newer ones only there."""
    names = {name for name, _ in draft.sent}
    if not draft.verbose:
        return
    for line in paste.lines[draft.start : end]:
        found = _STREAM.match(line[:20_000])
        if found and not found["name"].startswith(":") and found["name"].lower() not in names:
            draft.sent.append((found["name"].lower(), found["value"].strip()))


def _info_above(paste: Paste, start: int) -> int:
    while start > 0 and paste.is_free(start - 1) and _INFO.match(paste.lines[start - 1]):
        start -= 1
    return start


def _request(paste: Paste, index: int, draft: Draft) -> int:
    found = _REQUEST.match(paste.lines[index])
    asked = None if found else _ASKED.match(paste.lines[index])
    shown = found or asked
    if not shown:
        return index
    draft.verbose, draft.broken = bool(found and found["mark"]), asked is not None  # headers may be set elsewhere
    draft.method, draft.target = shown["method"], shown["target"]
    index = _headers(paste, index + 1, draft.sent)
    return _skip(paste, index)


def _headers(paste: Paste, index: int, into: list[tuple[str, str]]) -> int:
    while paste.is_free(index):
        found = _HEADER.match(paste.lines[index])
        if not found:
            break
        into.append((found["name"].lower(), (found["value"] or "").strip()))
        index += 1
    return index


def _skip(paste: Paste, index: int) -> int:
    """Pass over what stands between a request and its answer: the end of the headers, a short body, curl's remarks."""
    end, blank = index, 0
    while paste.is_free(index) and index - end < 40:
        line = paste.lines[index].strip()
        if _STATUS.match(paste.lines[index]):
            return index
        if _REQUEST.match(paste.lines[index]) or index in paste.starts:
            break
        if line in {"", ">"}:
            blank += 1
        elif not _INFO.match(line) and (blank > 1 or not line.startswith(("{", "[", "<html"))):
            break
        index += 1
    while end < index and paste.is_free(end) and paste.lines[end].strip() == ">":
        end += 1
    return end


def _response(paste: Paste, index: int, draft: Draft) -> int:
    found = _STATUS.match(paste.lines[index]) if paste.is_free(index) else None
    while found and _is_prelude(found, draft):
        index = _headers(paste, index + 1, [])
        while paste.is_free(index) and paste.lines[index].strip() in {"", "<"}:
            index += 1
        found = _STATUS.match(paste.lines[index]) if paste.is_free(index) else None
    if not found:
        return index
    draft.status = int(found["status"])
    draft.verbose = draft.verbose or bool(found["mark"])
    index = _headers(paste, index + 1, draft.received)
    return body(paste, index, draft)


def _is_prelude(found: re.Match[str], draft: Draft) -> bool:
    """An interim answer, or a proxy's that its tunnel is open: the real answer follows."""
    opened = found["status"] == "200" and draft.method != "CONNECT" and bool(_TUNNEL.match(found["reason"] or ""))
    return opened or (found["status"].startswith("1") and found["status"] != "101")


def body(paste: Paste, index: int, draft: Draft) -> int:
    """Read the body below the headers, if one stands there, and return where it ends."""
    after = index
    while paste.is_free(after) and (paste.lines[after].strip() in {"", "<", ">"} or _INFO.match(paste.lines[after])):
        if after - index > 4 and not _INFO.match(paste.lines[after]):
            return index
        after += 1
    if draft.status in {204, 304} or not paste.is_free(after) or _is_marker(paste, after):
        return index
    end = body_end(paste, after, dict(draft.received))
    if paste.is_http:
        end = next((at for at in range(after, len(paste.lines)) if _is_marker(paste, at)), len(paste.lines))
    if end > after:
        draft.body = "\n".join(paste.lines[after:end])
        return end
    return index


def _is_marker(paste: Paste, index: int) -> bool:
    line = paste.lines[index]
    return bool(_REQUEST.match(line) or _STATUS.match(line)) or index in paste.starts


def body_end(paste: Paste, index: int, received: dict[str, str]) -> int:
    """Return the index after the last line of the body that starts here; the same index where none does."""
    first = paste.lines[index].lstrip()
    if first.startswith("<"):
        return _html_end(paste, index)
    if first.startswith(("{", "[")):
        end = max(span_of_json(paste.lines, index), index)
        is_logged = logs.is_entry(look.parsed("\n".join(paste.lines[index:end])))
        return index if is_logged else end  # what is copied of a log stands below the answer that it tells of
    length = look.number(received, "content-length")
    return index + 1 if length and _fits(first, length, received) else index


def _fits(line: str, length: int, received: dict[str, str]) -> bool:
    """A body in plain text is taken for one when its length is about right, or IAP says that it wrote it."""
    return abs(len(line.encode()) - length) <= 3 or (
        "x-goog-iap-generated-response" in received and line.startswith("Invalid IAP")
    )


def _html_end(paste: Paste, start: int) -> int:
    end = start
    for index in range(start, min(start + _BODY_LINES, len(paste.lines))):
        if not paste.is_free(index) or (index > start and _is_marker(paste, index)):
            break
        line = paste.lines[index][-2000:]
        if _HTML_END.search(line) or _ROBOT_END.search(line):
            return index + 1
        if not line.strip() and not _html_goes_on(paste, index):
            break
        end = index + 1
    return end


def _html_goes_on(paste: Paste, blank: int) -> bool:
    below = (line.lstrip() for line in paste.lines[blank + 1 : blank + 3] if line.strip())
    return next(below, "").startswith("<")


def add(paste: Paste, draft: Draft, end: int) -> None:
    """List an exchange that is read to its end."""
    if draft.status is None and not draft.sent:
        return  # a request line alone, which could be a line of an access log
    asked = curl.answered(paste, draft.start)
    call = _call(draft, asked.call if asked else None)
    place = paste.take(draft.start, end, PieceKind.EXCHANGE, _summary(call, draft))
    lines = (asked.lines[0] if asked else place[0], place[1])
    whole = False if draft.broken else None
    parts = objects.Parts("", "", draft.sent, draft.status or 0, draft.received, draft.body, whole)
    made = replace(objects.exchange(paste, _seen(draft), place, parts), lines=lines, call=call)
    if asked:
        made = replace(
            made,
            credentials=made.credentials or asked.credentials,  # people take the token's line out of what they paste
            headers_known=made.headers_known or asked.headers_known,
            sent=made.sent or asked.sent,
            expression=asked.expression,
        )
    paste.exchanges.append(made)


def _call(draft: Draft, asked: Call | None) -> Call | None:
    names = frozenset(name for name, _ in draft.sent if not name.startswith(":"))
    if draft.method and draft.target:
        sent = dict(draft.sent)
        url = _url(draft.target, sent.get("host") or sent.get(":authority", ""), asked)
        return Call(url, draft.method, names or (asked.headers if asked else frozenset())) if url else None
    return asked


def _url(target: str, host: str, called: Call | None) -> str:
    if target.startswith(("http://", "https://")):
        return clean_url(target)
    if called and (not host or called.host == host.split(":", maxsplit=1)[0].lower() or "host" in called.headers):
        return (
            called.url
            if called.path == target.split("?", maxsplit=1)[0]
            else clean_url(f"{called.scheme}://{called.host}{target}")
        )
    if not host:
        return ""
    local = is_local(host.split(":", maxsplit=1)[0])
    return clean_url(f"{'http' if local else 'https'}://{host}{target}")


def _seen(draft: Draft) -> Seen:
    if draft.verbose:
        return Seen.CURL_VERBOSE
    return Seen.RAW if draft.method else Seen.CURL_HEADERS


def _summary(call: Call | None, draft: Draft) -> str:
    what = f"{call.method} {call.url}" if call else "a response"
    return f"{what}: {draft.status}" if draft.status else f"{what}, without an answer"
