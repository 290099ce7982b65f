from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crauth_doctor.gcp import identity, mint
from crauth_doctor.gcp.door import MINT, Minted
from crauth_doctor.gcp.google import Google, NotConnectedError, connect
from crauth_doctor.gcp.tokens import claims_of
from crauth_doctor.google_json.json_access import NotUnderstoodError
from crauth_doctor.model.fact import Fact, Known, Obstacle, Unknown
from crauth_doctor.model.iam import Principal
from crauth_doctor.model.secret import Secret
from crauth_doctor.model.token import Token, TokenKind

from .conftest import CHECKOUT, URL, WORLD, Open


def minted(fact: Fact[Minted]) -> Token:
    assert isinstance(fact, Known), fact
    assert fact.value.secret.reveal() not in repr(fact)
    return fact.value.token


def whoever(google: Google) -> str:
    fact = identity.operator(google)
    assert isinstance(fact, Known), fact
    return fact.value.member


def test_as_a_service_account(opened: Open) -> None:
    _, google = opened()
    token = minted(mint.mint_as(google, CHECKOUT, URL))
    assert (token.kind, token.audience, token.email) == (TokenKind.ID_TOKEN, URL, CHECKOUT)
    assert token.issued_at == google.now().value


def test_not_allowed_to(opened: Open) -> None:
    _, google = opened(operator={"principal": "user:dev@example.com", "lacks": [MINT]})
    fact = mint.mint_as(google, CHECKOUT, URL)
    assert isinstance(fact, Unknown)
    assert (fact.obstacle, fact.permission) == (Obstacle.FORBIDDEN, MINT)


def test_as_nobody_that_exists(opened: Open) -> None:
    _, google = opened()
    assert isinstance(mint.mint_as(google, "none@shop-prod.iam.gserviceaccount.com", URL), Unknown)


def test_as_the_operator_of_a_sandbox(opened: Open) -> None:
    _, google = opened()
    token = minted(mint.mint_as_operator(google, URL))
    assert (token.email, token.audience) == ("dev@example.com", URL)
    assert whoever(google) == "user:dev@example.com"


def test_as_an_impersonated_account(opened: Open) -> None:
    box, google = opened(impersonate=CHECKOUT)
    assert whoever(google) == f"serviceAccount:{CHECKOUT}"
    assert minted(mint.mint_as_operator(google, URL)).email == CHECKOUT
    google.session().get(google.base("iam.googleapis.com") + "/v1/roles/viewer")
    assert box.requests[-1].principal == f"serviceAccount:{CHECKOUT}"


def test_with_a_key_file(opened: Open, tmp_path: Path) -> None:
    box, _ = opened(now=datetime.now(UTC).isoformat())
    path = tmp_path / "key.json"
    path.write_text(json.dumps(box.service_account_key(CHECKOUT)))
    google = connect({"GOOGLE_APPLICATION_CREDENTIALS": str(path)}, seconds=5)
    assert whoever(google) == f"serviceAccount:{CHECKOUT}"
    token = minted(mint.mint_as_operator(google, URL))
    assert (token.email, token.audience) == (CHECKOUT, URL)


def test_with_a_metadata_server(opened: Open) -> None:
    box, _ = opened(operator={"principal": f"serviceAccount:{CHECKOUT}"})
    google = connect({"GCE_METADATA_HOST": box.base.removeprefix("http://")}, seconds=5)
    assert minted(mint.mint_as_operator(google, URL)).email == CHECKOUT
    assert whoever(google) == f"serviceAccount:{CHECKOUT}"


def test_federated_credentials_mint_nothing_by_themselves(tmp_path: Path) -> None:
    document = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(tmp_path / "subject")},
    }
    path = tmp_path / "wif.json"
    path.write_text(json.dumps(document))
    google = connect({"GOOGLE_APPLICATION_CREDENTIALS": str(path)}, seconds=5)
    fact = mint.mint_as_operator(google, URL)
    assert isinstance(fact, Unknown)
    assert "--impersonate-service-account" in fact.detail


USER = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}


def test_the_well_known_file_and_gclouds_account(tmp_path: Path) -> None:
    config = tmp_path / "gcloud"
    account = config / "legacy_credentials" / "dev@example.com"
    account.mkdir(parents=True)
    (account / "adc.json").write_text(json.dumps(USER | {"account": "dev@example.com"}))
    (config / "configurations").mkdir()
    (config / "configurations" / "config_default").write_text("[core]\naccount = dev@example.com\n")
    environ = {"CLOUDSDK_CONFIG": str(config), "NO_GCE_CHECK": "true"}
    assert whoever(connect(environ)) == "user:dev@example.com"
    adc = USER | {"account": "adc@example.com", "quota_project_id": "q"}
    (config / "application_default_credentials.json").write_text(json.dumps(adc))
    assert whoever(connect(environ)) == "user:adc@example.com"
    assert connect(environ).credentials.quota_project_id == "q"
    assert connect(environ, quota_project="mine").credentials.quota_project_id == "mine"
    assert connect(environ | {"GOOGLE_CLOUD_QUOTA_PROJECT": "e"}).credentials.quota_project_id == "e"


def test_a_file_that_impersonates(tmp_path: Path) -> None:
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{CHECKOUT}:generateAccessToken"
    document = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": url,
        "source_credentials": USER | {"account": "dev@example.com"},
    }
    path = tmp_path / "adc.json"
    path.write_text(json.dumps(document))
    google = connect({"GOOGLE_APPLICATION_CREDENTIALS": str(path)})
    assert whoever(google) == f"serviceAccount:{CHECKOUT}"
    assert google.impersonated == CHECKOUT
    assert getattr(google.minter, "account", None) == "dev@example.com"


def test_a_token_file_of_gcloud(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("ya29.secret\n")
    google = connect({"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"), "NO_GCE_CHECK": "true"})
    assert google.credentials.token == "ya29.secret"
    with pytest.raises(NotConnectedError):
        connect({"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("name", ["NO_GCE_CHECK", "GCE_METADATA_HOST"])
def test_no_credentials_at_all(name: str, nobody: str, tmp_path: Path) -> None:
    environ = {name: "true" if name == "NO_GCE_CHECK" else nobody}
    with pytest.raises(NotConnectedError, match=r"^No Google .* run `gcloud auth application-default login`\.$"):
        connect(environ | {"HOME": str(tmp_path)})


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"type": "service_account", "private_key": "hunter2hunter2"}'])
def test_a_broken_file_is_one_sentence_without_its_contents(text: str, tmp_path: Path) -> None:
    path = tmp_path / "adc.json"
    path.write_text(text)
    with pytest.raises(NotConnectedError) as raised:
        connect({"GOOGLE_APPLICATION_CREDENTIALS": str(path)})
    assert "hunter2" not in str(raised.value)
    assert "gcloud auth application-default login" in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://sandbox.example.com:80",
        "https://127.0.0.1:1",
        "http://10.0.0.1:1",
        "http://127.0.0.1.evil.example.com:1",
        "http://127.0.0.1:1@evil.example.com",
        "http://evil.example.com@127.0.0.1:1",
        "127.0.0.1:1",
        "",
    ],
)
def test_a_sandbox_is_on_loopback(address: str) -> None:
    with pytest.raises(NotConnectedError, match="loopback only"):
        connect({}, sandbox=address)


def test_no_sandbox_there(nobody: str) -> None:
    with pytest.raises(NotConnectedError, match="No sandbox answers"):
        connect({}, sandbox=f"http://{nobody}")


@pytest.mark.parametrize("text", ["", "x", "x.y.z", "e30", "a.bnVsbA.c", "a.WzFd.c", "a.\x00.c"])
def test_what_is_no_token_is_not_shown(text: str) -> None:
    with pytest.raises(NotUnderstoodError) as raised:
        claims_of(Secret(text))
    assert str(raised.value) == "what was minted is not an ID token"


def test_members_of_addresses() -> None:
    assert Principal.of_email(CHECKOUT) == Principal(f"serviceAccount:{CHECKOUT}")
    assert Principal.of_email("dev@example.com") == Principal("user:dev@example.com")
    assert WORLD["version"] == 1
