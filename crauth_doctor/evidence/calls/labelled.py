"""A URL and an audience that stand by their names, `url: https://...`; a call that source text makes."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from ...deferred import regex
from ...model.evidence import Exchange, Expression, LogEntry, LogKind, Mint, PieceKind, Seen
from ...model.http import Call
from ...model.run import host_of, is_local, is_made_by_google
from ..paste import Paste
from ..trees.redactor import clean_url
from .failing_call import is_elsewhere
from .pages import path_of

_URL = r"[`'\"*<]{0,3}(?P<url>https://[^\s`'\"*<>,;)]{4,600})[`'\"*>,;]{0,3}\s*$"
_LABEL = r"^\s{0,8}(?:[-*+]|\d+[.)])?\s{0,3}[`'\"*]{0,3}"
_CALLED = regex(
    rf"(?i){_LABEL}(?:(?:target|service|function|request|called|api)[ _]?)?(?:url|endpoint)"
    rf"[`'\"*]{{0,3}}\s?[:=]\s?{_URL}"
)
_REQUESTED = regex(
    r"^\s{0,8}(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?P<url>https://[^\s`'\"<>]{4,600}?)(?:: ?\{?)?\s*$"
)
"""A request as clients write it, which tells more than a URL in a setting."""
_METHOD = regex(
    rf"(?i){_LABEL}(?:request|http)[ _-]?method[`'\"*]{{0,3}}\s?[:=]\s?[`'\"*]{{0,3}}"
    rf"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b"
)
_VERB = r"(?P<{}>get|post|put|patch|delete|head)"
_IN_CODE = regex(
    rf"(?i)(?:\b(?:fetch|axios|urlopen)|(?:\.|->|::|http_)(?:{_VERB.format('by')}\w{{0,12}}|request|newrequest\w{{0,11}}|exchange|fetch))"
    rf"\s?\(\s?(?:ctx, ?)?(?:['\"]{_VERB.format('verb')}['\"], ?)?f?['\"`](?P<url>https?://[^\s`'\"{{}}$<>]{{4,600}})['\"`]"
)
"""A call as source text makes it: by a function that is called as HTTP's methods are, or that takes one's name."""
_ASKED = regex(rf"(?i){_LABEL}(?:target[ _]?)?aud(?:ience)?[`'\"*]{{0,3}}\s?[:=]\s?{_URL}")


def read(paste: Paste) -> None:
    """Take the method, the URL that is called, and the audience that is asked for, where one stands by its name."""
    methods = {found["method"].upper() for index, line in paste.readable() if (found := _METHOD.search(line))}
    if len(methods) == 1:
        paste.logs[:] = [_by(each, *methods) for each in paste.logs]
    audiences = _labelled(paste, _ASKED)
    if len(audiences) == 1 and not any(_is_told(each) for each in paste.expressions):
        (url, line), *_ = audiences.items()
        paste.expressions.append(Expression(Mint.LIBRARY_IDENTITY, url, lines=(line, line)))
    urls = [url for url in _labelled(paste, _REQUESTED) or _labelled(paste, _CALLED) if url not in audiences]
    calls = {Call(url, path_known=bool(urlsplit(url).path)): 0 for url in urls} or _in_code(paste)
    if len(calls) == 1 and not _calls_others(paste, *calls):
        ((call, line),) = calls.items()
        paste.exchanges[:] = [_at(each, call) for each in paste.exchanges]
        paste.logs[:] = [_logged_at(each, call.url) for each in paste.logs]
        if line and not paste.exchanges and not paste.logs:
            lines = paste.list_softly(line - 1, line, PieceKind.SOURCE, f"source text that calls {call.url}")
            paste.exchanges.append(Exchange(Seen.RAW, lines, call))


def _calls_others(paste: Paste, named: Call) -> bool:
    """Whether calls are shown with their URLs, and none is to the host that is named: what stands by it is beside them.

    As where a deploy of another service tells its URL.
    """
    made = [each for each in paste.exchanges if each.call]
    urls = [each.call.url for each in made if each.call and (each.failed or is_made_by_google(each.call.url))]
    hosts = {host_of(url) for url in (*urls, *(each.url for each in paste.logs if each.url))}
    hosts = {host for host in hosts if not is_local(host) and not is_elsewhere(host)}
    return bool(hosts) and named.host not in hosts


def _is_told(made: Expression) -> bool:
    """Whether an expression makes a token that is no library's ID token for an audience that is not shown."""
    return made.mint is not Mint.LIBRARY_IDENTITY or bool(made.audience)


def _labelled(paste: Paste, pattern: re.Pattern[str]) -> dict[str, int]:
    """Return what stands by its name in lines that nobody claimed, and where."""
    found = (
        (index, pattern.search(line)) for index, line in paste.readable() if "https://" in line and paste.is_free(index)
    )
    return {clean_url(each["url"]): index + 1 for index, each in found if each}


def _in_code(paste: Paste) -> dict[Call, int]:
    """Return the calls that source text makes, and where: to URLs that Google made for a service, else to others.

    Calls to Google's APIs, and to servers of tokens, are none; what is read over http is only redirected.
    """
    calls: dict[Call, int] = {}
    for index, line in paste.readable():
        if "http" in line and (found := _IN_CODE.search(line)):
            call = Call(clean_url(found["url"]), (found["by"] or found["verb"] or "GET").upper())
            if not is_elsewhere(call.host) and (call.scheme == "https" or call.method != "GET"):
                calls.setdefault(call, index + 1)
    return {call: line for call, line in calls.items() if is_made_by_google(call.url)} or calls


def _at(each: Exchange, call: Call) -> Exchange:
    named = each.call is None and each.response is not None and path_of(each.response.body) is None
    return replace(each, call=call) if named else each


def _by(entry: LogEntry, method: str) -> LogEntry:
    return replace(entry, method=method) if entry.kind is LogKind.REQUEST and not entry.method else entry


def _logged_at(entry: LogEntry, url: str) -> LogEntry:
    return replace(entry, url=url) if entry.kind is LogKind.REQUEST and not entry.url else entry
