"""Objects as programs print them: axios and gaxios errors, Dio exceptions, header maps of several languages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...google_json import times
from ...model.evidence import Exchange, PieceKind, Seen
from ...model.http import BODY_LIMIT, Call, Response
from ..box import Box
from ..trees import headers
from ..trees.vault import clean, clean_url
from .pages import status_of

_OPENS = re.compile(
    r"^\s*['\"]?(?:config|response|request|_response|options|requestConfig|headers)['\"]?\s?[:=].{0,40}\{\s*$"
)
_START = re.compile(r"(?:Error|Exception)\b.{0,400}$|^\s*\{\s*$|\{\s*$")
_BRACKETS = re.compile(r"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\"|`(?:[^`\\\n]|\\.)*+`|[{}\[\]]")
_PAIR = re.compile(r"^\s*(?P<key>['\"]?[\w:@-]{1,80}['\"]?|\[?Symbol\([^)]{0,80}\)\]?):\s?(?P<value>.*)$")
_INNER = re.compile(
    r"['\"]?(?P<key>[\w:-]{1,80})['\"]?:\s*(?P<value>\[[^\]\n]{0,4000}\]|'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|[^,}\n]{1,2000})"
)
_MAP = re.compile(r"\{(?P<inside>\s*['\"]?(?:[\w-]{2,60})['\"]?\s*:\s.{10,})\}\s*$")
_LINES = 800
_DEPTH = 20
_FAILURES = 60
"""As many vain attempts are made; each may look at many lines."""
_KNOWN = frozenset(
    (  # noqa: SIM905 - a table of words is read more easily so
        "content-type date server content-length www-authenticate x-cloud-trace-context alt-svc location "
        "x-goog-iap-generated-response"
    ).split()
)
_DIO = re.compile(r"Dio(?:Exception|Error)\b")
_DIO_END = re.compile(r"response headers:|^\s*#\d+\s|^\s*$")


@dataclass(slots=True)
class _Object:
    """A printed object as a table: the path of keys, and what stands there."""

    values: dict[tuple[str, ...], str] = field(default_factory=dict)

    def find(self, *ends: str) -> str:
        """Return the value whose path ends so, the outermost one first."""
        fitting = [path for path in self.values if path[-len(ends) :] == ends]
        return self.values[min(fitting, key=len)] if fitting else ""

    def under(self, *parts: str) -> list[tuple[str, str]]:
        """Return the pairs of the map whose path ends so."""
        return [(path[-1].lower(), value) for path, value in self.values.items() if path[-len(parts) - 1 : -1] == parts]


def read(box: Box) -> None:
    """Take printed objects that hold a request, a response, or both."""
    index, failures = 0, 0
    while index < len(box.lines) and failures < _FAILURES:
        line = box.lines[index]
        reader = None
        if box.is_free(index):
            reader = _object if _OPENS.match(line[:200]) else _dio if _DIO.search(line[:400]) else None
        end = reader(box, index) if reader else index + 1
        failures += int(reader is not None and end == index + 1)
        index = max(end, index + 1)


def read_maps(box: Box) -> None:
    """Take header maps that stand on one line by themselves."""
    for index, line in box.readable():
        if (
            "{" in line
            and not any(each.lines == (index + 1, index + 1) for each in box.exchanges[-3:])
            and (pairs := _map_of(line))
        ):
            received = [(name, value) for name, value in pairs if not headers.is_credential(name)]
            lines = box.list_softly(index, index + 1, PieceKind.EXCHANGE, "headers of a response")
            date = dict(received).get("date")
            box.exchanges.append(
                Exchange(
                    Seen.HEADER_MAP,
                    lines,
                    response=Response(0, headers.kept(received)),
                    at=times.from_http(date) if date else None,
                )
            )


def _map_of(line: str) -> list[tuple[str, str]]:
    found = _MAP.search(line)
    if not found:
        return []
    pairs = [(pair["key"].lower(), _plain(pair["value"])) for pair in _INNER.finditer(found["inside"])]
    return pairs if len(_KNOWN & {name for name, _ in pairs}) > 1 else []


def _plain(value: str) -> str:
    value = value.strip().rstrip(",").strip()
    if value.startswith("[") and value.endswith("]"):
        value = value[1:-1].strip()
    if len(value) > 1 and value[0] in "'\"`" and value[-1] == value[0]:
        value = value[1:-1]
        for escaped, plain in (("\\n", "\n"), ("\\t", "\t"), ("\\'", "'"), ('\\"', '"'), ("\\/", "/")):
            value = value.replace(escaped, plain)
    return value


def _object(box: Box, index: int) -> int:
    start = _first_line(box, index)
    end = _last_line(box, index)
    parsed = _parse(box.lines[start:end])
    call = _call_of(parsed)
    sent = parsed.under("config", "headers") or parsed.under("request", "headers") or parsed.under("options", "headers")
    received = parsed.under("response", "headers") or parsed.under("_response", "headers")
    status = (
        parsed.find("response", "status")
        or parsed.find("response", "statusCode")
        or parsed.find("status")
        or parsed.find("statusCode")
    )
    body = parsed.find("response", "data") or parsed.find("response", "body") or parsed.find("data")
    if call is None and not sent and not received:
        return index + 1
    number = int(status) if re.fullmatch(r"[1-5]\d\d", status) else status_of(body) or _status_above(box, start)
    lines = box.take(
        start, end, PieceKind.EXCHANGE, f"{call.method + ' ' + call.url if call else 'a call'}: {number or 'no answer'}"
    )
    date = dict(received).get("date")
    box.exchanges.append(
        Exchange(
            Seen.HEADER_MAP,
            lines,
            Call(call.url, call.method, frozenset(name for name, _ in sent)) if call else None,
            tuple(box.credential(name, value, lines) for name, value in sent if headers.is_credential(name)),
            headers_known=bool(sent),
            sent=headers.telling(sent),
            response=Response(number, headers.kept(received), clean(body, BODY_LIMIT)) if number else None,
            at=times.from_http(date) if date else None,
        )
    )
    return end


def _status_above(box: Box, start: int) -> int | None:
    found = re.search(r"status code (?:of )?([45]\d\d)", box.lines[start][:400])
    return int(found[1]) if found else None


def _first_line(box: Box, index: int) -> int:
    for above in range(index, max(index - 40, -1), -1):
        if not box.is_free(above):
            return above + 1
        if re.search(r"(?:Error|Exception)\b", box.lines[above][:400]) and not re.match(r"\s+at ", box.lines[above]):
            return above
    return index


def _last_line(box: Box, index: int) -> int:
    """Follow the brackets until all that opened from here on, and what this stands in, is closed."""
    depth, end = 0, index
    while end < min(index + _LINES, len(box.lines)) and box.is_free(end):
        line = box.lines[end][:20_000]
        for found in _BRACKETS.finditer(line):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        end += 1
        if depth < 0 or (depth == 0 and not _more(box, end)):
            break
    return end


def _more(box: Box, index: int) -> bool:
    """Whether the object that this stands in goes on."""
    return box.is_free(index) and bool(_PAIR.match(box.lines[index][:400]) or re.match(r"^\s*[}\]]", box.lines[index]))


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
                result.values[last] += _plain(stripped.removesuffix("+"))
            elif stripped.endswith(("{", "[")):
                path.append("")
            continue
        key, value = found["key"].strip("'\""), found["value"].strip()
        here = tuple(word for word in path if word)
        if value.endswith(("{", "[")) and "'" not in value:
            path.append(key)
        elif "{" in value[:60] and value.rstrip(",").endswith("}"):
            for pair in _INNER.finditer(value[value.index("{") + 1 :]):
                result.values[(*here, key, pair["key"])] = _plain(pair["value"])
        else:
            last = (*here, key)
            result.values[last] = _plain(value.removesuffix("+"))
    return result


def _call_of(parsed: _Object) -> Call | None:
    url = (
        parsed.find("config", "url")
        or parsed.find("request", "responseURL")
        or parsed.find("url")
        or parsed.find("uri")
    )
    base = parsed.find("baseURL")
    if url and not url.startswith("http") and base:
        url = f"{base.rstrip('/')}/{url.lstrip('/')}"
    cleaned = clean_url(url)
    method = (parsed.find("config", "method") or parsed.find("method") or "GET").upper()
    return Call(cleaned, method if method.isalpha() and len(method) < 11 else "GET") if cleaned else None


def _dio(box: Box, start: int) -> int:
    """Dart's Dio prints a URI, request headers, the body, and the response headers as a map."""
    url, sent, received, body, end = "", list[tuple[str, str]](), list[tuple[str, str]](), list[str](), start + 1
    inside = ""
    while end < min(start + 120, len(box.lines)) and box.is_free(end):
        line = box.lines[end][:8000]
        lower = line.strip().lower()
        if lower.startswith("uri:"):
            url = clean_url(line.split(":", 1)[1])
        elif lower.startswith(("headers:", "request headers:")):
            inside = "headers"
        elif lower.startswith(("response text", "response body", "response:")):
            inside = "body"
        elif lower.startswith("response headers"):
            received = _map_of(line)
            end += 1
            break
        elif inside == "headers" and (pair := _PAIR.match(line)):
            sent.append((pair["key"].strip("'\"").lower(), _plain(pair["value"])))
        elif inside == "body":
            body.append(line)
        elif _DIO_END.search(line) and end > start + 2:
            break
        end += 1
    status = _status_above(box, start) or status_of("\n".join(body))
    if not status:
        return start + 1
    lines = box.take(start, end, PieceKind.EXCHANGE, f"{url or 'a call'}: {status}")
    date = dict(received).get("date")
    box.exchanges.append(
        Exchange(
            Seen.HEADER_MAP,
            lines,
            Call(url, "GET", frozenset(name for name, _ in sent)) if url else None,
            tuple(box.credential(name, value, lines) for name, value in sent if headers.is_credential(name)),
            headers_known=bool(sent),
            response=Response(status, headers.kept(received), clean("\n".join(body), BODY_LIMIT)),
            at=times.from_http(date) if date else None,
        )
    )
    return end
