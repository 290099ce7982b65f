"""Every change that may be applied is made, read back, and taken back."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any, get_args

import pytest

from crauth_doctor.apply.change_json import change_of, document_of
from crauth_doctor.apply.executor import StoppedError
from crauth_doctor.apply.policy_json import at, put
from crauth_doctor.apply.receipts import ReceiptStatus
from crauth_doctor.model.change import (
    AddAudience,
    Applicable,
    EnableAccount,
    EnableDefaultUrl,
    EnablePrivateAccess,
    GrantRole,
    RevokeRole,
    SetIngress,
    SetInvokerCheck,
    SetRuntimeAccount,
    SetSenderAudience,
    SetVpcEgress,
)
from crauth_doctor.model.iam import Condition
from crauth_doctor.model.run import Egress, Ingress

from .conftest import ACCOUNTS, CHECKOUT, GRANT, ORDERS, WORLD, Start

SUBNETWORK = "projects/shop-prod/regions/us-central1/subnetworks/default"
SUBNET = f"//compute.googleapis.com/{SUBNETWORK}"
JOB = "//run.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
OTHER = "other@shop-prod.iam.gserviceaccount.com"
NIGHTLY = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
PUSH = "//pubsub.googleapis.com/projects/shop-prod/subscriptions/push"
URL = "https://orders-123456789012.us-central1.run.app"
TEMPLATE = WORLD["resources"][ORDERS]["template"]
SETTINGS: list[tuple[Applicable, str, str, Any, Any]] = [
    (
        SetIngress(ORDERS, Ingress.ALL),
        ORDERS,
        "ingress",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "INGRESS_TRAFFIC_ALL",
    ),
    (
        AddAudience(ORDERS, "https://new.example.com"),
        ORDERS,
        "customAudiences",
        ["https://old.example.com"],
        ["https://old.example.com", "https://new.example.com"],
    ),
    (EnableDefaultUrl(ORDERS), ORDERS, "defaultUriDisabled", True, None),
    (SetInvokerCheck(ORDERS, on=False), ORDERS, "invokerIamDisabled", None, True),
    (SetRuntimeAccount(ORDERS, OTHER), ORDERS, "template.serviceAccount", TEMPLATE["serviceAccount"], OTHER),
    (
        SetVpcEgress(ORDERS, Egress.ALL_TRAFFIC, "default", "default"),
        ORDERS,
        "template.vpcAccess",
        None,
        {"egress": "ALL_TRAFFIC", "networkInterfaces": [{"network": "default", "subnetwork": "default"}]},
    ),
    (EnableAccount(CHECKOUT), f"{ACCOUNTS}{CHECKOUT}", "disabled", True, None),
    (EnablePrivateAccess(SUBNETWORK), SUBNET, "privateIpGoogleAccess", False, True),
    (SetSenderAudience(NIGHTLY, URL, OTHER), NIGHTLY, "httpTarget.oidcToken.audience", f"{URL}/nightly", URL),
    (SetSenderAudience(PUSH, URL, OTHER, f"{URL}/push"), PUSH, "pushConfig.oidcToken.audience", None, URL),
]


JOB_DOCUMENT: dict[str, Any] = {
    "schedule": "0 3 * * *",
    "state": "ENABLED",
    "httpTarget": {
        "uri": f"{URL}/nightly",
        "headers": {"X-Shop": "a"},
        "body": "e30=",
        "oidcToken": {"serviceAccountEmail": OTHER, "audience": f"{URL}/nightly"},
    },
}
PUSH_DOCUMENT: dict[str, Any] = {
    "topic": "projects/shop-prod/topics/t",
    "pushConfig": {
        "pushEndpoint": f"{URL}/push?token=hush",
        "attributes": {"x-goog-version": "v1"},
        "noWrapper": {"writeMetadata": True},
        "oidcToken": {"serviceAccountEmail": OTHER},
    },
}


def world() -> dict[str, Any]:
    resources = dict(WORLD["resources"])
    resources[ORDERS] = {**resources[ORDERS], "defaultUriDisabled": True, "labels": {"team": "shop"}}
    resources[f"{ACCOUNTS}{CHECKOUT}"] = {"disabled": True}
    resources[NIGHTLY] = deepcopy(JOB_DOCUMENT)
    resources[PUSH] = deepcopy(PUSH_DOCUMENT)
    resources[SUBNET] = {"privateIpGoogleAccess": False, "ipCidrRange": "10.0.0.0/24"}
    return resources


def test_every_applicable_change_is_tried_here() -> None:
    tried = {type(change) for change, *_ in SETTINGS} | {GrantRole, RevokeRole}
    assert tried == set(get_args(Applicable))


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: type(row[0]).__name__)
def test_a_setting_is_made_and_taken_back(start: Start, row: tuple[Applicable, str, str, Any, Any]) -> None:
    change, resource, path, before, after = row
    scene = start(resources=world())
    made = scene.make(change)
    assert made.stands
    assert made.receipt is not None
    assert at(scene.box.cloud.resources[resource], path) == after
    assert scene.executor.plan(change).nothing_to_do
    scene.back(scene.receipts.get(made.receipt.id))
    assert (at(scene.box.cloud.resources[resource], path) or None) == (before or None)
    assert scene.receipts.get(made.receipt.id).status is ReceiptStatus.UNDONE


def test_only_the_fields_concerned_are_written(start: Start) -> None:
    scene = start(resources=world())
    plan = scene.executor.plan(SetIngress(ORDERS, Ingress.ALL))
    made = scene.carry_out(plan)
    assert made.receipt is not None
    kept = scene.box.cloud.resources[ORDERS]
    assert kept["labels"] == {"team": "shop"}
    assert kept["customAudiences"] == ["https://old.example.com"]
    assert kept["template"]["serviceAccount"] == TEMPLATE["serviceAccount"]
    assert plan.difference == ("- ingress: INGRESS_TRAFFIC_INTERNAL_ONLY", "+ ingress: INGRESS_TRAFFIC_ALL")


def test_a_setting_that_was_changed_again_is_not_set_back(start: Start) -> None:
    scene = start()
    made = scene.make(SetIngress(ORDERS, Ingress.ALL))
    assert made.receipt is not None
    scene.make(SetIngress(ORDERS, Ingress.NONE))
    with pytest.raises(StoppedError, match="ingress was changed again since"):
        scene.executor.plan_undo(made.receipt)


def test_taking_an_audience_back_leaves_those_that_came_since(start: Start) -> None:
    scene = start()
    made = scene.make(AddAudience(ORDERS, "https://a.example.com"))
    scene.make(AddAudience(ORDERS, "https://b.example.com"))
    assert made.receipt is not None
    scene.back(made.receipt)
    left = scene.box.cloud.resources[ORDERS]["customAudiences"]
    assert left == ["https://old.example.com", "https://b.example.com"]


def test_a_service_that_somebody_else_changes_is_read_anew(start: Start) -> None:
    scene = start()
    plan = scene.executor.plan(AddAudience(ORDERS, "https://a.example.com"))
    other = scene.another()
    scene.make(AddAudience(ORDERS, "https://b.example.com"), other)
    made = scene.carry_out(plan)
    assert made.attempts == 2
    left = scene.box.cloud.resources[ORDERS]["customAudiences"]
    assert left == ["https://old.example.com", "https://b.example.com", "https://a.example.com"]


@pytest.mark.parametrize(
    ("change", "path", "after"),
    [
        (SetRuntimeAccount(JOB, OTHER), "template.template.serviceAccount", OTHER),
        (SetVpcEgress(JOB, Egress.ALL_TRAFFIC), "template.template.vpcAccess.egress", "ALL_TRAFFIC"),
    ],
)
def test_a_job_is_changed_whole_and_keeps_what_nobody_knows(
    start: Start, change: Applicable, path: str, after: str
) -> None:
    task = {"serviceAccount": CHECKOUT, "vpcAccess": {"connector": "c"}, "ofTomorrow": {"x": 1}}
    job = {"labels": {"a": "b"}, "template": {"taskCount": 3, "template": task}}
    scene = start(resources={**WORLD["resources"], JOB: job})
    made = scene.make(change)
    assert made.receipt is not None
    kept = scene.box.cloud.resources[JOB]
    assert at(kept, path) == after
    assert kept["template"]["template"]["ofTomorrow"] == {"x": 1}
    assert kept["labels"] == {"a": "b"}
    scene.back(made.receipt)
    assert scene.box.cloud.resources[JOB]["template"] == job["template"]


def test_all_else_of_a_sender_stays(start: Start) -> None:
    scene = start(resources=world())
    for change in (SetSenderAudience(NIGHTLY, URL, OTHER), SetSenderAudience(PUSH, URL, OTHER)):
        made = scene.make(change)
        assert made.receipt is not None
        assert "hush" not in (scene.receipts.folder / f"{made.receipt.id}.json").read_text(encoding="utf-8")
    job, push = scene.box.cloud.resources[NIGHTLY], scene.box.cloud.resources[PUSH]
    token = {"serviceAccountEmail": OTHER, "audience": URL}
    assert {key: job[key] for key in JOB_DOCUMENT} == put(JOB_DOCUMENT, "httpTarget.oidcToken", token)
    assert push == put(PUSH_DOCUMENT, "pushConfig.oidcToken", token)


@pytest.mark.parametrize(("sender", "field"), [(NIGHTLY, "httpTarget.uri"), (PUSH, "pushConfig.pushEndpoint")])
def test_a_sender_that_somebody_else_changes_is_read_anew(start: Start, sender: str, field: str) -> None:
    scene = start(resources=world())
    plan = scene.executor.plan(SetSenderAudience(sender, URL, OTHER))
    cloud = scene.box.cloud
    cloud.put(sender, put(cloud.resources[sender], field, f"{URL}/elsewhere"))
    made = scene.carry_out(plan)
    assert (made.attempts, made.stands) == (2, True)
    assert at(cloud.resources[sender], field) == f"{URL}/elsewhere"


@pytest.mark.parametrize(
    ("token", "why"),
    [(None, "no longer attaches an ID"), ({"serviceAccountEmail": CHECKOUT}, "Its tokens are now of")],
)
def test_a_sender_with_another_token_is_left_as_it_is(start: Start, token: Any, why: str) -> None:
    resources = world()
    resources[NIGHTLY] = put(JOB_DOCUMENT, "httpTarget.oidcToken", token)
    with pytest.raises(StoppedError, match=why):
        start(resources=resources).executor.plan(SetSenderAudience(NIGHTLY, URL, OTHER))


def test_an_audience_that_was_changed_again_is_not_set_back(start: Start) -> None:
    scene = start(resources=world())
    made = scene.make(SetSenderAudience(PUSH, URL, OTHER))
    assert made.receipt is not None
    scene.make(SetSenderAudience(PUSH, "https://other.example.com", OTHER))
    with pytest.raises(StoppedError, match="audience was changed again since"):
        scene.executor.plan_undo(made.receipt)


def test_no_other_sender_is_changed(start: Start) -> None:
    with pytest.raises(StoppedError, match="not a Cloud Scheduler job or Pub/Sub subscription"):
        start().executor.plan(
            SetSenderAudience("//cloudtasks.googleapis.com/projects/p/locations/r/queues/q", URL, OTHER)
        )


def test_what_is_deployed_by_something_else_is_changed_there(start: Start) -> None:
    function = "//cloudfunctions.googleapis.com/projects/shop-prod/locations/us-central1/functions/f"
    with pytest.raises(StoppedError, match="not a Cloud Run service, job or worker pool"):
        start().executor.plan(SetVpcEgress(function, Egress.ALL_TRAFFIC))


def test_no_network_to_send_traffic_through(start: Start) -> None:
    with pytest.raises(StoppedError, match="no VPC network"):
        start().executor.plan(SetVpcEgress(ORDERS, Egress.ALL_TRAFFIC))


def test_a_network_that_is_there_is_kept(start: Start) -> None:
    access = {"connector": "projects/p/locations/r/connectors/c", "egress": "PRIVATE_RANGES_ONLY"}
    service = {**WORLD["resources"][ORDERS], "template": {"vpcAccess": access, "revision": "orders-fixed"}}
    scene = start(resources={**WORLD["resources"], ORDERS: service})
    scene.make(SetVpcEgress(ORDERS, Egress.ALL_TRAFFIC))
    template = scene.box.cloud.resources[ORDERS]["template"]
    assert template["vpcAccess"] == {**access, "egress": "ALL_TRAFFIC"}
    assert "revision" not in template, "a name that was fixed by hand would collide with the old revision's"


def test_a_service_that_does_not_exist(start: Start) -> None:
    with pytest.raises(StoppedError, match="does not exist"):
        start().executor.plan(SetIngress(ORDERS.replace("orders", "ghost"), Ingress.ALL))


def test_an_organization_policy_refuses_in_googles_words(start: Start) -> None:
    project = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
    scene = start(orgPolicies={project: {"run.managed.requireInvokerIam": {"rules": [{"enforce": True}]}}})
    with pytest.raises(StoppedError, match="invoker_iam_disabled is not currently available"):
        scene.make(SetInvokerCheck(ORDERS, on=False))


@pytest.mark.parametrize(
    "change", [*(row[0] for row in SETTINGS), GRANT, replace(GRANT, condition=Condition("true", "t")),
               RevokeRole(ORDERS, "r", "m")], ids=str,
)  # fmt: skip
def test_a_change_survives_being_written_down(change: Applicable) -> None:
    assert change_of(document_of(change)) == change


def test_put_leaves_the_original_alone() -> None:
    document: dict[str, Any] = {"a": {"b": 1, "c": 2}}
    assert put(document, "a.b", None) == {"a": {"c": 2}}
    assert put(document, "x.y", 3) == {"a": {"b": 1, "c": 2}, "x": {"y": 3}}
    assert document == {"a": {"b": 1, "c": 2}}
