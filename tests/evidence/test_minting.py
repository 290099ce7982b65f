"""What the service that mints tokens answers to a client that brings it no credentials."""

from __future__ import annotations

import json

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.clienterror import ErrorFamily as Family

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
