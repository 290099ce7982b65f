"""Calls as libraries print what goes over the wire, a line of theirs for a line of HTTP.

Ruby's net/http, Python's http.client, Apache HttpClient, OkHttp, Go's `%q` of a dump, Faraday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...deferred import regex
from ..paste import Paste
from . import http
from .pages import status_of

_ESCAPED = regex(r"\\(?:r\\n|n|r|t|\"|'|\\)")
_PLAIN = {"\\r\\n": "\n", "\\n": "\n", "\\r": "", "\\t": "\t", '\\"': '"', "\\'": "'", "\\\\": "\\"}
_ESCAPED_HTTP = regex(
    r"(?P<text>(?:[A-Z]{3,7} \S{1,4000} HTTP/[\d.]{1,3}|HTTP/[\d.]{1,3} [1-5]\d\d[^\\\n]{0,60})\\r\\n.{0,60000})"
)
_STYLES: tuple[tuple[bool | None, re.Pattern[str]], ...] = tuple(
    (sent, regex(pattern))
    for sent, pattern in (
        (True, r"^\s*<- \"(?P<text>.*)\"\s*$"),
        (False, r"^\s*-> \"(?P<text>.*)\"\s*$"),
        (True, r"^\s*send: b?(?P<q>['\"])(?P<text>.*)(?P=q)\s*$"),
        (False, r"^\s*reply: (?P<q>['\"])(?P<text>.*)(?P=q)\s*$"),
        (False, r"^\s*header: (?P<text>.*)$"),
        (True, r"http-outgoing-\d+ >> \"(?P<text>.*?)(?:\[\\r\])?(?:\[\\n\])?\"\s*$"),
        (False, r"http-outgoing-\d+ << \"(?P<text>.*?)(?:\[\\r\])?(?:\[\\n\])?\"\s*$"),
        (True, r"http-outgoing-\d+ >> (?P<text>[^\"\s].*)$"),
        (False, r"http-outgoing-\d+ << (?P<text>[^\"\s].*)$"),
    )
)
_OKHTTP = regex(
    r"^\s*(?:--> (?P<method>[A-Z]{3,7}) (?P<url>https?://\S{3,2000})|<-- (?P<status>[1-5]\d\d)\b.{0,60}?(?:(?P<answered>https?://\S{3,2000}))?(?:\s\(.*)?$"
    r"|<-? (?P<bare>[1-5]\d\d) [A-Z][A-Za-z ]{2,40}$)"
)
_OKHTTP_END = regex(r"^\s*(?:--> END|<-- END)")
_HEADER = regex(r"^\s{0,12}(?P<name>:?[A-Za-z][\w-]{0,80}):\s{0,8}(?P<value>.*)$")
_REQUEST = regex(r"^(?P<method>[A-Z]{3,7}) (?P<target>\S{1,4096}) HTTP/[\d.]{1,3}$")
_STATUS = regex(r"^HTTP/[\d.]{1,3} (?P<status>[1-5]\d\d)\b")
_MESSAGE = regex(r"\{(?P<name>[^{}\n]{1,4000}?): (?P<value>[^{}\n]{0,8000})\}")
"""Java's HttpURLConnection: `{GET /a HTTP/1.1: null}{Host: b}`, `{null: HTTP/1.1 403 Forbidden}{Date: c}`."""
_HINTS = ("MessageHeader@", "<-", "->", "send: ", "reply: ", "header: ", "http-outgoing", "\\r\\n")
_LINES = 4000
_GAP = 12


@dataclass(slots=True)
class _Flow:
    """The exchange that is being put together, and where it stands."""

    draft: http.Draft
    end: int
    body: list[str] = field(default_factory=list)
    answered: bool = False
    whole: bool = False


def read(paste: Paste) -> None:
    """Take every exchange that a library's wire log shows."""
    flow: _Flow | None = None
    used = 0
    index = 0
    while index < len(paste.lines) and used < _LINES:
        line = paste.lines[index]
        if not paste.is_free(index) or not (flow or any(hint in line for hint in _HINTS)):
            index += 1
            continue
        if found := _OKHTTP.match(line[:4000]):
            flow, index = _okhttp(paste, flow, found, index)
            used += 1
            continue
        texts = list(_texts(line[:100_000]))
        used += len(texts)
        for sent, text in texts:
            flow = _add(paste, flow, text, index, sent=sent)
        if flow and len(texts) > 1 and not flow.answered:
            flow.draft.broken = all(text.strip() for _, text in texts)  # a text in one piece, and not to its end
        if flow and index - flow.end > _GAP:
            _finish(paste, flow)
            flow = None
        index += 1
    if flow:
        _finish(paste, flow)


def _texts(line: str) -> Iterator[tuple[bool | None, str]]:
    """Yield the lines of HTTP in a line of a log, and whether they were sent, where the log says so."""
    if not any(hint in line for hint in _HINTS):
        return
    if "MessageHeader@" in line:
        for each in _MESSAGE.finditer(line):
            name, value = each["name"], each["value"]
            yield None, name if value == "null" else value if name == "null" else f"{name}: {value}"
        return
    for sent, pattern in _STYLES:
        if found := pattern.search(line):
            for text in _unescaped(found["text"]).split("\n"):
                yield sent, text
            return
    if found := _ESCAPED_HTTP.search(line):
        for text in _unescaped(found["text"]).rstrip("\"'").split("\n"):
            yield None, text


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _PLAIN.get(found[0], found[0]), text)


def _add(paste: Paste, flow: _Flow | None, text: str, index: int, *, sent: bool | None) -> _Flow | None:
    if sent is not False and (request := _REQUEST.match(text.strip())):
        if flow:
            if (
                sent
                and not flow.answered
                and flow.draft.method == request["method"]
                and flow.draft.target == request["target"]
            ):
                return flow  # two loggers tell of the same request
            _finish(paste, flow)
        return _Flow(http.Draft(index, request["method"], request["target"]), index + 1)
    if sent is not True and (status := _STATUS.match(text.strip())):
        if flow and flow.answered:
            if flow.draft.status == int(status["status"]) and not flow.draft.received:
                return flow
            _finish(paste, flow)
            flow = None
        flow = flow or _Flow(http.Draft(index), index + 1)
        flow.draft.status, flow.answered, flow.end = int(status["status"]), True, index + 1
        return flow
    if flow:
        _line(flow, text, index)
    return flow


def _line(flow: _Flow, text: str, index: int) -> None:
    flow.end = index + 1
    found = _HEADER.match(text)
    into = flow.draft.received if flow.answered else flow.draft.sent
    if found and not flow.body:
        pair = (found["name"].lower(), found["value"].strip())
        if pair not in into:
            into.append(pair)
    elif text.strip() and flow.answered:
        flow.body.append(text)


def _okhttp(paste: Paste, flow: _Flow | None, found: re.Match[str], index: int) -> tuple[_Flow | None, int]:
    if found["method"]:
        if flow:
            _finish(paste, flow)
        flow = _Flow(http.Draft(index, found["method"], found["url"]), index + 1)
    else:
        flow = flow if flow and not flow.answered else _Flow(http.Draft(index), index + 1)
        flow.draft.status, flow.answered = int(found["status"] or found["bare"]), True
        if found["answered"] and not flow.draft.method:
            flow.draft.method, flow.draft.target = "GET", found["answered"]
    end = _headers_below(paste, flow, index + 1)
    return flow, end


def _headers_below(paste: Paste, flow: _Flow, index: int) -> int:
    while paste.is_free(index) and not _OKHTTP.match(paste.lines[index][:4000]):
        text = paste.lines[index][:20_000]
        if _OKHTTP_END.match(text):
            flow.end = index + 1
            return index + 1
        if not text.strip() or not (_HEADER.match(text) or flow.body or text.lstrip().startswith(("<", "{"))):
            if text.strip():
                break
        else:
            _line(flow, text, index)
        index += 1
        if index - flow.end > 2:
            break
    return index


def _finish(paste: Paste, flow: _Flow) -> None:
    flow.draft.body = "\n".join(flow.body)
    if flow.draft.status is None:
        flow.draft.status = status_of(flow.draft.body) if flow.body else None
    http.add(paste, flow.draft, flow.end)
