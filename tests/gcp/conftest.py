"""A small world, and Google's clients before it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from crauth_doctor.gcp.google import Google, connect
from crauth_doctor.sandbox import Sandbox, parse_world, serve

ORDERS = "projects/shop-prod/locations/us-central1/services/orders"
URL = "https://orders-123456789012.us-central1.run.app"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
WORLD: dict[str, Any] = {
    "version": 1,
    "now": "2026-06-01T09:00:00Z",
    "operator": {"principal": "user:dev@example.com"},
    "resources": {
        "//cloudresourcemanager.googleapis.com/projects/shop-prod": {
            "name": "projects/123456789012",
            "projectId": "shop-prod",
            "parent": "folders/77",
        },
        "//cloudresourcemanager.googleapis.com/folders/77": {"name": "folders/77", "parent": "organizations/9"},
        "//cloudresourcemanager.googleapis.com/organizations/9": {"name": "organizations/9"},
        f"//run.googleapis.com/{ORDERS}": {
            "ingress": "INGRESS_TRAFFIC_ALL",
            "template": {"serviceAccount": "orders-run@shop-prod.iam.gserviceaccount.com"},
            "urls": [URL, "https://orders-abc123-uc.a.run.app"],
        },
        f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{CHECKOUT}": {"displayName": "Checkout"},
    },
    "iam": {
        f"//run.googleapis.com/{ORDERS}": {
            "version": 3,
            "bindings": [{"role": "roles/run.invoker", "members": [f"serviceAccount:{CHECKOUT}"]}],
        },
    },
}

Open = Callable[..., tuple[Sandbox, Google]]


@pytest.fixture
def nobody() -> Iterator[str]:
    """HOST:PORT of this machine at which nobody listens, nor can: the port is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def opened() -> Iterator[Open]:
    """Serve the world with some keys of it replaced, and connect to it."""
    with ExitStack() as stack:

        def start(*, seconds: float = 10.0, impersonate: str | None = None, **changed: Any) -> tuple[Sandbox, Google]:
            box = stack.enter_context(serve(parse_world(WORLD | changed)))
            return box, connect({}, sandbox=box.base, seconds=seconds, impersonate=impersonate)

        yield start
