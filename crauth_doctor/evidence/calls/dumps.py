"""Objects as programs print them over several lines: axios and gaxios errors, Dio exceptions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...deferred import regex
from ..paste import Paste
from ..trees.documents import Tree
from ..trees.headers import Pairs
from ..trees.redactor import clean_url
from . import inline, objects
from .objects import Parts
from .pages import status_of

_OPENS = regex(
    r"^\s*['\"]?(?:config|response|request|_response|options|requestConfig|headers)['\"]?\s?[:=].{0,40}\{\s*$"
)
_BRACKETS = regex(r"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\"|`(?:[^`\\\n]|\\.)*+`|[{}\[\]]")
_PAIR = regex(r"^\s*(?P<key>['\"]?[\w:@-]{1,80}['\"]?|\[?Symbol\([^)]{0,80}\)\]?):\s?(?P<value>.*)$")
_LINES = 800
_DEPTH = 20
_FAILURES = 60
"""As many vain attempts are made; each may look at many lines."""
_DIO = regex(r"Dio(?:Exception|Error)\b")
_DIO_END = regex(r"^\s*(?:#\d+\s|$)")
_STATUS = regex(r"status code (?:of )?([45]\d\d)")


@dataclass(slots=True)
class _Object:
    """A printed object as a table: the path of keys, and what stands there."""

    values: dict[tuple[str, ...], str] = field(default_factory=dict)

    def find(self, *ways: tuple[str, ...]) -> str:
        """Return the value whose path ends in the first of these ways that there is, the outermost one."""
        for ends in ways:
            fitting = [path for path in self.values if path[-len(ends) :] == ends]
            if fitting and (value := self.values[min(fitting, key=len)]):
                return value
        return ""

    def headers(self, *owners: str) -> Pairs:
        """Return the headers of the first of these that has any."""
        for owner in owners:
            ends = (owner, "headers")
            if found := [(path[-1].lower(), value) for path, value in self.values.items() if path[-3:-1] == ends]:
                return found
        return []


def read(paste: Paste) -> None:
    """Take printed objects that hold a request, a response, or both."""
    index, failures = 0, 0
    while index < len(paste.lines) and failures < _FAILURES:
        line = paste.lines[index]
        reader = None
        if paste.is_free(index):
            reader = _object if _OPENS.match(line[:200]) else _dio if _DIO.search(line[:400]) else None
        end = reader(paste, index) if reader else index + 1
        failures += int(reader is not None and end == index + 1)
        index = max(end, index + 1)


def _object(paste: Paste, index: int) -> int:
    start, end = _first_line(paste, index), _last_line(paste, index)
    parsed = _parse(paste.lines[start:end])
    sent = parsed.headers("config", "request", "options")
    received = parsed.headers("response", "_response")
    url = parsed.find(("config", "url"), ("request", "responseURL"), ("url",), ("uri",))
    if url and not url.startswith("http") and (base := parsed.find(("baseURL",))):
        url = f"{base.rstrip('/')}/{url.lstrip('/')}"
    url, method = clean_url(url), parsed.find(("config", "method"), ("method",))
    if not url and not sent and not received:
        return index + 1
    code = parsed.find(("response", "status"), ("response", "statusCode"), ("status",), ("statusCode",))
    body = parsed.find(("response", "data"), ("response", "body"), ("data",))
    status = int(code) if re.fullmatch(r"[1-5]\d\d", code) else status_of(body) or _status_above(paste, start)
    received, body = (received, body) if status else ([], "")
    objects.add(paste, Tree(start, end, None), Parts(url, method, sent, status or 0, received, body))
    return end


def _status_above(paste: Paste, start: int) -> int | None:
    found = _STATUS.search(paste.lines[start][:400])
    return int(found[1]) if found else None


def _first_line(paste: Paste, index: int) -> int:
    for above in range(index, max(index - 40, -1), -1):
        if not paste.is_free(above):
            return above + 1
        if re.search(r"(?:Error|Exception)\b", paste.lines[above][:400]) and not re.match(
            r"\s+at ", paste.lines[above]
        ):
            return above
    return index


def _last_line(paste: Paste, index: int) -> int:
    """Follow the brackets until all that opened from here on, and what this stands in, is closed."""
    depth, end = 0, index
    while end < min(index + _LINES, len(paste.lines)) and paste.is_free(end):
        line = paste.lines[end][:20_000]
        for found in _BRACKETS.finditer(line):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        end += 1
        if depth < 0 or (depth == 0 and not _more(paste, end)):
            break
    return end


def _more(paste: Paste, index: int) -> bool:
    """Whether the object that this stands in goes on."""
    return paste.is_free(index) and bool(
        _PAIR.match(paste.lines[index][:400]) or re.match(r"^\s*[}\]]", paste.lines[index])
    )


def _parse(lines: list[str]) -> _Object:
    result = _Object()
    path: list[str] = []
    last: tuple[str, ...] = ()
    for line in lines:
        if len(path) > _DEPTH:
            break
        text = line[:20_000]
        stripped = text.strip()
        if stripped.startswith(("}", "]")):
            if path:
                path.pop()
            continue
        found = _PAIR.match(text)
        if not found:
            if last and stripped[:1] in "'\"`":
                result.values[last] += inline.plain(stripped.removesuffix("+"))
            elif stripped.endswith(("{", "[")):
                path.append("")
            continue
        key, value = found["key"].strip("'\""), found["value"].strip()
        here = tuple(word for word in path if word)
        if value.endswith(("{", "[")) and "'" not in value:
            path.append(key)
        elif "{" in value[:60] and value.rstrip(",").endswith("}"):
            for pair in inline.INNER.finditer(value[value.index("{") + 1 :]):
                result.values[(*here, key, pair["key"])] = inline.plain(pair["value"])
        else:
            last = (*here, key)
            result.values[last] = inline.plain(value.removesuffix("+"))
    return result


def _dio(paste: Paste, start: int) -> int:
    """Dart's Dio prints a URI, request headers, the body, and the response headers as a map."""
    url, sent, body, end = "", list[tuple[str, str]](), list[str](), start + 1
    received: Pairs = ()
    inside = ""
    while end < min(start + 120, len(paste.lines)) and paste.is_free(end):
        line = paste.lines[end][:8000]
        lower = line.strip().lower()
        end += 1
        if lower.startswith("uri:"):
            url = clean_url(line.split(":", 1)[1])
        elif lower.startswith(("headers:", "request headers:")):
            inside = "headers"
        elif lower.startswith(("response text", "response body", "response:")):
            inside = "body"
        elif lower.startswith("response headers"):
            received = inline.headers_in(line)
            break
        elif inside == "headers" and (pair := _PAIR.match(line)):
            sent.append((pair["key"].strip("'\"").lower(), inline.plain(pair["value"])))
        elif inside == "body":
            body.append(line)
        elif _DIO_END.search(line) and end > start + 3:
            break
    text = "\n".join(body)
    status = _status_above(paste, start) or status_of(text)
    if not status:
        return start + 1
    objects.add(paste, Tree(start, end, None), Parts(url, "GET", sent, status, received, text))
    return end
