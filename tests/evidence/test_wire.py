# ruff: noqa: E501 - what programs print stands here as they print it
"""Calls as libraries print what goes over the wire."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.evidence import Exchange
from crauth_doctor.model.fact import Absent
from crauth_doctor.workflows.explain import facts_of

HOST = "ledger-k2v4zq7mxa-ew.a.run.app"
DATE = "Tue, 02 Jun 2026 05:12:09 GMT"
CHALLENGE = 'Bearer error="invalid_token" error_description="The access token could not be verified"'
QUOTED = CHALLENGE.replace('"', '\\"')

RUBY = f"""opening connection to {HOST}:443...
opened
<- "GET /v1/entries?page=2 HTTP/1.1\\r\\nAccept: */*\\r\\nAuthorization: Bearer TOKEN\\r\\nHost: {HOST}\\r\\n\\r\\n"
-> "HTTP/1.1 401 Unauthorized\\r\\n"
-> "www-authenticate: {QUOTED}\\r\\n"
-> "date: {DATE}\\r\\n"
-> "server: Google Frontend\\r\\n"
reading 304 bytes...
"""
PYTHON = f"""send: b'GET /v1/entries?page=2 HTTP/1.1\\r\\nHost: {HOST}\\r\\nUser-Agent: python-requests/2.32.3\\r\\nAuthorization: Bearer TOKEN\\r\\n\\r\\n'
reply: 'HTTP/1.1 401 Unauthorized\\r\\n'
header: www-authenticate: {CHALLENGE}
header: date: {DATE}
header: server: Google Frontend
DEBUG:urllib3.connectionpool:https://{HOST}:443 "GET /v1/entries?page=2 HTTP/1.1" 401 304
"""
APACHE = f"""2026-06-02 05:12:08,991 DEBUG o.a.h.headers - http-outgoing-3 >> GET /v1/entries?page=2 HTTP/1.1
2026-06-02 05:12:08,991 DEBUG o.a.h.headers - http-outgoing-3 >> Host: {HOST}
2026-06-02 05:12:08,991 DEBUG o.a.h.headers - http-outgoing-3 >> Authorization: Bearer TOKEN
2026-06-02 05:12:08,991 DEBUG o.a.h.wire - http-outgoing-3 >> "GET /v1/entries?page=2 HTTP/1.1[\\r][\\n]"
2026-06-02 05:12:08,991 DEBUG o.a.h.wire - http-outgoing-3 >> "Host: {HOST}[\\r][\\n]"
2026-06-02 05:12:09,120 DEBUG o.a.h.headers - http-outgoing-3 << HTTP/1.1 401 Unauthorized
2026-06-02 05:12:09,120 DEBUG o.a.h.headers - http-outgoing-3 << www-authenticate: {CHALLENGE}
2026-06-02 05:12:09,120 DEBUG o.a.h.headers - http-outgoing-3 << date: {DATE}
2026-06-02 05:12:09,120 DEBUG o.a.h.headers - http-outgoing-3 << server: Google Frontend
"""
OKHTTP = f"""--> GET https://{HOST}/v1/entries?page=2
Authorization: Bearer TOKEN
Host: {HOST}
--> END GET
<-- 401 https://{HOST}/v1/entries?page=2 (129ms)
www-authenticate: {CHALLENGE}
date: {DATE}
server: Google Frontend
<-- END HTTP (304-byte body)
"""
ANDROID = "".join(f"D/OkHttp: {line}\n" for line in OKHTTP.splitlines())
LOGCAT = "".join(f"06-02 05:12:09.120  4821  4903 I okhttp.OkHttpClient: {line}\n" for line in OKHTTP.splitlines())
GO = f"""2026/06/02 05:12:08 GET /v1/entries?page=2 HTTP/1.1
Host: {HOST}
User-Agent: Go-http-client/1.1
Authorization: Bearer TOKEN
Accept-Encoding: gzip

2026/06/02 05:12:09 HTTP/2.0 401 Unauthorized
Date: {DATE}
Server: Google Frontend
Www-Authenticate: {CHALLENGE}

"""
GO_QUOTED = f"""2026/06/02 05:12:08 "GET /v1/entries?page=2 HTTP/1.1\\r\\nHost: {HOST}\\r\\nAuthorization: Bearer TOKEN\\r\\n\\r\\n"
2026/06/02 05:12:09 "HTTP/2.0 401 Unauthorized\\r\\nDate: {DATE}\\r\\nServer: Google Frontend\\r\\nWww-Authenticate: {QUOTED}\\r\\n\\r\\n"
"""
WITH_ARROW = f"""2026/06/02 05:12:08 GET /v1/entries?page=2 HTTP/1.1
Host: {HOST}
Authorization: Bearer TOKEN

2026/06/02 05:12:09 <- 401 Unauthorized
2026/06/02 05:12:09 Date: {DATE}
2026/06/02 05:12:09 Www-Authenticate: {CHALLENGE}
"""
HTTP_2 = f"""* [HTTP/2] [1] OPENED stream for https://{HOST}/v1/entries?page=2
* [HTTP/2] [1] [:method: GET]
* [HTTP/2] [1] [authorization: Bearer TOKEN]
> GET /v1/entries?page=2 HTTP/2
> Host: {HOST}
> User-Agent: curl/8.5.0
>
< HTTP/2 401
< www-authenticate: {CHALLENGE}
< date: {DATE}
< server: Google Frontend
<
"""
STYLES = {
    "ruby": RUBY, "python": PYTHON, "apache": APACHE, "okhttp": OKHTTP, "android": ANDROID, "logcat": LOGCAT,
    "go": GO, "go-quoted": GO_QUOTED, "arrow": WITH_ARROW, "http2": HTTP_2,
}  # fmt: skip


def failing(text: str) -> Exchange:
    found = [each for each in read(text).exchanges if each.failed]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("style", STYLES)
def test_each_style_is_one_whole_call(style: Any, id_token: str) -> None:
    found = failing("It fails so:\n\n" + STYLES[style].replace("TOKEN", id_token) + "\nWhy?\n")
    assert found.call is not None
    assert found.call.url == f"https://{HOST}/v1/entries?page=…"
    assert found.call.method == "GET"
    assert found.response is not None
    assert found.response.status == 401
    assert found.response.headers["www-authenticate"] == CHALLENGE
    assert found.at == 1780377129
    assert [made.fault for made in found.credentials] == [None]
    assert found.credentials[0].token is not None
    assert found.credentials[0].token.email == "caller@acme-prod.iam.gserviceaccount.com"


def test_a_body_in_plain_text_is_kept_and_the_lengths_of_its_parts_are_not() -> None:
    found = failing(RUBY + '-> "\\r\\n"\n-> "f\\r\\n"\nreading 15 bytes...\n-> "no such tenant\\n"\n-> "0\\r\\n"\n')
    assert found.response is not None
    assert found.response.body.strip() == "no such tenant"


def test_requests_of_which_each_is_written_in_one_piece_are_several() -> None:
    ask = f"GET /a HTTP/1.1\\r\\nHost: {HOST}\\r\\n\\r\\n"
    found = read(f'send: b"{ask}"\nsend: b"{ask}"\nreply: \'HTTP/1.1 403 Forbidden\\r\\n\'\n').exchanges
    assert [each.response.status if each.response else None for each in found] == [None, 403]


@pytest.mark.parametrize("style", STYLES)
def test_no_token_stays(style: Any, id_token: str) -> None:
    assert id_token[-20:] not in repr(read(STYLES[style].replace("TOKEN", id_token)))


def test_the_tunnel_of_a_proxy_is_no_answer(page_403: str) -> None:
    text = f"""HTTP/1.1 200 Connection established

HTTP/2 403
date: {DATE}
content-type: text/html; charset=UTF-8
server: Google Frontend

{page_403}
"""
    found = read(f"$ curl -i https://{HOST}/v1/items\n{text}").exchanges
    assert [each.response.status for each in found if each.response] == [403]


def test_a_connect_request_is_no_call(page_403: str) -> None:
    text = f"""> CONNECT {HOST}:443 HTTP/1.1
> Host: {HOST}:443
> Proxy-Connection: Keep-Alive
>
< HTTP/1.1 200 Connection established
<
> GET /v1/items HTTP/2
> Host: {HOST}
> User-Agent: curl/8.5.0
>
< HTTP/2 403
< date: {DATE}
<
{page_403}
"""
    found = read(text).exchanges
    assert [each.call.method for each in found if each.call] == ["GET"]


def test_a_token_taken_out_of_the_output_was_sent_all_the_same() -> None:
    text = f'$ curl -v -H "Authorization: Bearer $T" https://{HOST}/\n> GET / HTTP/2\n> Host: {HOST}\n> Accept: */*\n>\n< HTTP/2 403\n< date: {DATE}\n<\n'
    assert failing(text).credentials


def test_a_local_proxy_that_says_where_it_leads() -> None:
    text = f"http://127.0.0.1:8081 proxies to https://{HOST}\n\n$ curl -i http://127.0.0.1:8081/a\nHTTP/1.1 404 Not Found\nDate: {DATE}\n\n"
    found = failing(text)
    assert found.call is not None
    assert found.call.url == f"https://{HOST}/a"


@pytest.mark.parametrize("leads", [f"http://127.0.0.1:8081 proxies to https://{HOST}\n\n", ""])
@pytest.mark.parametrize(
    "call", ["curl -i http://127.0.0.1:8081/a", "curl -i localhost:8081/a", "curl -v http://localhost:8081/a"]
)
def test_what_a_local_proxy_is_called_with_is_not_what_arrives(leads: Any, call: Any, page_403: Any) -> None:
    text = f"{leads}$ {call}\nHTTP/1.1 403 Forbidden\nDate: {DATE}\nServer: Google Frontend\n\n{page_403}\n"
    assert not isinstance(facts_of(read(text)).token, Absent)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("rpc error: code = PermissionDenied desc = unexpected HTTP status code received from server: 403 (Forbidden)", 403),
        ("ERROR:\n  Code: Unauthenticated\n  Message: unexpected HTTP status code received from server: 401 (Unauthorized)", 401),
        ("java.io.IOException: Server returned HTTP response code: 403 for URL: https://a-b.a.run.app/x", 403),
        ("Invoke-WebRequest : The remote server returned an error: (401) Unauthorized.", 401),
        ("<ClientResponse(https://a-b.a.run.app/x) [404 Not Found]>", 404),
    ],
)  # fmt: skip
def test_lines_that_tell_a_status(text: Any, status: Any) -> None:
    found = facts_of(read(text + "\n")).seen
    assert getattr(found, "value").status == status  # noqa: B009 - a fact of any kind
