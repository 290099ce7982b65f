"""Find the user's credentials: Application Default Credentials in their order, and what gcloud is signed in with.

Documentation: https://docs.cloud.google.com/docs/authentication/application-default-credentials
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import requests
from google.auth import exceptions as auth
from google.auth import impersonated_credentials, load_credentials_from_file
from google.auth.credentials import Credentials, CredentialsWithQuotaProject
from google.oauth2.credentials import Credentials as UserCredentials

from .scrub import scrub
from .settings import config_directory, settings

SCOPES: Final = (
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/userinfo.email",
)
METADATA_HEADERS: Final = {"Metadata-Flavor": "Google"}

_DETECTION_SECONDS: Final = 0.8
"""A metadata server answers within milliseconds; a laptop has none, and must not wait for it."""


class NotConnectedError(Exception):
    """There is no way to Google. Its message is one sentence, with what to run."""


def find(environ: Mapping[str, str]) -> Credentials:
    """Find credentials of any kind: key file, user, federated, impersonated, gcloud's own, metadata server.

    Raises:
        NotConnectedError: there are none, or the ones that the environment names cannot be used.
    """
    named = environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if named:
        return _load(Path(named), "GOOGLE_APPLICATION_CREDENTIALS")
    found = _of_gcloud(environ) or _of_metadata_server(environ)
    if found is None:
        raise NotConnectedError("No Google credentials were found: run `gcloud auth application-default login`.")
    return found


def impersonating(source: Credentials, email: str, endpoint: str) -> Credentials:
    """Return credentials of a service account, got through `source`.

    Args:
        source: whose right to impersonate is used.
        email: the service account's.
        endpoint: base URL of the IAM Credentials API.
    """
    override = f"{endpoint}/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
    return impersonated_credentials.Credentials(
        source_credentials=source,
        target_principal=email,
        target_scopes=list(SCOPES),
        iam_endpoint_override=override,
    )


def counted_to(credentials: Credentials, project: str | None) -> Credentials:
    """Return the same credentials, whose API calls are counted to a project."""
    if project is None or not isinstance(credentials, CredentialsWithQuotaProject):
        return credentials
    counted: Credentials = credentials.with_quota_project(project)
    return counted


def metadata_base(environ: Mapping[str, str]) -> str:
    """Base URL of the metadata server. Documentation: https://docs.cloud.google.com/compute/docs/metadata/overview."""
    host = environ.get("GCE_METADATA_HOST") or environ.get("GCE_METADATA_ROOT") or "metadata.google.internal"
    return f"http://{host}"


def _of_gcloud(environ: Mapping[str, str]) -> Credentials | None:
    directory = config_directory(environ)
    if directory is not None and (directory / "application_default_credentials.json").is_file():
        return _load(directory / "application_default_credentials.json", "Application Default Credentials")
    token_file = environ.get("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")
    if token_file:
        return UserCredentials(token=_first_line(Path(token_file)))
    account = settings(environ).account
    if directory is None or account is None or "/" in account:
        return None
    signed_in = directory / "legacy_credentials" / account / "adc.json"
    return _load(signed_in, f"gcloud's account {account}") if signed_in.is_file() else None


def _of_metadata_server(environ: Mapping[str, str]) -> Credentials | None:
    if environ.get("NO_GCE_CHECK", "").lower() == "true":
        return None
    from google.auth import compute_engine

    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy would answer with its own identity
            answer = session.get(metadata_base(environ), headers=METADATA_HEADERS, timeout=_DETECTION_SECONDS)
    except requests.RequestException:
        return None
    is_google = answer.headers.get("metadata-flavor") == "Google"
    return compute_engine.Credentials(scopes=list(SCOPES)) if is_google else None


def _load(path: Path, what: str) -> Credentials:
    found: Credentials
    try:
        with warnings.catch_warnings():
            # The file is the one that every Google library loads; the warnings are for files from strangers.
            warnings.simplefilter("ignore")
            found, _ = load_credentials_from_file(str(path), scopes=list(SCOPES))
    except (auth.GoogleAuthError, OSError, ValueError) as error:
        hint = "run `gcloud auth application-default login`, or name another file"
        raise NotConnectedError(f"{what} cannot be used ({scrub(str(error))}): {hint}.") from None
    return found


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotConnectedError(f"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE cannot be read ({type(error).__name__}).") from None
