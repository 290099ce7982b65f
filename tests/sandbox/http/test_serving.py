"""How the sandbox behaves as a server: faults, delays, many at once, and a prompt end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from crauth_doctor.sandbox import serve
from tests.patience import LIMIT, PATIENCE

ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
SERVICE = "run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services/orders"


def test_a_status_is_used_up(open_shop: Any, world: dict[str, Any]) -> None:
    world["faults"] = [{"match": "run.googleapis.com/v2/", "times": 2, "status": 503}, {"match": "*", "status": 429}]
    shop = open_shop(world)
    answers = [shop.api(SERVICE) for _ in range(4)]
    assert [each.status_code for each in answers] == [503, 503, 429, 200]
    assert answers[0].json()["error"]["status"] == "UNAVAILABLE"


def test_a_fault_fits_by_prefix_and_by_the_global_host(open_shop: Any, world: dict[str, Any]) -> None:
    world["faults"] = [
        {"match": "run.googleapis.com/apis", "status": 500},
        {"match": "orders-abc123-uc.a.run.app", "status": 500},
    ]
    shop = open_shop(world)
    assert shop.api(SERVICE).status_code == 200
    knative = "us-central1-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/shop-prod/services"
    assert [shop.api(knative).status_code, shop.api(knative).status_code] == [500, 200]
    assert [shop.call().status_code, shop.call().status_code] == [500, 403]


def test_a_stated_body_and_headers(open_shop: Any, world: dict[str, Any]) -> None:
    portal = "<html>Sign in to the network</html>"
    world["faults"] = [
        {"match": "*", "body": portal},
        {"match": "*", "status": 429, "headers": {"Retry-After": 7}},
    ]
    shop = open_shop(world)
    answer = shop.api(SERVICE)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (
        200,
        portal,
        "text/html; charset=utf-8",
    )
    assert shop.api(SERVICE).headers["retry-after"] == "7"


def test_broken_connections(open_shop: Any, world: dict[str, Any]) -> None:
    world["faults"] = [{"match": "*", "reset": True}, {"match": "*", "truncate": True}]
    shop = open_shop(world)
    with pytest.raises(requests.exceptions.ConnectionError):
        shop.api(SERVICE)
    with pytest.raises(requests.exceptions.RequestException):
        shop.api(SERVICE)
    assert shop.api(SERVICE).status_code == 200


def test_delays(open_shop: Any, world: dict[str, Any]) -> None:
    world["delays"] = {"api": 0.2, "call": 0.1}
    world["faults"] = [{"match": "oauth2.googleapis.com", "delay": 0.15}]
    shop = open_shop(world)
    for least, ask in (
        (0.2, lambda: shop.api(SERVICE)),
        (0.1, shop.call),
        (0.35, lambda: shop.call("http://oauth2.googleapis.com/tokeninfo")),
    ):
        before = time.monotonic()
        ask()
        assert least <= time.monotonic() - before


def test_a_policy_counts_only_when_it_has_been_propagated(open_shop: Any, world: dict[str, Any]) -> None:
    world["delays"] = {"propagation": 120}
    world["iam"][ORDERS] = {}
    shop = open_shop(world)
    policy = {"bindings": [{"role": "roles/run.invoker", "members": [shop.member]}]}
    shop.api(f"{SERVICE}:setIamPolicy", "POST", json={"policy": policy}).raise_for_status()
    assert shop.api(f"{SERVICE}:getIamPolicy").json()["bindings"] == policy["bindings"]
    assert shop.invoke().status_code == 403
    shop.sandbox.advance(125)
    assert shop.invoke().status_code == 200


def test_of_many_writers_with_one_etag_one_wins(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    etag = shop.api(f"{SERVICE}:getIamPolicy").json()["etag"]

    def write(number: int) -> Any:
        bindings = [{"role": "roles/run.invoker", "members": [f"user:u{number}@example.com"]}]
        body = {"policy": {"etag": etag, "bindings": bindings}}
        return shop.api(f"{SERVICE}:setIamPolicy", "POST", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(write, range(8))) == [200] + [409] * 7


def test_writers_who_read_first_lose_nothing(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)

    def add(number: int) -> Any:
        while True:
            policy = shop.api(f"{SERVICE}:getIamPolicy").json()
            policy["bindings"][0]["members"].append(f"user:u{number}@example.com")
            if shop.api(f"{SERVICE}:setIamPolicy", "POST", json={"policy": policy}).ok:
                return

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))
    members = shop.api(f"{SERVICE}:getIamPolicy").json()["bindings"][0]["members"]
    assert len(members) == 7


def test_requests_are_answered_side_by_side(open_shop: Any, world: dict[str, Any]) -> None:
    world["faults"] = [{"match": f"{SERVICE}:getIamPolicy", "delay": 10 * LIMIT}]
    shop = open_shop(world)
    with ThreadPoolExecutor(16) as pool:
        held = pool.submit(lambda: requests.get(f"{shop.sandbox.base}/{SERVICE}:getIamPolicy", timeout=2 * LIMIT))
        until(lambda: bool(shop.sandbox.cloud.faults_taken))
        assert {each.status_code for each in pool.map(lambda _: shop.api(SERVICE), range(16))} == {200}
        assert not held.done()
        shop.sandbox.cloud.closing.set()  # which ends every delay
        assert held.result().status_code == 401
    assert len(shop.sandbox.requests) == 17


def test_many_sandboxes_live_side_by_side(open_shop: Any, world: dict[str, Any]) -> None:
    shops = [open_shop(world | {"operator": {"principal": f"user:u{number}@example.com"}}) for number in range(10)]
    assert len({each.sandbox.port for each in shops}) == 10
    for number, shop in enumerate(shops):
        assert (
            requests.get(f"{shop.sandbox.base}/_sandbox", timeout=5).json()["operator"] == f"user:u{number}@example.com"
        )
        stranger = shops[number - 1].sandbox.operator_token
        headers = {"Authorization": f"Bearer {stranger}"}
        assert requests.get(f"{shop.sandbox.base}/{SERVICE}", headers=headers, timeout=5).status_code == 401


def test_the_world_itself_is_never_changed(open_shop: Any, world: dict[str, Any]) -> None:
    before = repr(world)
    shop = open_shop(world)
    shop.api(f"{SERVICE}:setIamPolicy", "POST", json={"policy": {"bindings": []}})
    shop.api(f"{SERVICE}", "PATCH", params={"updateMask": "ingress"}, json={"ingress": "INGRESS_TRAFFIC_NONE"})
    assert repr(world) == before
    assert shop.api(SERVICE).json()["ingress"] == "INGRESS_TRAFFIC_NONE"


def test_it_ends_promptly_and_leaves_nothing_behind(world: dict[str, Any]) -> None:
    world["faults"] = [{"match": "*", "delay": 10 * LIMIT}]
    before = set(threading.enumerate())
    with serve(world) as sandbox:
        session = requests.Session()
        session.get(f"{sandbox.base}/_sandbox", timeout=5)  # a connection that is kept alive
        headers = {"Authorization": f"Bearer {sandbox.operator_token}"}
        waiting = threading.Thread(target=lambda: _ignore(f"{sandbox.base}/{SERVICE}", headers))
        waiting.start()
        until(lambda: bool(sandbox.cloud.faults_taken))
    waiting.join(PATIENCE)
    session.close()
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"{sandbox.base}/_sandbox", timeout=1)
    begun = {thread.name for thread in threading.enumerate() if thread not in before}
    assert [name for name in begun if "process_request" in name or "crauth-doctor" in name] == []


def until(ready: Callable[[], bool]) -> None:
    """Wait for something that must come."""
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def _ignore(url: str, headers: dict[str, str]) -> Any:
    try:
        requests.get(url, headers=headers, timeout=LIMIT)
    except requests.exceptions.RequestException:
        return


def test_a_port_may_be_asked_for(world: dict[str, Any]) -> None:
    for _ in range(5):  # somebody else may take the port in between
        with serve(world) as first:
            port = first.port
        try:
            with serve(world, port=port) as again:
                assert again.base == f"http://127.0.0.1:{port}"
                return
        except OSError:
            continue
    pytest.fail("a port that was free a moment ago is taken, five times")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_bodies_that_are_no_json(shop: Any, body: Any) -> None:
    answer = shop.api(f"{SERVICE}:testIamPermissions", "POST", data=body)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_exports(open_shop: Any, world: dict[str, Any], tmp_path: Path) -> None:
    shop = open_shop(world)
    found = shop.sandbox.exports(tmp_path)
    assert found["CRAUTH_DOCTOR_SANDBOX"] == shop.sandbox.base
    assert found["CLOUDSDK_CORE_PROJECT"] == "shop-prod"
    assert found["GCE_METADATA_HOST"] == f"127.0.0.1:{shop.sandbox.port}"
    token = tmp_path / "operator-token"
    assert token.read_text() == shop.sandbox.operator_token
    assert token.stat().st_mode & 0o077 == 0
    assert shop.sandbox.operator_token not in "".join(found.values())


PROGRAM = """
import google.auth, google.auth.transport.requests as transport, requests
from google.oauth2 import id_token
credentials, project = google.auth.default()
session = transport.AuthorizedSession(credentials)
print(project, session.get("http://cloudresourcemanager.googleapis.com/v3/projects/shop-prod").status_code)
token = id_token.fetch_id_token(transport.Request(), "https://orders-abc123-uc.a.run.app")
headers = {"Authorization": f"Bearer {token}"}
print(requests.get("http://orders-abc123-uc.a.run.app/", headers=headers).status_code)
"""


def test_the_exports_lead_googles_libraries_here(open_shop: Any, world: dict[str, Any], tmp_path: Path) -> None:
    world["iam"][ORDERS]["bindings"][0]["members"].append("user:dev@example.com")
    shop = open_shop(world)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **shop.sandbox.exports(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["shop-prod", "200", "200"], done.stderr
