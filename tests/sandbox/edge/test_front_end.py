"""The request's path: name, reserved path, ingress, IAP, invoker check, container."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.sandbox.edge import front_end

ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
CHECKOUT = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/checkout"
CRM = "//cloudresourcemanager.googleapis.com/"
PROJECT = CRM + "projects/shop-prod"
ACCOUNT = "serviceAccount:checkout-run@shop-prod.iam.gserviceaccount.com"
NETWORK = "//compute.googleapis.com/projects/shop-prod/global/networks/shop"


@pytest.mark.parametrize("host", ["orders-abc123-uc.a.run.app", "orders-123456789012.us-central1.run.app"])
def test_every_url_of_a_service_leads_to_it(shop: Any, host: str) -> None:
    assert shop.call(f"http://{host}/").status_code == 403


def test_tags_domains_and_functions_lead_to_their_service(open_shop: Any, world: dict[str, Any]) -> None:
    function = "https://us-central1-shop-prod.cloudfunctions.net/Orders"
    world["resources"][ORDERS] |= {
        "trafficStatuses": [{"tag": "canary", "uri": "https://canary---orders-abc123-uc.a.run.app"}],
        "customAudiences": [function],
    }
    domains = "//run.googleapis.com/projects/shop-prod/locations/us-central1/domainmappings/"
    world["resources"][domains + "orders.example.com"] = {"spec": {"routeName": "orders"}}
    pending = {"spec": {"routeName": "orders"}, "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}
    world["resources"][domains + "new.example.com"] = pending
    world["apps"] = {ORDERS: [{"request": "GET /deep", "body": "deep"}]}
    shop = open_shop(world)
    for host in ("canary---orders-abc123-uc.a.run.app", "canary---orders-123456789012.us-central1.run.app"):
        assert shop.invoke(f"http://{host}/").status_code == 200
    assert shop.call("http://other---orders-abc123-uc.a.run.app/").status_code == 404
    assert shop.invoke("http://orders.example.com/deep").text == "deep"
    assert shop.call("http://new.example.com/").status_code == 404
    assert shop.invoke("http://us-central1-shop-prod.cloudfunctions.net/Orders/deep", audience=function).text == "deep"
    assert shop.call("http://us-central1-shop-prod.cloudfunctions.net/Other").status_code == 404


def test_a_disabled_default_url_leaves_the_domain(open_shop: Any, world: dict[str, Any]) -> None:
    world["resources"][ORDERS]["defaultUriDisabled"] = True
    mapping = "//run.googleapis.com/projects/shop-prod/locations/us-central1/domainmappings/orders.example.com"
    world["resources"][mapping] = {"spec": {"routeName": "orders"}}
    shop = open_shop(world)
    answer = shop.invoke()
    assert (answer.status_code, len(answer.content)) == (404, 272)
    assert shop.invoke("http://orders.example.com/").status_code == 200


def vpc(egress: str | None = None, network: str = "shop") -> Any:
    access = {"networkInterfaces": [{"network": network, "subnetwork": "shop-central"}]}
    return access | ({"egress": egress} if egress else {})


ZONE = {
    "dnsName": "run.app.",
    "visibility": "private",
    "privateVisibilityConfig": {"networks": [{"networkUrl": NETWORK[2:]}]},
    "rrsets": [
        {"name": "run.app.", "type": "A", "rrdatas": ["199.36.153.8", "199.36.153.9"]},
        {"name": "*.run.app.", "type": "CNAME", "rrdatas": ["run.app."]},
    ],
}


@pytest.mark.parametrize(
    ("ingress", "access", "zone", "origin", "status"),
    [
        ("ALL", None, False, "internet", 200),
        ("ALL", None, False, CHECKOUT, 200),
        ("INTERNAL_ONLY", None, False, "internet", 404),
        ("INTERNAL_ONLY", None, False, CHECKOUT, 404),
        ("INTERNAL_ONLY", vpc("PRIVATE_RANGES_ONLY"), False, CHECKOUT, 404),
        ("INTERNAL_ONLY", vpc(), False, CHECKOUT, 404),
        ("INTERNAL_ONLY", vpc(), True, CHECKOUT, 200),
        ("INTERNAL_ONLY", vpc("ALL_TRAFFIC"), False, CHECKOUT, 200),
        ("INTERNAL_ONLY", vpc("ALL_TRAFFIC", "projects/hub/global/networks/hub"), False, CHECKOUT, 404),
        ("INTERNAL_ONLY", None, False, NETWORK, 200),
        ("INTERNAL_ONLY", None, False, "//compute.googleapis.com/projects/hub/global/networks/hub", 404),
        ("INTERNAL_ONLY", None, False, "//cloudscheduler.googleapis.com/projects/shop-prod/locations/x/jobs/j", 200),
        ("INTERNAL_ONLY", None, False, "//cloudscheduler.googleapis.com/projects/hub/locations/x/jobs/j", 404),
        (
            "INTERNAL_ONLY",
            None,
            False,
            "//bigqueryconnection.googleapis.com/projects/shop-prod/locations/us/connections/c",
            200,
        ),
        (
            "INTERNAL_ONLY",
            None,
            False,
            "//bigqueryconnection.googleapis.com/projects/hub/locations/us/connections/c",
            404,
        ),
        ("INTERNAL_LOAD_BALANCER", None, False, "internet", 404),
        ("INTERNAL_LOAD_BALANCER", vpc("ALL_TRAFFIC"), False, CHECKOUT, 200),
        ("NONE", vpc("ALL_TRAFFIC"), False, CHECKOUT, 404),
    ],
)
def test_ingress(
    open_shop: Any, world: dict[str, Any], ingress: str, access: Any, zone: bool, origin: str, status: int
) -> None:
    world["resources"][ORDERS]["ingress"] = f"INGRESS_TRAFFIC_{ingress}"
    if access:
        world["resources"][CHECKOUT]["template"]["vpcAccess"] = access
    if zone:
        world["resources"]["//dns.googleapis.com/projects/shop-prod/managedZones/run-app"] = ZONE
    shop = open_shop(world)
    answer = shop.invoke(headers={"X-Sandbox-From": origin})
    assert answer.status_code == status
    if status == 404:
        assert answer.content == shop.call(headers={"X-Sandbox-From": origin}).content  # the same bytes without a token
        assert shop.sandbox.cloud.logs == []  # and nothing in the request log


@pytest.mark.parametrize(
    ("ingress", "scheme", "status"),
    [
        ("ALL", "EXTERNAL_MANAGED", 200),
        ("INTERNAL_LOAD_BALANCER", "EXTERNAL_MANAGED", 200),
        ("INTERNAL_ONLY", "EXTERNAL_MANAGED", 404),
        ("INTERNAL_ONLY", "INTERNAL_MANAGED", 200),
        ("NONE", "EXTERNAL_MANAGED", 404),
    ],
)
def test_a_load_balancer_leads_to_its_service(
    open_shop: Any, world: dict[str, Any], ingress: str, scheme: str, status: int
) -> None:
    compute = "https://www.googleapis.com/compute/v1/projects/shop-prod"
    group, backend = "regions/us-central1/networkEndpointGroups/orders", "global/backendServices/orders"
    matcher: dict[str, Any] = {"name": "all", "defaultService": f"{compute}/global/backendServices/none"}
    matcher["pathRules"] = [{"paths": ["/orders/*"], "service": f"{compute}/{backend}"}]
    world["resources"][ORDERS]["ingress"] = f"INGRESS_TRAFFIC_{ingress}"
    world["resources"] |= {
        f"//compute.googleapis.com/projects/shop-prod/{group}": {"cloudRun": {"service": "orders"}},
        f"//compute.googleapis.com/projects/shop-prod/{backend}": {
            "loadBalancingScheme": scheme,
            "backends": [{"group": f"{compute}/{group}"}],
        },
        "//compute.googleapis.com/projects/shop-prod/global/urlMaps/front": {
            "hostRules": [{"hosts": ["shop.example.com"], "pathMatcher": "all"}],
            "pathMatchers": [matcher],
        },
    }
    shop = open_shop(world)
    headers = {"X-Sandbox-From": NETWORK}
    assert shop.invoke("http://shop.example.com/orders/1", headers=headers).status_code == status
    assert shop.invoke("http://shop.example.com/else", headers=headers).status_code == 404


def test_a_shared_vpc_counts_where_the_revision_is_attached(open_shop: Any, world: dict[str, Any]) -> None:
    hub = "projects/hub/global/networks/hub"
    world["resources"][ORDERS]["ingress"] = "INGRESS_TRAFFIC_INTERNAL_ONLY"
    world["resources"][ORDERS]["template"]["vpcAccess"] = {"networkInterfaces": [{"network": hub}]}
    shop = open_shop(world)
    assert shop.invoke(headers={"X-Sandbox-From": f"//compute.googleapis.com/{hub}"}).status_code == 200


def test_without_private_google_access_nothing_ever_answers(
    open_shop: Any, world: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_end, "_LONGEST_SILENCE", 0.05)
    world["resources"][CHECKOUT]["template"]["vpcAccess"] = vpc("ALL_TRAFFIC")
    subnetwork = "//compute.googleapis.com/projects/shop-prod/regions/us-central1/subnetworks/shop-central"
    world["resources"][subnetwork] = {"privateIpGoogleAccess": False}
    shop = open_shop(world)
    with pytest.raises(OSError, match=r"reset|aborted|closed|Proxy"):
        shop.invoke(headers={"X-Sandbox-From": CHECKOUT})


@pytest.mark.parametrize(
    ("bindings", "status"),
    [
        ([], 403),
        ([{"role": "roles/run.invoker", "members": [ACCOUNT]}], 200),
        ([{"role": "roles/run.servicesInvoker", "members": [ACCOUNT]}], 200),
        ([{"role": "roles/run.viewer", "members": [ACCOUNT]}], 403),
        ([{"role": "roles/cloudfunctions.invoker", "members": [ACCOUNT]}], 403),
        ([{"role": "roles/editor", "members": [ACCOUNT]}], 200),
        ([{"role": "roles/viewer", "members": [ACCOUNT]}], 403),
        ([{"role": "projects/shop-prod/roles/caller", "members": [ACCOUNT]}], 200),
        ([{"role": "projects/shop-prod/roles/retired", "members": [ACCOUNT]}], 403),
        ([{"role": "projects/shop-prod/roles/nowhere", "members": [ACCOUNT]}], 403),
        ([{"role": "roles/run.invoker", "members": [f"deleted:{ACCOUNT}?uid=1"]}], 403),
        ([{"role": "roles/run.invoker", "members": ["group:all@example.com"]}], 200),
        ([{"role": "roles/run.invoker", "members": ["group:none@example.com"]}], 403),
        ([{"role": "roles/run.invoker", "members": ["domain:shop-prod.iam.gserviceaccount.com"]}], 403),
        ([{"role": "roles/run.invoker", "members": ["allAuthenticatedUsers"]}], 200),
        ([{"role": "roles/run.invoker", "members": ["projectOwner:shop-prod"]}], 403),
        ([{"role": "roles/run.invoker", "members": ["user:checkout-run@shop-prod.iam.gserviceaccount.com"]}], 403),
    ],
)
def test_who_may_invoke(open_shop: Any, world: dict[str, Any], bindings: Any, status: int) -> None:
    world["iam"][ORDERS] = {"bindings": bindings}
    roles = "//iam.googleapis.com/projects/shop-prod/roles/"
    world["resources"][roles + "caller"] = {"includedPermissions": ["run.routes.invoke"]}
    world["resources"][roles + "retired"] = {"includedPermissions": ["run.routes.invoke"], "stage": "DISABLED"}
    world["groups"] = {
        "all@example.com": ["group:some@example.com"],
        "some@example.com": [ACCOUNT, "group:all@example.com"],
    }
    assert open_shop(world).invoke().status_code == status


@pytest.mark.parametrize("where", [PROJECT, CRM + "folders/77", CRM + "organizations/9"])
def test_grants_are_inherited(open_shop: Any, world: dict[str, Any], where: str) -> None:
    world["iam"] = {where: {"bindings": [{"role": "roles/run.invoker", "members": [ACCOUNT]}]}}
    assert open_shop(world).invoke().status_code == 200


def test_everyone_counts_only_on_the_service(open_shop: Any, world: dict[str, Any]) -> None:
    world["iam"] = {
        PROJECT: {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers", "allAuthenticatedUsers"]}]}
    }
    shop = open_shop(world)
    assert shop.call().status_code == 403
    assert shop.invoke().status_code == 403


@pytest.mark.parametrize("how", ["allUsers", "check off"])
def test_a_public_service_looks_at_no_token(open_shop: Any, world: dict[str, Any], how: str) -> None:
    if how == "allUsers":
        world["iam"][ORDERS]["bindings"].append({"role": "roles/run.invoker", "members": ["allUsers"]})
    else:
        world["resources"][ORDERS]["invokerIamDisabled"] = True
    shop = open_shop(world)
    for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic YTpi"}):
        assert shop.call(headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("expression", "path", "status"),
    [
        ('request.path.startsWith("/api/")', "/api/x", 200),
        ('request.path.startsWith("/api/")', "/x", 403),
        ('request.host == "orders-abc123-uc.a.run.app"', "/", 200),
        ('request.host == "orders.example.com"', "/", 403),
        ('request.time < timestamp("2026-06-02T00:00:00Z")', "/", 200),
        ('request.time < timestamp("2026-06-01T00:00:00Z")', "/", 403),
        ('request.time.getHours("Asia/Tokyo") == 18', "/", 200),
        ('request.time.getHours("UTC") == 18', "/", 403),
        ('request.time.getDayOfWeek("Europe/Berlin") == 1', "/", 200),
        ('request.path.extract("/tenants/{name}/") == "acme"', "/tenants/acme/x", 200),
        ('request.path.extract("/tenants/{name}/") == "acme"', "/tenants/other/x", 403),
        ('resource.name.startsWith("projects/shop-prod")', "/", 403),
        ('!resource.name.startsWith("projects/other")', "/", 403),
        ('resource.type == "run.googleapis.com/Service"', "/", 403),
        ('resource.service == "x" || request.path == "/"', "/", 200),
        ('resource.matchTag("9/env", "prod")', "/", 403),
        ("this is not CEL", "/", 403),
        ("1 + 1", "/", 403),
    ],
)
def test_conditions(open_shop: Any, world: dict[str, Any], expression: str, path: str, status: int) -> None:
    condition = {"title": "when", "expression": expression}
    world["iam"][ORDERS]["bindings"][0]["condition"] = condition
    assert open_shop(world).invoke(path).status_code == status


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"deniedPrincipals": ["principalSet://goog/public:all"]}, 403),
        ({"deniedPrincipals": ["principal://iam.googleapis.com/projects/-/serviceAccounts/" + ACCOUNT[15:]]}, 403),
        ({"deniedPrincipals": ["principal://goog/subject/dev@example.com"]}, 200),
        ({"deniedPrincipals": ["principalSet://goog/group/callers@example.com"]}, 403),
        (
            {
                "deniedPrincipals": ["principalSet://goog/public:all"],
                "exceptionPrincipals": ["principalSet://goog/group/callers@example.com"],
            },
            200,
        ),
        (
            {
                "deniedPrincipals": [
                    "principalSet://cloudresourcemanager.googleapis.com/projects/123456789012/type/ServiceAccount"
                ]
            },
            403,
        ),
        (
            {
                "deniedPrincipals": ["principalSet://goog/public:all"],
                "deniedPermissions": ["run.googleapis.com/routes.*"],
            },
            403,
        ),
        (
            {
                "deniedPrincipals": ["principalSet://goog/public:all"],
                "deniedPermissions": ["run.googleapis.com/services.get"],
            },
            200,
        ),
        (
            {
                "deniedPrincipals": ["principalSet://goog/public:all"],
                "denialCondition": {"expression": 'resource.matchTag("9/env", "prod")'},
            },
            200,  # nothing is tagged
        ),
        (
            {
                "deniedPrincipals": ["principalSet://goog/public:all"],
                "denialCondition": {"expression": 'resource.colour == "red"'},
            },
            403,  # a denial condition that cannot be evaluated denies
        ),
    ],
)
@pytest.mark.parametrize("where", [PROJECT, CRM + "projects/123456789012", CRM + "organizations/9"])
def test_deny_policies_come_first(open_shop: Any, world: dict[str, Any], rule: Any, status: int, where: str) -> None:
    world["groups"] = {"callers@example.com": [ACCOUNT]}
    rule = {"deniedPermissions": ["run.googleapis.com/routes.invoke"], **rule}
    world["deny"] = {where: [{"displayName": "freeze", "rules": [{"denyRule": rule}]}]}
    assert open_shop(world).invoke().status_code == status


def test_the_operator_invokes_by_policy_only(shop: Any) -> None:
    assert shop.invoke(member="user:dev@example.com").status_code == 403


def test_apps_answer_verbatim_and_the_first_match_wins(open_shop: Any, world: dict[str, Any]) -> None:
    world["apps"] = {
        ORDERS: [
            {
                "request": "GET /admin/*",
                "status": 403,
                "headers": {"Content-Type": "application/json"},
                "body": '{"no":1}',
            },
            {"request": "* *", "status": 404, "body": "none"},
        ]
    }
    shop = open_shop(world)
    refused = shop.invoke("/admin/x")
    assert (refused.status_code, refused.json(), refused.headers["content-type"]) == (
        403,
        {"no": 1},
        "application/json",
    )
    assert shop.invoke("/admin/x", method="POST").status_code == 404


def test_what_the_edge_states_goes_before_everything(open_shop: Any, world: dict[str, Any]) -> None:
    world["edge"] = {ORDERS: [{"request": "* /stated", "status": 403, "body": "Access is forbidden."}]}
    shop = open_shop(world)
    assert shop.call("/stated").text == "Access is forbidden."
    assert shop.invoke("/").status_code == 200


def test_the_container_gets_what_the_front_end_forwards(open_shop: Any, world: dict[str, Any]) -> None:
    world["apps"] = {ORDERS: [{"request": "POST /v1/*", "echo": True}]}
    shop = open_shop(world)
    token = shop.sandbox.id_token(shop.member, shop.audience)
    unsigned = f"Bearer {token.rpartition('.')[0]}.SIGNATURE_REMOVED_BY_GOOGLE"
    signed = f"Bearer {token}"
    for sent, got in (
        ({"Authorization": signed}, {"authorization": unsigned}),
        ({"X-Serverless-Authorization": signed}, {"x-serverless-authorization": unsigned}),
        (
            {"X-Serverless-Authorization": signed, "Authorization": "Bearer the.app.own"},
            {"x-serverless-authorization": unsigned, "authorization": "Bearer the.app.own"},
        ),
    ):
        answer = shop.call("/v1/items", "POST", headers={**sent, "X-Sandbox-From": "internet", "X-Shop": "1"}).json()
        assert (answer["method"], answer["path"], answer["headers"]["x-shop"]) == ("POST", "/v1/items", "1")
        assert answer["headers"] | got == answer["headers"]
        assert not [name for name in answer["headers"] if name.startswith("x-sandbox-")]


def test_a_public_container_gets_the_whole_token(open_shop: Any, world: dict[str, Any]) -> None:
    """Nobody verified it, so nobody took its signature: such a token can be used again, wherever its audience is."""
    world["resources"][ORDERS]["invokerIamDisabled"] = True
    world["apps"] = {ORDERS: [{"echo": True}]}
    shop = open_shop(world)
    token = shop.sandbox.id_token(shop.member, "https://another.example")
    answer = shop.call(headers={"Authorization": f"Bearer {token}"}).json()
    assert answer["headers"]["authorization"] == f"Bearer {token}"


def test_iap_stands_before_the_service(open_shop: Any, world: dict[str, Any]) -> None:
    world["resources"][ORDERS]["iapEnabled"] = True
    agent = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
    policy = "//iap.googleapis.com/projects/123456789012/iap_web/cloud_run-us-central1/services/orders"
    world["resources"][policy] = {
        "accessSettings": {"oauthSettings": {"programmaticClients": ["shop.apps.googleusercontent.com"]}}
    }
    world["iam"][policy] = {"bindings": [{"role": "roles/iap.httpsResourceAccessor", "members": [ACCOUNT]}]}
    shop = open_shop(world)
    asked = shop.call()
    assert (asked.status_code, asked.headers["x-goog-iap-generated-response"]) == (302, "true")
    assert asked.text == "Invalid IAP credentials: empty token"
    for token, text in (
        ("x", "Unable to parse JWT"),
        ("e30.e30.e30", "JWT signature is invalid"),
        (shop.sandbox.id_token(shop.member, "a", email=None), "JWT 'email' claim isn't a string"),
    ):
        answer = shop.call(headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.text) == (401, f"Invalid IAP credentials: {text}")
    assert "JWT audience doesn't match" in shop.invoke().text
    through = "shop.apps.googleusercontent.com"
    stopped = shop.invoke(member="user:nobody@example.com", audience=through)
    assert (stopped.status_code, stopped.headers["x-goog-iap-generated-response"]) == (403, "true")
    after = shop.invoke(audience=through)  # through IAP, whose agent may not invoke
    assert after.status_code == 403
    assert "x-goog-iap-generated-response" not in after.headers
    grant = {"policy": {"bindings": [{"role": "roles/run.invoker", "members": [agent]}]}}
    shop.api(
        "run.googleapis.com/v2/" + ORDERS.split("/", 3)[3] + ":setIamPolicy", "POST", json=grant
    ).raise_for_status()
    assert shop.invoke(audience=through).status_code == 200
