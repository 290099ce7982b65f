"""`call`: one answer, shown and explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]

WHERE = ("--project", "shop-prod", "--region", "us-central1")
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
GOOD = "good@shop-prod.iam.gserviceaccount.com"
URL = "https://orders-123456789012.us-central1.run.app"


def test_a_refusal(run: Run, world: str) -> None:
    ran = run("--world", world, "call", "orders", *WHERE, "--caller", CHECKOUT)
    assert ran.status == 10
    assert ran.out.startswith(f"GET {URL}/ as")
    assert "403 Forbidden" in ran.out
    assert "Your client does not have permission to get URL" in ran.out
    assert f"aud   {URL}" in ran.out
    assert f"email {CHECKOUT}" in ran.out
    assert "BLOCKED at iam" in ran.out


def test_an_answer(run: Run, world: str) -> None:
    ran = run("--world", world, "call", "orders", "/v1/items", *WHERE, "--caller", GOOD, "--format", "json")
    report = json.loads(ran.out)
    assert ran.status == 0
    assert report["answer"]["status"] == 200
    assert report["answer"]["url"] == f"{URL}/v1/items"
    assert report["answer"]["token"]["email"] == GOOD
    assert "signature" not in report["answer"]["token"]


def test_a_wrong_audience(run: Run, world: str) -> None:
    ran = run("--world", world, "call", "orders", *WHERE, "--caller", GOOD, "--audience", f"{URL}/v1/items")
    assert ran.status == 10
    assert "401" in ran.out
    assert "token/audience-path" in ran.out
