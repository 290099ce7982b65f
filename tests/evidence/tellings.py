# ruff: noqa: E501 - what programs print stands here as they print it
"""More ways in which an exchange is told: by tools and libraries, and by what keeps and passes on what those say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

import yaml


class Exchange(Protocol):
    """A call and its answer."""

    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def sent(self) -> dict[str, str]: ...
    @property
    def got(self) -> dict[str, str]: ...


def _head(mapping: Mapping[str, str], mark: str = "") -> str:
    return "\n".join(f"{mark}{name}: {text}" for name, text in mapping.items())


def _host(e: Exchange) -> str:
    return urlsplit(e.url).netloc


def powershell(e: Exchange) -> str:
    bearer = ' -Headers @{Authorization="Bearer $token"}' if e.token else ""
    return (
        f"PS C:\\> Invoke-WebRequest -Uri {e.url}{bearer}\n"
        f"Invoke-WebRequest : The remote server returned an error: ({e.status}) {e.reason}.\n"
        "At line:1 char:1\n"
        f"+ Invoke-WebRequest -Uri {e.url}{bearer}\n"
        "+ ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "    + CategoryInfo          : InvalidOperation: (System.Net.HttpWebRequest:HttpWebRequest) "
        "[Invoke-WebRequest], WebException\n"
        "    + FullyQualifiedErrorId : WebCmdletWebResponseException,"
        "Microsoft.PowerShell.Commands.InvokeWebRequestCommand\n"
    )


def postman(e: Exchange) -> str:
    told = {
        "Network": {"addresses": {"remote": {"address": "216.239.36.53", "family": "IPv4", "port": 443}}},
        "Request Headers": e.sent,
        "Response Headers": e.got,
        "Response Body": e.body,
    }
    return f"GET {e.url}: {json.dumps(told, indent=2)}\n"


def insomnia(e: Exchange) -> str:
    return (
        f"* Preparing request to {e.url}\n* Current time is 2026-06-01T08:55:30.000Z\n* Enable automatic URL encoding\n"
        f"* Connected to {_host(e)} (216.239.36.53) port 443 (#0)\n\n"
        f"> GET {e.path} HTTP/2\n{_head(e.sent, '> ')}\n\n"
        f"< HTTP/2 {e.status} \n{_head(e.got, '< ')}\n\n\n* Received {len(e.body)} B chunk\n* Connection #0 left intact\n\n{e.body}\n"
    )


def wget(e: Exchange) -> str:
    bearer = f'--header="Authorization: Bearer {e.token}" ' if e.token else ""
    return (
        f"$ wget -S {bearer}{e.url}\n--2026-06-01 08:55:30--  {e.url}\n"
        f"Resolving {_host(e)} ({_host(e)})... 216.239.36.53, 216.239.38.53\n"
        f"Connecting to {_host(e)} ({_host(e)})|216.239.36.53|:443... connected.\nHTTP request sent, awaiting response... \n"
        f"  HTTP/1.1 {e.status} {e.reason}\n{_head(e.got, '  ')}\n"
        f"2026-06-01 08:55:30 ERROR {e.status}: {e.reason}.\n\n"
    )


def k6(e: Exchange) -> str:
    return (
        f"INFO[0000] Request:\nGET {e.path} HTTP/1.1\n{_head(e.sent)}\n\n  group= iter=0 request_id=ab12 scenario=default source=http-debug vu=1\n"
        f"INFO[0000] Response:\nHTTP/2.0 {e.status} {e.reason}\n{_head(e.got)}\n\n{e.body}\n"
        "  group= iter=0 request_id=ab12 scenario=default source=http-debug vu=1\n"
    )


def go_dump(e: Exchange) -> str:
    asked = (
        f"GET {e.path} HTTP/1.1\r\n" + "".join(f"{name.title()}: {text}\r\n" for name, text in e.sent.items()) + "\r\n"
    )
    got = f"HTTP/2.0 {e.status} {e.reason}\r\n" + "".join(f"{name.title()}: {text}\r\n" for name, text in e.got.items())
    return (
        f"2026/06/01 08:55:30 request: {json.dumps(asked)}\n"
        f"2026/06/01 08:55:30 response: {json.dumps(got + chr(13) + chr(10) + e.body)}\n"
    )


def java(e: Exchange) -> str:
    said = "Jun 01, 2026 8:55:30 AM jdk.internal.net.http.Http1Request logHeaders"
    got = "".join(f"    {name}: {text}\n" for name, text in e.got.items())
    return (
        f"{said}\nINFO: HEADERS: REQUEST HEADERS:\nGET {e.path} HTTP/1.1\n{_head(e.sent)}\n\n\n"
        f"{said}\nINFO: HEADERS: RESPONSE HEADERS:\n    :status: {e.status}\n{got}\n"
        f"{said}\nINFO: RESPONSE: (GET {e.url}) {e.status} HTTP_2 Local port:  50214\n"
    )


def dotnet_log(e: Exchange) -> str:
    kind = "System.Net.Http.HttpClient.orders.ClientHandler"
    sent, got = (_head({k.title(): v for k, v in one.items()}, "      ") for one in (e.sent, e.got))
    return (
        f"info: {kind}[100]\n      Sending HTTP request GET {e.url}\ntrce: {kind}[102]\n      Request Headers:\n{sent}\n"
        f"info: {kind}[101]\n      Received HTTP response headers after 40.2ms - {e.status}\ntrce: {kind}[103]\n"
        f"      Response Headers:\n{got}\n"
    )


def reqwest(e: Exchange) -> str:
    got = ", ".join(f'"{name}": {json.dumps(text)}' for name, text in e.got.items())
    return f'Response {{ url: "{e.url}", status: {e.status}, headers: {{{got}}} }}\n{e.body}\n'


def _literal(mapping: Mapping[str, str], indent: str) -> str:
    return "".join(f"{indent}'{name}': {json.dumps(text)},\n" for name, text in mapping.items())


def undici(e: Exchange) -> str:
    return (
        f"GET {e.url}\nResponseStatusCodeError: Response status code {e.status}: {e.reason}\n"
        "    at getResolveErrorBodyCallback (node:internal/deps/undici/undici:5324:9) {\n"
        f"  code: 'UND_ERR_RESPONSE_STATUS_CODE',\n  body: {json.dumps(e.body)},\n  status: {e.status},\n"
        f"  statusCode: {e.status},\n  headers: {{\n{_literal(e.got, '    ')}  }}\n}}\n"
    )


def axios_dump(e: Exchange) -> str:
    return (
        f"AxiosError: Request failed with status code {e.status}\n    at settle (file:///app/node_modules/axios/lib/core/settle.js:19:12) {{\n"
        f"  code: 'ERR_BAD_REQUEST',\n  config: {{\n    method: 'get',\n    url: '{e.url}',\n    headers: {{\n{_literal(e.sent, '      ')}    }}\n  }},\n"
        f"  response: {{\n    status: {e.status},\n    statusText: '{e.reason}',\n    headers: {{\n{_literal(e.got, '      ')}    }},\n"
        f"    data: {json.dumps(e.body)}\n  }}\n}}\n"
    )


def got(e: Exchange) -> str:
    return (
        f"HTTPError: Response code {e.status} ({e.reason})\n    at Request.<anonymous> (/app/node_modules/got/dist/source/as-promise/index.js:118:42) {{\n"
        f"  code: 'ERR_NON_2XX_3XX_RESPONSE',\n  options: {{ method: 'GET', url: '{e.url}' }},\n"
        f"  response: {{ statusCode: {e.status}, statusMessage: '{e.reason}', headers: {{\n{_literal(e.got, '    ')}  }}, body: {json.dumps(e.body)} }}\n}}\n"
    )


def chrome(e: Exchange) -> str:
    return (
        f"Request URL\n{e.url}\nRequest Method\nGET\nStatus Code\n{e.status} {e.reason}\nRemote Address\n216.239.36.53:443\n"
        f"Referrer Policy\nstrict-origin-when-cross-origin\n{_head(e.got)}\n\n{e.body}\n"
    )


def as_curl(e: Exchange) -> str:
    asked = "".join(f" \\\n  -H '{name}: {text}'" for name, text in e.sent.items() if name != "host")
    return f"curl -i '{e.url}'{asked}\n\nHTTP/2 {e.status} \n{_head(e.got)}\n\n{e.body}\n"


def as_fetch(e: Exchange) -> str:
    headers = {name: text for name, text in e.sent.items() if name != "host"}
    return (
        f'fetch("{e.url}", {json.dumps({"headers": headers, "body": None, "method": "GET"}, indent=2)});\n'
        f"GET {e.url} {e.status} ({e.reason})\n"
    )


def guzzle_long(e: Exchange) -> str:
    return (
        f"PHP Fatal error:  Uncaught GuzzleHttp\\Exception\\ClientException: Client error: `GET {e.url}` resulted in a "
        f"`{e.status} {e.reason}` response:\n{e.body[:120]} (truncated...)\n"
        " in /app/vendor/guzzlehttp/guzzle/src/Exception/RequestException.php:113\n"
    )


def urllib3(e: Exchange) -> str:
    return (
        f"DEBUG:urllib3.connectionpool:Starting new HTTPS connection (1): {_host(e)}:443\n"
        f'DEBUG:urllib3.connectionpool:https://{_host(e)}:443 "GET {e.path} HTTP/1.1" {e.status} {len(e.body)}\n'
    )


def http_client(e: Exchange) -> str:
    asked = (
        f"GET {e.path} HTTP/1.1\r\n" + "".join(f"{name.title()}: {text}\r\n" for name, text in e.sent.items()) + "\r\n"
    )
    got = "".join(f"header: {name.title()}: {text}\n" for name, text in e.got.items())
    return f"send: {asked.encode()!r}\nreply: 'HTTP/1.1 {e.status} {e.reason}\\r\\n'\n{got}{e.body}\n"


def sentry(e: Exchange) -> str:
    reason = f"{e.status} Client Error: {e.reason} for url: {e.url}"
    crumb = {
        "category": "httplib",
        "type": "http",
        "data": {"url": e.url, "method": "GET", "status_code": e.status, "reason": e.reason},
    }
    event = {
        "event_id": "9d3c0a4f",
        "platform": "python",
        "exception": {"values": [{"type": "HTTPError", "value": reason, "module": "requests.exceptions"}]},
        "breadcrumbs": {"values": [crumb]},
    }
    return json.dumps(event, indent=2) + "\n"


def datadog(e: Exchange) -> str:
    request = {"url": e.url, "method": "GET", "status_code": e.status, "useragent": "python-requests/2.31"}
    message = f"requests.exceptions.HTTPError: {e.status} Client Error: {e.reason} for url: {e.url}"
    return (
        json.dumps({"id": "AQ", "content": {"service": "web", "message": message, "attributes": {"http": request}}})
        + "\n"
    )


def airflow(e: Exchange) -> str:
    at = "[2026-06-01, 08:55:30 UTC]"
    body = "".join(f"{at} {{http.py:238}} ERROR - {line}\n" for line in e.body.splitlines())
    return (
        f"{at} {{base.py:73}} INFO - Using connection ID 'orders' for task execution.\n"
        f"{at} {{http.py:237}} ERROR - HTTP error: {e.reason}\n{body}"
        f"{at} {{taskinstance.py:1937}} ERROR - Task failed with exception\n"
        f"requests.exceptions.HTTPError: {e.status} Client Error: {e.reason} for url: {e.url}\n"
    )


FORMATS: dict[str, Callable[[Exchange], str]] = {
    one.__name__: one
    for one in (
        *(powershell, postman, insomnia, wget, k6, go_dump, java, dotnet_log, reqwest, undici, axios_dump, got, chrome),
        *(as_curl, as_fetch, guzzle_long, urllib3, http_client, sentry, datadog, airflow),
    )
}


def _numbered(form: str) -> Callable[[str], str]:
    return lambda text: "".join(form.format(n, line) + "\n" for n, line in enumerate(text.splitlines(), 1))


def _nested(text: str) -> str:
    """JSON in YAML in Markdown."""
    return f"Config dump:\n\n```yaml\n{yaml.safe_dump({'kind': 'Event', 'payload': json.dumps({'output': text})})}```\n"


def _slack(text: str) -> str:
    return f"Dana Ops  9:41 AM\ncan anybody help?\n```{text.rstrip()}```\n2 replies\nLast reply today at 9:52 AM\n"


WRAPPERS: dict[str, Callable[[str], str]] = {
    "line numbers": _numbered("{:>4}  {}"),
    "cat": _numbered("{:>6}\t{}"),
    "grep": _numbered("{}:{}"),
    "editor": _numbered("{:>3} | {}"),
    "tagged": lambda text: "".join(f"[caller] {line}\n" for line in text.splitlines()),
    "twice": lambda text: f"{text}\n\n{text}",
    "diff": lambda text: "".join(f"+{line}\n" for line in text.splitlines()),
    "mail twice": lambda text: "".join(f"> > {line}\n" for line in text.splitlines()),
    "nested": _nested,
    "Slack": _slack,
    "CI": lambda text: "".join(f"2026-06-01T08:55:30.1234567Z {line}\n" for line in text.splitlines()),
    "container": lambda text: (
        json.dumps(
            {
                "severity": "ERROR",
                "textPayload": text,
                "timestamp": "2026-06-01T08:55:31Z",
                "insertId": "a1",
                "resource": {"type": "cloud_run_revision", "labels": {"service_name": "caller"}},
                "logName": "projects/shop-prod/logs/run.googleapis.com%2Fstderr",
            },
            indent=2,
        )
        + "\n"
    ),
}
