"""Calls as libraries print what goes over the wire, a line of theirs for a line of HTTP: put together as HTTP again.

Ruby's net/http, Python's http.client, Apache HttpClient, OkHttp, Go's `%q` of a dump, Java's HttpURLConnection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ...deferred import regex
from ...model.evidence import Lines
from ..paste import Paste
from . import http

_ESCAPED = regex(r"\\(?:r\\n|n|r|t|\"|'|\\)")
_PLAIN = {"\\r\\n": "\n", "\\n": "\n", "\\r": "", "\\t": "\t", '\\"': '"', "\\'": "'", "\\\\": "\\"}
_ESCAPED_HTTP = regex(
    r"(?P<text>(?:[A-Z]{3,7} \S{1,4000} HTTP/[\d.]{1,3}|HTTP/[\d.]{1,3} [1-5]\d\d[^\\\n]{0,60})\\r\\n.{0,60000})"
)
_STYLES = tuple(
    regex(pattern)
    for pattern in (
        r"^\s*(?:<-|->) \"(?P<text>.*)\"\s*$",
        r"^\s*(?:send: b?|reply: )(?P<q>['\"])(?P<text>.*)(?P=q)\s*$",
        r"^\s*header: (?P<text>.*)$",
        r"http-outgoing-\d+ (?:>>|<<) \"(?P<text>.*?)(?:\[\\r\])?(?:\[\\n\])?\"\s*$",
        r"http-outgoing-\d+ (?:>>|<<) (?P<text>[^\"\s].*)$",
    )
)
_OKHTTP = regex(
    r"^\s*(?:--> (?P<method>[A-Z]{3,7}) (?P<url>https?://\S{3,2000})|<-- (?P<status>[1-5]\d\d)\b.{0,60}?(?:(?P<answered>https?://\S{3,2000}))?(?:\s\(.*)?$"
    r"|<-? (?P<bare>[1-5]\d\d) [A-Z][A-Za-z ]{2,40}$)"
)
_OKHTTP_END = regex(r"^\s*(?:--> END|<-- END)")
_REQUEST = regex(r"[A-Z]{3,7} \S{1,4096} HTTP/[\d.]{1,3}$")
_STATUS = regex(r"HTTP/[\d.]{1,3} [1-5]\d\d\b")
_HEADER = regex(r"\s{0,12}:?[A-Za-z][\w-]{0,80}:")
_CHUNK = regex(r"[0-9a-fA-F]{1,8}$")
"""The length of a part of a body, in a line of its own."""
_MESSAGE = regex(r"\{(?P<name>[^{}\n]{1,4000}?): (?P<value>[^{}\n]{0,8000})\}")
"""Java's HttpURLConnection: `{GET /a HTTP/1.1: null}{Host: b}`, `{null: HTTP/1.1 403 Forbidden}{Date: c}`."""
_HINTS = ("MessageHeader@", "<-", "->", "send: ", "reply: ", "header: ", "http-outgoing", "\\r\\n")
_LINES = 4000
_GAP = 12


@dataclass(slots=True)
class _Log:
    """The HTTP of one run of a wire log."""

    lines: list[str] = field(default_factory=list)  # its lines
    places: list[int] = field(default_factory=list)  # the index of the log's line that each stands in
    message: set[str] = field(default_factory=set)  # the start and the headers of the message that is being read
    cut: set[int] = field(default_factory=set)  # where a request stands in one piece, and not to its end

    def add(self, text: str, index: int) -> None:
        """Take a line of HTTP; of what two loggers tell of the same message, the first."""
        is_status = bool(_STATUS.match(text))
        if is_status or _REQUEST.match(text):
            is_again = text in self.message and (not is_status or len(self.message) == 1)
            self.message = self.message if is_again else set()
        if text in self.message:
            return
        if is_status or _HEADER.match(text) or _REQUEST.match(text):
            self.message.add(text)
        self.lines.append(text)
        self.places.append(index)


def read(paste: Paste) -> None:
    """Take every exchange that a library's wire log shows."""
    log, index = _Log(), 0
    while index < len(paste.lines) and len(log.lines) < _LINES:
        line = paste.lines[index]
        if paste.is_free(index) and any(hint in line for hint in _HINTS):
            if log.places and index - log.places[-1] > _GAP:
                _finish(paste, log)
                log = _Log()
            index = _line(paste, log, index)
        else:
            index += 1
    _finish(paste, log)


def _line(paste: Paste, log: _Log, index: int) -> int:
    """Take a line of the log, with those below that belong to it, and return where the next one is."""
    line = paste.lines[index]
    if found := _OKHTTP.match(line[:4000]):
        if found["method"]:
            log.add(f"{found['method']} {found['url']} HTTP/1.1", index)
        else:
            if found["answered"] and not any(map(_REQUEST.match, log.message)):
                log.add(f"GET {found['answered']} HTTP/1.1", index)
            log.add(f"HTTP/1.1 {found['status'] or found['bare']}", index)
        return _below(paste, log, index + 1)
    texts = [text.strip() for text in _texts(line[:100_000]) if not _CHUNK.match(text.strip())]
    if len(texts) > 1:
        log.message = set()
    for text in texts:
        log.add(text, index)
    if len(texts) > 1 and all(texts):
        log.cut.add(index)
    return index + 1


def _texts(line: str) -> Iterator[str]:
    """Yield the lines of HTTP in a line of a log."""
    if "MessageHeader@" in line:
        for each in _MESSAGE.finditer(line):
            name, value = each["name"], each["value"]
            yield name if value == "null" else value if name == "null" else f"{name}: {value}"
        return
    if found := next((found for style in _STYLES if (found := style.search(line))), None):
        yield from _unescaped(found["text"]).removesuffix("\n").split("\n")
    elif found := _ESCAPED_HTTP.search(line):
        yield from _unescaped(found["text"]).rstrip("\"'").removesuffix("\n").split("\n")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _PLAIN.get(found[0], found[0]), text)


def _below(paste: Paste, log: _Log, index: int) -> int:
    """Take the headers and the body that OkHttp prints as they are."""
    blanks, is_body = 0, False
    while paste.is_free(index) and blanks < 3 and not _OKHTTP.match(paste.lines[index][:4000]):
        text = paste.lines[index][:20_000].strip()
        if _OKHTTP_END.match(text):
            log.add("", index)
            return index + 1
        is_body = is_body or text.startswith(("<", "{"))
        if text and not is_body and not _HEADER.match(text):
            break
        blanks = 0 if text else blanks + 1
        log.add(text, index)
        index += 1
    return index


def _finish(paste: Paste, log: _Log) -> None:
    """Read the HTTP, and put what it tells where the log has it."""
    inner = Paste(log.lines, paste.known, paste.budget)
    inner.is_http = True
    http.read(inner)

    def place(lines: Lines) -> Lines:
        return log.places[lines[0] - 1] + 1, log.places[lines[1] - 1] + 1

    for piece in inner.pieces:
        start, end = place(piece.lines)
        paste.take(start - 1, end, piece.kind, piece.summary)
    for index in log.places if inner.pieces else ():
        paste.take_softly(index, index + 1)
    for each in inner.exchanges:
        lines = place(each.lines)
        credentials = tuple(replace(made, lines=lines) for made in each.credentials)
        known = each.headers_known and lines[0] - 1 not in log.cut
        paste.exchanges.append(replace(each, lines=lines, credentials=credentials, headers_known=known))
