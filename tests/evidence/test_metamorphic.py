"""One exchange, told in many ways, has one cause: the same one, or none yet and a question; never another.

A sample is tried; all of it where CRAUTH_DOCTOR_LONG is set.
"""

from __future__ import annotations

import base64
import html
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
import yaml

from crauth_doctor.workflows.explain import decoded, explain
from tests.patience import LONG
from tests.properties.noises import SENTENCES
from tests.properties.subjects import sampled

from . import tellings

SAMPLE = 9
URL = "https://orders-123456789012.europe-west1.run.app"
WHERE = "--region=europe-west1 --project=shop-prod"
AT, DATE = "2026-06-01T08:55:30", "Mon, 01 Jun 2026 08:55:30 GMT"
ISSUED = 1780304100
"""A minute or so before that."""
WEB, OTHER = "web@shop-prod.iam.gserviceaccount.com", "batch@shop-prod.iam.gserviceaccount.com"


def page(title: str, text: str) -> str:
    """The page of Google's front end."""
    return (
        f'<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n<title>{title}</title>\n'
        f"</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: {title[4:]}</h1>\n<h2>{text}</h2>\n<h2></h2>\n"
        "</body></html>"
    )


def id_token(**changed: object) -> str:
    """A token in its real shape, of the caller and for the service."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"iss": "https://accounts.google.com", "aud": URL, "email": WEB, "sub": "110000000000000000001"}
    whole = {**claims, "email_verified": True, "iat": ISSUED, "exp": ISSUED + 3600, **changed}
    return f"{part({'alg': 'RS256', 'typ': 'JWT', 'kid': 'k1'})}.{part(whole)}.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


def described(**annotations: str) -> dict[str, object]:
    """What gcloud prints of the service."""
    shown = {f"run.googleapis.com/{key.replace('_', '-')}": text for key, text in annotations.items()}
    ingress = {"run.googleapis.com/ingress": "all", "run.googleapis.com/ingress-status": "all"}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "annotations": {**ingress, "run.googleapis.com/urls": json.dumps([URL]), **shown},
            "labels": {"cloud.googleapis.com/location": "europe-west1"},
            "name": "orders",
            "namespace": "123456789012",
        },
        "spec": {"template": {"spec": {"containers": [{"image": "europe-docker.pkg.dev/shop-prod/apps/orders"}]}}},
        "status": {"url": URL},
    }


def policy(*members: str) -> dict[str, object]:
    """What gcloud prints of the service's policy."""
    return {"bindings": [{"members": list(members), "role": "roles/run.invoker"}], "etag": "BwY=", "version": 1}


@dataclass(frozen=True)
class Exchange:
    """A call, its answer, what the request log says of it, and the service's settings."""

    cause: str
    status: int
    body: str
    path: str = "/v1/items"
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    log: str = ""
    service: dict[str, object] = field(default_factory=described)
    members: tuple[str, ...] = (f"serviceAccount:{WEB}",)

    @property
    def url(self) -> str:
        return URL + self.path

    @property
    def reason(self) -> str:
        return HTTPStatus(self.status).phrase

    @property
    def sent(self) -> dict[str, str]:
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return {"host": urlsplit(URL).netloc, "user-agent": "curl/8.5.0", "accept": "*/*", **bearer}

    @property
    def got(self) -> dict[str, str]:
        kind = "application/json" if self.body.startswith("{") else "text/html; charset=UTF-8"
        return {"content-type": kind, "date": DATE, "server": "Google Frontend", **self.headers}

    @property
    def settings(self) -> tuple[tuple[str, object], ...]:
        reads = "gcloud run services"
        return (
            (f"{reads} describe orders {WHERE}", self.service),
            (f"{reads} get-iam-policy orders {WHERE}", policy(*self.members)),
        )


FORBIDDEN = page(
    "403 Forbidden", "Your client does not have permission to get URL <code>/v1/items</code> from this server."
)
UNAUTHORIZED = page(
    "401 Unauthorized", "Your client does not have permission to the requested URL <code>/v1/items</code>."
)
NOT_FOUND = page("404 Page not found", "The requested URL was not found on this server.")
INVALID = {
    "www-authenticate": 'Bearer error="invalid_token" error_description="The access token could not be verified"'
}
NOT_VERIFIED = "The request was not authorized to invoke this service. The access token could not be verified."
READ_MORE = "Read more at https://cloud.google.com/run/docs/securing/authenticating"
EXCHANGES = (
    Exchange(
        *("iam/missing-invoker", 403, FORBIDDEN),
        token=id_token(),
        members=(f"serviceAccount:{OTHER}",),
        log="The request was not authenticated. Either allow unauthenticated invocations or set the proper "
        f"Authorization header. {READ_MORE}",
    ),
    Exchange(
        *("token/missing", 403, FORBIDDEN),
        log="The request was not authenticated. Either allow unauthenticated invocations or set the proper "
        f"Authorization header. {READ_MORE} Additional troubleshooting documentation can be found at: "
        "https://cloud.google.com/run/docs/troubleshooting#401 Empty Authorization header",
    ),
    Exchange(
        *("token/audience-other-service", 401, UNAUTHORIZED),
        token=id_token(aud="https://billing-123456789012.europe-west1.run.app"),
        headers=INVALID,
    ),
    Exchange(
        *("token/expired", 401, UNAUTHORIZED),
        token=id_token(iat=ISSUED - 90000, exp=ISSUED - 86400),
        headers=INVALID,
    ),
    Exchange(
        *("token/access-token", 401, UNAUTHORIZED),
        token="ya29.c.c0ASRK0GbAFakeAccessTokenThatIsLongEnoughToBeOneAndNobodysAtAll",
        headers=INVALID,
    ),
    Exchange(
        *("ingress/outside-vpc", 404, NOT_FOUND),
        token=id_token(),
        service=described(ingress="internal", ingress_status="internal"),
    ),
    Exchange(
        *("reach/reserved-path", 404, NOT_FOUND),
        path="/healthz",
        token=id_token(),
    ),
    Exchange(
        *("app/refused", 403, '{"error": "tenant 42 is not allowed"}'),
        token=id_token(),
        headers={"x-powered-by": "Express", "x-cloud-trace-context": "105445aa7843bc8bf206b12000100000;o=1"},
    ),
    Exchange(
        *("reach/default-url-disabled", 404, NOT_FOUND),
        token=id_token(),
        service=described(default_url_disabled="true"),
    ),
    Exchange(
        *("iam/missing-invoker", 403, FORBIDDEN),
        token=id_token(email=OTHER, sub="110000000000000000002"),
        members=(f"serviceAccount:{WEB}", "group:ops@example.com"),
    ),
)


def _head(mapping: dict[str, str], mark: str = "") -> str:
    return "\n".join(f"{mark}{name}: {text}" for name, text in mapping.items())


def raw(e: Exchange) -> str:
    asked = f"GET {e.path} HTTP/1.1\n{_head(e.sent)}\n"
    return f"{asked}\nHTTP/1.1 {e.status} {e.reason}\n{_head(e.got)}\n\n{e.body}\n"


def curl_i(e: Exchange) -> str:
    bearer = f'-H "Authorization: Bearer {e.token}" ' if e.token else ""
    return f"$ curl -i {bearer}{e.url}\nHTTP/2 {e.status} \n{_head(e.got)}\n\n{e.body}\n"


def curl_v(e: Exchange) -> str:
    bearer = '-H "Authorization: Bearer $TOKEN" ' if e.token else ""
    command = f"$ curl -v {bearer}{e.url}"
    asked = f"> GET {e.path} HTTP/2\n{_head(e.sent, '> ')}\n>"
    answer = f"< HTTP/2 {e.status} \n{_head(e.got, '< ')}\n< \n{e.body}"
    return (
        f"{command}\n* Connected to {urlsplit(URL).netloc} port 443\n{asked}\n{answer}\n* Connection #0 left intact\n"
    )


def har(e: Exchange) -> str:
    def named(mapping: dict[str, str]) -> list[dict[str, str]]:
        return [{"name": name, "value": text} for name, text in mapping.items()]

    request = {"method": "GET", "url": e.url, "httpVersion": "h2", "headers": named(e.sent)}
    content = {"mimeType": e.got["content-type"], "text": e.body}
    response = {"status": e.status, "statusText": e.reason, "headers": named(e.got), "content": content}
    entry = {"startedDateTime": f"{AT}.000Z", "time": 40, "request": request, "response": response}
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}}, indent=2) + "\n"


def _entry(e: Exchange) -> dict[str, object]:
    request = {"requestMethod": "GET", "requestUrl": e.url, "status": e.status, "latency": "0s", "userAgent": "curl"}
    labels = {"location": "europe-west1", "project_id": "shop-prod", "service_name": "orders"}
    return {
        "httpRequest": request,
        "logName": "projects/shop-prod/logs/run.googleapis.com%2Frequests",
        "resource": {"labels": labels, "type": "cloud_run_revision"},
        "severity": "WARNING",
        "timestamp": f"{AT}.104511Z",
        **({"textPayload": e.log} if e.log else {}),
    }


def log_json(e: Exchange) -> str:
    return json.dumps([_entry(e)], indent=2) + "\n"


def log_yaml(e: Exchange) -> str:
    return f"---\n{yaml.safe_dump(_entry(e))}"


def log_console(e: Exchange) -> str:
    """As the log viewer's lines were copied for years: no quotes around names, no commas."""
    written = json.dumps(_entry(e), indent=1)
    return re.sub(r'(?m)^( *)"([\w@]+)": (.*?),?$', r"\1\2: \3", written).replace("},\n", "}\n") + "\n"


def log_console_flat(e: Exchange) -> str:
    return " ".join(log_console(e).split()) + "\n"


def httpie(e: Exchange) -> str:
    asked = f"GET {e.path} HTTP/1.1\n{_head(e.sent)}\n"
    return f"$ http -v {e.url}\n{asked}\n\nHTTP/1.1 {e.status} {e.reason}\n{_head(e.got)}\n\n{e.body}\n"


CLIENTS: dict[str, str] = {
    "requests": "requests.exceptions.HTTPError: {status} Client Error: {reason} for url: {url}",
    "httpx": "httpx.HTTPStatusError: Client error '{status} {reason}' for url '{url}'",
    "aiohttp": "aiohttp.client_exceptions.ClientResponseError: {status}, message='{reason}', url=URL('{url}')",
    "axios": "GET {url}\nAxiosError: Request failed with status code {status}",
    "go": "2026/06/01 08:55:30 GET {url}: {status} {reason}",
    "spring": "org.springframework.web.client.HttpClientErrorException${name}: {status} {reason} from GET {url}",
    "guzzle": "Client error: `GET {url}` resulted in a `{status} {reason}` response:",
    "feign": "feign.FeignException${name}: [{status} {reason}] during [GET] to [{url}] [Orders#get()]",
    "reqwest": "HTTP status client error ({status} {reason}) for url ({url})",
    "faraday": "GET {url}\nFaraday::ClientError (the server responded with status {status})",
    "dotnet": "GET {url}\nSystem.Net.Http.HttpRequestException: Response status code does not indicate success: "
    "{status} ({reason}).",
}


def said_by(sentence: str) -> Callable[[Exchange], str]:
    def said(e: Exchange) -> str:
        name = e.reason.replace(" ", "")
        return sentence.format(status=e.status, reason=e.reason, url=e.url, name=name) + "\n"

    return said


WRITTEN = (raw, curl_i, curl_v, har, log_json, log_yaml, httpie)
FORMATS: dict[str, Callable[[Exchange], str]] = {
    **{
        one.__name__: one
        for one in (raw, curl_i, curl_v, har, log_json, log_yaml, log_console, log_console_flat, httpie)
    },
    **{name: said_by(sentence) for name, sentence in CLIENTS.items()},
    **tellings.FORMATS,
}


def in_json(e: Exchange) -> list[str]:
    return [f"$ {command} --format=json\n{json.dumps(found, indent=2)}\n" for command, found in e.settings]


def in_yaml(e: Exchange) -> list[str]:
    return [f"$ {command}\n{yaml.safe_dump(found)}" for command, found in e.settings]


def nothing(_: Exchange) -> list[str]:
    return []


SETTINGS = (in_json, in_yaml, nothing)
ORDERS: dict[str, Callable[[str, list[str]], list[str]]] = {
    "call first": lambda call, rest: [call, *rest],
    "call last": lambda call, rest: [*rest, call],
    "call between": lambda call, rest: [*rest[:1], call, *rest[1:]],
    "backwards": lambda call, rest: [*reversed(rest), call],
}


def _each_line(mark: str) -> Callable[[str], str]:
    return lambda text: "".join(f"{mark}{line}\n" for line in text.splitlines())


def _utf16(text: str) -> str:
    return decoded(text.encode("utf-16"))


def _cut(share: float) -> Callable[[str], str]:
    return lambda text: "\n".join(text.splitlines()[: max(1, int(len(text.splitlines()) * share))])


def _reflowed(text: str) -> str:
    """As a narrow window breaks long lines, between words."""
    lines = (textwrap.wrap(line, 76, break_long_words=False, drop_whitespace=False) for line in text.splitlines())
    return "\n".join("\n".join(each) for each in lines) + "\n"


def _among(start: int) -> Callable[[str], str]:
    """People's sentences around it: that list has them in English, German, Japanese, French, Spanish, Portuguese."""
    before, after = SENTENCES[start : start + 2], SENTENCES[start + 2 : start + 4]
    return lambda text: "\n".join((*before, "", text, "", *after, ""))


def _first_of(language: str) -> int:
    return SENTENCES.index(language)


WRAPPERS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "Markdown": lambda text: f"## What I get\n\n```\n{text}```\n",
    "quoted": _each_line("> "),
    "mail": _each_line("| "),
    "log prefix": _each_line(f"{AT}Z INFO  build[17]: "),
    "JSON string": lambda text: json.dumps({"message": text}) + "\n",
    "HTML": lambda text: f"<pre>{html.escape(text)}</pre>\n",
    "UTF-16": _utf16,
    "Windows": lambda text: decoded(text.replace("\n", "\r\n").encode()),
    "indented": _each_line("    "),
    "cut early": _cut(0.35),
    "cut late": _cut(0.8),
    "reflowed": _reflowed,
    "English": _among(0),
    "German": _among(_first_of("Davor steht kein Identity-Aware Proxy.")),
    "Japanese": _among(_first_of("前段に Identity-Aware Proxy はありません。")),
    "French": _among(_first_of("Il n'y a pas d'Identity-Aware Proxy devant.")),
    "Spanish": _among(_first_of("No hay ningún Identity-Aware Proxy delante.")),
    "Portuguese": _among(_first_of("Não há nenhum Identity-Aware Proxy na frente.")),
    **tellings.WRAPPERS,
}


def renderings(e: Exchange) -> dict[str, Callable[[], str]]:
    """Every format in every wrapper, with settings and orders taking turns; told when it is called."""
    found: dict[str, Callable[[], str]] = {}
    for row, (name, told) in enumerate(FORMATS.items()):
        for column, (around, wrap) in enumerate(WRAPPERS.items()):
            settings = SETTINGS[(row + column) % len(SETTINGS)]
            order, arranged = [*ORDERS.items()][(row + column // 3) % len(ORDERS)]
            how = f"{name}, {settings.__name__}, {order}, {around}"
            found[how] = partial(telling, e, told, settings, arranged, wrap)
    return found


def telling(
    e: Exchange,
    told: Callable[[Exchange], str],
    settings: Callable[[Exchange], list[str]],
    arranged: Callable[[str, list[str]], list[str]],
    wrap: Callable[[str], str],
) -> str:
    """An exchange, told in a format, with settings, in an order, in a wrapper."""
    return wrap("\n".join(arranged(told(e), settings(e))))


def fault(e: Exchange, text: str) -> str | None:
    """Say what is wrong with what is told of this text.

    Where nothing of the call was understood, its status is what is missing, and what is open depends on it.
    """
    diagnosis = explain(text).diagnosis
    cause = diagnosis.cause.rule if diagnosis.cause else None
    if cause is not None:
        return None if cause == e.cause else f"{diagnosis.conclusion} {cause}"
    asked = [ask.fact for ask in diagnosis.asks]
    is_open = e.cause in {outcome.rule for outcome in diagnosis.open}
    if (is_open and asked) or (not diagnosis.observations and asked[:1] == ["status"]):
        return None
    return f"{diagnosis.conclusion}, open: {is_open}, asks: {asked}"


@pytest.mark.parametrize("number", range(len(EXCHANGES)), ids=[f"{n}-{e.cause}" for n, e in enumerate(EXCHANGES)])
def test_every_telling_has_the_same_cause(number: int) -> None:
    e = EXCHANGES[number]
    tried = sampled(renderings(e).items(), f"{number} {e.cause}", SAMPLE, everything=LONG)
    faults = [f"{how}: {wrong}" for how, text in tried if (wrong := fault(e, text()))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("number", range(len(EXCHANGES)), ids=[f"{n}-{e.cause}" for n, e in enumerate(EXCHANGES)])
def test_the_plain_telling_has_the_cause(number: int) -> None:
    e = EXCHANGES[number]
    found = explain("\n".join([curl_v(e), *in_json(e)])).diagnosis
    assert found.cause is not None
    assert found.cause.rule == e.cause


LOSSLESS = ("quoted", "mail", "Windows", "indented", "CI", "line numbers", "cat", "grep", "editor", "tagged", "twice")


@pytest.mark.parametrize("around", LOSSLESS)
def test_what_stands_before_each_line_takes_nothing_away(around: str) -> None:
    for e in EXCHANGES:
        found = explain(WRAPPERS[around]("\n".join([curl_v(e), *in_json(e)]))).diagnosis
        assert found.cause is not None, e.cause
        assert found.cause.rule == e.cause


def test_there_are_enough_tellings() -> None:
    assert len(EXCHANGES) >= 8
    assert all(len({tell() for tell in [*renderings(e).values()][:60]}) >= 40 for e in EXCHANGES)
