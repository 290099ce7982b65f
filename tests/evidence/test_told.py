"""What people tell of a call in words counts where nothing was pasted that shows it."""

from __future__ import annotations

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.workflows.explain import explain

FUNCTION = "https://us-central1-p.cloudfunctions.net/orders"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Calling it leads to an 401 Unauthorized error.", 401),
        ("The next line throws a 403 error", 403),
        ("We are getting HTTP 404 from it", 404),
        ('I just get "Forbidden".', 403),
        ("The job reports `UNAUTHENTICATED`", 401),
        ("It was a 403 error, now it is a 401 error", None),
        ("We sold 403 shirts, and 401 of them came back", None),
        ("GET /v1 -> 403\nand before it was a 401 error", 403),
    ],
)
def test_a_status_that_is_told(text: str, status: int | None) -> None:
    found = {each.response.status for each in read(f"{text}\n").exchanges if each.response}
    assert found == ({status} if status else set())


def test_an_audience_and_a_url_that_stand_by_their_names() -> None:
    audience = FUNCTION.removesuffix("/orders")
    text = f"- `url`: `{FUNCTION}`\n- `targetAudience`: `{audience}`\nIt gives a 401 error.\n"
    cause = explain(text).diagnosis.cause
    assert cause is not None
    assert cause.rule == "token/audience-function-path"


def test_a_header_that_is_quoted_with_a_word_of_the_program() -> None:
    cause = explain(
        "// the header `Authorization: Bearer undefined` is sent, and there is a 401 error\n"
    ).diagnosis.cause
    assert cause is not None
    assert cause.rule == "token/malformed-header"


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        (
            (
                "Credentials c = ServiceAccountCredentials.fromStream(s).createScoped(SCOPE);\n"
                "String t = ((IdTokenProvider) c).idTokenWithAudience(url, options).getTokenValue();\n"
                "new NetHttpTransport().createRequestFactory(new HttpCredentialsAdapter(c));\n"
            ),
            "token/access-token",
        ),
        (
            (
                "c = service_account.IDTokenCredentials.from_service_account_file('k.json', target_audience=url)\n"
                "session = AuthorizedSession(c)\n"
            ),
            None,
        ),
    ],
)
def test_what_is_sent_is_what_the_credentials_hold(source: str, cause: str | None) -> None:
    found = explain(f"```\n{source}```\nHTTP 401 Unauthorized\n").diagnosis.cause
    assert (found.rule if found else None) == cause


def test_a_role_that_a_function_does_not_take() -> None:
    text = (
        'Error: Error setting IAM policy for cloudfunctions2 function "projects/p/locations/r/functions/orders": '
        "googleapi: Error 400: Invalid argument: 'An invalid argument was specified. Please check the fields and try "
        "again.'\n"
    )
    cause = explain(text).diagnosis.cause
    assert cause is not None
    assert cause.rule == "iam/wrong-resource"


@pytest.mark.parametrize(
    ("beside", "cause"),
    [
        ("The file holds valid `external_account` credentials.", "mint/external-account"),
        (
            "workload_identity_provider: projects/1/locations/global/workloadIdentityPools/p/providers/q",
            "mint/external-account",
        ),
        ("$ gcloud auth application-default login", "mint/user-credentials"),
        ("The message is all there is.", "mint/no-id-token-credentials"),
    ],
)
def test_of_which_type_the_credentials_are(beside: str, cause: str) -> None:
    message = "Error: Cannot fetch ID token in this environment, use GCE or set GOOGLE_APPLICATION_CREDENTIALS"
    found = explain(f"{beside}\n\n{message}\n").diagnosis.cause
    assert found is not None
    assert found.rule == cause
