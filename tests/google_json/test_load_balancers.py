"""A call is followed through Google's JSON of load balancers, or it is said what leaves open where it goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crauth_doctor.google_json.load_balancers import LoadBalancing, load_balancer, security_policy, taken_by
from crauth_doctor.model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from crauth_doctor.model.http import Call
from crauth_doctor.model.load_balancer import Certificate, LoadBalancer

HERE = Source("compute.urlMaps.list", "//compute.googleapis.com/projects/p")
LINK = "https://www.googleapis.com/compute/v1/projects/p"
BACKENDS = f"{LINK}/global/backendServices"
HOST = "shop.example.com"
NOW = 1_780_304_400


def named(path: str, **more: Any) -> dict[str, Any]:
    return {"selfLink": f"{LINK}/{path}", **more}


def neg(name: str, region: str = "us-central1", **more: Any) -> dict[str, Any]:
    path = f"regions/{region}/networkEndpointGroups/{name}"
    return named(path, networkEndpointType="SERVERLESS", **({"cloudRun": {"service": name}} | more))


def backend(name: str, *groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    linked = [{"group": each["selfLink"]} for each in groups or (neg(name),)]
    return named(f"global/backendServices/{name}", backends=linked, loadBalancingScheme="EXTERNAL_MANAGED", **more)


def url_map(*rules: tuple[str, str], name: str = "web", **more: Any) -> dict[str, Any]:
    hosts = [{"hosts": [host], "pathMatcher": matcher} for host, matcher in rules]
    return named(f"global/urlMaps/{name}", hostRules=hosts, **({"defaultService": f"{BACKENDS}/orders"} | more))


def matching(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "defaultService": f"{BACKENDS}/orders", **more}


def listed(*maps: dict[str, Any], front: bool = True, **more: Any) -> LoadBalancing:
    proxies = [
        named(
            f"global/targetHttpsProxies/{n}",
            urlMap=each["selfLink"],
            sslCertificates=[f"{LINK}/global/sslCertificates/c"],
        )
        for n, each in enumerate(maps)
    ]
    rules = [named(f"global/forwardingRules/{n}", target=each["selfLink"]) for n, each in enumerate(proxies)]
    parts: dict[str, Any] = {
        "backends": (backend("orders"), backend("returns")),
        "groups": (neg("orders"), neg("returns")),
        "rules": Known(tuple(rules) if front else (), HERE),
        "proxies": Known(tuple(proxies), HERE),
        "certificates": Known(
            (named("global/sslCertificates/c", managed={"status": "ACTIVE", "domains": [HOST]}),), HERE
        ),
    }
    return LoadBalancing(HERE, maps, now=NOW, **(parts | more))


def through(listing: LoadBalancing, path: str = "/cart/7", host: str = HOST) -> Fact[LoadBalancer]:
    return load_balancer(listing, Call(f"https://{host}{path}"))


def led(fact: Fact[LoadBalancer]) -> str | None:
    """The short name of the service, or what else it is; why it is not known."""
    match fact:
        case Known(found):
            return found.service.rsplit("/", 1)[-1] if found.service else found.elsewhere or None
        case Unknown():
            return f"? {fact.detail}"
        case Absent():
            return "absent"


PATHS = matching(
    "m",
    pathRules=[
        {"paths": ["/returns", "/returns/*"], "service": f"{BACKENDS}/returns"},
        {"paths": ["/returns/labels/*"], "service": f"{BACKENDS}/orders"},
        {"paths": ["/returns/exact"], "urlRedirect": {"hostRedirect": "else.example"}},
        {"paths": ["/images/*"], "service": f"{LINK}/global/backendBuckets/images"},
    ],
)
ROUTES = matching(
    "m",
    routeRules=[
        {"priority": 9, "matchRules": [{"prefixMatch": "/"}], "service": f"{BACKENDS}/orders"},
        {
            "priority": 2,
            "matchRules": [{"prefixMatch": "/Returns", "ignoreCase": True}],
            "service": f"{BACKENDS}/returns",
        },
        {"priority": 1, "matchRules": [{"prefixMatch": "/beta", "headerMatches": [{"headerName": "x"}]}]},
        {"priority": 3, "matchRules": [{"fullPathMatch": "/one"}], "service": f"{BACKENDS}/returns"},
        {
            "priority": 4,
            "matchRules": [{"fullPathMatch": "/split"}],
            "routeAction": {
                "weightedBackendServices": [
                    {"backendService": f"{BACKENDS}/{name}", "weight": 50} for name in ("orders", "returns")
                ]
            },
        },
        {
            "priority": 5,
            "matchRules": [{"fullPathMatch": "/all"}],
            "routeAction": {
                "weightedBackendServices": [
                    {"backendService": f"{BACKENDS}/orders", "weight": 0},
                    {"backendService": f"{BACKENDS}/returns", "weight": 100},
                ]
            },
        },
    ],
)


@pytest.mark.parametrize(
    ("matcher", "path", "service"),
    [
        (PATHS, "/cart/7", "orders"),
        (PATHS, "/returns", "returns"),
        (PATHS, "/returns/7", "returns"),
        (PATHS, "/returnsx", "orders"),
        (PATHS, "/returns/labels/7?size=a4", "orders"),
        (PATHS, "/returns/exact", "a redirect to else.example"),
        (PATHS, "/images/a.png", "the backend bucket images"),
        (ROUTES, "/cart", "orders"),
        (ROUTES, "/RETURNS/7", "returns"),
        (ROUTES, "/one", "returns"),
        (ROUTES, "/all", "returns"),
        (ROUTES, "/split", "? the URL map sends a part of the calls to each of several backend services"),
        (ROUTES, "/beta/x", "? the URL map routes by headers, parameters or patterns, which are not judged here"),
    ],
)
def test_the_path_chooses(matcher: dict[str, Any], path: str, service: str) -> None:
    assert led(through(listed(url_map((HOST, "m"), pathMatchers=[matcher])), path)) == service


@pytest.mark.parametrize(
    ("rules", "service"),
    [
        ([("*.example.com", "r"), (HOST, "o")], "orders"),
        ([("*", "o"), ("*.example.com", "r")], "returns"),
        ([("*.com", "o"), ("*.example.com", "r")], "returns"),
        ([("*-shop.example.com", "r"), (f"{HOST}:443", "o")], "orders"),
        ([("other.example.com", "r")], "orders"),  # by its certificate, and so the default
    ],
)
def test_the_most_exact_host_chooses(rules: list[tuple[str, str]], service: str) -> None:
    matchers = [matching("o"), {"name": "r", "defaultService": f"{BACKENDS}/returns"}]
    assert led(through(listed(url_map(*rules, pathMatchers=matchers)))) == service


OWN = url_map((HOST, "m"), pathMatchers=[matching("m")])
FORBIDDEN = Unknown(HERE, Obstacle.FORBIDDEN, "no", "compute.sslCertificates.list")


def test_what_names_the_host_tells_its_load_balancer() -> None:
    assert led(through(listed(OWN), host="else.example.com")) == "absent"
    assert led(through(listed())) == "absent"
    assert led(through(listed(url_map()))) == "orders"  # its certificate names it
    assert through(listed(url_map(), certificates=FORBIDDEN)) == FORBIDDEN  # it may have been that
    assert led(through(listed(OWN, certificates=FORBIDDEN))) == "orders"
    other = url_map((HOST, "m"), name="old", pathMatchers=[{"name": "m", "defaultService": f"{BACKENDS}/returns"}])
    assert led(through(listed(OWN, other))) == "? the load balancers web and old both name shop.example.com"
    same = url_map((HOST, "m"), name="old", pathMatchers=[matching("m")])
    assert led(through(listed(OWN, same))) == "orders"
    only_one_is_used = replace(listed(OWN), url_maps=(other, OWN))
    assert led(through(only_one_is_used)) == "orders"


def test_what_stands_in_another_project_was_not_read() -> None:
    foreign = "https://www.googleapis.com/compute/v1/projects/hub/global/backendServices/orders"
    fact = through(listed(url_map((HOST, "m"), pathMatchers=[matching("m") | {"defaultService": foreign}])))
    assert led(fact) == "? the backend service orders of the project hub was not read"


def test_a_backend_may_lead_to_several_places_or_none() -> None:
    two = (neg("orders"), neg("orders", "europe-west1"))
    found = through(listed(OWN, backends=(backend("orders", *two),), groups=two))
    assert isinstance(found, Known)
    assert [group.service for group in found.value.groups] == [
        "projects/p/locations/us-central1/services/orders",
        "projects/p/locations/europe-west1/services/orders",
    ]
    assert found.value.service is None
    machines = named("global/backendServices/orders", backends=[{"group": f"{LINK}/zones/z/instanceGroups/g"}])
    assert led(through(listed(OWN, backends=(machines,)))) == "a backend without any serverless network endpoint group"
    engine = (neg("orders", cloudRun=None, appEngine={"service": "x"}),)
    assert (
        led(through(listed(OWN, groups=engine))) == "? the network endpoint group orders points to no Cloud Run service"
    )


def test_a_function_is_led_to_by_its_own_name() -> None:
    group = neg("orders", cloudRun=None, cloudFunction={"urlMask": "/f/<function>"})
    found = through(listed(OWN, groups=(group,)), "/f/Report/x")
    assert isinstance(found, Known)
    assert found.value.groups[0].function == "projects/p/locations/us-central1/functions/Report"


def test_iap_and_cloud_armor_stand_on_the_backend() -> None:
    guarded = backend(
        "orders",
        iap={"enabled": True, "oauth2ClientId": "c"},
        securityPolicy=f"{LINK}/global/securityPolicies/edge",
    )
    found = through(listed(OWN, backends=(guarded,)))
    assert isinstance(found, Known)
    assert (found.value.iap, found.value.iap_client, found.value.internal) == (True, "c", False)
    assert isinstance(found.value.security, Unknown)
    assert found.value.security.source.target == "//compute.googleapis.com/projects/p/global/securityPolicies/edge"


@pytest.mark.parametrize(
    ("certificate", "ready"),
    [
        ({"managed": {"status": "ACTIVE", "domains": [HOST]}}, True),
        ({"managed": {"status": "ACTIVE", "domains": [HOST], "domainStatus": {HOST: "FAILED_NOT_VISIBLE"}}}, False),
        ({"managed": {"status": "PROVISIONING", "domains": [HOST]}}, False),
        ({"managed": {"status": "RENEWAL_FAILED", "domains": [HOST]}}, True),
        ({"managed": {"status": "NEW_STATE", "domains": [HOST]}}, None),
        ({"subjectAlternativeNames": ["*.example.com"], "expireTime": "2027-01-01T00:00:00Z"}, True),
        ({"subjectAlternativeNames": [HOST], "expireTime": "2026-01-01T00:00:00Z"}, False),
        ({"subjectAlternativeNames": ["example.com"]}, "absent"),
    ],
)
def test_the_certificate_for_the_host(certificate: dict[str, Any], ready: object) -> None:
    named_one = named("global/sslCertificates/c", **certificate)
    found = through(listed(OWN, certificates=Known((named_one,), HERE)))
    assert isinstance(found, Known)
    assert isinstance(found.value.frontend, Known)
    state = found.value.frontend.value.certificate
    assert (state.value.ready if isinstance(state, Known) else "absent") == ready
    assert isinstance(state, Absent) or (isinstance(state, Known) and isinstance(state.value, Certificate))


def test_without_a_forwarding_rule_nothing_takes_calls() -> None:
    found = through(listed(OWN, front=False))
    assert isinstance(found, Known)
    assert isinstance(found.value.frontend, Absent)
    unread = Unknown(HERE, Obstacle.FORBIDDEN, "no", "compute.forwardingRules.list")
    hidden = through(listed(OWN, rules=unread))
    assert isinstance(hidden, Known)
    assert hidden.value.frontend == unread


@pytest.mark.parametrize(
    ("mask", "url", "taken"),
    [
        ("shop.example.com/<service>", "/orders", {"service": "orders"}),
        ("shop.example.com/<service>", "/orders/17", {"service": "orders"}),
        ("/api/<service>", "/api/orders/17?x=y", {"service": "orders"}),
        ("<tag>.example.com/<service>", "/orders", {"tag": "shop", "service": "orders"}),
        ("<service>.example.com", "/x", {"service": "shop"}),
        ("/v1-<service>", "/v1-orders", {"service": "orders"}),
        ("shop.example.com/api/<service>", "/orders", {}),
        ("shop.example.com/<service>", "/", {}),
        ("else.example.com/<service>", "/orders", {}),
        ("<service>.shop.example.com", "/x", {}),
        ("/(a+)+$/<service>", "/aaaa/b", {}),
        ("/<service><service>", "/ab", {}),
    ],
)
def test_a_url_mask_takes_its_places_from_the_url(mask: str, url: str, taken: dict[str, str]) -> None:
    assert taken_by(mask, Call(f"https://{HOST}{url}")) == taken


def test_rules_in_preview_are_none_and_the_lowest_priority_is_first() -> None:
    everybody = {"config": {"srcIpRanges": ["*"]}}
    found = security_policy(
        {
            "rules": [
                {"priority": 2147483647, "action": "allow", "match": everybody},
                {"priority": 0, "action": "deny(403)", "match": {"expr": {"expression": "true"}}},
                {"priority": 5, "action": "deny(403)", "match": everybody, "preview": True},
                {"priority": 7, "action": "deny(404)", "match": {"config": {"srcIpRanges": ["198.51.100.0/24"]}}},
            ]
        },
        "projects/p/global/securityPolicies/edge",
    )
    assert [(rule.priority, rule.everybody) for rule in found.rules] == [(0, False), (7, False), (2147483647, True)]


@pytest.mark.parametrize(
    "broken", [{"hostRules": "x"}, {"hostRules": [{"hosts": [7]}]}, {"hostRules": [{"hosts": [HOST]}]}]
)
def test_what_is_no_url_map_leads_nowhere_for_sure(broken: dict[str, Any]) -> None:
    found = through(listed(url_map() | broken, front=False))
    assert not isinstance(found, Known)
