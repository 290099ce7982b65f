"""Which credentials the front end takes: everything else is 401, and nothing at all is 403."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from crauth_doctor.sandbox.edge import signing_keys as keys

URL = "https://orders-abc123-uc.a.run.app"


@pytest.mark.parametrize(
    ("audience", "status"),
    [
        (URL, 200),
        (URL + "/", 200),
        ("https://orders-123456789012.us-central1.run.app", 200),
        (URL + "/v1", 401),
        (URL + "?a=b", 401),
        (URL.removeprefix("https://"), 401),
        ("http://orders-abc123-uc.a.run.app", 401),
        ("https://canary---orders-abc123-uc.a.run.app", 401),
        ("https://checkout-123456789012.us-central1.run.app", 401),
        ("32555940559.apps.googleusercontent.com", 401),
        ("orders", 401),
    ],
)
def test_audience(shop: Any, audience: str, status: int) -> None:
    assert shop.invoke(audience=audience).status_code == status


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"iss": "accounts.google.com"}, 200),
        ({"email": None, "email_verified": None}, 200),
        ({"iss": "https://securetoken.google.com/shop-prod"}, 401),
        ({"iss": "https://example.auth0.com/"}, 401),
        ({"exp": 1}, 401),
        ({"exp": None}, 401),
        ({"iat": 4102444800}, 401),
        ({"aud": [URL]}, 401),
        ({"sub": "1"}, 403),
    ],
)
def test_claims(shop: Any, claims: Any, status: int) -> None:
    assert shop.invoke(claims=claims).status_code == status


def test_a_token_runs_out_after_an_hour(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    token = shop.sandbox.id_token(shop.member, shop.audience)
    headers = {"Authorization": f"Bearer {token}"}
    shop.sandbox.advance(3590)
    assert shop.call(headers=headers).status_code == 200
    shop.sandbox.advance(20)
    assert shop.call(headers=headers).status_code == 401


def good(shop: Any) -> str:
    return str(shop.sandbox.id_token(shop.member, shop.audience))


def replaced_signature(token: str) -> str:
    return token.rpartition(".")[0] + ".SIGNATURE_REMOVED_BY_GOOGLE"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("", 403),
        ("Bearer {good}", 200),
        ("bearer {good}", 200),
        ("Bearer Bearer {good}", 401),
        ("{good}", 401),
        ("Basic ZGV2OnNlY3JldA==", 401),
        ('Bearer "{good}"', 401),
        ("Bearer {good}, Bearer {good}", 401),
        ("Bearer {access}", 401),
        ("Bearer {removed}", 401),
        ("Bearer {selfsigned}", 401),
        ("Bearer ", 401),
    ],
)
def test_header(shop: Any, header: str, status: int) -> None:
    token = good(shop)
    own = keys.sign({"iss": shop.member, "aud": shop.audience, "exp": 4102444800, "iat": 1}, "own-key")
    access = shop.sandbox.access_token(shop.member)
    value = header.format(good=token, access=access, removed=replaced_signature(token), selfsigned=own)
    # http.client sends a header as it stands
    connection = http.client.HTTPConnection("127.0.0.1", shop.sandbox.port, timeout=10)
    connection.request("GET", "/", headers={"Host": "orders-abc123-uc.a.run.app", "Authorization": value})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == status


def test_two_headers_are_one_too_many(shop: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shop.sandbox.port, timeout=10)
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("Host", "orders-abc123-uc.a.run.app")
    for _ in range(2):
        connection.putheader("Authorization", f"Bearer {good(shop)}")
    connection.endheaders()
    assert connection.getresponse().status == 401
    connection.close()


@pytest.mark.parametrize(
    ("authorization", "serverless", "status"),
    [("good", "bad", 401), ("bad", "good", 200), (None, "good", 200), ("good", None, 200), ("good", "", 200)],
)
def test_the_serverless_header_wins(shop: Any, authorization: str | None, serverless: str | None, status: int) -> None:
    values = {"good": f"Bearer {good(shop)}", "bad": "Bearer x.y.z", "": ""}
    headers = {}
    if authorization is not None:
        headers["Authorization"] = values[authorization]
    if serverless is not None:
        headers["X-Serverless-Authorization"] = values[serverless]
    assert shop.call(headers=headers).status_code == status


def test_a_users_token_may_carry_gclouds_client(open_shop: Any, world: dict[str, Any]) -> None:
    world["iam"]["//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"]["bindings"].append(
        {"role": "roles/run.invoker", "members": ["user:dev@example.com"]}
    )
    shop = open_shop(world)
    assert shop.invoke(member="user:dev@example.com", audience="32555940559.apps.googleusercontent.com").ok
    own = shop.invoke(member="user:dev@example.com", audience="1-x.apps.googleusercontent.com")
    assert own.status_code == 401


def test_a_custom_audience_counts_to_the_letter(open_shop: Any, world: dict[str, Any]) -> None:
    orders = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
    world["resources"][orders]["customAudiences"] = ["https://orders.example.com"]
    shop = open_shop(world)
    assert shop.invoke(audience="https://orders.example.com").status_code == 200
    assert shop.invoke(audience="https://orders.example.com/").status_code == 401
