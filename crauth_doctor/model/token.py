"""A bearer token, by what its claims say. The token itself is never kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TokenKind(StrEnum):
    """What kind of credential was sent."""

    ID_TOKEN = "id-token"
    ACCESS_TOKEN = "access-token"
    SELF_SIGNED = "self-signed"
    FOREIGN = "foreign"
    IAP_ASSERTION = "iap-assertion"
    OPAQUE = "opaque"


GOOGLE_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
"""Source: https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken"""


@dataclass(frozen=True, slots=True)
class Token:
    """The token that the caller sends, as far as it is known.

    Args:
        kind: what it is.
        audience: its `aud`; the first where there are several.
        issuer: its `iss`.
        email: its `email`.
        subject: its `sub`.
        issued_at: its `iat`, seconds since 1970.
        expires_at: its `exp`, seconds since 1970.
        signature_removed: whether Cloud Run took its signature away, as it does from what a container receives.
        header: the request header that it stands in, in lower case.
    """

    kind: TokenKind
    audience: str | None = None
    issuer: str | None = None
    email: str | None = None
    subject: str | None = None
    issued_at: int | None = None
    expires_at: int | None = None
    signature_removed: bool = False
    header: str = "authorization"
