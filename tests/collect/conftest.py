"""Two services, a caller, and everything above them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from copy import deepcopy
from typing import Any

import pytest

from crauth_doctor.collect.question import Question
from crauth_doctor.collect.readings import collect
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.facts import Facts
from crauth_doctor.sandbox import Sandbox, parse_world, serve
from crauth_doctor.sandbox.state.cloud import AnsweredRequest

NUMBER = "123456789012"
ORDERS = "projects/shop-prod/locations/us-central1/services/orders"
FRONTEND = "projects/shop-prod/locations/us-central1/services/frontend"
URL = f"https://orders-{NUMBER}.us-central1.run.app"
HASHED = "https://orders-abc123-uc.a.run.app"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
WEB = "web@shop-prod.iam.gserviceaccount.com"
CRM = "//cloudresourcemanager.googleapis.com/"
RUN = "//run.googleapis.com/"
IAM = "//iam.googleapis.com/projects/shop-prod/"


def invoker(*members: str, role: str = "roles/run.invoker", **more: Any) -> dict[str, Any]:
    return {"version": 3, "bindings": [{"role": role, "members": list(members), **more}]}


WORLD: dict[str, Any] = {
    "version": 1,
    "now": "2026-06-01T09:00:00Z",
    "operator": {"principal": "user:dev@example.com"},
    "resources": {
        f"{CRM}projects/shop-prod": {"name": f"projects/{NUMBER}", "projectId": "shop-prod", "parent": "folders/77"},
        f"{CRM}folders/77": {"name": "folders/77", "parent": "organizations/9"},
        f"{CRM}organizations/9": {"name": "organizations/9"},
        f"{RUN}{ORDERS}": {
            "ingress": "INGRESS_TRAFFIC_ALL",
            "urls": [URL, HASHED],
            "customAudiences": ["https://orders.example.com"],
            "trafficStatuses": [{"tag": "blue", "uri": f"https://blue---orders-{NUMBER}.us-central1.run.app"}],
        },
        f"{RUN}{FRONTEND}": {"ingress": "INGRESS_TRAFFIC_ALL", "template": {"serviceAccount": WEB}},
        f"{IAM}serviceAccounts/{CHECKOUT}": {},
        f"{IAM}serviceAccounts/{WEB}": {},
    },
    "iam": {f"{RUN}{ORDERS}": invoker(f"serviceAccount:{CHECKOUT}")},
}

Ask = Callable[..., tuple[Facts, Sandbox]]


DELAYS = (0.1, 0.5, 2.5)
"""Seconds that an answer takes: the next one is tried where threads may just have been late."""


def waves_of(requests: Sequence[AnsweredRequest]) -> list[list[AnsweredRequest]]:
    """Requests in waves: one that was sent after an answer to its wave begins the next.

    What waits for an answer is always in a later wave; what does not may be, where the machine was slow.
    """
    waves: list[list[AnsweredRequest]] = []
    for one in sorted(requests, key=lambda one: one.started):
        if not waves or one.started >= min(other.ended for other in waves[-1]):
            waves.append([])
        waves[-1].append(one)
    return waves


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Ask about `orders` in the world with some keys replaced, and some resources and policies added."""
    with ExitStack() as stack:

        def start(
            service: str = "orders",
            *,
            resources: dict[str, Any] | None = None,
            iam: dict[str, Any] | None = None,
            world: dict[str, Any] | None = None,
            said: list[str] | None = None,
            **question: Any,
        ) -> tuple[Facts, Sandbox]:
            changed = deepcopy(WORLD) | (world or {})
            changed["resources"] |= resources or {}
            changed["iam"] |= iam or {}
            box = stack.enter_context(serve(parse_world(changed)))
            asked: dict[str, Any] = {"project": "shop-prod", "region": "us-central1", "caller": CHECKOUT} | question
            google = connect({}, sandbox=box.base)
            return collect(Question(service, **asked), google, (said if said is not None else []).append), box

        yield start
