"""A bearer token, by what its claims say. The token itself is never kept."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ..deferred import dataclass, regex


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
_AGENTS_ISSUER: Final = regex(
    r"https://sts\.googleapis\.com/v1/(?:organizations|projects)/\d+/locations/global/workloadIdentityPools/"
    r"agents(?:-nonprod)?\.global\.[a-z]+-\d+\.system\.id\.goog"
)


def is_of_agent(issuer: str | None) -> bool:
    """Whether an issuer is the one of agents' own identities, which is Google too.

    Source: https://docs.cloud.google.com/iam/docs/auth-agent-own-identity-external
    """
    return bool(_AGENTS_ISSUER.fullmatch(issuer or ""))


def is_google(issuer: str | None) -> bool:
    """Whether Google issued an ID token, to an account or to an agent."""
    return issuer in GOOGLE_ISSUERS or is_of_agent(issuer)


GCLOUD_CLIENT: Final = "32555940559.apps.googleusercontent.com"
"""The audience of gcloud's tokens where none is asked for; stands in gcloud's own source (`core/config.py`)."""
ADC_CLIENT: Final = "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com"
"""The same of what `gcloud auth application-default login` signs in; stands in gcloud's own source as well."""


@dataclass(frozen=True)
class Token:
    """The token that the caller sends, as far as it is known."""

    kind: TokenKind
    audience: str | None = None  # its `aud`; the first where there are several
    issuer: str | None = None  # its `iss`
    email: str | None = None  # its `email`
    subject: str | None = None  # its `sub`
    issued_at: int | None = None  # its `iat`, seconds since 1970
    expires_at: int | None = None  # its `exp`, seconds since 1970
    # whether Cloud Run took its signature away, as it does from what a container receives
    signature_removed: bool = False
    header: str = "authorization"  # the request header that it stands in, in lower case
    # whether it is bound to a certificate (`cnf`), so that it counts only with it; None where the token was not shown
    is_bound: bool | None = None
