# ruff: noqa: E501 - what programs print stands here as they print it
"""What libraries log of a call, each in its own way. Make the index of their formats anew by running this file."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.evidence import read
from crauth_doctor.evidence.calls import clients
from crauth_doctor.workflows.explain import explain

FOLDER = Path(clients.__file__).parent
FILE = FOLDER / clients.INDEX
ROWS = yaml.safe_load((FOLDER / "clients.yaml").read_text(encoding="utf-8"))
CALLED = "https://orders-abc123-uc.a.run.app/v1/items"


def index() -> str:
    """The index as the formats have it now."""
    rows = [[row["text"], row.get("status", 0)] for row in ROWS]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def test_the_index_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == index(), "run `python tests/evidence/test_libraries.py`"


def told(text: str) -> list[tuple[int, str, str]]:
    """The status, method and URL of each call in a line."""
    found = read(f"It says\n\n{text}\n").exchanges
    calls = [(each.response.status, each.call) for each in found if each.response]
    return [(status, call.method if call else "", call.url if call else "") for status, call in calls]


def meant(row: dict[str, Any]) -> tuple[int, str, str]:
    """What a format's example tells."""
    has = row["text"]
    status = row.get("status") or (503 if "503" in row["example"] else 403)
    called = "{url}" in has or "{path}" in has
    return status, ("POST" if "{method}" in has else "GET") if called else "", CALLED if called else ""


@pytest.mark.parametrize("row", ROWS, ids=[row["text"] for row in ROWS])
def test_a_format_is_read_and_needed(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert row.keys() - {"status"} == {"text", "by", "source", "example"}
    assert row["source"].startswith("https://")
    assert told(row["example"]) == [meant(row)]
    without = tuple(each for each, one in zip(clients.formats(), ROWS, strict=True) if one is not row)
    monkeypatch.setattr(clients, "formats", lambda: without)
    assert told(row["example"]) != [meant(row)], "what any program writes is read as well"


@pytest.mark.parametrize(
    ("text", "status", "method", "url"),
    [
        ('INFO:httpx:HTTP Request: POST https://orders-abc123-uc.a.run.app/v1/items "HTTP/1.1 403 Forbidden"', 403, "POST", CALLED),  # httpx
        ("HttpError accessing <https://orders-abc123-uc.a.run.app/v1/items>: response: <{'content-type': 'text/html', 'status': '403'}>, content <no>", 403, "GET", CALLED),  # apitools
        ('HTTP/2 403  returned for "https://orders-abc123-uc.a.run.app/v1/items".', 403, "GET", CALLED),  # Symfony
        ('HTTP 403 returned for "https://orders-abc123-uc.a.run.app/v1/items".', 403, "GET", CALLED),  # Symfony
        ("PHP Warning:  file_get_contents(https://orders-abc123-uc.a.run.app/v1/items): Failed to open stream: HTTP request failed! HTTP/1.1 403 Forbidden in /a.php on line 3", 403, "GET", CALLED),  # PHP
        ("(POST https://orders-abc123-uc.a.run.app/v1/items) 403", 403, "POST", CALLED),  # Java
        ("org.jsoup.HttpStatusException: HTTP error fetching URL. Status=403, URL=[https://orders-abc123-uc.a.run.app/v1/items]", 403, "GET", CALLED),  # jsoup
        ("HttpOperationFailedException: HTTP operation failed invoking https://orders-abc123-uc.a.run.app/v1/items with statusCode: 403", 403, "GET", CALLED),  # Apache Camel
        ("HTTPError: Request failed with status code 403 Forbidden: POST https://orders-abc123-uc.a.run.app/v1/items", 403, "POST", CALLED),  # ky
        ("Http failure response for https://orders-abc123-uc.a.run.app/v1/items: 403 Forbidden", 403, "GET", CALLED),  # Angular
        ("POST https://orders-abc123-uc.a.run.app/v1/items [403 Forbidden, 1.46kB, 392ms]", 403, "POST", CALLED),  # Newman
        ("ClientException: Request to https://orders-abc123-uc.a.run.app/v1/items failed with status 403: Forbidden., uri=https://orders-abc123-uc.a.run.app/v1/items", 403, "GET", CALLED),  # Dart
        ("HTTP request failed, statusCode: 403, https://orders-abc123-uc.a.run.app/v1/items", 403, "GET", CALLED),  # Flutter
        ("<NSHTTPURLResponse: 0x60> { URL: https://orders-abc123-uc.a.run.app/v1/items } { Status Code: 403, Headers {", 403, "GET", CALLED),  # Swift
        ("Faraday::ForbiddenError: the server responded with status 403 for POST https://orders-abc123-uc.a.run.app/v1/items", 403, "POST", CALLED),  # Faraday
        ("https://orders-abc123-uc.a.run.app/v1/items: status code 403", 403, "GET", CALLED),  # ureq
        ('%HTTPoison.Response{body: "", headers: [], request_url: "https://orders-abc123-uc.a.run.app/v1/items", status_code: 403}', 403, "GET", CALLED),  # HTTPoison
        ('%Tesla.Env{method: :get, url: "https://orders-abc123-uc.a.run.app/v1/items", query: [], headers: [], body: "", status: 403, opts: []}', 403, "GET", CALLED),  # Tesla
        ("POST https://orders-abc123-uc.a.run.app/v1/items: 403 no []", 403, "POST", CALLED),  # go-github
        ("POST https://orders-abc123-uc.a.run.app/v1/items 403 (Forbidden)", 403, "POST", CALLED),  # Chrome
        ("POST https://orders-abc123-uc.a.run.app/v1/items [HTTP/2 403  48ms]", 403, "POST", CALLED),  # Firefox
        ("ClientWebApplicationException: Received: 'Forbidden, status code 403' when invoking REST Client method: 'a.Orders#list'", 403, "", ""),  # Quarkus
        ("Readiness probe failed: HTTP probe failed with statuscode: 403", 403, "", ""),  # Kubernetes
        ("airflow.exceptions.AirflowException: 403:Forbidden", 403, "", ""),  # Airflow
        ("com.google.api.client.http.HttpResponseException: 403 Forbidden", 403, "", ""),  # google-http-java-client
        ("StatusCode: 403, ReasonPhrase: 'Forbidden', Version: 1.1", 403, "", ""),  # .NET
        ("<Response [403]>", 403, "", ""),  # requests
        ("AxiosError: Request failed with status code 403", 403, "", ""),  # axios
        ("urllib.error.HTTPError: HTTP Error 403: Forbidden", 403, "", ""),  # urllib
    ],
)  # fmt: skip
def test_what_libraries_write_as_any_program_does(text: str, status: int, method: str, url: str) -> None:
    assert told(text) == [(status, method, url)]


@pytest.mark.parametrize(
    "line",
    [
        "{status} {phrase}",
        "{status} - {phrase}",
        "{phrase} ({status})",
        "orders.client.HttpError: {status} {phrase}",
        "2026-06-01T08:55:30Z {status} {phrase}",
    ],
)
@pytest.mark.parametrize("status", [401, 403, 404, 503])
def test_a_line_that_is_a_status_and_its_phrase(line: str, status: int) -> None:
    text = line.format(status=status, phrase=HTTPStatus(status).phrase)
    (found,) = read(f"It says\n\n{text}\n").exchanges
    assert (found.response and found.response.status, found.call) == (status, None)


@pytest.mark.parametrize(
    "line",
    [
        "{status} {phrase} for url: {url}",
        "{status} {phrase}: {url}",
        "{url} {status}",
        "{status} {url}",
        "{url} [{status}] 120ms",
        "Error {status} ({phrase}) at {url}",
        "[2026-06-01 08:55:30,120] POST {url} {status} 318B",
    ],
)
@pytest.mark.parametrize("status", [401, 403, 404, 503])
def test_a_line_that_is_a_call_and_its_status(line: str, status: int) -> None:
    text = line.format(status=status, phrase=HTTPStatus(status).phrase, url=CALLED)
    (found,) = read(f"It says\n\n{text}\n").exchanges
    assert (found.response and found.response.status, found.call and found.call.url) == (status, CALLED)


URL = "https://quarry-k2v4zq7mxa-ew.a.run.app"

DOTNET_LOG = f"""info: System.Net.Http.HttpClient.stones.LogicalHandler[100]
      Start processing HTTP request POST {URL}/v1/items
trce: System.Net.Http.HttpClient.stones.ClientHandler[102]
      Request Headers:
      Authorization: *
      User-Agent: refit
info: System.Net.Http.HttpClient.stones.ClientHandler[101]
      Received HTTP response headers after 54.1234ms - 403
trce: System.Net.Http.HttpClient.stones.ClientHandler[103]
      Response Headers:
      Date: Mon, 01 Jun 2026 08:55:30 GMT
      Server: Google Frontend
"""
FARADAY = f"""I, [2026-06-01T08:55:30.120 #71]  INFO -- request: POST {URL}/v1/items
I, [2026-06-01T08:55:30.120 #71]  INFO -- request: User-Agent: "Faraday v2.9.0"
Authorization: "Bearer $T"
I, [2026-06-01T08:55:30.320 #71]  INFO -- response: Status 403
I, [2026-06-01T08:55:30.320 #71]  INFO -- response: date: "Mon, 01 Jun 2026 08:55:30 GMT"
server: "Google Frontend"
"""
RESTY = f"""~~~ REQUEST ~~~
POST  /v1/items  HTTP/1.1
HOST   : {URL.removeprefix("https://")}
HEADERS:
    Authorization: Bearer $T
    User-Agent: go-resty/2.13.1
------------------------------------------------------------------------------
~~~ RESPONSE ~~~
STATUS       : 403 Forbidden
PROTO        : HTTP/2.0
HEADERS      :
    Date: Mon, 01 Jun 2026 08:55:30 GMT
    Server: Google Frontend
"""
JAVA = f"""FINE: sun.net.www.MessageHeader@4b9af9a97 pairs: {{POST /v1/items HTTP/1.1: null}}{{Authorization: Bearer $T}}{{User-Agent: Java/17}}{{Host: {URL.removeprefix("https://")}}}
FINE: sun.net.www.MessageHeader@6193b845 pairs: {{null: HTTP/1.1 403 Forbidden}}{{Date: Mon, 01 Jun 2026 08:55:30 GMT}}{{Server: Google Frontend}}
"""
WGET = f"""$ wget -S --post-data=x --header="Authorization: Bearer $T" {URL}/v1/items
--2026-06-01 08:55:30--  {URL}/v1/items
HTTP request sent, awaiting response...
  HTTP/1.1 403 Forbidden
  date: Mon, 01 Jun 2026 08:55:30 GMT
  server: Google Frontend
2026-06-01 08:55:30 ERROR 403: Forbidden.
"""


@pytest.mark.parametrize(
    "text", [DOTNET_LOG, FARADAY, RESTY, JAVA, WGET], ids=["dotnet", "faraday", "resty", "java", "wget"]
)
def test_logs_of_libraries(text: Any) -> None:
    found = read(f"See:\n\n{text}\n").exchanges
    assert len(found) == 1
    assert found[0].call is not None
    assert (found[0].call.method, found[0].call.url) == ("POST", f"{URL}/v1/items")
    assert [(made.header, made.fault) for made in found[0].credentials] == [("authorization", None)]
    assert found[0].response is not None
    assert found[0].response.status == 403
    assert found[0].response.headers["server"] == "Google Frontend"


def test_powershell() -> None:
    text = f'PS C:\\> Invoke-RestMethod -Method Post -Uri {URL}/v1/items -Headers @{{Authorization="Bearer $t"; Accept="*/*"}}\nInvoke-RestMethod : The remote server returned an error: (403) Forbidden.\n+ Invoke-RestMethod -Method Post -Uri {URL}/v1/items\n'
    found = read(text).exchanges
    assert [
        (each.call.method, each.call.url, each.response.status) for each in found if each.call and each.response
    ] == [("POST", f"{URL}/v1/items", 403)]
    assert found[0].call is not None
    assert found[0].call.headers == {"authorization", "accept"}


@pytest.mark.parametrize(
    ("text", "status", "url"),
    [
        (f'FetchError: [GET] "{URL}/v1/items": 403 Forbidden', 403, f"{URL}/v1/items"),
        ('HTTP server responded with error code 403\nin step "call", routine "main", line: 7', 403, None),
        ("StatusCode: 401, ReasonPhrase: 'Unauthorized', Version: 1.1, Content: System.Net.Http.HttpConnectionResponseContent", 401, None),
        ("HTTPError: Response code 403 (Forbidden)", 403, None),
        ("Execution of ServiceCallout SC-Items failed. Reason: ResponseCode 403 is treated as error", 403, None),
        ("RestClient::Forbidden: 403 Forbidden", 403, None),
        ("#<Net::HTTPForbidden 403 Forbidden readbody=true>", 403, None),
        ("kiln.exceptions.ApiException: (403)\nReason: Forbidden", 403, None),
        ("[firebase_functions/unauthenticated] UNAUTHENTICATED", 401, None),
        ("FirebaseError: functions/permission-denied", 403, None),
        ("com.google.firebase.functions.FirebaseFunctionsException: UNAUTHENTICATED", 401, None),
        ('Error Domain=com.firebase.functions Code=16 "UNAUTHENTICATED"', 401, None),
        (f'{{"level":"error","statusCode":403,"url":"{URL}/v1/items","msg":"call failed"}}', 403, f"{URL}/v1/items"),
        (f'{{"name":"AxiosError","config":{{"baseURL":"{URL}","method":"post","url":"/v1/items"}},"code":"ERR_BAD_REQUEST","status":403}}', 403, f"{URL}/v1/items"),
        (f'{{"err":{{"config":{{"url":"{URL}/v1/items"}},"response":{{"status":401}}}},"msg":"call failed"}}', 401, f"{URL}/v1/items"),
    ],
)  # fmt: skip
def test_what_a_client_says_of_a_status(text: str, status: int, url: str | None) -> None:
    (found,) = read(f"{text}\n").exchanges
    assert found.response is not None
    assert (found.response.status, found.call and found.call.url) == (status, url)


@pytest.mark.parametrize(
    "text",
    [
        "if (error.code === 'functions/unauthenticated') {",
        "    res.status(403).send('Forbidden');",
        "throw new Error('Request failed with status code 403');",
        "    return new Response('Forbidden', {status: 403})",
        'raise RuntimeError(f"Error: 403 Forbidden for {url}")',
        "404",
        "We got 403 Forbidden there",
        "3. 403 Forbidden",
        f"see {URL} 404",
        f"{URL} took 403ms",
        "Forbidden",
        "403 means Forbidden",
        "It should return HTTP 401 for such a call.",
        "HTTP 403 means that the role is missing.",
        f'{{"url": "{URL}/v1/items", "status": 200}}',
        f'{{"url": "{URL}/v1/items", "status": "PENDING"}}',
    ],
)
def test_what_tells_of_no_failing_call(text: str) -> None:
    assert not read(f"{text}\n").exchanges


@pytest.mark.parametrize(
    "text",
    [
        'HTTP 403: {"error":"admins only"}',
        'request failed: status=403 body={"message": "no", "path": "/v1"}',
        'https://orders-abc123-uc.a.run.app/v1 -> 403 {"detail":"Not authenticated"}',
        'HTTP 403\n\n{\n  "detail": "Not authenticated"\n}',
        "<Response [403]>\n{'detail': 'Not authenticated', 'code': None}",
        'Response status 403: b\'{"error": "no"}\'',
        'StatusCode: 403 Forbidden\nResponse body: {"errors": ["no"]}',
    ],
)
def test_json_behind_a_status_is_its_answers_body(text: str) -> None:
    diagnosis = explain(text).diagnosis
    assert diagnosis.cause is not None
    assert (diagnosis.cause.rule, diagnosis.conclusion) == ("app/refused", "expected")


@pytest.mark.parametrize(
    "text",
    [
        'HTTP 403 {"level":"error","message":"call failed","service":"web"}',
        'HTTP 403 Forbidden {"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}',
        'HTTP 403\n{"aud": "https://orders-abc123-uc.a.run.app", "iss": "https://accounts.google.com"}',
        'HTTP 403: {"error":"Request failed with status code 403"}',
        'HTTP 403: {"error":"<html><head><title>Forbidden</title>"}',
        'HTTP 401 {"error":"invalid_grant","error_description":"Token has been revoked."}',
        'HTTP 403 and then some words, and {"error": "of another call"}',
    ],
)
def test_other_json_behind_a_status_is_not(text: str) -> None:
    assert explain(text).diagnosis.cause is None


if __name__ == "__main__":
    FILE.write_text(index(), encoding="utf-8")
