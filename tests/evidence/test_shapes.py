# ruff: noqa: E501 - what programs print stands here as they print it
"""Objects that programs print: calls, headers, the claims of a token, documents behind other words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.evidence.trees import literals
from crauth_doctor.model.clienterror import ErrorFamily
from crauth_doctor.model.evidence import LogKind, Wording
from crauth_doctor.model.fact import Known
from crauth_doctor.model.token import Token, TokenKind
from crauth_doctor.workflows.explain import facts_of

URL = "https://atlas-k2v4zq7mxa-ew.a.run.app"
CLAIMS = {
    "aud": f"{URL}/v2/tiles",
    "azp": "110000000000000000007",
    "email": "maps@harbor-geo.iam.gserviceaccount.com",
    "email_verified": True,
    "exp": 1780307728,
    "iat": 1780304128,
    "iss": "https://accounts.google.com",
    "sub": "110000000000000000007",
}
TOKENINFO = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in CLAIMS.items()}
YAML = "\n".join(f"{key}: {json.dumps(value)}" for key, value in CLAIMS.items())


def token_of(text: str) -> Token:
    found = facts_of(read(text)).token
    assert isinstance(found, Known), found
    return found.value


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(CLAIMS, indent=2),
        json.dumps(CLAIMS),
        json.dumps(TOKENINFO, indent=2),
        json.dumps({"header": {"alg": "RS256"}, "payload": CLAIMS}),
        json.dumps({"alg": "RS256", "kid": "k", "typ": "JWT"}) + "\n" + json.dumps(CLAIMS, indent=1),
        f"decoded: {CLAIMS!r}",
        f"claims = {json.dumps(CLAIMS)}",
        YAML,
    ],
    ids=["json", "line", "tokeninfo", "wrapped", "head", "python", "behind-words", "yaml"],
)
def test_the_claims_of_a_decoded_token(text: Any) -> None:
    found = token_of(f"The token says:\n\n{text}\n\nand curl {URL} gives 401\n")
    assert found.kind is TokenKind.ID_TOKEN
    assert (found.audience, found.email) == (CLAIMS["aud"], CLAIMS["email"])
    assert (found.issued_at, found.expires_at) == (CLAIMS["iat"], CLAIMS["exp"])


def test_tokeninfo_of_an_access_token() -> None:
    info = {
        "azp": "1.apps.googleusercontent.com",
        "aud": "1.apps.googleusercontent.com",
        "scope": "openid",
        "exp": "1780307728",
        "email": "a@example.com",
    }
    assert token_of(json.dumps(info, indent=2)).kind is TokenKind.ACCESS_TOKEN


FIRST = {"issued_to": "1.apps.googleusercontent.com", "audience": "2.apps.googleusercontent.com", "expires_in": 3502}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"issuer": "https://accounts.google.com", "issued_at": 1780304128}, TokenKind.ID_TOKEN),
        ({"scope": "openid", "access_type": "online"}, TokenKind.ACCESS_TOKEN),
    ],
)
def test_the_first_version_of_tokeninfo(more: dict[str, object], kind: TokenKind) -> None:
    found = token_of(json.dumps({**FIRST, **more}, indent=2))
    assert (found.kind, found.audience) == (kind, FIRST["audience"])


def test_a_token_that_an_api_hands_out(id_token: str) -> None:
    text = f'{{\n  "token": "{id_token}"\n}}\n$ curl -i -H "Authorization: Bearer $T" {URL}\nHTTP/2 401\nserver: Google Frontend\n'
    assert token_of(text).email == "caller@acme-prod.iam.gserviceaccount.com"
    assert id_token not in repr(read(text))


RESPONSE = f"""Response {{
  status: 401,
  statusText: 'Unauthorized',
  headers: Headers {{
    'www-authenticate': 'Bearer error="invalid_token"',
    date: 'Mon, 01 Jun 2026 08:55:30 GMT',
    server: 'Google Frontend'
  }},
  url: '{URL}/q'
}}
"""


def test_request_headers_and_a_response_as_node_prints_them(id_token: str) -> None:
    sent = f"{{\n  host: 'atlas-k2v4zq7mxa-ew.a.run.app',\n  authorization: 'Bearer {id_token}',\n  'x-serverless-authorization': 'Bearer {id_token}',\n  'user-agent': 'undici'\n}}\n"
    found = read(sent + RESPONSE).exchanges
    assert len(found) == 1
    assert found[0].call is not None
    assert found[0].call.url == f"{URL}/q"
    assert found[0].call.headers >= {"authorization", "x-serverless-authorization"}
    assert [made.header for made in found[0].credentials] == ["authorization", "x-serverless-authorization"]
    assert found[0].response is not None
    assert found[0].response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert found[0].at == 1780304130


def test_copy_as_fetch(id_token: str) -> None:
    text = f'fetch("{URL}/q", {{\n  "headers": {{\n    "accept": "*/*",\n    "authorization": "Bearer {id_token}"\n  }},\n  "body": null,\n  "method": "POST"\n}});\n'
    found = read(text).exchanges
    assert [(each.call.method, each.call.url) for each in found if each.call] == [("POST", f"{URL}/q")]
    assert found[0].credentials[0].token is not None


def test_source_text_is_no_call() -> None:
    text = "const res = await fetch(`${base}/q`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } });\n"
    assert read(text).exchanges == ()


@pytest.mark.parametrize(
    "text",
    [
        'level=ERROR status=401 header="map[Date:[Mon, 01 Jun 2026 08:55:30 GMT] Server:[Google Frontend] Www-Authenticate:[Bearer error=\\"invalid_token\\"]]"',
        "status 401 {date=[Mon, 01 Jun 2026 08:55:30 GMT], server=[Google Frontend], www-authenticate=[Bearer]}",
        "DEBUG status=401 headers=[(b'date', b'Mon, 01 Jun 2026 08:55:30 GMT'), (b'server', b'Google Frontend'), (b'www-authenticate', b'Bearer')]",
        "status 401 Headers([('date', 'Mon, 01 Jun 2026 08:55:30 GMT'), ('server', 'Google Frontend'), ('www-authenticate', 'Bearer')])",
        "status: 401 <CIMultiDictProxy('Date': 'Mon, 01 Jun 2026 08:55:30 GMT', 'Server': 'Google Frontend', 'Www-Authenticate': 'Bearer')>",
        'status 401 {"date"=>["Mon, 01 Jun 2026 08:55:30 GMT"], "server"=>["Google Frontend"], "www-authenticate"=>["Bearer"]}',
        "status 401 {'date': 'Mon, 01 Jun 2026 08:55:30 GMT', 'server': 'Google Frontend', 'www-authenticate': 'Bearer'}",
    ],
    ids=["go", "java", "httpcore", "httpx", "aiohttp", "ruby", "python"],
)
def test_header_maps_on_one_line(text: Any) -> None:
    found = [each for each in read(text + "\n").exchanges if each.response]
    assert len(found) == 1
    assert found[0].response is not None
    assert found[0].response.status == 401
    assert found[0].response.headers["server"] == "Google Frontend"
    assert "www-authenticate" in found[0].response.headers
    assert found[0].at == 1780304130


def test_what_rust_prints_of_a_request(id_token: str) -> None:
    sent = f'headers: {{"accept": "*/*", "authorization": "Bearer {id_token}", "host": "a.run.app"}}'
    text = f'Request {{ method: GET, url: "{URL}/q", {sent} }}\nResponse {{ url: "{URL}/q", status: 403, headers: {{"server": "x", "date": "y"}} }}\n'
    for cut in (text, f"{sent}\nGET {URL}/q -> 403\n"):
        evidence = read(cut)
        assert {made.fault for made in evidence.credentials if made.header} == {None}, "the quotes are the printer's"
        assert token_of(cut).email == "caller@acme-prod.iam.gserviceaccount.com"


def test_a_log_entry_behind_other_words() -> None:
    entry = {
        "httpRequest": {"status": 403, "requestUrl": f"{URL}/x"},
        "textPayload": "The request was not authenticated. Empty Authorization header value.",
        "logName": "projects/harbor-geo/logs/run.googleapis.com%2Frequests",
    }
    found = read(f"From the log: {json.dumps(entry)}\n").logs
    assert [(each.kind, each.status, each.wording) for each in found] == [(LogKind.REQUEST, 403, Wording.EMPTY_HEADER)]


GCLOUD = """ERROR: (gcloud.auth.print-identity-token) PERMISSION_DENIED: Failed to impersonate [probe@harbor-geo.iam.gserviceaccount.com]. Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).
- '@type': type.googleapis.com/google.rpc.ErrorInfo
  domain: iam.googleapis.com
  metadata:
    permission: iam.serviceAccounts.getAccessToken
  reason: IAM_PERMISSION_DENIED
"""
ACTION = """Error: google-github-actions/auth failed with: failed to generate Google Cloud WHAT for smoke@harbor-geo.iam.gserviceaccount.com: {
  "error": {
    "code": 403,
    "message": "The caller does not have permission",
    "status": "PERMISSION_DENIED"
  }
}
"""


@pytest.mark.parametrize(
    ("text", "family"),
    [
        (GCLOUD, ErrorFamily.ACCESS_TOKEN_DENIED),
        ("WARNING: This command is using service account impersonation.\n" + GCLOUD, ErrorFamily.ACCESS_TOKEN_DENIED),
        (ACTION.replace("WHAT", "ID token"), ErrorFamily.STS_DENIED),
        (ACTION.replace("WHAT", "federated token"), ErrorFamily.STS_DENIED),
        ("".join(f"2026-06-01T08:55:30.1234567Z {line}\n" for line in ACTION.replace("WHAT", "access token").splitlines()), ErrorFamily.STS_DENIED),
    ],
)  # fmt: skip
def test_errors_with_a_document_behind_them(text: Any, family: Any) -> None:
    assert family in {error.family for error in read(text).errors}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, 'b-c': [true, null], d: undefined,}", {"a": 1, "b-c": [True, None], "d": None}),
        ("{'x': None, 'y': True, 'z': 'it\\'s'}", {"x": None, "y": True, "z": "it's"}),
        ('{"a" => 1, :b => nil}', {"a": 1, "b": None}),
        ("{ f: [Function: go], h: Headers { a: 'b' }, n: 10n }", {"f": None, "h": {"a": "b"}, "n": 10}),
        ("{ a: b }", None),
        ("{ a: f(1) }", None),
        ("{ a: `x${y}` }", None),
        ("{ a: 1 // why\n}", {"a": 1}),
        ("{", None),
        ("", None),
    ],
)
def test_literals(text: Any, value: Any) -> None:
    assert literals.value_of(text) == value


@pytest.mark.parametrize(
    "told",
    [
        {"msg": "call", "http.method": "POST", "http.url": URL, "http.status_code": 403},
        {
            "name": "POST",
            "attributes": {"http.request.method": "POST", "url.full": URL, "http.response.status_code": 403},
        },
    ],
)
def test_a_span_of_opentelemetry_is_a_call(told: dict[str, object]) -> None:
    (found,) = read(json.dumps(told) + "\n").exchanges
    assert found.call is not None
    assert (found.call.method, found.call.url, found.response and found.response.status) == ("POST", URL, 403)


def test_a_span_without_an_answer_is_no_call() -> None:
    assert read(json.dumps({"http.url": URL, "http.method": "GET", "level": "info"}) + "\n").exchanges == ()
