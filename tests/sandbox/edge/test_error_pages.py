"""The platform's answers, byte for byte as they were captured in public."""

from __future__ import annotations

from typing import Any

import pytest

FORBIDDEN = """
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>{path}</code> from this server.</h2>
<h2></h2>
</body></html>
"""
UNAUTHORIZED = """
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>401 Unauthorized</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Unauthorized</h1>
<h2>Your client does not have permission to the requested URL <code>{path}</code>.</h2>
<h2></h2>
</body></html>
"""
NOT_FOUND = """
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>404 Page not found</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Page not found</h1>
<h2>The requested URL was not found on this server.</h2>
<h2></h2>
</body></html>
"""


@pytest.mark.parametrize(("path", "shown"), [("/", "/"), ("/a/b", "/a/b"), ("/a<b>&c", "/a&lt;b&gt;&amp;c")])
def test_no_credential_is_the_403_page(shop: Any, path: str, shown: str) -> None:
    answer = shop.call(path)
    assert answer.status_code == 403
    assert answer.text == FORBIDDEN.format(path=shown)
    assert int(answer.headers["content-length"]) == 295 + len(shown) - 1
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert "www-authenticate" not in answer.headers
    assert "x-cloud-trace-context" not in answer.headers


def test_an_unverifiable_token_is_the_401_page(shop: Any) -> None:
    answer = shop.call("/endpoint/xxxxx", headers={"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 401
    assert answer.text == UNAUTHORIZED.format(path="/endpoint/xxxxx")
    assert answer.headers["www-authenticate"] == (
        'Bearer error="invalid_token" error_description="The access token could not be verified"'
    )
    assert len(shop.call("/", headers={"Authorization": "Bearer x.y.z"}).content) == 294


@pytest.mark.parametrize(
    "host", ["nothing-123456789012.us-central1.run.app", "orders-123456789012.europe-west1.run.app"]
)
def test_a_name_that_is_nobodys_is_the_272_byte_404(shop: Any, host: str) -> None:
    answer = shop.call(f"http://{host}/")
    assert (answer.status_code, answer.text, len(answer.content)) == (404, NOT_FOUND, 272)


@pytest.mark.parametrize("path", ["/healthz", "/_ah/warmup"])
def test_a_reserved_path_is_googles_own_404(shop: Any, path: str) -> None:
    answer = shop.invoke(path)
    assert answer.status_code == 404
    assert len(answer.content) == 1568 - len("/healthz") + len(path)
    assert "<title>Error 404 (Not Found)!!1</title>" in answer.text
    assert f"The requested URL <code>{path}</code> was not found on this server." in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/healthz/", "/HEALTHZ", "/readyz", "/health"])
def test_paths_that_look_reserved_and_are_not(shop: Any, path: str) -> None:
    assert shop.invoke(path).status_code == 200


def test_the_container_answers_with_a_trace(shop: Any) -> None:
    answer = shop.invoke("/")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["x-cloud-trace-context"].endswith(";o=1")
    assert answer.headers["server"] == "Google Frontend"


def test_head_has_the_length_and_no_body(shop: Any) -> None:
    answer = shop.call("/", method="HEAD")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (403, b"", "295")
