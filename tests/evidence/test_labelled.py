"""A URL or an audience that stands by its name is read; what people tell in words is not."""

from __future__ import annotations

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.workflows.explain import explain

FUNCTION = "https://us-central1-p.cloudfunctions.net/orders"


@pytest.mark.parametrize(
    "words",
    [
        "Calling it leads to an 401 Unauthorized error.",
        "We never get a 404 error here.",
        'I just get "Forbidden".',
        "Wir bekommen dann immer einen 403-Fehler.",
    ],
)
def test_what_is_told_in_words_is_no_call(words: str) -> None:
    assert read(f"{words}\n").exchanges == ()


def test_an_audience_and_a_url_that_stand_by_their_names() -> None:
    audience = FUNCTION.removesuffix("/orders")
    text = f"- `url`: `{FUNCTION}`\n- `targetAudience`: `{audience}`\nHTTP/2 401\n"
    cause = explain(text).diagnosis.cause
    assert cause is not None
    assert cause.rule == "token/audience-function-path"


def test_what_is_requested_is_called_and_not_the_url_of_a_setting() -> None:
    settings = '    "url": "https://orders-123456789012.us-central1.run.app"'
    text = f"GET https://orders-123456789012.us-central1.run.app/healthz\nAxiosError: status code 404\n{settings}\n"
    (found,) = read(text).exchanges
    assert found.call is not None
    assert found.call.path == "/healthz"


@pytest.mark.parametrize(
    ("code", "method"),
    [
        ('var res = await client.GetAsync("{}");', "GET"),
        ('r = requests.post("{}", json=payload, headers=headers)', "POST"),
        ("const res = await fetch('{}', {{ headers }})", "GET"),
        ('req, err := http.NewRequest("PUT", "{}", body)', "PUT"),
        ("$client->request('DELETE', '{}');", "DELETE"),
        ('restTemplate.postForEntity("{}", order, String.class);', "POST"),
    ],
)
def test_a_call_that_source_text_makes_is_the_one_that_failed(code: str, method: str) -> None:
    url = "https://orders-123456789012.us-central1.run.app/v1/items"
    minted = 'minter.FromTargetAudience("https://orders-123456789012.us-central1.run.app")'
    for status in ("status 403\n", ""):
        (found,) = read(f"{code.format(url)}\n{minted}\n{status}").exchanges
        assert found.call is not None
        assert (found.call.url, found.call.method) == (url, method)
        assert bool(found.response) == bool(status)


@pytest.mark.parametrize(("method", "cause"), [("post", "reach/plain-http"), ("get", None)])
def test_a_redirect_to_https_loses_what_a_call_in_source_text_sends(method: str, cause: str | None) -> None:
    found = explain(
        f'r = requests.{method}("http://orders-123456789012.us-central1.run.app/v1", json=x)\n'
    ).diagnosis.cause
    assert (found.rule if found else None) == cause


@pytest.mark.parametrize(
    "other",
    [
        'http.Get("https://other-123456789012.us-central1.run.app/")',
        'client.get("https://orders-123456789012.us-central1.run.app/other")',
    ],
)
def test_of_several_calls_in_source_text_any_may_have_failed(other: str) -> None:
    text = f'http.Get("https://orders-123456789012.us-central1.run.app/v1")\n{other}\nstatus 403\n'
    (found,) = read(text).exchanges
    assert found.call is None


@pytest.mark.parametrize("told", ["", "/"])
def test_a_service_s_url_does_not_tell_the_path_that_is_called(told: str) -> None:
    text = f'HTTP/2 404\n"url": "https://orders-123456789012.us-central1.run.app{told}"\n'
    left = {outcome.rule for outcome in explain(text).diagnosis.open}
    assert ("reach/reserved-path" in left) == (not told)


def test_a_header_that_a_sentence_quotes_is_not_sent() -> None:
    text = "We do not send `Authorization: Bearer undefined`, that was mended last year.\nHTTP/2 401\n"
    assert explain(text).diagnosis.cause is None


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
    "beside",
    [
        "Our file is no `external_account`, we checked that.",
        "Nobody ever ran this here:\n$ gcloud auth application-default login",
        "The message is all there is.",
    ],
)
def test_words_beside_a_message_do_not_tell_of_which_type_the_credentials_are(beside: str) -> None:
    message = "Error: Cannot fetch ID token in this environment, use GCE or set GOOGLE_APPLICATION_CREDENTIALS"
    found = explain(f"{beside}\n\n{message}\n").diagnosis.cause
    assert found is not None
    assert found.rule == "mint/no-id-token-credentials"


def test_a_sentence_that_begins_like_a_label_is_no_label() -> None:
    text = "audience: https://other-123456789012.us-central1.run.app was in an old ticket.\nHTTP/2 401\n"
    assert read(text).expressions == ()


@pytest.mark.parametrize(
    ("label", "cause"),
    [
        ("Request Method: OPTIONS", "token/preflight"),
        ("- **HTTP method**: `OPTIONS` (CORS preflight)", "token/preflight"),
        ("request_method: options", "token/preflight"),
        ("Request method: POST", "token/missing"),
        ("Request method: OPTIONS\nRequest method: POST", "token/missing"),
    ],
)
def test_a_method_by_its_name_is_that_of_the_refusal_without_one(label: str, cause: str) -> None:
    said = "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization"
    found = explain(f"{label}\n\n{said} header. Empty Authorization header value.\n").diagnosis.cause
    assert found is not None
    assert found.rule == cause
