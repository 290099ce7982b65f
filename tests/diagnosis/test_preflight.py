# ruff: noqa: E501 - what programs print stands here as they print it
"""A browser's preflight that was refused, and what was meant with the service."""

from __future__ import annotations

import pytest

from crauth_doctor.workflows.explain import explain

REFUSED = """
OPTIONS https://points-123456789012.europe-west4.run.app/ 403 (Forbidden)
Access to fetch at 'https://points-123456789012.europe-west4.run.app/' from origin 'https://acme.example' has been \
blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' \
header is present on the requested resource.
"""
GRANT = "$ gcloud run services add-iam-policy-binding points --member=allUsers --role=roles/run.invoker\n"


@pytest.mark.parametrize(
    ("before", "cause"),
    [
        ("", None),
        ("export const points = functions.https.onCall(async (data) => {\n", "iam/public-not-applied"),
        ('@https_fn.on_call(region="europe-west4")\n', "iam/public-not-applied"),
        ('@https_fn.on_request(invoker=["allUsers"])\n', "iam/public-not-applied"),
        (
            f"{GRANT}FAILED_PRECONDITION: One or more users named in the policy do not belong to a permitted customer\n",
            "iam/org-policy-blocks-public",
        ),
    ],
)
def test_where_everybody_was_meant_the_preflight_is_not_the_cause(before: str, cause: str | None) -> None:
    found = explain(before + REFUSED).diagnosis.cause
    assert (found.rule if found else None) == (cause or "token/preflight")
