"""Find the user's credentials: Application Default Credentials in their order, and what gcloud is signed in with.

Documentation: https://docs.cloud.google.com/docs/authentication/application-default-credentials
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NoReturn

import requests
from google.auth import exceptions as auth
from google.auth.credentials import Credentials, CredentialsWithQuotaProject

from .door import scrub
from .settings import config_directory, settings

SCOPES: Final = (
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/userinfo.email",
)
METADATA_HEADERS: Final = {"Metadata-Flavor": "Google"}

OWN_UNIVERSE: Final = "googleapis.com"
"""Source: https://docs.cloud.google.com/docs/authentication/universe-domain"""

_DETECTION_SECONDS: Final = 0.8
"""A metadata server answers within milliseconds; a laptop has none, and must not wait for it."""


_AWS: Final = "urn:ietf:params:aws:token-type:aws4_request"


class NotConnectedError(Exception):
    """There is no way to Google. Its message is one sentence, with what to run."""


class NotSignedInError(NotConnectedError):
    """The account or the configuration that was asked for is none of gcloud's."""


@dataclass(frozen=True, repr=False)
class Found:
    """Credentials that were found."""

    credentials: Credentials  # whose rights are used
    minter: Credentials  # credentials that may mint for `impersonated`, where there is one
    impersonated: str | None = None  # e-mail of the service account that `credentials` stand for through impersonation
    kind: str = ""  # as a credentials file calls it: `authorized_user`, `service_account` …; or what else they are
    origin: str = ""  # where they were found


class AccessToken(CredentialsWithQuotaProject):
    """An access token alone: nothing renews it, and nothing needs to be imported that could."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = token

    def refresh(self, request: object) -> NoReturn:
        """Renew it, which cannot be.

        Raises:
            RefreshError: always.
        """
        del request
        raise auth.RefreshError("an access token alone cannot be renewed")

    def with_quota_project(self, quota_project_id: str) -> AccessToken:
        """Return the same, whose API calls are counted to a project."""
        other = copy.copy(self)
        other._quota_project_id = quota_project_id  # noqa: SLF001 - another of this very class
        return other


def find(environ: Mapping[str, str]) -> Found:
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


def of_account(environ: Mapping[str, str], account: str) -> Found:
    """Return the credentials of an account that gcloud is signed in with.

    Raises:
        NotSignedInError: it is not signed in with it.
        NotConnectedError: they cannot be used.
    """
    directory = config_directory(environ)
    kept = directory / "legacy_credentials" if directory is not None else None
    there = sorted(file.parent.name for file in kept.glob("*/adc.json")) if kept is not None else []
    if kept is None or account not in there:
        others = f" It is signed in with: {', '.join(there)}." if there else ""
        raise NotSignedInError(f"gcloud is not signed in with {account}: run `gcloud auth login {account}`.{others}")
    return _load(kept / account / "adc.json", f"gcloud's account {account}")


def refuse_other_universe(domain: object, what: str) -> None:
    """Refuse another cloud that is built like Google's: its services have other hosts, issuers and accounts.

    Raises:
        NotConnectedError: it is another.
    """
    if domain not in {None, "", OWN_UNIVERSE}:
        raise NotConnectedError(
            f"{what} of the universe {scrub(str(domain))}: this tool knows Google Cloud ({OWN_UNIVERSE}) and no other."
        )


def impersonating(source: Credentials, email: str, endpoint: str) -> Credentials:
    """Return credentials of a service account, got through `source`."""
    from google.auth import impersonated_credentials

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


def _of_gcloud(environ: Mapping[str, str]) -> Found | None:
    directory = config_directory(environ)
    if directory is not None and (directory / "application_default_credentials.json").is_file():
        return _load(directory / "application_default_credentials.json", "Application Default Credentials")
    token_file = environ.get("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")
    if token_file:
        bare = AccessToken(_first_line(Path(token_file)))
        return Found(bare, bare, kind="access token", origin=f"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE ({token_file})")
    account = settings(environ).account
    if directory is None or account is None or "/" in account:
        return None
    signed_in = directory / "legacy_credentials" / account / "adc.json"
    return _load(signed_in, f"gcloud's account {account}") if signed_in.is_file() else None


def _of_metadata_server(environ: Mapping[str, str]) -> Found | None:
    if environ.get("NO_GCE_CHECK", "").lower() == "true":
        return None
    from google.auth import compute_engine

    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy would answer with its own identity
            answer = session.get(metadata_base(environ), headers=METADATA_HEADERS, timeout=_DETECTION_SECONDS)
    except requests.RequestException:
        return None
    if answer.headers.get("metadata-flavor") != "Google":
        return None
    machine = compute_engine.Credentials(scopes=list(SCOPES))
    return Found(machine, machine, kind="metadata server", origin=f"metadata server ({metadata_base(environ)})")


def _load(path: Path, what: str) -> Found:
    """Load a credentials file. Google's own loader of any kind would already send requests for some kinds."""
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        refuse_other_universe(info.get("universe_domain"), f"{what} holds credentials")
        found = _of_kind(info)
    except (auth.GoogleAuthError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        # A decoding error quotes what it could not decode; the other messages name fields, never their values.
        reason = "it is not JSON" if isinstance(error, json.JSONDecodeError) else scrub(str(error))
        hint = "run `gcloud auth application-default login`, or name another file"
        raise NotConnectedError(f"{what} cannot be used ({reason}): {hint}.") from None
    quota = info.get("quota_project_id")
    return replace(
        found,
        credentials=counted_to(found.credentials, quota),
        minter=counted_to(found.minter, quota),
        kind=str(info["type"]),
        origin=f"{what} ({path})",
    )


def _of_kind(info: Mapping[str, Any]) -> Found:
    """Make credentials of a file's contents.

    Kinds: https://docs.cloud.google.com/docs/authentication/application-default-credentials#personal
    """
    from google.auth import external_account_authorized_user, impersonated_credentials
    from google.oauth2 import credentials, service_account

    made: Credentials
    match info.get("type"):
        case "authorized_user":
            made = credentials.Credentials.from_authorized_user_info(info, scopes=None)
        case "service_account":
            made = service_account.Credentials.from_service_account_info(info, scopes=list(SCOPES))
        case "impersonated_service_account":
            kind_of = impersonated_credentials.Credentials
            standing_for = kind_of.from_impersonated_service_account_info(info, scopes=list(SCOPES))
            source = _of_kind(info["source_credentials"]).credentials
            return Found(standing_for, source, standing_for.service_account_email)
        case "external_account":
            made = _federated(info)
        case "external_account_authorized_user":
            made = external_account_authorized_user.Credentials.from_info(info, scopes=list(SCOPES))
        case kind:
            raise ValueError(f"its type is {kind!r}")
    return Found(made, made)


def _federated(info: Mapping[str, Any]) -> Credentials:
    from google.auth import aws, identity_pool, pluggable

    made: Credentials
    if info.get("subject_token_type") == _AWS:
        made = aws.Credentials.from_info(info, scopes=list(SCOPES))
    elif (info.get("credential_source") or {}).get("executable") is not None:
        made = pluggable.Credentials.from_info(info, scopes=list(SCOPES))
    else:
        made = identity_pool.Credentials.from_info(info, scopes=list(SCOPES))
    return made


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotConnectedError(f"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE cannot be read ({type(error).__name__}).") from None
