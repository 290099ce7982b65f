"""Writes: what organization policies refuse, and what the audit log keeps."""

from __future__ import annotations

from typing import Any

import pytest

ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
ORGANIZATION = "//cloudresourcemanager.googleapis.com/organizations/9"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
V2 = "run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services"
V1 = "us-central1-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/shop-prod/services"
EMAIL = "checkout-run@shop-prod.iam.gserviceaccount.com"
SHARING = {"iam.allowedPolicyMemberDomains": {"rules": [{"values": {"allowedValues": ["is:C03x9k2ab"]}}]}}
OTHER = "//cloudresourcemanager.googleapis.com/projects/other-prod"


def grant(shop: Any, member: str, at: str = f"{V2}/orders") -> Any:
    policy = {"version": 3, "bindings": [{"role": "roles/run.invoker", "members": [member]}]}
    return shop.api(f"{at}:setIamPolicy", "POST", json={"policy": policy})


@pytest.mark.parametrize(
    ("member", "permitted"),
    [
        ("allUsers", False),
        ("allAuthenticatedUsers", False),
        ("user:ann@example.com", True),
        ("user:ann@elsewhere.example", False),
        ("group:team@elsewhere.example", False),
        ("domain:example.com", True),
        (f"serviceAccount:{EMAIL}", True),
        ("serviceAccount:x@other-prod.iam.gserviceaccount.com", False),
        ("serviceAccount:service-1@gcp-sa-iap.iam.gserviceaccount.com", True),
        ("principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*", False),
    ],
)
def test_domain_restricted_sharing(open_shop: Any, world: dict[str, Any], member: str, permitted: bool) -> None:
    world["orgPolicies"] = {ORGANIZATION: SHARING}
    world["resources"] |= {
        OTHER: {"projectId": "other-prod"},
        "//iam.googleapis.com/projects/other-prod/serviceAccounts/x@other-prod.iam.gserviceaccount.com": {},
    }
    shop = open_shop(world)
    answer = grant(shop, member)
    if permitted:
        assert answer.status_code == 200
        return
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (400, "FAILED_PRECONDITION")
    assert error["message"] == (
        "One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization "
        "policy."
    )


def test_members_that_are_there_already_stay(open_shop: Any, world: dict[str, Any]) -> None:
    world["orgPolicies"] = {ORGANIZATION: SHARING}
    world["iam"][ORDERS]["bindings"].append({"role": "roles/run.invoker", "members": ["allUsers"]})
    assert grant(open_shop(world), "allUsers").status_code == 200


@pytest.mark.parametrize(
    ("nearer", "status"),
    [({}, 400), ({"iam.allowedPolicyMemberDomains": {"rules": [{"allowAll": True}]}}, 200)],
)
def test_the_nearest_policy_decides(open_shop: Any, world: dict[str, Any], nearer: Any, status: int) -> None:
    world["orgPolicies"] = {ORGANIZATION: SHARING, PROJECT: nearer}
    assert grant(open_shop(world), "allUsers").status_code == status


@pytest.mark.parametrize("constraint", ["run.managed.requireInvokerIam", "run.requireInvokerIam"])
@pytest.mark.parametrize("way", ["v1", "v2"])
def test_the_invoker_check_may_be_required(open_shop: Any, world: dict[str, Any], constraint: str, way: str) -> None:
    world["orgPolicies"] = {PROJECT: {constraint: {"rules": [{"enforce": True}]}}}
    shop = open_shop(world)
    if way == "v2":
        answer = shop.api(f"{V2}/orders", "PATCH", json={"invokerIamDisabled": True})
    else:
        service = shop.api(f"{V1}/orders").json()
        service["metadata"]["annotations"]["run.googleapis.com/invoker-iam-disabled"] = "true"
        answer = shop.api(f"{V1}/orders", "PUT", json=service)
    assert answer.status_code == 400
    assert "invoker_iam_disabled is not currently available" in answer.json()["error"]["message"]
    assert shop.call().status_code == 403


def test_ingress_may_be_restricted(open_shop: Any, world: dict[str, Any]) -> None:
    allowed = {"values": {"allowedValues": ["internal", "is:internal-and-cloud-load-balancing"]}}
    world["orgPolicies"] = {PROJECT: {"run.allowedIngress": {"rules": [allowed]}}}
    shop = open_shop(world)
    for ingress, status in (("INTERNAL_ONLY", 200), ("INTERNAL_LOAD_BALANCER", 200), ("ALL", 400)):
        answer = shop.api(f"{V2}/orders", "PATCH", json={"ingress": f"INGRESS_TRAFFIC_{ingress}"})
        assert answer.status_code == status
    violation = answer.json()["error"]["details"][0]["violations"][0]
    assert violation["type"] == "constraints/run.allowedIngress"


def audited(shop: Any) -> list[dict[str, Any]]:
    body = {
        "resourceNames": ["projects/shop-prod"],
        "filter": 'log_id("cloudaudit.googleapis.com/activity") protoPayload.serviceName="run.googleapis.com"',
    }
    entries = shop.api("logging.googleapis.com/v2/entries:list", "POST", json=body).json().get("entries", [])
    return [each["protoPayload"] for each in entries]


def test_who_got_and_lost_a_role_is_kept(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    grant(shop, "user:ann@example.com")
    (entry,) = audited(shop)
    assert entry["methodName"] == "google.iam.v1.IAMPolicy.SetIamPolicy"
    assert entry["authenticationInfo"] == {"principalEmail": "dev@example.com"}
    assert entry["resourceName"] == "projects/shop-prod/locations/us-central1/services/orders"
    assert entry["serviceData"]["policyDelta"]["bindingDeltas"] == [
        {"action": "ADD", "role": "roles/run.invoker", "member": "user:ann@example.com"},
        {"action": "REMOVE", "role": "roles/run.invoker", "member": f"serviceAccount:{EMAIL}"},
    ]


def test_a_refused_write_leaves_no_entry(open_shop: Any, world: dict[str, Any]) -> None:
    world["orgPolicies"] = {PROJECT: SHARING}
    shop = open_shop(world)
    grant(shop, "allUsers")
    shop.api(f"{V2}/orders?validateOnly=true", "PATCH", json={"customAudiences": ["x"]})
    assert audited(shop) == []


def test_a_service_that_is_made_anew_has_no_policy(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    assert shop.invoke().status_code == 200
    kept = shop.api(f"{V2}/orders").json()
    assert shop.api(f"{V2}/orders", "DELETE").status_code == 200
    assert shop.invoke().status_code == 404
    made = shop.api(f"{V2}?serviceId=orders", "POST", json={"ingress": kept["ingress"], "template": kept["template"]})
    assert made.json()["response"]["name"].endswith("/services/orders")
    again = shop.api(f"{V2}?serviceId=orders", "POST", json={})
    assert again.json()["error"]["status"] == "ALREADY_EXISTS"
    url = "http://orders-123456789012.us-central1.run.app/"
    assert shop.invoke(url, audience="https://orders-123456789012.us-central1.run.app").status_code == 403
    shop.api(f"{V1}/orders", "PUT", json=shop.api(f"{V1}/orders").json())
    methods = [each["methodName"].rpartition(".run.")[2] for each in audited(shop)]
    assert methods == ["v2.Services.DeleteService", "v2.Services.CreateService", "v1.Services.ReplaceService"]


def test_a_grant_that_the_audit_log_says_is_fresh_counts_later(open_shop: Any, world: dict[str, Any]) -> None:
    payload = {
        "methodName": "google.iam.v1.IAMPolicy.SetIamPolicy",
        "resourceName": ORDERS.removeprefix("//run.googleapis.com/"),
    }
    world["logs"] = [{"timestamp": "2026-06-01T08:59:00Z", "logName": "projects/shop-prod/x", "protoPayload": payload}]
    assert open_shop(world).invoke().status_code == 200
    shop = open_shop(world | {"delays": {"propagation": 120}})
    assert shop.invoke().status_code == 403
    shop.sandbox.advance(61)
    assert shop.invoke().status_code == 200
