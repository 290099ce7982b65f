"""The writes of Cloud Scheduler and Pub/Sub that set which token they attach."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT = "cron@shop-prod.iam.gserviceaccount.com"
JOB = "projects/shop-prod/locations/us-central1/jobs/nightly"
PUSH = "projects/shop-prod/subscriptions/push"
SCHEDULER, PUBSUB = "cloudscheduler.googleapis.com", "pubsub.googleapis.com"
URL = "https://orders-abc123-uc.a.run.app"
TARGET = {"uri": f"{URL}/nightly", "headers": {"X": "1"}, "oidcToken": {"serviceAccountEmail": ACCOUNT}}
TOKEN = {"serviceAccountEmail": ACCOUNT, "audience": URL}


@pytest.fixture(name="world")
def world_fixture(world: dict[str, Any]) -> dict[str, Any]:
    world["resources"] |= {
        f"//{SCHEDULER}/{JOB}": {"schedule": "0 3 * * *", "state": "ENABLED", "httpTarget": TARGET},
        f"//{PUBSUB}/{PUSH}": {"topic": "projects/shop-prod/topics/t", "pushConfig": {"pushEndpoint": f"{URL}/push"}},
    }
    return world


def patch(shop: Any, body: dict[str, Any], mask: str = "", job: str = JOB) -> Any:
    return shop.api(f"{SCHEDULER}/v1/{job}", "PATCH", json=body, params={"updateMask": mask} if mask else None)


def modify(shop: Any, body: dict[str, Any], subscription: str = PUSH) -> Any:
    return shop.api(f"{PUBSUB}/v1/{subscription}:modifyPushConfig", "POST", json=body)


@pytest.mark.parametrize("mask", ["httpTarget.oidcToken", "http_target.oidc_token"])
def test_a_mask_keeps_all_else_of_a_job(open_shop: Any, world: dict[str, Any], mask: str) -> None:
    shop = open_shop(world)
    sent = {"schedule": "* * * * *", "httpTarget": {"uri": "https://elsewhere.example.com", "oidcToken": TOKEN}}
    answer = patch(shop, sent, mask)
    assert answer.status_code == 200
    assert answer.json() == shop.api(f"{SCHEDULER}/v1/{JOB}").json()
    assert (answer.json()["name"], answer.json()["schedule"]) == (JOB, "0 3 * * *")
    assert answer.json()["httpTarget"] == {**TARGET, "oidcToken": TOKEN}


def test_one_token_replaces_the_other(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    oauth = {"serviceAccountEmail": "a@shop-prod.iam.gserviceaccount.com"}
    set_one = patch(shop, {"httpTarget": {"oauthToken": oauth}}, "httpTarget.oauthToken").json()["httpTarget"]
    assert ("oidcToken" in set_one, set_one["oauthToken"]) == (False, oauth)
    back = patch(shop, {"httpTarget": {"oidcToken": TOKEN}}, "httpTarget.oidcToken").json()["httpTarget"]
    assert ("oauthToken" in back, back["oidcToken"]) == (False, TOKEN)


def test_without_a_mask_what_was_sent_is_written(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    answer = patch(shop, {"name": "x", "state": "PAUSED", "httpTarget": {"uri": URL}}).json()
    assert (answer["name"], answer["state"], answer["httpTarget"]) == (JOB, "ENABLED", {"uri": URL})
    assert patch(shop, {"state": "PAUSED"}, "state").status_code == 400
    assert "oidcToken" not in patch(shop, {}, "httpTarget.oidcToken").json()["httpTarget"]


def test_push_settings_are_replaced_whole(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    wanted = {"pushEndpoint": f"{URL}/other", "oidcToken": TOKEN}
    assert modify(shop, {"pushConfig": wanted}).json() == {}
    assert shop.api(f"{PUBSUB}/v1/{PUSH}").json()["pushConfig"] == wanted
    assert modify(shop, {}).status_code == 400


def test_what_is_not_there_and_what_is_not_allowed(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    assert patch(shop, {}, job=f"{JOB}s").status_code == 404
    assert modify(shop, {"pushConfig": {}}, f"{PUSH}es").status_code == 404
    world["operator"]["lacks"] = ["cloudscheduler.jobs.update", "pubsub.subscriptions.update"]
    shop = open_shop(world)
    for answer, missing in (
        (patch(shop, {"schedule": "* * * * *"}), "cloudscheduler.jobs.update"),
        (modify(shop, {"pushConfig": {}}), "pubsub.subscriptions.update"),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"]["details"][0]["metadata"]["permission"] == missing
