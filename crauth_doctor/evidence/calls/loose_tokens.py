"""Tokens and credential headers that stand by themselves, outside of every exchange."""

from __future__ import annotations

import re
from dataclasses import replace

from ...deferred import regex
from ...model.evidence import Credential, PieceKind
from ...model.token import TokenKind
from ..paste import Paste
from ..trees.redactor import MARK_START
from ..trees.tokens import CREDENTIAL_HEADERS

_NAMES = "|".join(sorted(CREDENTIAL_HEADERS, key=len, reverse=True))
_HEADER = regex(rf"(?i)(?P<name>{_NAMES})['\"]?\]?\s{{0,8}}(?P<by>=>|[:=])\s{{0,8}}(?P<value>.*)$")
_NEXT_LINE = regex(r"(?:\\+r)?\\+n(?:(?:\\+r)?\\+n|(?=[^\"'`\s,;)}\]\\]))")
"""A line's end that is written out, with another line behind it: the header stands in a printed text."""
_PRINTED = regex(r"\s*(?P<quote>[\"'])(?P<inside>(?:(?!(?P=quote))[^\\]|\\.)*+)(?P=quote)\s*[,}]")
_NAME = regex(r"\ue000\d+\ue001\s*(?:[,;})\[.('\"]|$)")
"""A value without quotes, which in an object of source text is a name and no value."""
_MOST = 4_000


def read(paste: Paste) -> list[Credential]:
    """Return them, in the order of the lines."""
    found: list[Credential] = []
    for index, line in paste.readable():
        if MARK_START not in line and "uthorization" not in line.lower():
            continue
        lines = (index + 1, index + 1)
        header = _HEADER.search(line[:20_000])
        value = _value(_NEXT_LINE.split(header["value"], 1)[0]) if header else ""
        if header and (MARK_START in value or _is_header_line(line)):
            made = paste.credential(header["name"], value, lines)
            if _is_named(made, header["value"]) and _is_source(paste, index, line, header):
                continue
            if made.token or made.fault:
                found.append(made)
                paste.list_softly(index, index + 1, PieceKind.TOKEN, _token_summary(made))
                continue
        for token in paste.tokens_in(line):
            made = Credential("", replace(token, header=""), None, lines)
            found.append(made)
            paste.list_softly(index, index + 1, PieceKind.TOKEN, _token_summary(made))
    return found[:_MOST]


def _is_named(made: Credential, text: str) -> bool:
    """Whether what is hidden has no form of a token and no quotes: a program may name a variable there."""
    return made.token is not None and made.token.kind is TokenKind.OPAQUE and bool(_NAME.match(text.strip()))


def _is_source(paste: Paste, index: int, line: str, header: re.Match[str]) -> bool:
    """Whether a line is of an object in source text, or gives a header its value there; no header as it was sent."""
    ends, below = line.rstrip()[-1:], paste.next_line(index).lstrip()
    return header["by"] == "=" or "{" in line[: header.start()] or ends in {",", ";", "}"} or below.startswith("}")


def _value(text: str) -> str:
    if found := _PRINTED.match(text):
        return found["inside"]  # the quotes are those of whoever printed a map
    text = text.strip().rstrip(",;}")
    return text[1:-1] if len(text) > 1 and text[0] in "\"'`" and text[-1] == text[0] else text


def _is_header_line(line: str) -> bool:
    return bool(
        re.match(
            r"(?i)^\s*(?:[-*]\s)?['\"]?(?:x-serverless-|proxy-)?authorization['\"]?:\s{0,8}(?:bearer|basic|undefined|null|['\"])",
            line,
        )
    )


def _token_summary(made: Credential) -> str:
    what = made.token.kind.value if made.token else "credential"
    fault = f", {made.fault.value}" if made.fault else ""
    return f"{what}{' in ' + made.header if made.header else ''}{fault}"
