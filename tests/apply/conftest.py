"""A service whose policy has something of everything, and hands that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.apply.executor import Applied, ChangeExecutor, Plan
from crauth_doctor.apply.receipts import Receipt, Receipts
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.change import Applicable, GrantRole
from crauth_doctor.sandbox import Sandbox, parse_world, serve

PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
ACCOUNTS = "//iam.googleapis.com/projects/shop-prod/serviceAccounts/"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{CHECKOUT}"
INVOKER = "roles/run.invoker"
OTHERS: list[dict[str, Any]] = [
    {
        "role": INVOKER,
        "members": ["group:partners@example.com"],
        "condition": {
            "title": "office hours",
            "description": "agreed with partners",
            "expression": 'request.path.startsWith("/api")',
        },
    },
    {"role": "roles/run.viewer", "members": ["user:audit@example.com", "group:support@example.com"]},
    {"role": INVOKER, "members": ["serviceAccount:batch@shop-prod.iam.gserviceaccount.com"]},
]
WORLD: dict[str, Any] = {
    "version": 1,
    "now": "2026-06-01T09:00:00Z",
    "operator": {"principal": "user:dev@example.com"},
    "resources": {
        PROJECT: {"name": "projects/123456789012", "projectId": "shop-prod"},
        ORDERS: {
            "urls": ["https://orders-123456789012.us-central1.run.app"],
            "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY",
            "customAudiences": ["https://old.example.com"],
            "template": {"serviceAccount": "orders-run@shop-prod.iam.gserviceaccount.com"},
        },
        **{
            f"{ACCOUNTS}{name}@shop-prod.iam.gserviceaccount.com": {}
            for name in ("checkout", "batch", "orders-run", "other")
        },
    },
    "iam": {ORDERS: {"version": 3, "bindings": OTHERS}},
}
GRANT = GrantRole(ORDERS, INVOKER, MEMBER)


class Scene:
    """A served world, a folder of receipts, and an executor."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.box = box
        self.receipts = Receipts(folder)
        self.told: list[str] = []
        self.executor = self.another()

    def another(self) -> ChangeExecutor:
        """Another executor in the same world, as another process would have it."""
        google = connect({}, sandbox=self.box.base)
        return ChangeExecutor(google, self.receipts, version="1", tell=self.told.append)

    def make(self, change: Applicable, executor: ChangeExecutor | None = None) -> Applied:
        """Plan a change and make it, with consent to all that it opens."""
        return self.carry_out((executor or self.executor).plan(change), executor=executor)

    def back(self, receipt: Receipt) -> Applied:
        """Undo a change, with consent to all that this opens."""
        return self.carry_out(self.executor.plan_undo(receipt), receipt)

    def carry_out(
        self, plan: Plan, undoes: Receipt | None = None, *, executor: ChangeExecutor | None = None
    ) -> Applied:
        """Make what was planned, with consent to all that it opens."""
        return (executor or self.executor).apply(plan, plan.agreed(widening=True), undoes)

    def bindings(self, resource: str = ORDERS) -> list[dict[str, Any]]:
        """What stands in a policy now."""
        found: list[dict[str, Any]] = self.box.cloud.policy(resource).get("bindings", [])
        return found

    def has(self, member: str = MEMBER, role: str = INVOKER) -> bool:
        """Whether a member has a role without a condition."""
        return any(
            one["role"] == role and member in one["members"] and "condition" not in one for one in self.bindings()
        )

    def third_party(self, *bindings: dict[str, Any]) -> None:
        """Somebody else adds bindings."""
        policy = self.box.cloud.policy(ORDERS)
        self.box.cloud.write_policy(ORDERS, {**policy, "bindings": [*policy.get("bindings", []), *bindings]})

    def writes(self) -> list[str]:
        """Every request that could change something."""
        reads = (":getIamPolicy", ":testIamPermissions", ":getAncestry", ":generateIdToken", "/token", ":troubleshoot")
        return [one.path for one in self.box.requests if one.method != "GET" and not one.path.endswith(reads)]


Start = Callable[..., Scene]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Serve the world with some keys of it replaced."""
    with ExitStack() as stack:
        yield lambda **changed: Scene(
            stack.enter_context(serve(parse_world(deepcopy(WORLD) | changed))), tmp_path / "receipts"
        )
