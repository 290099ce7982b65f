"""What `explain` makes of a paste alone, where a hasty reader would name another cause."""

from __future__ import annotations

import json

import pytest

from crauth_doctor.model.finding import Conclusion
from crauth_doctor.workflows.explain import explain

HOST = "orders-123456789012.us-central1.run.app"
HEAD = "content-type: text/html; charset=UTF-8\nserver: Google Frontend\n\n"
FORBIDDEN = "Your client does not have permission to get URL <code>/v1</code> from this server."
GRANT = "$ gcloud run services add-iam-policy-binding orders --region=us-central1 --role=roles/run.invoker --member="
REFUSED = "FAILED_PRECONDITION: One or more users named in the policy do not belong to a permitted customer"
BLOCKS_PUBLIC = "iam/org-policy-blocks-public"


def page(status: int, words: str, text: str) -> str:
    """A page of the front end's."""
    body = f"<body text=#000000 bgcolor=#ffffff>\n<h1>Error: {words}</h1>\n<h2>{text}</h2>\n<h2></h2>\n</body></html>\n"
    return f"HTTP/2 {status}\n{HEAD}<html><head>\n<title>{status} {words}</title>\n</head>\n{body}"


def named(paste: str) -> tuple[str, Conclusion]:
    """The cause that is named, and how sure it is."""
    found = explain(paste).diagnosis
    return found.cause.rule if found.cause else "", found.conclusion


CALL = f"$ curl -i -H 'Authorization: Bearer $TOKEN' https://{HOST}/v1\n" + page(403, "Forbidden", FORBIDDEN)


@pytest.mark.parametrize(
    "hops",
    [
        (
            f"--> POST http://{HOST}/v1 http/1.1\n<-- 302 http://{HOST}/v1 (31ms)\n"
            f"--> GET https://{HOST}/v1 h2\n<-- 405 https://{HOST}/v1 (88ms)"
        ),
        (
            f'HTTP Request: POST http://{HOST}/v1 "HTTP/1.1 302 Found"\n'
            f'HTTP Request: GET https://{HOST}/v1 "HTTP/1.1 405 Method Not Allowed"'
        ),
        (
            f'DEBUG:urllib3.connectionpool:http://{HOST}:80 "POST /v1 HTTP/1.1" 302 0\n'
            f'DEBUG:urllib3.connectionpool:https://{HOST}:443 "GET /v1 HTTP/1.1" 405 18'
        ),
    ],
)
def test_the_next_call_shows_where_a_redirect_led(hops: str) -> None:
    assert named(hops)[0] == "reach/plain-http"


def test_a_redirect_to_elsewhere_is_no_change_of_scheme() -> None:
    hops = f"--> GET http://{HOST}/v1 h2\n<-- 302 http://{HOST}/v1\n--> GET https://{HOST}/login h2\n<-- 405 https://{HOST}/login"
    assert named(hops)[0] != "reach/plain-http"


def test_who_was_refused_tells_whether_everybody_was_to_be_let_in() -> None:
    assert named(f"{GRANT}allUsers\nERROR: {REFUSED}\n{CALL}") == (BLOCKS_PUBLIC, Conclusion.EXPECTED)
    assert named(f"ERROR: {REFUSED}\n{CALL}") == (BLOCKS_PUBLIC, Conclusion.LIKELY)
    assert named(REFUSED) == (BLOCKS_PUBLIC, Conclusion.LIKELY)
    for member in ("user:bob@example.com", "serviceAccount:x@other.iam.gserviceaccount.com"):
        assert named(f"{GRANT}{member}\nERROR: {REFUSED}\n{CALL}")[0] != BLOCKS_PUBLIC


@pytest.mark.parametrize(
    ("constraint", "found"),
    [("iam.allowedPolicyMemberDomains", True), ("run.allowedIngress", False), ("gcp.resourceLocations", False)],
)
def test_an_organization_policy_about_something_else_says_nothing_of_access(constraint: str, *, found: bool) -> None:
    text = f"ERROR: Constraint constraints/{constraint} violated for projects/p\n{CALL}"
    assert (named(text)[0] == BLOCKS_PUBLIC) is found


@pytest.mark.parametrize(("host", "conclusion"), [(HOST, Conclusion.EXPECTED), ("api.example.com", Conclusion.LIKELY)])
def test_the_front_ends_page_of_a_server_error_stands_for_the_container(host: str, conclusion: Conclusion) -> None:
    answer = page(503, "Server Error", "The server encountered an error and could not complete your request.")
    assert named(f"$ curl -i https://{host}/v1\n{answer}") == ("app/failing", conclusion)


def recording(*names: str, by: str = "WebInspector") -> str:
    """What a browser saved of one refused call that carried these headers."""
    sent = [{"name": name, "value": "navigate" if name.startswith("sec") else "x"} for name in ("accept", *names)]
    answer = page(403, "Forbidden", FORBIDDEN).partition("\n\n")[2]
    received = [{"name": "content-type", "value": "text/html; charset=UTF-8"}]
    request = {"method": "GET", "url": f"https://{HOST}/v1", "headers": sent}
    response = {"status": 403, "headers": received, "content": {"text": answer}}
    entry = {"startedDateTime": "2026-06-01T09:00:00Z", "request": request, "response": response}
    return json.dumps({"log": {"version": "1.2", "creator": {"name": by}, "entries": [entry]}})


def test_a_recording_without_what_chrome_keeps_back_does_not_show_that_no_token_was_sent() -> None:
    assert named(recording())[0] == ""
    assert named(recording("cookie"))[0] == "token/missing"
    assert named(recording("sec-fetch-mode"))[0] == "token/missing"
    assert named(recording(by="Firefox"))[0] == "token/missing"
