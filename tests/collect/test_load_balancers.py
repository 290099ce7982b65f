"""The load balancer before a service: read for a host of the user's own only, at once, and never guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.facts import Facts
from crauth_doctor.sandbox import Sandbox

from .callers.test_waves import warm
from .conftest import DELAYS, NUMBER, RUN, Ask, invoker, waves_of

HOST = "shop.example.com"
URL = f"https://{HOST}/cart"
COMPUTE = "//compute.googleapis.com/projects/shop-prod"
LINK = "https://www.googleapis.com/compute/v1/projects/shop-prod"
KINDS = [
    *("backendServices", "forwardingRules", "networkEndpointGroups", "sslCertificates", "targetHttpsProxies"),
    "urlMaps",
]
CHAIN: dict[str, Any] = {
    f"{COMPUTE}/global/forwardingRules/web": {"target": f"{LINK}/global/targetHttpsProxies/web"},
    f"{COMPUTE}/global/targetHttpsProxies/web": {
        "urlMap": f"{LINK}/global/urlMaps/web",
        "sslCertificates": [f"{LINK}/global/sslCertificates/web"],
    },
    f"{COMPUTE}/global/sslCertificates/web": {"managed": {"status": "ACTIVE", "domains": [HOST]}},
    f"{COMPUTE}/global/urlMaps/web": {"defaultService": f"{LINK}/global/backendServices/web"},
    f"{COMPUTE}/global/backendServices/web": {
        "loadBalancingScheme": "EXTERNAL_MANAGED",
        "backends": [{"group": f"{LINK}/regions/us-central1/networkEndpointGroups/web"}],
        "securityPolicy": f"{LINK}/global/securityPolicies/edge",
        "iap": {"enabled": True, "oauth2ClientId": "c"},
    },
    f"{COMPUTE}/global/securityPolicies/edge": {"rules": []},
    f"{COMPUTE}/regions/us-central1/networkEndpointGroups/web": {
        "networkEndpointType": "SERVERLESS",
        "cloudRun": {"service": "orders"},
    },
}
IAP = f"//iap.googleapis.com/projects/{NUMBER}/iap_web/compute/services/web"
ACCESS = {IAP: invoker("user:a@example.com", role="roles/iap.httpsResourceAccessor")}


def lists(box: Sandbox) -> list[str]:
    return sorted(one.path.rsplit("/", 1)[-1] for one in box.requests if "/aggregated/" in one.path)


def asked(ask: Ask, **more: Any) -> tuple[Facts, Sandbox]:
    return ask(**({"url": URL, "resources": CHAIN, "iam": ACCESS, "send_calls": False} | more))


def test_the_chain_is_followed_to_the_service(ask: Ask) -> None:
    facts, box = asked(ask)
    assert lists(box) == KINDS
    assert isinstance(facts.load_balancer, Known)
    found = facts.load_balancer.value
    assert found.service == "projects/shop-prod/locations/us-central1/services/orders"
    assert isinstance(found.security, Known)
    assert isinstance(found.frontend, Known)
    assert facts.call_leads_here == Known(value=True, source=facts.load_balancer.source)
    assert isinstance(facts.iap_policy, Known)
    assert {member for one in facts.iap_policy.value.bindings for member in one.members} == {"user:a@example.com"}


def test_nothing_of_it_is_read_for_a_url_of_clouds_runs_own(ask: Ask) -> None:
    facts, box = asked(ask, url=None)
    assert lists(box) == []
    assert isinstance(facts.load_balancer, Absent)


def test_plain_http_has_proxies_of_its_own(ask: Ask) -> None:
    _, box = asked(ask, url=URL.replace("https", "http"))
    assert "targetHttpProxies" in lists(box)
    assert "targetHttpsProxies" not in lists(box)


def test_it_takes_no_wave_of_its_own(ask: Ask) -> None:
    warm(ask)
    for delay in DELAYS:
        _, box = asked(ask, world={"delays": {"api": delay}}, seconds=60)
        waves = waves_of(box.requests)
        if len(waves) <= 3:
            return
    pytest.fail(str([[one.path for one in wave] for wave in waves]))


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_not_be_read_is_named(ask: Ask, kind: str) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": [f"compute.{kind}.list"]}}
    facts, _ = asked(ask, world=lacks)
    assert isinstance(facts.failed, Known)
    assert [one.permission for one in facts.failed.value if one.source.read.startswith("compute.")] == [
        f"compute.{kind}.list"
    ]
    if kind in {"urlMaps", "backendServices", "networkEndpointGroups"}:
        assert isinstance(facts.load_balancer, Unknown)
        assert facts.load_balancer.permission == f"compute.{kind}.list"
        assert facts.call_leads_here == facts.load_balancer
    else:
        assert isinstance(facts.load_balancer, Unknown)  # its certificate alone named the host


def test_a_policy_that_may_not_be_read_is_unknown_alone(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["compute.securityPolicies.get"]}}
    facts, _ = asked(ask, world=lacks)
    assert isinstance(facts.load_balancer, Known)
    assert isinstance(facts.load_balancer.value.security, Unknown)
    assert facts.load_balancer.value.security.permission == "compute.securityPolicies.get"


def test_a_list_that_leaves_a_region_out_is_no_list(ask: Ask) -> None:
    maps = {"global": {"urlMaps": []}, "regions/europe-west1": {"warning": {"code": "UNREACHABLE"}}}
    path = "compute.googleapis.com/compute/v1/projects/shop-prod/aggregated/urlMaps"
    fault = {"match": path, "times": 1, "status": 200, "body": json.dumps({"items": maps})}
    facts, _ = asked(ask, world={"faults": [fault]})
    assert isinstance(facts.load_balancer, Unknown)
    assert facts.load_balancer.obstacle is Obstacle.UNREACHABLE
    assert "regions/europe-west1" in facts.load_balancer.detail


def test_a_host_that_no_load_balancer_of_the_project_names_may_lead_anywhere(ask: Ask) -> None:
    facts, _ = asked(ask, url="https://else.example.net/")
    assert isinstance(facts.load_balancer, Absent)
    assert isinstance(facts.call_leads_here, Unknown)
    assert "one of another project" in facts.call_leads_here.detail


@pytest.mark.parametrize(("region", "there"), [("us-central1", True), ("europe-west1", False)])
def test_a_service_that_is_not_the_callee_is_looked_up(ask: Ask, region: str, there: bool) -> None:
    group = f"{COMPUTE}/regions/{region}/networkEndpointGroups/web"
    led = {group: {"networkEndpointType": "SERVERLESS", "cloudRun": {"service": "frontend"}}}
    backend = {"backends": [{"group": f"{LINK}/regions/{region}/networkEndpointGroups/web"}]}
    facts, _ = asked(ask, resources=CHAIN | led | {f"{COMPUTE}/global/backendServices/web": backend})
    assert isinstance(facts.load_balancer, Known)
    exists = facts.load_balancer.value.exists
    assert isinstance(exists, Known)
    assert exists.value is there
    assert exists.source.target == f"{RUN}projects/shop-prod/locations/{region}/services/frontend"
    assert isinstance(facts.call_leads_here, Known)
    assert facts.call_leads_here.value is False
