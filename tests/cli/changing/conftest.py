"""A small shop whose policies are changed, with the pretend cloud's own log and policies as witnesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from typing import Any

import pytest

from crauth_doctor.sandbox import Sandbox, parse_world, serve

Run = Callable[..., Any]

PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
RUN = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/"
IAM = "//iam.googleapis.com/projects/shop-prod/serviceAccounts/"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{CHECKOUT}"
WHERE = ("--project", "shop-prod", "--region", "us-central1")
READS = (
    ":getIamPolicy",
    ":testIamPermissions",
    ":getAncestry",
    ":generateIdToken",
    "/token",
    "entries:list",
    ":troubleshoot",
)
OTHERS = [
    {"role": "roles/run.viewer", "members": ["user:audit@example.com"]},
    {
        "role": "roles/run.invoker",
        "members": ["group:partners@example.com"],
        "condition": {"title": "t", "description": "d", "expression": 'request.path.startsWith("/x")'},
    },
]
WORLD: dict[str, Any] = {
    "version": 1,
    "now": "2026-06-01T09:00:00Z",
    "operator": {"principal": "user:dev@example.com"},
    "resources": {
        PROJECT: {"name": "projects/123456789012", "projectId": "shop-prod"},
        ORDERS: {
            "urls": ["https://orders-123456789012.us-central1.run.app"],
            "template": {"serviceAccount": "orders-run@shop-prod.iam.gserviceaccount.com"},
        },
        f"{RUN}checkout": {"template": {"serviceAccount": CHECKOUT}},
        f"{IAM}{CHECKOUT}": {},
        f"{IAM}spare@shop-prod.iam.gserviceaccount.com": {},
    },
    "iam": {ORDERS: {"bindings": OTHERS}},
}
DENY = {
    "displayName": "freeze",
    "rules": [
        {
            "denyRule": {
                "deniedPrincipals": ["principalSet://goog/public:all"],
                "deniedPermissions": ["run.googleapis.com/routes.invoke"],
            }
        }
    ],
}


class Shop:
    """A served world, and the program run against it."""

    def __init__(self, run: Run, box: Sandbox) -> None:
        self._run = run
        self.box = box

    def __call__(self, *argv: str) -> Any:
        return self._run(*argv, CRAUTH_DOCTOR_SANDBOX=self.box.base)

    def grant(self, *more: str, who: tuple[str, ...] = ("--sa", CHECKOUT)) -> Any:
        return self("grant", "orders", *WHERE, *who, *more)

    def bindings(self, resource: str = ORDERS) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.box.cloud.policy(resource).get("bindings", [])
        return found

    def writes(self) -> list[str]:
        return [one.path for one in self.box.requests if one.host.endswith("googleapis.com") and one.method != "GET"
                and not one.path.endswith(READS)]  # fmt: skip


Open = Callable[..., Shop]


@pytest.fixture
def shop(run: Run) -> Iterator[Open]:
    """Serve the world with some keys of it replaced, and some resources and policies added."""
    with ExitStack() as stack:

        def start(resources: dict[str, Any] | None = None, iam: dict[str, Any] | None = None, **changed: Any) -> Shop:
            world = deepcopy(WORLD) | changed
            world["resources"] |= resources or {}
            world["iam"] |= iam or {}
            return Shop(run, stack.enter_context(serve(parse_world(world))))

        yield start
