# ruff: noqa: E501 - what programs print stands here as they print it
"""Nothing that could be used stays, wherever in a paste it stood."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.workflows.explain import facts_of

SECRET = "hunter2Zz9" + "Q7wX" * 6
PLACES = [
    "> GET / HTTP/2\n> host: a.run.app\n> authorization: Bearer {s}\n>\n< HTTP/2 401\n",
    "> GET / HTTP/2\n> host: a.run.app\n> authorization: {s}\n>\n< HTTP/2 401\n",
    "> GET / HTTP/2\n> host: a.run.app\n> cookie: sid={s}\n>\n< HTTP/2 401\n< set-cookie: a={s}\n",
    "HTTP/2 401\nset-cookie: sid={s}; Path=/\nx-api-key: {s}\n",
    "HTTP/2 302\nlocation: https://a.example/cb?code={s}&state={s}\n",
    'HTTP/2 200\ncontent-type: application/json\n\n{{"access_token": "{s}", "token_type": "Bearer"}}\n',
    "$ curl -i https://a.run.app/ -H 'Authorization: Bearer {s}'\nHTTP/2 403\n",
    "$ curl -i https://a.run.app/ -H 'X-Api-Key: {s}'\nHTTP/2 403\n",
    "$ curl -i https://user:{s}@a.run.app/x?token={s}&b=1\nHTTP/2 403\n",
    '$ curl -u user:{s} https://a.run.app/ -d \'{{"password":"{s}"}}\'\nHTTP/2 403\n',
    "Authorization: Basic {s}\n",
    "Authorization: Bearer {s}\n",
    "My token is Bearer {s} as you see",
    "X-Serverless-Authorization: bearer {s}\n",
    "ya29.{s}",
    "the refresh token 1//0{s}",
    "key AIza{s}{s}",
    '{{\n  "type": "service_account",\n  "private_key": "-----BEGIN PRIVATE KEY-----\\n{s}\\n-----END PRIVATE KEY-----\\n"\n}}',
    '{{\n  "type": "service_account",\n  "private_key": "-----BEGIN PRIVATE KEY-----\\n{s}',
    "-----BEGIN RSA PRIVATE KEY-----\n{s}\n{s}\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n{s}\n",
    "export DB_PASSWORD={s}\n",
    "API_KEY={s}\n",
    "spec:\n  containers:\n  - env:\n    - name: DB\n      value: {s}\n",
    "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  template:\n    spec:\n      containers:\n      - env:\n        - name: DB\n          value: {s}\n",
    "        - name: DB\n          value: {s}\n        - name: C\n",
    '{{"name": "projects/p/locations/r/services/a", "uri": "https://a.run.app", "template": {{"containers": [{{"env": [{{"name": "A", "value": "{s}"}}]}}]}}}}',
    '{{"insertId": "a", "jsonPayload": {{"message": "password={s}", "headers": {{"authorization": "Bearer {s}"}}}}}}',
    '{{"name": "j", "httpTarget": {{"uri": "https://a.run.app/?key={s}", "headers": {{"X-Api-Key": "{s}"}}, "body": "{s}"}}}}',
    '{{"error": "invalid_grant", "error_description": "refresh_token={s} is bad"}}',
    "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://a.run.app/?access_token={s}",
    "Error: 403 {{'client_secret': '{s}'}} Permission 'run.services.get' denied",
    "AxiosError: Request failed with status code 401 {{\n  config: {{\n    headers: {{ Authorization: 'Bearer {s}', Cookie: 'a={s}' }},\n    url: 'https://a.run.app/?sig={s}'\n  }}\n}}",
    "DioException [bad response]: status code of 401\nuri: https://a.run.app/\nheaders:\n Authorization: Bearer {s}\n",
    "headers = {{'Authorization': 'Bearer {s}'}}\n",
    "fetch(url, {{ headers: {{ 'Authorization': `{s}` }} }})",
    "x-goog-iap-jwt-assertion: {s}\n",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_planted_secret_is_nowhere(place: Any) -> None:
    text = f"Hello,\n\n{place.format(s=SECRET)}\n\nRegards"
    evidence = read(text)
    assert SECRET not in repr(evidence)
    assert "hunter2Zz9" not in repr(evidence)
    assert "hunter2Zz9" not in repr(facts_of(evidence))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("signature", ["c2VjcmV0LXNpZ25hdHVyZS1vZi10b2tlbg", "SIGNATURE_REMOVED_BY_GOOGLE"])
def test_a_planted_jwt_is_nowhere(place: Any, signature: Any, jwt: Any) -> None:
    token = jwt(signature=signature, iss="https://accounts.google.com", aud="https://a.run.app", exp=1)
    shown = repr(read(place.format(s=token)))
    assert token not in shown
    assert token.split(".")[1] not in shown


def test_a_cookie_in_a_recording() -> None:
    entry = {
        "request": {
            "method": "POST",
            "url": f"https://a.run.app/?api_key={SECRET}",
            "headers": [{"name": "cookie", "value": SECRET}],
            "postData": {"text": SECRET},
        },
        "response": {
            "status": 403,
            "headers": [{"name": "set-cookie", "value": SECRET}],
            "content": {"text": f'{{"id_token": "{SECRET}"}}'},
        },
    }
    assert SECRET not in repr(read(json.dumps({"log": {"entries": [entry]}})))
