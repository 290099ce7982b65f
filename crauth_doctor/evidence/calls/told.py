"""What a person tells of a call in words, where nothing was pasted that shows it: a status, a URL, an audience."""

from __future__ import annotations

import re
from dataclasses import replace

from ...deferred import regex
from ...model.clienterror import ErrorFamily
from ...model.evidence import Exchange, Expression, LogEntry, LogKind, Mint, PieceKind, Seen
from ...model.http import Call, Response
from ..box import Box
from ..trees.vault import clean_url

_CODE = r"40[134])(?![\d.:-]\d)(?!`? (?:means|is|would|will|if|when|for unknown)\b)"
_WORDS = r"(?:errors?|unauthori[sz]ed|forbidden|not found|permission|responses?|status)\b"
_SAYS = r"\b(?:errors?|status|code|https?|return(?:s|ing)?|gets?|got|getting|receiv\w+|throws?|giv(?:es?|ing)|with)"
_ENDS = r"(?=[\s`'\"*):,.;!?\u2013-]|$)"
_STATUS = regex(
    rf"(?i)(?<![\w./:;>-])(?P<status>{_CODE}[\s`'\"*):(\u2013-]{{1,4}}{_WORDS}"
    rf"|{_SAYS}(?: (?:an?|the|code|of|status|error|http|is))*[\s:`'\"*(]{{1,3}}(?P<after>{_CODE}{_ENDS}"
)
_NAMED = regex(
    r"[`'\"\u201c](?P<word>forbidden|unauthori[sz]ed|permission_denied|unauthenticated)[`'\"\u201d.!]", re.IGNORECASE
)
_NAMES = {"f": 403, "p": 403, "u": 401}
"""By the first letter. Source: https://docs.cloud.google.com/apis/design/errors"""
_URL = r"[`'\"*<]{0,3}(?P<url>https://[^\s`'\"*<>,;)]{4,600})"
_LABEL = r"^\s{0,8}(?:[-*+]|\d+[.)])?\s{0,3}[`'\"*]{0,3}"
_CALLED = regex(
    rf"(?i){_LABEL}(?:(?:target|service|function|request|called|api)[ _]?)?(?:url|endpoint)"
    rf"[`'\"*]{{0,3}}\s?[:=]\s?{_URL}"
)
_ASKED = regex(rf"(?i){_LABEL}(?:target[ _]?)?aud(?:ience)?[`'\"*]{{0,3}}\s?[:=]\s?{_URL}")

_TYPES = {
    "external_account": regex(r"[`'\"]external_account[`'\"]|\bworkload_identity_provider\s?[:=]"),
    "authorized_user": regex(r"[`'\"]authorized_user[`'\"]|^\s*(?:[$>%#]\s)?gcloud auth application-default login\b"),
}
"""What tells of which type the credentials are that a message says cannot be used."""


def read(box: Box) -> None:
    """Take a status that is told in words, where nothing else has one, and a URL and an audience that are named."""
    audiences = _labelled(box, _ASKED)
    if len(audiences) == 1 and not box.expressions:
        (url, line), *_ = audiences.items()
        box.expressions.append(Expression(Mint.LIBRARY_IDENTITY, url, lines=(line, line)))
    if not (any(each.response for each in box.exchanges) or box.logs or box.errors):
        _add_status(box)
    urls = [url for url in _labelled(box, _CALLED) if url not in audiences]
    if len(urls) == 1:
        box.exchanges[:] = [_at(each, urls[0]) for each in box.exchanges]
        box.logs[:] = [_logged_at(each, urls[0]) for each in box.logs]

    _add_type(box)


def _add_type(box: Box) -> None:
    """Give a message that the credentials make no ID token their type, where the paste names exactly one."""
    if not any(each.family is ErrorFamily.NO_ID_TOKEN_CREDENTIALS and not each.credentials_type for each in box.errors):
        return
    named = [name for name, words in _TYPES.items() if any(words.search(line[:2000]) for line in box.lines)]
    if len(named) == 1:
        box.errors[:] = [
            replace(each, credentials_type=each.credentials_type or named[0])
            if each.family is ErrorFamily.NO_ID_TOKEN_CREDENTIALS
            else each
            for each in box.errors
        ]


def _labelled(box: Box, pattern: re.Pattern[str]) -> dict[str, int]:
    """Return what stands by its name in lines that nobody claimed, and where."""
    found = (
        (index, pattern.search(line)) for index, line in box.readable() if "https://" in line and box.is_free(index)
    )
    return {clean_url(each["url"]): index + 1 for index, each in found if each}


def _add_status(box: Box) -> None:
    """Take a status of a refusal, where all that is told is the same one."""
    told: dict[int, int] = {}
    for index, line in box.readable():
        for each in _STATUS.finditer(line) if "40" in line else ():
            told.setdefault(int(each["status"] or each["after"]), index)
    if not told:
        for index, line in box.readable():
            if named := _NAMED.search(line):
                told.setdefault(_NAMES[named["word"][0].lower()], index)
    if len(told) == 1:
        (status, index), *_ = told.items()
        lines = box.list_softly(index, index + 1, PieceKind.STATUS, f"a status that is told: {status}")
        box.exchanges.append(Exchange(Seen.STATUS_LINE, lines, response=Response(status)))


def _at(each: Exchange, url: str) -> Exchange:
    named = each.call is None and each.response is not None and not each.response.body
    return replace(each, call=Call(url)) if named else each


def _logged_at(entry: LogEntry, url: str) -> LogEntry:
    return replace(entry, url=url) if entry.kind is LogKind.REQUEST and not entry.url else entry
