"""A URL and an audience that stand by their names, `url: https://...`; a call that source text makes."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from ...deferred import regex
from ...model.evidence import Exchange, Expression, LogEntry, LogKind, Mint
from ...model.http import Call
from ...model.run import is_made_by_google
from ..paste import Paste
from ..trees.redactor import clean_url
from .failing_call import is_elsewhere

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
_VERB = r"(?P<{}>get|post|put|patch|delete|head)"
_IN_CODE = regex(
    rf"(?i)(?:\b(?:fetch|axios|urlopen)|(?:\.|->|::|http_)(?:{_VERB.format('by')}\w{{0,12}}|request|newrequest\w{{0,11}}|exchange|fetch))"
    rf"\s?\(\s?(?:ctx, ?)?(?:['\"]{_VERB.format('verb')}['\"], ?)?f?['\"`](?P<url>https?://[^\s`'\"{{}}$<>]{{4,600}})['\"`]"
)
"""A call as source text makes it: by a function that is called as HTTP's methods are, or that takes one's name."""
_ASKED = regex(rf"(?i){_LABEL}(?:target[ _]?)?aud(?:ience)?[`'\"*]{{0,3}}\s?[:=]\s?{_URL}")


def read(paste: Paste) -> None:
    """Take the URL that is called, and the audience that is asked for, where one stands by its name."""
    audiences = _labelled(paste, _ASKED)
    if len(audiences) == 1 and not any(_is_told(each) for each in paste.expressions):
        (url, line), *_ = audiences.items()
        paste.expressions.append(Expression(Mint.LIBRARY_IDENTITY, url, lines=(line, line)))
    urls = [url for url in _labelled(paste, _REQUESTED) or _labelled(paste, _CALLED) if url not in audiences]
    calls = [Call(url, path_known=bool(urlsplit(url).path)) for url in urls] or _in_code(paste)
    if len(calls) == 1:
        paste.exchanges[:] = [_at(each, calls[0]) for each in paste.exchanges]
        paste.logs[:] = [_logged_at(each, calls[0].url) for each in paste.logs]


def _is_told(made: Expression) -> bool:
    """Whether an expression makes a token that is no library's ID token for an audience that is not shown."""
    return made.mint is not Mint.LIBRARY_IDENTITY or bool(made.audience)


def _labelled(paste: Paste, pattern: re.Pattern[str]) -> dict[str, int]:
    """Return what stands by its name in lines that nobody claimed, and where."""
    found = (
        (index, pattern.search(line)) for index, line in paste.readable() if "https://" in line and paste.is_free(index)
    )
    return {clean_url(each["url"]): index + 1 for index, each in found if each}


def _in_code(paste: Paste) -> list[Call]:
    """Return the calls that source text makes, each once: to URLs that Google made for a service, else to others.

    Calls to Google's APIs, and to servers of tokens, are none.
    """
    found = (_IN_CODE.search(line) for _, line in paste.readable() if "http" in line)
    calls = (Call(clean_url(each["url"]), (each["by"] or each["verb"] or "GET").upper()) for each in found if each)
    others = list(dict.fromkeys(call for call in calls if not is_elsewhere(call.host)))
    return [call for call in others if is_made_by_google(call.url)] or others


def _at(each: Exchange, call: Call) -> Exchange:
    named = each.call is None and each.response is not None and not each.response.body
    return replace(each, call=call) if named else each


def _logged_at(entry: LogEntry, url: str) -> LogEntry:
    return replace(entry, url=url) if entry.kind is LogKind.REQUEST and not entry.url else entry
