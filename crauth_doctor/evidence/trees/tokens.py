"""Tokens: decoded to what they claim, and at once forgotten."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import replace

from ...deferred import regex
from ...model.evidence import Credential, HeaderFault
from ...model.token import Token, TokenKind, is_google

IAP_ISSUER = "https://cloud.google.com/iap"
"""Source: https://docs.cloud.google.com/iap/docs/signed-headers-howto"""
STRIPPED = "SIGNATURE_REMOVED_BY_GOOGLE"
"""What Cloud Run puts in the place of a signature before the container sees the token.

Source: https://docs.cloud.google.com/run/docs/troubleshooting#signature-removed
"""
_JWT_PARTS = 3
_PART_LIMIT = 16 * 1024
_TEXT_LIMIT = 512


def decode(raw: str) -> Token | None:
    """Return what a JWT claims, or None where the text is none or is damaged."""
    parts = raw.split(".")
    if len(parts) > _JWT_PARTS:
        return Token(TokenKind.OPAQUE)
    head = _json_of(parts[0])
    claims = _json_of(parts[1]) if len(parts) > 1 else None
    if head is None or claims is None or "alg" not in head:
        return None
    stripped = len(parts) == _JWT_PARTS and parts[2] == STRIPPED
    return replace(of_claims(claims), signature_removed=stripped, is_bound="cnf" in claims)


def of_claims(claims: dict[str, object]) -> Token:
    """Return the token that claims these."""
    issuer = _text(claims.get("iss"))
    return Token(
        kind=_kind_of(issuer),
        audience=_audience(claims.get("aud")),
        issuer=issuer,
        email=_text(claims.get("email")),
        subject=_text(claims.get("sub")),
        issued_at=_seconds(claims.get("iat")),
        expires_at=_seconds(claims.get("exp")),
        is_bound=True if "cnf" in claims else None,  # who writes claims down may leave some out
    )


def _kind_of(issuer: str | None) -> TokenKind:
    if is_google(issuer):
        return TokenKind.ID_TOKEN
    if issuer == IAP_ISSUER:
        return TokenKind.IAP_ASSERTION
    if issuer and issuer.endswith(".gserviceaccount.com"):
        return TokenKind.SELF_SIGNED
    return TokenKind.FOREIGN


def _json_of(part: str) -> dict[str, object] | None:
    if not part or len(part) > _PART_LIMIT:
        return None
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        value = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value[:_TEXT_LIMIT] if isinstance(value, str) else None


def _audience(value: object) -> str | None:
    if isinstance(value, list):
        value = next((each for each in value if isinstance(each, str)), None)
    return _text(value)


def _seconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if abs(value) < 1e12 else None


_WITH_SCHEME = frozenset({"authorization", "x-serverless-authorization", "proxy-authorization"})
CREDENTIAL_HEADERS = (
    _WITH_SCHEME
    | {"x-goog-iap-jwt-assertion", "x-goog-authenticated-user-jwt"}
    | {
        "x-forwarded-authorization",
        "x-endpoint-api-userinfo",
    }
)
"""Headers whose value is a credential. `Proxy-Authorization` reaches IAP and proxies, never Cloud Run's own check."""

_MARK = regex("\ue000(\\d+)\ue001")
_SCHEME = regex(r"^(?:bearer|basic|token|jwt|digest|negotiate|apikey|aws4-hmac-sha256)\b", re.IGNORECASE)
_DOUBLED = regex(r"^bearer[\s:]+['\"]?bearer\b", re.IGNORECASE)
_QUOTED = regex(
    r"^(?:(?:bearer\s+)?b?(?:\\?[\"'\u201c\u2018])+\s*(?:bearer\s+)?[\ue000\w]|bearer\s+\\?[\"']\$)", re.IGNORECASE
)
_PLACEHOLDER = regex(
    r"^(?:bearer\s+)?"
    r"(?:undefined|null|none|nil|nan|false|true|\[object \w+\]|<(?:function|coroutine|bound method)\b.*|%s)$",
    re.IGNORECASE,
)
_VARIABLE = regex(r"\$[\w({]|%\w+%|\$env:|['\"`]\s*\+|\{\w|`")
_ELIDED = regex(r"^[*\u2588\u2022]+$|\.{3}|…|\*{3}|x{4}|redacted|hidden|removed|<.*>|\[.*\]", re.IGNORECASE)


def credential(header: str, value: str, tokens: list[Token | None], lines: tuple[int, int]) -> Credential:
    """Judge one credential header's value, in which every token is a mark already.

    A credential without token and fault is one that was sent and is not shown.
    """
    header = header.lower()
    text = value.strip()
    shown = marked(text, tokens)
    found = next((replace(token, header=header) for token in shown if token), None)
    return Credential(header, found, _fault(text, shown, needs_scheme=header in _WITH_SCHEME), lines)


def marked(text: str, tokens: list[Token | None]) -> list[Token | None]:
    """Return what the marks in a text stand for."""
    return [tokens[int(mark)] for mark in _MARK.findall(text) if int(mark) < len(tokens)]


def _fault(text: str, marks: list[Token | None], *, needs_scheme: bool) -> HeaderFault | None:
    if re.fullmatch(r"(?:bearer:?)?", text, re.IGNORECASE):
        return HeaderFault.EMPTY
    if _PLACEHOLDER.match(text):
        return HeaderFault.PLACEHOLDER
    if _DOUBLED.match(text):
        return HeaderFault.DOUBLED_SCHEME
    if "\\n" in text or "\\r" in text or "%0A" in text or "\n" in text:
        return HeaderFault.NEWLINE
    if _QUOTED.match(text):
        return HeaderFault.QUOTED
    if len(marks) > 1 and all(marks):
        return HeaderFault.SEVERAL_TOKENS
    return _scheme_fault(text, marks) if needs_scheme else None


def _stands_for_a_token(text: str) -> bool:
    """Whether the last word is one that documentation leaves to its reader (`YOUR_TOKEN`): nobody sent it."""
    word = text.rsplit(maxsplit=1)[-1]
    return word.isupper() and "_" in word and word.replace("_", "").isalpha()


def _scheme_fault(text: str, marks: list[Token | None]) -> HeaderFault | None:
    scheme = _SCHEME.match(text)
    if not marks and _stands_for_a_token(text):
        return None
    if scheme:
        return None if scheme[0].lower() == "bearer" else HeaderFault.OTHER_SCHEME
    if not marks and (_VARIABLE.search(text) or _ELIDED.search(text)):
        return None
    return HeaderFault.NO_SCHEME if marks or " " not in text else HeaderFault.OTHER_SCHEME
