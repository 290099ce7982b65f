"""One line of a client, a script, a log or a browser that tells a call's status."""

from __future__ import annotations

import re

from ...deferred import regex
from ...google_json import times
from ...model.evidence import Exchange, PieceKind, Seen
from ...model.http import Call, Response
from ..paste import Paste
from ..trees.redactor import clean, clean_url

_LENGTH = 2000
_FOUND = 1000
_METHODS = r"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
_URL = r"(?P<url>https?://[^\s\"'`<>\])\\]+)"
_CODE = r"(?P<status>[1-5]\d\d)\b(?!:\d)"
"""A status; in a stack frame (`server.js:403:17`) it is a line, and a column follows."""
_SAYS = r"(?:->|→|=>|:(?=\s)|returned|gives|got|returns|responded with|answers)"
"""What stands between a call and its status; a number right behind a colon is a port."""
_TROUBLE = r"(?P<status>40[134]|30[127]|50[0234]|429)"
_REASON = r"(?i:Forbidden|Unauthorized|Not Found|Service Unavailable|Internal Server)"
_ARROW = (
    rf"(?:\b{_METHODS}\s+)?(?:{_URL}|(?<!\S)(?P<path>/[\w./-]*))\s{{0,4}}{_SAYS}\s{{0,4}}"
    rf"(?:an? )?(?:HTTP[ /]?(?:[\d.]+ )?)?{_CODE}"
)
_AT_HOST = (
    rf"\b{_METHODS} (?P<path>/[^\s`]*)`? (?:on|at|of|from) `?(?P<host>[\w-]+(?:\.[\w-]+)+)`? {_SAYS} (?:an? )?"
    rf"(?:HTTP[ /]?(?:[\d.]+ )?)?{_CODE}"
)
_NAMED = (
    r"(?i:status(?: code)?(?: of|:|=)?|returned error:|error: \(|success:|HTTP error:?|"
    rf"HttpClientErrorException\$?\w*:|unexpected (?:http )?(?:status|response)(?: code)?(?: received from server)?:?)"
    rf" ?[('\"]?{_CODE}(?!`? (?:means|is|would|will|if|when|for unknown)\b)"
)
_WORDED = (
    r"(?i:error|exception|failed|response|message|got|a|refused|returned)[:\s]\s{0,3}"
    rf"[\"'(]?{_TROUBLE}[\"')]?[ :-]{{1,3}}{_REASON}"
)
_NOT_WISHED = "".join(rf"(?<!{word} return )" for word in ("should", "must", "would", "will", "to"))
_WRITTEN: tuple[tuple[Seen, str, str], ...] = (
    (Seen.CLIENT_LOG, "HTTP Request: ", rf"HTTP Request: {_METHODS} {_URL} \"HTTP/[\d.]+ {_CODE}"),
    (
        Seen.CLIENT_LOG,
        " HTTP/",
        rf"(?P<base>https?://[^\s\"]+?)(?::(?:443|80))? \"{_METHODS} (?P<path>/\S*) HTTP/[\d.]+\" {_CODE}",
    ),
    (Seen.CLIENT_LOG, " for url: ", rf"\b{_CODE} (?:Client|Server) Error\b.{{0,100}}? for url: {_URL}"),
    (Seen.CLIENT_LOG, "' for url '", rf"(?:Client|Server|Redirect) error '{_CODE}[^']{{0,60}}' for url '{_URL}'"),
    (Seen.CLIENT_LOG, ", message='", rf"\b{_CODE}, message='[^']{{0,200}}', url=(?:URL\()?['\"]{_URL}"),
    (Seen.CLIENT_LOG, "` resulted in a `", rf"`{_METHODS} {_URL}` resulted in a `{_CODE}"),
    (Seen.CLIENT_LOG, "] during [", rf"\[{_CODE}[^\]]{{0,60}}\] during \[{_METHODS}\] to \[{_URL}"),
    (Seen.CLIENT_LOG, " from ", rf"\b{_CODE} [A-Z][\w ]{{0,40}} from {_METHODS} {_URL}"),
    (Seen.CLIENT_LOG, " for URL: ", rf"response code:? {_CODE} for URL: {_URL}"),
    (Seen.CLIENT_LOG, "[", rf"\[{_METHODS}\] ['\"]?{_URL}['\"]?: {_CODE}\b"),
    (Seen.CLIENT_LOG, " failed: ", rf"\brequest to {_URL} failed: {_CODE}\b"),
    (Seen.CLIENT_LOG, "<ClientResponse(", rf"<ClientResponse\({_URL}\) \[{_CODE}"),
    (Seen.CLIENT_LOG, "://", rf"\b{_METHODS} {_URL}: {_CODE}\b"),
    (Seen.BROWSER, "://", rf"\b{_METHODS}\s+{_URL}\s+(?:net::ERR_\w+\s+)?\(?{_CODE}"),
    (Seen.STATUS_LINE, "/", _AT_HOST),
    (Seen.STATUS_LINE, "/", _ARROW),
    (Seen.STATUS_LINE, "", rf"(?:->|→|=>)\s{{0,4}}(?:HTTP[ /]?(?:[\d.]+ )?)?{_CODE}"),
    (Seen.STATUS_LINE, "", rf"awaiting response\.\.\. {_CODE}|^\S* ?ERROR (?P<wget>[45]\d\d): \w"),
    (Seen.STATUS_LINE, "HttpResponseException: ", rf"HttpResponseException: {_CODE}"),
    (Seen.STATUS_LINE, "responded with error code ", rf"responded with error code {_CODE}"),
    (Seen.STATUS_LINE, "StatusCode: ", rf"\bStatusCode: {_CODE}, ReasonPhrase: "),
    (Seen.STATUS_LINE, "esponse", rf"\bResponse ?[Cc]ode {_CODE} (?:\(|is treated as error)"),
    (Seen.STATUS_LINE, "::", rf"\b(?:RestClient::\w+:|Net::HTTP[A-Z]\w+) {_CODE} [A-Z]"),
    (Seen.STATUS_LINE, "xception: (", rf"Exception: \({_CODE}\)$"),
    (Seen.STATUS_LINE, "", _NAMED),
    (Seen.STATUS_LINE, "HTTP", rf"{_NOT_WISHED}\bHTTP(?:/[\d.]+)?[ :]\s?{_CODE}(?! (?:means|is|would|will|if|when)\b)"),
    (Seen.STATUS_LINE, "", _WORDED),
    (
        Seen.STATUS_LINE,
        "",
        r"\[(?P<status>40[134])\]|\bcode: ?['\"](?P<quoted>40[134])['\"]|<Response \[(?P<response>[1-5]\d\d)\]>",
    ),
)
"""Where such a line stands, a part that each has, and all of it."""
_PATTERNS = tuple((seen, part, regex(pattern)) for seen, part, pattern in _WRITTEN)
_CALLABLE = regex(
    r"(?:[\[(]|code: ?['\"]|FirebaseError: )(?:firebase_)?functions/(?P<code>unauthenticated|permission-denied)\b|"
    r"FunctionsException: (?P<name>UNAUTHENTICATED|PERMISSION_DENIED)\b|"
    r"com\.firebase\.functions Code=(?P<number>16|7)\b"
)
_OF_CALLABLES = {"unauthenticated": 401, "16": 401, "permission-denied": 403, "permission_denied": 403, "7": 403}
"""What Firebase's clients call a status that a callable function was answered with.

Source: https://firebase.google.com/docs/functions/callable-reference#response_body
"""
_NUMBER = regex(r"(?<!\d)[1-5]\d\d(?!\d)")
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
_ORIGIN = regex(r"from origin '(?P<origin>[^']{1,300})'")


def read(paste: Paste) -> None:
    """Take every line that tells a status."""
    found = 0
    commands = {line for command in paste.commands for line in range(command.start, command.end)}
    for index, text in paste.readable():
        if index in commands:
            continue
        made = _blocked(text, index) or (_status(paste, text, index) if _is_told(text) else None)
        made = made or (_of_callable(text, index) if "unctions" in text else None)
        if made and found < _FOUND:
            found += 1
            what = f"{made.call.method} {made.call.url}" if made.call else "a status"
            status = f": {made.response.status}" if made.response else ""
            paste.exchanges.append(made)
            paste.list_softly(index, index + 1, PieceKind.STATUS, f"{what}{status}")


def _is_told(text: str) -> bool:
    """Whether a line has a number that may be a status, and is no source of a program."""
    return bool(_NUMBER.search(text)) and not _IS_CODE.search(text[:_LENGTH])


def _of_callable(text: str, index: int) -> Exchange | None:
    found = _CALLABLE.search(text)
    status = _OF_CALLABLES.get(next(filter(None, found.groups())).lower()) if found else None
    if status is None:
        return None
    lines, note = (index + 1, index + 1), clean(text.strip(), 300)
    return Exchange(Seen.STATUS_LINE, lines, response=Response(status), at=times.from_iso(text[:60]), note=note)


def _blocked(text: str, index: int) -> Exchange | None:
    """A browser that blocked a call for CORS tells its URL and its origin, and nothing of the answer."""
    if "CORS" not in text and "ERR_FAILED" not in text and "Cross-Origin" not in text:
        return None
    lines = (index + 1, index + 1)
    if found := _FAILED.search(text):
        url = clean_url(found["url"])
        return Exchange(Seen.BROWSER, lines, Call(url, found["method"])) if url else None
    found = _BLOCKED.search(text)
    url = clean_url(found["url"]) if found else ""
    if not url:
        return None
    origin = _ORIGIN.search(text)
    method = "OPTIONS" if "preflight" in text else "GET"
    return Exchange(
        Seen.BROWSER,
        lines,
        Call(url, method, frozenset({"origin"})),
        sent={"origin": clean(origin["origin"], 300)} if origin else {},
    )


def _status(paste: Paste, text: str, index: int) -> Exchange | None:
    for seen, part, pattern in _PATTERNS:
        found = pattern.search(text) if part in text else None
        if not found:
            continue
        groups = found.groupdict()
        status = int(groups.get("status") or groups.get("wget") or groups.get("quoted") or groups.get("response") or 0)
        if not status:
            continue
        return Exchange(
            seen,
            (index + 1, index + 1),
            _call(paste, groups, text, index),
            response=Response(status),
            at=times.from_iso(text[:60]),
            note=clean(text.strip(), 300) if seen is Seen.STATUS_LINE else "",
        )
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
