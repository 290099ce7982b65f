"""Mint ID tokens: as a service account by impersonation, or as whoever runs the tool."""

from __future__ import annotations

from typing import Any

from google.auth.credentials import Credentials

from ..google_json.json_access import NotUnderstoodError
from ..model.fact import Absent, Fact, Obstacle, Source, Unknown
from ..model.secret import Secret
from . import methods
from .connection import Connection
from .credentials import METADATA_HEADERS
from .door import MINT, Asked, Minted
from .errors import GoogleApiError, read, retrying
from .live import ask
from .products.accounts import full_name, project_of
from .shapes import fitting
from .tokens import claims_of


def mint_as(connection: Connection, email: str, audience: str) -> Fact[Minted]:
    """Mint an ID token as a service account, with its e-mail in it; never absent.

    Documentation: https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
    """
    target = full_name(email)

    def fetch() -> Minted:
        asked = Asked(methods.ID_TOKEN, target, {"name": f"projects/-/serviceAccounts/{email}"}, {"audience": audience})
        found = fitting(methods.ID_TOKEN.schema, ask(connection, connection.minting_session(), asked))
        return _minted(found.get("token"))

    source = Source(MINT, target)
    fact = read(source, fetch)
    if isinstance(fact, Absent):
        of_google = "Google's own agents mint for nobody else" if project_of(email) == "-" else None
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, of_google or "Google knows no service account of this name")
    return fact


def mint_as_operator(connection: Connection, audience: str) -> Fact[Minted]:
    """Mint an ID token as whoever runs the tool, by the way that their credentials have.

    A user's credentials mint with their OAuth client as audience, whatever is asked for; the claims tell.
    Documentation: https://docs.cloud.google.com/docs/authentication/get-id-token
    """
    if connection.impersonated:
        return mint_as(connection, connection.impersonated, audience)
    if connection.sandbox is not None or _is_metadata(connection.credentials):
        return _from_metadata_server(connection, audience)
    source = Source("credentials", type(connection.credentials).__name__)
    email = getattr(connection.credentials, "service_account_email", None)
    if hasattr(connection.credentials, "signer"):
        return read(source, lambda: _from_key(connection, audience))
    if hasattr(connection.credentials, "refresh_token"):
        return read(source, lambda: _from_user(connection))
    if isinstance(email, str) and "@" in email:
        return mint_as(connection, email, audience)
    detail = "federated credentials give access tokens only: pass --impersonate-service-account"
    return Unknown(source, Obstacle.NO_CREDENTIALS, detail)


def _from_metadata_server(connection: Connection, audience: str) -> Fact[Minted]:
    url = f"{connection.metadata()}/computeMetadata/v1/instance/service-accounts/default/identity"

    def attempt(seconds: float) -> Minted:
        answer = connection.metadata_session().get(
            url,
            params={"audience": audience, "format": "full"},
            headers=METADATA_HEADERS,
            timeout=seconds,
            allow_redirects=False,
        )
        if answer.status_code != 200:
            raise GoogleApiError(answer)
        return _minted(answer.text.strip())

    source = Source("metadata identity", "metadata.google.internal")
    fact = read(source, lambda: retrying(connection.deadline, attempt))
    if isinstance(fact, Absent):
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, "the metadata server has no identity to give")
    return fact


def _from_key(connection: Connection, audience: str) -> Minted:
    from google.oauth2 import service_account

    key: Any = connection.credentials
    made = service_account.IDTokenCredentials(
        signer=key.signer,
        service_account_email=key.service_account_email,
        token_uri=key._token_uri,  # noqa: SLF001 - no public way; a key file names it
        target_audience=audience,
    )
    made.refresh(connection.request())
    return _minted(made.token)


def _from_user(connection: Connection) -> Minted:
    user: Any = connection.credentials
    if user.id_token is None:
        user.refresh(connection.request())
    if user.id_token is None:
        raise NotUnderstoodError("these user credentials come without an ID token; sign in again with gcloud")
    return _minted(user.id_token)


def _is_metadata(credentials: Credentials) -> bool:
    from google.auth import compute_engine

    return isinstance(credentials, compute_engine.Credentials)


def _minted(value: str | None) -> Minted:
    secret = Secret(value or "")
    return Minted(secret, claims_of(secret))
