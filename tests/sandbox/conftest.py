"""A small shop, served, and a way to ask it things."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from crauth_doctor.sandbox import Sandbox, serve

PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
CHECKOUT = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/checkout"
ACCOUNT = "checkout-run@shop-prod.iam.gserviceaccount.com"
WORLD: dict[str, Any] = {
    "version": 1,
    "now": "2026-06-01T09:00:00Z",
    "operator": {"principal": "user:dev@example.com"},
    "resources": {
        "//cloudresourcemanager.googleapis.com/organizations/9": {
            "name": "organizations/9",
            "displayName": "example.com",
            "directoryCustomerId": "C03x9k2ab",
        },
        "//cloudresourcemanager.googleapis.com/folders/77": {
            "name": "folders/77",
            "displayName": "shops",
            "parent": "organizations/9",
        },
        PROJECT: {"name": "projects/123456789012", "projectId": "shop-prod", "parent": "folders/77"},
        ORDERS: {
            "ingress": "INGRESS_TRAFFIC_ALL",
            "template": {"serviceAccount": "orders-run@shop-prod.iam.gserviceaccount.com"},
            "urls": ["https://orders-123456789012.us-central1.run.app", "https://orders-abc123-uc.a.run.app"],
            "uri": "https://orders-abc123-uc.a.run.app",
        },
        CHECKOUT: {"template": {"serviceAccount": ACCOUNT}},
        f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{ACCOUNT}": {"uniqueId": "109876543210987654321"},
        "//iam.googleapis.com/projects/shop-prod/serviceAccounts/orders-run@shop-prod.iam.gserviceaccount.com": {},
    },
    "iam": {
        ORDERS: {"bindings": [{"role": "roles/run.invoker", "members": [f"serviceAccount:{ACCOUNT}"]}]},
        PROJECT: {"bindings": [{"role": "roles/owner", "members": ["user:admin@example.com"]}]},
    },
}


class Shop:
    """A served world, asked through the proxy by real host names."""

    member = f"serviceAccount:{ACCOUNT}"
    url = "http://orders-abc123-uc.a.run.app"
    audience = "https://orders-abc123-uc.a.run.app"

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.proxies = {"http": sandbox.base}

    def call(self, path: str = "/", method: str = "GET", **more: Any) -> requests.Response:
        """A call to a service, with exactly the headers given."""
        url = path if "://" in path else self.url + path
        return requests.request(method, url, proxies=self.proxies, allow_redirects=False, timeout=10, **more)

    def invoke(self, path: str = "/", member: str = member, audience: str = audience, **more: Any) -> requests.Response:
        """A call to orders with an ID token of a member."""
        token = self.sandbox.id_token(member, audience, **more.pop("claims", {}))
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.call(path, headers=headers, **more)

    def api(self, url: str, method: str = "GET", member: str | None = None, **more: Any) -> requests.Response:
        """A call to a Google API: as the operator, or as somebody else."""
        token = self.sandbox.access_token(member) if member else self.sandbox.operator_token
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        url = url if "://" in url else f"http://{url}"
        return requests.request(method, url, headers=headers, proxies=self.proxies, timeout=10, **more)


@pytest.fixture(name="world")
def world_fixture() -> dict[str, Any]:
    return copy.deepcopy(WORLD)


@pytest.fixture
def open_shop() -> Iterator[Callable[[dict[str, Any]], Shop]]:
    with ExitStack() as stack:
        yield lambda world: Shop(stack.enter_context(serve(world)))


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """The shop as it is, for tests that change nothing."""
    with serve(copy.deepcopy(WORLD)) as sandbox:
        yield Shop(sandbox)
