"""Policy Troubleshooter and the Security Token Service."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests

ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
EMAIL = "checkout-run@shop-prod.iam.gserviceaccount.com"
POOL = "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci"


def explained(shop: Any, principal: str = EMAIL, **more: Any) -> Any:
    given = {"principal": principal, "fullResourceName": ORDERS, "permission": "run.routes.invoke", **more}
    url = "policytroubleshooter.googleapis.com/v3/iam:troubleshoot"
    return shop.api(url, "POST", json={"accessTuple": given})


def binding(*members: str, **more: Any) -> dict[str, Any]:
    return {"role": "roles/run.invoker", "members": list(members), **more}


ON_PATH = {"condition": {"title": "t", "expression": 'request.path == "/a"'}}
IN_TIME = {"condition": {"title": "t", "expression": 'request.time < timestamp("2026-06-01T10:00:00Z")'}}
RULE = {
    "deniedPrincipals": ["principalSet://goog/public:all"],
    "deniedPermissions": ["run.googleapis.com/routes.invoke"],
}


@pytest.mark.parametrize(
    ("bindings", "deny", "lacks", "state"),
    [
        ([binding(f"serviceAccount:{EMAIL}")], [], [], "CAN_ACCESS"),
        ([binding("user:ann@example.com")], [], [], "CANNOT_ACCESS"),
        ([binding("group:callers@example.com")], [], [], "CAN_ACCESS"),
        ([binding("group:callers@example.com")], [], ["groups.read"], "UNKNOWN_INFO"),
        ([binding("allUsers", **ON_PATH)], [], [], "UNKNOWN_CONDITIONAL"),
        ([binding("allUsers", **IN_TIME)], [], [], "CAN_ACCESS"),
        ([binding("allUsers")], [{"rules": [{"denyRule": RULE}]}], [], "CANNOT_ACCESS"),
        ([binding("allUsers")], [], ["iam.denypolicies.list"], "UNKNOWN_INFO"),
        ([], [], ["resourcemanager.projects.getIamPolicy"], "UNKNOWN_INFO"),
        ([binding("allUsers")], [], ["resourcemanager.projects.getIamPolicy"], "CAN_ACCESS"),
    ],
)
def test_the_troubleshooter_says_what_its_asker_may_see(
    open_shop: Any, world: dict[str, Any], bindings: Any, deny: Any, lacks: Any, state: str
) -> None:
    world["iam"][ORDERS] = {"bindings": bindings}
    world["deny"] = {PROJECT: deny}
    world["groups"] = {"callers@example.com": [f"serviceAccount:{EMAIL}"]}
    world["operator"]["lacks"] = lacks
    found = explained(open_shop(world)).json()
    assert found["overallAccessState"] == state
    assert found["accessTuple"]["permissionFqdn"] == "run.googleapis.com/routes.invoke"


def test_a_time_may_be_given(open_shop: Any, world: dict[str, Any]) -> None:
    world["iam"][ORDERS] = {"bindings": [binding("allUsers", **IN_TIME)]}
    context = {"request": {"receiveTime": "2026-06-02T00:00:00Z"}}
    assert explained(open_shop(world), conditionContext=context).json()["overallAccessState"] == "CANNOT_ACCESS"


@pytest.mark.parametrize("principal", ["group:x@example.com", "allUsers", "principal://iam.googleapis.com/x", ""])
def test_it_takes_accounts_only(shop: Any, principal: str) -> None:
    assert explained(shop, principal).json()["error"]["status"] == "INVALID_ARGUMENT"


def jwt(**claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


GOOD = {"iss": "https://token.ci.example", "aud": "shop", "sub": "repo:shop", "exp": 4102444800, "ref": "main"}


@pytest.mark.parametrize(
    ("claims", "audience", "status", "error"),
    [
        (GOOD, f"{POOL}/providers/hub", 200, None),
        (GOOD | {"ref": "fork"}, f"{POOL}/providers/hub", 401, "unauthorized_client"),
        (GOOD | {"iss": "https://other.example"}, f"{POOL}/providers/hub", 400, "invalid_grant"),
        (GOOD | {"aud": "x"}, f"{POOL}/providers/hub", 400, "invalid_grant"),
        (GOOD | {"exp": 1}, f"{POOL}/providers/hub", 400, "invalid_grant"),
        (GOOD | {"sub": ""}, f"{POOL}/providers/hub", 400, "invalid_request"),
        (None, f"{POOL}/providers/hub", 400, "invalid_request"),
        (GOOD, f"{POOL}/providers/none", 400, "invalid_target"),
    ],
)
@pytest.mark.parametrize("form", [True, False])
def test_a_token_of_another_issuer_is_exchanged(
    open_shop: Any, world: dict[str, Any], claims: Any, audience: str, status: int, error: str | None, form: bool
) -> None:
    world["resources"][f"{POOL}/providers/hub"] = {
        "oidc": {"issuerUri": GOOD["iss"], "allowedAudiences": ["shop"]},
        "attributeMapping": {"google.subject": "assertion.sub"},
        "attributeCondition": 'assertion.ref == "main"',
    }
    shop = open_shop(world)
    token = jwt(**claims) if claims else "x"
    kind = "urn:ietf:params:oauth:grant-type:token-exchange"
    body: dict[str, Any] = (
        {"data": {"grant_type": kind, "audience": audience, "subject_token": token}}
        if form
        else {"json": {"grantType": kind, "audience": audience, "subjectToken": token}}
    )
    answer = requests.post("http://sts.googleapis.com/v1/token", proxies=shop.proxies, timeout=5, **body)
    assert (answer.status_code, answer.json().get("error")) == (status, error)
    if status == 200:
        who, _ = shop.sandbox.cloud.whose_token(answer.json()["access_token"])
        assert who.member == f"principal:{POOL}/subject/repo:shop"


def test_a_federated_identity_mints_where_the_account_names_it(open_shop: Any, world: dict[str, Any]) -> None:
    world["resources"][f"{POOL}/providers/hub"] = {"oidc": {"issuerUri": GOOD["iss"], "allowedAudiences": ["shop"]}}
    account = f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{EMAIL}"
    member = f"principal:{POOL}/subject/repo:shop"
    world["iam"][account] = {"bindings": [{"role": "roles/iam.workloadIdentityUser", "members": [member]}]}
    shop = open_shop(world)
    url = f"iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{EMAIL}:generateIdToken"
    for who, status in ((member, 200), (member.replace("repo:shop", "repo:other"), 403)):
        assert shop.api(url, "POST", member=who, json={"audience": "a"}).status_code == status
