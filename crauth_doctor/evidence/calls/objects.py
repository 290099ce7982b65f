"""Calls and answers that stand in a paste as objects: recordings, what programs print, what is written for `fetch`.

Source of recordings: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

from dataclasses import replace

from ...deferred import dataclass, regex
from ...google_json import json_access as look
from ...google_json import times
from ...model.evidence import Exchange, Lines, PieceKind, Seen
from ...model.http import BODY_LIMIT, Call, Response
from ..paste import Paste
from ..trees import headers
from ..trees.documents import Tree
from ..trees.headers import Pairs
from ..trees.redactor import clean, clean_url

_SENT = frozenset(
    (  # noqa: SIM905 - a table of words is read more easily so
        "authorization x-serverless-authorization proxy-authorization host user-agent accept accept-encoding "
        "accept-language origin referer connection cookie x-forwarded-for x-forwarded-host x-forwarded-proto "
        "sec-fetch-mode sec-fetch-dest content-type content-length"
    ).split()
)
_RECEIVED = frozenset(
    (  # noqa: SIM905
        "www-authenticate server date x-cloud-trace-context alt-svc set-cookie location vary etag via "
        "x-goog-iap-generated-response content-type content-length transfer-encoding"
    ).split()
)
_ONLY_SENT = _SENT - _RECEIVED
_URLS = ("url", "uri", "requestUrl", "request_url", "responseURL", "href", "url_effective")
_STATUSES = ("status", "statusCode", "status_code", "code", "responseCode", "httpStatus", "http_code", "response_code")
_TELEMETRY = {
    "http.request.method": "method",
    "http.method": "method",
    "http.response.status_code": "status",
    "http.status_code": "status",
    "url.full": "url",
    "http.url": "url",
}
"""What OpenTelemetry calls them, in its older names too.

Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""
_BODIES = ("body", "data", "text", "responseText", "rawBody")
_HEADERS = ("headers", "header", "requestHeaders", "responseHeaders", "response_headers", "request_headers")
_CHROME = "WebInspector"
_KEPT_BACK = frozenset({"authorization", "cookie"})
"""What Chrome leaves out of a recording, unless it is asked for the one with sensitive data.

Source: https://developer.chrome.com/docs/devtools/network/reference#save-as-har
"""
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_PAIRS = 200
_ENTRIES = 3000
_URL = regex(r"https?://[^\s\"'`,)]{3,1000}")
_METHOD = regex(r"[A-Za-z]{3,10}")


@dataclass(frozen=True)
class Parts:
    """What is shown of a call and its answer; what is not is left out."""

    url: str = ""  # of the call
    method: str = ""  # of the call, in any case
    sent: Pairs = ()  # the request's headers, names in lower case
    status: int = 0  # of the answer
    received: Pairs = ()  # the answer's headers
    body: str = ""  # the answer's body
    whole: bool | None = None  # whether every request header is shown; None: if any is, all are


def exchange(paste: Paste, seen: Seen, lines: Lines, parts: Parts) -> Exchange:
    """Return the exchange that has these parts."""
    sent, date = parts.sent, dict(parts.received).get("date")
    call = Call(parts.url, _method(parts.method), frozenset(name for name, _ in sent if not name.startswith(":")))
    answer = Response(parts.status, headers.kept(parts.received), clean(parts.body, BODY_LIMIT))
    return Exchange(
        seen,
        lines,
        call if parts.url else None,
        tuple(paste.credential(name, value, lines) for name, value in sent if headers.is_credential(name)),
        headers_known=bool(sent) if parts.whole is None else parts.whole,
        sent=headers.telling(sent),
        response=answer if parts.status or parts.received else None,
        at=times.from_http(date) if date else None,
    )


def _method(text: str) -> str:
    return text.upper() if _METHOD.fullmatch(text) else "GET"


def summary(url: str, method: str, status: int | None) -> str:
    """Return a call and its answer in a few words."""
    call = f"{method.upper() or 'GET'} {url}" if url else "a call"
    return f"{call}: {status or 'no answer'}"


def add(paste: Paste, where: Tree, parts: Parts) -> None:
    """List a call that a program printed, and claim where it stands."""
    lines = _take(paste, where, summary(parts.url, parts.method, parts.status))
    paste.exchanges.append(exchange(paste, Seen.HEADER_MAP, lines, parts))


def read_recording(paste: Paste, document: Tree) -> bool:
    """Take a document that is a recording of a browser or a proxy, or one call of one with its answer."""
    entries = look.items(document.value, "log", "entries") or look.items(document.value, "entries")
    if not entries and look.mapping(document.value, "request") and look.mapping(document.value, "response"):
        entries = [document.value]
    recorded = [entry for entry in entries if look.text(entry, "request", "url")]
    if not recorded:
        return False
    who = look.text(document.value, "log", "creator", "name") or "HAR"
    count = f"{len(recorded)} request{'s' if len(recorded) > 1 else ''}"
    lines = paste.take(document.start, document.end, PieceKind.HAR, f"recording of {who}, {count}")
    if len(recorded) > _ENTRIES:
        paste.cut.append(f"the recording has {len(recorded)} requests; the first {_ENTRIES} were read")
    sanitized = who == _CHROME and not any(_KEPT_BACK & {name for name, _ in _sent(entry)} for entry in recorded)
    paste.exchanges += [_recorded(paste, entry, lines, sanitized=sanitized) for entry in recorded[:_ENTRIES]]
    return True


def _sent(entry: object) -> Pairs:
    return _listed(look.at(entry, "request", "headers"))


def _recorded(paste: Paste, entry: object, lines: Lines, *, sanitized: bool) -> Exchange:
    opens_page = ("sec-fetch-mode", "navigate") in _sent(entry)  # which never carries a token
    parts = Parts(
        url=clean_url(look.text(entry, "request", "url") or ""),
        method=look.text(entry, "request", "method") or "",
        sent=_sent(entry),
        whole=False if sanitized and not opens_page else None,
        status=look.number(entry, "response", "status") or look.number(entry, "response", "statusCode") or 0,
        received=_listed(look.at(entry, "response", "headers")),
        body=look.text(entry, "response", "content", "text") or look.text(entry, "response", "body") or "",
    )
    made = exchange(paste, Seen.HAR, lines, parts)
    milliseconds, answer = look.at(entry, "time"), made.response
    took = milliseconds / 1000 if isinstance(milliseconds, int | float) and 0 <= milliseconds < 1e9 else None
    return replace(
        made,
        response=replace(answer, seconds=took) if answer and answer.status >= 100 else None,
        at=made.at or times.from_value(look.at(entry, "startedDateTime")),
    )


def _listed(value: object) -> Pairs:
    """Return headers, which a recording lists by name and value, and programs as a mapping."""
    if isinstance(value, dict):
        return _pairs(value)
    found = value[:_PAIRS] if isinstance(value, list) else []
    return [((look.text(each, "name") or "").lower(), look.text(each, "value") or "") for each in found]


def read(paste: Paste, document: Tree) -> bool:
    """Take an object that is a call, an answer, or the headers of one."""
    value = document.value
    if not isinstance(value, dict):
        return False
    if not document.loose and _axios(paste, document, value):
        return True
    value = _of_span(value) or value
    pairs = _pairs(value)
    if are_headers(pairs):
        what = "request" if _are_sent({name for name, _ in pairs}) else "response"
        add_headers(paste, pairs, _take(paste, document, f"headers of a {what}"), document.before)
        return True
    pairs = _pairs(next((each for name in _HEADERS if (each := look.mapping(value, name))), {}))
    return (are_headers(pairs) or _is_call(value)) and _call_or_answer(paste, document, value, pairs)


def _of_span(value: dict[str, object]) -> dict[str, object]:
    """Return the call that a span or a record of OpenTelemetry's tells of; nothing where it tells of none."""
    told = look.mapping(value, "attributes") or value
    found = {name: told[key] for key, name in _TELEMETRY.items() if key in told}
    return {"method": "GET", **found} if found.keys() >= {"url", "status"} else {}


def _axios(paste: Paste, document: Tree, value: dict[str, object]) -> bool:
    """Take the call that an error of axios tells of, as its `toJSON` or a logger writes it."""
    config, answer = look.mapping(value, "config"), look.mapping(value, "response")
    url, base = look.text(config, "url") or "", look.text(config, "baseURL") or ""
    status = _status(answer) or _status(value)
    if not status or not (url or base):
        return False
    url = clean_url(url if url.startswith("http") else f"{base.rstrip('/')}/{url.lstrip('/')}")
    method, body = look.text(config, "method") or "", look.text(answer, "data") or ""
    sent, received = (_pairs(look.mapping(each, "headers")) for each in (config, answer))
    add(paste, document, Parts(url, method, sent, status, received, body))
    return True


def _is_call(value: dict[str, object]) -> bool:
    """Whether this is a call and its status, and nothing else that is known of it: a URL, a status, most have a method.

    Without a method it may be anything, and is a call where it failed.
    """
    method, url = look.text(value, "method"), next((u for name in _URLS if (u := look.text(value, name))), "")
    status = _status(value)
    is_one = method.upper() in _METHODS if method else status >= _REFUSED and "code" not in value
    return is_one and url.startswith("http") and bool(status)


_REFUSED = 400


def _status(value: dict[str, object]) -> int:
    return next((n for name in _STATUSES if (n := look.number(value, name)) and 100 <= n <= 599), 0)


def _pairs(value: dict[str, object]) -> Pairs:
    firsts = ((key, each[0] if isinstance(each, list) and each else each) for key, each in value.items())
    return [(str(key).lower(), first) for key, first in firsts if isinstance(first, str)][:_PAIRS]


def are_headers(pairs: Pairs) -> bool:
    """Whether these names and values are the headers of a call or of an answer."""
    names = {name for name, _ in pairs}
    return len(names & (_SENT | _RECEIVED)) > 1 or bool(names & {"authorization", "x-serverless-authorization"})


def _take(paste: Paste, document: Tree, what: str) -> Lines:
    """Claim an object; of a line that has other words too, others may still read those."""
    if document.before.strip() and document.end - document.start == 1:
        return paste.list_softly(document.start, document.end, PieceKind.EXCHANGE, what)
    return paste.take(document.start, document.end, PieceKind.EXCHANGE, what)


def add_headers(paste: Paste, pairs: Pairs, lines: Lines, before: str) -> None:
    """List headers that stand by themselves as a call without an answer, or as an answer without a status.

    A program's own choice of headers says nothing of what its library adds; what arrived or left is all of them.
    """
    names = {name for name, _ in pairs}
    if _are_sent(names):
        whole = bool(names & {"host", "user-agent", "connection", "accept-encoding"})
        made = exchange(paste, Seen.HEADER_MAP, lines, Parts(_around(before), sent=pairs, whole=whole))
        made = made if made.call is None else replace(made, call=replace(made.call, headers=frozenset()))
    else:
        made = exchange(paste, Seen.HEADER_MAP, lines, Parts(received=pairs))
    paste.exchanges.append(made)


def _are_sent(names: set[str]) -> bool:
    return bool(names & _ONLY_SENT) and not names & {"www-authenticate", "server", "set-cookie"}


def _around(before: str) -> str:
    found = _URL.search(before[-2000:])
    return clean_url(found[0]) if found else ""


def _call_or_answer(paste: Paste, document: Tree, value: dict[str, object], pairs: Pairs) -> bool:
    status = _status(value)
    url = next((u for name in _URLS if (u := clean_url(look.text(value, name) or ""))), "") or _around(document.before)
    method = look.text(value, "method") or ""
    answered = status > 0 or not {name for name, _ in pairs} & _ONLY_SENT
    body = next((text for name in _BODIES if (text := look.text(value, name))), "") if answered else ""
    sent, received = ([], pairs) if answered else (pairs, [])
    add(paste, document, Parts(url, method, sent, status, received, body))
    return True
