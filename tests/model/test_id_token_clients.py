"""The table of what mints ID tokens from which credentials, held against the library that is here and messages."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import exceptions, impersonated_credentials
from google.oauth2 import id_token, service_account

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.evidence import read
from crauth_doctor.fixes.gcloud import commands
from crauth_doctor.model.change import Advise, PrintToken, SignInAs
from crauth_doctor.model.id_token_clients import (
    CLIENTS,
    CredentialType,
    client_for,
    client_that_says,
)
from crauth_doctor.workflows.explain import facts_of

AUDIENCE = "https://orders-123456789012.us-central1.run.app"
PYTHON = client_for("python")
USER = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
TARGET = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Google's library tries the metadata server three times, and waits in between."""
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)


def nowhere(*_: object, **__: object) -> None:
    """A request to a metadata server that is not there."""
    raise exceptions.TransportError("no route to host")


def key() -> str:
    made = rsa.generate_private_key(65537, 2048)
    plain = serialization.NoEncryption()
    return made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def file_of(kind: CredentialType) -> dict[str, object]:
    match kind:
        case CredentialType.USER:
            return dict(USER)
        case CredentialType.KEY:
            return {"type": kind, "client_email": "a@p", "token_uri": "https://x.example", "private_key": key()}
        case CredentialType.IMPERSONATED:
            url = f"{TARGET}:generateAccessToken"
            return {"type": kind, "service_account_impersonation_url": url, "source_credentials": USER}
        case CredentialType.FEDERATED | CredentialType.WORKFORCE:
            return {"type": kind, "audience": "//iam.googleapis.com/x", "credential_source": {"file": "/nowhere"}}


@pytest.mark.parametrize("kind", CredentialType)
def test_python_mints_from_what_the_table_says(
    kind: CredentialType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PYTHON is not None
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(file_of(kind)))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    if kind in PYTHON.mints_from:
        made = id_token.fetch_id_token_credentials(AUDIENCE, request=nowhere)
        assert isinstance(made, service_account.IDTokenCredentials | impersonated_credentials.IDTokenCredentials)
        return
    with pytest.raises(exceptions.DefaultCredentialsError) as raised:
        id_token.fetch_id_token_credentials(AUDIENCE, request=nowhere)
    assert client_that_says(str(raised.value)) is PYTHON


def test_the_advice_for_python_works_with_the_variable_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that the first command writes, where gcloud writes it; the second command is what makes it found."""
    _, export = commands(SignInAs("a@p.iam.gserviceaccount.com"))
    file = tmp_path / ".config/gcloud/application_default_credentials.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(file_of(CredentialType.IMPERSONATED)))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with pytest.raises(exceptions.DefaultCredentialsError):
        id_token.fetch_id_token_credentials(AUDIENCE, request=nowhere)
    script = f'{export}; printf %s "$GOOGLE_APPLICATION_CREDENTIALS"'
    named = subprocess.run(
        ["sh", "-c", script], env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", named.stdout)
    assert id_token.fetch_id_token_credentials(AUDIENCE, request=nowhere)


SIGN_IN, PRINT = SignInAs, PrintToken
JAVA = "class com.google.auth.oauth2.{} cannot be cast to class com.google.auth.oauth2.IdTokenProvider"


@pytest.mark.parametrize(
    ("message", "client", "cause", "kind"),
    [
        ("Neither metadata server or valid service account credentials are found.", 0, "no-id-token-credentials", None),
        ("Error: Cannot fetch ID token in this environment, use GCE or set …", 1, "no-id-token-credentials", None),
        ('idtoken: unsupported credentials type: "authorized_user"', 2, "user-credentials", SIGN_IN),
        ('idtoken: credential must be service_account, found "authorized_user"', 2, "user-credentials", SIGN_IN),
        ('idtoken: unsupported credentials type: "external_account"', 2, "external-account", None),
        ('idtoken: unsupported credentials type: "impersonated_service_account"', 2, "no-id-token-credentials", None),
        (f"{JAVA.format('IdentityPoolCredentials')}", 3, "external-account", None),
        (f"{JAVA.format('UserCredentials')}", 3, "user-credentials", SIGN_IN),
        ("UnderlyingCredential is not an OIDC token provider.", 4, "no-id-token-credentials", None),
        ("ERROR: (gcloud.auth.print-identity-token) No identity token can be obtained from the current credentials.", 5,
         "no-id-token-credentials", PRINT),
        ("failed to find token source: failed to get idtoken source: idtoken: unsupported credentials type", 6,
         "no-id-token-credentials", PRINT),
    ],
)  # fmt: skip
def test_each_client_is_known_by_its_words(message: str, client: int, cause: str, kind: type | None) -> None:
    assert client_that_says(message) is CLIENTS[client]
    found = diagnose(facts_of(read(message)))
    assert found.cause is not None
    assert found.cause.rule == f"mint/{cause}"
    finding = found.cause.finding
    assert finding is not None
    (advice,) = finding.fixes
    assert isinstance(advice, Advise)
    assert [type(one) for one in advice.commands] == [kind] * bool(kind)
    assert not any(isinstance(one, SignInAs) and one.names_file for one in advice.commands), "Python alone needs it"


def test_what_an_older_version_refuses_is_mended_by_a_newer_one() -> None:
    found = diagnose(facts_of(read('idtoken: unsupported credentials type: "impersonated_service_account"')))
    assert found.cause is not None
    assert found.cause.finding is not None
    (advice,) = found.cause.finding.fixes
    assert isinstance(advice, Advise)
    assert advice.text.startswith("Update google.golang.org/api/idtoken (Go)")
