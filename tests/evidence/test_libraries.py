# ruff: noqa: E501 - what programs print stands here as they print it
"""What libraries log of a call, each in its own way."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.evidence import read

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
        (f"A request to {URL}/v1/items failed: 403", 403, f"{URL}/v1/items"),
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
        "It should return HTTP 401 for such a call.",
        "HTTP 403 means that the role is missing.",
        f'{{"url": "{URL}/v1/items", "status": 200}}',
        f'{{"url": "{URL}/v1/items", "status": "PENDING"}}',
    ],
)
def test_what_tells_of_no_failing_call(text: str) -> None:
    assert not read(f"{text}\n").exchanges
