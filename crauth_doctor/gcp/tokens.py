"""What a token says of itself. Nothing is verified, and nothing of it is kept but its claims."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from ..google_json.json_access import NotUnderstoodError
from ..model.secret import Secret
from ..model.token import Token, TokenKind, is_google


def claims_of(secret: Secret) -> Token:
    """Read an ID token's claims.

    Raises:
        NotUnderstoodError: it is no JWT; the message has nothing of it.
    """
    parts = secret.reveal().split(".")
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        claims = None
    if not isinstance(claims, dict):
        raise NotUnderstoodError("what was minted is not an ID token") from None
    issuer = _text(claims, "iss")
    return Token(
        kind=TokenKind.ID_TOKEN if is_google(issuer) else TokenKind.FOREIGN,
        audience=_audience(claims.get("aud")),
        issuer=issuer,
        email=_text(claims, "email"),
        subject=_text(claims, "sub"),
        issued_at=_number(claims, "iat"),
        expires_at=_number(claims, "exp"),
        is_bound="cnf" in claims,
    )


def _audience(value: object) -> str | None:
    first = next(iter(value), None) if isinstance(value, list) else value
    return first if isinstance(first, str) else None


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) else None


def _number(claims: Mapping[str, Any], name: str) -> int | None:
    value = claims.get(name)
    return int(value) if isinstance(value, int | float) else None
