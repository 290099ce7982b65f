"""Which client mints an ID token from which credentials, and what to do where it does not.

From the sources of google-auth 2.63 (Python), google-auth-library 10.9 (Node), google.golang.org/api/idtoken and
cloud.google.com/go/auth/credentials/idtoken (Go), google-auth-library-oauth2-http (Java), Google.Apis.Auth (.NET) and
gcloud 528, at the end of 2026. Documentation: https://docs.cloud.google.com/docs/authentication/get-id-token
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final

from ..deferred import dataclass


class CredentialType(StrEnum):
    """Kinds of credentials, as the `type` of their file says it.

    Source: https://docs.cloud.google.com/docs/authentication/application-default-credentials
    """

    USER = "authorized_user"
    KEY = "service_account"
    IMPERSONATED = "impersonated_service_account"
    FEDERATED = "external_account"
    WORKFORCE = "external_account_authorized_user"


CLASSES: Final[Mapping[str, CredentialType]] = {
    "IdentityPoolCredentials": CredentialType.FEDERATED,
    "AwsCredentials": CredentialType.FEDERATED,
    "PluggableAuthCredentials": CredentialType.FEDERATED,
    "ExternalAccountAuthorizedUserCredentials": CredentialType.WORKFORCE,
    "ImpersonatedCredentials": CredentialType.IMPERSONATED,
    "UserCredentials": CredentialType.USER,
}
"""The classes that Java names in its messages, as the last part of their name."""


@dataclass(frozen=True)
class IdTokenClient:
    """A library or tool that people get ID tokens with."""

    shown: str  # what people call it
    says: tuple[str, ...]  # parts of what it says, in lower case, where it cannot mint
    # the kinds of credentials that it mints from, besides a machine's metadata server
    mints_from: frozenset[CredentialType]
    older: frozenset[CredentialType] = frozenset()  # kinds of these that its older versions refuse
    # what it makes of other kinds, where it does not refuse them: a sentence
    otherwise: Mapping[CredentialType, str] = field(default_factory=dict)
    # whether it finds a credentials file only where GOOGLE_APPLICATION_CREDENTIALS names it
    needs_variable: bool = False
    # what to do where gcloud mints the token for it, in a sentence or two; empty where credentials of its own that
    # impersonate do
    advice: str = ""
    languages: frozenset[str] = frozenset()  # the snippets that are written with it

    @property
    def row(self) -> str:
        """What it mints from, in a sentence."""
        kinds = [f"`{kind}`" for kind in CredentialType if kind in self.mints_from]
        given = f"{', '.join(kinds[:-1])} and {kinds[-1]}" if len(kinds) > 1 else "".join(kinds) or "nothing but that"
        older = " and ".join(f"`{kind}`" for kind in CredentialType if kind in self.older)
        notes = [*([f"older versions refuse {older}"] if older else []), *self.otherwise.values()]
        file = " named by GOOGLE_APPLICATION_CREDENTIALS" if self.needs_variable else ""
        return f"{self.shown}: {given}{file}{''.join(f'; {note}' for note in notes)}."


_USERS_OWN: Final = (
    "a user's credentials give a token whose audience is an OAuth client, which a service answers with 401"
)

CLIENTS: Final = (
    IdTokenClient(
        "google-auth (Python)",
        ("neither metadata server or valid service account", "is not valid service account credentials"),
        frozenset({CredentialType.KEY, CredentialType.IMPERSONATED}),
        older=frozenset({CredentialType.IMPERSONATED}),
        needs_variable=True,
        languages=frozenset({"python", "python-httpx", "grpc"}),
    ),
    IdTokenClient(
        "google-auth-library (Node.js)",
        ("cannot fetch id token in this environment",),
        frozenset({CredentialType.KEY, CredentialType.IMPERSONATED}),
        otherwise={CredentialType.USER: f"older versions refuse `{CredentialType.USER}`, in newer ones {_USERS_OWN}"},
        languages=frozenset({"node"}),
    ),
    IdTokenClient(
        "google.golang.org/api/idtoken (Go)",
        ("idtoken: unsupported credentials", "idtoken: credential must be"),
        frozenset({CredentialType.KEY, CredentialType.IMPERSONATED, CredentialType.FEDERATED}),
        older=frozenset({CredentialType.IMPERSONATED, CredentialType.FEDERATED}),
        otherwise={
            CredentialType.FEDERATED: "`external_account` only where its file names a service account to impersonate"
        },
        languages=frozenset({"go"}),
    ),
    IdTokenClient(
        "google-auth-library (Java)",
        ("idtokenprovider", "usercredentials can obtain an id token"),
        frozenset({CredentialType.KEY, CredentialType.IMPERSONATED}),
        otherwise={CredentialType.USER: _USERS_OWN},
        languages=frozenset({"java"}),
    ),
    IdTokenClient(
        "Google.Apis.Auth (.NET)",
        ("is not an oidc token provider",),
        frozenset({CredentialType.KEY, CredentialType.IMPERSONATED}),
        older=frozenset({CredentialType.IMPERSONATED}),
        languages=frozenset({"csharp"}),
    ),
    IdTokenClient(
        "gcloud auth print-identity-token",
        ("no identity token can be obtained",),
        frozenset({CredentialType.KEY, CredentialType.IMPERSONATED}),
        otherwise={CredentialType.USER: "a user's token has gcloud's own audience, which Cloud Run accepts"},
        advice="Let gcloud impersonate a service account that may invoke the service. In Cloud Build this works where "
        "the build has a service account of your own, which holds roles/iam.serviceAccountOpenIdTokenCreator and, for "
        "gcloud, roles/iam.serviceAccountTokenCreator on that account.",
        languages=frozenset({"curl"}),
    ),
    IdTokenClient(
        "gcloud run services proxy",
        ("failed to get idtoken source",),
        frozenset({CredentialType.KEY}),
        otherwise={CredentialType.USER: "it sends the token of the user that gcloud is signed in with"},
        advice="Leave --impersonate-service-account out, or pass a token that gcloud has minted with --token.",
    ),
)
"""A tool that uses another stands behind it: the last one whose words are found is the one."""

FEDERATION_ADVICE: Final = (
    "Call generateIdToken on a service account, with the federated credentials, and send that token. In GitHub Actions "
    "google-github-actions/auth does so with `token_format: id_token`."
)
BUILD: Final = (
    "A Cloud Build step gets no ID token from its metadata server: it mints one through the IAM Credentials API, where "
    "the build has a service account of your own."
)
"""Source: https://docs.cloud.google.com/build/docs/securing-builds/authorize-service-to-service-access"""


def client_that_says(message: str) -> IdTokenClient | None:
    """Return the client that a message is of; None where nothing tells."""
    lower = message.lower()
    return next((one for one in reversed(CLIENTS) if any(words in lower for words in one.says)), None)


def client_for(language: str) -> IdTokenClient | None:
    """Return the client that code in a language uses; None where this table has none."""
    return next((one for one in CLIENTS if language in one.languages), None)


def table() -> str:
    """Return the whole table as lines of text."""
    first = "Besides the metadata server of a machine that runs on Google Cloud, each client mints from these kinds of "
    return "\n".join([f"{first}credentials:", *(one.row for one in CLIENTS), BUILD])
