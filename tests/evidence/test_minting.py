"""What the service that mints tokens answers to a client that brings it no credentials."""

from __future__ import annotations

import json

import pytest

from crauth_doctor.evidence import read
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
def test_the_action_that_signs_in_at_github(retried: str) -> None:
    text = f"Error: google-github-actions/auth failed with: {retried}failed to generate Google Cloud access token for x"
    assert [error.family for error in read(text).errors] == [Family.STS_DENIED]
