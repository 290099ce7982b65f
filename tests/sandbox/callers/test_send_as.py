"""Callers that act: each sends its own request, from its own place, with the token that its product would mint."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import requests

ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
CHECKOUT = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/checkout"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
EMAIL = "checkout-run@shop-prod.iam.gserviceaccount.com"
ACCOUNT = f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{EMAIL}"
URL = "https://orders-abc123-uc.a.run.app"
AT = "projects/shop-prod/locations/us-central1"
JOB = f"//cloudscheduler.googleapis.com/{AT}/jobs/nightly"
QUEUE = f"//cloudtasks.googleapis.com/{AT}/queues/q"
PUSH = "//pubsub.googleapis.com/projects/shop-prod/subscriptions/push"
TRIGGER = f"//eventarc.googleapis.com/{AT}/triggers/t"
WORKFLOW = f"//workflows.googleapis.com/{AT}/workflows/w"
FUNCTION = f"//cloudfunctions.googleapis.com/{AT}/functions/f"
INSTANCE = "//compute.googleapis.com/projects/shop-prod/zones/us-central1-a/instances/vm"
OIDC = {"serviceAccountEmail": EMAIL, "audience": URL}
SOURCE = f"""
main:
  steps:
  - first:
      call: http.get
      args: {{url: "https://elsewhere.example.com/"}}
  - call_orders:
      call: http.post
      args:
        url: {URL}/w
        auth: {{type: OIDC, audience: "{URL}"}}
"""
CALLERS = {
    JOB: {"httpTarget": {"uri": f"{URL}/j", "httpMethod": "PUT", "oidcToken": OIDC}},
    f"{QUEUE}/tasks/1": {"httpRequest": {"url": f"{URL}/t", "oidcToken": OIDC}},
    PUSH: {"pushConfig": {"pushEndpoint": f"{URL}/p", "oidcToken": OIDC}},
    TRIGGER: {
        "serviceAccount": EMAIL,
        "destination": {"cloudRun": {"service": "orders", "region": "us-central1", "path": "/e"}},
    },
}
AGENTS = {"cloudscheduler": "cloudscheduler", "cloudtasks": "cloudtasks", "pubsub": "pubsub", "eventarc": "pubsub"}


@pytest.fixture(name="acting")
def acting_fixture(world: dict[str, Any]) -> dict[str, Any]:
    world["resources"] |= copy.deepcopy(CALLERS) | {
        QUEUE: {},
        WORKFLOW: {"serviceAccount": f"projects/shop-prod/serviceAccounts/{EMAIL}", "sourceContents": SOURCE},
        FUNCTION: {"serviceConfig": {"service": CHECKOUT.removeprefix("//run.googleapis.com/")}},
        INSTANCE: {"serviceAccounts": [{"email": EMAIL}], "networkInterfaces": [{"network": "shop"}]},
    }
    world["iam"][PROJECT]["bindings"] += [
        {
            "role": f"roles/{product}.serviceAgent",
            "members": [f"serviceAccount:service-123456789012@gcp-sa-{product}.iam.gserviceaccount.com"],
        }
        for product in set(AGENTS.values())
    ]
    return world


@pytest.mark.parametrize("caller", [*CALLERS, QUEUE])
def test_a_product_sends_its_request_with_a_token_of_its_account(open_shop: Any, acting: Any, caller: str) -> None:
    shop = open_shop(acting)
    told = shop.sandbox.fire(caller)
    assert (told["status"], told["token"]) == (200, True)
    assert shop.sandbox.cloud.logs[-1]["httpRequest"]["requestUrl"] == told["url"]


@pytest.mark.parametrize("caller", CALLERS)
def test_an_agent_that_may_not_mint_sends_without_a_token(open_shop: Any, acting: Any, caller: str) -> None:
    acting["iam"][PROJECT]["bindings"] = []
    shop = open_shop(acting)
    told = shop.sandbox.fire(caller)
    assert (told["status"], told["token"]) == (403, False)
    assert "Empty Authorization header value" in shop.sandbox.cloud.logs[-1]["textPayload"]
    product = AGENTS[caller.removeprefix("//").partition(".")[0]]
    agent = f"serviceAccount:service-123456789012@gcp-sa-{product}.iam.gserviceaccount.com"
    grant = [{"role": "roles/iam.serviceAccountOpenIdTokenCreator", "members": [agent]}]
    acting["iam"][ACCOUNT] = {"bindings": grant}
    assert open_shop(acting).sandbox.fire(caller)["status"] == 200


def test_the_default_audience_is_the_whole_target(open_shop: Any, acting: Any) -> None:
    acting["resources"][JOB]["httpTarget"]["oidcToken"] = {"serviceAccountEmail": EMAIL}
    assert open_shop(acting).sandbox.fire(JOB)["status"] == 401


def test_an_access_token_and_no_token_at_all(open_shop: Any, acting: Any) -> None:
    target = acting["resources"][JOB]["httpTarget"]
    del target["oidcToken"]
    assert open_shop(acting).sandbox.fire(JOB)["status"] == 403
    target["oauthToken"] = {"serviceAccountEmail": EMAIL}
    shop = open_shop(acting)
    assert shop.sandbox.fire(JOB)["status"] == 401
    target["uri"] = "https://run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services/orders"
    target["httpMethod"] = "GET"
    assert open_shop(acting).sandbox.fire(JOB)["status"] == 403  # a good token for Google's API, of one who may not
    target["oidcToken"] = OIDC
    del target["oauthToken"]
    assert open_shop(acting).sandbox.fire(JOB)["status"] == 401


def test_what_a_queue_sets_holds_for_its_tasks(open_shop: Any, acting: Any) -> None:
    acting["resources"][QUEUE] = {
        "httpTarget": {"oidcToken": {**OIDC, "audience": "wrong"}, "uriOverride": {"host": "orders.example.com"}}
    }
    mapping = f"//run.googleapis.com/{AT}/domainmappings/orders.example.com"
    acting["resources"][mapping] = {"spec": {"routeName": "orders"}}
    told = open_shop(acting).sandbox.fire(f"{QUEUE}/tasks/1")
    assert (told["status"], told["url"]) == (401, "https://orders.example.com/t")


def test_products_of_the_project_are_internal_on_the_run_app_url_only(open_shop: Any, acting: Any) -> None:
    acting["resources"][ORDERS]["ingress"] = "INGRESS_TRAFFIC_INTERNAL_ONLY"
    acting["resources"][f"//run.googleapis.com/{AT}/domainmappings/o.example.com"] = {"spec": {"routeName": "orders"}}
    shop = open_shop(acting)
    assert shop.sandbox.fire(JOB)["status"] == 200
    acting["resources"][JOB]["httpTarget"]["uri"] = "https://o.example.com/"
    assert open_shop(acting).sandbox.fire(JOB)["status"] == 404


@pytest.mark.parametrize("caller", [CHECKOUT, FUNCTION, INSTANCE])
def test_a_workload_gets_its_own_token(open_shop: Any, acting: Any, caller: str) -> None:
    shop = open_shop(acting)
    assert shop.sandbox.fire(caller, url=f"{URL}/x")["status"] == 200
    assert shop.sandbox.fire(caller, url=f"{URL}/x", audience="other")["status"] == 401
    assert shop.sandbox.fire(caller, url=URL.replace("https", "http"))["status"] == 302


def test_a_workflow_calls_as_its_account(open_shop: Any, acting: Any) -> None:
    shop = open_shop(acting)
    assert shop.sandbox.fire(WORKFLOW, url=URL)["status"] == 200
    acting["resources"][WORKFLOW]["sourceContents"] = SOURCE.replace("OIDC", "OAuth2")
    assert open_shop(acting).sandbox.fire(WORKFLOW, url=URL)["status"] == 401


def test_no_token_where_the_account_is_gone_or_disabled(open_shop: Any, acting: Any) -> None:
    acting["resources"][ACCOUNT]["disabled"] = True
    shop = open_shop(acting)
    assert "disabled" in shop.sandbox.fire(CHECKOUT, url=URL)["error"]
    assert shop.sandbox.fire(JOB)["status"] == 403
    del acting["resources"][ACCOUNT]
    assert "missing" in open_shop(acting).sandbox.fire(CHECKOUT, url=URL)["error"]


def test_a_call_that_nothing_answers_is_told_at_once(open_shop: Any, acting: Any) -> None:
    access = {"egress": "ALL_TRAFFIC", "networkInterfaces": [{"network": "shop", "subnetwork": "s"}]}
    acting["resources"][CHECKOUT]["template"]["vpcAccess"] = access
    subnetwork = "//compute.googleapis.com/projects/shop-prod/regions/us-central1/subnetworks/s"
    acting["resources"][subnetwork] = {"privateIpGoogleAccess": False}
    assert open_shop(acting).sandbox.fire(CHECKOUT, url=URL) == {"status": 0, "error": "timeout", "token": True}


def test_it_is_asked_over_the_wire_too(open_shop: Any, acting: Any) -> None:
    shop = open_shop(acting)
    fire = f"{shop.sandbox.base}/_sandbox/fire"
    assert requests.post(fire, json={"caller": JOB, "path": "/other"}, timeout=5).json()["url"] == f"{URL}/other"
    for wrong in ({}, {"caller": "//run.googleapis.com/projects/x"}, {"caller": PROJECT}, {"caller": CHECKOUT}):
        assert requests.post(fire, json=wrong, timeout=5).status_code == 400
