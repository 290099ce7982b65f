"""`/_sandbox`: for programs on this machine, not for a web page that its browser lets send requests to loopback."""

from __future__ import annotations

import math
from typing import Any

import pytest
import requests

CONTROLS = [
    ("GET", "", None),
    ("GET", "/requests", None),
    ("POST", "/advance", {"seconds": 86_400}),
    ("POST", "/access-token", {"principal": "user:dev@example.com"}),
    ("POST", "/id-token", {"principal": "user:dev@example.com", "audience": "a"}),
    ("POST", "/fire", {"caller": "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/checkout"}),
]
PAGES = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "evil.example"},
    {"Host": "evil.example:{port}"},
    {"Host": "127.0.0.1:1"},
    {"Host": "localhost.:{port}"},
    {"Host": "orders-abc123-uc.a.run.app"},
]


def ask(shop: Any, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    return requests.request(method, f"{shop.sandbox.base}/_sandbox{path}", json=body, headers=headers, timeout=10)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: "=".join(*page.items()))
def test_a_web_page_is_refused(shop: Any, page: dict[str, str]) -> None:
    for method, path, body in CONTROLS:
        is_refused(shop, method, path, body, page)


def is_refused(shop: Any, method: str, path: str, body: Any, page: dict[str, str]) -> None:
    before = shop.sandbox.now()
    sent = {name: value.format(port=shop.sandbox.port) for name, value in page.items()}
    answer = ask(shop, method, path, body, **sent)
    assert answer.status_code == 403, (method, path)
    assert answer.json()["error"].startswith("this control request is refused: it")
    assert "access-control-allow-origin" not in answer.headers
    assert (shop.sandbox.now() - before).total_seconds() < 86_400


def test_a_web_page_is_refused_through_the_proxy_too(shop: Any) -> None:
    answer = shop.call(f"{shop.sandbox.base}/_sandbox", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin", "Origin": "{base}"}, {"Host": "localhost"}],
)
def test_a_program_and_an_address_bar_are_not(shop: Any, headers: dict[str, str]) -> None:
    sent = {name: value.format(base=shop.sandbox.base) for name, value in headers.items()}
    assert ask(shop, "GET", "", **sent).status_code == 200


def test_a_service_may_have_such_a_path_of_its_own(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    assert shop.invoke("/_sandbox", headers={"Origin": "https://shop.example"}).text == "ok"


@pytest.mark.parametrize(
    "seconds", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-1", "1e300", "9" * 30, '"soon"', '"nan"', "null"]
)
def test_the_clock_goes_on_whatever_it_is_told(shop: Any, seconds: str) -> None:
    before = shop.sandbox.now()
    url = f"{shop.sandbox.base}/_sandbox/advance"
    answer = requests.post(url, data=f'{{"seconds": {seconds}}}', timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("this control request is not understood: ")
    assert 0 <= (shop.sandbox.now() - before).total_seconds() < 86_400
    assert ask(shop, "GET", "").status_code == 200


def test_the_clock_goes_a_century_ahead_and_no_further(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    for _ in range(2):
        assert ask(shop, "POST", "/advance", {"seconds": 50 * 365 * 86_400}).status_code == 200
    assert ask(shop, "POST", "/advance", {"seconds": 86_400}).status_code == 400
    assert ask(shop, "GET", "").json()["now"].startswith("2126-")


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0, 1e300])
def test_nor_by_its_own_method(shop: Any, seconds: float) -> None:
    with pytest.raises(ValueError, match="clock"):
        shop.sandbox.advance(seconds)


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/advance", "{}", "'seconds' is missing"),
        ("/advance", "[" * 100_000, "nested too deeply"),
        ("/advance", '{"a":' * 100_000, "nested too deeply"),
        ("/id-token", '{"principal": "user:a@b.c", "audience": "a", "claims": 5}', "not understood"),
        ("/id-token", '{"principal": "user:a@b.c", "audience": "a", "claims": {"exp": NaN}}', "not a finite number"),
        ("/fire", '{"caller": 5}', "not understood"),
        ("/fire", '{"caller": "//x", "headers": 5}', "not understood"),
    ],
)
def test_a_body_that_is_not_understood(shop: Any, path: str, body: str, word: str) -> None:
    answer = requests.post(f"{shop.sandbox.base}/_sandbox{path}", data=body, timeout=10)
    assert answer.status_code == 400
    assert word in answer.json()["error"]
