"""The APIs that are read by plain REST, their refusals, and how a request is addressed."""

from __future__ import annotations

from typing import Any

import pytest
import requests

ACCOUNT = "checkout-run@shop-prod.iam.gserviceaccount.com"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
CRM = "cloudresourcemanager.googleapis.com"
IAM = "iam.googleapis.com"


@pytest.mark.parametrize("reference", [ACCOUNT, ACCOUNT.replace("@", "%40"), "109876543210987654321"])
@pytest.mark.parametrize("project", ["-", "shop-prod", "123456789012"])
def test_an_account_is_found_by_mail_and_number(shop: Any, reference: str, project: str) -> None:
    found = shop.api(f"{IAM}/v1/projects/{project}/serviceAccounts/{reference}").json()
    assert (found["email"], found["uniqueId"]) == (ACCOUNT, "109876543210987654321")


def test_accounts_are_listed_in_pages(shop: Any) -> None:
    url = f"{IAM}/v1/projects/shop-prod/serviceAccounts"
    first = shop.api(url, params={"pageSize": 1}).json()
    rest = shop.api(url, params={"pageSize": 1, "pageToken": first["nextPageToken"]}).json()
    assert [first["accounts"][0]["email"], rest["accounts"][0]["email"]] == [
        ACCOUNT,
        ACCOUNT.replace("checkout", "orders"),
    ]
    assert "nextPageToken" not in rest
    assert shop.api(url, params={"pageToken": "!"}).status_code == 400


def test_an_account_lives(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    url = f"http://{IAM}/v1/projects/shop-prod/serviceAccounts"
    made = shop.api(url, "POST", json={"accountId": "new", "serviceAccount": {"displayName": "New"}}).json()
    assert made["email"] == "new@shop-prod.iam.gserviceaccount.com"
    assert shop.api(url, "POST", json={"accountId": "new"}).json()["error"]["status"] == "ALREADY_EXISTS"
    one = f"{url}/{made['email']}"
    shop.api(f"{one}:disable", "POST", json={})
    assert shop.api(one).json()["disabled"] is True
    shop.api(f"{one}:enable", "POST", json={})
    assert "disabled" not in shop.api(one).json()
    shop.api(one, "DELETE")
    assert shop.api(one).json()["error"] == {"code": 404, "message": "Unknown service account", "status": "NOT_FOUND"}
    again = shop.api(url, "POST", json={"accountId": "new"}).json()
    assert again["uniqueId"] != made["uniqueId"]  # the same address, and somebody else


def test_roles(open_shop: Any, world: dict[str, Any]) -> None:
    world["resources"]["//iam.googleapis.com/projects/shop-prod/roles/caller"] = {
        "includedPermissions": ["run.routes.invoke"]
    }
    world["resources"]["//iam.googleapis.com/organizations/9/roles/caller"] = {"title": "Caller"}
    shop = open_shop(world)
    assert shop.api(f"{IAM}/v1/roles/run.invoker").json()["includedPermissions"] == [
        "run.jobs.run",
        "run.routes.invoke",
    ]
    assert shop.api(f"{IAM}/v1/projects/shop-prod/roles/caller").json()["includedPermissions"] == ["run.routes.invoke"]
    assert shop.api(f"{IAM}/v1/organizations/9/roles/caller").json()["title"] == "Caller"
    assert shop.api(f"{IAM}/v1/roles/run.nothing").status_code == 404
    listed = shop.api(f"{IAM}/v1/roles", params={"pageSize": 1000}).json()["roles"]
    assert {"roles/run.invoker", "roles/owner"} <= {each["name"] for each in listed}
    assert all("includedPermissions" not in each for each in listed)


HOLDERS = [
    "owner",
    "editor",
    "run.admin",
    "run.developer",
    "run.editor",
    "run.sourceDeveloper",
    "run.invoker",
    "run.servicesInvoker",
    "cloudfunctions.admin",
    "cloudfunctions.developer",
    "cloudfunctions.editor",
    "firebase.admin",
    "firebase.developAdmin",
    "iam.devOps",
    "iam.dataScientist",
    "iam.mlEngineer",
    "run.serviceAgent",
    "cloudfunctions.serviceAgent",
    "aiplatform.serviceAgent",
    "ces.serviceAgent",
    "dialogflow.serviceAgent",
    "firebaseapphosting.serviceAgent",
    "firebasedataconnect.serviceAgent",
    "integrations.serviceAgent",
    "spanner.serviceAgent",
    "visionai.serviceAgent",
    "monitoring.notificationServiceAgent",
]
MISTAKEN = [
    "viewer",
    "run.viewer",
    "run.sourceViewer",
    "run.jobsExecutor",
    "run.jobsExecutorWithOverrides",
    "cloudfunctions.invoker",
    "cloudfunctions.viewer",
    "iam.serviceAccountUser",
    "iam.securityAdmin",
    "iap.httpsResourceAccessor",
    "browser",
]


def test_which_predefined_roles_invoke(shop: Any) -> None:
    listed = shop.api(f"{IAM}/v1/roles", params={"view": "FULL", "pageSize": 1000}).json()["roles"]
    holds = {each["name"].removeprefix("roles/"): "run.routes.invoke" in each["includedPermissions"] for each in listed}
    assert sorted(name for name, held in holds.items() if held) == sorted(HOLDERS)
    assert not any(holds[name] for name in MISTAKEN)


@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        ("iam.serviceAccounts.getOpenIdToken", {"iam.serviceAccountTokenCreator", "iam.workloadIdentityUser"}),
        ("run.services.setIamPolicy", {"owner", "run.admin", "iam.securityAdmin", "cloudfunctions.admin"}),
        ("run.services.getIamPolicy", {"viewer", "run.viewer", "editor", "owner"}),
        ("iap.webServiceVersions.accessViaIAP", {"iap.httpsResourceAccessor"}),
    ],
)
def test_who_holds_what_else(shop: Any, permission: str, holders: set[str]) -> None:
    listed = shop.api(f"{IAM}/v1/roles", params={"view": "FULL", "pageSize": 1000}).json()["roles"]
    found = {each["name"].removeprefix("roles/") for each in listed if permission in each["includedPermissions"]}
    assert holders <= found
    for role in {"owner", "editor", "run.developer"} - holders:
        if permission != "run.services.getIamPolicy":
            assert role not in found


@pytest.mark.parametrize("reference", ["shop-prod", "123456789012"])
def test_a_project_by_id_and_number(shop: Any, reference: str) -> None:
    v3 = shop.api(f"{CRM}/v3/projects/{reference}").json()
    assert (v3["name"], v3["projectId"], v3["parent"]) == ("projects/123456789012", "shop-prod", "folders/77")
    v1 = shop.api(f"{CRM}/v1/projects/{reference}").json()
    assert (v1["projectNumber"], v1["parent"]) == ("123456789012", {"type": "folder", "id": "77"})


def test_the_ancestry(shop: Any) -> None:
    found = shop.api(f"{CRM}/v1/projects/shop-prod:getAncestry", "POST", json={}).json()["ancestor"]
    assert [each["resourceId"]["type"] for each in found] == ["project", "folder", "organization"]


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 1), ("id:shop-prod", 1), ("id:shop*", 1), ("id:other", 0), ("parent:folders/77 state:ACTIVE", 1)],
)
def test_projects_are_searched(shop: Any, query: str, found: int) -> None:
    answer = shop.api(f"{CRM}/v3/projects:search", params={"query": query}).json()
    assert len(answer.get("projects", [])) == found


def test_organizations_and_folders(shop: Any) -> None:
    assert shop.api(f"{CRM}/v3/organizations:search").json()["organizations"][0]["directoryCustomerId"] == "C03x9k2ab"
    assert shop.api(f"{CRM}/v3/folders/77").json()["parent"] == "organizations/9"
    assert shop.api(f"{CRM}/v2/folders/77").json()["lifecycleState"] == "ACTIVE"
    assert (
        shop.api(f"{CRM}/v3/projects", params={"parent": "folders/77"}).json()["projects"][0]["projectId"]
        == "shop-prod"
    )
    policy = shop.api(f"{CRM}/v3/folders/77:getIamPolicy", "POST", json={}).json()
    assert policy["etag"] == "ACAB"


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_project_that_does_not_exist_is_not_told_apart(shop: Any, version: str) -> None:
    error = shop.api(f"{CRM}/{version}/projects/nowhere").json()["error"]
    assert (error["code"], error["status"]) == (403, "PERMISSION_DENIED")
    run = shop.api("run.googleapis.com/v2/projects/nowhere/locations/-/services").json()["error"]
    assert (run["code"], run["details"][0]["reason"]) == (403, "CONSUMER_INVALID")


GENERIC = {
    "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly": "/v1/",
    "//cloudtasks.googleapis.com/projects/shop-prod/locations/us-central1/queues/q": "/v2/",
    "//cloudtasks.googleapis.com/projects/shop-prod/locations/us-central1/queues/q/tasks/t": "/v2/",
    "//pubsub.googleapis.com/projects/shop-prod/subscriptions/push": "/v1/",
    "//pubsub.googleapis.com/projects/shop-prod/topics/t": "/v1/",
    "//eventarc.googleapis.com/projects/shop-prod/locations/us-central1/triggers/t": "/v1/",
    "//workflows.googleapis.com/projects/shop-prod/locations/us-central1/workflows/w": "/v1/",
    "//cloudfunctions.googleapis.com/projects/shop-prod/locations/us-central1/functions/f": "/v2/",
    "//compute.googleapis.com/projects/shop-prod/regions/us-central1/subnetworks/default": "/compute/v1/",
    "//compute.googleapis.com/projects/shop-prod/global/networks/default": "/compute/v1/",
    "//compute.googleapis.com/projects/shop-prod/zones/us-central1-a/instances/vm": "/compute/v1/",
    "//dns.googleapis.com/projects/shop-prod/managedZones/run-app": "/dns/v1/",
    "//vpcaccess.googleapis.com/projects/shop-prod/locations/us-central1/connectors/c": "/v1/",
    "//container.googleapis.com/projects/shop-prod/locations/us-central1/clusters/c": "/v1/",
    "//iam.googleapis.com/projects/shop-prod/locations/global/workloadIdentityPools/p": "/v1/",
    "//iam.googleapis.com/projects/shop-prod/locations/global/workloadIdentityPools/p/providers/x": "/v1/",
    "//run.googleapis.com/projects/shop-prod/locations/us-central1/jobs/j": "/v2/",
    "//something.googleapis.com/projects/shop-prod/things/t": "",
}


@pytest.mark.parametrize(("name", "prefix"), [pair for pair in GENERIC.items() if pair[1]])
def test_whatever_the_world_states_is_read_and_listed(
    open_shop: Any, world: dict[str, Any], name: str, prefix: str
) -> None:
    world["resources"] |= {each: {"description": "as stated"} for each in GENERIC}
    shop = open_shop(world)
    host, _, path = name[2:].partition("/")
    assert shop.api(f"{host}{prefix}{path}").json()["description"] == "as stated"
    by_number = path.replace("shop-prod", "123456789012")
    assert shop.api(f"{host}{prefix}{by_number}").status_code == 200
    collection = path.rpartition("/")[0]
    if not host.startswith(("cloudscheduler", "cloudtasks")):
        collection = collection.replace("us-central1/j", "-/j")
    listed = shop.api(f"{host}{prefix}{collection}").json()
    assert any("as stated" in str(value) for key, value in listed.items() if key != "kind")
    assert shop.api(f"{host}{prefix}{path}-not").status_code == 404
    refused = shop.api(f"{host}{prefix}{path}", member="user:nobody@example.com")
    assert refused.json()["error"]["details"][0]["reason"] == "IAM_PERMISSION_DENIED"


def test_record_sets_stand_in_their_zone(open_shop: Any, world: dict[str, Any]) -> None:
    sets = [{"name": "run.app.", "type": "A"}, {"name": "*.run.app.", "type": "CNAME"}]
    world["resources"]["//dns.googleapis.com/projects/shop-prod/managedZones/z"] = {
        "dnsName": "run.app.",
        "rrsets": sets,
    }
    shop = open_shop(world)
    zone = "dns.googleapis.com/dns/v1/projects/shop-prod/managedZones/z"
    assert "rrsets" not in shop.api(zone).json()
    assert [each["type"] for each in shop.api(f"{zone}/rrsets").json()["rrsets"]] == ["A", "CNAME"]
    assert shop.api(f"{zone}/rrsets", params={"type": "A"}).json()["rrsets"][0]["name"] == "run.app."


def test_aggregated_compute_lists(open_shop: Any, world: dict[str, Any]) -> None:
    world["resources"] |= {each: {} for each in GENERIC}
    shop = open_shop(world)
    found = shop.api("compute.googleapis.com/compute/v1/projects/shop-prod/aggregated/subnetworks").json()["items"]
    assert list(found) == ["regions/us-central1"]
    assert shop.api("www.googleapis.com/compute/v1/projects/shop-prod/global/networks/default").status_code == 200
    missing = shop.api("compute.googleapis.com/compute/v1/projects/shop-prod/global/networks/no").json()["error"]
    assert missing["errors"][0]["reason"] == "notFound"


def test_organization_policies(open_shop: Any, world: dict[str, Any]) -> None:
    spec = {"rules": [{"values": {"allowedValues": ["C03x9k2ab"]}}]}
    world["orgPolicies"] = {
        "//cloudresourcemanager.googleapis.com/organizations/9": {"iam.allowedPolicyMemberDomains": spec}
    }
    shop = open_shop(world)
    url = "orgpolicy.googleapis.com/v2/projects/shop-prod/policies/{}:getEffectivePolicy"
    found = shop.api(url.format("iam.allowedPolicyMemberDomains")).json()
    assert found == {"name": "projects/123456789012/policies/iam.allowedPolicyMemberDomains", "spec": spec}
    assert shop.api(url.format("run.managed.requireInvokerIam")).json()["spec"] == {"rules": [{"enforce": False}]}


def test_the_knative_api(shop: Any) -> None:
    one = "us-central1-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/shop-prod/services/orders"
    service = shop.api(one).json()
    assert service["metadata"]["namespace"] == "123456789012"
    assert service["metadata"]["annotations"]["run.googleapis.com/ingress-status"] == "all"
    assert shop.api(one.replace("us-central1", "europe-west1")).status_code == 404
    assert shop.api(one, member="user:nobody@example.com").json()["error"]["message"] == (
        "Permission 'run.services.get' denied on resource 'namespaces/shop-prod/services/orders' "
        "(or resource may not exist)."
    )


def test_what_gcloud_exported_is_served_by_v2(open_shop: Any, world: dict[str, Any]) -> None:
    world["resources"][ORDERS] = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "generation": 2,
            "annotations": {
                "run.googleapis.com/ingress": "all",
                "run.googleapis.com/ingress-status": "internal",
                "run.googleapis.com/custom-audiences": '["https://orders.example.com"]',
                "run.googleapis.com/urls": '["https://orders-123456789012.us-central1.run.app"]',
            },
        },
        "spec": {
            "template": {"spec": {"serviceAccountName": "a@b", "containers": [{"image": "i", "env": [{"name": "K"}]}]}}
        },
        "status": {"url": "https://orders-123456789012.us-central1.run.app"},
    }
    shop = open_shop(world)
    service = shop.api("run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services/orders").json()
    assert service["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert service["customAudiences"] == ["https://orders.example.com"]
    assert service["template"] == {"containers": [{"image": "i"}], "serviceAccount": "a@b"}
    knative = shop.api(
        "us-central1-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/shop-prod/services/orders"
    )
    annotations = knative.json()["metadata"]["annotations"]
    assert annotations["run.googleapis.com/ingress"] == "all"
    assert annotations["run.googleapis.com/ingress-status"] == "internal"


def test_without_a_token_and_with_a_wrong_one(shop: Any) -> None:
    url = "http://run.googleapis.com/v2/projects/shop-prod/locations/-/services"
    none = requests.get(url, proxies=shop.proxies, timeout=10).json()["error"]
    assert (none["code"], none["details"][0]["reason"]) == (401, "CREDENTIALS_MISSING")
    wrong = requests.get(url, headers={"Authorization": "Bearer no"}, proxies=shop.proxies, timeout=10).json()["error"]
    assert (wrong["status"], wrong["details"][0]["reason"]) == ("UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED")


def test_what_the_operator_lacks(open_shop: Any, world: dict[str, Any]) -> None:
    world["operator"]["lacks"] = ["resourcemanager.projects.getIamPolicy", f"run.services.get {ORDERS}"]
    shop = open_shop(world)
    assert shop.api(f"{CRM}/v3/projects/shop-prod:getIamPolicy", "POST", json={}).status_code == 403
    services = "run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services"
    assert shop.api(f"{services}/orders").json()["error"]["message"] == (
        "Permission 'run.services.get' denied on resource "
        "'projects/shop-prod/locations/us-central1/services/orders' (or resource may not exist)."
    )
    assert shop.api(f"{services}/checkout").status_code == 200


def test_an_api_that_is_not_enabled(open_shop: Any, world: dict[str, Any]) -> None:
    world["disabledApis"] = {"projects/shop-prod": ["iam.googleapis.com", "run.googleapis.com"]}
    shop = open_shop(world)
    error = shop.api(f"{IAM}/v1/projects/123456789012/serviceAccounts").json()["error"]
    info = error["details"][0]
    assert (info["reason"], info["metadata"]["service"]) == ("SERVICE_DISABLED", "iam.googleapis.com")
    assert info["metadata"]["consumer"] == "projects/123456789012"
    assert error["message"].startswith(
        "Identity and Access Management (IAM) API has not been used in project shop-prod before"
    )
    assert shop.api("run.googleapis.com/v2/projects/shop-prod/locations/-/services").json()["error"]["message"] == (
        "Cloud Run Admin API has not been used in project shop-prod before or it is disabled. Enable it by visiting "
        "https://console.developers.google.com/apis/api/run.googleapis.com/overview?project=shop-prod then retry. If "
        "you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."
    )
    assert shop.api(f"{CRM}/v3/projects/shop-prod").status_code == 200


def test_a_path_that_nobody_serves(shop: Any, capfd: pytest.CaptureFixture[str]) -> None:
    answer = shop.api("spanner.googleapis.com/v1/projects/shop-prod/instances")
    assert answer.status_code == 404
    assert "<title>Error 404 (Not Found)!!1</title>" in answer.text
    assert "not served: GET spanner.googleapis.com/v1/projects/shop-prod/instances" in capfd.readouterr().err


def test_a_host_that_the_world_does_not_have(shop: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert shop.call("http://www.example.com/").status_code == 502
    assert "no host www.example.com" in capfd.readouterr().err


def test_https_is_refused_with_a_clear_word(shop: Any) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="Not Implemented"):
        requests.get("https://run.googleapis.com/", proxies={"https": shop.sandbox.base}, timeout=10)


@pytest.mark.parametrize(
    "path",
    [
        "/run.googleapis.com/v2/projects/shop-prod/locations/-/services",
        "/us-central1-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/shop-prod/services",
        "/v2/projects/shop-prod/locations/-/services",
        "/v1/projects/-/serviceAccounts/" + ACCOUNT,
        "/v1/roles/run.invoker",
        "/v3/projects/shop-prod",
    ],
)
def test_no_proxy_is_needed(shop: Any, path: str) -> None:
    headers = {"Authorization": f"Bearer {shop.sandbox.operator_token}"}
    assert requests.get(shop.sandbox.base + path, headers=headers, timeout=10).status_code == 200


def test_a_service_by_its_host_header(shop: Any) -> None:
    token = shop.sandbox.id_token(shop.member, shop.audience)
    headers = {"Host": "orders-abc123-uc.a.run.app", "Authorization": f"Bearer {token}"}
    assert requests.get(shop.sandbox.base + "/", headers=headers, timeout=10).text == "ok"
    assert requests.get(f"{shop.sandbox.base}/orders-abc123-uc.a.run.app/x", timeout=10).status_code == 403


def test_the_control_endpoint(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    base = shop.sandbox.base + "/_sandbox"
    about = requests.get(base, timeout=10).json()
    assert about["now"].startswith("2026-06-01T09:00:0")
    assert (about["operator"], about["token"]) == ("user:dev@example.com", shop.sandbox.operator_token)
    later = requests.post(f"{base}/advance", json={"seconds": 90}, timeout=10).json()
    assert later["now"].startswith("2026-06-01T09:01:3")
    shop.call()
    [asked] = requests.get(f"{base}/requests", timeout=10).json()
    assert (asked["method"], asked["host"], asked["status"]) == ("GET", "orders-abc123-uc.a.run.app", 403)
    assert asked["ended"] >= asked["started"] > 0
    given = requests.post(f"{base}/id-token", json={"principal": shop.member, "audience": shop.audience}, timeout=10)
    assert shop.call(headers={"Authorization": f"Bearer {given.json()['token']}"}).status_code == 200
    assert requests.post(f"{base}/advance", json={}, timeout=10).status_code == 400
    assert requests.get(f"{base}/nothing", timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("parent", "collection"),
    [("cloudscheduler.googleapis.com/v1/projects/shop-prod", "jobs"),
     ("cloudtasks.googleapis.com/v2/projects/shop-prod", "queues")],
)  # fmt: skip
def test_scheduler_and_tasks_list_one_location_at_a_time(
    open_shop: Any, world: dict[str, Any], parent: str, collection: str
) -> None:
    """As the real APIs say it: `Location '-' is not a valid location.`"""
    host, _, path = parent.partition("/")
    world["resources"][f"//{host}/{path.partition('/')[2]}/locations/asia-east1/{collection}/x"] = {}
    shop = open_shop(world)
    refused = shop.api(f"{parent}/locations/-/{collection}").json()["error"]
    assert (refused["code"], refused["status"]) == (400, "INVALID_ARGUMENT")
    assert "is not a valid location" in refused["message"]
    found = [one["locationId"] for one in shop.api(f"{parent}/locations").json()["locations"]]
    assert found == sorted(found)
    assert {"asia-east1", "us-central1"} <= set(found)
    nobody = shop.api(f"{parent}/locations", member="user:nobody@example.com")
    assert nobody.status_code == 403
