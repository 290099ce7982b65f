"""Calls, answers and header maps that stand in a paste as objects: printed by a program, or written for `fetch`."""

from __future__ import annotations

import re

from ...google_json import json_access as look
from ...google_json import times
from ...model.evidence import Credential, Exchange, Lines, PieceKind, Seen
from ...model.http import BODY_LIMIT, Call, Response
from ..box import Box
from ..trees import headers
from ..trees.documents import Tree
from ..trees.vault import clean, clean_url

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
_URLS = ("url", "uri", "requestUrl", "request_url", "responseURL", "href")
_STATUSES = ("status", "statusCode", "status_code", "code", "responseCode")
_BODIES = ("body", "data", "text", "responseText", "rawBody")
_HEADERS = ("headers", "header", "requestHeaders", "responseHeaders", "response_headers", "request_headers")
_PAIRS = 200
_URL = re.compile(r"https?://[^\s\"'`,)]{3,1000}")
_METHOD = re.compile(r"[A-Za-z]{3,7}")


def read(box: Box, document: Tree) -> bool:
    """Take an object that is a call, an answer, or the headers of one."""
    value = document.value
    if not isinstance(value, dict):
        return False
    pairs = _pairs(value)
    if are_headers(pairs):
        what = "request" if _are_sent({name for name, _ in pairs}) else "response"
        lines = _take(box, document, f"headers of a {what}")
        add_headers(box, pairs, lines, document.before)
        return True
    return _call_or_answer(box, document, value)


def _pairs(value: dict[str, object]) -> list[tuple[str, str]]:
    found = []
    for key, each in list(value.items())[:_PAIRS]:
        first = each[0] if isinstance(each, list) and each else each
        if isinstance(first, str):
            found.append((str(key).lower(), first))
    return found


def are_headers(pairs: list[tuple[str, str]]) -> bool:
    """Whether these names and values are the headers of a call or of an answer."""
    names = {name for name, _ in pairs}
    return len(names & (_SENT | _RECEIVED)) > 1 or bool(names & {"authorization", "x-serverless-authorization"})


def _take(box: Box, document: Tree, summary: str) -> Lines:
    """Claim an object; of a line that has other words too, others may still read those."""
    if document.before.strip() and document.end - document.start == 1:
        return box.list_softly(document.start, document.end, PieceKind.EXCHANGE, summary)
    return box.take(document.start, document.end, PieceKind.EXCHANGE, summary)


def add_headers(box: Box, pairs: list[tuple[str, str]], lines: Lines, before: str) -> None:
    """List headers that stand by themselves as a call without an answer, or as an answer without a status."""
    names = {name for name, _ in pairs}
    if not _are_sent(names):
        answer = Response(0, headers.kept(pairs))
        box.exchanges.append(Exchange(Seen.HEADER_MAP, lines, response=answer, at=_date(pairs)))
        return
    box.exchanges.append(
        Exchange(
            Seen.HEADER_MAP,
            lines,
            _around(before),
            _credentials(box, pairs, lines),
            headers_known=_is_whole(names),
            sent=headers.telling(pairs),
        )
    )


def _are_sent(names: set[str]) -> bool:
    return bool(names & _ONLY_SENT) and not names & {"www-authenticate", "server", "set-cookie"}


def _is_whole(names: set[str]) -> bool:
    """A program's own choice of headers says nothing of what its library adds; what arrived or left is all of them."""
    return bool(names & {"host", "user-agent", "connection", "accept-encoding"})


def _around(before: str) -> Call | None:
    found = _URL.search(before[-2000:])
    url = clean_url(found[0]) if found else ""
    return Call(url) if url else None


def _call_or_answer(box: Box, document: Tree, value: dict[str, object]) -> bool:
    inner = next((each for name in _HEADERS if (each := look.mapping(value, name))), {})
    pairs = _pairs(inner)
    if not are_headers(pairs):
        return False
    number = next((n for name in _STATUSES if (n := look.number(value, name)) and 100 <= n <= 599), 0)
    url = next((u for name in _URLS if (u := clean_url(look.text(value, name) or ""))), "")
    given = _around(document.before)
    method = (look.text(value, "method") or "GET").upper()
    method = method if _METHOD.fullmatch(method) else "GET"
    answered = number > 0 or not {name for name, _ in pairs} & _ONLY_SENT
    names = frozenset() if answered else frozenset(name for name, _ in pairs)
    target = url or (given.url if given else "")
    call = Call(target, method, names) if target else None
    what = f"{call.method} {call.url}" if call else "a call"
    lines = _take(box, document, f"{what}: {number or 'no answer'}")
    body = next((text for name in _BODIES if (text := look.text(value, name))), "")
    box.exchanges.append(
        Exchange(
            Seen.HEADER_MAP,
            lines,
            call,
            () if answered else _credentials(box, pairs, lines),
            headers_known=not answered,
            sent={} if answered else headers.telling(pairs),
            response=Response(number, headers.kept(pairs), clean(body, BODY_LIMIT)) if answered else None,
            at=_date(pairs) if answered else None,
        )
    )
    return True


def _credentials(box: Box, pairs: list[tuple[str, str]], lines: Lines) -> tuple[Credential, ...]:
    return tuple(box.credential(name, text, lines) for name, text in pairs if headers.is_credential(name))


def _date(pairs: list[tuple[str, str]]) -> int | None:
    date = dict(pairs).get("date")
    return times.from_http(date) if date else None
