"""Every answer fits Google's own discovery documents, unknown fields forbidden."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient
import jsonschema
import pytest

ACCOUNT = "checkout-run@shop-prod.iam.gserviceaccount.com"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
DROPPED = {"id", "description", "readOnly", "enumDescriptions", "annotations", "deprecated", "enumDeprecated", "format"}


@cache
def document(name: str) -> Any:
    return json.loads((DOCUMENTS / f"{name}.json").read_text())


@cache
def schemas(name: str) -> Any:
    return {key: closed(value) for key, value in document(name)["schemas"].items()}


def closed(schema: Any) -> Any:
    """A discovery schema as a JSON schema that takes no field that it does not name."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kept = {key: value for key, value in schema.items() if key not in DROPPED}
    if kept.get("type") == "any":
        return {}
    if "properties" in kept:
        kept["properties"] = {key: closed(value) for key, value in kept["properties"].items()}
        kept.setdefault("additionalProperties", False)
    if isinstance(kept.get("additionalProperties"), dict):
        kept["additionalProperties"] = closed(kept["additionalProperties"])
    if "items" in kept:
        kept["items"] = closed(kept["items"])
    return kept


def methods(node: Any) -> Any:
    yield from node.get("methods", {}).values()
    for each in node.get("resources", {}).values():
        yield from methods(each)


def response_of(name: str, method: str, path: str) -> str:
    """The schema that the discovery document gives for a method and path."""
    for each in methods(document(name)):
        pattern = "[^/:]+".join(re.escape(part) for part in re.split(r"\{\+?\w+\}", each.get("flatPath", each["path"])))
        if each["httpMethod"] == method and re.fullmatch(pattern, path.lstrip("/")):
            return str(each["response"]["$ref"])
    raise AssertionError(f"{name} has no {method} {path}")


def check(name: str, method: str, path: str, answer: Any) -> None:
    schema = {"$ref": f"#/$defs/{response_of(name, method, path)}", "$defs": schemas(name)}
    errors = [
        f"{each.json_path}: {each.message}" for each in jsonschema.Draft202012Validator(schema).iter_errors(answer)
    ]
    assert errors == []


RUN = "/v2/projects/shop-prod/locations/us-central1"
KNATIVE = "/apis/serving.knative.dev/v1/namespaces/shop-prod"
V1 = "/v1/projects/shop-prod/locations/us-central1"
SA = f"/v1/projects/shop-prod/serviceAccounts/{ACCOUNT}"
DENY = "/v2/policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fshop-prod/denypolicies"
POLICY = {"policy": {"version": 3, "bindings": [{"role": "roles/run.invoker", "members": ["user:a@example.com"]}]}}
ASKED = {"permissions": ["run.services.get"]}
SCOPE = {"scope": ["https://www.googleapis.com/auth/cloud-platform"]}
TUPLE = {"principal": "dev@example.com", "fullResourceName": ORDERS, "permission": "run.routes.invoke"}
CALLS = [
    ("run.v2", "GET", f"{RUN}/services/orders", None),
    ("run.v2", "GET", "/v2/projects/shop-prod/locations/-/services", None),
    ("run.v2", "GET", f"{RUN}/services/orders:getIamPolicy?options.requestedPolicyVersion=3", None),
    ("run.v2", "GET", f"{RUN}/services/orders:getIamPolicy", None),
    ("run.v2", "POST", f"{RUN}/services/orders:setIamPolicy", POLICY),
    ("run.v2", "POST", f"{RUN}/services/orders:testIamPermissions", ASKED),
    ("run.v2", "PATCH", f"{RUN}/services/orders?updateMask=customAudiences", {"customAudiences": ["a"]}),
    ("run.v2", "POST", f"{RUN}/services?serviceId=fresh", {"ingress": "INGRESS_TRAFFIC_ALL"}),
    ("run.v2", "DELETE", f"{RUN}/services/orders", None),
    ("run.v2", "GET", f"{RUN}/jobs/nightly", None),
    ("run.v2", "GET", f"{RUN}/jobs", None),
    ("run.v1", "GET", f"{KNATIVE}/services/orders", None),
    ("run.v1", "GET", f"{KNATIVE}/services", None),
    ("run.v1", "GET", f"{KNATIVE}/revisions/orders-00001-abc", None),
    ("run.v1", "GET", "/v1/projects/shop-prod/locations/-/services", None),
    ("run.v1", "GET", "/v1/projects/shop-prod/locations", None),
    ("run.v1", "GET", f"{V1}/services/orders:getIamPolicy", None),
    ("run.v1", "POST", f"{V1}/services/orders:setIamPolicy", POLICY),
    ("run.v1", "POST", f"{V1}/services/orders:testIamPermissions", ASKED),
    ("run.v1", "GET", "/apis/domains.cloudrun.com/v1/namespaces/shop-prod/domainmappings/orders.example.com", None),
    ("run.v1", "GET", "/apis/domains.cloudrun.com/v1/namespaces/shop-prod/domainmappings", None),
    ("iam.v1", "GET", SA, None),
    ("iam.v1", "GET", "/v1/projects/shop-prod/serviceAccounts", None),
    ("iam.v1", "POST", f"{SA}:getIamPolicy", {}),
    ("iam.v1", "POST", f"{SA}:setIamPolicy", POLICY),
    ("iam.v1", "POST", f"{SA}:testIamPermissions", {"permissions": ["iam.serviceAccounts.actAs"]}),
    ("iam.v1", "POST", f"{SA}:disable", {}),
    ("iam.v1", "POST", "/v1/projects/shop-prod/serviceAccounts", {"accountId": "new"}),
    ("iam.v1", "GET", "/v1/roles/run.invoker", None),
    ("iam.v1", "GET", "/v1/roles?view=FULL", None),
    ("iam.v1", "GET", "/v1/projects/shop-prod/roles/caller", None),
    ("iam.v1", "GET", "/v1/projects/shop-prod/roles", None),
    ("iam.v1", "GET", "/v1/projects/shop-prod/locations/global/workloadIdentityPools", None),
    ("iam.v2", "GET", DENY, None),
    ("iam.v2", "GET", f"{DENY}/freeze", None),
    ("iamcredentials.v1", "POST", f"/v1/projects/-/serviceAccounts/{ACCOUNT}:generateIdToken", {"audience": "a"}),
    ("iamcredentials.v1", "POST", f"/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken", SCOPE),
    ("iamcredentials.v1", "POST", f"/v1/projects/-/serviceAccounts/{ACCOUNT}:signJwt", {"payload": "{}"}),
    ("cloudresourcemanager.v1", "GET", "/v1/projects/shop-prod", None),
    ("cloudresourcemanager.v1", "GET", "/v1/projects", None),
    ("cloudresourcemanager.v1", "POST", "/v1/projects/shop-prod:getAncestry", {}),
    (
        "cloudresourcemanager.v1",
        "POST",
        "/v1/projects/shop-prod:getIamPolicy",
        {"options": {"requestedPolicyVersion": 3}},
    ),
    ("cloudresourcemanager.v1", "POST", "/v1/projects/shop-prod:setIamPolicy", POLICY),
    ("cloudresourcemanager.v1", "GET", "/v1/organizations/9", None),
    ("cloudresourcemanager.v1", "POST", "/v1/organizations:search", {}),
    ("cloudresourcemanager.v2", "GET", "/v2/folders/77", None),
    ("cloudresourcemanager.v3", "GET", "/v3/projects/shop-prod", None),
    ("cloudresourcemanager.v3", "GET", "/v3/projects:search", None),
    ("cloudresourcemanager.v3", "GET", "/v3/folders:search", None),
    ("cloudresourcemanager.v3", "GET", "/v3/organizations:search", None),
    ("cloudresourcemanager.v3", "GET", "/v3/folders/77", None),
    ("cloudresourcemanager.v3", "GET", "/v3/organizations/9", None),
    ("cloudresourcemanager.v3", "POST", "/v3/projects/shop-prod:getIamPolicy", {}),
    ("cloudresourcemanager.v3", "POST", "/v3/organizations/9:getIamPolicy", {}),
    ("cloudresourcemanager.v3", "POST", "/v3/projects/shop-prod:testIamPermissions", ASKED),
    ("logging.v2", "POST", "/v2/entries:list", {"resourceNames": ["projects/shop-prod"]}),
    ("orgpolicy.v2", "GET", "/v2/projects/shop-prod/policies/run.allowedIngress:getEffectivePolicy", None),
    ("orgpolicy.v2", "GET", "/v2/projects/shop-prod/policies", None),
    ("cloudscheduler.v1", "GET", f"{V1}/jobs", None),
    ("vpcaccess.v1", "GET", f"{V1}/connectors", None),
    ("dns.v1", "GET", "/dns/v1/projects/shop-prod/managedZones", None),
    ("dns.v1", "GET", "/dns/v1/projects/shop-prod/managedZones/z/rrsets", None),
    ("policytroubleshooter.v3", "POST", "/v3/iam:troubleshoot", {"accessTuple": TUPLE}),
]


def rich(world: Any) -> Any:
    """The shop with one of everything that has a form of its own."""
    vpc = {"egress": "ALL_TRAFFIC", "networkInterfaces": [{"network": "shop", "subnetwork": "s", "tags": ["t"]}]}
    world["resources"][ORDERS] |= {
        "customAudiences": ["https://orders.example.com"],
        "invokerIamDisabled": True,
        "creator": "dev@example.com",
        "buildConfig": {"functionTarget": "orders"},
        "traffic": [
            {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "orders-00001-abc", "tag": "canary"}
        ],
        "trafficStatuses": [{"tag": "canary", "percent": 100, "uri": "https://canary---orders-abc123-uc.a.run.app"}],
        "template": {"vpcAccess": vpc, "scaling": {"maxInstanceCount": 3}, "timeout": "60s"},
    }
    run = "//run.googleapis.com/projects/shop-prod/locations/us-central1"
    world["resources"] |= {
        f"{run}/jobs/nightly": {"launchStage": "GA"},
        f"{run}/domainmappings/orders.example.com": {"spec": {"routeName": "orders"}},
        "//iam.googleapis.com/projects/shop-prod/roles/caller": {"includedPermissions": ["run.routes.invoke"]},
        "//iam.googleapis.com/projects/shop-prod/locations/global/workloadIdentityPools/ci": {"displayName": "CI"},
        "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/j": {"schedule": "* * * * *"},
        "//dns.googleapis.com/projects/shop-prod/managedZones/z": {"dnsName": "run.app.", "rrsets": [{"type": "A"}]},
    }
    condition = {"title": "t", "expression": 'request.path == "/"'}
    binding = {"role": "roles/run.invoker", "members": ["user:dev@example.com"], "condition": condition}
    world["iam"][ORDERS]["bindings"].append(binding)
    rule = {
        "deniedPrincipals": ["principalSet://goog/public:all"],
        "deniedPermissions": ["run.googleapis.com/services.delete"],
    }
    world["deny"] = {PROJECT: [{"displayName": "freeze", "rules": [{"denyRule": rule}]}]}
    world["orgPolicies"] = {PROJECT: {"run.allowedIngress": {"rules": [{"allowAll": True}]}}}
    return world


@pytest.mark.parametrize(
    ("name", "method", "url", "body"), CALLS, ids=[f"{each[0]} {each[1]} {each[2][-40:]}" for each in CALLS]
)
def test_an_answer_fits_the_discovery_document(
    open_shop: Any, world: dict[str, Any], name: str, method: str, url: str, body: Any
) -> None:
    shop = open_shop(rich(world))
    shop.call()  # so that the request log has an entry
    host = document(name)["rootUrl"].removeprefix("https://").rstrip("/")
    answer = shop.api(host + url, method, **({"json": body} if body is not None else {}))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    check(name, method, url.partition("?")[0], found)
    assert found or url.endswith(("connectors", ":disable"))


@pytest.mark.parametrize("member", ["user:nobody@example.com", None])
def test_errors_are_google_rpc_status(open_shop: Any, world: dict[str, Any], member: str | None) -> None:
    shop = open_shop(world | {"disabledApis": {} if member else {"projects/shop-prod": ["run.googleapis.com"]}})
    error = shop.api(f"run.googleapis.com{RUN}/services/orders", member=member).json()["error"]
    status = {key: value for key, value in error.items() if key != "status"}
    jsonschema.validate(status, {"$ref": "#/$defs/GoogleRpcStatus", "$defs": schemas("run.v2")})
    assert error["status"] == "PERMISSION_DENIED"


def test_the_check_itself_would_notice_a_field_too_many() -> None:
    with pytest.raises(AssertionError, match="colour"):
        check("run.v2", "GET", f"{RUN}/services/orders", {"name": "x", "colour": "red"})
