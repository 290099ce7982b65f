"""One line of a client, a script, a log or a browser that tells a call's status."""

from __future__ import annotations

import json
import pkgutil
import re
from functools import cache
from http import HTTPStatus

from ...deferred import regex
from ...google_json import json_access as look
from ...google_json import times
from ...model.evidence import Exchange, PieceKind, Seen
from ...model.http import Call, Response
from ..paste import Paste
from ..trees import literals
from ..trees.redactor import clean_url

_LENGTH = 2000
_FOUND = 1000
_METHODS = r"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
_URL = r"(?P<url>https?://[^\s\"'`<>\])\\]+)"
_CODE = r"(?P<status>[1-5]\d\d)\b(?!:\d)"
"""A status; in a stack frame (`server.js:403:17`) it is a line, and a column follows."""
_SAYS = r"(?:->|→|=>|:(?=\s)|returned|gives|got|returns|responded with|answers)"
"""What stands between a call and its status; a number right behind a colon is a port."""
_ARROW = (
    rf"(?:\b{_METHODS}\s+)?(?:{_URL}|(?<!\S)(?P<path>/[\w./-]*))\s{{0,4}}{_SAYS}\s{{0,4}}"
    rf"(?:an? )?(?:HTTP[ /]?(?:[\d.]+ )?)?{_CODE}"
)
_AT_HOST = (
    rf"\b{_METHODS} (?P<path>/[^\s`]*)`? (?:on|at|of|from) `?(?P<host>[\w-]+(?:\.[\w-]+)+)`? {_SAYS} (?:an? )?"
    rf"(?:HTTP[ /]?(?:[\d.]+ )?)?{_CODE}"
)
_NO_FACT = r"(?!`? (?:means|is|would|will|if|when|for unknown)\b)"
_NAMED = rf"(?i:\b(?:http[ _]?)?status(?:[ _]?code)?)['\"]?(?: of|:|=)? ?['\"(]?{_CODE}{_NO_FACT}"
_NOT_WISHED = "".join(rf"(?<!{word} return )" for word in ("should", "must", "would", "will", "to"))
_LINES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (part, regex(pattern))
    for part, pattern in (
        ("/", _AT_HOST),
        ("/", _ARROW),
        ("", rf"(?:->|→|=>)\s{{0,4}}(?:HTTP[ /]?(?:[\d.]+ )?)?{_CODE}"),
        ("tatus", _NAMED),
        ("esponse", rf"(?i:\bresponse[ _]?code)['\"]?(?: of|:|=)? ?['\"(]?{_CODE}{_NO_FACT}"),
        ("HTTP", rf"{_NOT_WISHED}\bHTTP(?:/[\d.]+)?[ :]\s?{_CODE}{_NO_FACT}"),
        ("", r"\[(?P<status>40[134])\]|\bcode: ?['\"](?P<quoted>40[134])['\"]"),
    )
)
"""Where a status stands in a line of any program: a part that each has, and all of it."""
_NAMES = {
    **dict.fromkeys(("unauthenticated", "16", "unauthorized"), 401),
    **dict.fromkeys(("permission-denied", "permission_denied", "7", "forbidden"), 403),
    "notfound": 404,
}
"""What clients call a status, in lower case: .NET by its name, Firebase's by the one of gRPC.

Source: https://firebase.google.com/docs/functions/callable-reference#response_body
"""
INDEX = "clients.json"
"""Made from `clients.yaml` by `python tests/evidence/test_libraries.py`, and held against it by that test."""
_FIELDS = {
    "status": _CODE,
    "method": _METHODS,
    "url": _URL,
    "base": r"(?P<base>https?://[^\s\"]+?)(?::(?:443|80))?",
    "host": r"(?P<host>[\w-]+(?:\.[\w-]+)+)",
    "path": r"(?P<path>/[^\s\"')]*)",
    "reason": r"[^\n]{0,200}?",
    "name": rf"(?P<name>(?i:{'|'.join(_NAMES)}))\b",
}
_WORD = regex(r"\w")
_FIELD = regex(r"\{(\w+)\}")
_STATUS = regex(r"(?<![\w.,:/-])[1-5]\d\d(?![\w/-]|[.:]\d)")
_JSON = regex(
    r"(?:[^\w\n{]|\b(?:[A-Z][a-z]+|body|response|data|text|message|content)\b){0,12}\s{0,3}"
    r"(?:\n\s{0,8}(?:(?i:response[ _]?)?(?i:body|data|text|content)\s?[:=]\s{0,3})?){0,2}b?[`'\"]?(?=\{)"
)
"""What stands between a status and the body of its answer: the status' phrase, a label, the end of the line."""
_RELAYED = regex(r"\b[45]\d\d\b|<html|does not have permission")
"""What stands in the words of who tells of an answer that it got itself."""
_BODY_LINES = 40
_SAY_WHAT = frozenset({"error", "errors", "message", "detail", "details", "msg", "title", "reason"})
"""Names under which answers say what is wrong."""
_LOGGED = frozenset(
    {"level", "severity", "timestamp", "time", "logger", "service", "insertId", "bindings", "jsonPayload"}
    | {"error_description"}
)
"""Names that stand in what is logged beside a message, in settings, and in the refusals of who gives out tokens."""
_SHORT = 400
_TRACE = 60
"""So many lines long is a trace that belongs to the log line above it."""
_AROUND = regex(
    rf"\b{_METHODS}\b|{_URL}|\bHTTP(?:/[\d.]+)?|\d{{4}}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S*|"
    r"\b\d+(?:\.\d+)?\s?(?:ms|s|k?B)\b|\b(?:\w+(?:::|[.$]))*\w*(?:[Ee]rror|ERROR|Exception)\b|"
    r"\b(?:for (?:url|URL)|for|from|to|at)\b"
)
"""What stands around a status and its phrase where a program writes of a call and of nothing else."""
_IS_CODE = regex(
    r"^\s*(?:return|throw|raise|case|if|elif|\} else if|assert|expect\w*|wantErr|example|(?:f?printl?n?f?|echo)(?=\())"
    r"\b(?! (?:code|status|value|type)\b)|^\s*(?:console|log|logger|logging|fmt|t|std::cout)\.\w+\(|"
    r"(?:res|resp|response|reply|ctx|context|self|w|c)\.(?:status|sendStatus|setStatus|set_status|send_error|writeHead|WriteHeader)"
    r"\(\s?[1-5]\d\d|\bnew Response\(|\bErrorf?\("
)
"""A line of a program's source, which names a status that it may answer with or write."""
_ANY_URL = regex(rf"(?:\b{_METHODS}[ :]\s?)?{_URL}")
_FAILED = regex(rf"\b{_METHODS}\s+{_URL}\s+(?:net::)?ERR_FAILED\b(?!\s+\(?[1-5]\d\d\b)")
_BLOCKED = regex(
    r"(?:Access to \w[\w ]{0,20} at '|Cross-Origin Request Blocked:.{0,120}? at )(?P<url>https?://[^\s'\u2019]+)",
    re.IGNORECASE,
)


def read(paste: Paste) -> None:
    """Take every line that tells a status."""
    found = 0
    commands = {line for command in paste.commands for line in range(command.start, command.end)}
    for index, text in paste.readable():
        if index in commands:
            continue
        made = _blocked(text, index) or _status(paste, text, index)
        if made and found < _FOUND:
            found += 1
            what = f"{made.call.method} {made.call.url}" if made.call else "a status"
            status = f": {made.response.status}" if made.response else ""
            paste.exchanges.append(made)
            paste.list_softly(index, index + 1, PieceKind.STATUS, f"{what}{status}")


def _blocked(text: str, index: int) -> Exchange | None:
    """A browser that blocked a call for CORS tells its URL and its origin, and nothing of the answer."""
    if "CORS" not in text and "ERR_FAILED" not in text and "Cross-Origin" not in text:
        return None
    failed, blocked = _FAILED.search(text), _BLOCKED.search(text)
    found = failed or blocked
    url = clean_url(found["url"]) if found else ""
    method = failed["method"] if failed else "OPTIONS" if "preflight" in text else "GET"
    names = frozenset[str]() if failed else frozenset({"origin"})
    return Exchange(Seen.BROWSER, (index + 1, index + 1), Call(url, method, names)) if url else None


@cache
def formats() -> tuple[tuple[str, re.Pattern[str], int], ...]:
    """Return how libraries write a status: a part of each text, all of it, and the status that it stands for."""
    rows = json.loads(pkgutil.get_data(__package__, INDEX) or b"[]")
    return tuple((_part(text), regex(_pattern(text)), status) for text, status in rows)


def _part(text: str) -> str:
    return max(_FIELD.split(text)[::2], key=len)


def _pattern(text: str) -> str:
    texts = _FIELD.split(text)
    texts[::2] = map(re.escape, texts[::2])
    texts[1::2] = [_FIELDS[name] for name in texts[1::2]]
    return (r"(?<![\w.])" if text.startswith(("{status}", "{method}")) else "") + "".join(texts)


_Told = tuple[int, dict[str, str | None]]
"""A status, and what else a line tells, by the names of groups."""


def _told(text: str) -> _Told | None:
    for part, pattern, status in formats():
        if part in text and (found := pattern.search(text)):
            groups = found.groupdict()
            named = _NAMES.get((groups.get("name") or "").lower(), 0)
            return status or named or int(groups["status"] or 0), groups
    for part, pattern in _LINES:
        if part in text and (found := pattern.search(text)):
            groups = found.groupdict()
            return int(groups.get("status") or groups.get("quoted") or 0), groups
    return _alone(text)


def _alone(text: str) -> _Told | None:
    """Return what a line tells that is nothing but a status, its phrase, and what call it is of."""
    code = _STATUS.search(text) if len(text) < _SHORT else None
    if code is None:
        return None
    status, url = int(code[0]), _ANY_URL.search(text)
    rest = f"{text[: code.start()]} {text[code.end() :]}"
    phrase = next((each.phrase for each in HTTPStatus if each == status and each.phrase in rest), "")
    if not phrase and not url:
        return None
    rest = _AROUND.sub("", rest.replace(phrase, "", 1))
    return None if _WORD.search(rest) else (status, {"url": url["url"], "method": url["method"]} if url else {})


def _status(paste: Paste, text: str, index: int) -> Exchange | None:
    told = None if _IS_CODE.search(text) else _told(text)
    if told is None:
        return None
    status, groups = told
    seen = Seen.CLIENT_LOG if groups.keys() & {"url", "host", "base"} else Seen.STATUS_LINE
    return Exchange(
        seen,
        (index + 1, index + 1),
        _call(paste, groups, text, index),
        response=Response(status, body=_body(paste, text, index, status)),
        at=times.from_iso(text[:60]) or _logged_at(paste, index),
    )


def _body(paste: Paste, text: str, index: int, status: int) -> str:
    """Return the JSON that says what is wrong behind a status, on its line or below it; empty where there is none."""
    behind = text[text.find(str(status)) + 3 :]
    below = "\n".join([behind, *paste.lines[index + 1 : index + _BODY_LINES]])
    start = _JSON.match(below)
    if start is None:
        return ""
    text = below[start.end() :]
    try:
        value: object = json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        line = text.partition("\n")[0]
        value = literals.value_of(line[: line.rfind("}") + 1])  # as Python prints it
    if not isinstance(value, dict):
        return ""
    says = value.keys() & _SAY_WHAT and not value.keys() & _LOGGED
    is_an_apis = says and look.number(value, "error", "code") is not None
    is_relayed = any(_RELAYED.search(words) for _, words in look.texts_in(value, frozenset()))
    return json.dumps(value) if says and not (is_an_apis or is_relayed) else ""


def _logged_at(paste: Paste, index: int) -> int | None:
    """Return the time of the log line that a trace stands below, with nothing left blank between them."""
    for line in reversed(paste.lines[max(index - _TRACE, 0) : index]):
        if not line.strip() or (at := times.from_iso(line[:60])):
            return at if line.strip() else None
    return None


def _call(paste: Paste, groups: dict[str, str | None], text: str, index: int) -> Call | None:
    url, path, method = groups.get("url") or "", groups.get("path"), groups.get("method")
    if groups.get("base"):
        url = f"{groups['base']}{path}"
    if groups.get("host"):
        url = f"https://{groups['host']}{path}"
    if not url and not path:
        following = paste.lines[index + 1][:_LENGTH] if index + 1 < len(paste.lines) else ""
        beside = _ANY_URL.search(text) or (
            _ANY_URL.match(following.strip()) if "Exception" in text or "rror" in text else None
        )
        if beside:
            url, method = beside["url"], beside["method"]
    cleaned = clean_url(url.rstrip(".,;:'\")]"))
    return Call(cleaned, method or "GET") if cleaned else None
