"""The rules and the sandbox's front end are two opinions on where a load balancer sends a call.

For random load balancers of documented forms, the rules say what the front end then does, or that they cannot tell.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import requests

from crauth_doctor.google_json.load_balancers import LoadBalancing, load_balancer, security_policy
from crauth_doctor.model.caller import Caller, CallerKind, Origin, Place
from crauth_doctor.model.fact import Absent, Known, Source, Unknown, value_of
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.finding import Stage, Verdict
from crauth_doctor.model.http import Call
from crauth_doctor.model.leads import call_leads_here
from crauth_doctor.model.load_balancer import LoadBalancer
from crauth_doctor.model.run import Ingress, Service
from crauth_doctor.rules import ALL
from crauth_doctor.sandbox import parse_world, serve

MANY = 80
NOW = 1_780_304_400  # 2026-06-01T09:00:00Z
HERE = Source("test", "a random load balancer")
PATHS = ["/", "/orders", "/orders/7", "/returns/7", "/api/orders/7", "/api/v2/orders", "/returns/labels/7", "/admin/x"]
PATTERNS = ["/orders", "/orders/*", "/returns/*", "/returns/labels/*", "/api/*", "/api/v2/*", "/admin/*", "/*"]
PREFIXES = ["/", "/orders", "/ORDERS", "/api", "/returns/", "/admin/x"]
MASKS = ["/<service>", "{host}/<service>", "{host}/api/<service>", "/api/v2/<service>", "<tag>.{host}/<service>"]
INGRESS: dict[str, Ingress] = {
    "INGRESS_TRAFFIC_ALL": Ingress.ALL,
    "INGRESS_TRAFFIC_INTERNAL_ONLY": Ingress.INTERNAL,
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": Ingress.INTERNAL_AND_LB,
}
ARMOR: list[dict[str, Any]] = [
    {"priority": 10, "action": "deny(403)", "match": {"config": {"srcIpRanges": ["198.51.100.0/24"]}}},
    {"priority": 20, "action": "deny(404)", "match": {"expr": {"expression": 'request.path.startsWith("/admin")'}}},
    {"priority": 30, "action": "allow", "match": {"config": {"srcIpRanges": ["203.0.113.0/24"]}}},
    {"priority": 40, "action": "deny(403)", "match": {"config": {"srcIpRanges": ["*"]}}, "preview": True},
    {"priority": 50, "action": "deny(403)", "match": {"expr": {"expression": "origin.region_code == 'XX'"}}},
    {"priority": 60, "action": "deny(403)", "match": {"config": {"srcIpRanges": ["*"]}}},
    *({"priority": 70 + n, "action": "allow", "match": {"config": {"srcIpRanges": ["*"]}}} for n in range(3)),
]
CERTIFICATES: list[dict[str, Any]] = [
    *({"managed": {"status": "ACTIVE", "domains": ["{host}"]}} for _ in range(6)),
    {"managed": {"status": "PROVISIONING", "domains": ["{host}"]}},
    {"subjectAlternativeNames": ["{host}"], "expireTime": "2026-01-01T00:00:00Z"},
    {"subjectAlternativeNames": ["{host}"], "expireTime": "2028-01-01T00:00:00Z"},
]


class RandomBalancer:
    """A project with a load balancer before three services, and a call through it."""

    def __init__(self, number: int) -> None:
        self.pick = random.Random(f"load balancer {number}")
        self.project, self.host = f"p{number}", f"shop.h{number}.example"
        self.path = self.pick.choice(PATHS)
        self.link = f"https://www.googleapis.com/compute/v1/projects/{self.project}"
        self.resources: dict[str, Any] = {}
        self.ingress = self.pick.choice([*INGRESS, *["INGRESS_TRAFFIC_ALL"] * 3])
        self.services = {
            f"//run.googleapis.com/projects/{self.project}/locations/{region}/services/{name}": {
                "ingress": self.ingress,
                "invokerIamDisabled": True,
            }
            for region, name in (("us-central1", "orders"), ("us-central1", "returns"), ("europe-west1", "orders"))
        }
        self._fill()

    def _put(self, path: str, **declared: Any) -> str:
        self.resources[f"//compute.googleapis.com/projects/{self.project}/{path}"] = declared
        return f"{self.link}/{path}"

    def _fill(self) -> None:
        pick = self.pick
        scheme = pick.choice(["EXTERNAL_MANAGED", "EXTERNAL_MANAGED", "INTERNAL_MANAGED"])
        backends = [self._backend(name, scheme) for name in ("a", "b", "c")]
        matchers = [self._matcher(name, backends) for name in ("m", "n")]
        wild = self.host.partition(".")[2]
        hosts = [([self.host], "m"), ([f"*.{wild}"], "n"), (["*"], "n"), ([f"x{self.host}"], "n")]
        rules = [{"hosts": names, "pathMatcher": name} for names, name in pick.sample(hosts, pick.randint(0, 4))]
        url_map = self._put("global/urlMaps/u", defaultService=backends[0], hostRules=rules, pathMatchers=matchers)
        drawn = json.dumps(pick.choice(CERTIFICATES)).replace("{host}", self.host)
        certificate = self._put("global/sslCertificates/s", **json.loads(drawn))
        proxy = self._put("global/targetHttpsProxies/t", urlMap=url_map, sslCertificates=[certificate])
        self._put("global/forwardingRules/f", target=proxy, loadBalancingScheme=scheme)

    def _backend(self, name: str, scheme: str) -> str:
        pick = self.pick
        region = pick.choice(["us-central1"] * 8 + ["europe-west1", "asia-east1"])
        run: dict[str, Any] = {"service": pick.choice(["orders"] * 5 + ["returns", "gone"])}
        if pick.random() < 0.25:
            run = {"urlMask": pick.choice(MASKS).replace("{host}", self.host)}
        group = self._put(
            f"regions/{region}/networkEndpointGroups/{name}", networkEndpointType="SERVERLESS", cloudRun=run
        )
        more: dict[str, Any] = {}
        if pick.random() < 0.25:
            rules = sorted(pick.sample(ARMOR, pick.randint(1, 4)), key=lambda each: int(each["priority"]))
            more["securityPolicy"] = self._put(f"global/securityPolicies/{name}", rules=rules)
        path = f"global/backendServices/{name}"
        return self._put(path, backends=[{"group": group}], loadBalancingScheme=scheme, **more)

    def _matcher(self, name: str, backends: list[str]) -> dict[str, Any]:
        pick = self.pick
        matcher: dict[str, Any] = {"name": name, "defaultService": pick.choice(backends)}
        if pick.random() < 0.4:
            matcher["routeRules"] = [
                {
                    "priority": number,
                    "service": pick.choice(backends),
                    "matchRules": [
                        {
                            pick.choice(["prefixMatch", "fullPathMatch"]): pick.choice(PREFIXES),
                            **({"ignoreCase": True} if pick.random() < 0.3 else {}),
                            **({"headerMatches": [{"headerName": "x-beta"}]} if pick.random() < 0.1 else {}),
                        }
                    ],
                }
                for number in pick.sample(range(100), 3)
            ]
        else:
            chosen = pick.sample(PATTERNS, pick.randint(0, 4))
            matcher["pathRules"] = [{"paths": [each], "service": pick.choice(backends)} for each in chosen]
        return matcher

    def answers(self) -> str:
        """What the rules say: `no`, `cannot tell`, or `yes` where nothing keeps the call from the callee."""
        call = Known(Call(f"https://{self.host}{self.path}"), HERE)
        name = f"projects/{self.project}/locations/us-central1/services/orders"
        service = Known(Service(name, ()), HERE)
        found = self._read(call.value)
        leads = call_leads_here(call, service, Absent(HERE), found)
        facts = Facts(
            call=call,
            service=service,
            ingress=Known(INGRESS[self.ingress], HERE),
            caller=Known(Caller("me", CallerKind.OPERATOR), HERE),
            origin=Known(Origin(Place.HERE), HERE),
            load_balancer=found,
            call_leads_here=leads,
            evidence=Absent(HERE),
            domain=Absent(HERE),
        )
        verdicts = {
            rule.ask(facts).verdict
            for rule in ALL
            if rule.stage is Stage.REACH or (rule.id == "ingress/outside-vpc" and isinstance(found, Known))
        }
        if Verdict.BLOCKS in verdicts or value_of(leads) is False:
            return "no"
        if isinstance(leads, Unknown) or self._is_open(found):
            return "cannot tell"
        return "yes"

    def _is_open(self, found: Known[LoadBalancer] | Absent | Unknown) -> bool:
        """Whether the policy's rule says that it cannot tell, which the rules of a paste do of everything here."""
        armor = next(rule for rule in ALL if rule.id == "reach/cloud-armor")
        call = Known(Call(f"https://{self.host}{self.path}"), HERE)
        return armor.ask(Facts(load_balancer=found, call=call, evidence=Absent(HERE))).verdict is Verdict.UNKNOWN

    def _read(self, call: Call) -> Known[LoadBalancer] | Absent | Unknown:
        def of(kind: str) -> tuple[dict[str, Any], ...]:
            return tuple(
                {"selfLink": f"https://www.googleapis.com/compute/v1/{name.partition('.com/')[2]}", **each}
                for name, each in self.resources.items()
                if f"/{kind}/" in name
            )

        listed = LoadBalancing(
            HERE,
            of("urlMaps"),
            of("backendServices"),
            of("networkEndpointGroups"),
            Known(of("forwardingRules"), HERE),
            Known(of("targetHttpsProxies"), HERE),
            Known(of("sslCertificates"), HERE),
            NOW,
        )
        found = load_balancer(listed, call)
        if not isinstance(found, Known) or not isinstance(found.value.security, Unknown):
            return found
        policy = found.value.security.source.target
        security = Known(security_policy(self.resources[policy], policy), HERE)
        return Known(replace(found.value, security=security), HERE)


def test_the_rules_never_contradict_the_front_end() -> None:
    drawn = [RandomBalancer(number) for number in range(MANY)]
    resources = {name: each for one in drawn for name, each in (one.resources | one.services).items()}
    resources |= {
        f"//cloudresourcemanager.googleapis.com/projects/{one.project}": {
            "name": f"projects/{1000 + number}",
            "projectId": one.project,
        }
        for number, one in enumerate(drawn)
    }
    apps = {name: [{"status": 200, "body": name}] for one in drawn for name in one.services}
    tally: Counter[str] = Counter()
    document = {"version": 1, "now": "2026-06-01T09:00:00Z", "resources": resources, "apps": apps}
    with serve(parse_world(document)) as box, requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": box.base}
        for one in drawn:
            callee = f"//run.googleapis.com/projects/{one.project}/locations/us-central1/services/orders"
            # an internal one answers inside a network only, and an external one there too
            inside = {"X-Sandbox-From": f"//compute.googleapis.com/projects/{one.project}/global/networks/default"}
            try:
                got_in = session.get(f"http://{one.host}{one.path}", headers=inside, timeout=10).text == callee
            except requests.ConnectionError:
                got_in = False  # no handshake came about
            said = one.answers()
            assert (said, got_in) not in {("yes", False), ("no", True)}, json.dumps([one.path, one.resources], indent=1)
            tally[said] += 1
    assert tally["yes"] > MANY * 0.1
    assert tally["no"] > MANY * 0.2
    assert tally["cannot tell"] < MANY * 0.4, tally
