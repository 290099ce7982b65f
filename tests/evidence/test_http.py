# ruff: noqa: E501 - what programs print stands here as they print it
from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.evidence import Exchange, HeaderFault, Mint, PieceKind, Seen
from crauth_doctor.workflows.explain import explain

URL = "https://billing-123456789012.europe-west4.run.app/v1/items"
UNAUTHORIZED = """HTTP/2 401
www-authenticate: Bearer error="invalid_token" error_description="The access token could not be verified"
date: Mon, 01 Jun 2026 08:55:30 GMT
content-type: text/html; charset=UTF-8
server: Google Frontend
content-length: 303
"""


def only(text: str) -> Exchange:
    exchanges = read(text).exchanges
    assert len(exchanges) == 1
    return exchanges[0]


def test_curl_i_takes_status_headers_body_and_the_command_above(page_401: str, id_token: str) -> None:
    text = f"We tried this:\n\n$ curl -i -X POST {URL} -H \"Authorization: Bearer {id_token}\" -d '{{}}'\n{UNAUTHORIZED}\n\n{page_401}\n\nWhat now?"
    found = only(text)
    assert found.seen is Seen.CURL_HEADERS
    assert found.call is not None
    assert (found.call.method, found.call.url) == ("POST", URL)
    assert "authorization" in found.call.headers
    assert found.response is not None
    assert found.response.status == 401
    assert found.response.headers["server"] == "Google Frontend"
    assert found.response.body.startswith("<html>")
    assert found.response.body.endswith("</html>")
    assert found.at == 1780304130
    assert found.headers_known
    assert found.lines[0] == 3
    token = found.credentials[0].token
    assert token is not None
    assert token.email == "caller@acme-prod.iam.gserviceaccount.com"
    left = [text.splitlines()[first - 1] for first, last in read(text).unrecognised if first == last]
    assert left == ["We tried this:", "What now?"]


def verbose(token: str, page: str) -> str:
    return f"""* Host billing:443 was resolved.
* Connected to billing-123456789012.europe-west4.run.app (216.239.36.53) port 443
* using HTTP/2
* [HTTP/2] [1] OPENED stream for {URL}
> GET /v1/items HTTP/2
> Host: billing-123456789012.europe-west4.run.app
> User-Agent: curl/8.5.0
> Accept: */*
> Authorization: Bearer {token}
>
* Request completely sent off
< HTTP/2 403
< date: Mon, 01 Jun 2026 08:55:30 GMT
< content-type: text/html; charset=UTF-8
< content-length: 303
<

{page}
* Connection #0 to host billing left intact"""


def test_curl_v(page_403: str, id_token: str) -> None:
    found = only(verbose(id_token, page_403))
    assert found.seen is Seen.CURL_VERBOSE
    assert found.call is not None
    assert found.call.url == URL
    assert found.headers_known
    assert found.sent["user-agent"] == "curl/8.5.0"
    assert found.response is not None
    assert found.response.status == 403
    assert "get URL" in found.response.body


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="crlf"),
        pytest.param(lambda text: "\n".join(f"> {line}" for line in text.split("\n")), id="mail quoting"),
        pytest.param(lambda text: "\n".join(f"    {line}" for line in text.split("\n")), id="indented"),
        pytest.param(lambda text: f"Hi,\n```console\n{text}\n```\nthanks", id="fenced"),
        pytest.param(lambda text: text.replace("HTTP/2 403", "\x1b[1mHTTP/2\x1b[0m 403"), id="colours"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
    ],
)
def test_what_terminals_and_mailers_add_does_not_matter(change: Any, page_403: str, id_token: str) -> None:
    found = only(change(verbose(id_token, page_403)))
    assert found.response is not None
    assert (found.response.status, found.headers_known) == (403, True)
    assert found.call is not None
    assert found.call.url == URL
    assert found.credentials[0].token is not None


def test_a_token_that_the_terminal_wrapped_is_one_token(page_403: str, id_token: str) -> None:
    text = verbose(id_token, page_403)
    wrapped = "\n".join(line[i : i + 80] for line in text.split("\n") for i in range(0, max(len(line), 1), 80))
    token = only(wrapped).credentials[0].token
    assert token is not None
    assert token.audience == "https://billing-123456789012.europe-west4.run.app"


def test_several_exchanges_and_a_redirect() -> None:
    text = f"""$ curl -iL http://api.acme.example/v1/items
HTTP/1.1 301 Moved Permanently
Location: {URL}
Date: Mon, 01 Jun 2026 08:55:29 GMT
Content-Length: 0

HTTP/2 403
date: Mon, 01 Jun 2026 08:55:30 GMT
content-length: 0
"""
    first, second = read(text).exchanges
    assert first.call is not None
    assert second.call is not None
    assert (first.call.url, second.call.url, second.follows) == ("http://api.acme.example/v1/items", URL, 0)


def test_raw_request_and_response(page_401: str, id_token: str) -> None:
    text = f"POST /v1/items HTTP/1.1\nHost: {URL.split('/')[2]}\nAuthorization: Bearer {id_token}\nAccept: */*\n\n{UNAUTHORIZED}\n{page_401}"
    found = only(text)
    assert (found.seen, found.headers_known) == (Seen.RAW, True)
    assert found.call is not None
    assert (found.call.method, found.call.url) == ("POST", URL)
    assert found.failed


def test_a_request_without_an_answer_is_kept() -> None:
    found = only("> GET /api HTTP/1.1\n> host: localhost:5000\n> x-forwarded-host: shop.example\n>\n")
    assert found.response is None
    assert found.call is not None
    assert found.call.url == "http://localhost:5000/api"
    assert found.sent == {"host": "localhost:5000"}


def test_iap_body_in_plain_text() -> None:
    text = "HTTP/1.1 401 Unauthorized\nX-Goog-Iap-Generated-Response: true\nContent-Length: 45\n\nInvalid IAP credentials: Invalid JWT audience\n\nThe policy is right."
    found = only(text)
    assert found.response is not None
    assert found.response.body == "Invalid IAP credentials: Invalid JWT audience"


def test_head_has_no_body_and_prose_below_is_prose() -> None:
    evidence = read("$ curl -sI https://app.acme.example/\nHTTP/2 200\nx-powered-by: Next.js\n\nSo that one works.")
    assert evidence.exchanges[0].call is not None
    assert evidence.exchanges[0].call.method == "HEAD"
    assert evidence.unrecognised == ((5, 5),)


@pytest.mark.parametrize(
    ("command", "mint", "audience", "account"),
    [
        ('-H "Authorization: Bearer $(gcloud auth print-identity-token)"', Mint.GCLOUD_IDENTITY, None, None),
        ('-H "Authorization: Bearer $(gcloud auth print-access-token)"', Mint.GCLOUD_ACCESS, None, None),
        (
            '-H "Authorization: Bearer $(gcloud auth print-identity-token --impersonate-service-account=a@p.iam.gserviceaccount.com --audiences=https://x.run.app)"',
            Mint.GCLOUD_IDENTITY,
            "https://x.run.app",
            "a@p.iam.gserviceaccount.com",
        ),
        (
            "-H \"Authorization: Bearer $(curl -s -H 'Metadata-Flavor: Google' 'http://metadata/computeMetadata/v1/instance/service-accounts/default/identity?audience=https://x.run.app/a&format=full')\"",
            Mint.METADATA_IDENTITY,
            "https://x.run.app/a",
            None,
        ),
    ],
)
def test_what_makes_the_token_on_the_command_line(command: Any, mint: Any, audience: Any, account: Any) -> None:
    found = only(f"$ curl {URL} {command}\n")
    assert found.expression is not None
    assert (found.expression.mint, found.expression.audience, found.expression.impersonates) == (
        mint,
        audience,
        account,
    )
    assert found.credentials[0].header == "authorization"
    assert found.credentials[0].token is None
    assert found.credentials[0].fault is None


def test_variables_and_continued_lines() -> None:
    text = f'export BASE={URL}\nTOKEN=$(gcloud auth print-access-token)\ncurl -s \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -X DELETE "$BASE/7"\n'
    found = only(text)
    assert found.call is not None
    assert (found.call.method, found.call.url) == ("DELETE", f"{URL}/7")
    assert found.expression is not None
    assert found.expression.mint is Mint.GCLOUD_ACCESS


def test_the_code_that_curl_writes_out() -> None:
    found = only(
        '$ curl -s -o /dev/null -w "%{http_code}\\n" https://a-uc.a.run.app/ -H "Host: auth.example.com"\n404\n'
    )
    assert found.response is not None
    assert found.response.status == 404
    assert found.sent == {"host": "auth.example.com"}


@pytest.mark.parametrize("told", ["-> 403", "=> HTTP 403 Forbidden", "  # 403", "\u2192 HTTP/2 403 (Google page)"])
def test_the_status_that_is_written_behind_a_command(told: str) -> None:
    (made,) = read(f'$ curl -H "Authorization: Bearer $T" https://a-abc-uc.a.run.app/x {told}\n').exchanges
    assert made.call is not None
    assert made.call.url == "https://a-abc-uc.a.run.app/x"
    assert made.response is not None
    assert made.response.status == 403


@pytest.mark.parametrize("command", ["curl -d 'a -> 404' https://a.run.app/x", "curl https://a.run.app/x # port 404x"])
def test_a_number_in_a_command_is_no_status(command: str) -> None:
    (made,) = read(f"$ {command}\n").exchanges
    assert made.response is None


def test_httpie_and_wget() -> None:
    assert (
        only("$ http POST https://a-uc.a.run.app/x Authorization:'Bearer undefined' a=1").credentials[0].fault
        is HeaderFault.PLACEHOLDER
    )
    text = "$ wget https://a-uc.a.run.app/x\nHTTP request sent, awaiting response... 403 Forbidden\n2026-06-01 08:00:00 ERROR 403: Forbidden.\n"
    assert {each.response.status for each in read(text).exchanges if each.response} == {403}


@pytest.mark.parametrize(
    ("text", "status", "path"),
    [
        (
            "Error: Forbidden\nYour client does not have permission to get URL /v1/items from this server.",
            403,
            "/v1/items",
        ),
        (
            "<h2>Your client does not have permission to the requested URL <code>/v1/items</code>.</h2>",
            401,
            "/v1/items",
        ),
        ("Error: Page not found\nThe requested URL was not found on this server.", 404, None),
        ("Error: Forbidden\nAccess is forbidden.", 403, None),
        ("Invalid IAP credentials: JWT signature is invalid", 401, None),
    ],
)
def test_words_of_googles_pages_tell_the_status(text: Any, status: Any, path: Any) -> None:
    found = only(f"Opening https://a-uc.a.run.app{path or '/z'} gives\n\n{text}\n")
    assert found.response is not None
    assert found.response.status == status
    if path:
        assert found.call is not None
        assert found.call.url == f"https://a-uc.a.run.app{path}"


def test_a_page_without_anything_around_it(page_404: str) -> None:
    found = only(page_404)
    assert (found.seen, found.response and found.response.status) == (Seen.BODY, 404)


def test_a_page_that_a_client_cuts_is_its_answers_body(page_403: str) -> None:
    begins = " ".join(page_403.split())[:150]
    line = f"Exception: Request failed for https://a-uc.a.run.app returned code 403. Truncated server response: {begins}..."
    found = only(f"{line} (use muteHttpExceptions option)\n").response
    assert found is not None
    assert found.body.startswith("<html><head>")
    assert not found.complete


def test_a_page_with_its_path_finds_its_url(page_401: str) -> None:
    text = f"GET https://convert-k2.a.run.app/v1/items\nError: Invalid JSON response:\n\n{page_401}"
    found = only(text).call
    assert found is not None
    assert found.url == "https://convert-k2.a.run.app/v1/items"
    other = f"const base = 'https://convert-k2.a.run.app'\nError: Invalid JSON response:\n\n{page_401}"
    assert only(other).call is None  # the page may be another service's


@pytest.mark.parametrize(
    ("line", "status", "url"),
    [
        (f'INFO httpx: HTTP Request: POST {URL} "HTTP/1.1 401 Unauthorized"', 401, URL),
        ('DEBUG urllib3.connectionpool https://a.run.app:443 "GET /x HTTP/1.1" 403 295', 403, "https://a.run.app/x"),
        (f"requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: {URL}", 403, URL),
        (f"httpx.HTTPStatusError: Client error '401 Unauthorized' for url '{URL}'", 401, URL),
        (f"aiohttp.client_exceptions.ClientResponseError: 404, message='Not Found', url=URL('{URL}')", 404, URL),
        (f"Client error: `GET {URL}` resulted in a `403 Forbidden` response", 403, URL),
        (f"feign.FeignException$Forbidden: [403 Forbidden] during [GET] to [{URL}] [Items#list()]", 403, URL),
        (f"WebClientResponseException$Unauthorized: 401 Unauthorized from GET {URL}", 401, URL),
        (f"Error: unexpected status 403 from {URL}", 403, URL),
        (f"POST {URL} 401 (Unauthorized)", 401, URL),
        (f"GET {URL} -> 404: an HTML page", 404, URL),
        (f"call failed httpStatus=403 url={URL}", 403, URL),
        ("push_request_count response_class=invalid response_code=404", 404, None),
        (f"responseCode: 401, endpoint {URL}", 401, URL),
        (f'{{"http_code":403,"method":"GET","response_code":403,"scheme":"HTTPS","url_effective":"{URL}"}}', 403, URL),
        ("AxiosError: Request failed with status code 401", 401, None),
        ("com.google.api.client.http.HttpResponseException: 403 Forbidden", 403, None),
        ("Response status code does not indicate success: 403 (Forbidden).", 403, None),
        ("curl: (22) The requested URL returned error: 401", 401, None),
        ("got HTTP 403", 403, None),
    ],
)
def test_one_line_that_tells_a_status(line: Any, status: Any, url: Any) -> None:
    found = only(line)
    assert found.response is not None
    assert found.response.status == status
    assert (found.call.url if found.call else None) == url


def test_java_names_the_call_on_the_next_line() -> None:
    found = only(
        f"com.google.api.client.http.HttpResponseException: 503 Service Unavailable\nPOST {URL}\nService Unavailable\n\tat a.B.c(B.java:1)"
    )
    assert found.call is not None
    assert (found.call.method, found.call.url) == ("POST", URL)


def test_times_of_log_lines() -> None:
    line = '2026-08-19 09:03:31,557 INFO httpx: HTTP Request: GET https://a.run.app/ "HTTP/1.1 200 OK"'
    assert only(line).at == 1787130211


def test_a_status_line_and_the_block_below_it_are_one_exchange(page_401: str) -> None:
    text = f"httpx.HTTPStatusError: Client error '401 Unauthorized' for url '{URL}'\n\n{UNAUTHORIZED}\n{page_401}"
    found = only(text)
    assert found.call is not None
    assert found.call.url == URL
    assert found.response is not None
    assert "www-authenticate" in found.response.headers


def test_cors_in_the_browser() -> None:
    text = "Access to fetch at 'https://a.run.app/x' from origin 'https://shop.example' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    found = only(text)
    assert found.call is not None
    assert (found.call.method, set(found.call.headers), found.response) == ("OPTIONS", {"origin"}, None)


def test_axios(id_token: str) -> None:
    text = f"""AxiosError: Request failed with status code 401
    at settle (/app/node_modules/axios/dist/node/axios.cjs:2049:12) {{
  code: 'ERR_BAD_REQUEST',
  config: {{
    headers: Object [AxiosHeaders] {{
      Accept: 'application/json',
      Authorization: 'Bearer Bearer {id_token}',
      'User-Agent': 'axios/1.7.9'
    }},
    baseURL: 'https://ocr-1.run.app',
    method: 'post',
    url: '/v1/scan',
    data: '{{"password":"hunter2"}}'
  }},
  response: {{
    status: 401,
    headers: Object [AxiosHeaders] {{
      date: 'Wed, 04 Mar 2026 22:47:15 GMT',
      server: 'Google Frontend'
    }},
    data: '\\n<html><head>\\n<title>401 Unauthorized</title>\\n</html>\\n'
  }},
  status: 401
}}
That is all."""
    found = only(text)
    assert found.call is not None
    assert (found.call.method, found.call.url) == ("POST", "https://ocr-1.run.app/v1/scan")
    assert found.credentials[0].fault is HeaderFault.DOUBLED_SCHEME
    assert found.credentials[0].token is not None
    assert found.response is not None
    assert (found.response.status, found.response.headers["server"]) == (401, "Google Frontend")
    assert "<title>401" in found.response.body
    assert found.at == 1772664435
    assert "hunter2" not in repr(read(text))


def test_gaxios() -> None:
    text = """GaxiosError: <html>403</html>
    at Gaxios._request (/srv/node_modules/gaxios/build/src/gaxios.js:142:23) {
  config: {
    url: 'https://a.run.app/tasks',
    method: 'GET',
    headers: { Authorization: 'Bearer eyJhbGciOi...', 'User-Agent': 'google-api-nodejs-client' }
  },
  response: {
    data: 'nope',
    headers: { 'content-type': 'text/html', date: 'Wed, 04 Mar 2026 22:47:15 GMT' },
    status: 403,
    statusText: 'Forbidden',
    request: { responseURL: 'https://a.run.app/tasks' }
  },
  code: '403'
}"""
    found = only(text)
    assert found.call is not None
    assert found.call.url == "https://a.run.app/tasks"
    assert found.response is not None
    assert found.response.status == 403
    assert (found.credentials[0].token, found.credentials[0].fault) == (None, None)


def test_dio(page_401: str, id_token: str) -> None:
    text = f"""DioException [bad response]: This exception was thrown because the response has a status code of 401.
uri: https://chat.acme.example/v1/items
headers:
 Authorization: Bearer {id_token}
 accept: text/event-stream
Response Text:
{page_401}

response headers: {{www-authenticate: [Bearer error="invalid_token"], date: [Thu, 19 Mar 2026 15:02:44 GMT], content-length: [302]}}"""
    found = only(text)
    assert found.call is not None
    assert found.call.url == "https://chat.acme.example/v1/items"
    assert found.credentials[0].token is not None
    assert found.response is not None
    assert found.response.headers["content-length"] == "302"
    assert found.at == 1773932564


def test_pieces_are_listed_in_order_with_their_lines(page_403: str, id_token: str) -> None:
    pieces = read(f"hello\n{verbose(id_token, page_403)}\n\nGET https://a.run.app/ -> 404\n").pieces
    assert [piece.kind for piece in pieces] == [PieceKind.EXCHANGE, PieceKind.STATUS]
    assert pieces[0].lines[0] == 2


@pytest.mark.parametrize(
    "command",
    [
        'curl -i -H "…" URL',
        "curl -i -H @headers.txt URL",
        'curl -i -H "$HEADER" URL',
        'curl -i "${OPTIONS[@]}" URL',
        "curl -i $OPTIONS URL",
        "curl -i $(options) URL",
        "curl -i [...] URL",
        "curl -i <headers> URL",
        'curl -i --expand-header "Authorization: Bearer {{token}}" URL',
        "http -A bearer -a $TOKEN URL",
        "http --session=me URL",
        'wget -S --header="$HEADER" URL',
        "Invoke-WebRequest -Uri URL -Authentication Bearer -Token $t",
    ],
)
def test_a_command_that_may_send_more_than_it_shows_does_not_show_that_no_token_was_sent(command: str) -> None:
    made = only(f"$ {command.replace('URL', 'https://billing-1.us-central1.run.app/')}\nHTTP/2 403\n")
    assert not made.headers_known


@pytest.mark.parametrize(
    "command",
    [
        "curl -i URL",
        'curl -sS -i -X POST -d "$BODY" URL',
        'curl -i -A me --retry 3 -w "%{http_code}" -H "Accept: text/html" URL',
        "http POST URL name=x",
        "wget -S URL",
        "Invoke-WebRequest -Uri URL -Method POST",
    ],
)
def test_a_command_that_shows_all_that_it_sends(command: str) -> None:
    made = only(f"$ {command.replace('URL', 'https://billing-1.us-central1.run.app/')}\nHTTP/2 403\n")
    assert made.headers_known


REFUSED = 'Bearer error="invalid_token" error_description="The access token could not be verified"'


@pytest.mark.parametrize(
    "line", [f"www-authenticate: {REFUSED}", f"// WWW-Authenticate: {REFUSED}", f"'www-authenticate': '{REFUSED}',"]
)
def test_the_front_ends_own_header_is_an_answer(line: str) -> None:
    found = read(f"The import fails:\n\n{line}\n").exchanges
    assert [(each.response.status, dict(each.response.headers)) for each in found if each.response] == [
        (401, {"www-authenticate": REFUSED})
    ]


@pytest.mark.parametrize(
    "prompt",
    [
        "ann@cloudshell:~ (acme-prod)$ ", "ann@cloudshell:~/shop (acme-prod-123)$ ", "[ann@build-1 shop]$ ", "ann@mini shop % ",
        "(venv) ann@build-1:~/shop$ ", "root@a1b2c3:/app# ", "~/shop > ", "PS C:\\shop> ",
    ],
)  # fmt: skip
def test_a_command_behind_a_shells_prompt(prompt: str) -> None:
    (found,) = read(f"{prompt}curl -i {URL}\nHTTP/2 403\n").exchanges
    assert found.call is not None
    assert found.call.url == URL


@pytest.mark.parametrize("between", ["", "\n", "Accept: */*\n\n"])
def test_a_request_line_without_a_version(between: str) -> None:
    (found,) = read(f"POST http://a-b1-uc.a.run.app/v1\n{between}HTTP/1.1 302 Found\nlocation: https://x\n").exchanges
    assert found.call is not None
    assert (found.call.method, found.call.url) == ("POST", "http://a-b1-uc.a.run.app/v1")
    assert not found.headers_known


def test_a_line_of_that_form_without_an_answer_below_is_no_request() -> None:
    assert not [each for each in read("GET https://a-b1-uc.a.run.app/v1\nsays 403\n").exchanges if each.headers_known]


LACKS = (
    '{"textPayload": "The request was not authenticated. The IAM principal lacks {run.routes.invoke} permission.", '
    '"httpRequest": {"status": 403, "requestUrl": "https://a-b1-uc.a.run.app/v1"}, "severity": "WARNING", '
    '"resource": {"type": "cloud_run_revision"}, "logName": "projects/p/logs/run.googleapis.com%2Frequests"}'
)


@pytest.mark.parametrize(
    ("host", "log", "cause"),
    [
        ("a-1x2y.ew.gateway.dev", "", None),
        ("a-1x2y.ew.gateway.dev", LACKS, "iam/missing-invoker"),
        ("a-b1-uc.a.run.app", LACKS, "iam/missing-invoker"),
        ("a-b1-uc.a.run.app", "", "token/missing"),
    ],
)
def test_what_was_sent_is_not_always_what_arrived(host: str, log: str, cause: str | None, page_403: str) -> None:
    text = f"$ curl -i https://{host}/v1\nHTTP/2 403\nserver: Google Frontend\n\n{page_403}\n{log}\n"
    found = explain(text).diagnosis.cause
    assert (found.rule if found else None) == cause
