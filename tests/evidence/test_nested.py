"""An exchange inside of something else: a text in JSON, a program's log entry, an object in an object, escaped HTML."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest
import yaml

from crauth_doctor.evidence import read
from crauth_doctor.model.fact import Absent, Known, value_of
from crauth_doctor.model.token import Token
from crauth_doctor.workflows.explain import facts_of

HOST = "billing-123456789012.europe-west4.run.app"


def raw(token: str, page: str) -> str:
    return (
        f"GET /v1/items HTTP/1.1\nHost: {HOST}\nUser-Agent: x\nAuthorization: Bearer {token}\n\n"
        f"HTTP/1.1 403 Forbidden\ncontent-type: text/html; charset=UTF-8\nserver: Google Frontend\n\n{page}\n"
    )


def entry(payload: object) -> dict[str, object]:
    name = "textPayload" if isinstance(payload, str) else "jsonPayload"
    labels = {"type": "cloud_run_revision", "labels": {"service_name": "web"}}
    return {
        "insertId": "a",
        "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
        "resource": labels,
        name: payload,
    }


def pair(token: str, page: str) -> dict[str, object]:
    sent = {"host": HOST, "user-agent": "x", "authorization": f"Bearer {token}"}
    answer = {"status": 403, "headers": {"server": "Google Frontend", "content-type": "text/html"}, "body": page}
    return {"request": {"method": "GET", "url": f"https://{HOST}/v1/items", "headers": sent}, "response": answer}


RENDERINGS: dict[str, Callable[[str, str], str]] = {
    "a text in JSON": lambda token, page: json.dumps({"level": "error", "dump": raw(token, page)}),
    "a text in JSON of several lines": lambda token, page: json.dumps({"run": {"log": raw(token, page)}}, indent=2),
    "a text in a text": lambda token, page: json.dumps({"log": json.dumps({"dump": raw(token, page)})}),
    "a log entry's text": lambda token, page: json.dumps([entry(raw(token, page))], indent=2),
    "a log entry's message": lambda token, page: json.dumps(entry({"message": raw(token, page)}), indent=2),
    "a log entry's objects": lambda token, page: json.dumps(entry({"call": pair(token, page)}), indent=2),
    "a log entry's payload": lambda token, page: json.dumps(entry(pair(token, page)), indent=2),
    "one line": lambda token, page: json.dumps(pair(token, page)),
    "an object in an object": lambda token, page: json.dumps(
        {"error": {"code": "E", "call": pair(token, page)}}, indent=2
    ),
    "escaped HTML": lambda token, page: html.escape(raw(token, page)),
}


@pytest.mark.parametrize(
    "message",
    [
        "Webhook call failed. Error: PERMISSION_DENIED, State: URL_ERROR, Reason: ERROR_AUTH, HTTP status code: 403.",
        "Request failed with status code 403",
    ],
)
def test_a_status_is_found_in_a_message_in_a_document(message: str) -> None:
    facts = facts_of(read(json.dumps({"results": [{"code": 7, "message": message}]}, indent=2)))
    seen = value_of(facts.seen)
    assert seen is not None
    assert seen.status == 403


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_an_exchange_is_found_wherever_it_stands(rendering: str, id_token: str, page_403: str) -> None:
    facts = facts_of(read(RENDERINGS[rendering](id_token, page_403)))
    seen, call, token = value_of(facts.seen), value_of(facts.call), value_of(facts.token)
    assert seen is not None
    assert call is not None
    assert (seen.status, call.url) == (403, f"https://{HOST}/v1/items")
    assert "does not have permission to get URL" in seen.body
    assert isinstance(token, Token)
    assert token.audience == f"https://{HOST}"


def test_the_headers_that_a_container_logged_are_not_what_was_sent() -> None:
    received = entry({"headers": {"authorization": "Bearer x", "host": HOST, "user-agent": "curl/8"}})
    evidence = read(json.dumps(received, indent=2) + f"\n\nGET https://{HOST}/ -> 403\n")
    assert not isinstance(facts_of(evidence).token, Known | Absent)


def test_what_stands_too_deep_is_left() -> None:
    text = "GET https://a.run.app/ -> 403\nx: y\n"
    for _ in range(5):
        text = json.dumps({"log": text, "more": "x\ny:"})
    assert read(text).exchanges == ()


def test_a_page_behind_words_in_a_text(page_401: str) -> None:
    text = json.dumps({"result": {"error": f"The tool failed. Status Code: 401, \n{page_401}\n"}})
    seen = value_of(facts_of(read(text)).seen)
    assert seen is not None
    assert (seen.status, "to the requested URL" in seen.body) == (401, True)


def test_a_command_in_a_text_that_yaml_broke_into_lines_is_no_command_of_the_paste() -> None:
    text = (
        'kind: Event\npayload: \'{"output": "what was run yesterday, and what came of it\\n\\n$\n'
        f"  http -v https://{HOST}/v1/items\\nGET /v1/items HTTP/1.1\\nauthorization: Bearer x\\n\\nHTTP/1.1\n"
        "  401 Unauthorized\\n\"}'\n"
    )
    assert "payload" in yaml.safe_load(text)
    assert not [each.call for each in read(text).exchanges if each.call and "items" in each.call.url]
    assert not isinstance(facts_of(read(text)).token, Absent), "nothing tells that no token was sent"
