"""What stands before a service: load balancers with Cloud Armor, URL masks and IAP, perimeters, domains, DNS."""

from __future__ import annotations

from typing import Any

import pytest

ORDERS = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
CHECKOUT = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/checkout"
COMPUTE = "//compute.googleapis.com/projects/shop-prod"
BASE = "https://www.googleapis.com/compute/v1/projects/shop-prod"
BACKEND = f"{COMPUTE}/global/backendServices/b"
NEG = f"{COMPUTE}/regions/us-central1/networkEndpointGroups/n"
POLICY = f"{COMPUTE}/global/securityPolicies/p"
AUDIENCE = "https://shop.example.com"
FRONT = "http://shop.example.com"


@pytest.fixture(name="fronted")
def fronted_fixture(world: dict[str, Any]) -> dict[str, Any]:
    world["resources"][ORDERS]["customAudiences"] = [AUDIENCE]
    world["resources"] |= {
        f"{COMPUTE}/global/urlMaps/m": {
            "hostRules": [{"hosts": ["shop.example.com"], "pathMatcher": "all"}],
            "pathMatchers": [{"name": "all", "defaultService": f"{BASE}/global/backendServices/b"}],
        },
        BACKEND: {
            "loadBalancingScheme": "EXTERNAL_MANAGED",
            "backends": [{"group": f"{BASE}/regions/us-central1/networkEndpointGroups/n"}],
        },
        NEG: {"cloudRun": {"service": "orders"}},
    }
    return world


def rule(priority: int, action: str, **match: Any) -> dict[str, Any]:
    return {"priority": priority, "action": action, "match": match}


ANY = {"config": {"srcIpRanges": ["*"]}}
OFFICE = {"config": {"srcIpRanges": ["198.51.100.0/24"]}}
PATH = {"expr": {"expression": 'request.path.startsWith("/admin")'}}


@pytest.mark.parametrize(
    ("rules", "path", "address", "status"),
    [
        ([rule(1000, "allow", **OFFICE), rule(2147483647, "deny(403)", **ANY)], "/", "203.0.113.8", 403),
        ([rule(1000, "allow", **OFFICE), rule(2147483647, "deny(403)", **ANY)], "/", "198.51.100.9", 200),
        ([rule(2147483647, "allow", **ANY), rule(5, "deny(502)", **PATH)], "/admin/x", "203.0.113.8", 502),
        ([rule(2147483647, "allow", **ANY), rule(5, "deny(502)", **PATH)], "/other", "203.0.113.8", 200),
        ([{**rule(5, "deny(403)", **ANY), "preview": True}], "/", "203.0.113.8", 200),
        ([], "/", "203.0.113.8", 200),
    ],
)
def test_cloud_armor(open_shop: Any, fronted: Any, rules: Any, path: str, address: str, status: int) -> None:
    fronted["resources"][BACKEND]["securityPolicy"] = f"{BASE}/global/securityPolicies/p"
    fronted["resources"][POLICY] = {"rules": rules}
    shop = open_shop(fronted)
    answer = shop.invoke(f"{FRONT}{path}", audience=AUDIENCE, headers={"X-Sandbox-Address": address})
    assert answer.status_code == status
    entry = shop.sandbox.cloud.logs[-1]
    if status == 200:
        assert entry["resource"]["type"] == "cloud_run_revision"
    else:
        assert entry["jsonPayload"]["statusDetails"] == "denied_by_security_policy"
        assert entry["jsonPayload"]["enforcedSecurityPolicy"]["name"] == "p"
        assert len(shop.sandbox.cloud.logs) == 1
    if status == 403:
        assert len(answer.content) == 134


@pytest.mark.parametrize(
    ("mask", "path", "status"),
    [
        ("shop.example.com/<service>", "/orders", 200),
        ("shop.example.com/<service>", "/orders/17", 200),
        ("/api/<service>", "/api/orders/17", 200),
        ("shop.example.com/api/<service>", "/orders", 404),
        ("shop.example.com/<service>", "/nothing", 404),
        ("<service>.example.com", "/", 404),
    ],
)
def test_a_url_mask_takes_the_service_from_the_url(
    open_shop: Any, fronted: Any, mask: str, path: str, status: int
) -> None:
    fronted["resources"][NEG]["cloudRun"] = {"urlMask": mask}
    answer = open_shop(fronted).invoke(f"{FRONT}{path}", audience=AUDIENCE)
    assert answer.status_code == status
    assert status == 200 or len(answer.content) == 272


def test_iap_on_a_backend_calls_as_its_agent(open_shop: Any, fronted: Any) -> None:
    fronted["resources"][BACKEND]["iap"] = {"enabled": True, "oauth2ClientId": "client"}
    name = "//iap.googleapis.com/projects/123456789012/iap_web/compute/services/b"
    role = {
        "role": "roles/iap.httpsResourceAccessor",
        "members": ["serviceAccount:checkout-run@shop-prod.iam.gserviceaccount.com"],
    }
    fronted["iam"][name] = {"bindings": [role]}
    shop = open_shop(fronted)
    assert shop.call(FRONT).status_code == 302
    assert shop.invoke(FRONT, audience=AUDIENCE).status_code == 401
    refused = shop.invoke(FRONT, audience="client")
    assert refused.status_code == 403
    assert refused.text.startswith("IAP for Cloud Run app is not set up correctly")
    assert shop.invoke().status_code == 200  # its own URL is not behind the load balancer's IAP
    agent = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
    fronted["iam"][ORDERS]["bindings"].append({"role": "roles/run.invoker", "members": [agent]})
    assert open_shop(fronted).invoke(FRONT, audience="client").status_code == 200


def test_a_user_who_has_signed_in_brings_a_cookie(open_shop: Any, world: dict[str, Any]) -> None:
    from crauth_doctor.sandbox.edge.iap import SIGN_IN_CLIENT

    world["resources"][ORDERS] |= {"iapEnabled": True, "invokerIamDisabled": True}
    policy = "//iap.googleapis.com/projects/123456789012/iap_web/cloud_run-us-central1/services/orders"
    role = {"role": "roles/iap.httpsResourceAccessor", "members": ["user:ann@example.com"]}
    world["iam"][policy] = {"bindings": [role]}
    shop = open_shop(world)
    for member, status in (("user:ann@example.com", 200), ("user:bob@example.com", 403)):
        token = shop.sandbox.id_token(member, SIGN_IN_CLIENT)
        assert shop.call(headers={"Cookie": f"a=b; GCP_IAAP_AUTH_TOKEN_1={token}"}).status_code == status
    assert shop.invoke(audience=SIGN_IN_CLIENT).status_code == 401  # no program gets in with it


def test_a_domain_whose_mapping_is_not_ready_is_googles(open_shop: Any, world: dict[str, Any]) -> None:
    name = "//run.googleapis.com/projects/shop-prod/locations/us-central1/domainmappings/new.example.com"
    conditions = [{"type": "Ready", "status": "Unknown", "reason": "CertificatePending"}]
    world["resources"][name] = {"spec": {"routeName": "orders"}, "status": {"conditions": conditions}}
    answer = open_shop(world).call("http://new.example.com/a")
    assert answer.status_code == 404
    assert "Error 404 (Not Found)!!1" in answer.text
    conditions[0]["status"] = "True"
    assert open_shop(world).call("http://new.example.com/a").status_code == 403


PERIMETER = "//accesscontextmanager.googleapis.com/accessPolicies/1/servicePerimeters/shop"
NETWORK = "//compute.googleapis.com/projects/other/global/networks/n"


def rule_for(*sources: dict[str, str], **source: Any) -> dict[str, Any]:
    to = {"operations": [{"serviceName": "run.googleapis.com"}], "resources": ["*"]}
    return {"ingressFrom": {"sources": list(sources), **source}, "ingressTo": to}


ANYWHERE = {"accessLevel": "*"}
CALLER = "serviceAccount:checkout-run@shop-prod.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("ingress", "origin", "status", "more"),
    [
        ("ALL", "internet", 403, {}),
        ("INTERNAL_ONLY", "internet", 404, {}),
        ("ALL", NETWORK, 403, {}),
        ("INTERNAL_ONLY", NETWORK, 404, {}),
        ("ALL", NETWORK.replace("other", "shop-prod"), 200, {}),
        ("INTERNAL_ONLY", NETWORK, 200, {"resources": ["projects/123456789012", "projects/77"]}),
        ("ALL", NETWORK, 200, {"resources": ["projects/123456789012", "projects/77"]}),
        ("ALL", "internet", 200, {"restrictedServices": ["storage.googleapis.com"]}),
        ("ALL", "internet", 200, {"ingressPolicies": [rule_for(ANYWHERE, identityType="ANY_IDENTITY")]}),
        ("ALL", "internet", 200, {"ingressPolicies": [rule_for(ANYWHERE, identities=[CALLER])]}),
        ("ALL", "internet", 403, {"ingressPolicies": [rule_for(ANYWHERE, identityType="ANY_USER_ACCOUNT")]}),
        ("ALL", NETWORK, 200, {"ingressPolicies": [rule_for({"resource": "projects/77"}, identities=[CALLER])]}),
        ("ALL", "internet", 403, {"ingressPolicies": [rule_for({"resource": "projects/77"}, identities=[CALLER])]}),
    ],
)
def test_a_perimeter(open_shop: Any, world: dict[str, Any], ingress: str, origin: str, status: int, more: Any) -> None:
    world["resources"][ORDERS]["ingress"] = f"INGRESS_TRAFFIC_{ingress}"
    world["resources"]["//cloudresourcemanager.googleapis.com/projects/other"] = {
        "name": "projects/77",
        "projectId": "other",
    }
    held = {"resources": ["projects/123456789012"], "restrictedServices": ["run.googleapis.com"], **more}
    world["resources"][PERIMETER] = {"status": held}
    shop = open_shop(world)
    assert shop.invoke(headers={"X-Sandbox-From": origin}).status_code == status
    logs = shop.sandbox.cloud.logs
    if status == 200:
        assert [each["logName"].rpartition("%2F")[2] for each in logs] == ["requests"]
    else:
        assert logs[0]["logName"].endswith("cloudaudit.googleapis.com%2Fpolicy")
        assert logs[0]["protoPayload"]["methodName"] == "run.googleapis.com/HttpIngress"
        assert len(logs) == 1


A = {"type": "A", "rrdatas": ["199.36.153.8", "199.36.153.9"]}
STAR = {"name": "*.run.app.", "type": "CNAME"}


@pytest.mark.parametrize(
    ("sets", "status"),
    [
        ([{"name": "run.app.", **A}, {**STAR, "rrdatas": ["run.app."]}], 200),
        ([{**STAR, "rrdatas": ["private.googleapis.com."]}], 200),
        ([{"name": "*.a.run.app.", **A}], 200),
        ([{"name": "orders-abc123-uc.a.run.app.", **A}], 200),
        ([{"name": "*.run.app.", "type": "A", "rrdatas": ["10.0.0.5"]}], 200),  # a Private Service Connect endpoint
        ([{"name": "*.run.app.", "type": "A", "rrdatas": ["10.0.0.6"]}], 0),
        ([{"name": "*.run.app.", "type": "A", "rrdatas": ["10.0.0.7"]}], 0),  # an endpoint of another network
        ([{"name": "*.run.app.", "type": "A", "rrdatas": ["10.0.0.8"]}], 0),  # of somebody's service
        ([{"name": "run.app.", **A}], 0),
        ([{"name": "*.europe-west1.run.app.", **A}], 0),
        ([{**STAR, "rrdatas": ["proxy.example.com."]}], 0),
        ([], 0),
    ],
)
def test_a_private_zone_decides_alone(open_shop: Any, world: dict[str, Any], sets: Any, status: int) -> None:
    world["resources"] |= {
        "//dns.googleapis.com/projects/shop-prod/managedZones/z": {
            "dnsName": "run.app.",
            "visibility": "private",
            "rrsets": sets,
        },
        f"{COMPUTE}/global/forwardingRules/psc": {"IPAddress": "10.0.0.5", "target": "all-apis", "network": "shop"},
        f"{COMPUTE}/global/forwardingRules/far": {"IPAddress": "10.0.0.7", "target": "all-apis", "network": "other"},
        f"{COMPUTE}/global/forwardingRules/own": {"IPAddress": "10.0.0.8", "target": "serviceAttachments/s"},
    }
    access = {"networkInterfaces": [{"network": "shop", "subnetwork": "s"}]}
    world["resources"][CHECKOUT]["template"]["vpcAccess"] = access
    world["resources"][ORDERS]["ingress"] = "INGRESS_TRAFFIC_INTERNAL_ONLY"
    told = open_shop(world).sandbox.fire(CHECKOUT, url="https://orders-abc123-uc.a.run.app")
    assert told["status"] == status
