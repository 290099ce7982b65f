"""What the service that mints tokens answers to a client that brings it no credentials."""

from __future__ import annotations

import json

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.change import Advise
from crauth_doctor.model.clienterror import ErrorFamily as Family
from crauth_doctor.workflows.explain import explain

MINTING = {
    "error": {
        "code": 401,
        "message": "Request is missing required authentication credential.",
        "status": "UNAUTHENTICATED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "CREDENTIALS_MISSING",
                "metadata": {"service": "iamcredentials.googleapis.com"},
            }
        ],
    }
}


@pytest.mark.parametrize("before", ["", "2026/06/10 05:12:07 impersonate: status code 401: ", "Error: "])
def test_what_mints_refuses_the_credentials_that_it_got(before: str) -> None:
    evidence = read(f"It says\n\n{before}{json.dumps(MINTING, indent=2)}\n")
    (found,) = evidence.errors
    assert (found.family, found.status, found.api) == (
        Family.NO_ID_TOKEN_CREDENTIALS,
        401,
        "iamcredentials.googleapis.com",
    )
    assert evidence.exchanges == ()


def test_another_api_that_refuses_them_does_not_mint() -> None:
    text = json.dumps(MINTING).replace("iamcredentials", "run")
    assert [error.family for error in read(text).errors] == [Family.OTHER]


def test_the_status_of_a_refused_minting_is_not_the_services() -> None:
    text = "Error: Could not fetch ID token: Unsuccessful response status code. Request failed with status code 404"
    found = explain(text).diagnosis
    assert (found.cause.rule if found.cause else None) == "mint/no-id-token-credentials"


AUDITED = {
    "logName": "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access",
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "iamcredentials.googleapis.com",
        "methodName": "GenerateAccessToken",
        "status": {"code": 7, "message": "Permission 'iam.serviceAccounts.getAccessToken' denied on resource"},
    },
}
POOL = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/repo:a/b"


@pytest.mark.parametrize(
    ("who", "cause"),
    [
        ({"principalSubject": POOL}, "mint/federation-denied"),
        ({}, None),
        ({"principalEmail": "caller@acme-prod.iam.gserviceaccount.com"}, "mint/impersonation-denied"),
    ],
)
def test_the_audit_log_of_what_mints(who: dict[str, str], cause: str | None) -> None:
    entry = {**AUDITED, "protoPayload": {**AUDITED["protoPayload"], "authenticationInfo": who}}  # type: ignore[dict-item]
    found = explain(json.dumps(entry, indent=2)).diagnosis.cause
    assert (found.rule if found else None) == cause


@pytest.mark.parametrize("retried", ["", "retry function failed after 4 attempts: "])
@pytest.mark.parametrize(
    ("what", "why", "family"),
    [
        ("federated token for //iam.googleapis.com/x", "", Family.STS_DENIED),
        ("ID token for x", ": PERMISSION_DENIED The caller does not have permission", Family.STS_DENIED),
        ("access token for x", ": Request contains an invalid argument.", Family.MINT_FAILED),
    ],
)
def test_the_action_that_signs_in_at_github(retried: str, what: str, why: str, family: Family) -> None:
    text = f"Error: google-github-actions/auth failed with: {retried}failed to generate Google Cloud {what}{why}"
    assert [error.family for error in read(text).errors] == [family]


ACCOUNT = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a"
METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default"


@pytest.mark.parametrize(
    ("asked", "family"),
    [
        (f"GET {METADATA}/identity?audience=https://a.run.app -> 500", Family.MINT_FAILED),
        ("POST https://oauth2.googleapis.com/token -> 400", Family.MINT_FAILED),
        (f"POST {ACCOUNT}:generateIdToken -> 404", Family.MINT_FAILED),
        ("GET https://oauth2.googleapis.com/tokeninfo?id_token=x -> 400", None),
        (f"GET {METADATA}/email -> 404", None),
    ],
)  # fmt: skip
def test_who_is_asked_for_a_token_and_answers_with_an_error(asked: str, family: Family | None) -> None:
    assert [error.family for error in read(asked).errors] == ([family] if family else [])
    found = explain(asked).diagnosis
    assert found.cause is None
    assert any("no token could be made" in sentence for sentence in found.unjudged) is (family is not None)


def test_a_token_that_iam_refuses_leaves_what_stops_its_making() -> None:
    denied = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
    found = explain(json.dumps({"error": {"code": 403, "message": denied, "status": "PERMISSION_DENIED"}})).diagnosis
    left = {each.rule for each in found.open}
    assert {"mint/impersonation-denied", "mint/federation-denied"} <= left
    assert all(each.startswith("mint/") for each in left)


def test_an_error_of_an_api_that_mints_nothing_is_no_failing_call_to_a_service() -> None:
    text = json.dumps(MINTING).replace("iamcredentials", "workflowexecutions")
    (said,) = explain(text).diagnosis.unjudged
    assert "workflowexecutions.googleapis.com" in said


@pytest.mark.parametrize(
    "line",
    [
        (
            "Mixed Content: The page at 'https://app.example.com/' was loaded over HTTPS, but requested an insecure "
            "resource 'http://metadata.google.internal./computeMetadata/v1/instance'. This request has been blocked"
        ),
        "Blocked loading mixed active content “http://metadata/computeMetadata/v1/instance/service-accounts/default/identity”",
        "gaxios.js:83 GET http://metadata.google.internal./computeMetadata/v1/instance net::ERR_NAME_NOT_RESOLVED",
    ],
)
def test_a_browser_that_asks_the_metadata_server_is_sent_to_a_server_of_ones_own(line: str) -> None:
    found = explain(line).diagnosis.cause
    assert found is not None
    assert found.finding is not None
    assert [each.slug for each in found.finding.fixes if isinstance(each, Advise)] == ["call-from-server"]


UNMINTED = "Error: Could not load the default credentials. Browse to https://cloud.google.com/docs/authentication"


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("[GET] /api/items status=500", "mint/no-id-token-credentials"),
        ('INFO:     127.0.0.1:52114 - "GET /items HTTP/1.1" 500 Internal Server Error', "mint/no-id-token-credentials"),
        ("GET http://localhost:3000/api/items 500 (Internal Server Error)", "mint/no-id-token-credentials"),
        ("GET https://orders-123456789012.us-central1.run.app/items 500 (Internal Server Error)", None),
    ],
)
def test_who_can_mint_no_token_fails_itself(status: str, cause: str | None) -> None:
    found = explain(f"{status}\n{UNMINTED}\n    at GoogleAuth.getClient\n").diagnosis.cause
    assert (found.rule if found else None) == cause


STEP = """\
      - uses: google-github-actions/auth@v2
        with:
          {}
          service_account: deployer@acme.iam.gserviceaccount.com
"""
NO_AUDIENCE = "ERROR: (gcloud.auth.print-identity-token) Invalid account type for `--audiences`. Requires valid service"
POOL = "workload_identity_provider: projects/1/locations/global/workloadIdentityPools/gh/providers/gh"


@pytest.mark.parametrize(
    ("given", "error", "cause"),
    [
        (
            POOL,
            NO_AUDIENCE,
            "mint/external-account",
        ),
        (
            POOL.replace("projects/1", "${{ secrets.POOL }}"),
            "DefaultCredentialsError: Neither metadata server or valid service account credentials are found.",
            "mint/external-account",
        ),
        (
            "credentials_json: ${{ secrets.KEY }}",
            NO_AUDIENCE,
            "mint/user-custom-audience",
        ),
    ],
)
def test_a_step_that_signs_in_by_federation_tells_of_what_type_the_credentials_are(
    given: str, error: str, cause: str
) -> None:
    found = explain(f"{STEP.format(given)}\n{error}\n").diagnosis.cause
    assert found is not None
    assert found.rule == cause
