"""Secrets leave the paste before anything else looks at it. A token, decoded, leaves a mark; others leave nothing."""

from __future__ import annotations

import re

from ... import redaction
from ...deferred import regex
from ...model.secret import HIDDEN
from ...model.token import Token, TokenKind
from . import tokens

MARK_START, MARK_END = "\ue000", "\ue001"
_TOKEN_LIMIT = 5000
"""As many tokens as are decoded; the rest are only hidden."""
_MARKS = regex("\ue000\\d*\ue001?")


class Redactor:
    """The tokens of one paste, by the number of the mark that each left."""

    def __init__(self) -> None:
        self.tokens: list[Token | None] = []

    def redact(self, text: str) -> str:
        """Return the text with every token replaced by a mark and every known secret by `[hidden]`."""
        text = redaction.PEM.sub(lambda key: HIDDEN + "\n" * key[0].count("\n"), text)
        text = redaction.TOKEN.sub(self._take, redaction.with_plain_dots(text))
        text = redaction.KNOWN.sub(HIDDEN, text)
        text = redaction.after_scheme(text, self._opaque)
        return redaction.header_values(text, self._opaque)

    def _take(self, found: re.Match[str]) -> str:
        access = found["access"]
        if access is not None:
            return self._mark(Token(TokenKind.ACCESS_TOKEN))
        raw = found["jwt"]
        if found["base64"]:
            return HIDDEN
        if "." not in raw and len(raw) > 80:
            return HIDDEN
        trailing = raw[len(raw.rstrip(".")) :]
        raw = raw.rstrip(".")
        token = tokens.decode(raw) if raw.count(".") and len(self.tokens) < _TOKEN_LIMIT else None
        return self._mark(token) + ("" if trailing == "." and raw.count(".") == 1 else trailing)

    def _mark(self, token: Token | None) -> str:
        self.tokens.append(token)
        return f"{MARK_START}{len(self.tokens) - 1}{MARK_END}"

    def _opaque(self, scheme: str) -> str:
        """Mark what is no JSON Web Token; user and password are no token at all."""
        return self._mark(None if "basic" in scheme else Token(TokenKind.OPAQUE))


def clean(text: str, limit: int = 2000) -> str:
    """Return text that may be kept: no token, password, key, cookie or long random run in it."""
    return redaction.kept(_MARKS.sub(HIDDEN, text[: limit * 2]))[:limit]


def unmarked(value: object) -> object:
    """Return a document with `[hidden]` in place of the marks in its texts."""
    match value:
        case str():
            return _MARKS.sub(HIDDEN, value)
        case dict():
            return {key: unmarked(each) for key, each in value.items()}
        case list():
            return [unmarked(each) for each in value]
        case _:
            return value


def clean_url(url: str) -> str:
    """Return a URL without user, fragment and the values of its query; empty where it is none."""
    return redaction.callable_url(_MARKS.sub(HIDDEN, url.strip().strip("'\"`<>"))[:2048])
