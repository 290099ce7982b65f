"""Calls to several services fail, and nothing says which is meant: it is asked, and what is said decides."""

from __future__ import annotations

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.asks.said import NOTHING_SAID, Said
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.rules.public_intent import worked_later
from crauth_doctor.workflows.explain import explain

OURS = "https://orders-abc123-uc.a.run.app/v1"
OTHER = "https://stock-abc123-uc.a.run.app/items"
REFUSED = f"""\
$ curl -i -H "Authorization: Bearer $(gcloud auth print-access-token)" {OURS}
HTTP/2 401
www-authenticate: Bearer error="invalid_token" error_description="The access token could not be verified"
server: Google Frontend

$ curl -i {OTHER}
HTTP/2 404
content-type: application/json
x-powered-by: Express
server: Google Frontend

{{"error": "no such item"}}
"""


def test_which_call_is_meant_is_all_that_is_asked() -> None:
    (ask,) = explain(REFUSED, NOTHING_SAID).diagnosis.asks
    assert (ask.fact, [each.value for each in ask.replies]) == ("url", [OURS, OTHER])


@pytest.mark.parametrize(("url", "cause"), [(OURS, "token/access-token"), (OTHER, "app/not-found")])
def test_the_call_that_is_meant_is_judged(url: str, cause: str) -> None:
    found = explain(REFUSED, Said((("url", url),))).diagnosis
    assert found.cause is not None
    assert found.cause.rule == cause
    assert found.gainsaid == ()


PAGE = "<html><head>\n<title>403 Forbidden</title>\n</head></html>\n"
FIRST = REFUSED.partition("$ curl -i https")[0]
NAMELESS = f"{FIRST}The other one gets this:\n\n{PAGE}"
LOCAL = f"{FIRST}$ curl -i http://localhost:8080/items\nHTTP/1.1 404 Not Found\nserver: Google Frontend\ndate: x\n"


@pytest.mark.parametrize("text", [NAMELESS, LOCAL])
def test_a_refusal_of_a_call_that_is_not_shown_may_be_the_one_that_is_meant(text: str) -> None:
    found = explain(text).diagnosis
    assert found.cause is None
    assert found.unjudged[0].endswith("orders-abc123-uc.a.run.app, one that is not shown.")
    assert [each.value for each in found.asks[0].replies] == [OURS]
    meant = explain(text, Said((("url", OURS),))).diagnosis.cause
    assert meant is not None
    assert meant.rule == "token/access-token"


def test_the_same_path_through_a_port_of_this_machine_is_the_same_call() -> None:
    found = explain(LOCAL.replace("8080/items", "8080/v1")).diagnosis.cause
    assert found is not None
    assert found.rule == "token/access-token"


SIGN_IN = """\
$ curl -i https://board-481516234201.us-east1.run.app/wiki
HTTP/2 401
x-goog-iap-generated-response: true
date: Mon, 10 Aug 2026 13:05:50 GMT

Invalid IAP credentials: Invalid JWT audience.

$ curl -i https://board-481516234201.us-east1.run.app/wiki
HTTP/2 302
x-goog-iap-generated-response: true
location: https://accounts.google.com/o/oauth2/v2/auth
date: Mon, 10 Aug 2026 13:05:58 GMT
"""
LOGGED = """\
{"httpRequest": {"latency": "0s", "requestUrl": "https://stock-abc123-uc.a.run.app/", "status": 403},
 "logName": "projects/p/logs/run.googleapis.com%2Frequests", "timestamp": "2026-08-10T13:00:00Z",
 "textPayload": "The request was not authenticated. Either allow unauthenticated invocations or set the proper header."}
"""


def test_of_calls_of_which_any_may_be_meant_none_tells_the_cause() -> None:
    found = explain(f"{LOGGED}\n{SIGN_IN}").diagnosis
    assert (found.conclusion, found.cause) == (Conclusion.UNDECIDED, None)
    assert [ask.fact for ask in found.asks] == ["url"]


REFUSED_BY_APP = """\
FirebaseAuthError: Firebase Auth Blocking token has incorrect "aud" (audience) claim. Expected "run.app" but got "x".
"""
FORBIDDEN = f"""\
$ curl -i -H "Authorization: Bearer $TOKEN" {OTHER}
HTTP/2 403
server: Google Frontend

<html><head>
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>/items</code> from this server.</h2>
</body></html>
"""


@pytest.mark.parametrize("refused", [FORBIDDEN, LOGGED])
def test_what_an_application_says_that_it_refused_is_not_what_the_platform_did(refused: str) -> None:
    alone = explain(REFUSED_BY_APP).diagnosis.cause
    assert alone is not None
    assert alone.rule == "app/refused"
    for text in (f"{REFUSED_BY_APP}\n{refused}", f"{refused}\n{REFUSED_BY_APP}"):
        found = explain(text).diagnosis
        assert (found.cause, [ask.fact for ask in found.asks]) == (None, ["url"])


def test_who_is_led_to_a_sign_in_was_not_let_in() -> None:
    exchanges = read(SIGN_IN).exchanges
    assert [each.response and each.response.status for each in exchanges] == [401, 302]
    assert worked_later(exchanges) is None
    assert worked_later(read(SIGN_IN.replace("302", "200")).exchanges) is not None


@pytest.mark.parametrize("shown", [OTHER, "https://api.example.com/items"])
def test_a_url_that_the_paste_does_not_show_is_none_of_its_calls(shown: str) -> None:
    found = explain(REFUSED.replace(OTHER, shown), Said((("url", "https://mail-abc123-uc.a.run.app"),))).diagnosis
    assert found.conclusion is Conclusion.UNDECIDED
    assert (found.cause, found.gainsaid) == (None, ())
