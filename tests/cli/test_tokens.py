"""A token goes only where it can do no harm: what the tool sends, and what its printed commands would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.sandbox import parse_world, serve

Run = Callable[..., Any]

RUN = "//run.googleapis.com/projects/shop-prod/locations/us-central1/"
ORDERS = f"{RUN}services/orders"
URL = "https://orders-123456789012.us-central1.run.app"
OTHER = "https://twin-123456789012.us-central1.run.app"
ARGV = ("orders", "--project", "shop-prod", "--region", "us-central1", "--caller")
GOOD = "good@shop-prod.iam.gserviceaccount.com"
EVERYBODY = {"role": "roles/run.invoker", "members": ["allUsers"]}


def calls(run: Run, document: dict[str, Any], *more: str) -> dict[str, Any]:
    with serve(parse_world(document)) as box:
        ran = run("check", *ARGV, GOOD, *more, "--format", "json", CRAUTH_DOCTOR_SANDBOX=box.base)
    found: dict[str, Any] = json.loads(ran.out)["calls"]
    return found


@pytest.fixture
def shop(world: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(Path(world).read_text(encoding="utf-8"))
    return document


def test_no_token_goes_to_a_custom_domain_even_where_its_mapping_is_ready(run: Run, shop: dict[str, Any]) -> None:
    shop["resources"][f"{RUN}domainmappings/shop.example.com"] = {
        "metadata": {"name": "shop.example.com"},
        "spec": {"routeName": "orders"},
        "status": {"mappedRouteName": "orders", "conditions": [{"type": "Ready", "status": "True"}]},
    }
    shop["resources"][ORDERS]["customAudiences"] = ["https://shop.example.com"]
    got = calls(run, shop, "--url", "https://shop.example.com/")
    assert got["url"] == "https://shop.example.com/"
    assert (got["withoutToken"], got["withJunk"], got["withToken"]) == (403, 401, None)


def test_a_token_for_another_service_shows_that_it_is_refused(run: Run, shop: dict[str, Any]) -> None:
    assert calls(run, shop, "--audience", OTHER)["withToken"] == 401


@pytest.mark.parametrize("opened", ["invokerIamDisabled", "allUsers", "declared", "unread"])
def test_a_token_for_another_service_goes_to_no_container(run: Run, shop: dict[str, Any], opened: str) -> None:
    match opened:
        case "invokerIamDisabled":
            shop["resources"][ORDERS]["invokerIamDisabled"] = True
        case "allUsers":
            shop["iam"][ORDERS]["bindings"].append(EVERYBODY)
        case "declared":
            shop["resources"][ORDERS] |= {"invokerIamDisabled": True, "customAudiences": [OTHER]}
        case _:
            shop["operator"]["lacks"] = ["run.services.getIamPolicy"]
    assert calls(run, shop, "--audience", OTHER)["withToken"] is None


@pytest.mark.parametrize("audience", [URL, f"{URL}/", "orders-of-the-shop"])
def test_the_services_own_token_goes_to_a_public_service_too(run: Run, shop: dict[str, Any], audience: str) -> None:
    shop["resources"][ORDERS] |= {"invokerIamDisabled": True, "customAudiences": ["orders-of-the-shop"]}
    assert calls(run, shop, "--audience", audience)["withToken"] == 200


def test_a_runbook_verifies_by_the_services_own_url(run: Run, shop: dict[str, Any]) -> None:
    shop["resources"][ORDERS]["customAudiences"] = ["https://shop.example.com"]
    with serve(parse_world(shop)) as box:
        page = run("runbook", *ARGV, GOOD, "--url", "https://shop.example.com/v1", CRAUTH_DOCTOR_SANDBOX=box.base).out
    (line,) = [line for line in page.splitlines() if "fail-with-body -H @- " in line]
    assert line.endswith("run.app/v1")
    assert "--audiences=https://shop.example.com" in page


def test_a_runbook_has_no_verify_line_where_only_a_custom_domain_leads_to_the_service(
    run: Run, shop: dict[str, Any]
) -> None:
    shop["resources"][ORDERS] |= {"customAudiences": ["https://shop.example.com"], "defaultUriDisabled": True}
    with serve(parse_world(shop)) as box:
        page = run("runbook", *ARGV, GOOD, "--url", "https://shop.example.com/", CRAUTH_DOCTOR_SANDBOX=box.base).out
    assert "print-identity-token" not in page.partition("## Verify")[2].partition("## What")[0]
